// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/layout.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "masks/shots.hpp"

namespace anamorph {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

Polygon rectangle(double x0, double y0, double x1, double y1) { return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}; }

double sum(const Image<double>& image) { return std::accumulate(image.begin(), image.end(), 0.0); }

/// Area of a convex polygon inside a box, by cutting it at the box's four sides: another way to the same number.
double area_in_box(Polygon polygon, const Box& box) {
  const auto cut = [&](double a, double b, double c) {  // keeps a x + b y <= c
    Polygon kept;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      const Point p = polygon[i];
      const Point q = polygon[(i + 1) % polygon.size()];
      const double fp = a * p.x + b * p.y - c;
      const double fq = a * q.x + b * q.y - c;
      if (fp <= 0) kept.push_back(p);
      if ((fp < 0 && fq > 0) || (fp > 0 && fq < 0)) {
        const double t = fp / (fp - fq);
        kept.push_back({p.x + t * (q.x - p.x), p.y + t * (q.y - p.y)});
      }
    }
    polygon = kept;
  };
  cut(-1, 0, -box.x0);
  cut(1, 0, box.x1);
  cut(0, -1, -box.y0);
  cut(0, 1, box.y1);
  return signed_area(polygon);
}

TEST(Raster, FractionsOfAPixel) {
  const Image<double> image = rasterise({rectangle(1.25, 0.5, 3.5, 2)}, {0, 0, 5, 3, 1});
  const std::vector<double> expected{0, 0.375, 0.5, 0.25, 0,  //
                                     0, 0.75,  1,   0.5,  0,  //
                                     0, 0,     0,   0,    0};
  EXPECT_EQ(std::vector<double>(image.begin(), image.end()), expected);
}

TEST(Raster, RowZeroIsLowestAndTheGridHasItsOwnOriginAndPixel) {
  const Image<double> image = rasterise({rectangle(100, 50, 104, 52)}, {96, 50, 4, 3, 4});
  const std::vector<double> expected{0, 0.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(std::vector<double>(image.begin(), image.end()), expected);
}

TEST(Raster, TrianglesAtAnyAngleInAndOutsideOfTheGrid) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> coordinate(-4, 12);
  for (int trial = 0; trial < 300; ++trial) {
    Polygon triangle{{coordinate(random), coordinate(random)},
                     {coordinate(random), coordinate(random)},
                     {coordinate(random), coordinate(random)}};
    if (signed_area(triangle) < 0) std::swap(triangle[0], triangle[1]);
    const Image<double> image = rasterise({triangle}, {0, 0, 8, 7, 1});
    for (int y = 0; y < 7; ++y) {
      for (int x = 0; x < 8; ++x) {
        const Box pixel{double(x), double(y), x + 1.0, y + 1.0};
        // A dozen roundings of coordinates up to 12.
        ASSERT_NEAR(image(y, x), area_in_box(triangle, pixel), 300 * epsilon) << trial << ": " << y << ", " << x;
      }
    }
  }
}

TEST(Raster, ConservesTheAreaOfAHoledRotatedShape) {
  const auto ring = [](double radius, int sides, bool hole) {
    Polygon polygon;
    for (int i = 0; i < sides; ++i) {
      const double a = 2 * std::numbers::pi * (hole ? -i : i) / sides + 0.3;
      polygon.push_back({51.7 + radius * std::cos(a), 48.9 + radius * std::sin(a)});
    }
    return polygon;
  };
  const std::vector<Polygon> shape{ring(40.3, 97, false), ring(21.9, 5, true)};
  const double area = signed_area(shape[0]) + signed_area(shape[1]);
  const Image<double> image = rasterise(shape, {0, 0, 200, 200, 0.5}, 2);
  EXPECT_NEAR(sum(image) * 0.25, area, 1e4 * epsilon * area);  // 1e4 pixels summed
  EXPECT_EQ(image, rasterise(shape, {0, 0, 200, 200, 0.5}, 1));
}

TEST(Raster, RefusesNonsense) {
  EXPECT_THROW((void)rasterise({}, {0, 0, 0, 4, 1}), Error);
  EXPECT_THROW((void)rasterise({}, {0, 0, 4, 4, 0}), Error);
  EXPECT_THROW((void)rasterise({{{0, 0}, {1, 0}, {1, std::nan("")}}}, {0, 0, 4, 4, 1}), Error);
  EXPECT_THROW((void)rasterise({{{0, 0}, {1e300, 0}, {1, 1}}}, {0, 0, 4, 4, 1}), Error);
  EXPECT_EQ(sum(rasterise({{}, {{1, 1}}, {{0, 0}, {2, 2}}}, {0, 0, 4, 4, 1})), 0);
  EXPECT_EQ(sum(rasterise({rectangle(-1e12, -1e12, 1e12, 1e12)}, {0, 0, 4, 4, 1})), 16);
}

TEST(InclusiveRaster, EachPolygonIsOnePixelLarger) {
  // Two squares that touch: drawn 2 x 2 each, inclusive 3 x 3 each, one column in common.
  const std::vector<Polygon> squares{rectangle(1, 1, 3, 3), rectangle(3, 1, 5, 3)};
  const Bitmap bitmap = rasterise_inclusive(squares, {0, 0, 8, 5, 1});
  const std::vector<int> expected{0, 0, 0, 0, 0, 0, 0, 0,  //
                                  0, 1, 1, 1, 1, 1, 0, 0,  //
                                  0, 1, 1, 1, 1, 1, 0, 0,  //
                                  0, 1, 1, 1, 1, 1, 0, 0,  //
                                  0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(std::vector<int>(bitmap.begin(), bitmap.end()), expected);
}

TEST(InclusiveRaster, OrientationDoesNotMatterAndTheGridCuts) {
  const Polygon clockwise{{-5, -5}, {-5, 0}, {0, 0}, {0, -5}};
  const Bitmap corner = rasterise_inclusive({clockwise}, {0, 0, 4, 4, 1});
  EXPECT_EQ(std::accumulate(corner.begin(), corner.end(), 0), 1);  // the corner (0, 0) itself counts as inside
  EXPECT_EQ(corner(0, 0), 1);
  const Bitmap beyond = rasterise_inclusive({rectangle(2, 2, 1e9, 1e9)}, {0, 0, 4, 4, 1});
  EXPECT_EQ(std::accumulate(beyond.begin(), beyond.end(), 0), 4);
}

TEST(InclusiveRaster, FirstContestClipHasItsPublishedPixelCounts) {
  const std::filesystem::path file = std::filesystem::path(ANAMORPH_DATA) / "iccad13/M1_test1.glp";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no data folder";
  const std::vector<Polygon> drawn = centred(polygons(read_layout(file)), 2048, 2048);
  const Grid grid{0, 0, 2048, 2048, 1};
  const Bitmap inclusive = rasterise_inclusive(drawn, grid);
  EXPECT_EQ(std::accumulate(inclusive.begin(), inclusive.end(), 0), 218902);
  EXPECT_EQ(sum(rasterise(merge(drawn), grid)), 215344);
}

Bitmap picture(const std::vector<std::string>& rows) {
  Bitmap bitmap(static_cast<int>(rows.size()), static_cast<int>(rows[0].size()));
  for (int y = 0; y < bitmap.ny(); ++y) {
    for (int x = 0; x < bitmap.nx(); ++x)
      bitmap(y, x) = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] == '#';
  }
  return bitmap;
}

TEST(Shots, IdenticalRunsOfNeighbouringRowsMerge) {
  EXPECT_EQ(rectangle_count(Bitmap(5, 7)), 0);
  EXPECT_EQ(rectangle_count(Bitmap(5, 70, 1)), 1);
  EXPECT_EQ(rectangle_count(picture({"##.##", "##.##", ".....", "##.##"})), 4);
  EXPECT_EQ(rectangle_count(picture({"#....", "##...", "###.."})), 3);
  // By rows 5: the wide row, and two pieces above and below it; by columns 3.
  EXPECT_EQ(rectangle_count(picture({"#.#", "###", "#.#"})), 3);
  EXPECT_EQ(rectangle_count(picture({"###", ".#.", "###"})), 3);
  // A run that was interrupted begins again.
  EXPECT_EQ(rectangle_count(picture({"#.", "..", "#."})), 2);
}

TEST(Shots, AgreesWithACountByPixels) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 50; ++trial) {
    const int ny = 1 + static_cast<int>(random() % 9);
    const int nx = 1 + static_cast<int>(random() % 140);
    Bitmap mask(ny, nx);
    for (auto& pixel : mask) pixel = random() % 4 != 0;
    const auto count = [](int rows, int columns, const auto& at) {
      long found = 0;
      for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < columns; ++x) {
          if (!at(y, x) || (x > 0 && at(y, x - 1))) continue;
          int end = x;
          while (end < columns && at(y, end)) ++end;
          bool repeats = y > 0 && (x == 0 || !at(y - 1, x - 1)) && (end == columns || !at(y - 1, end));
          for (int i = x; i < end && repeats; ++i) repeats = at(y - 1, i);
          if (!repeats) ++found;
        }
      }
      return found;
    };
    const long by_rows = count(ny, nx, [&](int y, int x) { return mask(y, x) != 0; });
    const long by_columns = count(nx, ny, [&](int y, int x) { return mask(x, y) != 0; });
    ASSERT_EQ(rectangle_count(mask), std::min(by_rows, by_columns));
  }
}

}  // namespace
}  // namespace anamorph
