// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <functional>
#include <numbers>
#include <string>

#include "cpp/backend/backend.hpp"
#include "cpp/core/error.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/measure/contours.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/measure/gauge.hpp"
#include "cpp/measure/metrics.hpp"
#include "cpp/resist/resist.hpp"
#include "masks/layout.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "optics_models/contest_kernels.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;

/// A function of x, y in nm, sampled at the pixel centres.
Image<double> sampled(const Grid& grid, const std::function<double(double, double)>& f) {
  Image<double> image(grid.ny, grid.nx);
  for (int y = 0; y < grid.ny; ++y)
    for (int x = 0; x < grid.nx; ++x) image(y, x) = f(grid.x_centre_nm(x), grid.y_centre_nm(y));
  return image;
}

Bitmap rectangle(int ny, int nx, int x0, int y0, int x1, int y1) {
  Bitmap bitmap(ny, nx);
  for (int y = y0; y < y1; ++y) std::fill(bitmap.row(y) + x0, bitmap.row(y) + x1, std::uint8_t{1});
  return bitmap;
}

double total_area(const std::vector<Polygon>& polygons) {
  double area = 0;
  for (const auto& polygon : polygons) area += signed_area(polygon);
  return area;
}

// ---------------------------------------------------------------------------------------------------------------------
// Metrics

TEST(Metrics, L2CountsPixelsThatDiffer) {
  const Bitmap a = rectangle(10, 10, 2, 2, 6, 6);
  const Bitmap b = rectangle(10, 10, 3, 2, 7, 6);
  EXPECT_EQ(l2_px(a, b), 8);
  EXPECT_EQ(l2_px(a, a), 0);
  EXPECT_THROW((void)l2_px(a, Bitmap(10, 9)), Error);
}

TEST(Metrics, PvBandIsUnionMinusIntersection) {
  const std::vector<Bitmap> prints{rectangle(10, 10, 2, 2, 8, 8), rectangle(10, 10, 3, 3, 7, 7),
                                   rectangle(10, 10, 4, 4, 9, 6)};
  // Union: 36 + 2; intersection: columns 4..6, rows 4..5.
  EXPECT_EQ(pvband_px(prints), 36 + 2 - 6);
  EXPECT_EQ(pvband_px({prints[0]}), 0);
  EXPECT_EQ(pvband_px({}), 0);
  EXPECT_THROW((void)pvband_px({prints[0], Bitmap(9, 10)}), Error);
}

// ---------------------------------------------------------------------------------------------------------------------
// Contours

TEST(Contours, CircleIsSecondOrderAccurate) {
  const double radius = 20.3;
  std::array<double, 2> error{};
  for (int i = 0; i < 2; ++i) {
    const double pixel = i == 0 ? 1 : 0.5;
    const Grid grid{-32, -32, static_cast<int>(64 / pixel), static_cast<int>(64 / pixel), pixel};
    const auto field = sampled(
        grid, [](double x, double y) { return std::exp(-((x - 0.3) * (x - 0.3) + (y + 0.2) * (y + 0.2)) / 800); });
    const auto found = contours(field, grid, std::exp(-radius * radius / 800));
    ASSERT_EQ(found.size(), 1u);
    error[static_cast<std::size_t>(i)] = std::abs(signed_area(found[0]) / (pi * radius * radius) - 1);
    for (const Point& p : found[0]) EXPECT_NEAR(std::hypot(p.x - 0.3, p.y + 0.2), radius, 0.01 * pixel * pixel);
  }
  EXPECT_LT(error[0], 1e-3);
  EXPECT_NEAR(error[0] / error[1], 4, 0.5);
}

TEST(Contours, InsideIsOnTheLeftSoHolesRunClockwise) {
  const Grid grid{0, 0, 40, 40, 1};
  const auto ring = sampled(grid, [](double x, double y) { return 5 - std::abs(std::hypot(x - 20, y - 20) - 10); });
  const auto found = contours(ring, grid, 0);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(signed_area(found[0]), pi * 15 * 15, 1) << "lowest first: the outer contour";
  EXPECT_NEAR(signed_area(found[1]), -pi * 5 * 5, 1);
}

TEST(Contours, SaddleFollowsTheBilinearInterpolant) {
  const Grid grid{0, 0, 4, 4, 1};
  Image<double> field(4, 4, -1.0);
  field(1, 1) = field(2, 2) = 3;
  EXPECT_EQ(contours(field, grid, 0).size(), 1u) << "3 x 3 > 1 x 1: joined";
  field(1, 1) = field(2, 2) = 0.5;
  EXPECT_EQ(contours(field, grid, 0).size(), 2u) << "apart";
  // The other diagonal.
  field = Image<double>(4, 4, -1.0);
  field(1, 2) = field(2, 1) = 3;
  EXPECT_EQ(contours(field, grid, 0).size(), 1u);
  field(1, 2) = field(2, 1) = 0.5;
  const auto apart = contours(field, grid, 0);
  ASSERT_EQ(apart.size(), 2u);
  // Each a diamond with half diagonals 0.5 / 1.5.
  EXPECT_NEAR(signed_area(apart[0]), 2.0 / 9, 1e-12);
  EXPECT_NEAR(signed_area(apart[1]), 2.0 / 9, 1e-12);
}

TEST(Contours, CloseAlongTheWindow) {
  const Grid grid{10, -5, 6, 4, 2};
  const auto full = contours(Image<double>(4, 6, 1.0), grid, 0.5);
  ASSERT_EQ(full.size(), 1u);
  EXPECT_EQ(full[0].size(), 4u) << "nothing but the corners";
  EXPECT_DOUBLE_EQ(signed_area(full[0]), 12 * 8);
  EXPECT_EQ(bounding_box(full), (Box{10, -5, 22, 3}));
  EXPECT_TRUE(contours(Image<double>(4, 6, 0.0), grid, 0.5).empty());

  const auto half = contours(sampled(grid, [](double x, double) { return 15.5 - x; }), grid, 0);
  ASSERT_EQ(half.size(), 1u);
  EXPECT_EQ(bounding_box(half), (Box{10, -5, 15.5, 3}));
  EXPECT_NEAR(signed_area(half[0]), 5.5 * 8, 1e-12);
}

TEST(Contours, LevelEqualToASample) {
  const Grid grid{0, 0, 5, 5, 1};
  Image<double> field(5, 5, 0.0);
  field(2, 2) = 1;
  EXPECT_TRUE(contours(field, grid, 1).empty()) << "a point encloses nothing";
  for (int y = 1; y < 4; ++y)
    for (int x = 1; x < 4; ++x) field(y, x) = 1;
  const auto square = contours(field, grid, 1);
  ASSERT_EQ(square.size(), 1u);
  EXPECT_DOUBLE_EQ(signed_area(square[0]), 4) << "through the outermost centres";
  EXPECT_EQ(square[0].size(), 4u);
}

TEST(Contours, PeriodicTilesFitTogether) {
  const int n = 60;
  const Grid grid{0, 0, n, n, 1};
  const auto blob = [&](double cx, double cy) {
    return sampled(
        grid, [&](double x, double y) { return std::cos(2 * pi * (x - cx) / n) + std::cos(2 * pi * (y - cy) / n); });
  };
  const auto whole = contours(blob(n / 2, n / 2), grid, 1, true);
  const auto quarters = contours(blob(0, 0), grid, 1, true);
  ASSERT_EQ(whole.size(), 1u);
  ASSERT_EQ(quarters.size(), 4u);
  // The seam adds points on the chords: the areas differ in second order, |I''| / (8 |I'|) = 0.01 nm of seam width.
  EXPECT_NEAR(total_area(quarters), total_area(whole), 0.1);
  // What leaves the right edge comes in at the left one.
  std::vector<double> left, right;
  for (const auto& quarter : quarters)
    for (const Point& p : quarter) {
      if (p.x == 0) left.push_back(p.y);
      if (p.x == n) right.push_back(p.y);
    }
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  EXPECT_EQ(left, right);

  // The seam lies half way between the last and the first pixel.
  const auto steep = contours(blob(12.3, n / 2), grid, 1, true);
  const double half = n / (2 * pi) * std::acos(1 - std::cos(2 * pi * 12.3 / n));
  double lowest = n;
  for (const auto& polygon : steep)
    for (const Point& p : polygon)
      if (p.x == 0) lowest = std::min(lowest, p.y);
  EXPECT_NEAR(lowest, n / 2 - half, 0.03);
}

// ---------------------------------------------------------------------------------------------------------------------
// Edge placement

std::vector<int> lower_edge_sites(int drawn_length) {
  const Grid grid{0, 0, 400, 200, 1};
  // Edge-inclusive: one pixel longer than drawn.
  std::vector<int> x;
  for (const EpeSite& site : epe_sites(rectangle(200, 400, 50, 50, 50 + drawn_length + 1, 101), grid))
    if (site.ny == -1) x.push_back(site.x - 50);
  return x;
}

TEST(Epe, SitesMeetInTheMiddleOfAnEdge) {
  EXPECT_EQ(lower_edge_sites(50), (std::vector<int>{25}));
  EXPECT_EQ(lower_edge_sites(80), (std::vector<int>{40}));
  EXPECT_EQ(lower_edge_sites(100), (std::vector<int>{40, 60}));
  EXPECT_EQ(lower_edge_sites(160), (std::vector<int>{40, 80, 120}));
  EXPECT_EQ(lower_edge_sites(220), (std::vector<int>{40, 80, 140, 180}));
}

TEST(Epe, SitesLieOnTheOuterFacesOfTheTarget) {
  const Grid grid{-100, 20, 120, 100, 2};
  const auto sites = epe_sites(rectangle(100, 120, 30, 40, 61, 51), grid);
  ASSERT_EQ(sites.size(), 4u);
  EXPECT_EQ(sites[0], (EpeSite{30, 45, -1, 0, {-100 + 60, 20 + 91}}));
  EXPECT_EQ(sites[1], (EpeSite{60, 45, 1, 0, {-100 + 122, 20 + 91}}));
  EXPECT_EQ(sites[2], (EpeSite{45, 40, 0, -1, {-100 + 91, 20 + 80}}));
  EXPECT_EQ(sites[3], (EpeSite{45, 50, 0, 1, {-100 + 91, 20 + 102}}));
  EXPECT_TRUE(epe_sites(Bitmap(100, 120), grid).empty());
  EXPECT_THROW((void)epe_sites(Bitmap(3, 3), grid), Error);
}

TEST(Epe, CountsWhatIsMissingInsideAndWhatPrintsOutside) {
  const Grid grid{0, 0, 200, 200, 1};
  const auto sites = epe_sites(rectangle(200, 200, 60, 60, 121, 121), grid);  // one site per edge
  const auto count = [&](int grow) {
    return contest_epe(rectangle(200, 200, 60 - grow, 60 - grow, 121 + grow, 121 + grow), sites);
  };
  EXPECT_EQ(count(0).violations(), 0);
  EXPECT_EQ(count(14).outer, 0);
  EXPECT_EQ(count(15).outer, 4);
  EXPECT_EQ(count(15).inner, 0);
  EXPECT_EQ(count(-15).inner, 0);
  EXPECT_EQ(count(-16).inner, 4);
  EXPECT_EQ(contest_epe(Bitmap(200, 200), sites).inner, 4);
}

TEST(Epe, SitesGoOnAcrossTheSeam) {
  // The same L-shaped target, in the middle of the window and moved across its corner, has the same sites, moved.
  const int n = 300;
  const Grid grid{0, 0, n, n, 1};
  Bitmap middle(n, n), moved(n, n);
  for (int y = 90; y < 240; ++y)
    for (int x = 80; x < (y < 130 ? 250 : 140); ++x) middle(y, x) = moved((y + 170) % n, (x + 160) % n) = 1;
  std::vector<EpeSite> expected = epe_sites(middle, grid), found = epe_sites(moved, grid);
  for (EpeSite& s : expected) {
    s.x = (s.x + 160) % n;
    s.y = (s.y + 170) % n;
  }
  ASSERT_EQ(found.size(), expected.size());
  for (const EpeSite& s : expected)
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const EpeSite& f) {
      return f.x == s.x && f.y == s.y && f.nx == s.nx && f.ny == s.ny;
    })) << s.x << " " << s.y;
}

TEST(Epe, SignedErrorIsPositiveWhereThePrintIsTooLarge) {
  const double period = 100;
  const Grid grid{0, 0, 100, 40, 1};
  const double threshold = 0.35;
  const auto bright =
      sampled(grid, [&](double x, double) { return 0.5 + 0.4 * std::cos(2 * pi * (x - 50.3) / period); });
  const double half = period / (2 * pi) * std::acos((threshold - 0.5) / 0.4);
  // A bar through the whole window, so that its only edges with an image are the left and right one.
  const auto sites = epe_sites(rectangle(40, 100, 25, 0, 75, 40), grid);
  ASSERT_EQ(sites.size(), 2u) << "the bar goes on periodically and has no ends";
  for (const bool tone : {true, false}) {
    const auto image = tone ? bright : sampled(grid, [&](double x, double) {
      return 2 * threshold - (0.5 + 0.4 * std::cos(2 * pi * (x - 50.3) / period));
    });
    const EpeResult result = signed_epe(image, grid, threshold, tone, {sites[0], sites[1]});
    EXPECT_NEAR(result.epe_nm[0], 25 - (50.3 - half), 1e-5);
    EXPECT_NEAR(result.epe_nm[1], 50.3 + half - 75, 1e-5);
    EXPECT_GT(result.epe_nm[0], 5);
    EXPECT_NEAR(result.max_nm, std::max(result.epe_nm[0], result.epe_nm[1]), 0);
    EXPECT_NEAR(result.mean_nm, (result.epe_nm[0] + result.epe_nm[1]) / 2, 1e-12);
    EXPECT_EQ(result.missing, 0);
  }
  const EpeResult dark = signed_epe(Image<double>(40, 100, 0.0), grid, threshold, true, sites);
  EXPECT_EQ(dark.missing, 2);
  EXPECT_TRUE(std::isnan(dark.epe_nm[0]));
  EXPECT_EQ(dark.mean_nm, 0);
  EXPECT_EQ(signed_epe(bright, grid, threshold, true, {sites[0], sites[1]}, 3).missing, 2) << "beyond the search range";
}

// The contest's own figures: target as mask, nominal and process corners.
struct KnownCase {
  int number;
  long l2;
  long pvband;
  int inner;  // -1: not published
  int outer;
};

class ContestCase : public testing::TestWithParam<KnownCase> {};

TEST_P(ContestCase, TargetAsMaskHasItsKnownErrors) {
  const auto folder = std::filesystem::path(ANAMORPH_DATA) / "iccad13";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no contest data";
  const Grid grid{0, 0, 2048, 2048, 1};
  const Layout layout = read_layout(folder / ("M1_test" + std::to_string(GetParam().number) + ".glp"));
  const Bitmap target = rasterise_inclusive(centred(polygons(layout), 2048, 2048), grid);
  const auto kernels = read_contest_folder(folder / "kernels");
  const auto backend = make_backend("cpu", 2);
  ImagingModel model{{kernels.focus, kernels.defocus}, {{"nominal", 1, 0, 0}}};
  const auto images = Imager(*backend, model, grid).images(target);
  const ResistModel resist;
  const Bitmap nominal = printed(images[0], 1, resist);
  // The last bit of the image decides a pixel or two on the contour.
  EXPECT_LE(std::abs(l2_px(nominal, target) - GetParam().l2), 2);
  const long band = pvband_px({printed(images[0], 1.02 * 1.02, resist), printed(images[1], 0.98 * 0.98, resist)});
  EXPECT_LE(std::abs(band - GetParam().pvband), 2);
  if (GetParam().inner < 0) return;
  const ContestEpe epe = contest_epe(nominal, epe_sites(target, grid));
  EXPECT_EQ(epe.inner, GetParam().inner);
  EXPECT_EQ(epe.outer, GetParam().outer);
}

INSTANTIATE_TEST_SUITE_P(Iccad13, ContestCase,
                         testing::Values(KnownCase{1, 116184, 45874, 65, 21}, KnownCase{2, 117802, 37035, -1, -1},
                                         KnownCase{3, 160846, 32646, 96, 29}, KnownCase{4, 84037, 101, 64, 0},
                                         KnownCase{5, 117516, 59188, -1, -1}, KnownCase{6, 110523, 50684, -1, -1},
                                         KnownCase{7, 103219, 54316, -1, -1}, KnownCase{8, 55012, 19084, -1, -1},
                                         KnownCase{9, 120212, 60796, -1, -1}, KnownCase{10, 41291, 15039, 26, 0}),
                         [](const auto& test) { return "case" + std::to_string(test.param.number); });

// ---------------------------------------------------------------------------------------------------------------------
// Gauges

TEST(Gauge, WidthAndSlopeOfACosine) {
  const Grid grid{-100, 50, 200, 200, 1};
  const double threshold = 0.4;
  // The interpolation error of the period, divided by the slope, bounds the error of an edge.
  for (const double period : {20.0, 9.0, 7.0}) {
    const double relative = std::pow(2 * pi / period, 6) / 205;
    for (const double angle : {0.0, 37.0, 90.0, 180.0}) {
      const double c = std::cos(angle * pi / 180), s = std::sin(angle * pi / 180);
      const auto image = sampled(grid, [&](double x, double y) {
        return 0.5 + 0.4 * std::cos(2 * pi * (c * (x - 1.3) + s * (y - 147.1)) / period);
      });
      const double argument = std::acos((threshold - 0.5) / 0.4);
      const double cd = period / pi * argument;
      const double slope = 0.4 * 2 * pi / period * std::sin(argument);
      const GaugeResult bright = measure({"g", {1.0, 147.0}, angle}, image, grid, threshold, true);
      const double tolerance = 4 * relative * 0.4 / slope;  // two edges, two axes
      EXPECT_LT(tolerance, 0.05);
      EXPECT_NEAR(bright.cd_nm, cd, tolerance) << period << ' ' << angle;
      EXPECT_NEAR(bright.nils_low, cd * slope / threshold, 40 * relative * bright.nils_low);
      EXPECT_NEAR(bright.nils_high, bright.nils_low, 40 * relative * bright.nils_low);
      EXPECT_NEAR(c * (bright.high_edge.x - 1.3) + s * (bright.high_edge.y - 147.1), cd / 2, tolerance);
      const GaugeResult dark =
          measure({"g", {1.3 + c * period / 2, 147.1 + s * period / 2}, angle}, image, grid, threshold, false);
      EXPECT_NEAR(dark.cd_nm, period - cd, tolerance);
    }
  }
}

TEST(Gauge, TheWantedWidthNormalisesTheSlope) {
  const Grid grid{0, 0, 40, 40, 1};
  const auto image = sampled(grid, [](double x, double) { return 0.5 + 0.4 * std::cos(2 * pi * (x - 20) / 40); });
  const GaugeResult own = measure({"g", {20, 20}, 0, 0}, image, grid, 0.5, true);
  const GaugeResult wanted = measure({"g", {20, 20}, 0, 10}, image, grid, 0.5, true);
  EXPECT_NEAR(wanted.nils_low / own.nils_low, 10 / own.cd_nm, 1e-12);
}

TEST(Gauge, FindsAFeatureAcrossTheSeamAndSaysWhenThereIsNone) {
  const Grid grid{0, 0, 40, 40, 1};
  const auto image = sampled(grid, [](double x, double) { return 0.5 + 0.4 * std::cos(2 * pi * x / 40); });
  EXPECT_NEAR(measure({"g", {0, 5}}, image, grid, 0.5, true).cd_nm, 20, 1e-5);
  EXPECT_TRUE(std::isnan(measure({"g", {20, 5}}, image, grid, 0.5, true).cd_nm)) << "does not print there";
  EXPECT_TRUE(std::isnan(measure({"g", {0, 5}, 90}, image, grid, 0.5, true).cd_nm))
      << "along the line there is no edge";
  EXPECT_THROW((void)measure({"g", {NAN, 5}}, image, grid, 0.5, true), Error);
}

TEST(Metrics, PrintDefectsCountsExtraSpotsAndLostShapes) {
  Bitmap target(30, 30), print(30, 30);
  target(5, 5) = target(5, 6) = print(5, 6) = 1;  // printed, though smaller
  target(20, 20) = 1;                             // lost
  print(10, 10) = print(11, 11) = 1;              // one spot, joined by its corner
  print(0, 29) = print(29, 0) = 1;                // one spot across the corner of the window
  const PrintDefects defects = print_defects(print, target);
  EXPECT_EQ(defects.extra, 2);
  EXPECT_EQ(defects.missing, 1);
  EXPECT_EQ(print_defects(target, target).extra, 0);
}

}  // namespace
}  // namespace anamorph
