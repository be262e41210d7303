// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cpp/core/error.hpp"
#include "masks/gdsii.hpp"
#include "masks/layout_stream.hpp"
#include "tests/fuzz/layout_check.hpp"

namespace {

/// Thrown out of a writer that has written enough: a small file may hold very many shapes.
struct Enough {};

}  // namespace

/// Any bytes are an Error{input} that names the file and the byte, or a layout: it has an index or holds itself, and
/// what is written of it is read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  using namespace anamorph::fuzz;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto file = open_gdsii(memory_bytes(bytes, "any"));
    require(file->dbu_nm() > 0);
    const Check found = read_all(*file, nullptr);
    query_windows(*file, bytes);
    std::string copy;
    try {
      const auto writer = write_gdsii(
          [&](std::string_view more) {
            copy += more;
            if (copy.size() > 1 << 22) throw Enough();
          },
          file->dbu_nm(), file->library_name(), file->properties());
      (void)read_all(*file, writer.get());
    } catch (const Enough&) {
      return 0;
    } catch (const Error& error) {
      require(error.code() == ErrorCode::input);
      return 0;
    }
    const auto again = open_gdsii(memory_bytes(copy, "copy"));
    require(again->cells() == file->cells());
    const Check same = read_all(*again, nullptr);
    require(same.members >= found.members || same.elements <= found.elements);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == "any");
    require(std::string_view(error.what()).find("at byte ") != std::string_view::npos);
  }
  return 0;
}
