// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/region.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "cpp/core/error.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"
#include "region_fixture.hpp"

namespace anamorph {
namespace {

using namespace region_fixture;

TEST(Region, BooleansOfBoxesAreThoseOfTheirCells) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 300; ++trial) {
    const int size = 6 + trial % 9;
    const auto drawn_a = random_boxes(random, 1 + trial % 12, size), drawn_b = random_boxes(random, trial % 7, size);
    const Region a(drawn_a), b(drawn_b);
    const Cells ca = cells(drawn_a, size), cb = cells(drawn_b, size);
    Cells both = ca, either = ca, without = ca, one = ca;
    for (std::size_t i = 0; i < ca.size(); ++i) {
      both[i] = ca[i] && cb[i];
      either[i] = ca[i] || cb[i];
      without[i] = ca[i] && !cb[i];
      one[i] = ca[i] != cb[i];
    }
    ASSERT_EQ(cells_wound(a, size), ca);
    ASSERT_EQ(cells_wound(a & b, size), both);
    ASSERT_EQ(cells_wound(a | b, size), either);
    ASSERT_EQ(cells_wound(a - b, size), without);
    ASSERT_EQ(cells_wound(a ^ b, size), one);
    for (const Region& r : {a, a & b, a | b, a - b, a ^ b}) expect_canonical(r);
  }
}

TEST(Region, LawsOfSetsHoldExactlyOnRectilinearRegions) {
  std::mt19937 random(2);
  const Region everything(DbuBox{-10, -10, 90, 90});
  for (int trial = 0; trial < 100; ++trial) {
    const Region a(random_boxes(random, 20, 80)), b(random_boxes(random, 15, 80)), c(random_boxes(random, 5, 80));
    EXPECT_EQ((a | b).area() + (a & b).area(), a.area() + b.area());
    EXPECT_EQ(a ^ b, (a - b) | (b - a));
    EXPECT_EQ(everything - (a | b), (everything - a) & (everything - b));
    EXPECT_EQ(everything - (a & b), (everything - a) | (everything - b));
    EXPECT_EQ(a & (b | c), (a & b) | (a & c));
    EXPECT_EQ((a | b) | c, a | (b | c));
    EXPECT_EQ(a | a, a);
    EXPECT_EQ(a & a, a);
    EXPECT_TRUE((a - a).empty());
    EXPECT_EQ(a | b, b | a);
    EXPECT_EQ((a | b).moved({5, -7}), a.moved({5, -7}) | b.moved({5, -7}));
    EXPECT_EQ(Region::of_rings(a.boundary()), a);
    EXPECT_EQ(Region(a.pieces()), a);
    EXPECT_TRUE(a.rectilinear());
  }
}

TEST(Region, LawsHoldToTheGridWithSlantedEdges) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 40; ++trial) {
    const Region a(random_triangles(random, 12, 4000)), b(random_triangles(random, 9, 4000));
    // A crossing moves by up to 0.7 units, so an area by about that times the length of the edges.
    const double slack = 0.75 * (a.perimeter() + b.perimeter());
    EXPECT_NEAR((a | b).area() + (a & b).area(), a.area() + b.area(), slack);
    EXPECT_LE(((a ^ b) ^ ((a - b) | (b - a))).area(), slack);
    const Region everything(DbuBox{-10, -10, 4010, 4010});
    EXPECT_LE(((everything - (a | b)) ^ ((everything - a) & (everything - b))).area(), slack);
    EXPECT_EQ(a | a, a);
    EXPECT_EQ(Region::of_rings((a ^ b).boundary()), a ^ b);
    EXPECT_TRUE((a - a).empty());
    EXPECT_EQ((a | b).moved({5000, -70000}), a.moved({5000, -70000}) | b.moved({5000, -70000}));
    EXPECT_FALSE(a.rectilinear());
    for (const Region& r : {a, a | b, a & b, a ^ b}) expect_canonical(r);
  }
}

TEST(Region, WhatRoundingMakesCrossSettles) {
  // Slivers and many crossings within a step of the grid.
  std::mt19937 random(33);
  for (int trial = 0; trial < 60; ++trial) {
    const unsigned size = 20 + 10 * static_cast<unsigned>(trial % 10);
    const Region a(random_triangles(random, 15, size)), b(random_triangles(random, 15, size));
    for (const Region& r : {a, a | b, a & b, a - b, a ^ b, a.sized(2)}) {
      EXPECT_EQ(Region::of_rings(r.boundary()), r);
      expect_canonical(r);
    }
  }
}

TEST(Region, TheFormDoesNotDependOnTheOrderOrTheOrientation) {
  std::mt19937 random(4);
  for (int trial = 0; trial < 60; ++trial) {
    for (const bool slanted : {false, true}) {
      auto polygons = slanted ? random_triangles(random, 3, 3000) : random_boxes(random, 30, 60);
      if (slanted) {  // apart, so that no crossing is rounded
        for (std::size_t i = 0; i < polygons.size(); ++i)
          for (DbuPoint& p : polygons[i]) p.x += 5000 * static_cast<int>(i);
      }
      const Region one(polygons);
      std::shuffle(polygons.begin(), polygons.end(), random);
      for (DbuPolygon& polygon : polygons) {
        std::rotate(polygon.begin(), polygon.begin() + random() % polygon.size(), polygon.end());
        if (random() % 2) std::reverse(polygon.begin(), polygon.end());
      }
      EXPECT_EQ(Region(polygons), one);
    }
  }
}

TEST(Region, HolesAndTouchingCorners) {
  const Region frame = Region(DbuBox{0, 0, 30, 30}) - Region(DbuBox{10, 10, 20, 20});
  EXPECT_EQ(frame.boundary(),
            (std::vector<DbuPolygon>{{{0, 0}, {30, 0}, {30, 30}, {0, 30}}, {{10, 10}, {10, 20}, {20, 20}, {20, 10}}}));
  EXPECT_EQ(frame.area(), 800);
  EXPECT_EQ(frame.perimeter(), 160);
  EXPECT_EQ(frame.parts().size(), 1U);
  // Two boxes that touch in a point are two outlines and two parts, whichever way they touch.
  for (const bool rising : {true, false}) {
    const Region two = Region(DbuBox{0, 0, 10, 10}) | Region(rising ? DbuBox{10, 10, 20, 20} : DbuBox{10, -10, 20, 0});
    EXPECT_EQ(two.boundary().size(), 2U);
    EXPECT_EQ(two.parts().size(), 2U);
  }
  // Two holes that touch are one ring; so is an outline with a hole that touches it.
  const Region pair = Region(DbuBox{0, 0, 30, 30}) - Region(DbuBox{5, 5, 10, 10}) - Region(DbuBox{10, 10, 15, 15});
  EXPECT_EQ(pair.boundary().size(), 2U);
  EXPECT_EQ(pair.boundary()[1].size(), 8U);
  const Region notch = Region(DbuBox{0, 0, 30, 30}) - Region(DbuBox{0, 0, 10, 10}) - Region(DbuBox{10, 10, 15, 15});
  EXPECT_EQ(notch.boundary().size(), 1U);
  EXPECT_EQ(notch.parts().size(), 1U);
  EXPECT_EQ(notch.area(), 900 - 100 - 25);
  // The same with slanted edges: a hole whose tip touches an edge, a part whose tip touches one from outside.
  const Region tip = Region::of_rings({{{0, 0}, {100, 0}, {100, 100}, {0, 100}}, {{50, 0}, {40, 20}, {60, 20}}});
  ASSERT_EQ(tip.boundary().size(), 1U);
  EXPECT_EQ(tip.boundary()[0].size(), 8U);
  const Region outside = Region::of_rings({{{0, 0}, {100, 0}, {100, 100}, {0, 100}}, {{50, 0}, {40, -20}, {60, -20}}});
  EXPECT_EQ(outside.boundary().size(), 2U);
  EXPECT_EQ(outside.boundary()[0].size(), 4U);
  EXPECT_EQ(outside.parts().size(), 2U);
}

TEST(Region, PolygonsThatCrossThemselvesAreFilled) {
  const DbuPolygon bow{{0, 0}, {10, 0}, {10, 10}, {20, 10}, {20, 20}, {15, 20}, {15, 5}, {0, 5}};  // crosses twice
  const Region r({bow});
  EXPECT_EQ(r.area(), 10 * 5 + 5 * 5 + 5 * 5 + 25);
  DbuPolygon back = bow;
  std::reverse(back.begin(), back.end());
  EXPECT_EQ(Region({back}), r);
  const DbuPolygon eight{{0, 0}, {10, 10}, {10, 0}, {0, 10}};
  EXPECT_EQ(Region({eight}).area(), 50);
  // Boxes of opposite orientation do not cancel as drawn; as rings they do.
  const std::vector<DbuPolygon> opposite{{{0, 0}, {20, 0}, {20, 20}, {0, 20}}, {{5, 5}, {5, 10}, {10, 10}, {10, 5}}};
  EXPECT_EQ(Region(opposite).area(), 400);
  EXPECT_EQ(Region::of_rings(opposite).area(), 375);
  EXPECT_TRUE(Region({DbuPolygon{{0, 0}, {5, 0}, {9, 0}}, DbuPolygon{{1, 1}}, DbuPolygon{}}).empty());
}

TEST(Region, CoordinatesUpTo2To40AreExact) {
  const std::int64_t far = std::int64_t{1} << 40;
  std::mt19937 random(5);
  for (int trial = 0; trial < 50; ++trial) {
    const auto a = random_boxes(random, 12, 50), b = random_boxes(random, 12, 50);
    for (const DbuPoint corner : {DbuPoint{far - 50, far - 50}, DbuPoint{-far, far - 50}, DbuPoint{-far, -far}}) {
      const Region far_a = Region(a).moved(corner), far_b = Region(b).moved(corner);
      EXPECT_EQ((far_a ^ far_b), (Region(a) ^ Region(b)).moved(corner));
      EXPECT_EQ(far_a.area(), Region(a).area());
      EXPECT_EQ((far_a & far_b).sized(-1), (Region(a) & Region(b)).sized(-1).moved(corner));
      EXPECT_EQ(far_a.boxes().size(), Region(a).boxes().size());
      EXPECT_EQ(far_a.parts().size(), Region(a).parts().size());
    }
  }
  const Region all(DbuBox{-far, -far, far, far});
  EXPECT_EQ(all.area(), std::ldexp(1.0, 82));
  EXPECT_EQ((all - Region(DbuBox{0, 0, far, far})).area(), 3 * std::ldexp(1.0, 80));
  EXPECT_EQ((all - Region(DbuBox{-1, -1, 1, 1})).pieces().size(), 2U);
  // Slanted, over the whole range: the diagonal halves.
  const Region half(std::vector<DbuPolygon>{{{-far, -far}, {far, -far}, {far, far}}});
  EXPECT_EQ(half.area(), std::ldexp(1.0, 81));
  EXPECT_EQ((all - half).boundary(), (std::vector<DbuPolygon>{{{-far, -far}, {far, far}, {-far, far}}}));
  EXPECT_EQ((half & Region(DbuBox{0, -far, far, 0})).boundary(),
            (std::vector<DbuPolygon>{{{0, -far}, {far, -far}, {far, 0}, {0, 0}}}));
  for (const DbuBox& box : {DbuBox{0, 0, far + 1, 1}, DbuBox{-far - 1, 0, 1, 1}, DbuBox{0, 0, 1, far + 1}}) {
    EXPECT_THROW((void)Region(box), Error);
    EXPECT_THROW((void)Region(std::vector<DbuPolygon>{{{box.x0, box.y0}, {box.x1, box.y0}, {box.x1, box.y1}}}), Error);
  }
  EXPECT_THROW((void)all.moved({1, 0}), Error);
  EXPECT_THROW((void)all.sized(1), Error);
  EXPECT_THROW((void)Region(DbuBox{0, 0, 1, 1}).moved({INT64_MIN, INT64_MAX}), Error);
  EXPECT_THROW((void)Region(DbuBox{0, 0, 1, 1}).sized(INT64_MAX), Error);
  EXPECT_TRUE(Region(DbuBox{0, 0, 1, 1}).sized(INT64_MIN).empty());
}

TEST(Region, NothingIsNothing) {
  const Region nothing, box(DbuBox{0, 0, 4, 4});
  EXPECT_TRUE(nothing.empty());
  EXPECT_EQ(nothing.area(), 0);
  EXPECT_TRUE(nothing.bounding_box().empty());
  EXPECT_EQ(nothing | box, box);
  EXPECT_EQ(nothing & box, nothing);
  EXPECT_EQ(box - nothing, box);
  EXPECT_EQ(nothing - box, nothing);
  EXPECT_EQ(Region(std::vector<DbuPolygon>{}), nothing);
  EXPECT_EQ(Region(DbuBox{}), nothing);
  EXPECT_EQ(Region(DbuBox{3, 3, 3, 9}), nothing);
  EXPECT_EQ(nothing.sized(5), nothing);
  EXPECT_TRUE(nothing.parts().empty() && nothing.pieces().empty() && nothing.boxes().empty());
  EXPECT_TRUE(width_violations(nothing, 5).empty() && space_violations(nothing, 5).empty());
}

TEST(Region, SizingGrowsAndShrinksCellByCell) {
  std::mt19937 random(6);
  constexpr int size = 40;
  for (int trial = 0; trial < 100; ++trial) {
    const Region r = Region(random_boxes(random, 14, size - 12)).moved({6, 6});
    const Cells c = cells_wound(r, size);
    for (const int d : {1, 2, 5}) {
      Cells grown(c.size(), 0), shrunk(c.size(), 1);
      for (int y = 0; y < size; ++y)
        for (int x = 0; x < size; ++x)
          for (int v = y - d; v <= y + d; ++v)
            for (int u = x - d; u <= x + d; ++u) {
              const bool set = v >= 0 && v < size && u >= 0 && u < size && c[static_cast<std::size_t>(v * size + u)];
              auto &g = grown[static_cast<std::size_t>(y * size + x)],
                   &s = shrunk[static_cast<std::size_t>(y * size + x)];
              g = g || set;
              s = s && set;
            }
      ASSERT_EQ(cells_wound(r.sized(d), size), grown);
      ASSERT_EQ(cells_wound(r.sized(-d), size), shrunk);
      expect_canonical(r.sized(d));
    }
    EXPECT_EQ(r.sized(3).sized(-3) & r, r) << "closing covers";
    EXPECT_EQ(r.sized(-3).sized(3) - r, Region()) << "opening is covered";
  }
  // Slanted: a regular octagon-like shape grows by its perimeter times d, corners by d^2 tan(a / 2) each.
  const DbuPolygon octagon{{3000, 0},     {7000, 0},     {10000, 3000}, {10000, 7000},
                           {7000, 10000}, {3000, 10000}, {0, 7000},     {0, 3000}};
  const Region o({octagon});
  for (const int d : {100, 250, -300, -1000}) {
    const double expected = o.area() + d * o.perimeter() + 8.0 * d * d * std::tan(std::acos(-1) / 8);
    EXPECT_NEAR(o.sized(d).area(), expected, o.perimeter());
  }
  EXPECT_LE((o.sized(500).sized(-500) ^ o).area(), 2 * o.perimeter());
  EXPECT_TRUE(o.sized(-5100).empty());
}

TEST(Region, PartsHoldTheirHoles) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 60; ++trial) {
    // Frames in frames, and random shapes.
    Region r;
    if (trial % 2) {
      for (int i = 0; i < 5; ++i)
        r = r | (Region(DbuBox{-90 + 20 * i, -90 + 20 * i, 90 - 15 * i, 90 - 17 * i}) -
                 Region(DbuBox{-80 + 20 * i, -80 + 20 * i, 85 - 15 * i, 80 - 17 * i}));
    } else {
      r = Region(random_boxes(random, 80, 70));
    }
    if (trial % 4 > 1) {
      std::vector<DbuPolygon> turned = r.boundary();  // by 45 degrees
      for (DbuPolygon& ring : turned)
        for (DbuPoint& p : ring) p = {p.x - p.y, p.x + p.y};
      r = Region::of_rings(turned);
    }
    const std::vector<Region> parts = r.parts();
    double area = 0;
    std::vector<DbuPolygon> rings;
    for (const Region& part : parts) {
      area += part.area();
      EXPECT_EQ(Region::of_rings(part.boundary()), part);
      rings.insert(rings.end(), part.boundary().begin(), part.boundary().end());
      std::size_t outlines = 0;
      for (const DbuPolygon& ring : part.boundary()) outlines += doubled_area(ring) > 0;
      EXPECT_EQ(outlines, 1U);
    }
    EXPECT_EQ(area, r.area());
    EXPECT_EQ(Region::of_rings(rings), r);
    EXPECT_EQ(rings.size(), r.boundary().size());
    if (trial % 2) {
      EXPECT_EQ(parts.size(), 5U);
    }
  }
}

TEST(Region, PiecesHaveNoHolesAndFewVertices) {
  std::mt19937 random(8);
  for (int trial = 0; trial < 60; ++trial) {
    const bool slanted = trial % 3 == 2;
    const Region r(slanted ? random_triangles(random, 25, 3000) : random_boxes(random, 120, 100));
    for (const int most : {4, 12, 8190}) {
      double area = 0;
      const auto pieces = r.pieces(most);
      for (const DbuPolygon& piece : pieces) {
        EXPECT_LE(piece.size(), static_cast<std::size_t>(most));
        EXPECT_GT(doubled_area(piece), 0);
        area += doubled_area(piece) / 2;
      }
      // Where a cut meets a slanted edge between grid points, the edge gets a bend of half a unit.
      EXPECT_NEAR(area, r.area(), slanted ? 0.75 * r.perimeter() : 0);
      const Region again(pieces);
      if (slanted) {
        EXPECT_LE((again ^ r).area(), 0.75 * r.perimeter());
      } else {
        EXPECT_EQ(again, r);
      }
    }
  }
  EXPECT_THROW((void)Region(DbuBox{0, 0, 1, 1}).pieces(3), Error);
}

TEST(Region, BoxesAreDisjointAndFew) {
  std::mt19937 random(9);
  for (int trial = 0; trial < 100; ++trial) {
    const Region r(random_boxes(random, 5 + trial, 60));
    const std::vector<DbuBox> boxes = r.boxes();
    double area = 0;
    std::vector<DbuPolygon> drawn;
    for (const DbuBox& b : boxes) {
      EXPECT_TRUE(b.width() > 0 && b.height() > 0);
      area += static_cast<double>(b.width() * b.height());
      drawn.push_back({{b.x0, b.y0}, {b.x1, b.y0}, {b.x1, b.y1}, {b.x0, b.y1}});
    }
    EXPECT_EQ(area, r.area()) << "they overlap";
    EXPECT_EQ(Region(drawn), r);
    // Slices need no more cuts than there are concave corners, and one box per part.
    std::size_t concave = 0;
    for (const DbuPolygon& ring : r.boundary())
      for (std::size_t i = 0, n = ring.size(); i < n; ++i)
        concave += doubled_area({ring[i], ring[(i + 1) % n], ring[(i + 2) % n]}) < 0;
    EXPECT_LE(boxes.size(), r.parts().size() + concave);
  }
  // A comb with its teeth upwards is cut along its back; a plus is three boxes.
  Region comb(DbuBox{0, 0, 100, 10});
  for (int i = 0; i < 5; ++i) comb = comb | Region(DbuBox{20 * i, 10, 20 * i + 10, 50});
  EXPECT_EQ(comb.boxes().size(), 6U);
  EXPECT_EQ((Region(DbuBox{0, 10, 30, 20}) | Region(DbuBox{10, 0, 20, 30})).boxes().size(), 3U);
  EXPECT_THROW((void)Region(std::vector<DbuPolygon>{{{0, 0}, {9, 0}, {5, 5}}}).boxes(), Error);
}

bool has(const std::vector<EdgePair>& pairs, EdgePair wanted) {
  const auto same = [](DbuPoint p, DbuPoint q, DbuPoint v, DbuPoint w) {
    return std::minmax(p, q) == std::minmax(v, w);
  };
  return std::any_of(pairs.begin(), pairs.end(), [&](const EdgePair& p) {
    return std::abs(p.distance - wanted.distance) < 1e-9 &&
           ((same(p.a0, p.a1, wanted.a0, wanted.a1) && same(p.b0, p.b1, wanted.b0, wanted.b1)) ||
            (same(p.a0, p.a1, wanted.b0, wanted.b1) && same(p.b0, p.b1, wanted.a0, wanted.a1)));
  });
}

TEST(RegionChecks, LinesGapsNotchesAndCorners) {
  const Region line(DbuBox{0, 0, 20, 100});
  EXPECT_TRUE(width_violations(line, 20).empty()) << "exactly wide enough";
  const auto thin = width_violations(line, 21);
  ASSERT_EQ(thin.size(), 1U);
  EXPECT_TRUE(has(thin, {{0, 0}, {0, 100}, {20, 0}, {20, 100}, 20}));
  EXPECT_TRUE(space_violations(line, 1000).empty());
  EXPECT_EQ(width_violations(line, 101).size(), 2U);
  // Two lines side by side; their facing parts, rounded off at the ends: sqrt(13^2 - 12^2) = 5 beyond.
  const Region two = line | Region(DbuBox{32, 40, 50, 60});
  EXPECT_TRUE(space_violations(two, 12).empty());
  const auto gap = space_violations(two, 13);
  ASSERT_EQ(gap.size(), 1U);
  EXPECT_TRUE(has(gap, {{20, 35}, {20, 65}, {32, 40}, {32, 60}, 12}));
  EXPECT_TRUE(width_violations(two, 18).empty());
  // A notch is a gap of one part.
  const Region notched = Region(DbuBox{0, 0, 100, 100}) - Region(DbuBox{40, 50, 47, 100});
  EXPECT_TRUE(space_violations(notched, 7).empty());
  EXPECT_TRUE(has(space_violations(notched, 8), {{40, 50}, {40, 100}, {47, 50}, {47, 100}, 7}));
  EXPECT_TRUE(width_violations(notched, 40).empty());
  // Corner to corner, outside (3, 4, 5) and inside.
  const Region corners = Region(DbuBox{0, 0, 100, 100}) | Region(DbuBox{103, 104, 200, 200});
  EXPECT_TRUE(space_violations(corners, 5).empty());
  const auto near = space_violations(corners, 6);
  EXPECT_EQ(near.size(), 2U);
  for (const EdgePair& p : near) EXPECT_DOUBLE_EQ(p.distance, 5);
  EXPECT_TRUE(width_violations(corners, 50).empty());
  const Region neck = Region(DbuBox{0, 0, 100, 100}) | Region(DbuBox{97, 96, 200, 200});
  EXPECT_TRUE(width_violations(neck, 5).empty());
  const auto necked = width_violations(neck, 6);
  EXPECT_EQ(necked.size(), 2U);
  for (const EdgePair& p : necked) EXPECT_DOUBLE_EQ(p.distance, 5);
  EXPECT_TRUE(space_violations(neck, 50).empty());
  // Corners that touch; a part around another.
  const Region touching = Region(DbuBox{0, 0, 50, 50}) | Region(DbuBox{50, 50, 90, 90});
  EXPECT_TRUE(has(space_violations(touching, 1), {{50, 50}, {50, 50}, {50, 50}, {50, 50}, 0}));
  EXPECT_TRUE(width_violations(touching, 30).empty());
  const Region frame = Region(DbuBox{0, 0, 100, 100}) - Region(DbuBox{20, 20, 80, 80});
  const Region island = frame | Region(DbuBox{30, 26, 70, 70});
  const auto around = space_violations(island, 7);
  ASSERT_EQ(around.size(), 1U);
  EXPECT_EQ(around[0].distance, 6);
  EXPECT_TRUE(space_violations(island, 6).empty());
  EXPECT_TRUE(width_violations(island, 20).empty());
  EXPECT_EQ(width_violations(island, 21).size(), 4U);
}

TEST(RegionChecks, SlantedEdges) {
  // Bands at 45 degrees and at the slope 3 : 4, whose widths are whole numbers.
  const Region band(std::vector<DbuPolygon>{{{0, 0}, {400, 300}, {394, 308}, {-6, 8}}});
  EXPECT_TRUE(width_violations(band, 10).empty());
  const auto thin = width_violations(band, 11);
  ASSERT_EQ(thin.size(), 1U);
  EXPECT_DOUBLE_EQ(thin[0].distance, 10);
  const Region bands = band | band.moved({-9, 12});
  EXPECT_TRUE(space_violations(bands, 5).empty());
  ASSERT_EQ(space_violations(bands, 6).size(), 1U);
  EXPECT_DOUBLE_EQ(space_violations(bands, 6)[0].distance, 5);
  // A sharp corner is narrow at its tip; a right one and a blunt one are not.
  EXPECT_EQ(width_violations(Region(std::vector<DbuPolygon>{{{0, 0}, {300, 0}, {300, 200}}}), 10).size(), 2U);
  EXPECT_TRUE(
      width_violations(Region(std::vector<DbuPolygon>{{{0, 0}, {300, -90}, {390, 210}, {90, 300}}}), 10).empty());
  EXPECT_TRUE(
      width_violations(Region(std::vector<DbuPolygon>{{{0, 0}, {300, 0}, {400, 300}, {300, 400}, {0, 300}}}), 10)
          .empty());
  EXPECT_THROW((void)width_violations(band, -1), Error);
  EXPECT_TRUE(width_violations(band, 0).empty() && space_violations(bands, 0).empty());
}

TEST(Region, RasterAndSpectrumHaveItsArea) {
  std::mt19937 random(10);
  for (const bool slanted : {false, true}) {
    const Region r(slanted ? random_triangles(random, 9, 640) : random_boxes(random, 60, 640));
    const double dbu = 0.1;
    const std::vector<Polygon> nm = polygons_nm(r, dbu);
    double covered = 0;
    for (const double pixel : rasterise(nm, {0, 0, 70, 70, 1})) covered += pixel;
    EXPECT_NEAR(covered, r.area() * dbu * dbu, 1e-9 * covered);
    const auto m = polygon_spectrum(nm, {0, 0, 80, 80}, 3, 3);
    EXPECT_NEAR(m[24].real(), r.area() * dbu * dbu / 6400, 1e-12);
    EXPECT_EQ(region_of(nm, dbu), r);
  }
  EXPECT_THROW((void)region_of({{{0, 0}, {1, 0}, {std::nan(""), 1}}}, 1), Error);
  EXPECT_THROW((void)region_of({{{0, 0}, {1e13, 0}, {1, 1}}}, 1), Error);
}

}  // namespace
}  // namespace anamorph
