// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/simplify.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <queue>

#include "cpp/core/error.hpp"
#include "masks/cell_grid.hpp"
#include "masks/rings.hpp"

namespace anamorph {
namespace {

DbuPoint to_grid(const Point& p, double dbu_nm) {
  const double x = std::round(p.x / dbu_nm), y = std::round(p.y / dbu_nm);
  constexpr double farthest = 1099511627776.0;  // 2^40
  if (!(std::abs(x) <= farthest) || !(std::abs(y) <= farthest))
    throw Error(ErrorCode::input, "REG-0006",
                "a polygon has a vertex beyond 2^40 database units, or one that is not a number");
  return {static_cast<std::int64_t>(x), static_cast<std::int64_t>(y)};
}

double length(const Point& a, const Point& b) { return std::hypot(b.x - a.x, b.y - a.y); }

double to_segment(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
  const double t = square > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / square, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// Vertices of one contour, in database units but not rounded, and which of them are kept.
class Chords {
 public:
  Chords(const Polygon& contour, double dbu_nm) {
    for (const Point& p : contour) {
      rounded_.push_back(to_grid(p, dbu_nm));
      exact_.push_back({p.x / dbu_nm, p.y / dbu_nm});
    }
  }

  /// Keeps vertices until no other one is farther than `tolerance` from its chord, or there are `most` of them. Returns
  /// the largest distance between a chord and the piece of contour that it replaces.
  double keep(double tolerance, std::size_t most) {
    const std::size_t n = exact_.size();
    kept_.assign(n, false);
    // Two vertices to begin with: an extreme one and the farthest from it.
    const auto first = static_cast<std::size_t>(std::min_element(rounded_.begin(), rounded_.end()) - rounded_.begin());
    std::size_t second = first;
    for (std::size_t i = 0; i < n; ++i)
      if (length(exact_[i], exact_[first]) > length(exact_[second], exact_[first])) second = i;
    if (second == first) return 0;
    kept_[first] = kept_[second] = true;
    const auto by_distance = [](const Chord& a, const Chord& b) { return a.inner < b.inner; };
    std::priority_queue<Chord, std::vector<Chord>, decltype(by_distance)> chords(by_distance);
    chords.push(chord(std::min(first, second), std::max(first, second)));
    chords.push(chord(std::max(first, second), std::min(first, second) + n));
    double done = 0;
    std::size_t count = 2;
    while (!chords.empty()) {
      const Chord c = chords.top();
      chords.pop();
      const bool needed = c.inner > tolerance || count < 3;
      if (!needed || c.farthest == c.from || (most > 0 && count >= most)) {
        done = std::max(done, c.distance);
        continue;
      }
      kept_[c.farthest % n] = true;
      ++count;
      chords.push(chord(c.from, c.farthest));
      chords.push(chord(c.farthest, c.to));
    }
    return done;
  }

  [[nodiscard]] DbuPolygon ring() const {
    DbuPolygon ring;
    for (std::size_t i = 0; i < kept_.size(); ++i)
      if (kept_[i]) ring.push_back(rounded_[i]);
    return ring;
  }

  [[nodiscard]] const std::vector<Point>& exact() const { return exact_; }

  [[nodiscard]] double extent() const {
    double most = 0;
    for (const Point& p : exact_) most = std::max(most, length(p, exact_[0]));
    return most;
  }

 private:
  struct Chord {
    std::size_t from, to;  // indices, the second perhaps one round on
    std::size_t farthest;  // vertex in between, `from` if there is none
    double inner;          // its distance
    double distance;       // the larger of that and of what rounding did to the ends
  };

  /// Distances are taken from the chord as it is written, between rounded ends. A point of the chord is opposite to a
  /// point of the contour, or beyond its ends, no farther from the unrounded end than the rounded one is.
  [[nodiscard]] Chord chord(std::size_t from, std::size_t to) const {
    const std::size_t n = exact_.size();
    const auto grid = [&](std::size_t i) {
      return Point{static_cast<double>(rounded_[i % n].x), static_cast<double>(rounded_[i % n].y)};
    };
    const Point a = grid(from), b = grid(to);
    Chord c{from, to, from, -1, std::max(length(a, exact_[from % n]), length(b, exact_[to % n]))};
    for (std::size_t i = from + 1; i < to; ++i) {
      const double d = to_segment(exact_[i % n], a, b);
      if (d > c.inner) {
        c.inner = d;
        c.farthest = i;
      }
    }
    c.distance = std::max(c.distance, c.inner);
    return c;
  }

  std::vector<Point> exact_;
  std::vector<DbuPoint> rounded_;
  std::vector<bool> kept_;
};

/// Largest distance of a vertex from the nearest edge of a region.
double farthest_from(const Region& region, const std::vector<Chords>& contours, double first_reach) {
  struct Edge {
    DbuPoint a, b;
  };
  std::vector<Edge> edges;
  for (const DbuPolygon& ring : region.boundary())
    for (std::size_t i = 0; i < ring.size(); ++i) edges.push_back({ring[i], ring[(i + 1) % ring.size()]});
  if (edges.empty()) return 0;
  CellGrid grid(region.bounding_box(), edges.size());
  grid.fill([&](const auto& put) {
    for (std::size_t i = 0; i < edges.size(); ++i)
      grid.along(edges[i].a, edges[i].b, 0, [&](std::size_t cell) { put(cell, static_cast<std::uint32_t>(i)); });
  });
  const auto point = [](const DbuPoint& p) { return Point{static_cast<double>(p.x), static_cast<double>(p.y)}; };
  double worst = 0;
  for (const Chords& contour : contours)
    for (const Point& p : contour.exact()) {
      const DbuPoint near{std::llround(p.x), std::llround(p.y)};
      double least = INFINITY;
      for (double reach = first_reach + 2; !(least <= reach - 1); reach *= 2)
        grid.along(near, near, reach, [&](std::size_t cell) {
          for (const std::uint32_t* k = grid.begin(cell); k != grid.end(cell); ++k)
            least = std::min(least, to_segment(p, point(edges[*k].a), point(edges[*k].b)));
        });
      worst = std::max(worst, least);
    }
  return worst;
}

}  // namespace

ContourPolygons simplified(const std::vector<Polygon>& contours, const ContourLimits& limits) {
  if (!(limits.dbu_nm > 0) || !(limits.chord_error_nm >= 0) || limits.max_vertices == 1 || limits.max_vertices == 2)
    throw Error(ErrorCode::recipe, "REG-0009",
                "polygons of contours need a grid above 0, a chord error of at least 0 and three vertices or more");
  std::vector<Chords> chords;
  for (const Polygon& contour : contours)
    if (!contour.empty()) chords.emplace_back(contour, limits.dbu_nm);
  ContourPolygons result;
  double tolerance = limits.chord_error_nm / limits.dbu_nm;
  std::size_t most = limits.max_vertices;
  for (;;) {
    double deviation = 0;
    bool spikes = false;
    std::vector<DbuPolygon> rings, drawn;
    result.lost = 0;
    std::vector<Chords> left;
    for (Chords& c : chords) {
      const double distance = c.keep(tolerance, most);
      DbuPolygon ring = c.ring();
      const DbuPolygon whole = ring;
      simplify(ring);
      if (ring.empty()) {
        ++result.lost;
        deviation = std::max(deviation, c.extent());
        continue;
      }
      deviation = std::max(deviation, distance);
      Wide turns = 0;  // a spike takes its tip away, a vertex on a straight edge nothing
      for (std::size_t i = 0; i < whole.size(); ++i) {
        const DbuPoint &a = whole[i], &b = whole[(i + 1) % whole.size()], &d = whole[(i + 2) % whole.size()];
        const Wide along = static_cast<Wide>(b.x - a.x) * (d.x - b.x) + static_cast<Wide>(b.y - a.y) * (d.y - b.y);
        if (cross(a, b, d) == 0 && along < 0) ++turns;
      }
      spikes = spikes || turns > 0;
      rings.push_back(std::move(ring));
      left.push_back(c);
    }
    result.region = Region::of_rings(rings);
    sort_rings(rings);
    const bool clean = rings == result.region.boundary();
    if (clean || (tolerance == 0 && most == 0)) {
      if (!clean || spikes) {
        // What crossed has been united: its boundary lies on the chords to a rounding.
        deviation += std::numbers::sqrt2 / 2;
        deviation = std::max(deviation, farthest_from(result.region, left, deviation));
      }
      result.deviation_nm = deviation * limits.dbu_nm;
      return result;
    }
    // Edges cross. Closer to the contour they cross no more than it does.
    if (most > 0) {
      most = most > 1000000 ? 0 : 2 * most;
      if (tolerance == 0) continue;
    }
    tolerance = tolerance > 0.25 ? tolerance / 2 : 0;
    if (tolerance == 0) most = 0;
  }
}

}  // namespace anamorph
