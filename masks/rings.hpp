// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "cpp/core/dbu.hpp"

// Closed polygons on the grid, and what Region is made of. Coordinates up to 2^60 in magnitude: products of two
// differences fit 128 bits, so that orientation is exact.

namespace anamorph {

__extension__ using Wide = __int128;

/// (b - a) x (c - a): twice the area of the triangle, positive when it turns left.
[[nodiscard]] inline Wide cross(const DbuPoint& a, const DbuPoint& b, const DbuPoint& c) noexcept {
  return static_cast<Wide>(b.x - a.x) * (c.y - a.y) - static_cast<Wide>(b.y - a.y) * (c.x - a.x);
}
[[nodiscard]] Wide twice_area(const DbuPolygon& ring) noexcept;
[[nodiscard]] bool axis_parallel(const DbuPolygon& ring) noexcept;

/// Takes out repeated vertices, spikes and vertices in the middle of a straight edge; nothing is left of a line.
void simplify(DbuPolygon& ring);

/// The directed edges of all rings (material on the left) joined anew into the canonical boundary: edges that cancel
/// are gone; vertices that lie on another edge split it; where rings meet in a point, each wedge of material is turned
/// round by itself; no vertices on straight edges; each ring from its lexicographically lowest vertex; rings in
/// lexicographic order. Rings may touch, and overlap in edges, but do not cross.
[[nodiscard]] std::vector<DbuPolygon> canonical(const std::vector<DbuPolygon>& rings);
/// The last steps of it alone: start of each ring, order of the rings.
void sort_rings(std::vector<DbuPolygon>& rings);

/// For each clockwise ring of a canonical boundary the index of the outline around it; for outlines their own.
[[nodiscard]] std::vector<std::size_t> owners(const std::vector<DbuPolygon>& rings);

}  // namespace anamorph
