// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cpp/io/clip_result.hpp"
#include "cpp/measure/focus_exposure.hpp"
#include "cpp/measure/process_window.hpp"

namespace anamorph {

/// One gauge at one condition of the matrix.
struct MatrixCell {
  GaugeReading reading;
  double epe_low_nm = std::numeric_limits<double>::quiet_NaN();  ///< of the two edges along the cut; NaN: no edge drawn
  double epe_high_nm = std::numeric_limits<double>::quiet_NaN();  ///< or none printed
  double meef = std::numeric_limits<double>::quiet_NaN();
};

/// Everything about one gauge.
struct WindowGauge {
  Gauge gauge;
  std::vector<std::vector<MatrixCell>> cells;      ///< [dose][focus] of the matrix
  std::vector<std::vector<double>> bossung_cd_nm;  ///< [dose][fine focus]
  DoseBand band;                                   ///< over the fine focus positions
  MatrixCell at_condition;                         ///< what is told of a single condition
  std::optional<double> best_focus_nm;
  std::optional<double> iso_focal_dose;
  std::optional<double> latitude_percent;      ///< alone, at the condition's focus
  std::optional<WindowRectangle> at_latitude;  ///< alone
  bool cut = false;                            ///< its own window goes on beyond the focus range
  std::optional<CdBudget> budget;
};

/// The EPE of all sites at one condition of the matrix.
struct MatrixEpe {
  double max_nm = std::numeric_limits<double>::quiet_NaN();  ///< largest |EPE| of the edges found
  double mean_nm = std::numeric_limits<double>::quiet_NaN();
  int missing = 0;
  int beyond = 0;  ///< farther than the tolerance, missing ones included
};

/// What `window` finds.
struct WindowResult {
  std::string name;
  std::vector<double> doses;          ///< of the matrix
  std::vector<double> focus_nm;       ///< likewise
  std::vector<double> fine_focus_nm;  ///< of bands and curves
  std::vector<WindowGauge> gauges;
  int sites = 0;
  double epe_tolerance_nm = 0;
  std::vector<std::vector<MatrixEpe>> epe;  ///< [dose][focus]; empty without sites
  DoseBand epe_band;

  double cd_tolerance_percent = 10;
  double wanted_latitude_percent = 8;
  DoseBand common;   ///< the doses that all allow; crossed limits where none is
  Polygon polygon;   ///< of the common window: x = focus, y = dose
  bool cut = false;  ///< it goes on beyond the focus range
  std::vector<LatitudePoint> curve;
  std::optional<WindowRectangle> at_latitude;
  std::optional<WindowRectangle> largest_rectangle;
  std::optional<WindowEllipse> largest_ellipse;
  double dof_nm = 0;            ///< at the wanted latitude
  double latitude_percent = 0;  ///< at the best single focus

  double condition_dose = 1;  ///< where single figures are told: in the middle of the window, or nominal without one
  double condition_focus_nm = 0;
  bool condition_of_window = false;
  ProcessErrors errors;  ///< of the CD budget

  std::vector<Metric> metrics;  ///< optics, series and seconds
  std::vector<RuleCheck> rules;
  std::string recipe;
  std::vector<Fact> provenance;
  std::vector<std::string> warnings;

  [[nodiscard]] bool pass() const noexcept {
    for (const RuleCheck& rule : rules)
      if (!rule.pass()) return false;
    return true;
  }
};

/// `fem.csv`: a row for each gauge, dose and focus; what is missing is an empty cell.
[[nodiscard]] std::string fem_csv(const WindowResult& result);
/// `epe.csv`: a row for each dose and focus.
[[nodiscard]] std::string epe_csv(const WindowResult& result);
/// `metrics.json`: what is missing is null; `findings` says why.
[[nodiscard]] std::string window_json(const WindowResult& result);

}  // namespace anamorph
