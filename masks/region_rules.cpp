// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/region_rules.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace anamorph {

namespace {

/// Positive when counter-clockwise.
double area_of(const DbuPolygon& ring) {
  double twice = 0;
  const DbuPoint& o = ring.front();  // small numbers keep their digits
  for (std::size_t i = 1; i + 1 < ring.size(); ++i)
    twice += static_cast<double>(ring[i].x - o.x) * static_cast<double>(ring[i + 1].y - o.y) -
             static_cast<double>(ring[i + 1].x - o.x) * static_cast<double>(ring[i].y - o.y);
  return twice / 2;
}

DbuBox box_of(const DbuPolygon& points) {
  DbuBox box;
  for (const DbuPoint& p : points) box.include(p);
  return box;
}

}  // namespace

RegionViolations rule_violations(const Region& mask, const MaskRules& rules, double dbu_nm) {
  const auto steps = [&](double nm) { return static_cast<std::int64_t>(std::ceil(nm / dbu_nm - 1e-9)); };
  RegionViolations found{
      width_violations(mask, steps(rules.min_width_nm)), space_violations(mask, steps(rules.min_space_nm)), {}, {}};
  const double least = rules.min_area_nm2 / (dbu_nm * dbu_nm) * (1 - 1e-9);
  if (!(least > 0)) return found;
  for (const Region& part : mask.parts()) {
    const bool small = part.area() < least;
    for (const DbuPolygon& ring : part.boundary()) {
      const double area = area_of(ring);
      if (area > 0 ? small : -area < least) (area > 0 ? found.islands : found.holes).push_back(ring);
    }
  }
  return found;
}

RuleCounts& RuleCounts::operator+=(const RuleCounts& other) noexcept {
  width += other.width;
  space += other.space;
  area += other.area;
  return *this;
}

RuleCounts count(const RegionViolations& violations, const std::function<bool(const DbuBox&)>& counts) {
  const auto pairs = [&](const std::vector<EdgePair>& all) {
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const EdgePair& p) {
      return counts(box_of({p.a0, p.a1, p.b0, p.b1}));
    }));
  };
  const auto rings = [&](const std::vector<DbuPolygon>& all) {
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const DbuPolygon& ring) { return counts(box_of(ring)); }));
  };
  return {pairs(violations.width), pairs(violations.space), rings(violations.islands) + rings(violations.holes)};
}

}  // namespace anamorph
