// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/image.hpp"
#include "masks/morphology.hpp"

namespace anamorph {

/// What a mask shop accepts.
struct MaskRules {
  double min_width_nm = 16;
  double min_space_nm = 16;
  double min_area_nm2 = 1000;  ///< of islands and of holes
};

/// One place where a mask breaks a rule.
struct MaskViolation {
  enum class Kind { width, space, island_area, hole_area };
  Kind kind = Kind::width;
  Point at_nm;       ///< centre of a pixel of the offending spot, from the lower-left corner of the mask
  double value = 0;  ///< nm for width and space, nm^2 for areas
};

/// What was measured of a mask.
struct MaskRuleReport {
  double min_area_nm2 = 0;     ///< smallest island or hole
  double min_width_nm = 0;     ///< see measure_mask
  double min_space_nm = 0;     ///< see measure_mask
  double min_distance_nm = 0;  ///< the lesser of width and space
  int islands = 0;             ///< components of the mask
  int holes = 0;               ///< components of its complement; the field around the shapes is one
  std::vector<MaskViolation> violations;

  [[nodiscard]] bool clean(const MaskRules& rules = {}) const noexcept;
};

/// Measures a mask of square pixels, periodic in both directions.
///
/// Islands and holes are 4-connected. The least width is the largest whole number of pixels d, searched upwards, such
/// that opening the mask with every disc up to d px (see masks/morphology.hpp) leaves no 8-connected residue of more
/// than 20 nm^2 (20 px at 1 nm; never less than 4 px); the least space is the same of the complement. The allowance is for corners: a right
/// angle leaves (1 - pi/4) d^2/4, so a mask with right angles measures 19 nm at most. Both stop at 64 px, or at the rule if that is more, which is also
/// the answer for an empty mask or complement. `violations` lists, each once and at its narrowest, what breaks `rules`.
/// Throws Error{recipe} for an empty bitmap or a pixel that is not positive.
[[nodiscard]] MaskRuleReport measure_mask(const Bitmap& mask, double pixel_nm, const MaskRules& rules = {});

}  // namespace anamorph
