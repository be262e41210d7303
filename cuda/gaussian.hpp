// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cuda/device.hpp"

namespace anamorph::cuda {

/// y = x blurred along both axes by a symmetric kernel, periodic, [batch][ny][nx]. `half` holds the centre and the
/// `reach` weights after it; reach < min(ny, nx).
template <typename Real>
void blur(const Device& device, const Real* x, const Shape& shape, const Real* half, int reach, Real* y);

extern template void blur<float>(const Device&, const float*, const Shape&, const float*, int, float*);
extern template void blur<double>(const Device&, const double*, const Shape&, const double*, int, double*);

}  // namespace anamorph::cuda
