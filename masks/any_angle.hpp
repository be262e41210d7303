// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/dbu.hpp"
#include "masks/rectilinear.hpp"

// Sets with slanted edges, by Clipper. Coordinates up to 2^60 in magnitude; crossings are rounded to the grid.

namespace anamorph {

/// The canonical boundary of the set where `operation` holds of the sets enclosed by `a` and `b` (winding number not
/// 0).
[[nodiscard]] std::vector<DbuPolygon> combined(const std::vector<DbuPolygon>& a, const std::vector<DbuPolygon>& b,
                                               SetOperation operation);

/// The canonical boundary of a set whose edges have moved outwards by `distance`; corners sharper than 60 degrees are
/// cut off.
[[nodiscard]] std::vector<DbuPolygon> offset(const std::vector<DbuPolygon>& boundary, double distance);

}  // namespace anamorph
