// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "masks/layout_stream.hpp"

// What a path covers is no matter of the formats but of custom; ours is that of KLayout, so that layouts agree to the
// last unit. Experiments with it say: half the width is rounded across legs of the spine that are axis-parallel or at
// 45 degrees, such that their sides lie on the grid, but not across others. The sides meet in a corner, rounded to the
// grid (half away from zero, as a displacement from the spine's point).

namespace anamorph {

namespace {

struct Vector {
  double x = 0;
  double y = 0;

  friend Vector operator+(const Vector& a, const Vector& b) { return {a.x + b.x, a.y + b.y}; }
  friend Vector operator-(const Vector& a, const Vector& b) { return {a.x - b.x, a.y - b.y}; }
  friend Vector operator*(const Vector& a, double s) { return {a.x * s, a.y * s}; }
  friend double cross(const Vector& a, const Vector& b) { return a.x * b.y - a.y * b.x; }
};

DbuPoint moved(const DbuPoint& p, const Vector& by) {
  return {p.x + static_cast<std::int64_t>(std::round(by.x)), p.y + static_cast<std::int64_t>(std::round(by.y))};
}

/// A straight part of the spine.
struct Leg {
  Vector along;  ///< unit vector
  double length = 0;
  double half = 0;  ///< from the spine to a side

  [[nodiscard]] Vector side() const { return Vector{-along.y, along.x} * half; }  ///< from the spine to the left side
  [[nodiscard]] Leg reversed() const { return {along * -1, length, half}; }
};

Leg leg(const DbuPoint& from, const DbuPoint& to, double half_width) {
  if (from == to) return {{1, 0}, 0, half_width};  // a wire without a length lies along x
  const double dx = static_cast<double>(to.x - from.x), dy = static_cast<double>(to.y - from.y);
  const double length = std::hypot(dx, dy);
  double half = half_width;
  if (dx == 0 || dy == 0) half = std::round(half);
  if (std::abs(dx) == std::abs(dy)) half = std::round(half * std::numbers::sqrt2 / 2) * std::numbers::sqrt2;
  return {{dx / length, dy / length}, length, half};
}

/// Without points that lie less than half a unit beside the way between their neighbours.
std::vector<DbuPoint> straightened(const std::vector<DbuPoint>& spine) {
  std::vector<DbuPoint> kept;
  const auto vector = [](const DbuPoint& a, const DbuPoint& b) {
    return Vector{static_cast<double>(b.x - a.x), static_cast<double>(b.y - a.y)};
  };
  for (const DbuPoint& p : spine) {
    if (!kept.empty() && kept.back() == p) continue;
    if (kept.size() >= 2) {
      const Vector first = vector(kept[kept.size() - 2], kept.back()), second = vector(kept.back(), p);
      const Vector whole = first + second;
      const bool onwards = first.x * second.x + first.y * second.y > 0;
      if (onwards && std::abs(cross(first, whole)) < 0.5 * std::hypot(whole.x, whole.y)) kept.pop_back();
    }
    kept.push_back(p);
  }
  return kept;
}

/// The left side of a bend.
void bend(const DbuPoint& at, const Leg& before, const Leg& after, double half_width, DbuPolygon& shape) {
  constexpr double blur = 1e-10;
  const double sine = cross(before.along, after.along);
  const double cosine = before.along.x * after.along.x + before.along.y * after.along.y;
  if (std::abs(sine) < blur && cosine > 0) return;  // straight on
  const bool inner = sine > blur;
  // Where the two sides meet, along the legs from where the spine's point is opposite.
  const Vector gap = after.side() - before.side();
  const double sign = inner ? -1 : 1;
  const bool back = std::abs(sine) < blur;
  const double ahead = back ? HUGE_VAL : sign * cross(gap, after.along) / sine;
  const double behind = back ? HUGE_VAL : sign * cross(before.along, gap) / sine;
  if (ahead < -blur || behind < -blur) {  // two nearly parallel legs of different width: a step
    shape.push_back(moved(at, before.side()));
    shape.push_back(moved(at, after.side()));
    return;
  }
  // Outer corners are mitred up to bends of 90 degrees. Inner ones end at the legs, else the wire is not hidden by
  // them.
  const double limit = half_width + (inner ? std::min(before.length, after.length) : 0);
  if (ahead <= limit * (1 + blur)) {
    shape.push_back(moved(at, before.side() + before.along * (sign * ahead)));
    return;
  }
  shape.push_back(moved(at, before.side() + before.along * (inner ? 0 : before.half)));
  if (inner) shape.push_back(at);
  shape.push_back(moved(at, after.side() - after.along * (inner ? 0 : after.half)));
}

/// What closes the wire at the end of a leg, from its left side to the right one.
void end_cap(const DbuPoint& at, const Leg& last, double extension, bool round, DbuPolygon& shape) {
  if (!round) {
    shape.push_back(moved(at, last.along * extension + last.side()));
    shape.push_back(moved(at, last.along * extension - last.side()));
    return;
  }
  // Half a polygon of 32 sides around the circle (an ellipse when the extension is not half the width).
  constexpr int corners = 16;
  constexpr double step = std::numbers::pi / corners;
  const double outside = 1 / std::cos(0.5 * step);
  for (int i = 0; i < corners; ++i) {
    const double angle = (i + 0.5) * step;
    shape.push_back(
        moved(at, last.along * (extension * outside * std::sin(angle)) + last.side() * (outside * std::cos(angle))));
  }
}

}  // namespace

DbuPolygon outline(const LayoutPath& path) {
  std::vector<DbuPoint> spine = straightened(path.spine);
  if (spine.empty() || path.width <= 0) return {};
  if (spine.size() == 1) {
    if (path.begin_extension + path.end_extension == 0) return {};
    spine.push_back(spine.front());
  }
  const double half_width = 0.5 * static_cast<double>(path.width);
  std::vector<Leg> legs;
  for (std::size_t i = 0; i + 1 < spine.size(); ++i) legs.push_back(leg(spine[i], spine[i + 1], half_width));

  DbuPolygon shape;
  for (std::size_t i = 1; i < legs.size(); ++i) bend(spine[i], legs[i - 1], legs[i], half_width, shape);
  end_cap(spine.back(), legs.back(), static_cast<double>(path.end_extension), path.round, shape);
  for (std::size_t i = legs.size() - 1; i > 0; --i)
    bend(spine[i], legs[i].reversed(), legs[i - 1].reversed(), half_width, shape);
  end_cap(spine.front(), legs.front().reversed(), static_cast<double>(path.begin_extension), path.round, shape);
  shape.erase(std::unique(shape.begin(), shape.end()), shape.end());
  while (shape.size() > 1 && shape.front() == shape.back()) shape.pop_back();
  return shape.size() < 3 ? DbuPolygon{} : shape;
}

}  // namespace anamorph
