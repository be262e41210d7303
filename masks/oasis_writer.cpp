// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/oasis.hpp"
#include "masks/oasis_bytes.hpp"
#include "masks/oasis_encode.hpp"
#include "masks/oasis_output.hpp"

namespace anamorph {

namespace {

using namespace oasis;

constexpr std::int64_t writable = coordinate_limit / 2;

/// What a reader has in its modal variables while it reads a cell; coordinates are relative.
struct ModalState {
  std::optional<std::uint32_t> layer, datatype, textlayer, texttype;
  std::optional<std::int64_t> width, height, halfwidth, begin, end;
  DbuPoint geometry, placement, text;
  std::string polygon, spine, repetition, child, string;  // as they are encoded
  std::string property, values;
};

/// Grid steps per um, such that the step is read back as the same number if it is one of few digits.
void put_grid(std::string& out, double dbu_nm) {
  const double per_um = 1000 / dbu_nm;
  constexpr double many = std::numeric_limits<double>::infinity();
  for (const double value : {per_um, std::nextafter(per_um, 0.0), std::nextafter(per_um, many)})
    if (1000 / value == dbu_nm) return put_real(out, value);
  for (std::uint64_t q = 1; q <= 10000; ++q) {
    const double p = std::round(dbu_nm * static_cast<double>(q));
    if (p < 1 || p > 1e9 || p / static_cast<double>(q) != dbu_nm) continue;
    put_number(out, 4);  // a ratio
    put_number(out, 1000 * q);
    put_number(out, static_cast<std::uint64_t>(p));
    return;
  }
  put_real(out, per_um);
}

class OasisWriter final : public LayoutWriter {
 public:
  OasisWriter(ByteSink sink, double dbu_nm, const Properties& properties, const OasisOptions& options)
      : options_(options), out_(std::move(sink), options.compress) {
    if (!(dbu_nm > 0) || !std::isfinite(dbu_nm))
      throw Error(ErrorCode::input, "OAS-0020", "the database unit is not above zero nm");
    std::string head = "%SEMI-OASIS\r\n";
    put_number(head, start);
    put_string(head, "1.0");
    put_grid(head, dbu_nm);
    put_number(head, 1);  // table offsets in END
    out_.emit(head);
    write_properties(properties);
    out_.close();
  }

  void begin_cell(const std::string& name, const Properties& properties) override {
    if (in_cell_ || finished_)
      throw Error(ErrorCode::input, "OAS-0021", "cell " + shown(name) + " begins within another");
    if (!defined_.insert(name).second)
      throw Error(ErrorCode::input, "OAS-0022", "cell " + shown(name) + " is written twice");
    in_cell_ = true;
    modal_ = {};
    std::string head;
    put_number(head, options_.strict ? cell_numbered : cell_named);
    head += reference(cells_, name);
    out_.emit(head);  // outside of CBLOCKs, so that readers find it
    write_properties(properties);
    put_number(chunk_, xy_relative);
  }

  void end_cell() override {
    need_cell();
    out_.close();
    in_cell_ = false;
  }

  void polygon(const LayerNumber& layer, const DbuPolygon& drawn, const Repetition& r, const Properties& p) override {
    need_cell();
    if (drawn.size() < 3) throw Error(ErrorCode::input, "OAS-0023", "a polygon has fewer than three points");
    for (const DbuPoint& point : drawn) check(point);
    const DbuPolygon points = without_redundant(drawn);
    if (const auto b = rectangle_of(points)) return box(layer, *b, r, p);
    const std::string list = point_list(points, true);
    const Place at = place(points[0], r);
    unsigned info = layer_bits(layer) | place_bits(modal_.geometry, at, 0x10, 0x08, 0x04);
    if (list != modal_.polygon) info |= 0x20;
    put_number(chunk_, oasis::polygon);
    chunk_ += static_cast<char>(info);
    put_layer(info);
    if (info & 0x20) chunk_ += modal_.polygon = list;
    put_place(modal_.geometry, at, info, 0x10, 0x08, 0x04);
    finish_element(p);
  }

  void box(const LayerNumber& layer, const DbuBox& b, const Repetition& r, const Properties& p) override {
    need_cell();
    if (b.empty()) return;
    check({b.x0, b.y0});
    check({b.x1, b.y1});
    const Place at = place({b.x0, b.y0}, r);
    unsigned info = layer_bits(layer) | place_bits(modal_.geometry, at, 0x10, 0x08, 0x04);
    const bool same_width = modal_.width == b.width();
    const bool same_height = modal_.height == b.height();
    if (!same_width) info |= 0x40;
    if (!same_width || !same_height) info |= b.width() == b.height() ? 0x80 : same_height ? 0 : 0x20;
    put_number(chunk_, rectangle);
    chunk_ += static_cast<char>(info);
    put_layer(info);
    if (info & 0x40) put_number(chunk_, static_cast<std::uint64_t>(b.width()));
    if (info & 0x20) put_number(chunk_, static_cast<std::uint64_t>(b.height()));
    modal_.width = b.width();
    modal_.height = b.height();
    put_place(modal_.geometry, at, info, 0x10, 0x08, 0x04);
    finish_element(p);
  }

  void path(const LayerNumber& layer, const LayoutPath& drawn, const Repetition& r, const Properties& p) override {
    need_cell();
    if (drawn.absolute) ++left_out_.absolute_widths;
    for (const DbuPoint& point : drawn.spine) check(point);
    check({drawn.width, 0});
    check({drawn.begin_extension, drawn.end_extension});
    // OASIS has neither round ends nor half a unit for the half-width.
    if (drawn.round || drawn.width % 2 != 0 || drawn.width < 0 || drawn.spine.size() < 2) {
      if (const DbuPolygon shape = outline(drawn); !shape.empty()) polygon(layer, shape, r, p);
      return;
    }
    const std::string list = point_list(drawn.spine, false);
    const std::int64_t half = drawn.width / 2;
    const Place at = place(drawn.spine[0], r);
    unsigned info = layer_bits(layer) | place_bits(modal_.geometry, at, 0x10, 0x08, 0x04);
    if (modal_.halfwidth != half) info |= 0x40;
    if (modal_.begin != drawn.begin_extension || modal_.end != drawn.end_extension) info |= 0x80;
    if (list != modal_.spine) info |= 0x20;
    put_number(chunk_, oasis::path);
    chunk_ += static_cast<char>(info);
    put_layer(info);
    if (info & 0x40) put_number(chunk_, static_cast<std::uint64_t>(half));
    if (info & 0x80) {
      const auto kind = [&](std::int64_t extension) { return extension == 0 ? 1u : extension == half ? 2u : 3u; };
      put_number(chunk_, kind(drawn.begin_extension) << 2 | kind(drawn.end_extension));
      for (const std::int64_t extension : {drawn.begin_extension, drawn.end_extension})
        if (kind(extension) == 3) put_whole(chunk_, extension);
    }
    modal_.halfwidth = half;
    modal_.begin = drawn.begin_extension;
    modal_.end = drawn.end_extension;
    if (info & 0x20) chunk_ += modal_.spine = list;
    put_place(modal_.geometry, at, info, 0x10, 0x08, 0x04);
    finish_element(p);
  }

  void text(const LayerNumber& layer, const LayoutText& label, const Repetition& r, const Properties& p) override {
    need_cell();
    check(label.at);
    const Place at = place(label.at, r);
    const std::string string = reference(texts_, label.text);
    unsigned info = place_bits(modal_.text, at, 0x10, 0x08, 0x04);
    if (modal_.textlayer != layer.layer) info |= 0x01;
    if (modal_.texttype != layer.datatype) info |= 0x02;
    if (string != modal_.string) info |= options_.strict ? 0x60 : 0x40;
    put_number(chunk_, oasis::text);
    chunk_ += static_cast<char>(info);
    if (info & 0x40) chunk_ += modal_.string = string;
    if (info & 0x01) put_number(chunk_, *(modal_.textlayer = layer.layer));
    if (info & 0x02) put_number(chunk_, *(modal_.texttype = layer.datatype));
    put_place(modal_.text, at, info, 0x10, 0x08, 0x04);
    finish_element(p);
  }

  void placement(const Placement& child, const Repetition& r, const Properties& p) override {
    need_cell();
    check(child.origin);
    if (!(child.magnification > 0) || !std::isfinite(child.magnification) || !std::isfinite(child.angle_deg))
      throw Error(ErrorCode::input, "OAS-0024",
                  "cell " + shown(child.cell) + " is placed with no magnification above zero");
    const Place at = place(child.origin, r);
    const std::string name = reference(cells_, child.cell);
    double angle = std::fmod(child.angle_deg, 360);
    if (angle < 0) angle += 360;
    const double quarters = angle / 90;
    const bool plain = child.magnification == 1 && quarters == std::floor(quarters);
    unsigned info = place_bits(modal_.placement, at, 0x20, 0x10, 0x08) | (child.mirrored ? 0x01u : 0u);
    if (name != modal_.child) info |= options_.strict ? 0xc0 : 0x80;
    if (plain) info |= (static_cast<unsigned>(quarters) & 3) << 1;
    if (!plain && child.magnification != 1) info |= 0x04;
    if (!plain && angle != 0) info |= 0x02;
    put_number(chunk_, plain ? oasis::placement : placement_transformed);
    chunk_ += static_cast<char>(info);
    if (info & 0x80) chunk_ += modal_.child = name;
    if (!plain && info & 0x04) put_real(chunk_, child.magnification);
    if (!plain && info & 0x02) put_real(chunk_, angle);
    put_place(modal_.placement, at, info, 0x20, 0x10, 0x08);
    finish_element(p);
  }

  [[nodiscard]] LeftOut left_out() const override { return left_out_; }
  void finish() override {
    if (in_cell_ || finished_)
      throw Error(ErrorCode::input, "OAS-0021", "a layout is finished within a cell, or twice");
    finished_ = true;
    std::string tail;
    put_number(tail, end);
    const std::array<std::pair<const NameNumbers*, int>, 4> tables = {
        {{&cells_, cellname}, {&texts_, textstring}, {&property_names_, propname}, {&strings_, propstring}}};
    for (const auto& [names, record] : tables) {
      put_number(tail, options_.strict ? 1 : 0);
      put_number(tail, names->names().empty() ? 0 : out_.offset());
      for (const std::string* name : names->names()) {
        put_number(chunk_, static_cast<std::uint64_t>(record));
        put_string(chunk_, *name);
        out_.close_full();
      }
      out_.close();
    }
    for (int i = 0; i < 2; ++i) {  // names of layers, and of extensions: none
      put_number(tail, options_.strict ? 1 : 0);
      put_number(tail, 0);
    }
    // 256 bytes in all, of which a string takes what is left over, always more than 127.
    put_string(tail, std::string(256 - tail.size() - 2 - 1 - 4, '\0'));
    put_number(tail, 1);  // CRC32
    out_.emit(tail);
    std::string signature;
    for (int i = 0; i < 4; ++i) signature += static_cast<char>(out_.crc() >> (8 * i) & 255);
    out_.emit(signature);
  }

 private:
  struct Place {
    DbuPoint at;
    std::string repetition;  // empty: once
  };

  void finish_element(const Properties& properties) {
    write_properties(properties);
    out_.close_full();
  }

  void need_cell() const {
    if (!in_cell_) throw Error(ErrorCode::input, "OAS-0021", "an element lies outside of a cell");
  }

  static void check(const DbuPoint& p) {
    if (p.x > writable || p.x < -writable || p.y > writable || p.y < -writable)
      throw Error(ErrorCode::input, "OAS-0025", "a coordinate lies beyond 2^59 database units");
  }

  /// How far a grid goes along one axis at most; beyond what is writable if that has no number.
  static std::int64_t reach(std::int64_t a, std::uint64_t columns, std::int64_t b, std::uint64_t rows) {
    const auto far = [](std::int64_t step, std::uint64_t count) {
      std::uint64_t size = 0;
      const bool beyond = __builtin_mul_overflow(static_cast<std::uint64_t>(step < 0 ? -step : step), count - 1, &size);
      return beyond || size > writable ? writable + 1 : static_cast<std::int64_t>(size);
    };
    return far(a, columns) + far(b, rows);
  }

  static std::optional<DbuBox> rectangle_of(const DbuPolygon& p) {
    if (p.size() != 4) return {};
    const bool upright = p[0].x == p[1].x && p[1].y == p[2].y && p[2].x == p[3].x && p[3].y == p[0].y;
    const bool lying = p[0].y == p[1].y && p[1].x == p[2].x && p[2].y == p[3].y && p[3].x == p[0].x;
    if (!upright && !lying) return {};
    DbuBox b;
    b.include(p[0]);
    b.include(p[2]);
    return b;
  }

  /// A name as elements hold it: its number in a strict table, or itself.
  [[nodiscard]] std::string reference(NameNumbers& table, const std::string& name) const {
    std::string out;
    if (options_.strict)
      put_number(out, table.of(name));
    else
      put_string(out, name);
    return out;
  }

  static Place place(const DbuPoint& at, const Repetition& r) {
    if (r.offsets.empty() && (r.columns == 0 || r.rows == 0))
      throw Error(ErrorCode::input, "OAS-0026", "an element is repeated no time");
    for (const DbuPoint& each : r.offsets) check(each);
    check(r.a);
    check(r.b);
    if (r.offsets.empty()) check({reach(r.a.x, r.columns, r.b.x, r.rows), reach(r.a.y, r.columns, r.b.y, r.rows)});
    const DbuPoint first = r.offsets.empty() ? DbuPoint{} : r.offsets.front();
    return {{at.x + first.x, at.y + first.y}, r.single() ? std::string() : repetition(r)};
  }

  unsigned place_bits(const DbuPoint& modal, const Place& place, unsigned x, unsigned y, unsigned repeated) const {
    return (place.at.x != modal.x ? x : 0) | (place.at.y != modal.y ? y : 0) |
           (place.repetition.empty() ? 0 : repeated);
  }

  void put_place(DbuPoint& modal, const Place& place, unsigned info, unsigned x, unsigned y, unsigned repeated) {
    if (info & x) put_whole(chunk_, place.at.x - modal.x);
    if (info & y) put_whole(chunk_, place.at.y - modal.y);
    modal = place.at;
    if (!(info & repeated)) return;
    if (place.repetition == modal_.repetition)
      put_number(chunk_, 0);
    else
      chunk_ += modal_.repetition = place.repetition;
  }

  unsigned layer_bits(const LayerNumber& layer) {
    const unsigned info = (modal_.layer != layer.layer ? 1u : 0u) | (modal_.datatype != layer.datatype ? 2u : 0u);
    modal_.layer = layer.layer;
    modal_.datatype = layer.datatype;
    return info;
  }

  void put_layer(unsigned info) {
    if (info & 1) put_number(chunk_, *modal_.layer);
    if (info & 2) put_number(chunk_, *modal_.datatype);
  }

  void write_properties(const Properties& properties) {
    for (const Property& property : properties) {
      const unsigned standard = property.name == "S_GDS_PROPERTY" ? 1 : 0;
      const std::string name = reference(property_names_, property.name);
      std::string values;
      for (const PropertyValue& value : property.values) put_value(values, value);
      values = std::to_string(property.values.size()) + ' ' + values;  // the count, for comparison
      if (name == modal_.property && values == modal_.values) {
        put_number(chunk_, property_again);
        continue;
      }
      const std::size_t count = property.values.size();
      unsigned info = standard;
      if (name != modal_.property) info |= options_.strict ? 0x06 : 0x04;
      if (values == modal_.values)
        info |= 0x08;
      else
        info |= static_cast<unsigned>(std::min<std::size_t>(count, 15)) << 4;
      put_number(chunk_, oasis::property);
      chunk_ += static_cast<char>(info);
      if (info & 0x04) chunk_ += modal_.property = name;
      if (!(info & 0x08)) {
        if (count >= 15) put_number(chunk_, count);
        chunk_.append(values, values.find(' ') + 1);
        modal_.values = std::move(values);
      }
    }
  }

  void put_value(std::string& out, const PropertyValue& value) {
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
      put_number(out, 8);
      put_number(out, *number);
    } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      put_number(out, 9);
      put_whole(out, *whole);
    } else if (const auto* real = std::get_if<double>(&value)) {
      put_real(out, *real);
    } else {
      const auto& text = std::get<std::string>(value);
      bool printable = true;  // an a-string, or else a b-string
      for (const char c : text) printable = printable && c >= 0x20 && c < 0x7f;
      put_number(out, (options_.strict ? 13u : 10u) + (printable ? 0u : 1u));
      out += reference(strings_, text);
    }
  }

  OasisOptions options_;
  Output out_;
  std::string& chunk_ = out_.chunk();
  LeftOut left_out_;
  bool in_cell_ = false;
  bool finished_ = false;
  ModalState modal_;
  NameNumbers cells_, texts_, property_names_, strings_;
  std::unordered_set<std::string> defined_;
};

}  // namespace

std::unique_ptr<LayoutWriter> write_oasis(ByteSink sink, double dbu_nm, const Properties& properties,
                                          const OasisOptions& options) {
  return std::make_unique<OasisWriter>(std::move(sink), dbu_nm, properties, options);
}

}  // namespace anamorph
