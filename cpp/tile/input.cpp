// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/input.hpp"

#include <algorithm>

namespace anamorph {

namespace {

/// Beyond the window.
std::int64_t margin_of(const TileGrid& grid) noexcept { return std::max<std::int64_t>(1, grid.halo / 4); }

}  // namespace

std::int64_t view_of(const TileGrid& grid) noexcept { return grid.halo + margin_of(grid); }

DbuBox reach_of(const TileGrid& grid, int index) {
  const DbuBox w = grid.tile(index).window;
  const std::int64_t more = margin_of(grid);
  return {w.x0 - more, w.y0 - more, w.x1 + more, w.y1 + more};
}

TileInput tile_input(const TileGrid& grid, int index, const std::vector<std::vector<DbuPolygon>>& layers) {
  const Tile tile = grid.tile(index);
  const DbuPoint back{-tile.window.x0, -tile.window.y0};
  const auto shift = [&](const DbuBox& b) {
    return DbuBox{b.x0 + back.x, b.y0 + back.y, b.x1 + back.x, b.y1 + back.y};
  };
  TileInput input;
  input.tile = {index, shift(tile.core), shift(tile.window)};
  const Region reach(reach_of(grid, index));
  for (const auto& layer : layers) input.layers.push_back((Region(layer) & reach).moved(back));
  return input;
}

}  // namespace anamorph
