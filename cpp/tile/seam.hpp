// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <vector>

#include "cpp/core/dbu.hpp"
#include "masks/region.hpp"

namespace anamorph {

/// Side of the largest square that fits into a region (of slanted edges: into it after sharp sizing), database units:
/// how far the edges of two regions are apart whose XOR it is. 0 for an empty region.
[[nodiscard]] std::int64_t thickness(const Region& region);

/// How two tiles agree on what both have made, in a strip along their seam.
struct SeamDifference {
  std::int64_t edge = 0;  ///< largest distance of their edges
  double area = 0;        ///< that one has and the other has not
  double length = 0;      ///< of the edges in the strip, the mean of both
  Region region;          ///< what one has and the other has not
};

/// `a` and `b` are cut to `strip` already.
[[nodiscard]] SeamDifference compare_seam(const Region& a, const Region& b, const DbuBox& strip);

/// The connected parts of a region that reach the line, x = `at` (`upright`) or y = `at`.
[[nodiscard]] Region parts_on(const Region& region, std::int64_t at, bool upright);

}  // namespace anamorph
