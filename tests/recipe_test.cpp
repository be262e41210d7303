// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace anamorph {
namespace {

const std::string optics = "[optics]\nwavelength_nm = 193\nna = 0.9\n";

Recipe parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_recipe(text, "folder/r.toml", overrides);
}

/// The error that a recipe gives, as "ID message".
std::string error_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    static_cast<void>(parse(text, overrides));
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::recipe);
    return e.id() + " " + e.what();
  }
  return "no error";
}

void expect_in(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts) EXPECT_NE(text.find(part), std::string::npos) << "no <" << part << "> in: " << text;
}

TEST(Recipe, ReadsEveryKindOfValue) {
  const Recipe r = parse(R"(
seed = 7
[layout]
file = "clips/a.glp"
layer = "M1"
window_nm = [-10, 0, 90.5, 100.5]
pixel_nm = 0.5
target = "inclusive"
[optics]
wavelength_nm = 193
na = 0.9
source = { shape = "annular", sigma_inner = 0.5, sigma_outer = 0.8 }
[mask.rules]
enforce = false
min_width_nm = 20
[[process.corner]]
name = "nominal"
[[process.corner]]
name = "far"
focus_nm = 40.0
[[gauge]]
name = "g1"
at_nm = [1, 2]
cd_nm = 60
)");
  EXPECT_EQ(r.seed, 7);
  EXPECT_EQ(r.layout.file, "folder/clips/a.glp");
  EXPECT_EQ(r.layout.layer, "M1");
  EXPECT_EQ(r.layout.window_nm, (Box{-10, 0, 90.5, 100.5}));
  EXPECT_EQ(r.layout.target, LayoutSection::Target::inclusive);
  EXPECT_EQ(r.optics.wavelength_nm, 193.0);
  EXPECT_EQ(r.optics.source.shape, SourceSection::Shape::annular);
  EXPECT_FALSE(r.mask.enforce_rules);
  EXPECT_EQ(r.mask.rules.min_width_nm, 20);
  ASSERT_EQ(r.process.corners.size(), 2U);
  EXPECT_EQ(r.process.corners[1].focus_nm, 40);
  ASSERT_EQ(r.gauges.size(), 1U);
  EXPECT_EQ(r.gauges[0].at_nm, (Point{1, 2}));
  EXPECT_EQ(r.where("layout.layer").str(), "folder/r.toml:5:9");
  EXPECT_FALSE(r.has("resist.threshold"));
}

TEST(Recipe, DefaultsToOneNominalCondition) {
  const Recipe r = parse(optics);
  ASSERT_EQ(r.process.corners.size(), 1U);
  EXPECT_EQ(r.process.corners[0].dose, 1);
  EXPECT_EQ(r.process.corners[0].focus_nm, 0);
}

TEST(Recipe, ShorthandGivesTheFullMatrixWithTheNominalConditionFirst) {
  const Recipe r = parse(optics + "[process]\ndose = [0.98, 1.0, 1.02]\nfocus_nm = [-40, 0]\n");
  ASSERT_EQ(r.process.corners.size(), 6U);
  EXPECT_EQ(r.process.corners[0].dose, 1);
  EXPECT_EQ(r.process.corners[0].focus_nm, 0);
  EXPECT_EQ(r.process.corners[0].name, "dose 1 focus 0");
}

TEST(Recipe, GivenKernelsNameAFolderPerCorner) {
  const Recipe r = parse(R"(
[optics]
kernels = "socs"
[[process.corner]]
name = "nominal"
[[process.corner]]
name = "inner"
dose = 0.98
kernels = "defocus"
)");
  EXPECT_EQ(r.optics.kernels, "folder/socs");
  EXPECT_EQ(r.process.corners[0].kernels, "focus");
  EXPECT_EQ(r.process.corners[1].kernels, "defocus");
}

TEST(Recipe, OverridesWinAndKeepTheirPaths) {
  const Recipe r = parse(optics + "[layout]\nfile = \"a.glp\"\npixel_nm = 1\n",
                         {"layout.pixel_nm=2", "layout.file=b.glp", "layout.layer=M1", "mask.rules={min_area_nm2=5}",
                          text_override("mask.file", "odd \"name\" \\ 1.npy")});
  EXPECT_EQ(r.layout.pixel_nm, 2);
  EXPECT_EQ(r.layout.file, "b.glp");
  EXPECT_EQ(r.layout.layer, "M1");
  EXPECT_EQ(r.mask.rules.min_area_nm2, 5);
  EXPECT_EQ(r.mask.file, "odd \"name\" \\ 1.npy");
  EXPECT_EQ(r.where("layout.pixel_nm").str(), "--set layout.pixel_nm=2");
}

const std::string two_of_each =
    "[[process.corner]]\nname = \"a\"\n[[process.corner]]\nname = \"b\"\ndose = 1.1\n"
    "[[gauge]]\nname = \"g\"\nat_nm = [1, 2]\ncd_nm = 40\n[[gauge]]\nname = \"h\"\nat_nm = [3, 4]\ncd_nm = 50\n";

TEST(Recipe, OverridesReachTheEntriesOfLists) {
  const Recipe r = parse(optics + two_of_each, {"gauge.1.cd_nm=44", "gauge.1.at_nm=[5, 6]", "gauge.0.name=left",
                                                "process.corner.0={dose=0.9, focus_nm=30}"});
  ASSERT_EQ(r.gauges.size(), 2u);
  EXPECT_EQ(r.gauges[0].name, "left");
  EXPECT_EQ(r.gauges[0].cd_nm, 40);
  EXPECT_EQ(r.gauges[1].name, "h");
  EXPECT_EQ(r.gauges[1].cd_nm, 44);
  EXPECT_EQ(r.gauges[1].at_nm.x, 5);
  ASSERT_EQ(r.process.corners.size(), 2u);
  EXPECT_EQ(r.process.corners[0].dose, 0.9);
  EXPECT_EQ(r.process.corners[0].focus_nm, 30);
  EXPECT_EQ(r.process.corners[0].name, "a");
  EXPECT_EQ(r.process.corners[1].dose, 1.1);
  EXPECT_EQ(r.where("gauge.1.cd_nm").str(), "--set gauge.1.cd_nm=44");
  EXPECT_EQ(r.where("gauge.0.cd_nm").file, "folder/r.toml");
}

TEST(Recipe, OverridesOfEntriesThatAreNotThereAreRefused) {
  const std::string text = optics + two_of_each;
  expect_in(error_of(text, {"gauge.2.cd_nm=1"}),
            {"RCP-0004", "gauge.2 does not exist", "gauge.0 to gauge.1", "has 2 [[gauge]]", "--set gauge.2.cd_nm=1"});
  for (const char* index : {"-1", "01", "cd_nm", "99999999999999999999"})
    expect_in(error_of(text, {"gauge." + std::string(index) + "=1"}), {"RCP-0004", index, "does not exist"});
  expect_in(error_of(optics, {"gauge.0.cd_nm=1"}), {"RCP-0004", "the recipe has no [[gauge]]"});
  expect_in(error_of(text, {"gauge.1=7"}), {"RCP-0003", "gauge.1 is one of [[gauge]]", "gauge.1.KEY=VALUE"});
  expect_in(error_of(text, {"gauge.1.cd=7"}), {"RCP-0002", "\"cd_nm\" in [gauge]"});
  expect_in(error_of(text, {"gauge.1.cd_nm=-7"}), {"RCP-0004", "gauge.1.cd_nm = -7 is out of range"});
  expect_in(error_of(text, {"process.corner.1.dose=high"}), {"RCP-0003", "process.corner.1.dose"});
  expect_in(error_of(text, {"process.corner.1.dose=1"}), {"RCP-0007", "the same condition"});
  expect_in(error_of(optics + "[gauge.0]\ncd_nm = 1\n"), {"RCP-0003", "gauge is a list of tables"});
}

TEST(Recipe, UnknownKeysNameTheNearestKnownOne) {
  expect_in(error_of(optics + "[layout]\npixel = 1\n"),
            {"RCP-0002", "folder/r.toml:5:1", "\"pixel\" in [layout]", "\"pixel_nm\" in [layout]"});
  expect_in(error_of(optics + "[mask]\nthreshold = 1\n"), {"RCP-0002", "\"threshold\" in [resist]"});
  expect_in(error_of(optics + "[lauout]\nfile = 1\n"), {"RCP-0002", "unknown section [lauout]", "[layout]"});
  expect_in(error_of(optics + "[[gauges]]\nname = \"a\"\n"), {"RCP-0002", "[gauge]"});
  expect_in(error_of(optics + "[[gauge]]\nname = \"a\"\nat = [1, 2]\n"), {"RCP-0002", ":6:1", "\"at_nm\" in [gauge]"});
  expect_in(error_of(optics, {"ilt.iteration=3"}), {"RCP-0002", "--set ilt.iteration=3", "\"iterations\" in [ilt]"});
  expect_in(error_of("sead = 1\n" + optics), {"RCP-0002", "\"seed\" at the top level"});
}

TEST(Recipe, WrongTypesAreRefused) {
  expect_in(error_of(optics + "[layout]\npixel_nm = \"one\"\n"),
            {"RCP-0003", "folder/r.toml:5:12", "layout.pixel_nm", "string", "expected a number"});
  expect_in(error_of(optics + "[ilt]\niterations = 1.5\n"), {"RCP-0003", "a whole number"});
  expect_in(error_of(optics + "[layout]\ncentre = 1\n"), {"RCP-0003", "true or false"});
  expect_in(error_of(optics + "layout = 3\n"), {"RCP-0002"});  // belongs to [optics]
  expect_in(error_of("layout = 3\n" + optics), {"RCP-0003", "[layout] is a section"});
  expect_in(error_of(optics + "[layout]\nfile = 1979-05-27\n"), {"RCP-0003", "a file name"});
  expect_in(error_of(optics + "[layout]\nwindow_nm = [1, 2, \"x\", 4]\n"), {"RCP-0003", "4 numbers"});
  expect_in(error_of("gauge = 1\n" + optics), {"RCP-0003", "[[gauge]]"});
}

TEST(Recipe, ValuesOutOfRangeAreRefused) {
  expect_in(error_of(optics + "[layout]\npixel_nm = -1\n"),
            {"RCP-0004", "= -1 is out of range", "from 0.01 to 1000 nm"});
  expect_in(error_of(optics + "[layout]\npixel_nm = nan\n"), {"RCP-0004", "not a finite number"});
  expect_in(error_of(optics + "[resist]\nthreshold = inf\n"), {"RCP-0004", "not a finite number"});
  expect_in(error_of(optics + "[resist]\nthreshold = 0\n"), {"RCP-0004", "above 0 to 10"});
  expect_in(error_of(optics + "[layout]\nwindow_nm = [0, 0, 1]\n"), {"RCP-0004", "3 values", "4 numbers"});
  expect_in(error_of(optics + "[layout]\nwindow_nm = [0, 0, 0, 1]\n"), {"RCP-0004", "empty"});
  expect_in(error_of(optics + "[process]\ndose = []\n"), {"RCP-0004", "0 values"});
  expect_in(error_of(optics + "[resist]\nprints = \"grey\"\n"), {"RCP-0004", "\"bright\", \"dark\""});
  expect_in(error_of(optics + "[mask]\nmodel = \"rigorous\"\n"), {"RCP-0010", "not available"});
  expect_in(error_of("seed = 99999999999\n" + optics), {"RCP-0004"});
}

TEST(Recipe, MissingAndEmptyThingsAreRefused) {
  expect_in(error_of(""), {"RCP-0005", "no optics", "optics.kernels", "optics.wavelength_nm and optics.na"});
  expect_in(error_of("[optics]\nna = 0.9\n"), {"RCP-0005", "optics.wavelength_nm is missing"});
  expect_in(error_of(optics + "[[gauge]]\nname = \"a\"\nat_nm = [1, 2]\n"), {"RCP-0005", ":4:", "\"cd_nm\""});
  expect_in(error_of(optics + "[process]\ncorner = []\n"), {"RCP-0011", "process.corner is empty"});
}

TEST(Recipe, ContradictionsAreRefused) {
  expect_in(error_of(optics + "kernels = \"d\"\n"), {"RCP-0006", "beside optics.kernels"});
  expect_in(error_of("[optics]\nkernels = \"d\"\n[[process.corner]]\nname = \"a\"\nfocus_nm = 5\n"),
            {"RCP-0006", ":5:12", "kernels = \"defocus\""});
  expect_in(error_of(optics + "[[process.corner]]\nname = \"a\"\nkernels = \"focus\"\n"),
            {"RCP-0006", "optics.kernels"});
  expect_in(error_of(optics + "[process]\ndose = [1]\n[[process.corner]]\nname = \"a\"\n"), {"RCP-0006", "shorthand"});
  expect_in(error_of("[optics]\nwavelength_nm = 193\nna = 1.35\n"),
            {"RCP-0004", "less than optics.immersion_index = 1"});
}

TEST(Recipe, AScannerFillsInWhatTheRecipeLeavesOpen) {
  const Recipe r = parse_recipe("[optics]\nscanner = \"euv_na055\"\nmagnification_y = 6\n", "r.toml");
  EXPECT_EQ(r.optics.na, 0.55);
  EXPECT_EQ(r.optics.wavelength_nm, 13.5);
  EXPECT_EQ(r.optics.obscuration, 0.2);
  EXPECT_EQ(r.optics.magnification_x, 4);
  EXPECT_EQ(r.optics.magnification_y, 6);
  EXPECT_EQ(r.optics.flare, 0) << "applied on request only";
  expect_in(error_of("[optics]\nscanner = \"euv_na044\"\n"), {"SCN-0003", ":2:", "euv_na044", "euv_na033, euv_na055"});
  const Recipe wet = parse_recipe("optics.scanner = \"duv_193i_na135\"\n", "r.toml");
  EXPECT_EQ(wet.optics.immersion_index, 1.437);
}

TEST(Recipe, WrongOpticsNameKeyAndRange) {
  const std::string lens = "[optics]\nwavelength_nm = 13.5\nna = 0.33\n";
  const auto source = [&](const std::string& keys) { return error_of(lens + "source = { " + keys + " }\n"); };
  expect_in(source("shape = \"conventional\", sigma = 1.1"), {"optics.source.sigma", "= 1.1", "to 1", ":4:"});
  expect_in(source("shape = \"annular\", sigma_inner = 0.9, sigma_outer = 0.5"), {"sigma_inner", "sigma_outer", ":4:"});
  expect_in(source("shape = \"quasar\", opening_deg = 100"), {"opening_deg", ":4:"});
  expect_in(source("shape = \"annular\", opening_deg = 30"), {"opening_deg", "dipole"});
  expect_in(source("shape = \"poles\""), {"optics.source.pole", ":4:"});
  expect_in(source("shape = \"image\""), {"optics.source.file"});
  expect_in(source("polarisation = \"te\""), {"optics.vector = true"});
  const std::string pole = "[[optics.source.pole]]\nradius = 0.3\ncentre = ";
  expect_in(error_of(lens + "source.shape = \"poles\"\n" + pole + "[0.5, 0]\n" + pole + "[0.6, 0]\n"),
            {"optics.source", "pole", "overlap"});
  expect_in(error_of(lens + "source.shape = \"poles\"\n" + pole + "[0.9, 0]\n"), {"optics.source", "pole"});
  expect_in(error_of(lens + "obscuration = 1\n"), {"optics.obscuration", "= 1 ", "0 to 0.99", ":4:"});
  expect_in(error_of(lens + "zernike_nm = { Z38 = 0.1 }\n"), {"optics.zernike_nm", "Z38", "does not exist", "Z1 to Z37"});
  expect_in(error_of(lens + "zernike_nm = { Z9 = 1e5 }\n"), {"optics.zernike_nm", "100000", "-1000 to 1000 nm"});
  expect_in(error_of(lens + "[[film]]\nmaterial = \"Ru\"\n"), {"optics.vector"});
  const std::string film = lens + "vector = true\n[[film]]\nthickness_nm = 20\nresist = true\n";
  expect_in(error_of("[optics]\nwavelength_nm = 20\nna = 0.33\nvector = true\n[[film]]\nmaterial = \"Ru_PTB\"\n"
                     "thickness_nm = 20\nresist = true\n[[film]]\nmaterial = \"Si\"\n"),
            {"film", "Ru_PTB", "20", "12.25 .. 15 nm"});
  expect_in(error_of(film + "material = \"unobtainium\"\n[[film]]\nn = 1\n"), {"unobtainium"});
  expect_in(error_of(film + "n = 0.95\n"), {"RCP-0016", "substrate"});
}

TEST(Recipe, TheBoundaryIsPeriodic) {
  EXPECT_EQ(error_of(optics + "boundary = \"periodic\"\n"), "no error");
  EXPECT_EQ(error_of("[optics]\nkernels = \"d\"\nboundary = \"periodic\"\n"), "no error");
  expect_in(error_of(optics + "boundary = \"open\"\n"), {"RCP-0004", "\"periodic\""});
}

TEST(Recipe, TheBandNeedsACorner) {
  expect_in(error_of(optics + "[[process.corner]]\nname = \"a\"\npvband = false\n"), {"RCP-0013", ":6:10", "PV band"});
}

TEST(Recipe, TheOptimisersPixelSuitsTheWindow) {
  const auto grid = [](const std::string& layout) { return parse(optics + "[layout]\n" + layout).ilt.grid_nm; };
  EXPECT_EQ(grid(""), 4);
  EXPECT_EQ(grid("pixel_nm = 8\n"), 8);
  EXPECT_EQ(grid("pixel_nm = 3\ntile_nm = 300\n"), 3);
  EXPECT_EQ(grid("window_nm = [0, 0, 400, 402]\n"), 2);
  EXPECT_EQ(grid("pixel_nm = 0.1\ntile_nm = 204.8\n"), 3.2);
  EXPECT_EQ(parse(optics + "[ilt]\ngrid_nm = 5\n").ilt.grid_nm, 5);
}

TEST(Recipe, DuplicatesAreRefused) {
  expect_in(error_of(optics + "[[process.corner]]\nname = \"a\"\n[[process.corner]]\nname = \"a\"\ndose = 2\n"),
            {"RCP-0007", ":7:8", "called \"a\""});
  expect_in(error_of(optics + "[[process.corner]]\nname = \"a\"\n[[process.corner]]\nname = \"b\"\n"),
            {"RCP-0007", "same condition"});
  expect_in(error_of(optics + "[process]\ndose = [1, 1]\n"), {"RCP-0007"});
  // Different names that are one key of metrics.json.
  expect_in(error_of(optics + "[[process.corner]]\nname = \"a b\"\n[[process.corner]]\nname = \"a, b\"\ndose = 2\n"),
            {"RCP-0007", ":7:8", "\"a b\" and \"a, b\"", "\"a_b\" in metrics.json"});
  const auto gauges = [](const std::string& a, const std::string& b) {
    const std::string at = "at_nm = [1, 2]\ncd_nm = 40\n";
    return "[[gauge]]\nname = \"" + a + "\"\n" + at + "[[gauge]]\nname = \"" + b + "\"\n" + at;
  };
  expect_in(error_of(optics + gauges("a", "a")), {"RCP-0007", "two gauges are called \"a\""});
  expect_in(error_of(optics + gauges("a_b", "a b")), {"RCP-0007", "gauges", "\"a_b\" and \"a b\""});
  EXPECT_EQ(parse(optics + gauges("ab", "a b")).gauges.size(), 2U);
  expect_in(error_of("[optics]\nna = 0.9\nna = 0.8\n"), {"RCP-0001"});
}

TEST(Recipe, SyntaxErrorsHaveAPlace) {
  expect_in(error_of("[layout\n"), {"RCP-0001", "folder/r.toml:1:", "not valid TOML"});
  expect_in(error_of(optics + "[/layout]\n"), {"RCP-0001", "folder/r.toml:4:2: not valid TOML: unexpected character"});
  expect_in(error_of(optics, {"nothing"}), {"RCP-0009", "--set nothing"});
  expect_in(error_of(optics, {"a..b=1"}), {"RCP-0001", "--set a..b=1"});
}

TEST(Recipe, UnreadableFileIsAnInputError) {
  try {
    static_cast<void>(load_recipe("/no/such/recipe.toml"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::input);
    EXPECT_EQ(e.where().file, "/no/such/recipe.toml");
  }
}

TEST(Recipe, ResolvedJsonHasDefaults) {
  const auto json = nlohmann::json::parse(recipe_json(parse(optics)));
  EXPECT_EQ(json["layout"]["pixel_nm"], 1);
  EXPECT_EQ(json["mask"]["rules"]["min_area_nm2"], 1000);
  EXPECT_EQ(json["optics"]["na"], 0.9);
  EXPECT_EQ(json["process"]["corner"][0]["name"], "nominal");
  EXPECT_FALSE(json["layout"].contains("window_nm"));
}

TEST(Recipe, ResolvedTomlParsesToTheSameRecipe) {
  for (const char* text :
       {"[optics]\nwavelength_nm = 13.5\nna = 0.33\n[layout]\nfile = '/a\\b \"c\".glp'\n[[gauge]]\nname = "
        "\"g\"\nat_nm = [1.5, 2]\ncd_nm = 3\n[process]\nfocus_nm = [0, 1e-3]\n",
        "[optics]\nkernels = \"/k\"\n[layout]\nwindow_nm = [0, 0, 64, 64]\n"}) {
    const Recipe once = parse(text);
    EXPECT_EQ(recipe_json(parse(recipe_toml(once))), recipe_json(once)) << recipe_toml(once);
  }
}

TEST(Recipe, SchemaListsTheKeys) {
  const auto schema = nlohmann::json::parse(recipe_schema());
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["properties"]["layout"]["properties"]["pixel_nm"]["default"], 1);
  EXPECT_EQ(schema["properties"]["mask"]["properties"]["rules"]["properties"]["min_width_nm"]["maximum"], 64);
  EXPECT_EQ(schema["properties"]["gauge"]["items"]["required"], (nlohmann::json{"name", "at_nm", "cd_nm"}));
}

TEST(Recipe, ReferencePageIsUpToDate) {
  std::ifstream file(ANAMORPH_SOURCE "/docs/recipe.md");
  std::ostringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), recipe_markdown()) << "docs/recipe.md is stale: anamorph schema --markdown > docs/recipe.md";
}

TEST(Recipe, TheFirstRecipeOfTheReadmeIsValid) {
  std::ifstream in(std::string(ANAMORPH_SOURCE) + "/README.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const std::size_t begin = page.find("```toml\n"), end = page.find("```\n", begin + 8);
  ASSERT_NE(end, std::string::npos);
  const Recipe recipe =
      parse_recipe(page.substr(begin + 8, end - begin - 8), std::string(ANAMORPH_SOURCE) + "/wire.toml");
  EXPECT_TRUE(std::filesystem::exists(recipe.layout.file)) << recipe.layout.file;
  EXPECT_EQ(recipe.process.corners.size(), 3u);
}

}  // namespace
}  // namespace anamorph
