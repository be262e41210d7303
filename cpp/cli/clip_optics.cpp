// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/clip_optics.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <iomanip>
#include <sstream>
#include <utility>

#include "cpp/cli/interrupt.hpp"
#include "cpp/core/error.hpp"
#include "cpp/io/kernels.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/contest_kernels.hpp"
#include "optics_models/focus_symmetry.hpp"
#include "optics_models/socs.hpp"

namespace anamorph::cli {

namespace {

/// Side of the tile for which the contest's kernels were made.
constexpr double contest_period_nm = 2048;

/// Refuses a sum that would not fit into the memory, before it is built.
void check_memory(const Recipe& recipe, const CoherentTerms& terms, const CoherentStack& frame, std::size_t focuses) {
  const double gigabytes = static_cast<double>(terms.count()) * static_cast<double>(frame.bins() * focuses) *
                           sizeof(std::complex<double>) / 1e9;
  if (gigabytes <= 1) return;
  std::ostringstream text;
  text << std::setprecision(3) << "Abbe's sum would need " << gigabytes << " GB: " << std::setprecision(9)
       << terms.count() << " coherent terms x " << frame.bins() << " frequencies x " << focuses
       << " focus positions; expected at most 1 GB: take optics.method = \"socs\", raise optics.source.step, or take a "
          "smaller window";
  const std::string key = recipe.has("optics.source.step") ? "optics.source.step" : "optics.method";
  throw Error(ErrorCode::recipe, "RCP-0014", text.str(), recipe.where(recipe.has(key) ? key : ""));
}

/// Where a corner's image is taken; of two focus positions with the same image, the positive one stands for both.
LensSetting setting_of(const CornerSection& corner, bool symmetric) {
  return {symmetric ? std::abs(corner.focus_nm) : corner.focus_nm, corner.depth_nm};
}

/// One stack per setting.
std::vector<CoherentStack> lens_stacks(const Recipe& recipe, const Projection& projection, const Source& source,
                                       const std::vector<LensSetting>& settings, const Grid& grid, int threads,
                                       std::vector<Metric>& metrics) {
  std::vector<CoherentStack> stacks;
  double kernels = 0, captured = 1, error = 0;
  for (const LensSetting& setting : settings) {
    throw_if_stopped();
    const CoherentTerms terms(at_setting(projection, setting), source.points);
    if (recipe.optics.method == OpticsSection::Method::abbe) {
      check_memory(recipe, terms, empty_stack(terms, grid.width_nm(), grid.height_nm()), settings.size());
      stacks.push_back(abbe_stack(terms, grid.width_nm(), grid.height_nm(), 0, terms.points()));
      kernels = std::max(kernels, static_cast<double>(terms.count()));
      continue;
    }
    Socs found = socs(terms, grid.width_nm(), grid.height_nm(), stoppable_socs(recipe, threads));
    kernels = std::max(kernels, static_cast<double>(found.stack.terms()));
    captured = std::min(captured, found.captured_fraction);
    error = std::max(error, found.image_error);
    stacks.push_back(std::move(found.stack));
  }
  metrics = {{"kernels", kernels},
             {"source_points", static_cast<double>(source.points.size())},
             {"tcc_captured_fraction", captured},
             {"socs_abbe_error_max", error}};
  return stacks;
}

}  // namespace

std::string truncation_warning(const Recipe& recipe, double error, int kernels) {
  if (!(error > std::max(recipe.optics.image_error, 1e-3))) return {};
  std::ostringstream text;
  text << std::setprecision(3) << "the kernels leave out up to " << error << " of the clear field's intensity; ";
  if (kernels == recipe.optics.max_kernels)
    text << "optics.max_kernels = " << kernels;
  else
    text << "optics.energy = " << std::setprecision(9) << recipe.optics.energy;
  text << " allows no more of them";
  return text.str();
}

SocsOptions stoppable_socs(const Recipe& recipe, int threads) {
  SocsOptions options = socs_options(recipe, threads);
  options.check = throw_if_stopped;
  return options;
}

std::vector<LensSetting> lens_settings(const Recipe& recipe) {
  std::vector<LensSetting> settings;
  for (const CornerSection& corner : recipe.process.corners) {
    const LensSetting one{corner.focus_nm, corner.depth_nm};
    if (std::find(settings.begin(), settings.end(), one) == settings.end()) settings.push_back(one);
  }
  return settings;
}

Projection at_setting(Projection projection, const LensSetting& setting) {
  projection.focus_nm = setting.focus_nm;
  if (setting.depth_nm && projection.planes) {
    projection.planes->mean_nm = projection.planes->depth_nm;
    projection.planes->depth_nm = {*setting.depth_nm};
  }
  return projection;
}

CoherentStack given_kernels(const Recipe& recipe, const std::string& condition, const Grid& grid) {
  std::filesystem::path folder = recipe.optics.kernels / condition;
  // What `optics` writes has the first focus in the folder itself.
  if (condition == "focus" && !std::filesystem::exists(folder)) folder = recipe.optics.kernels;
  const auto check_window = [&](double period_x_nm, double period_y_nm) {
    const auto same = [](double a, double b) { return std::abs(a - b) <= 1e-9 * b; };
    if (same(grid.width_nm(), period_x_nm) && same(grid.height_nm(), period_y_nm)) return;
    std::ostringstream text;
    text << "the given kernels belong to a tile of " << period_x_nm << " nm x " << period_y_nm
         << " nm; the window is " << grid.width_nm() << " nm x " << grid.height_nm() << " nm";
    throw Error(ErrorCode::recipe, "RCP-0012", text.str(), recipe.where("optics.kernels"));
  };
  if (!std::filesystem::is_directory(folder))
    throw Error(ErrorCode::input, "CLI-0012", "there is no such folder of kernels", {folder.string()});
  if (!std::filesystem::exists(folder / "kernels.json")) {
    check_window(contest_period_nm, contest_period_nm);
    return read_contest_kernels(folder, contest_period_nm);
  }
  CoherentStack stack = read_kernels(folder);
  check_window(stack.period_x_nm, stack.period_y_nm);
  return stack;
}

ClipOptics clip_optics(const Recipe& recipe, const Grid& grid, double density, int threads) {
  const OpticsSection& o = recipe.optics;
  const bool given = !o.kernels.empty();
  const bool amplitude = recipe.process.dose_applies_to == ProcessSection::DoseAppliesTo::amplitude;
  const Projection projection = given ? Projection{} : projection_of(recipe);
  const Source source = given ? Source{} : source_of(recipe, projection, grid.width_nm(), grid.height_nm());
  const bool symmetric = !given && focus_symmetric(projection, source.points);
  ClipOptics optics;
  ImagingModel& model = optics.model;
  std::vector<std::pair<std::string, LensSetting>> stacks;  // kernels and setting of each
  for (const CornerSection& corner : recipe.process.corners) {
    const std::pair wanted{corner.kernels, setting_of(corner, symmetric)};
    const auto found = std::find(stacks.begin(), stacks.end(), wanted);
    const int stack = static_cast<int>(found - stacks.begin());
    if (found == stacks.end()) {
      stacks.push_back(wanted);
      if (given) model.stacks.push_back(given_kernels(recipe, corner.kernels, grid));
    }
    model.conditions.push_back(
        {corner.name, amplitude ? corner.dose * corner.dose : corner.dose, corner.focus_nm, stack, corner.pvband});
  }
  if (!given) {
    std::vector<LensSetting> settings;
    for (const auto& [kernels, setting] : stacks) settings.push_back(setting);
    model.stacks = lens_stacks(recipe, projection, source, settings, grid, threads, optics.metrics);
    const std::string warning = truncation_warning(recipe, metric(optics.metrics, "socs_abbe_error_max"),
                                                   static_cast<int>(metric(optics.metrics, "kernels")));
    if (!warning.empty()) optics.warnings.push_back(warning);
    model.blur_x_nm = o.msd_x_nm;
    model.blur_y_nm = o.msd_y_nm;
    if (const double flare = flare_of(recipe); flare > 0) {
      for (CoherentStack& stack : model.stacks)
        for (double& weight : stack.weight) weight *= 1 - flare;
      model.flare = flare * o.flare_density.value_or(density);
      optics.metrics.push_back({"flare", flare});
    }
  }
  model.validate();
  return optics;
}

}  // namespace anamorph::cli
