// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/ssp.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/core/version.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/twin/xml_scan.hpp"
#include "cpp/twin/zip.hpp"

namespace anamorph {

namespace {

using V = UnitVariable;

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::input, "SSP-0001", what); }

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string(name) + "=\"" + xml_text(value) + "\"";
}

std::string path_of(const SspEnd& end) { return (end.component.empty() ? "" : end.component + ".") + end.variable; }

bool is_name(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// A connector of the system: it goes in or out, and is as the variable that it was connected to first.
struct SystemConnector {
  bool input = true;
  const V* like = nullptr;
};

/// A system that was found to be sound.
class Checked {
 public:
  explicit Checked(const SspSystem& system) {
    if (system.components.empty()) fail("a system needs a component");
    if (!(system.stop_s > 0) || !std::isfinite(system.stop_s)) fail("the experiment ends before it begins");
    for (const SspComponent& component : system.components) {
      if (!is_name(component.name))
        fail("'" + component.name + "' is no name of a component; expected letters, digits and underscores");
      if (variables_.contains(component.name)) fail("two components are named '" + component.name + "'");
      variables_[component.name] = fmu_variables(component.unit);
    }
    // Programs look for the parameters of a component by the beginning of their names, some of them without the dot.
    for (const auto& [name, unused] : variables_)
      for (const auto& [other, unused_too] : variables_)
        if (name != other && other.starts_with(name))
          fail("the name '" + other + "' begins with that of the component '" + name +
               "'; expected names of their own");
    for (const SspConnection& connection : system.connections) add(connection);
    for (const SspParameter& parameter : system.parameters) check(parameter);
  }

  [[nodiscard]] const std::vector<V>& variables(const std::string& component) const { return variables_.at(component); }
  [[nodiscard]] bool is_connected(const SspEnd& input) const { return targets_.contains(path_of(input)); }
  [[nodiscard]] const std::map<std::string, SystemConnector>& connectors() const { return connectors_; }
  [[nodiscard]] const V& variable(const SspEnd& end) const {
    const auto component = variables_.find(end.component);
    if (component == variables_.end()) fail("there is no component '" + end.component + "'");
    const auto found = std::find_if(component->second.begin(), component->second.end(),
                                    [&](const V& v) { return v.name == end.variable; });
    if (found == component->second.end()) fail("there is no variable " + path_of(end));
    return *found;
  }

 private:
  void add(const SspConnection& connection) {
    const auto& [from, to] = connection;
    const std::string both = "the connection from " + path_of(from) + " to " + path_of(to);
    if (from.component.empty() && to.component.empty()) fail(both + " has no component");
    const V& source = from.component.empty() ? connector(from, true, variable(to)) : variable(from);
    const V& target = to.component.empty() ? connector(to, false, source) : variable(to);
    if (!from.component.empty() && source.causality != V::Causality::output) fail(path_of(from) + " is no output");
    if (!to.component.empty() && target.causality != V::Causality::input) fail(path_of(to) + " is no input");
    if (source.type != target.type) fail(both + " joins variables of different types");
    if (source.unit != target.unit) fail(both + " joins different units: " + source.unit + " and " + target.unit);
    if (!targets_.insert(path_of(to)).second) fail(path_of(to) + " is connected to two sources");
  }

  const V& connector(const SspEnd& end, bool input, const V& like) {
    if (!is_name(end.variable)) fail("'" + end.variable + "' is no name of a connector");
    if (variables_.contains(end.variable)) fail("the connector '" + end.variable + "' has the name of a component");
    const SystemConnector& known = connectors_.try_emplace(end.variable, SystemConnector{input, &like}).first->second;
    if (known.input != input) fail("the connector '" + end.variable + "' of the system goes in and out");
    return *known.like;
  }

  void check(const SspParameter& parameter) {
    const std::string path = path_of(parameter.at);
    const V& v = variable(parameter.at);
    if (!v.settable() || v.type == V::Type::string) fail(path + " has no start value");
    if (targets_.contains(path)) fail(path + " is connected: it has no start value of its own");
    if (!parameters_.insert(path).second) fail(path + " has two start values");
    const bool boolean = v.type == V::Type::boolean;
    const double low = boolean ? 0 : v.min, high = boolean ? 1 : v.max;
    const bool whole = v.type == V::Type::real || parameter.value == std::round(parameter.value);
    if (!(parameter.value >= low && parameter.value <= high && whole))
      fail(path + " = " + number_text(parameter.value) + "; expected " + (whole ? "" : "a whole number ") +
           number_text(low) + " to " + number_text(high));
  }

  std::map<std::string, std::vector<V>> variables_;  ///< by component
  std::map<std::string, SystemConnector> connectors_;
  std::set<std::string> targets_, parameters_;  ///< paths
};

std::string type_element(const V& v) {
  switch (v.type) {
    case V::Type::real:
      return "<ssc:Real" + attribute("unit", v.unit) + "/>";
    case V::Type::integer:
      return "<ssc:Integer/>";
    case V::Type::boolean:
      return "<ssc:Boolean/>";
    case V::Type::string:
      break;
  }
  return "<ssc:String/>";
}

std::string connector_element(const std::string& name, bool input, const V& like, const std::string& indent) {
  return indent + "<ssd:Connector" + attribute("name", name) + attribute("kind", input ? "input" : "output") +
         attribute("description", like.description) + ">" + type_element(like) + "</ssd:Connector>\n";
}

std::string component_element(const SspComponent& component, const Checked& checked) {
  std::string connectors;
  for (const V& v : checked.variables(component.name)) {
    if (v.type == V::Type::string) continue;
    const bool input = v.causality == V::Causality::input;
    if (input ? checked.is_connected({component.name, v.name}) : v.causality == V::Causality::output)
      connectors += connector_element(v.name, input, v, "          ");
  }
  return "      <ssd:Component" + attribute("name", component.name) +
         attribute("source", "resources/" + component.name + ".fmu") +
         " type=\"application/x-fmu-sharedlibrary\" implementation=\"CoSimulation\"" +
         (component.unit.description.empty() ? "" : attribute("description", component.unit.description)) +
         ">\n        <ssd:Connectors>\n" + connectors + "        </ssd:Connectors>\n      </ssd:Component>\n";
}

std::string connection_element(const SspConnection& connection) {
  const auto end = [](const char* element, const char* connector, const SspEnd& at) {
    return (at.component.empty() ? "" : attribute(element, at.component)) + attribute(connector, at.variable);
  };
  return "      <ssd:Connection" + end("startElement", "startConnector", connection.from) +
         end("endElement", "endConnector", connection.to) + "/>\n";
}

std::string units_element(const char* prefix) {
  const std::string tag = prefix;
  std::string out = "  <" + tag + ":Units>\n";
  for (const UnitDefinition& unit : unit_definitions()) {
    out += "    <ssc:Unit" + attribute("name", unit.name) + "><ssc:BaseUnit";
    const std::pair<const char*, int> exponents[] = {{"kg", unit.kg}, {"m", unit.m}, {"s", unit.s}};
    for (const auto& [base, exponent] : exponents)
      if (exponent != 0) out += attribute(base, std::to_string(exponent));
    if (unit.factor != 1) out += attribute("factor", number_text(unit.factor));
    out += "/></ssc:Unit>\n";
  }
  return out + "  </" + tag + ":Units>\n";
}

std::string generation() { return attribute("generationTool", std::string("Anamorph ") + version); }

std::string structure(const SspSystem& system, const Checked& checked) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ssd:SystemStructureDescription"
      " xmlns:ssd=\"http://ssp-standard.org/SSP1/SystemStructureDescription\""
      " xmlns:ssc=\"http://ssp-standard.org/SSP1/SystemStructureCommon\" version=\"1.0\"" +
      attribute("name", system.name) + attribute("description", system.description) + generation() +
      ">\n  <ssd:System" + attribute("name", system.name) + ">\n";
  if (!checked.connectors().empty()) {
    xml += "    <ssd:Connectors>\n";
    for (const auto& [name, connector] : checked.connectors())
      xml += connector_element(name, connector.input, *connector.like, "      ");
    xml += "    </ssd:Connectors>\n";
  }
  if (!system.parameters.empty())
    xml +=
        "    <ssd:ParameterBindings>\n      <ssd:ParameterBinding type=\"application/x-ssp-parameter-set\""
        " source=\"resources/parameters.ssv\"/>\n    </ssd:ParameterBindings>\n";
  xml += "    <ssd:Elements>\n";
  for (const SspComponent& component : system.components) xml += component_element(component, checked);
  xml += "    </ssd:Elements>\n";
  if (!system.connections.empty()) {
    xml += "    <ssd:Connections>\n";
    for (const SspConnection& connection : system.connections) xml += connection_element(connection);
    xml += "    </ssd:Connections>\n";
  }
  return xml + "  </ssd:System>\n" + units_element("ssd") + "  <ssd:DefaultExperiment startTime=\"0\"" +
         attribute("stopTime", number_text(system.stop_s)) + "/>\n</ssd:SystemStructureDescription>\n";
}

std::string parameter_set(const SspSystem& system, const Checked& checked) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ssv:ParameterSet"
      " xmlns:ssv=\"http://ssp-standard.org/SSP1/SystemStructureParameterValues\""
      " xmlns:ssc=\"http://ssp-standard.org/SSP1/SystemStructureCommon\" version=\"1.0\"" +
      attribute("name", system.name) + generation() + ">\n  <ssv:Parameters>\n";
  for (const SspParameter& parameter : system.parameters) {
    const V& v = checked.variable(parameter.at);
    xml += "    <ssv:Parameter" + attribute("name", path_of(parameter.at)) + ">";
    if (v.type == V::Type::real)
      xml += "<ssv:Real" + attribute("value", number_text(parameter.value)) + attribute("unit", v.unit) + "/>";
    else if (v.type == V::Type::integer)
      xml += "<ssv:Integer" + attribute("value", number_text(parameter.value)) + "/>";
    else
      xml += "<ssv:Boolean" + attribute("value", parameter.value != 0 ? "true" : "false") + "/>";
    xml += "</ssv:Parameter>\n";
  }
  return xml + "  </ssv:Parameters>\n" + units_element("ssv") + "</ssv:ParameterSet>\n";
}

}  // namespace

std::string ssp_bytes(const SspSystem& system) {
  const Checked checked(system);
  std::vector<ZipMember> members{{.name = "SystemStructure.ssd", .bytes = structure(system, checked)}};
  for (const SspComponent& component : system.components)
    members.push_back({.name = "resources/" + component.name + ".fmu", .bytes = fmu_bytes(component.unit)});
  if (!system.parameters.empty())
    members.push_back({.name = "resources/parameters.ssv", .bytes = parameter_set(system, checked)});
  return zip_bytes(members);
}

void write_ssp(const std::filesystem::path& path, const SspSystem& system) {
  write_file_atomic(path, ssp_bytes(system));
}

}  // namespace anamorph
