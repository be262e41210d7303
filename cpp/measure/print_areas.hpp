// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/measure/print_model.hpp"

namespace anamorph {

struct PrintAreas {
  double target_nm2 = 0;   ///< of what is drawn
  double l2_nm2 = 0;       ///< where the nominal print and the target differ
  double pv_band_nm2 = 0;  ///< in the union but not in the intersection of the prints of the band's conditions
};

/// Areas within `part`, from contours: in each cell between four pixel centres, the share that prints is that of the
/// polygon through the crossings of its sides (a cell that an edge crosses is divided in four first, the image in it
/// being a polynomial of degree 5), the target's share is exact. In a cell, the difference of two prints is the
/// difference of their shares, which is exact where one lies within the other. Cells that the border of `part` cuts
/// count in proportion, so that parts side by side add up.
[[nodiscard]] PrintAreas print_areas(const PrintModel& print, const std::vector<Polygon>& target, const Box& part);

}  // namespace anamorph
