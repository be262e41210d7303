// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// `twin export` and `twin check` from recipe to files: the model against the simulator, what an export holds, what a
// check finds, and what is asked for in vain.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "cpp/io/fields.hpp"
#include "cpp/io/sha256.hpp"
#include "cpp/twin/crate.hpp"
#include "cpp/twin/descriptor.hpp"
#include "cpp/twin/fmu.hpp"
#include "cpp/twin/zip.hpp"
#include "tests/cli_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string on_axis = "wavelength_nm = 13.5\nna = 0.33\n[optics.source]\nshape = \"point\"\n";

class CliTwin : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    if (!writes_units() || !writes_fields()) GTEST_SKIP() << "built without co-simulation units or without netCDF";
  }

  /// Lines of half the pitch on a window of one pitch, lit from a single point: simulations of no cost.
  void write_lines(const std::string& optics = on_axis, const std::string& twin = "dose_mJ_cm2 = 30\nzernikes = [9]\n",
                   const std::string& more = "") const {
    write_text(folder_ / "lines.glp", "CNAME lines\nCELL lines PRIME\n   RECT N M1 0 0 24 24\nENDMSG\n");
    write_text(
        folder_ / "lines.toml",
        "[layout]\nfile = \"lines.glp\"\nwindow_nm = [-12, 0, 36, 24]\npixel_nm = 1\n[resist]\nthreshold = 0.25\n"
        "[optics]\nradiometric = false\n" +
            optics +
            "[[gauge]]\nname = \"line\"\nat_nm = [12, 12]\ncd_nm = 24\n[window]\nepe = false\ndose = [0.95, 1.0, "
            "1.05]\nfocus_nm = [-40, -20, 0, 20, 40]\n" +
            more + "[twin]\n" + twin);
  }

  Outcome twin_export(const std::vector<std::string>& settings = {}, const std::string& out = "out") const {
    std::vector<std::string> words{"twin", "export", "lines.toml", "-o", out, "--backend", "cpu"};
    for (const std::string& one : settings) words.insert(words.end(), {"--set", one});
    return run(words);
  }

  Json read_json(const std::string& file) const { return Json::parse(read_text(folder_ / file)); }

  /// The model inside an exported unit.
  SurrogateModel model(const std::string& out = "out") const {
    for (const ZipMember& member : read_zip(read_text(folder_ / out / "model/lithography.fmu")))
      if (member.name == "resources/surrogate.bin") return parse_surrogate(member.bytes);
    ADD_FAILURE() << "no model in the unit";
    return {};
  }

  static const Json& port(const Json& twin, const std::string& name) {
    static const Json none;
    for (const Json& one : twin["ports"])
      if (one["name"] == name) return one;
    ADD_FAILURE() << "no port " << name;
    return none;
  }

  std::vector<std::string> files(const std::string& out = "out") const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / out))
      if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), folder_ / out).generic_string());
    std::sort(names.begin(), names.end());
    return names;
  }

  /// Writes a file of an export anew, and its size and hash into the crate, as if it had been exported so.
  void replace(const std::string& name, const std::string& text) const {
    write_text(folder_ / "out" / name, text);
    std::string crate = read_text(folder_ / "out" / crate_name);
    Json json = Json::parse(crate);
    std::string old;
    for (Json& entity : json["@graph"]) {
      if (entity["@id"] == name) {
        entity["sha256"] = sha256(text);
        entity["contentSize"] = std::to_string(text.size());
      }
      if (entity["@id"] == crate_name) entity["sha256"] = std::string(64, '0');
    }
    crate = json.dump(1);
    crate.replace(crate.find(std::string(64, '0')), 64, sha256(crate));
    write_text(folder_ / "out" / crate_name, crate);
  }

  void expect_finding(const std::string& file, const std::string& what) const {
    const Outcome o = run({"twin", "check", "out"});
    EXPECT_EQ(o.code, 1) << file << ": " << what << "\n" << o.out << o.err;
    bool found = false;
    std::istringstream lines(o.out);
    for (std::string line; std::getline(lines, line);)
      found = found || (line.starts_with(file + ": ") && line.find(what) != std::string::npos);
    EXPECT_TRUE(found) << "no <" << file << ": ... " << what << "> in\n" << o.out;
  }
};

TEST_F(CliTwin, AnExportIsWhole) {
  write_lines();
  const Outcome o = twin_export();
  ASSERT_EQ(o.code, 0) << o.err;
  for (const char* file : {"twin.json", "twin.schema.json", "model/lithography.fmu", "system.ssp", "data/contours.gds",
                           "markers.lyrdb", "markers.csv", "report.html", "ro-crate-metadata.json", "run.json"})
    EXPECT_TRUE(fs::exists(folder_ / "out" / file)) << file;
  const Outcome check = run({"twin", "check", "out"});
  EXPECT_EQ(check.code, 0) << check.out << check.err;
  EXPECT_NE(check.out.find("no findings"), std::string::npos) << check.out;
  EXPECT_TRUE(check_fmu(folder_ / "out/model/lithography.fmu").empty());

  const Json twin = read_json("out/twin.json");
  EXPECT_TRUE(check_twin_json(read_text(folder_ / "out/twin.json")).empty());
  EXPECT_EQ(read_text(folder_ / "out/twin.schema.json"), twin_schema());
  EXPECT_EQ(run({"schema", "--twin"}).out, std::string(twin_schema()) + (twin_schema().ends_with("\n") ? "" : "\n"));
  EXPECT_EQ(port(twin, "dose_mJ_cm2")["unit"], "mJ/cm2");
  EXPECT_NEAR(port(twin, "dose_mJ_cm2")["valid"]["low"].get<double>(), 28.5, 1e-9);
  EXPECT_EQ(port(twin, "focus_nm")["valid"]["high"], 40);
  EXPECT_EQ(port(twin, "z9_nm")["quantity"], "Zernike coefficient");
  // Three beams: c from 4 / pi^2 c^2 + 2 / pi c + 1 / 4 = threshold, CD = pitch / pi acos(c).
  EXPECT_NEAR(port(twin, "cd_nm_line")["nominal"].get<double>(), 24, 1e-3);
  EXPECT_NEAR(port(twin, "nils_line")["nominal"].get<double>(), 8, 1e-2);
  EXPECT_EQ(twin["calibration"]["status"], "uncalibrated");
  for (const Json& row : twin["held_out"]["errors"]) {
    EXPECT_LE(row["largest"].get<double>(), 0.1) << row.dump();
    EXPECT_GE(row["coverage"].get<double>(), 0.95) << row.dump();
    if (row["where"] == "range") {
      EXPECT_EQ(row["points"].get<int>() + row["absent"].get<int>() + row["lost"].get<int>(), 100);
    }
  }

  // Provenance: versions, command, inputs and outputs with their hashes.
  const Json run_file = read_json("out/run.json");
  EXPECT_EQ(run_file["verb"], "twin export");
  EXPECT_EQ(run_file["recipe"]["twin"]["zernikes"], Json({9}));
  const std::string crate = read_text(folder_ / "out/ro-crate-metadata.json");
  EXPECT_NE(crate.find(sha256(read_text(folder_ / "lines.glp"))), std::string::npos);
  for (const std::string& name : files())
    if (name != crate_name) {
      EXPECT_NE(crate.find(sha256(read_text(folder_ / "out" / name))), std::string::npos) << name;
    }
  const std::string report = read_text(folder_ / "out/report.html");
  for (const char* part : {"cd_nm_line", "Predicted contours", "held-out", "uncalibrated", "<polyline", "not stated"})
    EXPECT_NE(report.find(part), std::string::npos) << part;
  for (const char* word : {">nan", "NaN", ">inf", "null"}) EXPECT_EQ(report.find(word), std::string::npos) << word;
}

TEST_F(CliTwin, TheModelIsTheSimulator) {
  // Absorber lines that print dark, blur, flare, aberrations, a slanted gauge: all of it counts.
  write_text(folder_ / "lines.glp",
             "CNAME c\nCELL c PRIME\n   RECT N M1 40 30 80 240\n   RECT N M1 210 60 70 200\n   RECT N M1 330 30 60 "
             "240\nENDMSG\n");
  write_text(folder_ / "lines.toml",
             "[layout]\nfile = \"lines.glp\"\nwindow_nm = [0, 0, 420, 300]\npixel_nm = 1\n[mask]\npolygons = "
             "\"absorber\"\n[resist]\nprints = \"dark\"\nthreshold = 0.35\nblur_nm = 6\n[optics]\nscanner = "
             "\"duv_193i_na135\"\nmethod = \"abbe\"\nvector = true\nflare = 0.03\nflare_density = 0.6\nobscuration = "
             "0.1\nmsd_x_nm = 3\nzernike_nm = { Z4 = 1, Z7 = 2, Z9 = 3 }\n[optics.source]\nshape = "
             "\"annular\"\nsigma_inner = 0.5\nsigma_outer = 0.8\nstep = 0.25\n[[gauge]]\nname = \"a\"\nat_nm = [80, "
             "150]\ncd_nm = 80\n[[gauge]]\nname = \"b\"\nat_nm = [245, 160]\nangle_deg = 30\ncd_nm = "
             "80\n[process]\ndose = [1.02]\nfocus_nm = [5]\n[window]\nepe = false\ndose = [0.95, 1.0, 1.05]\nfocus_nm "
             "= [-40, 0, 30]\nmeef_delta_nm = 2\ncd_tolerance_percent = 30\n[twin]\ndose_mJ_cm2 = 20\nzernikes = "
             "[7]\nzernike_range_nm = 1\nmask_bias_nm = 3\n");
  ASSERT_EQ(twin_export().code, 0);
  const SurrogateModel m = model();
  EXPECT_NEAR(m.nominal_dose_mj_cm2, 20.4, 1e-9);
  EXPECT_EQ(m.inputs[0].nominal, 5);
  EXPECT_EQ(m.inputs[2].nominal, 2);  // what the recipe's wavefront has
  const auto compare = [&](const std::string& setting, std::vector<double> others, bool meef) {
    std::vector<std::string> words{"window", "lines.toml", "-o", "w", "--force", "--backend", "cpu"};
    if (!setting.empty()) words.insert(words.end(), {"--set", setting});
    ASSERT_EQ(run(words).code, 0);
    std::istringstream rows(read_text(folder_ / "w/fem.csv"));
    std::string line;
    std::getline(rows, line);
    int compared = 0;
    while (std::getline(rows, line)) {
      std::vector<std::string> cells;
      std::istringstream text(line);
      for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
      const std::size_t g = cells[0] == "a" ? 0 : 1;
      const double dose = 20 * std::stod(cells[1]), focus = std::stod(cells[2]);
      std::vector<double> place{focus};
      place.insert(place.end(), others.begin(), others.end());
      const auto at = [&](const std::vector<double>& p) { return read_surrogate(m, g, dose, surrogate_terms(m, p)); };
      EXPECT_NEAR(at(place).cd_nm, std::stod(cells[3]), 0.02) << line;
      if (meef) {
        std::vector<double> small = place, large = place;
        small[1] = -2;
        large[1] = 2;
        EXPECT_NEAR((at(large).cd_nm - at(small).cd_nm) / 4, std::stod(cells.back()), 0.02) << line;
      }
      ++compared;
    }
    EXPECT_EQ(compared, 18);
  };
  compare("", {0, 2}, true);
  compare("optics.zernike_nm={ Z7 = 2.8 }", {0, 2.8}, false);
}

TEST_F(CliTwin, BiasIsThatOfWhatIsMeasured) {
  // Lines and spaces of one width: bright or dark, drawn as openings or absorbers.
  for (const auto& [polygons, prints, x] : {std::tuple{"opening", "bright", 12},
                                            {"opening", "dark", 36},
                                            {"absorber", "bright", 36},
                                            {"absorber", "dark", 12}}) {
    write_lines();
    const std::string out = std::string(polygons) + prints;
    ASSERT_EQ(twin_export(
                  {"twin.samples=60", std::string("mask.polygons=") + polygons, std::string("resist.prints=") + prints,
                   "gauge.0.at_nm=[" + std::to_string(x) + ", 12]", "window.focus_nm=[-20, 0, 20]"},
                  out)
                  .code,
              0);
    const SurrogateModel m = model(out);
    const auto cd = [&](double bias) {
      return read_surrogate(m, 0, 30, surrogate_terms(m, std::vector<double>{0, bias, 0})).cd_nm;
    };
    EXPECT_GT(cd(0.5) - cd(-0.5), 0.5) << out;
    EXPECT_NEAR(cd(0), 24, 0.01) << out;
  }
}

TEST_F(CliTwin, TheWindowIsThatOfTheVerbWindow) {
  write_lines(on_axis, "dose_mJ_cm2 = 20\nzernikes = [9]\n",
              "cd_tolerance_percent = 6\nexposure_latitude_percent = 4\n");
  const std::string aberration = "optics.zernike_nm={ Z9 = 0.15 }", abbe = "optics.method=abbe";
  const std::string dark = "resist.prints=dark", space = "gauge.0.at_nm=[36, 12]", dose = "process.dose=[1.04]";
  for (const auto& settings : {std::vector{aberration, abbe}, std::vector{aberration, abbe, dark, space, dose}}) {
    std::vector<std::string> words{"window", "lines.toml", "-o", "w", "--force"};
    for (const std::string& one : settings) words.insert(words.end(), {"--set", one});
    ASSERT_EQ(run(words).code, 0);
    fs::remove_all(folder_ / "out");
    ASSERT_EQ(twin_export(settings).code, 0);
    const Json w = read_json("w/metrics.json"), twin = read_json("out/twin.json")["window"];
    ASSERT_GT(w["dof_nm"].get<double>(), 10);
    EXPECT_NEAR(twin["depth_of_focus"]["value"].get<double>(), w["dof_nm"].get<double>(), 0.1);
    EXPECT_NEAR(twin["exposure_latitude"]["value"].get<double>(), w["exposure_latitude_percent"].get<double>(), 0.02);
    EXPECT_NEAR(twin["dose"]["value"].get<double>(), 20 * w["best_dose"].get<double>(), 0.01);
    EXPECT_NEAR(twin["focus"]["value"].get<double>(), w["best_focus_nm"].get<double>(), 0.1);
    EXPECT_NEAR(read_json("out/twin.json")["nominal"]["dose"]["value"].get<double>(), settings.size() > 2 ? 20.8 : 20,
                1e-9);
  }
}

TEST_F(CliTwin, TheExampleKeepsItsPromise) {
  const std::string recipe = ANAMORPH_SOURCE "/masks/patterns/twin.toml";
  const Outcome o = run({"twin", "export", recipe, "-o", "out", "--set", "optics.source.step=0.1"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json twin = read_json("out/twin.json");
  EXPECT_EQ(twin["findings"], Json::array());
  EXPECT_GT(twin["window"]["depth_of_focus"]["value"].get<double>(), 60);
  int inside = 0;
  for (const Json& row : twin["held_out"]["errors"]) {
    EXPECT_GE(row["coverage"].get<double>(), 0.95) << row.dump();
    if (row["quantity"] == "cd") {
      EXPECT_LE(row["largest"].get<double>(), 0.02) << row.dump();
    }
    if (row["where"] == "window") inside = row["points"];
  }
  EXPECT_GT(inside, 50);
  EXPECT_EQ(run({"twin", "check", "out"}).code, 0);
}

TEST_F(CliTwin, UncertaintyIsPropagatedAndNeverInvented) {
  write_lines();
  ASSERT_EQ(twin_export({}, "none").code, 0);
  ASSERT_EQ(twin_export({"twin.uncertainty.dose_percent=1"}, "one").code, 0);
  ASSERT_EQ(twin_export({"twin.uncertainty.dose_percent=2", "twin.uncertainty.focus_nm=0"}, "two").code, 0);
  const auto u = [&](const std::string& out) {
    return port(read_json(out + "/twin.json"), "cd_nm_line")["standard_uncertainty"];
  };
  EXPECT_EQ(u("none")["propagated_from"], Json::array());
  EXPECT_EQ(u("none")["value"], u("none")["model"]);
  EXPECT_EQ(port(read_json("none/twin.json"), "dose_mJ_cm2")["standard_uncertainty"], "not stated");
  EXPECT_EQ(u("one")["propagated_from"], Json({"dose_mJ_cm2"}));
  EXPECT_EQ(u("one")["not_stated"], Json({"focus_nm", "mask_bias_nm", "z9_nm"}));
  EXPECT_EQ(u("two")["propagated_from"], Json({"dose_mJ_cm2", "focus_nm"}));
  EXPECT_EQ(port(read_json("two/twin.json"), "focus_nm")["standard_uncertainty"]["value"], 0);
  // d CD / d ln dose = 2 / ILS = 2 CD / NILS = 6 nm: 0.06 nm for 1 %.
  EXPECT_NEAR(u("one")["value"].get<double>(), 0.06, 0.002);
  EXPECT_NEAR(u("two")["value"].get<double>(), 0.12, 0.004);
}

TEST_F(CliTwin, RunsAgreeAndSeedsDoNotMatter) {
  write_lines();
  ASSERT_EQ(twin_export({"seed=3"}, "a").code, 0);
  ASSERT_EQ(twin_export({"seed=3"}, "b").code, 0);
  ASSERT_EQ(twin_export({"seed=4"}, "c").code, 0);
  EXPECT_EQ(surrogate_bytes(model("a")), surrogate_bytes(model("b")));
  EXPECT_NE(surrogate_bytes(model("a")), surrogate_bytes(model("c")));
  const SurrogateModel a = model("a"), c = model("c");
  for (const double focus : {-35.0, 0.0, 28.0})
    for (const double bias : {-0.8, 0.5}) {
      const std::vector<double> place{focus, bias, 0.15};
      EXPECT_NEAR(read_surrogate(a, 0, 29, surrogate_terms(a, place)).cd_nm,
                  read_surrogate(c, 0, 29, surrogate_terms(c, place)).cd_nm, 0.03);
    }
  EXPECT_EQ(read_text(folder_ / "a/data/contours.gds"), read_text(folder_ / "c/data/contours.gds"));
}

TEST_F(CliTwin, AFlippedByteIsFoundInEveryFile) {
  write_lines();
  ASSERT_EQ(twin_export({"twin.samples=60"}).code, 0);
  const std::vector<std::string> names = files();
  EXPECT_GE(names.size(), 10u);
  for (const std::string& name : names) {
    const std::string text = read_text(folder_ / "out" / name);
    for (const double place : {0.05, 0.5, 0.97}) {
      std::string flipped = text;
      flipped[static_cast<std::size_t>(place * static_cast<double>(text.size()))] ^= 1;
      write_text(folder_ / "out" / name, flipped);
      expect_finding(name, "");
    }
    write_text(folder_ / "out" / name, text.substr(0, text.size() - 1));
    expect_finding(name, name == crate_name ? "" : "bytes; expected");
    if (name != crate_name) {
      fs::remove(folder_ / "out" / name);
      expect_finding(name, "is missing");
    }
    write_text(folder_ / "out" / name, text);
  }
  EXPECT_EQ(run({"twin", "check", "out"}).code, 0);
  const Outcome json = run({"twin", "check", "out", "--json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(Json::parse(json.out)["pass"], true);
  EXPECT_EQ(Json::parse(json.out)["files"], names.size());
}

TEST_F(CliTwin, WhatIsWrongInsideAFileIsFound) {
  write_lines();
  ASSERT_EQ(twin_export({"twin.samples=60"}).code, 0);
  const std::string crate = read_text(folder_ / "out" / crate_name);
  const auto wrong = [&](const std::string& name, const std::string& text, const std::string& file,
                         const std::string& what) {
    const std::string before = read_text(folder_ / "out" / name);
    replace(name, text);
    expect_finding(file, what);
    write_text(folder_ / "out" / name, before);
    write_text(folder_ / "out" / crate_name, crate);
  };
  const Json twin = read_json("out/twin.json");
  const auto changed = [&](const std::string& at, const Json& value, const std::string& what) {
    Json copy = twin;
    if (value.is_discarded())
      copy[Json::json_pointer(at).parent_pointer()].erase(Json::json_pointer(at).back());
    else
      copy[Json::json_pointer(at)] = value;
    wrong("twin.json", copy.dump(2), "twin.json", what);
  };
  const Json gone(Json::value_t::discarded);
  changed("/ports/0/unit", gone, "/ports/0");
  changed("/ports/0/unit", "furlong", "/ports/0");
  changed("/ports/0/nominal", nullptr, "/ports/0");
  changed("/ports/0/nominal", 99, "outside its range");
  changed("/ports/0/valid", {{"low", 31}, {"high", 31}}, "range of dose_mJ_cm2 is empty");
  changed("/ports/0/name", "dose", "which is not there");
  changed("/ports/1/name", "dose_mJ_cm2", "two ports are called");
  changed("/ports/1/unit", "mJ/cm2", "another unit");
  changed("/ports/1/valid/high", 50, "another range");
  changed("/ports/1/standard_uncertainty", {{"value", 1}, {"port", "nobody"}}, "which is not there");
  changed("/gauges/0/name", "other", "a gauge that is not there");
  changed("/held_out/errors/0/largest", "small", "/held_out/errors/0/largest");
  changed("/files/0/path", "data/other.gds", "not in the crate");
  changed("/calibration/status", "perfect", "/calibration/status");
  changed("/more", 1, "which is not known");

  wrong("data/contours.gds", read_text(folder_ / "out/data/contours.gds").substr(0, 100), "data/contours.gds",
        "it is cut short, at byte 94");
  wrong("markers.lyrdb", "<report-database><items></report-database>", "markers.lyrdb", "XML");
  wrong("model/lithography.fmu", read_text(folder_ / "out/model/lithography.fmu").substr(0, 5000),
        "model/lithography.fmu", "");
  wrong("system.ssp", "PK", "system.ssp", "");
  wrong("twin.schema.json", "{}", "twin.schema.json", "not the schema");
  wrong("data/fields.nc", "CDF\1", "data/fields.nc", "no netCDF-4");
  EXPECT_EQ(run({"twin", "check", "out"}).code, 0);
}

TEST_F(CliTwin, AnExportIsNotOverwritten) {
  write_lines();
  ASSERT_EQ(twin_export({"twin.samples=60"}).code, 0);
  const std::string before = read_text(folder_ / "out/run.json");
  const Outcome again = twin_export({"twin.samples=60"});
  EXPECT_EQ(again.code, 2);
  EXPECT_NE(again.err.find("OUT-0003"), std::string::npos) << again.err;
  EXPECT_EQ(read_text(folder_ / "out/run.json"), before);
  EXPECT_EQ(run({"twin", "export", "lines.toml", "-o", "out", "--force", "--set", "twin.samples=70"}).code, 0);
  EXPECT_EQ(read_json("out/twin.json")["method"]["samples"], 70);
  EXPECT_EQ(run({"twin", "check", "out"}).code, 0);
}

TEST_F(CliTwin, AnInterruptedExportLeavesNothing) {
  write_lines(on_axis, "dose_mJ_cm2 = 30\nsamples = 100000\n");
  const pid_t child = start({"twin", "export", "lines.toml", "-o", "out", "--backend", "cpu"});
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  kill(child, SIGINT);
  const Outcome o = finish(child);
  EXPECT_EQ(o.code, 130) << o.err;
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(CliTwin, TooFewSamplesAreAFindingAndALimit) {
  write_lines();
  const Outcome told = twin_export({"twin.samples=4", "twin.mask_bias_nm=3"}, "few");
  EXPECT_EQ(told.code, 0) << told.err;  // nobody asked for a limit
  EXPECT_NE(told.err.find("largest CD error at held-out simulations"), std::string::npos) << told.err;
  const Json twin = read_json("few/twin.json");
  EXPECT_NE(twin["findings"].dump().find("largest CD error"), std::string::npos);
  double largest = 0, stated = 0;
  for (const Json& row : twin["held_out"]["errors"])
    if (row["quantity"] == "cd" && row["where"] == "range") {
      largest = row["largest"];
      stated = row["standard_error"];
    }
  EXPECT_GT(largest, 0.1);
  EXPECT_GT(2.5 * stated, largest / 2) << "a poor model says that it is poor";
  EXPECT_EQ(twin_export({"twin.samples=4", "twin.mask_bias_nm=3", "twin.cd_error_nm=0.1"}, "limit").code, 1);
}

TEST_F(CliTwin, AnEmptyWindowAndALostFeatureAreFindings) {
  write_lines();
  const Outcome o = twin_export({"resist.threshold=1.9"});
  EXPECT_EQ(o.code, 0) << o.err;
  EXPECT_NE(o.err.find("finds no edges at the nominal condition"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("outside the range of the model"), std::string::npos) << o.err;  // it is at a dose of 7.6
  EXPECT_FALSE(port(read_json("out/twin.json"), "cd_nm_line").contains("nominal"));
  EXPECT_NE(read_text(folder_ / "out/markers.csv").find("cd_missing"), std::string::npos);
  EXPECT_EQ(run({"twin", "check", "out"}).code, 0);

  const Outcome empty = twin_export({"gauge.0.cd_nm=60"}, "empty");  // wider than the pitch
  EXPECT_EQ(empty.code, 0) << empty.err;
  EXPECT_NE(empty.err.find("process window of the gauges is empty"), std::string::npos) << empty.err;
  EXPECT_FALSE(read_json("empty/twin.json")["window"].contains("dose"));
  EXPECT_EQ(run({"twin", "check", "empty"}).code, 0);
}

TEST_F(CliTwin, WhatCannotBeDoneIsRefused) {
  write_lines();
  const auto refused = [&](const std::vector<std::string>& settings, const std::vector<std::string>& parts,
                           int code = 4) {
    std::vector<std::string> words{"twin", "export", "lines.toml", "-o", "out"};
    for (const std::string& one : settings) words.insert(words.end(), {"--set", one});
    expect_failure(words, code, parts);
  };
  refused({"gauge.0.at_nm=[99, 2]"}, {"TWN-0003", "\"line\""});
  refused({"process.dose_applies_to=amplitude"}, {"TWN-0004"});
  refused({"window.dose=[1]"}, {"TWN-0005", "window.dose"});
  refused({"window.focus_nm=[10, 20]"}, {"TWN-0006", "window.focus_nm"});
  refused({"twin.zernikes=[9, 9]"}, {"RCP-0004", "twice"});
  refused({"twin.zernikes=[9.5]"}, {"RCP-0003", "whole numbers"});
  refused({"twin.zernikes=[38]"}, {"RCP-0004"});
  refused({"twin.zernike=[9]"}, {"RCP-0002", "zernikes"});
  refused({"twin.coverage=1"}, {"RCP-0004"});
  refused({"layout.file=nowhere.glp"}, {}, 3);
  write_lines(on_axis, "zernikes = [9]\n");
  refused({}, {"TWN-0007", "twin.dose_mJ_cm2"});
  std::string recipe = read_text(folder_ / "lines.toml");
  const std::size_t gauge = recipe.find("[[gauge]]");
  write_text(folder_ / "lines.toml", recipe.erase(gauge, recipe.find("[window]") - gauge));
  refused({}, {"TWN-0002", "[[gauge]]"});
  expect_failure({"twin"}, 2, {"CLI-0001"});
  expect_failure({"twin", "import"}, 2, {"CLI-0001"});
  expect_failure({"twin", "check", "nowhere"}, 3, {"TWN-0021", "twin export"});
  write_text(folder_ / "other/run.json", "{}");
  expect_failure({"twin", "check", "other"}, 3, {"TWN-0021"});
}

}  // namespace
}  // namespace anamorph
