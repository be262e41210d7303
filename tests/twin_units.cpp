// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// For twin_fmpy_test.py. `twin_units DIR` writes a unit of each kind there, the lithography one of the grating, whose
// numbers go to the output as JSON; `twin_units check FILE` prints what check_fmu() finds and fails if it does.
#include <cstdio>
#include <string>

#include "cpp/core/error.hpp"
#include "cpp/twin/fmu.hpp"
#include "tests/twin_grating.hpp"

int main(int count, char** words) {
  using namespace anamorph;
  try {
    if (count == 3 && std::string(words[1]) == "check") {
      const std::vector<std::string> found = check_fmu(words[2]);
      for (const std::string& one : found) std::puts(one.c_str());
      return found.empty() ? 0 : 1;
    }
    if (count != 2) return 2;
    const std::filesystem::path folder = words[1];
    const Grating g;
    FmuDescription unit;
    unit.surrogate = g.model();
    write_fmu(folder / "lithography.fmu", unit);
    unit = {};
    unit.kind = UnitKind::etch;
    write_fmu(folder / "etch.fmu", unit);
    unit.kind = UnitKind::control;
    write_fmu(folder / "control.fmu", unit);
    std::printf(
        "{\"pitch_nm\": %g, \"mean\": %g, \"swing\": %g, \"fade\": %g, \"glow\": %g, \"threshold\": %g, \"dose\": %g, "
        "\"focus_reach_nm\": %g, \"bias_reach_nm\": %g}\n",
        g.pitch_nm, g.mean, g.swing, g.fade, g.glow, g.threshold, g.dose, g.focus_reach_nm, g.bias_reach_nm);
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
