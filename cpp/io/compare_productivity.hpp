// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/io/compare_result.hpp"

namespace anamorph {

/// The part of `report.html` of `compare` about layers, throughput and cost, as HTML; empty without a productivity.
[[nodiscard]] std::string productivity_section(const CompareResult& result);

}  // namespace anamorph
