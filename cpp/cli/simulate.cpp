// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/io/npy.hpp"

namespace anamorph::cli {

namespace {

/// Images as one array [condition][y][x], in the precision in which they were computed.
template <typename Images>
void write_images(const std::filesystem::path& path, const Images& images, double epsilon) {
  if (epsilon < 1e-12) {
    write_npy(path, ImageStack<double>(images.begin(), images.end()));
    return;
  }
  std::vector<Image<float>> single;
  for (const Image<double>& image : images) {
    Image<float>& copy = single.emplace_back(image.ny(), image.nx());
    std::transform(image.begin(), image.end(), copy.begin(), [](double v) { return static_cast<float>(v); });
  }
  write_npy(path, ImageStack<float>(single.begin(), single.end()));
}

/// A limit is asked for when it is written down; the defaults of the mask rules are for the optimiser.
bool asks_for_mask_rules(const Recipe& recipe) {
  const auto is_rule = [](const auto& given) { return given.first.starts_with("mask.rules."); };
  return recipe.mask.enforce_rules && std::any_of(recipe.given.begin(), recipe.given.end(), is_rule);
}

/// simulate and verify differ in what they write and in which limits they mind.
int run_forward(const Options& options, Console& console, const std::string& verb) {
  const Recipe recipe = load_recipe(options.recipe, options.overrides);
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, verb, recipe);
  record.begin_stage("read");
  const std::unique_ptr<Backend> backend = make_backend(options.backend, options.threads);
  record.set_backend(*backend);
  const Clip clip = load_clip(recipe, options.threads);
  const ImagingModel model = imaging_model(recipe, clip.grid);
  const Mask mask = load_mask(recipe, clip);
  for (const auto& input : inputs_of(recipe)) record.add_input(input);
  RunDirectory directory = open_run_directory(options, verb, recipe.layout.file.stem().string());
  throw_if_stopped();

  record.begin_stage("image");
  console.detail("imaging on " + backend->device());
  Exposure exposure = expose(*backend, model, recipe, clip, mask);
  throw_if_stopped();

  record.begin_stage("measure");
  if (verb == "simulate") {
    const ResistModel resist = resist_model(recipe);
    std::vector<Image<double>> images;
    for (const Condition& c : model.conditions)
      images.push_back(scaled(exposure.aerial[static_cast<std::size_t>(c.stack)], c.dose));
    write_images(directory.add("aerial.npy"), images, backend->epsilon());
    images.clear();
    for (const Condition& c : model.conditions) images.push_back(sigmoid_resist(exposure.latent(c), c.dose, resist));
    write_images(directory.add("resist.npy"), images, backend->epsilon());
  }
  const bool mask_rules = verb == "verify" && asks_for_mask_rules(recipe);
  ClipResult result = judge(recipe, clip, model, mask, std::move(exposure), mask_rules);
  result.verb = verb;
  if (mask.from_shapes && recipe.mask.polygons == MaskSection::Polygons::opening) result.mask_contours = clip.shapes;
  throw_if_stopped();

  record.begin_stage("write");
  write_npy(directory.add("mask.npy"), mask.bitmap);
  result.metrics.push_back({"seconds", record.seconds()});
  write_clip(directory, result, record);
  return conclude(result, directory, console);
}

}  // namespace

int run_simulate(const Options& options, Console& console) { return run_forward(options, console, "simulate"); }

int run_verify(const Options& options, Console& console) { return run_forward(options, console, "verify"); }

}  // namespace anamorph::cli
