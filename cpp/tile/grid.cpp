// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/grid.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>
#include <string>
#include <string_view>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

using Int = std::int64_t;

Int ceil_div(Int a, Int b) { return (a + b - 1) / b; }
Int up_to(Int value, Int step) { return ceil_div(value, step) * step; }

/// The size of a core that suits an array: a multiple of its pitch, or a whole part of it; 0 if there is none.
Int core_of_pitch(Int pitch, Int most) {
  if (pitch <= 0) return 0;
  if (pitch <= most) return most / pitch * pitch;
  const Int parts = ceil_div(pitch, most);
  for (Int n = parts; n <= 2 * parts; ++n)
    if (pitch % n == 0) return pitch / n;
  return 0;
}

Int core_size(Int length, Int most, Int step, Int pitch) {
  if (const Int core = core_of_pitch(pitch, most); core > 0 && core < length) return core;
  const Int even = ceil_div(length, ceil_div(length, most));
  const Int stepped = up_to(even, step);
  return stepped <= most || even == most ? stepped : even;
}

[[noreturn]] void usage(const std::string& message) { throw Error(ErrorCode::usage, "TIL-0002", message); }

int number(std::string_view word, const std::string& list) {
  int value = -1;
  const auto [end, bad] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (bad != std::errc() || end != word.data() + word.size() || value < 0)
    usage("'" + list + "' is no list of tiles; expected numbers and ranges as in 0,5,7-20");
  return value;
}

}  // namespace

Tile TileGrid::tile(int index) const {
  const Int x = area.x0 + index % nx * core_x, y = area.y0 + index / nx * core_y;
  Tile t;
  t.index = index;
  t.core = {x, y, std::min(x + core_x, area.x1), std::min(y + core_y, area.y1)};
  t.window = {x - halo, y - halo, x - halo + window_x, y - halo + window_y};
  return t;
}

TileGrid make_grid(const DbuBox& area, Int core, Int halo, Int step, const ArrayPitch& pitch) {
  if (area.empty() || area.width() == 0 || area.height() == 0)
    throw Error(
        ErrorCode::recipe, "TIL-0001",
        "there is nothing to be tiled: the area is empty; expected shapes on layout.layer, or layout.window_nm");
  TileGrid g;
  g.area = area;
  g.halo = halo;
  g.core_x = core_size(area.width(), core, step, pitch.x);
  g.core_y = core_size(area.height(), core, step, pitch.y);
  const Int nx = ceil_div(area.width(), g.core_x), ny = ceil_div(area.height(), g.core_y);
  constexpr Int most = 100'000'000;
  if (nx > most / ny)
    throw Error(ErrorCode::recipe, "TIL-0001",
                std::to_string(nx) + " x " + std::to_string(ny) + " tiles are too many; expected at most " +
                    std::to_string(most) + ": raise tile.core_nm, or choose a layout.window_nm");
  g.nx = static_cast<int>(nx);
  g.ny = static_cast<int>(ny);
  g.window_x = up_to(g.core_x + 2 * halo, step);
  g.window_y = up_to(g.core_y + 2 * halo, step);
  return g;
}

std::vector<int> parse_tiles(const std::string& list, int count) {
  std::set<int> tiles;
  const std::string_view all = list;
  for (std::size_t at = 0; at <= all.size();) {
    const std::size_t end = std::min(all.find(',', at), all.size());
    const std::string_view word = all.substr(at, end - at);
    const std::size_t dash = word.find('-');
    const int first = number(word.substr(0, dash), list);
    const int last = dash == std::string_view::npos ? first : number(word.substr(dash + 1), list);
    if (last < first || last >= count)
      usage("there are no tiles " + std::string(word) + "; the plan has 0-" + std::to_string(count - 1));
    for (int i = first; i <= last; ++i) tiles.insert(i);
    at = end + 1;
  }
  return {tiles.begin(), tiles.end()};
}

std::string tiles_text(const std::vector<int>& tiles) {
  std::string text;
  for (std::size_t i = 0; i < tiles.size();) {
    std::size_t j = i;
    while (j + 1 < tiles.size() && tiles[j + 1] == tiles[j] + 1) ++j;
    if (!text.empty()) text += ',';
    text += std::to_string(tiles[i]);
    if (j > i) text += "-" + std::to_string(tiles[j]);
    i = j + 1;
  }
  return text;
}

std::vector<int> parse_part(const std::string& part, int count) {
  const std::size_t slash = part.find('/');
  int i = 0, n = 0;
  const auto read = [&](std::string_view word, int& value) {
    const auto [end, bad] = std::from_chars(word.data(), word.data() + word.size(), value);
    return bad == std::errc() && end == word.data() + word.size();
  };
  const std::string_view all = part;
  if (slash == std::string::npos || !read(all.substr(0, slash), i) || !read(all.substr(slash + 1), n) || n < 1 ||
      i < 1 || i > n)
    usage("'" + part + "' is no part; expected i/n with 1 <= i <= n, e.g. --part 2/8");
  const auto cut = [&](int k) { return static_cast<int>(static_cast<Int>(count) * k / n); };
  std::vector<int> tiles(static_cast<std::size_t>(cut(i) - cut(i - 1)));
  std::iota(tiles.begin(), tiles.end(), cut(i - 1));
  return tiles;
}

}  // namespace anamorph
