// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <vector>

#include "cpp/core/dbu.hpp"

// Rectilinear sets by their corners. A function that is constant on rectangles is the running sum, from the lower left,
// of its corners' weights: at (x, y) the value changes by NE - NW - SE + SW. Sorted by x, then y, without zeros, they
// are unique. Integers are compared and counted, never multiplied: exact for any coordinate of 63 bits.

namespace anamorph {

/// Weights of two functions (winding numbers of two operands, say) at a point.
struct Corner {
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int32_t a = 0;
  std::int32_t b = 0;
};

/// Winding numbers of axis-parallel rings, either orientation; into the first function or the second.
void add_corners(const DbuPolygon& ring, bool second, std::vector<Corner>& corners);
void add_corners(const DbuBox& box, bool second, std::vector<Corner>& corners);

enum class SetOperation : int { unite, intersect, subtract, differ };

/// The set where `operation` of (a != 0) and (b != 0) holds: its corners, sorted, weights in `a` (1, 2 where two parts
/// touch, or the negatives). `corners` may be in any order, with repetitions; they are used up.
[[nodiscard]] std::vector<Corner> combined(std::vector<Corner> corners, SetOperation operation);

/// The canonical boundary of a set given by its sorted corners.
[[nodiscard]] std::vector<DbuPolygon> traced(const std::vector<Corner>& set);

/// A set cut into disjoint boxes along vertical lines through its corners, each as wide as can be.
[[nodiscard]] std::vector<DbuBox> slices(const std::vector<Corner>& set);

}  // namespace anamorph
