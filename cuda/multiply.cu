// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cuda/multiply.hpp"

namespace anamorph::cuda {
namespace {

// A block computes a tile of kTile x kTile numbers, a thread kEach x kEach of them; kDepth terms of the sums at a time
// go through shared memory.
constexpr int kTile = 64;
constexpr int kEach = 4;
constexpr int kDepth = 16;
constexpr int kAcross = kTile / kEach;  // threads along an edge of the tile
constexpr int kPitch = kTile + 4;       // keeps rows aligned to 16 bytes and off each other's memory banks
static_assert(kAcross * kAcross == kThreads);

// The matrices are thin: where their product has too few tiles to fill a device, the sums are split into parts that
// are added afterwards.
constexpr int kWantedBlocks = 264;
constexpr int kLeastDepth = 128;

constexpr unsigned kMostLayers = 65535;  // limit of gridDim.z

/// tile[k][i] = matrix(first + i, k0 + k), zero outside the matrix. `along` is the distance of neighbours in i, `deep`
/// in k; neighbouring threads read along whichever is contiguous.
template <typename Real>
__device__ void load(Real (&tile)[kDepth][kPitch], const Real* matrix, std::ptrdiff_t along, std::ptrdiff_t deep,
                     int first, int count, int k0, int k_end) {
  const int thread = static_cast<int>(threadIdx.x);
  for (int n = thread; n < kTile * kDepth; n += kThreads) {
    const int i = deep == 1 ? n / kDepth : n % kTile;
    const int k = deep == 1 ? n % kDepth : n / kTile;
    const bool inside = first + i < count && k0 + k < k_end;
    tile[k][i] = inside ? matrix[(first + i) * along + (k0 + k) * deep] : Real(0);
  }
}

/// Layer z of the grid holds part z % parts, `part_depth` terms long, of batch entry z / parts, and goes to c.data +
/// z c.batch.
template <typename Real>
__global__ void __launch_bounds__(kThreads)
    multiply_kernel(ProductSize size, int parts, int part_depth, Operand<Real> a, Operand<Real> b, Product<Real> c,
                    bool add) {
  alignas(16) __shared__ Real tile_a[kDepth][kPitch];
  alignas(16) __shared__ Real tile_b[kDepth][kPitch];
  const int first_row = static_cast<int>(blockIdx.x) * kTile, first_column = static_cast<int>(blockIdx.y) * kTile;
  const int row = static_cast<int>(threadIdx.x) / kAcross * kEach;
  const int column = static_cast<int>(threadIdx.x) % kAcross * kEach;
  for (int layer = static_cast<int>(blockIdx.z); layer < size.batch * parts; layer += static_cast<int>(gridDim.z)) {
    const int entry = layer / parts, k_begin = layer % parts * part_depth;
    const int k_end = k_begin + part_depth < size.depth ? k_begin + part_depth : size.depth;
    Real sum[kEach][kEach] = {};
    for (int k0 = k_begin; k0 < k_end; k0 += kDepth) {
      load(tile_a, a.data + entry * a.batch, a.row, a.column, first_row, size.rows, k0, k_end);
      load(tile_b, b.data + entry * b.batch, b.column, b.row, first_column, size.columns, k0, k_end);
      __syncthreads();
#pragma unroll
      for (int k = 0; k < kDepth; ++k)
#pragma unroll
        for (int i = 0; i < kEach; ++i)
#pragma unroll
          for (int j = 0; j < kEach; ++j) sum[i][j] += tile_a[k][row + i] * tile_b[k][column + j];
      __syncthreads();
    }
    Real* out = c.data + layer * c.batch;
#pragma unroll
    for (int i = 0; i < kEach; ++i) {
#pragma unroll
      for (int j = 0; j < kEach; ++j) {
        const int r = first_row + row + i, s = first_column + column + j;
        if (r >= size.rows || s >= size.columns) continue;
        Real& value = out[r * c.row + s];
        value = add ? value + sum[i][j] : sum[i][j];
      }
    }
  }
}

int divide_up(int a, int b) { return (a + b - 1) / b; }

}  // namespace

template <typename Real>
void multiply(const Device& device, const ProductSize& size, const Operand<Real>& a, const Operand<Real>& b,
              const Product<Real>& c, bool add) {
  if (size.batch == 0 || size.rows == 0 || size.columns == 0) return;
  const int tiles = divide_up(size.rows, kTile) * divide_up(size.columns, kTile);
  const std::ptrdiff_t blocks = static_cast<std::ptrdiff_t>(tiles) * size.batch;
  const int wanted = blocks < kWantedBlocks ? divide_up(kWantedBlocks, static_cast<int>(blocks)) : 1;
  const int parts = std::clamp(size.depth / kLeastDepth, 1, wanted);
  const int part_depth = divide_up(divide_up(size.depth, parts), kDepth) * kDepth;

  const auto launch = [&](const Product<Real>& target, bool onto) {
    const unsigned layers = std::min(static_cast<unsigned>(size.batch) * static_cast<unsigned>(parts), kMostLayers);
    const dim3 grid(static_cast<unsigned>(divide_up(size.rows, kTile)),
                    static_cast<unsigned>(divide_up(size.columns, kTile)), layers);
    device.launch(multiply_kernel<Real>, grid, dim3(kThreads), size, parts, part_depth, a, b, target, onto);
  };
  if (parts == 1) return launch(c, add);

  const std::size_t area = static_cast<std::size_t>(size.rows) * static_cast<std::size_t>(size.columns);
  Scratch scratch(device);
  Real* partial = scratch.take<Real>(area * static_cast<std::size_t>(size.batch) * static_cast<std::size_t>(parts));
  launch({partial, static_cast<std::ptrdiff_t>(area), size.columns}, false);
  const Real* from = partial;
  device.each(area * static_cast<std::size_t>(size.batch), [=] __device__(std::size_t i) {
    const std::size_t entry = i / area, at = i % area;
    Real sum = 0;
    for (int part = 0; part < parts; ++part) sum += from[(entry * static_cast<std::size_t>(parts) + part) * area + at];
    const auto row = static_cast<std::ptrdiff_t>(at) / size.columns,
               column = static_cast<std::ptrdiff_t>(at) % size.columns;
    Real& value = c.data[static_cast<std::ptrdiff_t>(entry) * c.batch + row * c.row + column];
    value = add ? value + sum : sum;
  });
}

template void multiply<float>(const Device&, const ProductSize&, const Operand<float>&, const Operand<float>&,
                              const Product<float>&, bool);
template void multiply<double>(const Device&, const ProductSize&, const Operand<double>&, const Operand<double>&,
                               const Product<double>&, bool);

}  // namespace anamorph::cuda
