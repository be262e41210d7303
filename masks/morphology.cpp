// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/morphology.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/core/bit_plane.hpp"
#include "cpp/core/run_components.hpp"

namespace anamorph {

namespace {

void check_diameter(int diameter_px) {
  if (diameter_px < 1) {
    throw Error(ErrorCode::recipe, "MRC-0001",
                "a disc of " + std::to_string(diameter_px) + " px; expected a diameter of at least 1 px");
  }
}

}  // namespace

Bitmap complement(Bitmap mask) {
  for (std::uint8_t& pixel : mask) pixel = pixel == 0;
  return mask;
}

Bitmap open_disc(const Bitmap& mask, int diameter_px) {
  check_diameter(diameter_px);
  return mask.empty() ? mask : BitPlane(mask).opened(diameter_px).bitmap();
}

Bitmap close_disc(const Bitmap& mask, int diameter_px) {
  check_diameter(diameter_px);
  return mask.empty() ? mask : BitPlane(mask).complement().opened(diameter_px).complement().bitmap();
}

Bitmap dilate_disc(const Bitmap& mask, int radius_px) {
  check_diameter(2 * radius_px + 1);
  return mask.empty() ? mask : BitPlane(mask).dilated(2 * radius_px + 1).bitmap();
}

Components components(const Bitmap& mask, Connectivity connectivity, bool periodic) {
  RunComponents found = run_components(BitPlane(mask), connectivity, periodic);
  Components result{Image<int>(mask.ny(), mask.nx()), std::move(found.areas)};
  for (const RunComponents::Run& run : found.runs) {
    int* const row = result.labels.row(run.y);
    std::fill(row + run.x.x0, row + run.x.x1, run.component + 1);
  }
  return result;
}

Bitmap remove_small(const Bitmap& mask, long min_area_px) {
  const BitPlane islands = without_small(BitPlane(mask), min_area_px);
  return without_small(islands.complement(), min_area_px).complement().bitmap();
}

}  // namespace anamorph
