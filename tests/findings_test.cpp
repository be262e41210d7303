// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/findings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <numbers>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/error.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/io/findings_json.hpp"
#include "cpp/io/findings_tables.hpp"
#include "cpp/io/markers.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/measure/pattern_key.hpp"
#include "cpp/measure/pixel_image.hpp"
#include "cpp/measure/print_cuts.hpp"
#include "cpp/measure/print_parts.hpp"
#include "cpp/measure/target_edges.hpp"
#include "cpp/measure/tile_verify.hpp"
#include "masks/layout.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "masks/shots.hpp"
#include "optics_models/contest_kernels.hpp"

// Images with closed forms stand for prints: openings blurred by a Gaussian, and products of cosines. What they print
// is found a second time from the closed form.

namespace anamorph {
namespace {

using std::numbers::pi;

Polygon box(double x0, double y0, double x1, double y1) { return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}; }

constexpr double sigma = 25;

/// Openings blurred by a Gaussian: 1 deep inside, 1/2 on a long edge.
double blurred(const std::vector<Polygon>& openings, double x, double y) {
  const auto step = [](double at) { return std::erfc(-at / (sigma * std::numbers::sqrt2)) / 2; };
  double sum = 0;
  for (const Polygon& p : openings) {
    const Box b = bounding_box({p});
    if (x < b.x0 - 8 * sigma || x > b.x1 + 8 * sigma || y < b.y0 - 8 * sigma || y > b.y1 + 8 * sigma) continue;
    sum += (step(x - b.x0) - step(x - b.x1)) * (step(y - b.y0) - step(y - b.y1));
  }
  return sum;
}

Image<double> sampled(const Grid& grid, const std::function<double(double, double)>& f) {
  Image<double> image(grid.ny, grid.nx);
  for (int y = 0; y < grid.ny; ++y)
    for (int x = 0; x < grid.nx; ++x) image(y, x) = f(grid.x_centre_nm(x), grid.y_centre_nm(y));
  return image;
}

/// Boxes as a tile of 1200 nm whose core is 200 nm from its edge, printed at these doses; threshold 1/2.
VerifyTile tile_of(const std::vector<Polygon>& mask, const std::vector<Polygon>& target, std::vector<double> doses) {
  VerifyTile tile;
  tile.grid = {0, 0, 300, 300, 4};
  tile.core = {200, 200, 1000, 1000};
  tile.target = merge(target);
  tile.mask = merge(mask);
  tile.images.push_back(sampled(tile.grid, [&](double x, double y) { return blurred(mask, x, y); }));
  for (const double dose : doses) tile.conditions.push_back({"dose " + std::to_string(dose), dose, 0, 0, true});
  tile.threshold = 0.5;
  return tile;
}

std::vector<Finding> of_kind(const Findings& findings, FindingKind kind) {
  std::vector<Finding> some;
  std::copy_if(findings.worst.begin(), findings.worst.end(), std::back_inserter(some),
               [&](const Finding& f) { return f.kind == kind; });
  return some;
}

double root(const std::function<double(double)>& f, double low, double high) {
  for (int i = 0; i < 80; ++i) {
    const double middle = (low + high) / 2;
    ((f(middle) > 0) == (f(low) > 0) ? low : high) = middle;
  }
  return (low + high) / 2;
}

// ---------------------------------------------------------------------------------------------------------------------
// Where and how is measured

TEST(PixelImage, LinesAtAnyAngleFindTheCrossing) {
  const Grid grid{-3, 5, 64, 48, 4.75};
  const double px = grid.width_nm() / 4, py = grid.height_nm() / 3;  // periods of 76 nm: 16 pixels
  const auto f = [&](double x, double y) {
    return 0.5 + 0.3 * std::cos(2 * pi * x / px) * std::cos(2 * pi * (y - 7) / py);
  };
  const Image<double> image = sampled(grid, f);
  const PixelImage pixels(image, grid);
  for (const double angle : {0.0, 90.0, 180.0, 270.0, 33.0, 200.0}) {
    const Point d{std::cos(angle * pi / 180), std::sin(angle * pi / 180)};
    const Point along{std::abs(d.x) < 1e-9 ? 0 : d.x, std::abs(d.y) < 1e-9 ? 0 : d.y};
    const Point from{76.3, 83.1};  // a peak
    const double exact = root([&](double s) { return f(from.x + s * along.x, from.y + s * along.y) - 0.5; }, 5, 35);
    ImageLine line;
    std::vector<Crossing> found;
    pixels.line(from, along, 0, 36, line);
    crossings(line, 0.5, true, 0, 36, found);
    ASSERT_GE(found.size(), 1u) << angle;
    EXPECT_NEAR(found[0].at_nm, exact, 2e-3) << angle;
    EXPECT_TRUE(found[0].leaves);
    EXPECT_TRUE(prints_at(line, 0.5, true, exact - 0.1));
    EXPECT_FALSE(prints_at(line, 0.5, true, exact + 0.1));
    crossings(line, 0.5, false, 0, 36, found);
    EXPECT_FALSE(found[0].leaves) << "what is dark begins there";
  }
}

TEST(TargetEdges, CornersHolesAndWhatLiesOpposite) {
  // A frame with a hole, and an L.
  const TargetEdges target(merge({box(0, 0, 300, 60), box(0, 0, 60, 300), box(240, 0, 300, 300), box(0, 240, 300, 300),
                                  box(400, 0, 600, 80), box(400, 0, 480, 300)}));
  ASSERT_EQ(target.features().size(), 2u);
  double area = 0;
  for (const auto& feature : target.features()) area += feature.area_nm2;
  EXPECT_DOUBLE_EQ(area, 300 * 300 - 180 * 180 + 200 * 80 + 80 * 220);
  EXPECT_EQ(std::count_if(target.corners().begin(), target.corners().end(), [](const auto& c) { return c.convex; }),
            4 + 5);
  const auto hit = target.first_hit({300, 150}, {1, 0}, 200);
  ASSERT_TRUE(hit);
  EXPECT_DOUBLE_EQ(hit->distance_nm, 100);
  EXPECT_FALSE(target.first_hit({300, 150}, {1, 0}, 99));
  const auto across = target.first_hit({0, 150}, {1, 0}, 200);
  ASSERT_TRUE(across);
  EXPECT_DOUBLE_EQ(across->distance_nm, 60) << "the hole's edge belongs to the frame";
  EXPECT_EQ(target.edges()[static_cast<std::size_t>(across->edge)].feature,
            target.edges()[static_cast<std::size_t>(target.edges_in({-1, 100, 1, 101}).front())].feature);
  const auto rows = target.painted({0, 0, 70, 40, 10});
  EXPECT_EQ(rows[2].size(), 2u);
  ASSERT_EQ(rows[10].size(), 3u) << "two sides of the frame, one of the L";
  EXPECT_EQ(rows[10][0].x1, 6);
  EXPECT_EQ(rows[10][1].x0, 24);
  EXPECT_EQ(rows[10][2].x0, 40);
}

TEST(PolygonSites, AreThoseOfThePixels) {
  const Grid grid{0, 0, 600, 500, 1};
  const std::vector<Polygon> shapes = merge({box(50, 60, 500, 130), box(50, 60, 130, 440), box(300, 250, 360, 310)});
  Bitmap bitmap(grid.ny, grid.nx);
  const Image<double> coverage = rasterise(shapes, grid);
  std::transform(coverage.begin(), coverage.end(), bitmap.begin(), [](double c) { return std::uint8_t(c >= 0.5); });
  const std::vector<EpeSite> pixels = epe_sites(bitmap, grid, EpeDistances{}.rule(1));
  const TargetEdges target(shapes);
  const std::vector<PolygonSite> sites = polygon_sites(target, {}, {0, 0, 600, 500});
  // The pixels' sites stand at pixel centres, so that an edge may have one less or more in its middle.
  EXPECT_NEAR(static_cast<double>(sites.size()), static_cast<double>(pixels.size()), 4);
  int near = 0;
  for (const EpeSite& p : pixels)
    near += std::any_of(sites.begin(), sites.end(), [&](const PolygonSite& s) {
      const Point& n = target.edges()[static_cast<std::size_t>(s.edge)].normal;
      return n.x == p.nx && n.y == p.ny && std::hypot(s.at_nm.x - p.at_nm.x, s.at_nm.y - p.at_nm.y) <= 1;
    });
  EXPECT_GE(near, static_cast<int>(pixels.size()) - 3);
  // Parts side by side hold each site once.
  std::size_t parts = 0;
  for (const Box& part : {Box{0, 0, 90, 130}, {90, 0, 600, 130}, {0, 130, 90, 500}, {90, 130, 600, 500}})
    parts += polygon_sites(target, {}, part).size();
  EXPECT_EQ(parts, sites.size());
  // The square ends no line.
  EXPECT_EQ(std::count_if(sites.begin(), sites.end(), [](const PolygonSite& s) { return s.line_end; }), 2);
}

TEST(PolygonSites, OfLongEdgesDoNotDependOnWhatATileSees) {
  // Lines of all lengths, a hole, and an oblique wire; tiles see 600 nm beyond their cores and are told that edges up
  // to 400 nm are seen whole. Each counts from its own corner, as tiles do.
  const std::vector<Polygon> shapes = merge({box(103, 207, 3291, 267),
                                             box(350, 400, 390, 3000),
                                             box(500, 500, 880, 560),
                                             box(500, 700, 905, 760),
                                             box(1200, 900, 2900, 2500),
                                             {{600, 3100}, {640, 3100}, {1437, 3897}, {1397, 3897}}});
  std::vector<Polygon> holed = shapes;
  holed.push_back({{1400, 1100}, {1400, 2309}, {2700, 2309}, {2700, 1100}});
  constexpr double dbu = 0.1, whole = 400, view = 600;
  const EpeDistances rule;
  const Region region = region_of(holed, dbu);
  const auto sites_of = [&](double core) {
    std::set<std::tuple<long, long, bool>> all;  // in hundredths of a nm
    std::size_t count = 0;
    for (double y = 0; y < 4000; y += core)
      for (double x = 0; x < 4000; x += core) {
        const auto to_dbu = [&](double v) { return static_cast<std::int64_t>(std::llround(v / dbu)); };
        const DbuBox seen{to_dbu(x - view), to_dbu(y - view), to_dbu(x + core + view), to_dbu(y + core + view)};
        const TargetEdges target(polygons_nm((region & Region(seen)).moved({-to_dbu(x), -to_dbu(y)}), dbu));
        for (const PolygonSite& s :
             polygon_sites(target, rule, {-1e-4, -1e-4, core - 1e-4, core - 1e-4}, {whole, {-x, -y}})) {
          all.insert({std::lround(100 * (s.at_nm.x + x)), std::lround(100 * (s.at_nm.y + y)), s.line_end});
          ++count;
        }
      }
    EXPECT_EQ(all.size(), count) << "each once";
    return all;
  };
  const auto one = sites_of(4000);
  EXPECT_GT(one.size(), 300u);
  for (const double core : {2000.0, 1000.0, 713.0, 517.0}) EXPECT_EQ(sites_of(core), one) << core;

  // Along the longest edge: from its ends on, then multiples of 40 nm, no two nearer than half of that.
  std::vector<double> at;
  for (const auto& [x, y, end] : one)
    if (y == 20700) at.push_back(static_cast<double>(x) / 100);
  ASSERT_GT(at.size(), 70u);
  EXPECT_EQ(at[0], 143);
  EXPECT_EQ(at[4], 303) << "five places over half of 400 nm";
  EXPECT_EQ(at[5], 360) << "320 is too near";
  EXPECT_EQ(at.back(), 3251);
  EXPECT_EQ(at[at.size() - 5], 3091);
  EXPECT_EQ(at[at.size() - 6], 3040);
  for (std::size_t i = 1; i < at.size(); ++i) {
    EXPECT_GE(at[i] - at[i - 1], 20);
    EXPECT_LE(at[i] - at[i - 1], 60);
  }
  // An edge that is not long has its sites as ever.
  TargetEdge edge;
  edge.length = 400, edge.along = {1, 0};
  EXPECT_EQ(site_positions(edge, rule, {whole, {7, 7}}), site_positions(edge, rule));
}

TEST(PrintCuts, OfLongEdgesDoNotDependOnWhatATileSees) {
  // Nothing prints, so that every cut across the line is a place: where do they stand?
  const Grid grid{0, 0, 300, 300, 4};
  const std::vector<Image<double>> dark{Image<double>(300, 300, 0.0)};
  const PrintModel print(dark, grid, {{"one", 1, 0, 0, true}}, 0.5, true);
  CutRules rules;
  rules.lattice = {400, {7, 7}};
  const auto cuts = [&](double begin, double end) {
    std::set<std::pair<long, long>> at;
    for (const NarrowPlace& p :
         narrow_places(print, TargetEdges({box(begin, 570, end, 630)}), rules, {500, 500, 700, 700}))
      at.insert({std::lround(100 * p.at_nm.x), std::lround(100 * p.at_nm.y)});
    return at;
  };
  const auto seen = cuts(-103, 1500);
  EXPECT_EQ(seen.size(), 20u);
  EXPECT_TRUE(seen.contains({50700, 60000}));
  EXPECT_EQ(cuts(-59.3, 1301), seen);
  EXPECT_NE(cuts(450, 800), seen) << "a short one is cut from its ends";
}

// ---------------------------------------------------------------------------------------------------------------------
// Kinds of findings

TEST(Findings, APinchIsAsWideAsTheClosedFormSays) {
  // A line along y whose contrast falls at y = 600: width(y) = (P / pi) acos((T - 0.5) / (0.4 m(y))).
  const double period = 300, threshold = 0.7;
  const auto contrast = [](double y) { return 1 - 0.35 * std::exp(-std::pow((y - 603) / 90, 2)); };
  const auto width = [&](double y) { return period / pi * std::acos((threshold - 0.5) / (0.4 * contrast(y))); };
  VerifyTile tile = tile_of({}, {box(555, 0, 645, 1200)}, {1, 0.97});
  tile.threshold = threshold;
  tile.images[0] = sampled(tile.grid, [&](double x, double y) {
    return std::abs(x - 600) < 150 ? 0.5 + 0.4 * contrast(y) * std::cos(2 * pi * (x - 600) / period) : 0.1;
  });
  const auto at_dose = [&](double dose) {
    return period / pi * std::acos((threshold / dose - 0.5) / (0.4 * contrast(603)));
  };
  VerifyRules rules;
  rules.pinch_nm = 60;
  ASSERT_GT(width(603), 60) << "only the lower dose is too narrow";
  ASSERT_LT(at_dose(0.97), 60);
  const std::vector<Finding> found = of_kind(verify_tile(tile, rules), FindingKind::pinch);
  ASSERT_EQ(found.size(), 1u) << "both edges see the same neck";
  EXPECT_NEAR(found[0].value, at_dose(0.97), 0.02);
  EXPECT_EQ(found[0].condition, 1);
  EXPECT_NEAR(found[0].at_nm.x, 600, 1e-9);
  EXPECT_NEAR(found[0].at_nm.y, 603, 6);
  EXPECT_NEAR(std::abs(found[0].to_nm.x - found[0].from_nm.x), found[0].value, 1e-9);
  EXPECT_NEAR(found[0].severity, 1 + (60 - found[0].value) / 60, 1e-12);
}

TEST(Findings, ALineIsBrokenAndARingToo) {
  // The mask lacks a piece of what is wanted. A ring that is broken is still one piece.
  const std::vector<Polygon> line{box(100, 560, 540, 640), box(660, 560, 1100, 640)};
  Findings found = verify_tile(tile_of(line, {box(100, 560, 1100, 640)}, {1}), {});
  ASSERT_EQ(found.count(FindingKind::pinch), 1);
  EXPECT_EQ(of_kind(found, FindingKind::pinch)[0].value, 0);
  EXPECT_NEAR(of_kind(found, FindingKind::pinch)[0].at_nm.x, 600, 60);
  EXPECT_EQ(found.count(FindingKind::missing), 0);

  const std::vector<Polygon> ring{box(300, 300, 900, 380), box(300, 820, 900, 900), box(300, 300, 380, 900),
                                  box(820, 300, 900, 900)};
  std::vector<Polygon> broken = ring;
  broken[1] = box(300, 820, 540, 900);
  broken.push_back(box(660, 820, 900, 900));
  // The blurred sum of overlapping boxes would be too bright in the corners; cut the sides short instead.
  broken[2] = box(300, 380, 380, 820), broken[3] = box(820, 380, 900, 820);
  found = verify_tile(tile_of(broken, ring, {1}), {});
  ASSERT_EQ(found.count(FindingKind::pinch), 1);
  EXPECT_EQ(of_kind(found, FindingKind::pinch)[0].value, 0);
}

TEST(Findings, TwoFeaturesJoinInACornerOnly) {
  // Their corners face each other across 20 nm in x and y; the image has its pass in the middle, by symmetry.
  const std::vector<Polygon> two{box(300, 300, 590, 590), box(610, 610, 900, 900)};
  const double pass = blurred(two, 600, 600), joins_at = 0.5 / pass;
  ASSERT_GT(joins_at, 1);
  VerifyRules rules;
  rules.bridge_nm = 1;  // only what joins
  EXPECT_EQ(verify_tile(tile_of(two, two, {1, joins_at * 0.998}), rules).count(FindingKind::bridge), 0);
  const Findings joined = verify_tile(tile_of(two, two, {1, joins_at * 1.002}), rules);
  ASSERT_EQ(joined.count(FindingKind::bridge), 1);
  const Finding f = of_kind(joined, FindingKind::bridge)[0];
  EXPECT_EQ(f.value, 0);
  EXPECT_EQ(f.condition, 1);
  EXPECT_NEAR(f.at_nm.x, 600, 0.1);
  EXPECT_NEAR(f.at_nm.y, 600, 0.1);

  // A little before, the gap from corner to corner is told.
  rules.bridge_nm = 30;
  const double dose = joins_at * 0.98, level = 0.5 / dose;
  const double half =
      root([&](double s) { return blurred(two, 600 + s, 600 + s) - level; }, 0, 60) * std::numbers::sqrt2;
  const Findings gap = verify_tile(tile_of(two, two, {1, dose}), rules);
  ASSERT_EQ(gap.count(FindingKind::bridge), 1);
  EXPECT_NEAR(of_kind(gap, FindingKind::bridge)[0].value, 2 * half, 0.05);
}

TEST(PrintParts, DiagonalsJoinWhereTheSaddlePrints) {
  // The saddle of c + 2 u v + (u^2 + v^2)^2 / 50 has the value c; at the four pixels around it the last term is 0.005,
  // so that values at pixels alone would be misled.
  const Grid grid{0, 0, 10, 10, 1};
  for (const bool turned : {false, true})
    for (const bool bright : {false, true})
      for (const double c : {-0.002, 0.002}) {
        const std::vector<Image<double>> images{sampled(grid, [&](double x, double y) {
          const double u = x - 5.01, v = turned ? 4.98 - y : y - 4.98;
          const double f = c + 2 * u * v + std::pow(u * u + v * v, 2) / 50;
          return bright ? 10 + f : 10 - f;
        })};
        const PrintModel print(images, grid, {{"one", 1, 0, 0, true}}, 10, bright);
        EXPECT_EQ(print_parts(print, 0).count, c < 0 ? 2 : 1) << turned << bright << c;
      }
}

TEST(Findings, FeaturesThatJoinFarFromEachOther) {
  // A strip that nobody drew, longer than any cut, joins them; and at its pass it is as narrow as can be.
  const std::vector<Polygon> target{box(240, 400, 340, 800), box(860, 400, 960, 800)};
  std::vector<Polygon> mask = target;
  mask.push_back(box(340, 560, 860, 610));
  VerifyRules rules;
  rules.reach_nm = 300;
  const auto bridges = [&](double dose) {
    return of_kind(verify_tile(tile_of(mask, target, {dose}), rules), FindingKind::bridge);
  };
  const double joins_at = 0.5 / blurred(mask, 600, 585);
  EXPECT_TRUE(bridges(0.99 * joins_at).empty());
  const std::vector<Finding> found = bridges(1.01 * joins_at);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].value, 0);
  EXPECT_NEAR(found[0].at_nm.y, 585, 3);

  // The same where the image's pass lies between the centres of pixels that touch by their corners.
  const std::vector<Polygon> two{box(300, 300, 590, 590), box(610, 610, 900, 900)};
  const VerifyTile tile = tile_of(two, two, {0.5 / blurred(two, 600, 600) * 1.0005});
  const PrintModel print(tile.images, tile.grid, tile.conditions, tile.threshold, tile.bright);
  const PartsFound parts = compare_parts(print, TargetEdges(tile.target), TargetEdges(std::vector<Polygon>{}));
  ASSERT_EQ(parts.joins.size(), 1u);
  EXPECT_NEAR(parts.joins[0].at_nm.x, 600, 0.1);
}

TEST(Findings, GapsBetweenParallelLinesButNotWithinOneFeature) {
  const std::vector<Polygon> lines{box(300, 300, 560, 900), box(620, 300, 880, 900)};
  VerifyRules rules;
  rules.bridge_nm = 50;
  const double dose = 1.25;
  const double edge = root([&](double x) { return blurred(lines, x, 600) - 0.5 / dose; }, 560, 590);
  const double gap = 2 * (590 - edge);
  ASSERT_LT(gap, 50);
  const Findings found = verify_tile(tile_of(lines, lines, {1, dose}), rules);
  ASSERT_GE(found.count(FindingKind::bridge), 1);
  for (const Finding& f : of_kind(found, FindingKind::bridge)) {
    EXPECT_NEAR(f.value, gap, 0.02);
    EXPECT_NEAR(f.at_nm.x, 590, 1e-9);
  }
  std::vector<Polygon> one = lines;
  one.push_back(box(300, 200, 880, 300));
  EXPECT_EQ(verify_tile(tile_of(one, one, {1, dose}), rules).count(FindingKind::bridge), 0) << "the notch of a U";
}

TEST(Findings, AMissingContactAndOneThatLeavesTheWindow) {
  const std::vector<Polygon> target{box(300, 300, 400, 400), box(700, 700, 740, 740), box(-100, 500, 30, 540)};
  ASSERT_LT(blurred(target, 720, 720), 0.5);
  const Findings found = verify_tile(tile_of(target, target, {1}), {});
  ASSERT_EQ(found.count(FindingKind::missing), 1);
  const Finding f = of_kind(found, FindingKind::missing)[0];
  EXPECT_EQ(f.at_nm, (Point{720, 720}));
  EXPECT_DOUBLE_EQ(f.value, 1600);
  EXPECT_EQ(found.count(FindingKind::pinch), 1) << "its middle is cut too";
}

TEST(Findings, AnAssistFeatureAndASideLobePrintAtHighDoseOnly) {
  const std::vector<Polygon> line{box(300, 300, 400, 900)}, assist{box(565, 300, 595, 900)},
      lobe{box(760, 760, 810, 810)};
  std::vector<Polygon> mask = line;
  mask.insert(mask.end(), assist.begin(), assist.end());
  mask.insert(mask.end(), lobe.begin(), lobe.end());
  const double bar = 0.5 / blurred(mask, 580, 600), spot = 0.5 / blurred(mask, 785, 785);
  ASSERT_GT(std::min(bar, spot), 1);
  const auto look = [&](double dose) {
    VerifyTile tile = tile_of(mask, line, {1, dose, 0.95});
    tile.assist = assist;
    return verify_tile(tile, {});
  };
  const Findings clean = look(std::min(bar, spot) * 0.995);
  EXPECT_EQ(clean.count(FindingKind::assist) + clean.count(FindingKind::extra), 0);
  const Findings dirty = look(std::max(bar, spot) * 1.02);
  ASSERT_EQ(dirty.count(FindingKind::assist), 1);
  ASSERT_EQ(dirty.count(FindingKind::extra), 1);
  EXPECT_EQ(of_kind(dirty, FindingKind::assist)[0].condition, 1);
  EXPECT_NEAR(of_kind(dirty, FindingKind::assist)[0].at_nm.x, 580, 0.5);
  EXPECT_NEAR(of_kind(dirty, FindingKind::extra)[0].at_nm.x, 785, 0.5);
  const double level = 0.5 / (std::max(bar, spot) * 1.02);
  EXPECT_NEAR(of_kind(dirty, FindingKind::extra)[0].at_nm.y,
              root([&](double y) { return blurred(mask, 785, y) - level; }, 740, 785), 0.05)
      << "its lowest point";
}

TEST(Findings, LineEndsPullBackAndBandsAreWide) {
  const std::vector<Polygon> line{box(560, 300, 630, 900)};
  const double low = 0.93, high = 1.06;
  const auto end_at = [&](double dose) {
    return root([&](double y) { return blurred(line, 595, y) - 0.5 / dose; }, 600, 960) - 900;
  };
  VerifyRules rules;
  rules.line_end_nm = 0.5 * -end_at(low);
  rules.epe_nm = 1e-3;
  rules.pv_band_nm = 0.5 * (end_at(high) - end_at(low));
  const Findings found = verify_tile(tile_of(line, line, {1, low, high}), rules);
  ASSERT_EQ(found.count(FindingKind::line_end), 2);
  for (const Finding& f : of_kind(found, FindingKind::line_end)) {
    EXPECT_NEAR(f.value, -end_at(low), 0.01);
    EXPECT_EQ(f.condition, 1);
  }
  const Finding band = of_kind(found, FindingKind::pv_band)[0];
  EXPECT_NEAR(band.value, end_at(high) - end_at(low), 0.01);
  // Of the EPE, the worst is at the ends too; at nominal.
  const Finding epe = of_kind(found, FindingKind::epe)[0];
  EXPECT_NEAR(epe.value, end_at(1), 0.01);
  EXPECT_LT(epe.value, 0);
  ASSERT_EQ(found.conditions.size(), 3u);
  EXPECT_EQ(found.conditions[0].over, found.count(FindingKind::epe));
  EXPECT_NEAR(found.conditions[1].max_abs_nm, -end_at(low), 0.01);
  EXPECT_NEAR(found.worst_case.max_abs_nm, -end_at(low), 0.01);
}

TEST(Findings, DarkFeaturesAreJudgedLikeBrightOnes) {
  const std::vector<Polygon> line{box(560, 300, 630, 900)};
  VerifyRules rules;
  rules.epe_nm = 1e-3;
  VerifyTile tile = tile_of(line, line, {1});
  const Findings bright = verify_tile(tile, rules);
  for (double& v : tile.images[0]) v = 1 - v;
  tile.bright = false;
  const Findings dark = verify_tile(tile, rules);
  EXPECT_EQ(bright.counts, dark.counts);
  EXPECT_NEAR(bright.conditions[0].max_abs_nm, dark.conditions[0].max_abs_nm, 1e-6);
  EXPECT_NEAR(bright.l2_nm2, dark.l2_nm2, 1e-6);
}

// ---------------------------------------------------------------------------------------------------------------------
// Areas

TEST(Findings, AreasOfCirclesAndStripes) {
  VerifyTile tile = tile_of({}, {box(500, 0, 700, 1200)}, {1});
  // Exponentials of a parabola: circles of known radius for each dose.
  const double a = 120;
  tile.images[0] = sampled(tile.grid, [&](double x, double y) {
    return std::exp(-(std::pow(x - 611.3, 2) + std::pow(y - 597.9, 2)) / (2 * a * a));
  });
  tile.conditions.push_back({"more", 1.1, 0, 0, true});
  const auto area = [&](double dose) { return pi * 2 * a * a * std::log(dose / 0.5); };
  Findings found = verify_tile(tile, {});
  EXPECT_NEAR(found.pv_band_nm2, area(1.1) - area(1), 1e-3 * area(1));
  // A stripe against a wider target: what differs lies along the core's 800 nm.
  tile.images[0] = sampled(tile.grid, [](double x, double) {
    return std::abs(x - 600) < 200 ? 0.5 + 0.4 * std::cos(2 * pi * (x - 600) / 400) : 0.1;
  });
  found = verify_tile(tile, {});
  const double wide = 400 / pi * std::acos((0.5 / 1.1 - 0.5) / 0.4);
  EXPECT_NEAR(found.l2_nm2, 0, 1) << "prints as drawn";
  EXPECT_NEAR(found.pv_band_nm2, (wide - 200) * 800, 2e-3 * 800);
  tile.target = {box(493.7, 0, 704.1, 1200)};
  EXPECT_NEAR(verify_tile(tile, {}).l2_nm2, (6.3 + 4.1) * 800, 2e-3 * 800);
}

// ---------------------------------------------------------------------------------------------------------------------
// Tiles

TEST(Findings, TilesCountEachPlaceOnce) {
  // A periodic pattern with findings on the seams, judged as one tile and as 2 x 2; also a spot on the crossing.
  const double period = 1200;
  std::vector<Polygon> drawn{box(560, 300, 640, 900), box(300, 560, 400, 640), box(820, 590, 860, 630),
                             box(40, 40, 160, 160)};
  const std::vector<Polygon> spots{box(575, 135, 625, 185), box(975, 975, 1025, 1025)};  // on the seam x = 600
  const auto copies = [&](const std::vector<Polygon>& shapes) {
    std::vector<Polygon> all;
    for (int j = -1; j <= 1; ++j)
      for (int i = -1; i <= 1; ++i)
        for (Polygon p : shapes) {
          for (Point& q : p) q = {q.x + i * period, q.y + j * period};
          all.push_back(p);
        }
    return all;
  };
  std::vector<Polygon> mask = drawn;
  mask.insert(mask.end(), spots.begin(), spots.end());
  const std::vector<Polygon> everything = copies(mask), target = copies(drawn);
  VerifyRules rules;
  rules.epe_nm = 2;
  rules.line_end_nm = 4;
  rules.pv_band_nm = 6;
  rules.pinch_nm = 80;
  rules.bridge_nm = 170;
  rules.reach_nm = 250;
  rules.kept = {10000, 10000, 0};
  const auto judged = [&](const Box& window, const Box& core, double pixel) {
    VerifyTile tile;
    tile.grid = {window.x0, window.y0, static_cast<int>(std::lround(window.width() / pixel)),
                 static_cast<int>(std::lround(window.height() / pixel)), pixel};
    tile.core = core;
    tile.target = merge(target);
    tile.images.push_back(sampled(tile.grid, [&](double x, double y) { return blurred(everything, x, y); }));
    tile.conditions = {{"nominal", 1, 0, 0, true}, {"low", 0.93, 0, 0, true}, {"high", 1.3, 0, 0, true}};
    tile.threshold = 0.5;
    return verify_tile(tile, rules);
  };
  const Findings whole = judged({-300, -300, 1500, 1500}, {0, 0, 1200, 1200}, 4);
  Findings sum;
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 2; ++i) {
      const Box core{600.0 * i, 600.0 * j, 600.0 * i + 600, 600.0 * j + 600};
      // Other pixels than those of the whole, as tiles have.
      add(judged({core.x0 - 301, core.y0 - 303, core.x1 + 309, core.y1 + 307}, core, 5.0), sum, rules.kept);
    }
  EXPECT_EQ(sum.counts, whole.counts);
  for (const FindingKind kind : {FindingKind::epe, FindingKind::line_end, FindingKind::pinch, FindingKind::bridge,
                                 FindingKind::missing, FindingKind::extra, FindingKind::pv_band})
    EXPECT_GT(whole.count(kind), 0) << kind_name(kind);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(sum.conditions[c].sites, whole.conditions[c].sites);
    EXPECT_NEAR(sum.conditions[c].max_abs_nm, whole.conditions[c].max_abs_nm, 0.01);
  }
  EXPECT_NEAR(sum.area_nm2, whole.area_nm2, 1e-6);
  EXPECT_NEAR(whole.target_nm2, 80 * 600 + 100 * 80 + 40 * 40 + 120 * 120, 1e-6);
  EXPECT_NEAR(sum.target_nm2, whole.target_nm2, 1e-6) << "shapes are cut at seams";
  EXPECT_NEAR(sum.pv_band_nm2, whole.pv_band_nm2, 1e-3 * whole.pv_band_nm2);
  EXPECT_NEAR(sum.l2_nm2, whole.l2_nm2, 2e-3 * whole.l2_nm2);
  ASSERT_EQ(sum.clusters.size(), whole.clusters.size());
  for (std::size_t i = 0; i < sum.clusters.size(); ++i)
    EXPECT_NEAR(sum.clusters[i].worst.severity, whole.clusters[i].worst.severity, 0.01);
}

TEST(Findings, TheSumDoesNotDependOnTheOrder) {
  const std::vector<Polygon> line{box(560, 300, 630, 900), box(300, 300, 340, 340)};
  VerifyRules rules;
  rules.epe_nm = 0.2;
  rules.kept = {3, 2, 1};
  VerifyTile tile = tile_of(line, line, {1});
  std::vector<Findings> parts;
  for (const Box& core :
       {Box{200, 200, 600, 600}, {600, 200, 1000, 600}, {200, 600, 600, 1000}, {600, 600, 1000, 1000}}) {
    tile.core = core;
    parts.push_back(verify_tile(tile, rules));
  }
  Findings one, other;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    add(parts[i], one, rules.kept);
    add(parts[parts.size() - 1 - i], other, rules.kept);
  }
  EXPECT_EQ(one.counts, other.counts);
  EXPECT_LE(of_kind(one, FindingKind::epe).size(), 3u);
  ASSERT_EQ(one.worst.size(), other.worst.size());
  for (std::size_t i = 0; i < one.worst.size(); ++i) EXPECT_EQ(one.worst[i].at_nm, other.worst[i].at_nm);
  EXPECT_EQ(one.conditions[0].bins, other.conditions[0].bins);
}

// ---------------------------------------------------------------------------------------------------------------------
// Patterns

Point turned(Point p, int o) {
  if (o & 4) std::swap(p.x, p.y);
  if (o & 1) p.x = -p.x;
  if (o & 2) p.y = -p.y;
  return p;
}

std::vector<Polygon> turned(const std::vector<Polygon>& shapes, int o, const Point& by) {
  std::vector<Polygon> all;
  for (const Polygon& shape : shapes) {
    Polygon p;
    for (const Point& q : shape) {
      const Point t = turned(q, o);
      p.push_back({t.x + by.x, t.y + by.y});
    }
    if (signed_area(p) < 0) std::reverse(p.begin(), p.end());
    all.push_back(p);
  }
  return merge(all);
}

TEST(PatternKey, IsThatOfAllOrientationsAndOfNoOtherPattern) {
  const std::vector<Polygon> pattern{box(0, 0, 60, 300), box(60, 0, 200, 60), box(120, 100, 190, 170)};
  const PatternRule rule{150, 0.1};
  const Point place{60, 130.5}, image_place{64.2, 129.7};
  const std::uint64_t key = pattern_key(TargetEdges(merge(pattern)), place, rule);
  const std::uint64_t near = pattern_key_near(TargetEdges(merge(pattern)), image_place, rule);
  for (int o = 0; o < 8; ++o) {
    const Point by{1000.1 * o, -777.7}, noise{0.3 * o - 1, 0.9 - 0.2 * o};
    const TargetEdges target(turned(pattern, o, by));
    const Point p = turned(place, o), q = turned(image_place, o);
    EXPECT_EQ(pattern_key(target, {p.x + by.x, p.y + by.y}, rule), key) << o;
    EXPECT_EQ(pattern_key_near(target, {q.x + by.x + noise.x, q.y + by.y + noise.y}, rule), near) << o;
  }
  std::set<std::uint64_t> others{key};
  std::vector<Polygon> other = pattern;
  other[2] = box(120.1, 100, 190, 170);  // a database unit
  others.insert(pattern_key(TargetEdges(merge(other)), place, rule));
  other[2] = box(120, 100, 190, 400);
  others.insert(pattern_key(TargetEdges(merge(other)), place, rule));
  other.pop_back();
  others.insert(pattern_key(TargetEdges(merge(other)), place, rule));
  others.insert(pattern_key(TargetEdges(merge(pattern)), {60, 131.5}, rule));
  EXPECT_EQ(others.size(), 5u);
  other = pattern;
  other.push_back(box(500, 500, 600, 600));
  EXPECT_EQ(pattern_key(TargetEdges(merge(other)), place, rule), key) << "what is far away does not matter";
  // The inverse of a pattern is another one.
  const TargetEdges hole(merge({box(-400, -400, 400, 400)})), square(merge({box(-50, -50, 50, 50)}));
  EXPECT_NE(
      pattern_key(TargetEdges({box(-400, -400, 400, 400), {{-50, -50}, {-50, 50}, {50, 50}, {50, -50}}}), {0, 0}, rule),
      pattern_key(square, {0, 0}, rule));
}

TEST(Findings, EqualPlacesAreOneCluster) {
  // The same contact four times, turned, and another one beside.
  const std::vector<Polygon> cell{box(0, 0, 40, 40), box(90, 0, 150, 140)};
  std::vector<Polygon> all;
  int o = 0;
  for (const Point& by : {Point{300, 300}, {800, 300}, {300, 800}, {800, 800}})
    for (const Polygon& p : turned(cell, 2 * o++, by)) all.push_back(p);
  all.push_back(box(580, 580, 620, 620));
  VerifyRules rules;
  rules.epe_nm = 5;
  const Findings found = verify_tile(tile_of(all, all, {1}), rules);
  const std::vector<Finding> lost = of_kind(found, FindingKind::missing);
  ASSERT_EQ(lost.size(), 5u);
  std::vector<long> counts;
  for (const FindingCluster& c : found.clusters)
    if (c.worst.kind == FindingKind::missing) counts.push_back(c.count);
  std::sort(counts.begin(), counts.end());
  EXPECT_EQ(counts, (std::vector<long>{1, 4}));
  long total = 0;
  for (const FindingCluster& c : found.clusters) total += c.count;
  long all_counts = 0;
  for (const long n : found.counts) all_counts += n;
  EXPECT_EQ(total, all_counts);
}

// ---------------------------------------------------------------------------------------------------------------------
// Masks

TEST(MaskFigures, RectanglesAreThoseOfThePixelsAndAddUpOverTiles) {
  unsigned state = 7;
  const auto random = [&](unsigned below) {
    return static_cast<int>((state = state * 1664525u + 1013904223u) >> 16) % static_cast<int>(below);
  };
  for (int round = 0; round < 20; ++round) {
    std::vector<Polygon> shapes;
    for (int i = 0; i < 30; ++i) {
      const double x = 10 * random(70), y = 10 * random(70);
      shapes.push_back(box(x, y, x + 10 * (1 + random(25)), y + 10 * (1 + random(25))));
    }
    VerifyTile tile;
    tile.grid = {-100, -100, 130, 130, 10};
    tile.core = {-100, -100, 1200, 1200};
    tile.mask = merge(shapes);
    Bitmap pixels(130, 130);
    const Image<double> cover = rasterise(tile.mask, tile.grid);
    std::transform(cover.begin(), cover.end(), pixels.begin(), [](double c) { return std::uint8_t(c >= 0.5); });
    VerifyRules rules;
    const MaskFigures whole = look_at_mask(tile, rules).figures;
    EXPECT_EQ(std::min(whole.by_rows, whole.by_columns), static_cast<double>(rectangle_count(pixels))) << round;
    MaskFigures sum;
    for (const Box& core :
         {Box{-100, -100, 330, 270}, {330, -100, 1200, 270}, {-100, 270, 330, 1200}, {330, 270, 1200, 1200}}) {
      tile.core = core;
      sum.add(look_at_mask(tile, rules).figures);
    }
    EXPECT_EQ(sum.by_rows, whole.by_rows);
    EXPECT_EQ(sum.by_columns, whole.by_columns);
    EXPECT_EQ(sum.width_nm, whole.width_nm);
    EXPECT_EQ(sum.space_nm, whole.space_nm);
    EXPECT_EQ(sum.area_nm2, whole.area_nm2);
  }
}

TEST(MaskFigures, LeastWidthSpaceAndArea) {
  VerifyTile tile;
  tile.grid = {0, 0, 100, 100, 10};
  tile.core = {0, 0, 1000, 1000};
  VerifyRules rules;
  const auto seen = [&] { return look_at_mask(tile, rules); };
  EXPECT_EQ(seen().figures.width_nm, 64);
  EXPECT_FALSE(std::isfinite(seen().figures.area_nm2)) << "there is nothing";
  tile.mask = merge({box(100, 100, 200, 160), box(300, 100, 400, 140), box(443, 100, 600, 400)});
  EXPECT_EQ(seen().figures.width_nm, 40);
  EXPECT_EQ(seen().figures.space_nm, 43);
  EXPECT_EQ(seen().figures.area_nm2, 100 * 40);
  EXPECT_TRUE(seen().findings.empty()) << "no rules";
  // A hole of 50 by 60 nm is less than any of the shapes, and less than the rule.
  tile.mask.push_back({{500, 200}, {500, 260}, {550, 260}, {550, 200}});
  rules.mask_area_nm2 = 3500;
  EXPECT_EQ(seen().figures.area_nm2, 50 * 60);
  ASSERT_EQ(seen().findings.size(), 1u);
  EXPECT_EQ(seen().findings[0].at_nm, (Point{525, 230}));
  EXPECT_EQ(seen().figures.by_rows, 2 + 4) << "a frame is four";
  tile.mask = {{{100, 100}, {300, 100}, {200, 300}}};
  EXPECT_TRUE(std::isnan(seen().figures.by_rows)) << "slanted";
}

// ---------------------------------------------------------------------------------------------------------------------
// Against the dense measurement of a contest clip

TEST(Findings, EpeIsThatOfTheDenseImage) {
  const auto folder = std::filesystem::path(ANAMORPH_DATA) / "iccad13";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no contest data";
  const ContestKernels kernels = read_contest_folder(folder / "kernels");
  const std::vector<Polygon> shapes = centred(merge(polygons(read_layout(folder / "M1_test1.glp"))), 2048, 2048);
  ImagingModel model;
  model.stacks = {kernels.focus, kernels.defocus};
  model.conditions = {
      {"nominal", 1, 0, 0, false}, {"outer", 1.02 * 1.02, 0, 0, true}, {"inner", 0.98 * 0.98, 0, 1, true}};
  const auto backend = make_backend("cpu", 1);
  const auto images = [&](const Grid& grid) {
    Imager imager(*backend, model, grid);
    return imager.images(polygon_spectrum(shapes, {0, 0, 2048, 2048}, kernels.focus.extent_x, kernels.focus.extent_y));
  };
  const Grid dense{0, 0, 2048, 2048, 1}, coarse{0, 0, 512, 512, 4};
  const std::vector<Image<double>> fine = images(dense), pixels = images(coarse);
  Bitmap target(2048, 2048);
  const Image<double> coverage = rasterise(shapes, dense);
  std::transform(coverage.begin(), coverage.end(), target.begin(), [](double c) { return std::uint8_t(c >= 0.5); });
  const std::vector<EpeSite> sites = epe_sites(target, dense);
  const PrintModel print(pixels, coarse, model.conditions, 0.225, true);
  int compared = 0;
  std::vector<double> epe;
  for (std::size_t c = 0; c < 3; ++c) {
    const EpeResult expected = signed_epe(fine[static_cast<std::size_t>(model.conditions[c].stack)], dense,
                                          0.225 / model.conditions[c].dose, true, sites);
    for (std::size_t i = 0; i < sites.size(); ++i) {
      TargetEdge edge;
      edge.normal = {static_cast<double>(sites[i].nx), static_cast<double>(sites[i].ny)};
      site_epe(print, edge, sites[i].at_nm, 40, epe);
      ASSERT_EQ(std::isnan(epe[c]), std::isnan(expected.epe_nm[i])) << i;
      if (std::isnan(epe[c])) continue;
      EXPECT_NEAR(epe[c], expected.epe_nm[i], 0.005);
      ++compared;
    }
  }
  EXPECT_GT(compared, 150);

  // The whole clip: L2 and PV band as the contest counts them, but without pixels.
  VerifyTile tile;
  tile.grid = coarse;
  tile.core = {0, 0, 2048, 2048};
  tile.target = shapes;
  tile.images = pixels;
  tile.conditions = model.conditions;
  const Findings found = verify_tile(tile, {});
  double l2 = 0, band = 0;
  for (std::size_t i = 0; i < fine[0].size(); ++i) {
    const bool nominal = fine[0].data()[i] >= 0.225, outer = fine[0].data()[i] * 1.02 * 1.02 >= 0.225,
               inner = fine[1].data()[i] * 0.98 * 0.98 >= 0.225;
    l2 += nominal != (coverage.data()[i] >= 0.5);
    band += outer != inner;
  }
  EXPECT_NEAR(found.l2_nm2, l2, 0.002 * l2);
  EXPECT_NEAR(found.pv_band_nm2, band, 0.002 * band);
}

// ---------------------------------------------------------------------------------------------------------------------
// Files

TEST(FindingsFiles, JsonKeepsEverythingAndMovesWithItsTile) {
  const std::vector<Polygon> shapes{box(560, 300, 630, 900), box(300, 300, 335, 335)};
  VerifyRules rules;
  rules.epe_nm = 0.5;
  const Findings found = verify_tile(tile_of(shapes, shapes, {1, 0.93}), rules);
  ASSERT_GT(found.count(FindingKind::missing), 0);
  ASSERT_FALSE(found.pictures.empty());
  const std::string text = findings_json(found);
  Findings again = read_findings(text);
  EXPECT_EQ(findings_json(again), text);
  EXPECT_EQ(again.counts, found.counts);
  EXPECT_EQ(again.worst.size(), found.worst.size());
  EXPECT_TRUE(std::isnan(of_kind(again, FindingKind::epe)[0].value)) << "the contact has no edges";
  move_findings(again, {1000, -50});
  for (std::size_t i = 0; i < found.worst.size(); ++i)
    EXPECT_EQ(again.worst[i].at_nm, (Point{found.worst[i].at_nm.x + 1000, found.worst[i].at_nm.y - 50}));
  EXPECT_NEAR(again.pictures[0].target[0][0].x, found.pictures[0].target[0][0].x + 1000, 1e-3);
  EXPECT_THROW((void)read_findings("{}"), Error);
  EXPECT_THROW((void)read_findings(text.substr(0, text.size() / 2)), Error);
}

TEST(FindingsFiles, TablesNameEachFindingOnce) {
  const std::vector<Polygon> shapes{box(300, 300, 335, 335), box(700, 300, 735, 335)};
  const Findings found = verify_tile(tile_of(shapes, shapes, {1}), {});
  const std::string csv = findings_csv(found, {"best, of all"});
  EXPECT_NE(csv.find("1,missing,317.5000,317.5000,300.0000,300.0000,335.0000,335.0000,1225.0000,0.0000,nm2,2.0000,"
                     "\"best, of all\","),
            std::string::npos)
      << csv;
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + static_cast<long>(found.worst.size()));
  const std::vector<MarkerKind> kinds = finding_kinds_of(found);
  ASSERT_EQ(kinds.size(), finding_kinds);
  const MarkerKind& missing = kinds[static_cast<std::size_t>(FindingKind::missing)];
  ASSERT_EQ(missing.groups.size(), 1u) << "both are of one pattern";
  EXPECT_NE(missing.groups[0].description.find("2 of this pattern"), std::string::npos);
  const std::string lyrdb = markers_lyrdb("TOP", "test", kinds, finding_markers(found, {"best"}));
  EXPECT_NE(lyrdb.find("<category>'missing'.'" + missing.groups[0].name + "'</category>"), std::string::npos);
  EXPECT_NE(lyrdb.find("<value>box: (0.3000000,0.3000000;0.3350000,0.3350000)</value>"), std::string::npos);
}

TEST(Findings, BadInputIsRefused) {
  VerifyTile tile = tile_of({}, {box(0, 0, 10, 10)}, {1});
  tile.conditions[0].stack = 1;
  EXPECT_THROW((void)verify_tile(tile, {}), Error);
  tile.conditions[0].stack = 0;
  tile.core.x1 = 1300;
  EXPECT_THROW((void)verify_tile(tile, {}), Error);
  tile.core.x1 = 1000;
  tile.images[0] = Image<double>(300, 299);
  EXPECT_THROW((void)verify_tile(tile, {}), Error);
  EXPECT_THROW((void)kind_of("pinches"), Error);
}

}  // namespace
}  // namespace anamorph
