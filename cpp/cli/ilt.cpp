// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/ilt.hpp"

#include <cstdio>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/optimise.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/io/npy.hpp"

namespace anamorph::cli {

namespace {

void warn_of_prints(ClipResult& result) {
  const auto count = [&](const char* key) { return static_cast<long>(metric(result.metrics, key)); };
  const auto places = [](long n) { return std::to_string(n) + (n == 1 ? " place" : " places"); };
  if (const long n = count("extra_prints"); n > 0)
    result.warnings.push_back("assist features print at " + places(n) + " in some condition");
  if (const long n = count("missing_prints"); n > 0)
    result.warnings.push_back("the target does not print at " + places(n) + " in some condition");
}

}  // namespace

void optimise(std::span<ClipJob> jobs, Backend& backend, const ClipOptics& optics, int threads,
              const FractionDone& progress) {
  const Recipe& recipe = jobs.front().recipe;
  std::vector<Bitmap> targets;
  for (ClipJob& job : jobs) {
    job.record.begin_stage("optimise");
    targets.push_back(job.clip.target);
  }
  IltOptions options = ilt_options(recipe);
  options.threads = threads;
  const auto on_iteration = [&](const IltRecord& mean, double done) {
    char note[64];
    std::snprintf(note, sizeof note, "iteration %d/%d, loss %.0f", mean.iteration, options.iterations, mean.loss);
    progress(done, note);
    return !stop_requested();
  };
  std::vector<IltResult> results;
  try {
    results =
        run_ilt(backend, optics.model, resist_model(recipe), jobs.front().clip.grid, targets, options, on_iteration);
  } catch (const Error& error) {  // the solver does not know where its options were given
    if (error.code() != ErrorCode::recipe || !error.where().file.empty()) throw;
    const bool of_grid = error.id().starts_with("ILT") && recipe.has("ilt.grid_nm");
    throw Error(error.code(), error.id(), error.what(), recipe.where(of_grid ? "ilt.grid_nm" : ""));
  }
  throw_if_stopped();
  parallel_for(static_cast<int>(jobs.size()), threads, [&](int task) {
    const auto i = static_cast<std::size_t>(task);
    jobs[i].optimised = std::move(results[i]);
    write_npy(jobs[i].directory.add("mask.npy"), jobs[i].optimised.mask);
  });
  for (ClipJob& job : jobs) {
    job.record.end_stage();
    job.seconds = jobs.front().record.seconds() / static_cast<double>(jobs.size());
  }
}

ClipResult finish(ClipJob& job, const std::string& verb, const ClipOptics& optics, int threads, bool with_images) {
  const ImagingModel& model = optics.model;
  const Mask mask{std::move(job.optimised.mask), false};
  job.record.begin_stage("judge");
  const std::unique_ptr<Backend> judge_backend = make_backend("cpu", threads);
  Exposure exposure = expose(*judge_backend, model, job.recipe, job.clip, mask);
  if (with_images) write_images(job.directory, job.recipe, job.clip, model, exposure, false);
  ClipResult result =
      judge(job.recipe, job.clip, model, mask, std::move(exposure), job.recipe.mask.enforce_rules);
  result.verb = verb;
  result.mask_contours = std::move(job.outlines);
  if (job.optimised.kept_start)
    result.warnings.push_back("the mask rules cost more than the optimisation won, so the mask is the target made to keep "
                              "them; finer pixels or weaker mask.rules help");
  warn_of_prints(result);
  if (job.broken) {  // of the polygons, not of the pixels of a grid
    for (RuleCheck& rule : result.rules)
      if (rule.name == mask_violations_rule) rule.measured = static_cast<double>(job.broken->all());
    for (const Metric& m : rule_metrics(*job.broken)) result.metrics.push_back(m);
    if (job.broken->all() > 0) result.warnings.push_back(broken_rules_text(*job.broken));
  }
  result.history = std::move(job.optimised.history);
  result.metrics.insert(result.metrics.end(), optics.metrics.begin(), optics.metrics.end());
  result.warnings.insert(result.warnings.end(), optics.warnings.begin(), optics.warnings.end());
  result.metrics.push_back({"iterations", static_cast<double>(result.history.size())});
  result.metrics.push_back({"seconds", job.seconds});

  job.record.begin_stage("write");
  write_clip(job.directory, result, job.record, job.recipe.output);
  return result;
}

int run_clip(const Options& options, const std::string& verb, const std::string& doing, const ClipSolver& solve,
             Console& console) {
  const Recipe recipe = load_recipe(options.recipe, options.overrides);
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, verb, recipe);
  record.begin_stage("read");
  const std::unique_ptr<Backend> backend = make_backend(options.backend, options.threads);
  record.set_backend(*backend);
  Clip clip = load_clip(recipe, options.threads);
  record.begin_stage("optics");
  const ClipOptics optics =
      clip_optics(recipe, clip.grid, clear_share(recipe, clip, load_mask(recipe, clip)), options.threads);
  for (const auto& input : inputs_of(recipe)) record.add_input(input);
  ClipJob job{recipe,            std::move(clip), open_run_directory(options, verb, recipe.layout.file.stem().string()),
              std::move(record), {}, {}, {}, 0};
  throw_if_stopped();

  console.detail(doing + " on " + backend->device());
  {
    Progress progress(console, verb, 1);
    solve({&job, 1}, *backend, optics, options.threads,
          [&](double fraction, const std::string& note) { progress.update(fraction, note); });
  }
  const ClipResult result = finish(job, verb, optics, options.threads, true);
  return conclude(result, job.directory, console);
}

int run_ilt(const Options& options, Console& console) {
  return run_clip(options, "ilt", "optimising", optimise, console);
}

}  // namespace anamorph::cli
