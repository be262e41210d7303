// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>

#include "cpp/measure/target_edges.hpp"

namespace anamorph {

/// What surroundings are compared by.
struct PatternRule {
  double radius_nm = 150;  ///< half the side of the square around the place
  double dbu_nm = 1;       ///< coordinates are rounded to half of this
};

/// A number that is equal for places with the same target around them, turned or mirrored in any of the 8 ways or not:
/// a hash of the edges inside the square, relative to the place, the least over the orientations. Different
/// surroundings give different numbers but for an accident of 64 bits.
[[nodiscard]] std::uint64_t pattern_key(const TargetEdges& target, const Point& place, const PatternRule& rule);

/// For a place that the image decides, and which is never twice exactly the same: the surroundings of the target's
/// corner nearest to it within the radius (of several equally near ones the same for all orientations), else of the
/// nearest place on an edge, else of the place itself.
[[nodiscard]] std::uint64_t pattern_key_near(const TargetEdges& target, const Point& place, const PatternRule& rule);

}  // namespace anamorph
