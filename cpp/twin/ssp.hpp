// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cpp/twin/fmu.hpp"

// Units coupled to a system: System Structure and Parameterization 1.0 (Modelica Association, 2019), as a file that
// other programs run. Built with ANAMORPH_TWIN=OFF, each function here throws Error{resource}.

namespace anamorph {

/// A unit in a system.
struct SspComponent {
  std::string name;  ///< [A-Za-z_][A-Za-z0-9_]*
  FmuDescription unit;
};

/// A variable of a component. Without a component: a connector of the system, for the world outside.
struct SspEnd {
  std::string component;
  std::string variable;
};

/// A value goes from an output of a component to an input of one; from a connector of the system to an input; or from
/// an output to a connector of the system. Both have the same type and unit; a connector takes over those of the
/// variable.
struct SspConnection {
  SspEnd from;
  SspEnd to;
};

/// A start value of a parameter, or of an input that nothing is connected to, within the variable's range.
struct SspParameter {
  SspEnd at;
  double value = 0;
};

struct SspSystem {
  std::string name;
  std::string description;
  std::vector<SspComponent> components;
  std::vector<SspConnection> connections;
  std::vector<SspParameter> parameters;
  double stop_s = 1;  ///< from 0 on: the default experiment
};

/// SystemStructure.ssd, with the units of measurement; resources/<component>.fmu; and, if there are any, the start
/// values in resources/parameters.ssv. A component shows those inputs that are connected, and all outputs but strings.
/// The same system gives the same bytes. Throws Error{input} for names of components that are doubled, of another form,
/// or begin with that of another; for a variable that does not exist or is of the wrong side; for ends that do not fit
/// each other; for an input with two sources; for a start value of what is no parameter, is connected, or is out of
/// range.
[[nodiscard]] std::string ssp_bytes(const SspSystem& system);
void write_ssp(const std::filesystem::path& path, const SspSystem& system);

}  // namespace anamorph
