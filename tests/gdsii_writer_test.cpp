// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "cpp/core/error.hpp"
#include "masks/layout_stream.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/gdsii_told.hpp"

namespace anamorph::testing {
namespace {

const Properties tagged{{"S_GDS_PROPERTY", {std::uint64_t{7}, std::string("odd")}}, {"other", {1.5}}};

void fill_all(LayoutWriter& to) {
  to.polygon({1, 2}, {{0, 0}, {7, 0}, {3, 9}}, {}, tagged);
  to.box({65535, 0}, {-5, -6, 7, 8}, {}, {});
  to.path({3, 0}, {{{0, 0}, {50, 0}, {70, 20}}, 20, 0, 0, false}, {}, {});
  to.path({3, 0}, {{{0, 0}, {50, 0}}, 21, 10, 10, true}, {}, {});
  to.path({3, 0}, {{{0, 0}, {50, 0}}, 21, 10, 10, false}, {}, {});
  to.path({3, 0}, {{{0, 0}, {50, 0}}, 20, -3, 2147483647, false}, {}, {});
  to.path({3, 1}, {{{0, 0}, {50, 0}}, 20, 0, 0, false, true}, {}, {});
  to.text({4, 5}, {{-2147483648, 2147483647}, "odd"}, {}, tagged);
  to.placement({"B", {1, -2}, 33.3, true, 0.7}, {}, tagged);
  to.placement({"B", {0, 0}, 0, false, 1}, {{10, 1}, {-2, 30}, 5, 32767, {}}, {});
}

TEST(GdsiiWriter, WhatIsWrittenIsReadBack) {
  const Properties of_file{{"S_GDS_PROPERTY", {std::uint64_t{65535}, std::string("x")}}};
  const std::string bytes = written(fill_all, 0.1, of_file);
  EXPECT_EQ(told(bytes),
            "file {S_GDS_PROPERTY u65535 x}\n"
            "cell A {S_GDS_PROPERTY u5 cell}\n"
            "1/2 polygon 0,0 7,0 3,9 {S_GDS_PROPERTY u7 odd}\n"
            "65535/0 polygon -5,-6 7,-6 7,8 -5,8\n"
            "3/0 path 20 0 0 0,0 50,0 70,20\n"
            "3/0 path 21 round 10 10 0,0 50,0\n"
            "3/0 path 21 10 10 0,0 50,0\n"
            "3/0 path 20 -3 2147483647 0,0 50,0\n"
            "3/1 path 20 absolute 0 0 0,0 50,0\n"
            "4/5 text odd -2147483648,2147483647 {S_GDS_PROPERTY u7 odd}\n"
            "place B angle 33.3 times 0.7 mirrored 1,-2 {S_GDS_PROPERTY u7 odd}\n"
            "place B 0,0 grid 5 x 10,1 by 32767 x -2,30\n");
  EXPECT_EQ(written(fill_all, 0.1, of_file), bytes) << "the same elements give the same bytes";
  EXPECT_EQ(open_layout(memory_bytes(bytes, "a"))->dbu_nm(), 0.1);
  // And so does what was read, written anew.
  std::string again;
  const auto file = open_layout(memory_bytes(bytes, "a"));
  const auto writer = write_gdsii([&](std::string_view part) { again += part; }, 0.1, "LIB", file->properties());
  writer->begin_cell("A", file->cell_properties(0));
  file->read(0, *writer);
  writer->end_cell();
  writer->finish();
  EXPECT_EQ(again, bytes);
}

TEST(GdsiiWriter, RepeatedShapesAreWrittenOut) {
  const auto bytes = written([](LayoutWriter& to) {
    to.polygon({1, 0}, {{0, 0}, {1, 0}, {0, 1}}, {{10, 0}, {0, 100}, 2, 2, {}}, {});
    to.text({2, 0}, {{5, 5}, "t"}, {{}, {}, 1, 1, {{0, 0}, {-3, 4}}}, {});
    to.placement({"B", {7, 7}, 0, false, 1}, {{}, {}, 1, 1, {{0, 0}, {-3, 4}}}, {});
    to.path({3, 0}, {{{0, 0}, {9, 0}}, 4, 9, 9, true}, {}, {});  // no GDSII path
  });
  EXPECT_TRUE(told(bytes).starts_with(
      "cell A {S_GDS_PROPERTY u5 cell}\n1/0 polygon 0,0 1,0 0,1\n1/0 polygon 10,0 11,0 10,1\n"
      "1/0 polygon 0,100 1,100 0,101\n1/0 polygon 10,100 11,100 10,101\n2/0 text t 5,5\n2/0 text t 2,9\n"
      "place B 7,7\nplace B 4,11\n3/0 polygon "))
      << told(bytes);
}

/// Where cells are placed.
struct Origins final : LayoutSink {
  std::multiset<DbuPoint> all;
  int elements = 0;
  void placement(const Placement& placed, const Repetition& r, const Properties&) override {
    ++elements;
    for (std::uint64_t i = 0; i < r.columns; ++i)
      for (std::uint64_t j = 0; j < r.rows; ++j) {
        const auto c = static_cast<std::int64_t>(i), d = static_cast<std::int64_t>(j);
        all.insert({placed.origin.x + c * r.a.x + d * r.b.x, placed.origin.y + c * r.a.y + d * r.b.y});
      }
  }
};

TEST(GdsiiWriter, ArraysBeyondTheFormatAreSplit) {
  const auto origins = [](const Placement& placed, const Repetition& r) {
    const std::string bytes = written([&](LayoutWriter& to) { to.placement(placed, r, {}); });
    Origins found;
    open_layout(memory_bytes(bytes, "a"))->read(0, found);
    return found;
  };
  const Placement at{"B", {-100, 5}, 0, false, 1};
  Origins expected;
  const Repetition wide{{3, 1}, {-7, 50}, 100001, 2, {}};
  expected.placement(at, wide, {});
  const Origins found = origins(at, wide);
  EXPECT_EQ(found.all, expected.all);
  EXPECT_LE(found.elements, 4);
  // The corner that the format wants beyond the last column would leave 32 bits.
  const Placement far{"B", {2'147'480'000, 0}, 0, false, 1};
  Origins near_limit;
  const Repetition tight{{1000, 0}, {0, 10}, 4, 3, {}};
  near_limit.placement(far, tight, {});
  EXPECT_EQ(origins(far, tight).all, near_limit.all);
}

TEST(GdsiiWriter, LongPolygonsAreCut) {
  DbuPolygon comb{{0, 0}, {10001, 0}, {10001, 10}};
  for (std::int64_t x = 10000; x >= 2; x -= 4)
    for (const DbuPoint& p : {DbuPoint{x, 10}, DbuPoint{x, 100}, DbuPoint{x - 2, 100}, DbuPoint{x - 2, 10}})
      comb.push_back(p);
  comb.push_back({0, 10});
  ASSERT_GT(comb.size(), 8190U);
  const auto bytes = written([&](LayoutWriter& to) { to.polygon({1, 0}, comb, {}, {}); });
  struct Areas final : LayoutSink {
    double sum = 0;
    std::size_t most = 0;
    void polygon(const LayerNumber&, const DbuPolygon& p, const Repetition&, const Properties&) override {
      double twice = 0;
      for (std::size_t i = 0; i < p.size(); ++i) {
        const DbuPoint &a = p[i], &b = p[(i + 1) % p.size()];
        twice += static_cast<double>(a.x * b.y - b.x * a.y);
      }
      sum += std::abs(twice) / 2;
      most = std::max(most, p.size());
    }
  } areas;
  open_layout(memory_bytes(bytes, "a"))->read(0, areas);
  EXPECT_EQ(areas.sum, 10001 * 10 + 2500 * 2 * 90);
  EXPECT_LE(areas.most, 8190U);
}

TEST(GdsiiWriter, RefusesWhatTheFormatCannotHold) {
  const auto id = [](const std::function<void(LayoutWriter&)>& fill) {
    return error_of([&] { (void)written(fill); }).id();
  };
  EXPECT_EQ(id([](LayoutWriter& w) { w.box({1, 0}, {0, 0, 2147483648, 1}, {}, {}); }), "GDS-0003");
  EXPECT_EQ(id([](LayoutWriter& w) { w.box({1, 0}, {0, 0, 1, 1}, {{2147483647, 0}, {}, 2, 1, {}}, {}); }), "GDS-0003");
  EXPECT_EQ(id([](LayoutWriter& w) { w.placement({"B", {0, INT64_MIN}, 0, false, 1}, {}, {}); }), "GDS-0003");
  EXPECT_EQ(id([](LayoutWriter& w) { w.box({65536, 0}, {0, 0, 1, 1}, {}, {}); }), "GDS-0056");
  EXPECT_EQ(id([](LayoutWriter& w) { w.text({1, 0}, {{0, 0}, std::string(65531, 'x')}, {}, {}); }), "GDS-0050");
  EXPECT_EQ(id([](LayoutWriter& w) { w.polygon({1, 0}, {{0, 0}, {1, 1}}, {}, {}); }), "GDS-0054");
  EXPECT_EQ(id([](LayoutWriter& w) {
              w.box({1, 0}, {0, 0, 1, 1}, {{1, 0}, {0, 1}, 1000000, 1000000, {}}, {});
            }),
            "GDS-0055");
  EXPECT_EQ(id([](LayoutWriter& w) { w.begin_cell("B"); }), "GDS-0052");
  EXPECT_EQ(id([](LayoutWriter& w) {
              w.end_cell();
              w.begin_cell("A");
            }),
            "GDS-0053");
  EXPECT_EQ(id([](LayoutWriter& w) {
              w.end_cell();
              w.box({1, 0}, {0, 0, 1, 1}, {}, {});
            }),
            "GDS-0052");
  EXPECT_EQ(error_of([] { (void)written(fill_all, 0); }).id(), "GDS-0051");
}

}  // namespace
}  // namespace anamorph::testing
