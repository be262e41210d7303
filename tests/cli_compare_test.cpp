// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The verb `compare` from recipe to files: known contrasts, what an input changes, own layouts, what is asked for in
// vain.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class CliCompare : public ProgramTest {
 protected:
  /// Two scanners, one dipole for both, lines of the pitches of the closed forms.
  static std::string two_scanners(const std::string& more = "") {
    return "[optics]\nradiometric = false\n[optics.source]\nshape = \"dipole\"\nstep = 0.02\n"
           "[compare]\nlimits = false\nsearch = false\ncorrect_mask = false\nmask_minimum_nm = 20\n" +
           more +
           "[[compare.scanner]]\nname = \"low\"\nscanner = \"euv_na033\"\n"
           "[[compare.scanner]]\nname = \"high\"\nscanner = \"euv_na055\"\n";
  }
  static std::string lines(const std::string& pitches) {
    return "[[compare.pattern]]\nname = \"lines\"\nkind = \"lines\"\npitch_nm = " + pitches + "\n";
  }

  Outcome compare(const std::string& recipe, const std::vector<std::string>& settings = {},
                  const std::string& name = "out") const {
    write_text(folder_ / "study.toml", recipe);
    std::vector<std::string> words{"compare", "study.toml", "-o", name, "--backend", "cpu", "--force", "-j", "2"};
    for (const std::string& one : settings) words.insert(words.end(), {"--set", one});
    return run(words);
  }
  Json result(const std::string& name = "out") const { return Json::parse(read_text(folder_ / name / "compare.json")); }
  static Json case_of(const Json& study, const std::string& pattern, const std::string& scanner) {
    for (const Json& c : study["cases"])
      if (c["pattern"] == pattern && c["scanner"] == scanner) return c;
    return {};
  }
  void expect_no_nan(const std::string& name = "out") const {
    for (const auto& entry : fs::directory_iterator(folder_ / name)) {
      std::string text = read_text(entry.path());
      if (entry.path().extension() == ".html") continue;
      std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
      for (const char* word : {"nan,", ",nan", ": nan", "-nan", "| nan", " inf,", ",inf", "| inf"})
        EXPECT_EQ(text.find(word), std::string::npos) << entry.path() << " " << word;
    }
    const std::string report = read_text(folder_ / name / "report.html");
    for (const char* word : {">nan", "NaN", "\"nan", " nan", "nan,", ">inf", "inf,"})
      EXPECT_EQ(report.find(word), std::string::npos) << word;
  }
};

TEST_F(CliCompare, KnownContrastsAndEveryFile) {
  const Outcome o = compare(two_scanners() + lines("[16, 20, 26, 32]"));
  ASSERT_EQ(o.code, 0) << o.err;
  const Json study = result();
  const auto expect = [&](const char* pattern, const char* scanner, double contrast, double nils) {
    const Json c = case_of(study, pattern, scanner);
    EXPECT_NEAR(c["contrast"].get<double>(), contrast, 3e-3) << pattern << scanner;
    EXPECT_NEAR(c["nils"].get<double>(), nils, 0.02) << pattern << scanner;
  };
  expect("lines vertical 32", "low", 0.90604, 2.84641);
  expect("lines vertical 26", "low", 0.6075, 1.9085);
  expect("lines vertical 20", "high", 0.90604, 2.84641);
  expect("lines vertical 16", "high", 0.6893, 2.1655);
  EXPECT_EQ(case_of(study, "lines vertical 16", "low")["verdict"], "no image");
  EXPECT_TRUE(case_of(study, "lines vertical 16", "low")["nils"].is_null());
  EXPECT_EQ(case_of(study, "lines vertical 26", "low")["verdict"], "printable");
  for (const char* file : {"compare.json", "study.md", "report.html", "run.json", "cases.csv", "gauges.csv",
                           "families.csv", "assumptions.csv", "figures/lines_vertical_images.svg"})
    EXPECT_TRUE(fs::exists(folder_ / "out" / file)) << file;
  expect_no_nan();
  const std::string page = read_text(folder_ / "out" / "study.md");
  EXPECT_NE(page.find("published figure of the scanners of this class (EXE:5000)"), std::string::npos)
      << "an assumption without its origin";
  const Outcome json = run({"compare", "study.toml", "-o", "json", "--json", "-q", "--backend", "cpu"});
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(Json::parse(json.out)["cases"], study["cases"]) << "or it depends on the number of threads";
}

TEST_F(CliCompare, InputsChangeTheResult) {
  const std::string recipe = two_scanners() + lines("[20, 28]");
  ASSERT_EQ(compare(recipe).code, 0);
  const Json study = result();
  ASSERT_EQ(compare(recipe, {"compare.scanner.1.na=0.4"}, "na").code, 0);
  EXPECT_NE(case_of(result("na"), "lines vertical 20", "high")["verdict"],
            case_of(study, "lines vertical 20", "high")["verdict"]);
  EXPECT_NE(result("na")["conclusions"], study["conclusions"]);
  ASSERT_EQ(compare(recipe, {"compare.scanner.1.obscuration=0"}, "open").code, 0);
  EXPECT_NEAR(case_of(study, "lines vertical 28", "high")["contrast"].get<double>(), 0.7882, 3e-3);
  EXPECT_NEAR(case_of(result("open"), "lines vertical 28", "high")["contrast"].get<double>(), 0.9060, 3e-3);
  ASSERT_EQ(compare(recipe, {"compare.scanner.1.dose_mJ_cm2=200"}, "dose").code, 0);
  EXPECT_NEAR(case_of(result("dose"), "lines vertical 28", "high")["cd_noise_3sigma_percent"].get<double>(),
              case_of(study, "lines vertical 28", "high")["cd_noise_3sigma_percent"].get<double>() / 2, 1e-6);
  ASSERT_EQ(compare(recipe, {"compare.scanner.0.zernike_nm={ Z9 = 1.0 }"}, "zernike").code, 0);
  EXPECT_NE(case_of(result("zernike"), "lines vertical 28", "low")["nils"],
            case_of(study, "lines vertical 28", "low")["nils"]);
  EXPECT_EQ(case_of(result("zernike"), "lines vertical 28", "high")["nils"],
            case_of(study, "lines vertical 28", "high")["nils"])
      << "another scanner's aberrations";
}

TEST_F(CliCompare, AnOwnLayoutIsAPattern) {
  write_text(folder_ / "own.glp", "CNAME own\nCELL own PRIME\n   RECT N M1 40 20 20 160\nENDMSG\n");
  const std::string layout =
      "[layout]\nfile = \"own.glp\"\nwindow_nm = [0, 0, 100, 200]\n"
      "[[gauge]]\nname = \"width\"\nat_nm = [50, 100]\ncd_nm = 20\n"
      "[[compare.pattern]]\nname = \"mine\"\nkind = \"layout\"\n";
  const Outcome o = compare(two_scanners() + layout);
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_EQ(case_of(result(), "mine", "high")["verdict"], "printable") << result().dump();
  expect_no_nan();
  // A gauge off the layout, beside the feature, or none at all.
  const auto refused = [&](std::string text, const std::string& from, const std::string& to,
                           const std::vector<std::string>& parts) {
    fs::remove_all(folder_ / "out");
    text.replace(text.find(from), from.size(), to);
    write_text(folder_ / "study.toml", text);
    expect_failure({"compare", "study.toml", "-o", "out"}, 4, parts);
  };
  refused(two_scanners() + layout, "[50, 100]", "[150, 100]", {"CMP-0005", "study.toml:", "outside the window"});
  refused(two_scanners() + layout, "[50, 100]", "[50, 10]", {"CMP-0005", "meets no drawn edges"});
  refused(two_scanners() + layout,
          layout.substr(layout.find("[[gauge]]"), layout.find("[[compare") - layout.find("[[gauge]]")), "",
          {"CMP-0005", "has no gauge"});
}

TEST_F(CliCompare, WhatCannotBeDoneIsRefused) {
  const auto refused = [&](const std::string& recipe, const std::vector<std::string>& parts, int code = 4) {
    write_text(folder_ / "study.toml", recipe);
    expect_failure({"compare", "study.toml", "-o", "out"}, code, parts);
  };
  const std::string good = two_scanners() + lines("[28]");
  refused("[compare]\nlimits = false\n" + lines("[28]"), {"no optics"});
  refused(two_scanners(), {"CMP-0004", "no pattern"});
  std::string twice = good;
  twice.replace(twice.find("\"high\""), 6, "\"low\"");
  refused(twice, {"CMP-0004", "two scanners are called \"low\""});
  std::string unknown = good;
  unknown.replace(unknown.find("euv_na055"), 9, "euv_na075");
  refused(unknown, {"euv_na075"});
  refused(two_scanners() + "[[compare.pattern]]\nname = \"a\"\nkind = \"lines\"\n", {"CMP-0004", "pitch_nm"});
  refused(two_scanners() + "[[compare.pattern]]\nname = \"a\"\nkind = \"circles\"\n", {"RCP-0004", "circles"});
  refused(good + "cd_nm = 40\n", {"CMP-0001", "leaves no space"});
  refused(good + lines("[30]"), {"CMP-0004", "two patterns"});
  refused(good + "pitch = 3\n", {"RCP-0002", "pitch_nm"});
  refused(two_scanners("process_file = \"none.csv\"\n") + lines("[28]"), {"CMP-0006", "none.csv"}, 3);
}

TEST_F(CliCompare, StopsCleanly) {
  write_text(folder_ / "study.toml",
             "[optics]\nvector = true\n[[compare.scanner]]\nscanner = \"euv_na033\"\n"
             "[[compare.pattern]]\nname = \"vias\"\nkind = \"vias\"\npitch_nm = [40, 42, 44, 46, 48, 50, 52, 54]\n");
  const pid_t child = start({"compare", "study.toml", "-o", "out", "--backend", "cpu"});
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  kill(child, SIGINT);
  const Outcome o = finish(child);
  EXPECT_EQ(o.code, 130) << o.err;
  EXPECT_FALSE(fs::exists(folder_ / "out" / "run.json"));
  EXPECT_FALSE(fs::exists(folder_ / "out" / "report.html"));
}

/// Limits, doses, layers and costs in one run; the limits are those of the closed forms within the search's freedom.
TEST_F(CliCompare, LimitsAndLayers) {
  const Outcome o = compare(
      "[optics]\nvector = true\n[[compare.scanner]]\nname = \"low\"\nscanner = \"euv_na033\"\n"
      "[[compare.scanner]]\nname = \"high\"\nscanner = \"euv_na055\"\n" +
      lines("[26]"));
  ASSERT_EQ(o.code, 0) << o.err;
  const Json study = result();
  ASSERT_EQ(study["limits"].size(), 6u);
  for (const Json& l : study["limits"]) {
    const bool low = l["scanner"] == "low", contacts = l["family"] == "contacts";
    // Between the cut-off wavelength / (4 NA) and what vendors state: 13 and 8 nm.
    if (contacts) continue;
    EXPECT_GT(l["resolved_half_pitch_nm"].get<double>(), low ? 10.2 : 6.1) << l;
    EXPECT_LT(l["resolved_half_pitch_nm"].get<double>(), low ? 13 : 8) << l;
  }
  ASSERT_TRUE(study.contains("layers"));
  expect_no_nan();
  for (const char* file : {"layers.csv", "tornado.csv", "cross_overs.csv", "limits.csv"})
    EXPECT_GT(fs::file_size(folder_ / "out" / file), 60u) << file;
  EXPECT_NE(read_text(folder_ / "out" / "study.md").find("is cheaper"), std::string::npos);
}

}  // namespace
}  // namespace anamorph
