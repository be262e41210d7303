// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/seam.hpp"

#include <algorithm>
#include <cmath>

namespace anamorph {

namespace {

/// Length of the edges that do not run along the border of the box.
double inner_length(const Region& region, const DbuBox& box) {
  double length = 0;
  for (const DbuPolygon& p : region.boundary())
    for (std::size_t i = 0; i < p.size(); ++i) {
      const DbuPoint &a = p[i], &b = p[(i + 1) % p.size()];
      const bool on_border =
          (a.x == b.x && (a.x == box.x0 || a.x == box.x1)) || (a.y == b.y && (a.y == box.y0 || a.y == box.y1));
      if (!on_border) length += std::hypot(static_cast<double>(b.x - a.x), static_cast<double>(b.y - a.y));
    }
  return length;
}

}  // namespace

std::int64_t thickness(const Region& region) {
  if (region.empty()) return 0;
  // On half the grid a square of side t vanishes when its edges move in by t.
  std::vector<DbuPolygon> doubled = region.boundary();
  for (DbuPolygon& p : doubled)
    for (DbuPoint& at : p) at = {2 * at.x, 2 * at.y};
  const Region fine = Region::of_rings(doubled);
  const DbuBox box = region.bounding_box();
  std::int64_t stays = 0, vanishes = std::min(box.width(), box.height());
  while (vanishes - stays > 1) {
    const std::int64_t middle = stays + (vanishes - stays) / 2;
    (fine.sized(-middle).empty() ? vanishes : stays) = middle;
  }
  return vanishes;
}

SeamDifference compare_seam(const Region& a, const Region& b, const DbuBox& strip) {
  SeamDifference d;
  d.length = (inner_length(a, strip) + inner_length(b, strip)) / 2;
  if (a == b) return d;
  d.region = a ^ b;
  d.edge = thickness(d.region);
  d.area = d.region.area();
  return d;
}

Region parts_on(const Region& region, std::int64_t at, bool upright) {
  std::vector<DbuPolygon> rings;
  for (const Region& part : region.parts()) {
    const DbuBox box = part.bounding_box();
    if (upright ? box.x0 <= at && at <= box.x1 : box.y0 <= at && at <= box.y1)
      rings.insert(rings.end(), part.boundary().begin(), part.boundary().end());
  }
  return Region::of_rings(rings);
}

}  // namespace anamorph
