// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Units coupled to a system. That other programs run it is shown by docs/examples/twin.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cpp/twin/control_loop.hpp"
#include "cpp/twin/ssp.hpp"
#include "cpp/twin/xml_scan.hpp"
#include "cpp/twin/zip.hpp"
#include "tests/folder_fixture.hpp"
#include "tests/surrogate_fixture.hpp"

namespace anamorph {
namespace {

SspSystem three_cells() {
  SspSystem system;
  system.name = "loop";
  system.description = "Lithography, etch & control";
  FmuDescription litho, etch, control;
  litho.surrogate = cosine_model({CosineImage{}});
  etch.kind = UnitKind::etch;
  control.kind = UnitKind::control;
  system.components = {{"litho", litho}, {"etch", etch}, {"control", control}};
  system.connections = {{{"", "focus_drift_nm"}, {"litho", "focus_offset_nm"}},
                        {{"control", "dose_mJ_cm2"}, {"litho", "dose_mJ_cm2"}},
                        {{"litho", "cd_nm_g1"}, {"etch", "cd_nm"}},
                        {{"litho", "valid_g1"}, {"etch", "cd_valid"}},
                        {{"etch", "cd_etched_nm"}, {"control", "cd_nm"}},
                        {{"etch", "valid"}, {"control", "cd_valid"}},
                        {{"etch", "cd_etched_nm"}, {"", "cd_nm"}}};
  system.parameters = {{{"control", "weight"}, 0.4},
                       {{"control", "delay_runs"}, 2},
                       {{"control", "focus_valid"}, 0},
                       {{"control", "target_cd_nm"}, 21.5}};
  system.stop_s = 150;
  return system;
}

std::string member(const std::string& archive, const std::string& name) {
  for (const ZipMember& one : read_zip(archive))
    if (one.name == name) return one.bytes;
  ADD_FAILURE() << "no " << name;
  return {};
}

/// The elements of that name, with those attributes that are given.
std::vector<XmlElement> elements(const std::string& xml, const std::string& name,
                                 const std::map<std::string, std::string>& wanted = {}) {
  std::vector<XmlElement> found = scan_xml(xml);
  std::erase_if(found, [&](const XmlElement& e) {
    return e.name != name || std::any_of(wanted.begin(), wanted.end(),
                                         [&](const auto& one) { return e.attribute(one.first) != one.second; });
  });
  return found;
}

TEST(Ssp, HoldsTheUnitsAndHowTheyAreConnected) {
  const SspSystem system = three_cells();
  const std::string archive = ssp_bytes(system);
  EXPECT_EQ(archive, ssp_bytes(system)) << "the same system gives the same bytes";
  for (const SspComponent& component : system.components)
    EXPECT_EQ(member(archive, "resources/" + component.name + ".fmu"), fmu_bytes(component.unit));
  const std::string xml = member(archive, "SystemStructure.ssd");
  ASSERT_EQ(elements(xml, "ssd:Component").size(), 3u);
  EXPECT_EQ(elements(xml, "ssd:Component", {{"name", "litho"}, {"source", "resources/litho.fmu"}}).size(), 1u);
  const std::vector<XmlElement> connections = elements(xml, "ssd:Connection");
  ASSERT_EQ(connections.size(), 7u);
  EXPECT_FALSE(connections[0].attributes.contains("startElement")) << "from the system itself";
  EXPECT_EQ(connections[0].attribute("startConnector"), "focus_drift_nm");
  EXPECT_EQ(connections[0].attribute("endElement"), "litho");
  EXPECT_EQ(connections[1].attribute("startElement"), "control");
  EXPECT_EQ(connections[1].attribute("endConnector"), "dose_mJ_cm2");
  EXPECT_EQ(elements(xml, "ssd:DefaultExperiment", {{"stopTime", "150"}}).size(), 1u);
  EXPECT_EQ(elements(xml, "ssd:SystemStructureDescription", {{"description", "Lithography, etch & control"}}).size(),
            1u);
}

TEST(Ssp, ConnectorsHaveTypeUnitAndSide) {
  const std::string xml = member(ssp_bytes(three_cells()), "SystemStructure.ssd");
  const std::vector<XmlElement> all = scan_xml(xml);
  std::map<std::string, std::string> found;  // "owner.connector" -> "kind type unit"
  for (const XmlElement& type : all) {
    if (!type.name.starts_with("ssc:") || type.parent < 0) continue;
    const XmlElement& connector = all[static_cast<std::size_t>(type.parent)];
    if (connector.name != "ssd:Connector") continue;
    const XmlElement& list = all[static_cast<std::size_t>(connector.parent)];
    const XmlElement& owner = all[static_cast<std::size_t>(list.parent)];
    found[owner.attribute("name") + "." + connector.attribute("name")] =
        connector.attribute("kind") + " " + type.name.substr(4) + " " + type.attribute("unit");
  }
  EXPECT_EQ(found["loop.focus_drift_nm"], "input Real nm");
  EXPECT_EQ(found["loop.cd_nm"], "output Real nm");
  EXPECT_EQ(found["litho.dose_mJ_cm2"], "input Real mJ/cm2");
  EXPECT_EQ(found["control.dose_mJ_cm2"], "output Real mJ/cm2");
  EXPECT_EQ(found["litho.valid_g1"], "output Boolean ");
  EXPECT_EQ(found["control.runs"], "output Integer ");
  EXPECT_EQ(found["etch.cd_valid"], "input Boolean ");
  EXPECT_TRUE(found.contains("litho.nils_g1")) << "outputs show though nothing is connected to them";
  EXPECT_FALSE(found.contains("litho.mask_bias_nm")) << "an input without a source keeps its start value";
  EXPECT_FALSE(found.contains("litho.status")) << "texts cannot be connected";
  for (const auto& [path, text] : found) {
    if (text.find("Real") == std::string::npos) continue;
    const std::string unit = text.substr(text.rfind(' ') + 1);
    EXPECT_EQ(elements(xml, "ssc:Unit", {{"name", unit}}).size(), 1u) << path;
  }
}

TEST(Ssp, UnitsAreThoseOfTheSi) {
  const std::string xml = member(ssp_bytes(three_cells()), "SystemStructure.ssd");
  const std::vector<XmlElement> all = scan_xml(xml);
  const auto base_of = [&](const std::string& name) -> XmlElement {
    for (const XmlElement& e : all)
      if (e.name == "ssc:BaseUnit" && all[static_cast<std::size_t>(e.parent)].attribute("name") == name) return e;
    return {};
  };
  EXPECT_EQ(base_of("nm").attribute("m"), "1");
  EXPECT_EQ(std::stod(base_of("nm").attribute("factor")), 1e-9);
  EXPECT_EQ(base_of("mJ/cm2").attribute("kg"), "1");
  EXPECT_EQ(base_of("mJ/cm2").attribute("s"), "-2");
  EXPECT_EQ(std::stod(base_of("mJ/cm2").attribute("factor")), 10) << "1e-3 kg m2/s2 on 1e-4 m2";
}

TEST(Ssp, StartValuesAreAParameterSet) {
  const std::string archive = ssp_bytes(three_cells());
  const std::string xml = member(archive, "resources/parameters.ssv");
  EXPECT_EQ(elements(xml, "ssv:Parameter", {{"name", "control.weight"}}).size(), 1u);
  EXPECT_EQ(elements(xml, "ssv:Real", {{"value", "0.4"}, {"unit", "1"}}).size(), 1u);
  EXPECT_EQ(elements(xml, "ssv:Integer", {{"value", "2"}}).size(), 1u);
  EXPECT_EQ(elements(xml, "ssv:Boolean", {{"value", "false"}}).size(), 1u);
  EXPECT_EQ(elements(xml, "ssv:Real", {{"value", "21.5"}, {"unit", "nm"}}).size(), 1u);
  EXPECT_EQ(
      elements(member(archive, "SystemStructure.ssd"), "ssd:ParameterBinding", {{"source", "resources/parameters.ssv"}})
          .size(),
      1u);
  SspSystem bare = three_cells();
  bare.parameters.clear();
  EXPECT_EQ(elements(member(ssp_bytes(bare), "SystemStructure.ssd"), "ssd:ParameterBinding").size(), 0u);
}

TEST(Ssp, WhatDoesNotFitIsRefused) {
  const auto refusal = [](auto change) {
    SspSystem system = three_cells();
    change(system);
    const Error error = error_of([&] { (void)ssp_bytes(system); });
    EXPECT_EQ(error.code(), ErrorCode::input);
    return std::string(error.what());
  };
  const auto connect = [&](const SspEnd& from, const SspEnd& to) {
    return refusal([&](SspSystem& s) { s.connections.push_back({from, to}); });
  };
  const auto set = [&](const SspEnd& at, double value) {
    return refusal([&](SspSystem& s) { s.parameters.push_back({at, value}); });
  };
  const auto says = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos ? testing::AssertionSuccess() : testing::AssertionFailure() << text;
  };
  EXPECT_TRUE(
      says(connect({"etch", "cd_etched_nm"}, {"control", "cd_nm"}), "control.cd_nm is connected to two sources"));
  EXPECT_TRUE(says(connect({"stove", "cd"}, {"control", "focus_error_nm"}), "no component 'stove'"));
  EXPECT_TRUE(says(connect({"litho", "cd"}, {"control", "focus_error_nm"}), "no variable litho.cd"));
  EXPECT_TRUE(says(connect({"litho", "focus_nm"}, {"control", "focus_error_nm"}), "litho.focus_nm is no output"));
  EXPECT_TRUE(says(connect({"litho", "cd_nm_g1"}, {"control", "weight"}), "control.weight is no input"));
  EXPECT_TRUE(says(connect({"litho", "cd_nm_g1"}, {"control", "focus_valid"}), "different types"));
  EXPECT_TRUE(says(connect({"litho", "nils_g1"}, {"control", "focus_error_nm"}), "different units: 1 and nm"));
  EXPECT_TRUE(says(connect({"", "a"}, {"", "b"}), "has no component"));
  EXPECT_TRUE(says(connect({"", "focus drift"}, {"litho", "focus_nm"}), "no name of a connector"));
  EXPECT_TRUE(says(connect({"", "cd_nm"}, {"litho", "focus_nm"}), "goes in and out"));
  EXPECT_TRUE(says(connect({"", "focus_drift_nm"}, {"litho", "dose_offset_mJ_cm2"}), "different units"));
  EXPECT_TRUE(says(connect({"", "etch"}, {"litho", "focus_nm"}), "has the name of a component"));
  EXPECT_TRUE(says(set({"control", "weight"}, 0.5), "two start values"));
  EXPECT_TRUE(says(set({"control", "drift_weight"}, 1.5), "drift_weight = 1.5; expected 0 to 1"));
  EXPECT_TRUE(says(set({"litho", "dose_mJ_cm2"}, 30), "is connected"));
  EXPECT_TRUE(says(set({"litho", "cd_nm_g1"}, 30), "has no start value"));
  EXPECT_TRUE(says(refusal([](SspSystem& s) { s.parameters[1].value = 1.5; }), "expected a whole number"));
  EXPECT_TRUE(says(refusal([](SspSystem& s) { s.components[1].name = "litho"; }), "two components"));
  EXPECT_TRUE(
      says(refusal([](SspSystem& s) { s.components[1].name = "litho2"; }), "begins with that of the component"));
  EXPECT_TRUE(says(refusal([](SspSystem& s) { s.components[1].name = "a.b"; }), "no name of a component"));
  EXPECT_TRUE(says(refusal([](SspSystem& s) { s.components.clear(); }), "needs a component"));
  EXPECT_TRUE(says(refusal([](SspSystem& s) { s.stop_s = 0; }), "ends before it begins"));
}

// ---------------------------------------------------------------------------------------------------------------------
// The loop of lithography, etch and control

double start_of(const FmuDescription& unit, const std::string& name) {
  for (const UnitVariable& v : fmu_variables(unit))
    if (v.name == name) return v.start;
  ADD_FAILURE() << "no " << name;
  return 0;
}

TEST(ControlLoop, TheControllerKnowsTheCellsBeforeIt) {
  CosineImage image;
  image.mean = 0.6;
  FmuDescription litho;
  litho.surrogate = cosine_model({CosineImage{}, image});
  LoopChoice choice;
  choice.gauge = "g2";
  // An etching that only adds to the width: 3 nm, and 2 x 0.05 nm for each of 10 nm of depth.
  choice.settings = {{"etch.bias_nm", 3}, {"etch.lateral_ratio", 0.05}, {"etch.film_nm", 10}, {"etch.time_s", 100}};
  const SspSystem system = control_loop(litho, choice);
  ASSERT_EQ(system.components.size(), 3u);
  const FmuDescription& control = system.components[2].unit;
  const double h = 1e-4;
  const auto cd = [&](double dose) { return 2 * image.half_nm(0.5 * 30 / dose, 0, 0); };
  EXPECT_NEAR(start_of(control, "target_cd_nm"), cd(30) + 4, 1e-6);
  const double slope = (cd(30 + h) - cd(30 - h)) / (2 * h);
  EXPECT_NEAR(start_of(control, "cd_per_dose"), slope, 1e-3 * slope);
  EXPECT_EQ(start_of(control, "dose_start_mJ_cm2"), 30);
  EXPECT_EQ(start_of(control, "dose_low_mJ_cm2"), 27);
  EXPECT_EQ(start_of(control, "dose_high_mJ_cm2"), 33);
  EXPECT_EQ(start_of(control, "delay_runs"), 2);
  EXPECT_EQ(start_of(system.components[1].unit, "bias_nm"), 3);

  const std::string xml = member(ssp_bytes(system), "SystemStructure.ssd");
  const auto wired = [&](const std::string& from, const std::string& to) {
    const auto dot = [](const std::string& path) { return path.find('.'); };
    return elements(xml, "ssd:Connection",
                    {{"startElement", from.substr(0, dot(from))},
                     {"startConnector", from.substr(dot(from) + 1)},
                     {"endElement", to.substr(0, dot(to))},
                     {"endConnector", to.substr(dot(to) + 1)}})
               .size() == 1;
  };
  EXPECT_TRUE(wired("control.dose_mJ_cm2", "lithography.dose_mJ_cm2"));
  EXPECT_TRUE(wired("lithography.cd_nm_g2", "etch.cd_nm"));
  EXPECT_TRUE(wired("lithography.cd_nm_g2_u", "etch.cd_nm_u"));
  EXPECT_TRUE(wired("lithography.valid_g2", "etch.cd_valid"));
  EXPECT_TRUE(wired("etch.cd_etched_nm", "control.cd_nm"));
  EXPECT_TRUE(wired("etch.valid", "control.cd_valid"));
  for (const char* name : {"dose_drift_mJ_cm2", "focus_drift_nm", "focus_nm"})
    EXPECT_EQ(elements(xml, "ssd:Connection", {{"startConnector", name}, {"endElement", "lithography"}}).size(), 1u)
        << name;
}

TEST(ControlLoop, SettingsOfTheUserWin) {
  FmuDescription litho;
  litho.surrogate = cosine_model({CosineImage{}});
  LoopChoice choice;
  choice.settings = {{"control.target_cd_nm", 19}, {"control.weight", 0.7}, {"lithography.dose_mJ_cm2", 31}};
  const SspSystem system = control_loop(litho, choice);
  EXPECT_EQ(start_of(system.components[2].unit, "target_cd_nm"), 19);
  EXPECT_EQ(start_of(system.components[2].unit, "dose_start_mJ_cm2"), 31);
  EXPECT_EQ(system.parameters[0].at.variable, "weight");
  EXPECT_EQ(system.parameters[0].value, 0.7);
}

TEST(ControlLoop, WhatCannotBeHeldIsRefused) {
  FmuDescription litho;
  litho.surrogate = cosine_model({CosineImage{}});
  const auto refusal = [&](const LoopChoice& choice) {
    const Error error = error_of([&] { (void)control_loop(litho, choice); });
    EXPECT_EQ(error.code(), ErrorCode::input);
    return std::string(error.what());
  };
  EXPECT_NE(refusal({"g7", {}, 10}).find("no gauge 'g7'"), std::string::npos);
  EXPECT_NE(refusal({"", {{"oven.time_s", 3}}, 10}).find("'oven.time_s' is no setting"), std::string::npos);
  EXPECT_NE(refusal({"", {{"etch", 3}}, 10}).find("'etch' is no setting"), std::string::npos);
  EXPECT_NE(refusal({"", {{"etch.oven", 3}}, 10}).find("'oven'"), std::string::npos);
  EXPECT_NE(refusal({"", {{"etch.bias_nm", 300}}, 10}).find("bias_nm"), std::string::npos);
  EXPECT_NE(refusal({"", {{"etch.bias_nm", -100}}, 10}).find("does not depend on the dose"), std::string::npos);
  litho.surrogate.threshold = 0.95;
  EXPECT_NE(refusal({"", {}, 10}).find("does not print"), std::string::npos);
}

}  // namespace
}  // namespace anamorph
