// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/source.hpp"

#include <cmath>
#include <numbers>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

struct Node {
  double x = 0;  // in (0, 1)
  double weight = 0;
};

/// Gauss-Legendre rule on (0, 1): roots of P_n by Newton's method from the asymptotic estimate of Tricomi.
std::vector<Node> gauss_legendre(int n) {
  std::vector<Node> nodes(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    double x = std::cos(std::numbers::pi * (i + 0.75) / (n + 0.5));
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
    nodes[static_cast<std::size_t>(n - 1 - i)] = {(1 + x) / 2, 1 / ((1 - x * x) * derivative * derivative)};
  }
  return nodes;
}

void require(bool condition, const char* key, const char* range, double value) {
  if (!condition)
    throw Error(ErrorCode::recipe, "SRC-0001", std::string(key) + " = " + std::to_string(value) + ": " + range + " expected");
}

}  // namespace

Source annular_source(double sigma_inner, double sigma_outer, double step) {
  require(sigma_outer > 0 && sigma_outer <= 1, "sigma_outer", "more than 0, at most 1", sigma_outer);
  require(sigma_inner >= 0 && sigma_inner < sigma_outer, "sigma_inner", "at least 0, less than sigma_outer", sigma_inner);
  require(step >= 1e-4 && step <= 1, "step", "0.0001 to 1", step);

  const int rings = static_cast<int>(std::ceil((sigma_outer - sigma_inner) / step));
  Source source;
  source.pupil_fill = sigma_outer * sigma_outer - sigma_inner * sigma_inner;
  for (const auto& [t, weight] : gauss_legendre(rings)) {
    const double radius = std::sqrt(std::lerp(sigma_inner * sigma_inner, sigma_outer * sigma_outer, t));
    const int quarter = static_cast<int>(std::ceil(std::numbers::pi / 2 * radius / step));
    for (int j = 0; j < 4 * quarter; ++j) {
      const double angle = (j + 0.5) / quarter * std::numbers::pi / 2;
      source.points.push_back({radius * std::cos(angle), radius * std::sin(angle), weight / (4 * quarter)});
    }
  }
  return source;
}

Source disc_source(double sigma, double step) {
  require(sigma > 0 && sigma <= 1, "sigma", "more than 0, at most 1", sigma);
  return annular_source(0, sigma, step);
}

}  // namespace anamorph
