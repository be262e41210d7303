// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// anamorph_bench [--out=FILE] [--data=DIR] [--threads=N] [options of Google Benchmark]
// First compares the library with a plain implementation (exit 1 if they differ), then times both, and what the
// machine can do, in one run.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "benchmarks/job.hpp"
#include "benchmarks/machine.hpp"
#include "cpp/core/version.hpp"

namespace anamorph::bench {
namespace {

using Json = nlohmann::ordered_json;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// Seconds of every repetition by job; a line on stdout for each job that is done.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    std::printf("%-32s %12s %12s %12s\n", "milliseconds", "median", "least", "most");
    return true;
  }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration && !run.error_occurred)
        seconds[run.run_name.function_name].push_back(run.real_accumulated_time / static_cast<double>(run.iterations));
    const std::string& name = runs.front().run_name.function_name;
    if (runs.front().run_type != Run::RT_Iteration) return;  // the aggregates of the same runs
    const std::vector<double>& times = seconds[name];
    const auto [least, most] = std::minmax_element(times.begin(), times.end());
    std::printf("%-32s %12.3f %12.3f %12.3f\n", name.c_str(), 1e3 * median(times), 1e3 * *least, 1e3 * *most);
    std::fflush(stdout);
  }

  std::map<std::string, std::vector<double>> seconds;
};

void time_job(const Job& job, benchmark::State& state) {
  const auto run = job.prepare();
  if (state.max_iterations > 1) run();  // a short job starts with warm caches
  for (auto _ : state) run();
  if (job.bytes > 0) state.counters["bytes"] = job.bytes;
  if (job.flops > 0) state.counters["flops"] = job.flops;
}

struct Settings {
  std::filesystem::path out, data = ANAMORPH_DATA;
  int threads = 2;
};

/// Takes our own options out of the command line.
Settings take_settings(int& argc, char** argv) {
  Settings settings;
  if (const char* data = std::getenv("ANAMORPH_DATA")) settings.data = data;
  const auto take = [&](const std::string& argument) {
    const auto value = [&](const std::string& key) {
      return argument.starts_with(key) ? argument.substr(key.size()) : "";
    };
    if (const std::string out = value("--out="); !out.empty()) return settings.out = out, true;
    if (const std::string data = value("--data="); !data.empty()) return settings.data = data, true;
    if (const std::string n = value("--threads="); !n.empty())
      return settings.threads = std::max(1, std::stoi(n)), true;
    return false;
  };
  char** end = std::remove_if(argv + 1, argv + argc, [&](const char* argument) { return take(argument); });
  argc = static_cast<int>(end - argv);
  return settings;
}

/// The results with all ratios; a job left out by a filter is absent.
Json results(const std::vector<Job>& jobs, const std::map<std::string, std::vector<double>>& seconds,
             const std::map<std::string, double>& memory) {
  double copy_rate = 0;
  std::map<bool, double> gemm_rate;  // by precision
  for (const Job& job : jobs) {
    const auto found = seconds.find(job.name);
    if (found == seconds.end()) continue;
    const double time = median(found->second);
    if (job.name.starts_with("copy/")) copy_rate = std::max(copy_rate, job.bytes / time);
    if (job.name.starts_with("gemm/")) gemm_rate[job.single] = std::max(gemm_rate[job.single], job.flops / time);
  }

  Json list = Json::array();
  for (const Job& job : jobs) {
    const auto found = seconds.find(job.name);
    if (found == seconds.end()) continue;
    const auto [least, most] = std::minmax_element(found->second.begin(), found->second.end());
    const double time = median(found->second);
    Json entry{{"name", job.name},       {"what", job.what},      {"median_ms", 1e3 * time},
               {"min_ms", 1e3 * *least}, {"max_ms", 1e3 * *most}, {"repetitions", found->second.size()}};
    if (job.must_ms > 0) entry["must_ms"] = job.must_ms;
    if (job.aim_ms > 0) entry["aim_ms"] = job.aim_ms;
    if (job.bytes > 0) entry["bytes"] = job.bytes;
    if (job.flops > 0) entry["flops"] = job.flops;
    if (job.name.starts_with("copy/")) {
      entry["gb_per_s"] = 1e-9 * job.bytes / time;
    } else if (job.name.starts_with("gemm/")) {
      entry["gflop_per_s"] = 1e-9 * job.flops / time;
    } else if (job.flops > 0 && copy_rate > 0 && gemm_rate[job.single] > 0) {
      const double floor = std::max(job.bytes / copy_rate, job.flops / gemm_rate[job.single]);
      entry["floor_ms"] = 1e3 * floor;
      entry["ratio_to_floor"] = time / floor;
    }
    if (const auto plain = seconds.find(job.reference); plain != seconds.end()) {
      entry["reference"] = job.reference;
      entry["times_faster_than_reference"] = median(plain->second) / time;
    }
    if (const auto peak = memory.find(job.name); peak != memory.end()) entry["peak_memory_mb"] = peak->second;
    list.push_back(entry);
  }
  return list;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

int run(int argc, char** argv) {
  const Settings settings = take_settings(argc, argv);
  // Repetitions of all jobs take turns, so that a slow minute of the machine touches them all alike.
  std::vector<std::string> defaults{argv[0], "--benchmark_repetitions=7", "--benchmark_min_time=0.2",
                                    "--benchmark_enable_random_interleaving=true"};
  std::vector<char*> arguments;
  for (std::string& d : defaults) arguments.push_back(d.data());
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  const Clip clip = load_clip(settings.data);
  std::vector<Job> jobs = machine_jobs(settings.threads);
  const auto append = [&](const std::vector<Job>& more) { jobs.insert(jobs.end(), more.begin(), more.end()); };
  for (const char* backend : {"cpu", "cpu-f32"}) append(library_jobs(clip, backend, settings.threads));
  for (const bool single : {false, true}) append(reference_jobs(clip, single, settings.threads));

  std::map<std::string, double> memory;
  for (const Job& job : jobs)
    if (job.must_ms > 0 || job.name.starts_with("reference_"))
      memory[job.name] = peak_memory_mb([&] { job.prepare()(); });

  Json checks = Json::array();
  bool all_pass = true;
  for (const Check& check : check_library(clip, settings.threads)) {
    std::printf("%-20s differs from the plain implementation by %.1e (limit %.0e) %s\n", check.name.c_str(),
                check.error, check.limit, check.pass() ? "" : "FAILED");
    checks.push_back({{"name", check.name}, {"error", check.error}, {"limit", check.limit}});
    all_pass = all_pass && check.pass();
  }
  if (!all_pass) return 1;

  for (const Job& job : jobs)
    benchmark::RegisterBenchmark(job.name.c_str(), [&job](benchmark::State& state) { time_job(job, state); })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  if (settings.out.empty()) return 0;

  const Machine machine = this_machine();
  const Json document{{"program", "anamorph_bench"},
                      {"version", version},
                      {"commit", commit},
                      {"compiler", ANAMORPH_COMPILER},
                      {"flags", ANAMORPH_FLAGS},
                      {"date", utc_now()},
                      {"machine",
                       {{"processor", machine.processor},
                        {"cores", machine.cores},
                        {"memory_gb", machine.memory_gb},
                        {"caches", machine.caches}}},
                      {"threads", settings.threads},
                      {"clip", clip.name},
                      {"optics", clip.optics},
                      {"checks", checks},
                      {"results", results(jobs, collector.seconds, memory)}};
  std::ofstream file(settings.out);
  file << document.dump(2) << "\n";
  file.close();
  if (!file) throw std::runtime_error("cannot write " + settings.out.string());
  return 0;
}

}  // namespace
}  // namespace anamorph::bench

int main(int argc, char** argv) {
  try {
    return anamorph::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "anamorph_bench: %s\n", error.what());
    return 3;
  }
}
