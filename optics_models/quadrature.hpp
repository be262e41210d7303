// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

namespace anamorph {

struct QuadratureNode {
  double x = 0;  ///< in (0, 1)
  double weight = 0;
};

/// Gauss-Legendre rule of n >= 1 nodes on (0, 1), in ascending order: weights sum to 1, exact for polynomials of degree
/// 2 n - 1.
[[nodiscard]] std::vector<QuadratureNode> gauss_legendre(int n);

}  // namespace anamorph
