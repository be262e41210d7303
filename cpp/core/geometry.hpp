// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

namespace anamorph {

/// A point on the wafer, nm.
struct Point {
  double x = 0;
  double y = 0;

  bool operator==(const Point&) const = default;
};

/// A simple polygon or closed contour: vertices in order, the last joins the first, nm.
/// Counter-clockwise encloses area (positive), clockwise cuts a hole (negative).
using Polygon = std::vector<Point>;

/// Axis-parallel box [x0, x1] x [y0, y1], nm.
struct Box {
  double x0 = 0;
  double y0 = 0;
  double x1 = 0;
  double y1 = 0;

  [[nodiscard]] double width() const noexcept { return x1 - x0; }
  [[nodiscard]] double height() const noexcept { return y1 - y0; }
  bool operator==(const Box&) const = default;
};

/// Signed area of a polygon, nm^2 (shoelace formula; positive when counter-clockwise).
[[nodiscard]] double signed_area(const Polygon& polygon) noexcept;

/// Smallest box that holds all polygons; a zero box for an empty list.
[[nodiscard]] Box bounding_box(const std::vector<Polygon>& polygons) noexcept;

}  // namespace anamorph
