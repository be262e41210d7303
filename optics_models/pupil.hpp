// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <vector>

#include "cpp/core/image.hpp"
#include "optics_models/zernike.hpp"

namespace anamorph {

/// What the lens does to a wave at the pupil coordinates p = n sin(theta) (cos phi, sin phi) / NA, |p| <= 1, beyond its
/// edge: P(p) = A(p) exp(+2 pi i W(p) / wavelength). Maps are sampled over the square [-1, 1]^2, [py][px], row 0 at the
/// lowest py; wavefront and Jones maps are bilinear between pixel centres, the outermost ones going on to the edge. In
/// the y direction of an anamorphic lens p is still the direction at the wafer, where the pupil is round.
struct Pupil {
  double obscuration = 0;             ///< radius ratio of a central obscuration; its rim belongs to the opening
  double apodisation = 0;             ///< amplitude exp(-apodisation |p|^2); negative brightens the edge
  Image<double> transmission;         ///< amplitude, 0 .. 1, of any shape; empty: 1. Read from the nearest pixel
  PupilPolynomial wavefront_nm = PupilPolynomial();  ///< W as a polynomial (Zernike terms)
  Image<double> wavefront_map_nm;     ///< added to W, e.g. measured; empty: none
  std::vector<Image<std::complex<double>>> jones;  ///< J_xx, J_xy, J_yx, J_yy; empty: the identity

  /// Throws Error{recipe}: obscuration outside 0 .. 0.99, transmission outside 0 .. 1, values that are not finite,
  /// Jones maps that are not four of one size.
  void validate() const;
  [[nodiscard]] double amplitude(double px, double py) const noexcept;
  [[nodiscard]] double wavefront(double px, double py) const noexcept;      ///< W, nm
  [[nodiscard]] double wavefront_map(double px, double py) const noexcept;  ///< its part from the map, nm
  /// Jones matrix (xx, xy, yx, yy) without A and W.
  void jones_at(double px, double py, std::complex<double> (&j)[4]) const noexcept;
};

}  // namespace anamorph
