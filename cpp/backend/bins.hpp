// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>

#include "cpp/backend/host_device.hpp"

// Where the bins of a spectrum lie, written once for host and device. Bins run from -extent to +extent, y outside, x
// inside; `parts` are the products of a real mask with the bases of plan_tables.hpp, [2 ey + 1][2 ex + 1], whose first
// e + 1 rows (columns) belong to the cosines of y (x) and whose others to the sines.

namespace anamorph::bins {

template <typename Real>
struct Pair {
  Real re, im;
};

/// Place in a field in FFT order of the frequency m; m + n where m is negative.
ANAMORPH_HD inline int place(int m, int n) { return m < 0 ? m + n : m; }

/// The frequency at a place in a field in FFT order: the inverse of place() for |m| < n / 2.
ANAMORPH_HD inline int frequency(int at, int n) { return 2 * at > n ? at - n : at; }

/// M(my, mx) = int m exp(-2 pi i f x) = (cc - ss) - i (cs + sc), first letter for y.
template <typename Real>
ANAMORPH_HD inline Pair<Real> from_parts(const Real* parts, int ey, int ex, int my, int mx) {
  const int width = 2 * ex + 1, cy = my < 0 ? -my : my, cx = mx < 0 ? -mx : mx;
  const Real sign_y = my < 0 ? Real(-1) : Real(1), sign_x = mx < 0 ? Real(-1) : Real(1);
  const auto part = [&](int row, int column) { return parts[static_cast<std::ptrdiff_t>(row) * width + column]; };
  const Real cc = part(cy, cx);
  const Real cs = mx == 0 ? Real(0) : sign_x * part(cy, ex + cx);
  const Real sc = my == 0 ? Real(0) : sign_y * part(ey + cy, cx);
  const Real ss = mx == 0 || my == 0 ? Real(0) : sign_y * sign_x * part(ey + cy, ex + cx);
  return {cc - ss, -(cs + sc)};
}

/// The adjoint of from_parts, gathered: cotangent of parts[row][column] from those of all bins (interleaved pairs).
template <typename Real>
ANAMORPH_HD inline Real parts_bar(const Real* bins_bar, int ey, int ex, int row, int column) {
  const bool sine_y = row > ey, sine_x = column > ex;
  const int cy = sine_y ? row - ey : row, cx = sine_x ? column - ex : column, width = 2 * ex + 1;
  Real sum = 0;
  for (int sy = cy == 0 ? 1 : -1; sy <= 1; sy += 2) {
    for (int sx = cx == 0 ? 1 : -1; sx <= 1; sx += 2) {
      const Real* bar = bins_bar + 2 * (static_cast<std::ptrdiff_t>(sy * cy + ey) * width + sx * cx + ex);
      const Real sign = static_cast<Real>((sine_y ? sy : 1) * (sine_x ? sx : 1));
      // cos cos: +re, sin sin: -re, mixed: -im
      sum += sine_y != sine_x ? -sign * bar[1] : sine_y ? -sign * bar[0] : bar[0];
    }
  }
  return sum;
}

}  // namespace anamorph::bins
