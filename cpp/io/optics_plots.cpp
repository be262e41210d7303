// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/optics_plots.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

#include "cpp/io/html.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/svg.hpp"

namespace anamorph {
namespace {

using html::coordinate;
using std::numbers::pi;
using namespace svg;

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// Where the square [-1, 1]^2 lies in the drawing.
struct Square {
  static constexpr double left = 66, top = 8, side = 560;
  static double x(double s) { return left + (s + 1) / 2 * side; }
  static double y(double s) { return top + (1 - s) / 2 * side; }
};

/// "σ" with a lowered index.
std::string indexed(const std::string& letter, const char* index) {
  return html::escape(letter) + "<tspan dy=\"4\" font-size=\"11\">" + index + "</tspan>";
}

/// A logarithmic axis from high down to low.
struct Decades {
  double low, high, top, height;
  [[nodiscard]] double y(double value) const {
    return top + height * std::log10(high / value) / std::log10(high / low);
  }
};

std::string circles(const std::vector<double>& values, const std::function<double(std::size_t)>& x, const Decades& axis,
                    std::size_t kept) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] >= axis.low)
      out += "<circle class=\"" + std::string(i < kept ? "kept" : "dropped") + "\"" + attribute("cx", x(i)) +
             attribute("cy", axis.y(values[i])) + " r=\"" + (values.size() > 120 ? "2.2" : "3.4") + "\"/>";
  return out;
}

}  // namespace

Image<double> source_map(const std::vector<SourcePoint>& source, double fill, int size) {
  Image<double> map(size, size);
  double radius2 = 0;
  for (const SourcePoint& p : source) radius2 = std::max(radius2, p.sx * p.sx + p.sy * p.sy);
  const double area = pi * (std::isfinite(fill) ? fill : radius2);
  // A Gaussian of this width blurs the gaps between the points away, and edges by no more than a gap.
  const double width =
      std::max(0.7 * std::sqrt(area / static_cast<double>(std::max<std::size_t>(source.size(), 1))), 2.0 / size);
  const double step = 2.0 / size;
  const auto cell = [&](double s) { return static_cast<int>(std::floor((s + 1) / step)); };
  const auto centre = [&](int i) { return -1 + (i + 0.5) * step; };
  for (const SourcePoint& p : source)
    for (int y = std::max(cell(p.sy - 4 * width), 0); y <= std::min(cell(p.sy + 4 * width), size - 1); ++y)
      for (int x = std::max(cell(p.sx - 4 * width), 0); x <= std::min(cell(p.sx + 4 * width), size - 1); ++x)
        map(y, x) +=
            p.weight * std::exp(-(std::pow(centre(x) - p.sx, 2) + std::pow(centre(y) - p.sy, 2)) / (2 * width * width));
  const double highest = map.empty() ? 0 : *std::max_element(map.begin(), map.end());
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x)
      map(y, x) = std::hypot(centre(x), centre(y)) > 1 ? nothing : highest > 0 ? map(y, x) / highest : 0;
  return map;
}

std::string pupil_svg(const Picture& picture, const std::string& letter, const std::string& extra) {
  constexpr double left = Square::left, top = Square::top, side = Square::side;
  constexpr double right = left + side, bottom = top + side;
  std::string out = open(right + 12, bottom + 50, "picture over the pupil");
  out += rect(left, top, side, side, "paper");
  if (!picture.empty()) out += image(left, top, side, side, picture);
  out += "<circle class=\"frame\"" + attribute("cx", Square::x(0)) + attribute("cy", Square::y(0)) +
         attribute("r", side / 2) + "/>";
  out += extra + rect(left, top, side, side, "frame");
  for (const double v : ticks(-1, 1, 4)) {
    out += line(Square::x(v), bottom, Square::x(v), bottom + 5, "axis") +
           label(Square::x(v), bottom + 20, html::number(v), "tick mid");
    out += line(left - 5, Square::y(v), left, Square::y(v), "axis") +
           label(left - 9, Square::y(v) + 4.5, html::number(v), "tick end");
  }
  out += "<text class=\"name mid\"" + attribute("x", left + side / 2) + attribute("y", bottom + 42) + ">" +
         indexed(letter, "x") + "</text>";
  out += "<text class=\"name mid\" transform=\"translate(16 " + coordinate(top + side / 2) + ") rotate(-90)\">" +
         indexed(letter, "y") + "</text>";
  return out + "</svg>";
}

std::string polarisation_marks(const std::vector<SourcePoint>& source) {
  constexpr int cells = 14;
  struct Sum {
    double weight = 0, x = 0, y = 0, s1 = 0, s2 = 0, s3 = 0;
  };
  Image<Sum> sums(cells, cells);
  double most = 0;
  for (const SourcePoint& p : source) {
    const auto cell = [](double s) {
      return std::clamp(static_cast<int>(std::floor((s + 1) / 2 * cells)), 0, cells - 1);
    };
    Sum& sum = sums(cell(p.sy), cell(p.sx));
    sum.weight += p.weight;
    sum.x += p.weight * p.sx;
    sum.y += p.weight * p.sy;
    sum.s1 += p.weight * p.polarisation.s1;
    sum.s2 += p.weight * p.polarisation.s2;
    sum.s3 += p.weight * p.polarisation.s3;
    most = std::max(most, sum.weight);
  }
  constexpr double full = 0.42 * Square::side / cells;  // half the length of a mark of fully polarised light
  std::string paths;
  for (const Sum& sum : sums) {
    const double linear = std::hypot(sum.s1, sum.s2);
    const double degree = std::hypot(linear, sum.s3);
    if (sum.weight < 0.05 * most || degree < 0.02 * sum.weight) continue;
    // The field's ellipse: azimuth 1/2 atan2(s2, s1), ellipticity angle 1/2 asin(s3).
    const double azimuth = std::atan2(sum.s2, sum.s1) / 2;
    const double ellipticity = std::atan2(sum.s3, linear) / 2;
    const double size = full * degree / sum.weight;
    const double major = size * std::cos(ellipticity);
    const double minor = size * std::abs(std::sin(ellipticity));
    const double ux = std::cos(azimuth) * major;
    const double uy = -std::sin(azimuth) * major;
    const double x = Square::x(sum.x / sum.weight);
    const double y = Square::y(sum.y / sum.weight);
    const std::string start = "M" + coordinate(x - ux) + " " + coordinate(y - uy);
    if (minor < 0.5) {
      paths += start + "L" + coordinate(x + ux) + " " + coordinate(y + uy);
      continue;
    }
    const std::string arc =
        "A" + coordinate(major) + " " + coordinate(minor) + " " + coordinate(-azimuth * 180 / pi) + " 0 1 ";
    paths += start + arc + coordinate(x + ux) + " " + coordinate(y + uy) + arc + coordinate(x - ux) + " " +
             coordinate(y - uy);
  }
  if (paths.empty()) return {};
  return "<path class=\"polback\" d=\"" + paths + "\"/><path class=\"pol\" d=\"" + paths + "\"/>";
}

std::string source_dots(const std::vector<SourcePoint>& source) {
  constexpr std::size_t most = 400;
  if (source.size() > most) return {};
  const double radius = source.size() > 100 ? 1.8 : 3;
  std::string out;
  for (const SourcePoint& p : source)
    out += "<circle class=\"dot\"" + attribute("cx", Square::x(p.sx)) + attribute("cy", Square::y(p.sy)) +
           attribute("r", radius) + "/>";
  return out;
}

std::string signed_bar_svg(double limit, const std::string& unit) {
  constexpr double left = 24, width = 384, top = 8, thickness = 14;
  Picture colours(1, 129);
  for (int i = 0; i < 129; ++i) colours(0, i) = signed_colour((i - 64) / 64.0);
  const auto at = [&](double value) { return left + (value / limit + 1) / 2 * width; };
  std::string out = open(left + width + 56, top + thickness + 26, "colours from minus to plus");
  out += image(left, top, width, thickness, colours) + rect(left, top, width, thickness, "frame");
  for (const double v : ticks(-limit, limit, 5))
    out += line(at(v), top + thickness, at(v), top + thickness + 5, "axis") +
           label(at(v), top + thickness + 19, html::number(v), "tick mid");
  return out + label(left + width + 12, top + thickness - 2, unit, "tick") + "</svg>";
}

std::string kernels_svg(const std::vector<KernelPicture>& kernels, double reach_nm) {
  constexpr int across = 4, most = 12, px = 128;
  constexpr double side = 148, gap = 14, head = 24, left = 4;
  const int count = std::min(most, static_cast<int>(kernels.size()));
  if (count == 0) return {};
  const int rows = (count + across - 1) / across;
  std::string out = open(left + across * side + (across - 1) * gap + 4, rows * (side + gap + head) + 14, "kernels");
  for (int i = 0; i < count; ++i) {
    const KernelPicture& kernel = kernels[static_cast<std::size_t>(i)];
    const double x = left + i % across * (side + gap);
    const int row = i / across;
    const double y = head + row * (side + gap + head);
    const double high =
        kernel.magnitude.empty() ? 0 : *std::max_element(kernel.magnitude.begin(), kernel.magnitude.end());
    out += label(x, y - 7, std::to_string(i + 1), "direct");
    const bool small = kernel.share < 1e-3;
    out += label(x + side, y - 7, small ? html::scientific(kernel.share) : html::number(100 * kernel.share, 1) + " %",
                 "tick end");
    if (high > 0) out += image(x, y, side, side, render_intensity(kernel.magnitude, px, 0, high));
    out += rect(x, y, side, side, "frame");
  }
  const double bar_nm = round_length(reach_nm);
  const double bar = bar_nm / (2 * reach_nm) * side;
  const double y = rows * (side + gap + head);
  out += rect(left, y - 4, bar, 3, "marker") + label(left + bar + 8, y + 2, html::number(bar_nm) + " nm", "tick");
  return out + "</svg>";
}

std::string eigenvalues_svg(const std::vector<double>& eigenvalues, double trace, int kept) {
  constexpr double left = 80, top = 26, width = 520, height = 300;
  const double whole = trace > 0 ? trace : std::accumulate(eigenvalues.begin(), eigenvalues.end(), 0.0);
  if (eigenvalues.size() < 2 || !(whole > 0)) return {};
  std::vector<double> shares;
  std::vector<double> remainders;
  double rest = 1;
  for (const double value : eigenvalues) {
    shares.push_back(value / whole);
    remainders.push_back(rest -= value / whole);
  }
  // Twelve decades at most: below that there is only rounding.
  const double smallest = std::max(*std::min_element(shares.begin(), shares.end()), 1e-12);
  const Decades axis{std::pow(10.0, std::min(-1.0, std::floor(std::log10(smallest)))), 1, top, height};
  const double last = static_cast<double>(shares.size());
  const auto px = [&](double number) { return left + (number - 0.5) / last * width; };
  const auto at = [&](std::size_t i) { return px(static_cast<double>(i) + 1); };

  std::string out = open(left + width + 14, top + height + 50, "eigenvalues");
  const int decades = static_cast<int>(std::lround(-std::log10(axis.low)));
  const int step = decades > 8 ? 2 : 1;
  for (int d = 0; d <= decades; d += step) {
    const double y = axis.y(std::pow(10.0, -d));
    out += line(left, y, left + width, y, "grid") + line(left - 5, y, left, y, "axis") +
           label(left - 9, y + 4.5, d == 0 ? "1" : html::power_of_ten(-d), "tick end");
  }
  for (const double n : ticks(0, last, 6))
    if (n >= 1 && n == std::floor(n))
      out += line(px(n), top + height, px(n), top + height + 5, "axis") +
             label(px(n), top + height + 20, html::number(n), "tick mid");
  out += rect(left, top, width, height, "frame");
  if (kept > 0 && kept < static_cast<int>(shares.size())) {
    const double x = px(kept + 0.5);
    out += line(x, top, x, top + height, "limit") +
           label(x, top - 8, std::to_string(kept) + " kept", x > left + width - 40 ? "tick end" : "tick mid");
  }
  std::string points;
  for (std::size_t i = 0; i < remainders.size() && remainders[i] >= axis.low; ++i)
    points += coordinate(at(i)) + "," + coordinate(axis.y(remainders[i])) + " ";
  out += "<polyline class=\"curve s2\" points=\"" + points + "\"/>";
  out += circles(shares, at, axis, static_cast<std::size_t>(std::max(kept, 0)));
  out += label(left + width / 2, top + height + 42, "kernel", "name mid");
  out += upright(16, top + height / 2, "share of the trace", "name mid");
  return out + "</svg>";
}

}  // namespace anamorph
