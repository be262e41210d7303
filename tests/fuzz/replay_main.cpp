// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Feeds a corpus to a fuzz target without libFuzzer: each file whole, and cut short at up to `cuts` places. A reader
// that crashes, hangs or throws anything but the library's own Error fails the test.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t cuts = 256;

std::vector<std::uint8_t> read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Runs the first `size` bytes out of memory of exactly that size, so that a sanitizer sees a read past the end.
void run(const std::vector<std::uint8_t>& bytes, std::size_t size) {
  const std::vector<std::uint8_t> input(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  std::size_t files = 0;
  std::size_t inputs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
    if (!entry.is_regular_file()) continue;
    const std::vector<std::uint8_t> bytes = read(entry.path());
    const std::size_t step = std::max<std::size_t>(1, bytes.size() / cuts);
    try {
      for (std::size_t size = 0; size < bytes.size(); size += step, ++inputs) run(bytes, size);
      run(bytes, bytes.size());
      ++inputs;
    } catch (const std::exception& failure) {
      std::fprintf(stderr, "%s: %s\n", entry.path().c_str(), failure.what());
      return 1;
    }
    ++files;
  }
  std::printf("%zu inputs from %zu files\n", inputs, files);
  if (files == 0) std::fprintf(stderr, "%s: no corpus\n", argv[1]);
  return files == 0 ? 1 : 0;
}
