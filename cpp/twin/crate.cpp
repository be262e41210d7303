// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/crate.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "cpp/core/error.hpp"
#include "cpp/io/sha256.hpp"

namespace anamorph {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const std::string no_digest(64, '0');

Json reference(const std::string& id) { return {{"@id", id}}; }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Json file_entity(const CrateFile& one) {
  return {{"@id", one.file.name},         {"@type", "File"},
          {"name", one.file.name},        {"description", one.description},
          {"encodingFormat", one.format}, {"contentSize", std::to_string(one.file.bytes)},
          {"sha256", one.file.sha256}};
}

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) throw Error(ErrorCode::input, "TWN-0020", "cannot be read", {path.string()});
  return text.str();
}

}  // namespace

std::string media_type(const std::string& name) {
  static const std::pair<const char*, const char*> types[] = {
      {".json", "application/json"},   {".fmu", "application/zip"},   {".nc", "application/x-netcdf"},
      {".gds", "application/vnd.gds"}, {".html", "text/html"},        {".csv", "text/csv"},
      {".lyrdb", "application/xml"},   {".ssd", "application/xml"},   {".ssv", "application/xml"},
      {".ssp", "application/zip"},     {".toml", "application/toml"}, {".md", "text/markdown"}};
  for (const auto& [ending, type] : types)
    if (name.ends_with(ending)) return type;
  return "application/octet-stream";
}

std::string crate_json(const Crate& crate) {
  Json graph = Json::array();
  graph.push_back({{"@id", crate_name},
                   {"@type", "CreativeWork"},
                   {"conformsTo", reference("https://w3id.org/ro/crate/1.1")},
                   {"about", reference("./")},
                   {"description", "sha256 is that of this file with 64 zeros in the place of its digits"},
                   {"sha256", no_digest}});
  Json parts = Json::array(), objects = Json::array();
  for (const CrateFile& one : crate.files) parts.push_back(reference(one.file.name));
  for (std::size_t i = 0; i < crate.inputs.size(); ++i) objects.push_back(reference("#input-" + std::to_string(i + 1)));
  graph.push_back({{"@id", "./"},
                   {"@type", "Dataset"},
                   {"name", crate.name},
                   {"description", crate.description},
                   {"datePublished", utc_time(crate.end)},
                   {"license", "Not stated: that of the inputs, as their owner decides"},
                   {"hasPart", parts},
                   {"mentions", reference("#export")}});
  graph.push_back({{"@id", "#anamorph"},
                   {"@type", "SoftwareApplication"},
                   {"name", "Anamorph"},
                   {"softwareVersion", crate.version},
                   {"version", crate.commit},
                   {"description", "commit " + crate.commit + ", built with " + crate.build}});
  graph.push_back(
      {{"@id", "#device"}, {"@type", "Product"}, {"name", crate.device}, {"description", "backend " + crate.backend}});
  graph.push_back({{"@id", "#export"},
                   {"@type", "CreateAction"},
                   {"name", "twin export"},
                   {"description", joined(crate.command)},
                   {"startTime", utc_time(crate.start)},
                   {"endTime", utc_time(crate.end)},
                   {"instrument", Json::array({reference("#anamorph"), reference("#device")})},
                   {"object", objects},
                   {"result", parts}});
  for (std::size_t i = 0; i < crate.inputs.size(); ++i)
    graph.push_back({{"@id", "#input-" + std::to_string(i + 1)},
                     {"@type", "CreativeWork"},
                     {"name", crate.inputs[i].name},
                     {"encodingFormat", media_type(crate.inputs[i].name)},
                     {"contentSize", std::to_string(crate.inputs[i].bytes)},
                     {"sha256", crate.inputs[i].sha256}});
  for (const CrateFile& one : crate.files) graph.push_back(file_entity(one));
  const Json json{{"@context", Json::array({"https://w3id.org/ro/crate/1.1/context",
                                            Json{{"sha256", "https://schema.org/sha256"}}})},
                  {"@graph", graph}};
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return text.replace(text.find(no_digest), no_digest.size(), sha256(text));
}

namespace {

/// A path that stays in the directory.
bool inside(const std::string& name) {
  const fs::path path(name);
  if (name.empty() || path.is_absolute()) return false;
  for (const fs::path& part : path)
    if (part == "..") return false;
  return true;
}

/// The text of an entity's property, or nothing.
std::optional<std::string> text_of(const Json& entity, const char* key) {
  const auto it = entity.find(key);
  if (it == entity.end() || !it->is_string()) return std::nullopt;
  return it->get<std::string>();
}

void check_itself(const std::string& text, const Json& graph, std::vector<CrateFinding>& found) {
  std::optional<std::string> digest;
  for (const Json& entity : graph)
    if (entity.is_object() && text_of(entity, "@id") == crate_name) digest = text_of(entity, "sha256");
  if (!digest || digest->size() != no_digest.size()) {
    found.push_back({crate_name, "has no SHA-256 of itself"});
    return;
  }
  std::string blank = text;
  const std::size_t at = blank.find(*digest);
  if (at != std::string::npos) blank.replace(at, digest->size(), no_digest);
  if (sha256(blank) != *digest) found.push_back({crate_name, "was changed: its SHA-256 is not the one that it states"});
}

}  // namespace

CrateCheck check_crate(const fs::path& directory) {
  const fs::path path = directory / crate_name;
  if (!fs::is_regular_file(path))
    throw Error(ErrorCode::input, "TWN-0021",
                std::string("there is no ") + crate_name + " in it; expected the directory of `twin export`",
                {directory.string()});
  CrateCheck check;
  const std::string text = read(path);
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("@graph") || !json["@graph"].is_array()) {
    check.findings.push_back({crate_name, "is not an RO-Crate: no JSON with a @graph"});
    return check;
  }
  const Json& graph = json["@graph"];
  check_itself(text, graph, check.findings);
  std::set<std::string> parts;
  for (const Json& entity : graph) {
    if (!entity.is_object() || text_of(entity, "@type") != "File") continue;
    const std::string name = text_of(entity, "@id").value_or("");
    const auto say = [&](const std::string& what) { check.findings.push_back({name, what}); };
    if (!inside(name)) {
      say("lies outside the export");
      continue;
    }
    const std::optional<std::string> size = text_of(entity, "contentSize"), digest = text_of(entity, "sha256");
    const fs::path file = directory / name;
    if (!size || !digest) {
      say("has no size or no SHA-256 in the crate");
    } else if (!fs::is_regular_file(file)) {
      say("is missing");
    } else if (std::to_string(fs::file_size(file)) != *size) {
      say("has " + std::to_string(fs::file_size(file)) + " bytes; expected " + *size);
    } else if (sha256_file(file) != *digest) {
      say("was changed: its SHA-256 is not that of the crate");
    } else {
      check.files.push_back(name);
    }
    parts.insert(name);
  }
  if (!parts.contains("run.json")) check.findings.push_back({crate_name, "does not list run.json"});
  return check;
}

}  // namespace anamorph
