// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <utility>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/io/fields.hpp"
#include "cpp/io/kernels.hpp"
#include "cpp/io/npy.hpp"
#include "cpp/io/optics_report.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "masks/polygon_spectrum.hpp"
#include "optics_models/abbe.hpp"

namespace anamorph::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr int pupil_pixels = 257;
constexpr int layout_points = 64;     // at which the kernels are compared with Abbe's sum on the recipe's own layout
constexpr double picture_step = 0.02;  // of the source's picture

/// The kernels of one setting.
struct FocusKernels {
  std::string name;  ///< folder below `kernels`; empty for the first focus, which lies in `kernels` itself
  LensSetting setting;
  Socs socs;
};

std::string text(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.6g", value);
  return digits;
}

Image<std::complex<double>> pupil_map(const Projection& projection) {
  Image<std::complex<double>> map(pupil_pixels, pupil_pixels);
  const auto coordinate = [](int i) { return (2 * i + 1.0) / pupil_pixels - 1; };
  for (int y = 0; y < pupil_pixels; ++y)
    for (int x = 0; x < pupil_pixels; ++x) map(y, x) = pupil_value(projection, coordinate(x), coordinate(y));
  return map;
}

/// Amplitude and wavefront for the picture, and the wavefront's standard deviation over the pupil.
double describe_pupil(const Projection& projection, OpticsResult& result) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  result.pupil_amplitude = result.pupil_wavefront_nm = Image<double>(pupil_pixels, pupil_pixels, none);
  double power = 0, mean = 0, square = 0;
  for (int y = 0; y < pupil_pixels; ++y)
    for (int x = 0; x < pupil_pixels; ++x) {
      const double px = (2 * x + 1.0) / pupil_pixels - 1, py = (2 * y + 1.0) / pupil_pixels - 1;
      const double amplitude = std::abs(pupil_value(projection, px, py));
      if (amplitude == 0) continue;
      const double wavefront = projection.pupil.wavefront(px, py);
      result.pupil_amplitude(y, x) = amplitude;
      result.pupil_wavefront_nm(y, x) = wavefront;
      const double weight = amplitude * amplitude;
      power += weight;
      mean += weight * wavefront;
      square += weight * wavefront * wavefront;
    }
  return power > 0 ? std::sqrt(std::max(0.0, square / power - mean * mean / (power * power))) : 0;
}

void write_source(RunDirectory& directory, const std::vector<SourcePoint>& points) {
  std::vector<double> rows;
  for (const SourcePoint& p : points)
    rows.insert(rows.end(),
                {p.sx, p.sy, p.weight, p.polarisation.s1, p.polarisation.s2, p.polarisation.s3});
  write_npy(directory.add("source.npy"), {static_cast<int>(points.size()), 6}, rows);
}

std::vector<OpticsQuantity> quantities_of(const Recipe& recipe) {
  std::vector<OpticsQuantity> rows;
  const auto scanner = scanner_of(recipe);
  const Json resolved = Json::parse(recipe_json(recipe))["optics"];
  const auto add = [&](const std::string& name, double value, const std::string& origin) {
    const auto cut = name.rfind('_');
    const std::string unit = cut == std::string::npos ? "" : name.substr(cut + 1);
    const bool has_unit = unit == "nm" || unit == "deg" || unit == "mm";
    rows.push_back({has_unit ? name.substr(0, cut) : name, text(value), has_unit ? (unit == "deg" ? "°" : unit) : "", origin});
  };
  if (scanner)
    for (const ScannerQuantity& q : scanner->quantities) {
      const bool overridden = recipe.has("optics." + q.name);
      add(q.name, overridden ? resolved.value(q.name, q.value) : q.value, overridden ? "recipe" : q.origin);
    }
  for (const auto& [name, value] : resolved.items())
    if (value.is_number() && recipe.has("optics." + name) && (!scanner || std::isnan(scanner->value(name, NAN))))
      add(name, value.get<double>(), "recipe");
  return rows;
}

std::vector<TruncationStep> truncation_of(const Socs& socs) {
  std::vector<TruncationStep> steps;
  double captured = 0;
  const int kept = socs.stack.terms();
  for (int k = 1; k <= static_cast<int>(socs.eigenvalues.size()); ++k) {
    captured += socs.eigenvalues[static_cast<std::size_t>(k - 1)];
    const double decade = std::pow(10, std::floor(std::log10(k)));
    const bool round = k == decade || k == 2 * decade || k == 5 * decade;
    if (round || k == kept) steps.push_back({k, captured / socs.trace, socs.errors[static_cast<std::size_t>(k - 1)]});
  }
  return steps;
}

/// Half the side of a square around the middle that the strongest kernel's light hardly leaves.
double kernel_reach(double resolution_nm, const Grid& grid) {
  return std::min({3 * resolution_nm, grid.width_nm() / 2, grid.height_nm() / 2});
}

/// The given kernels, to be shown and written in our form.
FocusKernels given(const Recipe& recipe, const Grid& grid) {
  FocusKernels one;
  one.socs.stack = given_kernels(recipe, recipe.process.corners.front().kernels, grid);
  one.socs.captured_fraction = one.socs.image_error = std::numeric_limits<double>::quiet_NaN();
  const std::size_t bins = one.socs.stack.bins();
  for (std::size_t k = 0; k < one.socs.stack.weight.size(); ++k) {
    double norm2 = 0;
    for (std::size_t i = 0; i < bins; ++i) norm2 += std::norm(one.socs.stack.transfer[k * bins + i]);
    one.socs.eigenvalues.push_back(one.socs.stack.weight[k] * norm2);
  }
  return one;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

}  // namespace

int run_optics(const Options& options, bool contest_form, Console& console) {
  const Recipe recipe = load_recipe(options.recipe, options.overrides);
  if (dry_run(options, recipe, console)) return 0;
  const OpticsSection& o = recipe.optics;
  const bool lens = o.kernels.empty();

  RunRecord record(options, "optics", recipe);
  record.begin_stage("read");
  std::optional<Clip> clip;
  if (!recipe.layout.file.empty()) clip = load_clip(recipe, options.threads);
  const Grid grid = clip ? clip->grid : window_grid(recipe.layout, {});
  std::vector<std::filesystem::path> inputs = optics_files(recipe);
  if (clip) inputs.push_back(recipe.layout.file);
  for (const auto& input : inputs) record.add_input(input);
  RunDirectory directory = open_run_directory(options, "optics", options.recipe.stem().string());

  OpticsResult result;
  Json metrics;
  Image<std::complex<double>> pupil;
  Source source;
  std::vector<FocusKernels> found;
  record.begin_stage("kernels");
  const double start = record.seconds();
  if (lens) {
    Projection projection = projection_of(recipe);
    pupil = pupil_map(projection);
    const double rms = describe_pupil(projection, result);
    source = source_of(recipe, projection, grid.width_nm(), grid.height_nm());
    result.source = source_of(recipe, picture_step).points;
    result.source_points = static_cast<int>(source.points.size());
    result.pupil_fill = source.pupil_fill;
    const auto scanner = scanner_of(recipe);
    const double least_fill = scanner ? scanner->value("pupil_fill_min", 0) : 0;
    const double efficiency = least_fill > 0 ? std::min(1.0, source.pupil_fill / least_fill) : 1;

    std::vector<std::complex<double>> spectrum;
    for (const LensSetting& setting : lens_settings(recipe)) {
      const CoherentTerms terms(at_setting(projection, setting), source.points);
      std::string name;
      if (!found.empty()) name = "focus_" + text(setting.focus_nm) + "nm";
      if (!found.empty() && setting.depth_nm) name += "_depth_" + text(*setting.depth_nm) + "nm";
      FocusKernels one{name, setting, socs(terms, grid.width_nm(), grid.height_nm(), socs_options(recipe, options.threads))};
      if (clip && clip->inside) {
        if (spectrum.empty()) {
          const Box window{grid.x0_nm, grid.y0_nm, grid.x0_nm + grid.width_nm(), grid.y0_nm + grid.height_nm()};
          spectrum = mask_spectrum(recipe, *clip, window, one.socs.stack);
        }
        one.socs.image_error = std::max(
            one.socs.image_error, abbe_difference(terms, one.socs.stack, spectrum, layout_points, options.threads));
      }
      found.push_back(std::move(one));
      throw_if_stopped();
    }
    metrics = {{"wavelength_nm", *o.wavelength_nm},
               {"na", *o.na},
               {"half_pitch_limit_nm", smallest_half_pitch_nm(*o.wavelength_nm, *o.na)},
               {"depth_of_focus_nm", depth_of_focus_nm(*o.wavelength_nm, *o.na, o.immersion_index)},
               {"pupil_fill", source.pupil_fill},
               {"illumination_efficiency", efficiency},
               {"source_points", source.points.size()},
               {"wavefront_rms_nm", rms},
               {"strehl_ratio", std::exp(-std::pow(2 * std::numbers::pi * rms / *o.wavelength_nm, 2))},
               {"flare", flare_of(recipe)}};
    for (const auto& [term, nm] : o.zernike_nm) result.zernikes.push_back({term, nm});
    result.wavelength_nm = *o.wavelength_nm;
    result.na = *o.na;
    result.immersion_index = o.immersion_index;
    result.name = scanner ? scanner->title : "NA " + text(*o.na) + " at " + text(*o.wavelength_nm) + " nm";
  } else {
    found.push_back(given(recipe, grid));
    result.name = "Kernels of " + o.kernels.string();
  }
  result.build_seconds = record.seconds() - start;

  record.begin_stage("write");
  if (lens) {
    write_npy(directory.add("pupil.npy"), {pupil_pixels, pupil_pixels}, pupil.span());
    write_source(directory, source.points);
  }
  double captured = 1, error = 0;
  int kernels = 0;
  for (const FocusKernels& one : found) {
    const std::string folder = one.name.empty() ? "kernels" : "kernels/" + one.name;
    KernelInfo info;
    if (lens) info = {*o.wavelength_nm, *o.na, o.immersion_index, one.setting.focus_nm, one.socs.captured_fraction, {}};
    write_kernels(directory, folder, one.socs.stack, info);
    if (contest_form) write_contest_kernels(directory, folder + "/contest", one.socs.stack);
    captured = std::min(captured, one.socs.captured_fraction);
    error = std::max(error, one.socs.image_error);
    kernels = std::max(kernels, one.socs.stack.terms());
    metrics["focus"].push_back({{"focus_nm", one.setting.focus_nm},
                                {"depth_nm", one.setting.depth_nm ? Json(*one.setting.depth_nm) : Json()},
                                {"kernels", one.socs.stack.terms()},
                                {"tcc_captured_fraction", number(one.socs.captured_fraction)},
                                {"socs_abbe_error_max", number(one.socs.image_error)},
                                {"clear_field", one.socs.stack.clear_field()}});
  }
  metrics["kernels"] = kernels;
  metrics["tcc_captured_fraction"] = number(lens ? captured : NAN);
  metrics["socs_abbe_error_max"] = number(lens ? error : NAN);
  metrics["period_x_nm"] = grid.width_nm();
  metrics["period_y_nm"] = grid.height_nm();
  directory.write("metrics.json", metrics.dump(2) + "\n");

  const Socs& first = found.front().socs;
  result.summary = std::to_string(first.stack.terms()) + " kernels for a window of " + text(grid.width_nm()) + " nm x " +
                   text(grid.height_nm()) + " nm";
  result.kernels = first.stack.terms();
  result.eigenvalues = first.eigenvalues;
  result.trace = first.trace;
  result.captured_fraction = first.captured_fraction;
  result.image_error = first.image_error;
  if (lens) result.truncation = truncation_of(first);
  const double resolution = lens ? *o.wavelength_nm / *o.na : 2 * first.stack.period_x_nm / std::max(1, first.stack.extent_x);
  result.kernel_reach_nm = kernel_reach(resolution, grid);
  result.kernel_pictures = kernel_pictures(first.stack, 12, result.kernel_reach_nm, 96);
  if (lens) result.quantities = quantities_of(recipe);
  result.recipe = recipe_toml(recipe);
  if (lens && error > std::max(o.image_error, 1e-3))
    result.warnings.push_back("the kernels leave out up to " + text(error) +
                              " of the clear field's intensity; optics.max_kernels = " + std::to_string(o.max_kernels) +
                              " allows no more of them");

  if (lens) {
    Fields fields;
    fields.title = result.name;
    fields.attributes = {{"verb", "optics"}};
    fields.wavelength_nm = *o.wavelength_nm;
    fields.na = *o.na;
    fields.source = source_of(recipe, picture_step).points;
    fields.pupil_amplitude = result.pupil_amplitude;
    fields.pupil_wavefront_nm = result.pupil_wavefront_nm;
    write_fields(directory.add("fields.nc"), fields);
  }
  result.provenance = record.finish();
  directory.write("report.html", optics_report(result));
  record.write(directory);

  for (const std::string& warning : result.warnings) console.warn("CLI-0010", warning);
  for (const auto& [key, value] : metrics.items()) {
    if (!value.is_number()) continue;
    char line[128];
    std::snprintf(line, sizeof line, "%-24s %.10g", key.c_str(), value.get<double>());
    console.print(line);
  }
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(metrics.dump(2) + "\n");
  return 0;
}

}  // namespace anamorph::cli
