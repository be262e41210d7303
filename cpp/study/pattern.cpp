// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/pattern.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <sstream>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

std::string text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

/// Too low for any order but 0 to pass along it.
constexpr double strip_nm = 8;

/// Collects rectangles and gauges of a pattern whose lines run along y.
class Sketch {
 public:
  Sketch(double width, double height) { pattern_.tile = {0, 0, width, height}; }

  /// For what does not vary along y.
  [[nodiscard]] static Sketch strip(double width) {
    Sketch sketch(width, strip_nm);
    sketch.pattern_.strip = true;
    return sketch;
  }

  void box(double x0, double y0, double x1, double y1) {
    pattern_.shapes.push_back({{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}});
  }

  /// A width across x (or y) at a place; `critical` if something else counts.
  void across_x(const std::string& name, double x, double y, double cd, double critical = 0) {
    pattern_.gauges.push_back({{name, {x, y}, 0, cd}, critical > 0 ? critical : cd});
  }
  void across_y(const std::string& name, double x, double y, double cd, double critical = 0) {
    pattern_.gauges.push_back({{name, {x, y}, 90, cd}, critical > 0 ? critical : cd});
  }

  /// A line along y from y0 to y1, with the gauge of its width and, where `gap` is positive, of its length.
  void line(const std::string& name, double x, double width, double y0, double y1, double gap) {
    box(x - width / 2, y0, x + width / 2, y1);
    across_x(name + " width", x, (y0 + y1) / 2, width);
    if (gap > 0) across_y(name + " ends", x, (y0 + y1) / 2, y1 - y0, gap);
  }

  void square(const std::string& name, double x, double y, double side) {
    box(x - side / 2, y - side / 2, x + side / 2, y + side / 2);
    across_x(name + " x", x, y, side);
    across_y(name + " y", x, y, side);
  }

  [[nodiscard]] StudyPattern take() { return std::move(pattern_); }

 private:
  StudyPattern pattern_;
};

/// Reflected about x = y, which turns lines along y into lines along x.
StudyPattern transposed(StudyPattern pattern) {
  std::swap(pattern.tile.x1, pattern.tile.y1);
  for (Polygon& shape : pattern.shapes) {
    for (Point& p : shape) std::swap(p.x, p.y);
    std::reverse(shape.begin(), shape.end());
  }
  for (StudyGauge& g : pattern.gauges) {
    std::swap(g.gauge.at_nm.x, g.gauge.at_nm.y);
    g.gauge.angle_deg = 90 - g.gauge.angle_deg;
    // What was across x is across y now.
    if (g.gauge.name.ends_with(" x"))
      g.gauge.name.back() = 'y';
    else if (g.gauge.name.ends_with(" y"))
      g.gauge.name.back() = 'x';
  }
  return pattern;
}

StudyPattern lines(double p, double cd) {
  Sketch s = Sketch::strip(p);
  s.box((p - cd) / 2, 0, (p + cd) / 2, strip_nm);
  s.across_x("width", p / 2, strip_nm / 2, cd);
  return s.take();
}

StudyPattern two_bar(double p, double cd) {
  Sketch s = Sketch::strip(6 * p);
  for (const double x : {2.5 * p, 3.5 * p}) {
    s.box(x - cd / 2, 0, x + cd / 2, strip_nm);
    s.across_x(x < 3 * p ? "left bar" : "right bar", x, strip_nm / 2, cd);
  }
  return s.take();
}

StudyPattern contacts(double p, double cd) {
  Sketch s(p, p);
  s.square("contact", p / 2, p / 2, cd);
  return s.take();
}

StudyPattern staggered_contacts(double p, double cd) {
  const double rows = p * std::numbers::sqrt3;
  Sketch s(p, rows);
  // Kept off the tile's edges, so that no square is cut.
  s.square("contact", p / 4, rows / 4, cd);
  s.square("contact between", 3 * p / 4, 3 * rows / 4, cd);
  return s.take();
}

StudyPattern ends(double p, double cd, double gap) {
  const double length = 5 * p;
  Sketch s(p, length + gap);
  s.line("line", p / 2, cd, gap / 2, gap / 2 + length, gap);
  return s.take();
}

StudyPattern metal(double p, double cd, double gap) {
  const double height = 10 * p;
  Sketch s(4 * p, height);
  const double x[] = {0.5 * p, 1.5 * p, 2.5 * p, 3.5 * p};
  s.box(x[0] - cd / 2, 0, x[0] + cd / 2, height);
  s.across_x("track 1 width", x[0], height / 2, cd);
  s.line("track 2", x[1], cd, gap / 2, height - gap / 2, gap);
  s.line("track 3 short", x[2], cd, p, 4 * p, gap);
  s.line("track 3 long", x[2], cd, 4 * p + gap, 11 * p - gap, gap);
  s.line("track 4", x[3], cd, 2.5 * p, 9.5 * p, height - 7 * p);
  return s.take();
}

StudyPattern vias(double p, double cd) {
  Sketch s(5 * p, 4 * p);
  // Dense, semi-dense and nearly alone: (column, row) of the grid.
  const std::pair<int, int> places[] = {{0, 0}, {1, 0}, {2, 0}, {0, 1}, {1, 1}, {3, 1}, {1, 2}, {4, 2}, {2, 3}};
  for (const auto& [column, row] : places)
    s.square("via " + std::to_string(column + 1) + "," + std::to_string(row + 1), (column + 0.5) * p, (row + 0.5) * p,
             cd);
  return s.take();
}

StudyPattern sram(double p, double cd, double gap) {
  const double height = 6 * p, x = 0.5 * p, beside = 1.5 * p;
  Sketch s(2 * p, height);
  s.line("gate", x, cd, gap / 2, height - gap / 2, gap);
  // Cut at half the height: over the tile's border it is still one shape, whose edges move as a whole.
  s.line("gate beside", beside, cd, (gap - height) / 2, (height - gap) / 2, gap);
  return s.take();
}

}  // namespace

StudyPattern make_pattern(const PatternSpec& spec, const std::string& family) {
  const double p = spec.pitch_nm, cd = spec.cd_nm > 0 ? spec.cd_nm : p / 2;
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::recipe, "CMP-0001", "pattern \"" + family + "\" of pitch " + text(p) + " nm: " + what);
  };
  if (!(p > 0)) refuse("expected a pitch above 0");
  if (cd >= p) refuse("a width of " + text(cd) + " nm leaves no space; expected less than the pitch");
  const double gap = spec.gap_nm > 0 ? spec.gap_nm : spec.kind == PatternKind::line_ends ? 3 * p : p;
  if (gap > 3 * p) refuse("a gap of " + text(gap) + " nm is too wide; expected at most three pitches");
  StudyPattern pattern = [&] {
    switch (spec.kind) {
      case PatternKind::lines:
        return lines(p, cd);
      case PatternKind::two_bar:
        return two_bar(p, cd);
      case PatternKind::contacts:
        return contacts(p, cd);
      case PatternKind::staggered_contacts:
        return staggered_contacts(p, cd);
      case PatternKind::line_ends:
      case PatternKind::tip_to_tip:
        return ends(p, cd, gap);
      case PatternKind::metal:
        return metal(p, cd, std::min(gap, 1.5 * p));
      case PatternKind::vias:
        return vias(p, cd);
      case PatternKind::sram:
        return sram(p, cd, std::min(gap, 1.5 * p));
    }
    return StudyPattern();
  }();
  if (!spec.vertical) pattern = transposed(std::move(pattern));
  pattern.family = family;
  pattern.name = family + " " + text(p);
  pattern.pitch_nm = p;
  pattern.openings = pattern.bright = spec.bright;
  return pattern;
}

namespace {

/// An edge of a shape that a cut crosses at s.
struct Crossing {
  double s = 0;
  bool leaves = false;  ///< the shape, along the cut
  std::size_t shape = 0;
  std::size_t edge = 0;
};

/// Whether an edge lies on the tile's border and a shape goes on there in the next period: then it is no edge.
bool is_joint(const std::vector<Polygon>& shapes, const Box& tile, const Point& a, const Point& b) {
  const auto lies = [](double u, double v, double at) { return std::abs(u - at) < 1e-9 && std::abs(v - at) < 1e-9; };
  const bool left = lies(a.x, b.x, tile.x0), right = lies(a.x, b.x, tile.x1);
  const bool low = lies(a.y, b.y, tile.y0), high = lies(a.y, b.y, tile.y1);
  if (!left && !right && !low && !high) return false;
  const bool upright = left || right;
  const double across = left ? tile.x1 : right ? tile.x0 : low ? tile.y1 : tile.y0;
  const double middle = upright ? (a.y + b.y) / 2 : (a.x + b.x) / 2;
  for (const Polygon& shape : shapes)
    for (std::size_t e = 0; e < shape.size(); ++e) {
      const Point &c = shape[e], &d = shape[(e + 1) % shape.size()];
      const double from = upright ? std::min(c.y, d.y) : std::min(c.x, d.x);
      const double to = upright ? std::max(c.y, d.y) : std::max(c.x, d.x);
      const bool opposite = upright ? lies(c.x, d.x, across) : lies(c.y, d.y, across);
      if (opposite && from < middle && middle < to) return true;
    }
  return false;
}

/// All crossings within two tiles, ascending.
std::vector<Crossing> crossings(const std::vector<Polygon>& shapes, const Box& tile, const Gauge& gauge) {
  const double angle = gauge.angle_deg * std::numbers::pi / 180, ux = std::cos(angle), uy = std::sin(angle);
  std::vector<Crossing> found;
  for (std::size_t k = 0; k < shapes.size(); ++k)
    for (std::size_t e = 0; e < shapes[k].size(); ++e) {
      const Point &a = shapes[k][e], &b = shapes[k][(e + 1) % shapes[k].size()];
      if (is_joint(shapes, tile, a, b)) continue;
      const double dx = b.x - a.x, dy = b.y - a.y, cross = ux * dy - uy * dx;
      if (std::abs(cross) < 1e-9 * std::hypot(dx, dy)) continue;
      for (int i = -2; i <= 2; ++i)
        for (int j = -2; j <= 2; ++j) {
          const double ax = a.x + i * tile.width() - gauge.at_nm.x, ay = a.y + j * tile.height() - gauge.at_nm.y;
          const double s = (ax * dy - ay * dx) / cross, t = (ax * uy - ay * ux) / cross;
          if (t >= 0 && t < 1) found.push_back({s, cross > 0, k, e});  // half open: a corner belongs to one edge
        }
    }
  std::sort(found.begin(), found.end(), [](const Crossing& a, const Crossing& b) { return a.s < b.s; });
  return found;
}

}  // namespace

CutSpan cut_span(const std::vector<Polygon>& shapes, const Box& tile, const Gauge& gauge) {
  constexpr double none = std::numeric_limits<double>::infinity();
  CutSpan span{-none, none, -none, none};
  for (const Crossing& c : crossings(shapes, tile, gauge)) {
    if (c.s < 0) {
      span.next_low = span.low;
      span.low = c.s;
    } else if (span.high == none) {
      span.high = c.s;
    } else if (span.next_high == none) {
      span.next_high = c.s;
    }
  }
  return span;
}

std::vector<Polygon> biased(const StudyPattern& pattern, const std::vector<double>& bias_nm) {
  std::vector<Polygon> shapes = pattern.shapes;
  for (std::size_t g = 0; g < pattern.gauges.size(); ++g) {
    const Gauge& gauge = pattern.gauges[g].gauge;
    const double angle = gauge.angle_deg * std::numbers::pi / 180;
    const std::vector<Crossing> all = crossings(pattern.shapes, pattern.tile, gauge);
    const auto high = std::find_if(all.begin(), all.end(), [](const Crossing& c) { return c.s > 0; });
    const auto move = [&](const Crossing& c, double by) {
      Polygon& shape = shapes[c.shape];
      for (Point* p : {&shape[c.edge], &shape[(c.edge + 1) % shape.size()]}) {
        p->x += by * std::cos(angle);
        p->y += by * std::sin(angle);
      }
    };
    if (high != all.end()) move(*high, bias_nm[g] / 2);
    if (high != all.begin()) move(*std::prev(high), -bias_nm[g] / 2);
  }
  for (std::size_t k = 0; k < shapes.size(); ++k)
    if (!(signed_area(shapes[k]) * signed_area(pattern.shapes[k]) > 0))
      throw Error(ErrorCode::recipe, "CMP-0002", pattern.name + ": a shape would vanish");
  // Edges that have passed each other are met in another order.
  const auto around = [](const std::vector<Crossing>& all) {
    const auto high = std::find_if(all.begin(), all.end(), [](const Crossing& c) { return c.s > 0; });
    return high == all.end() || high == all.begin() ? std::pair(false, false)
                                                    : std::pair(std::prev(high)->leaves, high->leaves);
  };
  for (const StudyGauge& g : pattern.gauges)
    if (around(crossings(pattern.shapes, pattern.tile, g.gauge)) != around(crossings(shapes, pattern.tile, g.gauge)))
      throw Error(ErrorCode::recipe, "CMP-0002",
                  pattern.name + ": a feature or a gap would close at gauge \"" + g.gauge.name + "\"");
  return shapes;
}

}  // namespace anamorph
