// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cpp/twin/descriptor.hpp"

/// Any bytes as twin.json: findings or none, and never an exception, for whoever checks an export reads a stranger's
/// file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto& finding : anamorph::check_twin_json({reinterpret_cast<const char*>(data), size}))
    if (finding.empty()) std::abort();
  return 0;
}
