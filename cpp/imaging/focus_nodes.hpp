// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

namespace anamorph {

/// Where a series through focus has to be imaged, and how the image of any focus between follows.
///
/// A wave at angle theta gains exp(i k z (cos theta - 1)) with the focus z, so that the intensity of a point, a sum of
/// products of two such waves, is band-limited in z as well: its angular frequencies lie within
/// +-kappa, kappa = k (1 - cos theta_max). By Bernstein's inequality its n-th derivative is at most kappa^n times its
/// largest value, and the polynomial through n Chebyshev nodes of [low, high] differs from it by no more than
///
///     2 (kappa (high - low) / 4)^n / n!
///
/// of that value: with ten nodes it is exact for all purposes, however many focus positions are asked for.
class FocusNodes {
 public:
  /// Chebyshev nodes, as many as bring that bound below `error`. A range without length has one node.
  /// Throws Error{recipe} unless low <= high, kappa >= 0, 0 < error < 1, all finite, and for a range that takes more
  /// than 200 nodes.
  FocusNodes(double low_nm, double high_nm, double kappa_per_nm, double error = 1e-7);

  [[nodiscard]] const std::vector<double>& focus_nm() const noexcept { return focus_nm_; }
  [[nodiscard]] double low_nm() const noexcept { return low_nm_; }
  [[nodiscard]] double high_nm() const noexcept { return high_nm_; }
  [[nodiscard]] double error() const noexcept { return error_; }  ///< the bound

  /// Weights of the nodes in the value at a focus of the range: I(z) = sum_n w_n I(z_n).
  [[nodiscard]] std::vector<double> weights(double focus_nm) const;

 private:
  double low_nm_, high_nm_;
  double error_ = 0;
  std::vector<double> focus_nm_;
  std::vector<double> barycentric_;
};

/// kappa of a lens: 2 pi n / wavelength (1 - sqrt(1 - (NA / n)^2)), 1/nm. Throws Error{recipe} unless 0 < NA < n.
[[nodiscard]] double focus_band_per_nm(double wavelength_nm, double na, double immersion_index);

}  // namespace anamorph
