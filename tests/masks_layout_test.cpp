// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/glp.hpp"
#include "masks/layout.hpp"
#include "masks/region.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;

double total_area(const std::vector<Polygon>& polygons) {
  double area = 0;
  for (const Polygon& polygon : polygons) area += signed_area(polygon);
  return area;
}

Polygon rectangle(double x0, double y0, double x1, double y1) { return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}; }

TEST(Glp, ReadsShapesCellAndLayers) {
  const Layout layout = parse_glp(
      "BEGIN  /* anything */\nEQUIV 1 1000 MICRON +X,+Y\nCNAME top\nLEVEL M1\n\nCELL top PRIME\r\n"
      "\tRECT N M1 -10 20 30 40\n PGON N M2 0 0 0 5 7 5 7 0\nENDMSG\n\n",
      "a.glp");
  EXPECT_EQ(layout.cell, "top");
  EXPECT_EQ(layout.dbu_nm, 1);
  ASSERT_EQ(layout.layers.size(), 2U);
  EXPECT_EQ(polygons(layout, "M1"), std::vector<Polygon>{rectangle(-10, 20, 20, 60)});
  // The drawn polygon is clockwise.
  EXPECT_EQ(signed_area(polygons(layout, "M2").at(0)), 35);
}

TEST(Glp, RepeatedVerticesAndAClosingVertexChangeNothing) {
  const Layout layout = parse_glp("PGON N M1 0 0 9 0 9 0 9 4 0 4 0 0\nENDMSG", "a.glp");
  EXPECT_EQ(polygons(layout).at(0), rectangle(0, 0, 9, 4));
}

TEST(Glp, LastLineNeedsNoLineFeed) { EXPECT_EQ(parse_glp("RECT N M1 0 0 1 1\nENDMSG", "a").layers.size(), 1U); }

TEST(Layers, AnEmptyNameIsTheOnlyLayerAndAnUnknownOneNamesThosePresent) {
  const Layout one = parse_glp("RECT N M1 0 0 1 1\nENDMSG", "a");
  EXPECT_EQ(&polygons(one), &polygons(one, "M1"));
  const Layout two = parse_glp("RECT N M1 0 0 1 1\nRECT N V1 0 0 1 1\nENDMSG", "a");
  for (const std::string& layer : {std::string(), std::string("M9")}) {
    try {
      (void)polygons(two, layer);
      FAIL() << layer;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::input);
      EXPECT_NE(std::string(error.what()).find("M1, V1"), std::string::npos) << error.what();
    }
  }
}

struct BadGlp {
  std::string text;
  std::string id;
  int line;
  int column;
};

TEST(Glp, EveryFaultHasItsPlace) {
  const std::string good = "RECT N M1 0 0 1 1\n";
  const std::vector<BadGlp> cases{
      {"", "GLP-0001", 0, 0},
      {good + "ENDMSG\nRECT N M1 0 0 1 1\n", "GLP-0002", 3, 1},
      {good + "RECT N M1 5 5 1 1\n", "GLP-0003", 2, 0},
      {"CELL a PRIME\nENDMSG\n", "GLP-0004", 2, 0},
      {good + std::string("RECT N\0M1", 9), "GLP-0005", 2, 7},
      {good + "\x7f"
              "ELF",
       "GLP-0005", 2, 1},
      {good + "PGN N M1 0 0 0 1 1 1 1 0\nENDMSG", "GLP-0006", 2, 1},
      {"  PGN N M1 0 0 0 1 1 1 1 0\n" + good + "ENDMSG", "GLP-0006", 1, 3},
      {good + "PGON\xc3\xa9 N M1 0 0\nENDMSG", "GLP-0006", 2, 1},
      {"EQUIV 1 2000 MICRON\n" + good + "ENDMSG", "GLP-0007", 1, 1},
      {"RECT M1 0 0 1 1\nENDMSG", "GLP-0008", 1, 6},
      {"RECT\nENDMSG", "GLP-0008", 1, 5},
      {"PGON N\nENDMSG", "GLP-0009", 1, 7},
      {"RECT N M1 0 0 1.5 1\nENDMSG", "GLP-0010", 1, 15},
      {"RECT N M1 0 nan 1 1\nENDMSG", "GLP-0010", 1, 13},
      {"RECT N M1 inf 0 1 1\nENDMSG", "GLP-0010", 1, 11},
      {"RECT N M1 0 0 1e3 1\nENDMSG", "GLP-0010", 1, 15},
      {"RECT N M1 0 0 1x 1\nENDMSG", "GLP-0010", 1, 15},
      {"RECT N M1 0x10 0 1 1\nENDMSG", "GLP-0010", 1, 11},
      {"RECT N M1 0 1000000001 1 1\nENDMSG", "GLP-0011", 1, 13},
      {"RECT N M1 0 -99999999999999999999999 1 1\nENDMSG", "GLP-0011", 1, 13},
      {" RECT N M1 999999999 0 2 1\nENDMSG", "GLP-0011", 1, 2},
      {"RECT N M1 0 0 1\nENDMSG", "GLP-0012", 1, 16},
      {"RECT N M1 0 0 1 1 1\nENDMSG", "GLP-0012", 1, 19},
      {"RECT N M1\nENDMSG", "GLP-0012", 1, 10},
      {"RECT N M1 0 0 0 1\nENDMSG", "GLP-0013", 1, 15},
      {"RECT N M1 0 0 1 -1\nENDMSG", "GLP-0013", 1, 17},
      {"PGON N M1 0 0 0 1 1 1 1\nENDMSG", "GLP-0014", 1, 24},
      {"PGON N M1 0 0 0 1 1 1\nENDMSG", "GLP-0015", 1, 1},
      {"PGON N M1\nENDMSG", "GLP-0015", 1, 1},
      {"PGON N M1 0 0 0 0 0 0 0 0\nENDMSG", "GLP-0015", 1, 1},
      {"PGON N M1 0 0 5 0 9 0 5 0\nENDMSG", "GLP-0016", 1, 1},
      {"PGON N M1 0 0 5 0 6 5 0 5\nENDMSG", "GLP-0017", 1, 19},
      {"PGON N M1 0 0 5 0 5 5 1 5\nENDMSG", "GLP-0017", 1, 25},
  };
  for (const BadGlp& bad : cases) {
    try {
      (void)parse_glp(bad.text, "bad.glp");
      ADD_FAILURE() << "accepted: " << bad.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::input);
      EXPECT_EQ(error.id(), bad.id) << bad.text << "\n" << error.what();
      EXPECT_EQ(error.where().line, bad.line) << bad.text << "\n" << error.what();
      EXPECT_EQ(error.where().column, bad.column) << bad.text << "\n" << error.what();
      EXPECT_TRUE(std::string(error.what()).starts_with("bad.glp")) << error.what();
    }
  }
}

TEST(ReadLayout, RefusesWhatIsNotALayoutFile) {
  const fs::path folder = fs::path(testing::TempDir()) / "anamorph_read_layout";
  fs::create_directories(folder / "folder.glp");
  const auto id_of = [](const fs::path& file) {
    try {
      (void)read_layout(file);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::input);
      EXPECT_EQ(error.where().file, file.string());
      return error.id();
    }
    return std::string("accepted");
  };
  EXPECT_EQ(id_of(folder / "absent.glp"), "LAY-0001");
  EXPECT_EQ(id_of(folder / "folder.glp"), "LAY-0002");
  EXPECT_EQ(id_of(folder / "clip.cif"), "LAY-0005");
  {
    std::ofstream(folder / "large.glp") << "RECT N M1 0 0 1 1\nENDMSG\n";
    fs::resize_file(folder / "large.glp", (64U << 20U) + 1);
  }
  EXPECT_EQ(id_of(folder / "large.glp"), "LAY-0004");
  std::ofstream(folder / "good.glp") << "RECT N M1 0 0 1 1\nENDMSG\n";
  EXPECT_EQ(id_of(folder / "good.glp"), "accepted");
  fs::remove_all(folder);
}

std::vector<fs::path> glp_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".glp") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ReadLayout, ReadsEveryBenchmarkClip) {
  if (!fs::exists(ANAMORPH_DATA)) GTEST_SKIP() << "no data folder";
  const std::vector<fs::path> files = glp_files(ANAMORPH_DATA);
  EXPECT_EQ(files.size(), 60U);
  for (const fs::path& file : files) {
    const std::vector<Polygon>& drawn = polygons(read_layout(file));
    EXPECT_FALSE(drawn.empty()) << file;
    for (const Polygon& polygon : drawn) EXPECT_GT(signed_area(polygon), 0) << file;
    const Box box = bounding_box(centred(drawn, 2048, 2048));
    EXPECT_TRUE(box.x0 >= 0 && box.y0 >= 0 && box.x1 <= 2048 && box.y1 <= 2048) << file;
  }
}

TEST(ReadLayout, OwnPatternsFitTheTileAndHavePrintableSizes) {
  const std::vector<fs::path> files = glp_files(fs::path(ANAMORPH_SOURCE) / "masks/patterns");
  EXPECT_GE(files.size(), 6U);
  for (const fs::path& file : files) {
    const std::vector<Polygon>& drawn = polygons(read_layout(file));
    const Box box = bounding_box(centred(drawn, 2048, 2048));
    const double least_edge_nm = file.filename().string().starts_with("euv_") ? 14 : 60;
    // As in the contest, the optical range of 1 um around a feature is not to wrap onto its own shapes.
    EXPECT_LE(box.width(), 1400) << file;
    EXPECT_LE(box.height(), 1400) << file;
    EXPECT_EQ(total_area(merge(drawn)), total_area(drawn)) << file << ": shapes overlap";
    for (const Polygon& polygon : drawn) {
      for (std::size_t i = 0; i < polygon.size(); ++i) {
        const Point& a = polygon[i];
        const Point& b = polygon[(i + 1) % polygon.size()];
        EXPECT_GE(std::abs(a.x - b.x) + std::abs(a.y - b.y), least_edge_nm) << file;
      }
    }
  }
}

TEST(Merge, OverlapsAndTouchesBecomeOne) {
  const std::vector<Polygon> merged =
      merge({rectangle(0, 0, 10, 10), rectangle(5, 5, 15, 15), rectangle(15, 5, 20, 15), rectangle(40, 0, 50, 10)});
  EXPECT_EQ(merged.size(), 2U);
  EXPECT_EQ(total_area(merged), 100 + 100 - 25 + 50 + 100);
}

TEST(Merge, AFrameHasAClockwiseHole) {
  const std::vector<Polygon> merged =
      merge({rectangle(0, 0, 30, 10), rectangle(0, 20, 30, 30), rectangle(0, 0, 10, 30), rectangle(20, 0, 30, 30)});
  ASSERT_EQ(merged.size(), 2U);
  const double hole = std::min(signed_area(merged[0]), signed_area(merged[1]));
  EXPECT_EQ(hole, -100);
  EXPECT_EQ(total_area(merged), 800);
  EXPECT_EQ(total_area(merge(merged)), 800);
}

TEST(Merge, KeepsAThousandthOfANanometre) {
  EXPECT_DOUBLE_EQ(total_area(merge({rectangle(0, 0, 1.001, 1.0004)})), 1.001);
}

TEST(Merge, RefusesWhatIsNotANumber) {
  EXPECT_THROW((void)merge({{{0, 0}, {1, 0}, {1, std::nan("")}}}), Error);
  EXPECT_THROW((void)merge({{{0, 0}, {1e13, 0}, {1, 1}}}), Error);
}

TEST(Centred, ShiftsByTheFlooredHalf) {
  // (20 - 5) / 2 = 7.5 -> 7, also where the division is of a negative origin.
  EXPECT_EQ(bounding_box(centred({rectangle(-3, 100, 2, 104)}, 20, 20)), (Box{7, 8, 12, 12}));
  EXPECT_EQ(bounding_box(centred({rectangle(-3, 100, 2, 104)}, 5, 4)), (Box{0, 0, 5, 4}));
}

TEST(Centred, SaysBothSizesWhenTheTileIsTooSmall) {
  try {
    (void)centred({rectangle(0, 0, 3000, 10)}, 2048, 2000);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::input);
    EXPECT_NE(std::string(error.what()).find("3000 x 10 nm"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("2048 x 2000 nm"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace anamorph
