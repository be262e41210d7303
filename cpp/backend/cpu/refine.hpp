// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <algorithm>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/backend/cubic.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::cpu {

/// Calls visit(entry, y, row) for every row of x refined in the precision of Number; rows come in any order, on several
/// threads, and end with the call.
template <typename Number, typename Real, typename Visit>
void refined_rows(const Real* x, const Shape& shape, int factor, int threads, const Visit& visit) {
  constexpr int kRows = 32;  // coarse rows of a task; four more are refined along x
  std::vector<CubicTap<Number>> taps;
  for (int phase = 0; phase < factor; ++phase) taps.push_back(cubic_tap<Number>(phase, factor));
  const int ny = shape.ny, nx = shape.nx, wide = nx * factor, tasks = (ny + kRows - 1) / kRows;
  parallel_for(shape.batch * tasks, threads, [&](int task) {
    const int entry = task / tasks, begin = task % tasks * kRows, end = std::min(ny, begin + kRows);
    const Real* const in = x + static_cast<std::ptrdiff_t>(entry) * ny * nx;
    std::vector<Number> padded(static_cast<std::size_t>(nx) + 4), row(static_cast<std::size_t>(wide));
    std::vector<Number> across(static_cast<std::size_t>(end - begin + 4) * static_cast<std::size_t>(wide));
    const auto line = [&](int coarse) {  // refined along x
      return across.data() + static_cast<std::ptrdiff_t>(coarse - begin + 2) * wide;
    };
    for (int y = begin - 2; y < end + 2; ++y) {
      const Real* const source = in + static_cast<std::ptrdiff_t>((y % ny + ny) % ny) * nx;
      for (int i = 0; i < 2; ++i)
        padded[static_cast<std::size_t>(i)] = static_cast<Number>(source[((i - 2) % nx + nx) % nx]);
      std::transform(source, source + nx, padded.begin() + 2, [](Real v) { return static_cast<Number>(v); });
      for (int i = 0; i < 2; ++i) padded[static_cast<std::size_t>(nx + 2 + i)] = static_cast<Number>(source[i % nx]);
      for (int phase = 0; phase < factor; ++phase) {
        const CubicTap<Number> tap = taps[static_cast<std::size_t>(phase)];
        const Number* const a = padded.data() + 2 + tap.first;
        Number* const out = line(y) + phase;
        for (int i = 0; i < nx; ++i) out[i * factor] = tap(a[i], a[i + 1], a[i + 2], a[i + 3]);
      }
    }
    for (int y = begin; y < end; ++y)
      for (int phase = 0; phase < factor; ++phase) {
        const CubicTap<Number> tap = taps[static_cast<std::size_t>(phase)];
        const Number *const a = line(y + tap.first), *const b = a + wide, *const c = b + wide, *const d = c + wide;
        Number* const out = row.data();
        for (int i = 0; i < wide; ++i) out[i] = tap(a[i], b[i], c[i], d[i]);
        visit(entry, y * factor + phase, static_cast<const Number*>(out));
      }
  });
}

}  // namespace anamorph::cpu
