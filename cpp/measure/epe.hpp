// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"

namespace anamorph {

/// Where the edge placement error of a target is measured: on the outer face of one of its pixels.
struct EpeSite {
  int x = 0;  ///< the target's own pixel at the edge
  int y = 0;
  int nx = 0;  ///< outward normal, a unit step along one axis
  int ny = 0;
  Point at_nm;  ///< middle of the pixel's outer face

  bool operator==(const EpeSite&) const = default;
};

/// Spacing of the sites along an edge, in pixels.
struct EpeRule {
  int interval_px = 40;
  int first_px = 40;       ///< distance of the outermost sites from the ends of the edge
  int short_edge_px = 80;  ///< an edge up to this long has one site, at its centre
  int tolerance_px = 15;   ///< where contest_epe looks, inside and outside of the edge pixel
};

/// The same in nm; the defaults are the contest's.
struct EpeDistances {
  double interval_nm = 40;
  double end_nm = 40;  ///< of the outermost sites from the ends; an edge up to twice as long has one site
  double tolerance_nm = 15;

  [[nodiscard]] EpeRule rule(double pixel_nm) const;  ///< in pixels, each at least 1
};

/// Measurement sites of a Manhattan target, in pixels, as in the ICCAD-2013 contest: from both ends of each edge
/// towards its middle. An edge is a maximal run of pixels of the target in a row or column whose neighbour on one side
/// is not in the target. Order: left, right, lower, upper edges, each by position. The target goes on periodically; an
/// edge without ends has sites every interval. Throws Error{recipe} if the sizes of target and grid differ.
[[nodiscard]] std::vector<EpeSite> epe_sites(const Bitmap& target, const Grid& grid, const EpeRule& rule = {});

/// Contest count: sites where nothing prints `tolerance_px` inside the edge pixel, and sites where something prints
/// `tolerance_px` outside of it. The print goes on periodically beyond the window.
struct ContestEpe {
  int inner = 0;
  int outer = 0;
  [[nodiscard]] int violations() const noexcept { return inner + outer; }
};
[[nodiscard]] ContestEpe contest_epe(const Bitmap& print, const std::vector<EpeSite>& sites, int tolerance_px = 15);

/// Signed edge placement errors of an image, sub-pixel.
struct EpeResult {
  std::vector<double> epe_nm;  ///< per site, along its normal, positive when the print is too large; NaN: no edge found
  double max_nm = 0;           ///< largest |epe| of the edges found
  double mean_nm = 0;          ///< mean |epe| of the edges found
  int missing = 0;             ///< sites without a printed edge within the search range
};

/// Distance from each site, along its normal, to the nearest place where the print ends outwards: where the intensity
/// crosses `threshold` falling (`bright`) or rising. For a dose, divide the threshold by it. Cubic interpolation
/// between pixel centres, the image going on periodically. An edge farther than `search_nm` counts as missing. Throws
/// Error{recipe} if the sizes of intensity and grid differ.
[[nodiscard]] EpeResult signed_epe(const Image<double>& intensity, const Grid& grid, double threshold, bool bright,
                                   const std::vector<EpeSite>& sites, double search_nm = 40);

}  // namespace anamorph
