// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <cstddef>
#include <vector>

namespace anamorph {

/// Everything that a partially coherent image needs to know about the optics:
///
///     I(x) = sum_k  w_k | sum_f  H_k(f) M_g(k)(f) exp(+2 pi i f x) |^2
///
/// The frequencies are the bins f = (mx / period_x, my / period_y), |mx| <= extent_x, |my| <= extent_y, of a
/// periodic window; M(f) = (1/A) Int m(x) exp(-2 pi i f x) dx over one period, so that M(0) is the mean of the mask.
/// k runs over source points (Abbe), eigenpairs of the TCC (SOCS), polarisations, wavelengths: the sum does not mind.
struct CoherentStack {
  double period_x_nm = 0;
  double period_y_nm = 0;
  int extent_x = 0;
  int extent_y = 0;
  std::vector<double> weight;                  ///< w_k >= 0, [k]
  std::vector<std::complex<double>> transfer;  ///< H_k, [k][my + extent_y][mx + extent_x]
  std::vector<int> spectrum;                   ///< g(k), [k]; empty: every term uses mask spectrum 0

  [[nodiscard]] int terms() const noexcept { return static_cast<int>(weight.size()); }
  [[nodiscard]] int bins_x() const noexcept { return 2 * extent_x + 1; }
  [[nodiscard]] int bins_y() const noexcept { return 2 * extent_y + 1; }
  [[nodiscard]] std::size_t bins() const noexcept {
    return static_cast<std::size_t>(bins_x()) * static_cast<std::size_t>(bins_y());
  }
  /// Number of different mask spectra that the terms refer to (1 for a thin mask).
  [[nodiscard]] int spectra() const noexcept;
  /// Throws Error{recipe} unless sizes agree, weights are finite and not negative, and all numbers are finite.
  void validate() const;
  /// Intensity of an open mask (M = 1 at f = 0): sum_k w_k |H_k(0)|^2.
  [[nodiscard]] double clear_field() const noexcept;
};

}  // namespace anamorph
