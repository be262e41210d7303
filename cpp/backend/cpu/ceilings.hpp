// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cpp/backend/backend.hpp"

namespace anamorph::cpu {

/// Rates of copies and of Eigen's products on `threads` threads; see Backend::ceilings.
template <typename Real>
[[nodiscard]] Ceilings measured_ceilings(const CeilingSizes& sizes, int threads);

/// Processor, its instructions for vectors, caches and memory, as the system names them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> machine_facts(int threads);

/// See Backend::take_peak_memory.
[[nodiscard]] std::size_t take_peak_resident();

}  // namespace anamorph::cpu
