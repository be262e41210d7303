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
/// A region that reaches the border of the window is closed along the window's edge. The value on that edge is that of
/// the nearest pixel or, with `periodic`, the mean of the two pixels at the seam, so that tiles fit together.
///
/// Vertices inside straight horizontal or vertical runs are left out. The contours come in the order of their lowest
/// crossing (leftmost first on the same row of pixels), whatever the machine.
/// Throws Error{recipe} if the sizes of field and grid differ.
[[nodiscard]] std::vector<Polygon> contours(const Image<double>& field, const Grid& grid, double level,
                                            bool periodic = false);

}  // namespace anamorph
