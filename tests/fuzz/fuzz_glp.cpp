// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cpp/core/error.hpp"
#include "masks/glp.hpp"

/// Any bytes give either an Error{input} or shapes that keep the promises of parse_glp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  const auto require = [](bool kept) {
    if (!kept) std::abort();
  };
  try {
    const Layout layout = parse_glp({reinterpret_cast<const char*>(data), size}, "clip.glp");
    require(!layout.layers.empty());
    for (const auto& [layer, shapes] : layout.layers) {
      require(!layer.empty() && !shapes.empty());
      for (const Polygon& shape : shapes) {
        require(shape.size() >= 4);
        for (std::size_t i = 0; i < shape.size(); ++i) {
          const Point& a = shape[i];
          const Point& b = shape[(i + 1) % shape.size()];
          require((a.x == b.x) != (a.y == b.y));  // neither slanted nor of no length
          require(a.x >= -1e9 && a.x <= 1e9 && a.y >= -1e9 && a.y <= 1e9);
        }
      }
    }
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == "clip.glp");
  }
  return 0;
}
