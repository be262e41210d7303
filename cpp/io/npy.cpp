// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/npy.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <cstring>
#include <fstream>
#include <limits>
#include <span>
#include <string>
#include <string_view>

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
        fortran = accept("True");
        if (!fortran && !accept("False")) fail("fortran_order must be True or False");
      } else if (key == "shape" && shape.empty()) {
        expect("(");
        while (!accept(")")) {
          shape.push_back(number());
          if (accept(")")) break;
          expect(",");
        }
      } else {
        fail("unexpected or repeated key '" + std::string(key) + "' in the NPY header");
      }
      if (!accept(",") && peek() != '}') fail("',' or '}' expected in the NPY header");
    }
    if (peek() != '\0') fail("text after the NPY header");
    if (type.empty() || !seen_order_ || shape.empty()) fail("NPY header needs the keys descr, fortran_order and shape");
  }

  std::string_view type;
  bool fortran = false;
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

/// An NPY file: its header, then its values in the order in which they are stored.
class NpyFile {
 public:
  explicit NpyFile(const std::filesystem::path& path) : name_(path.string()), in_(path, std::ios::binary) {
    std::error_code status;
    size_ = std::filesystem::file_size(path, status);
    if (!in_ || status) fail("NPY-0002", "file cannot be read");
    std::string head(prefix, '\0');
    if (!in_.read(head.data(), static_cast<std::streamsize>(prefix)) || !head.starts_with(magic))
      fail("NPY-0003", "not an NPY file of version 1.0");
    const std::size_t length =
        static_cast<unsigned char>(head[magic.size()]) + 256u * static_cast<unsigned char>(head[magic.size() + 1]);
    text_.resize(length);
    if (!in_.read(text_.data(), static_cast<std::streamsize>(length)))
      fail("NPY-0003", "file ends inside the NPY header");
    HeaderReader header(text_, name_);
    header.read();
    type = header.type;
    shape = header.shape;
    fortran = header.fortran;
  }
  NpyFile(const NpyFile&) = delete;
  NpyFile& operator=(const NpyFile&) = delete;

  [[noreturn]] void fail(const char* id, const std::string& what) const {
    throw Error(ErrorCode::input, id, what, {name_});
  }

  [[noreturn]] void fail_type(const std::string& expected) const {
    fail("NPY-0004", "array of type '" + std::string(type) + "', expected " + expected + " in little-endian");
  }

  /// Number of values, once the file is known to be exactly as long as they are: what a header alone says is never
  /// allocated.
  [[nodiscard]] std::size_t count(std::size_t width) const {
    const std::uint64_t data = size_ - (prefix + text_.size());
    std::uint64_t values = 1;
    bool fits = true;
    for (const int side : shape) {
      fits = fits && values <= data / static_cast<std::uint64_t>(side);
      if (fits) values *= static_cast<std::uint64_t>(side);
    }
    if (!fits || data % width != 0 || values != data / width) {
      std::string text;
      for (const int side : shape) text += (text.empty() ? "" : " x ") + std::to_string(side);
      fail("NPY-0005", "file has " + std::to_string(data) + " bytes of values, its shape asks for " + text + " of " +
                           std::to_string(width) + " bytes");
    }
    return values;
  }

  template <typename T>
  void read(std::span<T> values) {
    if (!in_.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size_bytes())))
      fail("NPY-0002", "file cannot be read");
  }

  std::string_view type;
  std::vector<int> shape;
  bool fortran = false;

 private:
  std::string name_;
  std::ifstream in_;
  std::uint64_t size_ = 0;
  std::string text_;
};

/// The values of an image, turned into T by `convert(double, y, x)`.
template <typename T, typename Convert>
Image<T> read_image(const std::filesystem::path& path, Convert convert) {
  NpyFile file(path);
  if (file.shape.size() != 2)
    file.fail("NPY-0003", "array has " + std::to_string(file.shape.size()) + " dimensions, 2 expected");
  if (file.fortran) file.fail("NPY-0003", "array must be in C order [y][x] (fortran_order False)");
  const std::string_view type = file.type;
  const std::size_t width = type == "<f8" ? 8 : type == "<f4" ? 4 : type == "|u1" || type == "|b1" ? 1 : 0;
  if (width == 0) file.fail_type("uint8, bool, float32 or float64");
  (void)file.count(width);
  const int ny = file.shape[0];
  const int nx = file.shape[1];

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
    file.read(std::span(row));
    if (width == 8) convert_row(double{}, y);
    if (width == 4) convert_row(float{}, y);
    if (width == 1) convert_row(std::uint8_t{}, y);
  }
  return image;
}

template <typename T>
NpyArray<T> read_values(NpyFile& file) {
  if (file.shape.size() > 3)
    file.fail("NPY-0003", "array has " + std::to_string(file.shape.size()) + " dimensions, 1 to 3 expected");
  NpyArray<T> array{file.shape, std::vector<T>(file.count(sizeof(T)))};
  file.read(std::span(array.values));
  if (!file.fortran || array.shape.size() < 2) return array;
  // Stored with the first index fastest; two dimensions are three with a single plane.
  const std::vector<T> stored = array.values;
  const auto side = [&](std::size_t i) {
    const std::size_t missing = 3 - array.shape.size();
    return i < missing ? std::size_t{1} : static_cast<std::size_t>(array.shape[i - missing]);
  };
  std::size_t next = 0;
  for (std::size_t a = 0; a < side(0); ++a)
    for (std::size_t b = 0; b < side(1); ++b)
      for (std::size_t c = 0; c < side(2); ++c) array.values[next++] = stored[a + side(0) * (b + side(1) * c)];
  return array;
}

template <typename T>
void write_values(const std::filesystem::path& path, std::string_view type, const std::vector<int>& shape,
                  std::span<const T> values) {
  std::string sides;
  std::size_t count = 1;
  for (const int side : shape) {
    count *= static_cast<std::size_t>(std::max(side, 0));
    sides += (sides.empty() ? "" : ", ") + std::to_string(side);
  }
  if (shape.empty() || count == 0 || count != values.size())
    throw Error(ErrorCode::input, "NPY-0001",
                std::to_string(values.size()) + " values for an array of (" + sides + "), as many as that expected",
                {path.string()});
  AtomicFile file(path);
  file.write(header(type, shape.size() == 1 ? sides + "," : sides));
  file.write(std::as_bytes(values));
  file.commit();
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

void write_npy(const std::filesystem::path& path, const std::vector<int>& shape, std::span<const double> values) {
  write_values(path, "<f8", shape, values);
}

void write_npy(const std::filesystem::path& path, const std::vector<int>& shape,
               std::span<const std::complex<double>> values) {
  write_values(path, "<c16", shape, values);
}

void write_npy(const std::filesystem::path& path, const std::vector<int>& shape, std::span<const int> values) {
  write_values(path, "<i4", shape, values);
}

Image<double> read_npy(const std::filesystem::path& path) {
  return read_image<double>(path, [](double value, int, int) { return value; });
}

Bitmap read_npy_bitmap(const std::filesystem::path& path) {
  return read_image<std::uint8_t>(path, [&](double value, int y, int x) {
    if (value != 0 && value != 1)
      throw Error(ErrorCode::input, "NPY-0006",
                  "value at [" + std::to_string(y) + "][" + std::to_string(x) + "] is neither 0 nor 1",
                  {path.string()});
    return static_cast<std::uint8_t>(value);
  });
}

NpyArray<double> read_npy_real(const std::filesystem::path& path) {
  NpyFile file(path);
  if (file.type != "<f8") file.fail_type("float64");
  return read_values<double>(file);
}

NpyArray<std::complex<double>> read_npy_complex(const std::filesystem::path& path) {
  NpyFile file(path);
  if (file.type != "<c16") file.fail_type("complex128");
  return read_values<std::complex<double>>(file);
}

NpyArray<int> read_npy_whole(const std::filesystem::path& path) {
  NpyFile file(path);
  if (file.type == "<i4") return read_values<int>(file);
  if (file.type != "<i8") file.fail_type("int32 or int64");
  const NpyArray<std::int64_t> wide = read_values<std::int64_t>(file);
  NpyArray<int> array{wide.shape, {}};
  for (const std::int64_t value : wide.values) {
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
      file.fail("NPY-0006", "value " + std::to_string(value) + " does not fit an int");
    array.values.push_back(static_cast<int>(value));
  }
  return array;
}

}  // namespace anamorph
