// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cuda/device.hpp"

namespace anamorph::cuda {

/// Rates of copies within the device, of products by multiply(), and of multiply-adds on registers.
template <typename Real>
[[nodiscard]] Ceilings measured_ceilings(const Device& device, const CeilingSizes& sizes);

extern template Ceilings measured_ceilings<float>(const Device&, const CeilingSizes&);
extern template Ceilings measured_ceilings<double>(const Device&, const CeilingSizes&);

}  // namespace anamorph::cuda
