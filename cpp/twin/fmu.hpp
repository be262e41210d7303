// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/twin/surrogate_model.hpp"
#include "cpp/twin/unit_cell.hpp"

// Co-simulation units (FMI 2.0) as files. The binaries of all kinds lie inside the library, so that an installed
// program writes units without looking for them. Built with ANAMORPH_TWIN=OFF, each function here throws
// Error{resource}.

namespace anamorph {

/// Whether units were built; if not, what writes or reads them throws Error{resource}.
[[nodiscard]] bool writes_units() noexcept;

/// What is packed into a unit.
struct FmuDescription {
  UnitKind kind = UnitKind::lithography;
  std::string name;                      ///< for people ("modelName"); empty: that of the kind
  std::string description;               ///< one sentence; empty: that of the kind
  SurrogateModel surrogate;              ///< of a lithography unit
  std::map<std::string, double> starts;  ///< start values by variable name, where the kind's own do not fit
  std::vector<std::pair<std::string, std::string>> provenance;  ///< what, and its value: rows in the documentation
};

/// A unit of measurement by its SI base units: 1 of it is `factor` kg^kg m^m s^s.
struct UnitDefinition {
  const char* name;
  int kg, m, s;
  double factor;
};
[[nodiscard]] std::span<const UnitDefinition> unit_definitions();

/// The variables of the unit, in the order of their value references, with the start values of the description.
/// Throws Error{input} for start values that do not fit, and for a surrogate that is none.
[[nodiscard]] std::vector<UnitVariable> fmu_variables(const FmuDescription& description);

/// The gauges' names as they stand in the variables of a lithography unit ("cd_nm_" + name), in the model's order.
[[nodiscard]] std::vector<std::string> fmu_gauge_names(const SurrogateModel& model);

/// The unit as a zip file: modelDescription.xml, binaries, resources, documentation. The same description gives
/// the same bytes.
[[nodiscard]] std::string fmu_bytes(const FmuDescription& description);
void write_fmu(const std::filesystem::path& path, const FmuDescription& description);

/// What is wrong with a unit written by write_fmu(); empty when nothing is. Looked at: that the file is a whole zip and
/// each member has its CRC; that the needed members are there and the binary is an ELF library; that
/// modelDescription.xml is well formed, that its variables are those of the unit, with names and value references of
/// their own, description, and start within min and max; that every Real has a unit, defined as in unit_definitions();
/// that ModelStructure lists the outputs; that surrogate and start values can be read (checksum); that the GUID is that
/// of the content. Throws Error{input} when the file cannot be read at all.
[[nodiscard]] std::vector<std::string> check_fmu(const std::filesystem::path& path);

}  // namespace anamorph
