// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace anamorph {
namespace {

// The lettering: strokes separated by spaces; l = straight line, s = open and o = closed quadratic B-spline; then pairs
// of hexadecimal digits x, y on a grid with the baseline at 3, small letters up to 9, capitals up to 12, descenders to
// 0.
constexpr double baseline = 3;
constexpr double capital = 9;

std::string_view glyph(char c) {
  static const std::map<char, std::string_view> table{
      {'0', "o03636c0c"},
      {'1', "l1a3c33"},
      {'2', "s0a0c6c6803 l0363"},
      {'3', "s0a0c5c5828 s2868630305"},
      {'4', "l434c0666"},
      {'5', "l5c0c07 s070969630305"},
      {'6', "s5a5c0c0363690906"},
      {'7', "l0c6c23"},
      {'8', "o18585c1c o03636808"},
      {'9', "s1513636c0c066669"},
      {'a', "o03535909 l5953"},
      {'b', "l0c03 o03535909"},
      {'c', "s575909035355"},
      {'d', "o03535909 l5c53"},
      {'e', "l0656 s565909035354"},
      {'f', "s4c1c19 l1913 l0939"},
      {'g', "o03535909 l5952 s52500002"},
      {'h', "l0c03 s06095956 l5653"},
      {'i', "l0903 l0c0c"},
      {'j', "l1912 s121000 l1c1c"},
      {'k', "l0c03 l4905 l1643"},
      {'l', "l0c03"},
      {'m', "l0903 s06094946 l4643 s46498986 l8683"},
      {'n', "l0903 s06095956 l5653"},
      {'o', "o03535909"},
      {'p', "l0900 o03535909"},
      {'q', "o03535909 l5950"},
      {'r', "l0903 s060939"},
      {'s', "s4849090646430304"},
      {'t', "l1b15 s151333 l0939"},
      {'u', "l0906 s06035356 l5953"},
      {'v', "l092349"},
      {'w', "l0923496389"},
      {'x', "l0943 l4903"},
      {'y', "l0923 l4910"},
      {'z', "l09490343"},
      {'A', "l033c63 l1656"},
      {'B', "l2c0c0323 l0828 s2c5c5828 s28686323"},
      {'C', "s6a6c0c036365"},
      {'D', "l2c0c0323 s2c6c6323"},
      {'E', "l5c0c0353 l0848"},
      {'F', "l5c0c03 l0848"},
      {'G', "s6a6c0c036366 l3666"},
      {'H', "l0c03 l6c63 l0868"},
      {'I', "l0c03"},
      {'J', "l4c45 s45430305"},
      {'K', "l0c03 l6c07 l2963"},
      {'L', "l0c0353"},
      {'M', "l030c468c83"},
      {'N', "l030c636c"},
      {'O', "o03737c0c"},
      {'P', "l030c2c s2c6c6727 l2707"},
      {'Q', "o03737c0c l4673"},
      {'R', "l030c2c s2c6c6727 l2707 l2763"},
      {'S', "s5a5c0c0868630305"},
      {'T', "l0c6c l3c33"},
      {'U', "l0c06 s06036366 l666c"},
      {'V', "l0c336c"},
      {'W', "l0c234c638c"},
      {'X', "l0c63 l6c03"},
      {'Y', "l0c386c l3833"},
      {'Z', "l0c6c0363"},
      {'.', "l0303"},
      {',', "l1301"},
      {':', "l0404 l0808"},
      {'-', "l0747"},
      {'+', "l0767 l343a"},
      {'/', "l025c"},
      {'(', "s2d0a0521"},
      {')', "s0d2a2501"},
      {'%', "o08383c0c o53838757 l7c13"},
      {'=', "l0959 l0656"},
      {'_', "l0252"},
      {'|', "l0d01"},
      {'<', "l4a0744"},
      {'>', "l0a4704"},
  };
  const auto entry = table.find(c);
  return entry == table.end() ? std::string_view("l03535c0c03") : entry->second;  // a box for what is missing
}

double hex(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

/// Points of a quadratic B-spline with the given control points; open ones begin and end at their end points.
std::vector<Point> spline(std::vector<Point> control, bool closed) {
  if (closed) {
    control.push_back(control[0]);
    control.push_back(control[1]);
  }
  const auto middle = [](Point a, Point b) { return Point{(a.x + b.x) / 2, (a.y + b.y) / 2}; };
  std::vector<Point> line;
  const std::size_t n = control.size();
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const Point a = !closed && i == 1 ? control[0] : middle(control[i - 1], control[i]);
    const Point b = control[i];
    const Point c = !closed && i + 2 == n ? control[n - 1] : middle(control[i], control[i + 1]);
    constexpr int steps = 8;
    for (int k = line.empty() ? 0 : 1; k <= steps; ++k) {
      const double t = static_cast<double>(k) / steps;
      const double u = 1 - t;
      line.push_back({u * u * a.x + 2 * u * t * b.x + t * t * c.x, u * u * a.y + 2 * u * t * b.y + t * t * c.y});
    }
  }
  return line;
}

/// The strokes of a character in grid units, and how far the next character is away.
double glyph_strokes(char c, std::vector<std::vector<Point>>* strokes) {
  if (c == ' ') return 4;
  std::string_view text = glyph(c);
  double width = 0;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    std::vector<Point> points;
    for (std::size_t i = 1; i + 1 < one.size(); i += 2) points.push_back({hex(one[i]), hex(one[i + 1]) - baseline});
    for (const Point& p : points) width = std::max(width, p.x);
    if (strokes) strokes->push_back(one[0] == 'l' ? points : spline(points, one[0] == 'o'));
  }
  return width + 2.6;
}

void blend(Rgb& under, Rgb colour, double opacity) {
  const auto mix = [&](std::uint8_t a, std::uint8_t b) {
    return static_cast<std::uint8_t>(std::lround(a + opacity * (b - a)));
  };
  under = {mix(under.r, colour.r), mix(under.g, colour.g), mix(under.b, colour.b)};
}

double distance(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length2 = dx * dx + dy * dy;
  const double t = length2 > 0 ? std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length2, 0.0, 1.0) : 0;
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

}  // namespace

void Canvas::fill(const Box& box, Rgb colour, double opacity) {
  const int y1 = std::min(picture_.ny(), static_cast<int>(std::ceil(box.y1)));
  const int x1 = std::min(picture_.nx(), static_cast<int>(std::ceil(box.x1)));
  for (int y = std::max(0, static_cast<int>(box.y0)); y < y1; ++y)
    for (int x = std::max(0, static_cast<int>(box.x0)); x < x1; ++x) {
      const double covered_x = std::min(box.x1, x + 1.0) - std::max(box.x0, static_cast<double>(x));
      const double covered_y = std::min(box.y1, y + 1.0) - std::max(box.y0, static_cast<double>(y));
      blend(picture_(y, x), colour, opacity * covered_x * covered_y);
    }
}

void Canvas::paste(const Picture& picture, int x, int y) {
  for (int row = 0; row < picture.ny(); ++row) std::copy_n(picture.row(row), picture.nx(), picture_.row(y + row) + x);
}

void Canvas::stroke(const std::vector<Point>& line, double width, Rgb colour) {
  // Coverage is collected first: where two segments of a line meet, the larger one counts.
  std::vector<std::pair<std::size_t, double>> coverage;
  const double reach = width / 2 + 0.5;
  for (std::size_t i = 0; i < std::max<std::size_t>(line.size(), 2) - 1; ++i) {
    const Point a = line[i];
    const Point b = line[std::min(i + 1, line.size() - 1)];
    const auto first = [&](double u, double v) { return std::max(0, static_cast<int>(std::min(u, v) - reach)); };
    const auto last = [&](double u, double v, int n) {
      return std::min(n, static_cast<int>(std::ceil(std::max(u, v) + reach)));
    };
    for (int y = first(a.y, b.y); y < last(a.y, b.y, picture_.ny()); ++y)
      for (int x = first(a.x, b.x); x < last(a.x, b.x, picture_.nx()); ++x) {
        const double covered = std::min(reach - distance({x + 0.5, y + 0.5}, a, b), std::min(width, 1.0));
        if (covered > 0)
          coverage.emplace_back(
              static_cast<std::size_t>(y) * static_cast<std::size_t>(picture_.nx()) + static_cast<std::size_t>(x),
              covered);
      }
  }
  std::sort(coverage.begin(), coverage.end());
  for (std::size_t i = 0; i < coverage.size(); ++i)
    if (i + 1 == coverage.size() || coverage[i + 1].first != coverage[i].first)
      blend(picture_.data()[coverage[i].first], colour, coverage[i].second);
}

void Canvas::text(Point at, std::string_view text, double height, Rgb colour, Anchor anchor, bool upwards,
                  double weight) {
  const double unit = height / capital;
  const double width = text_width(text, height);
  double along = anchor == Anchor::start ? 0 : anchor == Anchor::middle ? -width / 2 : -width;
  for (const char c : text) {
    std::vector<std::vector<Point>> strokes;
    const double advance = glyph_strokes(c, &strokes);
    for (std::vector<Point>& line : strokes) {
      for (Point& p : line) {
        const double u = along + p.x * unit;
        const double v = p.y * unit;
        p = upwards ? Point{at.x - v, at.y - u} : Point{at.x + u, at.y - v};
      }
      stroke(line, weight * (0.5 + 0.085 * height), colour);
    }
    along += advance * unit;
  }
}

double text_width(std::string_view text, double height) {
  double units = 0;
  for (const char c : text) units += glyph_strokes(c, nullptr);
  return std::max(0.0, units - 2.6) * height / capital;
}

}  // namespace anamorph
