// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The co-simulation units as programs load them: unpacked from what write_fmu() makes, driven through the C interface.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <thread>

#include "cpp/io/sha256.hpp"
#include "tests/fmi_unit.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/twin_grating.hpp"

namespace anamorph {
namespace {

#ifdef ANAMORPH_UNIT_DIR
const std::string binaries = ANAMORPH_UNIT_DIR;  // built with the sanitizers of this build
#else
const std::string binaries;
#endif

FmuDescription lithography() {
  return {.kind = UnitKind::lithography,
          .name = {},
          .description = {},
          .surrogate = Grating().model(),
          .starts = {},
          .provenance = {}};
}
FmuDescription plain(UnitKind kind, std::map<std::string, double> starts = {}) {
  return {.kind = kind, .name = {}, .description = {}, .surrogate = {}, .starts = std::move(starts), .provenance = {}};
}

class TwinFmu : public FolderTest {
 protected:
  std::unique_ptr<Unit> unit(const FmuDescription& description) {
    return std::make_unique<Unit>(folder / ("unit " + std::to_string(++units_)), fmu_bytes(description), binaries);
  }

 private:
  int units_ = 0;
};

// --------------------------------------------------------------------------------------------------------- lithography

TEST_F(TwinFmu, LithographyGivesWidthsAndSlopesOfTheClosedForm) {
  const Grating grating;
  const auto unit_ = unit(lithography());
  UnitInstance cell(*unit_);
  ASSERT_NE(cell.component, nullptr);
  ASSERT_EQ(cell.begin(), fmi2OK);
  EXPECT_NEAR(cell.get("cd_nm_bar"), grating.cd_nm(40, 0, 0), 1e-5);  // the 12-point polynomial through 32 samples
  for (const auto& [dose, focus, bias] : std::vector<std::tuple<double, double, double>>{
           {40, 0, 0}, {36, 0, 0}, {44, 30, 0}, {40, -45, 2}, {41, 10, -4}}) {
    ASSERT_EQ(cell.set("dose_mJ_cm2", dose), fmi2OK);
    ASSERT_EQ(cell.set("focus_nm", focus), fmi2OK);
    ASSERT_EQ(cell.set("mask_bias_nm", bias), fmi2OK);
    ASSERT_EQ(cell.step(), fmi2OK);
    const double width = grating.cd_nm(dose, focus, bias);
    EXPECT_NEAR(cell.get("cd_nm_bar"), width, 1e-5);
    EXPECT_NEAR(cell.get("epe_nm_bar"), (width - 32) / 2, 1e-5);
    EXPECT_NEAR(cell.get("nils_bar"), grating.nils(dose, focus, bias), 1e-5);
    EXPECT_TRUE(cell.flag("valid"));
    EXPECT_TRUE(cell.flag("valid_bar"));
    EXPECT_EQ(cell.text("status"), "");
  }
}

TEST_F(TwinFmu, LithographyPropagatesTheUncertaintiesThatItIsGiven) {
  const Grating grating;
  const auto unit_ = unit(lithography());
  UnitInstance cell(*unit_);
  const auto with = [&](double dose_u, double focus_u, double bias_u) {
    cell.reset();
    EXPECT_EQ(cell.begin([&] {
      cell.set("dose_mJ_cm2_u", dose_u);
      cell.set("focus_nm_u", focus_u);
      cell.set("mask_bias_nm_u", bias_u);
    }),
              fmi2OK);
    return cell.get("cd_nm_bar_u");
  };
  // Nothing but the fit's own error; then that and the slope over the dose; then that over the bias.
  EXPECT_NEAR(with(0, 0, 0), 0.03, 1e-9);
  const auto slope = [](auto of, double h) { return (of(h) - of(-h)) / (2 * h); };
  const double by_dose = slope([&](double d) { return grating.cd_nm(40 + d, 0, 0); }, 1e-3);
  EXPECT_NEAR(with(0.1, 0, 0), std::hypot(0.03, 0.1 * by_dose), 1e-4);
  const double by_bias = slope([&](double b) { return grating.cd_nm(40, 0, b); }, 1e-3);
  EXPECT_NEAR(with(0, 0, 0.1), std::hypot(0.03, 0.1 * by_bias), 1e-4);
  // At best focus the slope is none, the curvature counts: u^2 |f''| / sqrt(2).
  const double curvature = (grating.cd_nm(40, 1, 0) + grating.cd_nm(40, -1, 0) - 2 * grating.cd_nm(40, 0, 0));
  EXPECT_NEAR(with(0, 10, 0), std::hypot(0.03, 100 * curvature / std::sqrt(2.)), 2e-3);
  EXPECT_GT(with(0, 10, 0), 0.04);
  // Tuned while it runs.
  ASSERT_EQ(cell.set("focus_nm_u", 0), fmi2OK);
  ASSERT_EQ(cell.step(), fmi2OK);
  EXPECT_NEAR(cell.get("cd_nm_bar_u"), 0.03, 1e-9);
}

TEST_F(TwinFmu, ValuesBeyondTheirRangeAreTakenAtItsEndAndTold) {
  const Grating grating;
  const auto unit_ = unit(lithography());
  UnitInstance cell(*unit_);
  ASSERT_EQ(cell.begin(), fmi2OK);
  ASSERT_EQ(cell.set("focus_nm", 75), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_TRUE(cell.told({"focus_nm", "75", "-60", "60", "nm"})) << testing::PrintToString(cell.messages);
  EXPECT_FALSE(cell.flag("valid"));
  EXPECT_FALSE(cell.flag("valid_bar"));
  EXPECT_NE(cell.text("status").find("focus_nm = 75"), std::string::npos);
  EXPECT_NEAR(cell.get("cd_nm_bar"), grating.cd_nm(40, 60, 0), 1e-5);
  EXPECT_EQ(cell.get("focus_nm"), 75) << "what was set stays what was set";
  ASSERT_EQ(cell.set("focus_nm", 10), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2OK);
  EXPECT_TRUE(cell.flag("valid"));
  EXPECT_EQ(cell.text("status"), "");
}

TEST_F(TwinFmu, ParametersAndCountsHaveRangesToo) {
  const auto unit_ = unit(plain(UnitKind::etch, {{"film_nm", 10000}, {"mask_height_nm", 0}, {"time_s", 3}}));
  UnitInstance cell(*unit_);
  ASSERT_EQ(cell.begin([&] { cell.set("rate_nm_s", 100); }), fmi2OK);
  const double depth = cell.get("depth_nm");
  ASSERT_EQ(cell.set("rate_nm_s", 150), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_EQ(cell.get("depth_nm"), depth);
  EXPECT_TRUE(cell.told({"rate_nm_s = 150 nm/s", "0 .. 100"}));
  ASSERT_EQ(cell.set("rate_nm_s", 1), fmi2OK);
  ASSERT_EQ(cell.set_flag("atomic_layer", true), fmi2OK);
  ASSERT_EQ(cell.set_count("cycles", 2000), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2OK);
  const int layers = cell.count("layers");
  EXPECT_GT(layers, 1000);
  ASSERT_EQ(cell.set_count("cycles", 54321), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_EQ(cell.count("layers"), layers);
  EXPECT_TRUE(cell.told({"cycles = 54321", "0 .. 2000"})) << testing::PrintToString(cell.messages);
}

TEST_F(TwinFmu, OffsetsOfDoseAndFocusAreAdded) {
  const Grating grating;
  const auto unit_ = unit(lithography());
  UnitInstance cell(*unit_);
  ASSERT_EQ(cell.begin(), fmi2OK);
  ASSERT_EQ(cell.set("dose_mJ_cm2", 41), fmi2OK);
  ASSERT_EQ(cell.set("dose_offset_mJ_cm2", -3), fmi2OK);
  ASSERT_EQ(cell.set("focus_nm", 20), fmi2OK);
  ASSERT_EQ(cell.set("focus_offset_nm", 15), fmi2OK);
  ASSERT_EQ(cell.step(), fmi2OK);
  EXPECT_NEAR(cell.get("cd_nm_bar"), grating.cd_nm(38, 35, 0), 1e-5);
  // The sum counts, not its parts.
  ASSERT_EQ(cell.set("focus_offset_nm", 45), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_TRUE(cell.told({"focus_nm with its offset is 65", "-60 .. 60"})) << testing::PrintToString(cell.messages);
  EXPECT_NEAR(cell.get("cd_nm_bar"), grating.cd_nm(38, 60, 0), 1e-5);
  EXPECT_FALSE(cell.flag("valid_bar"));
  ASSERT_EQ(cell.set("focus_offset_nm", 0), fmi2OK);
  ASSERT_EQ(cell.set("dose_offset_mJ_cm2", 20), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_NEAR(cell.get("cd_nm_bar"), grating.cd_nm(60, 20, 0), 1e-5);
  // A model that knows no focus has no offset of it.
  FmuDescription description = lithography();
  description.surrogate.inputs[0].name = "z4_nm";
  for (const UnitVariable& variable : fmu_variables(description)) EXPECT_NE(variable.name, "focus_offset_nm");
}

TEST_F(TwinFmu, AFeatureThatDoesNotPrintIsNoNumberlessOutput) {
  FmuDescription description = lithography();
  description.surrogate.dose_low_mj_cm2 = 5;
  description.surrogate.dose_high_mj_cm2 = 400;
  const auto unit_ = unit(description);
  UnitInstance cell(*unit_);
  ASSERT_EQ(cell.begin(), fmi2OK);
  const double length = 44 * 2.0;

  ASSERT_EQ(cell.set("dose_mJ_cm2", 10), fmi2OK);  // the image never reaches the threshold
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_TRUE(cell.told({"bar", "does not print"}));
  EXPECT_EQ(cell.get("cd_nm_bar"), 0);
  EXPECT_EQ(cell.get("epe_nm_bar"), -16);
  EXPECT_EQ(cell.get("nils_bar"), 0);
  EXPECT_EQ(cell.get("cd_nm_bar_u"), length);
  EXPECT_FALSE(cell.flag("valid_bar"));
  EXPECT_FALSE(cell.flag("valid"));

  ASSERT_EQ(cell.set("dose_mJ_cm2", 399), fmi2OK);  // it never falls below, out of focus
  ASSERT_EQ(cell.set("focus_nm", 60), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_TRUE(cell.told({"bar", "runs together"}));
  EXPECT_EQ(cell.get("cd_nm_bar"), length);
  EXPECT_EQ(cell.get("epe_nm_bar"), length / 2 - 16);
  EXPECT_FALSE(cell.flag("valid"));

  ASSERT_EQ(cell.set("focus_nm", 0), fmi2OK);
  // A width just under the peak: it prints, but not for all doses that are meant.
  ASSERT_EQ(cell.set("dose_mJ_cm2", 18.05), fmi2OK);
  ASSERT_EQ(cell.set("dose_mJ_cm2_u", 2), fmi2OK);
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_TRUE(cell.told({"bar", "may not print"}));
  EXPECT_NEAR(cell.get("cd_nm_bar"), Grating().cd_nm(18.05, 0, 0), 1e-4);
  EXPECT_EQ(cell.get("cd_nm_bar_u"), length);
  EXPECT_FALSE(cell.flag("valid_bar"));
}

TEST_F(TwinFmu, EveryOutputHasANameOfItsOwn) {
  FmuDescription description = lithography();
  std::vector<SurrogateGauge>& gauges = description.surrogate.gauges;
  gauges.resize(1, gauges[0]);
  for (const char* name : {"bar", "bar_u", "b\xc3\xa4r!", "b__r_", "", "bar_2"}) {
    gauges.push_back(gauges[0]);
    gauges.back().name = name;
  }
  EXPECT_EQ(fmu_gauge_names(description.surrogate),
            (std::vector<std::string>{"bar", "bar_2", "bar_u_2", "b__r_", "b__r__2", "gauge", "bar_2_2"}));
  std::set<std::string> names;
  for (const UnitVariable& variable : fmu_variables(description)) {
    EXPECT_TRUE(names.insert(variable.name).second) << variable.name;
    EXPECT_EQ(unit_name(variable.name), variable.name);
  }
  EXPECT_TRUE(names.contains("cd_nm_bar_u_2_u"));
  write_fmu(folder / "unit.fmu", description);
  EXPECT_EQ(check_fmu(folder / "unit.fmu"), std::vector<std::string>{});

  // The variables follow the gauges' order, and a gauge without a target edge has no placement error.
  const std::vector<UnitVariable> table = fmu_variables(lithography());
  const auto at = [&](const std::string& name) {
    return std::find_if(table.begin(), table.end(), [&](const UnitVariable& v) { return v.name == name; });
  };
  EXPECT_NE(at("epe_nm_bar"), table.end());
  EXPECT_EQ(at("epe_nm_free"), table.end());
  EXPECT_NE(at("nils_free"), table.end());

  description.surrogate.inputs[1].name = "focus nm";
  EXPECT_EQ(error_of([&] { (void)fmu_bytes(description); }).id(), "FMU-0004") << "two inputs of one name";
}

// --------------------------------------------------------------------------------------------------------------- shell

TEST_F(TwinFmu, InstancesRunSideBySide) {
  const Grating grating;
  const auto unit_ = unit(lithography());
  UnitInstance one(*unit_, "one"), other(*unit_, "other");
  ASSERT_EQ(one.begin(), fmi2OK);
  ASSERT_EQ(other.begin([&] { other.set("dose_mJ_cm2", 44); }), fmi2OK);
  // In turn, and at once in two threads.
  for (int run = 0; run < 5; ++run) {
    one.set("focus_nm", 5 * run);
    other.set("focus_nm", -10 * run);
    ASSERT_EQ(one.step(), fmi2OK);
    ASSERT_EQ(other.step(), fmi2OK);
    EXPECT_NEAR(one.get("cd_nm_bar"), grating.cd_nm(40, 5 * run, 0), 1e-5);
    EXPECT_NEAR(other.get("cd_nm_bar"), grating.cd_nm(44, -10 * run, 0), 1e-5);
  }
  const auto drive = [](UnitInstance& cell, double direction, double& sum) {
    for (int run = 0; run < 200; ++run) {
      cell.set("focus_nm", direction * (run % 50));
      cell.step();
      sum += cell.get("cd_nm_bar");
    }
  };
  double sums[2] = {0, 0};
  std::thread first(drive, std::ref(one), 1, std::ref(sums[0]));
  std::thread second(drive, std::ref(other), -1, std::ref(sums[1]));
  first.join();
  second.join();
  double expected[2] = {0, 0};
  for (int run = 0; run < 200; ++run) {
    expected[0] += grating.cd_nm(40, run % 50, 0);
    expected[1] += grating.cd_nm(44, run % 50, 0);
  }
  EXPECT_NEAR(sums[0], expected[0], 1e-2);
  EXPECT_NEAR(sums[1], expected[1], 1e-2);
}

TEST_F(TwinFmu, ResetGoesBackToTheStart) {
  const auto unit_ = unit(plain(UnitKind::control));
  UnitInstance cell(*unit_);
  const auto drive = [&] {
    std::vector<double> doses;
    EXPECT_EQ(cell.begin([&] { cell.set("weight", 0.5); }), fmi2OK);
    for (int run = 0; run < 4; ++run) {
      cell.set("cd_nm", 21 + run);
      EXPECT_EQ(cell.step(), fmi2OK);
      doses.push_back(cell.get("dose_mJ_cm2"));
    }
    return doses;
  };
  const std::vector<double> first = drive();
  EXPECT_EQ(cell.count("runs"), 4);
  ASSERT_EQ(cell.reset(), fmi2OK);
  EXPECT_EQ(cell.get("weight"), 0.3) << "parameters too";
  EXPECT_EQ(cell.get("cd_nm"), 20);
  EXPECT_EQ(drive(), first);
  EXPECT_EQ(cell.count("runs"), 4);
}

TEST_F(TwinFmu, NumbersThatAreNoneAreErrorsUntilAReset) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const auto unit_ = unit(lithography());
    UnitInstance cell(*unit_);
    ASSERT_EQ(cell.begin(), fmi2OK);
    const double before = cell.get("cd_nm_bar");
    EXPECT_EQ(cell.set("focus_nm", bad), fmi2Error);
    EXPECT_TRUE(cell.told({"focus_nm", "not a finite number"}));
    EXPECT_EQ(cell.step(), fmi2Error) << "it does not go on with the old value";
    EXPECT_TRUE(cell.told({"must be reset"}));
    EXPECT_EQ(cell.get("cd_nm_bar"), before);
    ASSERT_EQ(cell.reset(), fmi2OK);
    ASSERT_EQ(cell.begin(), fmi2OK);
    EXPECT_EQ(cell.step(), fmi2OK);
    EXPECT_EQ(cell.get("cd_nm_bar"), before);
  }
}

TEST_F(TwinFmu, WhatDoesNotBelongTogetherIsNotInstantiated) {
  const auto unit_ = unit(lithography());
  const std::string resources = unit_->resources();
  {
    UnitInstance cell(*unit_, "{00000000-0000-0000-0000-000000000000}", resources.c_str());
    EXPECT_EQ(cell.component, nullptr);
    EXPECT_TRUE(cell.told({"GUID", unit_->guid})) << testing::PrintToString(cell.messages);
  }
  {
    UnitInstance cell(*unit_, nullptr, resources.c_str());
    EXPECT_EQ(cell.component, nullptr);
  }
  for (const char* place : {"", "http://there/resources", "file://elsewhere/resources", "file:///no/such/folder"}) {
    UnitInstance cell(*unit_, unit_->guid.c_str(), place);
    EXPECT_EQ(cell.component, nullptr) << place;
    EXPECT_EQ(cell.messages.size(), 1u);
  }
  {
    UnitInstance cell(*unit_, unit_->guid.c_str(), nullptr);
    EXPECT_EQ(cell.component, nullptr);
  }
  {
    UnitInstance cell(*unit_, unit_->guid.c_str(), resources.c_str(), fmi2ModelExchange);
    EXPECT_EQ(cell.component, nullptr);
    EXPECT_TRUE(cell.told({"co-simulation"}));
  }
  // The folder's name has a blank in it: as it is, and as an URI writes it.
  std::string coded = resources;
  coded.replace(coded.find(' '), 1, "%20");
  for (const std::string& place :
       {resources, coded, coded.substr(7), "file:" + coded.substr(7), "file://localhost" + coded.substr(7)}) {
    UnitInstance cell(*unit_, unit_->guid.c_str(), place.c_str());
    const bool plain_path = place[0] == '/';  // of which %20 is a part
    EXPECT_EQ(cell.component != nullptr, !plain_path) << place;
  }
  // One byte of the model flipped; another model; other start values.
  const std::filesystem::path model = folder / "unit 1/resources/surrogate.bin";
  const std::string bytes = read_all(model);
  std::string flipped = bytes;
  flipped[flipped.size() / 2] ^= 1;
  write_plain(model, flipped);
  {
    UnitInstance cell(*unit_);
    EXPECT_EQ(cell.component, nullptr);
    EXPECT_TRUE(cell.told({"checksum"})) << testing::PrintToString(cell.messages);
  }
  SurrogateModel another = Grating().model();
  another.threshold += 0.01;
  write_plain(model, surrogate_bytes(another));
  {
    UnitInstance cell(*unit_);
    EXPECT_EQ(cell.component, nullptr);
    EXPECT_TRUE(cell.told({"GUID"}));
  }
  write_plain(model, bytes);
  EXPECT_NE(UnitInstance(*unit_).component, nullptr);
  write_plain(folder / "unit 1/resources/start.txt", "focus_nm = 7\n");
  EXPECT_EQ(UnitInstance(*unit_).component, nullptr);
  write_plain(folder / "unit 1/resources/start.txt", "# another text, the same values\n");
  EXPECT_EQ(UnitInstance(*unit_).component, nullptr);
  std::filesystem::remove(folder / "unit 1/resources/start.txt");
  EXPECT_EQ(UnitInstance(*unit_).component, nullptr);
}

TEST_F(TwinFmu, CallsOutOfOrderAreErrors) {
  const auto unit_ = unit(plain(UnitKind::etch));
  const auto refused = [&](auto call, std::vector<std::string> words) {
    UnitInstance cell(*unit_);
    EXPECT_EQ(call(cell), fmi2Error) << testing::PrintToString(words);
    EXPECT_TRUE(cell.told(words)) << testing::PrintToString(words) << testing::PrintToString(cell.messages);
  };
  refused([](UnitInstance& cell) { return cell.step(); }, {"fmi2DoStep", "out of its order"});
  refused([](UnitInstance& cell) { return ANAMORPH_CALL(cell.unit(), fmi2ExitInitializationMode)(cell.component); },
          {"fmi2ExitInitializationMode"});
  refused([](UnitInstance& cell) { return ANAMORPH_CALL(cell.unit(), fmi2Terminate)(cell.component); },
          {"fmi2Terminate"});
  refused(
      [](UnitInstance& cell) {
        const fmi2ValueReference reference = cell.unit().references.at("depth_nm");
        double value = 0;
        return ANAMORPH_CALL(cell.unit(), fmi2GetReal)(cell.component, &reference, 1, &value);
      },
      {"depth_nm", "before the initialisation"});
  refused(
      [](UnitInstance& cell) {
        cell.begin();
        return cell.set("depth_nm", 3);
      },
      {"depth_nm", "cannot be set"});
  refused([](UnitInstance& cell) { return cell.set_flag("cd_nm", true); }, {"fmi2SetBoolean", "of this type"});
  refused(
      [](UnitInstance& cell) {
        const fmi2ValueReference reference = 4000000000u;
        double value = 0;
        return ANAMORPH_CALL(cell.unit(), fmi2SetReal)(cell.component, &reference, 1, &value);
      },
      {"4000000000"});
  refused(
      [](UnitInstance& cell) {
        cell.begin();
        return cell.step(-1);
      },
      {"forward in time"});
  refused(
      [](UnitInstance& cell) {
        cell.begin();
        cell.time = 5;
        return cell.step();
      },
      {"at 0 s, not at 5 s"});
  refused(
      [](UnitInstance& cell) {
        EXPECT_EQ(ANAMORPH_CALL(cell.unit(), fmi2SetupExperiment)(cell.component, fmi2False, 0, 0, fmi2True, 2.5),
                  fmi2OK);
        EXPECT_EQ(ANAMORPH_CALL(cell.unit(), fmi2EnterInitializationMode)(cell.component), fmi2OK);
        EXPECT_EQ(ANAMORPH_CALL(cell.unit(), fmi2ExitInitializationMode)(cell.component), fmi2OK);
        EXPECT_EQ(cell.step(), fmi2OK);
        EXPECT_EQ(cell.step(1.5), fmi2OK);
        return cell.step(0.1);
      },
      {"beyond the stop time 2.5"});
  for (const char* name : {"fmi2DoStep", "fmi2Reset", "fmi2Terminate"})
    EXPECT_NE(unit_->function<void()>(name), nullptr) << name;
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2Reset)(nullptr), fmi2Error);
  ANAMORPH_CALL(*unit_, fmi2FreeInstance)(nullptr);
  EXPECT_STREQ(ANAMORPH_CALL(*unit_, fmi2GetVersion)(), "2.0");
  EXPECT_STREQ(ANAMORPH_CALL(*unit_, fmi2GetTypesPlatform)(), "default");
}

TEST_F(TwinFmu, FunctionsThatAreNotSupportedLeaveTheUnitRunning) {
  const auto unit_ = unit(plain(UnitKind::etch));
  UnitInstance cell(*unit_);
  ASSERT_EQ(cell.begin(), fmi2OK);
  const fmi2ValueReference unknown = unit_->references.at("depth_nm"), known = unit_->references.at("cd_nm");
  const fmi2Integer order = 1;
  double value = 1, result = 0;
  EXPECT_EQ(
      ANAMORPH_CALL(*unit_, fmi2GetDirectionalDerivative)(cell.component, &unknown, 1, &known, 1, &value, &result),
      fmi2Error);
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2SetRealInputDerivatives)(cell.component, &known, 1, &order, &value), fmi2Error);
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2GetRealOutputDerivatives)(cell.component, &unknown, 1, &order, &result),
            fmi2Error);
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2CancelStep)(cell.component), fmi2Error);
  EXPECT_EQ(cell.messages.size(), 4u);
  EXPECT_EQ(cell.step(2), fmi2OK);
  double time = 0;
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2GetRealStatus)(cell.component, fmi2LastSuccessfulTime, &time), fmi2OK);
  EXPECT_EQ(time, 2);
  fmi2Boolean ended = fmi2True;
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2GetBooleanStatus)(cell.component, fmi2Terminated, &ended), fmi2OK);
  EXPECT_EQ(ended, fmi2False);
  fmi2Status pending = fmi2OK;
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2GetStatus)(cell.component, fmi2DoStepStatus, &pending), fmi2Discard);
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2Terminate)(cell.component), fmi2OK);
  EXPECT_GT(cell.get("depth_nm"), 0) << "values can be read after the end";
}

TEST_F(TwinFmu, StepsAreLoggedOnRequest) {
  const auto unit_ = unit(plain(UnitKind::etch));
  UnitInstance cell(*unit_);
  ASSERT_EQ(cell.begin(), fmi2OK);
  ASSERT_EQ(cell.step(), fmi2OK);
  EXPECT_TRUE(cell.messages.empty());
  const char* categories[] = {"logEvents"};
  ASSERT_EQ(ANAMORPH_CALL(*unit_, fmi2SetDebugLogging)(cell.component, fmi2True, 1, categories), fmi2OK);
  ASSERT_EQ(cell.step(), fmi2OK);
  EXPECT_TRUE(cell.told({"step to 2 s"}));
  categories[0] = "logTea";
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2SetDebugLogging)(cell.component, fmi2True, 1, categories), fmi2Error);
}

TEST_F(TwinFmu, MessagesAreNoFormats) {
  FmuDescription description = lithography();
  description.surrogate.gauges[0].name = "100 %s #r1#";
  description.surrogate.dose_low_mj_cm2 = 5;
  const auto unit_ = unit(description);
  UnitInstance cell(*unit_);
  ASSERT_EQ(cell.begin(), fmi2OK);
  cell.set("dose_mJ_cm2", 6);
  EXPECT_EQ(cell.step(), fmi2Warning);
  EXPECT_TRUE(cell.told({"'100 %s ##r1##'"})) << testing::PrintToString(cell.messages);
}

TEST_F(TwinFmu, AStateCanBeTakenSetAndWritten) {
  const auto unit_ = unit(plain(UnitKind::control));
  UnitInstance cell(*unit_);
  ASSERT_EQ(cell.begin(), fmi2OK);
  const auto run = [&](UnitInstance& on, double cd) {
    on.set("cd_nm", cd);
    EXPECT_EQ(on.step(), fmi2OK);
    return on.get("dose_mJ_cm2");
  };
  run(cell, 21);
  fmi2FMUstate state = nullptr;
  ASSERT_EQ(ANAMORPH_CALL(*unit_, fmi2GetFMUstate)(cell.component, &state), fmi2OK);
  const double after_22 = run(cell, 22);
  const double after_23 = run(cell, 23);
  ASSERT_EQ(ANAMORPH_CALL(*unit_, fmi2SetFMUstate)(cell.component, state), fmi2OK);
  cell.time = 1;
  EXPECT_EQ(run(cell, 22), after_22);

  std::size_t size = 0;
  ASSERT_EQ(ANAMORPH_CALL(*unit_, fmi2SerializedFMUstateSize)(cell.component, state, &size), fmi2OK);
  std::vector<char> bytes(size);
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2SerializeFMUstate)(cell.component, state, bytes.data(), size - 1), fmi2Error);
  ASSERT_EQ(ANAMORPH_CALL(*unit_, fmi2SerializeFMUstate)(cell.component, state, bytes.data(), size), fmi2OK);
  UnitInstance other(*unit_, "other");
  ASSERT_EQ(other.begin(), fmi2OK);
  fmi2FMUstate copy = nullptr;
  ASSERT_EQ(ANAMORPH_CALL(*unit_, fmi2DeSerializeFMUstate)(other.component, bytes.data(), size, &copy), fmi2OK);
  ASSERT_EQ(ANAMORPH_CALL(*unit_, fmi2SetFMUstate)(other.component, copy), fmi2OK);
  other.time = 1;
  EXPECT_EQ(run(other, 22), after_22);
  EXPECT_EQ(run(other, 23), after_23);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{10}, size / 2})
    EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2DeSerializeFMUstate)(other.component, bytes.data(), cut, &copy), fmi2Error);
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2FreeFMUstate)(cell.component, &state), fmi2OK);
  EXPECT_EQ(state, nullptr);
  EXPECT_EQ(ANAMORPH_CALL(*unit_, fmi2FreeFMUstate)(other.component, &copy), fmi2OK);

  // A state of another kind of unit is none of this one's.
  const auto etch = unit(plain(UnitKind::etch));
  UnitInstance foreign(*etch);
  fmi2FMUstate wrong = nullptr;
  EXPECT_EQ(ANAMORPH_CALL(*etch, fmi2DeSerializeFMUstate)(foreign.component, bytes.data(), size, &wrong), fmi2Error);
}

// ------------------------------------------------------------------------------------------------------------- packing

TEST_F(TwinFmu, TheSameUnitHasTheSameBytesAndAnotherOneAnotherGuid) {
  const std::string first = fmu_bytes(lithography());
  EXPECT_EQ(fmu_bytes(lithography()), first);
  FmuDescription other = lithography();
  other.surrogate.gauges[0].coefficients[3] += 1e-9;
  const auto one = unit(lithography()), two = unit(other);
  EXPECT_NE(one->guid, two->guid);
  EXPECT_EQ(one->guid.size(), 38u);
  FmuDescription named = lithography();
  named.name = "Cell <1> & \"2\"";
  named.provenance = {{"command", "anamorph twin export a&b.toml"}};
  write_fmu(folder / "named.fmu", named);
  EXPECT_EQ(check_fmu(folder / "named.fmu"), std::vector<std::string>{});
  EXPECT_NE(read_zip(read_all(folder / "named.fmu")).back().bytes.find("a&amp;b.toml"), std::string::npos);
}

TEST_F(TwinFmu, StartValuesAreThoseOfTheDescription) {
  const auto unit_ = unit(plain(UnitKind::control, {{"target_cd_nm", 17.5}, {"delay_runs", 2}, {"cd_valid", 0}}));
  UnitInstance cell(*unit_);
  ASSERT_NE(cell.component, nullptr);
  EXPECT_EQ(cell.get("target_cd_nm"), 17.5);
  EXPECT_EQ(cell.count("delay_runs"), 2);
  EXPECT_FALSE(cell.flag("cd_valid"));
  const std::vector<std::pair<std::map<std::string, double>, std::string>> wrong{
      {{{"targt", 1}}, "no input or parameter 'targt'"},
      {{{"dose_mJ_cm2", 1}}, "no input or parameter 'dose_mJ_cm2'"},  // an output
      {{{"weight", 1.5}}, "weight = 1.5 is outside its range 0 .. 1"},
      {{{"delay_runs", 0.5}}, "whole number"},
      {{{"weight", std::nan("")}}, "not a number"}};
  for (const auto& [starts, words] : wrong) {
    const Error error = error_of([&, &given = starts] { (void)fmu_bytes(plain(UnitKind::control, given)); });
    EXPECT_EQ(error.code(), ErrorCode::input);
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST_F(TwinFmu, TheBinaryNeedsNothingButLibc) {
  for (const UnitKind kind : {UnitKind::lithography, UnitKind::etch, UnitKind::control}) {
    FmuDescription description = plain(kind);
    if (kind == UnitKind::lithography) description.surrogate = Grating().model();
    for (const ZipMember& member : read_zip(fmu_bytes(description)))
      if (member.executable) write_plain(folder / "unit.so", member.bytes);
    const auto lines = [&](const std::string& command) {
      EXPECT_EQ(std::system((command + " " + (folder / "unit.so").string() + " > " + (folder / "out").string() +
                             " 2> /dev/null")
                                .c_str()),
                0);
      std::ifstream out(folder / "out");
      std::vector<std::string> found;
      for (std::string line; std::getline(out, line);) found.push_back(line);
      return found;
    };
    if (std::system("command -v readelf nm > /dev/null") != 0) GTEST_SKIP() << "readelf and nm are not installed";
    int needed = 0;
    for (const std::string& line : lines("readelf -dW")) {
      if (line.find("(NEEDED)") == line.npos) continue;
      ++needed;
      const std::string library = line.substr(line.find('['));
      EXPECT_TRUE(library.starts_with("[libc.so.") || library.starts_with("[libm.so.") || library.starts_with("[ld-"))
          << line;
    }
    EXPECT_GE(needed, 1);
    const std::vector<std::string> symbols = lines("nm -D --defined-only");
    EXPECT_EQ(symbols.size(), 34u) << "the functions of FMI 2.0 for co-simulation";
    for (const std::string& symbol : symbols) EXPECT_NE(symbol.find(" T fmi2"), symbol.npos) << symbol;
    // No undefined symbol of a sanitizer either.
    for (const std::string& symbol : lines("nm -D --undefined-only"))
      EXPECT_EQ(symbol.find("san_"), symbol.npos) << symbol;
  }
}

// -------------------------------------------------------------------------------------------------------------- checks

class TwinFmuCheck : public FolderTest {
 protected:
  /// Findings of a lithography unit in which `change` was applied to the members.
  template <typename Change>
  std::vector<std::string> findings(Change change) {
    std::vector<ZipMember> members = read_zip(fmu_bytes(lithography()));
    change(members);
    write_plain(folder / "unit.fmu", zip_bytes(members));
    return check_fmu(folder / "unit.fmu");
  }
  /// The same with a text of the model description replaced.
  std::vector<std::string> with(const std::string& old_text, const std::string& new_text) {
    return findings([&](std::vector<ZipMember>& members) {
      std::string& xml = members[0].bytes;
      const std::size_t at = xml.find(old_text);
      ASSERT_NE(at, xml.npos) << old_text;
      xml.replace(at, old_text.size(), new_text);
    });
  }
  static bool names(const std::vector<std::string>& found, const std::string& words) {
    return std::any_of(found.begin(), found.end(), [&](const std::string& one) { return one.find(words) != one.npos; });
  }
};

#define EXPECT_FOUND(found, words) \
  EXPECT_TRUE(names(found, words)) << testing::PrintToString(found) << "\nexpected: " << (words)

TEST_F(TwinFmuCheck, FindsNothingInWhatWasWritten) {
  for (const UnitKind kind : {UnitKind::lithography, UnitKind::etch, UnitKind::control}) {
    FmuDescription description = plain(kind);
    if (kind == UnitKind::lithography) description.surrogate = Grating().model();
    write_fmu(folder / "unit.fmu", description);
    EXPECT_EQ(check_fmu(folder / "unit.fmu"), std::vector<std::string>{});
  }
  EXPECT_EQ(entries(), 1);
}

TEST_F(TwinFmuCheck, FindsUnitsThatAreMissingOrWrong) {
  const std::string dose = "<Real unit=\"mJ/cm2\" min=";
  EXPECT_FOUND(with(dose, "<Real min="), "variable 'dose_mJ_cm2' (modelDescription.xml, line");
  EXPECT_FOUND(with(dose, "<Real min="), "has no unit");
  EXPECT_FOUND(with(dose, "<Real unit=\"J/m2\" min="), "has the unit 'J/m2', which is not defined");
  EXPECT_FOUND(with(dose, "<Real unit=\"nm\" min="), "unit is 'nm', the unit has 'mJ/cm2'");
  EXPECT_FOUND(with("s=\"-2\" factor=\"10\"", "s=\"-2\" factor=\"0.1\""), "the unit 'mJ/cm2' has factor = 0.1");
  EXPECT_FOUND(with("<BaseUnit m=\"1\" factor=\"1e-09\"/>", "<BaseUnit m=\"1\" factor=\"1e-09\" offset=\"273.15\"/>"),
               "has offset = 273.15");
  EXPECT_FOUND(with("<BaseUnit m=\"1\" factor=\"1e-09\"/>", "<BaseUnit m=\"2\" factor=\"1e-09\"/>"), "has m = 2");
  EXPECT_FOUND(with("<BaseUnit m=\"1\" factor=\"1e-09\"/>", ""), "not defined in SI base units");
}

TEST_F(TwinFmuCheck, FindsVariablesThatAreNotThoseOfTheUnit) {
  EXPECT_FOUND(with("name=\"cd_nm_bar\"", "name=\"cd_nm_baz\""), "name is 'cd_nm_baz', the unit has 'cd_nm_bar'");
  EXPECT_FOUND(with("name=\"cd_nm_bar\"", "name=\"epe_nm_bar\""), "has the name of another one");
  EXPECT_FOUND(with("valueReference=\"1\"", "valueReference=\"2\""), "has the value reference of another one");
  EXPECT_FOUND(with("description=\"Exposure dose\"", "description=\"\""), "has no description");
  EXPECT_FOUND(with("start=\"40\"", "start=\"400\""), "starts at 400, which is not in its range");
  EXPECT_FOUND(with("start=\"40\"", "start=\"41\""), "start is '41', the unit has '40'");
  EXPECT_FOUND(with("causality=\"input\"", "causality=\"output\""), "causality is 'output'");
  EXPECT_FOUND(with("causality=\"input\"", "causality=\"output\""), "Outputs does not list just the outputs");
  EXPECT_FOUND(with("      <Unknown index=\"11\"/>\n", ""), "Outputs does not list just the outputs");
  EXPECT_FOUND(with("guid=\"{", "guid=\"{0"), "the GUID is {0");
  EXPECT_FOUND(with("modelIdentifier=\"anamorph_lithography\"", "modelIdentifier=\"other\""), "'other'");
  EXPECT_FOUND(with("</ModelVariables>", "</ModelVariable>"), "not well formed");
  EXPECT_FOUND(with("fmiVersion=\"2.0\"", "fmiVersion=\"3.0\""), "FMI 2.0");
}

TEST_F(TwinFmuCheck, FindsWhatIsMissingOrChangedInTheArchive) {
  for (const char* name : {"modelDescription.xml", "binaries/linux64/anamorph_lithography.so",
                           "resources/surrogate.bin", "resources/start.txt", "documentation/index.html"}) {
    EXPECT_FOUND(findings([&](std::vector<ZipMember>& members) {
                   std::erase_if(members, [&](const ZipMember& member) { return member.name == name; });
                 }),
                 std::string(name) + " is missing");
  }
  const auto member = [](std::vector<ZipMember>& members, const std::string& name) -> std::string& {
    return std::find_if(members.begin(), members.end(), [&](const ZipMember& one) { return one.name == name; })->bytes;
  };
  EXPECT_FOUND(findings([&](auto& members) { member(members, "resources/surrogate.bin")[200] ^= 4; }), "checksum");
  EXPECT_FOUND(findings([&](auto& members) {
                 SurrogateModel other = Grating().model();
                 other.gauges[1].cd_error_nm = 0.01;
                 member(members, "resources/surrogate.bin") = surrogate_bytes(other);
               }),
               "that of the content is");
  EXPECT_FOUND(findings([&](auto& members) { member(members, "binaries/linux64/anamorph_lithography.so")[0] = 'M'; }),
               "no ELF library");
  EXPECT_FOUND(findings([&](auto& members) { members.push_back(members[0]); }), "is there twice");

  // Bytes of the file itself: each byte of a member's packed data, and a cut.
  const std::string whole = fmu_bytes(lithography());
  int found = 0;
  constexpr std::size_t stride = 997;
  for (std::size_t at = 0; at < whole.size(); at += stride) {
    std::string flipped = whole;
    flipped[at] ^= 0x10;
    write_plain(folder / "unit.fmu", flipped);
    found += check_fmu(folder / "unit.fmu").empty() ? 0 : 1;
  }
  // Dates and attributes of members are the only bytes that mean nothing here.
  EXPECT_GE(found, static_cast<int>((whole.size() - 1) / stride));
  write_plain(folder / "unit.fmu", whole.substr(0, whole.size() - 100));
  EXPECT_FOUND(check_fmu(folder / "unit.fmu"), "no zip archive");
  EXPECT_EQ(error_of([&] { (void)check_fmu(folder / "none.fmu"); }).code(), ErrorCode::input);
}

TEST(TwinUnits, AreDefinedByWhatTheyAreInSI) {
  const double nm = 1e-9, second = 1, mJ = 1e-3, cm = 1e-2;
  const std::map<std::string, std::pair<double, std::array<int, 3>>> known{
      {"1", {1, {0, 0, 0}}},
      {"nm", {nm, {0, 1, 0}}},
      {"s", {second, {0, 0, 1}}},
      {"nm/s", {nm / second, {0, 1, -1}}},
      {"mJ/cm2", {mJ / (cm * cm), {1, 0, -2}}},
      {"nm/(mJ/cm2)", {nm / (mJ / (cm * cm)), {-1, 1, 2}}}};
  EXPECT_EQ(unit_definitions().size(), known.size());
  for (const UnitDefinition& unit : unit_definitions()) {
    const auto& [factor, exponents] = known.at(unit.name);
    EXPECT_NEAR(unit.factor / factor, 1, 1e-12) << unit.name;
    EXPECT_EQ((std::array{unit.kg, unit.m, unit.s}), exponents) << unit.name;
  }
}

TEST(TwinXml, IsWellFormedOrRefused) {
  const std::vector<XmlElement> elements =
      scan_xml("<?xml version=\"1.0\"?>\n<!-- a -->\n<a x='1 &lt; &#x3b1;'>text &amp; more<b/>\n<c y=\"\"></c></a>\n");
  ASSERT_EQ(elements.size(), 3u);
  EXPECT_EQ(elements[0].attribute("x"), "1 < \xce\xb1");
  EXPECT_EQ(elements[2].parent, 0);
  EXPECT_EQ(elements[2].line, 4);
  for (const char* bad : {"",
                          "<a>",
                          "<a></b>",
                          "<a/><b/>",
                          "<a x=1/>",
                          "<a x=\"1\" x=\"2\"/>",
                          "<a>&nbsp;</a>",
                          "<a x=\"<\"/>",
                          "</a>",
                          "x<a/>",
                          "<!DOCTYPE a><a/>",
                          "<a",
                          "<a x",
                          "<a x=\"",
                          "<a>\x01</a>",
                          "<a>\xff</a>",
                          "<a x=\"1\"y=\"2\"/>",
                          "<1/>",
                          "<a>&#0;</a>",
                          "<!--",
                          "<a>&",
                          "<"})
    EXPECT_EQ(error_of([&] { (void)scan_xml(bad); }).id(), "XML-0001") << bad;
  EXPECT_EQ(xml_text("<a & \"b\"> \x01 \xff \xc3\xa4"), "&lt;a &amp; &quot;b&quot;&gt; ? ? \xc3\xa4");
}

TEST(TwinZip, HoldsWhatWasPutIn) {
  const std::vector<ZipMember> members{{.name = "a/b.txt", .bytes = std::string(100000, 'x')},
                                       {.name = "c", .bytes = "", .executable = true}};
  const std::string bytes = zip_bytes(members);
  EXPECT_EQ(zip_bytes(members), bytes);
  const std::vector<ZipMember> back = read_zip(bytes);
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].name, "a/b.txt");
  EXPECT_EQ(back[0].bytes, members[0].bytes);
  EXPECT_FALSE(back[0].executable);
  EXPECT_TRUE(back[1].executable);
  EXPECT_EQ(error_of([&] { (void)read_zip(bytes, 1000); }).id(), "ZIP-0003");
  EXPECT_EQ(error_of([&] { (void)read_zip("PK no archive"); }).id(), "ZIP-0002");
  EXPECT_EQ(error_of([&] { (void)read_zip(""); }).id(), "ZIP-0002");
}

}  // namespace
}  // namespace anamorph
