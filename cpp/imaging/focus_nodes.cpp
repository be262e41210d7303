// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/imaging/focus_nodes.hpp"

#include <cmath>
#include <numbers>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {

using std::numbers::pi;

FocusNodes::FocusNodes(double low_nm, double high_nm, double kappa_per_nm, double error)
    : low_nm_(low_nm), high_nm_(high_nm) {
  if (!(low_nm <= high_nm) || !std::isfinite(low_nm) || !std::isfinite(high_nm))
    throw Error(ErrorCode::recipe, "FOC-0001", "a range of focus needs low <= high");
  if (!(kappa_per_nm >= 0) || !std::isfinite(kappa_per_nm) || !(error > 0) || !(error < 1))
    throw Error(ErrorCode::recipe, "FOC-0002", "focus nodes need a band of at least 0 and an error between 0 and 1");
  constexpr int most = 200;
  const double reach = kappa_per_nm * (high_nm - low_nm) / 4;
  int n = 1;
  double bound = 2 * reach;
  while (bound > error && n <= most) bound *= reach / ++n;
  if (n > most)
    throw Error(ErrorCode::recipe, "FOC-0003",
                "a focus range of " + std::to_string(high_nm - low_nm) + " nm is " +
                    std::to_string(4 * reach / (2 * pi)) +
                    " times the period of the sharpest fringe through focus; expected a smaller range");
  error_ = bound;
  const double centre = (low_nm + high_nm) / 2, half = (high_nm - low_nm) / 2;
  for (int i = 0; i < n; ++i) {
    const double angle = pi * (i + 0.5) / n;
    focus_nm_.push_back(n == 1 ? centre : centre - half * std::cos(angle));
    barycentric_.push_back((i % 2 == 0 ? 1 : -1) * std::sin(angle));
  }
}

std::vector<double> FocusNodes::weights(double focus_nm) const {
  const std::size_t n = focus_nm_.size();
  std::vector<double> w(n, 0);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double distance = focus_nm - focus_nm_[i];
    if (distance == 0) {
      w.assign(n, 0);
      w[i] = 1;
      return w;
    }
    sum += w[i] = barycentric_[i] / distance;
  }
  for (double& one : w) one /= sum;
  return w;
}

double focus_band_per_nm(double wavelength_nm, double na, double immersion_index) {
  const double sine = na / immersion_index;
  if (!(wavelength_nm > 0) || !(sine > 0) || !(sine < 1))
    throw Error(ErrorCode::recipe, "FOC-0004", "the band of focus needs a wavelength above 0 and 0 < NA < index");
  return 2 * pi * immersion_index / wavelength_nm * (1 - std::sqrt(1 - sine * sine));
}

}  // namespace anamorph
