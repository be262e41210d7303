// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/control_loop.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/twin/make_cell.hpp"

namespace anamorph {

namespace {

using Values = std::map<std::string, double>;

constexpr double weight = 0.4, drift_weight = 0.2;  // of the last measurement: slow against noise, fast against drift

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::input, "SSP-0010", what); }

/// All variables of a cell once its inputs have these values.
Values evaluate(const FmuDescription& unit, const Values& inputs) {
  UnitResources resources;
  if (unit.kind == UnitKind::lithography) resources.surrogate = surrogate_bytes(unit.surrogate);
  for (const Values& set : {std::as_const(unit.starts), inputs})
    for (const auto& [name, value] : set) resources.starts += name + " = " + number_text(value) + "\n";
  const std::unique_ptr<Cell> cell = make_cell(unit.kind, resources);
  UnitState state = cell->initial_state();
  UnitReport report;
  cell->start(state, 0, report);
  Values values;
  for (std::size_t i = 0; i < cell->variables().size(); ++i) values[cell->variables()[i].name] = state.values[i];
  return values;
}

/// The name of the gauge in the unit's variables.
std::string port_of(const SurrogateModel& model, const std::string& gauge) {
  const std::vector<std::string> ports = fmu_gauge_names(model);
  if (gauge.empty()) return ports.front();
  for (std::size_t g = 0; g < ports.size(); ++g)
    if (model.gauges[g].name == gauge) return ports[g];
  fail("the unit has no gauge '" + gauge + "'");
}

}  // namespace

SspSystem control_loop(const FmuDescription& lithography, const LoopChoice& choice) {
  FmuDescription litho = lithography, etch, control;
  etch.kind = UnitKind::etch;
  control.kind = UnitKind::control;
  const std::map<std::string, FmuDescription*> units{{"lithography", &litho}, {"etch", &etch}, {"control", &control}};
  for (const auto& [path, value] : choice.settings) {
    const std::size_t dot = path.find('.');
    const auto unit = units.find(path.substr(0, dot));
    if (dot == std::string::npos || unit == units.end())
      fail("'" + path + "' is no setting; expected lithography.NAME, etch.NAME or control.NAME");
    unit->second->starts[path.substr(dot + 1)] = value;
  }

  const std::string port = port_of(litho.surrogate, choice.gauge), cd = "cd_nm_" + port, valid = "valid_" + port;
  const auto etched = [&](double dose) {
    const Values printed = evaluate(litho, {{"dose_mJ_cm2", dose}});
    if (printed.at(valid) == 0)
      fail("gauge '" + port + "' does not print surely at a dose of " + number_text(dose) + " mJ/cm2");
    return evaluate(etch, {{"cd_nm", printed.at(cd)}}).at("cd_etched_nm");
  };
  const double nominal = evaluate(litho, {}).at("dose_mJ_cm2");
  const double low = litho.surrogate.dose_low_mj_cm2, high = litho.surrogate.dose_high_mj_cm2;
  const double below = std::max(0.99 * nominal, low), above = std::min(1.01 * nominal, high);
  const double slope = (etched(above) - etched(below)) / (above - below);
  if (!(std::abs(slope) > 1e-6)) fail("the etched CD of gauge '" + port + "' does not depend on the dose");
  const Values starts{{"target_cd_nm", etched(nominal)},
                      {"cd_per_dose", slope},
                      {"dose_start_mJ_cm2", nominal},
                      {"dose_low_mJ_cm2", low},
                      {"dose_high_mJ_cm2", high},
                      {"dose_step_mJ_cm2", (high - low) / 4},
                      {"delay_runs", 2},
                      {"weight", weight},
                      {"drift_weight", drift_weight}};
  for (const auto& [name, value] : starts) control.starts.try_emplace(name, value);

  SspSystem system;
  system.name = "lithography_etch_control";
  system.description = "Lithography and etch under run-to-run control of the etched CD of gauge " + port;
  system.stop_s = choice.runs;
  // The weights stay parameters of the system, by which control can be tuned or, with 0, switched off.
  for (const char* name : {"weight", "drift_weight"})
    system.parameters.push_back({{"control", name}, control.starts.at(name)});
  system.components = {{"lithography", litho}, {"etch", etch}, {"control", control}};
  system.connections = {{{"", "dose_drift_mJ_cm2"}, {"lithography", "dose_offset_mJ_cm2"}},
                        {{"control", "dose_mJ_cm2"}, {"lithography", "dose_mJ_cm2"}},
                        {{"lithography", cd}, {"etch", "cd_nm"}},
                        {{"lithography", cd + "_u"}, {"etch", "cd_nm_u"}},
                        {{"lithography", valid}, {"etch", "cd_valid"}},
                        {{"etch", "cd_etched_nm"}, {"control", "cd_nm"}},
                        {{"etch", "valid"}, {"control", "cd_valid"}},
                        {{"etch", "cd_etched_nm"}, {"", "cd_nm"}},
                        {{"control", "dose_mJ_cm2"}, {"", "dose_mJ_cm2"}}};
  for (const UnitVariable& v : fmu_variables(litho)) {
    if (v.name == "focus_nm") system.connections.push_back({{"", "focus_nm"}, {"lithography", v.name}});
    if (v.name == "focus_offset_nm") system.connections.push_back({{"", "focus_drift_nm"}, {"lithography", v.name}});
  }
  return system;
}

}  // namespace anamorph
