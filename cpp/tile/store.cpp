// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/store.hpp"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "cpp/io/atomic_file.hpp"
#include "cpp/io/sha256.hpp"
#include "cpp/tile/shapes.hpp"

namespace anamorph {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::optional<std::string> text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Nothing if the file is not there, or no JSON.
std::optional<Json> json_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  Json j = Json::parse(*text, nullptr, false);
  if (j.is_discarded() || !j.is_object()) return std::nullopt;
  return j;
}

template <typename Value>
Value value_of(const Json& j, const char* name, Value otherwise) {
  try {
    return j.value(name, otherwise);
  } catch (const nlohmann::json::exception&) {
    return otherwise;
  }
}

void append(std::string& bytes, std::int64_t value) {
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

void remove_file(const fs::path& file) {
  std::error_code error;
  if (!fs::remove(file, error) && error)
    throw Error(ErrorCode::resource, "TIL-0023", "the file cannot be removed: " + error.message(), {file.string()});
}

}  // namespace

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw Error(ErrorCode::resource, "TIL-0023", "the folder cannot be made: " + error.message(), {folder.string()});
}

TileStore::TileStore(fs::path directory, const TilePlan& plan)
    : directory_(std::move(directory)), plan_(plan), plan_hash_(plan.hash()) {}

fs::path TileStore::tile_file(int index, const char* suffix) const {
  char name[32];
  std::snprintf(name, sizeof name, "%06d", index);
  return directory_ / "tiles" / (std::string(name) + suffix);
}

fs::path TileStore::result_file(const std::string& key, const char* suffix) const {
  return directory_ / "results" / (key + suffix);
}

std::string TileStore::key(const TileInput& input) const {
  std::string bytes;
  const DbuBox& core = input.tile.core;
  for (const std::int64_t v : {core.x0, core.y0, core.x1, core.y1}) append(bytes, v);
  for (const Region& layer : input.layers) {
    append(bytes, static_cast<std::int64_t>(layer.boundary().size()));
    for (const DbuPolygon& polygon : layer.boundary()) {
      append(bytes, static_cast<std::int64_t>(polygon.size()));
      for (const DbuPoint& p : polygon) {
        append(bytes, p.x);
        append(bytes, p.y);
      }
    }
  }
  if (!(input.origin_nm == Point{}))
    for (const double v : {input.origin_nm.x, input.origin_nm.y}) append(bytes, std::llround(v * 1e6));
  if (!plan_.reuse) append(bytes, input.tile.index);
  Sha256 hash;
  hash.update(plan_.job_hash);
  hash.update(bytes);
  return hash.finish().substr(0, 40);
}

bool TileStore::has_result(const std::string& key) const {
  const auto facts = json_of(text_of(result_file(key, ".json")));
  if (!facts) return false;
  const auto shapes = text_of(result_file(key, ".oas"));
  return shapes && sha256(*shapes) == value_of<std::string>(*facts, "shapes_sha256", "") && facts->contains("facts") &&
         sha256((*facts)["facts"].dump()) == value_of<std::string>(*facts, "facts_sha256", "");
}

TileStore::Record TileStore::look(int index) const {
  Record record;
  const auto done = json_of(text_of(tile_file(index, ".json")));
  if (!done || value_of<std::string>(*done, "plan", "") != plan_hash_) {
    const auto failed = json_of(text_of(tile_file(index, ".failed.json")));
    if (failed && value_of<std::string>(*failed, "plan", "") == plan_hash_) {
      record.state = State::failed;
      record.error = value_of<std::string>(*failed, "error", "?");
    } else if (!done && fs::exists(tile_file(index, ".json"))) {
      record.state = State::damaged;
      record.error = "its record cannot be read";
    }
    return record;
  }
  record.key = value_of<std::string>(*done, "result", "");
  record.reused = value_of(*done, "reused", false);
  record.cpu_seconds = value_of(*done, "cpu_seconds", 0.0);
  record.state = State::damaged;
  const auto facts = text_of(result_file(record.key, ".json")), shapes = text_of(result_file(record.key, ".oas"));
  if (record.key.empty() || !facts || !shapes)
    record.error = "its result is missing";
  else if (sha256(*facts) != value_of<std::string>(*done, "facts_sha256", "") ||
           sha256(*shapes) != value_of<std::string>(*done, "shapes_sha256", ""))
    record.error = "its result does not have the checksum that it had";
  else
    record.state = State::done;
  return record;
}

void TileStore::write_result(const std::string& key, const TileResult& result) const {
  ShapeLayers layers;
  for (std::size_t i = 0; i < plan_.outputs.size(); ++i) {
    if (i >= result.layers.size() || result.layers[i].name != plan_.outputs[i])
      throw std::logic_error("the job makes other layers than its plan says");
    layers.push_back(result.layers[i].shapes.pieces());
  }
  const Json facts = result.facts.empty() ? Json::object() : Json::parse(result.facts);
  make_folder(directory_ / "results");
  write_shapes(result_file(key, ".oas"), layers, plan_.dbu_nm);
  Json j = {{"format", TilePlan::format},
            {"shapes_sha256", sha256_file(result_file(key, ".oas"))},
            {"facts_sha256", sha256(facts.dump())},
            {"facts", facts}};
  write_file_atomic(result_file(key, ".json"), j.dump() + "\n");
}

void TileStore::write_done(int index, const std::string& key, bool reused, double cpu_seconds) const {
  const Json j = {{"format", TilePlan::format},
                  {"plan", plan_hash_},
                  {"tile", index},
                  {"result", key},
                  {"reused", reused},
                  {"shapes_sha256", sha256_file(result_file(key, ".oas"))},
                  {"facts_sha256", sha256_file(result_file(key, ".json"))},
                  {"cpu_seconds", cpu_seconds}};
  make_folder(directory_ / "tiles");
  write_file_atomic(tile_file(index, ".json"), j.dump() + "\n");
  remove_file(tile_file(index, ".failed.json"));
}

void TileStore::write_failed(int index, const Error& error) const {
  const std::string where = error.where().str();
  const Json j = {{"format", TilePlan::format},
                  {"plan", plan_hash_},
                  {"tile", index},
                  {"code", static_cast<int>(error.code())},
                  {"error", error.id() + ": " + (where.empty() ? "" : where + ": ") + error.what()}};
  make_folder(directory_ / "tiles");
  remove_file(tile_file(index, ".json"));
  // The error may hold a name of the layout, in whatever encoding.
  write_file_atomic(tile_file(index, ".failed.json"), j.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

TileResult TileStore::result(const std::string& key) const {
  ShapeLayers shapes = read_shapes(result_file(key, ".oas"), plan_.outputs.size());
  TileResult result;
  for (std::size_t i = 0; i < shapes.size(); ++i) result.layers.push_back({plan_.outputs[i], Region(shapes[i])});
  result.facts = facts(key);
  return result;
}

std::string TileStore::facts(const std::string& key) const {
  const fs::path file = result_file(key, ".json");
  const auto j = json_of(text_of(file));
  if (!j || !j->contains("facts"))
    throw Error(ErrorCode::input, "TIL-0005", "this is no result of a tile", {file.string()});
  return (*j)["facts"].dump();
}

}  // namespace anamorph
