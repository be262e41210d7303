// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/opc.hpp"

#include <cstdio>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/optimise.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/io/npy.hpp"
#include "cpp/io/pictures.hpp"
#include "masks/morphology.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"

namespace anamorph::cli {
namespace {

/// What shall print, as outlines: the shapes as drawn, or as the contest's raster makes them.
std::vector<Polygon> target_outlines(const Recipe& recipe, const Clip& clip) {
  return recipe.layout.target == LayoutSection::Target::inclusive ? merge(pixel_outlines(clip.target, clip.grid))
                                                                  : clip.shapes;
}

/// The mask in pixels; its shapes are openings where bright parts of the resist stand.
Bitmap raster(const std::vector<Polygon>& shapes, const Grid& grid, bool openings) {
  const Image<double> coverage = rasterise(shapes, grid);
  Bitmap mask(grid.ny, grid.nx);
  for (std::size_t i = 0; i < coverage.size(); ++i) mask.data()[i] = (coverage.data()[i] >= 0.5) == openings;
  return mask;
}

}  // namespace

void correct(std::span<ClipJob> jobs, Backend& backend, const ClipOptics& optics, int threads,
             const FractionDone& progress) {
  const Recipe& recipe = jobs.front().recipe;
  std::vector<OpcClip> clips;
  for (ClipJob& job : jobs) {
    job.record.begin_stage("correct");
    clips.push_back({target_outlines(job.recipe, job.clip)});
  }
  OpcOptions options = opc_options(recipe);
  options.threads = threads;
  const auto on_iteration = [&](const IltRecord& mean, double done) {
    char note[64];
    std::snprintf(note, sizeof note, "iteration %d, loss %.0f", mean.iteration, mean.loss);
    progress(done, note);
    return !stop_requested();
  };
  const ResistModel resist = resist_model(recipe);
  std::vector<OpcResult> results;
  try {
    results = run_opc(backend, optics.model, resist, window_of(jobs.front().clip.grid), clips, options, on_iteration);
  } catch (const Error& error) {  // the solver does not know where its options were given
    if (error.code() != ErrorCode::recipe || !error.where().file.empty()) throw;
    throw Error(error.code(), error.id(), error.what(), recipe.where(""));
  }
  throw_if_stopped();
  parallel_for(static_cast<int>(jobs.size()), threads, [&](int task) {
    ClipJob& job = jobs[static_cast<std::size_t>(task)];
    OpcResult& result = results[static_cast<std::size_t>(task)];
    job.outlines = std::move(result.main);
    job.outlines.insert(job.outlines.end(), result.assist.begin(), result.assist.end());
    job.outlines = merge(job.outlines);
    if (options.rules) job.broken = result.violations;
    job.optimised.mask = raster(job.outlines, job.clip.grid, resist.bright);
    job.optimised.history = std::move(result.history);
    write_npy(job.directory.add("mask.npy"), job.optimised.mask);
  });
  for (ClipJob& job : jobs) {
    job.record.end_stage();
    job.seconds = jobs.front().record.seconds() / static_cast<double>(jobs.size());
  }
}

int run_opc(const Options& options, Console& console) {
  return run_clip(options, "opc", "correcting", correct, console);
}

}  // namespace anamorph::cli
