// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <vector>

#include "cpp/backend/coherent_stack.hpp"

namespace anamorph {

/// Masks on which a truncated sum is compared with the full one, and the points where it is done.
inline constexpr int check_masks = 5;
inline constexpr int check_points = 64;  ///< per mask
inline constexpr int check_columns = check_masks * check_points;

/// Point i of a sequence that fills the window evenly and is in step with no pattern, as fractions of the period.
struct EvenPoint {
  double u = 0;
  double v = 0;
};
[[nodiscard]] EvenPoint even_point(int i);

/// M(f) exp(2 pi i f x) of every check mask and point on the bins of the frame, [bin][mask * check_points + point]: a
/// transfer times a column, summed over the bins, is the field at that point. The masks are made of cells of about
/// 0.4 resolution_nm: random blocks, wires along x and along y, contact holes, and blocks of larger cells.
[[nodiscard]] std::vector<std::complex<double>> check_mask_waves(const CoherentStack& frame, double resolution_nm);

}  // namespace anamorph
