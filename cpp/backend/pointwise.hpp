// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "cpp/backend/host_device.hpp"

// The pointwise formulas of the toolkit, written once for host and device. They hold no branch that a vector unit
// could not take, so that the CPU loops over them become SIMD code.

namespace anamorph::pointwise {

/// exp(x) for |x| <= 80 (float) or 700 (double); arguments beyond are clamped, NaN stays NaN.
/// Range reduction by powers of two and a Taylor polynomial on |r| <= ln(2)/2; relative error below 2 epsilon.
ANAMORPH_HD inline float exponential(float x) {
  x = x > 80.0F ? 80.0F : x;
  x = x < -80.0F ? -80.0F : x;
  const float shift = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer held in the low bits
  const float shifted = x * 1.44269504F + shift;
  const float n = shifted - shift;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.0F / 5040;
  p = p * r + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const auto bits = (std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(shift) + 127) << 23;
  return p * std::bit_cast<float>(bits);
}

ANAMORPH_HD inline double exponential(double x) {
  x = x > 700.0 ? 700.0 : x;
  x = x < -700.0 ? -700.0 : x;
  const double shift = 6755399441055744.0;  // 1.5 * 2^52
  const double shifted = x * 1.4426950408889634 + shift;
  const double n = shifted - shift;
  const double r = (x - n * 6.93147180369123816490e-01) - n * 1.90821492927058770002e-10;
  double p = 1.0 / 87178291200;
  p = p * r + 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const auto bits = (std::bit_cast<std::int64_t>(shifted) - std::bit_cast<std::int64_t>(shift) + 1023) << 52;
  return p * std::bit_cast<double>(bits);
}

/// Logistic function 1 / (1 + exp(-x)).
template <typename Real>
ANAMORPH_HD inline Real logistic(Real x) {
  return Real(1) / (Real(1) + exponential(-x));
}

/// d logistic / dx, written with the value y = logistic(x).
template <typename Real>
ANAMORPH_HD inline Real logistic_slope(Real y) {
  return y * (Real(1) - y);
}

/// One step of Adam (Kingma and Ba, ICLR 2015, algorithm 1); `rate` and `scale` carry its bias corrections:
/// rate = step / (1 - decay1^t), scale = 1 / (1 - decay2^t).
template <typename Real>
ANAMORPH_HD inline void adam(Real gradient, Real decay1, Real decay2, Real rate, Real scale, Real floor, Real& m,
                             Real& v, Real& x) {
  m = decay1 * m + (Real(1) - decay1) * gradient;
  v = decay2 * v + (Real(1) - decay2) * gradient * gradient;
  x -= rate * m / (std::sqrt(v * scale) + floor);
}

/// Factors of the print objective that are the same for every pixel: weights (PrintLossWeights) times the signed
/// steepness, and the dose of the nominal corner.
template <typename Real>
struct PrintFactors {
  Real fidelity, sites, background, pvband, nominal_dose;
};

/// One pixel of the print objective: its unweighted terms, and the derivatives of the weighted sum with respect to the
/// intensity in the nominal corner, in the one that prints most, and (to be subtracted) in the one that prints least.
template <typename Real>
struct PrintPixel {
  Real fidelity, sites, background, pvband;
  Real nominal_bar, most_bar, least_bar;
};

/// How much prints at an argument u of the resist.
struct SmoothPrint {
  template <typename Real>
  ANAMORPH_HD Real operator()(Real u) const {
    return logistic(u);
  }
};

/// The limit of infinite steepness: the bright part prints from the threshold on, the dark part strictly below it.
struct StepPrint {
  bool bright;

  template <typename Real>
  ANAMORPH_HD Real operator()(Real u) const {
    return u > Real(0) || (bright && u == Real(0)) ? Real(1) : Real(0);
  }
};

/// The arguments u of the resist are given already multiplied by the steepness (of a step: by 1 or -1), the doses are
/// those of their corners. The derivatives of a step are 0 and of no use.
template <typename Print, typename Real>
ANAMORPH_HD inline PrintPixel<Real> print_pixel(const Print& print, const PrintFactors<Real>& w, Real nominal,
                                                Real most, Real most_dose, Real least, Real least_dose, Real target,
                                                Real site, Real dark) {
  const Real z = print(nominal), z_most = print(most), z_least = print(least);
  const Real d = z - target, band = z_most - z_least, misfit = d * d;
  const Real slope = 2 * w.pvband * band, push = 2 * w.background * dark * z_most;
  return {misfit,
          site * misfit,
          dark * z_most * z_most,
          band * band,
          2 * (w.fidelity + w.sites * site) * w.nominal_dose * d * logistic_slope(z),
          (slope + push) * most_dose * logistic_slope(z_most),
          slope * least_dose * logistic_slope(z_least)};
}

}  // namespace anamorph::pointwise
