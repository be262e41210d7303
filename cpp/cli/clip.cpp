// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/clip.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <limits>
#include <sstream>

#include "cpp/io/metrics_json.hpp"
#include "cpp/io/npy.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "cpp/measure/contours.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/measure/gauge.hpp"
#include "cpp/measure/metrics.hpp"
#include "masks/layout.hpp"
#include "masks/morphology.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "masks/shots.hpp"
#include "optics_models/flare.hpp"

namespace anamorph::cli {

namespace {

constexpr int most_pixels = 32768;  ///< along a side of a clip
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

bool holds(const Box& outer, const Box& inner) {
  return inner.x0 >= outer.x0 && inner.y0 >= outer.y0 && inner.x1 <= outer.x1 && inner.y1 <= outer.y1;
}

bool meet(const Box& a, const Box& b) { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1; }

std::string nm_text(double nm) {
  std::ostringstream text;
  text << std::setprecision(10) << nm;
  return text.str();
}

/// Lower-left corner of the tile, in the layout's coordinates.
Point tile_origin(const Recipe& recipe, const std::vector<Polygon>& shapes) {
  const LayoutSection& layout = recipe.layout;
  if (layout.window_nm || !layout.centre) return {};
  const Box before = bounding_box(shapes);
  if (before.width() > layout.tile_nm || before.height() > layout.tile_nm)
    throw Error(ErrorCode::input, "CLI-0014",
                "the layout measures " + nm_text(before.width()) + " x " + nm_text(before.height()) +
                    " nm and does not fit a clip of layout.tile_nm = " + nm_text(layout.tile_nm) +
                    "; take a part of it (layout.window_nm), or all of it by `anamorph tile`",
                {layout.file.string()});
  const Box after = bounding_box(centred(shapes, layout.tile_nm, layout.tile_nm));
  return {before.x0 - after.x0, before.y0 - after.y0};
}

Bitmap half_covered(const Image<double>& coverage) {
  Bitmap bitmap(coverage.ny(), coverage.nx());
  std::transform(coverage.begin(), coverage.end(), bitmap.begin(), [](double c) { return std::uint8_t(c >= 0.5); });
  return bitmap;
}

std::vector<Image<double>> stack_images(Imager& imager, const CoherentStack& stack, const Recipe& recipe,
                                        const Clip& clip, const Mask& mask) {
  if (!mask.from_shapes) return imager.images(mask.bitmap);
  if (!clip.inside) {  // the raster cuts the shapes at the window's edge
    Image<double> coverage = rasterise(clip.shapes, clip.grid);
    if (recipe.mask.polygons == MaskSection::Polygons::absorber)
      for (double& c : coverage) c = 1 - c;
    return imager.images(coverage);
  }
  return imager.images(mask_spectrum(recipe, clip, window_of(clip.grid), stack));
}

}  // namespace

Box window_of(const Grid& grid) {
  return {grid.x0_nm, grid.y0_nm, grid.x0_nm + grid.width_nm(), grid.y0_nm + grid.height_nm()};
}

Grid window_grid(const Recipe& recipe, const Point& origin) {
  const LayoutSection& l = recipe.layout;
  const Box window = l.window_nm.value_or(Box{origin.x, origin.y, origin.x + l.tile_nm, origin.y + l.tile_nm});
  const std::string key = l.window_nm ? "layout.window_nm" : "layout.tile_nm";
  const auto pixels = [&](double side) {
    const double count = side / l.pixel_nm;
    const auto refuse = [&](const char* id, const std::string& why, const char* instead) {
      throw Error(ErrorCode::recipe, id,
                  key + ": a side of " + nm_text(side) + " nm " + why + " pixels of " + nm_text(l.pixel_nm) + " nm" +
                      instead,
                  recipe.where(recipe.has(key) ? key : "layout.pixel_nm"));
    };
    if (std::abs(count - std::round(count)) > 1e-6) refuse("RCP-0006", "is not a whole number of", "");
    if (count > most_pixels)
      refuse("RCP-0004", "has more than " + std::to_string(most_pixels), "; `anamorph tile` takes layouts of any size");
    return static_cast<int>(std::lround(count));
  };
  return {window.x0, window.y0, pixels(window.width()), pixels(window.height()), l.pixel_nm};
}

Clip load_clip(const Recipe& recipe, int threads) {
  const LayoutSection& l = recipe.layout;
  if (l.file.empty())
    throw Error(ErrorCode::recipe, "RCP-0005", "the key layout.file is missing; expected the name of a layout file",
                recipe.where(""));
  const Layout layout = read_layout(l.file, {l.cell, l.layer, l.window_nm});
  const std::vector<Polygon>& drawn = polygons(layout, l.layer);
  if (const Box box = bounding_box(drawn); l.window_nm && (drawn.empty() || !meet(box, *l.window_nm)))
    throw Error(ErrorCode::input, "CLI-0016", "no shape of the layout lies in layout.window_nm",
                recipe.where("layout.window_nm"));
  Clip clip;
  clip.grid = window_grid(recipe, tile_origin(recipe, drawn));
  clip.shapes = merge(drawn);
  clip.inside = holds(window_of(clip.grid), bounding_box(clip.shapes));
  clip.target = l.target == LayoutSection::Target::inclusive ? rasterise_inclusive(drawn, clip.grid)
                                                             : half_covered(rasterise(clip.shapes, clip.grid, threads));
  return clip;
}

std::vector<std::complex<double>> mask_spectrum(const Recipe& recipe, const Clip& clip, const Box& window,
                                                const CoherentStack& stack) {
  auto spectrum = polygon_spectrum(clip.shapes, window, stack.extent_x, stack.extent_y);
  if (recipe.mask.polygons == MaskSection::Polygons::absorber) {
    for (auto& m : spectrum) m = -m;
    spectrum[spectrum.size() / 2] += 1.0;
  }
  return spectrum;
}

ResistModel resist_model(const Recipe& recipe) {
  const ResistSection& r = recipe.resist;
  return {r.threshold, r.blur_nm, r.prints == ResistSection::Prints::bright, r.steepness};
}

Mask load_mask(const Recipe& recipe, const Clip& clip) {
  if (!recipe.mask.file.empty()) {
    Mask mask{read_npy_bitmap(recipe.mask.file), false};
    if (mask.bitmap.ny() != clip.grid.ny || mask.bitmap.nx() != clip.grid.nx) {
      const auto size = [](int ny, int nx) { return std::to_string(ny) + " x " + std::to_string(nx); };
      throw Error(ErrorCode::input, "CLI-0003",
                  "the mask has " + size(mask.bitmap.ny(), mask.bitmap.nx()) + " pixels; expected " +
                      size(clip.grid.ny, clip.grid.nx) + " as the window of the recipe",
                  {recipe.mask.file.string()});
    }
    return mask;
  }
  const bool absorber = recipe.mask.polygons == MaskSection::Polygons::absorber;
  return {absorber ? complement(clip.target) : clip.target, recipe.layout.target == LayoutSection::Target::exact};
}

double clear_share(const Recipe& recipe, const Clip& clip, const Mask& mask) {
  if (mask.from_shapes && clip.inside) {
    double area = 0;
    for (const Polygon& shape : clip.shapes) area += signed_area(shape);
    const double share = area / (clip.grid.width_nm() * clip.grid.height_nm());
    return recipe.mask.polygons == MaskSection::Polygons::absorber ? 1 - share : share;
  }
  const auto open = std::count(mask.bitmap.begin(), mask.bitmap.end(), std::uint8_t(1));
  return static_cast<double>(open) / static_cast<double>(std::max<std::size_t>(1, mask.bitmap.size()));
}

std::vector<std::filesystem::path> inputs_of(const Recipe& recipe) {
  std::vector<std::filesystem::path> inputs{recipe.layout.file, recipe.mask.file};
  std::erase_if(inputs, [](const auto& path) { return path.empty(); });
  for (const auto& file : optics_files(recipe)) inputs.push_back(file);
  return inputs;
}

Image<double> uneven_flare(const Recipe& recipe, const ScatterKernel& kernel, const ImagingModel& model,
                           const Clip& clip, const Mask& mask) {
  const Grid& grid = clip.grid;
  const int factor = std::max(1, static_cast<int>(kernel.inner_nm() / 8 / grid.pixel_nm));
  const int ny = (grid.ny + factor - 1) / factor, nx = (grid.nx + factor - 1) / factor;
  const double outside = recipe.optics.flare_density.value_or(clear_share(recipe, clip, mask));
  Image<double> clear(ny, nx, 0), area(ny, nx, 0);
  for (int y = 0; y < grid.ny; ++y)
    for (int x = 0; x < grid.nx; ++x) {
      clear(y / factor, x / factor) += mask.bitmap(y, x);
      area(y / factor, x / factor) += 1;
    }
  const double whole = static_cast<double>(factor) * factor;
  for (std::size_t i = 0; i < clear.size(); ++i)  // a pixel that the window's edge cuts is partly outside
    clear.data()[i] = (clear.data()[i] + (whole - area.data()[i]) * outside) / whole;
  const double pixel_nm = factor * grid.pixel_nm;
  Image<double> flare = sample_map(flare_map(clear, pixel_nm, outside, kernel, 1), pixel_nm, 0, 0, grid.pixel_nm, grid.ny, grid.nx);
  for (double& f : flare) f -= model.flare;
  return flare;
}

Exposure expose(Backend& backend, const ImagingModel& model, const Recipe& recipe, const Clip& clip, const Mask& mask) {
  const auto images = [&](double blur_nm) {
    Imager imager(backend, model, clip.grid, blur_nm);
    return stack_images(imager, model.stacks.front(), recipe, clip, mask);
  };
  Exposure exposure{images(0), {}};
  if (recipe.resist.blur_nm > 0) exposure.blurred = images(recipe.resist.blur_nm);
  if (const auto kernel = recipe.optics.kernels.empty() ? scatter_of(recipe) : std::nullopt) {
    const Image<double> flare = uneven_flare(recipe, *kernel, model, clip, mask);
    for (auto* all : {&exposure.aerial, &exposure.blurred})
      for (Image<double>& image : *all) std::transform(image.begin(), image.end(), flare.begin(), image.begin(), std::plus<>());
  }
  return exposure;
}

Image<double> scaled(Image<double> image, double dose) {
  if (dose != 1)
    for (double& value : image) value *= dose;
  return image;
}

namespace {

/// Edge placement at the sites of the recipe.
void judge_edges(const Recipe& recipe, const Clip& clip, const Image<double>& latent, double threshold, bool bright,
                 ClipResult& result) {
  const EpeRule rule = recipe.epe.rule(clip.grid.pixel_nm);
  const std::vector<EpeSite> sites = epe_sites(clip.target, clip.grid, rule);
  const EpeResult epe = signed_epe(latent, clip.grid, threshold, bright, sites);
  int violations = 0;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const int found = contest_epe(result.conditions.front().print, {sites[i]}, rule.tolerance_px).violations();
    violations += found;
    result.sites.push_back({sites[i].at_nm, sites[i].nx, sites[i].ny, epe.epe_nm[i], found > 0});
  }
  const bool none_found = !sites.empty() && epe.missing == static_cast<int>(sites.size());
  result.metrics.push_back({"epe_violations", static_cast<double>(violations)});
  result.metrics.push_back({"epe_max_nm", none_found ? unknown : epe.max_nm});
  result.metrics.push_back({"epe_mean_nm", none_found ? unknown : epe.mean_nm});
  result.metrics.push_back({"epe_missing", static_cast<double>(epe.missing)});
}

/// cd_<gauge>_nm and nils_<gauge> of the nominal condition, cd_<gauge>_<condition>_nm of the others.
void judge_gauges(const Recipe& recipe, const ImagingModel& model, const Exposure& exposure, ClipResult& result) {
  const ResistModel resist = resist_model(recipe);
  const Box window = window_of(result.grid);
  for (const GaugeSection& g : recipe.gauges) {
    if (!holds(window, {g.at_nm.x, g.at_nm.y, g.at_nm.x, g.at_nm.y}))
      result.warnings.push_back("gauge '" + g.name + "' lies outside the window, whose image is periodic");
    for (const Condition& c : model.conditions) {
      const GaugeResult found = measure({g.name, g.at_nm, g.angle_deg, g.cd_nm}, exposure.latent(c), result.grid,
                                        resist.threshold / c.dose, resist.bright);
      const bool nominal = &c == &model.conditions.front();
      if (std::isnan(found.cd_nm))
        result.warnings.push_back("gauge '" + g.name + "' finds no edges in condition '" + c.name + "'");
      const std::string key = metric_key("cd_" + g.name + (nominal ? "" : "_" + c.name) + "_nm");
      result.metrics.push_back({key, found.cd_nm});
      if (nominal) result.metrics.push_back({metric_key("nils_" + g.name), std::min(found.nils_low, found.nils_high)});
    }
  }
}

void judge_mask(const Recipe& recipe, const Bitmap& mask, double pixel_nm, bool with_rules, ClipResult& result) {
  const MaskRules& rules = recipe.mask.rules;
  const MaskRuleReport report = measure_mask(mask, pixel_nm, rules);
  result.metrics.push_back({"mask_shots", static_cast<double>(rectangle_count(mask))});
  result.metrics.push_back({"mask_min_area_nm2", report.min_area_nm2});
  result.metrics.push_back({"mask_min_distance_nm", report.min_distance_nm});
  result.metrics.push_back({"mask_min_width_nm", report.min_width_nm});
  result.metrics.push_back({"mask_min_space_nm", report.min_space_nm});
  if (const auto& most = recipe.limits.mask_violations)
    result.rules.push_back(
        {mask_violations_rule, "", *most, static_cast<double>(report.violations.size()), true});
  if (!with_rules) return;
  result.rules.push_back({"Mask width", "nm", rules.min_width_nm, report.min_width_nm, false});
  result.rules.push_back({"Mask space", "nm", rules.min_space_nm, report.min_space_nm, false});
  result.rules.push_back({"Mask island or hole", "nm^2", rules.min_area_nm2, report.min_area_nm2, false});
}

void judge_limits(const LimitsSection& limits, ClipResult& result) {
  const auto check = [&](const char* name, const char* unit, const char* key, const std::optional<double>& limit) {
    if (limit) result.rules.push_back({name, unit, *limit, metric(result.metrics, key), true});
  };
  check("EPE violations", "", "epe_violations", limits.epe_violations);
  check("Largest EPE", "nm", "epe_max_nm", limits.epe_max_nm);
  check("PV band", "nm^2", "pvband_nm2", limits.pvband_nm2);
  check("L2", "nm^2", "l2_nm2", limits.l2_nm2);
  check("Extra prints", "", "extra_prints", limits.extra_prints);
  check("Missing prints", "", "missing_prints", limits.missing_prints);
  // A site without a printed edge is worse than any limit on the distance to it.
  if (limits.epe_max_nm)
    result.rules.push_back({"Sites without an edge", "", 0, metric(result.metrics, "epe_missing"), true});
}

}  // namespace

ClipResult judge(const Recipe& recipe, const Clip& clip, const ImagingModel& model, const Mask& mask, Exposure exposure,
                 bool mask_rules) {
  const ResistModel resist = resist_model(recipe);
  const double pixel_area = clip.grid.pixel_nm * clip.grid.pixel_nm;
  ClipResult result;
  result.name = recipe.layout.file.stem().string();
  result.grid = clip.grid;
  result.target = clip.target;
  result.mask = mask.bitmap;
  result.threshold = resist.threshold;
  result.epe_limit_nm = recipe.epe.tolerance_nm;
  result.recipe = recipe_toml(recipe);

  if (std::find(clip.target.begin(), clip.target.end(), 1) == clip.target.end())
    result.warnings.push_back("the target is empty: no shape of the layer lies in the window");

  int extra = 0, missing = 0;
  std::vector<Bitmap> varied;
  for (std::size_t i = 0; i < model.conditions.size(); ++i) {
    const Condition& c = model.conditions[i];
    const CornerSection& corner = recipe.process.corners[i];
    Bitmap print = printed(exposure.latent(c), c.dose, resist);
    const PrintDefects found = print_defects(print, clip.target);
    extra = std::max(extra, found.extra);
    missing = std::max(missing, found.missing);
    if (corner.pvband) varied.push_back(print);
    result.conditions.push_back({corner.name, corner.dose, corner.focus_nm, {}, std::move(print)});
  }
  ConditionResult& nominal = result.conditions.front();
  result.metrics.push_back({"l2_nm2", static_cast<double>(l2_px(nominal.print, clip.target)) * pixel_area});
  result.metrics.push_back({"pvband_nm2", static_cast<double>(pvband_px(varied)) * pixel_area});

  const Condition& condition = model.conditions.front();
  const Image<double>& latent = exposure.latent(condition);
  const double threshold = resist.threshold / condition.dose;
  judge_edges(recipe, clip, latent, threshold, resist.bright, result);
  result.metrics.push_back({"extra_prints", static_cast<double>(extra)});
  result.metrics.push_back({"missing_prints", static_cast<double>(missing)});
  judge_gauges(recipe, model, exposure, result);
  judge_mask(recipe, mask.bitmap, clip.grid.pixel_nm, mask_rules, result);
  judge_limits(recipe.limits, result);

  // The printed region is on the left of its contour; of a dark feature that is where -I >= -threshold.
  result.print_contours = resist.bright ? contours(latent, clip.grid, threshold, true)
                                        : contours(scaled(latent, -1), clip.grid, -threshold, true);
  nominal.aerial = scaled(std::move(exposure.aerial[static_cast<std::size_t>(condition.stack)]), condition.dose);
  return result;
}

}  // namespace anamorph::cli
