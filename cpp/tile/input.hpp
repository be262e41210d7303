// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/tile/grid.hpp"

namespace anamorph {

/// Box up to which a tile is given shapes: its window and a quarter of the halo around it, so that where shapes are cut
/// no edge of the window's inside is made.
[[nodiscard]] DbuBox reach_of(const TileGrid& grid, int index);

/// How far beyond its core a tile sees the layout at least.
[[nodiscard]] std::int64_t view_of(const TileGrid& grid) noexcept;

/// The input of a tile from the shapes of each source, in the coordinates of the layout; they may overlap, stand in any
/// order and orientation, and go on beyond the tile's reach.
[[nodiscard]] TileInput tile_input(const TileGrid& grid, int index, const std::vector<std::vector<DbuPolygon>>& layers);

}  // namespace anamorph
