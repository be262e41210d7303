// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cuda/gaussian.hpp"

// A pass along each axis. A block takes kLanes lines and kRun places of each into shared memory, with a margin of the
// kernel's reach at both ends; a thread computes kEach neighbouring places of one line, holding as many weights in
// registers, so that a sample that is read once serves kEach sums. The bytes: each pass reads and writes the array once
// (and the margins, 2 reach / kRun of it, mostly from the cache); the flops: 2 (2 reach + 1) a number and pass.

namespace anamorph::cuda {
namespace {

constexpr int kLanes = 32;  // a warp: neighbouring threads read neighbouring lines
constexpr int kEach = 8;
constexpr int kRun = kThreads / kLanes * kEach;
constexpr int kPitch = kLanes + 1;  // keeps writes along a line off each other's memory banks
constexpr unsigned kMostPlanes = 65535;  // limit of gridDim.z

__device__ int wrapped(int i, int n) { return i < 0 ? i + n : i >= n ? i - n : i; }

/// Along y (columns are the lines) or along x (rows are): blockIdx.x counts lanes, blockIdx.y runs, blockIdx.z planes.
template <typename Real, bool kAlongX>
__global__ void __launch_bounds__(kThreads)
    blur_kernel(const Real* in, int planes, int ny, int nx, const Real* half, int reach, Real* out) {
  const int length = kAlongX ? nx : ny, lines = kAlongX ? ny : nx;
  const int first_line = static_cast<int>(blockIdx.x) * kLanes, first = static_cast<int>(blockIdx.y) * kRun;
  const int padded = kRun + 2 * reach, thread = static_cast<int>(threadIdx.x);
  Real* tile = dynamic_shared<Real>();            // [padded][kPitch]
  Real* weight = tile + padded * kPitch;          // [2 reach + 2 kEach]: zeros on both sides
  const int weights = 2 * reach + 2 * kEach;
  for (int i = thread; i < weights; i += kThreads) {
    const int k = i - (kEach - 1) - reach, distance = k < 0 ? -k : k;
    weight[i] = distance <= reach ? half[distance] : Real(0);
  }
  const auto place = [=](int line, int at) {
    return kAlongX ? static_cast<std::ptrdiff_t>(line) * nx + at : static_cast<std::ptrdiff_t>(at) * nx + line;
  };
  for (int plane = static_cast<int>(blockIdx.z); plane < planes; plane += static_cast<int>(gridDim.z)) {
    const Real* from = in + static_cast<std::ptrdiff_t>(plane) * ny * nx;
    Real* to = out + static_cast<std::ptrdiff_t>(plane) * ny * nx;
    for (int i = thread; i < padded * kLanes; i += kThreads) {  // neighbouring threads: neighbouring addresses
      const int along = kAlongX ? i % padded : i / kLanes, lane = kAlongX ? i / padded : i % kLanes;
      // A run may end beyond its line: what no output needs may be anything.
      const int most = length + reach - 1, wanted = first + along - reach;
      const int at = wrapped(wanted < most ? wanted : most, length), line = first_line + lane;
      tile[along * kPitch + lane] = line < lines ? from[place(line, at)] : Real(0);
    }
    __syncthreads();
    const int lane = thread % kLanes, start = thread / kLanes * kEach;
    Real sum[kEach] = {}, w[kEach];
    // Sample j serves output o with the weight of the distance j - o - reach.
#pragma unroll
    for (int o = 0; o < kEach; ++o) w[o] = weight[kEach - 1 - o];
    for (int j = 0; j < kEach + 2 * reach; ++j) {
      const Real sample = tile[(start + j) * kPitch + lane];
#pragma unroll
      for (int o = 0; o < kEach; ++o) sum[o] += w[o] * sample;
#pragma unroll
      for (int o = kEach - 1; o > 0; --o) w[o] = w[o - 1];
      w[0] = weight[kEach + j];
    }
    __syncthreads();
    if (kAlongX) {  // back through shared memory, so that neighbouring threads write neighbouring addresses
#pragma unroll
      for (int o = 0; o < kEach; ++o) tile[(start + o) * kPitch + lane] = sum[o];
      __syncthreads();
      for (int i = thread; i < kRun * kLanes; i += kThreads) {
        const int along = i % kRun, row = i / kRun;
        if (first + along < length && first_line + row < lines)
          to[place(first_line + row, first + along)] = tile[along * kPitch + row];
      }
      __syncthreads();
    } else {
#pragma unroll
      for (int o = 0; o < kEach; ++o)
        if (first + start + o < length && first_line + lane < lines)
          to[place(first_line + lane, first + start + o)] = sum[o];
    }
  }
}

/// For reaches that do not fit shared memory: a thread sums for itself.
template <typename Real>
void blur_axis_directly(const Device& device, const Real* in, std::size_t count, int stride, int length,
                        const Real* half, int reach, Real* out) {
  device.each(count, [=] __device__(std::size_t i) {
    const int at = static_cast<int>(i / static_cast<std::size_t>(stride) % static_cast<std::size_t>(length));
    const Real* line = in + i - static_cast<std::size_t>(at) * static_cast<std::size_t>(stride);
    Real sum = half[0] * in[i];
    for (int k = 1; k <= reach; ++k)
      sum += half[k] * (line[static_cast<std::ptrdiff_t>(wrapped(at - k, length)) * stride] +
                        line[static_cast<std::ptrdiff_t>(wrapped(at + k, length)) * stride]);
    out[i] = sum;
  });
}

}  // namespace

template <typename Real>
void blur(const Device& device, const Real* x, const Shape& shape, const Real* half, int reach, Real* y) {
  constexpr std::size_t kMostShared = std::size_t{48} << 10;  // what every device gives without being asked
  Scratch scratch(device);
  Real* columns = scratch.take<Real>(shape.size());
  const std::size_t shared =
      sizeof(Real) * static_cast<std::size_t>((kRun + 2 * reach) * kPitch + 2 * reach + 2 * kEach);
  if (shared > kMostShared) {
    blur_axis_directly(device, x, shape.size(), shape.nx, shape.ny, half, reach, columns);
    blur_axis_directly(device, columns, shape.size(), 1, shape.nx, half, reach, y);
    return;
  }
  const int planes = shape.batch * shape.components;
  const auto grid = [&](int lines, int length) {
    return dim3(static_cast<unsigned>((lines + kLanes - 1) / kLanes), static_cast<unsigned>((length + kRun - 1) / kRun),
                std::min(static_cast<unsigned>(planes), kMostPlanes));
  };
  device.launch_shared(blur_kernel<Real, false>, grid(shape.nx, shape.ny), dim3(kThreads), shared, x, planes, shape.ny,
                       shape.nx, half, reach, columns);
  device.launch_shared(blur_kernel<Real, true>, grid(shape.ny, shape.nx), dim3(kThreads), shared,
                       static_cast<const Real*>(columns), planes, shape.ny, shape.nx, half, reach, y);
}

template void blur<float>(const Device&, const float*, const Shape&, const float*, int, float*);
template void blur<double>(const Device&, const double*, const Shape&, const double*, int, double*);

}  // namespace anamorph::cuda
