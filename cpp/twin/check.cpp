// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/check.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cpp/core/error.hpp"
#include "cpp/twin/descriptor.hpp"
#include "cpp/twin/fmu.hpp"
#include "cpp/twin/litho_cell.hpp"
#include "cpp/twin/xml_scan.hpp"
#include "cpp/twin/zip.hpp"
#include "masks/gdsii.hpp"

namespace anamorph {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using V = UnitVariable;

class Check {
 public:
  explicit Check(const fs::path& directory) : directory_(directory) {}

  TwinCheck run() {
    CrateCheck crate = check_crate(directory_);
    intact_.insert(crate.files.begin(), crate.files.end());
    result_.findings = std::move(crate.findings);
    std::set<std::string> named = intact_;
    for (const CrateFinding& finding : result_.findings) named.insert(finding.file);
    named.insert(crate_name);
    result_.files = static_cast<int>(named.size());
    if (!named.contains("twin.json"))
      say(crate_name, "does not list twin.json");
    else if (intact_.contains("twin.json"))
      descriptor(named);
    return std::move(result_);
  }

 private:
  void say(const std::string& file, const std::string& what) { result_.findings.push_back({file, what}); }

  [[nodiscard]] std::string bytes_of(const std::string& name) const {
    std::ifstream file(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void descriptor(const std::set<std::string>& named) {
    const std::string text = bytes_of("twin.json");
    const std::vector<std::string> wrong = check_twin_json(text);
    for (const std::string& what : wrong) say("twin.json", what);
    if (!wrong.empty()) return;
    const Json twin = Json::parse(text);
    std::map<std::string, std::string> by_role;
    for (const Json& file : twin["files"]) {
      const std::string path = file["path"];
      by_role[file["role"]] = path;
      if (!named.contains(path)) say("twin.json", "names " + path + ", which is not in the crate");
    }
    for (const char* role : {"model", "fields", "focus_exposure", "contours", "markers", "report", "schema", "system"})
      if (!by_role.contains(role)) say("twin.json", std::string("names no file that is the ") + role);
    const auto look = [&](const char* role, void (Check::*at)(const std::string&)) {
      if (const auto it = by_role.find(role); it != by_role.end() && intact_.contains(it->second))
        (this->*at)(it->second);
    };
    ports_ = &twin["ports"];
    look("model", &Check::unit);
    look("fields", &Check::netcdf);
    look("focus_exposure", &Check::netcdf);
    look("contours", &Check::contours);
    look("markers", &Check::xml);
    look("system", &Check::system);
    look("schema", &Check::schema);
  }

  void unit(const std::string& name) {
    const std::vector<std::string> wrong = check_fmu(directory_ / name);
    for (const std::string& what : wrong) say(name, what);
    if (!wrong.empty()) return;
    for (const ZipMember& member : read_zip(bytes_of(name)))
      if (member.name == "resources/surrogate.bin") compare(name, parse_surrogate(member.bytes, name));
  }

  /// The ports of twin.json are the variables of the unit.
  void compare(const std::string& name, const SurrogateModel& model) {
    const LithoCell cell(model);
    const std::vector<V>& variables = cell.variables();
    for (std::size_t i = 0; i < std::max(variables.size(), ports_->size()); ++i) {
      const std::string port = i < ports_->size() ? (*ports_)[i]["name"].get<std::string>() : "";
      const std::string variable = i < variables.size() ? variables[i].name : "";
      if (port != variable) {
        say("twin.json",
            "port " + std::to_string(i) + " is \"" + port + "\"; " + name + " has \"" + variable + "\" there");
        return;
      }
      const Json& p = (*ports_)[i];
      const V& v = variables[i];
      const auto differs = [&](const char* what) {
        say("twin.json", port + " has another " + what + " than in " + name);
      };
      if (v.type == V::Type::real && p.value("unit", "") != v.unit) differs("unit");
      if (v.causality != V::Causality::input) continue;
      if (p["valid"]["low"] != v.min || p["valid"]["high"] != v.max) differs("range");
      if (p["nominal"] != v.start) differs("nominal value");
    }
  }

  void netcdf(const std::string& name) {
    if (!bytes_of(name).starts_with("\x89HDF\r\n\x1a\n")) say(name, "is no netCDF-4 file");
  }

  void contours(const std::string& name) {
    try {
      const std::string bytes = bytes_of(name);
      const auto file = open_gdsii(memory_bytes(bytes, name));
      LayoutSink nobody;  // the cells are read for what is wrong with them
      for (std::size_t cell = 0; cell < file->cells().size(); ++cell) file->read(cell, nobody);
      if (file->cells().size() != 1) say(name, "does not hold one cell");
    } catch (const Error& error) {
      say(name, error.what());
    }
  }

  void xml(const std::string& name) {
    try {
      (void)scan_xml(bytes_of(name));
    } catch (const Error& error) {
      say(name, std::string("is not well-formed XML: ") + error.what());
    }
  }

  void system(const std::string& name) {
    try {
      for (const ZipMember& member : read_zip(bytes_of(name))) {
        if (!member.damage.empty()) say(name, member.name + " " + member.damage);
        if (member.name == "SystemStructure.ssd") {
          (void)scan_xml(member.bytes);
          return;
        }
      }
      say(name, "has no SystemStructure.ssd");
    } catch (const Error& error) {
      say(name, error.what());
    }
  }

  void schema(const std::string& name) {
    if (bytes_of(name) != twin_schema()) say(name, "is not the schema of this version");
  }

  const fs::path& directory_;
  std::set<std::string> intact_;
  const Json* ports_ = nullptr;
  TwinCheck result_;
};

}  // namespace

TwinCheck check_twin(const fs::path& directory) { return Check(directory).run(); }

std::string twin_check_json(const TwinCheck& check) {
  Json json{{"pass", check.findings.empty()}, {"files", check.files}, {"findings", Json::array()}};
  for (const CrateFinding& f : check.findings) json["findings"].push_back({{"file", f.file}, {"finding", f.what}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace anamorph
