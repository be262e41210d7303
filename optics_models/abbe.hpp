// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/backend/coherent_stack.hpp"
#include "optics_models/source.hpp"

namespace anamorph {

/// A scalar projection system without aberrations.
struct ScalarOptics {
  double wavelength_nm = 13.5;   ///< in vacuum
  double na = 0.33;
  double immersion_index = 1;    ///< of the medium above the wafer
  double focus_nm = 0;           ///< positive: the wafer moves away from the lens
  bool radiometric = false;      ///< amplitude factor sqrt(cos theta_object / cos theta_image)
  double magnification = 4;      ///< of the mask; matters for the radiometric factor only
};

/// Abbe's sum, one term per source point: the circular pupil as seen from that point,
///     H_s(f) = P(f + s NA / wavelength),  P(g) = exp(i k z (cos theta - 1)) R,  |g| <= NA / wavelength,
/// with k = 2 pi n / wavelength, z the focus and sin theta = |g| wavelength / n in the medium: the phase is exact at any
/// angle. R is the radiometric factor. The pupil's edge is hard and belongs to the pupil. Normalised to a clear field of 1.
///
/// Sign: fields go with exp(+2 pi i f x - i omega t), so a wave gains exp(+i k z cos theta) on the way to a wafer that is
/// z farther away. A pattern lit from s (waves that travel towards +s) then moves to +s with growing z.
///
/// Throws Error{recipe} naming the parameter and its range.
[[nodiscard]] CoherentStack abbe_stack(const ScalarOptics& optics, const std::vector<SourcePoint>& source,
                                       double period_x_nm, double period_y_nm);

}  // namespace anamorph
