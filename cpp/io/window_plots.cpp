// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/window_plots.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>

#include "cpp/io/html.hpp"
#include "cpp/io/plot_frame.hpp"
#include "cpp/io/svg.hpp"

namespace anamorph {
namespace {

using html::coordinate;
using namespace svg;

/// Room above and below; at least `least` in all.
void widen(double& low, double& high, double share, double least) {
  const double extra = std::max(share * (high - low), (least - (high - low)) / 2);
  low -= extra;
  high += extra;
}

}  // namespace

std::string dose_colour(const WindowResult& result, std::size_t dose) {
  const double t =
      result.doses.size() < 2 ? 0.5 : static_cast<double>(dose) / static_cast<double>(result.doses.size() - 1);
  const auto mix = [&](double low, double middle, double high) {
    return static_cast<int>(
        std::lround(t < 0.5 ? low + 2 * t * (middle - low) : middle + (2 * t - 1) * (high - middle)));
  };
  char text[16];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", static_cast<unsigned>(mix(47, 128, 224)),
                static_cast<unsigned>(mix(111, 138, 108)), static_cast<unsigned>(mix(190, 148, 30)));
  return text;
}

std::string band_style(std::size_t i) { return "s" + std::to_string(1 + i % 5); }

std::string bossung_svg(const WindowResult& result, const WindowGauge& gauge) {
  const double target = gauge.gauge.cd_nm, tolerance = result.cd_tolerance_percent / 100 * target;
  // The scale shows the tolerance four times over; what leaves it further is cut off.
  double low = target - tolerance, high = target + tolerance;
  for (const auto& row : gauge.bossung_cd_nm)
    for (const double cd : row) {
      if (!std::isfinite(cd)) continue;
      low = std::min(low, cd);
      high = std::max(high, cd);
    }
  low = std::max(low, target - 4 * tolerance);
  high = std::min(high, target + 4 * tolerance);
  widen(low, high, 0.06, 0.02 * target);
  const bool single = result.fine_focus_nm.size() == 1;
  const double side = single ? 1 : 0;
  const PlotFrame plot({"focus (nm)", result.fine_focus_nm.front() - side, result.fine_focus_nm.back() + side},
                       {"CD (nm)", low, high});
  std::string inside = rect(plot.left, plot.y(target + tolerance), plot.width,
                            plot.y(target - tolerance) - plot.y(target + tolerance), "shade");
  inside += line(plot.left, plot.y(target), plot.right(), plot.y(target), "stage");
  if (result.condition_of_window && !single)
    inside +=
        line(plot.x(result.condition_focus_nm), plot.top, plot.x(result.condition_focus_nm), plot.bottom(), "stage");
  std::string names;
  double last = std::numeric_limits<double>::infinity();
  for (std::size_t d = 0; d < result.doses.size(); ++d) {
    const std::string colour = dose_colour(result, d);
    inside +=
        plot.curve(result.fine_focus_nm, gauge.bossung_cd_nm[d], "class=\"curve\" style=\"stroke:" + colour + "\"");
    for (std::size_t f = 0; f < result.focus_nm.size(); ++f) {
      const double cd = gauge.cells[d][f].reading.cd_nm;
      if (std::isfinite(cd) && cd >= low && cd <= high)
        inside += "<circle" + attribute("cx", plot.x(result.focus_nm[f])) + attribute("cy", plot.y(cd)) +
                  " r=\"2.6\" style=\"fill:" + colour + "\"/>";
    }
    const double end = gauge.bossung_cd_nm[d].back();
    if (std::isfinite(end) && end >= low && end <= high && std::abs(plot.y(end) - last) > 13) {
      last = plot.y(end);
      names += label(plot.right() + 7, last + 4.5, html::number(result.doses[d]), "tick");
    }
  }
  std::string out = plot.around("Bossung curves of " + gauge.gauge.name, inside, 56);
  if (!names.empty()) out += label(plot.right() + 7, plot.top - 2, "dose", "tick");
  return out + names + "</svg>";
}

std::string process_window_svg(const WindowResult& result) {
  if (result.fine_focus_nm.size() < 2) return {};
  double low = std::numeric_limits<double>::infinity(), high = 0;
  const auto include = [&](double dose) {
    if (!std::isfinite(dose)) return;
    low = std::min(low, dose);
    high = std::max(high, dose);
  };
  for (const Point& p : result.polygon) include(p.y);
  const bool empty = result.polygon.empty();
  if (empty) {  // show where the limits cross
    const std::size_t middle = result.fine_focus_nm.size() / 2;
    for (const double dose : {result.common.low[middle], result.common.high[middle]}) include(dose);
  }
  if (!(high > 0)) {
    low = result.doses.front();
    high = result.doses.back();
  }
  widen(low, high, 0.5, (empty ? 0.3 : 0.05) * high);
  const PlotFrame plot({"focus (nm)", result.fine_focus_nm.front(), result.fine_focus_nm.back()},
                       {"dose", std::max(low, 0.0), high});

  std::string outline;
  for (const Point& p : result.polygon) {
    char text[48];
    std::snprintf(text, sizeof text, "%.1f,%.1f ", plot.x(p.x), plot.y(p.y));
    outline += text;
  }
  std::string inside;
  if (!outline.empty())
    inside += "<polygon style=\"fill:var(--accent);fill-opacity:.22;stroke:none\" points=\"" + outline + "\"/>";
  const bool many = result.gauges.size() > most_named;
  for (std::size_t g = 0; g < result.gauges.size(); ++g) {
    const DoseBand& band = result.gauges[g].band;
    const std::string style = many ? "class=\"curve\" style=\"stroke:var(--soft);stroke-width:1;stroke-opacity:.3\""
                                   : "class=\"curve " + band_style(g) + "\" style=\"stroke-width:1.4\"";
    inside += plot.curve(result.fine_focus_nm, band.low, style) + plot.curve(result.fine_focus_nm, band.high, style);
  }
  if (result.polygon.empty()) {
    inside += plot.curve(result.fine_focus_nm, result.common.low, "class=\"curve s1\"");
    inside += plot.curve(result.fine_focus_nm, result.common.high, "class=\"curve s2\"");
  }
  if (result.sites > 0) {
    const std::string style = "class=\"curve s0\" style=\"stroke-width:1.6;stroke-dasharray:6 4\"";
    inside += plot.curve(result.fine_focus_nm, result.epe_band.low, style) +
              plot.curve(result.fine_focus_nm, result.epe_band.high, style);
  }
  if (!outline.empty())
    inside += "<polygon style=\"fill:none;stroke:var(--accent);stroke-width:2\" points=\"" + outline + "\"/>";
  if (const auto& r = result.at_latitude)
    inside += "<rect style=\"fill:none;stroke:var(--ink);stroke-width:2\"" + attribute("x", plot.x(r->focus_low_nm)) +
              attribute("y", plot.y(r->dose_high)) +
              attribute("width", plot.x(r->focus_high_nm) - plot.x(r->focus_low_nm)) +
              attribute("height", plot.y(r->dose_low) - plot.y(r->dose_high)) + "/>";
  if (const auto& e = result.largest_ellipse)
    inside += "<ellipse style=\"fill:none;stroke:var(--s2);stroke-width:2;stroke-dasharray:2 3\"" +
              attribute("cx", plot.x(e->focus_nm)) + attribute("cy", plot.y(e->dose)) +
              attribute("rx", (plot.x(e->focus_nm + e->dof_nm / 2) - plot.x(e->focus_nm))) +
              attribute("ry", plot.y(e->dose) - plot.y(e->dose * (1 + e->latitude_percent / 200))) + "/>";
  if (result.condition_of_window) {
    const double x = plot.x(result.condition_focus_nm), y = plot.y(result.condition_dose);
    inside += line(x - 6, y, x + 6, y, "axis") + line(x, y - 6, x, y + 6, "axis");
  }
  return plot.around("process window", inside) + "</svg>";
}

std::string latitude_svg(const WindowResult& result) {
  if (result.curve.size() < 2) return {};
  double highest = result.wanted_latitude_percent;
  std::vector<double> x, y;
  for (const LatitudePoint& p : result.curve) {
    highest = std::max(highest, p.latitude_percent);
    x.push_back(p.dof_nm);
    y.push_back(p.latitude_percent);
  }
  const PlotFrame plot({"depth of focus (nm)", 0, x.back() * 1.04}, {"exposure latitude (%)", 0, highest * 1.08});
  std::string inside = line(plot.left, plot.y(result.wanted_latitude_percent), plot.right(),
                            plot.y(result.wanted_latitude_percent), "stage");
  inside += plot.curve(x, y, "class=\"curve s1\"");
  if (result.at_latitude) {
    const double at = plot.x(result.dof_nm),
                 level = plot.y(std::max(result.wanted_latitude_percent,
                                         std::min(result.at_latitude->latitude_percent(), highest)));
    inside += line(at, level, at, plot.bottom(), "stage") + "<circle class=\"t2\"" + attribute("cx", at) +
              attribute("cy", level) + " r=\"5\"/>";
    const bool beside = at > plot.left + 0.6 * plot.width;
    inside += label(
        at + (beside ? -12 : 12), level + (beside ? 24 : -9),
        html::number(result.dof_nm, 1) + " nm at " + html::number(result.at_latitude->latitude_percent(), 1) + " %",
        beside ? "direct end" : "direct");
  }
  return plot.around("exposure latitude over depth of focus", inside) + "</svg>";
}

}  // namespace anamorph
