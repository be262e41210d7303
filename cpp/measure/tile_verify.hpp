// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <limits>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/measure/findings.hpp"

namespace anamorph {

/// A part of a layout with its surroundings, and its images. All lengths nm, in the layout's coordinates.
struct VerifyTile {
  Box core;                           ///< only what lies here counts; [x0, x1) x [y0, y1)
  std::vector<Polygon> target;        ///< merged; shapes may go on beyond the window
  std::vector<Polygon> mask;          ///< merged: the main features as drawn
  std::vector<Polygon> assist;        ///< merged: those that must not print
  Grid grid;                          ///< pixels of the window, which is one period of the images
  std::vector<Image<double>> images;  ///< [stack], flare included, no dose
  std::vector<Condition> conditions;  ///< the first is the nominal one
  double threshold = 0.225;
  bool bright = true;
  Point origin;  ///< a place of the lattice on which long edges are measured, the same one for all tiles
};

/// Beyond what something is a finding, and where it is looked for.
struct VerifyRules {
  EpeDistances sites;
  double epe_nm = 15;        ///< at nominal
  double line_end_nm = 15;   ///< pull-back in any condition
  double pinch_nm = 30;      ///< least printed width in any condition
  double bridge_nm = 30;     ///< least printed gap in any condition
  double pv_band_nm = 15;    ///< largest movement of an edge over the conditions of the band
  double search_nm = 60;     ///< farthest edge that a site finds
  double reach_nm = 300;     ///< widest drawn feature or gap across which is looked
  double apart_nm = 80;      ///< findings of one kind, at the same features, nearer than this are one
  double radius_nm = 150;    ///< of the surroundings that are compared
  double dbu_nm = 1;         ///< step of the layout's coordinates
  double mask_width_nm = 0;  ///< least width and space of the mask; 0: not looked at
  double mask_space_nm = 0;
  double mask_area_nm2 = 0;  ///< least area of a mask feature
  /// Longer edges are measured on a lattice; see whole_edges_nm.
  double whole_nm = std::numeric_limits<double>::infinity();
  double picture_nm = 400;  ///< side of a finding's picture
  FindingsKept kept;
};

/// Judges a tile. What is found at a place that the target gives (sites, features) is counted by exactly one of the
/// tiles whose cores fill a layout; a place that the image gives is compared with the core moved by a third of a nm, so
/// that symmetric ones on a seam are not decided by rounding. Images of neighbours must agree there: the halo between
/// core and window holds the optical ambit, and at least rules.reach_nm.
/// Throws Error{recipe} for sizes that do not match.
[[nodiscard]] Findings verify_tile(const VerifyTile& tile, const VerifyRules& rules);

/// The length up to which an edge is seen whole by every tile that measures it, where tiles see the target as far as
/// `view_nm` beyond their cores.
[[nodiscard]] double whole_edges_nm(const VerifyRules& rules, double view_nm) noexcept;

/// Which coordinates of VerifyTile::origin decide where the target is measured.
struct OriginUse {
  bool x = false, y = false;
};
[[nodiscard]] OriginUse origin_use(const std::vector<Polygon>& target, const Box& core, const VerifyRules& rules);

/// What is to be said of the mask itself in the tile's core: all its shapes, main and assist together.
struct MaskSeen {
  std::vector<Finding> findings;  ///< widths, spaces and areas below the rules, not yet counted or clustered
  MaskFigures figures;
};
[[nodiscard]] MaskSeen look_at_mask(const VerifyTile& tile, const VerifyRules& rules);

}  // namespace anamorph
