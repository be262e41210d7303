// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "masks/region.hpp"

namespace {

using namespace anamorph;

void require(bool holds) {
  if (!holds) std::abort();
}

/// The laws of sets; exact for rectilinear regions, otherwise to what crossings may move by rounding.
void check(const Region& a, const Region& b) {
  const bool exact = a.rectilinear() && b.rectilinear();
  const double slack = exact ? 0 : 3 * (a.perimeter() + b.perimeter()) + 10;
  const Region either = a | b, both = a & b, one = a ^ b, without = a - b;
  require(std::abs(either.area() + both.area() - a.area() - b.area()) <= slack);
  require(std::abs(one.area() + both.area() - either.area()) <= slack);
  require((without & b).area() <= slack);
  for (const Region& r : {a, either, both, one, without}) {
    double area = 0;
    for (const Region& part : r.parts()) area += part.area();
    require(std::abs(area - r.area()) <= slack);
    require(std::abs((Region(r.pieces(8)) ^ r).area()) <= slack);
    if (!r.rectilinear()) continue;
    require(Region::of_rings(r.boundary()) == r);
    double boxes = 0;
    for (const DbuBox& box : r.boxes()) boxes += static_cast<double>(box.width()) * static_cast<double>(box.height());
    require(boxes == r.area());
    require((r - r.sized(1)).empty() && (r.sized(-1) - r).empty());
  }
  for (const auto& pairs : {width_violations(a, 3), space_violations(a, 3)})
    for (const EdgePair& pair : pairs) require(pair.distance >= 0 && pair.distance < 3 + 1e-9);
}

}  // namespace

/// Two lists of polygons from bytes. The first byte says whether they are rectilinear and how large coordinates are;
/// then a byte with the number of vertices and the list it belongs to before each polygon, two bytes for each vertex.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 600) return 0;
  const bool rectilinear = data[0] & 1, large = data[0] & 2;
  const std::int64_t step = large ? (std::int64_t{1} << 31) + 1 : 1;
  std::vector<DbuPolygon> lists[2];
  for (std::size_t at = 1; at < size;) {
    const std::uint8_t head = data[at++];
    DbuPolygon polygon;
    for (int n = head & 15; n > 0 && at + 1 < size; --n, at += 2) {
      const DbuPoint p{(data[at] - 128) * step, (data[at + 1] - 128) * step};
      if (rectilinear && !polygon.empty()) polygon.push_back({p.x, polygon.back().y});
      polygon.push_back(p);
    }
    if (rectilinear && !polygon.empty()) polygon.push_back({polygon.front().x, polygon.back().y});
    lists[head >> 7].push_back(polygon);
  }
  check(Region(lists[0]), Region(lists[1]));
  return 0;
}
