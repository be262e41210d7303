// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/cli/verify_layout.hpp"
#include "cpp/io/fields.hpp"
#include "cpp/io/npy.hpp"

namespace anamorph::cli {

namespace {

/// A limit is asked for when it is written down; the defaults of the mask rules are for the optimiser.
bool asks_for_mask_rules(const Recipe& recipe) {
  const auto is_rule = [](const auto& given) { return given.first.starts_with("mask.rules."); };
  return recipe.mask.enforce_rules && std::any_of(recipe.given.begin(), recipe.given.end(), is_rule);
}

/// A limit that nobody looks at would be kept whatever the mask is.
void refuse_limits_of_layouts(const Recipe& recipe) {
  for (const char* key : {"epe_nm", "line_end_nm", "pinch_nm", "bridge_nm", "pv_band_width_nm", "assist_prints"})
    if (const std::string name = std::string("verify.limits.") + key; recipe.has(name))
      throw Error(ErrorCode::recipe, "CLI-0035",
                  name + " is a limit of layouts, and this clip is verified on its pixels; expected a mask that is a "
                         "layout (--mask), or a target from GDSII or OASIS",
                  recipe.where(name));
}

/// simulate and verify differ in what they write and in which limits they mind.
int run_forward(const Options& options, Console& console, const std::string& verb) {
  const Recipe recipe = load_recipe(options.recipe, options.overrides);
  if (verb == "verify") refuse_limits_of_layouts(recipe);
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, verb, recipe);
  record.begin_stage("read");
  const std::unique_ptr<Backend> backend = make_backend(options.backend, options.threads);
  record.set_backend(*backend);
  const Clip clip = load_clip(recipe, options.threads);
  const Mask mask = load_mask(recipe, clip);
  for (const auto& input : inputs_of(recipe)) record.add_input(input);
  RunDirectory directory = open_run_directory(options, verb, recipe.layout.file.stem().string());
  throw_if_stopped();

  record.begin_stage("optics");
  const ClipOptics optics = clip_optics(recipe, clip.grid, clear_share(recipe, clip, mask), options.threads);
  const ImagingModel& model = optics.model;
  throw_if_stopped();

  record.begin_stage("image");
  console.detail("imaging on " + backend->device());
  Exposure exposure = expose(*backend, model, recipe, clip, mask);
  throw_if_stopped();

  record.begin_stage("measure");
  const bool single = backend->epsilon() > 1e-12;
  write_images(directory, recipe, clip, model, exposure, single);
  if (writes_fields())
    write_clip_fields(directory.add("fields.nc"), recipe, clip, model, exposure, mask.bitmap, single);
  const bool mask_rules = verb == "verify" && asks_for_mask_rules(recipe);
  ClipResult result = judge(recipe, clip, model, mask, std::move(exposure), mask_rules);
  result.verb = verb;
  if (mask.from_shapes && recipe.mask.polygons == MaskSection::Polygons::opening) result.mask_contours = clip.shapes;
  throw_if_stopped();

  record.begin_stage("write");
  write_npy(directory.add("mask.npy"), mask.bitmap);
  result.metrics.insert(result.metrics.end(), optics.metrics.begin(), optics.metrics.end());
  result.warnings.insert(result.warnings.end(), optics.warnings.begin(), optics.warnings.end());
  if (verb == "verify") result.metrics.push_back({"iterations", 0});
  result.metrics.push_back({"seconds", record.seconds()});
  write_clip(directory, result, record, recipe.output);
  return conclude(result, directory, console);
}

}  // namespace

int run_simulate(const Options& options, Console& console) { return run_forward(options, console, "simulate"); }

int run_verify(const Options& options, Console& console) {
  const Recipe recipe = load_recipe(options.recipe, options.overrides);
  return verifies_layout(recipe) ? run_verify_layout(options, recipe, console) : run_forward(options, console, "verify");
}

}  // namespace anamorph::cli
