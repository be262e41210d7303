// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <string>

#include "cpp/core/error.hpp"
#include "masks/layout.hpp"
#include "masks/layout_stream.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

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
