// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/gdsii_element.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "masks/gdsii_records.hpp"

namespace anamorph::gdsii {

namespace {

// Bits of the fields that an element may or must have.
enum Field : std::uint32_t {
  f_layer = 1U << 0U,
  f_type = 1U << 1U,
  f_points = 1U << 2U,
  f_name = 1U << 3U,
  f_grid = 1U << 4U,
  f_string = 1U << 5U,
  f_width = 1U << 6U,
  f_path_type = 1U << 7U,
  f_begin = 1U << 8U,
  f_end = 1U << 9U,
  f_flags = 1U << 10U,
  f_magnification = 1U << 11U,
  f_angle = 1U << 12U,
  f_presentation = 1U << 13U,
  f_element_flags = 1U << 14U,
  f_plex = 1U << 15U
};

struct Kind {
  std::uint16_t type_record;  ///< which record gives the datatype
  std::uint32_t required;
  std::uint32_t allowed;  ///< besides the required
};

Kind fields_of(std::uint16_t kind) {
  constexpr std::uint32_t turned = f_flags | f_magnification | f_angle;
  constexpr std::uint32_t shape = f_layer | f_type | f_points;
  switch (kind) {
    case boundary:
      return {datatype, shape, 0};
    case path:
      return {datatype, shape, f_width | f_path_type | f_begin | f_end};
    case box:
      return {box_type, shape, 0};
    case node:
      return {node_type, shape, 0};
    case text:
      return {text_type, shape | f_string, turned | f_presentation | f_path_type | f_width};
    case placement:
      return {0, f_name | f_points, turned};
    case array:
      return {0, f_name | f_points | f_grid, turned};
    default:
      return {};
  }
}

const Repetition once;

// Arrays whose steps are no whole units are told as lists of their members, or as that many grids: a file must not
// become very much larger in memory than it is.
constexpr std::uint64_t most_listed = 4096;
constexpr std::uint64_t most_grids = 1024;
constexpr std::uint64_t most_on_a_line = std::uint64_t{1} << 20U;

/// n-th of `count` equal parts of a step, to the nearest unit.
std::int64_t part(std::int64_t step, std::uint32_t n, std::uint32_t count) {
  return static_cast<std::int64_t>(
      std::llround(static_cast<long double>(step) * static_cast<long double>(n) / static_cast<long double>(count)));
}

}  // namespace

void Element::read(const StreamRecord& first, RecordStream& stream) {
  kind_ = first.type;
  offset_ = first.offset;
  seen_ = 0;
  points_.clear();
  properties_.clear();
  placed_.angle_deg = 0;
  placed_.magnification = 1;
  placed_.mirrored = false;
  width_ = begin_extension_ = end_extension_ = 0;
  absolute_width_ = false;
  path_type_ = 0;
  const Kind kind = fields_of(kind_);
  if (kind.required == 0) stream.fail("GDS-0030", title(kind_) + " where an element or ENDSTR is expected", offset_);
  for (StreamRecord record = stream.next(); record.type != end_element; record = stream.next()) field(record, stream);
  if ((seen_ & kind.required) != kind.required) {
    const std::uint32_t missing = kind.required & ~seen_;
    const char* const name = (missing & f_layer) != 0    ? "LAYER"
                             : (missing & f_type) != 0   ? "type"
                             : (missing & f_points) != 0 ? "XY"
                             : (missing & f_name) != 0   ? "SNAME"
                             : (missing & f_grid) != 0   ? "COLROW"
                                                         : "STRING";
    stream.fail("GDS-0031", title(kind_) + " without its " + name, offset_);
  }
}

void Element::field(const StreamRecord& record, RecordStream& stream) {
  const Kind kind = fields_of(kind_);
  const auto take = [&](Field field, std::size_t size) {
    if (((kind.required | kind.allowed | f_element_flags | f_plex) & field) == 0)
      stream.fail("GDS-0032", title(record.type) + " in " + title(kind_), record.offset);
    if ((seen_ & field) != 0) stream.fail("GDS-0033", title(record.type) + " twice in an element", record.offset);
    if (size != 0) stream.expect_size(record, size);
    seen_ |= field;
  };
  switch (record.type) {
    case coordinates:
      // Outlines beyond the length of a record come in several of them.
      if ((kind_ != boundary && kind_ != path) || points_.empty()) take(f_points, 0);
      return take_points(record, stream);
    case layer:
      take(f_layer, 2);
      layer_.layer = record.unsigned16(0);
      return;
    case datatype:
    case box_type:
    case node_type:
    case text_type:
      if (record.type != kind.type_record) break;
      take(f_type, 2);
      layer_.datatype = record.unsigned16(0);
      return;
    case width:
      take(f_width, 4);
      width_ = std::abs(record.signed32(0));
      absolute_width_ = record.signed32(0) < 0;
      return;
    case path_type:
      take(f_path_type, 2);
      path_type_ = record.unsigned16(0);
      if (kind_ == path && path_type_ != 0 && path_type_ != 1 && path_type_ != 2 && path_type_ != 4)
        stream.fail("GDS-0034", "PATHTYPE " + std::to_string(path_type_) + "; expected 0, 1, 2 or 4", record.offset);
      return;
    case begin_extension:
      take(f_begin, 4);
      begin_extension_ = record.signed32(0);
      return;
    case end_extension:
      take(f_end, 4);
      end_extension_ = record.signed32(0);
      return;
    case placed_name:
      take(f_name, 0);
      placed_.cell = record.text();
      if (placed_.cell.empty()) stream.fail("GDS-0035", "SNAME without a name", record.offset);
      return;
    case columns_rows:
      take(f_grid, 4);
      columns_ = record.unsigned16(0);
      rows_ = record.unsigned16(2);
      if (columns_ == 0 || rows_ == 0)
        stream.fail("GDS-0036", "COLROW gives an array of no columns or no rows", record.offset);
      return;
    case string:
      take(f_string, 0);
      text_ = record.text();
      return;
    case transformation:
      take(f_flags, 2);
      placed_.mirrored = (record.unsigned16(0) & 0x8000U) != 0;
      if (kind_ != text && (record.unsigned16(0) & 0x0006U) != 0)
        stream.fail("GDS-0037", "STRANS asks for absolute magnification or angle, which is not supported",
                    record.offset);
      return;
    case magnification:
      take(f_magnification, 8);
      placed_.magnification = decode_real(record.unsigned64(0));
      if (!(placed_.magnification > 0)) stream.fail("GDS-0038", "MAG is not above zero", record.offset);
      return;
    case angle:
      take(f_angle, 8);
      placed_.angle_deg = decode_real(record.unsigned64(0));
      return;
    case presentation:
      return take(f_presentation, 2);
    case element_flags:
      return take(f_element_flags, 2);
    case plex:
      return take(f_plex, 4);
    case property_number:
      properties_.push_back(property(record, stream));
      return;
    default:
      break;
  }
  stream.fail("GDS-0032", title(record.type) + " in " + title(kind_), record.offset);
}

void Element::take_points(const StreamRecord& record, RecordStream& stream) {
  if (record.data.empty() || record.data.size() % 8 != 0)
    stream.fail("GDS-0022", "XY has " + std::to_string(record.data.size()) + " bytes of data; expected pairs of 8",
                record.offset);
  for (std::size_t at = 0; at < record.data.size(); at += 8)
    points_.push_back({record.signed32(at), record.signed32(at + 4)});
}

void Element::expect_points(const RecordStream& stream, std::size_t least, std::size_t most) const {
  if (points_.size() < least || points_.size() > most)
    stream.fail("GDS-0039",
                title(kind_) + " with " + std::to_string(points_.size()) + " points; expected " +
                    std::to_string(least) + (most == least ? "" : " or more"),
                offset_);
}

void Element::tell(LayoutSink& sink, const RecordStream& stream) {
  switch (kind_) {
    case boundary:
      return tell_boundary(sink, stream);
    case path:
      return tell_path(sink, stream);
    case box:
      return tell_box(sink, stream);
    case text:
      expect_points(stream, 1, 1);
      return sink.text(layer_, {points_.front(), text_}, once, properties_);
    case placement:
      expect_points(stream, 1, 1);
      placed_.origin = points_.front();
      return sink.placement(placed_, once, properties_);
    case array:
      return tell_array(sink, stream);
    default:
      return;  // NODE: for electrical nets
  }
}

void Element::tell_boundary(LayoutSink& sink, const RecordStream& stream) {
  expect_points(stream, 4, SIZE_MAX);
  if (points_.front() != points_.back())
    stream.fail("GDS-0040", "BOUNDARY is not closed: its last point is not its first", offset_);
  points_.pop_back();
  sink.polygon(layer_, points_, once, properties_);
}

void Element::tell_path(LayoutSink& sink, const RecordStream& stream) {
  expect_points(stream, 1, SIZE_MAX);
  LayoutPath wire{points_, width_, 0, 0, path_type_ == 1, absolute_width_};
  if (path_type_ == 1 || path_type_ == 2) wire.begin_extension = wire.end_extension = width_ / 2;
  if (path_type_ == 4) {
    wire.begin_extension = begin_extension_;
    wire.end_extension = end_extension_;
  }
  sink.path(layer_, wire, once, properties_);
}

void Element::tell_box(LayoutSink& sink, const RecordStream& stream) {
  expect_points(stream, 5, 5);
  if (points_.front() != points_.back())
    stream.fail("GDS-0040", "BOX is not closed: its last point is not its first", offset_);
  points_.pop_back();
  DbuBox hull;
  for (const DbuPoint& p : points_) hull.include(p);
  const auto corner = [&](const DbuPoint& p) {
    return (p.x == hull.x0 || p.x == hull.x1) && (p.y == hull.y0 || p.y == hull.y1);
  };
  const bool upright = std::all_of(points_.begin(), points_.end(), corner) && points_[0] != points_[2] &&
                       points_[1] != points_[3] && points_[0] != points_[1] && points_[1] != points_[2];
  if (upright)
    sink.box(layer_, hull, once, properties_);
  else
    sink.polygon(layer_, points_, once, properties_);
}

void Element::tell_array(LayoutSink& sink, const RecordStream& stream) {
  expect_points(stream, 3, 3);
  const DbuPoint& from = points_[0];
  const DbuPoint across{points_[1].x - from.x, points_[1].y - from.y};
  const DbuPoint up{points_[2].x - from.x, points_[2].y - from.y};
  // After so many columns or rows the steps are whole units.
  const auto period = [](const DbuPoint& all, std::uint32_t count) {
    return count / static_cast<std::uint32_t>(std::gcd(std::gcd(all.x, all.y), std::int64_t{count}));
  };
  const std::uint32_t columns = period(across, columns_), rows = period(up, rows_);
  const std::uint64_t count = std::uint64_t{columns_} * rows_, grids = std::uint64_t{columns} * rows;
  placed_.origin = from;
  if (grids > 1 && count <= most_listed) {
    Repetition list;
    for (std::uint32_t j = 0; j < rows_; ++j)
      for (std::uint32_t i = 0; i < columns_; ++i) list.offsets.push_back(member(across, i, up, j));
    return sink.placement(placed_, list, properties_);
  }
  if (grids > most_grids)
    stream.fail("GDS-0041",
                "AREF of " + std::to_string(columns_) + " x " + std::to_string(rows_) +
                    " whose steps are no whole database units, nor after few columns and rows; expected at most " +
                    std::to_string(most_listed) + " members of such an array",
                offset_);
  Repetition grid{{}, {}, columns_ / columns, rows_ / rows, {}};  // a single column or row needs no step
  if (grid.columns > 1) grid.a = member(across, columns, up, 0);
  if (grid.rows > 1) grid.b = member(across, 0, up, rows);
  // Two steps along one line put members on each other; those of a grid can be found by where they lie. 32-bit steps.
  if (grid.columns > 1 && grid.rows > 1 && count > most_on_a_line && grid.a.x * grid.b.y == grid.a.y * grid.b.x)
    stream.fail("GDS-0058", "AREF of " + std::to_string(columns_) + " x " + std::to_string(rows_) + " along one line",
                offset_);
  for (std::uint32_t j = 0; j < rows; ++j)
    for (std::uint32_t i = 0; i < columns; ++i) {
      const DbuPoint move = member(across, i, up, j);
      placed_.origin = {from.x + move.x, from.y + move.y};
      sink.placement(placed_, grid, properties_);
    }
}

/// Displacement of a member of an array whose columns and rows reach `across` and `up`, to the nearest unit.
DbuPoint Element::member(const DbuPoint& across, std::uint32_t column, const DbuPoint& up, std::uint32_t row) const {
  return {part(across.x, column, columns_) + part(up.x, row, rows_),
          part(across.y, column, columns_) + part(up.y, row, rows_)};
}

}  // namespace anamorph::gdsii
