// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// The part of a periodic layout inside its window (one period), every edge moved outwards by `move_nm` (inwards when
/// negative); corners stay sharp, down to angles of 60 degrees. Polygons of any overlap, as `merge` takes them; the
/// parts outside the window count as themselves, not as images. What crosses or touches the window's edge goes on in
/// the next period, so that no edge appears there. Vertices are rounded to a grid of 1e-3 nm. Throws Error{recipe} for
/// an empty window or a move of more than a quarter of it.
[[nodiscard]] std::vector<Polygon> sized(const std::vector<Polygon>& polygons, const Box& window, double move_nm);

}  // namespace anamorph
