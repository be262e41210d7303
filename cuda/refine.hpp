// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <map>

#include "cpp/backend/cubic.hpp"
#include "cuda/device.hpp"

namespace anamorph::cuda {

/// The taps of a factor, kept on the device from their first use on.
template <typename Number>
class CubicTaps {
 public:
  explicit CubicTaps(std::shared_ptr<Device> device) : device_(std::move(device)) {}

  const CubicTap<Number>* of(int factor) {
    const auto known = taps_.find(factor);
    if (known != taps_.end()) return known->second.get();
    std::vector<CubicTap<Number>> taps;
    for (int phase = 0; phase < factor; ++phase) taps.push_back(cubic_tap<Number>(phase, factor));
    return taps_.emplace(factor, Buffer<CubicTap<Number>>(*device_, taps)).first->second.get();
  }

 private:
  std::shared_ptr<Device> device_;
  std::map<int, Buffer<CubicTap<Number>>> taps_;
};

/// store(entry, y, x, inside, value) for the fine pixels of each row; all threads of a warp call it together, for 32
/// neighbours. A thread has a fine column over one coarse row: it refines five coarse rows along x there, then goes up.
template <typename Number, typename Real, typename Store>
__global__ void __launch_bounds__(kThreads)
    refine_kernel(const Real* in, int ny, int nx, int factor, const CubicTap<Number>* taps, Store store) {
  const int x = static_cast<int>(blockIdx.x * kThreads + threadIdx.x), y = static_cast<int>(blockIdx.y);
  const bool inside = x < nx * factor;
  const int column = inside ? x / factor : 0;
  const CubicTap<Number> tap = taps[inside ? x - column * factor : 0];
  int from[4];
  for (int k = 0; k < 4; ++k) from[k] = (column + tap.first + k + 2 * nx) % nx;
  Number across[5];
  for (int k = 0; k < 5; ++k) {
    const Real* const row = in + (static_cast<std::size_t>(blockIdx.z) * ny + (y - 2 + k + 2 * ny) % ny) * nx;
    across[k] = tap(static_cast<Number>(row[from[0]]), static_cast<Number>(row[from[1]]),
                    static_cast<Number>(row[from[2]]), static_cast<Number>(row[from[3]]));
  }
  for (int phase = 0; phase < factor; ++phase) {
    const CubicTap<Number> up = taps[phase];
    const Number value = up.first == -2 ? up(across[0], across[1], across[2], across[3])
                                        : up(across[1], across[2], across[3], across[4]);
    store(blockIdx.z, y * factor + phase, x, inside, value);
  }
}

/// Calls store for the pixels of x refined, in the precision of Number; `wide`, the pixels that are visited along a
/// row, may be more than there are.
template <typename Number, typename Real, typename Store>
void refine_rows(const Device& device, const Real* x, const Shape& shape, int factor, CubicTaps<Number>& taps, int wide,
                 const Store& store) {
  if (shape.batch == 0) return;
  device.launch(refine_kernel<Number, Real, Store>,
                dim3(static_cast<unsigned>((wide + kThreads - 1) / kThreads), static_cast<unsigned>(shape.ny),
                     static_cast<unsigned>(shape.batch)),
                dim3(kThreads), x, shape.ny, shape.nx, factor, taps.of(factor), store);
}

}  // namespace anamorph::cuda
