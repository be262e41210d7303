// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/refine.hpp"

#include <array>
#include <vector>

namespace anamorph {
namespace {

/// Where fine pixel `phase` of a coarse pixel takes its four samples, relative to the coarse pixel, and their weights.
struct Tap {
  int first;
  std::array<float, 4> weight;
};

std::vector<Tap> taps(int factor) {
  std::vector<Tap> result;
  for (int phase = 0; phase < factor; ++phase) {
    const double offset = (phase + 0.5) / factor - 0.5;
    const double t = offset < 0 ? offset + 1 : offset;
    const auto w = [](double v) { return static_cast<float>(v); };
    result.push_back({offset < 0 ? -2 : -1,
                      {w(((-0.5 * t + 1.0) * t - 0.5) * t), w((1.5 * t - 2.5) * t * t + 1),
                       w(((-1.5 * t + 2.0) * t + 0.5) * t), w((0.5 * t - 0.5) * t * t)}});
  }
  return result;
}

/// Calls visit(y, row) for every fine row in order.
template <typename Visit>
void refined_rows(const Image<double>& coarse, int factor, const Visit& visit) {
  const std::vector<Tap> tap = taps(factor);
  const int ny = coarse.ny(), nx = coarse.nx(), wide = nx * factor;
  Image<float> across(ny, wide);  // refined along x only
  for (int y = 0; y < ny; ++y) {
    const double* in = coarse.row(y);
    for (int x = 0; x < nx; ++x) {
      for (int phase = 0; phase < factor; ++phase) {
        const Tap& t = tap[static_cast<std::size_t>(phase)];
        float sum = 0;
        for (int k = 0; k < 4; ++k)
          sum += t.weight[static_cast<std::size_t>(k)] * static_cast<float>(in[(x + t.first + k + nx) % nx]);
        across(y, x * factor + phase) = sum;
      }
    }
  }
  std::vector<float> row(static_cast<std::size_t>(wide));
  for (int y = 0; y < ny * factor; ++y) {
    const Tap& t = tap[static_cast<std::size_t>(y % factor)];
    std::array<const float*, 4> in{};
    for (int k = 0; k < 4; ++k) in[static_cast<std::size_t>(k)] = across.row((y / factor + t.first + k + ny) % ny);
    for (int x = 0; x < wide; ++x)
      row[static_cast<std::size_t>(x)] =
          t.weight[0] * in[0][x] + t.weight[1] * in[1][x] + t.weight[2] * in[2][x] + t.weight[3] * in[3][x];
    visit(y, row);
  }
}

}  // namespace

Image<double> refine(const Image<double>& coarse, int factor) {
  Image<double> fine(coarse.ny() * factor, coarse.nx() * factor);
  refined_rows(coarse, factor,
               [&](int y, const std::vector<float>& row) { std::copy(row.begin(), row.end(), fine.row(y)); });
  return fine;
}

Bitmap refine_positive(const Image<double>& coarse, int factor) {
  Bitmap fine(coarse.ny() * factor, coarse.nx() * factor);
  refined_rows(coarse, factor, [&](int y, const std::vector<float>& row) {
    std::uint8_t* out = fine.row(y);
    for (std::size_t x = 0; x < row.size(); ++x) out[x] = row[x] > 0 ? 1 : 0;
  });
  return fine;
}

}  // namespace anamorph
