// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cuda/ceilings.hpp"

#include <limits>

#include "cuda/multiply.hpp"

namespace anamorph::cuda {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 30;  // beyond every cache
constexpr int kProduct = 4096;
constexpr int kTries = 5;
constexpr int kChains = 8;  // sums of a thread that do not wait for each other

/// kChains sequences x = a x + b of `steps` steps a thread; nothing but the last numbers goes to memory.
template <typename Real>
__global__ void __launch_bounds__(kThreads) multiply_add_kernel(int steps, Real a, Real b, Real* out) {
  Real x[kChains];
#pragma unroll
  for (int i = 0; i < kChains; ++i) x[i] = static_cast<Real>(threadIdx.x + i);
  for (int step = 0; step < steps; ++step) {
#pragma unroll
    for (int i = 0; i < kChains; ++i) x[i] = a * x[i] + b;
  }
  Real sum = 0;
#pragma unroll
  for (int i = 0; i < kChains; ++i) sum += x[i];
  out[static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x] = sum;
}

/// The shortest of a few runs; the first one only wakes the device.
double shortest_seconds(const Device& device, const std::function<void()>& work) {
  work();
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTries; ++i) least = std::min(least, device.seconds(work));
  return least;
}

}  // namespace

template <typename Real>
Ceilings measured_ceilings(const Device& device, const CeilingSizes& sizes) {
  Ceilings found;
  found.cache_bytes = device.cache_bytes();
  {
    const std::size_t bytes = sizes.copy_bytes > 0 ? sizes.copy_bytes : kCopyBytes;
    const Buffer<char> from(device, bytes), to(device, bytes);
    device.zero(from.get(), bytes);
    found.copy_bytes_per_s = 2.0 * static_cast<double>(bytes) /
                             shortest_seconds(device, [&] { device.copy(to.get(), from.get(), bytes); });
  }
  const int n = sizes.product > 0 ? sizes.product : kProduct;
  const std::size_t area = static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
  const Buffer<Real> a(device, area), b(device, area), c(device, area);
  for (Real* matrix : {a.get(), b.get()})
    device.each(area, [=] __device__(std::size_t i) { matrix[i] = Real(1) / static_cast<Real>(i % 7 + 1); });
  found.gemm_flops_per_s = 2.0 * n * n * n / shortest_seconds(device, [&] {
                             multiply<Real>(device, {1, n, n, n}, rows_of(a.get(), n), rows_of(b.get(), n),
                                            {c.get(), 0, n}, false);
                           });
  // Enough blocks to fill a device several times over, and long enough that their beginning and end do not count.
  const int blocks = 2 * n, steps = 4 * n;
  const Buffer<Real> sums(device, static_cast<std::size_t>(blocks) * kThreads);
  found.peak_flops_per_s = 2.0 * kChains * kThreads * blocks * steps / shortest_seconds(device, [&] {
                             device.launch(multiply_add_kernel<Real>, dim3(static_cast<unsigned>(blocks)),
                                           dim3(kThreads), steps, Real(0.5), Real(1), sums.get());
                           });
  return found;
}

template Ceilings measured_ceilings<float>(const Device&, const CeilingSizes&);
template Ceilings measured_ceilings<double>(const Device&, const CeilingSizes&);

}  // namespace anamorph::cuda
