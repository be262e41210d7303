// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/halo.hpp"

#include <algorithm>
#include <cmath>

namespace anamorph {

double halo_nm(const Recipe& recipe) {
  if (recipe.tile.halo_nm) return *recipe.tile.halo_nm;
  const double resolution_nm = *recipe.optics.wavelength_nm / *recipe.optics.na;
  const double blur_nm = std::hypot(recipe.resist.blur_nm, std::max(recipe.optics.msd_x_nm, recipe.optics.msd_y_nm));
  return 5 * resolution_nm + 3 * blur_nm;
}

}  // namespace anamorph
