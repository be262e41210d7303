// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/tornado_plot.hpp"

#include <algorithm>
#include <cmath>

#include "cpp/io/html.hpp"
#include "cpp/io/svg.hpp"

namespace anamorph {

using namespace svg;

std::string tornado_svg(const TornadoPlot& plot) {
  constexpr double top = 40, width = 360, row = 40, bar = 13, bar_gap = 2, number_room = 64;
  if (plot.rows.empty() || !std::isfinite(plot.value)) return {};
  double low = plot.value, high = plot.value, left = 150;
  for (const TornadoRow& r : plot.rows) {
    left = std::max({left, 24 + label_width(r.name, 14), 24 + label_width(r.range, 13)});
    for (const std::optional<double>& v : {r.at_low, r.at_high})
      if (v && std::isfinite(*v)) {
        low = std::min(low, *v);
        high = std::max(high, *v);
      }
  }
  if (!(low < high)) high = low + std::max(0.05 * std::abs(low), 1e-6);
  const double height = row * static_cast<double>(plot.rows.size());
  // The numbers at the ends of the longest bars have room inside the frame.
  const double begin = left + number_room, length = width - 2 * number_room;
  const auto x = [&](double v) { return begin + length * (v - low) / (high - low); };
  const double right = left + width;

  // A long name of the axis goes beyond the frame to both sides.
  const double middle = left + width / 2, name = label_width(plot.axis, 14) / 2;
  std::string out = open(std::max(right + 16, middle + name), top + height + 52, plot.title);
  out += rect(left, top - 32, 20, bar, "fill s1 t1") + label(left + 26, top - 21, "input at its low value", "tick");
  const double second = left + 26 + label_width("input at its low value", 13) + 18;
  out += rect(second, top - 32, 20, bar, "fill s2 t2") + label(second + 26, top - 21, "at its high value", "tick");
  for (const double v : ticks(low, high, 4))
    out += line(x(v), top, x(v), top + height, "grid") + line(x(v), top + height, x(v), top + height + 5, "axis") +
           label(x(v), top + height + 20, html::number(v), "tick mid");
  for (std::size_t i = 0; i < plot.rows.size(); ++i) {
    const TornadoRow& r = plot.rows[i];
    const double y = top + row * static_cast<double>(i);
    if (i > 0) out += line(16, y, right, y, "grid");
    out += label(16, y + 17, r.name, "name") + label(16, y + 33, r.range, "tick");
    const auto half = [&](const std::optional<double>& v, double at, const char* style) {
      if (!v || !std::isfinite(*v)) {
        out += label(x(plot.value) + 6, at + 11, "none", "tick wanted");
        return;
      }
      const double from = std::min(x(*v), x(plot.value)), to = std::max(x(*v), x(plot.value));
      out += rect(from, at, to - from, bar, style);
      out += *v < plot.value ? label(from - 5, at + 11, html::number(*v), "tick end")
                             : label(to + 5, at + 11, html::number(*v), "tick");
    };
    half(r.at_low, y + row / 2 - bar - bar_gap / 2, "fill s1 t1");
    half(r.at_high, y + row / 2 + bar_gap / 2, "fill s2 t2");
  }
  out += line(x(plot.value), top, x(plot.value), top + height, "axis") + rect(left, top, width, height, "frame");
  out += label(x(plot.value), top - 6, html::number(plot.value), "direct mid");
  return out + label(middle, top + height + 43, plot.axis, "name mid") + "</svg>";
}

}  // namespace anamorph
