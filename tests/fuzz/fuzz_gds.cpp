// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cpp/core/error.hpp"
#include "cpp/io/gds.hpp"

/// Any bytes are a whole stream, with a unit, or an Error{input} that names its place.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  try {
    const GdsContents found = scan_gds({reinterpret_cast<const char*>(data), size}, "any");
    if (!(found.dbu_nm > 0) || found.cells < 0 || found.polygons < 0) std::abort();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::input || error.where().file != "any") std::abort();
  }
  return 0;
}
