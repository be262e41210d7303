// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cpp/study/wafer_map.hpp"
#include "optics_models/scanner.hpp"

// How long a scanner needs for a wafer: light, stages, overhead. Lengths are in mm, on the wafer unless named
// otherwise.

namespace anamorph {

/// What sets a scanner's pace.
struct StageModel {
  double power_W = 0;  ///< on the wafer through an open mask
  double slit_width_mm = 26;
  double slit_height_mm = 0;
  double slit_sagitta_mm = 0;  ///< height of the arc of a ring-shaped slit: (width / 2) tan(azimuth / 2)
  double magnification_y = 4;  ///< the mask is so many times faster than the wafer, and accelerates so many times more
  double wafer_speed_mm_s = 0;
  double mask_speed_mm_s = 0;
  double wafer_acceleration_m_s2 = 0;
  double mask_acceleration_m_s2 = 0;
  double field_overhead_s = 0;  ///< settling of each field
  double wafer_overhead_s = 0;  ///< exchange and alignment, as far as no field is exposed meanwhile
};

/// The model of a scanner's data file; `Quantity` names are those of scanner_quantities().
/// Throws Error{recipe}: a quantity that is missing, and those without which there is no speed that are not positive.
[[nodiscard]] StageModel stage_model(const Scanner& scanner);

/// What keeps the scan from being faster.
enum class SpeedLimit {
  dose,          ///< the light: more power would speed it up
  wafer_stage,   ///< top speed
  mask_stage,    ///< top speed
  acceleration,  ///< a faster scan would lose more in turning round than it wins
};
[[nodiscard]] std::string_view name_of(SpeedLimit limit);

/// One pass of a wafer through a scanner with one mask.
struct WaferTime {
  double dose_mJ_cm2 = 0;
  double exposures = 0;        ///< of this mask; half of all for stitched dies
  double scan_speed_mm_s = 0;  ///< of the wafer
  SpeedLimit limit = SpeedLimit::dose;
  double scan_s = 0;           ///< of a field: its height, the slit's and its arc's, at that speed
  double turn_s = 0;           ///< of a field: stop, step and start again the other way, settle
  double field_s = 0;          ///< both
  double wafer_s = 0;          ///< all fields, exchange and alignment
  double wafers_per_hour = 0;  ///< while the scanner runs
};

/// Time for `exposures` fields of `width_mm` x `height_mm`:
///     v_dose = P / (D W)                            the dose does not depend on the slit's height
///     turn(v) = max(2 v / a, 2 sqrt(w / a_w)) + overhead   a = min(a_wafer, a_mask / M), the step in x runs beside it
///     t(v) = (h + slit + arc) / v + turn(v)         at the speed below all limits where t is least
/// Throws Error{recipe} unless dose and sizes are positive (a dose of 0 asks for the stages alone).
[[nodiscard]] WaferTime wafer_time(const StageModel& model, double width_mm, double height_mm, double exposures,
                                   double dose_mJ_cm2);

/// The parameter that makes the model give the throughput that was published.
struct Calibration {
  std::string parameter;  ///< empty: the data file has all of them, nothing was fitted
  double value = 0;
  double published_per_hour = 0;
  double dose_mJ_cm2 = 0;    ///< at which that was published
  double fields = 0;         ///< likewise, full fields
  bool fields_given = true;  ///< else those of a wafer map without dies
  double model_per_hour = 0;
  std::string origin;  ///< of the published figure
};

/// Finds the one of "wafer_power_share" and "wafer_overhead_s" that the data file leaves open such that the model gives
/// "throughput_per_hour" at "dose_mJ_cm2" on "throughput_fields" full fields (those of `wafer`, each exposed as a
/// whole, if the file does not say). With both given it only compares. Nothing without a published figure. Throws
/// Error{recipe}: both open, one open and no published figure, a throughput that no value reaches.
[[nodiscard]] std::optional<Calibration> calibrate(const Scanner& scanner, const WaferPlan& wafer);

/// The scanner with the calibrated parameter among its quantities.
[[nodiscard]] Scanner calibrated(const Scanner& scanner, const std::optional<Calibration>& calibration);

}  // namespace anamorph
