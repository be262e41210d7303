// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/oasis_elements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "masks/oasis.hpp"

namespace anamorph::oasis {

namespace {

// Bits that mean the same in all records of geometry.
constexpr unsigned layer_bit = 0x01, datatype_bit = 0x02, repetition_bit = 0x04, y_bit = 0x08, x_bit = 0x10;

/// Box of the displacements.
DbuBox reach(const Repetition& repetition) {
  DbuBox box{0, 0, 0, 0};
  for (const DbuPoint& each : repetition.offsets) box.include(each);
  if (!repetition.offsets.empty()) return box;
  const auto columns = static_cast<std::int64_t>(repetition.columns - 1);
  const auto rows = static_cast<std::int64_t>(repetition.rows - 1);
  const DbuPoint a{columns * repetition.a.x, columns * repetition.a.y};
  const DbuPoint b{rows * repetition.b.x, rows * repetition.b.y};
  box.include(a);
  box.include(b);
  box.include({a.x + b.x, a.y + b.y});
  return box;
}

}  // namespace

int Elements::read() {
  for (;;) {
    const int record = bytes_.next_record();
    switch (record) {
      case xy_absolute:
        relative_ = false;
        break;
      case xy_relative:
        relative_ = true;
        break;
      case property:
      case property_again:
        has_properties_ = has_properties_ || kind_ == Kind::cell;
        property_.read(record, properties_, budget_);
        break;
      default:
        flush();
        if (record < placement || record == xname || record == xname_numbered) return record;
        budget_ = bytes_.list_limit();
        element(record);
    }
  }
}

void Elements::element(int record) {
  switch (record) {
    case placement:
    case placement_transformed:
      return read_placement(record == placement_transformed);
    case text:
      return read_text();
    case rectangle:
      return read_rectangle();
    case polygon:
      return read_polygon();
    case path:
      return read_path();
    case trapezoid:
    case trapezoid_a:
    case trapezoid_b:
      return read_trapezoid(record);
    case ctrapezoid:
      return read_ctrapezoid();
    case circle:
      return read_circle();
    case xelement:
      (void)bytes_.number();
      (void)bytes_.string();
      kind_ = Kind::skipped;
      return;
    default:
      return skip_xgeometry();
  }
}

/// Tells the element at hand.
void Elements::flush() {
  static const Repetition once;
  if (sink_) {
    const Repetition& repetition = repeated_ ? repetition_ : once;
    switch (kind_) {
      case Kind::polygon:
        sink_->polygon(on_, points_, repetition, properties_);
        break;
      case Kind::box:
        sink_->box(on_, box_, repetition, properties_);
        break;
      case Kind::path:
        sink_->path(on_, path_, repetition, properties_);
        break;
      case Kind::text:
        sink_->text(on_, label_, repetition, properties_);
        break;
      case Kind::placement:
        sink_->placement(child_, repetition, properties_);
        break;
      case Kind::none:
      case Kind::cell:
      case Kind::skipped:
        break;
    }
  }
  kind_ = Kind::none;
  properties_.clear();
}

std::int64_t Elements::length() {
  const std::uint64_t value = bytes_.number();
  if (value > static_cast<std::uint64_t>(coordinate_limit))
    bytes_.fail("OAS-0007", "has a length beyond 2^60 database units");
  return static_cast<std::int64_t>(value);
}

std::uint32_t Elements::layer_number() {
  const std::uint64_t value = bytes_.number();
  if (value > std::numeric_limits<std::uint32_t>::max()) bytes_.fail("OAS-0007", "has a layer number beyond 2^32 - 1");
  return static_cast<std::uint32_t>(value);
}

void Elements::layer(unsigned info) {
  if (info & layer_bit) layer_.set(layer_number());
  if (info & datatype_bit) datatype_.set(layer_number());
  on_ = {get(layer_, "a layer"), get(datatype_, "a datatype")};
}

void Elements::position(unsigned info, Modal<std::int64_t>& x, Modal<std::int64_t>& y, unsigned of_x, unsigned of_y) {
  if (info & of_x) x.value = sum(bytes_, bytes_.whole(), relative_ ? x.value : 0);
  if (info & of_y) y.value = sum(bytes_, bytes_.whole(), relative_ ? y.value : 0);
}

/// Reads a repetition, if there is one, of an element in the box `extent`; all of it must be coordinates.
void Elements::repeat(unsigned info, unsigned bit, const DbuBox& extent) {
  repeated_ = (info & bit) != 0;
  if (repeated_ && bytes_.repetition(repetition_, repetition_known_)) reach_ = reach(repetition_);
  const DbuBox by = repeated_ ? reach_ : DbuBox{0, 0, 0, 0};
  (void)sum(bytes_, extent.x0, by.x0);
  (void)sum(bytes_, extent.y0, by.y0);
  (void)sum(bytes_, extent.x1, by.x1);
  (void)sum(bytes_, extent.y1, by.y1);
}

/// `points` moved to the place of the geometry become the element's.
void Elements::repeat(unsigned info, unsigned bit, const std::vector<DbuPoint>& points) {
  DbuBox extent;
  extent.include({x_.value, y_.value});
  points_.assign(1, {x_.value, y_.value});
  for (const DbuPoint& p : points) {
    points_.push_back({sum(bytes_, x_.value, p.x), sum(bytes_, y_.value, p.y)});
    extent.include(points_.back());
  }
  repeat(info, bit, extent);
}

void Elements::read_placement(bool transformed) {
  const unsigned info = bytes_.byte();  // CNXYRAAF, CNXYRMAF
  if (info & 0x80) placed_.set(info & 0x40 ? NameRef(bytes_.number()) : NameRef(bytes_.string()));
  child_.mirrored = (info & 0x01) != 0;
  child_.magnification = 1;
  child_.angle_deg = 0;
  if (!transformed) {
    child_.angle_deg = 90.0 * static_cast<double>(info >> 1 & 3);
  } else {
    if (info & 0x04) child_.magnification = bytes_.real();
    if (info & 0x02) child_.angle_deg = bytes_.real();
    if (!(child_.magnification > 0) || !std::isfinite(child_.magnification))
      bytes_.fail("OAS-0003", "places a cell with a magnification that is not above zero");
    if (!std::isfinite(child_.angle_deg)) bytes_.fail("OAS-0003", "places a cell at an angle that is no number");
  }
  position(info, placement_x_, placement_y_, 0x20, 0x10);
  child_.origin = {placement_x_.value, placement_y_.value};
  repeat(info, 0x08, DbuBox{child_.origin.x, child_.origin.y, child_.origin.x, child_.origin.y});
  const NameRef& name = get(placed_, "a cell to place");
  kind_ = Kind::placement;
  if (!names_) return;
  const auto* number = std::get_if<std::uint64_t>(&name);
  child_.cell = number ? names_->cells.at(bytes_, *number) : std::get<std::string>(name);
}

void Elements::read_text() {
  const unsigned info = bytes_.byte();  // 0CNXYRTL
  if (info & 0x40) string_.set(info & 0x20 ? NameRef(bytes_.number()) : NameRef(bytes_.string()));
  if (info & layer_bit) textlayer_.set(layer_number());
  if (info & datatype_bit) texttype_.set(layer_number());
  on_ = {get(textlayer_, "a text layer"), get(texttype_, "a text type")};
  position(info, text_x_, text_y_, x_bit, y_bit);
  label_.at = {text_x_.value, text_y_.value};
  repeat(info, repetition_bit, DbuBox{label_.at.x, label_.at.y, label_.at.x, label_.at.y});
  const NameRef& string = get(string_, "a text");
  kind_ = Kind::text;
  if (!names_) return;
  const auto* number = std::get_if<std::uint64_t>(&string);
  label_.text = number ? names_->texts.at(bytes_, *number) : std::get<std::string>(string);
}

void Elements::read_rectangle() {
  const unsigned info = bytes_.byte();  // SWHXYRDL
  layer(info);
  if (info & 0x40) width_.set(length());
  if (info & 0x80) {
    if (info & 0x20) bytes_.fail("OAS-0003", "has a square with a height");
    height_.set(get(width_, "a width"));
  } else if (info & 0x20) {
    height_.set(length());
  }
  position(info, x_, y_, x_bit, y_bit);
  box_ = {x_.value, y_.value, sum(bytes_, x_.value, get(width_, "a width")),
          sum(bytes_, y_.value, get(height_, "a height"))};
  repeat(info, repetition_bit, box_);
  kind_ = Kind::box;
}

void Elements::read_polygon() {
  const unsigned info = bytes_.byte();  // 00PXYRDL
  layer(info);
  if (info & 0x20) {
    bytes_.point_list(true, polygon_.value);
    polygon_.known = true;
    if (polygon_.value.size() < 2) bytes_.fail("OAS-0003", "has a polygon of fewer than three points");
  }
  position(info, x_, y_, x_bit, y_bit);
  repeat(info, repetition_bit, get(polygon_, "a list of points"));
  kind_ = Kind::polygon;
}

void Elements::read_path() {
  const unsigned info = bytes_.byte();  // EWPXYRDL
  layer(info);
  if (info & 0x40) halfwidth_.set(length());
  if (info & 0x80) {
    const std::uint64_t scheme = bytes_.number();
    if (scheme > 15) bytes_.fail("OAS-0003", "has a path with an unknown scheme of extensions");
    for (auto [end, kind] : {std::pair{&begin_, scheme >> 2}, std::pair{&end_, scheme & 3}}) {
      if (kind == 1) end->set(0);
      if (kind == 2) end->set(get(halfwidth_, "a half-width"));
      if (kind == 3) end->set(sum(bytes_, bytes_.whole(), 0));
    }
  }
  if (info & 0x20) {
    bytes_.point_list(false, spine_.value);
    spine_.known = true;
  }
  position(info, x_, y_, x_bit, y_bit);
  repeat(info, repetition_bit, get(spine_, "a list of points"));
  path_.spine = points_;
  path_.width = 2 * get(halfwidth_, "a half-width");
  path_.begin_extension = get(begin_, "an extension at its start");
  path_.end_extension = get(end_, "an extension at its end");
  path_.round = false;
  kind_ = Kind::path;
}

/// A trapezoid in the box [0, w] x [0, h]. Horizontal: the upper side begins `a` to the right of the lower one and ends
/// `b` to the right of it. Vertical: the left side begins `a` above the right one and ends `b` above it.
void Elements::read_slanted(bool vertical, std::int64_t a, std::int64_t b, std::int64_t w, std::int64_t h,
                            unsigned info) {
  const auto part = [](std::int64_t d) { return std::max<std::int64_t>(d, 0); };
  const std::int64_t along = vertical ? h : w;
  const std::int64_t first = along - part(a) - part(-b);   // length of the upper or left side
  const std::int64_t second = along - part(-a) - part(b);  // of the lower or right one
  if (first < 0 || second < 0) bytes_.fail("OAS-0003", "has a trapezoid whose slanted sides cross");
  box_ = {x_.value, y_.value, sum(bytes_, x_.value, w), sum(bytes_, y_.value, h)};
  repeat(info, repetition_bit, box_);
  if (vertical)
    points_ = {{0, part(a)}, {w, part(-a)}, {w, h - part(b)}, {0, h - part(-b)}};
  else
    points_ = {{part(-a), 0}, {w - part(b), 0}, {w - part(-b), h}, {part(a), h}};
  if (w > 0 && h > 0 && (first > 0 || second > 0)) {  // a triangle, if one of them is a point
    points_.erase(std::unique(points_.begin(), points_.end()), points_.end());
    if (points_.front() == points_.back()) points_.pop_back();
  }
  for (DbuPoint& p : points_) p = {p.x + x_.value, p.y + y_.value};
  kind_ = Kind::polygon;
}

void Elements::read_trapezoid(int record) {
  const unsigned info = bytes_.byte();  // OWHXYRDL
  layer(info);
  if (info & 0x40) width_.set(length());
  if (info & 0x20) height_.set(length());
  const std::int64_t a = record == trapezoid_b ? 0 : bytes_.delta1(true).x;
  const std::int64_t b = record == trapezoid_a ? 0 : bytes_.delta1(true).x;
  position(info, x_, y_, x_bit, y_bit);
  read_slanted((info & 0x80) != 0, a, b, get(width_, "a width"), get(height_, "a height"), info);
}

void Elements::read_ctrapezoid() {
  const unsigned info = bytes_.byte();  // TWHXYRDL
  layer(info);
  if (info & 0x80) ctrapezoid_.set(bytes_.number());
  if (info & 0x40) width_.set(length());
  if (info & 0x20) height_.set(length());
  position(info, x_, y_, x_bit, y_bit);
  const std::uint64_t type = get(ctrapezoid_, "a type of compact trapezoid");
  if (type > 25)
    bytes_.fail("OAS-0003", "has a compact trapezoid of unknown type " + std::to_string(type) + ", expected 0 to 25");
  // Sides at 45 degrees: a and b of read_slanted() in units of the height (width, if vertical).
  static constexpr int slants[26][2] = {{0, -1}, {0, 1},  {1, 0},  {-1, 0}, {1, -1}, {-1, 1},  {1, 1}, {-1, -1}, {0, 1},
                                        {0, -1}, {-1, 0}, {1, 0},  {-1, 1}, {1, -1}, {-1, -1}, {1, 1}, {0, -1},  {0, 1},
                                        {1, 0},  {-1, 0}, {1, -1}, {-1, 1}, {-1, 1}, {1, -1},  {0, 0}, {0, 0}};
  const bool vertical = (type >= 8 && type <= 15) || type == 22 || type == 23;
  const bool of_height = type == 20 || type == 21;
  const std::int64_t w = of_height ? 2 * get(height_, "a height") : get(width_, "a width");
  std::int64_t h = w;  // types 16 to 19 and 25
  if (type < 16 || type == 24 || of_height) h = get(height_, "a height");
  if (type == 22 || type == 23) h = 2 * w;
  const std::int64_t unit = vertical ? w : h;
  read_slanted(vertical, slants[type][0] * unit, slants[type][1] * unit, w, h, info);
  if (type >= 24) kind_ = Kind::box;
}

void Elements::read_circle() {
  const unsigned info = bytes_.byte();  // 00rXYRDL
  layer(info);
  if (info & 0x20) radius_.set(length());
  position(info, x_, y_, x_bit, y_bit);
  const std::int64_t r = get(radius_, "a radius");
  const DbuBox box{sum(bytes_, x_.value, -r), sum(bytes_, y_.value, -r), sum(bytes_, x_.value, r),
                   sum(bytes_, y_.value, r)};
  repeat(info, repetition_bit, box);
  kind_ = r > 0 ? Kind::polygon : Kind::skipped;
  if (sink_ && r > 0) points_ = outline({{{x_.value, y_.value}}, 2 * r, r, r, true});
}

void Elements::skip_xgeometry() {
  const unsigned info = bytes_.byte();  // 000XYRDL
  (void)bytes_.number();
  if (info & layer_bit) layer_.set(layer_number());
  if (info & datatype_bit) datatype_.set(layer_number());
  (void)bytes_.string();
  position(info, x_, y_, x_bit, y_bit);
  repeat(info, repetition_bit, DbuBox{x_.value, y_.value, x_.value, y_.value});
  kind_ = Kind::skipped;
}

}  // namespace anamorph::oasis
