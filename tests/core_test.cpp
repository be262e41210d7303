// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "cpp/core/error.hpp"
#include "cpp/core/geometry.hpp"
#include "cpp/core/image.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph {
namespace {

TEST(Error, ForeignNamesNeitherCutTheMessageNorReachTheTerminal) {
  using namespace std::string_literals;
  const Error error(ErrorCode::input, "LAY-0022", "no cell \"a\0\x1b[2Jb\x7f\", at byte 7"s);
  EXPECT_STREQ(error.what(), "no cell \"a\\x00\\x1b[2Jb\\x7f\", at byte 7");
}

TEST(Error, PutsThePlaceBeforeTheMessage) {
  const Error error(ErrorCode::input, "GLP-0001", "number expected", {"a.glp", 3, 7});
  EXPECT_STREQ(error.what(), "a.glp:3:7: number expected");
  EXPECT_EQ(static_cast<int>(error.code()), 3);
}

TEST(Geometry, AreaIsPositiveCounterClockwise) {
  const Polygon square{{0, 0}, {2, 0}, {2, 3}, {0, 3}};
  EXPECT_DOUBLE_EQ(signed_area(square), 6);
  EXPECT_DOUBLE_EQ(signed_area(Polygon(square.rbegin(), square.rend())), -6);
  EXPECT_EQ(bounding_box({square}), (Box{0, 0, 2, 3}));
  EXPECT_EQ(bounding_box({}), Box{});
}

TEST(Image, RowsAreContiguous) {
  Image<int> image(2, 3);
  image(1, 2) = 7;
  EXPECT_EQ(image.data()[5], 7);
  EXPECT_EQ(image.row(1)[2], 7);
}

TEST(ParallelFor, RunsEveryIndexOnceAndPassesOnExceptions) {
  std::atomic<int> sum = 0;
  parallel_for(100, 4, [&](int i) { sum += i; });
  EXPECT_EQ(sum, 4950);
  EXPECT_THROW(parallel_for(8, 2, [](int i) { if (i == 5) throw std::runtime_error("five"); }), std::runtime_error);
}

}  // namespace
}  // namespace anamorph
