// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/glp.hpp"
#include "masks/glp_stream.hpp"
#include "tests/fuzz/layout_check.hpp"

namespace {

using namespace anamorph;
using namespace anamorph::fuzz;

/// Vertices of all shapes, whichever comes first.
std::map<std::string, std::multiset<std::pair<double, double>>> vertices(const Layout& layout) {
  std::map<std::string, std::multiset<std::pair<double, double>>> all;
  for (const auto& [layer, shapes] : layout.layers)
    for (const Polygon& shape : shapes)
      for (const Point& p : shape) all[layer].emplace(p.x, p.y);
  return all;
}

/// As a stream it is the same layout, which has an index, and written it is read again.
void pass_on(std::string_view bytes, const Layout& layout) {
  std::map<std::string, LayerNumber> numbers;
  const auto file = open_glp(memory_bytes(bytes, "clip.glp"), &numbers);
  std::map<LayerNumber, std::string> names;
  for (const auto& [name, number] : numbers) names[number] = name;
  require(names.size() == layout.layers.size());
  query_windows(*file, bytes);
  std::string copy;
  const auto writer = write_glp([&](std::string_view more) { copy += more; }, 1, names);
  (void)read_all(*file, writer.get());
  require(vertices(parse_glp(copy, "copy.glp")) == vertices(layout));
}

}  // namespace

/// Any bytes give either an Error{input} or shapes that keep the promises of parse_glp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const Layout layout = parse_glp(bytes, "clip.glp");
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
    pass_on(bytes, layout);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == "clip.glp");
  }
  return 0;
}
