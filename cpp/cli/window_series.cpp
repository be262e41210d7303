// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/window_series.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <optional>
#include <utility>

#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/imaging/focus_nodes.hpp"
#include "cpp/imaging/image_sampler.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/sizing.hpp"
#include "optics_models/focus_symmetry.hpp"

namespace anamorph::cli {

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void keep_worst(const ClipOptics& optics, SeriesCost& cost) {
  if (cost.optics.empty()) cost.optics = optics.metrics;
  for (std::size_t i = 0; i < optics.metrics.size() && i < cost.optics.size(); ++i) {
    const bool least = optics.metrics[i].key == "tcc_captured_fraction";
    const double a = cost.optics[i].value, b = optics.metrics[i].value;
    cost.optics[i].value = least ? std::min(a, b) : std::max(a, b);
  }
  for (const std::string& warning : optics.warnings)
    if (cost.warnings.empty()) cost.warnings.push_back(warning);
}

/// Whether the nodes on one side of focus 0 stand for those on the other.
bool symmetric_series(const Recipe& recipe, const Clip& clip, const FocusNodes& nodes) {
  if (std::abs(nodes.low_nm() + nodes.high_nm()) > 1e-9 * nodes.high_nm() || nodes.focus_nm().size() < 2) return false;
  const Projection projection = projection_of(recipe);
  return focus_symmetric(projection, source_of(recipe, projection, clip.grid.width_nm(), clip.grid.height_nm()).points);
}

}  // namespace

std::vector<std::complex<double>> MaskSeries::spectrum(double change_nm, const Box& window,
                                                       const CoherentStack& stack) const {
  // The polygons may be what lies between the features that are measured.
  const double move = absorber == bright ? -change_nm / 2 : change_nm / 2;
  std::vector<std::complex<double>> m =
      polygon_spectrum(sized(polygons, window, move), window, stack.extent_x, stack.extent_y);
  if (absorber) {
    for (auto& value : m) value = -value;
    m[m.size() / 2] += 1.0;
  }
  return m;
}

MaskSeries mask_series(const Recipe& recipe, const Clip& clip, const Mask& mask) {
  MaskSeries series;
  series.polygons = mask.from_shapes ? clip.shapes : pixel_outlines(mask.bitmap, clip.grid);
  series.absorber = mask.from_shapes && recipe.mask.polygons == MaskSection::Polygons::absorber;
  series.bright = recipe.resist.prints == ResistSection::Prints::bright;
  return series;
}

double focus_band(const Recipe& recipe) {
  const Projection projection = projection_of(recipe);
  double wavelength = projection.wavelength_nm;
  for (const SpectralLine& line : projection.spectrum) wavelength = std::min(wavelength, line.wavelength_nm);
  return focus_band_per_nm(wavelength, projection.na, projection.immersion_index);
}

FocusExposure::Background background_of(const Recipe& recipe, const Clip& clip, const Mask& mask,
                                        const ImagingModel& model) {
  const double even = model.flare;
  const auto kernel = scatter_of(recipe);
  if (!kernel) return even == 0 ? FocusExposure::Background() : [even](const Point&) { return even; };
  return [even, map = uneven_flare(recipe, *kernel, model, clip, mask), grid = clip.grid](const Point& p) {
    const auto wrapped = [](double at, int n) { return at - n * std::floor(at / n); };
    const double x = wrapped((p.x - grid.x0_nm) / grid.pixel_nm - 0.5, grid.nx);
    const double y = wrapped((p.y - grid.y0_nm) / grid.pixel_nm - 0.5, grid.ny);
    const int x0 = static_cast<int>(x) % grid.nx, y0 = static_cast<int>(y) % grid.ny;
    const int x1 = (x0 + 1) % grid.nx, y1 = (y0 + 1) % grid.ny;
    const double u = x - std::floor(x), v = y - std::floor(y);
    return even + (1 - v) * ((1 - u) * map(y0, x0) + u * map(y0, x1)) + v * ((1 - u) * map(y1, x0) + u * map(y1, x1));
  };
}

FocusExposurePlan measurement_plan(const Recipe& recipe, const Clip& clip) {
  FocusExposurePlan plan;
  for (const GaugeSection& g : recipe.gauges) plan.gauges.push_back({g.name, g.at_nm, g.angle_deg, g.cd_nm});
  if (recipe.window.epe) plan.sites = epe_sites(clip.target, clip.grid, recipe.epe.rule(clip.grid.pixel_nm));
  plan.threshold = recipe.resist.threshold;
  plan.bright = recipe.resist.prints == ResistSection::Prints::bright;
  plan.dose_is_amplitude = recipe.process.dose_applies_to == ProcessSection::DoseAppliesTo::amplitude;
  plan.reach_nm = std::min(500.0, *recipe.optics.wavelength_nm / *recipe.optics.na);
  plan.search_nm = std::max(40.0, 1.5 * recipe.window.epe_tolerance_nm.value_or(recipe.epe.tolerance_nm));
  plan.mask_step_nm = recipe.window.meef_delta_nm;
  return plan;
}

FocusExposure image_series(const Recipe& recipe, const Clip& clip, const Mask& mask, const FocusExposurePlan& cuts,
                           Backend& backend, int threads, SeriesCost& cost, Console& console) {
  const FocusNodes nodes(recipe.window.focus_nm.front(), recipe.window.focus_nm.back(), focus_band(recipe));
  const Box window = window_of(clip.grid);
  const double density = clear_share(recipe, clip, mask);
  const MaskSeries masks = mask_series(recipe, clip, mask);
  std::optional<FocusExposure> series;
  FocusExposure::Background background;
  std::vector<std::vector<std::complex<double>>> spectra;
  Progress progress(console, "through focus", static_cast<double>(nodes.focus_nm().size()));
  Recipe one = recipe;  // a single condition at a time: the kernels of one focus are all that is held
  CornerSection corner = recipe.process.corners.front();
  corner.dose = 1;
  const std::size_t count = nodes.focus_nm().size();
  const bool mirrored = symmetric_series(recipe, clip, nodes);
  for (std::size_t node = mirrored ? count / 2 : 0; node < count; ++node) {
    throw_if_stopped();
    const double focus = nodes.focus_nm()[node];
    std::vector<std::size_t> same_image{node};
    if (mirrored && node != count - 1 - node) same_image.push_back(count - 1 - node);
    cost.images += 1;
    auto start = std::chrono::steady_clock::now();
    corner.focus_nm = focus;
    one.process.corners = {corner};
    const ClipOptics optics = clip_optics(one, clip.grid, density, threads);
    keep_worst(optics, cost);
    cost.kernel_seconds += seconds_since(start);
    throw_if_stopped();
    start = std::chrono::steady_clock::now();
    const CoherentStack& stack = optics.model.stacks.front();
    if (!series) {
      series.emplace(cuts, nodes, window, 2 * stack.extent_x, 2 * stack.extent_y);
      spectra = {masks.spectrum(0, window, stack)};
      if (series->has_variants())
        for (const double change : {-cuts.mask_step_nm, cuts.mask_step_nm})
          spectra.push_back(masks.spectrum(change, window, stack));
      background = background_of(recipe, clip, mask, optics.model);
    }
    const std::vector<ImageSampler> images =
        sample_images(backend, stack, spectra, window, std::hypot(recipe.resist.blur_nm, optics.model.blur_x_nm),
                      std::hypot(recipe.resist.blur_nm, optics.model.blur_y_nm));
    const MaskVariant variants[] = {MaskVariant::nominal, MaskVariant::smaller, MaskVariant::larger};
    for (std::size_t i = 0; i < images.size(); ++i)
      series->add(same_image, variants[i], images[i], background, threads);
    cost.image_seconds += seconds_since(start);
    progress.update(static_cast<double>(node + 1));
  }
  return std::move(*series);
}

}  // namespace anamorph::cli
