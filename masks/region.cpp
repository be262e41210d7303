// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/region.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <string>

#include "cpp/core/error.hpp"
#include "masks/any_angle.hpp"
#include "masks/rectilinear.hpp"
#include "masks/rings.hpp"

namespace anamorph {
namespace {

constexpr double merge_steps_per_nm = 1000;
constexpr double max_coordinate_nm = 1e12;
constexpr std::int64_t farthest = std::int64_t{1} << 40;

void check(const DbuPoint& p) {
  if (p.x < -farthest || p.x > farthest || p.y < -farthest || p.y > farthest)
    throw Error(ErrorCode::input, "REG-0004",
                "the point (" + std::to_string(p.x) + ", " + std::to_string(p.y) +
                    ") lies beyond 2^40 database units; choose a larger one");
}

bool all_axis_parallel(const std::vector<DbuPolygon>& rings) {
  return std::all_of(rings.begin(), rings.end(), axis_parallel);
}

/// What rings together wind around, in canonical form.
std::vector<DbuPolygon> wound(const std::vector<DbuPolygon>& rings) {
  if (!all_axis_parallel(rings)) return combined(rings, {}, SetOperation::unite);
  std::vector<Corner> corners;
  for (const DbuPolygon& ring : rings) add_corners(ring, false, corners);
  return traced(combined(std::move(corners), SetOperation::unite));
}

/// Whether no two edges of a ring touch, neighbours in their common vertex excepted. Slow: for short rings.
bool simple(const DbuPolygon& ring) {
  const std::size_t n = ring.size();
  const auto side = [&](std::size_t i, std::size_t k) {
    const Wide c = cross(ring[i], ring[(i + 1) % n], ring[k % n]);
    return c > 0 ? 1 : c < 0 ? -1 : 0;
  };
  for (std::size_t i = 0; i < n; ++i) {
    if (side(i, i + 2) == 0) return false;
    for (std::size_t j = i + 2; j < (i == 0 ? n - 1 : n); ++j)
      if (side(i, j) * side(i, j + 1) <= 0 && side(j, i) * side(j, i + 1) <= 0) return false;
  }
  return true;
}

/// Counter-clockwise rings around what a polygon encloses.
void add_filled(const DbuPolygon& polygon, std::vector<DbuPolygon>& rings) {
  constexpr std::size_t few = 24;
  DbuPolygon ring = polygon;
  simplify(ring);
  if (ring.empty()) return;
  if (ring.size() == 3 || (ring.size() == 4 && axis_parallel(ring)) || (ring.size() <= few && simple(ring))) {
    if (twice_area(ring) < 0) std::reverse(ring.begin(), ring.end());
    rings.push_back(std::move(ring));
  } else {
    std::vector<DbuPolygon> clean = wound({std::move(ring)});
    rings.insert(rings.end(), std::make_move_iterator(clean.begin()), std::make_move_iterator(clean.end()));
  }
}

std::vector<Corner> corners_of(const std::vector<DbuPolygon>& boundary) {
  std::vector<Corner> corners;
  for (const DbuPolygon& ring : boundary) add_corners(ring, false, corners);
  return combined(std::move(corners), SetOperation::unite);
}

DbuBox swapped(const DbuBox& b) { return {b.y0, b.x0, b.y1, b.x1}; }

}  // namespace

Region Region::combined(const Region& a, const Region& b, SetOperation operation) {
  if (a.rectilinear_ && b.rectilinear_) {
    std::vector<Corner> corners;
    for (const DbuPolygon& ring : a.boundary_) add_corners(ring, false, corners);
    for (const DbuPolygon& ring : b.boundary_) add_corners(ring, true, corners);
    return Region(traced(anamorph::combined(std::move(corners), operation)), true);
  }
  std::vector<DbuPolygon> rings = anamorph::combined(a.boundary_, b.boundary_, operation);
  const bool rectilinear = all_axis_parallel(rings);
  return Region(std::move(rings), rectilinear);
}

Region::Region(const std::vector<DbuPolygon>& polygons) {
  std::vector<DbuPolygon> rings;
  rings.reserve(polygons.size());
  for (const DbuPolygon& polygon : polygons) {
    std::for_each(polygon.begin(), polygon.end(), check);
    add_filled(polygon, rings);
  }
  boundary_ = wound(rings);
  rectilinear_ = all_axis_parallel(boundary_);
}

Region::Region(const DbuBox& box) {
  if (box.width() <= 0 || box.height() <= 0) return;
  check({box.x0, box.y0});
  check({box.x1, box.y1});
  boundary_ = {{{box.x0, box.y0}, {box.x1, box.y0}, {box.x1, box.y1}, {box.x0, box.y1}}};
}

Region Region::of_rings(const std::vector<DbuPolygon>& rings) {
  for (const DbuPolygon& ring : rings) std::for_each(ring.begin(), ring.end(), check);
  std::vector<DbuPolygon> boundary = wound(rings);
  const bool rectilinear = all_axis_parallel(boundary);
  return Region(std::move(boundary), rectilinear);
}

DbuBox Region::bounding_box() const noexcept {
  DbuBox box;
  for (const DbuPolygon& ring : boundary_)
    for (const DbuPoint& p : ring) box.include(p);
  return box;
}

double Region::area() const noexcept {
  Wide twice = 0;
  for (const DbuPolygon& ring : boundary_) twice += twice_area(ring);
  return static_cast<double>(twice) / 2;
}

double Region::perimeter() const noexcept {
  double sum = 0;
  for (const DbuPolygon& ring : boundary_)
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const DbuPoint &a = ring[i], &b = ring[(i + 1) % ring.size()];
      sum += std::hypot(static_cast<double>(b.x - a.x), static_cast<double>(b.y - a.y));
    }
  return sum;
}

Region operator|(const Region& a, const Region& b) { return Region::combined(a, b, SetOperation::unite); }
Region operator&(const Region& a, const Region& b) { return Region::combined(a, b, SetOperation::intersect); }
Region operator-(const Region& a, const Region& b) { return Region::combined(a, b, SetOperation::subtract); }
Region operator^(const Region& a, const Region& b) { return Region::combined(a, b, SetOperation::differ); }

Region Region::sized(std::int64_t distance) const {
  if (empty() || distance == 0) return *this;
  DbuBox frame = bounding_box();
  const std::int64_t grown = std::max<std::int64_t>(distance, 0);
  if (grown > farthest) check({distance, distance});
  check({frame.x0 - grown, frame.y0 - grown});
  check({frame.x1 + grown, frame.y1 + grown});
  if (distance <= -std::min(frame.width(), frame.height())) return {};
  if (!rectilinear_) {
    std::vector<DbuPolygon> rings = offset(boundary_, static_cast<double>(distance));
    const bool rectilinear = all_axis_parallel(rings);
    return Region(std::move(rings), rectilinear);
  }
  // A square on each point of the set; inwards, on each point that is not of the set and near enough to matter.
  const std::int64_t d = std::abs(distance);
  std::vector<Corner> corners = corners_of(boundary_);
  if (distance < 0) {
    for (Corner& c : corners) {
      c.b = c.a;
      c.a = 0;
    }
    frame = {frame.x0 - d, frame.y0 - d, frame.x1 + d, frame.y1 + d};
    add_corners(frame, false, corners);
    corners = anamorph::combined(std::move(corners), SetOperation::subtract);
  }
  std::vector<Corner> squares;
  for (const DbuBox& box : slices(corners))
    add_corners({box.x0 - d, box.y0 - d, box.x1 + d, box.y1 + d}, distance < 0, squares);
  if (distance < 0) add_corners(frame, false, squares);
  return Region(
      traced(anamorph::combined(std::move(squares), distance < 0 ? SetOperation::subtract : SetOperation::unite)),
      true);
}

Region Region::moved(const DbuPoint& by) const {
  if (empty()) return {};
  const DbuBox box = bounding_box();
  if (by.x < -2 * farthest || by.x > 2 * farthest || by.y < -2 * farthest || by.y > 2 * farthest) check(by);
  check({box.x0 + by.x, box.y0 + by.y});
  check({box.x1 + by.x, box.y1 + by.y});
  Region result = *this;
  for (DbuPolygon& ring : result.boundary_)
    for (DbuPoint& p : ring) p = {p.x + by.x, p.y + by.y};
  return result;
}

std::vector<Region> Region::parts() const {
  const std::vector<std::size_t> owner = owners(boundary_);
  std::vector<std::size_t> part(boundary_.size());
  std::vector<Region> result;
  for (std::size_t r = 0; r < boundary_.size(); ++r)
    if (owner[r] == r) {
      part[r] = result.size();
      result.push_back(Region({boundary_[r]}, true));
    }
  // In the order of the rings, so that the boundary of a part stays canonical. A hole's outline begins before it.
  for (std::size_t r = 0; r < boundary_.size(); ++r)
    if (owner[r] != r && owner[r] < boundary_.size()) result[part[owner[r]]].boundary_.push_back(boundary_[r]);
  if (!rectilinear_)
    for (Region& region : result) region.rectilinear_ = all_axis_parallel(region.boundary_);
  return result;
}

std::vector<DbuBox> Region::boxes() const {
  if (!rectilinear_) throw Error(ErrorCode::input, "REG-0005", "a region with slanted edges cannot be cut into boxes");
  std::vector<Corner> corners = corners_of(boundary_);
  std::vector<DbuBox> upright = slices(corners);
  for (Corner& c : corners) std::swap(c.x, c.y);
  std::vector<DbuBox> lying = slices(anamorph::combined(std::move(corners), SetOperation::unite));
  if (lying.size() < upright.size()) {
    std::transform(lying.begin(), lying.end(), lying.begin(), swapped);
    upright = std::move(lying);
  }
  std::sort(upright.begin(), upright.end(), [](const DbuBox& a, const DbuBox& b) {
    return DbuPoint{a.x0, a.y0} < DbuPoint{b.x0, b.y0};
  });
  return upright;
}

Region region_of(const std::vector<Polygon>& polygons, double dbu_nm) {
  const auto to_grid = [&](double nm) {
    const double steps = std::round(nm / dbu_nm);
    if (!(std::abs(steps) <= static_cast<double>(farthest)))
      throw Error(ErrorCode::input, "REG-0006",
                  "a polygon has a vertex beyond 2^40 database units, or one that is not a number");
    return static_cast<std::int64_t>(steps);
  };
  std::vector<DbuPolygon> rings;
  rings.reserve(polygons.size());
  for (const Polygon& polygon : polygons) {
    DbuPolygon& ring = rings.emplace_back();
    ring.reserve(polygon.size());
    for (const Point& p : polygon) ring.push_back({to_grid(p.x), to_grid(p.y)});
  }
  return Region::of_rings(rings);
}

namespace {

std::vector<Polygon> scaled_nm(const std::vector<DbuPolygon>& rings, double factor, double divisor) {
  std::vector<Polygon> polygons;
  polygons.reserve(rings.size());
  for (const DbuPolygon& ring : rings) {
    Polygon& polygon = polygons.emplace_back();
    polygon.reserve(ring.size());
    for (const DbuPoint& p : ring)
      polygon.push_back({static_cast<double>(p.x) * factor / divisor, static_cast<double>(p.y) * factor / divisor});
  }
  return polygons;
}

std::string nm_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

}  // namespace

std::vector<Polygon> polygons_nm(const Region& region, double dbu_nm) {
  return scaled_nm(region.boundary(), dbu_nm, 1);
}

std::vector<Polygon> merge(const std::vector<Polygon>& polygons) {
  const auto to_grid = [](double nm) -> std::int64_t {
    if (!(std::abs(nm) <= max_coordinate_nm))
      throw Error(ErrorCode::input, "REG-0001", "a polygon has a vertex beyond 1e12 nm, or one that is not a number");
    return std::llround(nm * merge_steps_per_nm);
  };
  std::vector<DbuPolygon> rings;
  rings.reserve(polygons.size());
  for (const Polygon& polygon : polygons) {
    DbuPolygon& ring = rings.emplace_back();
    ring.reserve(polygon.size());
    for (const Point& p : polygon) ring.push_back({to_grid(p.x), to_grid(p.y)});
  }
  return scaled_nm(wound(rings), 1, merge_steps_per_nm);
}

std::vector<Polygon> centred(const std::vector<Polygon>& polygons, double width_nm, double height_nm) {
  const Box box = bounding_box(polygons);
  if (box.width() > width_nm || box.height() > height_nm) {
    throw Error(ErrorCode::input, "REG-0003",
                "the layout measures " + nm_text(box.width()) + " x " + nm_text(box.height()) +
                    " nm and does not fit the tile of " + nm_text(width_nm) + " x " + nm_text(height_nm) + " nm");
  }
  const double dx = std::floor((width_nm - box.width()) / 2) - box.x0;
  const double dy = std::floor((height_nm - box.height()) / 2) - box.y0;
  std::vector<Polygon> moved = polygons;
  for (Polygon& polygon : moved) {
    for (Point& p : polygon) p = {p.x + dx, p.y + dy};
  }
  return moved;
}

}  // namespace anamorph
