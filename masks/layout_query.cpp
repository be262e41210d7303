// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout_query.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"
#include "masks/cell_transform.hpp"
#include "masks/layout_visit.hpp"
#include "masks/repetition_members.hpp"

namespace anamorph {

namespace {

Error broken(const LayoutFile& file, const char* id, const std::string& what) {
  return {ErrorCode::input, id, what, {file.name()}};
}

Error too_large(const LayoutFile& file, std::size_t cell) {
  return broken(file, "LAY-0020",
                "cell \"" + file.cells()[cell] + "\" reaches beyond 2^50 database units, at byte " +
                    std::to_string(file.cell_offset(cell)));
}

DbuBox box_of(const DbuPolygon& shape) {
  DbuBox box;
  for (const DbuPoint& p : shape) box.include(p);
  return box;
}

/// All of `moves` applied to a box.
DbuBox swept(const DbuBox& box, const DbuBox& moves) {
  if (box.empty() || moves.empty()) return {};
  return {box.x0 + moves.x0, box.y0 + moves.y0, box.x1 + moves.x1, box.y1 + moves.y1};
}

void include(DbuBox& box, const DbuBox& other) {
  if (other.empty()) return;
  box.include({other.x0, other.y0});
  box.include({other.x1, other.y1});
}

/// Sums up a cell.
class Summary final : public LayoutSink {
 public:
  Summary(const LayoutFile& file, std::size_t cell, const std::unordered_map<std::string, std::size_t>& numbers,
          CellSummary& into)
      : file_(file), cell_(cell), numbers_(numbers), into_(into) {}

  void polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& repetition,
               const Properties& properties) override {
    into_.bytes += sizeof(DbuPoint) * shape.size();
    add({layer, false}, box_of(shape), repetition, properties);
  }
  void text(const LayerNumber& layer, const LayoutText& label, const Repetition& repetition,
            const Properties& properties) override {
    into_.bytes += sizeof(ElementDetails) + label.text.size();
    add({layer, true}, {label.at.x, label.at.y, label.at.x, label.at.y}, repetition, properties);
  }
  void path(const LayerNumber& layer, const LayoutPath& wire, const Repetition& repetition,
            const Properties& properties) override {
    into_.absolute = into_.absolute || wire.absolute;
    LayoutSink::path(layer, wire, repetition, properties);
  }
  void placement(const Placement& placement, const Repetition& repetition, const Properties&) override {
    into_.bytes += 128 + sizeof(DbuPoint) * repetition.offsets.size();
    into_.elements += 1 + repetition.offsets.size();
    const auto found = numbers_.find(placement.cell);
    if (found == numbers_.end()) return;  // a cell that is defined elsewhere
    const DbuPoint& at = placement.origin;
    const DbuBox origins = checked(swept(checked({at.x, at.y, at.x, at.y}), moves(repetition)));
    const Orientation orientation = Orientation::of(placement);
    const auto [same, added] = children_.try_emplace(
        {found->second, orientation.xx, orientation.xy, orientation.yx, orientation.yy}, into_.children.size());
    if (added) into_.children.push_back({found->second, orientation, {}, 0});
    CellSummary::Child& child = into_.children[same->second];
    include(child.origins, origins);
    child.count += members(repetition);
  }

 private:
  void add(const CellSummary::Kind& kind, const DbuBox& box, const Repetition& repetition,
           const Properties& properties) {
    into_.bytes += 64 + sizeof(DbuPoint) * repetition.offsets.size() + bytes_of(properties);
    into_.elements += 1 + repetition.offsets.size();
    CellSummary::Shapes& own = into_.own[kind];
    include(own.box, checked(swept(checked(box), moves(repetition))));
    own.count += members(repetition);
  }
  [[nodiscard]] DbuBox checked(const DbuBox& box) const {
    constexpr DbuBox all{-largest_coordinate, -largest_coordinate, largest_coordinate, largest_coordinate};
    if (box.empty() || !all.holds({box.x0, box.y0}) || !all.holds({box.x1, box.y1})) throw too_large(file_, cell_);
    return box;
  }
  [[nodiscard]] DbuBox moves(const Repetition& repetition) const {
    return repetition.single() && repetition.offsets.empty() ? DbuBox{0, 0, 0, 0}
                                                             : checked(displacement_box(repetition));
  }

  const LayoutFile& file_;
  std::size_t cell_;
  const std::unordered_map<std::string, std::size_t>& numbers_;
  CellSummary& into_;
  std::map<std::tuple<std::size_t, double, double, double, double>, std::size_t> children_;  ///< their places
};

}  // namespace

LayoutIndex::LayoutIndex(const LayoutFile& file, int threads) : impl_(std::make_unique<Impl>(file)) {
  const std::vector<std::string>& names = file.cells();
  for (std::size_t i = 0; i < names.size(); ++i) impl_->numbers.emplace(names[i], i);
  impl_->cells.resize(names.size());
  parallel_for(static_cast<int>(names.size()), threads, [&](int i) {
    const auto cell = static_cast<std::size_t>(i);
    Summary summary(file, cell, impl_->numbers, impl_->cells[cell]);
    file.read(cell, summary);
  });
  impl_->add_up();
}

LayoutIndex::~LayoutIndex() = default;
LayoutIndex::LayoutIndex(LayoutIndex&&) noexcept = default;

/// Boxes of cells from those of their children, children first; finds cells that hold themselves.
void LayoutIndex::Impl::add_up() {
  std::vector<std::size_t> waiting(cells.size(), 0);  // children that are not done
  std::vector<std::vector<std::size_t>> parents(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    for (const CellSummary::Child& child : cells[i].children) {
      ++waiting[i];
      parents[child.cell].push_back(i);
      cells[child.cell].held = true;
    }
  std::vector<std::size_t> ready;
  for (std::size_t i = cells.size(); i-- > 0;)
    if (waiting[i] == 0) ready.push_back(i);
  std::size_t done = 0;
  while (!ready.empty()) {
    const std::size_t i = ready.back();
    ready.pop_back();
    ++done;
    CellSummary& cell = cells[i];
    cell.all = cell.own;
    for (const CellSummary::Child& child : cell.children) {
      if (cells[child.cell].absolute && child.orientation.magnified())
        throw broken(
            file, "LAY-0025",
            "cell \"" + file.cells()[child.cell] +
                "\" has paths of absolute width (a negative WIDTH) and is magnified, which is not supported, in \"" +
                file.cells()[i] + "\", at byte " + std::to_string(file.cell_offset(i)));
      cell.absolute = cell.absolute || cells[child.cell].absolute;
      for (const auto& [kind, below] : cells[child.cell].all) {
        CellSummary::Shapes& all = cell.all[kind];
        include(all.box, swept(CellTransform{child.orientation, 0, 0}.image(below.box), child.origins));
        all.count += child.count * below.count;
      }
    }
    for (const auto& [kind, shapes] : cell.all) {
      const DbuBox& box = shapes.box;
      if (std::max(std::max(-box.x0, box.x1), std::max(-box.y0, box.y1)) > largest_coordinate) throw too_large(file, i);
    }
    for (const std::size_t parent : parents[i])
      if (--waiting[parent] == 0) ready.push_back(parent);
  }
  if (done == cells.size()) return;
  // What is left holds a cycle: down along cells that wait, one comes again.
  std::size_t at = 0;
  while (waiting[at] == 0) ++at;
  std::vector<bool> seen(cells.size(), false);
  std::size_t before = at;
  while (!seen[at]) {
    seen[at] = true;
    before = at;
    for (const CellSummary::Child& child : cells[at].children)
      if (waiting[child.cell] != 0) {
        at = child.cell;
        break;
      }
  }
  throw broken(file, "LAY-0021",
               "cell \"" + file.cells()[at] + "\" holds itself" +
                   (before == at ? "" : ", through cell \"" + file.cells()[before] + "\"") + ", at byte " +
                   std::to_string(file.cell_offset(before)));
}

const LayoutFile& LayoutIndex::file() const noexcept { return impl_->file; }

std::vector<std::string> LayoutIndex::top_cells() const {
  std::vector<std::string> top;
  for (std::size_t i = 0; i < impl_->cells.size(); ++i)
    if (!impl_->cells[i].held) top.push_back(impl_->file.cells()[i]);
  return top;
}

std::size_t LayoutIndex::find(const std::string& cell) const {
  const auto listed = [](const std::vector<std::string>& names) {
    constexpr std::size_t most = 20;
    std::string list;
    for (std::size_t i = 0; i < std::min(most, names.size()); ++i) list += (i == 0 ? "" : ", ") + names[i];
    return names.empty() ? "none" : list + (names.size() > most ? ", ..." : "");
  };
  if (!cell.empty()) {
    const auto found = impl_->numbers.find(cell);
    if (found != impl_->numbers.end()) return found->second;
    throw broken(impl_->file, "LAY-0022",
                 "no cell \"" + cell + "\"; cells that no other holds: " + listed(top_cells()));
  }
  const std::vector<std::string> top = top_cells();
  if (top.size() == 1) return impl_->numbers.at(top.front());
  throw broken(impl_->file, "LAY-0023", "name the cell: there is not exactly one top cell; there are: " + listed(top));
}

std::vector<LayerNumber> LayoutIndex::layers(std::size_t cell, bool with_texts) const {
  std::vector<LayerNumber> layers;
  for (const auto& [kind, shapes] : impl_->cells.at(cell).all)
    if (!shapes.box.empty() && (with_texts || !kind.text) && (layers.empty() || layers.back() != kind.layer))
      layers.push_back(kind.layer);
  return layers;
}

DbuBox LayoutIndex::bounding_box(std::size_t cell, const LayerNumber& layer) const {
  const auto& all = impl_->cells.at(cell).all;
  const auto found = all.find({layer, false});
  return found == all.end() ? DbuBox{} : found->second.box;
}

std::vector<std::size_t> LayoutIndex::below(std::size_t cell) const {
  std::vector<bool> found(impl_->cells.size(), false);
  std::vector<std::size_t> ahead{cell};
  found.at(cell) = true;
  while (!ahead.empty()) {
    const std::size_t at = ahead.back();
    ahead.pop_back();
    for (const CellSummary::Child& child : impl_->cells[at].children)
      if (!found[child.cell]) {
        found[child.cell] = true;
        ahead.push_back(child.cell);
      }
  }
  std::vector<std::size_t> cells;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i]) cells.push_back(i);
  return cells;
}

void copy(const LayoutFile& from, LayoutWriter& to) {
  for (std::size_t cell = 0; cell < from.cells().size(); ++cell) {
    to.begin_cell(from.cells()[cell], from.cell_properties(cell));
    from.read(cell, to);
    to.end_cell();
  }
  to.finish();
}

}  // namespace anamorph
