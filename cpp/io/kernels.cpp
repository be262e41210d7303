// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numbers>
#include <optional>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/io/npy.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Where a file of that name is to be written.
using Place = std::function<fs::path(const std::string& name)>;

constexpr const char* form = "anamorph-kernels";
constexpr int form_version = 1;
constexpr int most_spectra = 1 << 20;  // a sanity limit: far above any set of directions, far below any memory

// The contest's form, as read_contest_kernels has it.
constexpr double contest_pixel_nm = 1;
constexpr int contest_most_kernels = 4096;
constexpr int contest_largest_kernel = 1025;

[[noreturn]] void fail(const char* id, const fs::path& file, const std::string& what) {
  throw Error(ErrorCode::input, id, what, {file.string()});
}

void create_folder(const fs::path& folder) {
  std::error_code status;
  fs::create_directories(folder, status);
  if (status)
    throw Error(ErrorCode::resource, "OUT-0002", "directory cannot be created: " + status.message(), {folder.string()});
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

std::string description(const CoherentStack& stack, const KernelInfo& info) {
  Json origin = Json::object();
  for (const Fact& fact : info.origin) origin[fact.label] = fact.value;
  const Json json{
      {"format", form},
      {"version", form_version},
      {"kernels", stack.terms()},
      {"period_x_nm", stack.period_x_nm},
      {"period_y_nm", stack.period_y_nm},
      {"extent_x", stack.extent_x},
      {"extent_y", stack.extent_y},
      {"spectra", stack.spectrum.empty() ? Json() : Json(stack.spectra())},
      {"wavelength_nm", number_or_null(info.wavelength_nm)},
      {"na", number_or_null(info.na)},
      {"immersion_index", number_or_null(info.immersion_index)},
      {"focus_nm", number_or_null(info.focus_nm)},
      {"captured_fraction", number_or_null(info.captured_fraction)},
      {"clear_field", stack.clear_field()},
      {"conventions",
       {{"image",
         "I(x, y) = sum_k weights[k] |sum_m kernels[k][my + extent_y][mx + extent_x] M(mx, my) "
         "exp(+2 pi i (mx x / period_x + my y / period_y))|^2"},
        {"mask",
         "M(mx, my) = mean over one period of mask(x, y) exp(-2 pi i (mx x / period_x + my y / period_y)); "
         "M(0, 0) is the mean of the mask"},
        {"time", "exp(-i omega t); the pupil is A exp(+2 pi i W / wavelength), W the optical path"},
        {"focus", "positive: the wafer moves away from the lens"},
        {"axes", "wafer coordinates, x to the right, y up"},
        {"spectra", "spectra[k] is the number of the mask spectrum that kernel k takes; null: all take the same"}}},
      {"origin", origin}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_kernels(const Place& place, const CoherentStack& stack, const KernelInfo& info) {
  stack.validate();
  const fs::path json = place("kernels.json");
  std::error_code absent;
  fs::remove(json, absent);  // no description of an earlier set beside the arrays of this one
  const int k = stack.terms();
  write_npy(place("kernels.npy"), {k, stack.bins_y(), stack.bins_x()}, stack.transfer);
  write_npy(place("weights.npy"), {k}, stack.weight);
  if (stack.spectrum.empty())
    fs::remove(json.parent_path() / "spectra.npy", absent);
  else
    write_npy(place("spectra.npy"), {k}, stack.spectrum);
  write_file_atomic(json, description(stack, info));
}

/// `kernels.json`, with the errors of a strict reader.
class Description {
 public:
  explicit Description(const fs::path& folder) : file_(folder / "kernels.json") {
    std::ifstream in(file_, std::ios::binary);
    std::error_code status;
    if (!in || !fs::is_regular_file(file_, status)) fail("KER-0001", file_, "cannot read the description of kernels");
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    json_ = Json::parse(text, nullptr, false);
    if (!json_.is_object()) fail("KER-0002", file_, "not a JSON object");
    if (!json_.contains("format") || json_["format"] != form)
      fail("KER-0002", file_, "\"format\" must be \"" + std::string(form) + "\"");
    if (const int version = whole("version", 0, 1 << 30); version != form_version)
      fail("KER-0003", file_,
           "version " + std::to_string(version) + " of the form is not known, version " + std::to_string(form_version) +
               " expected");
  }

  [[nodiscard]] int whole(const char* key, int low, int high) const {
    if (json_.contains(key) && json_[key].is_number_integer()) {
      const auto value = json_[key].get<double>();  // no wrap-around, and exact where it matters
      if (value >= low && value <= high) return static_cast<int>(value);
    }
    fail("KER-0004", file_,
         quoted(key) + ": a whole number from " + std::to_string(low) + " to " + std::to_string(high) + " expected");
  }

  /// Null, and a key that is not there, are not known.
  [[nodiscard]] std::optional<double> number(const char* key) const {
    if (!json_.contains(key) || json_[key].is_null()) return std::nullopt;
    if (!json_[key].is_number()) fail("KER-0004", file_, quoted(key) + ": a number or null expected");
    const auto value = json_[key].get<double>();
    if (!std::isfinite(value)) fail("KER-0004", file_, quoted(key) + ": a finite number expected");
    return value;
  }

  [[nodiscard]] double period(const char* key) const {
    const std::optional<double> value = number(key);
    if (!value || !(*value > 0)) fail("KER-0004", file_, quoted(key) + ": a positive number expected");
    return *value;
  }

  [[nodiscard]] bool has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }

  [[nodiscard]] std::vector<Fact> facts(const char* key) const {
    std::vector<Fact> facts;
    if (!has(key)) return facts;
    if (!json_[key].is_object()) fail("KER-0004", file_, quoted(key) + ": an object of texts expected");
    for (const auto& [label, value] : json_[key].items()) {
      if (!value.is_string()) fail("KER-0004", file_, quoted(key) + ": an object of texts expected");
      facts.push_back({label, value.get<std::string>()});
    }
    return facts;
  }

 private:
  static std::string quoted(const char* key) { return "\"" + std::string(key) + "\""; }

  fs::path file_;
  Json json_;
};

std::string shape_text(const std::vector<int>& shape) {
  std::string text;
  for (const int side : shape) text += (text.empty() ? "" : " x ") + std::to_string(side);
  return text;
}

void expect_shape(const fs::path& file, const std::vector<int>& shape, const std::vector<int>& expected) {
  if (shape != expected)
    fail("KER-0005", file,
         "array of " + shape_text(shape) + " values, " + shape_text(expected) + " expected after kernels.json");
}

/// Each value must be what `good` asks for; `expected` says so in words.
template <typename T, typename Good>
void expect_values(const fs::path& file, const std::vector<T>& values, Good good, const char* expected) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!good(values[i]))
      fail("KER-0006", file, "value " + std::to_string(i) + " of the array: " + expected + " expected");
}

double sinc(double x) {
  const double a = std::numbers::pi * x;
  return a == 0 ? 1 : std::sin(a) / a;
}

void append_big_endian(std::string& bytes, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>((value >> shift) & 255);
}

void check_contest_form(const CoherentStack& stack) {
  stack.validate();
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorCode::recipe, "KER-0007", "the contest's form of kernels cannot hold this stack: " + what);
  };
  if (stack.period_x_nm != stack.period_y_nm) refuse("it has different periods in x and y, the same expected");
  if (stack.spectra() > 1) refuse("its kernels take different mask spectra, a single one expected");
  if (stack.terms() > contest_most_kernels)
    refuse(std::to_string(stack.terms()) + " kernels, up to " + std::to_string(contest_most_kernels) + " expected");
  const int bins = std::max(stack.bins_x(), stack.bins_y());
  if (bins > contest_largest_kernel)
    refuse(std::to_string(bins) + " bins, up to " + std::to_string(contest_largest_kernel) + " expected");
  // At 1 / pixel the spectrum of a pixel is zero: nothing could bring the value back.
  if (std::max(stack.extent_x, stack.extent_y) * contest_pixel_nm >= stack.period_x_nm)
    refuse("frequencies up to the reciprocal of its pixel of 1 nm, lower ones expected");
}

/// One kernel in the contest's form; its rows run along x.
std::string contest_kernel(const CoherentStack& stack, int k) {
  std::string bytes;
  append_big_endian(bytes, static_cast<std::uint32_t>(stack.bins_x()));
  append_big_endian(bytes, static_cast<std::uint32_t>(stack.bins_y()));
  bytes.append(12, '\0');
  const std::complex<double>* h = stack.transfer.data() + static_cast<std::size_t>(k) * stack.bins();
  const auto pixel_sinc = [&](int m) { return sinc(m * contest_pixel_nm / stack.period_x_nm); };
  for (int x = 0; x < stack.bins_x(); ++x)
    for (int y = 0; y < stack.bins_y(); ++y) {
      const std::complex<double> value =
          h[static_cast<std::size_t>(y) * static_cast<std::size_t>(stack.bins_x()) + static_cast<std::size_t>(x)] *
          (pixel_sinc(x - stack.extent_x) * pixel_sinc(y - stack.extent_y));
      for (const double part : {value.real(), value.imag()}) {
        const auto single = static_cast<float>(part);
        if (!std::isfinite(single))
          throw Error(ErrorCode::recipe, "KER-0007",
                      "the contest's form of kernels cannot hold this stack: kernel " + std::to_string(k) +
                          " has a value beyond the range of float32");
        append_big_endian(bytes, std::bit_cast<std::uint32_t>(single));
      }
    }
  bytes.append(4, '\0');
  return bytes;
}

void write_contest(const Place& place, const CoherentStack& stack) {
  check_contest_form(stack);
  const auto name = [](int k) { return "fh" + std::to_string(k) + ".bin"; };
  const fs::path scales_file = place("scales.txt");
  std::error_code absent;
  fs::remove(scales_file, absent);  // no weights of an earlier set beside the kernels of this one
  std::string scales = std::to_string(stack.terms()) + "\n";
  for (int k = 0; k < stack.terms(); ++k) {
    write_file_atomic(place(name(k)), contest_kernel(stack, k));
    char text[40];
    std::snprintf(text, sizeof text, "%.17g\n", stack.weight[static_cast<std::size_t>(k)]);
    scales += text;
  }
  // A kernel more than the weights would make the whole set unreadable.
  for (int k = stack.terms(); fs::remove(scales_file.parent_path() / name(k), absent); ++k) {
  }
  write_file_atomic(scales_file, scales);
}

Place below(const fs::path& folder) {
  create_folder(folder);
  return [folder](const std::string& name) { return folder / name; };
}

Place below(RunDirectory& directory, const std::string& folder) {
  return [&directory, folder](const std::string& name) { return directory.add(folder + "/" + name); };
}

}  // namespace

void write_kernels(const fs::path& folder, const CoherentStack& stack, const KernelInfo& info) {
  write_kernels(below(folder), stack, info);
}

void write_kernels(RunDirectory& directory, const std::string& folder, const CoherentStack& stack,
                   const KernelInfo& info) {
  write_kernels(below(directory, folder), stack, info);
}

CoherentStack read_kernels(const fs::path& folder) {
  const Description description(folder);
  CoherentStack stack;
  stack.period_x_nm = description.period("period_x_nm");
  stack.period_y_nm = description.period("period_y_nm");
  constexpr int most = (1 << 30) - 1;  // so that 2 extent + 1 stays an int; the file's length is the true limit
  stack.extent_x = description.whole("extent_x", 0, most);
  stack.extent_y = description.whole("extent_y", 0, most);
  const int k = description.whole("kernels", 1, most);

  NpyArray<std::complex<double>> kernels = read_npy_complex(folder / "kernels.npy");
  expect_shape(folder / "kernels.npy", kernels.shape, {k, stack.bins_y(), stack.bins_x()});
  const auto finite = [](std::complex<double> v) { return std::isfinite(v.real()) && std::isfinite(v.imag()); };
  expect_values(folder / "kernels.npy", kernels.values, finite, "a finite number");
  stack.transfer = std::move(kernels.values);

  NpyArray<double> weights = read_npy_real(folder / "weights.npy");
  expect_shape(folder / "weights.npy", weights.shape, {k});
  expect_values(
      folder / "weights.npy", weights.values, [](double w) { return std::isfinite(w) && w >= 0; },
      "a finite number, not negative,");
  stack.weight = std::move(weights.values);

  if (description.has("spectra")) {
    const int spectra = description.whole("spectra", 1, most_spectra);
    NpyArray<int> numbers = read_npy_whole(folder / "spectra.npy");
    expect_shape(folder / "spectra.npy", numbers.shape, {k});
    const std::string range = "a mask spectrum from 0 to " + std::to_string(spectra - 1);
    expect_values(
        folder / "spectra.npy", numbers.values, [&](int g) { return g >= 0 && g < spectra; }, range.c_str());
    stack.spectrum = std::move(numbers.values);
  }
  stack.validate();
  return stack;
}

KernelInfo read_kernel_info(const fs::path& folder) {
  const Description description(folder);
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  return {description.number("wavelength_nm").value_or(unknown),     description.number("na").value_or(unknown),
          description.number("immersion_index").value_or(unknown),   description.number("focus_nm").value_or(unknown),
          description.number("captured_fraction").value_or(unknown), description.facts("origin")};
}

void write_contest_kernels(const fs::path& folder, const CoherentStack& stack) { write_contest(below(folder), stack); }

void write_contest_kernels(RunDirectory& directory, const std::string& folder, const CoherentStack& stack) {
  write_contest(below(directory, folder), stack);
}

}  // namespace anamorph
