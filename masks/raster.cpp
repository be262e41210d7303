// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/raster.hpp"

#include <algorithm>
#include <cmath>

#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph {

namespace {

constexpr double farthest_px = 1e15;  // beyond, a pixel is no longer a step of double

Point to_pixels(const Point& p, const Grid& grid) {
  return {(p.x - grid.x0_nm) / grid.pixel_nm, (p.y - grid.y0_nm) / grid.pixel_nm};
}

void check(const std::vector<Polygon>& polygons, const Grid& grid) {
  if (grid.nx < 1 || grid.ny < 1 || !(grid.pixel_nm > 0)) {
    throw Error(ErrorCode::recipe, "RAS-0001", "a raster needs at least one pixel of positive size");
  }
  for (const Polygon& polygon : polygons) {
    for (const Point& vertex : polygon) {
      const Point p = to_pixels(vertex, grid);
      if (!(std::abs(p.x) <= farthest_px) || !(std::abs(p.y) <= farthest_px)) {
        throw Error(ErrorCode::input, "RAS-0002",
                    "a polygon has a vertex beyond 1e15 pixels, or one that is not a number");
      }
    }
  }
}

/// Each edge leaves, in the rows that it crosses, the change of coverage from one pixel to the next; the running sum
/// along the row is then the covered area. Coordinates are pixels from the corner of the grid.
class CoverageChanges {
 public:
  CoverageChanges(int ny, int nx) : changes_(ny, nx, 0.0), spans_(static_cast<std::size_t>(ny), Span{nx, 0}) {}

  void add_edge(Point a, Point b) {
    if (a.y == b.y) return;
    const double sign = a.y < b.y ? -1 : 1;  // an edge that goes down has the inside at its right
    if (a.y > b.y) std::swap(a, b);
    const double slope = (b.x - a.x) / (b.y - a.y);
    const double bottom = std::max(a.y, 0.0);
    const double top = std::min(b.y, static_cast<double>(changes_.ny()));
    const auto x_at = [&](double y) { return y == b.y ? b.x : a.x + (y - a.y) * slope; };
    for (double y = bottom; y < top;) {
      const int row = static_cast<int>(y);
      const double next = std::min(row + 1.0, top);
      add_to_row(row, x_at(y), x_at(next), sign * (next - y));
      y = next;
    }
  }

  Image<double> coverage(int threads) && {
    parallel_for(changes_.ny(), threads, [&](int y) {
      const Span span = spans_[static_cast<std::size_t>(y)];
      double* const row = changes_.row(y);
      double sum = 0;
      for (int x = span.first; x < span.end; ++x) {
        sum += row[x];
        row[x] = std::clamp(sum, 0.0, 1.0);  // rounding only
      }
      if (sum != 0) std::fill(row + span.end, row + changes_.nx(), std::clamp(sum, 0.0, 1.0));
    });
    return std::move(changes_);
  }

 private:
  /// Columns of a row that hold changes.
  struct Span {
    int first;
    int end;
  };

  /// Part of an edge inside one row: from xa to xb it changes the coverage to its right by `height`.
  void add_to_row(int y, double xa, double xb, double height) {
    if (xa > xb) std::swap(xa, xb);
    const double left = std::max(xa, 0.0);
    const double right = std::min(xb, static_cast<double>(changes_.nx()));
    if (xb <= 0) {
      add(y, 0, height);
      return;
    }
    if (xa == xb) {
      if (xa < changes_.nx()) add_to_pixel(y, static_cast<int>(xa), xa, height);
      return;
    }
    const double length = xb - xa;
    if (xa < 0) add(y, 0, -xa / length * height);
    for (double x = left; x < right;) {
      const int column = static_cast<int>(x);
      const double next = std::min(column + 1.0, right);
      add_to_pixel(y, column, (x + next) / 2, (next - x) / length * height);
      x = next;
    }
  }

  /// A piece within one column, whose middle is x: the pixel has the part to the right of it, its neighbours all.
  void add_to_pixel(int y, int column, double x, double height) {
    const double beyond = (x - column) * height;
    add(y, column, height - beyond);
    if (column + 1 < changes_.nx()) add(y, column + 1, beyond);
  }

  void add(int y, int x, double change) {
    Span& span = spans_[static_cast<std::size_t>(y)];
    span.first = std::min(span.first, x);
    span.end = std::max(span.end, x + 1);
    changes_(y, x) += change;
  }

  Image<double> changes_;
  std::vector<Span> spans_;
};

}  // namespace

Image<double> rasterise(const std::vector<Polygon>& merged, const Grid& grid, int threads) {
  check(merged, grid);
  CoverageChanges changes(grid.ny, grid.nx);
  for (const Polygon& polygon : merged) {
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      changes.add_edge(to_pixels(polygon[i], grid), to_pixels(polygon[(i + 1) % polygon.size()], grid));
    }
  }
  return std::move(changes).coverage(threads);
}

Bitmap rasterise_inclusive(const std::vector<Polygon>& polygons, const Grid& grid) {
  check(polygons, grid);
  Bitmap bitmap(grid.ny, grid.nx);
  for (const Polygon& polygon : polygons) {
    // Pixels of the polygon's own box; those just left of and below the grid still reach into it.
    const Box box = bounding_box({polygon});
    const auto index = [&](double nm, double origin, int n) {
      return static_cast<int>(std::clamp(std::floor((nm - origin) / grid.pixel_nm), -1.0, static_cast<double>(n)));
    };
    const int x0 = index(box.x0, grid.x0_nm, grid.nx);
    const int y0 = index(box.y0, grid.y0_nm, grid.ny);
    const int x1 = std::min(index(box.x1, grid.x0_nm, grid.nx) + 1, grid.nx);
    const int y1 = std::min(index(box.y1, grid.y0_nm, grid.ny) + 1, grid.ny);
    if (x0 >= x1 || y0 >= y1) continue;

    Polygon outer = polygon;
    if (signed_area(outer) < 0) std::reverse(outer.begin(), outer.end());
    const Grid local{grid.x0_nm + x0 * grid.pixel_nm, grid.y0_nm + y0 * grid.pixel_nm, x1 - x0, y1 - y0, grid.pixel_nm};
    const Image<double> coverage = rasterise({outer}, local);
    for (int j = y0; j < y1; ++j) {
      for (int i = x0; i < x1; ++i) {
        if (coverage(j - y0, i - x0) < 0.5) continue;
        for (int y = std::max(j, 0); y <= std::min(j + 1, grid.ny - 1); ++y) {
          for (int x = std::max(i, 0); x <= std::min(i + 1, grid.nx - 1); ++x) bitmap(y, x) = 1;
        }
      }
    }
  }
  return bitmap;
}

}  // namespace anamorph
