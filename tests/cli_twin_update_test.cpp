// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The verb `twin update` from a unit and measured CDs to offsets, a page and the unit that has them; and `twin couple`
// from a unit to a system.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cpp/twin/fmu.hpp"
#include "cpp/twin/read_unit.hpp"
#include "tests/cli_fixture.hpp"
#include "tests/fab_fixture.hpp"

namespace anamorph {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class CliTwinUpdate : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    FmuDescription unit;
    unit.name = "cell <A>";
    unit.surrogate = model;
    fs::create_directories(folder_ / "cell" / "model");
    write_fmu(folder_ / "cell" / "model" / "lithography.fmu", unit);
    unit = {};
    unit.kind = UnitKind::control;
    write_fmu(folder_ / "cell" / "model" / "control.fmu", unit);
  }

  void write_stream(const std::vector<CdMeasurement>& stream, const std::string& place = "wafer") const {
    std::string csv = place + ",gauge,cd_nm,cd_u_nm,dose_mJ_cm2,focus_nm\n";
    for (const CdMeasurement& m : stream) {
      char row[200];
      std::snprintf(row, sizeof row, "%g,%s,%.6f,%g,%g,%g\n", m.at, model.gauges[m.gauge].name.c_str(), m.cd_nm, m.u_nm,
                    m.dose_mj_cm2, m.focus_nm);
      csv += row;
    }
    write_text(folder_ / "fab.csv", csv);
  }

  Outcome update(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"twin", "update", "cell", "fab.csv", "-o", "out"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }

  Json drift() const { return Json::parse(read_text(folder_ / "out" / "drift.json")); }

  static double value(const Json& quantity) { return quantity["value"]; }
  static double off(const Json& quantity, double truth) {
    return (value(quantity) - truth) / quantity["standard_uncertainty"].get<double>();
  }

  SurrogateModel model = four_patterns();
};

Fab drifting() {
  Fab fab;
  fab.dose_percent = [](int wafer) { return 0.5 + 0.02 * wafer; };
  fab.focus_nm = [](int wafer) { return -4 + 0.1 * wafer; };
  return fab;
}

TEST_F(CliTwinUpdate, FindsOffsetsAndTheirDrift) {
  std::vector<CdMeasurement> stream = measured(model, drifting(), 5);
  for (const std::size_t i : {101u, 202u, 303u}) stream[i].cd_nm += 5;
  write_stream(stream);
  const Outcome o = update({"--json", "--dose-walk", "0.005", "--focus-walk", "0.05", "--outlier-level", "1e-5"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json json = drift();
  EXPECT_EQ(Json::parse(o.out), json);
  EXPECT_LT(std::abs(off(json["dose_offset"], 0.5 + 0.02 * 99)), 3.3);
  EXPECT_LT(std::abs(off(json["focus_offset"], -4 + 0.1 * 99)), 3.3);
  EXPECT_LT(std::abs(off(json["dose_rate"], 0.02)), 3.3);
  EXPECT_LT(std::abs(off(json["focus_rate"], 0.1)), 3.3);
  EXPECT_EQ(json["dose_offset"]["unit"], "%");
  EXPECT_EQ(json["dose_rate"]["unit"], "%/wafer");
  EXPECT_EQ(json["focus_rate"]["unit"], "nm/wafer");
  EXPECT_TRUE(json["dose_rate"]["significant"]);
  EXPECT_NEAR(value(json["dose_offset_at_nominal"]), value(json["dose_offset"]) * 0.3, 1e-9);
  EXPECT_EQ(json["measurements"], 400);
  EXPECT_EQ(json["rejected"], 3);
  EXPECT_TRUE(json["findings"].empty()) << json["findings"];
  EXPECT_EQ(json["settings"]["focus_prior"]["value"], 5) << "what the unit states";
  EXPECT_EQ(json["settings"]["dose_prior"]["value"], 1) << "of which it states nothing";
  EXPECT_EQ(json["settings"]["dose_walk"]["unit"], "%/sqrt(wafer)");

  // A row for each measurement; the three outliers are marked.
  std::istringstream csv(read_text(folder_ / "out" / "offsets.csv"));
  std::string line;
  std::getline(csv, line);
  EXPECT_TRUE(line.starts_with("wafer,gauge,line,cd_nm,"));
  const auto columns = std::count(line.begin(), line.end(), ',');
  int rows = 0, rejected = 0;
  for (; std::getline(csv, line); ++rows) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), columns);
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string one; std::getline(text, one, ',');) cells.push_back(one);
    if (cells[11] != "1") continue;
    ++rejected;
    EXPECT_GT(std::stod(cells[9]), 4) << line;
    EXPECT_EQ(cells[2], std::to_string(stream[static_cast<std::size_t>(rows)].line));
  }
  EXPECT_EQ(rows, 400);
  EXPECT_EQ(rejected, 3);
}

TEST_F(CliTwinUpdate, WritesAPageARecordAndTheUnitAsItStands) {
  write_stream(measured(model, drifting(), 6));
  const Outcome o = update();
  ASSERT_EQ(o.code, 0) << o.err;
  for (const char* part : {"dose offset", "focus drift", "%/wafer", "by chance", "report: out/report.html"})
    EXPECT_NE(o.out.find(part), std::string::npos) << part;
  const std::string page = read_text(folder_ / "out" / "report.html");
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  for (const char* part : {"Dose offset", "Focus offset", "<svg", "Assumptions", "fab.csv", "SHA-256"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  for (const char* part : {">nan", " nan", "nan,", "NaN", ">inf", "http://", "https://"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  const Json record = Json::parse(read_text(folder_ / "out" / "run.json"));
  EXPECT_EQ(record["verb"], "twin update");
  EXPECT_EQ(record["inputs"].size(), 2u);
  EXPECT_TRUE(record["recipe"].is_null());
  EXPECT_EQ(record["outputs"].size(), 4u);

  // The unit prints for commanded values what the old one prints for the true ones.
  const fs::path file = folder_ / "out" / "model" / "lithography.fmu";
  EXPECT_TRUE(check_fmu(file).empty());
  const FmuDescription now = read_lithography_unit(file);
  EXPECT_EQ(now.name, "cell <A>");
  const double dose = value(drift()["dose_offset"]), focus = value(drift()["focus_offset"]);
  const std::vector<double> commanded{10, 0.5}, true_inputs{10 + focus, 0.5};
  for (std::size_t g = 0; g < 4; ++g)
    EXPECT_NEAR(read_surrogate(now.surrogate, g, 29, surrogate_terms(now.surrogate, commanded)).cd_nm,
                read_surrogate(model, g, 29 * (1 + dose / 100), surrogate_terms(model, true_inputs)).cd_nm, 1e-6);
  EXPECT_NEAR(now.surrogate.dose_uncertainty_mj_cm2, 0.3 * drift()["dose_offset"]["standard_uncertainty"].get<double>(),
              1e-9);
}

TEST_F(CliTwinUpdate, TheUpdatedUnitNeedsNoUpdate) {
  Fab fab = drifting();
  write_stream(measured(model, fab, 7));
  ASSERT_EQ(update().code, 0);
  // The scanner stays where it is now; the new unit sees no offset.
  fab.dose_percent = [](int) { return 0.5 + 0.02 * 99; };
  fab.focus_nm = [](int) { return -4 + 0.1 * 99; };
  fab.wafers = 60;
  write_stream(measured(model, fab, 8));
  const Outcome o = run({"twin", "update", "out/model/lithography.fmu", "fab.csv", "-o", "again", "--no-rates"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json json = Json::parse(read_text(folder_ / "again" / "drift.json"));
  EXPECT_LT(std::abs(off(json["dose_offset"], 0)), 4);  // the first update's own error is in it
  EXPECT_LT(std::abs(off(json["focus_offset"], 0)), 4);
  EXPECT_LT(std::abs(value(json["dose_offset"])), 0.4);
  EXPECT_FALSE(json.contains("dose_rate"));
}

TEST_F(CliTwinUpdate, SaysWhatTheCdsCannotTell) {
  model = one_best_focus();
  FmuDescription unit;
  unit.surrogate = model;
  write_fmu(folder_ / "cell" / "model" / "lithography.fmu", unit);
  Fab fab;
  fab.focus_nm = [](int) { return 25.0; };
  fab.wafers = 40;
  write_stream(measured(model, fab, 9), "time_h");
  const Outcome o = update({"--focus-prior", "20"});
  ASSERT_EQ(o.code, 0) << o.err;
  EXPECT_NE(o.err.find("[WARN DRF-0011]"), std::string::npos) << o.err;
  EXPECT_NE(o.err.find("the sign of the focus offset cannot be known"), std::string::npos) << o.err;
  const Json json = drift();
  ASSERT_EQ(json["focus_sides"].size(), 2u);
  EXPECT_LT(std::abs(off(json["focus_sides"][0], -25)), 4);
  EXPECT_LT(std::abs(off(json["focus_sides"][1], 25)), 4);
  EXPECT_EQ(json["dose_rate"]["unit"], "%/h");
  EXPECT_NE(read_text(folder_ / "out" / "report.html").find("cannot be known"), std::string::npos);
}

TEST_F(CliTwinUpdate, BadInputLeavesNothing) {
  write_text(folder_ / "fab.csv", "wafer,gauge,cd_nm\n1,g1,25.5\n2,g9,25.5\n");
  const std::vector<std::string> words{"twin", "update", "cell", "fab.csv", "-o", "out"};
  expect_failure(words, 3, {"fab.csv:3:3", "no gauge 'g9'"});
  write_text(folder_ / "fab.csv", "wafer,gauge,cd_nm\n1,g1,25.5\n");
  expect_failure({"twin", "update", "nowhere", "fab.csv", "-o", "out"}, 3, {"nowhere", "no such export"});
  expect_failure({"twin", "update", "cell/model", "fab.csv", "-o", "out"}, 3, {"no export of a lithography cell"});
  expect_failure({"twin", "update", "cell/model/control.fmu", "fab.csv", "-o", "out"}, 3,
                 {"control.fmu", "surrogate.bin is missing"});
  expect_failure({"twin", "update", "fab.csv", "fab.csv", "-o", "out"}, 3, {"fab.csv"});
  expect_failure({"twin", "update", "cell", "fab.csv", "-o", "out", "--outlier-level", "0"}, 2, {"--outlier-level"});
  expect_failure({"twin", "update", "cell", "-o", "out"}, 2, {"measurements"});
  const fs::path file = folder_ / "cell" / "model" / "lithography.fmu";
  const std::string bytes = read_text(file);
  write_text(folder_ / "cut.fmu", bytes.substr(0, bytes.size() / 2));
  expect_failure({"twin", "update", "cut.fmu", "fab.csv", "-o", "out"}, 3, {"cut.fmu"});
  fs::copy_file(file, folder_ / "cell" / "model" / "second.fmu");
  expect_failure(words, 3, {"several lithography units"});
}

TEST_F(CliTwinUpdate, CouplesTheCellToASystem) {
  const Outcome o = run({"twin", "couple", "cell", "-o", "out", "--gauge", "g2", "--set", "etch.bias_nm=2.5", "--set",
                         "etch.atomic_layer=true", "--runs", "120", "--json"});
  ASSERT_EQ(o.code, 0) << o.err;
  const Json json = Json::parse(o.out);
  EXPECT_EQ(json, Json::parse(read_text(folder_ / "out" / "system.json")));
  EXPECT_GT(value(json["control"]["target_cd_nm"]), 30);
  EXPECT_EQ(json["control"]["cd_per_dose"]["unit"], "nm/(mJ/cm2)");
  EXPECT_TRUE(read_text(folder_ / "out" / "system.ssp").starts_with("PK"));
  EXPECT_EQ(Json::parse(read_text(folder_ / "out" / "run.json"))["outputs"].size(), 2u);
}

TEST_F(CliTwinUpdate, BadSettingsLeaveNothing) {
  const auto expect = [&](const std::string& option, const std::string& text, int code,
                          const std::vector<std::string>& parts) {
    expect_failure({"twin", "couple", "cell", "-o", "out", option, text}, code, parts);
  };
  expect("--set", "etch.bias_nm", 2, {"--set etch.bias_nm", "expected CELL.NAME=NUMBER"});
  expect("--set", "etch.bias_nm=wide", 2, {"expected CELL.NAME=NUMBER"});
  expect("--set", "etch.bias=2", 3, {"'bias'"});
  expect("--gauge", "g9", 3, {"no gauge 'g9'"});
  expect("--runs", "0", 2, {"--runs"});
}

}  // namespace
}  // namespace anamorph
