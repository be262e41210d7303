// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cpp/backend/host_device.hpp"

// How islands that are too small grow to discs. Whole sums and fused multiply-adds by name: every machine comes to the
// same pixels.

namespace anamorph {

/// The way from one pixel to another around a period of n, the shorter one.
ANAMORPH_HD inline int shorter_way(int delta, int n) {
  return delta > n / 2 ? delta - n : delta < -n / 2 ? delta + n : delta;
}

/// Which islands grow, and to what.
struct IslandGrowth {
  long least, full;  ///< areas in [least, full) grow, px
  double radius;     ///< of the disc, px: half a pixel more than that of the area asked for
  int reach;         ///< of the square around the disc
};

inline IslandGrowth island_growth(double min_area_px) {
  const double area = std::clamp(min_area_px, 0.0, 1e9);
  IslandGrowth growth{};
  growth.full = static_cast<long>(std::ceil(area));
  growth.least = std::max(1L, static_cast<long>(std::ceil(area / 2)));
  growth.radius = std::sqrt(area / std::numbers::pi) + 0.5;
  growth.reach = static_cast<int>(std::ceil(growth.radius)) + 1;
  return growth;
}

/// The disc that an island grows to: around its centre of gravity.
struct IslandDisc {
  double y, x, radius2;
  int row, column;  ///< of the centre

  /// The first pixel of the island and the sums of the ways from there to all its pixels.
  ANAMORPH_HD IslandDisc(int y0, int x0, long long sum_y, long long sum_x, long long area, double radius)
      : y(y0 + static_cast<double>(sum_y) / static_cast<double>(area)),
        x(x0 + static_cast<double>(sum_x) / static_cast<double>(area)),
        radius2(radius * radius),
        row(static_cast<int>(std::floor(y + 0.5))),
        column(static_cast<int>(std::floor(x + 0.5))) {}

  ANAMORPH_HD [[nodiscard]] bool holds(int at_y, int at_x) const {
    const double dy = at_y - y, dx = at_x - x;
    return std::fma(dy, dy, dx * dx) <= radius2;
  }
};

}  // namespace anamorph
