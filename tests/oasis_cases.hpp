// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// OASIS files put together by hand, record by record, from the specification (SEMI P39): nothing of our writer is in
// them.

namespace anamorph::testing::oas {

struct Signed {
  std::int64_t value;
};
struct Raw {
  std::string bytes;
};

inline void add(std::string& out, std::uint64_t value) {
  for (; value >= 128; value /= 128) out += static_cast<char>(128 + value % 128);
  out += static_cast<char>(value);
}
inline void add(std::string& out, int value) { add(out, static_cast<std::uint64_t>(value)); }
inline void add(std::string& out, Signed s) {
  add(out, s.value < 0 ? 2 * static_cast<std::uint64_t>(-s.value) + 1 : 2 * static_cast<std::uint64_t>(s.value));
}
inline void add(std::string& out, const Raw& raw) { out += raw.bytes; }
inline void add(std::string& out, std::string_view text) {
  add(out, text.size());
  out += text;
}
inline void add(std::string& out, const char* text) { add(out, std::string_view(text)); }

/// Unsigned and signed integers, strings with their length, raw bytes, one after the other.
template <class... Parts>
std::string rec(const Parts&... parts) {
  std::string out;
  (add(out, parts), ...);
  return out;
}

/// The info byte of a record: `of` are the names of its bits from the highest on, `set` those that are 1.
inline Raw bits(std::string_view of, std::string_view set) {
  unsigned value = 0;
  for (const char name : of) value = 2 * value + (set.find(name) != set.npos ? 1u : 0u);
  return {std::string(1, static_cast<char>(value))};
}
inline Raw rect(std::string_view set) { return bits("SWHXYRDL", set); }
inline Raw poly(std::string_view set) { return bits("00PXYRDL", set); }
inline Raw wire(std::string_view set) { return bits("EWPXYRDL", set); }
inline Raw trap(std::string_view set) { return bits("OWHXYRDL", set); }
inline Raw ctrap(std::string_view set) { return bits("TWHXYRDL", set); }
inline Raw disc(std::string_view set) { return bits("00rXYRDL", set); }
inline Raw label(std::string_view set) { return bits("0CNXYRTL", set); }
/// PLACEMENT 17: the angle in quarter turns is added; 18: M and A bits.
inline Raw child(std::string_view set, unsigned quarters = 0) {
  return {std::string(1, static_cast<char>(static_cast<unsigned char>(bits("CNXYR--F", set).bytes[0]) + 2 * quarters))};
}
inline Raw child18(std::string_view set) { return bits("CNXYRMAF", set); }
/// PROPERTY with a number of values.
inline Raw prop(std::string_view set, unsigned count) {
  return {std::string(1, static_cast<char>(static_cast<unsigned char>(bits("----VCNS", set).bytes[0]) + 16 * count))};
}

inline std::string crc_of(const std::string& bytes) {
  std::uint32_t crc = 0xffffffffu;  // bit by bit: polynomial 0x04C11DB7, reflected
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  crc = ~crc;
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(crc >> (8 * i) & 255);
  return out;
}

inline std::string sum_of(const std::string& bytes) {
  std::uint32_t sum = 0;
  for (const char c : bytes) sum += static_cast<unsigned char>(c);
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(sum >> (8 * i) & 255);
  return out;
}

inline const std::string magic = "%SEMI-OASIS\r\n";
inline const std::string no_offsets(12, '\0');

/// END: 256 bytes with the offsets before it, if START left them to END, and a signature of scheme 0, 1 or 2.
inline std::string ended(std::string bytes, int scheme = 0, const std::string& offsets = {}) {
  const std::size_t padding = 256 - 1 - offsets.size() - 2 - 1 - (scheme == 0 ? 0 : 4);
  bytes += rec(2, Raw{offsets}, std::string(padding, 'x'), scheme);
  if (scheme == 1) bytes += crc_of(bytes);
  if (scheme == 2) bytes += sum_of(bytes);
  return bytes;
}

/// A file of 1000 grid steps per um with these records; table offsets, none of them given, in START.
inline std::string file(const std::string& records, int scheme = 0) {
  return ended(magic + rec(1, "1.0", 0, 1000, 0, Raw{no_offsets}) + records, scheme);
}
/// The same with a cell "A" of these elements.
inline std::string cell(const std::string& elements) { return file(rec(14, "A") + elements); }

struct Case {
  const char* name;
  std::string bytes;
  std::string told;  ///< by Lines, without the line of cell A unless there are others
};

std::vector<Case> cases();

}  // namespace anamorph::testing::oas
