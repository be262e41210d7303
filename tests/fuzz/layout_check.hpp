// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/layout_query.hpp"
#include "masks/layout_stream.hpp"

namespace anamorph::fuzz {

inline void require(bool kept) {
  if (!kept) std::abort();
}

/// Passes everything on to a writer and counts it; what it is told must keep the promises of the reader.
class Check final : public LayoutSink {
 public:
  explicit Check(LayoutWriter* to) : to_(to) {}

  void polygon(const LayerNumber& l, const DbuPolygon& p, const Repetition& r, const Properties& q) override {
    require(p.size() >= 3);
    for (const DbuPoint& each : p) place(each);
    tell(r, q);
    if (to_) to_->polygon(l, p, r, q);
  }
  void box(const LayerNumber& l, const DbuBox& b, const Repetition& r, const Properties& q) override {
    require(!b.empty());
    place({b.x0, b.y0});
    place({b.x1, b.y1});
    tell(r, q);
    if (to_) to_->box(l, b, r, q);
  }
  void path(const LayerNumber& l, const LayoutPath& p, const Repetition& r, const Properties& q) override {
    require(!p.spine.empty());
    for (const DbuPoint& each : p.spine) place(each);
    tell(r, q);
    if (to_) to_->path(l, p, r, q);
  }
  void text(const LayerNumber& l, const LayoutText& t, const Repetition& r, const Properties& q) override {
    place(t.at);
    tell(r, q);
    if (to_) to_->text(l, t, r, q);
  }
  void placement(const Placement& c, const Repetition& r, const Properties& q) override {
    require(c.magnification > 0);
    place(c.origin);
    tell(r, q);
    if (to_) to_->placement(c, r, q);
  }

  std::uint64_t elements = 0;
  std::uint64_t members = 0;
  std::uint64_t properties = 0;

 private:
  static void place(const DbuPoint& p) {
    constexpr std::int64_t most = std::int64_t{1} << 60;
    require(p.x >= -most && p.x <= most && p.y >= -most && p.y <= most);
  }
  void tell(const Repetition& r, const Properties& q) {
    require(r.count() > 0);
    require(r.offsets.empty() || r.offsets.front() == DbuPoint{});
    for (const DbuPoint& each : r.offsets) place(each);
    ++elements;
    members += r.count();
    properties += q.size();
  }
  LayoutWriter* to_;
};

/// What a query tells lies in its window, and in the box that the index has for its layer.
class CheckQuery final : public LayoutSink {
 public:
  CheckQuery(const LayoutIndex& index, const LayoutIndex::Query& query) : index_(index), query_(query) {}
  void polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& once, const Properties&) override {
    require(once.single() && !shape.empty());
    const DbuBox box = box_of(shape), all = index_.bounding_box(query_.cell, layer);
    require(all.holds({box.x0, box.y0}) && all.holds({box.x1, box.y1}));
    require(!query_.window || box.touches(*query_.window));
    ++shapes;
    if (within.touches(box)) ++shapes_within;
  }
  void text(const LayerNumber&, const LayoutText& label, const Repetition& once, const Properties&) override {
    require(once.single() && (!query_.window || query_.window->holds(label.at)));
    ++texts;
    if (within.holds(label.at)) ++texts_within;
  }

  DbuBox within;
  std::uint64_t shapes = 0, shapes_within = 0, texts = 0, texts_within = 0;

 private:
  static DbuBox box_of(const DbuPolygon& shape) {
    DbuBox box;
    for (const DbuPoint& p : shape) box.include(p);
    return box;
  }
  const LayoutIndex& index_;
  const LayoutIndex::Query& query_;
};

/// Asks for all of some cells and for a window of each that the bytes choose: the window holds what lies in it of all.
/// Steps are few, since a small file may hold very many shapes.
inline void query_windows(const LayoutFile& file, std::string_view bytes) {
  constexpr std::uint64_t steps = 20'000;
  constexpr std::size_t most_cells = 8;
  std::uint64_t chance = 0xcbf29ce484222325U;  // Fowler, Noll, Vo
  for (const char c : bytes) chance = (chance ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  const auto upto = [&](std::int64_t most) {
    chance = chance * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::int64_t>((chance >> 8U) % (static_cast<std::uint64_t>(most) + 1));
  };
  try {
    const LayoutIndex index(file);
    std::vector<std::string> cells = index.top_cells();
    cells.resize(std::min(cells.size(), most_cells));
    for (const std::string& name : cells) {
      if (name.empty()) continue;  // none can be asked for by that name
      const std::size_t cell = index.find(name);
      DbuBox all{0, 0, 0, 0};
      for (const LayerNumber& layer : index.layers(cell, true)) {
        const DbuBox box = index.bounding_box(cell, layer);
        if (box.empty()) continue;  // texts alone
        all.include({box.x0, box.y0});
        all.include({box.x1, box.y1});
      }
      LayoutIndex::Query whole{cell, {}, {}, steps}, part = whole;
      const DbuPoint corner{all.x0 + upto(all.width()), all.y0 + upto(all.height())};
      const std::int64_t size = upto(1) == 0 ? 1000 : INT64_MAX;
      part.window = DbuBox{corner.x, corner.y, corner.x + upto(std::min(all.x1 - corner.x, size)),
                           corner.y + upto(std::min(all.y1 - corner.y, size))};
      CheckQuery in_part(index, part), in_whole(index, whole);
      in_whole.within = *part.window;
      index.elements(part, in_part);
      index.elements(whole, in_whole);
      require(in_part.shapes == in_whole.shapes_within && in_part.texts == in_whole.texts_within);
    }
  } catch (const Error& error) {  // a cell holds itself, lies beyond all coordinates, or holds too much
    require(error.code() == ErrorCode::input && error.where().file == file.name());
    require(std::string_view(error.what()).find("at byte ") != std::string_view::npos);
  }
}

inline Check read_all(const LayoutFile& file, LayoutWriter* to) {
  Check check(to);
  for (std::size_t i = 0; i < file.cells().size(); ++i) {
    const Properties properties = file.cell_properties(i);
    if (to) to->begin_cell(file.cells()[i], properties);
    file.read(i, check);
    if (to) to->end_cell();
  }
  if (to) to->finish();
  return check;
}

}  // namespace anamorph::fuzz
