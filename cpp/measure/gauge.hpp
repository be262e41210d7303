// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <limits>
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

/// Distances along the cut of a gauge, from its point, to the nearest edges of drawn shapes: low < 0 < high; NaN where
/// there is none within the reach.
struct DrawnEdges {
  double low_nm = std::numeric_limits<double>::quiet_NaN();
  double high_nm = std::numeric_limits<double>::quiet_NaN();
};
[[nodiscard]] DrawnEdges drawn_edges(const std::vector<Polygon>& shapes, const Gauge& gauge, double reach_nm);

/// What a gauge measured; NaN where the feature does not print there or has no edge within the search range.
struct GaugeResult {
  double cd_nm = std::numeric_limits<double>::quiet_NaN();
  Point low_edge;   ///< the edge against the direction of the cut
  Point high_edge;  ///< the edge in the direction of the cut
  /// Normalised image log slope at the edges: width x |d ln I / ds| along the cut, with the wanted width where one is
  /// given, else the measured one.
  double nils_low = std::numeric_limits<double>::quiet_NaN();
  double nils_high = std::numeric_limits<double>::quiet_NaN();
};

/// Width of the feature that contains the gauge's point: `bright` features are where I >= threshold, dark ones where
/// I < threshold (for a dose, divide the threshold by it). The image, periodic, is read by Lagrange interpolation
/// through 6 x 6 pixel centres, whose error for a component of period p pixels is at most (2 pi / p)^6 / 205 of its
/// amplitude (5e-6 at p = 20, 5e-3 at p = 6); edges are found by bisection. Throws Error{recipe} if the sizes of
/// intensity and grid differ or the gauge is not finite.
[[nodiscard]] GaugeResult measure(const Gauge& gauge, const Image<double>& intensity, const Grid& grid,
                                  double threshold, bool bright, double search_nm = 500);

}  // namespace anamorph
