// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/any_angle.hpp"

#include <cstdint>
#include <polyclipping/clipper.hpp>

#include "cpp/core/error.hpp"
#include "masks/rings.hpp"

namespace anamorph {
namespace {

/// Clipper calculates with 64 bits, several times faster, where coordinates stay below 2^30: hence the middle of what
/// it is given becomes its origin.
class Paths {
 public:
  Paths(const std::vector<DbuPolygon>& a, const std::vector<DbuPolygon>& b) {
    DbuBox box;
    for (const auto* rings : {&a, &b})
      for (const DbuPolygon& ring : *rings)
        for (const DbuPoint& p : ring) box.include(p);
    if (!box.empty()) origin_ = {box.x0 + box.width() / 2, box.y0 + box.height() / 2};
  }

  [[nodiscard]] ClipperLib::Paths in(const std::vector<DbuPolygon>& rings) const {
    ClipperLib::Paths paths;
    paths.reserve(rings.size());
    for (const DbuPolygon& ring : rings) {
      ClipperLib::Path& path = paths.emplace_back();
      path.reserve(ring.size());
      for (const DbuPoint& p : ring) path.emplace_back(p.x - origin_.x, p.y - origin_.y);
    }
    return paths;
  }

  [[nodiscard]] std::vector<DbuPolygon> out(const ClipperLib::Paths& paths) const {
    std::vector<DbuPolygon> rings;
    rings.reserve(paths.size());
    for (const ClipperLib::Path& path : paths) {
      DbuPolygon& ring = rings.emplace_back();
      ring.reserve(path.size());
      for (const ClipperLib::IntPoint& p : path) ring.push_back({p.X + origin_.x, p.Y + origin_.y});
    }
    return canonical(rings);
  }

 private:
  DbuPoint origin_;
};

/// Crossings that were rounded may have moved edges over others, a step of the grid away: united again until nothing
/// changes, which one or two passes do.
std::vector<DbuPolygon> settled(std::vector<DbuPolygon> rings) {
  constexpr int most_passes = 8;
  for (int pass = 0; pass < most_passes && !rings.empty(); ++pass) {
    const Paths paths(rings, {});
    ClipperLib::Clipper clipper;
    clipper.AddPaths(paths.in(rings), ClipperLib::ptSubject, true);
    ClipperLib::Paths result;
    if (!clipper.Execute(ClipperLib::ctUnion, result, ClipperLib::pftNonZero, ClipperLib::pftNonZero)) break;
    std::vector<DbuPolygon> next = paths.out(result);
    if (next == rings) break;
    rings = std::move(next);
  }
  return rings;
}

}  // namespace

std::vector<DbuPolygon> combined(const std::vector<DbuPolygon>& a, const std::vector<DbuPolygon>& b,
                                 SetOperation operation) {
  const Paths paths(a, b);
  ClipperLib::Clipper clipper;
  clipper.AddPaths(paths.in(a), ClipperLib::ptSubject, true);
  clipper.AddPaths(paths.in(b), ClipperLib::ptClip, true);
  ClipperLib::ClipType type = ClipperLib::ctUnion;
  switch (operation) {
    case SetOperation::unite:
      type = ClipperLib::ctUnion;
      break;
    case SetOperation::intersect:
      type = ClipperLib::ctIntersection;
      break;
    case SetOperation::subtract:
      type = ClipperLib::ctDifference;
      break;
    case SetOperation::differ:
      type = ClipperLib::ctXor;
      break;
  }
  ClipperLib::Paths result;
  if (!clipper.Execute(type, result, ClipperLib::pftNonZero, ClipperLib::pftNonZero))
    throw Error(ErrorCode::input, "REG-0002", "the polygons cannot be combined; check them for damage");
  return settled(paths.out(result));
}

std::vector<DbuPolygon> offset(const std::vector<DbuPolygon>& boundary, double distance) {
  const Paths paths(boundary, {});
  ClipperLib::ClipperOffset clipper(2.0);
  clipper.AddPaths(paths.in(boundary), ClipperLib::jtMiter, ClipperLib::etClosedPolygon);
  ClipperLib::Paths result;
  clipper.Execute(result, distance);
  return settled(paths.out(result));
}

}  // namespace anamorph
