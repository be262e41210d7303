// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <functional>
#include <numbers>
#include <vector>

#include "optics_models/projection.hpp"
#include "optics_models/source.hpp"

namespace anamorph {

/// Fourier coefficients M(m / pitch) of a periodic mask.
using GratingSpectrum = std::function<std::complex<double>(int)>;

/// Equal opaque lines and spaces, a line centred at 0.
[[nodiscard]] std::complex<double> equal_lines(int m);

enum class Axis { x, y };

/// Intensity of a one-dimensional pattern along its axis, I(t) = Re sum over n of c_n exp(2 pi i n t / pitch).
struct GratingImage {
  double pitch_nm = 0;
  std::vector<std::complex<double>> harmonic;  ///< c_n, n >= 0; those of n > 0 count twice

  [[nodiscard]] double value(double t_nm) const;
  [[nodiscard]] double slope(double t_nm) const;
  /// How far the first harmonic lies from 0 towards +t, within half a pitch.
  [[nodiscard]] double position() const;
  /// (max - min) / (max + min).
  [[nodiscard]] double contrast() const;
  /// Normalised log slope of equal lines at their nominal edge, positive where the image is bright in the space.
  [[nodiscard]] double nils() const;
};

/// Abbe's sum, term by term: nothing but the current term is held, so millions of source points are possible.
[[nodiscard]] GratingImage grating_image(const CoherentTerms& terms, double pitch_nm, const GratingSpectrum& spectrum,
                                         Axis axis = Axis::x);
[[nodiscard]] GratingImage grating_image(const Projection& projection, const std::vector<SourcePoint>& source,
                                         double pitch_nm, const GratingSpectrum& spectrum = equal_lines,
                                         Axis axis = Axis::x);

/// A uniform ring, or the part of it within `half_opening_rad` of the x axis on either side: a dipole.
struct RingShape {
  double inner = 0;
  double outer = 1;
  double half_opening_rad = std::numbers::pi / 2;
};

/// The integral over the source, exact to rounding, for a grating along x whose fields change with the source point
/// only where an order enters or leaves the pupil: scalar light in focus, no aberrations, no radiometric factor. Rows
/// of constant sy are cut where the edges of source and (shifted) pupils cross them, one point for each piece; sy runs
/// through Gauss rules between the heights at which the order of the cuts changes. Only orders up to `highest` matter.
[[nodiscard]] std::vector<SourcePoint> fitted_source(const RingShape& shape, const Projection& projection,
                                                     double pitch_nm, int highest = 1000);

}  // namespace anamorph
