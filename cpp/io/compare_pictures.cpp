// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/compare_pictures.hpp"

#include <algorithm>
#include <cmath>

#include "cpp/io/compare_summary.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/optics_plots.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/svg.hpp"
#include "cpp/measure/contours.hpp"

namespace anamorph {
namespace {

using html::coordinate;
using html::number;
using namespace svg;

constexpr double cell = 252, gap = 24, begin = 8, source_side = 110, line_height = 17;

/// "dipole x 0.55-0.90, 90 deg" in lines of up to `most` letters, broken after commas and, where need be, at blanks.
std::vector<std::string> broken(const std::string& text, std::size_t most) {
  std::vector<std::string> lines(1);
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    const std::string word = text.substr(from, to - from);
    if (!lines.back().empty() && (lines.back().size() + 1 + word.size() > most || lines.back().ends_with(',')))
      lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    from = to + 1;
  }
  for (std::string& line : lines)
    if (line.ends_with(',')) line.pop_back();
  return lines;
}

const char* verdict_style(Verdict verdict) {
  if (verdict == Verdict::printable) return "direct good";
  return verdict <= Verdict::no_window ? "direct warn" : "direct wanted";
}

/// The part of a picture inside its frame; what is drawn there in its own coordinates is cut off.
std::string window(double x, double y, double width, double height, const std::string& inside) {
  return "<svg" + attribute("x", x) + attribute("y", y) + attribute("width", width) + attribute("height", height) +
         " viewBox=\"" + coordinate(x) + " " + coordinate(y) + " " + coordinate(width) + " " + coordinate(height) +
         "\">" + inside + "</svg>";
}

std::string scale_bar(double x, double bottom, double width_nm, double scale) {
  const double bar_nm = round_length(width_nm / 3), bar = bar_nm * scale;
  const double plate = std::max(bar, 46.0) + 16;
  return rect(x + 8, bottom - 40, plate, 32, "plate") +
         label(x + 8 + plate / 2, bottom - 23, number(bar_nm) + " nm", "onplate mini mid") +
         rect(x + 8 + (plate - bar) / 2, bottom - 17, bar, 3.5, "scalebar");
}

struct Tile {
  double x = 0, y = 0, width = 0, height = 0;
};

std::string image_tile(const CaseResult& c, const StudySettings& settings, const Tile& tile, double high) {
  const Grid& g = c.picture_grid;
  const double scale = tile.width / g.width_nm();
  const auto drawn = [&](std::vector<Polygon> polygons) {
    for (Polygon& polygon : polygons)
      for (Point& p : polygon) p = {tile.x + (p.x - g.x0_nm) * scale, tile.y + tile.height - (p.y - g.y0_nm) * scale};
    return polygons;
  };
  const int px = std::max(g.nx, g.ny);
  std::string inside = image(tile.x, tile.y, tile.width, tile.height, render_intensity(c.picture, px, 0, high));
  inside += outlines(drawn(contours(c.picture, g, settings.threshold)), "printed");
  inside += outlines(drawn(c.picture_shapes), "targeton dashes");
  // The contour runs along the border where the print leaves the picture; that is not shown.
  std::string out = window(tile.x + 1, tile.y + 1, tile.width - 2, tile.height - 2, inside);
  return out + rect(tile.x, tile.y, tile.width, tile.height, "frame") +
         scale_bar(tile.x, tile.y + tile.height, g.width_nm(), scale);
}

std::string colour_bar(double x, double y, double width, double high, double threshold) {
  constexpr double thickness = 12;
  Picture colours(1, 128);
  for (int i = 0; i < 128; ++i) colours(0, i) = intensity_colour((i + 0.5) / 128);
  const auto at = [&](double value) { return x + value / high * width; };
  std::string out = image(x, y, width, thickness, colours) + rect(x, y, width, thickness, "frame");
  for (const double v : ticks(0, high, 4))
    out += line(at(v), y + thickness, at(v), y + thickness + 5, "axis") +
           label(at(v), y + thickness + 18, number(v), "tick mid");
  if (threshold < high)
    out += line(at(threshold), y, at(threshold), y + thickness, "mark") + "<path class=\"marker\" d=\"M" +
           coordinate(at(threshold)) + " " + coordinate(y + 1) + "l-4 -7h8z\"/>";
  return out + label(x + width + 12, y + thickness - 1, "intensity × dose", "tick");
}

}  // namespace

std::string source_piece(const std::vector<SourcePoint>& source, double fill, double obscuration, double x, double y,
                         double side) {
  const double cx = x + side / 2, cy = y + side / 2, radius = side / 2;
  const auto circle = [&](double r, const std::string& style) {
    return "<circle class=\"" + style + "\"" + attribute("cx", cx) + attribute("cy", cy) + attribute("r", r) + "/>";
  };
  std::string out = rect(x, y, side, side, "paper");
  if (!source.empty()) out += image(x, y, side, side, render_positive_map(source_map(source, fill, 96), 96, 1));
  out += circle(radius, "frame");
  if (obscuration > 0) out += circle(obscuration * radius, "rim back") + circle(obscuration * radius, "rim");
  out += rect(x, y, side, side, "frame");
  for (const double v : {-1.0, 0.0, 1.0}) {
    const double px = cx + v * radius, py = cy - v * radius;
    out += line(px, y + side, px, y + side + 4, "axis") + label(px, y + side + 16, number(v), "tick mid");
    out += line(x - 4, py, x, py, "axis") + label(x - 7, py + 4.5, number(v), "tick end");
  }
  return out;
}

std::string pattern_pictures_svg(const StudyResult& study, std::size_t pattern) {
  double high = 0, aspect = 1;
  for (std::size_t s = 0; s < study.scanners.size(); ++s) {
    const CaseResult& c = study.at(pattern, s);
    if (c.picture.empty()) continue;
    high = std::max(high, *std::max_element(c.picture.begin(), c.picture.end()));
    aspect = c.picture_grid.height_nm() / c.picture_grid.width_nm();
  }
  const double width = aspect > 1 ? cell / aspect : cell, height = aspect > 1 ? cell : cell * aspect;
  const double columns = static_cast<double>(study.scanners.size());
  const double head = 30, below = head + height + 54, bottom = below + source_side + 62;
  std::string out = open(begin + columns * cell + (columns - 1) * gap + 8, bottom + 40,
                         study.patterns[pattern].name + " under each scanner");
  for (std::size_t s = 0; s < study.scanners.size(); ++s) {
    const CaseResult& c = study.at(pattern, s);
    const double x = begin + static_cast<double>(s) * (cell + gap);
    out += label(x, 18, scanner_short(study, s), "direct");
    const Tile tile{x + (cell - width) / 2, head, width, height};
    if (c.picture.empty())
      out += rect(tile.x, tile.y, tile.width, tile.height, "paper") +
             rect(tile.x, tile.y, tile.width, tile.height, "frame") +
             label(tile.x + width / 2, head + height / 2, "no image", "onplate mid");
    else
      out += image_tile(c, study.settings, tile, high);
    out += label(x, head + height + 20, verdict_text(c.verdict), verdict_style(c.verdict));
    std::vector<std::string> lines;
    if (c.verdict == Verdict::no_image) {
      lines = broken(c.reason, 34);
    } else {
      out += label(x, head + height + 38,
                   "NILS " + number(c.nils, 2) + " · EL " + number(c.latitude_percent, 1) + " % · DOF " +
                       (c.dof_cut ? "≥ " : "") + number(c.dof_nm, 0) + " nm",
                   "tick");
      lines = broken(c.source_name, 15);
      lines.push_back("fill " + number(c.pupil_fill, 2));
      lines.push_back("MEEF " + number(c.meef, 1));
      lines.push_back("dose × " + number(c.dose, 2));
      if (std::abs(c.focus_nm) >= 0.05) lines.push_back("focus " + number(c.focus_nm, 1) + " nm");
    }
    const double side = c.verdict == Verdict::no_image ? 0 : source_side;
    if (side > 0)
      out += source_piece(c.source, c.pupil_fill, study.scanners[s].projection.pupil.obscuration, x + 24, below + 4,
                          side) +
             label(x + 24 + side / 2, below + 36 + side, "σ", "tick mid");
    for (std::size_t i = 0; i < lines.size(); ++i)
      out +=
          label(side > 0 ? x + 24 + side + 12 : x,
                (side > 0 ? below + 15 : head + height + 38) + line_height * static_cast<double>(i), lines[i], "tick");
  }
  if (high > 0) out += colour_bar(begin + 4, bottom, 240, high, study.settings.threshold);
  return out + "</svg>";
}

}  // namespace anamorph
