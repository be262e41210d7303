// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/core/dbu.hpp"
#include "cpp/tile/tile.hpp"

namespace anamorph {

/// How an area is cut into tiles: rows from below, in each row from the left. Database units.
struct TileGrid {
  DbuBox area;
  int nx = 0;
  int ny = 0;
  std::int64_t core_x = 0;  ///< size of a core; the last column and row hold what is left
  std::int64_t core_y = 0;
  std::int64_t halo = 0;  ///< between core and window: exact on the left and below, at least that elsewhere
  std::int64_t window_x = 0;
  std::int64_t window_y = 0;

  [[nodiscard]] int count() const noexcept { return nx * ny; }
  /// The tile in the coordinates of the layout.
  [[nodiscard]] Tile tile(int index) const;
  bool operator==(const TileGrid&) const = default;
};

/// A regular array that fills much of a layout: 0 where there is none.
struct ArrayPitch {
  std::int64_t x = 0;
  std::int64_t y = 0;
};

/// The grid of fewest tiles whose cores are at most `core` wide and high, all of one size but for what is left in the
/// last column and row. Windows, and cores where no pitch asks otherwise, are whole multiples of `step` (of the
/// pixels). With a pitch the cores are a whole number of them, or they a whole number of cores, so that the members of
/// an array meet the same tiles. Throws Error{recipe} for an area that is empty and for more than a hundred million
/// tiles.
[[nodiscard]] TileGrid make_grid(const DbuBox& area, std::int64_t core, std::int64_t halo, std::int64_t step,
                                 const ArrayPitch& pitch = {});

/// Tiles as people write them, "0,5,7-20"; sorted, each once. Throws Error{usage}.
[[nodiscard]] std::vector<int> parse_tiles(const std::string& list, int count);
/// The other way round, of sorted numbers.
[[nodiscard]] std::string tiles_text(const std::vector<int>& tiles);

/// Part i of n (from 1) of the tiles: neighbours stay together. Throws Error{usage} for anything but "i/n".
[[nodiscard]] std::vector<int> parse_part(const std::string& part, int count);

}  // namespace anamorph
