// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/target_edges.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace anamorph {

namespace {

double cross(const Point& a, const Point& b) { return a.x * b.y - a.y * b.x; }
Point minus(const Point& a, const Point& b) { return {a.x - b.x, a.y - b.y}; }

/// Without repeated points and points on straight edges.
Polygon without_straight(const Polygon& polygon) {
  Polygon kept;
  const std::size_t n = polygon.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Point& before = kept.empty() ? polygon[(i + n - 1) % n] : kept.back();
    const Point& here = polygon[i];
    if (here == before) continue;
    std::size_t j = i + 1;
    while (j < i + n && polygon[j % n] == here) ++j;
    const Point in = minus(here, before), out = minus(polygon[j % n], here);
    const double turn = cross(in, out), size = std::hypot(in.x, in.y) * std::hypot(out.x, out.y);
    if (std::abs(turn) <= 1e-9 * size && in.x * out.x + in.y * out.y > 0) continue;
    kept.push_back(here);
  }
  return kept;
}

bool holds(const Polygon& polygon, const Point& p) {
  bool inside = false;
  for (std::size_t i = 0, n = polygon.size(); i < n; ++i) {
    const Point &a = polygon[i], &b = polygon[(i + 1) % n];
    if ((a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)) inside = !inside;
  }
  return inside;
}

Box box_of(const TargetEdge& e) {
  return {std::min(e.a.x, e.b.x), std::min(e.a.y, e.b.y), std::max(e.a.x, e.b.x), std::max(e.a.y, e.b.y)};
}

bool touch(const Box& a, const Box& b) { return a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1; }

}  // namespace

TargetEdges::TargetEdges(const std::vector<Polygon>& merged, double bin_nm) {
  std::vector<Polygon> outlines;
  std::vector<int> owner(merged.size(), -1);
  for (std::size_t i = 0; i < merged.size(); ++i) {
    const double area = signed_area(merged[i]);
    if (area <= 0) continue;
    owner[i] = static_cast<int>(features_.size());
    features_.push_back({bounding_box({merged[i]}), area});
    outlines.push_back(merged[i]);
  }
  for (std::size_t i = 0; i < merged.size(); ++i) {  // a hole belongs to the smallest outline around it
    const double area = signed_area(merged[i]);
    if (area >= 0) continue;
    const Box box = bounding_box({merged[i]});
    double smallest = std::numeric_limits<double>::infinity();
    for (std::size_t f = 0; f < outlines.size(); ++f) {
      const Box& around = features_[f].box;
      if (box.x0 < around.x0 || box.y0 < around.y0 || box.x1 > around.x1 || box.y1 > around.y1) continue;
      const double size = signed_area(outlines[f]);
      const Point middle{(merged[i][0].x + merged[i][1].x) / 2, (merged[i][0].y + merged[i][1].y) / 2};
      if (size < smallest && holds(outlines[f], middle)) {
        smallest = size;
        owner[i] = static_cast<int>(f);
      }
    }
    if (owner[i] >= 0) features_[static_cast<std::size_t>(owner[i])].area_nm2 += area;
  }
  for (std::size_t i = 0; i < merged.size(); ++i) {
    if (owner[i] < 0) continue;
    const Polygon polygon = without_straight(merged[i]);
    const int n = static_cast<int>(polygon.size()), first = static_cast<int>(edges_.size());
    if (n < 3) continue;
    for (int k = 0; k < n; ++k) {
      TargetEdge e;
      e.a = polygon[static_cast<std::size_t>(k)];
      e.b = polygon[static_cast<std::size_t>((k + 1) % n)];
      const Point d = minus(e.b, e.a);
      e.length = std::hypot(d.x, d.y);
      e.along = {d.x / e.length, d.y / e.length};
      e.normal = {e.along.y, -e.along.x};
      e.feature = owner[i];
      e.before = first + (k + n - 1) % n;
      e.after = first + (k + 1) % n;
      edges_.push_back(e);
    }
    for (int k = 0; k < n; ++k) {
      TargetEdge& e = edges_[static_cast<std::size_t>(first + k)];
      TargetEdge& next = edges_[static_cast<std::size_t>(e.after)];
      e.convex_b = next.convex_a = cross(e.along, next.along) > 0;
      corners_.push_back({e.b, first + k, e.after, e.convex_b});
    }
  }
  index(bin_nm);
}

void TargetEdges::index(double bin_nm) {
  bin_nm_ = bin_nm;
  stamp_.assign(edges_.size(), 0);
  if (edges_.empty()) return;
  bounds_ = box_of(edges_.front());
  for (const TargetEdge& e : edges_) {
    const Box box = box_of(e);
    bounds_ = {std::min(bounds_.x0, box.x0), std::min(bounds_.y0, box.y0), std::max(bounds_.x1, box.x1),
               std::max(bounds_.y1, box.y1)};
  }
  // Long shapes around a small window must not make the table large.
  constexpr double most = 512;
  bin_nm_ = std::max({bin_nm, bounds_.width() / most, bounds_.height() / most});
  bins_x_ = static_cast<int>(bounds_.width() / bin_nm_) + 1;
  bins_y_ = static_cast<int>(bounds_.height() / bin_nm_) + 1;
  const auto visit = [&](const TargetEdge& e, auto&& each) {
    const Box box = box_of(e);
    for (int y = static_cast<int>((box.y0 - bounds_.y0) / bin_nm_);
         y <= static_cast<int>((box.y1 - bounds_.y0) / bin_nm_); ++y)
      for (int x = static_cast<int>((box.x0 - bounds_.x0) / bin_nm_);
           x <= static_cast<int>((box.x1 - bounds_.x0) / bin_nm_); ++x)
        each(static_cast<std::size_t>(y) * static_cast<std::size_t>(bins_x_) + static_cast<std::size_t>(x));
  };
  bin_begin_.assign(static_cast<std::size_t>(bins_x_) * static_cast<std::size_t>(bins_y_) + 1, 0);
  for (const TargetEdge& e : edges_) visit(e, [&](std::size_t bin) { ++bin_begin_[bin + 1]; });
  for (std::size_t i = 1; i < bin_begin_.size(); ++i) bin_begin_[i] += bin_begin_[i - 1];
  bin_edges_.resize(static_cast<std::size_t>(bin_begin_.back()));
  std::vector<int> next(bin_begin_.begin(), bin_begin_.end() - 1);
  for (int i = 0; i < static_cast<int>(edges_.size()); ++i)
    visit(edges_[static_cast<std::size_t>(i)],
          [&](std::size_t bin) { bin_edges_[static_cast<std::size_t>(next[bin]++)] = i; });
}

template <typename See>
void TargetEdges::visit(const Box& box, See see) const {
  if (edges_.empty() || !touch(box, bounds_)) return;
  const auto bin = [&](double at, double low, int n) {
    return std::clamp(static_cast<int>(std::floor((at - low) / bin_nm_)), 0, n - 1);
  };
  ++stamp_now_;
  for (int y = bin(box.y0, bounds_.y0, bins_y_); y <= bin(box.y1, bounds_.y0, bins_y_); ++y)
    for (int x = bin(box.x0, bounds_.x0, bins_x_); x <= bin(box.x1, bounds_.x0, bins_x_); ++x) {
      const std::size_t b =
          static_cast<std::size_t>(y) * static_cast<std::size_t>(bins_x_) + static_cast<std::size_t>(x);
      for (int k = bin_begin_[b]; k < bin_begin_[b + 1]; ++k) {
        const auto e = static_cast<std::size_t>(bin_edges_[static_cast<std::size_t>(k)]);
        if (stamp_[e] == stamp_now_) continue;
        stamp_[e] = stamp_now_;
        see(static_cast<int>(e));
      }
    }
}

std::vector<int> TargetEdges::edges_in(const Box& box) const {
  std::vector<int> found;
  visit(box, [&](int i) {
    if (touch(box_of(edges_[static_cast<std::size_t>(i)]), box)) found.push_back(i);
  });
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<TargetEdges::Hit> TargetEdges::first_hit(const Point& p, const Point& d, double reach_nm) const {
  const Point end{p.x + reach_nm * d.x, p.y + reach_nm * d.y};
  const Box box{std::min(p.x, end.x), std::min(p.y, end.y), std::max(p.x, end.x), std::max(p.y, end.y)};
  std::optional<Hit> best;
  visit(box, [&](int i) {
    const TargetEdge& e = edges_[static_cast<std::size_t>(i)];
    const double across = cross(d, e.along);
    if (std::abs(across) < 1e-9) return;
    const Point to = minus(e.a, p);
    const double distance = cross(to, e.along) / across, t = cross(to, d) / across;
    if (distance <= 1e-6 || distance > reach_nm || t < -1e-6 || t > e.length + 1e-6) return;
    // Where two edges meet, the one with the lower number: the bins come in no order of the edges.
    if (!best || distance < best->distance_nm || (distance == best->distance_nm && i < best->edge))
      best = Hit{i, distance, t};
  });
  return best;
}

std::vector<std::vector<TargetEdges::Run>> TargetEdges::painted(const Grid& grid) const {
  struct Cut {
    double x;
    int feature;
  };
  std::vector<std::vector<Cut>> cuts(static_cast<std::size_t>(grid.ny));
  const auto row_from = [&](double y) {  // first row whose centre is at or above y
    return std::clamp(std::ceil((y - grid.y0_nm) / grid.pixel_nm - 0.5), 0.0, static_cast<double>(grid.ny));
  };
  for (const TargetEdge& e : edges_) {
    if (e.a.y == e.b.y) continue;
    const double slope = (e.b.x - e.a.x) / (e.b.y - e.a.y);
    const int end = static_cast<int>(row_from(std::max(e.a.y, e.b.y)));
    for (int y = static_cast<int>(row_from(std::min(e.a.y, e.b.y))); y < end; ++y)
      cuts[static_cast<std::size_t>(y)].push_back({e.a.x + (grid.y_centre_nm(y) - e.a.y) * slope, e.feature});
  }
  std::vector<std::vector<Run>> rows(cuts.size());
  const auto pixel = [&](double x) {  // first pixel whose centre is at or right of x
    return static_cast<int>(
        std::clamp(std::ceil((x - grid.x0_nm) / grid.pixel_nm - 0.5), 0.0, static_cast<double>(grid.nx)));
  };
  std::vector<Cut> row;
  for (std::size_t y = 0; y < cuts.size(); ++y) {
    // By feature: within one, insides begin and end in turn.
    row = cuts[y];
    std::sort(row.begin(), row.end(),
              [](const Cut& a, const Cut& b) { return a.feature != b.feature ? a.feature < b.feature : a.x < b.x; });
    for (std::size_t i = 0; i + 1 < row.size(); i += 2)
      if (const Run run{pixel(row[i].x), pixel(row[i + 1].x), row[i].feature}; run.x0 < run.x1) rows[y].push_back(run);
    std::sort(rows[y].begin(), rows[y].end(), [](const Run& a, const Run& b) { return a.x0 < b.x0; });
  }
  return rows;
}

std::vector<double> long_edge_positions(const TargetEdge& edge, double first_a, double first_b, double step_nm,
                                        const EdgeLattice& lattice) {
  std::vector<double> at;
  const auto from_end = [&](double first, auto&& place) {
    double last = first;
    for (int i = 0; i == 0 || first + i * step_nm <= lattice.whole_nm / 2; ++i)
      at.push_back(place(last = first + i * step_nm));
    return last;
  };
  // Tiles count coordinates from elsewhere: a place that just fits must not depend on the last digits.
  const double low = from_end(first_a, [](double t) { return t; }) + step_nm / 2 - 1e-6;
  const double high = edge.length - from_end(first_b, [&](double t) { return edge.length - t; }) - step_nm / 2 + 1e-6;
  const bool x = runs_along_x(edge);
  const double begin = x ? edge.a.x - lattice.origin.x : edge.a.y - lattice.origin.y,
               slope = x ? edge.along.x : edge.along.y;
  const double one = (begin + low * slope) / step_nm, other = (begin + high * slope) / step_nm;
  if (low <= high)
    for (double k = std::ceil(std::min(one, other)); k <= std::max(one, other); ++k)
      at.push_back((k * step_nm - begin) / slope);
  std::sort(at.begin(), at.end());
  return at;
}

std::vector<double> site_positions(const TargetEdge& edge, const EpeDistances& rule, const EdgeLattice& lattice) {
  const double length_nm = edge.length, centre = length_nm / 2;
  if (length_nm <= 2 * rule.end_nm) return {centre};
  if (is_long(edge, lattice)) return long_edge_positions(edge, rule.end_nm, rule.end_nm, rule.interval_nm, lattice);
  std::vector<double> at;
  for (int i = 0;; ++i) {
    const double t = rule.end_nm + i * rule.interval_nm;
    if (t > centre + 1e-9) break;
    at.push_back(t);
    if (t < centre - 1e-9) at.push_back(length_nm - t);
  }
  std::sort(at.begin(), at.end());
  return at;
}

bool is_line_end(const TargetEdges& target, int edge, const EpeDistances& rule) {
  const std::vector<TargetEdge>& edges = target.edges();
  const TargetEdge& e = edges[static_cast<std::size_t>(edge)];
  return e.convex_a && e.convex_b && e.length <= 2 * rule.end_nm &&
         edges[static_cast<std::size_t>(e.before)].length > e.length &&
         edges[static_cast<std::size_t>(e.after)].length > e.length;
}

std::vector<PolygonSite> polygon_sites(const TargetEdges& target, const EpeDistances& rule, const Box& part,
                                       const EdgeLattice& lattice) {
  std::vector<PolygonSite> sites;
  for (const int i : target.edges_in(part)) {
    const TargetEdge& e = target.edges()[static_cast<std::size_t>(i)];
    const bool end = is_line_end(target, i, rule);
    for (const double t : site_positions(e, rule, lattice))
      if (const Point at = e.at(t); half_open_holds(part, at)) sites.push_back({at, i, end});
  }
  return sites;
}

}  // namespace anamorph
