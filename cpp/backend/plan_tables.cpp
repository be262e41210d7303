// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/plan_tables.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
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

/// Modified Bessel function of the first kind, order 0, by its power series, whose terms are all positive.
double bessel_i0(double x) {
  double term = 1, sum = 1;
  for (int k = 1; term > 1e-18 * sum; ++k) {
    term *= x * x / (4.0 * k * k);
    sum += term;
  }
  return sum;
}

/// Kaiser-Bessel window of `width` samples, I0(beta sqrt(1 - (2 x / width)^2)) / I0(beta), for spectra that reach the
/// fraction `highest` of the sampling frequency. Beta puts the end of the window's main lobe where the nearest image of
/// the band begins.
struct Window {
  int width;
  double beta;

  Window(int taps, double highest) : width(taps), beta(std::numbers::pi * taps * (1 - highest)) {}

  /// At x samples from the centre.
  [[nodiscard]] double operator()(double x) const {
    const double z = 2 * x / width;
    return z * z < 1 ? bessel_i0(beta * std::sqrt(1 - z * z)) / bessel_i0(beta) : z * z == 1 ? 1 / bessel_i0(beta) : 0;
  }

  /// Its Fourier transform at a frequency in the band, in cycles per sample.
  [[nodiscard]] double transform(double frequency) const {
    const double t = std::numbers::pi * width * frequency, root = std::sqrt(beta * beta - t * t);
    return width * std::sinh(root) / (root * bessel_i0(beta));
  }
};

/// A(i, j) = sum_m gain(m) cos(2 pi m (out_i - in_j)), out_i and in_j in turns, as a product over m.
std::vector<double> trigonometric_table(const Table& out, const Table& in, const std::vector<double>& gain) {
  Table scaled = in;
  for (std::size_t m = 0; m < gain.size(); ++m)
    scaled.middleCols(2 * static_cast<Eigen::Index>(m), 2) *=
        (m == 0 ? 1.0 : 2.0) * gain[m] / static_cast<double>(in.rows());
  std::vector<double> table(static_cast<std::size_t>(out.rows() * in.rows()));
  Eigen::Map<Table>(table.data(), out.rows(), in.rows()).noalias() = out * scaled.transpose();
  return table;
}

/// Waves at j / n and at (i + 1/2) / n of the period.
Table waves_at_points(int n, int band) {
  std::vector<std::int64_t> steps(static_cast<std::size_t>(n));
  std::iota(steps.begin(), steps.end(), 0);
  return waves(steps, n, band);
}
Table waves_at_centres(int n, int band) {
  std::vector<std::int64_t> steps;
  for (int i = 0; i < n; ++i) steps.push_back(2 * i + 1);
  return waves(steps, std::int64_t{2} * n, band);
}

/// Transfer of a Gaussian blur in the bins 0 .. band.
std::vector<double> blur_transfer(int band, double blur) {
  std::vector<double> gain;
  for (int m = 0; m <= band; ++m) {
    const double s = std::numbers::pi * blur * m;
    gain.push_back(std::exp(-2 * s * s));
  }
  return gain;
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

std::vector<double> interpolation_table(int in_n, int out_n, int band, double blur) {
  if (2 * band + 1 > in_n) throw std::logic_error("resample: the band does not fit the samples");
  return trigonometric_table(waves_at_centres(out_n, band), waves_at_points(in_n, band), blur_transfer(band, blur));
}

LocalInterpolation local_interpolation(int in_n, int out_n, int band, double blur, int taps) {
  const int mid_n = good_length(2 * (2 * band + 1));
  LocalInterpolation result{.mid_n = mid_n, .taps = taps, .dense = {}, .first = {}, .weight = {}};
  if (mid_n >= out_n) {
    result = {out_n, 1, interpolation_table(in_n, out_n, band, blur), std::vector<int>(static_cast<std::size_t>(out_n)),
              std::vector<double>(static_cast<std::size_t>(out_n), 1.0)};
    std::iota(result.first.begin(), result.first.end(), 0);
    return result;
  }
  if (2 * band + 1 > in_n) throw std::logic_error("resample: the band does not fit the samples");
  const Window window(taps, static_cast<double>(band) / mid_n);
  std::vector<double> gain = blur_transfer(band, blur);
  for (int m = 0; m <= band; ++m) gain[static_cast<std::size_t>(m)] /= window.transform(static_cast<double>(m) / mid_n);
  result.dense = trigonometric_table(waves_at_points(mid_n, band), waves_at_points(in_n, band), gain);
  for (int i = 0; i < out_n; ++i) {
    const double at = (i + 0.5) * mid_n / out_n;
    const int first = static_cast<int>(std::ceil(at - 0.5 * taps));
    result.first.push_back(first);
    for (int t = 0; t < taps; ++t) result.weight.push_back(window(first + t - at));
  }
  return result;
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
