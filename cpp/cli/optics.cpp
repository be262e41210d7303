// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <optional>
#include <set>
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
#include "optics_models/projection.hpp"

namespace anamorph::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr int pupil_pixels = 257;
constexpr int layout_points = 64;     // at which the kernels are compared with Abbe's sum on the recipe's own layout
constexpr double picture_step = 0.02;  // of the source's picture

/// The kernels of one setting.
struct SettingKernels {
  std::string name;  ///< folder below `kernels`; empty for the first focus, which lies in `kernels` itself
  LensSetting setting;
  Socs socs;
};

std::string text(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.9g", value);
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
      const auto& others = productivity_quantities();
      if (std::find(others.begin(), others.end(), q.name) != others.end()) continue;
      const bool overridden = recipe.has("optics." + q.name);
      add(q.name, overridden ? resolved.value(q.name, q.value) : q.value, overridden ? "recipe" : q.origin);
    }
  const std::set<std::string> not_physical{"image_error", "energy", "max_kernels", "image_planes"};
  for (const auto& [name, value] : resolved.items())
    if (value.is_number() && !not_physical.contains(name) && recipe.has("optics." + name) && (!scanner || std::isnan(scanner->value(name, NAN))))
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
SettingKernels given(const Recipe& recipe, const Grid& grid) {
  SettingKernels one;
  one.socs.stack = given_kernels(recipe, recipe.process.corners.front().kernels, grid);
  one.socs.captured_fraction = one.socs.image_error = std::numeric_limits<double>::quiet_NaN();
  if (std::filesystem::exists(recipe.optics.kernels / "kernels.json"))
    one.setting.focus_nm = read_kernel_info(recipe.optics.kernels).focus_nm;
  const std::size_t bins = one.socs.stack.bins();
  for (std::size_t k = 0; k < one.socs.stack.weight.size(); ++k) {
    double norm2 = 0;
    for (std::size_t i = 0; i < bins; ++i) norm2 += std::norm(one.socs.stack.transfer[k * bins + i]);
    one.socs.eigenvalues.push_back(one.socs.stack.weight[k] * norm2);
  }
  return one;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// What the run finds, before anything is written.
struct Findings {
  std::vector<SettingKernels> kernels;
  Source source;                       ///< of a lens
  Image<std::complex<double>> pupil;   ///< likewise
  OpticsResult report;
  Json metrics;
};

/// The largest SOCS-minus-Abbe error, of the check masks and of the recipe's own layout if it has one.
double image_error(const Recipe& recipe, const std::optional<Clip>& clip, const CoherentTerms& terms, const Socs& socs,
                   int threads) {
  if (!clip || !clip->inside) return socs.image_error;
  const Grid& grid = clip->grid;
  const Box window = window_of(grid);
  const auto spectrum = mask_spectrum(recipe, *clip, window, socs.stack);
  return std::max(socs.image_error, abbe_difference(terms, socs.stack, spectrum, layout_points, threads));
}

void find_lens_kernels(const Recipe& recipe, const std::optional<Clip>& clip, const Grid& grid, int threads,
                       Findings& found) {
  const OpticsSection& o = recipe.optics;
  const Projection projection = projection_of(recipe);
  found.source = source_of(recipe, projection, grid.width_nm(), grid.height_nm());
  found.pupil = pupil_map(projection);
  for (const LensSetting& setting : lens_settings(recipe)) {
    const CoherentTerms terms(at_setting(projection, setting), found.source.points);
    std::string name;
    if (!found.kernels.empty()) name = "focus_" + text(setting.focus_nm) + "nm";
    if (!found.kernels.empty() && setting.depth_nm) name += "_depth_" + text(*setting.depth_nm) + "nm";
    SettingKernels one{name, setting, socs(terms, grid.width_nm(), grid.height_nm(), stoppable_socs(recipe, threads))};
    one.socs.image_error = image_error(recipe, clip, terms, one.socs, threads);
    found.kernels.push_back(std::move(one));
    throw_if_stopped();
  }

  OpticsResult& report = found.report;
  const double rms = describe_pupil(projection, report);
  const auto scanner = scanner_of(recipe);
  const double least_fill = scanner ? scanner->value("pupil_fill_min", 0) : 0;
  report.name = scanner ? scanner->title : "NA " + text(*o.na) + " at " + text(*o.wavelength_nm) + " nm";
  report.source = source_of(recipe, picture_step).points;
  report.source_points = static_cast<int>(found.source.points.size());
  report.pupil_fill = found.source.pupil_fill;
  report.wavelength_nm = *o.wavelength_nm;
  report.na = *o.na;
  report.immersion_index = o.immersion_index;
  for (const auto& [term, nm] : o.zernike_nm) report.zernikes.push_back({term, nm});
  report.quantities = quantities_of(recipe);
  report.truncation = truncation_of(found.kernels.front().socs);
  report.kernel_reach_nm = kernel_reach(*o.wavelength_nm / *o.na, grid);
  found.metrics = {{"wavelength_nm", *o.wavelength_nm},
                   {"na", *o.na},
                   {"half_pitch_limit_nm", smallest_half_pitch_nm(*o.wavelength_nm, *o.na)},
                   {"depth_of_focus_nm", depth_of_focus_nm(*o.wavelength_nm, *o.na, o.immersion_index)},
                   {"pupil_fill", found.source.pupil_fill},
                   {"illumination_efficiency", least_fill > 0 ? std::min(1.0, found.source.pupil_fill / least_fill) : 1},
                   {"source_points", found.source.points.size()},
                   {"wavefront_rms_nm", rms},
                   {"strehl_ratio", std::exp(-std::pow(2 * std::numbers::pi * rms / *o.wavelength_nm, 2))},
                   {"flare", flare_of(recipe)}};
  if (const auto budget = scatter_budget_of(recipe)) {
    found.metrics["mirror_wavefront_rms_nm"] = budget->wavefront_rms_nm;
    found.metrics["mirror_strehl_ratio"] = budget->strehl;
    found.metrics["mirror_throughput"] = budget->throughput;
  }
}

void read_given_kernels(const Recipe& recipe, const Grid& grid, Findings& found) {
  found.kernels.push_back(given(recipe, grid));
  const CoherentStack& stack = found.kernels.front().socs.stack;
  found.report.name = "Kernels of " + recipe.optics.kernels.string();
  found.report.kernel_reach_nm = kernel_reach(2 * stack.period_x_nm / std::max(1, stack.extent_x), grid);
}

/// Adds what holds for given kernels and for those of a lens.
void summarise(const Recipe& recipe, const Grid& grid, Findings& found) {
  double captured = 1, error = 0;
  int kernels = 0;
  for (const SettingKernels& one : found.kernels) {
    captured = std::min(captured, one.socs.captured_fraction);
    error = std::max(error, one.socs.image_error);
    kernels = std::max(kernels, one.socs.stack.terms());
    found.metrics["focus"].push_back({{"focus_nm", number(one.setting.focus_nm)},
                                      {"depth_nm", one.setting.depth_nm ? Json(*one.setting.depth_nm) : Json()},
                                      {"kernels", one.socs.stack.terms()},
                                      {"tcc_captured_fraction", number(one.socs.captured_fraction)},
                                      {"socs_abbe_error_max", number(one.socs.image_error)},
                                      {"clear_field", one.socs.stack.clear_field()}});
  }
  const bool lens = recipe.optics.kernels.empty();
  found.metrics["kernels"] = kernels;
  found.metrics["tcc_captured_fraction"] = number(lens ? captured : NAN);
  found.metrics["socs_abbe_error_max"] = number(lens ? error : NAN);
  found.metrics["period_x_nm"] = grid.width_nm();
  found.metrics["period_y_nm"] = grid.height_nm();

  OpticsResult& report = found.report;
  const Socs& first = found.kernels.front().socs;
  report.summary = std::to_string(first.stack.terms()) + " kernels for a window of " + text(grid.width_nm()) + " nm x " +
                   text(grid.height_nm()) + " nm";
  report.kernels = first.stack.terms();
  report.eigenvalues = first.eigenvalues;
  report.trace = first.trace;
  report.captured_fraction = first.captured_fraction;
  report.image_error = first.image_error;
  report.kernel_pictures = kernel_pictures(first.stack, 12, report.kernel_reach_nm, 96);
  report.recipe = recipe_toml(recipe);
  if (lens && recipe.optics.method == OpticsSection::Method::abbe)
    report.warnings.push_back("the recipe images by Abbe's sum; the kernels here are those of optics.method = \"socs\"");
  if (const std::string warning = truncation_warning(recipe, lens ? error : 0, kernels); !warning.empty())
    report.warnings.push_back(warning);
}

void write_lens(RunDirectory& directory, const Recipe& recipe, const Findings& found) {
  write_npy(directory.add("pupil.npy"), {pupil_pixels, pupil_pixels}, found.pupil.span());
  write_source(directory, found.source.points);
  if (!writes_fields()) return;
  Fields fields;
  fields.title = found.report.name;
  fields.attributes = {{"verb", "optics"}};
  fields.wavelength_nm = *recipe.optics.wavelength_nm;
  fields.na = *recipe.optics.na;
  fields.source = found.source.points;
  fields.pupil_amplitude = found.report.pupil_amplitude;
  fields.pupil_wavefront_nm = found.report.pupil_wavefront_nm;
  write_fields(directory.add("fields.nc"), fields);
}

void write_all_kernels(RunDirectory& directory, const Recipe& recipe, const Findings& found, bool contest_form) {
  const OpticsSection& o = recipe.optics;
  for (const SettingKernels& one : found.kernels) {
    const std::string folder = one.name.empty() ? "kernels" : "kernels/" + one.name;
    KernelInfo info;
    if (o.kernels.empty())
      info = {*o.wavelength_nm, *o.na, o.immersion_index, one.setting.focus_nm, one.socs.captured_fraction, {}};
    write_kernels(directory, folder, one.socs.stack, info);
    if (contest_form) write_contest_kernels(directory, folder + "/contest", one.socs.stack);
  }
}

}  // namespace

int run_optics(const Options& options, bool contest_form, Console& console) {
  const Recipe recipe = load_recipe(options.recipe, options.overrides);
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, "optics", recipe);
  record.begin_stage("read");
  std::optional<Clip> clip;
  if (!recipe.layout.file.empty()) clip = load_clip(recipe, options.threads);
  const Grid grid = clip ? clip->grid : window_grid(recipe, {});
  std::vector<std::filesystem::path> inputs = optics_files(recipe);
  if (clip) inputs.push_back(recipe.layout.file);
  for (const auto& input : inputs) record.add_input(input);
  if (contest_form && grid.width_nm() != grid.height_nm())
    throw Error(ErrorCode::recipe, "CLI-0013", "kernels in the contest's form need a square window",
                recipe.where(recipe.has("layout.window_nm") ? "layout.window_nm" : ""));
  static_cast<void>(make_backend(options.backend, options.threads));  // the kernels are computed in double anyway
  RunDirectory directory = open_run_directory(options, "optics", options.recipe.stem().string());

  record.begin_stage("kernels");
  const double start = record.seconds();
  const bool lens = recipe.optics.kernels.empty();
  Findings found;
  if (lens)
    find_lens_kernels(recipe, clip, grid, options.threads, found);
  else
    read_given_kernels(recipe, grid, found);
  found.report.build_seconds = record.seconds() - start;
  summarise(recipe, grid, found);

  record.begin_stage("write");
  std::filesystem::remove_all(directory.directory() / "kernels");  // of an earlier run, with --force
  if (lens) write_lens(directory, recipe, found);
  write_all_kernels(directory, recipe, found, contest_form);
  directory.write("metrics.json", found.metrics.dump(2) + "\n");
  found.report.provenance = record.finish();
  directory.write("report.html", optics_report(found.report));
  record.write(directory);

  for (const std::string& warning : found.report.warnings) console.warn("CLI-0010", warning);
  for (const auto& [key, value] : found.metrics.items()) {
    if (!value.is_number()) continue;
    char line[128];
    std::snprintf(line, sizeof line, "%-24s %.10g", key.c_str(), value.get<double>());
    console.print(line);
  }
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(found.metrics.dump(2) + "\n");
  return 0;
}

}  // namespace anamorph::cli
