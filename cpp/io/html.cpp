// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/html.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace anamorph::html {

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = (group << 8) | (k < count ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + k])) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= count ? digits[(group >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

std::string number(double value) {
  const double size = std::abs(value);
  const bool whole = !std::isfinite(value) || size >= 1000 || value == std::floor(value);
  std::string out = number(value, whole ? 0 : std::clamp(3 - static_cast<int>(std::floor(std::log10(size))), 0, 6));
  if (out.find('.') != std::string::npos) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out;
}

std::string number(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  char text[400];
  std::snprintf(text, sizeof text, "%.*f", decimals, std::abs(value));
  std::string out = text;
  const bool zero = out.find_first_not_of("0.") == std::string::npos;
  const std::size_t whole = std::min(out.size(), out.find('.'));
  if (whole > 4)
    for (std::size_t i = whole; i > 3;) out.insert(i -= 3, "\u202f");  // a narrow space that does not break
  return value < 0 && !zero ? "\u2212" + out : out;
}

std::string scientific(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value) || size == 0 || (size >= 0.01 && size < 1e6)) return number(value);
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", value);
  const std::string digits = text;
  const std::size_t e = digits.find('e');
  return number(std::stod(digits.substr(0, e)), 1) + "·" + power_of_ten(std::stoi(digits.substr(e + 1)));
}

std::string power_of_ten(int exponent) {
  constexpr std::string_view raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) out += raised[digit - '0'];
  return out;
}

std::string coordinate(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string out = text;
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out == "-0" ? "0" : out;
}

std::string unit(std::string_view plain) {
  if (plain == "nm2") return "nm²";
  if (plain == "deg") return "°";
  return std::string(plain);
}

}  // namespace anamorph::html
