// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "masks/edge_spectrum.hpp"

// Edges of a layout cut into fragments that move along their normals: the unknowns of edge-based correction.

namespace anamorph {

/// Where edges are cut.
struct FragmentRules {
  double corner_nm = 20;     ///< of an edge's ends, where it is long enough
  double length_nm = 40;     ///< of what lies between, about
  double least_nm = 20;      ///< no shorter ones are made
  double line_end_nm = 100;  ///< an edge between two outer corners is a line end up to this length, and stays whole
  double project_nm = 80;    ///< corners that face an edge within this distance cut it too; 0: none do
  double grid_nm = 1;        ///< cuts are whole steps of this away from the nearer end of their edge
};

struct Fragment {
  enum class Kind { run, corner, line_end, assist, fixed };

  Point from, to;  ///< where it was drawn; the material lies on its left
  Point normal;    ///< outwards, of unit length
  Kind kind = Kind::run;
  int previous = 0, next = 0;  ///< its neighbours along the outline

  [[nodiscard]] bool movable() const noexcept { return kind != Kind::fixed; }
  [[nodiscard]] bool vertical() const noexcept { return normal.y == 0; }
  [[nodiscard]] double length() const noexcept;
  [[nodiscard]] Point middle() const noexcept { return {(from.x + to.x) / 2, (from.y + to.y) / 2}; }
};

/// Closed outlines, each a run of consecutive fragments. Displacements are kept apart, [fragment], nm outwards.
///
/// Two fragments of one edge are joined by a jog at the place where it was cut, those of different edges where their
/// lines meet. Only axis-parallel fragments move, and none beside a slanted edge.
struct Fragments {
  std::vector<Fragment> list;
  std::vector<int> first;  ///< of each outline

  /// The outlines, moved. Vertices that lie on a straight line are left out.
  [[nodiscard]] std::vector<Polygon> polygons(std::span<const double> displacement) const;
  /// The boundary, moved: piece i is fragment i, the jogs follow. Pieces may have no length; one that its neighbours
  /// have pushed over runs backwards, which is right for integrals along the boundary. In the place of a slanted edge
  /// are two that are not, see slants().
  [[nodiscard]] std::vector<EdgePiece> pieces(std::span<const double> displacement) const;
  /// What the pieces leave out: between each slanted edge and its two pieces a triangle, with its orientation.
  [[nodiscard]] std::vector<Polygon> slants() const;
  /// A rectangle of four fragments, from its outline.
  void add_assist(const Box& box);
};

/// Cuts merged outlines (see `merge`). What lies on the border of the window or beyond it, and what is slanted, is
/// fixed, and so are steps shorter than `least_nm`; those beside an edge that is as short are smoothed away. Depends on
/// nothing but the shapes: moved, mirrored or transposed ones are cut at the same places.
/// Throws Error{recipe} for lengths that are not positive.
[[nodiscard]] Fragments fragmented(const std::vector<Polygon>& merged, const Box& window, const FragmentRules& rules);

/// Where the edge placement of a drawn edge is looked at: from both ends inwards, as in the contest.
struct EdgeSite {
  Point at;
  Point normal;      ///< outwards
  int fragment = 0;  ///< that holds it
};

/// Sites of all axis-parallel edges inside the window: the outermost `end_nm` from the ends, then every `interval_nm`
/// to the middle; one in the middle of an edge of up to twice end_nm.
[[nodiscard]] std::vector<EdgeSite> edge_sites(const Fragments& fragments, double interval_nm, double end_nm);

}  // namespace anamorph
