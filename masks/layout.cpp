// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout.hpp"

#include <cstdint>
#include <fstream>
#include <system_error>

#include "cpp/core/error.hpp"
#include "masks/glp.hpp"

namespace anamorph {

namespace {

constexpr std::uintmax_t max_file_size = 64U << 20U;

std::string read_text(const std::filesystem::path& file) {
  const auto fail = [&](const char* id, const std::string& what) -> Error {
    return {ErrorCode::input, id, what, {file.string()}};
  };
  std::error_code status;
  if (!std::filesystem::exists(file, status)) throw fail("LAY-0001", "no such layout file");
  if (!std::filesystem::is_regular_file(file, status)) throw fail("LAY-0002", "not a file; expected a layout file");
  const std::uintmax_t size = std::filesystem::file_size(file, status);
  if (status) throw fail("LAY-0003", "cannot be read: " + status.message());
  if (size > max_file_size) throw fail("LAY-0004", "the file exceeds 64 MiB; cut out the clip first");
  std::string text(static_cast<std::size_t>(size), '\0');
  std::ifstream stream(file, std::ios::binary);
  if (!stream || !stream.read(text.data(), static_cast<std::streamsize>(size))) {
    throw fail("LAY-0003", "cannot be read; check its permissions");
  }
  return text;
}

std::string layer_names(const Layout& layout) {
  std::string names;
  for (const auto& [name, shapes] : layout.layers) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "none" : names;
}

}  // namespace

Layout read_layout(const std::filesystem::path& file) {
  if (file.extension() == ".glp") return parse_glp(read_text(file), file.string());
  throw Error(ErrorCode::input, "LAY-0005",
              "no reader for the suffix \"" + file.extension().string() + "\"; layouts are read from .glp files",
              {file.string()});
}

const std::vector<Polygon>& polygons(const Layout& layout, const std::string& layer) {
  if (layer.empty()) {
    if (layout.layers.size() == 1) return layout.layers.begin()->second;
    throw Error(
        ErrorCode::input, "LAY-0006",
        "name the layer: cell \"" + layout.cell + "\" does not have exactly one; present: " + layer_names(layout));
  }
  const auto found = layout.layers.find(layer);
  if (found != layout.layers.end()) return found->second;
  throw Error(ErrorCode::input, "LAY-0007",
              "no layer \"" + layer + "\" in cell \"" + layout.cell + "\"; present: " + layer_names(layout));
}

std::vector<Polygon> polygons(Layout&& layout, const std::string& layer) {
  return polygons(static_cast<const Layout&>(layout), layer);
}

}  // namespace anamorph
