// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/results.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "cpp/core/version.hpp"
#include "cpp/io/fields.hpp"
#include "cpp/io/gds.hpp"
#include "cpp/io/npy.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/report.hpp"
#include "cpp/io/sha256.hpp"
#include "masks/simplify.hpp"

namespace anamorph::cli {

namespace fs = std::filesystem;

namespace {

/// Step of the coordinates in the polygon files that are written.
constexpr double output_dbu_nm = 0.1;

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// How far a polyline through points of a smooth curve leaves the curve: the largest sagitta s = e a / 8 of an edge of
/// length e at a vertex where the direction turns by a. Vertices on the window's edge, where contours are closed, do
/// not count.
double sagitta_nm(const std::vector<Polygon>& contours, const Grid& grid) {
  const auto on_border = [&](const Point& p) {
    const double margin = grid.pixel_nm;
    return p.x < grid.x0_nm + margin || p.y < grid.y0_nm + margin || p.x > grid.x0_nm + grid.width_nm() - margin ||
           p.y > grid.y0_nm + grid.height_nm() - margin;
  };
  double worst = 0;
  for (const Polygon& polygon : contours)
    for (std::size_t i = 0, n = polygon.size(); i < n; ++i) {
      const Point& a = polygon[(i + n - 1) % n];
      const Point& b = polygon[i];
      const Point& c = polygon[(i + 1) % n];
      if (on_border(b)) continue;
      const double ux = b.x - a.x, uy = b.y - a.y, vx = c.x - b.x, vy = c.y - b.y;
      const double turn = std::abs(std::atan2(ux * vy - uy * vx, ux * vx + uy * vy));
      worst = std::max(worst, std::max(std::hypot(ux, uy), std::hypot(vx, vy)) * turn / 8);
    }
  return worst;
}

bool rectilinear(const std::vector<Polygon>& polygons) {
  for (const Polygon& polygon : polygons)
    for (std::size_t i = 0, n = polygon.size(); i < n; ++i) {
      const Point &a = polygon[i], &b = polygon[(i + 1) % n];
      if (a.x != b.x && a.y != b.y) return false;
    }
  return true;
}

/// Curved polygons as GDSII or OASIS, by the suffix, layer 1/0; returns the measured chord error.
double write_polygons(const fs::path& path, const std::string& cell, const std::vector<Polygon>& contours,
                      const OutputSection& output) {
  ContourLimits limits{output_dbu_nm, output.chord_error_nm};
  if (output.max_vertices) limits.max_vertices = static_cast<std::size_t>(*output.max_vertices);
  const ContourPolygons polygons = simplified(contours, limits);
  write_gds(path, cell, {{1, 0, polygons_nm(polygons.region, output_dbu_nm)}}, output_dbu_nm);
  return polygons.deviation_nm;
}

}  // namespace

double peak_memory_mb() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024e-6;  // Linux counts in KiB
}

RunRecord::RunRecord(const Options& options, const std::string& verb, const Recipe& recipe) : RunRecord(options, verb) {
  info_.recipe_json = recipe_json(recipe);
}

RunRecord::RunRecord(const Options& options, const std::string& verb) {
  info_.verb = verb;
  info_.command = options.command;
  info_.start = std::time(nullptr);
  if (!options.recipe.empty()) add_input(options.recipe);
}

void RunRecord::begin_stage(const std::string& name) {
  end_stage();
  stage_ = name;
}

void RunRecord::end_stage() {
  const Clock::time_point now = Clock::now();
  if (!stage_.empty())
    info_.stages.push_back({stage_, std::chrono::duration<double>(now - stage_start_).count(), peak_memory_mb()});
  stage_.clear();
  stage_start_ = now;
}

void RunRecord::add_input(const fs::path& path) {
  if (!fs::exists(path)) throw Error(ErrorCode::input, "CLI-0012", "there is no such file", {path.string()});
  std::vector<fs::path> files{path};
  if (fs::is_directory(path)) {
    files.clear();
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  }
  for (const fs::path& file : files) info_.inputs.push_back({file.string(), fs::file_size(file), sha256_file(file)});
}

void RunRecord::set_backend(const Backend& backend) {
  info_.backend = backend.name();
  info_.device = backend.device();
}

double RunRecord::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

std::vector<Fact> RunRecord::finish() {
  end_stage();
  info_.end = std::time(nullptr);
  std::vector<Fact> facts{{"Version", std::string(version) + " (" + commit + ")"},
                          {"Build", build_flags},
                          {"Start", utc_time(info_.start)}};
  if (!info_.backend.empty()) facts.insert(facts.end(), {{"Backend", info_.backend}, {"Device", info_.device}});
  for (const StageUse& stage : info_.stages) facts.push_back({"Time: " + stage.name, fixed(stage.seconds, 3) + " s"});
  facts.push_back({"Peak memory", fixed(peak_memory_mb(), 0) + " MB"});
  constexpr std::size_t most = 8;  // given kernels are many files; run.json names them all
  for (std::size_t i = 0; i < std::min(most, info_.inputs.size()); ++i)
    facts.push_back({"SHA-256 of " + info_.inputs[i].name, info_.inputs[i].sha256});
  if (info_.inputs.size() > most)
    facts.push_back({"More inputs", std::to_string(info_.inputs.size() - most) + ", see run.json"});
  return facts;
}

std::string RunRecord::text(const RunDirectory& directory) {
  info_.outputs = directory.files();
  return run_json(info_);
}

void RunRecord::write(RunDirectory& directory) { directory.write("run.json", text(directory)); }

RunDirectory open_run_directory(const Options& options, const std::string& verb, const std::string& stem) {
  return {options.output.empty() ? default_run_directory(verb, stem, std::time(nullptr)) : options.output,
          options.force};
}

void write_images(RunDirectory& directory, const Recipe& recipe, const Clip& clip, const ImagingModel& model,
                  const Exposure& exposure, bool single) {
  const int count = static_cast<int>(model.conditions.size());
  const ResistModel resist = resist_model(recipe);
  const auto condition = [&](int i) -> const Condition& { return model.conditions[static_cast<std::size_t>(i)]; };
  write_npy(directory.add("aerial.npy"), count, clip.grid.ny, clip.grid.nx, single, [&](int i) {
    return scaled(exposure.aerial[static_cast<std::size_t>(condition(i).stack)], condition(i).dose);
  });
  write_npy(directory.add("resist.npy"), count, clip.grid.ny, clip.grid.nx, single,
            [&](int i) { return sigmoid_resist(exposure.latent(condition(i)), condition(i).dose, resist); });
}

void write_clip_fields(const fs::path& path, const Recipe& recipe, const Clip& clip, const ImagingModel& model,
                       const Exposure& exposure, const Bitmap& mask, bool single) {
  const ResistModel resist = resist_model(recipe);
  const auto condition = [&](int i) -> const Condition& { return model.conditions[static_cast<std::size_t>(i)]; };
  Fields fields;
  fields.title = recipe.layout.file.stem().string();
  fields.grid = clip.grid;
  fields.mask = mask;
  fields.target = clip.target;
  for (const CornerSection& c : recipe.process.corners) fields.conditions.push_back({c.name, c.dose, c.focus_nm});
  fields.aerial = [&](int i) {
    return scaled(exposure.aerial[static_cast<std::size_t>(condition(i).stack)], condition(i).dose);
  };
  fields.resist = [&](int i) { return sigmoid_resist(exposure.latent(condition(i)), condition(i).dose, resist); };
  fields.single = single;
  if (recipe.optics.kernels.empty()) {
    fields.wavelength_nm = *recipe.optics.wavelength_nm;
    fields.na = *recipe.optics.na;
  }
  write_fields(path, fields);
}

ContourErrors write_contours(const fs::path& path, const std::vector<Polygon>& contours, const Grid& grid,
                             const OutputSection& output) {
  return {write_polygons(path, "CONTOURS", contours, output), sagitta_nm(contours, grid)};
}

void write_clip(RunDirectory& directory, ClipResult& result, RunRecord& record, const OutputSection& output) {
  write_npy(directory.add("target.npy"), result.target);
  if (result.mask_contours.empty()) result.mask_contours = pixel_outlines(result.mask, result.grid);
  const std::string suffix = output.polygons == OutputSection::Polygons::oas ? ".oas" : ".gds";
  if (rectilinear(result.mask_contours)) {
    write_gds(directory.add("mask" + suffix), "MASK", {{1, 0, result.mask_contours}}, output_dbu_nm);
  } else {
    result.metrics.push_back(
        {"mask_chord_error_nm", write_polygons(directory.add("mask" + suffix), "MASK", result.mask_contours, output)});
  }
  const ContourErrors errors =
      write_contours(directory.add("contours" + suffix), result.print_contours, result.grid, output);
  result.metrics.push_back({"contour_chord_error_nm", errors.chord_nm});
  result.metrics.push_back({"contour_sagitta_nm", errors.sagitta_nm});
  directory.write("target.png", target_png(result));
  directory.write("mask.png", mask_png(result));
  directory.write("aerial.png", aerial_png(result));
  directory.write("pvband.png", pvband_png(result));
  directory.write("overview.png", overview_png(result));
  directory.write("metrics.json", metrics_json(result));
  result.provenance = record.finish();
  directory.write("report.html", clip_report(result));
  record.write(directory);
}

bool dry_run(const Options& options, const Recipe& recipe, Console& console) {
  if (!options.dry_run) return false;
  console.document(console.json() ? recipe_json(recipe) : recipe_toml(recipe));
  return true;
}

std::vector<Metric> rule_metrics(const RuleCounts& broken) {
  return {{"mask_width_violations", static_cast<double>(broken.width)},
          {"mask_space_violations", static_cast<double>(broken.space)},
          {"mask_area_violations", static_cast<double>(broken.area)}};
}

std::string broken_rules_text(const RuleCounts& broken) {
  return "the mask breaks its rules at " + std::to_string(broken.all()) + (broken.all() == 1 ? " place" : " places") +
         " where the correction could not keep them (width " + std::to_string(broken.width) + ", space " +
         std::to_string(broken.space) + ", area " + std::to_string(broken.area) +
         "); does the layout keep [mask.rules] as drawn?";
}

void warn_of_rules(const ClipResult& result, const std::string& prefix, Console& console) {
  for (const RuleCheck& rule : result.rules)
    if (!rule.pass())
      console.warn("CLI-0011", prefix + rule.name + " is " + fixed(rule.measured, 1) + " " + rule.unit +
                                   (rule.upper ? ", allowed " : ", needed ") + fixed(rule.limit, 1));
}

int conclude(const ClipResult& result, const RunDirectory& directory, Console& console) {
  for (const std::string& warning : result.warnings) console.warn("CLI-0010", warning);
  for (const Metric& m : result.metrics) {
    char line[128];
    std::snprintf(line, sizeof line, "%-24s %.10g", m.key.c_str(), m.value);
    console.print(line);
  }
  warn_of_rules(result, "", console);
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(metrics_json(result));
  return result.pass() ? 0 : 1;
}

}  // namespace anamorph::cli
