// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "cpp/core/error.hpp"
#include "masks/cell_grid.hpp"
#include "masks/region.hpp"
#include "masks/rings.hpp"

// Two edges are too close where one faces the other and a part of each lies within reach of the other. What an edge
// reaches is a band along its inner side (width) or outer side (space), rounded off around its ends; there it must not
// reach round its own corner through the wrong side, so that at a corner which turns towards the band the rounded end
// is cut off by the next edge. A third edge between the two does not hide them from each other: it is itself closer.

namespace anamorph {
namespace {

struct Vector {
  double x = 0, y = 0;
};

double cross(const Vector& a, const Vector& b) { return a.x * b.y - a.y * b.x; }
double dot(const Vector& a, const Vector& b) { return a.x * b.x + a.y * b.y; }

/// Exact up to 2^53.
Vector between(const DbuPoint& a, const DbuPoint& b) {
  return {static_cast<double>(b.x - a.x), static_cast<double>(b.y - a.y)};
}

struct Edge {
  DbuPoint from, to;
  Vector along;           // its direction and length
  Vector before, behind;  // the edges that it continues and that continue it
  double length = 0;
  std::size_t part = 0;
};

/// Parameters of the points of a line p + t d, 0 < t < 1.
struct Interval {
  double low = 0, high = 1;

  [[nodiscard]] bool empty() const { return !(low < high); }
  /// Where a + b t > 0.
  void keep(double a, double b) {
    if (b > 0) low = std::max(low, -a / b);
    if (b < 0) high = std::min(high, -a / b);
    if (b == 0 && a <= 0) high = low;
  }
};

/// The part of `f` that `e` reaches, on its left if `side` is 1, on its right if it is -1.
Interval reached(const Edge& e, const Edge& f, double reach, double side) {
  const Vector p = between(e.from, f.from);
  const Vector& d = f.along;
  Interval facing;
  facing.keep(side * cross(e.along, p), side * cross(e.along, d));
  if (facing.empty()) return facing;
  Interval band = facing;
  band.keep(reach * e.length - side * cross(e.along, p), -side * cross(e.along, d));
  band.keep(dot(e.along, p), dot(e.along, d));
  band.keep(e.length * e.length - dot(e.along, p), -dot(e.along, d));
  Interval all = band.empty() ? Interval{1, 0} : band;
  for (const bool end : {false, true}) {
    const Vector q = between(end ? e.to : e.from, f.from);
    const double outwards = end ? 1 : -1;
    Interval cap = facing;
    cap.keep(outwards * dot(e.along, q), outwards * dot(e.along, d));
    const Vector& next = end ? e.behind : e.before;
    if (side * (end ? cross(e.along, next) : cross(next, e.along)) > 0)
      cap.keep(side * cross(next, q), side * cross(next, d));
    // Within the circle: |q + t d| < reach.
    const double middle = -dot(q, d) / dot(d, d);
    const double h = cross(q, d) / f.length;
    const double chord = (reach - h) * (reach + h);
    if (!(chord > 0)) continue;
    const double half = std::sqrt(chord) / f.length;
    cap.low = std::max(cap.low, middle - half);
    cap.high = std::min(cap.high, middle + half);
    if (cap.empty()) continue;
    all = all.empty() ? cap : Interval{std::min(all.low, cap.low), std::max(all.high, cap.high)};
  }
  return all;
}

DbuPoint at(const Edge& e, double t) {
  return {e.from.x + std::llround(t * e.along.x), e.from.y + std::llround(t * e.along.y)};
}

/// Distance of the parts of two edges; they do not cross.
double distance(const Edge& e, const Interval& on_e, const Edge& f, const Interval& on_f) {
  const Vector p = between(e.from, f.from);
  const auto to_part = [](const Vector& q, const Vector& d, const Interval& part) {
    const double t = std::clamp(dot(q, d) / dot(d, d), part.low, part.high);
    return std::hypot(q.x - t * d.x, q.y - t * d.y);
  };
  double least = INFINITY;
  for (const double t : {on_f.low, on_f.high})
    least = std::min(least, to_part({p.x + t * f.along.x, p.y + t * f.along.y}, e.along, on_e));
  for (const double t : {on_e.low, on_e.high})
    least = std::min(least, to_part({t * e.along.x - p.x, t * e.along.y - p.y}, f.along, on_f));
  return least;
}

std::vector<Edge> edges_of(const Region& region) {
  const auto& rings = region.boundary();
  const std::vector<std::size_t> owner = owners(rings);
  std::vector<Edge> edges;
  for (std::size_t r = 0; r < rings.size(); ++r) {
    const DbuPolygon& ring = rings[r];
    const std::size_t n = ring.size();
    for (std::size_t i = 0; i < n; ++i) {
      const DbuPoint &a = ring[i], &b = ring[(i + 1) % n];
      const Vector along = between(a, b);
      edges.push_back({a, b, along, between(ring[(i + n - 1) % n], a), between(b, ring[(i + 2) % n]),
                       std::hypot(along.x, along.y), owner[r]});
    }
  }
  return edges;
}

std::vector<EdgePair> violations(const Region& region, std::int64_t least, bool width) {
  if (least < 0) throw Error(ErrorCode::recipe, "REG-0008", "a least width or space must not be negative");
  std::vector<EdgePair> result;
  if (least == 0 || region.empty()) return result;
  const std::vector<Edge> edges = edges_of(region);
  const double reach = static_cast<double>(least), side = width ? 1 : -1;
  CellGrid grid(region.bounding_box(), edges.size(), reach);
  grid.fill([&](const auto& put) {
    for (std::size_t i = 0; i < edges.size(); ++i)
      grid.along(edges[i].from, edges[i].to, 0, [&](std::size_t cell) { put(cell, static_cast<std::uint32_t>(i)); });
  });
  std::vector<std::size_t> seen(edges.size(), SIZE_MAX);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& e = edges[i];
    grid.along(e.from, e.to, reach, [&](std::size_t cell) {
      for (const std::uint32_t* k = grid.begin(cell); k != grid.end(cell); ++k) {
        const Edge& f = edges[*k];
        if (*k <= i || seen[*k] == i) continue;
        seen[*k] = i;
        if (dot(e.along, f.along) >= 0 || (width && e.part != f.part)) continue;
        const Interval on_f = reached(e, f, reach, side);
        if (on_f.empty()) continue;
        const Interval on_e = reached(f, e, reach, side);
        if (on_e.empty()) continue;
        // Each may reach a part of the other that does not reach back, being cut off at a corner.
        const double gap = distance(e, on_e, f, on_f);
        if (gap >= reach) continue;
        result.push_back({at(e, on_e.low), at(e, on_e.high), at(f, on_f.low), at(f, on_f.high), gap});
      }
    });
  }
  return result;
}

}  // namespace

std::vector<EdgePair> width_violations(const Region& region, std::int64_t least) {
  return violations(region, least, true);
}

std::vector<EdgePair> space_violations(const Region& region, std::int64_t least) {
  std::vector<EdgePair> result = violations(region, least, false);
  if (least == 0) return result;
  // Corners that touch: their edges are at right angles or in one line and do not face each other.
  std::vector<DbuPoint> vertices;
  for (const DbuPolygon& ring : region.boundary()) vertices.insert(vertices.end(), ring.begin(), ring.end());
  std::sort(vertices.begin(), vertices.end());
  for (std::size_t i = 1; i < vertices.size(); ++i)
    if (vertices[i] == vertices[i - 1] && (i == 1 || vertices[i - 2] != vertices[i]))
      result.push_back({vertices[i], vertices[i], vertices[i], vertices[i], 0});
  return result;
}

}  // namespace anamorph
