// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/core/geometry.hpp"

#include <algorithm>
#include <limits>

namespace anamorph {

double signed_area(const Polygon& polygon) noexcept {
  double twice = 0;
  for (std::size_t i = 0, n = polygon.size(); i < n; ++i) {
    const Point& a = polygon[i];
    const Point& b = polygon[(i + 1) % n];
    twice += a.x * b.y - b.x * a.y;
  }
  return twice / 2;
}

Box bounding_box(const std::vector<Polygon>& polygons) noexcept {
  constexpr double inf = std::numeric_limits<double>::infinity();
  Box box{inf, inf, -inf, -inf};
  for (const Polygon& polygon : polygons) {
    for (const Point& p : polygon) {
      box.x0 = std::min(box.x0, p.x);
      box.y0 = std::min(box.y0, p.y);
      box.x1 = std::max(box.x1, p.x);
      box.y1 = std::max(box.y1, p.y);
    }
  }
  return box.x0 <= box.x1 ? box : Box{};
}

}  // namespace anamorph
