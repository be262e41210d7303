// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>

#include "cpp/backend/backend.hpp"

namespace anamorph {

/// The CUDA backend on device number `device`; defined only where the library was built with CUDA.
/// Throws Error{resource}: CUD-0001 when there is no usable device, CUD-0002 when memory runs out, CUD-0003 otherwise.
[[nodiscard]] std::unique_ptr<Backend> make_cuda_backend(bool double_precision, int device);

}  // namespace anamorph
