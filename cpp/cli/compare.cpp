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
#include "cpp/io/recipe_optics.hpp"
#include "cpp/io/recipe_study.hpp"
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
  pattern.tile = {g.x0_nm, g.y0_nm, g.x0_nm + g.width_nm(), g.y0_nm + g.height_nm()};
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

const char* word(Verdict verdict) {
  switch (verdict) {
    case Verdict::printable:
      return "prints";
    case Verdict::mask_too_fine:
      return "mask too fine";
    case Verdict::shallow:
      return "shallow";
    case Verdict::no_window:
      return "no window";
    case Verdict::not_resolved:
      return "not resolved";
    case Verdict::no_image:
      return "no image";
  }
  return "";
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
        std::snprintf(column, sizeof column, "  %-14s     -       -      -", word(c.verdict));
      else
        std::snprintf(column, sizeof column, "  %-14s  %4.2f  %s%5.0f  %5.1f", word(c.verdict), c.nils,
                      c.dof_cut ? ">" : " ", c.dof_nm, c.latitude_percent);
      row += column;
    }
    console.print(row);
  }
  for (const std::string& sentence : study.conclusions) console.print(sentence);
  for (const std::string& sentence : study.not_shown) console.print(sentence);
}

}  // namespace

int run_compare(const Options& options, Console& console) {
  Recipe recipe = load_recipe(options.recipe, options.overrides);
  recipe.given.try_emplace("window", Location{});  // its tolerances belong to the resolved recipe
  const std::vector<Recipe> recipes = scanner_recipes(recipe);
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, "compare", recipe);
  record.begin_stage("read");
  std::vector<StudyScanner> scanners;
  for (std::size_t i = 0; i < recipes.size(); ++i)
    scanners.push_back(study_scanner(recipes[i], recipe.compare.scanners[i]).scanner);
  std::vector<StudyPattern> patterns = all_patterns(recipe, options.threads);
  StudyWork work;
  work.backend = [&] { return make_backend(options.backend, 1); };
  work.threads = options.threads;
  work.limits = recipe.compare.limits;
  work.check = throw_if_stopped;
  record.set_backend(*work.backend());
  for (const Recipe& one : recipes)
    for (const auto& file : optics_files(one)) record.add_input(file);
  RunDirectory directory = open_run_directory(options, "compare", options.recipe.stem().string());

  record.begin_stage("simulate");
  Progress progress(console, "comparing", 1);
  work.progress = [&](double done) { progress.update(done); };
  const StudyResult study = run_study(std::move(scanners), std::move(patterns), study_settings(recipe), work);

  record.begin_stage("write");
  record.write(directory);
  for (const std::string& finding : study.findings) console.warn("CLI-0012", finding);
  print_table(study, console);
  return 0;
}

}  // namespace anamorph::cli
