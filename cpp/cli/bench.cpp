// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <random>

#include "cpp/backend/backend.hpp"
#include "cpp/cli/app.hpp"
#include "cpp/cli/bench_report.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/io/metrics_json.hpp"
#include "cpp/study/bench.hpp"
#include "cpp/study/bench_json.hpp"
#include "cpp/study/clocks.hpp"

namespace anamorph::cli {

namespace {

/// What can be chosen with --only.
const std::vector<std::string> parts{"full", "solver", "euv", "ilt", "suite"};

class Bench {
 public:
  Bench(const Options& options, const BenchChoice& choice, Console& console)
      : options_(options), choice_(choice), console_(console) {
    make_ = [this] { return make_backend(options_.backend, options_.threads); };
    on_device_ = make_()->name().starts_with("cuda");
    record_.command = options.command;
    record_.options = bench_options();
  }

  int run() {
    const std::string stem = std::string(on_device_ ? "cuda" : "cpu") + (choice_.quick ? "-quick" : "");
    RunDirectory directory = open_run_directory(options_, "bench", stem);
    RunInfo info;
    info.verb = "bench";
    info.command = options_.command;
    info.start = std::time(nullptr);
    record_.date = utc_time(info.start);
    console_.info("seed " + std::to_string(record_.options.seed));
    bool stopped = false;
    try {
      measure();
      record_.complete = true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::interrupted || !result_.ceilings) throw;
      stopped = true;
    }
    const std::string json = bench_json(result_, record_);
    directory.write("bench.json", json);
    directory.write("report.html", bench_report(result_, record_));
    info.backend = result_.backend;
    info.device = result_.device;
    info.end = std::time(nullptr);
    info.outputs = directory.files();
    if (stopped)
      throw Error(ErrorCode::interrupted, "CLI-0132", "stopped on request; what was measured is kept",
                  {directory.directory().string()});
    directory.write("run.json", run_json(info));
    console_.print("report: " + (directory.directory() / "report.html").string());
    if (console_.json()) console_.document(json);
    return verdict();
  }

  [[nodiscard]] std::string plan() const {
    nlohmann::ordered_json json{{"backend", options_.backend}, {"batches", record_.options.batches}, {"parts", nlohmann::ordered_json::array()}};
    for (const std::string& part : parts)
      if (wanted(part)) json["parts"].push_back(part);
    return json.dump(2);
  }

 private:
  [[nodiscard]] BenchOptions bench_options() const {
    BenchOptions o;
    o.batches = choice_.batches;
    if (o.batches.empty()) o.batches = on_device_ && !choice_.quick ? std::vector<int>{1, 4, 16, 64} : std::vector<int>{1, 2};
    std::sort(o.batches.begin(), o.batches.end());
    o.seconds = choice_.seconds.value_or(choice_.quick ? 0.005 : 0.2);
    o.seed = choice_.seed ? static_cast<std::uint64_t>(*choice_.seed) : std::random_device{}();
    o.threads = options_.threads;
    if (choice_.quick) o.ceilings = {.copy_bytes = std::size_t{32} << 20, .product = 256};
    return o;
  }

  [[nodiscard]] bool wanted(const std::string& part) const {
    if (part == "suite" && choice_.layouts.empty()) return false;
    if (!choice_.only.empty()) return std::find(choice_.only.begin(), choice_.only.end(), part) != choice_.only.end();
    return !choice_.quick || part == "solver" || part == "ilt" || part == "suite";
  }

  void progress(const std::string& what) {
    throw_if_stopped();
    console_.detail(what);
  }

  void read_clocks(const std::string& when) {
    std::string bus;
    for (const auto& [name, value] : result_.facts)
      if (name == "pci_bus") bus = value;
    auto values = on_device_ ? device_clocks("nvidia-smi", bus) : processor_clocks();
    if (!values.empty()) record_.clocks.push_back({when, std::move(values)});
  }

  void stages(const BenchCase& bench, std::vector<int> batches) {
    console_.print("\n" + bench.name + ": " + bench.what);
    console_.print(bench_table_head());
    for (const int batch : batches) {
      BenchOptions one = record_.options;
      one.batches = {batch};
      const std::size_t before = result_.cases.size();
      const auto join = [&] {  // batches of one case belong together
        if (before == 0 || result_.cases.size() == before || result_.cases[before - 1].name != bench.name) return;
        for (BatchResult& b : result_.cases.back().batches) result_.cases[before - 1].batches.push_back(std::move(b));
        result_.cases.pop_back();
      };
      try {
        bench_stages(make_, bench, one, [this](const std::string& what) { progress(what); }, result_);
      } catch (...) {
        join();
        throw;
      }
      join();
      read_clocks("after " + bench.name + ", batch " + std::to_string(batch));
      for (const StageResult& stage : result_.cases.back().batches.back().stages)
        console_.print(bench_table_row(stage, batch));
    }
  }

  void optimisation(const std::string& name, const BenchCase& bench, const std::vector<Bitmap>& targets) {
    bench_ilt(make_, name, bench, targets, choice_.iterations.value_or(choice_.quick ? 4 : 300), record_.options,
              [this](const std::string& what) { progress(what); }, result_);
    read_clocks("after " + name + ", " + std::to_string(targets.size()) + " clips");
    console_.print(bench_table_row(result_.jobs.back()));
  }

  void measure() {
    const auto say = [this](const std::string& what) { progress(what); };
    bench_machine(make_, record_.options, say, result_);
    read_clocks("before");
    const Ceilings& c = *result_.ceilings;
    char text[160];
    std::snprintf(text, sizeof text, "%s, %s\ncopy %.4g GB/s, product %.4g Gflop/s", result_.backend.c_str(),
                  result_.device.c_str(), c.copy_bytes_per_s / 1e9, c.gemm_flops_per_s / 1e9);
    console_.print(text);

    BenchOpticsOptions how;
    how.threads = options_.threads;
    how.check = [] { throw_if_stopped(); };
    if (choice_.quick) {
      how.side_nm = 512;
      how.max_kernels = 6;
    }
    const bool given = !choice_.kernels.empty();
    const BenchOptics optics = given ? contest_optics(choice_.kernels) : immersion_optics(how);
    const BenchCase full = bench_case("full", optics, choice_.quick ? 4 : 1), solver = bench_case("solver", optics, 4);
    const std::vector<int>& batches = record_.options.batches;
    if (wanted("full")) stages(full, batches);
    if (wanted("solver")) stages(solver, batches);
    if (wanted("euv")) {
      how.max_kernels = choice_.quick ? 6 : 400;
      how.side_nm = choice_.quick ? 100 : 2000;
      std::vector<int> few;
      std::copy_if(batches.begin(), batches.end(), std::back_inserter(few), [&](int b) { return b <= (on_device_ ? 4 : 1); });
      stages(bench_case("euv", euv_optics(how), 1), few.empty() ? std::vector<int>{1} : few);
    }
    if (wanted("ilt")) {
      std::mt19937_64 random(record_.options.seed);
      std::vector<Bitmap> targets;
      console_.print("");
      for (const int batch : batches) {
        while (static_cast<int>(targets.size()) < batch) targets.push_back(random_clip(full.grid, full.feature_nm, random));
        optimisation("ilt", full, {targets.begin(), targets.begin() + batch});
      }
    }
    if (wanted("suite")) optimisation("suite", full, contest_targets(choice_.layouts, full.grid));
  }

  int verdict() {
    for (const CaseResult& one : result_.cases)
      for (const BatchResult& batch : one.batches)
        for (const StageResult& stage : batch.stages)
          warn_of(one.name + ", batch " + std::to_string(batch.batch) + ", " + stage.name, stage.check);
    for (const JobResult& job : result_.jobs) warn_of(job.name, job.check);
    return result_.pass() ? 0 : 1;
  }

  void warn_of(const std::string& what, const std::optional<BenchCheck>& check) {
    if (!check || check->pass()) return;
    char text[200];
    std::snprintf(text, sizeof text, ": differs from the backend cpu by %.2g, allowed %.2g; it was not timed", check->error,
                  check->tolerance);
    console_.warn("BEN-0003", what + text);
  }

  const Options& options_;
  const BenchChoice& choice_;
  Console& console_;
  MakeBench make_;
  bool on_device_ = false;
  BenchRecord record_;
  BenchResult result_;
};

}  // namespace

int run_bench(const Options& options, const BenchChoice& choice, Console& console) {
  for (const std::string& set : options.overrides)
    if (!set.starts_with("seed=")) throw Error(ErrorCode::usage, "CLI-0001", "bench has no recipe: --set " + set);
  for (const std::string& part : choice.only)
    if (std::find(parts.begin(), parts.end(), part) == parts.end())
      throw Error(ErrorCode::usage, "CLI-0001", "--only: there is no '" + part + "'; expected full, solver, euv, ilt or suite");
  if (!choice.layouts.empty() && choice.kernels.empty())
    throw Error(ErrorCode::usage, "CLI-0001", "--layouts needs --kernels, the optics that belong to the clips");
  if (choice.quick && !choice.kernels.empty())
    throw Error(ErrorCode::usage, "CLI-0001", "--quick has a window of its own, to which --kernels do not fit");
  Bench bench(options, choice, console);
  if (options.dry_run) {
    console.document(bench.plan());
    return 0;
  }
  return bench.run();
}

}  // namespace anamorph::cli
