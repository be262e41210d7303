// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <vector>

#include "cpp/backend/host_device.hpp"

// How a field that lies in shared memory is transformed in place, worked out on the host: a list of steps, each of
// which does the butterflies of one radix along one axis. An axis of length n = r1 r2 .. goes through decimation in
// frequency: with L = n, n / r1, .. and m = L / r the step replaces, in each run of L points and for each o < m, the
// points o + m q, q < r, by their transform of length r, times exp(2 pi i o c / L) for its output c. The outputs end in
// mixed-digit order, which needs no step to undo: FieldPlan::order says which point lies where, and an intensity is
// written, or read, once per block. The way back runs the transposed steps in the opposite order and ends in natural
// order. Both have exp(+2 pi i ..); the other sign is the same with real and imaginary parts exchanged.

namespace anamorph::cuda {

/// i / divisor for i divisor < 2^31, by a multiplication.
struct Divider {
  std::int32_t divisor = 1;
  std::uint32_t magic = 0;

  Divider() = default;
  explicit Divider(int by) : divisor(by), magic((std::uint32_t{1} << 31) / static_cast<std::uint32_t>(by) + 1) {}
  [[nodiscard]] ANAMORPH_HD int quotient(int i) const {
    return static_cast<int>(static_cast<std::uint64_t>(static_cast<std::uint32_t>(i)) * magic >> 31);
  }
};

/// The butterflies of one radix along all lines of an axis.
struct FieldStep {
  int radix, butterflies;  ///< butterflies of all lines together
  Divider by_lines;        ///< neighbouring threads take neighbouring lines
  Divider by_span;         ///< m
  int turns;               ///< n / L: roots exp(2 pi i k / n) are tabled, and turns apart
  int roots;               ///< where those of this axis begin
  int low, high;           ///< of a line only points <= low or >= high differ from zero, or are wanted
  int line, point;         ///< numbers from one line, or point, to the next
  int upper, gap;          ///< lines beyond `upper` begin `gap` lines later
};

struct FieldPlan {
  static constexpr int kMostSteps = 20;

  int ny = 1, nx = 1, ey = 0, ex = 0;
  int pitch = 1;  ///< odd, so that neither rows nor columns meet in one bank
  Divider by_width;
  int steps = 0;
  FieldStep step[kMostSteps] = {};  ///< first those along x, in rows that hold bins; the last is along y and has m = 1

  [[nodiscard]] ANAMORPH_HD int bins() const { return (2 * ey + 1) * (2 * ex + 1); }
  [[nodiscard]] ANAMORPH_HD int points() const { return ny * nx; }
  /// Complex numbers in shared memory: the field and the roots.
  [[nodiscard]] ANAMORPH_HD int numbers() const { return ny * pitch + nx + ny; }
};

/// Few, large radices, in ascending order. Empty: n has another prime factor than 2, 3 and 5.
inline std::vector<int> radices_of(int n) {
  int twos = 0, threes = 0, fives = 0;
  for (; n % 2 == 0; n /= 2) ++twos;
  for (; n % 3 == 0; n /= 3) ++threes;
  for (; n % 5 == 0; n /= 5) ++fives;
  if (n != 1) return {};
  std::vector<int> list;
  const auto add = [&](int radix, int count) { list.insert(list.end(), static_cast<std::size_t>(count), radix); };
  const int fours = twos % 3 == 2 ? 1 : twos % 3 == 1 && twos > 1 ? 2 : 0;  // 4 x 4 rather than 8 x 2
  add(2, twos == 1 ? 1 : 0);
  add(3, threes % 2);
  add(4, fours);
  add(5, fives);
  add(8, twos == 1 ? 0 : (twos - 2 * fours) / 3);
  add(9, threes / 2);
  if (list.empty()) list.push_back(1);
  return list;
}

/// Steps for fields of ny x nx points whose bins reach to ey and ex; none when a length has other prime factors.
inline std::optional<FieldPlan> field_plan(int ny, int nx, int ey, int ex) {
  FieldPlan plan;
  plan.ny = ny;
  plan.nx = nx;
  plan.ey = ey;
  plan.ex = ex;
  plan.pitch = nx | 1;
  plan.by_width = Divider(2 * ex + 1);
  for (const bool x : {true, false}) {
    const int n = x ? nx : ny, extent = x ? ex : ey, lines = x ? 2 * ey + 1 : nx;
    const std::vector<int> radices = radices_of(n);
    if (radices.empty() || plan.steps + static_cast<int>(radices.size()) > FieldPlan::kMostSteps) return std::nullopt;
    int length = n;
    for (const int radix : radices) {
      FieldStep& step = plan.step[plan.steps++];
      step = {.radix = radix,
              .butterflies = lines * (n / radix),
              .by_lines = Divider(lines),
              .by_span = Divider(length / radix),
              .turns = n / length,
              .roots = x ? 0 : nx,
              .low = length == n ? extent : n,
              .high = n - extent,
              .line = x ? plan.pitch : 1,
              .point = x ? 1 : plan.pitch,
              .upper = x ? ey : nx,
              .gap = x ? ny - lines : 0};
      length /= radix;
    }
  }
  return plan;
}

/// order[place] = index of the output that decimation in frequency leaves there.
inline std::vector<int> output_order(int n) {
  std::vector<int> order(static_cast<std::size_t>(n), 0);
  int length = n, scale = 1;
  for (const int radix : radices_of(n)) {
    const int span = length / radix;
    for (int place = 0; place < n; ++place) order[static_cast<std::size_t>(place)] += scale * (place % length / span);
    scale *= radix;
    length = span;
  }
  return order;
}

/// exp(2 pi i k / n) for k < n, interleaved; appended to `roots`.
inline void add_roots(int n, std::vector<double>& roots) {
  for (int k = 0; k < n; ++k) {
    const double angle = 2 * std::numbers::pi * k / n;
    roots.push_back(std::cos(angle));
    roots.push_back(std::sin(angle));
  }
}

}  // namespace anamorph::cuda
