// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>

namespace anamorph::gdsii {

/// Records of the stream format, release 6: the number in the upper byte, the type of its data in the lower one (0
/// none, 1 bits, 2 and 3 integers of 2 and 4 bytes, 5 reals of 8 bytes, 6 text).
enum Record : std::uint16_t {
  header = 0x0002,
  begin_library = 0x0102,
  library_name = 0x0206,
  units = 0x0305,
  end_library = 0x0400,
  begin_cell = 0x0502,
  cell_name = 0x0606,
  end_cell = 0x0700,
  boundary = 0x0800,
  path = 0x0900,
  placement = 0x0A00,
  array = 0x0B00,
  text = 0x0C00,
  layer = 0x0D02,
  datatype = 0x0E02,
  width = 0x0F03,
  coordinates = 0x1003,
  end_element = 0x1100,
  placed_name = 0x1206,
  columns_rows = 0x1302,
  node = 0x1500,
  text_type = 0x1602,
  presentation = 0x1701,
  string = 0x1906,
  transformation = 0x1A01,
  magnification = 0x1B05,
  angle = 0x1C05,
  path_type = 0x2102,
  element_flags = 0x2601,
  node_type = 0x2A02,
  property_number = 0x2B02,
  property_value = 0x2C06,
  box = 0x2D00,
  box_type = 0x2E02,
  plex = 0x2F03,
  begin_extension = 0x3003,
  end_extension = 0x3103
};

/// Whether the format knows a record of this number and type at all.
[[nodiscard]] bool known(std::uint16_t record) noexcept;
/// "0x0D02 (LAYER)" for messages.
[[nodiscard]] std::string title(std::uint16_t record);

/// Reals of the format: a sign, an exponent of 16 with an excess of 64, a fraction of 56 bits. Every double within the
/// range of about 1e-78 to 7e75 is one; smaller ones are written as zero, larger ones as the largest.
[[nodiscard]] std::uint64_t encode_real(double value) noexcept;
[[nodiscard]] double decode_real(std::uint64_t bits) noexcept;

/// The unit of coordinates, which files give in metres, and back. A unit of up to 15 digits in nm keeps them.
[[nodiscard]] std::uint64_t encode_unit(double dbu_nm) noexcept;
[[nodiscard]] double decode_unit(std::uint64_t bits) noexcept;

}  // namespace anamorph::gdsii
