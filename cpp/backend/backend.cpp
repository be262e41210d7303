// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/backend.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "cpp/backend/cpu/cpu_backend.hpp"
#include "cpp/backend/make_cuda_backend.hpp"
#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph {
namespace {

constexpr bool kHasCuda = ANAMORPH_HAS_CUDA;

struct CudaName {
  bool double_precision;
  int device;
};

/// "cuda", "cuda-f64", either with ":N".
std::optional<CudaName> parse_cuda_name(std::string_view name) {
  CudaName result{false, 0};
  const std::size_t colon = name.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view number = name.substr(colon + 1);
    const auto [end, status] = std::from_chars(number.data(), number.data() + number.size(), result.device);
    if (status != std::errc{} || end != number.data() + number.size() || result.device < 0) return std::nullopt;
    name = name.substr(0, colon);
  }
  result.double_precision = name == "cuda-f64";
  if (name != "cuda" && name != "cuda-f64") return std::nullopt;
  return result;
}

std::unique_ptr<Backend> make_cuda(const std::string& name, const CudaName& parsed) {
  if constexpr (kHasCuda)
    return make_cuda_backend(parsed.double_precision, parsed.device);
  else
    throw Error(ErrorCode::resource, "DEV-0001",
                "backend '" + name + "' is not compiled into this program; use cpu or cpu-f32");
}

/// CUDA where a device can be used, else the CPU.
std::unique_ptr<Backend> make_fastest(int threads) {
  if constexpr (kHasCuda) {
    try {
      return make_cuda_backend(false, 0);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::resource) throw;
    }
  }
  return cpu::make_cpu_backend(true, threads);
}

}  // namespace

void Morphology::require_disc(int diameter_px) {
  if (diameter_px < 1 || diameter_px > kLargestDisc)
    throw Error(ErrorCode::recipe, "MRC-0001",
                "a disc of " + std::to_string(diameter_px) + " px; expected a diameter of 1 to " +
                    std::to_string(kLargestDisc) + " px");
}

void Morphology::require_one_size(std::span<const Bitmap> bitmaps) {
  if (bitmaps.empty() || bitmaps.front().empty()) throw std::logic_error("bitmaps: there are no pixels");
  for (const Bitmap& b : bitmaps)
    if (b.ny() != bitmaps.front().ny() || b.nx() != bitmaps.front().nx())
      throw std::logic_error("bitmaps: sizes differ");
}

void Morphology::require_one_size(const Bitmaps& x, const Bitmaps& y) {
  if (x.ny() != y.ny() || x.nx() != y.nx()) throw std::logic_error("bitmaps: sizes differ");
}

std::vector<std::string> compiled_backends() {
  if constexpr (kHasCuda) return {"cpu", "cpu-f32", "cuda", "cuda-f64"};
  return {"cpu", "cpu-f32"};
}

std::unique_ptr<Backend> make_backend(const std::string& name, int threads) {
  const int count = threads > 0 ? threads : hardware_threads();
  if (name == "cpu") return cpu::make_cpu_backend(false, count);
  if (name == "cpu-f32") return cpu::make_cpu_backend(true, count);
  if (name == "auto") return make_fastest(count);
  if (const std::optional<CudaName> cuda = parse_cuda_name(name)) return make_cuda(name, *cuda);
  throw Error(ErrorCode::usage, "DEV-0002",
              "unknown backend '" + name + "'; expected auto, cpu, cpu-f32, cuda[:N] or cuda-f64[:N]");
}

std::vector<PrintLossTerms> print_loss_terms(const Backend& backend, const Array& terms) {
  std::vector<double> numbers(terms.shape().size());
  backend.download(terms, numbers);
  std::vector<PrintLossTerms> result;
  for (std::size_t b = 0; b + 3 < numbers.size(); b += 4)
    result.push_back({numbers[b], numbers[b + 1], numbers[b + 2], numbers[b + 3]});
  return result;
}

}  // namespace anamorph
