// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"

namespace anamorph {

/// A cut line across a feature.
struct Gauge {
  std::string name;
  Point at_nm;           ///< a point inside the feature
  double angle_deg = 0;  ///< direction of the cut, counter-clockwise from +x
  double cd_nm = 0;      ///< wanted width; 0 = none given
};

/// What a gauge measured. All NaN where the feature does not print or has no edge within the search range.
struct GaugeResult {
  double cd_nm = 0;
  Point low_edge;       ///< the edge against the direction of the cut
  Point high_edge;      ///< the edge in the direction of the cut
  double nils_low = 0;  ///< normalised image log slope at the edge, CD x |d ln I / dx|
  double nils_high = 0;
  [[nodiscard]] bool found() const noexcept { return cd_nm == cd_nm; }
};

/// Width of the feature that contains the gauge's point: `bright` features are where I >= threshold, dark ones where
/// I < threshold (divide a threshold by the dose). The image is read by Lagrange interpolation through 6 x 6 pixel
/// centres (sixth order: a cosine of 20 pixels period is reproduced to 1e-5 of its amplitude) and the edges are found by
/// bisection. The NILS uses the target CD where one is given, else the measured one. With `periodic` the image goes on
/// beyond the window, else a cut that leaves it finds no edge there.
/// Throws Error{recipe} if the sizes of intensity and grid differ.
[[nodiscard]] GaugeResult measure(const Gauge& gauge, const Image<double>& intensity, const Grid& grid,
                                  double threshold, bool bright, bool periodic = true, double search_nm = 500);

}  // namespace anamorph
