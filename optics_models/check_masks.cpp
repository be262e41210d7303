// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/check_masks.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <random>

#include "cpp/core/image.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;

Complex turn(double cycles) { return std::polar(1.0, 2 * std::numbers::pi * cycles); }

/// A mask of equal cells that fill the period.
Bitmap cells(const CoherentStack& frame, double cell_nm, const std::function<bool(int y, int x)>& open) {
  const auto count = [&](double period) { return std::max(1, static_cast<int>(std::lround(period / cell_nm))); };
  Bitmap mask(count(frame.period_y_nm), count(frame.period_x_nm));
  for (int y = 0; y < mask.ny(); ++y)
    for (int x = 0; x < mask.nx(); ++x) mask(y, x) = open(y, x) ? 1 : 0;
  return mask;
}

/// Fourier factors of n cells along one axis: [bin][cell].
Image<Complex> cell_waves(int extent, int n) {
  Image<Complex> waves(2 * extent + 1, n);
  for (int m = -extent; m <= extent; ++m) {
    const double t = std::numbers::pi * m / n;
    const double sinc = m == 0 ? 1 : std::sin(t) / t;
    for (int j = 0; j < n; ++j) waves(m + extent, j) = turn(-m * (j + 0.5) / n) * sinc / static_cast<double>(n);
  }
  return waves;
}

Image<Complex> spectrum(const Bitmap& mask, const CoherentStack& frame) {
  const Image<Complex> along_x = cell_waves(frame.extent_x, mask.nx()), along_y = cell_waves(frame.extent_y, mask.ny());
  Image<Complex> rows(mask.ny(), frame.bins_x()), result(frame.bins_y(), frame.bins_x());
  for (int y = 0; y < mask.ny(); ++y)
    for (int x = 0; x < mask.nx(); ++x)
      if (mask(y, x) != 0)
        for (int m = 0; m < frame.bins_x(); ++m) rows(y, m) += along_x(m, x);
  for (int k = 0; k < frame.bins_y(); ++k)
    for (int y = 0; y < mask.ny(); ++y)
      for (int m = 0; m < frame.bins_x(); ++m) result(k, m) += along_y(k, y) * rows(y, m);
  return result;
}

}  // namespace

/// The additive sequence of the plastic number, which is the even one in two dimensions.
EvenPoint even_point(int i) {
  return {std::fmod(0.5 + 0.7548776662466927 * i, 1), std::fmod(0.5 + 0.5698402909980532 * i, 1)};
}

std::vector<Complex> check_mask_waves(const CoherentStack& frame, double resolution_nm) {
  std::mt19937 random(7);
  const auto coin = [&](double share) { return static_cast<double>(random()) < share * 4294967295.0; };
  const double fine = 0.4 * resolution_nm;
  // A wire goes on with this probability from one cell to the next.
  std::vector<std::uint8_t> lit(4096, 1);
  const auto wire = [&](int across, int along) {
    std::uint8_t& state = lit[static_cast<std::size_t>(across) % lit.size()];
    if (along == 0 || coin(0.25)) state = coin(0.7) ? 1 : 0;
    return across % 2 == 0 && state != 0;
  };
  const Bitmap masks[check_masks] = {
      cells(frame, fine, [&](int, int) { return coin(0.5); }),
      cells(frame, fine, [&](int y, int x) { return wire(y, x); }),
      cells(frame, fine, [&](int y, int x) { return !wire(x, y); }),
      cells(frame, fine, [&](int y, int x) { return y % 2 == 0 && x % 2 == 0 && coin(0.6); }),
      cells(frame, 2 * fine, [&](int, int) { return coin(0.6); }),
  };
  std::vector<Complex> waves(frame.bins() * check_columns);
  for (std::size_t m = 0; m < check_masks; ++m) {
    const Image<Complex> known = spectrum(masks[m], frame);
    for (std::size_t p = 0; p < check_points; ++p) {
      const auto [u, v] = even_point(static_cast<int>(p));
      std::vector<Complex> along_x;
      for (int mx = -frame.extent_x; mx <= frame.extent_x; ++mx) along_x.push_back(turn(mx * u));
      std::size_t column = m * check_points + p;
      for (int my = -frame.extent_y; my <= frame.extent_y; ++my) {
        const Complex along_y = turn(my * v);
        for (int x = 0; x < frame.bins_x(); ++x, column += check_columns)
          waves[column] = known(my + frame.extent_y, x) * along_x[static_cast<std::size_t>(x)] * along_y;
      }
    }
  }
  return waves;
}

}  // namespace anamorph
