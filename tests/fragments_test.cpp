// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/fragments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "cpp/core/error.hpp"
#include "cpp/optimize/edge_retreat.hpp"
#include "cpp/optimize/edge_rules.hpp"
#include "cpp/optimize/opc_work.hpp"
#include "masks/edge_spectrum.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "masks/rules.hpp"

namespace anamorph {
namespace {

using Kind = Fragment::Kind;

constexpr Box kWindow{0, 0, 1000, 800};

Polygon rectangle(double x0, double y0, double x1, double y1) { return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}; }

/// An L, a bar beside its inner corner, a frame with a hole, and a triangle.
std::vector<Polygon> shapes() {
  return merge({rectangle(100, 100, 180, 500),
                rectangle(100, 100, 500, 170),
                rectangle(260, 240, 330, 520),
                {{620, 120}, {900, 120}, {900, 400}, {620, 400}},
                {{700, 600}, {800, 600}, {700, 700}}});
}

std::vector<Polygon> mapped(std::vector<Polygon> polygons, const auto& map, bool turns) {
  for (Polygon& p : polygons) {
    for (Point& q : p) q = map(q);
    if (turns) std::reverse(p.begin(), p.end());
  }
  return merge(polygons);
}

/// Kind, ends and normal of all fragments, whatever their order.
std::multiset<std::array<double, 7>> places(const Fragments& f, const auto& map) {
  std::multiset<std::array<double, 7>> all;
  for (const Fragment& one : f.list) {
    Point a = map(one.from), b = map(one.to);
    if (std::pair(b.x, b.y) < std::pair(a.x, a.y)) std::swap(a, b);
    const Point zero = map(Point{0, 0}), n = map(one.normal);
    all.insert({static_cast<double>(one.kind), a.x, a.y, b.x, b.y, std::round(1e6 * (n.x - zero.x)),
                std::round(1e6 * (n.y - zero.y))});
  }
  return all;
}

std::vector<double> random_displacements(const Fragments& f, double most, unsigned seed) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(-most, most);
  std::vector<double> d;
  for (const Fragment& one : f.list) d.push_back(one.movable() ? uniform(engine) : 0);
  return d;
}

TEST(Fragments, CoverTheOutlineAndPointOutwards) {
  const std::vector<Polygon> target = shapes();
  const Fragments f = fragmented(target, kWindow, {});
  const std::vector<double> none(f.list.size());
  EXPECT_EQ(merge(f.polygons(none)), target);
  double perimeter = 0, drawn = 0;
  for (const Polygon& p : target)
    for (std::size_t i = 0; i < p.size(); ++i)
      drawn += std::hypot(p[(i + 1) % p.size()].x - p[i].x, p[(i + 1) % p.size()].y - p[i].y);
  for (std::size_t i = 0; i < f.list.size(); ++i) {
    const Fragment& one = f.list[i];
    perimeter += one.length();
    EXPECT_EQ(f.list[static_cast<std::size_t>(one.next)].from, one.to);
    EXPECT_EQ(f.list[static_cast<std::size_t>(one.next)].previous, static_cast<int>(i));
    // Outwards: on the right of the direction of travel.
    EXPECT_GT((one.to.x - one.from.x) * -one.normal.y + (one.to.y - one.from.y) * one.normal.x, 0);
  }
  EXPECT_NEAR(perimeter, drawn, 1e-9);
}

TEST(Fragments, KindsAreWhatTheRulesSay) {
  const Fragments f = fragmented(merge({rectangle(100, 100, 170, 500)}), kWindow, {.length_nm = 40, .project_nm = 0});
  std::map<Kind, int> count;
  for (const Fragment& one : f.list) {
    ++count[one.kind];
    EXPECT_DOUBLE_EQ(one.length(), one.kind == Kind::line_end ? 70 : one.kind == Kind::corner ? 20 : 40);
  }
  EXPECT_EQ(count[Kind::line_end], 2);
  EXPECT_EQ(count[Kind::corner], 4);
  EXPECT_EQ(count[Kind::run], 2 * 9);
  // A slanted edge and its neighbours' ends stay, and so does what lies on the border.
  for (const Fragment& one :
       fragmented(merge({{{700, 600}, {730, 600}, {700, 630}}, rectangle(0, 100, 60, 160)}), kWindow, {}).list)
    EXPECT_EQ(one.movable(), one.from.x < 100 && one.normal.x >= 0) << one.from.x;
}

TEST(Fragments, AreCutWhereAnotherCornerFacesThem) {
  const std::vector<Polygon> target = merge({rectangle(100, 100, 170, 700), rectangle(230, 337, 300, 600)});
  const auto cut_at = [&](double reach) {
    for (const Fragment& one : fragmented(target, kWindow, {.project_nm = reach}).list)
      if (one.normal.x > 0 && one.from.x == 170 && (one.from.y == 337 || one.to.y == 337)) return true;
    return false;
  };
  EXPECT_TRUE(cut_at(80));
  EXPECT_FALSE(cut_at(50));
}

TEST(Fragments, DoNotDependOnWhereAndHowAroundTheShapesLie) {
  const FragmentRules rules{.grid_nm = 0.5};
  const auto as_is = [](Point p) { return p; };
  const auto transpose = [](Point p) { return Point{p.y, p.x}; };
  const auto mirror = [](Point p) { return Point{1000 - p.x, p.y}; };
  const auto move = [](Point p) { return Point{p.x + 64, p.y - 32}; };
  const Fragments f = fragmented(shapes(), kWindow, rules);
  EXPECT_EQ(places(fragmented(mapped(shapes(), transpose, true), {0, 0, 800, 1000}, rules), as_is),
            places(f, transpose));
  EXPECT_EQ(places(fragmented(mapped(shapes(), mirror, true), kWindow, rules), as_is), places(f, mirror));
  EXPECT_EQ(places(fragmented(mapped(shapes(), move, false), kWindow, rules), as_is), places(f, move));
}

TEST(Fragments, SmallStepsAreSmoothedAtCornersAndStayBetweenLongEdges) {
  // At the corner a step of 5 x 10; in the lower edge, far from all corners, one of 5.
  const Polygon drawn{{100, 100}, {300, 100}, {300, 105}, {500, 105}, {500, 300}, {490, 300}, {490, 305}, {100, 305}};
  const Polygon smooth{{100, 100}, {300, 100}, {300, 105}, {500, 105}, {500, 305}, {100, 305}};
  const FragmentRules rules;
  const Fragments f = fragmented({drawn}, kWindow, rules);
  const std::vector<double> still(f.list.size());
  EXPECT_EQ(region_of(f.polygons(still), 1), region_of({smooth}, 1));
  int fixed = 0;
  for (const Fragment& one : f.list) {
    fixed += one.kind == Kind::fixed;
    EXPECT_TRUE(one.kind == Kind::fixed ? one.length() == 5 : one.length() >= rules.least_nm);
  }
  EXPECT_EQ(fixed, 1);
  for (const EdgeSite& site : edge_sites(f, 40, 40))
    EXPECT_TRUE(f.list[static_cast<std::size_t>(site.fragment)].movable());
  // From wherever the outline begins.
  for (std::size_t turn = 1; turn < drawn.size(); ++turn) {
    Polygon other = drawn;
    std::rotate(other.begin(), other.begin() + static_cast<std::ptrdiff_t>(turn), other.end());
    const Fragments g = fragmented({other}, kWindow, rules);
    EXPECT_EQ(region_of(g.polygons(std::vector<double>(g.list.size())), 1), region_of({smooth}, 1)) << turn;
  }
  // What is no smaller than the least fragment stays.
  const Fragments all = fragmented({drawn}, kWindow, {.least_nm = 4});
  EXPECT_EQ(region_of(all.polygons(std::vector<double>(all.list.size())), 1), region_of({drawn}, 1));
}

TEST(Fragments, RefuseLengthsThatAreNotPositive) {
  EXPECT_THROW((void)fragmented(shapes(), kWindow, {.length_nm = 0}), Error);
}

TEST(EdgeSites, AreThoseOfTheContest) {
  const Fragments f = fragmented(merge({rectangle(100, 100, 170, 400)}), kWindow, {});
  const std::vector<EdgeSite> sites = edge_sites(f, 40, 40);
  std::multiset<double> right;
  for (const EdgeSite& s : sites)
    if (s.normal.x > 0) {
      right.insert(s.at.y);
      const Fragment& one = f.list[static_cast<std::size_t>(s.fragment)];
      EXPECT_EQ(one.normal, s.normal);
      EXPECT_TRUE(one.from.y <= s.at.y && s.at.y <= one.to.y);
    }
  EXPECT_EQ(right, (std::multiset<double>{140, 180, 220, 280, 320, 360}));  // 300 nm long
  EXPECT_EQ(sites.size(), 2 * 6u + 2u);
}

TEST(Fragments, PiecesAndSlantsAreTheWholeSpectrum) {
  const Fragments f = fragmented(shapes(), kWindow, {});
  const std::vector<double> d = random_displacements(f, 12, 5);
  const auto expected = polygon_spectrum(f.polygons(d), kWindow, 17, 13);
  auto found = EdgeSpectrum(kWindow, 17, 13).forward(f.pieces(d));
  const auto slants = polygon_spectrum(f.slants(), kWindow, 17, 13);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_LT(std::abs(found[i] + slants[i] - expected[i]), 1e-13) << i;
}

/// Rectangles with gaps of at least `gap`, at random.
std::vector<Polygon> random_rectangles(unsigned seed, double gap) {
  std::mt19937 engine(seed);
  std::vector<Polygon> all;
  std::vector<Box> boxes;
  for (int tries = 0; tries < 200; ++tries) {
    const double w = 40 + static_cast<double>(engine() % 120), h = 40 + static_cast<double>(engine() % 300);
    const double x = 40 + static_cast<double>(engine() % 700), y = 40 + static_cast<double>(engine() % 400);
    const Box b{x, y, x + w, y + h};
    if (b.x1 > 960 || b.y1 > 760) continue;
    if (std::any_of(boxes.begin(), boxes.end(), [&](const Box& o) {
          return b.x0 < o.x1 + gap && o.x0 < b.x1 + gap && b.y0 < o.y1 + gap && o.y0 < b.y1 + gap;
        }))
      continue;
    boxes.push_back(b);
    all.push_back(rectangle(b.x0, b.y0, b.x1, b.y1));
  }
  return merge(all);
}

TEST(EdgeRules, KeepWidthAndSpaceWhateverIsAskedFor) {
  const MaskRules rules{.min_width_nm = 30, .min_space_nm = 30, .min_area_nm2 = 0};
  for (unsigned seed = 1; seed <= 6; ++seed) {
    const Fragments f = fragmented(random_rectangles(seed, 40), kWindow, {.corner_nm = 32, .least_nm = 32});
    const EdgeRules keeper(f, &rules, 30, kWindow);
    std::vector<double> d = random_displacements(f, 45, seed + 100);
    keeper.keep(d);
    for (double& one : d) one = std::round(2 * one) / 2;  // as a mask's grid of 0.5 nm does
    const Grid grid{0, 0, 2000, 1600, 0.5};
    const Image<double> coverage = rasterise(merge(f.polygons(d)), grid);
    Bitmap mask(grid.ny, grid.nx);
    for (std::size_t i = 0; i < mask.size(); ++i) mask.data()[i] = coverage.data()[i] >= 0.5;
    const MaskRuleReport report = measure_mask(mask, 0.5, {.min_width_nm = 18, .min_space_nm = 18, .min_area_nm2 = 0});
    EXPECT_GE(report.min_distance_nm, 18) << seed;  // right angles measure no more than 19
  }
}

TEST(EdgeRules, LeaveAloneWhatKeepsThem) {
  const Fragments f = fragmented(random_rectangles(3, 90), kWindow, {.corner_nm = 40});
  const MaskRules rules;
  std::vector<double> d = random_displacements(f, 10, 4);
  const std::vector<double> before = d;
  EdgeRules(f, &rules, 10, kWindow).keep(d);
  EXPECT_EQ(d, before);
}

TEST(EdgeRules, KeepHalfTheSpaceFromTheBorderOfThePeriod) {
  const Fragments f = fragmented({rectangle(30, 300, 100, 400), rectangle(900, 300, 996, 400)}, kWindow, {});
  const MaskRules rules{.min_width_nm = 16, .min_space_nm = 20, .min_area_nm2 = 0};
  std::vector<double> d(f.list.size(), 40.0);
  EdgeRules(f, &rules, 40, kWindow).keep(d);
  const Box box = bounding_box(f.polygons(d));
  EXPECT_EQ(box.x0, 10);
  EXPECT_EQ(box.x1, 996) << "nearer as drawn: not nearer still";
  EXPECT_EQ(box.y1, 440);
}

/// Calls retreat until nothing moves.
RegionViolations after_retreat(const Fragments& f, const MaskRules& rules, std::vector<double>& d, int& rounds) {
  for (rounds = 1;; ++rounds) {
    Retreat one = retreat(f, rules, 0.5, d);
    if (!one.moved) return std::move(one.found);
  }
}

TEST(Retreat, LeavesNothingThatBreaksARuleUnlessDrawnSo) {
  const MaskRules rules{.min_width_nm = 30, .min_space_nm = 30, .min_area_nm2 = 2500};
  int places = 0, kept = 0, all = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    const Fragments f = fragmented(random_rectangles(seed, 40), kWindow, {.corner_nm = 20, .least_nm = 20});
    std::vector<double> d = random_displacements(f, 15, seed + 100);
    for (double& one : d) one = std::round(2 * one) / 2;
    const std::vector<double> before = d;
    places += static_cast<int>(rule_violations(region_of(f.polygons(d), 1e-3), rules, 1e-3).width.size());
    int rounds = 0;
    const RegionViolations left = after_retreat(f, rules, d, rounds);
    EXPECT_TRUE(left.width.empty() && left.space.empty() && left.islands.empty()) << seed;
    EXPECT_LT(rounds, 40);
    for (std::size_t i = 0; i < d.size(); ++i) {
      EXPECT_LE(std::abs(d[i]), std::abs(before[i]));
      EXPECT_GE(d[i] * before[i], 0);
      EXPECT_EQ(2 * d[i], std::round(2 * d[i]));
      kept += d[i] == before[i];
      ++all;
    }
  }
  EXPECT_GT(places, 20) << "else this test shows nothing";
  EXPECT_GT(kept, all / 3) << "what breaks no rule stays";
}

TEST(Retreat, TakesBackWhatBreaksTheRuleAndNotWhatHelps) {
  // 40 nm apart: one edge came 24 nm nearer, the other drew back by 4. A bar of 40 nm that is now too narrow, though
  // its other edge went outwards. And two that came as near as each other.
  const Fragments f =
      fragmented({rectangle(100, 100, 160, 160), rectangle(200, 100, 260, 160), rectangle(500, 500, 540, 560),
                  rectangle(700, 700, 760, 760), rectangle(800, 700, 860, 760)},
                 kWindow, {.line_end_nm = 100});
  std::vector<double> d(f.list.size());
  const auto side = [&](double x, double nx) {
    for (std::size_t i = 0; i < f.list.size(); ++i)
      if (f.list[i].from.x == x && f.list[i].to.x == x && f.list[i].normal.x == nx) return i;
    return f.list.size();
  };
  d[side(160, 1)] = 24;
  d[side(200, -1)] = -4;
  d[side(500, -1)] = 2;
  d[side(540, 1)] = -14;
  d[side(760, 1)] = d[side(800, -1)] = 14;
  int rounds = 0;
  const RegionViolations left =
      after_retreat(f, {.min_width_nm = 30, .min_space_nm = 30, .min_area_nm2 = 0}, d, rounds);
  EXPECT_TRUE(left.width.empty() && left.space.empty());
  EXPECT_EQ(d[side(160, 1)], 14);
  EXPECT_EQ(d[side(200, -1)], -4);
  EXPECT_EQ(d[side(500, -1)], 2);
  EXPECT_EQ(d[side(540, 1)], -12);
  EXPECT_EQ(d[side(760, 1)], 5);
  EXPECT_EQ(d[side(800, -1)], 5);
}

TEST(Retreat, TellsWhatIsDrawnSo) {
  const Fragments f =
      fragmented({rectangle(100, 100, 160, 160), rectangle(172, 100, 232, 160), rectangle(500, 500, 530, 530)}, kWindow,
                 {.line_end_nm = 100});
  std::vector<double> d(f.list.size(), -2.0);
  int rounds = 0;
  const RegionViolations left =
      after_retreat(f, {.min_width_nm = 10, .min_space_nm = 20, .min_area_nm2 = 1000}, d, rounds);
  EXPECT_EQ(left.space.size(), 1U);
  EXPECT_EQ(left.islands.size(), 1U) << "30 nm x 30 nm";
  for (std::size_t i = 0; i < d.size(); ++i)
    EXPECT_EQ(d[i], f.list[i].from.x < 400 ? -2 : 0) << "what helps stays, what makes it worse does not";
  EXPECT_EQ(count(left, [](const DbuBox& b) { return b.x0 > 400'000; }), (RuleCounts{0, 0, 1}));
}

TEST(OpcWork, WhatPrintsShortGoesOutwardsAndBarsInItsWayGo) {
  OpcOptions options;
  options.rules = MaskRules{.min_width_nm = 20, .min_space_nm = 30, .min_area_nm2 = 0};
  options.grid_nm = 1;
  OpcWork work({rectangle(400, 400, 465, 465)}, kWindow, options);
  work.set_assists({{497, 400, 530, 470}, {650, 400, 680, 470}, {335, 400, 367, 470}});
  std::vector<double> error(work.sites().size(), -5.0);
  int lost = -1;
  for (std::size_t s = 0; s < error.size(); ++s)
    if (work.sites()[s].normal.x > 0) {
      error[s] = -20;
      lost = work.sites()[s].fragment;
    }
  work.make_print(error, 15);
  ASSERT_EQ(work.assists().size(), 2U) << "32 nm from it, and 185; that 33 nm from the other side is in nobody's way";
  EXPECT_EQ(work.assists()[0].x0, 650);
  work.step(std::vector<double>(work.fragments().list.size(), 1.0), 1);
  for (int i = 0; i < 4; ++i)
    EXPECT_NEAR(work.displacement()[static_cast<std::size_t>(i)], i == lost ? 2 : -1, 1e-6) << i;
  const double at = work.displacement()[static_cast<std::size_t>(lost)];
  EXPECT_TRUE(work.push());
  EXPECT_NEAR(work.displacement()[static_cast<std::size_t>(lost)], at + 2, 1e-9);
  work.make_print(std::vector<double>(error.size(), -5.0), 15);
  EXPECT_FALSE(work.push()) << "nothing prints short any more";
  // Two sites of one edge push it once, and what is tied goes together.
  OpcOptions wide = options;
  wide.fragments.line_end_nm = 300;
  OpcWork edge({rectangle(300, 300, 700, 390)}, kWindow, wide);
  edge.tie();
  std::vector<double> all(edge.sites().size(), 0.0);
  std::vector<int> upper;
  for (std::size_t s = 0; s < all.size(); ++s)
    if (edge.sites()[s].normal.x > 0 || (edge.sites()[s].normal.y > 0 && upper.empty())) {
      all[s] = -20;
      if (edge.sites()[s].normal.y > 0) upper.push_back(edge.sites()[s].fragment);
    }
  edge.make_print(all, 15);
  EXPECT_TRUE(edge.push());
  for (std::size_t i = 0; i < edge.displacement().size(); ++i) {
    const Point& n = edge.fragments().list[i].normal;
    EXPECT_NEAR(edge.displacement()[i], n.x > 0 || n.y > 0 ? 2 : 0, 1e-9) << i;
  }
}

}  // namespace
}  // namespace anamorph
