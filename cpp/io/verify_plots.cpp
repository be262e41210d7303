// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <numeric>

#include "cpp/io/findings_tables.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/line_plot.hpp"
#include "cpp/io/svg.hpp"
#include "cpp/io/verify_report.hpp"

namespace anamorph {

using html::coordinate;
using svg::attribute;
using svg::label;
using svg::line;
using svg::rect;

namespace {

std::string dot(double x, double y, double r, const std::string& colour) {
  return "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", r) + " style=\"fill:" + colour +
         ";stroke:#fff;stroke-width:.7\"/>";
}

/// A group whose children are cut off at a rectangle, in the coordinates of the drawing.
std::string cut_off(double x, double y, double width, double height, const std::string& inside) {
  return "<svg" + attribute("x", x) + attribute("y", y) + attribute("width", width) + attribute("height", height) +
         " viewBox=\"" + coordinate(x) + " " + coordinate(y) + " " + coordinate(width) + " " + coordinate(height) +
         "\">" + inside + "</svg>";
}

/// 1, 2 or 5 times a power of ten, at most `value`.
double round_below(double value) {
  const double ten = std::pow(10, std::floor(std::log10(value)));
  return value >= 5 * ten ? 5 * ten : value >= 2 * ten ? 2 * ten : ten;
}

std::string scale_bar(double left, double bottom, double nm, double scale) {
  const double bar = nm * scale, plate = std::max(bar, 64.0) + 20;
  const std::string text = nm >= 1000 ? html::number(nm / 1000) + " µm" : html::number(nm) + " nm";
  return rect(left + 8, bottom - 44, plate, 36, "plate") +
         label(left + 8 + plate / 2, bottom - 26, text, "onplate mini mid") +
         rect(left + 8 + (plate - bar) / 2, bottom - 19, bar, 4, "scalebar");
}

/// Shapes of the layout in the coordinates of a drawing.
std::vector<Polygon> placed(const std::vector<Polygon>& shapes, const Box& window, double scale) {
  std::vector<Polygon> all = shapes;
  for (Polygon& shape : all)
    for (Point& p : shape) p = {(p.x - window.x0) * scale, (window.y1 - p.y) * scale};
  return all;
}

/// The shapes of a picture reach far beyond it; what is drawn stays near, or files grow without need.
std::vector<Polygon> near(const std::vector<Polygon>& shapes, const Box& window) {
  std::vector<Polygon> all = shapes;
  const double w = window.width(), h = window.height();
  for (Polygon& shape : all) {
    const bool straight = [&] {  // moving a far point keeps what is seen only of edges along the axes
      for (std::size_t i = 0; i < shape.size(); ++i) {
        const Point &a = shape[i], &b = shape[(i + 1) % shape.size()];
        if (a.x != b.x && a.y != b.y) return false;
      }
      return true;
    }();
    if (!straight) continue;
    for (Point& p : shape)
      p = {std::clamp(p.x, window.x0 - w, window.x1 + w), std::clamp(p.y, window.y0 - h, window.y1 + h)};
  }
  return all;
}

}  // namespace

bool is_shaded(const LayoutVerdict& v) noexcept {
  const long total = std::accumulate(v.findings.counts.begin(), v.findings.counts.end(), 0L);
  return v.tiles.size() >= 16 && total > static_cast<long>(v.findings.worst.size());
}

const char* kind_colour(FindingKind kind) noexcept {
  switch (kind) {
    case FindingKind::epe:
      return "#2f6fb3";
    case FindingKind::line_end:
      return "#1c7d6b";
    case FindingKind::pinch:
      return "#b3142c";
    case FindingKind::bridge:
      return "#e0762f";
    case FindingKind::missing:
      return "#5c1a8a";
    case FindingKind::extra:
      return "#a14fc0";
    case FindingKind::assist:
      return "#d04fa0";
    case FindingKind::pv_band:
      return "#8a7a12";
    case FindingKind::mask_width:
    case FindingKind::mask_space:
    case FindingKind::mask_area:
      break;
  }
  return "#52606f";
}

const char* contour_colour(std::size_t condition) noexcept {
  constexpr const char* colours[] = {"#b3142c", "#2563ab", "#d05a10", "#1c7d6b", "#8a4fa3", "#8a7a12"};
  return colours[condition % std::size(colours)];
}

std::string findings_map_svg(const LayoutVerdict& v) {
  constexpr double left = 62, top = 12, side = 720;
  const double scale = side / std::max(v.area.width(), v.area.height());
  const double width = v.area.width() * scale, height = v.area.height() * scale;
  const auto px = [&](double x) { return left + (x - v.area.x0) * scale; };
  const auto py = [&](double y) { return top + (v.area.y1 - y) * scale; };
  std::string inside = rect(left, top, width, height, "paper");
  if (!v.cover.empty()) {
    Picture picture(v.cover.ny(), v.cover.nx());
    for (int y = 0; y < v.cover.ny(); ++y)
      for (int x = 0; x < v.cover.nx(); ++x) {
        const double c = std::clamp<double>(v.cover(v.cover.ny() - 1 - y, x), 0, 1);
        const auto mix = [&](double a, double b) { return static_cast<std::uint8_t>(std::lround(a + c * (b - a))); };
        picture(y, x) = {mix(241, 168), mix(244, 180), mix(247, 196)};
      }
    inside += svg::image(left, top, width, height, picture);
  }
  if (is_shaded(v)) {
    double most = 0;
    const auto density = [](const LayoutVerdict::TileCount& t) {
      return static_cast<double>(t.findings) / (t.core.width() * t.core.height());
    };
    for (const auto& tile : v.tiles) most = std::max(most, density(tile));
    for (const auto& tile : v.tiles)
      if (tile.findings > 0)
        inside += "<rect" + attribute("x", px(tile.core.x0)) + attribute("y", py(tile.core.y1)) +
                  attribute("width", tile.core.width() * scale) + attribute("height", tile.core.height() * scale) +
                  " style=\"fill:#b3142c\"" + attribute("fill-opacity", 0.05 + 0.3 * density(tile) / most) + "/>";
  }
  // The worst lie on top; of kinds, the rare ones.
  std::vector<const Finding*> order;
  for (const Finding& f : v.findings.worst) order.push_back(&f);
  std::stable_sort(order.begin(), order.end(), [&](const Finding* a, const Finding* b) {
    const long na = v.findings.count(a->kind), nb = v.findings.count(b->kind);
    return na != nb ? na > nb : a->severity < b->severity;
  });
  const double radius = order.size() > 600 ? 2.2 : order.size() > 100 ? 3 : 4.5;
  for (const Finding* f : order) inside += dot(px(f->at_nm.x), py(f->at_nm.y), radius, kind_colour(f->kind));
  inside += scale_bar(left, top + height, round_below(v.area.width() / 4), scale);

  std::string out = svg::open(left + width + 14, top + height + 50, "map of the findings");
  out += cut_off(left, top, width, height, inside) + rect(left, top, width, height, "frame");
  for (const double at : svg::ticks(v.area.x0 / 1000, v.area.x1 / 1000, 5))
    out += line(px(at * 1000), top + height, px(at * 1000), top + height + 5, "axis") +
           label(px(at * 1000), top + height + 20, html::number(at), "tick mid");
  for (const double at : svg::ticks(v.area.y0 / 1000, v.area.y1 / 1000, 5))
    out += line(left - 5, py(at * 1000), left, py(at * 1000), "axis") +
           label(left - 9, py(at * 1000) + 4.5, html::number(at), "tick end");
  out += label(left + width / 2, top + height + 42, "x (µm)", "name mid");
  out += svg::upright(16, top + height / 2, "y (µm)", "name mid");
  return out + "</svg>";
}

std::string epe_bins_svg(const EpeStatistics& nominal, const EpeStatistics& worst_case, double limit_nm) {
  constexpr double left = 78, top = 28, width = 560, height = 290;
  // From the bins, the range that holds all but a thousandth of the sites at each side, and the limit.
  const auto middle = [](const EpeStatistics& s) { return static_cast<long>(s.bins.size() / 2); };
  const auto reach_of = [&](const EpeStatistics& s) {
    const long total = std::accumulate(s.bins.begin(), s.bins.end(), 0L);
    long outside = 0, i = middle(s);
    for (; i > 4; --i) {
      outside += s.bins[static_cast<std::size_t>(middle(s) - i)] + s.bins[static_cast<std::size_t>(middle(s) + i)];
      if (1000 * outside > total) break;
    }
    return static_cast<double>(i + 1) * EpeStatistics::bin_nm;
  };
  double reach = 1;
  for (const EpeStatistics* s : {&nominal, &worst_case})
    if (!s->bins.empty()) reach = std::max(reach, reach_of(*s));
  reach = std::max(reach, 1.1 * limit_nm);
  // Columns of a whole number of bins, an odd one so that zero lies in the middle of a column.
  const int per = std::max(1, static_cast<int>(std::lround(reach / EpeStatistics::bin_nm / 30)) | 1);
  const double column = per * EpeStatistics::bin_nm;
  const int half = static_cast<int>(std::ceil(reach / column));
  const auto columns = [&](const EpeStatistics& s) {
    std::vector<double> sums(static_cast<std::size_t>(2 * half + 1), 0);
    for (std::size_t i = 0; i < s.bins.size(); ++i) {
      const double at = static_cast<double>(static_cast<long>(i) - middle(s)) / per;
      sums[static_cast<std::size_t>(std::clamp(static_cast<int>(std::lround(at)), -half, half) + half)] +=
          static_cast<double>(s.bins[i]);
    }
    return sums;
  };
  const std::vector<double> bars = columns(nominal), steps = columns(worst_case);
  const double most =
      std::max({1.0, *std::max_element(bars.begin(), bars.end()), *std::max_element(steps.begin(), steps.end())});
  const double range = (half + 0.5) * column;
  const auto px = [&](double at) { return left + (at + range) / (2 * range) * width; };
  const auto py = [&](double n) { return top + height * (1 - n / (1.06 * most)); };
  std::string out = svg::open(left + width + 14, top + height + 50, "histogram of the edge placement error");
  for (const double n : svg::ticks(0, most, 4))
    out += line(left, py(n), left + width, py(n), "grid") + label(left - 9, py(n) + 4.5, html::number(n), "tick end");
  std::string path;
  for (int i = -half; i <= half; ++i) {
    const auto k = static_cast<std::size_t>(i + half);
    const double x0 = px((i - 0.5) * column), x1 = px((i + 0.5) * column);
    if (bars[k] > 0)
      out += rect(x0 + 0.5, py(bars[k]), x1 - x0 - 1, py(0) - py(bars[k]),
                  std::abs(i * column) > limit_nm ? "barbad" : "barsmall");
    path += (path.empty() ? "M" : "L") + coordinate(x0) + " " + coordinate(py(steps[k])) + "L" + coordinate(x1) + " " +
            coordinate(py(steps[k]));
  }
  out += "<path class=\"curve s2\" style=\"stroke-width:1.5\" d=\"" + path + "\"/>";
  for (const double at : {-limit_nm, limit_nm})
    out += line(px(at), top, px(at), top + height, "limit") +
           label(px(at), top - 9, html::number(at) + " nm", at < 0 ? "tick end" : "tick");  // apart, however near
  for (const double at : svg::ticks(-range, range, 7))
    out += line(px(at), top + height, px(at), top + height + 5, "axis") +
           label(px(at), top + height + 20, html::number(at), "tick mid");
  out += rect(left, top, width, height, "frame");
  out += label(left + width / 2, top + height + 42, "EPE (nm), positive: print too large", "name mid");
  out += svg::upright(18, top + height / 2, "sites in " + html::number(column) + " nm", "name mid");
  return out + "</svg>";
}

std::string finding_svg(const FindingPicture& p) {
  constexpr double side = 250;
  const double scale = side / p.window.width(), height = p.window.height() * scale;
  const auto shapes = [&](const std::vector<Polygon>& all, const std::string& style) {
    std::string drawn = svg::outlines(placed(near(all, p.window), p.window, scale), "");
    return drawn.replace(drawn.find("class=\"\""), 8, "style=\"" + style + "\"");
  };
  std::string inside = rect(0, 0, side, height, "paper");
  inside += shapes(p.target, "fill:#cfd8e2;stroke:#52606f;stroke-width:1;fill-rule:evenodd");
  inside += shapes(p.mask, "fill:none;stroke:#7d8894;stroke-width:1;stroke-dasharray:4 3");
  inside += shapes(p.assist, "fill:none;stroke:#1c7d6b;stroke-width:1;stroke-dasharray:2 2");
  for (std::size_t c = p.contours.size(); c-- > 0;)  // the nominal one on top
    inside += shapes(p.contours[c], std::string("fill:none;stroke-width:") + (c == 0 ? "1.8" : "1.2") +
                                        ";stroke:" + contour_colour(c));
  const Finding& f = p.finding;
  const auto px = [&](const Point& q) { return (q.x - p.window.x0) * scale; };
  const auto py = [&](const Point& q) { return (p.window.y1 - q.y) * scale; };
  if (f.box) {
    inside += "<rect" + attribute("x", std::min(px(f.from_nm), px(f.to_nm)) - 3) +
              attribute("y", std::min(py(f.from_nm), py(f.to_nm)) - 3) +
              attribute("width", std::abs(px(f.to_nm) - px(f.from_nm)) + 6) +
              attribute("height", std::abs(py(f.to_nm) - py(f.from_nm)) + 6) +
              " style=\"fill:none;stroke:#141b24;stroke-width:1.4\"/>";
  } else {
    inside += "<path d=\"M" + coordinate(px(f.from_nm)) + " " + coordinate(py(f.from_nm)) + "L" +
              coordinate(px(f.to_nm)) + " " + coordinate(py(f.to_nm)) +
              "\" style=\"stroke:#141b24;stroke-width:2.4\"/>";
    const Point middle{(f.from_nm.x + f.to_nm.x) / 2, (f.from_nm.y + f.to_nm.y) / 2};
    inside += "<circle" + attribute("cx", px(middle)) + attribute("cy", py(middle)) +
              " r=\"13\" style=\"fill:none;stroke:#141b24;stroke-width:1.2\"/>";
  }
  inside += scale_bar(0, height, round_below(p.window.width() / 3), scale);
  return svg::open(side, height,
                   std::string(kind_name(f.kind)) + " at " + html::number(f.at_nm.x) + ", " + html::number(f.at_nm.y) +
                       " nm") +
         cut_off(0, 0, side, height, inside) + rect(0.5, 0.5, side - 1, height - 1, "frame") + "</svg>";
}

}  // namespace anamorph
