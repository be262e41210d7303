// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <vector>

// Geometry on the integer grid of a layout: coordinates in database units. Lengths in nm are this times dbu_nm.

namespace anamorph {

/// A point or a displacement, database units.
struct DbuPoint {
  std::int64_t x = 0;
  std::int64_t y = 0;

  auto operator<=>(const DbuPoint&) const = default;
};

/// A simple polygon: vertices in order, the last joins the first. Counter-clockwise encloses, clockwise cuts a hole.
using DbuPolygon = std::vector<DbuPoint>;

/// Axis-parallel box [x0, x1] x [y0, y1]. One with x0 > x1 holds nothing, not even a point: the default.
struct DbuBox {
  std::int64_t x0 = 1;
  std::int64_t y0 = 1;
  std::int64_t x1 = 0;
  std::int64_t y1 = 0;

  [[nodiscard]] bool empty() const noexcept { return x0 > x1 || y0 > y1; }
  [[nodiscard]] std::int64_t width() const noexcept { return x1 - x0; }
  [[nodiscard]] std::int64_t height() const noexcept { return y1 - y0; }
  /// Whether they share a point; touching counts.
  [[nodiscard]] bool touches(const DbuBox& other) const noexcept {
    return !empty() && !other.empty() && x0 <= other.x1 && other.x0 <= x1 && y0 <= other.y1 && other.y0 <= y1;
  }
  [[nodiscard]] bool holds(const DbuPoint& p) const noexcept { return x0 <= p.x && p.x <= x1 && y0 <= p.y && p.y <= y1; }
  void include(const DbuPoint& p) noexcept {
    *this = empty() ? DbuBox{p.x, p.y, p.x, p.y}
                    : DbuBox{std::min(x0, p.x), std::min(y0, p.y), std::max(x1, p.x), std::max(y1, p.y)};
  }
  bool operator==(const DbuBox&) const = default;
};

}  // namespace anamorph
