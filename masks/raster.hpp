// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"

namespace anamorph {

/// Exact area coverage of each pixel, 0..1, of merged polygons at any angle (outer contours counter-clockwise, holes
/// clockwise, disjoint; see `merge`). What lies outside the grid is cut off exactly; nothing wraps around.
/// Throws Error{recipe} for a grid without pixels, Error{input} for a vertex that is not finite or farther than 1e15
/// px.
[[nodiscard]] Image<double> rasterise(const std::vector<Polygon>& merged, const Grid& grid, int threads = 1);

/// The edge-inclusive raster of the mask-optimisation contest: of each polygon as drawn (not merged, either
/// orientation) the pixels that it covers at least by half, and the same moved by one pixel in x, in y, and in both:
/// each shape is one pixel larger in +x and +y, because its right and upper boundary count as inside.
[[nodiscard]] Bitmap rasterise_inclusive(const std::vector<Polygon>& polygons, const Grid& grid);

}  // namespace anamorph
