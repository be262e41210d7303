// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/study/bench_case.hpp"
#include "cpp/study/bench_stages.hpp"

// The performance figures of a machine: each stage of the chain, and whole optimisations, timed by the device's clock
// after their results were compared with those of the backend "cpu".

namespace anamorph {

/// A comparison with the reference, ||difference|| / ||reference|| of the worst output.
struct BenchCheck {
  double error = 0;
  double tolerance = 0;
  [[nodiscard]] bool pass() const noexcept { return error <= tolerance; }  // false for NaN
};

struct BenchTiming {
  double median_s = 0, min_s = 0, max_s = 0;  ///< of one run
  int samples = 0;
  int runs_per_sample = 1;
  std::vector<double> moments_s;  ///< medians of the samples at each of two moments: the noise of the machine

  [[nodiscard]] double spread() const noexcept { return (max_s - min_s) / median_s; }
};

/// A stage with a batch. What was not measured is absent.
struct StageResult {
  std::string name, what;
  LeastWork work;
  double floor_s = 0;            ///< the least time that the ceilings allow
  bool memory_bound = false;     ///< the floor is that of the bytes, not of the flops
  bool fits_cache = false;       ///< the bytes may move faster than the copy from which the floor follows
  std::optional<BenchCheck> check;
  std::optional<BenchTiming> timing;
  std::size_t peak_memory_bytes = 0;  ///< 0: not known
  bool out_of_memory = false;
};

struct BatchResult {
  int batch = 1;
  std::vector<StageResult> stages;
};

struct CaseResult {
  std::string name, what;
  Grid grid;
  int bins_y = 0, bins_x = 0, field_ny = 0, field_nx = 0;
  std::vector<int> terms;  ///< of each focus
  int corners = 0;
  std::vector<BatchResult> batches;
};

/// A whole optimisation of several clips, timed by the clock on the wall.
struct JobResult {
  std::string name, what;
  int clips = 0;
  int together = 0;  ///< clips that went through the device at once: fewer than all when memory ran out
  int iterations = 0;
  std::optional<BenchCheck> check;
  std::optional<BenchTiming> timing;
  std::size_t peak_memory_bytes = 0;
  bool out_of_memory = false;
};

struct BenchResult {
  std::string backend, device;
  double epsilon = 0;
  std::vector<std::pair<std::string, std::string>> facts;
  std::optional<Ceilings> ceilings;
  std::vector<CaseResult> cases;
  std::vector<JobResult> jobs;

  /// Whether every check that was made passed.
  [[nodiscard]] bool pass() const noexcept;
};

struct BenchOptions {
  std::vector<int> batches{1};
  double seconds = 0.2;   ///< a timing takes samples for this long
  int least_samples = 3;  ///< and at least as many
  std::uint64_t seed = 1;
  int threads = 1;        ///< of the reference
  CeilingSizes ceilings;
};

/// Makes the backend that is measured. Each case and batch gets a fresh one, so that it begins with empty memory.
using MakeBench = std::function<std::unique_ptr<Backend>()>;

/// Called before each step with a word about it. May throw to stop: the result then holds what was finished.
using BenchProgress = std::function<void(const std::string& what)>;

/// Device, facts and ceilings.
void bench_machine(const MakeBench& make, const BenchOptions& options, const BenchProgress& progress, BenchResult& result);

/// All stages of a case for all batches. A stage whose check fails is not timed; one for which the memory of the device
/// does not suffice is marked.
void bench_stages(const MakeBench& make, const BenchCase& bench, const BenchOptions& options,
                  const BenchProgress& progress, BenchResult& result);

/// Optimisation of the clips with the solver's defaults and so many iterations.
void bench_ilt(const MakeBench& make, const std::string& name, const BenchCase& bench, const std::vector<Bitmap>& targets,
               int iterations, const BenchOptions& options, const BenchProgress& progress, BenchResult& result);

}  // namespace anamorph
