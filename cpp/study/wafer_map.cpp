// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/wafer_map.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::recipe, "PRD-0001", message); }

/// Area of the part of the circle with 0 <= x <= a and 0 <= y <= b; odd in a and in b, so that four of them make a
/// rectangle.
double quadrant_area(double a, double b, double r) {
  const double sign = (a < 0) == (b < 0) ? 1 : -1;
  a = std::min(std::abs(a), r);
  b = std::min(std::abs(b), r);
  if (a * a + b * b <= r * r) return sign * a * b;
  // Up to x = c the height is b, beyond it the circle's: the integral of sqrt(r^2 - x^2).
  const double c = std::sqrt(r * r - b * b);
  const auto integral = [&](double x) { return (x * std::sqrt(r * r - x * x) + r * r * std::asin(x / r)) / 2; };
  return sign * (b * c + integral(a) - integral(c));
}

struct Rectangle {
  double x0, y0, x1, y1;

  [[nodiscard]] Rectangle at(double x, double y) const { return {x0 + x, y0 + y, x1 + x, y1 + y}; }
  [[nodiscard]] bool within(double r2) const {
    const double x = std::max(std::abs(x0), std::abs(x1)), y = std::max(std::abs(y0), std::abs(y1));
    return x * x + y * y <= r2;
  }
};

/// What repeats over the wafer: the dies of one field or one stitched die, and the exposures that print them.
struct Cell {
  double width, height;
  std::vector<Rectangle> dies;
  std::vector<Rectangle> exposures;
};

Cell cell_of(const WaferPlan& p) {
  const auto size = [](double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    return (text.ends_with('.') ? text.substr(0, text.size() - 1) : text) + " mm";
  };
  const double tiny = 1e-9;  // of a field that its dies fill exactly
  const int columns = static_cast<int>(p.field_x_mm / p.die_x_mm + tiny);
  if (columns < 1) fail("a die " + size(p.die_x_mm) + " wide is wider than the field of " + size(p.field_x_mm));
  const int rows = static_cast<int>(p.field_y_mm / p.die_y_mm + tiny);
  Cell cell{columns * p.die_x_mm, std::max(1, rows) * p.die_y_mm, {}, {}};
  for (int i = 0; i < columns; ++i)
    for (int j = 0; j < std::max(1, rows); ++j)
      cell.dies.push_back({i * p.die_x_mm, j * p.die_y_mm, (i + 1) * p.die_x_mm, (j + 1) * p.die_y_mm});
  if (rows >= 1) {
    cell.exposures = {{0, 0, cell.width, cell.height}};
    return cell;
  }
  const double highest = 2 * p.field_y_mm - p.stitch_strip_mm;
  if (p.die_y_mm > highest + tiny)
    fail("a die " + size(p.die_y_mm) + " high is higher than two stitched fields, " + size(highest));
  const double middle = p.die_y_mm / 2, half = p.stitch_strip_mm / 2;
  cell.exposures = {{0, 0, cell.width, middle + half}, {0, middle - half, cell.width, p.die_y_mm}};
  return cell;
}

/// The cells of a grid that may touch the circle, by their corners.
template <class Visit>
void each_cell(const Cell& cell, double radius, double x, double y, Visit visit) {
  const auto first = [&](double offset, double period) {
    return static_cast<int>(std::floor((-radius - offset) / period));
  };
  const auto last = [&](double offset, double period) {
    return static_cast<int>(std::ceil((radius - offset) / period));
  };
  for (int i = first(x, cell.width); i <= last(x, cell.width); ++i)
    for (int j = first(y, cell.height); j <= last(y, cell.height); ++j) visit(x + i * cell.width, y + j * cell.height);
}

/// Of a circle as large as a field's corners may reach; rounding must not lose a field that just fits.
double square(double radius) { return radius * radius * (1 + 1e-12); }

int whole_dies(const Cell& cell, double x, double y, double r2) {
  if (Rectangle{0, 0, cell.width, cell.height}.at(x, y).within(r2)) return static_cast<int>(cell.dies.size());
  return static_cast<int>(
      std::count_if(cell.dies.begin(), cell.dies.end(), [&](const Rectangle& die) { return die.at(x, y).within(r2); }));
}

int dies_on(const Cell& cell, double radius, double x, double y) {
  int dies = 0;
  each_cell(cell, radius, x, y,
            [&](double at_x, double at_y) { dies += whole_dies(cell, at_x, at_y, square(radius)); });
  return dies;
}

struct Exposures {
  int all = 0;
  int whole = 0;
};

Exposures exposures_on(const Cell& cell, double least_share, double radius, double x, double y) {
  Exposures e;
  each_cell(cell, radius, x, y, [&](double at_x, double at_y) {
    const bool useful = whole_dies(cell, at_x, at_y, square(radius)) > 0;
    for (const Rectangle& part : cell.exposures) {
      const Rectangle r = part.at(at_x, at_y);
      const bool whole = r.within(square(radius));
      e.whole += whole ? 1 : 0;
      // Rounding must not make a field touch that does not.
      const double least = std::max(least_share, 1e-9) * (r.x1 - r.x0) * (r.y1 - r.y0);
      e.all += whole || useful || area_in_circle(r.x0, r.y0, r.x1, r.y1, radius) > least ? 1 : 0;
    }
  });
  return e;
}

}  // namespace

double area_in_circle(double x0, double y0, double x1, double y1, double radius) {
  return quadrant_area(x1, y1, radius) - quadrant_area(x0, y1, radius) - quadrant_area(x1, y0, radius) +
         quadrant_area(x0, y0, radius);
}

WaferMap wafer_map(const WaferPlan& plan) {
  for (const auto& [value, name] : {std::pair{plan.diameter_mm, "the wafer's diameter"},
                                    {plan.die_x_mm, "the die's width"},
                                    {plan.die_y_mm, "the die's height"},
                                    {plan.field_x_mm, "the field's width"},
                                    {plan.field_y_mm, "the field's height"}})
    if (!(value > 0 && std::isfinite(value))) fail(std::string(name) + " is not positive");
  for (const auto& [value, name] : {std::pair{plan.edge_exclusion_mm, "the edge exclusion"},
                                    {plan.edge_field_share, "the least share of a field at the edge"},
                                    {plan.stitch_strip_mm, "the stitched strip"},
                                    {plan.stitch_border_mm, "the border of the strip"}})
    if (!(value >= 0 && std::isfinite(value))) fail(std::string(name) + " is negative");
  const double radius = plan.diameter_mm / 2 - plan.edge_exclusion_mm;
  if (!(radius > 0)) fail("the edge exclusion leaves no usable area");
  if (std::max({plan.diameter_mm, plan.field_x_mm, plan.field_y_mm}) > 1000 ||
      std::min(plan.die_x_mm, plan.die_y_mm) < 0.5)
    fail("a wafer or a field above 1000 mm or a die below 0.5 mm; expected sizes in mm");

  const Cell cell = cell_of(plan);
  const int steps_x = static_cast<int>(std::ceil(cell.width / 2 / 0.25));
  const int steps_y = static_cast<int>(std::ceil(cell.height / 2 / 0.25));
  WaferMap map;
  map.dies = -1;
  for (int i = 0; i <= steps_x; ++i)
    for (int j = 0; j <= steps_y; ++j) {
      const double x = cell.width / 2 * i / steps_x, y = cell.height / 2 * j / steps_y;
      const int dies = dies_on(cell, radius, x, y);
      if (dies < map.dies) continue;
      const Exposures e = exposures_on(cell, plan.edge_field_share, radius, x, y);
      if (dies == map.dies && e.all >= map.exposures) continue;
      map.dies = dies;
      map.exposures = e.all;
      map.whole_fields = e.whole;
      map.offset_x_mm = x;
      map.offset_y_mm = y;
    }
  map.dies_per_field = static_cast<int>(cell.dies.size());
  map.stitched = cell.exposures.size() == 2;
  map.field_x_mm = cell.width;
  map.field_y_mm = cell.exposures.front().y1;
  if (map.stitched)
    map.lost_area_share = std::min(1.0, (plan.stitch_strip_mm + 2 * plan.stitch_border_mm) / plan.die_y_mm);
  const double die_area = plan.die_x_mm * plan.die_y_mm * (1 - map.lost_area_share);
  map.die_area_share = map.dies * die_area / (std::numbers::pi * radius * radius);
  return map;
}

}  // namespace anamorph
