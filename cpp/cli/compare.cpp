// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/compare.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <mutex>
#include <utility>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/io/compare_markdown.hpp"
#include "cpp/io/compare_report.hpp"
#include "cpp/io/compare_result.hpp"
#include "cpp/io/compare_summary.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "cpp/io/recipe_study.hpp"
#include "cpp/study/dose_table.hpp"
#include "cpp/study/productivity.hpp"
#include "masks/sizing.hpp"

// The same patterns under several scanners.

namespace anamorph::cli {

namespace {

/// The recipe's layout with its gauges, as a pattern.
StudyPattern layout_pattern(const Recipe& recipe, const std::string& name, int threads) {
  if (recipe.gauges.empty())
    throw Error(ErrorCode::recipe, "CMP-0005",
                "pattern \"" + name + "\" is the layout, which has no gauge; expected [[gauge]]",
                recipe.where("compare.pattern"));
  const Clip clip = load_clip(recipe, threads);
  const Grid& g = clip.grid;
  StudyPattern pattern;
  pattern.name = pattern.family = name;
  pattern.tile = window_of(g);
  pattern.shapes = sized(clip.shapes, pattern.tile, 0);
  pattern.openings = recipe.mask.polygons == MaskSection::Polygons::opening;
  pattern.bright = recipe.resist.prints == ResistSection::Prints::bright;
  for (std::size_t i = 0; i < recipe.gauges.size(); ++i) {
    const GaugeSection& one = recipe.gauges[i];
    const Location where = recipe.where("gauge." + std::to_string(i) + ".at_nm");
    const Point& p = one.at_nm;
    if (p.x < pattern.tile.x0 || p.x > pattern.tile.x1 || p.y < pattern.tile.y0 || p.y > pattern.tile.y1)
      throw Error(ErrorCode::recipe, "CMP-0005", "gauge \"" + one.name + "\" lies outside the window", where);
    const Gauge gauge{one.name, one.at_nm, one.angle_deg, one.cd_nm};
    const CutSpan span = cut_span(pattern.shapes, pattern.tile, gauge);
    if (!std::isfinite(span.low) || !std::isfinite(span.high))
      throw Error(ErrorCode::recipe, "CMP-0005",
                  "gauge \"" + one.name + "\" meets no drawn edges on both sides; expected a place inside a feature",
                  where);
    pattern.gauges.push_back({gauge, one.cd_nm});
  }
  return pattern;
}

std::vector<StudyPattern> all_patterns(const Recipe& recipe, int threads) {
  std::vector<StudyPattern> patterns = study_patterns(recipe);
  for (const ComparePatternSection& section : recipe.compare.patterns)
    if (section.kind == ComparePatternSection::Kind::layout)
      patterns.push_back(layout_pattern(recipe, section.name, threads));
  if (patterns.empty())
    throw Error(ErrorCode::recipe, "CMP-0004", "no pattern to compare on; expected [[compare.pattern]]",
                recipe.where(""));
  return patterns;
}

/// The files that the study reads.
std::vector<std::filesystem::path> study_inputs(const Recipe& recipe, const std::vector<Recipe>& recipes) {
  std::vector<std::filesystem::path> files;
  const auto add = [&](const std::filesystem::path& file) {
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  };
  for (const Recipe& one : recipes)
    for (const auto& file : optics_files(one)) add(file);
  if (!recipe.compare.process_file.empty()) add(recipe.compare.process_file);
  for (const ComparePatternSection& pattern : recipe.compare.patterns)
    if (pattern.kind == ComparePatternSection::Kind::layout) add(recipe.layout.file);
  return files;
}

void print_table(const StudyResult& study, Console& console) {
  std::size_t width = 8;
  for (const StudyPattern& p : study.patterns) width = std::max(width, p.name.size());
  std::string head(width, ' ');
  for (const StudyScanner& s : study.scanners) {
    char column[80];
    std::snprintf(column, sizeof column, "  %-14.14s  NILS  DOF nm   EL %%", s.name.c_str());
    head += column;
  }
  console.print(head);
  for (std::size_t p = 0; p < study.patterns.size(); ++p) {
    std::string row = study.patterns[p].name;
    row.resize(width, ' ');
    for (std::size_t s = 0; s < study.scanners.size(); ++s) {
      const CaseResult& c = study.at(p, s);
      char column[80];
      if (c.verdict == Verdict::no_image)
        std::snprintf(column, sizeof column, "  %-14s     -       -      -", verdict_text(c.verdict).c_str());
      else
        std::snprintf(column, sizeof column, "  %-14s  %4.2f  %s%5.0f  %5.1f", verdict_text(c.verdict).c_str(), c.nils,
                      c.dof_cut ? ">" : " ", c.dof_nm, c.latitude_percent);
      row += column;
    }
    console.print(row);
  }
}

/// Everything about layers of lines, from the limits that were simulated.
ProductivityResult layers_of(const Recipe& recipe, const std::vector<StudyScannerFile>& scanners,
                             const StudyResult& study, const StudyWork& work) {
  ProductivityPlan plan;
  plan.process = study_process(recipe);
  double coarsest = 0, finest = std::numeric_limits<double>::infinity();
  for (std::size_t s = 0; s < scanners.size(); ++s) {
    ScannerCase one;
    one.scanner = scanners[s].file;
    one.scanner.name = scanners[s].scanner.name;
    // Lines of a layer may run in the direction that suits the scanner.
    const LimitResult* best = nullptr;
    for (const LimitResult& l : study.limits)
      if (l.scanner == s && l.family.starts_with("lines") && l.printable_nm &&
          (best == nullptr || *l.printable_nm < *best->printable_nm))
        best = &l;
    if (best != nullptr) {
      one.smallest_pitch_nm = 2 * *best->printable_nm;
      one.smallest_pitch_origin = "simulated: " + best->family + " within focus budget and mask rules";
      one.smallest_pitch_low_nm = 2 * *best->resolved_nm;
      one.smallest_pitch_high_nm = 1.1 * one.smallest_pitch_nm;
      coarsest = std::max(coarsest, one.smallest_pitch_nm);
      finest = std::min(finest, one.smallest_pitch_nm);
    }
    plan.scanners.push_back(std::move(one));
  }
  if (coarsest == 0) {
    ProductivityResult none;
    none.findings.push_back("no scanner prints lines within its budget, so there is no layer to be counted");
    return none;
  }
  // From where the finest scanner needs a second exposure to where the coarsest one has long been enough.
  plan.pitch_low_nm = std::floor(finest / 2);
  plan.pitch_high_nm = std::ceil(2 * coarsest);
  for (double pitch = plan.pitch_low_nm; pitch <= plan.pitch_high_nm; pitch += 0.5) plan.pitches_nm.push_back(pitch);
  if (scanners.size() > 1) plan.ratio_pitch_nm = std::round(std::sqrt(finest * coarsest));
  const Quantity* most = find_quantity(plan.process, "max_exposures");
  const int exposures = most == nullptr ? 1 : std::clamp(static_cast<int>(most->value), 1, 8);
  std::vector<DoseOfLines> doses =
      simulated_doses(study.scanners, study.settings, plan.pitch_low_nm, plan.pitch_high_nm, exposures, work);
  for (std::size_t s = 0; s < scanners.size(); ++s) {
    plan.scanners[s].dose_mJ_cm2 = std::move(doses[s]);
    plan.scanners[s].dose_origin = "simulated: photon noise within compare.cd_variation_percent";
  }
  return productivity(plan);
}

}  // namespace

int run_compare(const Options& options, Console& console) {
  Recipe recipe = load_recipe(options.recipe, options.overrides);
  recipe.given.try_emplace("window", Location{});  // its tolerances belong to the resolved recipe
  const std::vector<Recipe> recipes = scanner_recipes(recipe);
  std::vector<StudyPattern> patterns = all_patterns(recipe, options.threads);
  static_cast<void>(study_process(recipe));  // an unreadable file is found before the work
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, "compare", recipe);
  record.begin_stage("read");
  std::vector<StudyScannerFile> files;
  std::vector<StudyScanner> scanners;
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    files.push_back(study_scanner(recipes[i], recipe.compare.scanners[i]));
    scanners.push_back(files.back().scanner);
  }
  StudyWork work;
  work.backend = [&] { return make_backend(options.backend, 1); };
  work.threads = options.threads;
  work.limits = recipe.compare.limits;
  work.check = throw_if_stopped;
  record.set_backend(*work.backend());
  for (const auto& file : study_inputs(recipe, recipes)) record.add_input(file);
  RunDirectory directory = open_run_directory(options, "compare", options.recipe.stem().string());

  record.begin_stage("simulate");
  Progress progress(console, "comparing", 1);
  work.progress = [&](double done) { progress.update(done); };
  CompareResult result;
  result.name = recipe.compare.title.empty() ? options.recipe.stem().string() : recipe.compare.title;
  result.study = run_study(std::move(scanners), std::move(patterns), study_settings(recipes.front()), work);
  record.begin_stage("layers");
  if (work.limits) result.productivity = layers_of(recipe, files, result.study, work);
  throw_if_stopped();

  record.begin_stage("write");
  result.assumptions = study_assumptions(recipes, files);
  result.recipe = recipe_toml(recipe);
  result.warnings = result.study.findings;
  for (const TextFile& table : compare_tables(result)) directory.write(table.name, table.text);
  const std::string json = compare_json(result);
  directory.write("compare.json", json);
  const std::vector<StudyFigure> figures = compare_figures(result);
  for (const StudyFigure& figure : figures) directory.write(figure.file.name, figure.file.text);
  directory.write("study.md", compare_markdown(result, figures));
  result.provenance = record.finish();
  directory.write("report.html", compare_report(result));
  record.write(directory);

  for (const std::string& finding : result.warnings) console.warn("CLI-0012", finding);
  print_table(result.study, console);
  for (const std::string& sentence : study_conclusions(result)) console.print(sentence);
  for (const std::string& sentence : study_caveats(result.study)) console.print(sentence);
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(json);
  return 0;
}

}  // namespace anamorph::cli
