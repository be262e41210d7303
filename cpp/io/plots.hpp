// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/clip_result.hpp"
#include "cpp/io/png.hpp"

namespace anamorph {

/// Inline SVG for the report. Colours of text and lines come from the style sheet of the page (classes `ink`, `faint`,
/// `grid`, `s0`..`s4` ...), so that they follow its light and dark mode.

/// A polygon on a picture with its class.
struct Overlay {
  const std::vector<Polygon>* polygons = nullptr;
  std::string style;
};

/// A picture of `grid` with axes in nm, scale bar and outlines. An empty picture leaves a light ground. `extra` is
/// drawn on top, as epe_arrows() makes it for the same grid.
[[nodiscard]] std::string picture_svg(const Grid& grid, const Picture& picture, const std::vector<Overlay>& overlays,
                                      const std::string& extra = {});

/// The colours of an intensity from 0 to `high`, with a mark at `threshold` if that is positive.
[[nodiscard]] std::string colour_bar_svg(double high, double threshold);

/// The EPE of each site as an arrow along the normal, drawn `magnification` times larger than it is.
[[nodiscard]] std::string epe_arrows(const Grid& grid, const std::vector<SiteResult>& sites, double magnification);

/// Terms of the loss over the iterations on a logarithmic axis; stages are shaded.
[[nodiscard]] std::string convergence_svg(const std::vector<IltRecord>& history);

/// Histogram of the EPE with the limits when they lie near.
[[nodiscard]] std::string epe_histogram_svg(const std::vector<SiteResult>& sites, double limit_nm);

}  // namespace anamorph
