// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "masks/layer_names.hpp"
#include "masks/layout_query.hpp"
#include "masks/region.hpp"
#include "tests/cli_fixture.hpp"
#include "tests/layout_text.hpp"

namespace anamorph {
namespace {

const Properties tagged{{"S_GDS_PROPERTY", {std::uint64_t{4}, std::string("net7")}}};

class ConvertTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    std::string bytes;
    const auto to = write_gdsii([&](std::string_view part) { bytes += part; }, 0.5, "CHIP");
    to->begin_cell("LEAF");
    to->box({11, 0}, {0, 0, 40, 20}, {}, tagged);
    to->path({12, 3}, {{{0, 0}, {60, 0}, {60, 80}}, 10, 5, 5, false}, {}, {});
    to->text({60, 0}, {{2, 2}, "pin"}, {}, {});
    to->end_cell();
    to->begin_cell("TOP");
    to->placement({"LEAF", {100, 0}, 90, true, 1}, {{200, 0}, {0, 300}, 3, 2, {}}, tagged);
    to->polygon({11, 0}, {{-100, -100}, {-40, -100}, {-40, -60}, {-70, -60}, {-70, -20}, {-100, -20}}, {}, {});
    to->end_cell();
    to->begin_cell("ALONE");
    to->polygon({11, 5}, {{0, 0}, {10, 0}, {0, 10}}, {}, {});
    to->end_cell();
    to->finish();
    write_text(folder_ / "a.gds", bytes);
  }

  [[nodiscard]] std::unique_ptr<LayoutFile> open(const std::string& name) const {
    return open_layout(open_bytes(folder_ / name));
  }
  [[nodiscard]] std::string canonical(const std::string& name) const {
    return anamorph::testing::told(*open(name), true);
  }
  /// What a layer covers.
  [[nodiscard]] Region covered(const std::string& name, const LayerNumber& layer, const std::string& cell = {}) const {
    const auto file = open(name);
    const LayoutIndex index(*file);
    std::vector<DbuPolygon> shapes;
    index.shapes({index.find(cell), {layer}, {}},
                 [&](const LayerNumber&, const DbuPolygon& p) { shapes.push_back(p); });
    return Region(shapes);
  }
  void convert(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "convert");
    const Outcome outcome = run(arguments);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
  }
};

TEST_F(ConvertTest, HierarchyTextsAndPropertiesSurviveTheRoundTrip) {
  convert({"a.gds", "a.oas"});
  convert({"a.oas", "b.gds"});
  EXPECT_EQ(canonical("a.oas"), canonical("a.gds"));
  EXPECT_EQ(canonical("b.gds"), canonical("a.gds"));
  EXPECT_EQ(open("b.gds")->dbu_nm(), 0.5);
  EXPECT_EQ(open("b.gds")->cells().size(), 3U);
  convert({"a.gds", "c.gds"});
  EXPECT_EQ(read_text(folder_ / "c.gds"), read_text(folder_ / "a.gds")) << "the same elements give the same bytes";
}

TEST_F(ConvertTest, ACellWithWhatItHolds) {
  convert({"a.gds", "b.oas", "--cell", "TOP"});
  EXPECT_EQ(open("b.oas")->cells(), (std::vector<std::string>{"LEAF", "TOP"}));
  convert({"a.gds", "b.gds", "--cell", "LEAF"});
  EXPECT_EQ(open("b.gds")->cells(), (std::vector<std::string>{"LEAF"}));
  expect_failure({"convert", "a.gds", "out.gds", "--cell", "NONE"}, 3, {"LAY-0022", "TOP, ALONE"});
}

TEST_F(ConvertTest, FlatIsTheSameArea) {
  convert({"a.gds", "f.oas", "--flatten", "--cell", "TOP"});
  EXPECT_EQ(open("f.oas")->cells(), (std::vector<std::string>{"TOP"}));
  for (const LayerNumber& layer : {LayerNumber{11, 0}, LayerNumber{12, 3}}) {
    EXPECT_EQ(covered("f.oas", layer), covered("a.gds", layer, "TOP"));
    EXPECT_FALSE(covered("f.oas", layer).empty());
  }
  expect_failure({"convert", "a.gds", "out.gds", "--flatten"}, 3, {"LAY-0023", "TOP, ALONE"});
}

TEST_F(ConvertTest, AWindowIsCutAtItsEdges) {
  convert({"a.gds", "w.gds", "--cell", "TOP", "--window", "-45,-45,160,100"});  // nm; twice that in units
  for (const LayerNumber& layer : {LayerNumber{11, 0}, LayerNumber{12, 3}})
    EXPECT_EQ(covered("w.gds", layer), covered("a.gds", layer, "TOP") & Region(DbuBox{-90, -90, 320, 200}));
  EXPECT_FALSE(covered("w.gds", {11, 0}).empty());
  expect_failure({"convert", "a.gds", "out.gds", "--window", "5,0,5,9", "--cell", "TOP"}, 2, {"CLI-0032"});
  expect_failure({"convert", "a.gds", "out.gds", "--window", "5,0,5", "--cell", "TOP"}, 2, {"--window"});
}

TEST_F(ConvertTest, FlatShapesKeepTheirPropertiesAndTextsStay) {
  const auto count = [&](const std::string& name, const std::string& part) {
    const std::string told = canonical(name);
    int found = 0;
    for (std::size_t at = told.find(part); at != std::string::npos; at = told.find(part, at + 1)) ++found;
    return found;
  };
  const Outcome flat = run({"convert", "a.gds", "f.gds", "--flatten", "--cell", "TOP", "--json"});
  ASSERT_EQ(flat.code, 0) << flat.err;
  EXPECT_EQ(count("f.gds", "{S_GDS_PROPERTY u4 net7}"), 6) << canonical("f.gds");
  EXPECT_EQ(count("f.gds", "text pin"), 6);
  for (const char* at : {"60/0 text pin | 102,2\n", "60/0 text pin | 502,302\n"}) EXPECT_EQ(count("f.gds", at), 1) << at;
  EXPECT_NE(flat.err.find("CLI-0036"), std::string::npos) << flat.err;
  EXPECT_NE(flat.err.find("6 placements"), std::string::npos) << flat.err;
  EXPECT_EQ(nlohmann::json::parse(flat.out)["properties_left_out"], 6);
  // A window cuts the shapes, each piece keeps the properties; texts count where they stand.
  convert({"a.gds", "w.gds", "--cell", "TOP", "--window", "-45,-45,160,2"});
  EXPECT_EQ(count("w.gds", "text pin"), 2) << canonical("w.gds");
  EXPECT_EQ(count("w.gds", "{S_GDS_PROPERTY u4 net7}"), 2);
  convert({"a.gds", "n.gds", "--cell", "TOP", "--window", "-45,-45,160,0.5", "--layers", "11,60"});
  EXPECT_EQ(count("n.gds", "text"), 0);
  convert({"a.gds", "t.gds", "--flatten", "--cell", "TOP", "--layers", "60"});
  EXPECT_EQ(canonical("t.gds").find("polygon"), std::string::npos);
  EXPECT_EQ(count("t.gds", "text pin"), 6);
}

TEST_F(ConvertTest, SaysWhatHasNoPlace) {
  const auto lost = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "convert");
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.err;
  };
  std::string bytes;
  const auto to = write_oasis([&](std::string_view part) { bytes += part; }, 1,
                              {{"S_GDS_PROPERTY", {std::uint64_t{1}, std::string("of the file")}}});
  to->begin_cell("TOP");
  to->box({1, 0}, {0, 0, 9, 9}, {{20, 0}, {0, 20}, 3, 2, {}}, {{"net", {std::string("vdd")}}, tagged[0]});
  to->text({1, 0}, {{2, 2}, "pin"}, {}, {});
  to->end_cell();
  to->finish();
  write_text(folder_ / "p.oas", bytes);
  EXPECT_EQ(lost({"p.oas", "q.oas"}), "");
  EXPECT_NE(lost({"p.oas", "p.gds"}).find("CLI-0036] left out: 1 properties"), std::string::npos);
  const std::string of_glp = lost({"p.oas", "p.glp"});
  EXPECT_NE(of_glp.find("1 texts"), std::string::npos) << of_glp;
  EXPECT_NE(of_glp.find("3 properties"), std::string::npos) << of_glp;
  EXPECT_EQ(of_glp.find("0 "), std::string::npos) << of_glp;
  std::string wires;
  const auto write_wire = [&](double magnification) {
    wires.clear();
    const auto wire = write_gdsii([&](std::string_view part) { wires += part; }, 1);
    wire->begin_cell("WIRE");
    wire->path({1, 0}, {{{0, 0}, {100, 0}}, 20, 0, 0, false, true}, {}, {});
    wire->end_cell();
    wire->begin_cell("TOP");
    wire->placement({"WIRE", {0, 0}, 0, false, magnification}, {}, {});
    wire->end_cell();
    wire->finish();
    write_text(folder_ / "wire.gds", wires);
  };
  write_wire(1);
  EXPECT_EQ(lost({"wire.gds", "same.gds"}), "");
  EXPECT_NE(lost({"wire.gds", "wire.oas"}).find("1 absolute widths"), std::string::npos);
  write_wire(2);
  EXPECT_EQ(lost({"wire.gds", "large.gds"}), "") << "GDSII has absolute widths";
  expect_failure({"convert", "wire.gds", "large.oas"}, 3, {"LAY-0025", "WIRE"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "large.oas"));
  // 40 x 20 units of 0.5 nm are 1 x 0 of 30 nm.
  const std::string of_unit =
      lost({"a.gds", "u.gds", "--cell", "LEAF", "--flatten", "--dbu", "30", "--layers", "11"});
  EXPECT_NE(of_unit.find("1 shapes without an area"), std::string::npos) << of_unit;
  EXPECT_EQ(canonical("u.gds").find("11/0"), std::string::npos);
  convert({"a.gds", "v.gds", "--cell", "LEAF", "--flatten", "--dbu", "20", "--layers", "11"});
  EXPECT_NE(canonical("v.gds").find("11/0 polygon"), std::string::npos);
}

TEST_F(ConvertTest, LayersAreChosenAndMapped) {
  convert({"a.gds", "b.gds", "--layers", "11,12/3", "--map", "11/0:21,11/5:7/8"});
  const std::string told = canonical("b.gds");
  EXPECT_NE(told.find("21/0 polygon"), std::string::npos) << told;
  EXPECT_NE(told.find("7/8 polygon"), std::string::npos) << told;
  EXPECT_NE(told.find("12/3 path"), std::string::npos) << told;
  EXPECT_EQ(told.find("text"), std::string::npos) << told;
  EXPECT_EQ(told.find("\n11/"), std::string::npos) << told;
  expect_failure({"convert", "a.gds", "out.gds", "--layers", "11,99"}, 3, {"LAY-0007", "99"});
  expect_failure({"convert", "a.gds", "out.gds", "--layers", "M1"}, 3, {"LAY-0011", "M1"});
  expect_failure({"convert", "a.gds", "out.gds", "--map", "11"}, 2, {"CLI-0031"});
}

TEST_F(ConvertTest, LayersThatACellNamesGoWithTheOthers) {
  std::string bytes;
  const auto to = write_oasis([&](std::string_view part) { bytes += part; }, 1);
  to->begin_cell("TOP", {layer_property({1, 0}, "mask"), layer_property({2, 5}, "assist features"), tagged[0]});
  to->box({1, 0}, {0, 0, 9, 9}, {}, {});
  to->end_cell();
  to->finish();
  write_text(folder_ / "m.oas", bytes);
  const auto properties = [&](const std::string& name) { return open(name)->cell_properties(0); };
  convert({"m.oas", "same.gds"});
  EXPECT_EQ(properties("same.gds"), open("m.oas")->cell_properties(0));
  convert({"m.oas", "mapped.gds", "--map", "1/0:21/3,2:7"});
  EXPECT_EQ(properties("mapped.gds"),
            (Properties{layer_property({21, 3}, "mask"), layer_property({7, 5}, "assist features"), tagged[0]}));
  convert({"m.oas", "chosen.oas", "--layers", "1/0"});
  EXPECT_EQ(properties("chosen.oas"), (Properties{layer_property({1, 0}, "mask"), tagged[0]}));
  convert({"m.oas", "empty.oas", "--layers", "2", "--flatten", "--map", "2/5:1/0"});
  EXPECT_EQ(properties("empty.oas"), (Properties{layer_property({1, 0}, "assist features"), tagged[0]}));
}

TEST_F(ConvertTest, DatabaseUnits) {
  convert({"a.gds", "fine.oas", "--dbu", "0.1"});
  EXPECT_EQ(open("fine.oas")->dbu_nm(), 0.1);
  EXPECT_EQ(covered("fine.oas", {11, 0}, "TOP").area(), 25 * covered("a.gds", {11, 0}, "TOP").area());
  convert({"fine.oas", "back.gds", "--dbu", "0.5"});
  EXPECT_EQ(canonical("back.gds"), canonical("a.gds"));
  expect_failure({"convert", "a.gds", "out.gds", "--dbu", "3"}, 3, {"LAY-0030"});
  const Outcome rounded = run({"convert", "a.gds", "r.gds", "--dbu", "3", "--flatten", "--cell", "ALONE"});
  EXPECT_EQ(rounded.code, 0) << rounded.err;
  EXPECT_NE(rounded.err.find("CLI-0034"), std::string::npos) << rounded.err;
}

TEST_F(ConvertTest, GlpInAndOut) {
  write_text(folder_ / "c.glp",
             "CNAME clip\nCELL clip PRIME\nRECT N M2 0 0 30 10\nPGON N M1 0 0 0 9 9 9 9 5 20 5 20 0\n"
             "RECT N 31 5 5 1 1\nENDMSG\n");
  convert({"c.glp", "c.gds"});
  EXPECT_EQ(canonical("c.gds"),
            "cell clip\n31/0 polygon | 5,5 5,6 6,6 6,5\n1/0 polygon | 0,0 0,9 9,9 9,5 20,5 20,0\n"
            "2/0 polygon | 0,0 0,10 30,10 30,0\n");
  convert({"c.glp", "m.oas", "--map", "M1:11/0,M2:12/7", "--layers", "M1,M2", "--dbu", "0.25"});
  EXPECT_EQ(covered("m.oas", {12, 7}).area(), 300 * 16);
  convert({"m.oas", "back.glp", "--map", "11/0:M1,12:M2"});
  EXPECT_EQ(read_text(folder_ / "back.glp"),
            "BEGIN\nEQUIV 1 1000 MICRON +X,+Y\nCNAME clip\n\nCELL clip PRIME\n"
            "PGON N M1 20 0 20 5 9 5 9 9 0 9 0 0\nRECT N M2 0 0 30 10\nENDMSG\n");
  expect_failure({"convert", "c.glp", "out.gds", "--layers", "M7"}, 3, {"LAY-0007", "M7"});
  expect_failure({"convert", "a.gds", "out.glp", "--cell", "TOP", "--layers", "11/0"}, 3, {"GLP-0020"});
  expect_failure({"convert", "a.gds", "out.glp", "--cell", "ALONE"}, 3, {"GLP-0022"});
  expect_failure({"convert", "a.gds", "out.glp", "--cell", "TOP", "--flatten"}, 3, {"GLP-0024", "52.5"});
  convert({"a.gds", "flat.glp", "--flatten", "--cell", "TOP", "--layers", "11/0"});
  EXPECT_NE(read_text(folder_ / "flat.glp").find("PGON N 11/0 "), std::string::npos);
  convert({"flat.glp", "again.gds"});
  EXPECT_EQ(covered("again.gds", {11, 0}).area(), covered("a.gds", {11, 0}, "TOP").area() / 4);
}

TEST_F(ConvertTest, SaysWhatItDidAndWhatIsWrong) {
  const Outcome told = run({"convert", "a.gds", "a.oas", "--json"});
  ASSERT_EQ(told.code, 0) << told.err;
  const auto json = nlohmann::json::parse(told.out);
  EXPECT_EQ(json["cells"], 3);
  EXPECT_EQ(json["shapes"], 4);
  EXPECT_EQ(json["texts"], 1);
  EXPECT_EQ(json["placements"], 1);
  EXPECT_EQ(json["bytes"], read_text(folder_ / "a.oas").size());
  expect_failure({"convert", "a.gds", "a.oas"}, 5, {"CLI-0033", "--force"});
  convert({"a.gds", "a.oas", "--force"});
  expect_failure({"convert", "a.gds", "out.xyz"}, 2, {"CLI-0030", ".xyz"});
  expect_failure({"convert", "missing.gds", "out.gds"}, 3, {"LAY-0001"});
  expect_failure({"convert", "a.gds", "no/folder/out.gds"}, 5, {});
  // Cut short: the byte is named, and nothing is left behind.
  const std::string all = read_text(folder_ / "a.gds");
  write_text(folder_ / "short.gds", all.substr(0, all.size() - 100));
  expect_failure({"convert", "short.gds", "out.oas"}, 3, {"GDS-00", "at byte"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.oas"));
}

TEST_F(ConvertTest, ClipsOfGdsiiAreSimulated) {
  write_text(folder_ / "clip.toml",
             "[layout]\nfile = \"a.gds\"\ncell = \"TOP\"\nlayer = \"11/0\"\nwindow_nm = [32, 0, 96, 64]\npixel_nm = 8\n"
             "[optics]\nwavelength_nm = 193.368\nna = 0.9\n[resist]\nthreshold = 0.3\n");
  const Outcome outcome = run({"simulate", "clip.toml", "-o", "run", "--set", "mask.polygons=opening"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const auto metrics = nlohmann::json::parse(read_text(folder_ / "run/metrics.json"));
  EXPECT_GT(metrics["l2_nm2"], 0);
  const Outcome oasis = run({"simulate", "clip.toml", "-o", "run2", "--set", "output.polygons=oas"});
  ASSERT_EQ(oasis.code, 0) << oasis.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run2/mask.gds"));
  EXPECT_EQ(covered("run2/mask.oas", {1, 0}), covered("run/mask.gds", {1, 0}));
  EXPECT_EQ(covered("run2/contours.oas", {1, 0}), covered("run/contours.gds", {1, 0}));
  EXPECT_FALSE(covered("run/mask.gds", {1, 0}).empty());
  expect_failure({"simulate", "clip.toml", "-o", "out", "--set", "layout.layer=77/0"}, 3, {"LAY-0007", "11/0, 12/3"});
}

}  // namespace
}  // namespace anamorph
