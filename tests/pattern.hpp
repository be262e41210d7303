// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cmath>
#include <complex>
#include <cstddef>
#include <numbers>
#include <vector>

#include "cpp/backend/coherent_stack.hpp"

namespace anamorph {

/// An opening in an opaque mask.
struct Opening {
  double x = 0, y = 0;  ///< centre
  double width = 0, height = 0;
};

/// Spectrum of openings on the bins of a stack.
[[nodiscard]] inline std::vector<std::complex<double>> openings_spectrum(const CoherentStack& stack,
                                                                         const std::vector<Opening>& openings) {
  using std::numbers::pi;
  const auto sinc = [](double t) { return t == 0 ? 1 : std::sin(pi * t) / (pi * t); };
  std::vector<std::complex<double>> spectrum;
  for (int my = -stack.extent_y; my <= stack.extent_y; ++my)
    for (int mx = -stack.extent_x; mx <= stack.extent_x; ++mx) {
      const double fx = mx / stack.period_x_nm, fy = my / stack.period_y_nm;
      std::complex<double> sum = 0;
      for (const Opening& o : openings)
        sum += o.width * sinc(fx * o.width) * o.height * sinc(fy * o.height) *
               std::polar(1.0, -2 * pi * (fx * o.x + fy * o.y));
      spectrum.push_back(sum / (stack.period_x_nm * stack.period_y_nm));
    }
  return spectrum;
}

/// The image at a point, by its definition.
[[nodiscard]] inline double intensity(const CoherentStack& stack, const std::vector<std::complex<double>>& spectrum,
                                      double x_nm, double y_nm) {
  double sum = 0;
  for (int k = 0; k < stack.terms(); ++k) {
    std::complex<double> field = 0;
    std::size_t bin = 0;
    for (int my = -stack.extent_y; my <= stack.extent_y; ++my)
      for (int mx = -stack.extent_x; mx <= stack.extent_x; ++mx, ++bin)
        field +=
            stack.transfer[static_cast<std::size_t>(k) * stack.bins() + bin] * spectrum[bin] *
            std::polar(1.0, 2 * std::numbers::pi * (mx * x_nm / stack.period_x_nm + my * y_nm / stack.period_y_nm));
    sum += stack.weight[static_cast<std::size_t>(k)] * std::norm(field);
  }
  return sum;
}

}  // namespace anamorph
