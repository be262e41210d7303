// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <functional>
#include <vector>

#include "cpp/study/illumination.hpp"
#include "cpp/study/pattern.hpp"
#include "optics_models/projection.hpp"

namespace anamorph {

/// What each direction of light alone makes of a pattern at the places that decide. An image is the sum over the
/// directions of a source, so that any source is judged by adding up a few numbers.
///
/// The places lie on the cuts of the gauges, beside the drawn edges: inside and outside by a quarter of the CD's whole
/// tolerance. Where every inner place is brighter than every outer one, at all focus positions, the doses between are
/// within the tolerance: their range is the exposure latitude that is left at that depth of focus.
class SourceBasis {
 public:
  struct Setting {
    std::vector<double> focus_nm{0};
    double cd_tolerance = 0.1;  ///< of the critical dimension, to both sides
    double pixel = 0.05;        ///< of the source, in sigma
    PolarisationState polarisation = PolarisationState::none;
    double polarisation_degree = 1;
    bool gaps = true;                  ///< gauges whose gap counts take part
    std::function<void()> check = {};  ///< called now and then; may throw to stop
  };

  /// `mask`: the shapes on the mask, drawn or corrected; the places are those of the drawn ones.
  SourceBasis(Projection projection, const StudyPattern& pattern, const std::vector<Polygon>& mask,
              const Setting& setting);

  /// The least latitude of the gauges, as a share of the dose: high over low limit minus one ... negative where an
  /// outer place is brighter than an inner one. Each gauge has its own doses, for a correction of the mask will align
  /// them.
  [[nodiscard]] double latitude(const Illumination& illumination) const;

 private:
  struct Direction {
    double sx = 0;
    double sy = 0;
    double clear = 0;               ///< intensity of an open mask
    std::vector<double> intensity;  ///< [focus][gauge][low in, low out, high in, high out]
  };
  double pixel_ = 0.05;
  bool bright_ = true;
  std::size_t foci_ = 0;
  std::size_t gauges_ = 0;
  std::vector<Direction> directions_;
};

/// The best source of the shapes of illuminations() for a pattern, refined by neighbours() until none is better.
struct FoundIllumination {
  Illumination illumination;
  double latitude = 0;
  int tried = 0;
};
[[nodiscard]] FoundIllumination search_illumination(const SourceBasis& basis, double pupil_fill_min);

/// The same for several patterns that are printed together: the least of their latitudes counts.
[[nodiscard]] FoundIllumination search_illumination(const std::vector<SourceBasis>& bases, double pupil_fill_min);

/// The best source of each shape, not refined, those with a latitude; the best of all if none has one.
[[nodiscard]] std::vector<Illumination> best_of_each_shape(const SourceBasis& basis, double pupil_fill_min);

/// M(f) of the shapes on the bins of a stack, [my + extent_y][mx + extent_x].
[[nodiscard]] std::vector<std::complex<double>> pattern_spectrum(const StudyPattern& pattern,
                                                                 const std::vector<Polygon>& shapes, int extent_x,
                                                                 int extent_y);

}  // namespace anamorph
