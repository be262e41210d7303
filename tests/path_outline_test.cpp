// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "masks/layout_stream.hpp"
#include "tests/gdsii_told.hpp"
#include "tests/klayout_fixture.hpp"

namespace anamorph::testing {
namespace {

TEST(PathOutline, IsTheCustomaryOne) {
  using P = DbuPolygon;
  const auto of = [](std::vector<DbuPoint> spine, std::int64_t width, std::int64_t begin = 0, std::int64_t end = 0) {
    P p = outline({std::move(spine), width, begin, end, false});
    std::rotate(p.begin(), std::min_element(p.begin(), p.end()), p.end());
    return p;
  };
  // Each from its lowest point, along the left side of the wire.
  EXPECT_EQ(of({{0, 0}, {100, 0}, {100, 50}}, 20, 3, -5),
            (P{{-3, -10}, {-3, 10}, {90, 10}, {90, 45}, {110, 45}, {110, -10}}));
  EXPECT_EQ(of({{0, 0}, {50, 0}, {50, 0}, {100, 0}}, 21), (P{{0, -11}, {0, 11}, {100, 11}, {100, -11}}))
      << "halves go outwards, points in the middle of an edge go";
  EXPECT_EQ(of({{0, 0}, {1000, 0}, {0, 1000}}, 200),
            (P{{-71, 929}, {71, 1071}, {1142, 0}, {1100, -100}, {0, -100}, {0, 100}, {758, 100}}))
      << "beyond 90 degrees the corner is cut";
  EXPECT_EQ(of({{0, 0}, {1000, 0}, {15, 174}}, 200),
            (P{{-2, 76}, {32, 272}, {1116, 81}, {1100, -100}, {0, -100}, {0, 100}, {1000, 100}, {1000, 0}, {983, -98}}))
      << "the inner sides of a hairpin do not meet";
  EXPECT_TRUE(outline({{{0, 0}, {9, 0}}, 0, 0, 0, false}).empty());
  EXPECT_TRUE(outline({{{5, 5}}, 20, 0, 0, false}).empty());
  EXPECT_TRUE(outline({{}, 20, 0, 0, false}).empty());
  EXPECT_EQ(of({{5, 5}}, 20, 10, 10), (P{{-5, -5}, {-5, 15}, {15, 15}, {15, -5}}));
}

TEST_F(WithKLayout, PathsCoverTheSame) {
  std::mt19937_64 random(11);
  const auto upto = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most + 1));
  };
  // Layer 1 as paths, layer 2 as our outlines; each path has a place of its own.
  const std::string bytes = written([&](LayoutWriter& to) {
    for (int i = 0; i < 2000; ++i) {
      LayoutPath path;
      const std::int64_t kind = upto(2), legs = 1 + upto(5);
      path.spine = {{30000 * (i % 50), 30000 * (i / 50)}};
      for (std::int64_t k = 0; k < legs; ++k) {
        const std::int64_t step = 1 + upto(1 + upto(2000));
        DbuPoint by{(upto(2) - 1) * step, (upto(2) - 1) * step};
        if (kind == 0) by = upto(1) != 0 ? DbuPoint{by.x, 0} : DbuPoint{0, by.y};
        if (kind == 2) by = {upto(2 * step) - step, upto(2 * step) - step};
        path.spine.push_back({path.spine.back().x + by.x, path.spine.back().y + by.y});
      }
      path.width = 1 + upto(1 + upto(900));
      path.round = upto(4) == 0;
      const bool dot =
          std::all_of(path.spine.begin(), path.spine.end(), [&](const DbuPoint& p) { return p == path.spine[0]; });
      if (dot && path.round) path.width *= 2;  // halves at the top of a disc go where their noise takes them
      const bool by_half = path.round || upto(2) == 0;
      path.begin_extension = by_half ? path.width / 2 : upto(400) - 100;
      path.end_extension = by_half ? path.width / 2 : upto(400) - 100;
      to.path({1, 0}, path, {}, {});
      const DbuPolygon shape = outline(path);
      if (!shape.empty()) to.polygon({2, 0}, shape, {}, {});
    }
  });
  write_plain(folder / "paths.gds", bytes);
  EXPECT_EQ(klayout("l = RBA::Layout::new; l.read('paths.gds'); c = l.top_cell\n"
                    "a, b = [1, 2].map { |n| RBA::Region::new(c.begin_shapes_rec(l.layer(n, 0))) }\n"
                    "puts a.count, (a.area > 10**8), (a ^ b).to_s\n"),
            "2000\ntrue\n\n");
}

}  // namespace
}  // namespace anamorph::testing
