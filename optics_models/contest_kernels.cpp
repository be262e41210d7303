// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/contest_kernels.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

constexpr double contest_pixel_nm = 1;
constexpr std::size_t header_bytes = 20;
constexpr std::size_t trailer_bytes = 4;
constexpr std::uint32_t largest_kernel = 1025;  // a sanity limit: far above any kernel, far below any memory
constexpr int most_kernels = 4096;

[[noreturn]] void fail(const char* id, const std::filesystem::path& file, const std::string& what) {
  throw Error(ErrorCode::input, id, what, {file.string()});
}

double sinc(double x) {
  const double a = std::numbers::pi * x;
  return a == 0 ? 1 : std::sin(a) / a;
}

std::uint32_t big_endian(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

struct Kernel {
  int nx = 0;
  int ny = 0;
  std::vector<std::complex<double>> values;  // [my][mx]
};

Kernel read_kernel(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) fail("KRN-0001", file, "cannot read the kernel file");
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.size() < header_bytes)
    fail("KRN-0002", file,
         "the file has " + std::to_string(bytes.size()) + " bytes, a header of " + std::to_string(header_bytes) +
             " expected");
  const std::uint32_t rows = big_endian(bytes.data());
  const std::uint32_t columns = big_endian(bytes.data() + 4);
  if (rows % 2 == 0 || columns % 2 == 0 || rows > largest_kernel || columns > largest_kernel)
    fail("KRN-0003", file,
         "the header says " + std::to_string(rows) + " x " + std::to_string(columns) + " values, odd numbers up to " +
             std::to_string(largest_kernel) + " expected");
  const std::size_t expected = header_bytes + std::size_t{8} * rows * columns + trailer_bytes;
  if (bytes.size() != expected)
    fail("KRN-0002", file,
         "the file has " + std::to_string(bytes.size()) + " bytes, " + std::to_string(expected) + " expected for " +
             std::to_string(rows) + " x " + std::to_string(columns) + " values");

  // The file's rows run along x.
  Kernel kernel{static_cast<int>(rows), static_cast<int>(columns), {}};
  kernel.values.resize(std::size_t{rows} * columns);
  const char* next = bytes.data() + header_bytes;
  for (std::size_t x = 0; x < rows; ++x) {
    for (std::size_t y = 0; y < columns; ++y, next += 8) {
      const auto re = std::bit_cast<float>(big_endian(next));
      const auto im = std::bit_cast<float>(big_endian(next + 4));
      if (!std::isfinite(re) || !std::isfinite(im))
        fail("KRN-0004", file,
             "value [" + std::to_string(x) + "][" + std::to_string(y) + "] is not a finite number");
      kernel.values[y * rows + x] = {re, im};
    }
  }
  return kernel;
}

std::vector<double> read_weights(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) fail("KRN-0001", file, "cannot read the weights of the kernels");
  int count = 0;
  if (!(in >> count) || count < 1 || count > most_kernels)
    fail("KRN-0005", file, "the number of kernels expected, 1 to " + std::to_string(most_kernels));
  std::vector<double> weights;
  std::string word;
  while (in >> word) {
    double weight = std::numeric_limits<double>::quiet_NaN();
    std::size_t used = 0;
    try {
      weight = std::stod(word, &used);
    } catch (const std::exception&) {
    }
    if (used != word.size() || !std::isfinite(weight) || weight < 0)
      fail("KRN-0006", file, "weight \"" + word + "\": a finite number, not negative, expected");
    weights.push_back(weight);
  }
  if (weights.size() != static_cast<std::size_t>(count))
    fail("KRN-0005", file,
         std::to_string(weights.size()) + " weights found, " + std::to_string(count) + " expected");
  return weights;
}

}  // namespace

CoherentStack read_contest_kernels(const std::filesystem::path& folder, double period_nm) {
  if (!(period_nm > 0) || !std::isfinite(period_nm))
    throw Error(ErrorCode::recipe, "KRN-0007", "period_nm: a positive number expected");
  CoherentStack stack;
  stack.period_x_nm = stack.period_y_nm = period_nm;
  stack.weight = read_weights(folder / "scales.txt");
  for (int k = 0; k < stack.terms(); ++k) {
    const auto file = folder / ("fh" + std::to_string(k) + ".bin");
    const Kernel kernel = read_kernel(file);
    if (k == 0) {
      stack.extent_x = kernel.nx / 2;
      stack.extent_y = kernel.ny / 2;
    }
    if (kernel.nx != stack.bins_x() || kernel.ny != stack.bins_y())
      fail("KRN-0003", file,
           std::to_string(kernel.nx) + " x " + std::to_string(kernel.ny) + " values, " +
               std::to_string(stack.bins_x()) + " x " + std::to_string(stack.bins_y()) + " as in fh0.bin expected");
    stack.transfer.insert(stack.transfer.end(), kernel.values.begin(), kernel.values.end());
  }
  // The extra file shows that the weights belong to another set.
  const auto extra = folder / ("fh" + std::to_string(stack.terms()) + ".bin");
  if (std::filesystem::exists(extra))
    fail("KRN-0005", extra, "more kernels than the " + std::to_string(stack.terms()) + " weights of scales.txt");

  const auto pixel_sinc = [&](int m) { return sinc(m * contest_pixel_nm / period_nm); };
  for (std::size_t i = 0; i < stack.transfer.size(); ++i) {
    const int bin = static_cast<int>(i % stack.bins());
    stack.transfer[i] /= pixel_sinc(bin % stack.bins_x() - stack.extent_x) *
                         pixel_sinc(bin / stack.bins_x() - stack.extent_y);
  }
  stack.validate();
  return stack;
}

ContestKernels read_contest_folder(const std::filesystem::path& folder, double period_nm) {
  ContestKernels kernels{read_contest_kernels(folder / "focus", period_nm),
                         read_contest_kernels(folder / "defocus", period_nm)};
  if (kernels.focus.extent_x != kernels.defocus.extent_x || kernels.focus.extent_y != kernels.defocus.extent_y)
    fail("KRN-0003", folder, "the kernels in focus and in defocus have different sizes, the same expected");
  return kernels;
}

}  // namespace anamorph
