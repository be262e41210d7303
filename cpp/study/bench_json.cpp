// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/bench_json.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/core/version.hpp"

namespace anamorph {
namespace {

using Json = nlohmann::ordered_json;

/// A number where the text is one from its begin to its end.
Json number_or_text(const std::string& text) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status == std::errc{} && end == text.data() + text.size() && std::isfinite(value)) {
    if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
    return value;
  }
  return text;
}

Json pairs(const std::vector<std::pair<std::string, std::string>>& list) {
  Json json = Json::object();
  for (const auto& [name, value] : list) json[name] = number_or_text(value);
  return json;
}

/// Check, times and memory of a stage or a job.
template <typename One>
void add_measurement(const One& one, Json& json) {
  if (one.out_of_memory) json["out_of_memory"] = true;
  if (one.check) {
    json["check"] = {{"tolerance", one.check->tolerance}, {"pass", one.check->pass()}};
    if (std::isfinite(one.check->error)) json["check"]["error"] = one.check->error;
  }
  if (one.timing) {
    const BenchTiming& t = *one.timing;
    json["median_s"] = t.median_s;
    json["min_s"] = t.min_s;
    json["max_s"] = t.max_s;
    json["spread"] = t.spread();
    json["moments_s"] = t.moments_s;
    json["samples"] = t.samples;
    json["runs_per_sample"] = t.runs_per_sample;
  }
  if (one.peak_memory_bytes > 0) json["peak_memory_bytes"] = one.peak_memory_bytes;
}

Json stage_json(const StageResult& stage, int batch) {
  Json json{{"name", stage.name}, {"what", stage.what}, {"bytes", stage.work.bytes}, {"flops", stage.work.flops}};
  if (stage.floor_s > 0) {
    json["floor_s"] = stage.floor_s;
    json["bound_by"] = stage.memory_bound ? "memory" : "arithmetic";
    json["fits_cache"] = stage.fits_cache;
  }
  add_measurement(stage, json);
  if (stage.timing) {
    json["seconds_per_clip"] = stage.timing->median_s / batch;
    if (stage.floor_s > 0) json["ratio_to_floor"] = stage.timing->median_s / stage.floor_s;
  }
  return json;
}

Json case_json(const CaseResult& one) {
  Json json{{"name", one.name},
            {"what", one.what},
            {"ny", one.grid.ny},
            {"nx", one.grid.nx},
            {"pixel_nm", one.grid.pixel_nm},
            {"bins", {one.bins_y, one.bins_x}},
            {"field", {one.field_ny, one.field_nx}},
            {"kernels", one.terms},
            {"corners", one.corners},
            {"batches", Json::array()}};
  for (const BatchResult& batch : one.batches) {
    Json stages = Json::array();
    for (const StageResult& stage : batch.stages) stages.push_back(stage_json(stage, batch.batch));
    json["batches"].push_back({{"batch", batch.batch}, {"stages", std::move(stages)}});
  }
  return json;
}

Json job_json(const JobResult& job) {
  Json json{{"name", job.name}, {"what", job.what}, {"clips", job.clips}, {"iterations", job.iterations}};
  add_measurement(job, json);
  if (job.timing) json["clips_together"] = job.together;
  if (job.timing) json["seconds_per_clip"] = job.timing->median_s / job.clips;
  return json;
}

}  // namespace

std::string bench_json(const BenchResult& result, const BenchRecord& record) {
  Json json{{"program", "anamorph bench"},
            {"format", 1},
            {"version", version},
            {"commit", commit},
            {"build", build_flags},
            {"date", record.date},
            {"command", record.command},
            {"complete", record.complete},
            {"pass", result.pass()},
            {"seed", record.options.seed},
            {"seconds_per_timing", record.options.seconds},
            {"backend", result.backend},
            {"device", result.device},
            {"epsilon", result.epsilon},
            {"reference", "cpu"},
            {"facts", pairs(result.facts)}};
  if (!record.clocks.empty()) {
    json["clocks"] = Json::array();
    for (const ClockReading& reading : record.clocks) {
      Json one{{"when", reading.when}};
      one.update(pairs(reading.values));
      json["clocks"].push_back(std::move(one));
    }
  }
  if (result.ceilings) {
    json["ceilings"] = {{"copy_bytes_per_s", result.ceilings->copy_bytes_per_s},
                        {"gemm_flops_per_s", result.ceilings->gemm_flops_per_s}};
    if (result.ceilings->cache_bytes > 0) json["ceilings"]["cache_bytes"] = result.ceilings->cache_bytes;
    if (result.ceilings->peak_flops_per_s) json["ceilings"]["peak_flops_per_s"] = *result.ceilings->peak_flops_per_s;
  }
  json["cases"] = Json::array();
  for (const CaseResult& one : result.cases) json["cases"].push_back(case_json(one));
  json["jobs"] = Json::array();
  for (const JobResult& job : result.jobs) json["jobs"].push_back(job_json(job));
  return json.dump(2) + "\n";
}

}  // namespace anamorph
