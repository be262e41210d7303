// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "cpp/core/error.hpp"
#include "cpp/twin/fmu.hpp"
#include "cpp/twin/make_cell.hpp"
#include "cpp/twin/unit_binaries.hpp"
#include "cpp/twin/xml_scan.hpp"
#include "cpp/twin/zip.hpp"

namespace anamorph {

namespace {

using V = UnitVariable;

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Check {
 public:
  explicit Check(std::vector<ZipMember> members) : members_(std::move(members)) {}

  std::vector<std::string> run() {
    std::set<std::string> names;
    for (const ZipMember& member : members_) {
      if (!member.damage.empty()) say(member.name + " " + member.damage);
      if (!names.insert(member.name).second) say(member.name + " is there twice");
    }
    const std::string* const description = need("modelDescription.xml");
    need("documentation/index.html");
    if (!description) return findings_;
    try {
      elements_ = scan_xml(*description);
    } catch (const Error& error) {
      say(std::string("modelDescription.xml is not well formed: ") + error.what());
      return findings_;
    }
    const XmlElement& root = elements_.front();
    if (root.name != "fmiModelDescription" || root.attribute("fmiVersion") != "2.0") {
      say("modelDescription.xml does not describe a unit of FMI 2.0");
      return findings_;
    }
    units();
    variables();
    structure();
    contents(root);
    return findings_;
  }

 private:
  void say(std::string what) { findings_.push_back(std::move(what)); }

  const std::string* need(const std::string& name) {
    const auto found =
        std::find_if(members_.begin(), members_.end(), [&](const ZipMember& member) { return member.name == name; });
    if (found != members_.end()) return &found->bytes;
    say(name + " is missing");
    return nullptr;
  }

  [[nodiscard]] std::string parent_of(const XmlElement& element) const {
    return element.parent < 0 ? "" : elements_[static_cast<std::size_t>(element.parent)].name;
  }

  void units() {
    for (const XmlElement& element : elements_) {
      if (element.name == "Unit" && parent_of(element) == "UnitDefinitions") {
        if (!units_.insert(element.attribute("name")).second)
          say("the unit '" + element.attribute("name") + "' is defined twice");
      }
      if (element.name != "BaseUnit") continue;
      const std::string name = elements_[static_cast<std::size_t>(element.parent)].attribute("name");
      based_.insert(name);
      for (const UnitDefinition& unit : unit_definitions()) {
        if (unit.name != name) continue;
        const std::map<std::string, double> expected{
            {"kg", unit.kg}, {"m", unit.m}, {"s", unit.s},           {"A", 0},     {"K", 0}, {"mol", 0},
            {"cd", 0},       {"rad", 0},    {"factor", unit.factor}, {"offset", 0}};
        for (const auto& [key, value] : expected) {
          const std::string text = element.attribute(key);
          const std::optional<double> found = text.empty() ? (key == "factor" ? 1. : 0.) : number(text);
          if (!found || *found != value)
            say("the unit '" + name + "' has " + key + " = " + text + " in SI base units, expected " +
                number_text(value));
        }
      }
    }
  }

  void variables() {
    std::set<std::string> names, references;
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      const XmlElement& scalar = elements_[i];
      if (scalar.name != "ScalarVariable") continue;
      const std::string name = scalar.attribute("name");
      const auto wrong = [&](const std::string& what) {
        say("variable '" + name + "' (modelDescription.xml, line " + std::to_string(scalar.line) + ") " + what);
      };
      if (name.empty()) wrong("has no name");
      if (!names.insert(name).second) wrong("has the name of another one");
      if (!references.insert(scalar.attribute("valueReference")).second)
        wrong("has the value reference of another one");
      if (scalar.attribute("description").empty()) wrong("has no description");
      scalars_.push_back(i);
      // Its type is the element in it.
      const bool has_type = i + 1 < elements_.size() && elements_[i + 1].parent == static_cast<int>(i);
      if (!has_type) {
        wrong("has no type");
        continue;
      }
      const XmlElement& type = elements_[i + 1];
      if (type.name == "Real") {
        const std::string unit = type.attribute("unit");
        if (unit.empty()) {
          wrong("has no unit");
        } else if (!units_.contains(unit)) {
          wrong("has the unit '" + unit + "', which is not defined");
        } else if (!based_.contains(unit)) {
          wrong("has the unit '" + unit + "', which is not defined in SI base units");
        }
      }
      if (type.name != "Real" && type.name != "Integer") continue;
      const std::optional<double> min = number(type.attribute("min")), max = number(type.attribute("max"));
      if (!min || !max || *min > *max) {
        wrong("has no range");
      } else if (const std::string start = type.attribute("start"); !start.empty()) {
        const std::optional<double> value = number(start);
        if (!value || *value < *min || *value > *max) wrong("starts at " + start + ", which is not in its range");
      }
    }
  }

  void structure() {
    std::set<std::string> outputs;
    for (std::size_t i = 0; i < scalars_.size(); ++i)
      if (elements_[scalars_[i]].attribute("causality") == "output") outputs.insert(std::to_string(i + 1));
    for (const char* list : {"Outputs", "InitialUnknowns"}) {
      std::set<std::string> listed;
      for (const XmlElement& element : elements_)
        if (element.name == "Unknown" && parent_of(element) == list) listed.insert(element.attribute("index"));
      if (listed != outputs) say(std::string("ModelStructure/") + list + " does not list just the outputs");
    }
  }

  /// Binary, resources and GUID, and that the description is the one of this unit.
  void contents(const XmlElement& root) {
    const auto simulation = std::find_if(elements_.begin(), elements_.end(),
                                         [](const XmlElement& element) { return element.name == "CoSimulation"; });
    const std::string identifier =
        simulation == elements_.end() ? std::string() : simulation->attribute("modelIdentifier");
    std::optional<UnitKind> kind;
    for (const UnitKind one : {UnitKind::lithography, UnitKind::etch, UnitKind::control})
      if (unit_identifier(one) == identifier) kind = one;
    if (!kind) {
      say("modelIdentifier is '" + identifier + "', which is no co-simulation unit of ours");
      return;
    }
    const std::string library = "binaries/" + std::string(unit_platform()) + "/" + identifier + ".so";
    const std::string* const binary = need(library);
    if (binary && !binary->starts_with("\177ELF")) say(library + " is no ELF library");

    UnitResources resources;
    const std::string* const starts = need("resources/start.txt");
    if (starts) resources.starts = *starts;
    const std::string* const model = *kind == UnitKind::lithography ? need("resources/surrogate.bin") : nullptr;
    if (model) resources.surrogate = *model;
    if (!starts || (*kind == UnitKind::lithography && !model)) return;
    try {
      const std::unique_ptr<Cell> cell = make_cell(*kind, resources);
      const std::string guid = unit_guid(*kind, *cell, resources);
      if (root.attribute("guid") != guid)
        say("the GUID is " + root.attribute("guid") + ", that of the content is " + guid);
      compare(*cell);
    } catch (const Error& error) {
      say(std::string("the resources are not those of such a unit: ") + error.what());
    }
  }

  void compare(const Cell& cell) {
    constexpr const char* types[]{"Real", "Integer", "Boolean", "String"};
    constexpr const char* causalities[]{"parameter", "input", "output", "local"};
    const std::vector<V>& table = cell.variables();
    if (table.size() != scalars_.size()) {
      say("modelDescription.xml lists " + std::to_string(scalars_.size()) + " variables, the unit has " +
          std::to_string(table.size()));
      return;
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
      const V& v = table[i];
      const XmlElement& scalar = elements_[scalars_[i]];
      const XmlElement& type = elements_[std::min(scalars_[i] + 1, elements_.size() - 1)];
      const auto same = [&](const char* what, const std::string& found, const std::string& expected) {
        if (found != expected)
          say("variable '" + v.name + "': " + what + " is '" + found + "', the unit has '" + expected + "'");
      };
      same("name", scalar.attribute("name"), v.name);
      same("value reference", scalar.attribute("valueReference"), std::to_string(i));
      same("causality", scalar.attribute("causality"), causalities[static_cast<std::size_t>(v.causality)]);
      same("type", type.name, types[static_cast<std::size_t>(v.type)]);
      if (v.type != V::Type::real) continue;
      if (!type.attribute("unit").empty()) same("unit", type.attribute("unit"), v.unit);
      same("min", type.attribute("min"), number_text(v.min));
      same("max", type.attribute("max"), number_text(v.max));
      if (v.settable()) same("start", type.attribute("start"), number_text(v.start));
    }
  }

  std::vector<ZipMember> members_;
  std::vector<XmlElement> elements_;
  std::vector<std::size_t> scalars_;  // the variables among the elements
  std::set<std::string> units_, based_;
  std::vector<std::string> findings_;
};

}  // namespace

std::vector<std::string> check_fmu(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw Error(ErrorCode::input, "FMU-0003", "cannot be read", {path.string(), 0, 0});
  try {
    return Check(read_zip(bytes)).run();
  } catch (const Error& error) {
    return {error.what()};
  }
}

}  // namespace anamorph
