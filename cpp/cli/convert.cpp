// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/convert.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "cpp/cli/interrupt.hpp"
#include "cpp/io/atomic_file.hpp"
#include "masks/glp_stream.hpp"
#include "masks/layer_names.hpp"
#include "masks/layout_filter.hpp"
#include "masks/layout_query.hpp"
#include "masks/region.hpp"

namespace anamorph::cli {

namespace {

enum class Format { glp, gdsii, oasis };

Format format_of(const std::filesystem::path& file) {
  const std::string suffix = file.extension().string();
  if (suffix == ".glp") return Format::glp;
  if (suffix == ".gds" || suffix == ".gdsii") return Format::gdsii;
  if (suffix == ".oas" || suffix == ".oasis") return Format::oasis;
  throw Error(ErrorCode::usage, "CLI-0030",
              "no layout format has the suffix \"" + suffix + "\"; expected .glp, .gds or .oas", {file.string()});
}

/// A file whose reading ends when a stop is requested, so that nothing of the output is put in place.
class StoppableBytes final : public ByteSource {
 public:
  explicit StoppableBytes(std::unique_ptr<ByteSource> from) : from_(std::move(from)) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return from_->size(); }
  [[nodiscard]] const std::string& name() const noexcept override { return from_->name(); }
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<char> into) const override {
    throw_if_stopped();
    return from_->read(offset, into);
  }

 private:
  std::unique_ptr<ByteSource> from_;
};

/// Which layers go where. The layers of GLP files have names beside their numbers.
class LayerPlan {
 public:
  LayerPlan(const ConvertOptions& options, const std::map<std::string, LayerNumber>& names, Format to)
      : chosen_(options.layers), to_glp_(to == Format::glp) {
    for (const auto& [name, number] : names) names_[number] = name;
    for (const std::string& rule : options.map) {
      const std::size_t colon = rule.find(':');
      if (colon == std::string::npos || colon == 0 || colon + 1 == rule.size())
        throw Error(ErrorCode::usage, "CLI-0031",
                    "--map \"" + rule + "\"; expected FROM:TO, e.g. 11/0:21/0 or M1:11/0");
      rules_.emplace_back(rule.substr(0, colon), rule.substr(colon + 1));
      if (!to_glp_) (void)layer_name(rules_.back().second);
    }
    for (const std::string& name : chosen_) check(name);
    for (const auto& [from, target] : rules_) check(from);
  }

  /// The number of a layer in the new file, or none where it is left out.
  [[nodiscard]] std::optional<LayerNumber> operator()(const LayerNumber& layer) const {
    const auto is = [&](const std::string& name) { return holds(name, layer); };
    std::copy_if(chosen_.begin(), chosen_.end(), std::inserter(met_, met_.end()), is);
    if (!chosen_.empty() && std::none_of(chosen_.begin(), chosen_.end(), is)) return std::nullopt;
    const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const auto& r) { return is(r.first); });
    if (rule == rules_.end() || to_glp_) return layer;
    const LayerName target = layer_name(rule->second);
    return LayerNumber{target.layer, target.datatype.value_or(layer.datatype)};
  }

  /// Throws when a layer that was asked for never came.
  void expect_all_met() const {
    for (const std::string& name : chosen_)
      if (!met_.contains(name))
        throw Error(ErrorCode::input, "LAY-0007", "no layer \"" + name + "\" in what is to be converted");
  }

  /// Names that a GLP file gives to these layers.
  [[nodiscard]] std::map<LayerNumber, std::string> names(const std::vector<LayerNumber>& layers) const {
    std::map<LayerNumber, std::string> result = names_;
    for (const LayerNumber& layer : layers) {
      const auto rule =
          std::find_if(rules_.begin(), rules_.end(), [&](const auto& r) { return holds(r.first, layer); });
      if (rule != rules_.end()) result[layer] = rule->second;
    }
    return result;
  }

 private:
  [[nodiscard]] bool holds(const std::string& name, const LayerNumber& layer) const {
    if (!names_.empty()) {
      const auto own = names_.find(layer);
      return own != names_.end() && own->second == name;
    }
    return layer_name(name).holds(layer);
  }
  void check(const std::string& name) const {
    if (names_.empty()) {
      (void)layer_name(name);
    } else if (std::none_of(names_.begin(), names_.end(), [&](const auto& n) { return n.second == name; })) {
      std::string present;
      for (const auto& [number, known] : names_) present += (present.empty() ? "" : ", ") + known;
      throw Error(ErrorCode::input, "LAY-0007", "no layer \"" + name + "\"; present: " + present);
    }
  }

  std::vector<std::string> chosen_;
  std::vector<std::pair<std::string, std::string>> rules_;
  std::map<LayerNumber, std::string> names_;
  bool to_glp_;
  mutable std::set<std::string> met_;  ///< of the chosen ones
};

std::unique_ptr<LayoutWriter> open_writer(Format format, AtomicFile& file, const LayoutFile& from, double dbu_nm,
                                          const std::map<LayerNumber, std::string>& names, std::uint64_t& bytes) {
  const ByteSink sink = [&](std::string_view part) {
    throw_if_stopped();
    file.write(part);
    bytes += part.size();
  };
  switch (format) {
    case Format::glp:
      return write_glp(sink, dbu_nm, names);
    case Format::gdsii:
      return write_gdsii(sink, dbu_nm, from.library_name().empty() ? "ANAMORPH" : from.library_name(),
                         from.properties());
    default:
      return write_oasis(sink, dbu_nm, from.properties());
  }
}

DbuBox window_of(const std::vector<double>& nm, double dbu_nm) {
  if (!(nm[0] < nm[2] && nm[1] < nm[3]))
    throw Error(ErrorCode::usage, "CLI-0032", "--window is empty; expected x0,y0,x1,y1 with x0 < x1 and y0 < y1");
  const auto grid = [&](double v) {  // far beyond any layout, and well within the integers
    return static_cast<std::int64_t>(std::clamp(std::round(v / dbu_nm), -0x1p52, 0x1p52));
  };
  return {grid(nm[0]), grid(nm[1]), grid(nm[2]), grid(nm[3])};
}

/// Elements of a flat layout into a file, cut at the edges of the window.
class CutSink final : public LayoutSink {
 public:
  CutSink(const std::optional<DbuBox>& window, LayoutWriter& to) : window_(window), to_(to) {}
  void polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& once,
               const Properties& properties) override {
    DbuBox box;
    for (const DbuPoint& p : shape) box.include(p);
    if (!window_ || (window_->holds({box.x0, box.y0}) && window_->holds({box.x1, box.y1})))
      return to_.polygon(layer, shape, once, properties);
    for (const DbuPolygon& piece : (Region(std::vector<DbuPolygon>{shape}) & Region(*window_)).pieces())
      to_.polygon(layer, piece, once, properties);
  }
  void text(const LayerNumber& layer, const LayoutText& label, const Repetition& once,
            const Properties& properties) override {
    to_.text(layer, label, once, properties);
  }

 private:
  const std::optional<DbuBox>& window_;
  LayoutWriter& to_;
};

/// What lies in the window, or all, as one cell of polygons and texts. Returns how many placements and cells had
/// properties, which have no place in it.
std::uint64_t write_flat(const LayoutIndex& index, const ConvertOptions& options, const LayerPlan& plan,
                         LayoutWriter& to) {
  const LayoutFile& from = index.file();
  LayoutIndex::Query query{index.find(options.cell), {}, {}, options.most_shapes};
  for (const LayerNumber& layer : index.layers(query.cell, true))
    if (plan(layer)) query.layers.push_back(layer);
  if (!options.window_nm.empty()) query.window = window_of(options.window_nm, from.dbu_nm());
  to.begin_cell(from.cells()[query.cell], from.cell_properties(query.cell));
  CutSink cut(query.window, to);
  std::uint64_t left_out = 0;
  if (!query.layers.empty()) left_out = index.elements(query, cut);  // no layers would mean all
  to.end_cell();
  for (const std::size_t cell : index.below(query.cell))
    if (cell != query.cell && !from.cell_properties(cell).empty()) ++left_out;
  return left_out;
}

void write_cells(const LayoutFile& from, const std::vector<std::size_t>& cells, LayoutWriter& to, Console& console) {
  Progress progress(console, "cells", static_cast<double>(cells.size()));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    to.begin_cell(from.cells()[cells[i]], from.cell_properties(cells[i]));
    from.read(cells[i], to);
    to.end_cell();
    progress.update(static_cast<double>(i + 1));
  }
}

}  // namespace

int run_convert(const ConvertOptions& options, Console& console) {
  const Format in_format = format_of(options.in), out_format = format_of(options.out);
  if (std::filesystem::is_directory(options.out))
    throw Error(ErrorCode::resource, "CLI-0038", "OUT is a directory; expected a file", {options.out.string()});
  if (!options.force && std::filesystem::exists(options.out))
    throw Error(ErrorCode::resource, "CLI-0033", "the file exists; use --force to replace it", {options.out.string()});

  std::map<std::string, LayerNumber> names;
  auto in = std::make_unique<StoppableBytes>(open_bytes(options.in));
  const std::unique_ptr<LayoutFile> from =
      in_format == Format::glp ? open_glp(std::move(in), &names) : open_layout(std::move(in));
  const LayerPlan plan(options, names, out_format);
  const bool flat = options.flatten || !options.window_nm.empty();
  const double dbu_nm = options.dbu_nm.value_or(from->dbu_nm());
  std::optional<LayoutIndex> index;
  if (flat || !options.cell.empty() || out_format == Format::glp) index.emplace(*from, options.threads);

  std::vector<std::size_t> cells;
  if (!options.cell.empty()) cells = index->below(index->find(options.cell));
  if (options.cell.empty())
    for (std::size_t i = 0; i < from->cells().size(); ++i) cells.push_back(i);
  std::vector<LayerNumber> layers;
  if (out_format == Format::glp)
    for (const std::size_t cell : cells)
      for (const LayerNumber& layer : index->layers(cell, true)) layers.push_back(layer);

  AtomicFile file(options.out);
  std::uint64_t bytes = 0;
  const auto writer = open_writer(out_format, file, *from, dbu_nm, plan.names(layers), bytes);
  LayoutFilter filter(*writer, {[&](const LayerNumber& l) { return plan(l); }, from->dbu_nm(), dbu_nm, flat});
  std::uint64_t of_placements = 0;
  if (flat)
    of_placements = write_flat(*index, options, plan, filter);
  else
    write_cells(*from, cells, filter, console);
  plan.expect_all_met();
  filter.finish();
  LayoutWriter::LeftOut left_out = writer->left_out();
  if (out_format == Format::glp) left_out.properties += from->properties().size();
  // The index refuses cells that are magnified, where such a width is lost.
  if (left_out.absolute_widths != 0 && !index) index.emplace(*from, options.threads);
  file.commit();

  const LayoutFilter::Counts& n = filter.counts();
  for (const auto& [name, number] : names)
    if (const auto to = plan(number); to && out_format != Format::glp)
      console.print("layer " + name + " is " + to->str());
  if (n.rounded != 0)
    console.warn("CLI-0034", std::to_string(n.rounded) + " coordinates were rounded to the new database unit");
  std::string lost;
  const auto list = [&](std::uint64_t count, const char* what) {
    if (count != 0) lost += (lost.empty() ? "" : ", ") + std::to_string(count) + what;
  };
  list(left_out.texts, " texts that the format does not have");
  list(left_out.properties, " properties that it does not have");
  list(of_placements, " placements and cells with properties, which flat shapes do not have");
  list(left_out.absolute_widths, " absolute widths of paths, which would now follow a magnification of their cell");
  list(n.vanished, " shapes without an area in the new database unit");
  if (!lost.empty()) console.warn("CLI-0036", "left out: " + lost);
  console.print(options.out.string() + ": " + std::to_string(n.cells) + " cells, " + std::to_string(n.shapes) +
                " shapes, " + std::to_string(n.placements) + " placements, " + std::to_string(n.texts) + " texts, " +
                std::to_string(bytes) + " bytes");
  if (console.json())
    console.document(nlohmann::json{
        {"in", options.in.string()},
        {"out", options.out.string()},
        {"dbu_nm", dbu_nm},
        {"cells", n.cells},
        {"shapes", n.shapes},
        {"placements", n.placements},
        {"texts", n.texts},
        {"rounded", n.rounded},
        {"texts_left_out", left_out.texts},
        {"properties_left_out", left_out.properties + of_placements},
        {"shapes_left_out", n.vanished},
        {"bytes", bytes}}.dump(2));
  return 0;
}

}  // namespace anamorph::cli
