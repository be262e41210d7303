// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/sizing.hpp"

#include <cmath>
#include <polyclipping/clipper.hpp>

#include "cpp/core/error.hpp"
#include "masks/region.hpp"

namespace anamorph {
namespace {

constexpr double steps_per_nm = 1000;  // the grid of `merge`

ClipperLib::cInt to_grid(double nm) { return std::llround(nm * steps_per_nm); }

ClipperLib::Path box_path(const Box& box) {
  return {{to_grid(box.x0), to_grid(box.y0)},
          {to_grid(box.x1), to_grid(box.y0)},
          {to_grid(box.x1), to_grid(box.y1)},
          {to_grid(box.x0), to_grid(box.y1)}};
}

ClipperLib::Paths inside(const ClipperLib::Paths& paths, const Box& box) {
  ClipperLib::Clipper clipper;
  clipper.AddPaths(paths, ClipperLib::ptSubject, true);
  clipper.AddPath(box_path(box), ClipperLib::ptClip, true);
  ClipperLib::Paths result;
  if (!clipper.Execute(ClipperLib::ctIntersection, result, ClipperLib::pftNonZero, ClipperLib::pftNonZero))
    throw Error(ErrorCode::input, "SIZ-0002", "the polygons cannot be cut at the window's edge; check them for damage");
  return result;
}

}  // namespace

std::vector<Polygon> sized(const std::vector<Polygon>& polygons, const Box& window, double move_nm) {
  const double width = window.width(), height = window.height();
  if (!(width > 0) || !(height > 0) || !(std::abs(move_nm) <= std::min(width, height) / 4))
    throw Error(ErrorCode::recipe, "SIZ-0001",
                "edges that move by " + std::to_string(move_nm) + " nm need a window of at least four times that");
  ClipperLib::Paths drawn;
  for (const Polygon& polygon : merge(polygons)) {
    ClipperLib::Path& path = drawn.emplace_back();
    for (const Point& p : polygon) path.emplace_back(to_grid(p.x), to_grid(p.y));
  }
  const ClipperLib::Paths period = inside(drawn, window);
  // The period with as much of its neighbours as a move can bring in.
  const double margin = 2 * std::abs(move_nm) + 1;
  ClipperLib::Paths tiled;
  for (int j = -1; j <= 1; ++j)
    for (int i = -1; i <= 1; ++i)
      for (ClipperLib::Path path : period) {
        for (ClipperLib::IntPoint& p : path) {
          p.X += i * to_grid(width);
          p.Y += j * to_grid(height);
        }
        tiled.push_back(std::move(path));
      }
  tiled = inside(tiled, {window.x0 - margin, window.y0 - margin, window.x1 + margin, window.y1 + margin});
  ClipperLib::Paths moved;
  ClipperLib::SimplifyPolygons(tiled, ClipperLib::pftNonZero);  // copies that touch become one
  if (move_nm != 0) {
    ClipperLib::ClipperOffset offset(2.0);
    offset.AddPaths(tiled, ClipperLib::jtMiter, ClipperLib::etClosedPolygon);
    offset.Execute(moved, move_nm * steps_per_nm);
  } else {
    moved = tiled;
  }
  std::vector<Polygon> result;
  for (const ClipperLib::Path& path : inside(moved, window)) {
    Polygon& polygon = result.emplace_back();
    for (const ClipperLib::IntPoint& p : path)
      polygon.push_back({static_cast<double>(p.X) / steps_per_nm, static_cast<double>(p.Y) / steps_per_nm});
  }
  return result;
}

}  // namespace anamorph
