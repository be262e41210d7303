// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/backend/cpu/cpu_array.hpp"

namespace anamorph::cpu {

/// Matrix [out_n][in_n] that takes samples of a band-limited periodic function at j L / in_n to its values at
/// (i + 1/2) L / out_n:  A(i, j) = (1/in_n) sum_{|m| <= band} g(m) cos(2 pi m (x_i - x_j) / L), where g is the
/// transfer exp(-2 pi^2 blur^2 m^2) of a Gaussian blur whose standard deviation is `blur` periods.
template <typename Real>
Matrix<Real> interpolation_matrix(int in_n, int out_n, int band, double blur);

}  // namespace anamorph::cpu
