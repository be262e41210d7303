// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "cpp/core/dbu.hpp"
#include "cpp/core/geometry.hpp"

namespace anamorph {

enum class SetOperation : int;

/// A set of points of the plane, bounded by straight edges between points of the integer grid: what layouts, masks and
/// prints are to geometry. Kept as its boundary in canonical form, so that equal sets compare equal:
///  - material lies to the left of each edge: outlines run counter-clockwise, holes clockwise;
///  - rings do not overlap or cross. Where the set touches itself in a point, each wedge of material is turned round by
///    itself: parts that touch in a point have an outline each, and a hole that touches its outline, or another hole,
///    in a point is one ring with it, which passes that point twice;
///  - no vertex lies within a straight edge; each ring begins at its lexicographically lowest vertex (least x, then
///    least y); rings stand in lexicographic order.
/// Operations are exact for rectilinear regions. With slanted edges, crossings are rounded to the grid (Clipper), so
/// that edges may move by a database unit where they cross others. Coordinates up to 2^40 in magnitude; Error{input}
/// beyond.
class Region {
 public:
  Region() = default;
  /// Union of polygons as layouts have them: any overlap, either orientation; one that crosses itself encloses what it
  /// winds around. None is a hole: for those see `of_rings`.
  explicit Region(const std::vector<DbuPolygon>& polygons);
  explicit Region(const DbuBox& box);
  /// The points that all rings together wind around (winding number not 0): clockwise rings cut holes into
  /// counter-clockwise ones. of_rings(r.boundary()) == r.
  [[nodiscard]] static Region of_rings(const std::vector<DbuPolygon>& rings);

  /// Outlines counter-clockwise, holes clockwise.
  [[nodiscard]] const std::vector<DbuPolygon>& boundary() const noexcept { return boundary_; }
  [[nodiscard]] bool empty() const noexcept { return boundary_.empty(); }
  [[nodiscard]] bool rectilinear() const noexcept { return rectilinear_; }
  [[nodiscard]] DbuBox bounding_box() const noexcept;
  [[nodiscard]] double area() const noexcept;       ///< square database units
  [[nodiscard]] double perimeter() const noexcept;  ///< database units

  friend Region operator|(const Region&, const Region&);
  friend Region operator&(const Region&, const Region&);
  friend Region operator-(const Region&, const Region&);
  friend Region operator^(const Region&, const Region&);
  bool operator==(const Region&) const = default;

  /// Every edge moved outwards by `distance` (inwards if negative); corners stay sharp, down to angles of 60 degrees.
  /// Exact for rectilinear regions.
  [[nodiscard]] Region sized(std::int64_t distance) const;
  [[nodiscard]] Region moved(const DbuPoint& by) const;

  /// Connected parts, each with its holes, in the order of their outlines; parts that touch in a point alone are two.
  [[nodiscard]] std::vector<Region> parts() const;
  /// The region as simple polygons without holes, of at most `max_vertices` each, cut along grid lines.
  [[nodiscard]] std::vector<DbuPolygon> pieces(int max_vertices = 8190) const;
  /// A rectilinear region as few disjoint boxes (horizontal or vertical slices, whichever are fewer), in lexicographic
  /// order. Throws Error{input} for a region with slanted edges.
  [[nodiscard]] std::vector<DbuBox> boxes() const;

 private:
  explicit Region(std::vector<DbuPolygon>&& canonical_boundary, bool rectilinear)
      : boundary_(std::move(canonical_boundary)), rectilinear_(rectilinear) {}
  static Region combined(const Region& a, const Region& b, SetOperation operation);

  std::vector<DbuPolygon> boundary_;
  bool rectilinear_ = true;
};

/// Two edges of a region closer than they may be: facing each other inside (width) or outside (space), at an angle below
/// 90 degrees. The parts of each that lie nearer than that to the other edge, ends rounded to the grid, and the distance
/// between these parts. As KLayout's Euclidean checks have it.
struct EdgePair {
  DbuPoint a0, a1;  ///< part of one edge
  DbuPoint b0, b1;  ///< part of the other
  double distance = 0;
};
/// Places narrower than `least`, inside; the edges of a sharp corner count, those of a right or blunt one do not.
/// Exactly as wide is wide enough. An edge does not see round its own corner, but it sees through others: two edges with
/// a third between them, which then is closer to both, are a pair too. Throws Error{recipe} if `least` is negative.
[[nodiscard]] std::vector<EdgePair> width_violations(const Region& region, std::int64_t least);
/// Gaps, notches and distances from corner to corner narrower than `least`, likewise; corners that touch are pairs of
/// points with distance 0.
[[nodiscard]] std::vector<EdgePair> space_violations(const Region& region, std::int64_t least);

/// nm to the grid (rounded) and back. Clockwise polygons are holes, as in `of_rings`. Throws Error{input} for what is
/// not a number or lies beyond 2^40 steps.
[[nodiscard]] Region region_of(const std::vector<Polygon>& polygons, double dbu_nm);
[[nodiscard]] std::vector<Polygon> polygons_nm(const Region& region, double dbu_nm);

/// Union, by the non-zero rule, of polygons that may touch and overlap: disjoint outer contours (counter-clockwise) and
/// holes (clockwise). Vertices are rounded to a grid of 1e-3 nm. A merged list merges to itself.
/// Throws Error{input} for a coordinate that is not finite or exceeds 1e12 nm.
[[nodiscard]] std::vector<Polygon> merge(const std::vector<Polygon>& polygons);

/// The polygons moved to the middle of a tile [0, width] x [0, height] in nm, as the mask-optimisation contest does it:
/// shift = floor((width - w) / 2) - xmin, with w and xmin of the common bounding box; the same in y.
/// Throws Error{input}, stating both sizes, if the bounding box exceeds the tile.
[[nodiscard]] std::vector<Polygon> centred(const std::vector<Polygon>& polygons, double width_nm, double height_nm);

}  // namespace anamorph
