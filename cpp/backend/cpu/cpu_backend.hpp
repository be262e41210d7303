// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>

#include "cpp/backend/backend.hpp"

namespace anamorph::cpu {

/// The CPU backend in double, or in single precision.
[[nodiscard]] std::unique_ptr<Backend> make_cpu_backend(bool single_precision, int threads);

}  // namespace anamorph::cpu
