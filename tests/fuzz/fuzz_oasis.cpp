// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cpp/core/error.hpp"
#include "masks/layout_stream.hpp"
#include "masks/oasis.hpp"
#include "tests/fuzz/layout_check.hpp"

/// Any bytes are an Error{input} that names the file, or a layout that is written, and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  using namespace anamorph::fuzz;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto file = open_oasis(memory_bytes(bytes, "any"));
    require(file->dbu_nm() > 0);
    const Check found = read_all(*file, nullptr);
    query_windows(*file, bytes);
    std::string copy;
    try {
      const OasisOptions options{size % 2 == 0, size % 3 != 0};
      const auto writer =
          write_oasis([&](std::string_view more) { copy += more; }, file->dbu_nm(), file->properties(), options);
      (void)read_all(*file, writer.get());
    } catch (const Error& error) {  // wider than the writer takes
      require(error.code() == ErrorCode::input && error.id() == "OAS-0025");
      return 0;
    }
    const auto again = open_oasis(memory_bytes(copy, "copy"));
    require(again->cells() == file->cells());
    const Check same = read_all(*again, nullptr);
    require(same.elements == found.elements && same.members == found.members && same.properties == found.properties);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == "any");
    require(std::string_view(error.what()).find("at byte ") != std::string_view::npos);
  }
  return 0;
}
