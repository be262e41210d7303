// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// Fourier coefficients of a periodic mask, without pixels, of merged polygons at any angle (outer contours
/// counter-clockwise, holes clockwise, see `merge`):
///
///     M(mx, my) = 1/A Int m(x, y) exp(-2 pi i (mx x / width + my y / height)) dx dy,
///
/// A = area of `window`, which is one period; x, y count from its lower-left corner. Parts of polygons outside the
/// window count as their periodic images. Result [my + extent_y][mx + extent_x], mx = -extent_x..extent_x, so
/// (2 extent_y + 1) (2 extent_x + 1) values. Each edge integral is closed (divergence theorem), nothing is sampled.
/// Throws Error{recipe} for an empty window or a negative extent.
[[nodiscard]] std::vector<std::complex<double>> polygon_spectrum(const std::vector<Polygon>& merged, const Box& window,
                                                                 int extent_x, int extent_y);

}  // namespace anamorph
