// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/svg.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "cpp/io/html.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/report_style.hpp"

namespace anamorph::svg {

using html::coordinate;

namespace {

/// Marks which points of line[first..last] are needed to stay within `tolerance` of it (Douglas and Peucker 1973).
void keep_points(const Polygon& line, std::size_t first, std::size_t last, double tolerance, std::vector<bool>& keep) {
  std::vector<std::pair<std::size_t, std::size_t>> work{{first, last}};
  while (!work.empty()) {
    const auto [a, b] = work.back();
    work.pop_back();
    const double dx = line[b].x - line[a].x;
    const double dy = line[b].y - line[a].y;
    const double length = std::hypot(dx, dy);
    double worst = tolerance;
    std::size_t at = a;
    for (std::size_t i = a + 1; i < b; ++i) {
      const double ex = line[i].x - line[a].x;
      const double ey = line[i].y - line[a].y;
      const double distance = length > 0 ? std::abs(ex * dy - ey * dx) / length : std::hypot(ex, ey);
      if (distance > worst) {
        worst = distance;
        at = i;
      }
    }
    if (at == a) continue;
    keep[at] = true;
    work.push_back({a, at});
    work.push_back({at, b});
  }
}

}  // namespace

std::string attribute(const char* name, double value) {
  return " " + std::string(name) + "=\"" + coordinate(value) + "\"";
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line class=\"" + style + "\"" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
         attribute("y2", y2) + "/>";
}

std::string rect(double x, double y, double width, double height, const std::string& style) {
  return "<rect class=\"" + style + "\"" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
         attribute("height", height) + "/>";
}

std::string label(double x, double y, const std::string& text, const std::string& style) {
  return "<text class=\"" + style + "\"" + attribute("x", x) + attribute("y", y) + ">" + html::escape(text) + "</text>";
}

std::string upright(double x, double y, const std::string& text, const std::string& style) {
  return "<text class=\"" + style + "\" transform=\"translate(" + coordinate(x) + " " + coordinate(y) +
         ") rotate(-90)\">" + html::escape(text) + "</text>";
}

double label_width(const std::string& text, double font_px) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; });  // UTF-8
  return 0.58 * font_px * static_cast<double>(letters);
}

std::string open(double width, double height, const std::string& title) {
  return "<svg viewBox=\"0 0 " + coordinate(width) + " " + coordinate(height) + "\" role=\"img\" aria-label=\"" +
         html::escape(title) + "\">";
}

std::string standalone(const std::string& drawing) {
  // The colours, and what is said of drawings.
  std::string rules = "svg { background:var(--paper); font-family:system-ui,\"DejaVu Sans\",sans-serif; }\n";
  std::istringstream sheet{std::string(style_sheet)};
  bool in_colours = false;
  for (std::string row; std::getline(sheet, row);) {
    if (row.starts_with(":root") || row.starts_with("@media (prefers-color-scheme")) in_colours = true;
    if (in_colours || row.starts_with("svg ")) rules += row + "\n";
    if (row.ends_with("}")) in_colours = false;
  }
  // open() begins with the view box "0 0 width height".
  const std::size_t box = drawing.find("viewBox=\"0 0 "), end = drawing.find('>');
  std::istringstream size(drawing.substr(box + 13));
  double width = 0, height = 0;
  size >> width >> height;
  return drawing.substr(0, end) + attribute("width", width) + attribute("height", height) +
         " xmlns=\"http://www.w3.org/2000/svg\">\n<style>\n" + rules + "</style>\n" + drawing.substr(end + 1) + "\n";
}

std::string image(double x, double y, double width, double height, const Picture& picture) {
  return "<image" + attribute("x", x) + attribute("y", y) + attribute("width", width) + attribute("height", height) +
         " preserveAspectRatio=\"none\" href=\"data:image/png;base64," + html::base64(encode_png(picture)) + "\"/>";
}

std::string outlines(const std::vector<Polygon>& polygons, const std::string& style) {
  std::string d;
  for (const Polygon& polygon : polygons) {
    if (polygon.size() < 3) continue;
    // A ring is kept at its first point and the one farthest from it; the tolerance is a fraction of a screen pixel.
    Polygon ring = polygon;
    std::size_t far = 0;
    double most = -1;
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const double distance = std::hypot(ring[i].x - ring[0].x, ring[i].y - ring[0].y);
      if (distance > most) {
        most = distance;
        far = i;
      }
    }
    ring.push_back(ring[0]);
    std::vector<bool> keep(ring.size(), false);
    keep[0] = keep[far] = true;
    keep_points(ring, 0, far, 0.35, keep);
    keep_points(ring, far, ring.size() - 1, 0.35, keep);
    for (std::size_t i = 0; i + 1 < ring.size(); ++i)
      if (keep[i]) d += (i == 0 ? "M" : "L") + coordinate(ring[i].x) + " " + coordinate(ring[i].y);
    d += "Z";
  }
  return "<path class=\"" + style + "\" d=\"" + d + "\"/>";
}

std::vector<double> ticks(double low, double high, int about) {
  const double step = round_length((high - low) / about);
  std::vector<double> values;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; ++i) values.push_back(i * step);
  return values;
}

}  // namespace anamorph::svg
