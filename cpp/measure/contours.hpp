// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"

namespace anamorph {

/// Iso-contours of a field sampled at the pixel centres of `grid`, in nm: marching squares with linear interpolation
/// along the lines between neighbouring centres; where two diagonals of a square disagree, the saddle of the bilinear
/// interpolant decides. The region field >= level is on the left: its outer contours are counter-clockwise, its holes
/// clockwise. The position error is second order in the pixel (|I''| h^2 / (8 |I'|)).
///
/// A region that reaches the border of the window is closed along the window's edge; the value at the edge is that of
/// the nearest pixel. With `periodic`, the field goes on beyond the window: contours cross the seam and are closed
/// along it half a pixel to the left and below the first pixel centre, so that the areas of a tile add up.
///
/// Order: by the lowest-left-most pixel square in which a contour is found, rows from below.
/// Throws Error{recipe} if the sizes of field and grid differ.
[[nodiscard]] std::vector<Polygon> contours(const Image<double>& field, const Grid& grid, double level,
                                            bool periodic = false);

}  // namespace anamorph
