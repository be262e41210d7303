// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/twin_couple.hpp"

#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cpp/cli/results.hpp"
#include "cpp/twin/read_unit.hpp"

namespace anamorph::cli {

namespace {

using Json = nlohmann::ordered_json;

/// "control.weight=0.3" -> its two halves.
std::pair<std::string, double> setting_of(const std::string& text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::string value = text.substr(std::min(equals + 1, text.size()));
  double number = value == "true" ? 1 : 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool is_number = error == std::errc() && end == value.data() + value.size();
  if (equals == text.size() || !(is_number || value == "true" || value == "false"))
    throw Error(ErrorCode::usage, "CLI-0013",
                "--set " + text + "; expected CELL.NAME=NUMBER, as in etch.time_s=20, or true or false");
  return {text.substr(0, equals), number};
}

/// What was chosen for the controller, each with its unit.
Json summary(const SspSystem& system) {
  Json json{{"name", system.name}, {"description", system.description}};
  for (const UnitVariable& v : fmu_variables(system.components.back().unit))
    if (v.causality == UnitVariable::Causality::parameter || v.name == "target_cd_nm") {
      Json one{{"value", v.start}};
      if (!v.unit.empty()) one["unit"] = v.unit;
      json["control"][v.name] = one;
    }
  return json;
}

}  // namespace

int run_twin_couple(const Options& options, const CoupleChoice& choice, Console& console) {
  RunRecord record(options, "twin couple");
  record.begin_stage("read");
  const std::filesystem::path file = find_lithography_unit(choice.exported);
  LoopChoice loop = choice.loop;
  for (const std::string& text : options.overrides) {
    const auto [path, value] = setting_of(text);
    loop.settings[path] = value;
  }
  const SspSystem system = control_loop(read_lithography_unit(file), loop);
  const std::string bytes = ssp_bytes(system);
  record.add_input(file);

  RunDirectory directory = open_run_directory(options, "twin-couple", file.stem().string());
  record.begin_stage("write");
  const Json json = summary(system);
  directory.write("system.ssp", bytes);
  directory.write("system.json", json.dump(2) + "\n");
  (void)record.finish();
  record.write(directory);

  char line[160];
  std::snprintf(line, sizeof line, "etched CD %.3f nm, held by %.4f nm/(mJ/cm2)",
                json["control"]["target_cd_nm"]["value"].get<double>(),
                json["control"]["cd_per_dose"]["value"].get<double>());
  console.print(line);
  console.print("system: " + (directory.directory() / "system.ssp").string());
  if (console.json()) console.document(json.dump(2) + "\n");
  return 0;
}

}  // namespace anamorph::cli
