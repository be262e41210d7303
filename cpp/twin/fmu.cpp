// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/fmu.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "cpp/core/error.hpp"
#include "cpp/core/version.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/twin/litho_cell.hpp"
#include "cpp/twin/make_cell.hpp"
#include "cpp/twin/unit_binaries.hpp"
#include "cpp/twin/xml_scan.hpp"
#include "cpp/twin/zip.hpp"

namespace anamorph {

namespace {

using V = UnitVariable;

struct Words {
  const char* name;
  const char* description;
  const char* text;  ///< of the documentation: HTML
};

const Words& words(UnitKind kind) {
  static constexpr std::array<Words, 3> all{{
      {"Lithography cell", "What a scanner and a resist print at the gauges of a layout",
       "<p>The image along the cut of each gauge is a sum of Chebyshev polynomials in focus, aberrations and mask "
       "bias, "
       "fitted to simulated images; dose scales the image, exactly, and a threshold gives the edges. The standard "
       "uncertainties (<code>_u</code>) hold the error of the fit, found from simulations held out of it, and what the "
       "uncertainties of dose and inputs make of the values by second-order differences (Norgaard, Poulsen, Ravn, "
       "Automatica 36, 1627 (2000)).</p>"
       "<p>A feature that does not print has CD 0, one that runs together with its neighbours the length of the cut; "
       "NILS is 0 then, the uncertainties are as large as the outputs' ranges, and <code>valid</code> is false.</p>"},
      {"Etch cell", "Etching of a printed feature, continuous or by atomic layers",
       "<p>The width changes in proportion to the depth. Continuous: the rate falls by loading with the open area "
       "(Mogab, J. Electrochem. Soc. 124, 1262 (1977)) and with depth, as neutrals reach the bottom in free molecular "
       "flow (Coburn, Winters, Appl. Phys. Lett. 55, 2730 (1989); Berman, J. Appl. Phys. 36, 3356 (1965)). Atomic "
       "layers: cycles of two steps that saturate remove whole layers (Kanarik et al., J. Vac. Sci. Technol. A 33, "
       "020802 (2015)).</p>"},
      {"Run-to-run controller", "Dose and focus of the next run from the measurements of the last",
       "<p>Exponentially weighted moving average of the width's offset (Sachs, Hu, Ingolfsson, IEEE Trans. Semicond. "
       "Manuf. 8, 26 (1995)), with a second one for its drift (Butler, Stefani, IEEE Trans. Semicond. Manuf. 7, 193 "
       "(1994)); limits on the values and on their change from run to run.</p>"},
  }};
  return all[static_cast<std::size_t>(kind)];
}

UnitResources resources_of(const FmuDescription& description) {
  UnitResources resources;
  if (description.kind == UnitKind::lithography) resources.surrogate = surrogate_bytes(description.surrogate);
  resources.starts = "# Start values that differ from the unit's own: name = value\n";
  for (const auto& [name, value] : description.starts) resources.starts += name + " = " + number_text(value) + "\n";
  return resources;
}

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + xml_text(value) + "\"";
}

const char* text_of(V::Causality causality) {
  static constexpr std::array names{"parameter", "input", "output", "local"};
  return names[static_cast<std::size_t>(causality)];
}

const char* text_of(V::Variability variability) {
  static constexpr std::array names{"fixed", "tunable", "discrete", "continuous"};
  return names[static_cast<std::size_t>(variability)];
}

/// A size that values of the variable typically have; never 0.
double nominal(const V& v) {
  if (v.start != 0) return std::abs(v.start);
  const double range = (v.max - v.min) / 2;
  return range > 0 ? range : 1;
}

std::string value_element(const V& v) {
  switch (v.type) {
    case V::Type::real:
      return "<Real" + attribute("unit", v.unit) + attribute("min", number_text(v.min)) +
             attribute("max", number_text(v.max)) + attribute("nominal", number_text(nominal(v))) +
             (v.settable() ? attribute("start", number_text(v.start)) : "") + "/>";
    case V::Type::integer:
      return "<Integer" + attribute("min", std::to_string(static_cast<int>(v.min))) +
             attribute("max", std::to_string(static_cast<int>(v.max))) +
             (v.settable() ? attribute("start", std::to_string(static_cast<int>(v.start))) : "") + "/>";
    case V::Type::boolean:
      return std::string("<Boolean") + (v.settable() ? attribute("start", v.start != 0 ? "true" : "false") : "") + "/>";
    case V::Type::string:
      break;
  }
  return "<String/>";
}

std::string unit_element(const UnitDefinition& unit) {
  std::string base;
  const auto add = [&](const char* name, int exponent) {
    if (exponent != 0) base += attribute(name, std::to_string(exponent));
  };
  add("kg", unit.kg);
  add("m", unit.m);
  add("s", unit.s);
  if (unit.factor != 1) base += attribute("factor", number_text(unit.factor));
  return "    <Unit" + attribute("name", unit.name) + "><BaseUnit" + base + "/></Unit>\n";
}

std::string model_description(const FmuDescription& description, const Cell& cell, const std::string& guid) {
  const Words& kind = words(description.kind);
  const std::string identifier = unit_identifier(description.kind);
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<fmiModelDescription fmiVersion=\"2.0\"" +
      attribute("modelName", description.name.empty() ? kind.name : description.name) + attribute("guid", guid) +
      attribute("description", description.description.empty() ? kind.description : description.description) +
      attribute("version", version) + " license=\"Apache-2.0\"" +
      attribute("generationTool", std::string("Anamorph ") + version) +
      " variableNamingConvention=\"structured\" numberOfEventIndicators=\"0\">\n";
  xml += "  <CoSimulation" + attribute("modelIdentifier", identifier) +
         " canHandleVariableCommunicationStepSize=\"true\" canNotUseMemoryManagementFunctions=\"true\""
         " canGetAndSetFMUstate=\"true\" canSerializeFMUstate=\"true\"/>\n";
  xml += "  <UnitDefinitions>\n";
  for (const UnitDefinition& unit : unit_definitions()) xml += unit_element(unit);
  xml +=
      "  </UnitDefinitions>\n"
      "  <LogCategories>\n"
      "    <Category name=\"logStatusWarning\" description=\"Values beyond their ranges and features that do not "
      "print\"/>\n"
      "    <Category name=\"logStatusError\" description=\"Calls that failed\"/>\n"
      "    <Category name=\"logEvents\" description=\"Each step\"/>\n"
      "  </LogCategories>\n"
      "  <DefaultExperiment startTime=\"0\" stopTime=\"10\" stepSize=\"1\"/>\n"
      "  <ModelVariables>\n";
  const std::vector<V>& variables = cell.variables();
  std::string outputs;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const V& v = variables[i];
    xml += "    <ScalarVariable" + attribute("name", v.name) + attribute("valueReference", std::to_string(i)) +
           attribute("description", v.description) + attribute("causality", text_of(v.causality)) +
           attribute("variability", text_of(v.variability)) + (v.settable() ? "" : " initial=\"calculated\"") + ">" +
           value_element(v) + "</ScalarVariable>\n";
    if (v.causality == V::Causality::output) outputs += "      <Unknown index=\"" + std::to_string(i + 1) + "\"/>\n";
  }
  xml += "  </ModelVariables>\n  <ModelStructure>\n    <Outputs>\n" + outputs +
         "    </Outputs>\n    <InitialUnknowns>\n" + outputs +
         "    </InitialUnknowns>\n  </ModelStructure>\n</fmiModelDescription>\n";
  return xml;
}

std::string documentation(const FmuDescription& description, const Cell& cell, const std::string& guid) {
  const Words& kind = words(description.kind);
  const std::string title = xml_text(description.name.empty() ? kind.name : description.name);
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title +
                     "</title>\n<style>body{font:15px/1.45 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
                     "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2em .5em;text-align:left}"
                     "</style></head>\n<body><h1>" +
                     title + "</h1>\n<p>" +
                     xml_text(description.description.empty() ? kind.description : description.description) +
                     ".</p>\n" + kind.text +
                     "\n<h2>Validity</h2>\n<p>A value beyond its range is taken at the end of the range; the step then "
                     "returns a warning that names variable, value and range, and <code>valid</code> is false. "
                     "<code>status</code> says why. A value that is not a finite number is an error.</p>\n";
  html +=
      "<h2>Variables</h2>\n<table><tr><th>name</th><th>role</th><th>unit</th><th>start</th><th>range</th>"
      "<th>description</th></tr>\n";
  for (const V& v : cell.variables()) {
    const bool number = v.type == V::Type::real || v.type == V::Type::integer;
    const std::string start = v.type == V::Type::boolean ? (v.start != 0 ? "true" : "false") : number_text(v.start);
    html += "<tr><td><code>" + xml_text(v.name) + "</code></td><td>" + text_of(v.causality) + "</td><td>" +
            xml_text(v.type == V::Type::real ? v.unit : "") + "</td><td>" + (v.settable() ? start : "") + "</td><td>" +
            (number ? number_text(v.min) + " .. " + number_text(v.max) : "") + "</td><td>" + xml_text(v.description) +
            "</td></tr>\n";
  }
  html += "</table>\n<h2>Provenance</h2>\n<table>\n";
  const auto row = [&](std::string_view what, std::string_view value) {
    html += "<tr><th>" + xml_text(what) + "</th><td>" + xml_text(value) + "</td></tr>\n";
  };
  row("made by", std::string("Anamorph ") + version + ", commit " + commit);
  row("GUID", guid);
  for (const auto& [what, value] : description.provenance) row(what, value);
  return html + "</table>\n</body></html>\n";
}

}  // namespace

bool writes_units() noexcept { return true; }

std::span<const UnitDefinition> unit_definitions() {
  // 1 mJ/cm2 = 1e-3 J / 1e-4 m2 = 10 kg/s2.
  static constexpr std::array<UnitDefinition, 6> all{{{"1", 0, 0, 0, 1},
                                                      {"nm", 0, 1, 0, 1e-9},
                                                      {"s", 0, 0, 1, 1},
                                                      {"nm/s", 0, 1, -1, 1e-9},
                                                      {"mJ/cm2", 1, 0, -2, 10},
                                                      {"nm/(mJ/cm2)", -1, 1, 2, 1e-10}}};
  return all;
}

std::vector<UnitVariable> fmu_variables(const FmuDescription& description) {
  return make_cell(description.kind, resources_of(description))->variables();
}

std::vector<std::string> fmu_gauge_names(const SurrogateModel& model) { return gauge_names(model); }

std::string fmu_bytes(const FmuDescription& description) {
  const UnitResources resources = resources_of(description);
  const std::unique_ptr<Cell> cell = make_cell(description.kind, resources);
  const std::string guid = unit_guid(description.kind, *cell, resources);
  std::vector<ZipMember> members{
      {.name = "modelDescription.xml", .bytes = model_description(description, *cell, guid)},
      {.name = "binaries/" + std::string(unit_platform()) + "/" + unit_identifier(description.kind) + ".so",
       .bytes = std::string(unit_binary(description.kind)),
       .executable = true},
      {.name = "resources/start.txt", .bytes = resources.starts},
  };
  if (!resources.surrogate.empty())
    members.push_back({.name = "resources/surrogate.bin", .bytes = resources.surrogate});
  members.push_back({.name = "documentation/index.html", .bytes = documentation(description, *cell, guid)});
  return zip_bytes(members);
}

void write_fmu(const std::filesystem::path& path, const FmuDescription& description) {
  write_file_atomic(path, fmu_bytes(description));
}

}  // namespace anamorph
