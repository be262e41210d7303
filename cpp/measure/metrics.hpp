// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/image.hpp"

namespace anamorph {

/// Number of pixels where two bitmaps differ (the contest's "L2"). Throws Error{recipe} if their sizes differ.
[[nodiscard]] long l2_px(const Bitmap& print, const Bitmap& target);

/// Process variation band: pixels in the union but not in the intersection of the prints of all conditions.
/// Throws Error{recipe} if their sizes differ.
[[nodiscard]] long pvband_px(const std::vector<Bitmap>& prints);

/// Printed spots and lost shapes.
struct PrintDefects {
  int extra = 0;    ///< 8-connected parts of the print that touch no target: printed assist features
  int missing = 0;  ///< 8-connected parts of the target where nothing prints
};

/// Compares a print with its target. Throws Error{recipe} if their sizes differ.
[[nodiscard]] PrintDefects print_defects(const Bitmap& print, const Bitmap& target);

}  // namespace anamorph
