// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/edge_retreat.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace anamorph {
namespace {

constexpr std::int64_t kNear = 2;  // database units that slanted edges may have been rounded by

/// An edge of a moved outline, upright or level: of a fragment, or the jog between two.
struct Side {
  std::int64_t at, low, high;
  int fragment;
  int other = -1;  ///< of a jog: the fragment behind it
};

/// To find the fragments that an edge of the moved shapes comes from.
class Sides {
 public:
  Sides(const Fragments& fragments, std::span<const double> d) {
    const std::vector<EdgePiece> pieces = fragments.pieces(d);
    for (std::size_t i = 0; i < fragments.list.size(); ++i) {
      const Fragment& f = fragments.list[i];
      if (f.normal.x != 0 && f.normal.y != 0) continue;
      add(pieces[i].from, pieces[i].to, static_cast<int>(i), -1);
      if (fragments.list[static_cast<std::size_t>(f.next)].normal == f.normal)
        add(pieces[i].to, pieces[static_cast<std::size_t>(f.next)].from, static_cast<int>(i), f.next);
    }
    for (auto* sides : {&upright_, &level_})
      std::stable_sort(sides->begin(), sides->end(), [](const Side& a, const Side& b) { return a.at < b.at; });
  }

  /// Those with which the edge from p to q, or the point, shares one.
  template <typename Found>
  void on(const DbuPoint& p, const DbuPoint& q, const Found& found) const {
    if (p.x == q.x) look(upright_, p.x, std::min(p.y, q.y), std::max(p.y, q.y), found);
    if (p.y == q.y) look(level_, p.y, std::min(p.x, q.x), std::max(p.x, q.x), found);
  }

 private:
  static std::int64_t dbu(double nm) { return std::llround(nm / Retreat::dbu_nm); }

  void add(const Point& from, const Point& to, int fragment, int other) {
    const std::int64_t x0 = dbu(from.x), y0 = dbu(from.y), x1 = dbu(to.x), y1 = dbu(to.y);
    if (x0 == x1) upright_.push_back({x0, std::min(y0, y1), std::max(y0, y1), fragment, other});
    if (y0 == y1) level_.push_back({y0, std::min(x0, x1), std::max(x0, x1), fragment, other});
  }

  template <typename Found>
  static void look(const std::vector<Side>& sides, std::int64_t at, std::int64_t low, std::int64_t high,
                   const Found& found) {
    auto it = std::lower_bound(sides.begin(), sides.end(), at - kNear,
                               [](const Side& s, std::int64_t value) { return s.at < value; });
    for (; it != sides.end() && it->at <= at + kNear; ++it)
      if (it->low <= high + kNear && low <= it->high + kNear) found(*it);
  }

  std::vector<Side> upright_, level_;
};

class Round {
 public:
  Round(const Fragments& fragments, double grid_nm, std::span<const double> d)
      : fragments_(fragments), grid_(grid_nm), d_(d), sides_(fragments, d), back_(d.size()) {}

  /// Of a place that lacks `lack_nm`, bounded by these edges: moves outwards (`sign` 1) or inwards (-1) have made it.
  /// Of one that is drawn so the others help, and stay.
  void mend(const std::vector<std::pair<DbuPoint, DbuPoint>>& edges, double sign, double lack_nm, bool drawn_so) {
    std::vector<int> guilty, beside, rest, bars;
    const auto put = [](std::vector<int>& list, int i) {
      if (std::find(list.begin(), list.end(), i) == list.end()) list.push_back(i);
    };
    const auto put_moved = [&](std::vector<int>& list, int i) {
      if (std::abs(d_[static_cast<std::size_t>(i)]) > 1e-9) put(list, i);
    };
    for (const auto& [p, q] : edges)
      sides_.on(p, q, [&](const Side& side) {
        const Fragment& f = fragments_.list[static_cast<std::size_t>(side.fragment)];
        if (f.kind == Fragment::Kind::assist) put(bars, first_of_bar(side.fragment));
        if (side.other >= 0) {
          put_moved(beside, side.fragment);
          put_moved(beside, side.other);
          return;
        }
        put_moved(sign * d_[static_cast<std::size_t>(side.fragment)] > 0 ? guilty : rest, side.fragment);
        put_moved(beside, f.previous);
        put_moved(beside, f.next);
      });
    const std::vector<int>& back = drawn_so || !guilty.empty() ? guilty : !beside.empty() ? beside : rest;
    const double share = guilty.size() > 1 ? lack_nm / 2 : lack_nm;
    for (const int i : back) {
      double& most = back_[static_cast<std::size_t>(i)];
      most = std::max(most, std::max(1.0, std::ceil(share / grid_ - 1e-6)) * grid_);
    }
    if (back.empty() && !bars.empty()) bars_.push_back(*std::max_element(bars.begin(), bars.end()));  // one may do
  }

  void apply(std::span<double> d, Retreat& result) {
    for (std::size_t i = 0; i < d.size(); ++i) {
      if (!(back_[i] > 0)) continue;
      d[i] = std::copysign(std::max(0.0, std::abs(d[i]) - back_[i]), d[i]);
      result.moved = true;
    }
    if (result.moved) return;
    std::sort(bars_.begin(), bars_.end());
    bars_.erase(std::unique(bars_.begin(), bars_.end()), bars_.end());
    result.bars = std::move(bars_);
  }

 private:
  /// Bars stand at the end of the list, four fragments each.
  [[nodiscard]] int first_of_bar(int fragment) const {
    const int size = static_cast<int>(fragments_.list.size());
    return size - 4 * ((size - 1 - fragment) / 4 + 1);
  }

  const Fragments& fragments_;
  double grid_;
  std::span<const double> d_;
  Sides sides_;
  std::vector<double> back_;
  std::vector<int> bars_;
};

DbuBox box_of(const DbuPolygon& points) {
  DbuBox box;
  for (const DbuPoint& p : points) box.include(p);
  return box;
}

DbuBox box_of(const EdgePair& p) { return box_of(DbuPolygon{p.a0, p.a1, p.b0, p.b1}); }

std::vector<std::pair<DbuPoint, DbuPoint>> edges_of(const DbuPolygon& ring) {
  std::vector<std::pair<DbuPoint, DbuPoint>> edges;
  for (std::size_t i = 0; i < ring.size(); ++i) edges.emplace_back(ring[i], ring[(i + 1) % ring.size()]);
  return edges;
}

}  // namespace

Retreat retreat(const Fragments& fragments, const MaskRules& rules, double grid_nm, std::span<double> d) {
  const auto violations = [&](std::span<const double> at) {
    return rule_violations(region_of(fragments.polygons(at), Retreat::dbu_nm), rules, Retreat::dbu_nm);
  };
  Retreat result;
  result.found = violations(d);
  if (count(result.found, [](const DbuBox&) { return true; }).all() == 0) return result;
  const RegionViolations drawn = violations(std::vector<double>(d.size()));
  const auto drawn_so = [](const auto& as_drawn, const auto& found) {
    return std::any_of(as_drawn.begin(), as_drawn.end(),
                       [place = box_of(found)](const auto& one) { return box_of(one).touches(place); });
  };
  Round round(fragments, grid_nm, d);
  const auto pairs = [&](const std::vector<EdgePair>& all, const std::vector<EdgePair>& as_drawn, double sign,
                         double least) {
    for (const EdgePair& p : all)
      round.mend({{p.a0, p.a1}, {p.b0, p.b1}}, sign, least - p.distance * Retreat::dbu_nm, drawn_so(as_drawn, p));
  };
  const auto rings = [&](const std::vector<DbuPolygon>& all, const std::vector<DbuPolygon>& as_drawn, double sign) {
    for (const DbuPolygon& ring : all) round.mend(edges_of(ring), sign, grid_nm, drawn_so(as_drawn, ring));
  };
  pairs(result.found.width, drawn.width, -1, rules.min_width_nm);
  pairs(result.found.space, drawn.space, 1, rules.min_space_nm);
  rings(result.found.islands, drawn.islands, -1);
  rings(result.found.holes, drawn.holes, 1);
  round.apply(d, result);
  return result;
}

}  // namespace anamorph
