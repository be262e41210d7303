// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/npy.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"

namespace anamorph {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are written as they lie in memory");

constexpr std::string_view magic("\x93NUMPY\x01\x00", 8);
constexpr std::size_t prefix = magic.size() + 2;  // the length of the header in two bytes, little-endian

std::string header(std::string_view type, const std::string& shape) {
  std::string text = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  text.append(63 - (prefix + text.size()) % 64, ' ');  // so that the data begin at a multiple of 64
  text += '\n';
  const char length[2] = {static_cast<char>(text.size() & 255), static_cast<char>(text.size() >> 8)};
  return std::string(magic) + std::string(length, 2) + text;
}

/// The text of one NPY header, read strictly: {'key': value, ...} with the three keys of the format.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  void read() {
    expect("{");
    while (!accept("}")) {
      const std::string_view key = quoted();
      expect(":");
      if (key == "descr" && type.empty()) {
        type = quoted();
      } else if (key == "fortran_order" && !seen_order_) {
        seen_order_ = true;
        if (!accept("False")) fail("array must be in C order [y][x] (fortran_order False)");
      } else if (key == "shape" && shape.empty()) {
        expect("(");
        while (!accept(")")) {
          shape.push_back(number());
          if (accept(")")) break;
          expect(",");
        }
        if (shape.size() != 2) fail("array has " + std::to_string(shape.size()) + " dimensions, 2 expected");
      } else {
        fail("unexpected or repeated key '" + std::string(key) + "' in the NPY header");
      }
      if (!accept(",") && peek() != '}') fail("',' or '}' expected in the NPY header");
    }
    if (peek() != '\0') fail("text after the NPY header");
    if (type.empty() || !seen_order_ || shape.empty()) fail("NPY header needs the keys descr, fortran_order and shape");
  }

  std::string_view type;
  std::vector<int> shape;

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Error(ErrorCode::input, "NPY-0003", what, {file_}); }

  char peek() {
    while (!text_.empty() && std::isspace(static_cast<unsigned char>(text_.front()))) text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }
  bool accept(std::string_view token) {
    peek();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!accept(token)) fail("'" + std::string(token) + "' expected in the NPY header");
  }
  std::string_view quoted() {
    const char quote = peek();
    const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, 1) : std::string_view::npos;
    if (end == std::string_view::npos) fail("quoted text expected in the NPY header");
    const std::string_view value = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    return value;
  }
  int number() {
    peek();
    int value = 0;
    const auto [end, status] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (status != std::errc() || value < 1) fail("each side of the array must be a whole number from 1 to 2147483647");
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }

  std::string_view text_;
  const std::string& file_;
  bool seen_order_ = false;
};

/// The values of a file, turned into T by `convert(double, y, x)`.
template <typename T, typename Convert>
Image<T> read_array(const std::filesystem::path& path, Convert convert) {
  const std::string name = path.string();
  const auto fail = [&](const char* id, const std::string& what) -> void {
    throw Error(ErrorCode::input, id, what, {name});
  };
  std::ifstream in(path, std::ios::binary);
  std::error_code status;
  const std::uintmax_t file_size = std::filesystem::file_size(path, status);
  if (!in || status) fail("NPY-0002", "file cannot be read");

  std::string head(prefix, '\0');
  if (!in.read(head.data(), static_cast<std::streamsize>(prefix)) || !head.starts_with(magic))
    fail("NPY-0003", "not an NPY file of version 1.0");
  const std::size_t length =
      static_cast<unsigned char>(head[magic.size()]) + 256u * static_cast<unsigned char>(head[magic.size() + 1]);
  std::string text(length, '\0');
  if (!in.read(text.data(), static_cast<std::streamsize>(length))) fail("NPY-0003", "file ends inside the NPY header");
  HeaderReader header_reader(text, name);
  header_reader.read();

  const std::string_view type = header_reader.type;
  const std::size_t width = type == "<f8" ? 8 : type == "<f4" ? 4 : type == "|u1" || type == "|b1" ? 1 : 0;
  if (width == 0)
    fail("NPY-0004",
         "array of type '" + std::string(type) + "', expected uint8, bool, float32 or float64 in little-endian");
  const int ny = header_reader.shape[0];
  const int nx = header_reader.shape[1];
  // Both sides are below 2^31 and the width is at most 8, so the product fits 64 bits with the header.
  const std::uint64_t wanted =
      prefix + length + static_cast<std::uint64_t>(ny) * static_cast<std::uint64_t>(nx) * width;
  if (wanted != file_size)
    fail("NPY-0005", "file has " + std::to_string(file_size) + " bytes, its shape asks for " + std::to_string(wanted));

  Image<T> image(ny, nx);
  std::vector<char> row(static_cast<std::size_t>(nx) * width);
  const auto convert_row = [&]<typename Stored>(Stored, int y) {
    for (int x = 0; x < nx; ++x) {
      Stored value;
      std::memcpy(&value, row.data() + static_cast<std::size_t>(x) * sizeof value, sizeof value);
      image(y, x) = convert(static_cast<double>(value), y, x);
    }
  };
  for (int y = 0; y < ny; ++y) {
    if (!in.read(row.data(), static_cast<std::streamsize>(row.size()))) fail("NPY-0002", "file cannot be read");
    if (width == 8) convert_row(double{}, y);
    if (width == 4) convert_row(float{}, y);
    if (width == 1) convert_row(std::uint8_t{}, y);
  }
  return image;
}

}  // namespace

void write_npy(const std::filesystem::path& path, const Bitmap& image) {
  AtomicFile file(path);
  file.write(header("|u1", std::to_string(image.ny()) + ", " + std::to_string(image.nx())));
  file.write(std::as_bytes(image.span()));
  file.commit();
}

void write_npy(const std::filesystem::path& path, int count, int ny, int nx, bool single,
               const std::function<Image<double>(int)>& image) {
  AtomicFile file(path);
  file.write(
      header(single ? "<f4" : "<f8", std::to_string(count) + ", " + std::to_string(ny) + ", " + std::to_string(nx)));
  std::vector<float> row(static_cast<std::size_t>(nx));
  for (int i = 0; i < count; ++i) {
    const Image<double> values = image(i);
    if (values.ny() != ny || values.nx() != nx)
      throw Error(ErrorCode::input, "NPY-0001", "images of one array must have one shape", {path.string()});
    if (!single) {
      file.write(std::as_bytes(values.span()));
      continue;
    }
    for (int y = 0; y < ny; ++y) {
      std::transform(values.row(y), values.row(y) + nx, row.begin(), [](double v) { return static_cast<float>(v); });
      file.write(std::as_bytes(std::span(row)));
    }
  }
  file.commit();
}

Image<double> read_npy(const std::filesystem::path& path) {
  return read_array<double>(path, [](double value, int, int) { return value; });
}

Bitmap read_npy_bitmap(const std::filesystem::path& path) {
  return read_array<std::uint8_t>(path, [&](double value, int y, int x) {
    if (value != 0 && value != 1)
      throw Error(ErrorCode::input, "NPY-0006",
                  "value at [" + std::to_string(y) + "][" + std::to_string(x) + "] is neither 0 nor 1",
                  {path.string()});
    return static_cast<std::uint8_t>(value);
  });
}

}  // namespace anamorph
