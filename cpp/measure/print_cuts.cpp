// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/print_cuts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <tuple>

namespace anamorph {

namespace {

/// A drawn feature or gap from `from` along `d` over `length`.
struct Chord {
  Point from, d;
  double length = 0;
};

struct Width {
  double nm = std::numeric_limits<double>::infinity();
  double begin = 0, end = 0;  ///< along the chord
  int condition = 0;
};

/// The least over the conditions of the longest part, printed or not, of a chord.
Width least_width(const PrintModel& print, const Chord& chord, bool printed, double limit) {
  static thread_local ImageLine line;
  static thread_local std::vector<Crossing> found;
  Width least;
  const double low = -limit, high = chord.length + limit;
  for (int stack = 0; stack < print.stacks(); ++stack) {
    bool sampled = false;
    for (int c = 0; c < print.count(); ++c) {
      if (print.condition(c).stack != stack) continue;
      if (!sampled) print.image(stack).line(chord.from, chord.d, low, high, line);
      sampled = true;
      crossings(line, print.level(c), print.bright(), low, high, found);
      // The parts between crossings; one that leaves the line is longer than the limit anyway.
      Width longest{0, chord.length / 2, chord.length / 2, c};
      double begin = low;
      bool in =
          found.empty() ? prints_at(line, print.level(c), print.bright(), chord.length / 2) : found.front().leaves;
      const auto part = [&](double end) {
        if (in == printed && end > 0 && begin < chord.length && end - begin > longest.nm)
          longest = {end - begin, begin, end, c};
        begin = end;
        in = !in;
      };
      for (const Crossing& crossing : found) part(crossing.at_nm);
      part(high);
      if (longest.nm < least.nm) least = longest;
    }
  }
  return least;
}

/// A corner that encloses less than 180 degrees prints round: features are not cut near it.
double margin_at(bool convex, double length, double end_nm) { return convex ? std::min(end_nm, length / 2) : 0; }

bool may_cut(const TargetEdge& e, double t, double end_nm, double slack) {
  return t >= margin_at(e.convex_a, e.length, end_nm) - slack &&
         t <= e.length - margin_at(e.convex_b, e.length, end_nm) + slack;
}

/// What lies opposite of an edge at t: across the feature it bounds, or across the gap to another one.
std::optional<std::pair<Chord, int>> opposite(const TargetEdges& target, const CutRules& rules, const TargetEdge& e,
                                              double t, bool inside) {
  const double sign = inside ? -1 : 1;
  const Point d{sign * e.normal.x, sign * e.normal.y}, p = e.at(t);
  const auto hit = target.first_hit(p, d, rules.reach_nm);
  if (!hit) return std::nullopt;
  const TargetEdge& other = target.edges()[static_cast<std::size_t>(hit->edge)];
  if (e.normal.x * other.normal.x + e.normal.y * other.normal.y > -0.5) return std::nullopt;
  if (inside ? !may_cut(other, hit->t, rules.end_nm, rules.step_nm / 2) : other.feature == e.feature)
    return std::nullopt;
  return std::pair{Chord{p, d, hit->distance_nm}, other.feature};
}

std::optional<NarrowPlace> cut_at(const PrintModel& print, const TargetEdges& target, const CutRules& rules, int edge,
                                  double t, bool inside) {
  const TargetEdge& e = target.edges()[static_cast<std::size_t>(edge)];
  const auto chord = opposite(target, rules, e, t, inside);
  if (!chord) return std::nullopt;
  const Chord& c = chord->first;
  const double limit = inside ? rules.width_nm : rules.gap_nm;
  const Width width = least_width(print, c, inside, limit);
  if (!(width.nm < limit)) return std::nullopt;
  const auto on = [&](double s) { return Point{c.from.x + s * c.d.x, c.from.y + s * c.d.y}; };
  return NarrowPlace{inside ? FindingKind::pinch : FindingKind::bridge,
                     std::minmax(e.feature, chord->second),
                     on(c.length / 2),
                     on(width.begin),
                     on(width.end),
                     width.nm,
                     width.condition,
                     edge,
                     t};
}

/// Where an edge is cut: symmetric to its middle, so that turned copies are cut at the same places; long ones as tiles
/// agree.
std::vector<double> cut_positions(const TargetEdge& e, const CutRules& rules, bool inside) {
  const double first_a = inside ? margin_at(e.convex_a, e.length, rules.end_nm) : 0;
  const double first_b = inside ? margin_at(e.convex_b, e.length, rules.end_nm) : 0;
  if (is_long(e, rules.lattice)) return long_edge_positions(e, first_a, first_b, rules.step_nm, rules.lattice);
  const double low = first_a, high = e.length - first_b;
  const int steps = std::max(0, static_cast<int>(std::ceil((high - low) / rules.step_nm - 1e-9)));
  if (steps == 0) return {(low + high) / 2};
  std::vector<double> at;
  for (int i = 0; i <= steps; ++i) at.push_back(low + (high - low) * i / steps);
  return at;
}

void cut_edge(const PrintModel& print, const TargetEdges& target, const CutRules& rules, int edge, const Box& part,
              bool inside, std::vector<NarrowPlace>& places) {
  const TargetEdge& e = target.edges()[static_cast<std::size_t>(edge)];
  for (const double t : cut_positions(e, rules, inside)) {
    if (!half_open_holds(part, e.at(t))) continue;
    if (auto place = cut_at(print, target, rules, edge, t, inside)) places.push_back(*place);
  }
}

/// Corners that look at each other across a feature (both reflex) or across a gap (both convex, of two features).
void cut_corners(const PrintModel& print, const TargetEdges& target, const CutRules& rules, const Box& part,
                 std::vector<NarrowPlace>& places) {
  std::map<std::pair<long, long>, std::vector<int>> bins;
  const double reach = 2 * std::max(rules.width_nm, rules.gap_nm);
  const auto bin = [&](double v) { return static_cast<long>(std::floor(v / reach)); };
  const std::vector<TargetCorner>& corners = target.corners();
  const Box around{part.x0 - reach, part.y0 - reach, part.x1 + reach, part.y1 + reach};
  for (int i = 0; i < static_cast<int>(corners.size()); ++i)
    if (const Point& p = corners[static_cast<std::size_t>(i)].at; half_open_holds(around, p))
      bins[{bin(p.x), bin(p.y)}].push_back(i);
  const auto looks = [&](const TargetCorner& c, const Point& d) {  // along d, away from both of its edges
    const auto out = [&](int edge) {
      const TargetEdge& e = target.edges()[static_cast<std::size_t>(edge)];
      const double outward = e.normal.x * d.x + e.normal.y * d.y;
      return c.convex ? outward > 1e-9 : outward < -1e-9;
    };
    return out(c.before) && out(c.after);
  };
  const auto feature = [&](const TargetCorner& c) {
    return target.edges()[static_cast<std::size_t>(c.before)].feature;
  };
  for (const auto& [cell, here] : bins)
    for (const int i : here)
      for (long dy = -1; dy <= 1; ++dy)
        for (long dx = -1; dx <= 1; ++dx) {
          const auto near = bins.find({cell.first + dx, cell.second + dy});
          if (near == bins.end()) continue;
          for (const int j : near->second) {
            const TargetCorner &a = corners[static_cast<std::size_t>(i)], &b = corners[static_cast<std::size_t>(j)];
            if (j <= i || a.convex != b.convex) continue;
            const double length = std::hypot(b.at.x - a.at.x, b.at.y - a.at.y);
            if (length > reach || length < 1e-6) continue;
            const bool inside = !a.convex;
            if ((feature(a) == feature(b)) != inside) continue;
            const Point d{(b.at.x - a.at.x) / length, (b.at.y - a.at.y) / length};
            if (!looks(a, d) || !looks(b, {-d.x, -d.y})) continue;
            const Point middle{(a.at.x + b.at.x) / 2, (a.at.y + b.at.y) / 2};
            if (!half_open_holds(part, middle)) continue;
            const double limit = inside ? rules.width_nm : rules.gap_nm;
            const Width width = least_width(print, {a.at, d, length}, inside, limit);
            if (!(width.nm < limit)) continue;
            const auto on = [&](double s) { return Point{a.at.x + s * d.x, a.at.y + s * d.y}; };
            places.push_back({inside ? FindingKind::pinch : FindingKind::bridge, std::minmax(feature(a), feature(b)),
                              middle, on(width.begin), on(width.end), width.nm, width.condition, -1, 0});
          }
        }
}

/// Worst first. Values are compared in steps far above the difference of two tiles' images, so that tiles agree.
auto rank(const NarrowPlace& p) { return std::tuple(std::lround(p.value_nm / 0.02), p.at_nm.y, p.at_nm.x); }

}  // namespace

void site_epe(const PrintModel& print, const TargetEdge& edge, const Point& site, double search_nm,
              std::vector<double>& epe_nm) {
  static thread_local ImageLine line;
  static thread_local std::vector<Crossing> found;
  epe_nm.assign(static_cast<std::size_t>(print.count()), std::numeric_limits<double>::quiet_NaN());
  for (int stack = 0; stack < print.stacks(); ++stack) {
    bool sampled = false;
    for (int c = 0; c < print.count(); ++c) {
      if (print.condition(c).stack != stack) continue;
      if (!sampled) print.image(stack).line(site, edge.normal, -search_nm, search_nm, line);
      sampled = true;
      crossings(line, print.level(c), print.bright(), -search_nm, search_nm, found);
      double& epe = epe_nm[static_cast<std::size_t>(c)];
      for (const Crossing& crossing : found)
        if (crossing.leaves && !(std::abs(crossing.at_nm) >= std::abs(epe))) epe = crossing.at_nm;
    }
  }
}

std::vector<NarrowPlace> narrow_places(const PrintModel& print, const TargetEdges& target, const CutRules& rules,
                                       const Box& part) {
  std::vector<NarrowPlace> places;
  for (const int edge : target.edges_in(part))
    for (const bool inside : {true, false}) cut_edge(print, target, rules, edge, part, inside, places);
  cut_corners(print, target, rules, part, places);
  return places;
}

NarrowPlace narrowest(const PrintModel& print, const TargetEdges& target, const CutRules& rules, NarrowPlace place) {
  if (place.edge < 0 || place.value_nm <= 0) return place;
  const bool inside = place.kind == FindingKind::pinch;
  const TargetEdge& e = target.edges()[static_cast<std::size_t>(place.edge)];
  const auto at = [&](double t) { return cut_at(print, target, rules, place.edge, t, inside); };
  const double low = inside ? margin_at(e.convex_a, e.length, rules.end_nm) : 0;
  const double high = e.length - (inside ? margin_at(e.convex_b, e.length, rules.end_nm) : 0);
  // Golden section; what is not below the limit counts as wide.
  constexpr double share = 0.6180339887498949;
  double a = std::max(low, place.t - rules.step_nm), b = std::min(high, place.t + rules.step_nm);
  const Point home = place.at_nm;
  const auto value = [](const std::optional<NarrowPlace>& p) {
    return p ? p->value_nm : std::numeric_limits<double>::infinity();
  };
  double t1 = b - share * (b - a), t2 = a + share * (b - a);
  auto p1 = at(t1), p2 = at(t2);
  for (int i = 0; i < 12; ++i) {
    for (const auto* p : {&p1, &p2})
      if (value(*p) < place.value_nm) place = **p;
    if (value(p1) <= value(p2)) {
      b = t2;
      t2 = t1;
      p2 = p1;
      t1 = b - share * (b - a);
      p1 = at(t1);
    } else {
      a = t1;
      t1 = t2;
      p1 = p2;
      t2 = a + share * (b - a);
      p2 = at(t2);
    }
  }
  place.at_nm = home;
  return place;
}

std::vector<NarrowPlace> worst_places(std::vector<NarrowPlace> places, double apart_nm) {
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return rank(a) < rank(b); });
  std::map<std::tuple<FindingKind, std::pair<int, int>, long, long>, std::vector<const NarrowPlace*>> seen;
  const auto cell = [&](double v) { return static_cast<long>(std::floor(v / apart_nm)); };
  std::vector<NarrowPlace> worst;
  for (const NarrowPlace& place : places) {
    const long x = cell(place.at_nm.x), y = cell(place.at_nm.y);
    bool alone = true;
    for (long dy = -1; dy <= 1 && alone; ++dy)
      for (long dx = -1; dx <= 1 && alone; ++dx)
        if (const auto near = seen.find({place.kind, place.between, x + dx, y + dy}); near != seen.end())
          for (const NarrowPlace* other : near->second)
            alone = alone && std::hypot(other->at_nm.x - place.at_nm.x, other->at_nm.y - place.at_nm.y) > apart_nm;
    // Beaten by a worse one, even if that itself is beaten: so the decision is local.
    seen[{place.kind, place.between, x, y}].push_back(&place);
    if (alone) worst.push_back(place);
  }
  return worst;
}

}  // namespace anamorph
