// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/png.hpp"

namespace anamorph {

/// The colours of all pictures; chosen to differ in lightness, so that they survive grey printing and colour blindness.
namespace palette {
inline constexpr Rgb ground{0xf1, 0xf4, 0xf7};
inline constexpr Rgb target{0x5c, 0x78, 0x99};
inline constexpr Rgb mask{0x1c, 0x6b, 0x76};
inline constexpr Rgb print{0xb9, 0xcb, 0xde};
inline constexpr Rgb band{0xe2, 0x6d, 0x1f};
inline constexpr Rgb outline{0x14, 0x1b, 0x24};
}  // namespace palette

/// What the pictures show of a result: target, mask, prints and nominal image, cut down to a square around what is not
/// empty, since a contest clip fills only the middle of its window.
[[nodiscard]] ClipResult close_up(const ClipResult& clip);

/// Colour of an intensity, t in [0, 1]: from deep blue over teal to pale yellow, lightness rising evenly.
[[nodiscard]] Rgb intensity_colour(double t) noexcept;

/// Plain pictures of a whole grid, y up, each picture element the mean over the area that it covers; the longer side
/// has `size_px` elements.
[[nodiscard]] Picture render_bitmap(const Bitmap& bitmap, int size_px, Rgb zero, Rgb one);
[[nodiscard]] Picture render_intensity(const Image<double>& image, int size_px, double low, double high);

/// Colour of a signed number, t in [-1, 1]: blue below zero, nearly white at it, red above, equally dark at both ends.
[[nodiscard]] Rgb signed_colour(double t) noexcept;

/// Pictures of a map with blank places (NaN), which show the ground: of a positive map in the colours of an intensity
/// from 0 to `high`, of a signed one from -limit to limit.
[[nodiscard]] Picture render_positive_map(const Image<double>& map, int size_px, double high);
[[nodiscard]] Picture render_signed_map(const Image<double>& map, int size_px, double limit);

/// Where all conditions print, and where only some do (the process-variation band). Conditions without a print are
/// passed over.
[[nodiscard]] Picture render_pvband(const std::vector<ConditionResult>& conditions, int size_px);

/// Outlines of the pixels that are 1, along pixel edges, nm: counter-clockwise outside, clockwise around holes. Pixels
/// that touch only at a corner are apart.
[[nodiscard]] std::vector<Polygon> pixel_outlines(const Bitmap& bitmap, const Grid& grid);

/// 1, 2 or 5 times a power of ten: the largest that is not above `value`.
[[nodiscard]] double round_length(double value) noexcept;

/// Pictures that stand alone, with title, axes, scale bar and legend or colour bar: PNG bytes. Empty when the result
/// lacks what they show: the target, the mask, the nominal image, the prints of several conditions.
[[nodiscard]] std::string target_png(const ClipResult& clip);
[[nodiscard]] std::string mask_png(const ClipResult& clip);
[[nodiscard]] std::string aerial_png(const ClipResult& clip);
[[nodiscard]] std::string pvband_png(const ClipResult& clip);

/// Those of the four that the result has, side by side.
[[nodiscard]] std::string overview_png(const ClipResult& clip);

/// A small mask with the outline of the target, for a table.
[[nodiscard]] std::string thumbnail_png(const ClipResult& clip);

}  // namespace anamorph
