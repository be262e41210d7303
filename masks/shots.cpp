// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/shots.hpp"

#include <algorithm>
#include <vector>

#include "cpp/core/bit_plane.hpp"

namespace anamorph {

namespace {

/// Runs that do not repeat a run of the row before: each begins a rectangle.
long rectangles_by_rows(const BitPlane& plane) {
  long count = 0;
  std::vector<BitPlane::Run> before;
  std::vector<BitPlane::Run> runs;
  for (int y = 0; y < plane.ny(); ++y) {
    runs.clear();
    plane.append_runs(y, runs);
    std::size_t b = 0;
    for (const BitPlane::Run& run : runs) {
      while (b < before.size() && before[b].x0 < run.x0) ++b;
      if (b == before.size() || before[b] != run) ++count;
    }
    std::swap(before, runs);
  }
  return count;
}

Bitmap transposed(const Bitmap& mask) {
  constexpr int tile = 64;  // so that both sides stay in the cache
  Bitmap result(mask.nx(), mask.ny());
  for (int y0 = 0; y0 < mask.ny(); y0 += tile) {
    for (int x0 = 0; x0 < mask.nx(); x0 += tile) {
      for (int x = x0; x < std::min(x0 + tile, mask.nx()); ++x) {
        for (int y = y0; y < std::min(y0 + tile, mask.ny()); ++y) result(x, y) = mask(y, x);
      }
    }
  }
  return result;
}

}  // namespace

long rectangle_count(const Bitmap& mask) {
  return std::min(rectangles_by_rows(BitPlane(mask)), rectangles_by_rows(BitPlane(transposed(mask))));
}

}  // namespace anamorph
