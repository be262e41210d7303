// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/layout_query.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <numbers>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/layer_names.hpp"
#include "masks/layout.hpp"
#include "masks/region.hpp"
#include "masks/repetition_members.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/made_layout.hpp"

namespace anamorph {
namespace {

using namespace testing;

// ---------------------------------------------------------------------------------------------------------------------
// Repetitions

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

// ---------------------------------------------------------------------------------------------------------------------
// Queries

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

// ---------------------------------------------------------------------------------------------------------------------
// KLayout as the judge

class WithKLayout : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    if (std::system("command -v klayout > /dev/null 2>&1") != 0) GTEST_SKIP() << "klayout is not installed";
  }
  [[nodiscard]] std::string klayout(const std::string& script) const {
    write_plain(folder / "script.rb", script);
    const std::string command = "cd " + folder.string() + " && klayout -b -r script.rb > printed.txt 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << read_all(folder / "printed.txt");
    return read_all(folder / "printed.txt");
  }
  void write_flat(const LayoutIndex& index, const LayoutIndex::Query& query, const char* name) const {
    std::string bytes;
    const auto writer = write_gdsii([&](std::string_view part) { bytes += part; }, index.file().dbu_nm());
    writer->begin_cell("FLAT");
    for (const auto& [layer, shape] : shapes(index, query))
      if (query.window)
        for (const DbuPolygon& p : (Region({shape}) & Region(*query.window)).pieces())
          writer->polygon(layer, p, {}, {});
      else
        writer->polygon(layer, shape, {}, {});
    writer->end_cell();
    writer->finish();
    write_plain(folder / name, bytes);
  }
};

TEST_F(WithKLayout, FlattensAndCutsTheSame) {
  // Three levels with arrays, mirrors, magnification, any angle, paths of all ends, boxes, texts and properties. OASIS
  // has no round ends: KLayout writes discs for them.
  (void)klayout(R"(
['a.gds', 'a.oas'].each do |name|
  srand(7)
  l = RBA::Layout::new; l.dbu = 0.001
  la = [l.layer(1, 0), l.layer(2, 7)]
  pt = lambda { |n| RBA::Point::new(rand(2 * n) - n, rand(2 * n) - n) }
  cells = (0..2).map { |i| l.create_cell("C#{i}") }
  cells.each_with_index do |c, k|
    12.times do |i|
      s = c.shapes(la[i % 2]); a = pt.call(2000)
      s.insert(RBA::Box::new(a.x, a.y, a.x + 40 + rand(200), a.y + 30 + rand(200))).set_property(5, "note")
      s.insert(RBA::Polygon::new([a, RBA::Point::new(a.x + 90, a.y + 200), RBA::Point::new(a.x + 200, a.y)]))
      b = RBA::Point::new(a.x + 300, a.y); d = RBA::Point::new(b.x, b.y - 250)
      w = 2 * (5 + rand(20))
      s.insert(RBA::Path::new([a, b, d], w, [0, w / 2, 7][i % 3], [0, w / 2, -3][i % 3], i % 3 == 1 && name == 'a.gds'))
      s.insert(RBA::Text::new("t", RBA::Trans::new(a)))
    end
    next if k == 0
    5.times do |i|
      t = RBA::CplxTrans::new([1, 1, 0.5, 1, 1.25][i], [0, 90, 45, 270, 33.7][i], i.odd?, rand(20000) - 10000, rand(20000) - 10000)
      if i < 3
        c.insert(RBA::CellInstArray::new(cells[k - 1].cell_index, t, RBA::Vector::new(3000, 100), RBA::Vector::new(-50, 2500), 3, 2))
      else
        c.insert(RBA::CellInstArray::new(cells[rand(k)].cell_index, t))
      end
    end
  end
  l.write(name)
end
)");
  for (const std::string name : {"a.gds", "a.oas"}) {
    const auto file = open_layout(open_bytes(folder / name));
    const LayoutIndex index(*file);
    write_flat(index, {index.find(), {}, {}}, (name + "flat.gds").c_str());
    write_flat(index, {index.find(), {}, DbuBox{-5000, -4000, 9000, 6500}}, (name + "window.gds").c_str());
    std::string bytes;
    const auto writer = write_gdsii([&](std::string_view part) { bytes += part; }, file->dbu_nm());
    copy(*file, *writer);
    write_plain(folder / (name + "copy.gds"), bytes);
  }
  // Slanted edges are cut at points of the grid, so a window may differ by slivers thinner than a unit.
  EXPECT_EQ(klayout(R"(
box = RBA::Region::new(RBA::Box::new(-5000, -4000, 9000, 6500))
['a.gds', 'a.oas'].each do |name|
  a, c, f, w = ['', 'copy.gds', 'flat.gds', 'window.gds'].map { |n| l = RBA::Layout::new; l.read(name + n); l }
  [[1, 0], [2, 7]].each do |n, d|
    ra, rc, rf, rw = [a, c, f, w].map { |l| RBA::Region::new(l.top_cell.begin_shapes_rec(l.layer(n, d))) }
    print ra.area > 10**6, " ", [(ra ^ rc).count, (ra ^ rf).count, ((ra & box) ^ rw).sized(-1).count, (rw - box).count], "\n"
  end
end
)"),
            "true [0, 0, 0, 0]\ntrue [0, 0, 0, 0]\ntrue [0, 0, 0, 0]\ntrue [0, 0, 0, 0]\n");
}

// ---------------------------------------------------------------------------------------------------------------------
// read_layout

class ReadLayout : public FolderTest {
 protected:
  void write(const char* name, double dbu_nm) const {
    std::string bytes;
    const auto writer = write_gdsii([&](std::string_view part) { bytes += part; }, dbu_nm);
    writer->begin_cell("LEAF");
    writer->box({11, 0}, {0, 0, 30, 20}, {}, {});
    writer->polygon({11, 1}, {{0, 0}, {0, 7}, {9, 0}}, {}, {});          // clockwise
    writer->path({12, 0}, {{{5, 5}, {5, 5}}, 10, 0, 0, false}, {}, {});  // covers nothing
    writer->end_cell();
    writer->begin_cell("TOP");
    writer->placement({"LEAF", {100, 0}, 0, false, 1}, {{1000, 0}, {}, 3, 1, {}}, {});
    writer->end_cell();
    writer->finish();
    write_plain(folder / name, bytes);
  }
};

TEST_F(ReadLayout, OfAnySizeByCellLayerAndWindow) {
  write("a.gds", 0.1);
  const Layout all = read_layout(folder / "a.gds");
  EXPECT_EQ(all.cell, "TOP");
  EXPECT_EQ(all.dbu_nm, 0.1);
  ASSERT_EQ(all.layers.size(), 2U);
  EXPECT_EQ(all.layers.at("11/0").size(), 3U);
  EXPECT_EQ(all.layers.at("11/0")[0], (Polygon{{10, 0}, {13, 0}, {13, 2}, {10, 2}}));
  EXPECT_EQ(all.layers.at("11/1")[0], (Polygon{{10.9, 0}, {10, 0.7}, {10, 0}})) << "counter-clockwise, nearest doubles";
  EXPECT_EQ(read_layout(folder / "a.gds", {"LEAF", "11", {}}).layers.at("11").size(), 2U);
  const Layout some = read_layout(folder / "a.gds", {"", "11/0", Box{13, -5, 110.1, 5}});
  EXPECT_EQ(some.layers.size(), 1U);
  EXPECT_EQ(some.layers.at("11/0").size(), 1U) << "the first touches it only";
  EXPECT_EQ(error_of([&] { (void)read_layout(folder / "a.gds", {"", "13", {}}); }).id(), "LAY-0007");
  EXPECT_EQ(error_of([&] { (void)read_layout(folder / "a.gds", {"NO", "", {}}); }).id(), "LAY-0022");
  EXPECT_EQ(error_of([&] { (void)polygons(all); }).id(), "LAY-0006");
  write_plain(folder / "b.oas", "what");
  EXPECT_EQ(error_of([&] { (void)read_layout(folder / "b.oas"); }).id(), "LAY-0010");
  EXPECT_EQ(nm_of(3, 0.1), 0.3);
  EXPECT_EQ(nm_of(-7, 2.5), -17.5);
  EXPECT_EQ(nm_of(3, 0.25), 0.75);
}

}  // namespace
}  // namespace anamorph
