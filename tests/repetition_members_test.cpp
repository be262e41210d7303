// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/repetition_members.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "masks/layout_stream.hpp"

namespace anamorph {
namespace {

TEST(RepetitionMembers, AreThoseInTheBox) {
  std::mt19937_64 random(1);
  const auto upto = [&](std::int64_t most) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most + 1));
  };
  std::size_t hits = 0;
  for (int i = 0; i < 20000; ++i) {
    Repetition r{
        {upto(20) - 10, upto(20) - 10}, {upto(20) - 10, upto(20) - 10}, 1 + random() % 9, 1 + random() % 9, {}};
    if (i % 3 == 0) r.a.y = r.b.x = 0;
    if (i % 5 == 0) r.b = {r.a.x * 2, r.a.y * 2};  // along one line
    if (i % 7 == 0)
      for (int k = 0; k < 10; ++k) r.offsets.push_back({upto(60) - 30, upto(60) - 30});
    DbuBox box{upto(80) - 60, upto(80) - 60, 0, 0};
    box.x1 = box.x0 + upto(50) - 5;  // some are empty
    box.y1 = box.y0 + upto(50) - 5;
    std::vector<DbuPoint> expected = r.offsets;
    const std::uint64_t columns = r.a == DbuPoint{} ? 1 : r.columns, rows = r.b == DbuPoint{} ? 1 : r.rows;
    if (r.offsets.empty())
      for (std::uint64_t c = 0; c < columns; ++c)
        for (std::uint64_t d = 0; d < rows; ++d) {
          const auto x = static_cast<std::int64_t>(c), y = static_cast<std::int64_t>(d);
          expected.push_back({x * r.a.x + y * r.b.x, x * r.a.y + y * r.b.y});
        }
    DbuBox all;
    for (const DbuPoint& p : expected) all.include(p);
    ASSERT_EQ(displacement_box(r), all);
    std::erase_if(expected, [&](const DbuPoint& p) { return box.empty() || !box.holds(p); });
    std::vector<DbuPoint> found;
    RepetitionMembers members(r, box);
    for (DbuPoint p; members.next(p);) found.push_back(p);
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found, expected) << i;
    hits += found.size();
  }
  EXPECT_GT(hits, 10000U);
}

TEST(RepetitionMembers, CostOnlyWhatIsHit) {
  // 10^12 members, each: upright, skewed, along one line.
  const std::uint64_t million = 1'000'000;
  for (const Repetition& r :
       {Repetition{{100, 0}, {0, 100}, million, million, {}}, Repetition{{100, 3}, {-3, 100}, million, million, {}},
        Repetition{{0, 100}, {100, 0}, million, million, {}}}) {
    RepetitionMembers members(r, {50'000'000, 40'000'000, 50'000'999, 40'000'999});
    int found = 0;
    for (DbuPoint p; members.next(p);) ++found;
    EXPECT_NEAR(found, 100, 12);
  }
  EXPECT_TRUE(displacement_box({{INT64_MAX, 0}, {}, UINT64_MAX, 1, {}}).empty());
}

}  // namespace
}  // namespace anamorph
