// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/core/image.hpp"

namespace anamorph {

/// Means over blocks of factor x factor pixels.
template <typename T>
[[nodiscard]] Image<double> coarsen(const Image<T>& fine, int factor) {
  Image<double> coarse(fine.ny() / factor, fine.nx() / factor);
  const double share = 1.0 / (factor * factor);
  for (int y = 0; y < coarse.ny() * factor; ++y) {
    const T* in = fine.row(y);
    double* out = coarse.row(y / factor);
    for (int x = 0; x < coarse.nx(); ++x)
      for (int k = 0; k < factor; ++k) out[x] += share * static_cast<double>(in[x * factor + k]);
  }
  return coarse;
}

}  // namespace anamorph
