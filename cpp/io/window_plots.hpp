// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/io/window_result.hpp"

namespace anamorph {

/// Inline SVG for the report of `window`, in the classes of the style sheet.

/// CD over focus for every dose of the matrix, its conditions as dots, the tolerance as a shaded band.
[[nodiscard]] std::string bossung_svg(const WindowResult& result, const WindowGauge& gauge);

/// The plane of focus and dose: the limits of every gauge and of the EPE, the common window, its rectangle at the
/// wanted latitude and its largest ellipse.
[[nodiscard]] std::string process_window_svg(const WindowResult& result);

/// Exposure latitude over depth of focus; empty without a window.
[[nodiscard]] std::string latitude_svg(const WindowResult& result);

/// Colour of a dose of the matrix as a CSS colour: blue for the lowest, over grey, to orange for the highest.
[[nodiscard]] std::string dose_colour(const WindowResult& result, std::size_t dose);

/// Up to this many gauges have colours of their own in the plane of focus and dose.
inline constexpr std::size_t most_named = 5;

/// Class of the lines of gauge number i in the plane of focus and dose.
[[nodiscard]] std::string band_style(std::size_t i);

}  // namespace anamorph
