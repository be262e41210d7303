// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/region.hpp"

#include <cmath>
#include <cstdio>
#include <polyclipping/clipper.hpp>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr double steps_per_nm = 1000;
constexpr double max_coordinate_nm = 1e12;

ClipperLib::cInt to_grid(double nm) {
  if (!(std::abs(nm) <= max_coordinate_nm)) {
    throw Error(ErrorCode::input, "REG-0001", "a polygon has a vertex beyond 1e12 nm, or one that is not a number");
  }
  return std::llround(nm * steps_per_nm);
}

std::string nm_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

}  // namespace

std::vector<Polygon> merge(const std::vector<Polygon>& polygons) {
  ClipperLib::Paths drawn;
  drawn.reserve(polygons.size());
  for (const Polygon& polygon : polygons) {
    ClipperLib::Path path;
    path.reserve(polygon.size());
    for (const Point& p : polygon) path.emplace_back(to_grid(p.x), to_grid(p.y));
    drawn.push_back(std::move(path));
  }
  ClipperLib::Clipper clipper;
  ClipperLib::Paths united;
  clipper.AddPaths(drawn, ClipperLib::ptSubject, true);
  if (!clipper.Execute(ClipperLib::ctUnion, united, ClipperLib::pftNonZero, ClipperLib::pftNonZero)) {
    throw Error(ErrorCode::input, "REG-0002", "the polygons cannot be united; check them for damage");
  }
  std::vector<Polygon> merged;
  merged.reserve(united.size());
  for (const ClipperLib::Path& path : united) {
    Polygon& polygon = merged.emplace_back();
    polygon.reserve(path.size());
    for (const ClipperLib::IntPoint& p : path) {
      polygon.push_back({static_cast<double>(p.X) / steps_per_nm, static_cast<double>(p.Y) / steps_per_nm});
    }
  }
  return merged;
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
