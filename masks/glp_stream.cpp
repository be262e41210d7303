// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/glp_stream.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/glp.hpp"
#include "masks/layer_names.hpp"
#include "masks/repetition_members.hpp"

namespace anamorph {

namespace {

constexpr std::uint64_t largest_file = 64U << 20U;
constexpr std::int64_t largest_nm = 1'000'000'000;  // that the reader takes

[[noreturn]] void refuse(const char* id, const std::string& what) { throw Error(ErrorCode::input, id, what); }

class GlpFile final : public LayoutFile {
 public:
  GlpFile(const ByteSource& bytes, std::map<std::string, LayerNumber>* numbers) : name_(bytes.name()) {
    if (bytes.size() > largest_file)
      throw Error(ErrorCode::input, "LAY-0004", "the file exceeds 64 MiB; cut out the clip first", {name_});
    std::string text(static_cast<std::size_t>(bytes.size()), '\0');
    text.resize(bytes.read(0, text));
    Layout layout = parse_glp(text, name_);
    cells_ = {layout.cell.empty() ? "TOP" : layout.cell};
    std::vector<std::string> names;
    for (const auto& [name, shapes] : layout.layers) names.push_back(name);
    const auto found = glp_layer_numbers(names);
    for (auto& [name, shapes] : layout.layers) shapes_.emplace_back(found.at(name), std::move(shapes));
    if (numbers) *numbers = found;
  }

  [[nodiscard]] double dbu_nm() const noexcept override { return 1; }
  [[nodiscard]] const std::string& library_name() const noexcept override { return library_; }
  [[nodiscard]] const Properties& properties() const noexcept override { return properties_; }
  [[nodiscard]] const std::vector<std::string>& cells() const noexcept override { return cells_; }
  [[nodiscard]] Properties cell_properties(std::size_t) const override { return {}; }
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

  void read(std::size_t, LayoutSink& sink) const override {
    for (const auto& [layer, polygons] : shapes_)
      for (const Polygon& polygon : polygons) {
        DbuPolygon shape;
        for (const Point& p : polygon)
          shape.push_back({static_cast<std::int64_t>(p.x), static_cast<std::int64_t>(p.y)});  // whole in GLP
        sink.polygon(layer, shape, {}, {});
      }
  }

 private:
  std::string name_;
  std::string library_;
  Properties properties_;
  std::vector<std::string> cells_;
  std::vector<std::pair<LayerNumber, std::vector<Polygon>>> shapes_;
};

class GlpWriter final : public LayoutWriter {
 public:
  GlpWriter(ByteSink sink, double dbu_nm, std::map<LayerNumber, std::string> names)
      : sink_(std::move(sink)), dbu_nm_(dbu_nm), names_(std::move(names)) {}

  void begin_cell(const std::string& name, const Properties& properties) override {
    left_out_.properties += properties.size();
    if (begun_) refuse("GLP-0020", "GLP holds one cell; choose it, and flatten what it holds");
    begun_ = true;
    std::string word = name;  // tokens are separated by blanks
    std::replace_if(
        word.begin(), word.end(), [](unsigned char c) { return c <= ' ' || c >= 0x7F; }, '_');
    sink_("BEGIN\nEQUIV 1 1000 MICRON +X,+Y\nCNAME " + word + "\n\nCELL " + word + " PRIME\n");
  }
  void end_cell() override {}
  void finish() override {
    if (!any_) refuse("GLP-0021", "no shapes; a GLP clip has some");
    sink_("ENDMSG\n");
  }
  void placement(const Placement& placed, const Repetition&, const Properties&) override {
    refuse("GLP-0020", "GLP has no hierarchy, and cell \"" + placed.cell + "\" is placed; flatten it");
  }
  void text(const LayerNumber&, const LayoutText&, const Repetition&, const Properties&) override { ++left_out_.texts; }
  [[nodiscard]] LeftOut left_out() const override { return left_out_; }
  void polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& repetition,
               const Properties& properties) override {
    left_out_.properties += properties.size();
    const auto named = names_.find(layer);
    const std::string name = named == names_.end() ? layer.str() : named->second;
    RepetitionMembers members(repetition, displacement_box(repetition));
    for (DbuPoint move; members.next(move);) write(name, shape, move);
  }

 private:
  void write(const std::string& layer, const DbuPolygon& shape, const DbuPoint& move) {
    std::vector<DbuPoint> points;
    for (const DbuPoint& p : shape) points.push_back({whole_nm(p.x, move.x), whole_nm(p.y, move.y)});
    DbuBox hull;
    bool corners = points.size() == 4;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const DbuPoint& a = points[i];
      const DbuPoint& b = points[(i + 1) % points.size()];
      if (a.x != b.x && a.y != b.y)
        refuse("GLP-0022", "a slanted edge at (" + std::to_string(a.x) + ", " + std::to_string(a.y) +
                               ") nm; GLP has horizontal and vertical ones only");
      corners = corners && a != b && points[0] != points[2] && points[1] != points[3];
      hull.include(a);
    }
    std::string line = std::string(corners ? "RECT" : "PGON") + " N " + layer;
    const auto add = [&](std::int64_t v) { line += " " + std::to_string(v); };
    if (corners) {
      for (const std::int64_t v : {hull.x0, hull.y0, hull.width(), hull.height()}) add(v);
    } else {
      for (const DbuPoint& p : points) {
        add(p.x);
        add(p.y);
      }
    }
    size_ += line.size() + 1;
    if (size_ > largest_file) refuse("GLP-0025", "the clip would exceed 64 MiB, which is more than is read");
    sink_(line + "\n");
    any_ = true;
  }

  [[nodiscard]] std::int64_t whole_nm(std::int64_t dbu, std::int64_t move) const {
    const long double nm = (static_cast<long double>(dbu) + static_cast<long double>(move)) * dbu_nm_;
    if (!(std::abs(nm) <= static_cast<long double>(largest_nm)))
      refuse("GLP-0023", "a coordinate beyond the 1000000000 nm of GLP");
    if (std::abs(nm - std::round(nm)) > 1e-6L)
      refuse("GLP-0024", "a coordinate of " + std::to_string(static_cast<double>(nm)) + " nm; GLP has whole nm only");
    return static_cast<std::int64_t>(std::llround(nm));
  }

  ByteSink sink_;
  double dbu_nm_;
  std::map<LayerNumber, std::string> names_;
  LeftOut left_out_;
  std::uint64_t size_ = 0;  ///< of the shapes
  bool begun_ = false;
  bool any_ = false;
};

}  // namespace

std::map<std::string, LayerNumber> glp_layer_numbers(const std::vector<std::string>& names) {
  std::map<std::string, LayerNumber> numbers;
  std::set<LayerNumber> taken;
  const auto as_number = [](const std::string& name) -> std::optional<LayerNumber> {
    if (name.find_first_not_of("0123456789/") != std::string::npos) return std::nullopt;
    try {
      const LayerName layer = layer_name(name);
      return LayerNumber{layer.layer, layer.datatype.value_or(0)};
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  for (const std::string& name : names)
    if (const auto number = as_number(name); number && taken.insert(*number).second) numbers[name] = *number;
  const std::set<std::string> ordered(names.begin(), names.end());
  std::uint32_t next = 1;
  for (const std::string& name : ordered) {
    if (numbers.contains(name)) continue;
    while (taken.contains({next, 0})) ++next;
    taken.insert({next, 0});
    numbers[name] = {next, 0};
  }
  return numbers;
}

std::unique_ptr<LayoutFile> open_glp(std::unique_ptr<ByteSource> bytes, std::map<std::string, LayerNumber>* names) {
  return std::make_unique<GlpFile>(*bytes, names);
}

std::unique_ptr<LayoutWriter> write_glp(ByteSink sink, double dbu_nm, const std::map<LayerNumber, std::string>& names) {
  return std::make_unique<GlpWriter>(std::move(sink), dbu_nm, names);
}

}  // namespace anamorph
