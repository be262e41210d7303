// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/png.hpp"

#include <png.h>

#include <array>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include "cpp/core/error.hpp"

namespace anamorph {

std::string encode_png(const Picture& picture) {
  // Colours are numbered in the order of their appearance, so that the bytes depend on the picture alone.
  std::unordered_map<std::uint32_t, std::uint8_t> number;
  std::vector<Rgb> palette;
  std::vector<std::uint8_t> indices;
  indices.reserve(picture.size());
  for (const Rgb& c : picture) {
    const std::uint32_t key = (std::uint32_t{c.r} << 16) | (std::uint32_t{c.g} << 8) | c.b;
    const auto [entry, added] = number.try_emplace(key, static_cast<std::uint8_t>(palette.size()));
    if (added && palette.size() == 256) break;
    if (added) palette.push_back(c);
    indices.push_back(entry->second);
  }
  const bool indexed = indices.size() == picture.size();

  static_assert(sizeof(Rgb) == 3, "a row of Rgb is a row of the file");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.nx());
  image.height = static_cast<png_uint_32>(picture.ny());
  image.format = indexed ? PNG_FORMAT_RGB_COLORMAP : PNG_FORMAT_RGB;
  image.colormap_entries = static_cast<png_uint_32>(palette.size());
  const void* pixels = indexed ? static_cast<const void*>(indices.data()) : picture.data();
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, palette.data()))
    throw Error(ErrorCode::resource, "PNG-0001", std::string("picture cannot be encoded: ") + image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace anamorph
