// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/tile/shapes.hpp"
#include "masks/layout_stream.hpp"

namespace anamorph {

namespace {

class Collector : public LayoutSink {
 public:
  explicit Collector(std::size_t count) : layers(count) {}
  ShapeLayers layers;
  bool foreign = false;  ///< something that write_shapes does not write

  void polygon(const LayerNumber& layer, const DbuPolygon& polygon, const Repetition& repetition,
               const Properties&) override {
    if (layer.layer >= layers.size() || !repetition.single())
      foreign = true;
    else
      layers[layer.layer].push_back(polygon);
  }
  void placement(const Placement&, const Repetition&, const Properties&) override { foreign = true; }
};

}  // namespace

void write_shapes(const std::filesystem::path& file, const ShapeLayers& layers, double dbu_nm) {
  AtomicFile out(file);
  const auto writer = write_oasis([&](std::string_view bytes) { out.write(bytes); }, dbu_nm);
  writer->begin_cell("TILE");
  for (std::size_t i = 0; i < layers.size(); ++i)
    for (const DbuPolygon& polygon : layers[i]) writer->polygon({static_cast<std::uint32_t>(i), 0}, polygon, {}, {});
  writer->end_cell();
  writer->finish();
  out.commit();
}

ShapeLayers read_shapes(const std::filesystem::path& file, std::size_t count) {
  const auto layout = open_layout(open_bytes(file));
  Collector found(count);
  if (layout->cells().size() == 1) layout->read(0, found);
  if (layout->cells().size() != 1 || found.foreign)
    throw Error(ErrorCode::input, "TIL-0005", "these are not the shapes of a tile of this plan", {file.string()});
  return std::move(found.layers);
}

}  // namespace anamorph
