// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/twin/fmu.hpp"
#include "cpp/twin/zip.hpp"

/// Any bytes give either an Error{input} or members, which are written and read back the same where they are whole.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  const auto require = [](bool kept) {
    if (!kept) std::abort();
  };
  if (!writes_units()) return 0;
  try {
    std::vector<ZipMember> members = read_zip({reinterpret_cast<const char*>(data), size}, std::size_t{1} << 20);
    std::erase_if(members, [](const ZipMember& member) { return !member.damage.empty(); });
    const std::vector<ZipMember> again = read_zip(zip_bytes(members));
    require(again.size() == members.size());
    for (std::size_t i = 0; i < again.size(); ++i)
      require(again[i].name == members[i].name && again[i].bytes == members[i].bytes && again[i].damage.empty());
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input);
  }
  return 0;
}
