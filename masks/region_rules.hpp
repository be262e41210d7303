// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "masks/region.hpp"
#include "masks/rules.hpp"

namespace anamorph {

/// Where the shapes of a mask, as polygons, break rules. A pixel is no part of it: see measure_mask for masks in pixels.
struct RegionViolations {
  std::vector<EdgePair> width, space;
  std::vector<DbuPolygon> islands, holes;  ///< too small ones, by their outline; of an island, what its holes leave
};
[[nodiscard]] RegionViolations rule_violations(const Region& mask, const MaskRules& rules, double dbu_nm);

/// How many there are.
struct RuleCounts {
  std::size_t width = 0, space = 0, area = 0;

  [[nodiscard]] std::size_t all() const noexcept { return width + space + area; }
  RuleCounts& operator+=(const RuleCounts& other) noexcept;
  bool operator==(const RuleCounts&) const = default;
};

/// Those whose place `counts`: the box around the two edges, or around the island or hole.
[[nodiscard]] RuleCounts count(const RegionViolations& violations, const std::function<bool(const DbuBox&)>& counts);

}  // namespace anamorph
