// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/pattern_key.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace anamorph {

namespace {

using Segment = std::array<long, 4>;

/// The part of an edge inside the square around `place`, relative to it.
std::optional<std::array<double, 4>> clipped(const TargetEdge& e, const Point& place, double radius) {
  const double x = e.a.x - place.x, y = e.a.y - place.y, dx = e.b.x - e.a.x, dy = e.b.y - e.a.y;
  double t0 = 0, t1 = 1;
  const auto side = [&](double p, double d) {  // p + t d <= radius
    if (d == 0) return p <= radius;
    const double t = (radius - p) / d;
    if (d > 0)
      t1 = std::min(t1, t);
    else
      t0 = std::max(t0, t);
    return t0 < t1;
  };
  if (!side(x, dx) || !side(-x, -dx) || !side(y, dy) || !side(-y, -dy)) return std::nullopt;
  return std::array<double, 4>{x + t0 * dx, y + t0 * dy, x + t1 * dx, y + t1 * dy};
}

std::uint64_t mixed(std::uint64_t h) {  // the finaliser of splitmix64
  h ^= h >> 30;
  h *= 0xbf58476d1ce4e5b9ull;
  h ^= h >> 27;
  h *= 0x94d049bb133111ebull;
  return h ^ (h >> 31);
}

/// Orientation o of a directed segment; a mirrored one runs the other way, so that its inside stays on the left.
Segment turned(const Segment& s, int o) {
  const auto point = [&](long x, long y) {
    if (o & 4) std::swap(x, y);
    if (o & 1) x = -x;
    if (o & 2) y = -y;
    return std::array<long, 2>{x, y};
  };
  const auto a = point(s[0], s[1]), b = point(s[2], s[3]);
  const bool mirrors = ((o & 1) != 0) ^ ((o & 2) != 0) ^ ((o & 4) != 0);
  return mirrors ? Segment{b[0], b[1], a[0], a[1]} : Segment{a[0], a[1], b[0], b[1]};
}

}  // namespace

std::uint64_t pattern_key(const TargetEdges& target, const Point& place, const PatternRule& rule) {
  const double r = rule.radius_nm;
  std::vector<Segment> segments;
  const auto units = [&](double v) { return std::lround(2 * v / rule.dbu_nm); };  // half-way places are exact too
  for (const int i : target.edges_in({place.x - r, place.y - r, place.x + r, place.y + r}))
    if (const auto s = clipped(target.edges()[static_cast<std::size_t>(i)], place, r)) {
      const Segment one{units((*s)[0]), units((*s)[1]), units((*s)[2]), units((*s)[3])};
      if (one[0] != one[2] || one[1] != one[3]) segments.push_back(one);
    }
  // A sum of hashes is the same in any order.
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (int o = 0; o < 8; ++o) {
    std::uint64_t sum = 0;
    for (const Segment& segment : segments) {
      std::uint64_t h = 0x9e3779b97f4a7c15ull;
      for (const long v : turned(segment, o)) h = mixed(h ^ static_cast<std::uint64_t>(v));
      sum += h;
    }
    least = std::min(least, mixed(sum));
  }
  return least;
}

std::uint64_t pattern_key_near(const TargetEdges& target, const Point& place, const PatternRule& rule) {
  const double r = rule.radius_nm;
  constexpr double tie_nm = 1;  // corners that are as near but for this count as equally near
  double nearest = r;
  std::optional<Point> on_edge;
  double to_edge = r;
  std::vector<Point> corners;
  for (const int i : target.edges_in({place.x - r, place.y - r, place.x + r, place.y + r})) {
    const TargetEdge& e = target.edges()[static_cast<std::size_t>(i)];
    corners.push_back(e.a);
    nearest = std::min(nearest, std::hypot(e.a.x - place.x, e.a.y - place.y));
    const double t = std::clamp((place.x - e.a.x) * e.along.x + (place.y - e.a.y) * e.along.y, 0.0, e.length);
    const Point p = e.at(t);
    if (const double d = std::hypot(p.x - place.x, p.y - place.y); d < to_edge) {
      to_edge = d;
      on_edge = p;
    }
  }
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const Point& corner : corners)
    if (const double d = std::hypot(corner.x - place.x, corner.y - place.y); d < r && d <= nearest + tie_nm)
      least = std::min(least, pattern_key(target, corner, rule));
  if (least != std::numeric_limits<std::uint64_t>::max()) return least;
  return pattern_key(target, on_edge.value_or(place), rule);
}

}  // namespace anamorph
