// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/layout_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/layer_names.hpp"

namespace anamorph {

namespace {

DbuBox box_of(const LayoutIndex& index, std::size_t cell, const std::vector<LayerNumber>& layers) {
  DbuBox all;
  for (const LayerNumber& layer : layers)
    if (const DbuBox box = index.bounding_box(cell, layer); !box.empty()) {
      all.include({box.x0, box.y0});
      all.include({box.x1, box.y1});
    }
  return all;
}

/// The cells that a cell holds.
class Children : public LayoutSink {
 public:
  struct Child {
    Placement at;
    Repetition repetition;
  };
  std::vector<Child> all;
  bool shapes = false;

  void polygon(const LayerNumber&, const DbuPolygon&, const Repetition&, const Properties&) override { shapes = true; }
  void box(const LayerNumber&, const DbuBox&, const Repetition&, const Properties&) override { shapes = true; }
  void path(const LayerNumber&, const LayoutPath&, const Repetition&, const Properties&) override { shapes = true; }
  void placement(const Placement& at, const Repetition& repetition, const Properties&) override {
    all.push_back({at, repetition});
  }
};

struct Array {
  ArrayPitch pitch;
  double area = 0;
};

/// An axis-parallel grid as an array of a cell with this box; no area for anything else.
Array array_of(const Repetition& r, DbuBox cell, bool turned) {
  if (!r.offsets.empty() || r.count() < 2 || cell.empty()) return {};
  if (turned) cell = {cell.y0, cell.x0, cell.y1, cell.x1};
  DbuPoint a = r.columns > 1 ? r.a : DbuPoint{}, b = r.rows > 1 ? r.b : DbuPoint{};
  std::uint64_t columns = r.columns, rows = r.rows;
  if (a.x == 0 && b.y == 0) {
    std::swap(a, b);
    std::swap(columns, rows);
  }
  if (a.y != 0 || b.x != 0) return {};
  Array array;
  array.pitch = {std::abs(a.x), std::abs(b.y)};
  array.area = static_cast<double>(a.x != 0 ? array.pitch.x : cell.width()) * static_cast<double>(columns) *
               static_cast<double>(b.y != 0 ? array.pitch.y : cell.height()) * static_cast<double>(rows);
  return array;
}

bool quarter_turn(const Placement& at) { return std::abs(std::remainder(at.angle_deg, 180)) == 90; }

class LayoutShapes : public ShapeReader {
 public:
  LayoutShapes(const TileSource& source, int threads)
      : layout_(open_layout(open_bytes(source.file))), index_(*layout_, threads), cell_(index_.find(source.cell)) {
    const std::vector<LayerNumber> there = index_.layers(cell_);
    const auto fail = [&](const std::string& what) {
      std::string list;
      for (const LayerNumber& layer : there) list += (list.empty() ? "" : ", ") + layer.str();
      throw Error(ErrorCode::input, "TIL-0022", what + "; the layout has " + (list.empty() ? "none" : list),
                  {source.file.string()});
    };
    if (source.layers.empty()) {
      if (there.size() != 1) fail("a layer must be named, as layout.layer = \"11/0\"");
      layers_ = there;
    }
    for (const std::string& name : source.layers) {
      const std::vector<LayerNumber> named = layers_named(name, there);
      if (named.empty() && layers_named(name, layers_promised(layout_->cell_properties(cell_))).empty())
        fail("there is no layer " + name);
      layers_.insert(layers_.end(), named.begin(), named.end());
    }
    std::sort(layers_.begin(), layers_.end());
    layers_.erase(std::unique(layers_.begin(), layers_.end()), layers_.end());
  }

  [[nodiscard]] double dbu_nm() const noexcept override { return layout_->dbu_nm(); }
  [[nodiscard]] std::string cell() const override { return layout_->cells()[cell_]; }
  [[nodiscard]] DbuBox bounding_box() const override { return box_of(index_, cell_, layers_); }
  void shapes(const DbuBox& window, const std::function<void(const DbuPolygon&)>& tell) const override {
    if (layers_.empty()) return;  // nothing is drawn on them; the index would take that for all
    index_.shapes({cell_, layers_, window}, [&](const LayerNumber&, const DbuPolygon& polygon) { tell(polygon); });
  }
  [[nodiscard]] ArrayPitch pitch() const override { return dominant_pitch(index_, cell_, layers_); }

 private:
  std::unique_ptr<LayoutFile> layout_;
  LayoutIndex index_;
  std::size_t cell_;
  std::vector<LayerNumber> layers_;
};

}  // namespace

ArrayPitch dominant_pitch(const LayoutIndex& index, std::size_t cell, const std::vector<LayerNumber>& layers) {
  const std::vector<std::string>& names = index.file().cells();
  bool turned = false;
  for (std::size_t depth = 0; depth <= names.size(); ++depth) {
    Children children;
    index.file().read(cell, children);
    const auto cell_of = [&](const Children::Child& child) {
      return static_cast<std::size_t>(std::find(names.begin(), names.end(), child.at.cell) - names.begin());
    };
    if (!children.shapes && children.all.size() == 1 && children.all.front().repetition.single()) {
      const Children::Child& only = children.all.front();
      cell = cell_of(only);
      if (cell == names.size() || only.at.magnification != 1) return {};
      turned ^= quarter_turn(only.at);
      continue;
    }
    Array best;
    for (const Children::Child& child : children.all) {
      const std::size_t held = cell_of(child);
      if (held == names.size()) continue;
      const Array array = array_of(child.repetition, box_of(index, held, layers), quarter_turn(child.at));
      if (array.area > best.area) best = array;
    }
    const DbuBox box = box_of(index, cell, layers);
    if (box.empty() || best.area < 0.25 * static_cast<double>(box.width()) * static_cast<double>(box.height()))
      return {};
    return turned ? ArrayPitch{best.pitch.y, best.pitch.x} : best.pitch;
  }
  return {};
}

std::unique_ptr<ShapeReader> layout_shapes(const TileSource& source, int threads) {
  return std::make_unique<LayoutShapes>(source, threads);
}

}  // namespace anamorph
