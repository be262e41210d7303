// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "masks/layout_stream.hpp"

// What a path covers is no matter of the formats but of custom; ours is that of KLayout, so that layouts agree to the
// last unit: displacements from the spine are rounded (half away from zero), then added to its points.

namespace anamorph {

namespace {

struct Vector {
  double x = 0;
  double y = 0;

  friend Vector operator+(const Vector& a, const Vector& b) { return {a.x + b.x, a.y + b.y}; }
  friend Vector operator*(const Vector& a, double s) { return {a.x * s, a.y * s}; }
};

DbuPoint moved(const DbuPoint& p, const Vector& by) {
  return {p.x + static_cast<std::int64_t>(std::round(by.x)), p.y + static_cast<std::int64_t>(std::round(by.y))};
}

/// A straight part of the spine.
struct Leg {
  Vector along;  ///< unit vector
  double length = 0;
  [[nodiscard]] Vector left() const { return {-along.y, along.x}; }
};

Leg leg(const DbuPoint& from, const DbuPoint& to) {
  const double dx = static_cast<double>(to.x - from.x), dy = static_cast<double>(to.y - from.y);
  const double length = std::hypot(dx, dy);
  return {{dx / length, dy / length}, length};
}

/// The left side of a bend.
void bend(const DbuPoint& at, const Leg& before, const Leg& after, double half, DbuPolygon& side) {
  constexpr double blur = 1e-10;
  const double cosine = before.along.x * after.along.x + before.along.y * after.along.y;
  const double sine = before.along.x * after.along.y - before.along.y * after.along.x;
  if (std::abs(sine) < blur && cosine > 0) return;  // straight on
  const bool inner = sine > blur;
  // Where the two shifted edges meet lies this far along them from the foot of the spine's point: half tan(angle / 2).
  const double reach = cosine > -1 + blur ? half * std::abs(sine) / (1 + cosine) : HUGE_VAL;
  // Outer corners are mitred up to bends of 90 degrees. Inner ones end at the legs, else the wire is not hidden by
  // them.
  const double limit = inner ? std::min(before.length, after.length) + half : half;
  if (reach <= limit * (1 + blur)) {
    side.push_back(moved(at, (before.left() + after.left()) * (half / (1 + cosine))));
    return;
  }
  const double beyond = inner ? 0 : half;
  side.push_back(moved(at, before.along * beyond + before.left() * half));
  if (inner) side.push_back(at);
  side.push_back(moved(at, after.along * -beyond + after.left() * half));
}

/// Half of what closes the wire at the end of a leg: from the left shifted edge (`first`) to the tip or from there on.
void end_cap(const DbuPoint& at, const Leg& last, double half, double extension, bool round, bool first,
             DbuPolygon& side) {
  if (!round) {
    side.push_back(moved(at, last.along * extension + last.left() * (first ? half : -half)));
    return;
  }
  // A polygon of 32 sides around the circle (an ellipse when the extension is not half the width).
  constexpr int quarter = 8;
  constexpr double step = std::numbers::pi / (2 * quarter);
  const double outside = 1 / std::cos(0.5 * step);
  for (int i = 0; i < quarter; ++i) {
    const double angle = (first ? 0 : std::numbers::pi / 2) + (i + 0.5) * step;
    side.push_back(moved(
        at, last.along * (extension * outside * std::sin(angle)) + last.left() * (half * outside * std::cos(angle))));
  }
}

}  // namespace

DbuPolygon outline(const LayoutPath& path) {
  std::vector<DbuPoint> spine = path.spine;
  spine.erase(std::unique(spine.begin(), spine.end()), spine.end());
  const double half = 0.5 * static_cast<double>(path.width);
  const auto begin_extension = static_cast<double>(path.begin_extension);
  const auto end_extension = static_cast<double>(path.end_extension);
  if (spine.empty() || path.width <= 0) return {};
  if (spine.size() == 1) {
    if (path.begin_extension + path.end_extension == 0) return {};
    spine.push_back(spine.front());  // a wire without a length lies along x
  }
  std::vector<Leg> legs;
  for (std::size_t i = 0; i + 1 < spine.size(); ++i)
    legs.push_back(spine[i] == spine[i + 1] ? Leg{{1, 0}, 0} : leg(spine[i], spine[i + 1]));

  DbuPolygon shape;
  const auto reversed = [](const Leg& l) { return Leg{l.along * -1, l.length}; };
  for (std::size_t i = 1; i < legs.size(); ++i) bend(spine[i], legs[i - 1], legs[i], half, shape);
  for (const bool first : {true, false})
    end_cap(spine.back(), legs.back(), half, end_extension, path.round, first, shape);
  for (std::size_t i = legs.size() - 1; i > 0; --i)
    bend(spine[i], reversed(legs[i]), reversed(legs[i - 1]), half, shape);
  for (const bool first : {true, false})
    end_cap(spine.front(), reversed(legs.front()), half, begin_extension, path.round, first, shape);
  shape.erase(std::unique(shape.begin(), shape.end()), shape.end());
  while (shape.size() > 1 && shape.front() == shape.back()) shape.pop_back();
  return shape.size() < 3 ? DbuPolygon{} : shape;
}

}  // namespace anamorph
