// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/plots.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "cpp/io/html.hpp"
#include "cpp/io/line_plot.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/svg.hpp"

namespace anamorph {
namespace {

using html::coordinate;
using namespace svg;

/// Where a grid lies in the drawing.
struct Frame {
  static constexpr double left = 66, top = 8, side = 560;
  explicit Frame(const Grid& g)
      : grid(g),
        scale(side / std::max(g.width_nm(), g.height_nm())),
        width(g.width_nm() * scale),
        height(g.height_nm() * scale) {}
  [[nodiscard]] double x(double nm) const { return left + (nm - grid.x0_nm) * scale; }
  [[nodiscard]] double y(double nm) const { return top + height - (nm - grid.y0_nm) * scale; }
  [[nodiscard]] bool holds(Point p) const {
    return p.x >= grid.x0_nm && p.y >= grid.y0_nm && p.x <= grid.x0_nm + grid.width_nm() &&
           p.y <= grid.y0_nm + grid.height_nm();
  }
  Grid grid;
  double scale, width, height;
};

std::string outline_path(const Frame& frame, const std::vector<Polygon>& polygons, const std::string& style) {
  std::vector<Polygon> drawn = polygons;
  for (Polygon& polygon : drawn)
    for (Point& p : polygon) p = {frame.x(p.x), frame.y(p.y)};
  return outlines(drawn, style);
}

}  // namespace

std::string picture_svg(const Grid& grid, const Picture& picture, const std::vector<Overlay>& overlays,
                        const std::string& extra) {
  const Frame frame(grid);
  const double right = Frame::left + frame.width;
  const double bottom = Frame::top + frame.height;
  std::string out = open(right + 12, bottom + 50, "picture");
  out += "<svg" + attribute("x", Frame::left) + attribute("y", Frame::top) + attribute("width", frame.width) +
         attribute("height", frame.height) + " viewBox=\"" + coordinate(Frame::left) + " " + coordinate(Frame::top) +
         " " + coordinate(frame.width) + " " + coordinate(frame.height) +
         "\">";  // an inner svg clips what leaves the picture
  out += rect(Frame::left, Frame::top, frame.width, frame.height, "paper");
  if (!picture.empty()) out += image(Frame::left, Frame::top, frame.width, frame.height, picture);
  for (const Overlay& overlay : overlays) out += outline_path(frame, *overlay.polygons, overlay.style);
  out += extra;

  const double bar_nm = round_length(grid.width_nm() / 5);
  const double bar = bar_nm * frame.scale;
  const double plate = std::max(bar, 64.0) + 24;
  out += rect(Frame::left + 12, bottom - 52, plate, 40, "plate");
  out += label(Frame::left + 12 + plate / 2, bottom - 32, html::number(bar_nm) + " nm", "onplate mid");
  out += rect(Frame::left + 12 + (plate - bar) / 2, bottom - 24, bar, 4, "scalebar");
  out += "</svg>" + rect(Frame::left, Frame::top, frame.width, frame.height, "frame");

  for (const double v : ticks(grid.x0_nm, grid.x0_nm + grid.width_nm(), 4))
    out += line(frame.x(v), bottom, frame.x(v), bottom + 5, "axis") +
           label(frame.x(v), bottom + 20, html::number(v), "tick mid");
  for (const double v : ticks(grid.y0_nm, grid.y0_nm + grid.height_nm(), 4))
    out += line(Frame::left - 5, frame.y(v), Frame::left, frame.y(v), "axis") +
           label(Frame::left - 9, frame.y(v) + 4.5, html::number(v), "tick end");
  out += label(Frame::left + frame.width / 2, bottom + 42, "x (nm)", "name mid");
  out += upright(14, Frame::top + frame.height / 2, "y (nm)", "name mid");

  return out + "</svg>";
}

std::string colour_bar_svg(double high, double threshold) {
  constexpr double left = 8, width = 400, top = 8, thickness = 14;
  Picture colours(1, 128);
  for (int i = 0; i < 128; ++i) colours(0, i) = intensity_colour((i + 0.5) / 128);
  const auto at = [&](double value) { return left + value / high * width; };
  std::string out = open(left + width + 24, top + thickness + 26, "colours of the intensity");
  out += image(left, top, width, thickness, colours) + rect(left, top, width, thickness, "frame");
  for (const double v : ticks(0, high, 5))
    out += line(at(v), top + thickness, at(v), top + thickness + 5, "axis") +
           label(at(v), top + thickness + 19, html::number(v), "tick mid");
  if (threshold > 0 && threshold < high)
    out += line(at(threshold), top, at(threshold), top + thickness, "mark") + "<path class=\"marker\" d=\"M" +
           coordinate(at(threshold)) + " " + coordinate(top + 1) + "l-5 -8h10z\"/>";
  return out + "</svg>";
}

std::string epe_arrows(const Grid& grid, const std::vector<SiteResult>& sites, double magnification) {
  const Frame frame(grid);
  std::string out;
  for (const SiteResult& site : sites) {
    if (!frame.holds(site.at_nm)) continue;
    const double x = frame.x(site.at_nm.x);
    const double y = frame.y(site.at_nm.y);
    const std::string title =
        "<title>EPE " +
        (std::isfinite(site.epe_nm) ? (site.epe_nm > 0 ? "+" : "") + html::number(site.epe_nm) + " nm"
                                    : "not measurable") +
        " at (" + html::number(site.at_nm.x) + ", " + html::number(site.at_nm.y) + ") nm</title>";
    const std::string style = site.violation ? "bad" : site.epe_nm > 0 ? "big" : "small";
    out += "<g class=\"epe " + style + "\">" + title;
    if (site.violation) out += "<circle" + attribute("cx", x) + attribute("cy", y) + " r=\"9\"/>";
    if (std::isfinite(site.epe_nm)) {
      const double length = site.epe_nm * magnification * frame.scale;
      const double ux = site.nx * (length < 0 ? -1 : 1);  // direction of the arrow in the drawing
      const double uy = -site.ny * (length < 0 ? -1 : 1);
      const double tip_x = x + ux * std::abs(length);
      const double tip_y = y + uy * std::abs(length);
      const double head = std::min(7.0, std::abs(length));
      out += "<path class=\"shaft\" d=\"M" + coordinate(x) + " " + coordinate(y) + "L" + coordinate(tip_x - ux * head) +
             " " + coordinate(tip_y - uy * head) + "\"/><path class=\"head\" d=\"M" + coordinate(tip_x) + " " +
             coordinate(tip_y) + "L" + coordinate(tip_x - ux * head + uy * 0.5 * head) + " " +
             coordinate(tip_y - uy * head - ux * 0.5 * head) + "L" + coordinate(tip_x - ux * head - uy * 0.5 * head) +
             " " + coordinate(tip_y - uy * head + ux * 0.5 * head) + "Z\"/>";
    } else {
      out += "<path class=\"shaft\" d=\"M" + coordinate(x - 5) + " " + coordinate(y - 5) + "l10 10m0 -10l-10 10\"/>";
    }
    out += "</g>";
  }
  return out;
}

std::string convergence_svg(const std::vector<IltRecord>& history) {
  struct Term {
    const char* name;
    double IltRecord::*value;
  };
  constexpr std::array<Term, 6> terms{{{"loss", &IltRecord::loss},
                                       {"fidelity", &IltRecord::fidelity},
                                       {"PV band", &IltRecord::pvband},
                                       {"EPE", &IltRecord::epe},
                                       {"assist", &IltRecord::assist},
                                       {"complexity", &IltRecord::complexity}}};
  if (history.size() < 2) return {};
  LinePlot plot{.title = "loss terms over the iterations",
                .x = {"iteration", history.front().iteration, history.back().iteration},
                .y = {"weighted term of the loss", {}, {}, true},
                .height = 280};
  double low = INFINITY, high = 0;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    PlotSeries& series = plot.series.emplace_back(PlotSeries{.name = terms[t].name, .colour = static_cast<int>(t)});
    for (const IltRecord& r : history) {
      const double value = r.*terms[t].value;
      series.points.push_back({static_cast<double>(r.iteration), value});
      if (!(value > 0) || !std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  // Decades below the smallest final value by far say nothing; the axis covers at most six.
  if (low < high * 1e-6) plot.y.low = high * 1e-6;
  for (std::size_t begin = 0; begin < history.size() && history.front().stage != history.back().stage;) {
    std::size_t end = begin;
    while (end < history.size() && history[end].stage == history[begin].stage) ++end;
    const int last = end < history.size() ? history[end].iteration : history.back().iteration;
    plot.ranges.push_back({"stage " + std::to_string(history[begin].stage + 1),
                           static_cast<double>(history[begin].iteration), static_cast<double>(last),
                           history[begin].stage % 2 != 0});
    begin = end;
  }
  return line_plot_svg(plot);
}

std::string epe_histogram_svg(const std::vector<SiteResult>& sites, double limit_nm) {
  constexpr double left = 66, top = 26, width = 560, height = 280;
  double reach = 0;
  for (const SiteResult& s : sites)
    if (std::isfinite(s.epe_nm)) reach = std::max(reach, std::abs(s.epe_nm));
  reach = std::max(reach, 0.5);
  if (limit_nm <= 4 * reach) reach = std::max(reach, 1.08 * limit_nm);
  const double bin = round_length(reach / 10);
  const int half = static_cast<int>(std::ceil(reach / bin + 1e-9));
  std::vector<int> small(static_cast<std::size_t>(2 * half), 0);
  std::vector<int> bad(static_cast<std::size_t>(2 * half), 0);
  for (const SiteResult& s : sites)
    if (std::isfinite(s.epe_nm)) {
      const int i = std::clamp(static_cast<int>(std::floor(s.epe_nm / bin)) + half, 0, 2 * half - 1);
      ++(s.violation ? bad : small)[static_cast<std::size_t>(i)];
    }
  int most = 1;
  for (std::size_t i = 0; i < small.size(); ++i) most = std::max(most, small[i] + bad[i]);
  const double range = half * bin;
  const auto px = [&](double v) { return left + (v + range) / (2 * range) * width; };
  const auto py = [&](double n) { return top + height * (1 - n / (1.08 * most)); };

  std::string out = open(left + width + 14, top + height + 50, "histogram of the edge placement error");
  for (const double n : ticks(0, most, std::min(most, 4))) {
    if (n != std::floor(n)) continue;
    out += line(left, py(n), left + width, py(n), "grid") + label(left - 9, py(n) + 4.5, html::number(n), "tick end");
  }
  for (std::size_t i = 0; i < small.size(); ++i) {
    const double x = px((static_cast<double>(i) - half) * bin);
    const double w = width / static_cast<double>(small.size());
    const std::string side = static_cast<int>(i) < half ? "barsmall" : "barbig";
    if (small[i] > 0) out += rect(x + 0.75, py(small[i]), w - 1.5, py(0) - py(small[i]), side);
    if (bad[i] > 0) out += rect(x + 0.75, py(small[i] + bad[i]), w - 1.5, py(0) - py(bad[i]), "barbad");
  }
  if (limit_nm < range)
    for (const double v : {-limit_nm, limit_nm})
      out += line(px(v), top, px(v), top + height, "limit") +
             label(px(v), top - 8, "limit " + html::number(v), "tick mid");
  out += line(px(0), top, px(0), top + height, "axis");
  for (const double v : ticks(-range, range, 6))
    out += line(px(v), top + height, px(v), top + height + 5, "axis") +
           label(px(v), top + height + 20, html::number(v), "tick mid");
  out += rect(left, top, width, height, "frame");
  out += label(left + width / 2, top + height + 42, "EPE (nm), positive: print too large", "name mid");
  out += upright(22, top + height / 2, "sites", "name mid");
  return out + "</svg>";
}

}  // namespace anamorph
