// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// Union, by the non-zero rule, of polygons that may touch and overlap: disjoint outer contours (counter-clockwise) and
/// holes (clockwise). Vertices are rounded to a grid of 1e-3 nm. A merged list merges to itself.
/// Throws Error{input} for a coordinate that is not finite or exceeds 1e12 nm.
[[nodiscard]] std::vector<Polygon> merge(const std::vector<Polygon>& polygons);

/// The polygons moved to the middle of a tile [0, width] x [0, height] in nm, as the mask-optimisation contest does it:
/// shift = floor((width - w) / 2) - xmin, with w and xmin of the common bounding box; the same in y.
/// Throws Error{input}, stating both sizes, if the bounding box exceeds the tile.
[[nodiscard]] std::vector<Polygon> centred(const std::vector<Polygon>& polygons, double width_nm, double height_nm);

}  // namespace anamorph
