// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>

#include "cpp/core/image.hpp"

namespace anamorph {

/// 8-bit sRGB colour.
struct Rgb {
  std::uint8_t r = 0;
  std::uint8_t g = 0;
  std::uint8_t b = 0;
  bool operator==(const Rgb&) const = default;
};

/// A picture as it is seen: row 0 at the TOP (unlike the arrays of the physics, whose row 0 is the lowest y).
using Picture = Image<Rgb>;

/// The bytes of a PNG file; with a palette when the picture has at most 256 colours. Error{resource} when libpng
/// fails.
[[nodiscard]] std::string encode_png(const Picture& picture);

}  // namespace anamorph
