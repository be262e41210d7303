// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/measure/epe.hpp"

namespace anamorph {

/// [x0, x1) x [y0, y1): boxes side by side hold each point once.
[[nodiscard]] inline bool half_open_holds(const Box& box, const Point& p) noexcept {
  return p.x >= box.x0 && p.x < box.x1 && p.y >= box.y0 && p.y < box.y1;
}

/// An edge of the target, its inside on the left.
struct TargetEdge {
  Point a, b;
  Point along;   ///< unit vector from a to b
  Point normal;  ///< outward unit vector
  double length = 0;
  int feature = 0;        ///< which outline it belongs to, holes included
  bool convex_a = false;  ///< whether the corner at a encloses less than 180 degrees of the inside
  bool convex_b = false;
  int before = 0, after = 0;  ///< the edges around it

  [[nodiscard]] Point at(double t) const noexcept { return {a.x + t * along.x, a.y + t * along.y}; }
};

/// A corner of the target with the edges that meet there.
struct TargetCorner {
  Point at;
  int before = 0, after = 0;
  bool convex = false;
};

/// Merged target polygons as edges that can be looked up by place. For one thread at a time.
class TargetEdges {
 public:
  /// `merged`: outlines counter-clockwise, holes clockwise, disjoint; any angle. Vertices on straight edges do not
  /// count.
  explicit TargetEdges(const std::vector<Polygon>& merged, double bin_nm = 250);

  [[nodiscard]] const std::vector<TargetEdge>& edges() const noexcept { return edges_; }
  [[nodiscard]] const std::vector<TargetCorner>& corners() const noexcept { return corners_; }
  struct Feature {
    Box box;
    double area_nm2 = 0;  ///< without its holes
  };
  [[nodiscard]] const std::vector<Feature>& features() const noexcept { return features_; }

  /// The edges whose box touches `box`, in ascending order.
  [[nodiscard]] std::vector<int> edges_in(const Box& box) const;

  struct Hit {
    int edge = 0;
    double distance_nm = 0;
    double t = 0;  ///< along the edge
  };
  /// The first edge on the way from p along the unit vector `d`, at a distance above 0 and up to `reach_nm`.
  [[nodiscard]] std::optional<Hit> first_hit(const Point& p, const Point& d, double reach_nm) const;

  /// Which feature holds each pixel's centre; -1: none. Only what lies in the grid's window counts.
  struct Run {
    int x0 = 0, x1 = 0;  ///< pixels [x0, x1)
    int feature = 0;
  };
  [[nodiscard]] std::vector<std::vector<Run>> painted(const Grid& grid) const;

 private:
  void index(double bin_nm);
  template <typename See>
  void visit(const Box& box, See see) const;

  std::vector<TargetEdge> edges_;
  std::vector<TargetCorner> corners_;
  std::vector<Feature> features_;
  Box bounds_;
  double bin_nm_ = 250;
  int bins_x_ = 0, bins_y_ = 0;
  std::vector<int> bin_begin_, bin_edges_;
  mutable std::vector<int> stamp_;
  mutable int stamp_now_ = 0;
};

/// A place on an edge of a polygon where its placement is measured.
struct PolygonSite {
  Point at_nm;
  int edge = 0;
  bool line_end = false;  ///< in the middle of an edge that ends a line
};

/// A tile does not see all of a long edge, and must measure it at the same places as its neighbours. So edges up to a
/// length are counted from their ends; longer ones near their ends only, and on a lattice of the layout between them.
struct EdgeLattice {
  double whole_nm = std::numeric_limits<double>::infinity();  ///< edges up to this length are seen whole
  Point origin;                                               ///< a place of the lattice
};

[[nodiscard]] inline bool is_long(const TargetEdge& edge, const EdgeLattice& lattice) noexcept {
  return edge.length > lattice.whole_nm + 1e-6;
}

/// Whether the lattice gives places on an edge by their x, and not by their y.
[[nodiscard]] inline bool runs_along_x(const TargetEdge& edge) noexcept {
  return std::abs(edge.along.x) >= std::abs(edge.along.y);
}

/// Distances along a long edge, ascending: every `step_nm` from `first_a` on from its one end and from `first_b` on
/// from its other, over half of lattice.whole_nm; between these, at least half a step away, where its x or y (that
/// along which it runs farther) is a whole number of steps from the lattice's origin.
[[nodiscard]] std::vector<double> long_edge_positions(const TargetEdge& edge, double first_a, double first_b,
                                                      double step_nm, const EdgeLattice& lattice);

/// Distances along an edge where it is measured: from both ends towards the middle, as epe_sites; long ones as above.
[[nodiscard]] std::vector<double> site_positions(const TargetEdge& edge, const EpeDistances& rule,
                                                 const EdgeLattice& lattice = {});

/// Whether an edge ends a line: it has one site, lies between two convex corners, and both its neighbours are longer.
[[nodiscard]] bool is_line_end(const TargetEdges& target, int edge, const EpeDistances& rule);

/// All sites of the edges that lie in `part` (half-open).
[[nodiscard]] std::vector<PolygonSite> polygon_sites(const TargetEdges& target, const EpeDistances& rule,
                                                     const Box& part, const EdgeLattice& lattice = {});

}  // namespace anamorph
