// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

namespace anamorph {

/// One direction of illumination as seen at the wafer: direction cosines / NA, so that |s| = 1 is the pupil's edge. A
/// point at (sx, sy) moves the spectrum of the mask by +s NA / wavelength in the pupil.
struct SourcePoint {
  double sx = 0;
  double sy = 0;
  double weight = 0;
};

/// Quadrature of a uniform ring sigma_inner <= |s| <= sigma_outer; the weights sum to 1. Gauss-Legendre nodes in |s|^2,
/// where equal steps are equal areas, and on each ring equally spaced angles, symmetric under both mirrors and off the
/// axes. Neighbours are at most `step` apart along the rings and on average across them. What the pupil's edge cuts
/// converges like step^1.5, what it does not cut like a Gauss rule.
/// Throws Error{recipe} unless 0 <= sigma_inner < sigma_outer <= 1 and 0.0001 <= step <= 1.
[[nodiscard]] std::vector<SourcePoint> annular_source(double sigma_inner, double sigma_outer, double step);

/// The full disc |s| <= sigma: conventional illumination.
[[nodiscard]] std::vector<SourcePoint> disc_source(double sigma, double step);

}  // namespace anamorph
