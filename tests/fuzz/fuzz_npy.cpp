// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "cpp/core/error.hpp"
#include "cpp/io/npy.hpp"
#include "tests/fuzz/scratch_folder.hpp"

namespace {

using namespace anamorph;

void require(bool kept) {
  if (!kept) std::abort();
}

/// The reader gives an Error{input} that names the file, or an array that is written and read to the same bits.
template <typename Read>
void check(const std::filesystem::path& file, const std::filesystem::path& copy, Read read) {
  try {
    const auto array = read(file);
    std::size_t count = 1;
    for (const int side : array.shape) count *= static_cast<std::size_t>(side);
    require(!array.shape.empty() && array.shape.size() <= 3 && count == array.values.size());
    write_npy(copy, array.shape, array.values);
    const auto again = read(copy);
    require(again.shape == array.shape);
    require(std::memcmp(again.values.data(), array.values.data(), count * sizeof array.values[0]) == 0);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == file.string());
  }
}

}  // namespace

/// Any bytes as a file, for every reader of arrays.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ScratchFolder scratch;
  const auto file = scratch.write("any.npy", {data, size});
  const auto copy = scratch.path / "copy.npy";
  check(file, copy, [](const auto& path) { return read_npy_complex(path); });
  check(file, copy, [](const auto& path) { return read_npy_real(path); });
  check(file, copy, [](const auto& path) { return read_npy_whole(path); });
  check(file, copy, [](const auto& path) {
    const Image<double> image = read_npy(path);
    return NpyArray<double>{{image.ny(), image.nx()}, {image.begin(), image.end()}};
  });
  return 0;
}
