// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/plan.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cpp/core/error.hpp"
#include "cpp/io/sha256.hpp"

namespace anamorph {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json grid_json(const TileGrid& g) {
  return {{"area", {g.area.x0, g.area.y0, g.area.x1, g.area.y1}},
          {"tiles", {g.nx, g.ny}},
          {"core", {g.core_x, g.core_y}},
          {"halo", g.halo},
          {"window", {g.window_x, g.window_y}}};
}

TileGrid grid_of(const Json& j) {
  TileGrid g;
  const Json &area = j.at("area"), &tiles = j.at("tiles"), &core = j.at("core"), &window = j.at("window");
  g.area = {area.at(0), area.at(1), area.at(2), area.at(3)};
  g.nx = tiles.at(0);
  g.ny = tiles.at(1);
  g.core_x = core.at(0);
  g.core_y = core.at(1);
  g.halo = j.at("halo");
  g.window_x = window.at(0);
  g.window_y = window.at(1);
  return g;
}

Json contents(const TilePlan& p) {
  Json sources = Json::array(), shared = Json::array();
  for (const TileSource& s : p.sources)
    sources.push_back({{"name", s.name},
                       {"file", s.file.string()},
                       {"cell", s.cell},
                       {"layers", s.layers},
                       {"bytes", s.bytes},
                       {"sha256", s.sha256}});
  for (const SharedFile& f : p.shared) shared.push_back({{"name", f.name}, {"sha256", f.sha256}});
  return {{"format", TilePlan::format}, {"job", p.job},
          {"backend", p.backend},       {"program", p.program},
          {"sources", sources},         {"outputs", p.outputs},
          {"dbu_nm", p.dbu_nm},         {"grid_dbu", grid_json(p.grid)},
          {"reuse", p.reuse},           {"seam_limit_nm", p.seam_limit_nm},
          {"job_hash", p.job_hash},     {"shared", shared},
          {"recipe", p.recipe}};
}

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error(ErrorCode::input, "TIL-0003", why, {file.string()});
}

}  // namespace

std::string TilePlan::hash() const { return sha256(contents(*this).dump()); }

std::string plan_json(const TilePlan& plan) {
  Json all = contents(plan);
  all["hash"] = plan.hash();
  return all.dump(2) + "\n";
}

TilePlan read_plan(const fs::path& directory) {
  const fs::path file = directory / "plan.json";
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(file, "there is no plan; expected the folder that `anamorph tile plan` wrote");
  std::ostringstream text;
  text << stream.rdbuf();
  TilePlan p;
  std::string hash;
  try {
    const Json j = Json::parse(text.str());
    if (const Json& format = j.at("format"); format != TilePlan::format)
      refuse(file, "the plan has format " + format.dump() + "; this program knows " + std::to_string(TilePlan::format));
    p.job = j.at("job");
    p.backend = j.at("backend");
    p.program = j.at("program");
    for (const Json& s : j.at("sources"))
      p.sources.push_back(
          {s.at("name"), s.at("file").get<std::string>(), s.at("cell"), s.at("layers"), s.at("bytes"), s.at("sha256")});
    p.outputs = j.at("outputs").get<std::vector<std::string>>();
    p.dbu_nm = j.at("dbu_nm");
    p.grid = grid_of(j.at("grid_dbu"));
    p.reuse = j.at("reuse");
    p.seam_limit_nm = j.at("seam_limit_nm");
    p.job_hash = j.at("job_hash");
    for (const Json& f : j.at("shared")) p.shared.push_back({f.at("name"), f.at("sha256")});
    p.recipe = j.at("recipe");
    hash = j.at("hash");
  } catch (const Json::parse_error& error) {
    refuse(file, "the plan is damaged (at byte " + std::to_string(error.byte) + "); plan anew with --force");
  } catch (const nlohmann::json::exception& error) {
    refuse(file, std::string("this is no plan: ") + error.what());
  }
  if (hash != p.hash())
    refuse(file, "the plan was changed after it was made; expected what `anamorph tile plan` wrote");
  return p;
}

void check_files(const TilePlan& plan, const fs::path& directory) {
  for (const TileSource& source : plan.sources)
    if (!fs::is_regular_file(source.file) || fs::file_size(source.file) != source.bytes ||
        sha256_file(source.file) != source.sha256)
      refuse(source.file,
             "the layout is not the one that the plan was made for; plan anew (tiles whose shapes are the "
             "same are kept with `tile plan --force`)");
  for (const SharedFile& file : plan.shared)
    if (!fs::is_regular_file(directory / file.name) || sha256_file(directory / file.name) != file.sha256)
      refuse(directory / file.name, "this file is not the one that belongs to the plan; plan anew with --force");
}

}  // namespace anamorph
