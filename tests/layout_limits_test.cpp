// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/layout_query.hpp"
#include "masks/repetition_members.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/made_layout.hpp"

// A few bytes can hold more shapes than anybody can wait for: queries end.

namespace anamorph {
namespace {

using namespace testing;

/// LEAF in L0, L0 twice in L1 and so on: 2^(levels) leaves at one place.
void make_doublings(Made& made, int levels, const DbuPoint& step = {}) {
  made.add("LEAF", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 9, 9}, {}, {}); });
  for (int i = 0; i < levels; ++i)
    made.add("L" + std::to_string(i), [=](LayoutSink& sink) {
      const std::string child = i == 0 ? "LEAF" : "L" + std::to_string(i - 1);
      sink.placement({child, {0, 0}, 0, false, 1}, {}, {});
      sink.placement({child, step, 0, false, 1}, {}, {});
    });
}

std::uint64_t told(const LayoutIndex& index, const LayoutIndex::Query& query) {
  std::uint64_t count = 0;
  index.shapes(query, [&](const LayerNumber&, const DbuPolygon&) { ++count; });
  return count;
}

/// The error of a query that takes too long, and how many shapes were told before it was sure.
std::uint64_t told_before_refusal(const LayoutIndex& index, const LayoutIndex::Query& query) {
  std::uint64_t count = 0;
  const Error error = error_of([&] { index.shapes(query, [&](const LayerNumber&, const DbuPolygon&) { ++count; }); });
  EXPECT_EQ(error.id(), "LAY-0024") << error.what();
  EXPECT_EQ(error.code(), ErrorCode::input);
  EXPECT_NE(std::string(error.what()).find("at byte "), std::string::npos) << error.what();
  return count;
}

TEST(LayoutLimits, DoublingsAtOnePlaceAreRefusedBeforeTheyAreVisited) {
  for (const int levels : {60, 2000}) {  // 2^2000 is beyond a double
    Made made;
    make_doublings(made, levels);
    const LayoutIndex index(made);
    EXPECT_EQ(told_before_refusal(index, {index.find(), {}, {}}), 0U);
    EXPECT_EQ(told_before_refusal(index, {index.find(), {}, DbuBox{0, 0, 9, 9}}), 0U);
    EXPECT_EQ(told(index, {index.find(), {}, DbuBox{10, 10, 20, 20}}), 0U) << "a window without any";
    EXPECT_EQ(told(index, {index.find(), {{2, 0}}, {}}), 0U) << "a layer without any";
  }
  Made few;
  make_doublings(few, 10);
  const LayoutIndex index(few);
  EXPECT_EQ(told(index, {index.find(), {}, {}}), 1024U);
}

TEST(LayoutLimits, WhatIsCutByTheWindowEndsAfterTheStepsThatAreLeft) {
  Made made;
  make_doublings(made, 60);
  const LayoutIndex index(made);
  EXPECT_LE(told_before_refusal(index, {index.find(), {}, DbuBox{3, 3, 5, 5}, 10'000}), 10'000U);
}

TEST(LayoutLimits, CellsThatTellNothingCountAsWell) {
  // Box of all: the leaf's L reaches into the window, none of its shapes does.
  Made made;
  made.add("LEAF", [](LayoutSink& sink) {
    sink.box({1, 0}, {0, 0, 9, 100}, {}, {});
    sink.box({1, 0}, {0, 0, 100, 9}, {}, {});
  });
  made.add("L0", [](LayoutSink& sink) {
    for (int i = 0; i < 1000; ++i) sink.placement({"LEAF", {0, 0}, 0, false, 1}, {}, {});
  });
  const LayoutIndex index(made);
  const DbuBox window{50, 50, 60, 60};
  EXPECT_EQ(told(index, {index.find(), {}, window}), 0U);
  EXPECT_EQ(told_before_refusal(index, {index.find(), {}, window, 999}), 0U);
  // Each visit looks at two shapes, the first one for nothing.
  EXPECT_EQ(told(index, {index.find(), {}, window, 1000 + 999 * 2}), 0U);
  EXPECT_EQ(told_before_refusal(index, {index.find(), {}, window, 1000 + 999 * 2 - 1}), 0U);
}

TEST(LayoutLimits, DenseArraysAreCountedBeforeTheyAreVisited) {
  Made made;
  made.add("LEAF", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 50, 50}, {}, {}); });
  made.add("CELLS", holding("LEAF", {{1, 0}, {0, 1}, 10'000'000, 10'000'000, {}}));
  made.add("SHAPES", [](LayoutSink& sink) {
    sink.box({1, 0}, {0, 0, 50, 50}, {{1, 0}, {0, 1}, 10'000'000, 10'000'000, {}}, {});
  });
  const LayoutIndex index(made);
  for (const char* name : {"CELLS", "SHAPES"}) {
    const std::size_t cell = index.find(name);
    const DbuBox small{5000, 5000, 5049, 5049}, large{5000, 5000, 2'000'000, 2'000'000};
    EXPECT_EQ(told(index, {cell, {}, small}), 10'000U) << name;
    // 100 rows of 100; cells and their shapes, which are looked at again.
    const std::uint64_t steps = cell == index.find("CELLS") ? 100 + 10'000 + 10'000 + 9'999 : 100 + 10'000;
    EXPECT_EQ(told(index, {cell, {}, small, steps}), 10'000U) << name;
    EXPECT_LT(told_before_refusal(index, {cell, {}, small, steps - 1}), 10'000U) << name;
    EXPECT_EQ(told_before_refusal(index, {cell, {}, small, 10'000}), 0U) << name;
    EXPECT_EQ(told_before_refusal(index, {cell, {}, large}), 0U) << name;
    EXPECT_EQ(told_before_refusal(index, {cell, {}, {}}), 0U) << name;
  }
}

TEST(LayoutLimits, RowsThatHitNothingCount) {
  // Columns of 2^40, rows of one unit: all rows reach the window with some column, few members lie in it.
  const Repetition grid{{std::int64_t{1} << 40, 1}, {-1, 0}, 500, std::uint64_t{1} << 49, {}};
  Made made;
  made.add("LEAF", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 1, 1}, {}, {}); });
  made.add("CELLS", holding("LEAF", grid));
  made.add("SHAPES", [&](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 1, 1}, grid, {}); });
  const LayoutIndex index(made);
  for (const char* name : {"CELLS", "SHAPES"})
    EXPECT_EQ(told_before_refusal(index, {index.find(name), {}, DbuBox{0, 5, 10, 500}}), 0U) << name;
}

TEST(LayoutLimits, ListsOfPlacementsAreVisitedInBetween) {
  // Each of these is kept until it is visited, but not all of more than 2^20 displacements.
  Repetition list;
  for (std::int64_t i = 0; i < 1000; ++i) list.offsets.push_back({i * 20, 0});
  bool read_to_its_end = false;
  Made made;
  made.add("LEAF", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 9, 9}, {}, {}); });
  made.add("TOP", [&](LayoutSink& sink) {
    for (std::int64_t i = 0; i < 1100; ++i) sink.placement({"LEAF", {0, 20 * i}, 0, false, 1}, list, {});
    read_to_its_end = true;
  });
  const LayoutIndex index(made);
  read_to_its_end = false;
  std::uint64_t count = 0, before = 0;
  index.shapes({index.find(), {}, {}}, [&](const LayerNumber&, const DbuPolygon&) {
    ++count;
    before += read_to_its_end ? 0 : 1;
  });
  EXPECT_EQ(count, 1'100'000U);
  EXPECT_EQ(before, 1'049'000U);
}

TEST(LayoutLimits, PathsOfAbsoluteWidthAreNotMagnified) {
  const auto layout = [](double magnification) {
    Made made;
    made.add("LEAF", [](LayoutSink& s) { s.path({1, 0}, {{{0, 0}, {100, 0}}, 20, 0, 0, false, true}, {}, {}); });
    made.add("MIDDLE", [](LayoutSink& s) { s.placement({"LEAF", {0, 0}, 90, true, 1}, {}, {}); });
    made.add("TOP", [=](LayoutSink& s) { s.placement({"MIDDLE", {0, 0}, 30, false, magnification}, {}, {}); });
    const LayoutIndex index(made);
    return told(index, {index.find(), {}, {}});
  };
  EXPECT_EQ(layout(1), 1U);
  const Error error = error_of([&] { (void)layout(2); });
  EXPECT_EQ(error.id(), "LAY-0025");
  EXPECT_NE(std::string(error.what()).find("\"MIDDLE\""), std::string::npos) << error.what();
  EXPECT_NE(std::string(error.what()).find("at byte "), std::string::npos) << error.what();
}

TEST(LayoutLimits, MembersAreCountedAsTheyAreVisited) {
  for (const Repetition& r : {Repetition{{3, 1}, {-2, 5}, 40, 30, {}}, Repetition{{0, 0}, {2, 2}, 7, 9, {}},
                              Repetition{{}, {}, 1, 1, {{0, 0}, {5, 5}, {100, 0}}}, Repetition{}})
    for (const DbuBox& box : {DbuBox{-500, -500, 500, 500}, DbuBox{0, 0, 30, 30}, DbuBox{7, 7, 7, 7}, DbuBox{}}) {
      RepetitionMembers members(r, box);
      const std::uint64_t count = members.count();
      std::uint64_t visited = 0;
      for (DbuPoint p; members.next(p);) ++visited;
      EXPECT_EQ(count, visited);
      if (box.x0 == -500) {
        EXPECT_EQ(static_cast<double>(visited), anamorph::members(r));
      }
    }
}

}  // namespace
}  // namespace anamorph
