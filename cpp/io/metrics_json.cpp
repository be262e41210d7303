// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/metrics_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/core/version.hpp"

namespace anamorph {
namespace {

using Json = nlohmann::ordered_json;

/// A number as JSON can hold it: counts without a fraction, what is not finite as null.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

Json object(const std::vector<Metric>& metrics) {
  Json json = Json::object();
  for (const Metric& m : metrics) json[m.key] = number(m.value);
  return json;
}

// Bytes of a path or a name need not be UTF-8; they are replaced rather than refused at the end of a long run.
std::string text(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json files(const std::vector<RunDirectory::File>& list) {
  Json json = Json::array();
  for (const RunDirectory::File& f : list) json.push_back({{"file", f.name}, {"bytes", f.bytes}, {"sha256", f.sha256}});
  return json;
}

}  // namespace

std::string metric_key(std::string_view name) {
  std::string key;
  for (const char c : name) {
    const bool between = c == ' ' || c == ',';
    if (!between || key.empty() || key.back() != '_') key += between ? '_' : c;
  }
  return key;
}

std::string metrics_json(const ClipResult& clip) {
  Json json{{"name", clip.name}};
  json.update(object(clip.metrics));
  for (const ConditionResult& c : clip.conditions)
    json["conditions"].push_back({{"name", c.name}, {"dose", number(c.dose)}, {"focus_nm", number(c.focus_nm)}});
  for (const RuleCheck& r : clip.rules)
    json["rules"].push_back({{"name", r.name},
                             {"unit", r.unit},
                             {"limit", number(r.limit)},
                             {"measured", number(r.measured)},
                             {"kind", r.upper ? "at most" : "at least"},
                             {"pass", r.pass()}});
  json["pass"] = clip.pass();
  json["grid"] = {{"x0_nm", number(clip.grid.x0_nm)},
                  {"y0_nm", number(clip.grid.y0_nm)},
                  {"nx", clip.grid.nx},
                  {"ny", clip.grid.ny},
                  {"pixel_nm", number(clip.grid.pixel_nm)}};
  if (!clip.warnings.empty()) json["warnings"] = clip.warnings;
  return text(json);
}

std::string run_json(const RunInfo& run) {
  Json json{{"verb", run.verb},     {"command", run.command},       {"version", version},
            {"commit", commit},     {"build", build_flags},         {"backend", run.backend},
            {"device", run.device}, {"start", utc_time(run.start)}, {"end", utc_time(run.end)}};
  for (const StageUse& s : run.stages)
    json["stages"].push_back(
        {{"name", s.name}, {"seconds", number(s.seconds)}, {"peak_memory_mb", number(s.peak_memory_mb)}});
  json["inputs"] = files(run.inputs);
  json["outputs"] = files(run.outputs);
  json["recipe"] = run.recipe_json.empty() ? Json() : Json::parse(run.recipe_json);
  return text(json);
}

std::vector<Metric> mean_metrics(const std::vector<SuiteCase>& cases) {
  std::vector<Metric> mean;
  if (cases.empty()) return mean;
  for (const Metric& column : cases.front().metrics) {
    double sum = 0;
    int count = 0;
    for (const SuiteCase& c : cases) {
      const double value = metric(c.metrics, column.key);
      if (!std::isfinite(value)) continue;
      sum += value;
      ++count;
    }
    mean.push_back({column.key, sum / count});
  }
  return mean;
}

std::string suite_json(const std::vector<SuiteCase>& cases) {
  Json json{{"cases", Json::array()}, {"mean", object(mean_metrics(cases))}};
  for (const SuiteCase& c : cases) {
    Json entry{{"name", c.name}};
    entry.update(object(c.metrics));
    entry["pass"] = c.pass;
    json["cases"].push_back(entry);
  }
  return text(json);
}

}  // namespace anamorph
