// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/simplify.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

Polygon wavy(Point centre, double radius, double wave, int waves, int count, bool hole = false) {
  Polygon p;
  for (int i = 0; i < count; ++i) {
    const double a = (hole ? -2 : 2) * std::numbers::pi * i / count;
    const double r = radius + wave * std::cos(waves * a);
    p.push_back({centre.x + r * std::cos(a), centre.y + r * std::sin(a)});
  }
  return p;
}

double to_nearest(const Point& p, const std::vector<Polygon>& rings) {
  double least = INFINITY;
  for (const Polygon& ring : rings)
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const Point &a = ring[i], &b = ring[(i + 1) % ring.size()];
      const double dx = b.x - a.x, dy = b.y - a.y;
      const double t = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
      least = std::min(least, std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy));
    }
  return least;
}

/// Hausdorff distance of two boundaries, by points on them.
double sampled_distance(const std::vector<Polygon>& a, const std::vector<Polygon>& b) {
  double worst = 0;
  for (const auto& [from, to] : {std::pair(&a, &b), std::pair(&b, &a)})
    for (const Polygon& ring : *from)
      for (std::size_t i = 0; i < ring.size(); ++i) {
        const Point &p = ring[i], &q = ring[(i + 1) % ring.size()];
        const int steps = 1 + static_cast<int>(std::hypot(q.x - p.x, q.y - p.y) / 2);
        for (int k = 0; k < steps; ++k)
          worst = std::max(worst, to_nearest({p.x + (q.x - p.x) * k / steps, p.y + (q.y - p.y) * k / steps}, *to));
      }
  return worst;
}

TEST(Simplify, KeepsTheChordErrorAndStatesWhatItIs) {
  const std::vector<Polygon> contours{wavy({0, 0}, 200, 15, 5, 1500), wavy({20, 10}, 80, 7, 4, 700, true),
                                      wavy({420, 0}, 150, 0, 0, 900)};
  std::size_t before = 3200;
  for (const double wanted : {0.02, 0.1, 0.5, 3.0}) {
    for (const double dbu : {0.01, 0.1, 0.5}) {
      const ContourPolygons p = simplified(contours, {dbu, wanted});
      const std::vector<Polygon> rings = polygons_nm(p.region, dbu);
      ASSERT_EQ(rings.size(), 3U);
      const double measured = sampled_distance(contours, rings);
      EXPECT_GE(p.deviation_nm, measured - 1e-9) << wanted << " on " << dbu;
      EXPECT_LE(p.deviation_nm, measured + dbu) << wanted << " on " << dbu;
      EXPECT_LE(p.deviation_nm, std::max(wanted, 0.71 * dbu) + 1e-9);
      EXPECT_EQ(p.lost, 0U);
      if (dbu == 0.01) {
        std::size_t count = 0;
        for (const Polygon& ring : rings) count += ring.size();
        EXPECT_LT(count, before) << wanted;
        before = count;
      }
    }
  }
  // A circle of radius r as a polygon with sagitta s has about pi sqrt(2 r / s) / 2... edges; at most twice as many.
  const ContourPolygons circle = simplified({wavy({0, 0}, 150, 0, 0, 4000)}, {0.001, 0.1});
  const double least = std::numbers::pi / std::acos(1 - 0.1 / 150);
  EXPECT_GE(circle.region.boundary()[0].size(), static_cast<std::size_t>(0.99 * least));
  EXPECT_LE(circle.region.boundary()[0].size(), static_cast<std::size_t>(2 * least));
}

TEST(Simplify, TheBudgetOfVerticesHoldsAndTheErrorSaysWhatItCosts) {
  const std::vector<Polygon> contours{wavy({0, 0}, 200, 15, 5, 1500), wavy({420, 0}, 150, 0, 0, 900)};
  double before = INFINITY;
  for (const std::size_t most : {8U, 20U, 60U, 200U}) {
    const ContourPolygons p = simplified(contours, {0.01, 0, most});
    for (const DbuPolygon& ring : p.region.boundary()) EXPECT_LE(ring.size(), most);
    const double measured = sampled_distance(contours, polygons_nm(p.region, 0.01));
    EXPECT_GE(p.deviation_nm, measured - 1e-9);
    EXPECT_LE(p.deviation_nm, measured + 0.01 + 0.05 * measured);
    EXPECT_LT(p.deviation_nm, 0.7 * before);
    before = p.deviation_nm;
  }
}

TEST(Simplify, EdgesDoNotCross) {
  // Rings 1 nm apart with waves of 15: a chord error of 10 nm would let them cross, and each of them itself.
  std::vector<Polygon> contours;
  for (int i = 0; i < 6; ++i) contours.push_back(wavy({0, 0}, 200 - 1.0 * i, 15, 9, 2000 - 111 * i, i % 2 == 1));
  const ContourPolygons p = simplified(contours, {0.1, 10});
  EXPECT_EQ(p.region.boundary().size(), 6U);
  EXPECT_EQ(Region::of_rings(p.region.boundary()), p.region);
  EXPECT_LT(p.deviation_nm, 5) << "the chord error that was wanted lets them cross";
  const std::vector<Polygon> rings = polygons_nm(p.region, 0.1);
  EXPECT_GE(p.deviation_nm, sampled_distance(contours, rings) - 1e-9);
  double area = 0;
  for (const Polygon& ring : rings) area += signed_area(ring);
  double exact = 0;
  for (const Polygon& ring : contours) exact += signed_area(ring);
  EXPECT_NEAR(area, exact, 0.05 * exact);
  // Closer than the grid: united, and still truly measured.
  for (Polygon& ring : contours)
    for (Point& v : ring) v = {0.04 * v.x, 0.04 * v.y};
  const ContourPolygons fine = simplified(contours, {0.1, 0.05});
  EXPECT_EQ(Region::of_rings(fine.region.boundary()), fine.region);
  EXPECT_GE(fine.deviation_nm, sampled_distance(contours, polygons_nm(fine.region, 0.1)) - 1e-9);
}

TEST(Simplify, SmallAndOddContours) {
  const ContourPolygons p =
      simplified({wavy({0, 0}, 0.03, 0, 0, 50), wavy({50, 0}, 10, 0, 0, 90), {}, {{5, 5}}}, {0.1, 1});
  EXPECT_EQ(p.lost, 2U);
  EXPECT_EQ(p.region.boundary().size(), 1U);
  EXPECT_GE(p.deviation_nm, 0.05);
  EXPECT_TRUE(simplified({}, {}).region.empty());
  // A needle thinner than the grid: its tip is lost with it.
  const std::vector<Polygon> needle{{{0, 0}, {20, 0}, {20, 9.98}, {60, 10}, {20, 10.02}, {20, 20}, {0, 20}}};
  const ContourPolygons n = simplified(needle, {0.1, 0.05});
  EXPECT_EQ(n.region.boundary(), (std::vector<DbuPolygon>{{{0, 0}, {200, 0}, {200, 200}, {0, 200}}}));
  EXPECT_NEAR(n.deviation_nm, 40, 0.1);
  EXPECT_THROW((void)simplified({}, {0, 1}), Error);
  EXPECT_THROW((void)simplified({}, {0.1, -1}), Error);
  EXPECT_THROW((void)simplified({}, {0.1, 1, 2}), Error);
  EXPECT_THROW((void)simplified({{{0, 0}, {1, NAN}, {1, 1}}}, {}), Error);
}

}  // namespace
}  // namespace anamorph
