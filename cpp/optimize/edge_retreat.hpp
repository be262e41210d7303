// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <span>
#include <vector>

#include "cpp/optimize/fragments.hpp"
#include "masks/region_rules.hpp"

namespace anamorph {

/// What one look at the moved shapes themselves has led to.
struct Retreat {
  RegionViolations found;  ///< coordinates in steps of dbu_nm
  bool moved = false;      ///< displacements have shrunk: look again
  /// First fragments of assist features that break a rule where they stand, if nothing else about it could move.
  std::vector<int> bars;

  static constexpr double dbu_nm = 1e-3;
};

/// Takes displacements that make the moved shapes break a rule back, in steps of `grid_nm`: of a place that breaks it
/// those that do so (inwards for a width, outwards for a space); where there are none, those of jogs and of the edges
/// around the corner, then all others of its edges. Where it is drawn so, what moves the other way helps, and stays. EdgeRules bounds fragments that face each other; this is for all that moved shapes can do besides.
/// Displacements only shrink, so that repeated calls end, at the drawn shapes if need be.
[[nodiscard]] Retreat retreat(const Fragments& fragments, const MaskRules& rules, double grid_nm,
                              std::span<double> displacement);

}  // namespace anamorph
