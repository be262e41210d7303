// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/twin/surrogate_error.hpp"
#include "cpp/twin/surrogate_fit.hpp"
#include "cpp/twin/surrogate_model.hpp"

// `twin.json`: what a unit process offers to the virtual fab. Every number has a unit and says how sure it is; what
// nobody stated says so.

namespace anamorph {

/// Where a gauge of the model lies, and the part that it has in the names of the ports.
struct TwinGauge {
  std::string port;
  Point at_nm;
  double angle_deg = 0;
};

/// The process window of the gauges at the nominal mask and aberrations, as the model has it.
struct TwinWindow {
  double wanted_latitude_percent = 8;
  double depth_of_focus_nm = 0;                 ///< at that exposure latitude
  double latitude_percent = 0;                  ///< at the best single focus
  bool cut = false;                             ///< it goes on beyond the focus range
  std::optional<double> dose_mj_cm2, focus_nm;  ///< its middle; absent without a window
};

/// Everything that `twin.json` says.
struct TwinDescriptor {
  std::string name;
  SurrogateModel model;
  std::vector<TwinGauge> gauges;  ///< in the model's order

  /// Which of the model's uncertainties the recipe states: "dose_mJ_cm2", "focus_nm", "mask_bias_nm", "zN_nm".
  std::vector<std::string> stated;

  SurrogateFit fit;
  double wanted_cd_error_nm = 0;  ///< inside the process window
  unsigned seed = 0;
  int source_points = 0;
  double level = 0.95;  ///< of coverage
  double cd_tolerance_percent = 10;
  TwinWindow window;
  std::vector<GaugeError> held_out;   ///< over the whole ranges
  std::vector<GaugeError> in_window;  ///< those where every gauge is within the tolerance

  std::map<std::string, std::string> files;  ///< what for -> path in the export
  double chord_error_nm = 0;                 ///< of the contours
  std::string contour_layer = "1/0";
  std::vector<std::string> findings;

  std::string version, commit, created;  ///< of the program; UTC
};

/// The text of `twin.json`. A gauge that does not print at the nominal condition has no nominal value.
[[nodiscard]] std::string twin_json(const TwinDescriptor& twin);

/// The JSON Schema (draft 2020-12) of `twin.json`.
[[nodiscard]] std::string_view twin_schema();

/// What is wrong with the text of a `twin.json`: what its schema forbids, and what a schema cannot say (a range that is
/// empty or without its nominal value, a port that is not there, a name used twice). Empty when nothing is.
[[nodiscard]] std::vector<std::string> check_twin_json(std::string_view text);

}  // namespace anamorph
