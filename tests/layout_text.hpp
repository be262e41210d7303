// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "masks/layout_stream.hpp"

// What a layout file tells, as lines of text that tests can compare.

namespace anamorph::testing {

/// Each element one line. `canonical`: what only differs in how it is written down (start and sense of an outline,
/// rectangles as polygons, members of repetitions and their order) gives the same line.
class Lines final : public LayoutSink {
 public:
  explicit Lines(bool canonical) : canonical_(canonical) {}
  std::vector<std::string> lines;

  void polygon(const LayerNumber& l, const DbuPolygon& p, const Repetition& r, const Properties& q) override {
    add(l.str() + " polygon", canonical_ ? rotated(p) : p, r, q);
  }
  void box(const LayerNumber& l, const DbuBox& b, const Repetition& r, const Properties& q) override {
    if (canonical_) return LayoutSink::box(l, b, r, q);
    add(l.str() + " box", {{b.x0, b.y0}, {b.x1, b.y1}}, r, q);
  }
  void path(const LayerNumber& l, const LayoutPath& p, const Repetition& r, const Properties& q) override {
    std::ostringstream head;
    head << l.str() << " path " << p.width << (p.absolute ? " absolute" : "") << (p.round ? " round " : " ") << p.begin_extension << ' '
         << p.end_extension;
    add(head.str(), p.spine, r, q);
  }
  void text(const LayerNumber& l, const LayoutText& t, const Repetition& r, const Properties& q) override {
    add(l.str() + " text " + t.text, {t.at}, r, q);
  }
  void placement(const Placement& c, const Repetition& r, const Properties& q) override {
    std::ostringstream head;
    head << "place " << c.cell;
    if (c.angle_deg != 0) head << " angle " << c.angle_deg;
    if (c.magnification != 1) head << " times " << c.magnification;
    if (c.mirrored) head << " mirrored";
    add(head.str(), {c.origin}, r, q);
  }

  static std::string str(const Properties& properties) {
    std::ostringstream out;
    out.precision(17);
    for (const Property& property : properties) {
      out << " {" << property.name;
      for (const PropertyValue& value : property.values) {
        static constexpr const char* kinds[] = {" u", " i", " r", " "};
        out << kinds[value.index()];
        std::visit([&](const auto& v) { out << v; }, value);
      }
      out << '}';
    }
    return out.str();
  }

 private:
  /// Without points within straight edges that are axis-parallel, and without repeated ones.
  static DbuPolygon rotated(DbuPolygon p) {
    for (std::size_t i = 0; p.size() > 3 && i < p.size();) {
      const DbuPoint &a = p[(i + p.size() - 1) % p.size()], &b = p[i], &c = p[(i + 1) % p.size()];
      const bool within = b == a || (a.x == b.x && b.x == c.x && (a.y < b.y) == (b.y < c.y) && b.y != c.y) ||
                          (a.y == b.y && b.y == c.y && (a.x < b.x) == (b.x < c.x) && b.x != c.x);
      if (within) {
        p.erase(p.begin() + static_cast<std::ptrdiff_t>(i));
        i = 0;
      } else {
        ++i;
      }
    }
    std::rotate(p.begin(), std::min_element(p.begin(), p.end()), p.end());
    DbuPolygon back(p);
    std::reverse(back.begin() + 1, back.end());
    return std::min(p, back);
  }

  void add(const std::string& head, const std::vector<DbuPoint>& points, const Repetition& r, const Properties& q) {
    std::ostringstream out;
    out << head;
    if (canonical_) {
      std::vector<DbuPoint> members = r.offsets;
      for (std::uint64_t i = 0; r.offsets.empty() && i < r.columns; ++i)
        for (std::uint64_t j = 0; j < r.rows; ++j) {
          const auto c = static_cast<std::int64_t>(i);
          const auto d = static_cast<std::int64_t>(j);
          members.push_back({c * r.a.x + d * r.b.x, c * r.a.y + d * r.b.y});
        }
      std::sort(members.begin(), members.end());
      for (const DbuPoint& by : members) {
        out << " |";
        for (const DbuPoint& p : points) out << ' ' << p.x + by.x << ',' << p.y + by.y;
      }
    } else {
      for (const DbuPoint& p : points) out << ' ' << p.x << ',' << p.y;
      if (!r.offsets.empty()) {
        out << " at";
        for (const DbuPoint& p : r.offsets) out << ' ' << p.x << ',' << p.y;
      } else if (!r.single()) {
        out << " grid " << r.columns << " x " << r.a.x << ',' << r.a.y << " by " << r.rows << " x " << r.b.x << ','
            << r.b.y;
      }
    }
    out << str(q);
    lines.push_back(out.str());
  }
  bool canonical_;
};

/// The whole file.
inline std::string told(const LayoutFile& file, bool canonical = false) {
  std::string out;
  if (!file.properties().empty()) out += "file" + Lines::str(file.properties()) + '\n';
  for (std::size_t i = 0; i < file.cells().size(); ++i) {
    out += "cell " + file.cells()[i] + Lines::str(file.cell_properties(i)) + '\n';
    Lines lines(canonical);
    file.read(i, lines);
    for (const std::string& line : lines.lines) out += line + '\n';
  }
  return out;
}

}  // namespace anamorph::testing
