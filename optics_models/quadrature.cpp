// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/quadrature.hpp"

#include <cmath>
#include <numbers>

namespace anamorph {

std::vector<QuadratureNode> gauss_legendre(int n) {
  std::vector<QuadratureNode> nodes(static_cast<std::size_t>(n));
  for (int i = 0; i < (n + 1) / 2; ++i) {
    double x = std::cos(std::numbers::pi * (i + 0.75) / (n + 0.5));  // estimate of Tricomi; then Newton's method on P_n
    double derivative = 1;
    for (int iteration = 0; iteration < 100; ++iteration) {
      double p = 1;
      double previous = 0;
      for (int k = 1; k <= n; ++k) {
        const double next = ((2 * k - 1) * x * p - (k - 1) * previous) / k;
        previous = p;
        p = next;
      }
      derivative = n * (x * p - previous) / (x * x - 1);
      const double step = p / derivative;
      x -= step;
      if (std::abs(step) < 1e-15) break;
    }
    const double weight = 1 / ((1 - x * x) * derivative * derivative);
    nodes[static_cast<std::size_t>(i)] = {(1 - x) / 2, weight};
    nodes[static_cast<std::size_t>(n - 1 - i)] = {(1 + x) / 2, weight};
  }
  return nodes;
}

}  // namespace anamorph
