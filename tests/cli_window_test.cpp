// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The verb `window` from recipe to files: closed forms, agreement with `simulate`, and what is asked for in vain.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using std::numbers::pi;

class CliWindow : public ProgramTest {
 protected:
  /// Openings of half the pitch along y on a window of one pitch, the middle of one at x = pitch / 4.
  void write_lines(int pitch, const std::string& optics, const std::string& more = "") const {
    write_text(folder_ / "lines.glp",
               "CNAME lines\nCELL lines PRIME\n   RECT N M1 0 0 " + std::to_string(pitch / 2) + " 4\nENDMSG\n");
    const std::string quarter = std::to_string(pitch / 4), half = std::to_string(pitch / 2);
    write_text(folder_ / "lines.toml",
               "[layout]\nfile = \"lines.glp\"\nwindow_nm = [-" + quarter + ", 0, " +
                   std::to_string(pitch - pitch / 4) +
                   ", 4]\npixel_nm = 1\n[resist]\nthreshold = 0.25\n[optics]\nradiometric = false\n" + optics +
                   "\n[[gauge]]\nname = \"line\"\nat_nm = [" + quarter + ", 2]\ncd_nm = " + half +
                   "\n[window]\nepe = false\n" + more);
  }

  Outcome window(const std::vector<std::string>& settings, const std::string& name = "out") const {
    std::vector<std::string> words{"window", "lines.toml", "-o", name, "--backend", "cpu", "--force"};
    for (const std::string& one : settings) words.insert(words.end(), {"--set", one});
    return run(words);
  }

  Json metrics(const std::string& name = "out") const {
    return Json::parse(read_text(folder_ / name / "metrics.json"));
  }

  /// Cells of a CSV, [row][column], the head first.
  std::vector<std::vector<std::string>> table(const std::string& file) const {
    std::vector<std::vector<std::string>> rows;
    std::istringstream text(read_text(folder_ / file));
    for (std::string line; std::getline(text, line);) {
      rows.emplace_back();
      line += ",";
      for (std::size_t at = 0, comma = 0; (comma = line.find(',', at)) != std::string::npos; at = comma + 1)
        rows.back().push_back(line.substr(at, comma - at));
    }
    return rows;
  }

  void expect_no_nan(const std::string& name = "out") const {
    for (const char* file : {"fem.csv", "metrics.json"}) {
      std::string text = read_text(folder_ / name / file);
      std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
      EXPECT_EQ(text.find("nan"), std::string::npos) << file;
      EXPECT_EQ(text.find("inf"), std::string::npos) << file;
    }
    const std::string report = read_text(folder_ / name / "report.html");
    for (const char* word : {">nan", "NaN", "\"nan", " nan", "nan,", ">inf", "inf,"})
      EXPECT_EQ(report.find(word), std::string::npos) << word;
  }
};

const std::string on_axis = "wavelength_nm = 13.5\nna = 0.33\nmethod = \"abbe\"\n[optics.source]\nshape = \"point\"\n";

TEST_F(CliWindow, ThreeBeamsGiveTheClosedForm) {
  write_lines(48, on_axis, "dose = [0.9, 1.0, 1.1]\nfocus_nm = { centre = 0, step = 10, count = 9 }\n");
  const Outcome o = window({});
  ASSERT_EQ(o.code, 0) << o.err;
  const auto rows = table("out/fem.csv");
  ASSERT_EQ(rows.size(), 1u + 3 * 9);
  EXPECT_EQ(rows[0][0], "gauge");
  EXPECT_EQ(rows[0][3], "cd_nm");
  const double sag = 1 - std::sqrt(1 - std::pow(13.5 / 48, 2));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const double dose = std::stod(rows[i][1]), focus = std::stod(rows[i][2]);
    const double b = 2 / pi * std::cos(2 * pi / 13.5 * focus * sag), a = 4 / (pi * pi);
    const double c = (-b + std::sqrt(b * b - 4 * a * (0.25 - 0.25 / dose))) / (2 * a);
    EXPECT_NEAR(std::stod(rows[i][3]), 48 / pi * std::acos(c), 1e-5) << dose << " " << focus;
    EXPECT_NEAR(std::stod(rows[i][7]), (std::stod(rows[i][3]) - 24) / 2, 1e-5);  // both edges, as drawn at 24 nm
  }
  const Json m = metrics();
  EXPECT_NEAR(m["gauges"][0]["cd_nm"].get<double>(), 24, 0.5);
  EXPECT_NEAR(m["gauges"][0]["nils"].get<double>(), 8, 0.5);
  EXPECT_TRUE(m["dof_cut_by_focus_range"].get<bool>());
  for (const char* file : {"fem.csv", "metrics.json", "report.html", "run.json"})
    EXPECT_TRUE(fs::exists(folder_ / "out" / file)) << file;
  const Json run = Json::parse(read_text(folder_ / "out/run.json"));
  EXPECT_EQ(run["verb"], "window");
  EXPECT_EQ(run["recipe"]["window"]["cd_tolerance_percent"], 10);  // defaults are told
  const std::string report = read_text(folder_ / "out/report.html");
  for (const char* part :
       {"Process window", "Bossung curves", "Exposure latitude over depth of focus", "<polyline", "<ellipse"})
    EXPECT_NE(report.find(part), std::string::npos) << part;
  expect_no_nan();
}

TEST_F(CliWindow, TwoBeamsHaveNoBestFocusAndSaySo) {
  const double s = 13.5 / (2 * 32 * 0.33);
  write_lines(32,
              "wavelength_nm = 13.5\nna = 0.33\nmethod = \"abbe\"\n[optics.source]\nshape = \"point\"\nposition = [" +
                  std::to_string(s) + ", 0]\n");
  const Outcome o = window({"resist.threshold=0.35132"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json m = metrics();
  EXPECT_TRUE(m["gauges"][0]["best_focus_nm"].is_null());
  EXPECT_NE(m["findings"].dump().find("does not change with focus"), std::string::npos);
  const double range = m["matrix"]["focus_nm"].back().get<double>() - m["matrix"]["focus_nm"].front().get<double>();
  EXPECT_NEAR(range, 120.49, 14);  // by default over the quarter-wave depth, in whole steps
  EXPECT_NEAR(m["dof_nm"].get<double>(), range, 1e-6);
  expect_no_nan();
}

TEST_F(CliWindow, AgreesWithSimulate) {
  // Absorber lines in a resist that prints them, with blur, flare, aberrations and an off-axis cut.
  write_text(folder_ / "clip.glp",
             "CNAME c\nCELL c PRIME\n   RECT N M1 40 30 80 240\n   RECT N M1 210 60 70 200\n   RECT N M1 330 30 60 "
             "240\nENDMSG\n");
  const std::string common =
      "[layout]\nfile = \"clip.glp\"\nwindow_nm = [0, 0, 420, 300]\npixel_nm = 1\n[mask]\npolygons = "
      "\"absorber\"\n[resist]\nprints = "
      "\"dark\"\nthreshold = 0.35\nblur_nm = 6\n[optics]\nscanner = \"duv_193i_na135\"\nflare = 0.03\nzernike_nm = { "
      "Z4 = 1, Z7 = 2, Z9 = 3 "
      "}\nimage_error = 1e-9\nmax_kernels = 600\n[optics.source]\nshape = \"annular\"\nsigma_inner = 0.5\nsigma_outer "
      "= 0.8\nstep = 0.2\n[[gauge]]\nname = \"a\"\nat_nm = [80, 150]\ncd_nm = "
      "80\n[[gauge]]\nname = \"b\"\nat_nm = [245, 160]\nangle_deg = 30\ncd_nm = 80\n";
  write_text(folder_ / "lines.toml",
             common + "[window]\ndose = [0.95, 1.05]\nfocus_nm = [-40, 0, 25]\ncd_tolerance_percent = 30\n");
  const Outcome o = window({});
  ASSERT_EQ(o.code, 0) << o.err;
  write_text(folder_ / "simulate.toml", common + "[process]\ndose = [0.95, 1.05]\nfocus_nm = [-40, 0, 25]\n");
  const Outcome dense = run({"simulate", "simulate.toml", "-o", "dense", "--backend", "cpu"});
  ASSERT_EQ(dense.code, 0) << dense.err;
  const Json images = metrics("dense");
  int compared = 0;
  for (const auto& row : table("out/fem.csv")) {
    if (row[0] == "gauge") continue;
    const std::string condition = "_dose_" + row[1] + "_focus_" + row[2];
    std::string key = "cd_" + row[0] + condition + "_nm";
    if (!images.contains(key)) key = "cd_" + row[0] + "_nm";  // the nominal one has no name
    EXPECT_NEAR(std::stod(row[3]), images[key].get<double>(), 5e-4) << row[0] << condition;
    ++compared;
  }
  EXPECT_EQ(compared, 12);
  EXPECT_GT(metrics()["gauges"][0]["meef"].get<double>(), 0.5);  // larger absorbers, larger dark lines
  EXPECT_TRUE(fs::exists(folder_ / "out/epe.csv"));
  EXPECT_EQ(table("out/epe.csv").size(), 1u + 2 * 3);
}

TEST_F(CliWindow, BestFocusStaysWhenTheSamplesMove) {
  // Truncated kernels, spherical aberration; the focus samples are shifted by amounts of no meaning.
  write_lines(48,
              "wavelength_nm = 13.5\nna = 0.33\nzernike_nm = { Z9 = 0.25 }\n[optics.source]\nshape = "
              "\"conventional\"\nsigma = 0.5\nstep = 0.1\n",
              "dose = [1.0]\ncd_tolerance_percent = 15\n");
  std::vector<double> found;
  for (const char* focus : {"{ centre = 0, step = 8, count = 15 }", "{ centre = 3.3, step = 8, count = 15 }",
                            "{ centre = -1.7, step = 7.3, count = 13 }"}) {
    const Outcome o = window({std::string("window.focus_nm=") + focus, "resist.threshold=0.2"});
    ASSERT_EQ(o.code, 0) << o.err;
    ASSERT_TRUE(metrics()["gauges"][0]["best_focus_nm"].is_number());
    found.push_back(metrics()["gauges"][0]["best_focus_nm"].get<double>());
  }
  for (const double z : found) EXPECT_NEAR(z, found.front(), 0.1);
  EXPECT_GT(std::abs(found.front()), 1);  // the aberration moves it at all
}

TEST_F(CliWindow, AMaskFileIsTheSameMask) {
  write_lines(48, on_axis, "dose = [1.0]\nfocus_nm = [-20, 0, 20]\n");
  const Outcome drawn = window({});
  ASSERT_EQ(drawn.code, 0) << drawn.err;
  ASSERT_EQ(run({"simulate", "lines.toml", "-o", "sim", "-q"}).code, 0);
  const Outcome read = window({"mask.file='sim/mask.npy'"}, "read");
  ASSERT_EQ(read.code, 0) << read.err;
  for (const char* key : {"cd_nm", "nils", "meef"})
    EXPECT_NEAR(metrics()["gauges"][0][key].get<double>(), metrics("read")["gauges"][0][key].get<double>(), 1e-6)
        << key;
}

TEST_F(CliWindow, APitchBelowTheCutOffIsAFinding) {
  write_lines(16, "wavelength_nm = 13.5\nna = 0.33\n[optics.source]\nshape = \"conventional\"\nstep = 0.1\n");
  const Outcome o = window({"window.budget.focus_nm=10"});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_NE(o.err.find("no contrast"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("window is empty"), std::string::npos) << o.err;
  const Json m = metrics();
  EXPECT_EQ(m["dof_nm"], 0);
  EXPECT_TRUE(m["gauges"][0]["cd_nm"].is_null() && m["gauges"][0]["nils"].is_null() &&
              m["gauges"][0]["cd_budget_3sigma"].is_null());
  for (const auto& row : table("out/fem.csv"))
    if (row[0] == "line") {
      EXPECT_EQ(row[3], "");
    }
  expect_no_nan();
}

TEST_F(CliWindow, AnEmptyWindowNamesWhoContradicts) {
  write_lines(48, on_axis, "dose = [1.0]\nfocus_nm = [-20, 0, 20]\ncd_tolerance_percent = 4\n");
  std::string recipe = read_text(folder_ / "lines.toml");
  const std::string second = "[[gauge]]\nname = \"narrow\"\nat_nm = [12, 2]\ncd_nm = 20\n";
  write_text(folder_ / "lines.toml", recipe.insert(recipe.find("[window]"), second));
  const Outcome o = window({"window.limits.dof_nm=10"});
  EXPECT_EQ(o.code, 1) << o.err;
  EXPECT_NE(o.err.find("the process window is empty"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("gauge 'line' needs a dose of at least"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("gauge 'narrow' allows at most"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("Depth of focus is 0 nm, needed 10"), std::string::npos) << o.err;
  EXPECT_FALSE(metrics()["pass"].get<bool>());
  EXPECT_TRUE(metrics()["best_focus_nm"].is_null());
  expect_no_nan();
}

TEST_F(CliWindow, LimitsDecideTheExitCode) {
  write_lines(48, on_axis, "dose = [1.0]\nfocus_nm = [-30, 0, 30]\n");
  EXPECT_EQ(window({"window.limits.dof_nm=50", "window.limits.exposure_latitude_percent=20"}).code, 0);
  EXPECT_EQ(window({"window.limits.exposure_latitude_percent=99"}).code, 1);
  const Outcome o = run({"window", "lines.toml", "-o", "json", "--json", "-q", "--backend", "cpu"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(Json::parse(o.out), metrics("json"));
}

TEST_F(CliWindow, ASingleFocusHasALatitudeAndNoDepth) {
  write_lines(48, on_axis, "dose = [0.95, 1.0]\nfocus_nm = [0]\n");
  const Outcome o = window({});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(metrics()["dof_nm"], 0);
  EXPECT_GT(metrics()["exposure_latitude_percent"].get<double>(), 50);
  EXPECT_NE(o.err.find("a single focus has no depth of focus"), std::string::npos);
  expect_no_nan();
}

TEST_F(CliWindow, ABudgetGrowsWithTheErrors) {
  write_lines(
      48, on_axis,
      "dose = [1.0]\nfocus_nm = [-40, 0, 40]\n[window.budget]\nfocus_nm = 15\ndose_percent = 3\nmask_nm = 0.6\n");
  ASSERT_EQ(window({}).code, 0);
  const Json b = metrics()["gauges"][0]["cd_budget_3sigma"];
  const double sum = std::hypot(b["focus_nm"].get<double>(), b["dose_nm"].get<double>(), b["mask_nm"].get<double>());
  EXPECT_NEAR(b["total_nm"].get<double>(), sum, 0.05 * sum);
  EXPECT_NEAR(b["mask_nm"].get<double>(), 0.6 * metrics()["gauges"][0]["meef"].get<double>(), 0.01);
  // Errors that leave the focus range have no budget, and say so.
  const Outcome o = window({"window.budget.focus_nm=60"});
  EXPECT_NE(o.err.find("has no CD budget"), std::string::npos) << o.err;
  EXPECT_TRUE(metrics()["gauges"][0]["cd_budget_3sigma"].is_null());
  expect_no_nan();
}

TEST_F(CliWindow, WhatCannotBeDoneIsRefused) {
  write_lines(48, on_axis);
  const auto refused = [&](const std::vector<std::string>& settings, const std::vector<std::string>& parts,
                           int code = 4) {
    std::vector<std::string> words{"window", "lines.toml", "-o", "out"};
    for (const std::string& one : settings) words.insert(words.end(), {"--set", one});
    expect_failure(words, code, parts);
  };
  refused({"window.doses=[1]"}, {"RCP-0002", "\"dose\" in [window]"});
  refused({"window.dose=[1, 1]"}, {"RCP-0004", "twice"});
  refused({"window.dose={ centre = 1, step = 0.1, number = 3 }"},
          {"RCP-0003", "centre = ..., step = ..., count = ..."});
  refused({"window.dose={ centre = 1, step = 0.1, count = 40 }"}, {"RCP-0004", "out of range"});
  refused({"window.focus_nm={ centre = 0, step = 1, count = 5000 }"}, {"RCP-0004", "count"});
  refused({"window.budget.mask_nm=1", "window.meef_delta_nm=0"}, {"RCP-0006", "meef_delta_nm"});
  refused({"window.focus_nm=[-9000, 9000]"}, {"FOC-0003", "smaller range"});
  std::string recipe = read_text(folder_ / "lines.toml");
  std::string outside = recipe;
  outside.replace(outside.find("[12, 2]"), 7, "[99, 2]");
  write_text(folder_ / "lines.toml", outside);
  refused({}, {"WIN-0003", "lines.toml:", "gauge \"line\"", "outside the window"});
  write_text(folder_ / "lines.toml",
             recipe.erase(recipe.find("[[gauge]]"), recipe.find("[window]") - recipe.find("[[gauge]]")));
  refused({}, {"WIN-0002", "nothing is measured"});
}

}  // namespace
}  // namespace anamorph
