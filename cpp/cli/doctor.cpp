// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <fstream>
#include <nlohmann/json.hpp>

#include "cpp/backend/backend.hpp"
#include "cpp/cli/app.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/core/version.hpp"
#include "cpp/io/recipe.hpp"
#include "cpp/twin/descriptor.hpp"

namespace anamorph::cli {

namespace {

std::string processor() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

}  // namespace

int run_doctor(const Options&, Console& console) {
  nlohmann::ordered_json json = {{"version", version},
                                 {"commit", commit},
                                 {"build", build_flags},
                                 {"processor", processor()},
                                 {"threads", hardware_threads()},
                                 {"backends", nlohmann::ordered_json::array()}};
  for (const char* key : {"version", "commit", "build", "processor"})
    console.print(std::string(key) + std::string(11 - std::string(key).size(), ' ') + json[key].get<std::string>());
  console.print("threads    " + std::to_string(hardware_threads()));
  for (const std::string& name : compiled_backends()) {
    std::string device;
    bool usable = true;
    try {
      device = make_backend(name, hardware_threads())->device();
    } catch (const Error& error) {
      device = error.what();
      usable = false;
    }
    json["backends"].push_back({{"name", name}, {"usable", usable}, {"device", device}});
    console.print("backend    " + name + (usable ? ": " : ": not usable: ") + device);
  }
  const std::string chosen = make_backend("auto", hardware_threads())->name();
  json["auto"] = chosen;
  console.print("auto takes " + chosen);
  if (console.json()) console.document(json.dump(2));
  return 0;
}

int run_schema(Schema which, Console& console) {
  console.document(which == Schema::twin       ? std::string(twin_schema())
                   : which == Schema::markdown ? recipe_markdown()
                                               : recipe_schema());
  return 0;
}

}  // namespace anamorph::cli
