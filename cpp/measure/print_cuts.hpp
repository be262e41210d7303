// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <utility>
#include <vector>

#include "cpp/measure/findings.hpp"
#include "cpp/measure/print_model.hpp"
#include "cpp/measure/target_edges.hpp"

namespace anamorph {

/// Signed edge placement of a site in every condition: the distance along the outward normal to the nearest place where
/// the print ends outwards; NaN where there is none within `search_nm`.
void site_epe(const PrintModel& print, const TargetEdge& edge, const Point& site, double search_nm,
              std::vector<double>& epe_nm);

/// What cuts look for.
struct CutRules {
  double width_nm = 30;   ///< printed widths below this are told
  double gap_nm = 30;     ///< printed gaps below this are told
  double step_nm = 10;    ///< between cuts along an edge
  double reach_nm = 300;  ///< widest drawn feature or gap that is looked at
  double end_nm = 40;     ///< no cuts across a feature nearer than this to a corner that prints round
  EdgeLattice lattice;    ///< of long edges
};

/// A place where a print is narrow or two prints are near, not yet compared with its neighbours.
struct NarrowPlace {
  FindingKind kind = FindingKind::pinch;  ///< or bridge
  std::pair<int, int> between;            ///< the feature twice, or the two of them
  Point at_nm;                            ///< given by the target: the middle of the drawn feature or gap
  Point from_nm, to_nm;                   ///< the printed width or gap
  double value_nm = 0;
  int condition = 0;
  int edge = -1;  ///< cut at right angles to this edge, at t; -1: between two corners, or found by other means
  double t = 0;
};

/// Printed widths and gaps across the target: at right angles to its edges every `step_nm`, and between near corners
/// that look at each other. A width is that of the longest printed part of the cut, 0 where nothing prints; a gap
/// likewise. Places outside of `part` are not looked at.
[[nodiscard]] std::vector<NarrowPlace> narrow_places(const PrintModel& print, const TargetEdges& target,
                                                     const CutRules& rules, const Box& part);

/// The same place moved along its edge, by up to a step, to where the width or gap is least.
[[nodiscard]] NarrowPlace narrowest(const PrintModel& print, const TargetEdges& target, const CutRules& rules,
                                    NarrowPlace place);

/// Of places of one kind between the same features that are closer than `apart_nm`, only the worst. Which one that is
/// depends on what lies within `apart_nm` of it alone, so that tiles agree.
[[nodiscard]] std::vector<NarrowPlace> worst_places(std::vector<NarrowPlace> places, double apart_nm);

}  // namespace anamorph
