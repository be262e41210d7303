// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/optimize/ilt.hpp"

namespace anamorph {

/// The image and the print of one process condition.
struct ConditionResult {
  std::string name;      ///< "nominal", "outer", ...
  double dose = 1;       ///< relative to nominal
  double focus_nm = 0;   ///< of the wafer
  Image<double> aerial;  ///< intensity, clear field = 1; may be empty
  Bitmap print;          ///< 1 = printed; may be empty
};

/// Edge placement error at one site: where the print crosses the normal of the target's edge.
struct SiteResult {
  Point at_nm;             ///< on the target's edge
  int nx = 0;              ///< outward normal of the target there
  int ny = 0;              ///< outward normal of the target there
  double epe_nm = 0;       ///< positive: the print is too large; NaN: no printed edge was found
  bool violation = false;  ///< over the limit
};

/// A result as a number. The key ends in its unit (`_nm`, `_nm2`, `_px`, `_deg`, `_s`).
struct Metric {
  std::string key;
  double value = 0;
};

/// One limit that was asked for and what was measured.
struct RuleCheck {
  std::string name;  ///< "Minimum width"
  std::string unit;  ///< "nm"; empty for a count
  double limit = 0;
  double measured = 0;
  bool upper = false;  ///< true: measured <= limit is wanted; false: measured >= limit
  [[nodiscard]] bool pass() const noexcept { return upper ? measured <= limit : measured >= limit; }
};

/// A line of the provenance table.
struct Fact {
  std::string label;
  std::string value;
};

/// Everything that the outputs of `simulate`, `ilt`, `opc` and `verify` show of one clip. Images share `grid`;
/// the first condition is the nominal one. What a verb does not have stays empty and its section is left out.
struct ClipResult {
  std::string name;
  std::string verb;  ///< "ilt", "verify", ...
  Grid grid;
  Bitmap target;
  Bitmap mask;
  std::vector<ConditionResult> conditions;
  double threshold = 0;  ///< print threshold on the intensity; 0: not known
  std::vector<SiteResult> sites;
  double epe_limit_nm = 15;
  std::vector<Polygon> mask_contours;   ///< counter-clockwise outlines, clockwise holes, layout coordinates
  std::vector<Polygon> print_contours;  ///< of the nominal condition, likewise
  std::vector<IltRecord> history;
  std::vector<Metric> metrics;   ///< in the order in which they are to be shown
  std::vector<RuleCheck> rules;  ///< limits asked for; the verdict is that all pass
  std::string recipe;            ///< the resolved recipe as TOML text
  std::vector<Fact> provenance;  ///< version, commit, backend, time, memory, input hashes
  std::vector<std::string> warnings;

  [[nodiscard]] bool pass() const noexcept {
    for (const RuleCheck& rule : rules)
      if (!rule.pass()) return false;
    return true;
  }
};

/// Value of the metric `key`, or NaN.
[[nodiscard]] double metric(const std::vector<Metric>& metrics, const std::string& key) noexcept;

}  // namespace anamorph
