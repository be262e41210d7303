// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/level_set.hpp"

#include <algorithm>
#include <cmath>

namespace anamorph {

Image<double> redistanced(const Image<double>& phi, int steps) {
  constexpr double kTimeStep = 0.5;  // pixels; stable for the upwind scheme
  const int ny = phi.ny(), nx = phi.nx();
  const double limit = steps * kTimeStep;
  Image<double> distance = phi, next = phi;
  for (int step = 0; step < steps; ++step) {
    for (int y = 0; y < ny; ++y) {
      const double* centre = distance.row(y);
      const double *below = distance.row((y + ny - 1) % ny), *above = distance.row((y + 1) % ny);
      for (int x = 0; x < nx; ++x) {
        const double c = centre[x];
        const double left = c - centre[x == 0 ? nx - 1 : x - 1], right = centre[x + 1 == nx ? 0 : x + 1] - c;
        const double down = c - below[x], up = above[x] - c;
        const double sign = phi(y, x) / std::sqrt(phi(y, x) * phi(y, x) + 1);
        const auto upwind = [&](double back, double front) {
          const double a = std::max(sign > 0 ? back : -back, 0.0), b = std::max(sign > 0 ? -front : front, 0.0);
          return std::max(a * a, b * b);
        };
        next(y, x) = c + kTimeStep * sign * (1 - std::sqrt(upwind(left, right) + upwind(down, up)));
      }
    }
    std::swap(distance, next);
  }
  for (double& d : distance) d = std::clamp(d, -limit, limit);
  return distance;
}

}  // namespace anamorph
