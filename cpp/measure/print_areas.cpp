// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/print_areas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "masks/raster.hpp"

namespace anamorph {

namespace {

/// Share of a unit square with v >= 0, v linear along its sides; corners counter-clockwise.
double share_above(const std::array<double, 4>& v) {
  int inside = 0;
  for (const double value : v) inside += value >= 0;
  if (inside == 0) return 0;
  if (inside == 4) return 1;
  constexpr std::array<Point, 4> corner{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
  std::array<Point, 8> polygon;
  std::size_t n = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t j = (i + 1) % 4;
    if (v[i] >= 0) polygon[n++] = corner[i];
    if ((v[i] >= 0) == (v[j] >= 0)) continue;
    const double t = v[i] / (v[i] - v[j]);
    polygon[n++] = {corner[i].x + t * (corner[j].x - corner[i].x), corner[i].y + t * (corner[j].y - corner[i].y)};
  }
  double twice = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Point &a = polygon[i], &b = polygon[(i + 1) % n];
    twice += a.x * b.y - a.y * b.x;
  }
  return twice / 2;
}

int wrapped(int i, int n) {
  const int r = i % n;
  return r < 0 ? r + n : r;
}

/// The image at the corners of a cell's quarters, [3][3]: pixel centres (y, x) to (y + 1, x + 1) and half way between.
using Nine = std::array<std::array<double, 3>, 3>;

Nine quarters(const Image<double>& image, int y, int x) {
  // The polynomial through six values, half way between the third and the fourth.
  constexpr std::array<double, 6> half{3.0 / 256, -25.0 / 256, 150.0 / 256, 150.0 / 256, -25.0 / 256, 3.0 / 256};
  std::array<std::array<double, 3>, 6> rows;  // at x, half way, x + 1
  for (int i = 0; i < 6; ++i) {
    const double* row = image.row(wrapped(y - 2 + i, image.ny()));
    double sum = 0;
    for (int j = 0; j < 6; ++j) sum += half[static_cast<std::size_t>(j)] * row[wrapped(x - 2 + j, image.nx())];
    rows[static_cast<std::size_t>(i)] = {row[wrapped(x, image.nx())], sum, row[wrapped(x + 1, image.nx())]};
  }
  Nine nine{rows[2], {}, rows[3]};
  for (std::size_t k = 0; k < 3; ++k)
    for (std::size_t i = 0; i < 6; ++i) nine[1][k] += half[i] * rows[i][k];
  return nine;
}

double share_of(const Nine& nine, double level, double sign) {
  double sum = 0;
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j)
      sum += share_above({sign * (nine[i][j] - level), sign * (nine[i][j + 1] - level),
                          sign * (nine[i + 1][j + 1] - level), sign * (nine[i + 1][j] - level)});
  return sum / 4;
}

/// How much of cell i, [i, i + 1), lies between two places.
double part_of(int i, double low, double high) {
  return std::clamp(std::min(high, i + 1.0) - std::max(low, 0.0 + i), 0.0, 1.0);
}

/// The part of a polygon in a box (Sutherland and Hodgman 1974): its area is right even where it falls into several.
Polygon clipped(Polygon polygon, const Box& box) {
  for (int side = 0; side < 4; ++side) {
    const auto depth = [&](const Point& p) {
      return side == 0 ? p.x - box.x0 : side == 1 ? box.x1 - p.x : side == 2 ? p.y - box.y0 : box.y1 - p.y;
    };
    Polygon kept;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      const Point &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
      const double da = depth(a), db = depth(b);
      if (da >= 0) kept.push_back(a);
      if ((da >= 0) == (db >= 0)) continue;
      const double t = da / (da - db);
      kept.push_back({a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)});
    }
    polygon = std::move(kept);
  }
  return polygon;
}

}  // namespace

PrintAreas print_areas(const PrintModel& print, const std::vector<Polygon>& target, const Box& part) {
  // Cell (i, j) spans the centres of pixels j, j + 1 and i, i + 1; the image goes on periodically.
  const Grid& g = print.grid();
  const double h = g.pixel_nm;
  const auto x_of = [&](double x) { return (x - g.x0_nm) / h - 0.5; };
  const auto y_of = [&](double y) { return (y - g.y0_nm) / h - 0.5; };
  const double x_low = x_of(part.x0), x_high = x_of(part.x1), y_low = y_of(part.y0), y_high = y_of(part.y1);
  const int x0 = static_cast<int>(std::floor(x_low)), x1 = static_cast<int>(std::ceil(x_high));
  const int y0 = static_cast<int>(std::floor(y_low)), y1 = static_cast<int>(std::ceil(y_high));
  const Image<double> drawn = rasterise(target, {g.x_centre_nm(x0), g.y_centre_nm(y0), x1 - x0, y1 - y0, h});
  const double sign = print.bright() ? 1 : -1;
  const int count = print.count();
  const auto stacks = static_cast<std::size_t>(print.stacks());
  std::vector<double> low_of(stacks, 1e300), high_of(stacks, -1e300);  // levels of each stack
  for (int c = 0; c < count; ++c) {
    const auto s = static_cast<std::size_t>(print.condition(c).stack);
    low_of[s] = std::min(low_of[s], print.level(c));
    high_of[s] = std::max(high_of[s], print.level(c));
  }

  double l2 = 0, band = 0;
  std::vector<double> share(static_cast<std::size_t>(count));
  for (int y = y0; y < y1; ++y) {
    const int row = wrapped(y, g.ny), above = wrapped(y + 1, g.ny);
    const double weight_y = part_of(y, y_low, y_high);
    for (int x = x0; x < x1; ++x) {
      const int a = wrapped(x, g.nx), b = a + 1 == g.nx ? 0 : a + 1;
      for (std::size_t s = 0; s < stacks; ++s) {
        const Image<double>& image = print.pixels(static_cast<int>(s));
        const double v00 = image(row, a), v01 = image(row, b), v10 = image(above, a), v11 = image(above, b);
        const double low = std::min(std::min(v00, v01), std::min(v10, v11)),
                     high = std::max(std::max(v00, v01), std::max(v10, v11));
        const bool mixed = high >= low_of[s] && low < high_of[s];
        Nine nine;
        if (mixed) nine = quarters(image, row, a);
        for (int c = 0; c < count; ++c) {
          if (print.condition(c).stack != static_cast<int>(s)) continue;
          const double level = print.level(c);
          share[static_cast<std::size_t>(c)] = high < level || low >= level
                                                   ? static_cast<double>((low >= level) == print.bright())
                                                   : share_of(nine, level, sign);
        }
      }
      const double weight = weight_y * part_of(x, x_low, x_high);
      l2 += weight * std::abs(share[0] - drawn(y - y0, x - x0));
      double least = 1, most = 0;
      for (int c = 0; c < count; ++c)
        if (print.condition(c).band) {
          least = std::min(least, share[static_cast<std::size_t>(c)]);
          most = std::max(most, share[static_cast<std::size_t>(c)]);
        }
      band += weight * std::max(0.0, most - least);
    }
  }
  double wanted = 0;
  for (const Polygon& polygon : target) wanted += signed_area(clipped(polygon, part));
  return {wanted, l2 * h * h, band * h * h};
}

}  // namespace anamorph
