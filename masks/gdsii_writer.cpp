// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "cpp/core/error.hpp"
#include "masks/gdsii.hpp"
#include "masks/gdsii_records.hpp"
#include "masks/region.hpp"
#include "masks/repetition_members.hpp"

namespace anamorph {

namespace {

constexpr std::size_t most_vertices = 8190;  // with the closing one, 8191 pairs of 8 bytes fit the 16-bit length
constexpr std::size_t longest_data = 65530;
constexpr std::uint64_t most_in_array = 32767;  // columns or rows
constexpr double most_written_out = 1e9;        // copies of a shape

[[noreturn]] void refuse(const char* id, const std::string& what) { throw Error(ErrorCode::input, id, what); }

/// Records, collected and handed on in larger pieces.
class Records {
 public:
  explicit Records(ByteSink sink) : sink_(std::move(sink)) {}

  void put(gdsii::Record type, std::string_view data = {}) {
    head(type, data.size());
    bytes_ += data;
    if (bytes_.size() >= largest_buffer) flush();
  }
  void words(gdsii::Record type, std::initializer_list<std::uint32_t> values) {
    head(type, 2 * values.size());
    for (const std::uint32_t v : values) number(v, 2);
  }
  void text(gdsii::Record type, std::string_view value) {
    if (value.size() > longest_data)
      refuse("GDS-0050", "a text of " + std::to_string(value.size()) + " bytes; GDSII holds at most 65530");
    head(type, value.size() + value.size() % 2);
    bytes_ += value;
    if (value.size() % 2 != 0) bytes_ += '\0';
  }
  void bits(gdsii::Record type, std::initializer_list<std::uint64_t> reals) {
    head(type, 8 * reals.size());
    for (const std::uint64_t v : reals) number(v, 8);
  }
  void length(gdsii::Record type, std::int64_t value) {
    head(type, 4);
    coordinate(value);
  }
  /// `points` moved; the first once more at the end if `closed`.
  void points(const std::vector<DbuPoint>& points, const DbuPoint& move, bool closed) {
    head(gdsii::coordinates, 8 * (points.size() + (closed ? 1 : 0)));
    for (std::size_t i = 0; i < points.size() + (closed ? 1 : 0); ++i) {
      const DbuPoint& p = points[i % points.size()];
      coordinate(sum(p.x, move.x));
      coordinate(sum(p.y, move.y));
    }
    if (bytes_.size() >= largest_buffer) flush();
  }
  void flush() {
    sink_(bytes_);
    bytes_.clear();
  }

 private:
  static constexpr std::size_t largest_buffer = 256U << 10U;

  void head(gdsii::Record type, std::size_t data) {
    number(data + 4, 2);
    number(type, 2);
  }
  void coordinate(std::int64_t value) {
    if (value != static_cast<std::int32_t>(value))
      refuse("GDS-0003",
             "coordinate " + std::to_string(value) + " leaves the 32 bits of GDSII; choose a larger database unit");
    number(static_cast<std::uint64_t>(value), 4);
  }
  /// Of what may be anything; beyond the integers, something that is beyond the format as well.
  static std::int64_t sum(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    return __builtin_add_overflow(a, b, &result) ? INT64_MAX : result;
  }
  void number(std::uint64_t value, int count) {
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8)
      bytes_ += static_cast<char>(static_cast<unsigned char>(value >> static_cast<unsigned>(shift)));
  }

  ByteSink sink_;
  std::string bytes_;
};

class GdsiiWriter final : public LayoutWriter {
 public:
  GdsiiWriter(ByteSink sink, double dbu_nm, const std::string& library, const Properties& properties)
      : out_(std::move(sink)) {
    if (!(dbu_nm > 1e-60 && dbu_nm < 1e60)) refuse("GDS-0051", "the database unit must be a positive number of nm");
    out_.words(gdsii::header, {600});  // version 6
    date(gdsii::begin_library);
    out_.text(gdsii::library_name, library);
    out_.bits(gdsii::units, {gdsii::encode_real(dbu_nm * 1e-3), gdsii::encode_unit(dbu_nm)});  // user unit: um
    put(properties);
    count_left_out(properties);
  }

  void begin_cell(const std::string& name, const Properties& properties) override {
    if (in_cell_) refuse("GDS-0052", "cell \"" + name + "\" begins within another");
    if (name.empty()) refuse("GDS-0053", "a cell without a name");
    if (!names_.insert(name).second) refuse("GDS-0053", "cell \"" + name + "\" is written a second time");
    in_cell_ = true;
    date(gdsii::begin_cell);
    out_.text(gdsii::cell_name, name);
    put(properties);
    count_left_out(properties);
  }
  void end_cell() override {
    expect_cell();
    in_cell_ = false;
    out_.put(gdsii::end_cell);
  }
  [[nodiscard]] LeftOut left_out() const override { return left_out_; }
  void finish() override {
    if (in_cell_) refuse("GDS-0052", "the file ends within a cell");
    out_.put(gdsii::end_library);
    out_.flush();
  }

  void polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& repetition,
               const Properties& properties) override {
    if (shape.size() < 3) refuse("GDS-0054", "a polygon of less than three vertices");
    count_left_out(properties);
    if (shape.size() <= most_vertices) return boundary(layer, shape, repetition, properties);
    for (const DbuPolygon& piece : Region(std::vector<DbuPolygon>{shape}).pieces(most_vertices))
      boundary(layer, piece, repetition, properties);
  }

  void path(const LayerNumber& layer, const LayoutPath& wire, const Repetition& repetition,
            const Properties& properties) override {
    if (wire.spine.empty()) refuse("GDS-0054", "a path without points");
    const std::int64_t half = wire.width / 2;
    const bool by_half = wire.begin_extension == half && wire.end_extension == half;
    if (wire.spine.size() > most_vertices || wire.width < 0 || wire.width > INT32_MAX || (wire.round && !by_half))
      return LayoutSink::path(layer, wire, repetition, properties);
    count_left_out(properties);
    std::vector<DbuPoint> spine = wire.spine;
    if (spine.size() == 1) spine.push_back(spine.front());
    const unsigned type = wire.round                                             ? 1
                          : by_half && half != 0                                 ? 2
                          : wire.begin_extension == 0 && wire.end_extension == 0 ? 0
                                                                                 : 4;
    each(repetition, [&](const DbuPoint& move) {
      begin(gdsii::path, layer, gdsii::datatype);
      out_.words(gdsii::path_type, {type});
      out_.length(gdsii::width, wire.absolute ? -wire.width : wire.width);
      if (type == 4) {
        out_.length(gdsii::begin_extension, wire.begin_extension);
        out_.length(gdsii::end_extension, wire.end_extension);
      }
      out_.points(spine, move, false);
      end(properties);
    });
  }

  void text(const LayerNumber& layer, const LayoutText& label, const Repetition& repetition,
            const Properties& properties) override {
    count_left_out(properties);
    each(repetition, [&](const DbuPoint& move) {
      begin(gdsii::text, layer, gdsii::text_type);
      out_.points({label.at}, move, false);
      out_.text(gdsii::string, label.text);
      end(properties);
    });
  }

  void placement(const Placement& placed, const Repetition& repetition, const Properties& properties) override {
    constexpr DbuBox all{-largest_coordinate, -largest_coordinate, largest_coordinate, largest_coordinate};
    if (!all.holds(placed.origin) || displacement_box(repetition).empty())
      refuse("GDS-0003",
             "a placement of \"" + placed.cell + "\" leaves the 32 bits of GDSII; choose a larger database unit");
    count_left_out(properties);
    if (!repetition.offsets.empty())
      each(repetition, [&](const DbuPoint& move) { array(placed, move, {}, {}, 1, 1, properties); });
    else
      array(placed, {}, repetition.a, repetition.b, repetition.columns, repetition.rows, properties);
  }

 private:
  /// Members of a grid; in halves as long as the format cannot hold them at once.
  void array(const Placement& placed, const DbuPoint& move, const DbuPoint& a, const DbuPoint& b, std::uint64_t columns,
             std::uint64_t rows, const Properties& properties) {
    expect_cell();
    const DbuPoint at{placed.origin.x + move.x, placed.origin.y + move.y};
    if (columns <= 1 && rows <= 1) {
      if (columns == 0 || rows == 0) return;
      out_.put(gdsii::placement);
      transform(placed);
      out_.points({at}, {}, false);
      return end(properties);
    }
    if (columns <= most_in_array && rows <= most_in_array) {
      const auto span = [](const DbuPoint& from, const DbuPoint& step, std::uint64_t count) {
        const auto n = static_cast<std::int64_t>(count);
        return DbuPoint{from.x + n * step.x, from.y + n * step.y};
      };
      const std::vector<DbuPoint> corners{at, span(at, a, columns), span(at, b, rows)};
      const auto fits = [](const DbuPoint& p) { return DbuBox{INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX}.holds(p); };
      if (std::all_of(corners.begin(), corners.end(), fits)) {
        out_.put(gdsii::array);
        transform(placed);
        out_.words(gdsii::columns_rows, {static_cast<std::uint32_t>(columns), static_cast<std::uint32_t>(rows)});
        out_.points(corners, {}, false);
        return end(properties);
      }
    }
    const bool by_columns = columns >= rows;
    const std::uint64_t first = (by_columns ? columns : rows) / 2;
    const DbuPoint& step = by_columns ? a : b;
    const auto n = static_cast<std::int64_t>(first);
    const DbuPoint next{move.x + n * step.x, move.y + n * step.y};
    array(placed, move, a, b, by_columns ? first : columns, by_columns ? rows : first, properties);
    array(placed, next, a, b, by_columns ? columns - first : columns, by_columns ? rows : rows - first, properties);
  }

  void transform(const Placement& placed) {
    if (placed.cell.empty()) refuse("GDS-0053", "a cell without a name is placed");
    out_.text(gdsii::placed_name, placed.cell);
    if (!placed.mirrored && placed.magnification == 1 && placed.angle_deg == 0) return;
    if (!(placed.magnification < 7e75) || gdsii::encode_real(placed.magnification) == 0)
      refuse("GDS-0057", "a magnification outside of the numbers of GDSII, 1e-94 to 7e75");
    out_.words(gdsii::transformation, {placed.mirrored ? 0x8000U : 0U});
    if (placed.magnification != 1) out_.bits(gdsii::magnification, {gdsii::encode_real(placed.magnification)});
    if (placed.angle_deg != 0) out_.bits(gdsii::angle, {gdsii::encode_real(placed.angle_deg)});
  }

  void boundary(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& repetition,
                const Properties& properties) {
    each(repetition, [&](const DbuPoint& move) {
      begin(gdsii::boundary, layer, gdsii::datatype);
      out_.points(shape, move, true);
      end(properties);
    });
  }

  template <class Body>
  void each(const Repetition& repetition, const Body& body) {
    expect_cell();
    const DbuBox all = displacement_box(repetition);
    if (all.empty()) refuse("GDS-0003", "a repetition leaves the 32 bits of GDSII; choose a larger database unit");
    if (!repetition.single()) {
      written_out_ += anamorph::members(repetition);
      if (written_out_ > most_written_out)
        refuse("GDS-0055", "a repetition of " + std::to_string(repetition.count()) +
                               " shapes; GDSII has none, and at most 1000000000 in all are written out");
    }
    RepetitionMembers members(repetition, all);
    for (DbuPoint move; members.next(move);) body(move);
  }

  void begin(gdsii::Record kind, const LayerNumber& layer, gdsii::Record type) {
    if (layer.layer > 0xFFFF || layer.datatype > 0xFFFF)
      refuse("GDS-0056", "layer " + layer.str() + "; GDSII has numbers up to 65535");
    out_.put(kind);
    out_.words(gdsii::layer, {layer.layer});
    out_.words(type, {layer.datatype});
  }
  void end(const Properties& properties) {
    put(properties);
    out_.put(gdsii::end_element);
  }

  struct Held {
    std::uint32_t number = 0;
    const std::string* text = nullptr;
  };
  /// What GDSII can hold: a text for a number.
  static std::optional<Held> held(const Property& p) {
    if (p.name != "S_GDS_PROPERTY" || p.values.size() != 2) return std::nullopt;
    const auto* const text = std::get_if<std::string>(&p.values[1]);
    const auto* const plain = std::get_if<std::uint64_t>(&p.values[0]);
    const auto* const with_sign = std::get_if<std::int64_t>(&p.values[0]);
    const std::uint64_t number = plain ? *plain : with_sign ? static_cast<std::uint64_t>(*with_sign) : UINT64_MAX;
    if (!text || number > 0xFFFF) return std::nullopt;
    return Held{static_cast<std::uint32_t>(number), text};
  }
  void put(const Properties& properties) {
    for (const Property& p : properties)
      if (const auto found = held(p)) {
        out_.words(gdsii::property_number, {found->number});
        out_.text(gdsii::property_value, *found->text);
      }
  }
  /// Once for an element, in however many parts it is written.
  void count_left_out(const Properties& properties) {
    for (const Property& p : properties) left_out_.properties += held(p) ? 0 : 1;
  }

  void date(gdsii::Record type) { out_.words(type, {2000, 1, 1, 0, 0, 0, 2000, 1, 1, 0, 0, 0}); }

  void expect_cell() const {
    if (!in_cell_) refuse("GDS-0052", "an element outside of a cell");
  }

  Records out_;
  std::unordered_set<std::string> names_;
  LeftOut left_out_;
  double written_out_ = 0;  ///< members of repetitions
  bool in_cell_ = false;
};

}  // namespace

std::unique_ptr<LayoutWriter> write_gdsii(ByteSink sink, double dbu_nm, const std::string& library,
                                          const Properties& properties) {
  return std::make_unique<GdsiiWriter>(std::move(sink), dbu_nm, library, properties);
}

}  // namespace anamorph
