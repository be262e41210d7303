// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/backend/backend.hpp"

// Sizes and matrices that every backend computes in the same way: once per plan, on the host, in double.

namespace anamorph {

/// The smallest length >= n whose only prime factors are 2, 3 and 5.
[[nodiscard]] int good_length(int n) noexcept;

/// Points of a field along an axis whose spectrum reaches `extent` bins: the intensity reaches twice as far, and
/// 4 extent + 1 points hold it without aliasing.
[[nodiscard]] int field_length(int extent) noexcept;

/// Real Fourier basis of one axis, [n][2 extent + 1], with the sample weight 1/n and the pixel's sinc folded in:
/// column 0 is 1, columns 1..e cos(2 pi m x / L), columns e+1..2e sin(2 pi m x / L), at x = (i + 1/2) L / n.
[[nodiscard]] std::vector<double> fourier_basis(int n, int extent, MaskSamples samples);

/// Matrix [out_n][in_n] that takes samples of a band-limited periodic function at j L / in_n to its values at
/// (i + 1/2) L / out_n:  A(i, j) = (1/in_n) sum_{|m| <= band} g(m) cos(2 pi m (x_i - x_j) / L), where g is the
/// transfer exp(-2 pi^2 blur^2 m^2) of a Gaussian blur whose standard deviation is `blur` periods.
[[nodiscard]] std::vector<double> interpolation_table(int in_n, int out_n, int band, double blur);

/// interpolation_table as the product of a sparse matrix with `taps` numbers a row and a small dense one: first to
/// mid_n samples, at least twice as many as the band needs, from there to each output point from its neighbours,
///   out(i) = sum_t weight(i, t) mid((first(i) + t) mod mid_n).
/// The weights are those of a Kaiser-Bessel window, by whose transform the dense matrix is divided, as in non-uniform
/// Fourier transforms (Barnett, Magland and af Klinteberg, SIAM J. Sci. Comput. 41, C479, 2019, compare the windows and
/// their errors). An output value differs by less than 10^(2 - taps) of the largest input, plus rounding. Where the
/// output has no more points than the middle would have, the middle is the output, with one tap of 1.
struct LocalInterpolation {
  int mid_n = 0;
  int taps = 0;                ///< as asked for, or 1
  std::vector<double> dense;   ///< [mid_n][in_n]; holds the blur
  std::vector<int> first;      ///< [out_n], never descending; may be below 0
  std::vector<double> weight;  ///< [out_n][taps]
};

[[nodiscard]] LocalInterpolation local_interpolation(int in_n, int out_n, int band, double blur, int taps);

/// Taps whose error is near the rounding of a sum in float, or in double.
[[nodiscard]] constexpr int interpolation_taps(bool in_double) noexcept { return in_double ? 16 : 8; }

/// Half of a sampled, normalised Gaussian, centre first, cut where it is below the precision that matters
/// (4.5 sigma: 4e-5).
[[nodiscard]] std::vector<double> gaussian_half_kernel(double sigma_px);

}  // namespace anamorph
