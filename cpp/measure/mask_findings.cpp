// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <utility>

#include "cpp/measure/target_edges.hpp"
#include "cpp/measure/tile_verify.hpp"
#include "masks/region.hpp"

namespace anamorph {

namespace {

Point nm(const DbuPoint& p, double dbu_nm) {
  return {static_cast<double>(p.x) * dbu_nm, static_cast<double>(p.y) * dbu_nm};
}

Point middle(const Point& a, const Point& b) { return {(a.x + b.x) / 2, (a.y + b.y) / 2}; }

/// Its place is the lower left end of the two edges, which a window that cuts them off elsewhere sees too.
Finding of_pair(FindingKind kind, const EdgePair& pair, double limit, double dbu_nm) {
  const auto first = [](const DbuPoint& p, const DbuPoint& q) {
    return std::pair(p.x + p.y, p.x) < std::pair(q.x + q.y, q.x);
  };
  const DbuPoint place = std::min({pair.a0, pair.a1, pair.b0, pair.b1}, first);
  const Point a = middle(nm(pair.a0, dbu_nm), nm(pair.a1, dbu_nm)),
              b = middle(nm(pair.b0, dbu_nm), nm(pair.b1, dbu_nm));
  return {kind, nm(place, dbu_nm), a, b, false, pair.distance * dbu_nm, limit, 0, -1, 0};
}

}  // namespace

std::vector<Finding> mask_findings(const VerifyTile& tile, const VerifyRules& rules) {
  std::vector<Finding> found;
  if (rules.mask_width_nm <= 0 && rules.mask_space_nm <= 0 && rules.mask_area_nm2 <= 0) return found;
  std::vector<Polygon> all = tile.mask;
  all.insert(all.end(), tile.assist.begin(), tile.assist.end());
  const double dbu = rules.dbu_nm;
  const Region region = region_of(all, dbu);
  // As for other places that a grid gives: a seam is not decided by rounding.
  const Box core{tile.core.x0 - 1e-4, tile.core.y0 - 1e-4, tile.core.x1 - 1e-4, tile.core.y1 - 1e-4};
  const auto add = [&](const Finding& f) {
    if (half_open_holds(core, f.at_nm)) found.push_back(f);
  };
  const auto steps = [&](double length) { return static_cast<std::int64_t>(std::ceil(length / dbu - 1e-9)); };
  if (rules.mask_width_nm > 0)
    for (const EdgePair& pair : width_violations(region, steps(rules.mask_width_nm)))
      add(of_pair(FindingKind::mask_width, pair, rules.mask_width_nm, dbu));
  if (rules.mask_space_nm > 0)
    for (const EdgePair& pair : space_violations(region, steps(rules.mask_space_nm)))
      add(of_pair(FindingKind::mask_space, pair, rules.mask_space_nm, dbu));
  if (rules.mask_area_nm2 > 0)
    for (const Region& part : region.parts()) {
      const double area = part.area() * dbu * dbu;
      if (area >= rules.mask_area_nm2) continue;
      const DbuBox box = part.bounding_box();
      const Point low = nm({box.x0, box.y0}, dbu), high = nm({box.x1, box.y1}, dbu);
      add({FindingKind::mask_area, middle(low, high), low, high, true, area, rules.mask_area_nm2, 0, -1, 0});
    }
  return found;
}

}  // namespace anamorph
