// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "masks/region.hpp"

namespace anamorph {

/// What polygons made of contours are to keep to.
struct ContourLimits {
  double dbu_nm = 0.1;           ///< grid of the vertices
  double chord_error_nm = 0;     ///< wanted largest distance from the contour, rounding of the vertices kept aside
  std::size_t max_vertices = 0;  ///< of a ring, at least 3; 0: as many as the chord error needs
};

struct ContourPolygons {
  Region region;
  /// Largest distance of a point of the contours from the polygons' boundary or the other way round (Hausdorff), with
  /// all rounding, nm. Measured edge by edge between pieces that belong together: never less than the distance, and
  /// more by less than a step of the grid.
  double deviation_nm = 0;
  std::size_t lost = 0;  ///< contours too small for the grid, which left nothing (their size is in the deviation)
};

/// Dense contours (closed polylines that do not cross each other or themselves, nm; outlines counter-clockwise, holes
/// clockwise) as polygons with few vertices: vertices of the contour are taken in where it is farthest from the polygon
/// (Douglas and Peucker 1973), until the chord error is kept or the vertices are used up. Where that would make edges
/// cross, a smaller chord error is taken for all; what the grid alone makes cross is united by `Region`. Throws
/// Error{input} for coordinates beyond a Region's, Error{recipe} for limits that are none.
[[nodiscard]] ContourPolygons simplified(const std::vector<Polygon>& contours, const ContourLimits& limits);

}  // namespace anamorph
