// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// `verify` of layouts, from files to files, through the built program.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/layer_names.hpp"
#include "masks/layout.hpp"
#include "tests/cli_fixture.hpp"

namespace anamorph {
namespace {

using Json = nlohmann::json;

class CliVerify : public ProgramTest {
 protected:
  using Boxes = std::vector<DbuBox>;  ///< nm

  void write_layout(const std::string& name, const std::vector<std::pair<LayerNumber, Boxes>>& layers,
                    const Properties& properties = {}) const {
    std::ofstream out(folder_ / name, std::ios::binary);
    const ByteSink sink = [&](std::string_view bytes) {
      out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    };
    const auto writer = name.ends_with(".oas") ? write_oasis(sink, 0.5) : write_gdsii(sink, 0.5);
    writer->begin_cell("TOP", properties);
    for (const auto& [layer, boxes] : layers)
      for (const DbuBox& b : boxes) writer->box(layer, {2 * b.x0, 2 * b.y0, 2 * b.x1, 2 * b.y1}, {}, {});
    writer->end_cell();
    writer->finish();
  }

  void SetUp() override {
    ProgramTest::SetUp();
    const Boxes lines{{300, 300, 450, 2700}, {600, 300, 750, 2700}, {900, 300, 1050, 2700}};
    const Boxes contacts{{1700, 1700, 1900, 1900}, {2200, 1700, 2400, 1900}, {1700, 2300, 1900, 2500}};
    Boxes target = lines;
    target.insert(target.end(), contacts.begin(), contacts.end());
    write_layout("chip.gds", {{{7, 0}, target}, {{8, 0}, {{0, 0, 10, 10}}}});
    // What the mask gets wrong: a line is cut, a contact is missing, a spot is there, an assist feature is too wide.
    const Boxes mask{lines[0],    {600, 300, 750, 1350}, {600, 1700, 750, 2700}, lines[2],
                     contacts[0], contacts[2],           {2100, 500, 2300, 700}};
    write_layout("mask.oas", {{{1, 0}, mask}, {{2, 0}, {{1250, 400, 1285, 2600}, {1500, 500, 1680, 1300}}}});
    write_text(folder_ / "chip.toml", R"(
[layout]
file = "chip.gds"
layer = "7/0"
window_nm = [300, 300, 2400, 2700]
pixel_nm = 2
[optics]
wavelength_nm = 193
na = 0.9
max_kernels = 48
image_error = 0.004
[optics.source]
sigma = 0.4
step = 0.1
[resist]
threshold = 0.25
[mask]
file = "mask.oas"
layers = ["1/0"]
assist_layers = ["2/0"]
[mask.rules]
min_width_nm = 50
[[process.corner]]
name = "nominal"
[[process.corner]]
name = "high, defocused"
dose = 1.05
focus_nm = 50
[tile]
core_nm = 1300
halo_nm = 500
[verify.limits]
epe_nm = 40
epe_share_percent = 100
)");
  }

  Json metrics(const std::string& directory) const {
    return Json::parse(read_text(folder_ / directory / "metrics.json"));
  }

  /// The lines of findings.csv of a kind, as cells.
  std::vector<std::vector<std::string>> rows(const std::string& directory, const std::string& kind) const {
    std::istringstream csv(read_text(folder_ / directory / "findings.csv"));
    std::vector<std::vector<std::string>> found;
    for (std::string line; std::getline(csv, line);) {
      std::vector<std::string> cells{""};
      bool in_quotes = false;
      for (const char c : line) {
        if (c == '"')
          in_quotes = !in_quotes;
        else if (c == ',' && !in_quotes)
          cells.emplace_back();
        else
          cells.back() += c;
      }
      if (cells.at(1) == kind) found.push_back(cells);
    }
    return found;
  }
};

TEST_F(CliVerify, FindsWhatTheMaskGetsWrongWhateverTheTiles) {
  const Outcome o = run({"verify", "chip.toml", "-o", "out", "-j", "1"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json m = metrics("out");
  EXPECT_GE(m.at("tiles"), 4);
  EXPECT_EQ(m.at("missing_prints"), 1);
  EXPECT_EQ(m.at("extra_prints"), 2);
  EXPECT_EQ(m.at("assist_prints"), 1);
  EXPECT_EQ(m.at("pinches"), 2) << "the cut line and the middle of the missing contact";
  EXPECT_GT(m.at("sites"), 300);
  EXPECT_GT(m.at("epe_missing"), 4) << "along the cut and at the missing contact";
  EXPECT_EQ(m.at("mask_width_violations"), 1) << "the thin assist feature";
  EXPECT_NEAR(m.at("target_nm2"), 3 * 150 * 2400 + 3 * 200 * 200, 1);

  const auto near = [](const std::vector<std::string>& row, double x, double y, double by) {
    return std::abs(std::stod(row[2]) - x) < by && std::abs(std::stod(row[3]) - y) < by;
  };
  ASSERT_EQ(rows("out", "missing").size(), 1u);
  EXPECT_TRUE(near(rows("out", "missing")[0], 2300, 1800, 1e-6));
  ASSERT_EQ(rows("out", "extra").size(), 1u);
  EXPECT_TRUE(near(rows("out", "extra")[0], 2200, 493, 10));
  ASSERT_EQ(rows("out", "assist").size(), 1u);
  EXPECT_TRUE(near(rows("out", "assist")[0], 1590, 493, 10));
  EXPECT_TRUE(near(rows("out", "pinch")[0], 675, 1525, 200));
  const std::string markers = read_text(folder_ / "out" / "markers.lyrdb");
  EXPECT_NE(markers.find("<name>pinch</name>"), std::string::npos);
  EXPECT_NE(markers.find("'missing'.'" + rows("out", "missing")[0][13] + "'"), std::string::npos);
  EXPECT_NE(markers.find("<top-cell>TOP</top-cell>"), std::string::npos) << "the cell, not the file";
  EXPECT_NE(markers.find("text: '#1: broken, limit 30.00 nm (nominal)'"), std::string::npos);
  EXPECT_EQ(markers.find("float: 0.000000</value>\n    <value>text: '#1: no edge"), std::string::npos)
      << "no value is not 0";
  EXPECT_NE(markers.find("box: (2.2000000,1.7000000;2.4000000,1.9000000)"), std::string::npos);
  const std::string page = read_text(folder_ / "out" / "report.html");
  for (const char* part : {"Where the findings are", "Edge placement error", "Worst places", "broken",
                           "high, defocused", "SHA-256 of mask"})
    EXPECT_NE(page.find(part), std::string::npos) << part;

  // Other tiles, and one that holds everything, find the same.
  for (const auto& [core, tiles] : {std::pair{"6000", 1}, {"870", 9}}) {
    ASSERT_EQ(run({"verify", "chip.toml", "-o", core, "--set", std::string("tile.core_nm=") + core}).code, 0);
    const Json other = metrics(core);
    EXPECT_EQ(other.at("tiles"), tiles);
    for (const char* key : {"sites", "sites_over", "sites_over_any_condition", "epe_missing", "missing_prints",
                            "extra_prints", "assist_prints", "pinches", "bridges", "line_ends_over", "pv_bands_over",
                            "mask_width_violations", "patterns"})
      EXPECT_EQ(other.at(key), m.at(key)) << key << " with " << tiles;
    const auto close = [&](const char* key, double by) {
      EXPECT_NEAR(other.at(key).get<double>(), m.at(key).get<double>(), by * m.at(key).get<double>()) << key;
    };
    // The images differ: with a halo of 500 nm light from beyond it counts a little.
    close("epe_mean_nm", 0.1);
    close("l2_nm2", 0.01);
    close("pvband_nm2", 0.06);
    for (const char* kind : {"epe", "line_end", "pinch", "pv_band", "missing", "extra", "assist", "mask_width"}) {
      const auto here = rows(core, kind), there = rows("out", kind);
      ASSERT_EQ(here.size(), there.size()) << kind << " with " << tiles;
      for (const auto& row : here)
        EXPECT_TRUE(std::any_of(there.begin(), there.end(),
                                [&](const auto& same) {
                                  return near(same, std::stod(row[2]), std::stod(row[3]), 2) && row[13] == same[13];
                                }))
            << kind << " at " << row[2] << ", " << row[3] << " with " << tiles;
    }
  }
}

TEST_F(CliVerify, TilesOfALongLineAreAskedWhereTheyLie) {
  // The tiles in the middle of a line see the same; but sites stand at multiples of 40 nm of the layout.
  write_layout("line.gds", {{{7, 0}, {{3, 7, 153, 14007}}}});
  std::string recipe = read_text(folder_ / "chip.toml");
  recipe.replace(recipe.find("chip.gds"), 8, "line.gds");
  recipe.erase(recipe.find("window_nm"), recipe.find("pixel_nm") - recipe.find("window_nm"));
  recipe.erase(recipe.find("[mask]"), recipe.find("[mask.rules]") - recipe.find("[mask]"));
  write_text(folder_ / "line.toml", recipe);
  const auto verify = [&](const std::string& core) {
    EXPECT_EQ(run({"verify", "line.toml", "-o", core, "--set", "tile.core_nm=" + core}).code, 0);
    return metrics(core);
  };
  const Json one = verify("20000"), tiles = verify("1000");
  EXPECT_EQ(one.at("tiles"), 1);
  EXPECT_GT(tiles.at("tiles"), 20);
  EXPECT_LT(tiles.at("tiles_made"), tiles.at("tiles")) << "some lie alike";
  EXPECT_GT(one.at("sites"), 700);
  EXPECT_EQ(tiles.at("sites"), one.at("sites"));
  EXPECT_EQ(one.at("mask_shots"), 1);
  EXPECT_EQ(tiles.at("mask_shots"), 1) << "seams cut no rectangles";
}

TEST_F(CliVerify, SaysOfAMaskAndOfItselfWhatAClipSays) {
  ASSERT_EQ(run({"verify", "chip.toml", "-o", "out", "--set", "layout.window_nm=[100,100,2600,2900]"}).code, 0);
  const Json m = metrics("out");
  EXPECT_EQ(m.at("mask_shots"), 9) << "boxes that do not touch";
  EXPECT_EQ(m.at("mask_min_width_nm"), 35);
  EXPECT_EQ(m.at("mask_min_space_nm"), 64) << "none below";
  EXPECT_EQ(m.at("mask_min_distance_nm"), 35);
  EXPECT_EQ(m.at("mask_min_area_nm2"), 200 * 200);
  EXPECT_GT(m.at("seconds"), 0);
  EXPECT_EQ(m.at("pass"), true);
  EXPECT_EQ(m.at("rules").size(), 1u);
  EXPECT_EQ(m.at("conditions").size(), 2u);
  const Json record = Json::parse(read_text(folder_ / "out" / "run.json"));
  EXPECT_EQ(record.at("verb"), "verify");
  std::string inputs;
  for (const Json& input : record.at("inputs")) inputs += input.at("file").get<std::string>() + " ";
  for (const char* file : {"chip.toml", "chip.gds", "mask.oas"})
    EXPECT_NE(inputs.find(file), std::string::npos) << inputs;
  ASSERT_EQ(run({"tile", "merge", "out"}).code, 0);
  const Json merged = Json::parse(read_text(folder_ / "out" / "run.json"));
  EXPECT_EQ(merged.at("verb"), "tile merge");
  EXPECT_EQ(merged.at("inputs").size(), 4u) << "the plan, and the file of each of its three sources";
}

TEST_F(CliVerify, AnEmptyLayerOfOursIsNoMisspeltOne) {
  const Boxes mask{{300, 300, 450, 2700}};
  for (const std::string name : {"alone.oas", "alone.gds"}) {
    write_layout(name, {{{1, 0}, mask}}, {layer_property({1, 0}, "mask"), layer_property({2, 0}, "assist")});
    const std::vector<std::string> words{"verify", "chip.toml", "-o", name + "-out", "--mask", name};
    EXPECT_EQ(run(words).code, 0) << name;
    EXPECT_EQ(metrics(name + "-out").at("mask_shots"), 1);
    std::vector<std::string> wrong = words;
    wrong[3] = "wrong";
    wrong.insert(wrong.end(), {"--set", "mask.assist_layers=[\"3/0\"]"});
    expect_failure(wrong, 3, {"TIL-0022", "3/0"});
  }
  EXPECT_TRUE(polygons(read_layout(folder_ / "alone.oas", {{}, "2/0", {}}), "2/0").empty());
  EXPECT_THROW((void)read_layout(folder_ / "alone.oas", {{}, "3/0", {}}), Error);
}

TEST_F(CliVerify, WithoutAWindowTheOutermostEdgesCountToo) {
  // The window of the recipe is the box of the target: what lies on its upper and right border belongs to a neighbour.
  const std::string recipe = read_text(folder_ / "chip.toml");
  const std::string window = "window_nm = [300, 300, 2400, 2700]\n";
  ASSERT_NE(recipe.find(window), std::string::npos);
  std::string without = recipe;
  without.erase(without.find(window), window.size());
  std::string wide = recipe;
  wide.replace(wide.find(window), window.size(), "window_nm = [100, 100, 2600, 2900]\n");
  std::vector<double> sites;
  for (const std::string& text : {recipe, without, wide}) {
    write_text(folder_ / "chip.toml", text);
    ASSERT_LE(run({"verify", "chip.toml", "-o", "out", "--force", "--set", "tile.core_nm=9000"}).code, 1);
    sites.push_back(metrics("out").at("sites"));
  }
  EXPECT_GT(sites[1], sites[0]);
  EXPECT_EQ(sites[1], sites[2]);
}

TEST_F(CliVerify, LimitsDecide) {
  const auto code = [&](const std::vector<std::string>& limits) {
    std::vector<std::string> words{
        "verify", "chip.toml", "-o", "out", "--force", "--set", "layout.window_nm=[1500,1500,2600,2600]"};
    for (const std::string& limit : limits) words.insert(words.end(), {"--set", "verify.limits." + limit});
    return run(words);
  };
  EXPECT_EQ(code({}).code, 0);
  const Outcome missing = code({"missing_prints=0"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_NE(missing.err.find("Missing prints"), std::string::npos);
  EXPECT_EQ(code({"missing_prints=1", "extra_prints=0"}).code, 0) << "the spots lie elsewhere";
  EXPECT_EQ(code({"epe_share_percent=1"}).code, 1);
  EXPECT_EQ(code({"pinch_nm=20"}).code, 1);
  EXPECT_EQ(code({"bridge_nm=20", "assist_prints=0", "mask_violations=0"}).code, 0);
}

TEST_F(CliVerify, ALimitOnTheMaskIsLookedAtWhateverTheOptimiserMinds) {
  // The thin assist feature breaks the rule; nobody makes the mask obey it.
  const std::vector<std::string> words{
      "verify", "chip.toml", "-o", "limits", "--force", "--set", "mask.rules.enforce=false", "--set"};
  const auto with = [&](const std::string& limit) {
    std::vector<std::string> all = words;
    all.push_back("verify.limits.mask_violations=" + limit);
    return run(all).code;
  };
  EXPECT_EQ(with("1"), 0);
  EXPECT_EQ(with("0"), 1);
  // A clip likewise; and it refuses limits that it does not look at.
  write_text(folder_ / "thin.glp", "CNAME thin\nCELL thin PRIME\n   RECT N M1 300 300 30 900\nENDMSG\n");
  write_text(folder_ / "thin.toml",
             "[layout]\nfile = \"thin.glp\"\nwindow_nm = [0, 0, 900, 1500]\npixel_nm = 5\n[optics]\nwavelength_nm = "
             "193\nna = 0.9\nmax_kernels = 8\nimage_error = 0.1\n[optics.source]\nsigma = 0.4\nstep = 0.1\n"
             "[mask.rules]\nenforce = false\nmin_width_nm = 50\n");
  EXPECT_EQ(run({"verify", "thin.toml", "-o", "thin"}).code, 0);
  EXPECT_EQ(run({"verify", "thin.toml", "-o", "thin", "--force", "--set", "verify.limits.mask_violations=0"}).code, 1);
  EXPECT_EQ(metrics("thin").at("mask_min_width_nm"), 30);
  expect_failure({"verify", "thin.toml", "-o", "no", "--set", "verify.limits.pinch_nm=20"}, 4,
                 {"verify.limits.pinch_nm", "--mask"});
}

TEST_F(CliVerify, GivenKernelsFixTheWindow) {
  write_text(folder_ / "clip.glp",
             "CNAME clip\nCELL clip PRIME\n   RECT N M1 300 300 200 900\n   RECT N M1 800 300 200 900\nENDMSG\n");
  write_text(
      folder_ / "optics.toml",
      "[layout]\nfile = \"clip.glp\"\nwindow_nm = [0, 0, 1400, 1500]\npixel_nm = 2\n[optics]\nwavelength_nm = 193\nna "
      "= 0.9\nmax_kernels = 12\nimage_error = 0.02\n[optics.source]\nsigma = 0.4\nstep = 0.1\n[resist]\nthreshold = "
      "0.25\n");
  ASSERT_EQ(run({"optics", "optics.toml", "-o", "lens"}).code, 0);
  write_text(folder_ / "kernels.toml",
             "[layout]\nfile = \"clip.glp\"\nwindow_nm = [0, 0, 1400, 1500]\npixel_nm = 1\n[optics]\nkernels = "
             "\"lens/kernels\"\n[resist]\nthreshold = 0.25\n[verify.limits]\nmissing_prints = 0\n");
  const Outcome whole = run({"verify", "kernels.toml", "-o", "whole", "--mask", "clip.glp", "--json"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  const Json m = Json::parse(whole.out);
  EXPECT_EQ(m.at("missing_prints"), 0);
  EXPECT_GT(m.at("sites"), 60);
  // The clip's own judgement of the same mask on pixels.
  ASSERT_EQ(run({"verify", "kernels.toml", "-o", "pixels"}).code, 0);
  const Json pixels = metrics("pixels");
  EXPECT_NEAR(m.at("epe_mean_nm").get<double>(), pixels.at("epe_mean_nm").get<double>(), 0.2);
  EXPECT_NEAR(m.at("l2_nm2").get<double>(), pixels.at("l2_nm2").get<double>(),
              0.02 * pixels.at("l2_nm2").get<double>() + 200);
  write_text(folder_ / "half.glp", "CNAME half\nCELL half PRIME\n   RECT N M1 300 300 200 900\nENDMSG\n");
  EXPECT_EQ(run({"verify", "kernels.toml", "-o", "half", "--mask", "half.glp"}).code, 1);
  EXPECT_EQ(metrics("half").at("missing_prints"), 1);
}

TEST_F(CliVerify, AClipLargerThanItsTileIsCutIntoTiles) {
  write_text(folder_ / "long.glp", "CNAME long\nCELL long PRIME\n   RECT N M1 0 0 200 3000\nENDMSG\n");
  write_text(folder_ / "long.toml",
             "[layout]\nfile = \"long.glp\"\npixel_nm = 2\n[optics]\nwavelength_nm = 193\nna = 0.9\nmax_kernels = 12\n"
             "image_error = 0.02\n[optics.source]\nsigma = 0.4\nstep = 0.1\n[resist]\nthreshold = 0.25\n[tile]\n"
             "core_nm = 1600\nhalo_nm = 400\n");
  ASSERT_EQ(run({"verify", "long.toml", "-o", "out"}).code, 0);
  EXPECT_GE(metrics("out").at("tiles"), 2);
  EXPECT_NEAR(metrics("out").at("target_nm2").get<double>(), 200 * 3000, 1);
}

TEST_F(CliVerify, BadInputIsOneMessage) {
  expect_failure({"verify", "chip.toml", "-o", "out", "--set", "mask.layers=[\"3/0\"]"}, 3, {"mask.oas", "3/0"});
  expect_failure({"verify", "chip.toml", "-o", "out", "--mask", "none.oas"}, 3, {"none.oas"});
  expect_failure({"verify", "chip.toml", "-o", "out", "--set", "mask.layers=[]"}, 4, {"mask.layers"});
  write_text(folder_ / "share.toml",
             "[layout]\nfile = \"chip.gds\"\n[optics]\nwavelength_nm = 193\nna = "
             "0.9\n[verify.limits]\nepe_share_percent = 1\n");
  expect_failure({"verify", "share.toml", "-o", "out"}, 4, {"epe_share_percent", "epe_nm"});
}

}  // namespace
}  // namespace anamorph
