// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <limits>
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

/// As far as widths and spaces are told when no rule asks for more.
constexpr double look_nm = 64;

bool touches_border(const DbuBox& box, const DbuBox& window) {
  return box.x0 <= window.x0 || box.y0 <= window.y0 || box.x1 >= window.x1 || box.y1 >= window.y1;
}

/// Whether the cut that goes on from a reflex corner, along its edge in that direction, ends in another reflex corner.
/// Two cuts are one then.
bool shares_cut(const TargetEdges& mask, const TargetCorner& corner, bool rows, double reach_nm) {
  const TargetEdge& before = mask.edges()[static_cast<std::size_t>(corner.before)];
  const TargetEdge& after = mask.edges()[static_cast<std::size_t>(corner.after)];
  const bool on = (before.along.y == 0) == rows;
  const Point d = on ? before.along : Point{-after.along.x, -after.along.y};
  const auto hit = mask.first_hit(corner.at, d, reach_nm);
  if (!hit) return false;
  const TargetEdge& e = mask.edges()[static_cast<std::size_t>(hit->edge)];
  return (hit->t < 1e-6 && !e.convex_a) || (hit->t > e.length - 1e-6 && !e.convex_b);
}

/// Corners count what is cut: each cut begins at a reflex corner, and outlines without their holes are a quarter of
/// the convex corners less the reflex ones. So tiles can add up what they see.
void count_rectangles(const Region& region, const Box& core, double reach_nm, double dbu_nm, MaskFigures& figures) {
  const TargetEdges mask(polygons_nm(region, dbu_nm));
  for (const int i : mask.edges_in(core))
    if (const Point& d = mask.edges()[static_cast<std::size_t>(i)].along; d.x != 0 && d.y != 0)
      figures.by_rows = figures.by_columns = std::numeric_limits<double>::quiet_NaN();
  if (std::isnan(figures.by_rows)) return;
  for (const TargetCorner& corner : mask.corners()) {
    if (!half_open_holds(core, corner.at)) continue;
    for (const bool rows : {true, false})
      (rows ? figures.by_rows : figures.by_columns) +=
          corner.convex ? 0.25 : 0.75 - (shares_cut(mask, corner, rows, reach_nm) ? 0.5 : 0);
  }
}

}  // namespace

MaskSeen look_at_mask(const VerifyTile& tile, const VerifyRules& rules) {
  MaskSeen seen;
  std::vector<Polygon> all = tile.mask;
  all.insert(all.end(), tile.assist.begin(), tile.assist.end());
  const double dbu = rules.dbu_nm;
  const Region region = region_of(all, dbu);
  // As for other places that a grid gives: a seam is not decided by rounding.
  const Box core{tile.core.x0 - 1e-4, tile.core.y0 - 1e-4, tile.core.x1 - 1e-4, tile.core.y1 - 1e-4};
  const auto add = [&](const Finding& f) {
    if (half_open_holds(core, f.at_nm)) seen.findings.push_back(f);
  };
  const auto dbu_of = [&](double nm) { return static_cast<std::int64_t>(std::llround(nm / dbu)); };
  const Grid& g = tile.grid;
  const DbuBox window{dbu_of(g.x0_nm), dbu_of(g.y0_nm), dbu_of(g.x0_nm + g.width_nm()),
                      dbu_of(g.y0_nm + g.height_nm())};
  const auto cut = [&](const DbuPoint& p, const DbuPoint& q) {  // an edge where the window ends
    return (p.x == q.x && (p.x == window.x0 || p.x == window.x1)) ||
           (p.y == q.y && (p.y == window.y0 || p.y == window.y1));
  };
  const auto narrow = [&](FindingKind kind, double rule, auto&& violations, double& least) {
    least = std::max(look_nm, rule);
    for (const EdgePair& pair : violations(region, static_cast<std::int64_t>(std::ceil(least / dbu - 1e-9)))) {
      if (cut(pair.a0, pair.a1) || cut(pair.b0, pair.b1)) continue;
      const Finding f = of_pair(kind, pair, rule, dbu);
      if (f.value < rule - 1e-9) add(f);
      if (half_open_holds(core, f.at_nm)) least = std::min(least, f.value);
    }
  };
  narrow(FindingKind::mask_width, rules.mask_width_nm, width_violations, seen.figures.width_nm);
  narrow(FindingKind::mask_space, rules.mask_space_nm, space_violations, seen.figures.space_nm);

  const auto island_or_hole = [&](const DbuBox& box, double area) {
    const Point low = nm({box.x0, box.y0}, dbu), high = nm({box.x1, box.y1}, dbu);
    if (touches_border(box, window) || !half_open_holds(core, middle(low, high))) return;  // cut there
    seen.figures.area_nm2 = std::min(seen.figures.area_nm2, area);
    if (area < rules.mask_area_nm2)
      add({FindingKind::mask_area, middle(low, high), low, high, true, area, rules.mask_area_nm2, 0, -1, 0});
  };
  for (const Region& part : region.parts()) {
    island_or_hole(part.bounding_box(), part.area() * dbu * dbu);
    for (const DbuPolygon& ring : part.boundary()) {
      double twice = 0;  // from the first vertex, so that a far-away ring loses no digits
      DbuBox box;
      for (std::size_t i = 0; i < ring.size(); ++i) {
        const DbuPoint &a = ring[i], &b = ring[(i + 1) % ring.size()];
        twice += static_cast<double>(a.x - ring[0].x) * static_cast<double>(b.y - ring[0].y) -
                 static_cast<double>(b.x - ring[0].x) * static_cast<double>(a.y - ring[0].y);
        box.include(a);
      }
      if (twice < 0) island_or_hole(box, -twice / 2 * dbu * dbu);
    }
  }
  count_rectangles(region, core, std::min(rules.whole_nm, g.width_nm() + g.height_nm()), dbu, seen.figures);
  return seen;
}

}  // namespace anamorph
