// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cmath>

#include "cpp/backend/host_device.hpp"

// Cubic interpolation (Catmull-Rom) from pixel centres to the centres of pixels that are `factor` times as fine.

namespace anamorph {

/// Where a fine pixel takes its four samples, relative to the coarse pixel that holds it, and their weights.
template <typename Real>
struct CubicTap {
  int first;
  Real weight[4];

  /// The multiply-adds are fused by name, not by the compiler's leave, so that every machine comes to the same bits.
  ANAMORPH_HD Real operator()(Real a, Real b, Real c, Real d) const {
    return std::fma(weight[3], d, std::fma(weight[2], c, std::fma(weight[1], b, weight[0] * a)));
  }
};

/// The tap of fine pixel `phase` of the `factor` in a coarse pixel; for the host, which has the weights rounded once.
template <typename Real>
CubicTap<Real> cubic_tap(int phase, int factor) {
  const double offset = (phase + 0.5) / factor - 0.5;
  const double t = offset < 0 ? offset + 1 : offset;
  const auto w = [](double v) { return static_cast<Real>(v); };
  return {offset < 0 ? -2 : -1,
          {w(((-0.5 * t + 1.0) * t - 0.5) * t), w((1.5 * t - 2.5) * t * t + 1), w(((-1.5 * t + 2.0) * t + 0.5) * t),
           w((0.5 * t - 0.5) * t * t)}};
}

}  // namespace anamorph
