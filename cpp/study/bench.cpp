// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/bench.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>
#include <random>

#include "cpp/core/error.hpp"
#include "cpp/optimize/ilt.hpp"

namespace anamorph {
namespace {

constexpr double kShortestSample = 2e-3;  // seconds: far above the resolution of any clock
constexpr int kMostSamples = 1000;
constexpr int kReferenceBatch = 2;
constexpr int kCheckedIterations = 3;  // of a whole optimisation

using Random = std::mt19937_64;
using Numbers = std::vector<double>;

/// Runs `work`; false when memory ran out.
bool fits(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    if (error.id() != kOutOfDeviceMemory) throw;
  } catch (const std::bad_alloc&) {
  }
  return false;
}

double median(Numbers values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

BenchTiming timing(const std::vector<Numbers>& moments, int runs_per_sample) {
  BenchTiming result;
  Numbers all;
  for (const Numbers& samples : moments) {
    all.insert(all.end(), samples.begin(), samples.end());
    result.moments_s.push_back(median(samples));
  }
  result.median_s = median(all);
  result.min_s = *std::min_element(all.begin(), all.end());
  result.max_s = *std::max_element(all.begin(), all.end());
  result.samples = static_cast<int>(all.size());
  result.runs_per_sample = runs_per_sample;
  return result;
}

/// Seeds of its own for each purpose, so that leaving out one stage does not change another.
Random random_for(std::uint64_t seed, const std::string& purpose, int number) {
  for (const char c : purpose) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return Random(seed ^ (static_cast<std::uint64_t>(number) << 32));
}

/// Random numbers with few binary digits, which both precisions hold exactly: only the arithmetic is compared.
Numbers random_numbers(const BenchCase& bench, BenchContent content, std::size_t size, Random& random) {
  if (content == BenchContent::clip || content == BenchContent::control) {
    const Bitmap clip = random_clip(bench.grid, bench.feature_nm, random);
    Numbers values(clip.begin(), clip.end());
    if (content == BenchContent::control)
      for (double& v : values) v = 1.25 * v - 0.25 + static_cast<double>(random() % 4096) / 65536;
    return values;
  }
  const double low = content == BenchContent::signed_unit ? -1 : content == BenchContent::positive ? 0.25 : 0;
  const double high = content == BenchContent::intensity ? 0.625 : 1;
  Numbers values(size);
  for (double& v : values) v = low + (high - low) * static_cast<double>(random() % 4097) / 4096;
  return values;
}

/// Gives every entry of the batch one of the two sets of numbers, in turn, without a copy of the whole batch here.
void fill_in_turn(Backend& backend, const std::vector<Numbers>& entries, Array& array) {
  Shape single = array.shape();
  single.batch = 1;
  std::vector<Array> on_device;
  for (const Numbers& numbers : entries) {
    on_device.push_back(backend.allocate(single));
    backend.upload(numbers, on_device.back());
  }
  for (int row = 0; row < array.shape().batch; ++row)
    backend.store(on_device[static_cast<std::size_t>(row) % on_device.size()], row, array);
}

Numbers downloaded(const Backend& backend, const Array& array) {
  Numbers numbers(array.shape().size());
  backend.download(array, numbers);
  return numbers;
}

/// ||values - reference|| / ||reference||, where entry i of the batch belongs to entry i mod 2 of the reference. Not a
/// number when there is one among the values; infinite when the reference is zero and thus says nothing.
double relative_error(const Numbers& values, const Numbers& reference) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = reference[i % reference.size()], d = values[i] - expected;
    difference += d * d;
    norm += expected * expected;
  }
  if (norm == 0) return std::numeric_limits<double>::infinity();
  return std::sqrt(difference / norm);
}

/// A stage on a backend, with inputs that are the same for the same seed on every backend.
class StageRun {
 public:
  StageRun(Backend& backend, const BenchCase& bench, const BenchStage& stage, int batch, std::uint64_t seed)
      : chain_(backend, bench, batch), stage_(stage), seed_(seed) {}

  /// Everything up to the run that is checked or timed. Without the rehearsals only their number is kept, on which the
  /// step of the optimiser depends.
  void prepare(bool rehearse = true) {
    fill_inputs();
    if (stage_.before) stage_.before(chain_);
    if (!rehearse) {
      chain_.iteration = stage_.rehearsals;
    } else if (stage_.rehearsals > 0) {
      for (int i = 0; i < stage_.rehearsals; ++i) run();
      fill_inputs();
    }
    for (const BenchOutput& output : stage_.outputs)
      if (!is_input(output))
        chain_.backend().fill(output.added ? 0 : std::numeric_limits<double>::quiet_NaN(), array(output));
  }
  void run() { stage_.run(chain_); }

  [[nodiscard]] Array& array(const BenchOutput& output) { return chain_.array(output.array, output.index); }
  [[nodiscard]] Backend& backend() { return chain_.backend(); }

 private:
  [[nodiscard]] bool is_input(const BenchOutput& output) const {
    return std::any_of(stage_.inputs.begin(), stage_.inputs.end(), [&](const BenchInput& input) {
      return input.array == output.array && input.index == output.index;
    });
  }

  void fill_inputs() {
    for (const BenchInput& input : stage_.inputs) {
      Array& array = chain_.array(input.array, input.index);
      std::vector<Numbers> entries;
      for (int entry = 0; entry < std::min(kReferenceBatch, chain_.batch()); ++entry) {
        Random random = random_for(seed_, stage_.name + "/" + input.array, 2 * input.index + entry);
        entries.push_back(random_numbers(chain_.bench(), input.content,
                                         array.shape().size() / static_cast<std::size_t>(array.shape().batch), random));
      }
      fill_in_turn(chain_.backend(), entries, array);
    }
  }

  BenchChain chain_;
  const BenchStage& stage_;
  std::uint64_t seed_;
};

BenchCheck checked(StageRun& tested, StageRun& reference, const BenchStage& stage) {
  tested.prepare();
  reference.prepare(false);
  tested.run();
  reference.run();
  BenchCheck check{0, stage.tolerance * tested.backend().epsilon()};
  for (const BenchOutput& output : stage.outputs) {
    const double error = relative_error(downloaded(tested.backend(), tested.array(output)),
                                        downloaded(reference.backend(), reference.array(output)));
    if (!(error <= check.error)) check.error = error;  // keeps what is not a number
    if (std::isnan(check.error)) break;
  }
  return check;
}

/// Samples at one moment, in seconds a run; `runs_per_sample` is chosen when it is 0.
Numbers sampled(Backend& backend, StageRun& stage, const BenchOptions& options, int& runs_per_sample) {
  const auto sample = [&](int runs) {
    return backend.seconds([&] {
      for (int i = 0; i < runs; ++i) stage.run();
    }) / runs;
  };
  double once = sample(1);
  if (once < 10 * kShortestSample) once = sample(2);  // the first run may have had to make something
  if (runs_per_sample == 0)
    runs_per_sample = static_cast<int>(std::clamp(std::ceil(kShortestSample / std::max(once, 1e-9)), 1.0, 1000.0));
  Numbers samples;
  for (double spent = 0; static_cast<int>(samples.size()) < kMostSamples &&
                         (spent < options.seconds || static_cast<int>(samples.size()) < options.least_samples);) {
    samples.push_back(sample(runs_per_sample));
    spent += samples.back() * runs_per_sample;
  }
  return samples;
}

void set_floor(const Ceilings& ceilings, StageResult& result) {
  const double memory = result.work.bytes / ceilings.copy_bytes_per_s;
  const double arithmetic =
      result.work.flops / std::max(ceilings.gemm_flops_per_s, ceilings.peak_flops_per_s.value_or(0));
  result.floor_s = std::max(memory, arithmetic);
  result.memory_bound = memory >= arithmetic;
  result.fits_cache = result.work.bytes < static_cast<double>(ceilings.cache_bytes);
}

}  // namespace

bool BenchResult::pass() const noexcept {
  const auto fine = [](const auto& one) { return !one.check || one.check->pass(); };
  return std::all_of(jobs.begin(), jobs.end(), fine) && std::all_of(cases.begin(), cases.end(), [&](const CaseResult& c) {
           return std::all_of(c.batches.begin(), c.batches.end(), [&](const BatchResult& b) {
             return std::all_of(b.stages.begin(), b.stages.end(), fine);
           });
         });
}

void bench_machine(const MakeBench& make, const BenchOptions& options, const BenchProgress& progress,
                   BenchResult& result) {
  progress("ceilings");
  const std::unique_ptr<Backend> backend = make();
  result.backend = backend->name();
  result.device = backend->device();
  result.epsilon = backend->epsilon();
  result.facts = backend->facts();
  result.ceilings = backend->ceilings(options.ceilings);
}

void bench_stages(const MakeBench& make, const BenchCase& bench, const BenchOptions& options,
                  const BenchProgress& progress, BenchResult& result) {
  const std::unique_ptr<Backend> reference = make_backend("cpu", options.threads);
  const auto& stacks = bench.model.stacks;
  CaseResult& found = result.cases.emplace_back();
  found.name = bench.name;
  found.what = bench.what;
  found.grid = bench.grid;
  found.bins_y = stacks.front().bins_y();
  found.bins_x = stacks.front().bins_x();
  for (const CoherentStack& stack : stacks) found.terms.push_back(stack.terms());
  found.corners = static_cast<int>(bench.model.conditions.size());
  {
    const auto sum = reference->plan_coherent_sum(stacks.front(), 1);
    found.field_ny = sum->field_ny();
    found.field_nx = sum->field_nx();
  }

  for (const int batch : options.batches) {
    const std::unique_ptr<Backend> backend = make();
    const int real_bytes = backend->epsilon() > 1e-12 ? 4 : 8;
    const std::vector<BenchStage> stages = bench_stages(bench, found.field_ny, found.field_nx, batch, real_bytes);
    const std::uint64_t seed = options.seed + 1000003 * static_cast<std::uint64_t>(batch);
    std::vector<std::vector<Numbers>> samples(stages.size());
    std::vector<int> runs_per_sample(stages.size(), 0);
    found.batches.push_back({batch, {}});
    std::vector<StageResult>& results = found.batches.back().stages;
    const auto label = [&](const BenchStage& stage) {
      return bench.name + ", batch " + std::to_string(batch) + ", " + stage.name;
    };

    for (std::size_t i = 0; i < stages.size(); ++i) {
      const BenchStage& stage = stages[i];
      progress(label(stage));
      StageResult one;
      one.name = stage.name;
      one.what = stage.what;
      one.work = stage.work;
      if (result.ceilings) set_floor(*result.ceilings, one);
      one.out_of_memory = !fits([&] {
        StageRun run(*backend, bench, stage, batch, seed);
        {
          StageRun expected(*reference, bench, stage, std::min(batch, kReferenceBatch), seed);
          one.check = checked(run, expected, stage);
        }
        if (one.check->pass()) samples[i].push_back(sampled(*backend, run, options, runs_per_sample[i]));
      });
      results.push_back(std::move(one));
    }
    // Once more at another moment, and now, with nothing for the comparison about, the memory.
    for (std::size_t i = 0; i < stages.size(); ++i) {
      if (samples[i].empty()) continue;
      progress(label(stages[i]) + ", again");
      results[i].out_of_memory = !fits([&] {
        (void)backend->take_peak_memory();
        StageRun run(*backend, bench, stages[i], batch, seed);
        run.prepare();
        samples[i].push_back(sampled(*backend, run, options, runs_per_sample[i]));
        results[i].peak_memory_bytes = backend->take_peak_memory();
      });
      results[i].timing = timing(samples[i], runs_per_sample[i]);
    }
  }
}

namespace {

/// Losses of the first iterations of at most two clips.
Numbers first_losses(Backend& backend, const BenchCase& bench, std::span<const Bitmap> targets, IltOptions options) {
  options.iterations = kCheckedIterations;
  Numbers losses;
  for (const IltResult& result : run_ilt(backend, bench.model, bench.resist, bench.grid, targets, options))
    for (const IltRecord& record : result.history) losses.push_back(record.loss);
  return losses;
}

}  // namespace

void bench_ilt(const MakeBench& make, const std::string& name, const BenchCase& bench, const std::vector<Bitmap>& targets,
               int iterations, const BenchOptions& options, const BenchProgress& progress, BenchResult& result) {
  JobResult& job = result.jobs.emplace_back();
  job.name = name;
  job.what = "optimisation of " + std::to_string(targets.size()) + " clips with mask rules, " + bench.what;
  job.clips = static_cast<int>(targets.size());
  job.iterations = iterations;
  const std::string label = name + ", " + std::to_string(targets.size()) + " clips";
  IltOptions ilt;
  ilt.iterations = iterations;
  ilt.threads = options.threads;
  job.out_of_memory = !fits([&] {
    progress(label);
    const std::unique_ptr<Backend> backend = make(), reference = make_backend("cpu", options.threads);
    const std::span<const Bitmap> few(targets.data(), std::min<std::size_t>(targets.size(), kReferenceBatch));
    // Each step moves the mask a little, so an error of the gradient is felt in the next loss as that of a stage is.
    job.check = BenchCheck{relative_error(first_losses(*backend, bench, few, ilt), first_losses(*reference, bench, few, ilt)),
                           2000 * backend->epsilon()};
    if (!job.check->pass()) return;
    std::vector<Numbers> moments;
    for (int moment = 0; moment < 2; ++moment) {
      if (moment == 1) (void)backend->take_peak_memory();
      const auto count = [&](const IltRecord& mean, double) {
        if (mean.iteration % 10 == 1) progress(label + ", iteration " + std::to_string(mean.iteration));
        return true;
      };
      const auto start = std::chrono::steady_clock::now();
      job.together = run_ilt(*backend, bench.model, bench.resist, bench.grid, targets, ilt, count).front().together;
      moments.push_back({std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
    }
    job.peak_memory_bytes = backend->take_peak_memory();
    job.timing = timing(moments, 1);
  });
}

}  // namespace anamorph
