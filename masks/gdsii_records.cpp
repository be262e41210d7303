// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/gdsii_records.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace anamorph::gdsii {

namespace {

struct Name {
  std::string_view name;
  std::uint8_t type;
};

/// By record number.
constexpr std::array<Name, 0x3C> names{{
    {"HEADER", 2},    {"BGNLIB", 2},   {"LIBNAME", 6},   {"UNITS", 5},      {"ENDLIB", 0},      {"BGNSTR", 2},
    {"STRNAME", 6},   {"ENDSTR", 0},   {"BOUNDARY", 0},  {"PATH", 0},       {"SREF", 0},        {"AREF", 0},
    {"TEXT", 0},      {"LAYER", 2},    {"DATATYPE", 2},  {"WIDTH", 3},      {"XY", 3},          {"ENDEL", 0},
    {"SNAME", 6},     {"COLROW", 2},   {"TEXTNODE", 0},  {"NODE", 0},       {"TEXTTYPE", 2},    {"PRESENTATION", 1},
    {"SPACING", 0},   {"STRING", 6},   {"STRANS", 1},    {"MAG", 5},        {"ANGLE", 5},       {"UINTEGER", 0},
    {"USTRING", 0},   {"REFLIBS", 6},  {"FONTS", 6},     {"PATHTYPE", 2},   {"GENERATIONS", 2}, {"ATTRTABLE", 6},
    {"STYPTABLE", 6}, {"STRTYPE", 2},  {"ELFLAGS", 1},   {"ELKEY", 3},      {"LINKTYPE", 0},    {"LINKKEYS", 0},
    {"NODETYPE", 2},  {"PROPATTR", 2}, {"PROPVALUE", 6}, {"BOX", 0},        {"BOXTYPE", 2},     {"PLEX", 3},
    {"BGNEXTN", 3},   {"ENDEXTN", 3},  {"TAPENUM", 2},   {"TAPECODE", 2},   {"STRCLASS", 1},    {"RESERVED", 3},
    {"FORMAT", 2},    {"MASK", 6},     {"ENDMASKS", 0},  {"LIBDIRSIZE", 2}, {"SRFNAME", 6},     {"LIBSECUR", 2},
}};

constexpr std::uint64_t fraction_bits = 0x00FF'FFFF'FFFF'FFFFU;

/// The fraction times 16^(exponent - 64); long double holds all 56 bits.
long double exact(std::uint64_t bits) noexcept {
  const int exponent = static_cast<int>(bits >> 56U & 0x7FU);
  const long double value = std::ldexp(static_cast<long double>(bits & fraction_bits), 4 * (exponent - 64) - 56);
  return bits >> 63U != 0 ? -value : value;
}

/// The unit that these bits stand for, in nm: a short decimal number where one is within the rounding of a double.
double nearest_unit(long double metres) noexcept {
  const auto plain = static_cast<double>(metres * 1e9L);
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.15g", plain);
  const double decimal = std::strtod(digits.data(), nullptr);
  return std::abs(decimal - plain) <= 4.5e-16 * std::abs(plain) ? decimal : plain;
}

}  // namespace

bool known(std::uint16_t record) noexcept {
  const std::size_t number = record >> 8U;
  return number < names.size() && names[number].type == (record & 0xFFU);
}

std::string title(std::uint16_t record) {
  std::array<char, 8> code{};
  std::snprintf(code.data(), code.size(), "0x%04X", static_cast<unsigned>(record));
  const std::size_t number = record >> 8U;
  return std::string(code.data()) + (number < names.size() ? " (" + std::string(names[number].name) + ")" : "");
}

std::uint64_t encode_real(double value) noexcept {
  if (value == 0 || std::isnan(value)) return 0;
  const std::uint64_t sign = value < 0 ? 1ULL << 63U : 0;
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);
  // Rounded up; what is too small for that keeps the digits that it has left.
  const int sixteens = std::max(-64, exponent > 0 ? (exponent + 3) / 4 : -(-exponent / 4));
  if (std::isinf(value) || sixteens > 63) return sign | 0x7FULL << 56U | fraction_bits;
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 56 + exponent - 4 * sixteens));
  return sign | static_cast<std::uint64_t>(sixteens + 64) << 56U | mantissa;
}

double decode_real(std::uint64_t bits) noexcept { return static_cast<double>(exact(bits)); }

std::uint64_t encode_unit(double dbu_nm) noexcept {
  const std::uint64_t middle = encode_real(static_cast<double>(static_cast<long double>(dbu_nm) / 1e9L));
  for (const int step : {0, 1, -1, 2, -2, 3, -3, 4, -4}) {
    const std::uint64_t candidate = middle + static_cast<std::uint64_t>(step);
    if (decode_unit(candidate) == dbu_nm) return candidate;
  }
  return middle;
}

double decode_unit(std::uint64_t bits) noexcept { return nearest_unit(exact(bits)); }

}  // namespace anamorph::gdsii
