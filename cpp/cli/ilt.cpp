// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/ilt.hpp"

#include <cstdio>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/optimise.hpp"
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

ClipResult optimise_clip(const Recipe& recipe, const Clip& clip, Backend& backend, const ClipOptics& optics,
                         RunDirectory& directory, RunRecord& record, int threads, bool with_images,
                         const FractionDone& progress) {
  const ImagingModel& model = optics.model;
  record.begin_stage("optimise");
  const auto on_iteration = [&](const IltRecord& r, int iterations) {
    char note[64];
    std::snprintf(note, sizeof note, "iteration %d/%d, loss %.0f", r.iteration, iterations, r.loss);
    progress(static_cast<double>(r.iteration) / iterations, note);
    return !stop_requested();
  };
  IltResult optimised;
  try {
    optimised =
        run_ilt(backend, model, resist_model(recipe), clip.grid, clip.target, ilt_options(recipe), on_iteration);
  } catch (const Error& error) {  // the solver does not know where its options were given
    if (error.code() != ErrorCode::recipe || !error.where().file.empty()) throw;
    throw Error(error.code(), error.id(), error.what(), recipe.where(recipe.has("ilt.grid_nm") ? "ilt.grid_nm" : ""));
  }
  throw_if_stopped();
  const Mask mask{std::move(optimised.mask), false};
  write_npy(directory.add("mask.npy"), mask.bitmap);
  const double seconds = record.seconds();

  record.begin_stage("judge");
  // Whatever the solver computed in, the verdict is in double precision.
  const std::unique_ptr<Backend> judge_backend = make_backend("cpu", threads);
  Exposure exposure = expose(*judge_backend, model, recipe, clip, mask);
  if (with_images) write_images(directory, recipe, clip, model, exposure, false);
  ClipResult result = judge(recipe, clip, model, mask, std::move(exposure), recipe.mask.enforce_rules);
  result.verb = "ilt";
  if (optimised.kept_start)
    result.warnings.push_back("the mask rules cost more than the optimisation won, so the mask is the target made to keep "
                              "them; finer pixels or weaker mask.rules help");
  warn_of_prints(result);
  result.history = std::move(optimised.history);
  result.metrics.insert(result.metrics.end(), optics.metrics.begin(), optics.metrics.end());
  result.warnings.insert(result.warnings.end(), optics.warnings.begin(), optics.warnings.end());
  result.metrics.push_back({"iterations", static_cast<double>(result.history.size())});
  result.metrics.push_back({"seconds", seconds});

  record.begin_stage("write");
  write_clip(directory, result, record);
  return result;
}

int run_ilt(const Options& options, Console& console) {
  const Recipe recipe = load_recipe(options.recipe, options.overrides);
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, "ilt", recipe);
  record.begin_stage("read");
  const std::unique_ptr<Backend> backend = make_backend(options.backend, options.threads);
  record.set_backend(*backend);
  const Clip clip = load_clip(recipe, options.threads);
  record.begin_stage("optics");
  const ClipOptics optics =
      clip_optics(recipe, clip.grid, clear_share(recipe, clip, load_mask(recipe, clip)), options.threads);
  for (const auto& input : inputs_of(recipe)) record.add_input(input);
  RunDirectory directory = open_run_directory(options, "ilt", recipe.layout.file.stem().string());
  throw_if_stopped();

  console.detail("optimising on " + backend->device());
  Progress progress(console, "ilt", 1);
  const ClipResult result =
      optimise_clip(recipe, clip, *backend, optics, directory, record, options.threads, true,
                    [&](double fraction, const std::string& note) { progress.update(fraction, note); });
  return conclude(result, directory, console);
}

}  // namespace anamorph::cli
