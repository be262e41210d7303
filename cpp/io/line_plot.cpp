// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/line_plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cpp/io/html.hpp"
#include "cpp/io/plot_frame.hpp"
#include "cpp/io/svg.hpp"

namespace anamorph {
namespace {

using html::coordinate;
using namespace svg;

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr std::size_t most_beside = 8;

/// Whether a scale can show a value.
bool shows(const PlotScale& scale, double value) { return std::isfinite(value) && (!scale.logarithmic || value > 0); }

class Extent {
 public:
  explicit Extent(const PlotScale& scale) : scale_(scale) {}
  void include(double value) {
    if (!shows(scale_, value)) return;
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  [[nodiscard]] bool empty() const { return low_ > high_; }

  /// With room at the ends that are not given.
  [[nodiscard]] PlotAxis axis(double room) const {
    PlotAxis axis{scale_.title, low_, high_, scale_.logarithmic, scale_.whole};
    if (scale_.logarithmic) {
      const double factor = std::max(std::pow(high_ / low_, room), low_ < high_ ? 1.02 : 1.5);
      axis.low /= factor;
      axis.high *= factor;
    } else {
      const double extra = std::max(low_ < high_ ? room * (high_ - low_) : std::max(0.1 * std::abs(low_), 0.5),
                                    (scale_.least - (high_ - low_)) / 2);
      axis.low -= extra;
      axis.high += extra;
    }
    if (scale_.low) axis.low = *scale_.low;
    if (scale_.high) axis.high = *scale_.high;
    if (!(axis.low < axis.high)) axis.high = scale_.logarithmic ? 2 * axis.low : axis.low + 1;
    return axis;
  }

 private:
  const PlotScale& scale_;
  double low_ = infinite, high_ = -infinite;
};

std::string digit(int colour) { return std::to_string(colour); }

/// The mark of a series: a disc, a square, a triangle up or down, a diamond.
std::string mark(double x, double y, PlotMark kind, int colour) {
  if (kind == PlotMark::none) return {};
  const std::string at = "M" + coordinate(x) + " " + coordinate(y);
  if (kind == PlotMark::cross)
    return "<path class=\"pointmark s" + digit(colour) + "\" d=\"" + at + "m-3.5 -3.5l7 7m0 -7l-7 7\"/>";
  if (kind == PlotMark::arrow)
    return "<path class=\"pointmark s" + digit(colour) + "\" d=\"" + at + "v-9m-4 4.5l4 -4.5l4 4.5\"/>";
  static const char* const shapes[] = {"m-3.4 -3.4h6.8v6.8h-6.8z", "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
                                       "m-3.6 -3.6h7.2v7.2h-7.2z", "m0 -4.6l4.6 8h-9.2z",
                                       "m0 4.6l4.6 -8h-9.2z",      "m0 -5l5 5l-5 5l-5 -5z"};
  return "<path class=\"pointmark s" + digit(colour) + (kind == PlotMark::full ? " t" + digit(colour) : " hollow") +
         "\" d=\"" + at + shapes[colour % 6] + "\"/>";
}

std::string line_classes(const PlotSeries& series) {
  return "class=\"curve s" + digit(series.colour) + (series.dashed ? " dashed" : "") + "\"";
}

/// What the lines above the frame show.
struct LegendEntry {
  std::string name;
  int colour = 0;
  const PlotSeries* series = nullptr;  ///< nothing: an area
};

constexpr double swatch = 26, legend_line = 20, entry_gap = 20;

double entry_width(const LegendEntry& entry) { return swatch + 6 + label_width(entry.name, 13); }

/// The first entry of each line of the legend.
std::vector<std::size_t> legend_lines(const std::vector<LegendEntry>& entries, double width) {
  std::vector<std::size_t> begins;
  double x = infinite;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (x + entry_width(entries[i]) > width) {
      begins.push_back(i);
      x = 0;
    }
    x += entry_width(entries[i]) + entry_gap;
  }
  return begins;
}

std::string legend(const std::vector<LegendEntry>& entries, double left, double width) {
  const std::vector<std::size_t> begins = legend_lines(entries, width);
  std::string out;
  double x = left, y = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (std::find(begins.begin(), begins.end(), i) != begins.end()) {
      x = left;
      y += i == 0 ? 12 : legend_line;
    }
    const LegendEntry& e = entries[i];
    if (e.series == nullptr) {
      out += "<rect class=\"area s" + digit(e.colour) + " t" + digit(e.colour) + "\"" + attribute("x", x) +
             attribute("y", y - 6) + attribute("width", swatch) + attribute("height", 12) + "/>";
    } else {
      if (e.series->line)
        out += "<path " + line_classes(*e.series) + " d=\"M" + coordinate(x) + " " + coordinate(y) + "h" +
               coordinate(swatch) + "\"/>";
      const auto& points = e.series->points;
      if (std::any_of(points.begin(), points.end(), [](const PlotPoint& p) { return p.mark != PlotMark::none; }))
        out += mark(x + swatch / 2, y, PlotMark::full, e.colour);
    }
    out += label(x + swatch + 6, y + 4.5, e.name, "tick");
    x += entry_width(e) + entry_gap;
  }
  return out;
}

/// The last point of a series that can be seen; nothing if there is none.
const PlotPoint* last_point(const LinePlot& plot, const PlotSeries& series) {
  for (auto p = series.points.rbegin(); p != series.points.rend(); ++p)
    if (shows(plot.x, p->x) && shows(plot.y, p->y)) return &*p;
  return nullptr;
}

/// Whether all named series end so far to the right that their names can stand beside them.
bool ends_at_right(const LinePlot& plot, const PlotAxis& x, const PlotFrame& frame) {
  std::size_t count = 0;
  for (const PlotSeries& s : plot.series) {
    if (s.name.empty()) continue;
    const PlotPoint* last = last_point(plot, s);
    if (last == nullptr) continue;
    const double beyond = frame.x(x.high) - frame.x(last->x);
    if (++count > most_beside || beyond > 0.1 * frame.width) return false;
  }
  return true;
}

/// The names above the frame that belong to places along x, those that would overlap left out.
std::string names_above(const LinePlot& plot, const PlotFrame& frame) {
  std::string out;
  double free_from = -infinite;
  const auto add = [&](double middle, double room, const std::string& name, const std::string& style = "tick mid") {
    const double half = label_width(name, 13) / 2;
    if (name.empty() || 2 * half > room || middle - half < free_from) return;
    free_from = middle + half + 8;
    out += label(middle, frame.top - 8, name, style);
  };
  for (const PlotRange& r : plot.ranges)
    add((frame.x(r.low) + frame.x(r.high)) / 2, frame.x(r.high) - frame.x(r.low), r.name);
  std::vector<PlotLevel> upright;
  for (const PlotLevel& l : plot.levels)
    if (l.upright && frame.x(l.at) >= frame.left && frame.x(l.at) <= frame.right()) upright.push_back(l);
  std::sort(upright.begin(), upright.end(), [](const PlotLevel& a, const PlotLevel& b) { return a.at < b.at; });
  for (const PlotLevel& l : upright)
    add(frame.x(l.at), infinite, l.name, l.colour < 0 ? "tick mid" : "tick mid t" + digit(l.colour));
  return out;
}

std::string area_points(const PlotFrame& frame, const std::vector<Point>& outline) {
  std::string points;
  for (const Point& p : outline) points += coordinate(frame.x(p.x)) + "," + coordinate(frame.y(p.y)) + " ";
  return points;
}

std::string series_svg(const LinePlot& plot, const PlotFrame& frame, const PlotSeries& series) {
  std::vector<double> xs, ys;
  for (const PlotPoint& p : series.points) {
    xs.push_back(p.x);
    ys.push_back(shows(plot.x, p.x) && shows(plot.y, p.y) ? p.y : std::nan(""));
  }
  const auto seen = [&](std::size_t i) { return i < ys.size() && std::isfinite(ys[i]); };
  std::string marks;
  for (std::size_t i = 0; i < ys.size(); ++i) {
    if (!seen(i)) continue;
    // A point between gaps would not be seen as a line.
    const bool alone = !seen(i + 1) && (i == 0 || !seen(i - 1));
    const PlotMark kind = series.points[i].mark;
    marks +=
        mark(frame.x(xs[i]), frame.y(ys[i]), kind == PlotMark::none && alone ? PlotMark::full : kind, series.colour);
  }
  return (series.line ? frame.curve(xs, ys, line_classes(series)) : "") + marks;
}

}  // namespace

std::string line_plot_svg(const LinePlot& plot) {
  Extent x_extent(plot.x), y_extent(plot.y);
  for (const PlotSeries& s : plot.series)
    for (const PlotPoint& p : s.points)
      if (shows(plot.x, p.x) && shows(plot.y, p.y)) {
        x_extent.include(p.x);
        y_extent.include(p.y);
      }
  for (const PlotArea& a : plot.areas)
    for (const Point& p : a.outline) {
      x_extent.include(p.x);
      y_extent.include(p.y);
    }
  if (x_extent.empty() || y_extent.empty()) return {};
  for (const PlotLevel& l : plot.levels) (l.upright ? x_extent : y_extent).include(l.at);

  const PlotAxis x_axis = x_extent.axis(0.03);
  PlotFrame frame(x_axis, y_extent.axis(0.06));
  frame.width = plot.width;
  frame.height = plot.height;
  frame.fit_left();
  const bool beside = plot.areas.empty() && ends_at_right(plot, x_axis, frame);

  std::vector<LegendEntry> entries;
  if (!beside) {
    for (const PlotArea& a : plot.areas)
      if (!a.name.empty()) entries.push_back({a.name, a.colour, nullptr});
    for (const PlotSeries& s : plot.series)
      if (!s.name.empty() && last_point(plot, s) != nullptr) entries.push_back({s.name, s.colour, &s});
  }
  const auto lines = static_cast<double>(legend_lines(entries, frame.width).size());
  const bool above = !plot.ranges.empty() ||
                     std::any_of(plot.levels.begin(), plot.levels.end(), [](const PlotLevel& l) { return l.upright; });
  frame.top = 14 + lines * legend_line + (above ? 14 : 0);

  std::string inside;
  for (const PlotRange& r : plot.ranges)
    if (r.shaded) inside += rect(frame.x(r.low), frame.top, frame.x(r.high) - frame.x(r.low), frame.height, "shade");
  for (const PlotRange& r : plot.ranges)
    inside += line(frame.x(r.low), frame.top, frame.x(r.low), frame.bottom(), "stage");
  for (const PlotArea& a : plot.areas)
    inside += "<polygon class=\"area s" + digit(a.colour) + " t" + digit(a.colour) + "\" points=\"" +
              area_points(frame, a.outline) + "\"/>";
  std::vector<PlotName> names;
  for (const PlotLevel& l : plot.levels) {
    const std::string style = (l.limit ? "limit" : "stage") + (l.colour < 0 ? "" : " s" + digit(l.colour));
    if (l.upright) {
      inside += line(frame.x(l.at), frame.top, frame.x(l.at), frame.bottom(), style);
    } else {
      inside += line(frame.left, frame.y(l.at), frame.right(), frame.y(l.at), style);
      if (!l.name.empty())
        names.push_back({frame.y(l.at), l.name,
                         l.colour >= 0 ? "tick t" + digit(l.colour)
                         : l.limit     ? "tick wanted"
                                       : "tick"});
    }
  }
  for (const PlotSeries& s : plot.series) {
    inside += series_svg(plot, frame, s);
    const PlotPoint* last = last_point(plot, s);
    if (beside && !s.name.empty() && last != nullptr)
      names.push_back({std::clamp(frame.y(last->y), frame.top, frame.bottom()), s.name, "direct t" + digit(s.colour)});
  }
  double margin = plot.margin;
  for (const PlotName& n : names)
    margin = std::max(margin, 16 + label_width(n.text, n.style.starts_with("direct") ? 14.5 : 13));
  return frame.around(plot.title, inside, margin) + frame.names(names) + legend(entries, frame.left, frame.width) +
         names_above(plot, frame) + "</svg>";
}

}  // namespace anamorph
