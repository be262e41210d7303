// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/plot_frame.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "cpp/io/html.hpp"
#include "cpp/io/svg.hpp"

namespace anamorph {
namespace {

using html::coordinate;
using namespace svg;

constexpr double far_out = 1e4;
constexpr double label_height = 16;

/// Share of the way from the low to the high end.
double place(const PlotAxis& axis, double value) {
  if (!axis.logarithmic) return (value - axis.low) / (axis.high - axis.low);
  return value > 0 ? std::log(value / axis.low) / std::log(axis.high / axis.low) : -far_out;
}

double decades(const PlotAxis& axis) { return std::log10(axis.high / axis.low); }

/// 2e-5 as "2·10⁻⁵", what is neither large nor small as it is.
std::string mark_text(const PlotAxis& axis, double value) {
  if (!axis.logarithmic || (value >= 1e-3 && value < 1e6)) return html::number(value);
  const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
  const double digit = std::round(value / std::pow(10.0, exponent));
  return (digit > 1 ? html::number(digit) + "·" : "") + html::power_of_ten(exponent);
}

/// The values to be marked with a number, `about` of them on a linear scale.
std::vector<double> scale_marks(const PlotAxis& axis, int about) {
  // Less than a decade is marked as evenly as a linear scale.
  if (!axis.logarithmic || decades(axis) < 0.7) {
    std::vector<double> even = ticks(axis.low, axis.high, about);
    if (axis.whole) std::erase_if(even, [](double v) { return std::abs(v - std::round(v)) > 1e-6; });
    return even;
  }
  std::vector<double> values;
  const bool wide = decades(axis) > 2.2;
  for (int e = static_cast<int>(std::floor(std::log10(axis.low) + 1e-9)); std::pow(10.0, e) <= axis.high; ++e)
    for (const int digit : {1, 2, 5}) {
      const double v = digit * std::pow(10.0, e);
      if ((digit == 1 || !wide) && v >= axis.low * (1 - 1e-9) && v <= axis.high * (1 + 1e-9)) values.push_back(v);
    }
  return values;
}

/// The unlabelled marks of a logarithmic scale.
std::vector<double> small_marks(const PlotAxis& axis) {
  std::vector<double> values;
  if (!axis.logarithmic || decades(axis) > 7) return values;
  for (int e = static_cast<int>(std::floor(std::log10(axis.low))); std::pow(10.0, e) <= axis.high; ++e)
    for (int digit = 1; digit < 10; ++digit)
      if (const double v = digit * std::pow(10.0, e); v >= axis.low && v <= axis.high) values.push_back(v);
  return values;
}

}  // namespace

PlotFrame::PlotFrame(PlotAxis x_axis, PlotAxis y_axis) : x_axis_(std::move(x_axis)), y_axis_(std::move(y_axis)) {}

std::vector<double> PlotFrame::y_marks() const {
  return scale_marks(y_axis_, std::max(3, static_cast<int>(height / 55)));
}

void PlotFrame::fit_left() {
  for (const double v : y_marks()) left = std::max(left, 38 + label_width(mark_text(y_axis_, v), 13));
}

double PlotFrame::x(double value) const { return left + width * place(x_axis_, value); }
double PlotFrame::y(double value) const { return bottom() - height * place(y_axis_, value); }

std::string PlotFrame::curve(const std::vector<double>& xs, const std::vector<double>& ys,
                             const std::string& attributes) const {
  std::string out, points;
  const auto finish = [&] {
    if (points.find(' ') != points.rfind(' ')) out += "<polyline " + attributes + " points=\"" + points + "\"/>";
    points.clear();
  };
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!std::isfinite(ys[i])) {
      finish();
      continue;
    }
    char text[48];
    std::snprintf(text, sizeof text, "%.1f,%.1f ", std::clamp(x(xs[i]), -far_out, far_out),
                  std::clamp(y(ys[i]), -far_out, far_out));
    points += text;
  }
  finish();
  return out;
}

std::string PlotFrame::around(const std::string& title, const std::string& inside, double margin) const {
  std::string out = open(right() + margin, bottom() + 52, title);
  for (const double v : small_marks(y_axis_)) out += line(left - 3, y(v), left, y(v), "axis");
  for (const double v : small_marks(x_axis_)) out += line(x(v), bottom(), x(v), bottom() + 3, "axis");
  for (const double v : y_marks())
    out += line(left, y(v), right(), y(v), "grid") + line(left - 5, y(v), left, y(v), "axis") +
           label(left - 9, y(v) + 4.5, mark_text(y_axis_, v), "tick end");
  for (const double v : scale_marks(x_axis_, std::max(3, static_cast<int>(width / 85))))
    out += line(x(v), bottom(), x(v), bottom() + 5, "axis") +
           label(x(v), bottom() + 20, mark_text(x_axis_, v), "tick mid");
  out += "<svg" + attribute("x", left) + attribute("y", top) + attribute("width", width) + attribute("height", height) +
         " viewBox=\"" + coordinate(left) + " " + coordinate(top) + " " + coordinate(width) + " " + coordinate(height) +
         "\">" + inside + "</svg>";
  out += rect(left, top, width, height, "frame");
  return out + label(left + width / 2, bottom() + 43, x_axis_.title, "name mid") +
         upright(16, top + height / 2, y_axis_.title, "name mid");
}

std::string PlotFrame::names(std::vector<PlotName> names) const {
  std::sort(names.begin(), names.end(), [](const PlotName& a, const PlotName& b) { return a.y < b.y; });
  // Down from the highest, then up from the lowest.
  for (std::size_t i = 1; i < names.size(); ++i) names[i].y = std::max(names[i].y, names[i - 1].y + label_height);
  double lowest = bottom();
  std::string out;
  for (std::size_t i = names.size(); i-- > 0; lowest = names[i].y - label_height)
    names[i].y = std::min(names[i].y, lowest);
  for (const PlotName& name : names) out += label(right() + 8, name.y + 4.5, name.text, name.style);
  return out;
}

}  // namespace anamorph
