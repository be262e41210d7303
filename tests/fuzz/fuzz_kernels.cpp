// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string_view>

#include "cpp/core/error.hpp"
#include "cpp/io/kernels.hpp"
#include "tests/fuzz/scratch_folder.hpp"

/// An input is kernels.json, kernels.npy, weights.npy and, if there is more, spectra.npy, with the line "--------"
/// between them. It gives either an Error{input} that names one of them, or a valid stack that is written and read to
/// the same one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  const auto require = [](bool kept) {
    if (!kept) std::abort();
  };
  static const ScratchFolder scratch;
  constexpr std::string_view line = "\n--------\n";
  std::span<const std::uint8_t> rest(data, size);
  for (const char* name : {"kernels.json", "kernels.npy", "weights.npy", "spectra.npy"}) {
    std::filesystem::remove(scratch.path / name);
    if (rest.empty()) continue;
    const auto end = std::search(rest.begin(), rest.end(), line.begin(), line.end());
    const auto length = static_cast<std::size_t>(end - rest.begin());
    scratch.write(name, rest.first(length));
    rest = rest.subspan(std::min(rest.size(), length + line.size()));
  }
  try {
    const CoherentStack stack = read_kernels(scratch.path);
    stack.validate();
    const KernelInfo info = read_kernel_info(scratch.path);
    const auto copy = scratch.path / "copy";
    write_kernels(copy, stack, info);
    const CoherentStack again = read_kernels(copy);
    require(again.transfer == stack.transfer && again.weight == stack.weight && again.spectrum == stack.spectrum);
    require(again.period_x_nm == stack.period_x_nm && again.period_y_nm == stack.period_y_nm);
    require(again.extent_x == stack.extent_x && again.extent_y == stack.extent_y);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input);
    require(std::filesystem::path(error.where().file).parent_path() == scratch.path);
  }
  return 0;
}
