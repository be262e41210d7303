// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/png.hpp"

namespace anamorph {

/// Colour of the map for intensities, t in [0, 1]: dark to bright with lightness rising evenly.
[[nodiscard]] Rgb intensity_colour(double t) noexcept;

/// Pixels of a clip without axes, y up, averaged over square blocks of pixels until no side is longer than `max_px`
/// (or, for a small clip, repeated).
struct Raster {
  Picture picture;
  double pixel_nm = 0;  ///< of a picture element
};
[[nodiscard]] Raster render_bitmap(const Bitmap& bitmap, double pixel_nm, int max_px, Rgb zero, Rgb one);
[[nodiscard]] Raster render_intensity(const Image<double>& image, double pixel_nm, int max_px, double low, double high);

/// Prints over all conditions: everywhere printed, somewhere printed (the band), nowhere.
[[nodiscard]] Raster render_pvband(const std::vector<ConditionResult>& conditions, double pixel_nm, int max_px,
                                   Rgb nowhere, Rgb band, Rgb everywhere);

/// Outlines of the pixels that are 1, along pixel edges, in nm: counter-clockwise outside, clockwise around holes.
[[nodiscard]] std::vector<Polygon> pixel_outlines(const Bitmap& bitmap, const Grid& grid);

/// Stand-alone pictures with title, axes in nm, scale bar and, for the image, a colour bar: PNG bytes.
[[nodiscard]] std::string target_png(const ClipResult& clip);
[[nodiscard]] std::string mask_png(const ClipResult& clip);
[[nodiscard]] std::string aerial_png(const ClipResult& clip);
[[nodiscard]] std::string pvband_png(const ClipResult& clip);

/// The four of them side by side.
[[nodiscard]] std::string overview_png(const ClipResult& clip);

/// A small picture of mask and target outline for a table.
[[nodiscard]] std::string thumbnail_png(const ClipResult& clip);

}  // namespace anamorph
