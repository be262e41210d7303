// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

// GDSII streams put together by hand, so that a mistake of our writer is not made twice.

namespace anamorph::testing {

class GdsiiBytes {
 public:
  GdsiiBytes& record(unsigned type, std::string_view data = {}) {
    number(data.size() + 4, 2);
    number(type, 2);
    bytes += data;
    return *this;
  }
  GdsiiBytes& shorts(unsigned type, std::initializer_list<int> values) { return numbers(type, values, 2); }
  GdsiiBytes& longs(unsigned type, std::initializer_list<int> values) { return numbers(type, values, 4); }
  GdsiiBytes& text(unsigned type, std::string value) {
    if (value.size() % 2 != 0) value += '\0';
    return record(type, value);
  }
  GdsiiBytes& bits(unsigned type, std::initializer_list<std::uint64_t> values) {
    number(8 * values.size() + 4, 2);
    number(type, 2);
    for (const std::uint64_t v : values) number(v, 8);
    return *this;
  }

  /// HEADER to UNITS, of 1 nm.
  GdsiiBytes& library() {
    shorts(0x0002, {600}).shorts(0x0102, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).text(0x0206, "LIB");
    return bits(0x0305, {0x3E41'8937'4BC6'A7F0U, 0x3944'B82F'A09B'5A54U});
  }
  GdsiiBytes& cell(const std::string& name) {
    return shorts(0x0502, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}).text(0x0606, name);
  }
  GdsiiBytes& end_cell() { return record(0x0700); }
  GdsiiBytes& end_element() { return record(0x1100); }
  GdsiiBytes& end_library() { return record(0x0400); }
  GdsiiBytes& points(std::initializer_list<int> xy) { return longs(0x1003, xy); }
  /// Begin of an element on a layer.
  GdsiiBytes& on(unsigned kind, int layer, int type, unsigned type_record = 0x0E02) {
    return record(kind).shorts(0x0D02, {layer}).shorts(type_record, {type});
  }
  GdsiiBytes& square() { return on(0x0800, 1, 0).points({0, 0, 9, 0, 9, 9, 0, 9, 0, 0}).end_element(); }
  GdsiiBytes& place(const std::string& name, int x = 0, int y = 0) {
    return record(0x0A00).text(0x1206, name).points({x, y}).end_element();
  }

  std::string bytes;

 private:
  GdsiiBytes& numbers(unsigned type, std::initializer_list<int> values, int size) {
    number(values.size() * static_cast<std::size_t>(size) + 4, 2);
    number(type, 2);
    for (const int v : values) number(static_cast<std::uint64_t>(static_cast<std::int64_t>(v)), size);
    return *this;
  }
  void number(std::uint64_t value, int count) {
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 255U);
  }
};

}  // namespace anamorph::testing
