// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <system_error>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/glp.hpp"
#include "masks/layer_names.hpp"
#include "masks/layout_query.hpp"
#include "masks/layout_stream.hpp"

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

/// Whether they share more than an edge.
bool overlap(const Box& a, const Box& b) { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1; }

Error no_layer(const std::string& layer, const Layout& layout) {
  return {ErrorCode::input, "LAY-0007",
          "no layer \"" + layer + "\" in cell \"" + layout.cell + "\"; present: " + layer_names(layout)};
}

Layout read_glp(const std::filesystem::path& file, const LayoutChoice& choice) {
  Layout layout = parse_glp(read_text(file), file.string());
  if (!choice.cell.empty() && choice.cell != layout.cell)
    throw Error(ErrorCode::input, "LAY-0022", "no cell \"" + choice.cell + "\"; there is: " + layout.cell,
                {file.string()});
  if (choice.layer.empty()) return layout;
  if (!layout.layers.contains(choice.layer)) throw no_layer(choice.layer, layout);
  std::erase_if(layout.layers, [&](const auto& layer) { return layer.first != choice.layer; });
  return layout;
}

/// The polygon in nm, counter-clockwise; empty if it has no area.
Polygon drawn(const DbuPolygon& shape, double dbu_nm) {
  Polygon polygon;
  polygon.reserve(shape.size());
  for (const DbuPoint& p : shape) polygon.push_back({nm_of(p.x, dbu_nm), nm_of(p.y, dbu_nm)});
  double area = 0;  // from the first vertex, so that a far-away shape loses no digits
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const DbuPoint& b = shape[(i + 1) % shape.size()];
    area += static_cast<double>(shape[i].x - shape[0].x) * static_cast<double>(b.y - shape[i].y) -
            static_cast<double>(shape[i].y - shape[0].y) * static_cast<double>(b.x - shape[i].x);
  }
  if (area == 0) polygon.clear();
  if (area < 0) std::reverse(polygon.begin(), polygon.end());
  return polygon;
}

Layout read_hierarchy(const std::filesystem::path& path, const LayoutChoice& choice) {
  const auto file = open_layout(open_bytes(path));
  const LayoutIndex index(*file);
  const std::size_t cell = index.find(choice.cell);
  Layout layout;
  layout.cell = file->cells()[cell];
  layout.dbu_nm = file->dbu_nm();
  const std::vector<LayerNumber> present = index.layers(cell);
  for (const LayerNumber& layer : present) layout.layers[layer.str()];

  LayoutIndex::Query query{cell, {}, {}};
  if (!choice.layer.empty()) {
    query.layers = layers_named(choice.layer, present);
    const bool drawn_on = !query.layers.empty();
    if (!drawn_on && layers_named(choice.layer, layers_promised(file->cell_properties(cell))).empty())
      throw no_layer(choice.layer, layout);
    layout.layers = {{choice.layer, {}}};
    if (!drawn_on) return layout;
  }
  if (choice.window_nm) {
    const Box& w = *choice.window_nm;
    const auto grid = [&](double nm) {  // far beyond any layout, and well within the integers
      return static_cast<std::int64_t>(std::clamp(nm / layout.dbu_nm, -0x1p52, 0x1p52));
    };
    query.window = DbuBox{grid(std::floor(w.x0)) - 1, grid(std::floor(w.y0)) - 1, grid(std::ceil(w.x1)) + 1,
                          grid(std::ceil(w.y1)) + 1};
  }
  index.shapes(query, [&](const LayerNumber& layer, const DbuPolygon& shape) {
    Polygon polygon = drawn(shape, layout.dbu_nm);
    if (polygon.empty() || (choice.window_nm && !overlap(bounding_box({polygon}), *choice.window_nm))) return;
    layout.layers[choice.layer.empty() ? layer.str() : choice.layer].push_back(std::move(polygon));
  });
  return layout;
}

}  // namespace

double nm_of(std::int64_t dbu, double dbu_nm) noexcept {
  const double per_nm = std::round(1 / dbu_nm);
  if (per_nm >= 1 && std::abs(per_nm * dbu_nm - 1) < 1e-15) return static_cast<double>(dbu) / per_nm;
  return static_cast<double>(dbu) * dbu_nm;
}

Layout read_layout(const std::filesystem::path& file, const LayoutChoice& choice) {
  const std::string suffix = file.extension().string();
  if (suffix == ".glp") return read_glp(file, choice);
  if (suffix == ".gds" || suffix == ".gdsii" || suffix == ".oas" || suffix == ".oasis")
    return read_hierarchy(file, choice);
  throw Error(ErrorCode::input, "LAY-0005",
              "no reader for the suffix \"" + suffix + "\"; layouts are read from .glp, .gds and .oas files",
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
  throw no_layer(layer, layout);
}

std::vector<Polygon> polygons(Layout&& layout, const std::string& layer) {
  return polygons(static_cast<const Layout&>(layout), layer);
}

}  // namespace anamorph
