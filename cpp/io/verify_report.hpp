// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <array>
#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/image.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/measure/findings.hpp"

namespace anamorph {

/// Everything that the report of `verify` on a layout shows.
struct LayoutVerdict {
  struct Condition {
    std::string name;
    double dose = 1;
    double focus_nm = 0;
    bool band = true;
  };
  struct TileCount {
    Box core;
    long findings = 0;
  };

  std::string name;
  std::string cell;     ///< of the layout, to whose coordinates all places belong
  Box area;             ///< that was looked at
  double pixel_nm = 1;  ///< of the recipe, for the record
  std::vector<Condition> conditions;
  double epe_nm = 15;  ///< beyond which a site counts as over
  Findings findings;   ///< worst and clusters may be cut: the lists of the report and the tables
  struct Patterns {
    long count = 0;
    long findings = 0;  ///< in these; less than were found: there are more patterns
  };
  std::array<Patterns, finding_kinds> patterns{};  ///< by kind, before the list of clusters was cut
  Image<float> cover;                              ///< share of the target over the area, row 0 lowest; may be empty
  std::vector<TileCount> tiles;
  std::vector<Metric> metrics;   ///< in the order in which they are to be shown
  std::vector<RuleCheck> rules;  ///< the limits that were asked for
  std::string recipe;
  std::vector<Fact> provenance;
  std::vector<std::string> warnings;

  [[nodiscard]] bool pass() const noexcept;
};

/// `report.html`: verdict, a map of the layout with its findings, edge placement, the patterns that fail with a picture
/// of the worst place of each, limits, recipe and provenance; self-contained. The same verdict gives the same bytes.
[[nodiscard]] std::string verify_report(const LayoutVerdict& verdict);

// The drawings of it, inline SVG.

/// The layout in grey with a dot for each finding that is kept; where there are more than those, and many tiles,
/// the tiles are shaded by their number.
[[nodiscard]] std::string findings_map_svg(const LayoutVerdict& verdict);
[[nodiscard]] bool is_shaded(const LayoutVerdict& verdict) noexcept;
/// Sites over EPE at nominal, and those over the worst of all conditions as a line.
[[nodiscard]] std::string epe_bins_svg(const EpeStatistics& nominal, const EpeStatistics& worst_case, double limit_nm);
/// A finding in its surroundings: mask, target, the contours of all conditions, what shows it, a scale.
[[nodiscard]] std::string finding_svg(const FindingPicture& picture);
/// The colour of a kind in the map.
[[nodiscard]] const char* kind_colour(FindingKind kind) noexcept;
/// The colour of a condition's contour.
[[nodiscard]] const char* contour_colour(std::size_t condition) noexcept;

}  // namespace anamorph
