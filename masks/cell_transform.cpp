// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/cell_transform.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "masks/repetition_members.hpp"

namespace anamorph {

namespace {

// Numbers beyond what a layout may have stay beyond it, and within the integers.
std::int64_t whole(double v) noexcept {
  constexpr auto most = 4.0 * static_cast<double>(largest_coordinate);
  if (!(v > -most)) return static_cast<std::int64_t>(-most);  // or no number
  return static_cast<std::int64_t>(std::min(v, most));
}

/// Box around four corners; those of exact transforms are whole already.
template <class Map>
DbuBox around(const DbuBox& box, const Map& map, double margin) noexcept {
  if (box.empty()) return {};
  double x0 = HUGE_VAL, y0 = HUGE_VAL, x1 = -HUGE_VAL, y1 = -HUGE_VAL;
  for (const std::int64_t x : {box.x0, box.x1})
    for (const std::int64_t y : {box.y0, box.y1}) {
      const auto [px, py] = map(static_cast<double>(x), static_cast<double>(y));
      x0 = std::min(x0, px);
      y0 = std::min(y0, py);
      x1 = std::max(x1, px);
      y1 = std::max(y1, py);
    }
  return {whole(std::floor(x0 - margin)), whole(std::floor(y0 - margin)), whole(std::ceil(x1 + margin)),
          whole(std::ceil(y1 + margin))};
}

}  // namespace

Orientation Orientation::of(const Placement& placement) {
  double turn = std::fmod(placement.angle_deg, 360.0);
  if (turn < 0) turn += 360;
  const double quarters = std::round(turn / 90);
  double c = std::cos(turn * std::numbers::pi / 180), s = std::sin(turn * std::numbers::pi / 180);
  if (std::abs(turn - 90 * quarters) < 1e-9) {  // what is left of a right angle moves no shape by a unit
    constexpr std::array<double, 4> cosine{1, 0, -1, 0};
    const std::size_t quarter = static_cast<std::size_t>(quarters) % 4;
    c = cosine[quarter];
    s = cosine[(quarter + 3) % 4];
  }
  const double m = placement.magnification;
  const double mirror = placement.mirrored ? -1 : 1;
  return {m * c, -m * s * mirror, m * s, m * c * mirror};
}

CellTransform CellTransform::inside(const Orientation& child, const DbuPoint& origin,
                                    const DbuPoint& displacement) const noexcept {
  const Orientation& o = orientation;
  const auto at_x = static_cast<double>(origin.x + displacement.x);
  const auto at_y = static_cast<double>(origin.y + displacement.y);
  return {{o.xx * child.xx + o.xy * child.yx, o.xx * child.xy + o.xy * child.yy, o.yx * child.xx + o.yy * child.yx,
           o.yx * child.xy + o.yy * child.yy},
          o.xx * at_x + o.xy * at_y + x,
          o.yx * at_x + o.yy * at_y + y};
}

DbuPoint CellTransform::operator()(const DbuPoint& p) const noexcept {
  const auto px = static_cast<double>(p.x), py = static_cast<double>(p.y);
  return {whole(std::round(orientation.xx * px + orientation.xy * py + x)),
          whole(std::round(orientation.yx * px + orientation.yy * py + y))};
}

bool CellTransform::exact() const noexcept {
  return orientation.upright() && std::abs(orientation.xx + orientation.xy) == 1 && x == std::floor(x) &&
         y == std::floor(y);
}

DbuBox CellTransform::image(const DbuBox& box) const noexcept {
  const Orientation& o = orientation;
  return around(
      box,
      [&](double px, double py) {
        return std::array{o.xx * px + o.xy * py + x, o.yx * px + o.yy * py + y};
      },
      exact() ? 0 : 1);
}

DbuBox CellTransform::preimage(const DbuBox& box) const noexcept {
  const Orientation& o = orientation;
  const double determinant = o.xx * o.yy - o.xy * o.yx;
  // The image is rounded by up to half a unit, which may be more before magnification.
  const double margin = exact() ? 0 : 1 + 1 / std::sqrt(std::abs(determinant));
  constexpr std::int64_t far = 4 * largest_coordinate;
  if (!(std::abs(determinant) > 1e-200)) return {-far, -far, far, far};  // magnified out of sight
  return around(
      box,
      [&](double px, double py) {
        return std::array{(o.yy * (px - x) - o.xy * (py - y)) / determinant,
                          (o.xx * (py - y) - o.yx * (px - x)) / determinant};
      },
      margin);
}

}  // namespace anamorph
