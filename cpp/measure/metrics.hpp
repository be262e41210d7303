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

}  // namespace anamorph
