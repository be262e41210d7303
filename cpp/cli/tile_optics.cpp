// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/tile_optics.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "cpp/core/error.hpp"
#include "cpp/io/kernels.hpp"

namespace anamorph::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string folder_of(std::size_t stack) { return "kernels/" + std::to_string(stack); }

}  // namespace

void write_optics(RunDirectory& directory, const ClipOptics& optics) {
  const ImagingModel& model = optics.model;
  Json conditions = Json::array(), metrics = Json::array();
  for (const Condition& c : model.conditions)
    conditions.push_back(
        {{"name", c.name}, {"dose", c.dose}, {"focus_nm", c.focus_nm}, {"stack", c.stack}, {"pvband", c.band}});
  for (const Metric& m : optics.metrics) metrics.push_back({m.key, m.value});
  for (std::size_t i = 0; i < model.stacks.size(); ++i) write_kernels(directory, folder_of(i), model.stacks[i], {});
  const Json all = {{"stacks", model.stacks.size()}, {"conditions", conditions}, {"blur_x_nm", model.blur_x_nm},
                    {"blur_y_nm", model.blur_y_nm},  {"flare", model.flare},     {"metrics", metrics}};
  directory.write("kernels/optics.json", all.dump(2) + "\n");
}

ClipOptics read_optics(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / "kernels" / "optics.json";
  std::ifstream stream(file);
  const Json all = Json::parse(stream, nullptr, false);
  ClipOptics optics;
  ImagingModel& model = optics.model;
  try {
    for (const Json& c : all.at("conditions"))
      model.conditions.push_back({c.at("name"), c.at("dose"), c.at("focus_nm"), c.at("stack"), c.at("pvband")});
    model.blur_x_nm = all.at("blur_x_nm");
    model.blur_y_nm = all.at("blur_y_nm");
    model.flare = all.at("flare");
    for (const Json& m : all.at("metrics")) optics.metrics.push_back({m.at(0), m.at(1)});
    for (std::size_t i = 0, n = all.at("stacks"); i < n; ++i)
      model.stacks.push_back(read_kernels(directory / folder_of(i)));
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorCode::input, "TIL-0009", "these are not the optics of a plan", {file.string()});
  }
  model.validate();
  return optics;
}

}  // namespace anamorph::cli
