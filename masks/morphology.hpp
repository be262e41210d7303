// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/image.hpp"
#include "cpp/core/run_components.hpp"

namespace anamorph {

// Binary morphology of periodic bitmaps: what leaves at one side enters at the other.
//
// The disc of diameter d px is the set of pixels whose centre lies within d/2 of the disc's centre, which is a pixel
// centre for odd d and a pixel corner for even d, so that the disc is exactly d px wide.

/// Ones and zeros changed for each other.
[[nodiscard]] Bitmap complement(Bitmap mask);

/// Opening with a disc: all pixels that some disc inside the mask covers; removes what is narrower than the disc.
/// Throws Error{recipe} if diameter_px < 1.
[[nodiscard]] Bitmap open_disc(const Bitmap& mask, int diameter_px);

/// Closing with a disc: the opening of the complement, complemented; fills what is narrower than the disc.
[[nodiscard]] Bitmap close_disc(const Bitmap& mask, int diameter_px);

/// Dilation: all pixels whose centre lies within `radius_px` + 1/2 of a pixel of the mask.
[[nodiscard]] Bitmap dilate_disc(const Bitmap& mask, int radius_px);

/// Connected components of the ones of a bitmap, numbered from 1 in the order of their first pixel (rows from below).
struct Components {
  Image<int> labels;        ///< 0 where the bitmap is 0
  std::vector<long> areas;  ///< pixels of component k at [k - 1]
};

[[nodiscard]] Components components(const Bitmap& mask, Connectivity connectivity, bool periodic = true);

/// Removes islands (components of ones) and then fills holes (components of zeros) under `min_area_px`, both
/// 4-connected and periodic; a component that fills the whole window is left.
[[nodiscard]] Bitmap remove_small(const Bitmap& mask, long min_area_px);

}  // namespace anamorph
