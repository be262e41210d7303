// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout_query.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numbers>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/layer_names.hpp"
#include "masks/repetition_members.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/made_layout.hpp"

namespace anamorph {
namespace {

using namespace testing;

/// Everything of a cell, by plain recursion in long double.
struct Flat {
  const LayoutFile& file;
  std::map<std::string, std::size_t> numbers;
  Shapes found;

  struct Matrix {
    long double a = 1, b = 0, c = 0, d = 1, x = 0, y = 0;
  };
  struct Cell final : LayoutSink {
    Flat* flat = nullptr;
    Matrix m;
    static std::vector<DbuPoint> moves(const Repetition& r) {
      std::vector<DbuPoint> all = r.offsets;
      for (std::uint64_t i = 0; r.offsets.empty() && i < r.columns; ++i)
        for (std::uint64_t j = 0; j < r.rows; ++j) {
          const auto c = static_cast<std::int64_t>(i), d = static_cast<std::int64_t>(j);
          all.push_back({c * r.a.x + d * r.b.x, c * r.a.y + d * r.b.y});
        }
      return all;
    }
    void polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& r, const Properties&) override {
      for (const DbuPoint& move : moves(r)) {
        DbuPolygon image;
        for (const DbuPoint& p : shape) {
          const auto px = static_cast<long double>(p.x + move.x), py = static_cast<long double>(p.y + move.y);
          image.push_back({std::llround(m.a * px + m.b * py + m.x), std::llround(m.c * px + m.d * py + m.y)});
        }
        flat->found.emplace_back(layer, image);
      }
    }
    void placement(const Placement& p, const Repetition& r, const Properties&) override {
      if (!flat->numbers.contains(p.cell)) return;
      const long double turn = static_cast<long double>(p.angle_deg) * std::numbers::pi_v<long double> / 180;
      long double c = std::cos(turn), s = std::sin(turn);
      if (std::fmod(p.angle_deg, 90) == 0) {
        c = std::round(c);
        s = std::round(s);
      }
      const long double g = p.magnification, f = p.mirrored ? -1 : 1;
      const Matrix n{g * c, -g * s * f, g * s, g * c * f, 0, 0};
      for (const DbuPoint& move : moves(r)) {
        const auto x = static_cast<long double>(p.origin.x + move.x), y = static_cast<long double>(p.origin.y + move.y);
        flat->tell(flat->numbers.at(p.cell), {m.a * n.a + m.b * n.c, m.a * n.b + m.b * n.d, m.c * n.a + m.d * n.c,
                                              m.c * n.b + m.d * n.d, m.a * x + m.b * y + m.x, m.c * x + m.d * y + m.y});
      }
    }
  };
  void tell(std::size_t cell, const Matrix& m) {
    Cell sink;
    sink.flat = this;
    sink.m = m;
    file.read(cell, sink);
  }
};

Shapes flat(const LayoutFile& file, std::size_t cell) {
  Flat all{file, {}, {}};
  for (std::size_t i = 0; i < file.cells().size(); ++i) all.numbers[file.cells()[i]] = i;
  all.tell(cell, {});
  return all.found;
}

/// Five levels, each placing those below it; `any_angle`: turned and magnified by anything.
void make_hierarchy(Made& made, unsigned seed, bool any_angle) {
  for (int level = 0; level < 5; ++level)
    made.add("L" + std::to_string(level), [=](LayoutSink& sink) {
      std::mt19937_64 random(seed + static_cast<unsigned>(level));
      const auto upto = [&](std::int64_t most) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most + 1));
      };
      for (int i = 0; i < 4; ++i) {
        const LayerNumber layer{static_cast<std::uint32_t>(1 + upto(1)), 0};
        const DbuPoint at{upto(2000) - 1000, upto(2000) - 1000};
        const Repetition r{{upto(300), upto(20)}, {-upto(20), upto(300)}, 1 + random() % 3, 1 + random() % 3, {}};
        if (i == 0) sink.box(layer, {at.x, at.y, at.x + upto(100), at.y + upto(100)}, r, {});
        if (i == 1) sink.path(layer, {{at, {at.x + 150, at.y}, {at.x + 150, at.y + 90}}, 20, 5, 0, false}, r, {});
        if (i == 2) sink.polygon(layer, {at, {at.x + 70, at.y + 10}, {at.x + 30, at.y + 60}}, r, {});
        if (i == 3) sink.text(layer, {at, "no shape"}, r, {});
      }
      for (int i = 0; i < (level == 0 ? 0 : 3); ++i) {
        Placement child{"L" + std::to_string(upto(level - 1)),
                        {upto(6000) - 3000, upto(6000) - 3000},
                        90.0 * static_cast<double>(upto(3)),
                        upto(1) == 0,
                        1};
        if (any_angle && i == 1) {
          child.angle_deg = static_cast<double>(upto(3600)) / 10;
          child.magnification = 0.5 + static_cast<double>(upto(10)) / 10;
        }
        Repetition r{{upto(900), 7}, {-3, upto(900)}, 1 + random() % 4, 1 + random() % 4, {}};
        if (i == 2) r = {{}, {}, 1, 1, {{0, 0}, {500, 100}, {-700, 3000}}};
        sink.placement(child, r, {});
      }
      sink.placement({"elsewhere", {0, 0}, 0, false, 1}, {}, {});
    });
}

TEST(LayoutQuery, FindsWhatPlainRecursionFinds) {
  std::size_t total = 0;
  for (unsigned seed = 1; seed <= 6; ++seed)
    for (const bool any_angle : {false, true}) {
      Made made;
      make_hierarchy(made, 100 * seed, any_angle);
      const LayoutIndex index(made, 2);
      const std::size_t top = index.find("L4");
      Shapes expected = flat(made, top), found = shapes(index, {top, {}, {}});
      ASSERT_EQ(found.size(), expected.size());
      total += found.size();
      std::sort(expected.begin(), expected.end());
      std::sort(found.begin(), found.end());
      int beside = 0;  // where a double and a long double round to different sides
      for (std::size_t i = 0; i < found.size() && any_angle; ++i) beside += found[i] != expected[i];
      if (any_angle) {
        EXPECT_LE(beside, static_cast<int>(found.size() / 50)) << seed;
      } else {
        EXPECT_EQ(found, expected) << seed;
      }
      // Boxes hold everything, and tightly so without odd angles.
      for (const LayerNumber& layer : index.layers(top)) {
        DbuBox all;
        for (const auto& [l, p] : found)
          for (const DbuPoint& v : p)
            if (l == layer) all.include(v);
        const DbuBox box = index.bounding_box(top, layer);
        EXPECT_TRUE(any_angle || box == all);
        EXPECT_TRUE(box.holds({all.x0, all.y0}) && box.holds({all.x1, all.y1}));
      }
      // Windows and layers are a choice of that, also the second time, when cells are kept.
      std::mt19937_64 random(seed);
      for (int w = 0; w < 40; ++w) {
        const auto at = [&] { return static_cast<std::int64_t>(random() % 12000) - 6000; };
        DbuBox window{at(), at(), 0, 0};
        window.x1 = window.x0 + static_cast<std::int64_t>(random() % 3000);
        window.y1 = window.y0 + static_cast<std::int64_t>(random() % 3000);
        const LayerNumber layer{1 + static_cast<std::uint32_t>(w % 2), 0};
        Shapes wanted = found;
        std::erase_if(wanted, [&](const auto& s) { return s.first != layer || !box_of(s.second).touches(window); });
        Shapes told = shapes(index, {top, {layer}, window});
        std::sort(told.begin(), told.end());
        ASSERT_EQ(told.size(), wanted.size()) << seed << ' ' << w << any_angle;
        ASSERT_TRUE(told == wanted) << seed << ' ' << w << any_angle;
      }
    }
  EXPECT_GT(total, 50000U);
}

TEST(LayoutQuery, IsTheSameFromSeveralThreadsAndEachTime) {
  Made made;
  make_hierarchy(made, 700, true);
  const LayoutIndex index(made);
  const LayoutIndex::Query query{index.find("L4"), {}, DbuBox{-2000, -2000, 3000, 3000}};
  const Shapes once = shapes(index, query);
  ASSERT_GT(once.size(), 100U);
  std::vector<Shapes> found(4);
  std::vector<std::thread> threads;
  for (Shapes& f : found) threads.emplace_back([&] { f = shapes(index, query); });
  for (std::thread& t : threads) t.join();
  for (const Shapes& f : found) EXPECT_EQ(f, once);
}

TEST(LayoutQuery, HugeArraysCostWhatIsHit) {
  Made made;
  made.add("LEAF", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 50, 50}, {}, {}); });
  made.add("ROWS", holding("LEAF", {{100, 0}, {0, 100}, 1'000'000, 1'000'000, {}}));
  made.add("TOP", [](LayoutSink& sink) {
    sink.placement({"ROWS", {5, 5}, 90, true, 1}, {}, {});
    sink.box({2, 0}, {0, 0, 1, 1}, {{7, 0}, {0, 7}, 1'000'000, 1'000'000, {}}, {});
  });
  const LayoutIndex index(made);
  const std::size_t top = index.find();
  EXPECT_EQ(index.bounding_box(top, {1, 0}), (DbuBox{5, 5, 99'999'955, 99'999'955}));
  EXPECT_EQ(shapes(index, {top, {{1, 0}}, DbuBox{50'000'000, 30'000'000, 50'000'999, 30'000'999}}).size(), 100U);
  EXPECT_EQ(shapes(index, {top, {{2, 0}}, DbuBox{7'000, 7'000, 7'006, 7'013}}).size(), 2U);
  EXPECT_LE(made.reads(), 3 + 5) << "a small cell is not read for each member";
}

TEST(LayoutQuery, ReadsOnlyWhatTheWindowReaches) {
  Made made;
  int far_reads = 0;
  made.add("FAR", [&](LayoutSink& sink) {
    ++far_reads;
    sink.box({1, 0}, {0, 0, 10, 10}, {}, {});
  });
  made.add("NEAR", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 10, 10}, {}, {}); });
  made.add("OTHER", [](LayoutSink& sink) { sink.box({2, 0}, {0, 0, 10, 10}, {}, {}); });
  made.add("TOP", [](LayoutSink& sink) {
    for (const char* name : {"NEAR", "OTHER"}) sink.placement({name, {0, 0}, 0, false, 1}, {}, {});
    sink.placement({"FAR", {1000, 0}, 0, false, 1}, {}, {});
  });
  const LayoutIndex index(made);
  EXPECT_EQ(far_reads, 1);
  EXPECT_EQ(shapes(index, {index.find(), {{1, 0}}, DbuBox{0, 0, 500, 500}}).size(), 1U);
  EXPECT_EQ(far_reads, 1);
  EXPECT_EQ(made.reads(), 4 + 2);
}

TEST(LayoutQuery, ManyPlacementsInOneCell) {
  Made made;
  made.add("LEAF", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 1, 1}, {}, {}); });
  made.add("TOP", [](LayoutSink& sink) {
    for (std::int64_t i = 0; i < 200'000; ++i) sink.placement({"LEAF", {3 * i, 0}, 0, false, 1}, {}, {});
  });
  const LayoutIndex index(made);
  const Shapes all = shapes(index, {index.find(), {}, {}});
  ASSERT_EQ(all.size(), 200'000U);
  DbuBox box;
  for (const auto& [layer, p] : all) box.include(p[0]);
  EXPECT_EQ(box, (DbuBox{0, 0, 599'997, 0}));
}

TEST(LayoutQuery, CoincidentMembersCountOnce) {
  Made made;
  made.add("LEAF", [](LayoutSink& sink) {
    sink.box({1, 0}, {0, 0, 1, 1}, {{0, 0}, {0, 5}, 1'000'000'000, 2, {}}, {});
  });
  made.add("TOP", holding("LEAF", {{0, 0}, {0, 0}, 1'000'000'000, 1'000'000'000, {}}));
  const LayoutIndex index(made);
  EXPECT_EQ(shapes(index, {index.find(), {}, {}}).size(), 2U);
}

TEST(LayoutQuery, DepthIsNoMatter) {
  constexpr int depth = 100'000;
  Made made;
  made.add("C0", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 1, 1}, {}, {}); });
  for (int i = 1; i < depth; ++i)
    made.add("C" + std::to_string(i), [=](LayoutSink& sink) {
      sink.placement({"C" + std::to_string(i - 1), {1, 0}, i % 2 == 0 ? 0.0 : 180.0, false, 1}, {}, {});
    });
  const LayoutIndex index(made);
  const Shapes all = shapes(index, {index.find(), {}, {}});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(index.bounding_box(index.find(), {1, 0}), box_of(all[0].second));
  EXPECT_EQ(index.below(index.find("C9")).size(), 10U);

  // And one more that closes the ring.
  Made ring;
  for (int i = 0; i < depth; ++i) ring.add("C" + std::to_string(i), holding("C" + std::to_string((i + 1) % depth)));
  EXPECT_EQ(error_of([&] { LayoutIndex cyclic(ring); }).id(), "LAY-0021");
}

TEST(LayoutIndex, NamesCellsThatHoldThemselves) {
  Made self;
  self.add("TOP", holding("A"));
  self.add("A", holding("A"));
  const Error one = error_of([&] { LayoutIndex index(self); });
  EXPECT_EQ(one.code(), ErrorCode::input);
  EXPECT_NE(std::string(one.what()).find("\"A\" holds itself"), std::string::npos) << one.what();
  Made pair;
  pair.add("TOP", holding("B"));
  pair.add("B", holding("C"));
  pair.add("LEAF", [](LayoutSink&) {});
  pair.add("C", [](LayoutSink& sink) {
    sink.placement({"LEAF", {}, 0, false, 1}, {}, {});
    sink.placement({"B", {}, 0, false, 1}, {}, {});
  });
  const std::string two = error_of([&] { LayoutIndex index(pair); }).what();
  EXPECT_NE(two.find("\"B\" holds itself, through cell \"C\""), std::string::npos) << two;
}

TEST(LayoutIndex, FindsCellsAndLayers) {
  Made made;
  make_hierarchy(made, 5, false);
  made.add("ALONE", [](LayoutSink& sink) { sink.box({7, 3}, {1, 2, 3, 4}, {}, {}); });
  const LayoutIndex index(made);
  EXPECT_EQ(made.cells()[index.find("ALONE")], "ALONE");
  EXPECT_EQ(index.layers(index.find("ALONE")), (std::vector<LayerNumber>{{7, 3}}));
  EXPECT_EQ(index.bounding_box(index.find("ALONE"), {7, 3}), (DbuBox{1, 2, 3, 4}));
  EXPECT_TRUE(index.bounding_box(index.find("ALONE"), {1, 0}).empty());
  EXPECT_EQ(error_of([&] { (void)index.find("no"); }).id(), "LAY-0022");
  const Error several = error_of([&] { (void)index.find(); });
  EXPECT_EQ(several.id(), "LAY-0023");
  EXPECT_NE(std::string(several.what()).find("L4, ALONE"), std::string::npos) << several.what();
  const std::vector<LayerNumber> present{{11, 0}, {11, 5}, {12, 0}};
  EXPECT_EQ(layers_named("11", present), (std::vector<LayerNumber>{{11, 0}, {11, 5}}));
  EXPECT_EQ(layers_named("11/5", present), (std::vector<LayerNumber>{{11, 5}}));
  EXPECT_TRUE(layers_named("13", present).empty());
  for (const char* bad : {"", "/", "M1", "1/", "-1", "1/0/0", "1 ", "99999999999"})
    EXPECT_EQ(error_of([&] { (void)layer_name(bad); }).id(), "LAY-0011") << bad;
}

TEST(LayoutIndex, RefusesWhatItCannotCount) {
  const auto id = [](const Made::Fill& fill) {
    Made made;
    made.add("LEAF", [](LayoutSink& sink) { sink.box({1, 0}, {0, 0, 9, 9}, {}, {}); });
    made.add("TOP", fill);
    const Error error = error_of([&] { LayoutIndex index(made); });
    EXPECT_NE(std::string(error.what()).find("at byte "), std::string::npos) << error.what();
    return error.id();
  };
  const std::int64_t most = largest_coordinate;
  EXPECT_EQ(id([=](LayoutSink& s) { s.box({1, 0}, {0, 0, most + 1, 1}, {}, {}); }), "LAY-0020");
  EXPECT_EQ(id([=](LayoutSink& s) { s.box({1, 0}, {INT64_MIN, 0, 0, INT64_MAX}, {}, {}); }), "LAY-0020");
  EXPECT_EQ(id([=](LayoutSink& s) { s.box({1, 0}, {0, 0, 1, 1}, {{most, 0}, {}, 3, 1, {}}, {}); }), "LAY-0020");
  EXPECT_EQ(id([=](LayoutSink& s) { s.placement({"LEAF", {most, 0}, 0, false, 1}, {}, {}); }), "LAY-0020");
  EXPECT_EQ(id([=](LayoutSink& s) { s.placement({"LEAF", {0, 0}, 0, false, 1e60}, {}, {}); }), "LAY-0020");
}

}  // namespace
}  // namespace anamorph
