// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace anamorph {

/// The CRC-32 of zip and PNG: polynomial 0x04C11DB7, bits reflected, start and end inverted (ISO 3309). Of a text in
/// pieces: give the sum of the pieces so far. "123456789" has 0xCBF43926.
[[nodiscard]] constexpr std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0) noexcept {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? 0xEDB88320u : 0u);
      entries[i] = value;
    }
    return entries;
  }();
  std::uint32_t sum = ~before;
  for (const char byte : bytes) sum = table[(sum ^ static_cast<unsigned char>(byte)) & 0xffu] ^ (sum >> 8);
  return ~sum;
}

}  // namespace anamorph
