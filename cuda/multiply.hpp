// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cuda/device.hpp"

// Products of matrices. A matrix is a pointer and the distance, in numbers, from one batch entry, row and column to the
// next; a transpose swaps two of them. (cuBLAS would do as well, but its libraries take longer to load than most runs
// of the program take altogether.)

namespace anamorph::cuda {

template <typename Real>
struct Operand {
  const Real* data;
  std::ptrdiff_t batch, row, column;

  [[nodiscard]] Operand transposed() const { return {data, batch, column, row}; }
};

/// Rows of `columns` contiguous numbers; batch entries `batch` numbers apart (0: the same matrix for all of them).
template <typename Real>
Operand<Real> rows_of(const Real* data, std::ptrdiff_t columns, std::ptrdiff_t batch = 0) {
  return {data, batch, columns, 1};
}

template <typename Real>
struct Product {
  Real* data;
  std::ptrdiff_t batch, row;
};

struct ProductSize {
  int batch, rows, columns, depth;
};

/// c = a b, or c += a b, for each batch entry: a [rows][depth], b [depth][columns], c [rows][columns].
/// The sums are taken in an order that depends on the sizes alone.
template <typename Real>
void multiply(const Device& device, const ProductSize& size, const Operand<Real>& a, const Operand<Real>& b,
              const Product<Real>& c, bool add);

extern template void multiply<float>(const Device&, const ProductSize&, const Operand<float>&, const Operand<float>&,
                                     const Product<float>&, bool);
extern template void multiply<double>(const Device&, const ProductSize&, const Operand<double>&, const Operand<double>&,
                                      const Product<double>&, bool);

}  // namespace anamorph::cuda
