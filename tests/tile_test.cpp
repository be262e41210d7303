// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/io/sha256.hpp"
#include "cpp/tile/input.hpp"
#include "cpp/tile/layout_shapes.hpp"
#include "cpp/tile/merge.hpp"
#include "cpp/tile/seam.hpp"
#include "cpp/tile/submit.hpp"
#include "cpp/tile/worker.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;

DbuPolygon rectangle(std::int64_t x0, std::int64_t y0, std::int64_t x1, std::int64_t y1) {
  return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}};
}

// The grid.

TEST(TileGrid, CoresFillTheAreaAndWindowsHoldTheirHalo) {
  for (const auto& [width, height, core, halo, step] : {std::tuple{10000, 7000, 3000, 500, 8},
                                                        {9999, 1, 2000, 333, 1},
                                                        {4096, 4096, 4096, 100, 16},
                                                        {5000, 300, 1024, 250, 10}}) {
    const DbuBox area{-1234, 77, -1234 + width, 77 + height};
    const TileGrid grid = make_grid(area, core, halo, step);
    EXPECT_EQ(grid.nx, (width + core - 1) / core) << "no more tiles than needed";
    EXPECT_EQ(grid.window_x % step, 0);
    EXPECT_EQ(grid.window_y % step, 0);
    double covered = 0;
    std::vector<DbuPolygon> cores;
    for (int i = 0; i < grid.count(); ++i) {
      const Tile t = grid.tile(i);
      EXPECT_EQ(t.index, i);
      EXPECT_LE(t.core.width(), core);
      EXPECT_LE(t.core.height(), core);
      EXPECT_EQ(t.window.width(), grid.window_x);
      EXPECT_EQ(t.window.height(), grid.window_y);
      EXPECT_EQ(t.core.x0 - t.window.x0, halo);
      EXPECT_EQ(t.core.y0 - t.window.y0, halo);
      EXPECT_GE(t.window.x1 - t.core.x1, halo);
      EXPECT_GE(t.window.y1 - t.core.y1, halo);
      covered += static_cast<double>(t.core.width()) * static_cast<double>(t.core.height());
      cores.push_back(rectangle(t.core.x0, t.core.y0, t.core.x1, t.core.y1));
    }
    EXPECT_EQ(covered, static_cast<double>(width) * height) << "no overlap";
    EXPECT_EQ(Region(cores), Region(area)) << "no gap";
  }
}

TEST(TileGrid, TilesFollowTheArray) {
  const DbuBox area{0, 0, 100000, 100000};
  EXPECT_EQ(make_grid(area, 2000, 100, 8, {700, 0}).core_x, 1400) << "two members";
  EXPECT_EQ(make_grid(area, 2000, 100, 8, {700, 0}).core_y, 2000) << "no array in y";
  EXPECT_EQ(make_grid(area, 2000, 100, 8, {5000, 5002}).core_x, 1250)
      << "a quarter of a member: a third is no whole number";
  EXPECT_EQ(make_grid(area, 2000, 100, 8, {5001, 5001}).core_x, 1667) << "a third of a member";
}

TEST(TileGrid, RefusesWhatIsNothingOrTooMuch) {
  EXPECT_THROW((void)make_grid({}, 1000, 100, 1), Error);
  EXPECT_THROW((void)make_grid({0, 0, 5, 0}, 1000, 100, 1), Error);
  EXPECT_THROW((void)make_grid({0, 0, 1'000'000'000, 1'000'000'000}, 10, 100, 1), Error);
}

TEST(TileGrid, ListsAndParts) {
  EXPECT_EQ(parse_tiles("0,5,7-9,8", 10), (std::vector<int>{0, 5, 7, 8, 9}));
  EXPECT_EQ(tiles_text({0, 5, 7, 8, 9}), "0,5,7-9");
  for (const char* wrong : {"", "a", "3-1", "10", "1,,2", "-1", "1-", "99999999999"})
    EXPECT_THROW((void)parse_tiles(wrong, 10), Error) << wrong;
  for (const char* wrong : {"", "0/3", "4/3", "1", "1/0", "1/2x", "a/b"})
    EXPECT_THROW((void)parse_part(wrong, 10), Error) << wrong;
  std::vector<int> all;
  for (int i = 1; i <= 7; ++i)
    for (const int tile : parse_part(std::to_string(i) + "/7", 100)) all.push_back(tile);
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

// Seams.

TEST(Seam, ThicknessIsTheSideOfTheLargestSquareInside) {
  EXPECT_EQ(thickness({}), 0);
  EXPECT_EQ(thickness(Region(DbuBox{0, 0, 3, 500})), 3);
  EXPECT_EQ(thickness(Region(DbuBox{0, 0, 40, 1})), 1);
  EXPECT_EQ(thickness(Region(DbuBox{-7, -7, 7, 7})), 14);
  // Slices of this cross are at most 10 wide; where they meet there is room for no more.
  EXPECT_EQ(thickness(Region(DbuBox{0, 40, 90, 50}) | Region(DbuBox{40, 0, 50, 90})), 10);
  // A frame is as thick as its widest side.
  EXPECT_EQ(thickness(Region(DbuBox{0, 0, 100, 100}) - Region(DbuBox{2, 4, 99, 95})), 5);
}

TEST(Seam, DifferencesAlongASeam) {
  const DbuBox strip{-20, 0, 20, 1000};
  const Region a(std::vector<DbuPolygon>{rectangle(-20, 100, 20, 200), rectangle(-20, 400, 20, 500)});
  EXPECT_EQ(compare_seam(a, a, strip).edge, 0);
  EXPECT_EQ(compare_seam(a, a, strip).length, 160) << "four edges, not where the strip cuts";
  const Region b(std::vector<DbuPolygon>{rectangle(-20, 97, 20, 200), rectangle(-20, 400, 20, 501)});
  const SeamDifference d = compare_seam(a, b, strip);
  EXPECT_EQ(d.edge, 3);
  EXPECT_EQ(d.area, 40 * 3 + 40 * 1);
  EXPECT_EQ(d.region.bounding_box(), (DbuBox{-20, 97, 20, 501}));
}

// Artifacts and work. The job stands for all that are local: it makes every shape larger.

constexpr std::int64_t growth = 7;

TileResult grown(const TileInput& input, std::int64_t by) {
  TileResult result;
  result.layers.push_back({"mask", input.layers.at(0).sized(by) & Region(input.tile.window)});
  result.facts = "{\"rings\": " + std::to_string(input.layers.at(0).boundary().size()) + "}";
  return result;
}

class Tiles : public FolderTest {
 protected:
  /// Crosses and bars in an array, and a long bar over all of it, which is turned or wrapped as the test wants.
  fs::path write_layout(int columns, int rows, std::int64_t pitch, bool bar, double turned = -1) {
    const fs::path file = folder / "layout.gds";
    AtomicFile out(file);
    const auto writer = write_gdsii([&](std::string_view bytes) { out.write(bytes); }, 0.5);
    writer->begin_cell("MEMBER");
    writer->polygon({5, 0}, rectangle(100, 300, 800, 400), {}, {});
    writer->polygon({5, 0}, rectangle(300, 100, 400, 700), {}, {});
    writer->polygon({6, 0}, rectangle(0, 0, 5000, 5000), {}, {});
    writer->end_cell();
    writer->begin_cell("ARRAY");
    Repetition grid;
    grid.a = {pitch, 0};
    grid.b = {0, pitch};
    grid.columns = static_cast<std::uint64_t>(columns);
    grid.rows = static_cast<std::uint64_t>(rows);
    writer->placement({"MEMBER", {}, 0, false, 1}, grid, {});
    if (bar) writer->polygon({5, 0}, rectangle(-50, 850, pitch * columns, 880), {}, {});
    writer->end_cell();
    if (turned >= 0) {
      writer->begin_cell("WRAPPER");
      writer->placement({"ARRAY", {17, 5}, turned, false, 1}, {}, {});
      writer->end_cell();
    }
    writer->finish();
    out.commit();
    return file;
  }

  void plan_for(const fs::path& file, std::int64_t core, std::int64_t halo, bool reuse = true) {
    reader_ = open_shapes({"target", file, {}, {"5/0"}, 0, {}});
    plan_ = {};
    plan_.job = "test";
    plan_.sources = {{"target", file, {}, {"5/0"}, fs::file_size(file), sha256_file(file)}};
    plan_.outputs = {"mask"};
    plan_.dbu_nm = reader_->dbu_nm();
    plan_.grid = make_grid(reader_->bounding_box(), core, halo, 4, reader_->pitch());
    plan_.reuse = reuse;
    plan_.job_hash = "job";
  }

  TileWorkDone make(const std::string& name, std::vector<int> tiles, int threads,
                    std::function<TileResult(const TileInput&)> job) {
    const TileStore store(folder / name, plan_);
    TileWork work;
    work.tiles = std::move(tiles);
    work.threads = threads;
    work.job = [&] { return job; };
    return make_tiles(store, {reader_.get()}, work);
  }
  TileWorkDone make_all(const std::string& name, int threads = 1) {
    return make(name, parse_part("1/1", plan_.grid.count()), threads,
                [](const TileInput& i) { return grown(i, growth); });
  }

  MergeResult merge_all(const std::string& name, std::vector<DbuPolygon>& polygons,
                        std::size_t most_carried = 1000000, const std::optional<MaskRules>& rules = {}) {
    const TileStore store(folder / name, plan_);
    std::vector<std::string> keys;
    for (int i = 0; i < plan_.grid.count(); ++i) keys.push_back(store.look(i).key);
    MergeOptions options;
    options.threads = 2;
    options.most_carried = most_carried;
    options.rules = rules;
    return merge_tiles(
        store, keys, [&](std::size_t, const DbuPolygon& p) { polygons.push_back(p); }, options);
  }

  /// Everything that is drawn, made larger and cut to the area of the plan.
  Region expected() const {
    std::vector<DbuPolygon> all;
    const DbuBox b = reader_->bounding_box();
    reader_->shapes(b, [&](const DbuPolygon& p) { all.push_back(p); });
    return Region(all).sized(growth) & Region(plan_.grid.area);
  }

  /// Names and bytes of the results.
  std::map<std::string, std::string> results(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder / name / "results"))
      files[entry.path().filename()] = read_all(entry.path());
    return files;
  }

  TilePlan plan_;
  std::unique_ptr<ShapeReader> reader_;
};

TEST_F(Tiles, MergedTilesAreTheWholeLayout) {
  plan_for(write_layout(5, 4, 1000, true), 800, 60);
  ASSERT_GT(plan_.grid.count(), 12);
  EXPECT_EQ(plan_.grid.core_x, 500) << "half a member of the array, which is no more than 800";
  const TileWorkDone done = make_all("out");
  EXPECT_EQ(done.made + done.reused, plan_.grid.count());
  std::vector<DbuPolygon> polygons;
  const MergeResult merged = merge_all("out", polygons);
  EXPECT_EQ(Region(polygons), expected());
  EXPECT_EQ(polygons.size(), expected().parts().size()) << "joined across all seams";
  EXPECT_EQ(merged.seams.error_max_nm, 0);
  EXPECT_EQ(merged.seams.area_nm2, 0);
  EXPECT_EQ(merged.seams.seams,
            static_cast<std::size_t>((plan_.grid.nx - 1) * plan_.grid.ny + plan_.grid.nx * (plan_.grid.ny - 1)));
  EXPECT_DOUBLE_EQ(merged.layers.at(0).area_nm2, expected().area() * 0.25) << "the unit is 0.5 nm";
  EXPECT_EQ(merged.layers.at(0).polygons, polygons.size());

  std::vector<DbuPolygon> cut;
  (void)merge_all("out", cut, 0);
  EXPECT_EQ(Region(cut), expected()) << "without carrying, shapes end at the seams of rows and nothing is lost";
  EXPECT_GT(cut.size(), polygons.size());
}

TEST_F(Tiles, EqualTilesAreMadeOnce) {
  const fs::path file = write_layout(6, 5, 1000, false);
  plan_for(file, 1000, 400);
  ASSERT_EQ(plan_.grid.nx, 6);
  ASSERT_EQ(plan_.grid.ny, 5);
  const TileWorkDone done = make_all("once", 3);
  // The last column and row are cut where the shapes end, so their cores differ too: corner, edge and inside, 3 x 3.
  EXPECT_EQ(done.made, 9);
  EXPECT_EQ(done.reused, 21);
  std::vector<DbuPolygon> once, each;
  (void)merge_all("once", once);
  EXPECT_EQ(Region(once), expected());

  plan_for(file, 1000, 400, false);
  EXPECT_EQ(make_all("each").made, 30);
  (void)merge_all("each", each);
  EXPECT_EQ(once, each);
}

TEST_F(Tiles, NothingDependsOnThreadsOrderOrParts) {
  plan_for(write_layout(5, 4, 1000, true), 800, 60);
  (void)make_all("one", 1);
  (void)make_all("four", 4);
  const int count = plan_.grid.count();
  for (const char* part : {"3/3", "1/3", "2/3"})
    (void)make("parts", parse_part(part, count), 2, [](const TileInput& i) { return grown(i, growth); });
  EXPECT_EQ(results("one"), results("four"));
  EXPECT_EQ(results("one"), results("parts"));
  std::vector<DbuPolygon> a, b;
  (void)merge_all("one", a);
  (void)merge_all("parts", b);
  EXPECT_EQ(a, b);
}

TEST_F(Tiles, SeamsThatDoNotFitAreMeasured) {
  plan_for(write_layout(5, 4, 1000, true), 800, 80, false);
  plan_.seam_limit_nm = 1;
  (void)make("out", parse_part("1/1", plan_.grid.count()), 1,
             [](const TileInput& i) { return grown(i, growth + (i.tile.index % 2 == 1 ? 3 : 0)); });
  std::vector<DbuPolygon> polygons;
  const MergeResult merged = merge_all("out", polygons);
  EXPECT_EQ(merged.seams.error_max_nm, 1.5) << "three units of 0.5 nm";
  EXPECT_GT(merged.seams.error_mean_nm, 0.3);
  ASSERT_FALSE(merged.seams.over.empty());
  for (const SeamFinding& s : merged.seams.over) {
    EXPECT_EQ(s.error_nm, 1.5);
    EXPECT_EQ((s.neighbour - s.tile) % plan_.grid.nx == 0 || s.neighbour == s.tile + 1, true);
    const DbuBox core = plan_.grid.tile(s.neighbour).core;
    const bool beside = s.neighbour == s.tile + 1;
    EXPECT_LE(std::abs((beside ? s.where.x0 : s.where.y0) - (beside ? core.x0 : core.y0)), plan_.grid.halo / 8);
  }
}

TEST_F(Tiles, SeamsLeaveNoStepsAndNoSlivers) {
  // Two bars of the crosses lie across the seam of the columns, and one along the seam of the rows: where the lower tile
  // puts its edge 3 units below the seam and the upper one 4 above, neither a gap nor a sliver may stay.
  plan_for(write_layout(1, 1, 1000, false), 300, 80, false);
  plan_.grid = make_grid({0, 0, 400, 400}, 200, 160, 4);
  ASSERT_EQ(plan_.grid.count(), 4);
  const auto shape = [](int tile) {
    const std::int64_t wide = tile % 2, low = tile / 2 == 0 ? 197 : 204;
    return Region(std::vector<DbuPolygon>{rectangle(20, 50 - wide, 380, 90), rectangle(30, low, 360, 300)});
  };
  (void)make("out", {0, 1, 2, 3}, 1, [&](const TileInput& i) {
    TileResult result;
    const DbuBox window = plan_.grid.tile(i.tile.index).window;
    result.layers.push_back({"mask", (shape(i.tile.index) & Region(window)).moved({-window.x0, -window.y0})});
    result.facts = "{}";
    return result;
  });
  std::vector<DbuPolygon> polygons;
  const MergeResult merged = merge_all("out", polygons);
  EXPECT_EQ(merged.seams.error_max_nm, 7 * 0.5) << "what was found is told";
  const Region all(polygons);
  ASSERT_EQ(all.parts().size(), 2U);
  EXPECT_EQ(all & Region(DbuBox{0, 150, 400, 400}), Region(DbuBox{30, 197, 360, 300}));
  // The step of the bar across the seam lies where the strip ends.
  EXPECT_EQ(all & Region(DbuBox{0, 0, 400, 150}),
            Region(std::vector<DbuPolygon>{rectangle(20, 50, 380, 90), rectangle(220, 49, 380, 90)}));
  EXPECT_TRUE(width_violations(all, 30).empty());
}

TEST_F(Tiles, AStepAtASeamBreaksNoRule) {
  // The right tile puts the lower edge of the bar 5 units lower, up to 4 units behind the end of the strip.
  plan_for(write_layout(1, 1, 1000, false), 300, 80, false);
  plan_.grid = make_grid({0, 0, 400, 200}, 200, 160, 4);
  ASSERT_EQ(plan_.grid.count(), 2);
  (void)make("out", {0, 1}, 1, [&](const TileInput& i) {
    std::vector<DbuPolygon> shapes{rectangle(20, 50, 380, 90)};
    if (i.tile.index == 1) shapes.push_back(rectangle(20, 45, 224, 90));
    TileResult result;
    const DbuBox window = plan_.grid.tile(i.tile.index).window;
    result.layers.push_back({"mask", (Region(shapes) & Region(window)).moved({-window.x0, -window.y0})});
    result.facts = "{}";
    return result;
  });
  const auto low = [&](const std::optional<MaskRules>& rules) {
    std::vector<DbuPolygon> polygons;
    EXPECT_EQ(merge_all("out", polygons, 1000000, rules).violations, RuleCounts{});
    return Region(polygons) & Region(DbuBox{0, 0, 400, 50});
  };
  EXPECT_EQ(low({}), Region(DbuBox{220, 45, 224, 50})) << "no rules";
  EXPECT_EQ(low(MaskRules{.min_width_nm = 4, .min_space_nm = 4, .min_area_nm2 = 0}),  // 8 units
            Region(DbuBox{216, 45, 224, 50}));
}

TEST_F(Tiles, WhatBreaksARuleIsCountedOnce) {
  plan_for(write_layout(1, 1, 1000, false), 300, 80, false);
  plan_.grid = make_grid({0, 0, 400, 400}, 200, 160, 4);
  ASSERT_EQ(plan_.grid.count(), 4);
  (void)make("out", {0, 1, 2, 3}, 1, [&](const TileInput& i) {
    const DbuBox window = plan_.grid.tile(i.tile.index).window;
    const Region drawn(std::vector<DbuPolygon>{
        rectangle(50, 40, 100, 390), rectangle(106, 40, 150, 390),    // a narrow gap through both rows
        rectangle(195, 300, 205, 306),                                // narrow and small, across the seam of columns
        rectangle(250, 194, 390, 206), rectangle(250, 212, 390, 250)  // a narrow gap above the seam of rows
        , rectangle(396, 20, 400, 30), rectangle(0, 20, 4, 30)});     // cut by the border
    TileResult result;
    result.layers.push_back({"mask", (drawn & Region(window)).moved({-window.x0, -window.y0})});
    result.facts = "{}";
    return result;
  });
  std::vector<DbuPolygon> polygons;
  const MaskRules rules{.min_width_nm = 4, .min_space_nm = 4, .min_area_nm2 = 20};  // 8 units; 80 of area
  EXPECT_EQ(merge_all("out", polygons, 1000000, rules).violations, (RuleCounts{1, 2, 1}));
}

TEST_F(Tiles, MeanSeamErrorIsAreaOverLength) {
  plan_for(write_layout(1, 1, 1000, false), 300, 80, false);
  plan_.grid = make_grid({450, 250, 790, 450}, 200, 80, 4);  // the arm of the cross, whose ends are far from the seam
  ASSERT_EQ(plan_.grid.count(), 2);
  (void)make("out", {0, 1}, 1, [](const TileInput& i) { return grown(i, i.tile.index == 1 ? 2 : 0); });
  std::vector<DbuPolygon> polygons;
  EXPECT_DOUBLE_EQ(merge_all("out", polygons).seams.error_mean_nm, 2 * 0.5);
}

TEST_F(Tiles, ATileSeesItsSurroundingsAndNoMore) {
  plan_for(write_layout(5, 4, 1000, true), 800, 60);
  const TileStore store(folder / "out", plan_);
  for (int i = 0; i < plan_.grid.count(); ++i) {
    const Tile t = plan_.grid.tile(i);
    std::vector<DbuPolygon> near;
    reader_->shapes(reach_of(plan_.grid, i), [&](const DbuPolygon& p) { near.push_back(p); });
    const TileInput input = tile_input(plan_.grid, i, {near});
    EXPECT_EQ(input.tile.window, (DbuBox{0, 0, plan_.grid.window_x, plan_.grid.window_y}));
    EXPECT_EQ(input.tile.core.x0, plan_.grid.halo);
    std::vector<DbuPolygon> all;
    reader_->shapes(reader_->bounding_box(), [&](const DbuPolygon& p) { all.push_back(p); });
    EXPECT_EQ(input.layers.at(0).moved({t.window.x0, t.window.y0}), Region(all) & Region(reach_of(plan_.grid, i)));
    // How the shapes are drawn, and in what order, does not matter.
    std::vector<DbuPolygon> other(all.rbegin(), all.rend());
    for (DbuPolygon& p : other) std::reverse(p.begin(), p.end());
    EXPECT_EQ(store.key(tile_input(plan_.grid, i, {other})), store.key(input));
    // What decides the result does, and the place does not.
    TileInput same = input;
    same.tile.index += 1;
    EXPECT_EQ(store.key(same), store.key(input));
    same.tile.core.x1 -= 1;
    EXPECT_NE(store.key(same), store.key(input));
    same = input;
    same.layers.push_back({});
    EXPECT_NE(store.key(same), store.key(input));
    TilePlan another = plan_;
    another.job_hash = "another job";
    EXPECT_NE(TileStore(folder / "out", another).key(input), store.key(input));
  }
}

TEST_F(Tiles, DamagedAndForeignArtifactsAreFound) {
  plan_for(write_layout(3, 2, 1000, true), 800, 60, false);
  (void)make_all("out");
  const TileStore store(folder / "out", plan_);
  using State = TileStore::State;
  const auto state = [&](int i) { return store.look(i).state; };
  ASSERT_EQ(state(0), State::done);
  const auto shapes = [&](int i) { return folder / "out" / "results" / (store.look(i).key + ".oas"); };
  const auto tile = [&](const char* name) { return folder / "out" / "tiles" / name; };

  fs::resize_file(shapes(0), fs::file_size(shapes(0)) - 1);
  EXPECT_EQ(state(0), State::damaged);
  EXPECT_FALSE(store.has_result(store.look(0).key));
  std::string text = read_all(shapes(1));
  text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
  std::ofstream(shapes(1), std::ios::binary) << text;
  EXPECT_EQ(state(1), State::damaged) << "one bit";
  fs::remove(shapes(2));
  EXPECT_EQ(state(2), State::damaged);
  fs::resize_file(tile("000003.json"), 20);
  EXPECT_EQ(state(3), State::damaged);
  fs::remove(tile("000004.json"));
  EXPECT_EQ(state(4), State::missing);
  EXPECT_EQ(state(5), State::done);

  TilePlan other = plan_;
  other.recipe = "another";
  EXPECT_EQ(TileStore(folder / "out", other).look(5).state, State::missing) << "done for another plan";

  const auto before = results("out");
  EXPECT_EQ(make("out", {0, 1, 2, 3, 4}, 1, [](const TileInput& i) { return grown(i, growth); }).made, 3)
      << "the results of tiles 3 and 4 were whole";
  for (int i = 0; i < 6; ++i) EXPECT_EQ(state(i), State::done) << i;
}

TEST_F(Tiles, AFailingTileDoesNotStopTheOthers) {
  plan_for(write_layout(4, 4, 1000, false), 1000, 400);
  std::set<std::string> failing;
  const TileStore store(folder / "out", plan_);
  const int inside = 5;  // equal to 6, 9 and 10
  std::vector<DbuPolygon> near;
  reader_->shapes(reach_of(plan_.grid, inside), [&](const DbuPolygon& p) { near.push_back(p); });
  const std::string bad = store.key(tile_input(plan_.grid, inside, {near}));
  const TileWorkDone done = make("out", parse_part("1/1", 16), 2, [&](const TileInput& i) {
    if (store.key(i) == bad) throw Error(ErrorCode::recipe, "TEST-0001", "this one cannot be done");
    return grown(i, growth);
  });
  EXPECT_EQ(done.failed, (std::vector<int>{5, 6, 9, 10}));
  EXPECT_EQ(done.made, 8);
  EXPECT_EQ(done.reused, 4);
  EXPECT_EQ(store.look(9).state, TileStore::State::failed);
  EXPECT_NE(store.look(9).error.find("TEST-0001: this one cannot be done"), std::string::npos);
  (void)make("out", done.failed, 1, [](const TileInput& i) { return grown(i, growth); });
  EXPECT_EQ(store.look(9).state, TileStore::State::done) << "the failure is forgotten";
  EXPECT_FALSE(fs::exists(folder / "out" / "tiles" / "000009.failed.json"));

  EXPECT_THROW(
      (void)make("full", {0}, 1,
                 [](const TileInput&) -> TileResult { throw Error(ErrorCode::resource, "TEST-0002", "no room"); }),
      Error)
      << "there is no use in trying the others";
}

TEST_F(Tiles, ThePlanIsKeptAndGuarded) {
  plan_for(write_layout(3, 2, 1000, true), 800, 60);
  plan_.recipe = "[layout]\npixel_nm = 1.0\n";
  plan_.dbu_nm = 0.1;
  write_file_atomic(folder / "plan.json", plan_json(plan_));
  EXPECT_EQ(read_plan(folder), plan_);
  EXPECT_NO_THROW(check_files(plan_, folder));
  std::string text = plan_json(plan_);
  text.replace(text.find("\"halo\": 60"), 10, "\"halo\": 61");
  write_file_atomic(folder / "plan.json", text);
  EXPECT_THROW((void)read_plan(folder), Error);
  write_file_atomic(folder / "plan.json", plan_json(plan_).substr(0, 300));
  EXPECT_THROW((void)read_plan(folder), Error);
  EXPECT_THROW((void)read_plan(folder / "nowhere"), Error);
  std::string layout = read_all(plan_.sources[0].file);
  layout[layout.size() / 2] = static_cast<char>(layout[layout.size() / 2] ^ 1);
  write_plain(plan_.sources[0].file, layout);
  EXPECT_THROW(check_files(plan_, folder), Error) << "of the same size, and not the same";
}

TEST_F(Tiles, PitchOfTheDominantArray) {
  const auto pitch = [&](const fs::path& file) {
    const auto layout = open_layout(open_bytes(file));
    const LayoutIndex index(*layout);
    const ArrayPitch p = dominant_pitch(index, index.find(), {{5, 0}});
    return std::pair{p.x, p.y};
  };
  EXPECT_EQ(pitch(write_layout(6, 5, 1000, true)), std::pair(1000L, 1000L));
  EXPECT_EQ(pitch(write_layout(6, 1, 1000, false, 0)), std::pair(1000L, 0L)) << "within a wrapper";
  EXPECT_EQ(pitch(write_layout(6, 1, 1000, false, 90)), std::pair(0L, 1000L)) << "turned";
  EXPECT_EQ(pitch(write_layout(1, 1, 1000, false)), std::pair(0L, 0L));
}

TEST_F(Tiles, UnitsOfSeveralLayouts) {
  const fs::path file = write_layout(2, 2, 1000, true);
  const auto coarse = open_shapes({"target", file, {}, {"5/0"}, 0, {}});
  const auto fine = in_unit(open_shapes({"target", file, {}, {"5/0"}, 0, {}}), 0.1, file);
  EXPECT_EQ(fine->dbu_nm(), 0.1);
  EXPECT_EQ(fine->bounding_box().x1, 5 * coarse->bounding_box().x1);
  EXPECT_EQ(fine->pitch().x, 5000);
  for (const DbuBox& window :
       {DbuBox{501, 2001, 1499, 2499}, DbuBox{-251, 4252, 7, 4399}, DbuBox{4001, 0, 4004, 10000}}) {
    std::vector<DbuPolygon> found, expected;
    fine->shapes(window, [&](const DbuPolygon& p) { found.push_back(p); });
    coarse->shapes(coarse->bounding_box(), [&](DbuPolygon p) {
      DbuBox box;
      for (DbuPoint& at : p) box.include(at = {5 * at.x, 5 * at.y});
      if (box.touches(window)) expected.push_back(p);
    });
    EXPECT_EQ(found, expected);
  }
  EXPECT_THROW((void)in_unit(open_shapes({"target", file, {}, {"5/0"}, 0, {}}), 0.3, file), Error);
  EXPECT_THROW((void)open_shapes({"target", file, {}, {"7/0"}, 0, {}}), Error);
  EXPECT_THROW((void)open_shapes({"target", file, {}, {}, 0, {}}), Error) << "there are two layers";
}

TEST(Submit, ChunksAreFairAndWhole) {
  std::vector<int> tiles{1, 2, 3, 10, 11, 12, 13, 20, 21, 22};
  const auto chunks = chunks_of(tiles, 4);
  ASSERT_EQ(chunks.size(), 4U);
  std::vector<int> all;
  for (const auto& chunk : chunks) {
    EXPECT_GE(chunk.size(), 2U);
    EXPECT_LE(chunk.size(), 3U);
    all.insert(all.end(), chunk.begin(), chunk.end());
  }
  EXPECT_EQ(all, tiles);
  EXPECT_EQ(chunks_of(tiles, 100).size(), tiles.size());
  EXPECT_TRUE(chunks_of({}, 3).empty());
}

TEST(Submit, ScriptsQuoteWhatTheyAreGiven) {
  BatchJob job{"anamorph-1", "/opt/it's here/anamorph", "/data/100% $HOME", "tiles-1", 5, "--time=10 -p short"};
  const std::string slurm = slurm_script(job);
  EXPECT_NE(slurm.find("#SBATCH --array=0-4\n"), std::string::npos);
  EXPECT_NE(slurm.find("#SBATCH --time=10 -p short\n"), std::string::npos);
  EXPECT_NE(slurm.find("'/opt/it'\\''s here/anamorph' tile run '/data/100% $HOME' --tiles"), std::string::npos);
  EXPECT_NE(slurm.find("/data/100%% $HOME/submit/%A_%a.log"), std::string::npos);
  const std::string lsf = lsf_script(job);
  EXPECT_NE(lsf.find("#BSUB -J \"anamorph-1[1-5]\"\n"), std::string::npos);
  EXPECT_NE(lsf.find("#BSUB --time=10 -p short\n"), std::string::npos);
  job.directory = "/data/a\nb";
  EXPECT_THROW((void)slurm_script(job), Error);
  job.directory = "/data";
  job.options = "-q\nrm";
  EXPECT_THROW((void)lsf_script(job), Error);
}

}  // namespace
}  // namespace anamorph
