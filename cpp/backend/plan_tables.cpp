// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/plan_tables.hpp"

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <stdexcept>

namespace anamorph {
namespace {

using Table = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// cos and sin of 2 pi m k / turn for m = 0 .. band, [k][2 m + (0 | 1)], k being one of `steps`.
Table waves(const std::vector<std::int64_t>& steps, std::int64_t turn, int band) {
  Table w(static_cast<Eigen::Index>(steps.size()), 2 * band + 2);
  for (std::size_t i = 0; i < steps.size(); ++i)
    for (int m = 0; m <= band; ++m) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(m * steps[i] % turn) / static_cast<double>(turn);
      w(static_cast<Eigen::Index>(i), 2 * m) = std::cos(angle);
      w(static_cast<Eigen::Index>(i), 2 * m + 1) = std::sin(angle);
    }
  return w;
}

}  // namespace

int good_length(int n) noexcept {
  for (int length = n < 1 ? 1 : n;; ++length) {
    int rest = length;
    for (const int prime : {2, 3, 5})
      while (rest % prime == 0) rest /= prime;
    if (rest == 1) return length;
  }
}

int field_length(int extent) noexcept { return good_length(4 * extent + 1); }

std::vector<double> fourier_basis(int n, int extent, MaskSamples samples) {
  const std::size_t columns = 2 * static_cast<std::size_t>(extent) + 1;
  std::vector<double> basis(static_cast<std::size_t>(n) * columns);
  for (int m = 0; m <= extent; ++m) {
    const double t = std::numbers::pi * m / n;
    const double weight = (samples == MaskSamples::squares && m > 0 ? std::sin(t) / t : 1.0) / n;
    for (int i = 0; i < n; ++i) {
      // The angle is reduced exactly before the trigonometry: (2i + 1) m mod 2n stays small.
      const auto turn = (static_cast<std::int64_t>(2 * i + 1) * m) % (2 * n);
      const double angle = std::numbers::pi * static_cast<double>(turn) / n;
      double* row = basis.data() + static_cast<std::size_t>(i) * columns;
      row[m] = weight * std::cos(angle);
      if (m > 0) row[extent + m] = weight * std::sin(angle);
    }
  }
  return basis;
}

/// A(i, j) = sum_m g_m cos(2 pi m (x_i - x_j)), as a product over m.
std::vector<double> interpolation_table(int in_n, int out_n, int band, double blur) {
  if (2 * band + 1 > in_n) throw std::logic_error("resample: the band does not fit the samples");
  std::vector<std::int64_t> in, out;
  for (int j = 0; j < in_n; ++j) in.push_back(j);
  for (int i = 0; i < out_n; ++i) out.push_back(2 * i + 1);
  Table coarse = waves(in, in_n, band);
  for (int m = 0; m <= band; ++m) {
    const double s = std::numbers::pi * blur * m;
    coarse.middleCols(2 * m, 2) *= (m == 0 ? 1.0 : 2.0) * std::exp(-2 * s * s) / in_n;
  }
  std::vector<double> table(static_cast<std::size_t>(out_n) * static_cast<std::size_t>(in_n));
  Eigen::Map<Table>(table.data(), out_n, in_n).noalias() =
      waves(out, std::int64_t{2} * out_n, band) * coarse.transpose();
  return table;
}

std::vector<double> gaussian_half_kernel(double sigma_px) {
  const int reach = sigma_px > 0 ? static_cast<int>(std::ceil(4.5 * sigma_px)) : 0;
  std::vector<double> kernel(static_cast<std::size_t>(reach) + 1, 1.0);
  double sum = 1;
  for (int k = 1; k <= reach; ++k) {
    kernel[static_cast<std::size_t>(k)] = std::exp(-0.5 * k * k / (sigma_px * sigma_px));
    sum += 2 * kernel[static_cast<std::size_t>(k)];
  }
  for (double& v : kernel) v /= sum;
  return kernel;
}

}  // namespace anamorph
