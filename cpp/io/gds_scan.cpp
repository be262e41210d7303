// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <cstdint>

#include "cpp/core/error.hpp"
#include "cpp/io/gds.hpp"

namespace anamorph {

namespace {

/// Record types of the GDSII stream format, release 6, with their data type.
enum Record : unsigned {
  header = 0x0002,
  end_of_library = 0x0400,
  units = 0x0305,
  begin_cell = 0x0502,
  end_cell = 0x0700,
  boundary = 0x0800,
  coordinates = 0x1003,
  end_of_element = 0x1100
};

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

/// Eight bytes: sign, exponent of 16 with an excess of 64, 56 bits of a fraction.
double real(std::string_view bytes) {
  const std::uint64_t bits = big_endian(bytes);
  const double fraction = std::ldexp(static_cast<double>(bits & 0x00ff'ffff'ffff'ffffU), -56);
  const double value = fraction * std::pow(16.0, static_cast<double>(bits >> 56 & 0x7f) - 64);
  return bits >> 63 ? -value : value;
}

}  // namespace

GdsContents scan_gds(std::string_view bytes, const std::string& name) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::input, "GDS-0004", "is not a whole GDSII stream: " + what, {name});
  };
  GdsContents found;
  bool in_cell = false, in_polygon = false, ended = false;
  for (std::size_t at = 0; !ended;) {
    if (bytes.size() - at < 4) fail("it ends after " + std::to_string(at) + " bytes, within a record");
    const std::size_t length = big_endian(bytes.substr(at, 2));
    const auto record = static_cast<unsigned>(big_endian(bytes.substr(at + 2, 2)));
    if (length < 4 || length % 2 != 0 || length > bytes.size() - at)
      fail("the record at byte " + std::to_string(at) + " has " + std::to_string(length) + " bytes");
    const std::string_view data = bytes.substr(at + 4, length - 4);
    if ((record == header) != (at == 0)) fail("it does not begin with its header");
    at += length;
    switch (record) {
      case units:
        if (data.size() != 16) fail("its units are not two numbers");
        found.dbu_nm = 1e9 * real(data.substr(8));
        if (!(found.dbu_nm > 0)) fail("its unit of coordinates is not above zero");
        break;
      case begin_cell:
        if (in_cell) fail("a cell begins within a cell");
        in_cell = true;
        ++found.cells;
        break;
      case end_cell:
        if (!in_cell || in_polygon) fail("a cell ends that has not begun");
        in_cell = false;
        break;
      case boundary:
        if (!in_cell || in_polygon) fail("a polygon lies outside of a cell");
        in_polygon = true;
        ++found.polygons;
        break;
      case coordinates:
        if (in_polygon &&
            (data.size() % 8 != 0 || data.size() < 32 || data.substr(0, 8) != data.substr(data.size() - 8)))
          fail("polygon " + std::to_string(found.polygons) + " is not closed");
        break;
      case end_of_element:
        in_polygon = false;
        break;
      case end_of_library:
        if (in_cell) fail("it ends within a cell");
        ended = true;
        break;
      default:
        break;
    }
  }
  if (found.dbu_nm == 0) fail("it has no units");
  return found;
}

}  // namespace anamorph
