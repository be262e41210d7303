// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe_study.hpp"

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "cpp/io/recipe_checks.hpp"
#include "cpp/io/recipe_optics.hpp"

namespace anamorph {
namespace {

using Kind = ComparePatternSection::Kind;
using Direction = ComparePatternSection::Direction;

std::string place(const char* list, std::size_t index, const char* key) {
  return "compare." + std::string(list) + "." + std::to_string(index) + "." + key;
}

PolarisationState state_of(SourceSection::Polarised polarised, const Recipe& recipe) {
  switch (polarised) {
    case SourceSection::Polarised::none:
      return PolarisationState::none;
    case SourceSection::Polarised::x:
      return PolarisationState::x;
    case SourceSection::Polarised::y:
      return PolarisationState::y;
    case SourceSection::Polarised::te:
      return PolarisationState::te;
    case SourceSection::Polarised::tm:
      return PolarisationState::tm;
    case SourceSection::Polarised::map:
      break;
  }
  throw Error(ErrorCode::recipe, "CMP-0004",
              "a polarisation map belongs to one source; expected compare.search = false, or another polarisation",
              recipe.where("optics.source.polarisation"));
}

/// Both directions of a clip without lines would be the same twice.
bool has_direction(Kind kind) { return kind != Kind::contacts; }

}  // namespace

std::vector<Recipe> scanner_recipes(const Recipe& recipe) {
  if (recipe.compare.scanners.empty())
    throw Error(ErrorCode::recipe, "CMP-0004", "nothing to compare; expected two or more [[compare.scanner]]",
                recipe.where(""));
  std::vector<Recipe> all;
  std::set<std::string> names;
  for (std::size_t i = 0; i < recipe.compare.scanners.size(); ++i) {
    const CompareScannerSection& section = recipe.compare.scanners[i];
    const Location where = recipe.where(place("scanner", i, "scanner"));
    Recipe& one = all.emplace_back(recipe);
    const auto give = [&](const char* key, auto& field, const auto& value) {
      field = value;
      one.given["optics." + std::string(key)] = recipe.where(place("scanner", i, key));
    };
    if (section.na) give("na", one.optics.na, section.na);
    if (section.obscuration) give("obscuration", one.optics.obscuration, *section.obscuration);
    if (!section.zernike_nm.empty()) give("zernike_nm", one.optics.zernike_nm, section.zernike_nm);
    recipe_keys::use_scanner(one, section.scanner, where);
    if (!names.insert(study_scanner(one, section).scanner.name).second)
      throw Error(
          ErrorCode::recipe, "CMP-0004",
          "two scanners are called \"" + study_scanner(one, section).scanner.name + "\"; expected a name for each",
          where);
  }
  return all;
}

StudyScannerFile study_scanner(const Recipe& r, const CompareScannerSection& section) {
  StudyScannerFile out{{}, *scanner_of(r)};
  StudyScanner& s = out.scanner;
  s.name = section.name.empty() ? out.file.name : section.name;
  s.title = out.file.title;
  s.projection = projection_of(r);
  s.blur_x_nm = r.optics.msd_x_nm;
  s.blur_y_nm = r.optics.msd_y_nm;
  s.flare = flare_of(r);
  s.flare_density = r.optics.flare_density;
  s.pupil_fill_min = section.pupil_fill_min.value_or(out.file.value("pupil_fill_min", s.pupil_fill_min));
  s.dose_mj_cm2 = section.dose_mj_cm2.value_or(out.file.value("dose_mJ_cm2", s.dose_mj_cm2));
  s.focus_budget_nm = section.focus_budget_nm.value_or(out.file.value("focus_budget_nm", s.focus_budget_nm));
  if (r.compare.search) {
    s.polarisation = state_of(r.optics.source.polarisation, r);
    s.polarisation_degree = r.optics.source.polarisation_degree;
  } else {
    // Fine enough for the small tiles of a study.
    s.source = source_of(r, r.optics.source.step.value_or(0.02));
    s.source_name = "as given";
  }
  return out;
}

StudySettings study_settings(const Recipe& r) {
  constexpr double planck_light_speed_mj_nm = 1.98644586e-25 * 1e3 * 1e9;  // h c, CODATA 2018
  StudySettings s;
  s.threshold = r.resist.threshold;
  s.resist_blur_nm = r.resist.blur_nm;
  s.resolved_nils = r.compare.resolved_nils;
  s.cd_tolerance_percent = r.window.cd_tolerance_percent;
  s.latitude_percent = r.window.exposure_latitude_percent;
  s.mask_step_nm = r.window.meef_delta_nm;
  s.correct_mask = r.compare.correct_mask;
  s.mask_minimum_nm = r.compare.mask_minimum_nm;
  s.photons_per_nm2_mj = 1e-14 * *r.optics.wavelength_nm / planck_light_speed_mj_nm;
  s.absorbed_share = 1 - std::exp(-r.compare.absorption_per_um * r.compare.resist_thickness_nm / 1000);
  s.cd_variation_percent = r.compare.cd_variation_percent;
  s.least_dose_mj_cm2 = r.compare.least_dose_mj_cm2;
  s.etch_bias_nm = r.compare.etch_bias_nm;
  return s;
}

std::vector<StudyPattern> study_patterns(const Recipe& recipe) {
  std::vector<StudyPattern> all;
  std::set<std::string> names;
  for (std::size_t i = 0; i < recipe.compare.patterns.size(); ++i) {
    const ComparePatternSection& section = recipe.compare.patterns[i];
    if (!names.insert(section.name).second)
      throw Error(ErrorCode::recipe, "CMP-0004", "two patterns are called \"" + section.name + "\"",
                  recipe.where(place("pattern", i, "name")));
    const bool layout = section.kind == Kind::layout;
    if (layout == !section.pitch_nm.empty())
      throw Error(
          ErrorCode::recipe, "CMP-0004",
          "pattern \"" + section.name + "\": " + (layout ? "a layout has no pitch_nm" : "expected pitch_nm = [...]"),
          recipe.where(place("pattern", i, layout ? "pitch_nm" : "name")));
    if (layout) continue;
    for (const bool vertical : {true, false}) {
      if (section.direction == (vertical ? Direction::horizontal : Direction::vertical)) continue;
      const bool both = section.direction == Direction::both;
      if (both && !vertical && !has_direction(section.kind)) continue;
      for (const double pitch : section.pitch_nm) {
        PatternSpec spec;
        spec.kind = static_cast<PatternKind>(section.kind);
        spec.pitch_nm = pitch;
        spec.cd_nm = section.cd_nm;
        spec.gap_nm = section.gap_nm;
        spec.vertical = vertical;
        spec.bright = section.prints == ResistSection::Prints::bright;
        const bool say = has_direction(section.kind);
        StudyPattern& pattern = all.emplace_back([&] {
          try {
            return make_pattern(spec, section.name + (!say ? "" : vertical ? " vertical" : " horizontal"));
          } catch (const Error& error) {
            throw Error(error.code(), error.id(), error.what(), recipe.where(place("pattern", i, "pitch_nm")));
          }
        }());
        pattern.shared_source = section.source == ComparePatternSection::Source::shared;
      }
    }
  }
  return all;
}

std::vector<Assumption> study_assumptions(const std::vector<Recipe>& recipes,
                                          const std::vector<StudyScannerFile>& scanners) {
  std::vector<Assumption> all;
  const auto add = [&](const std::string& owner, const std::string& name, double value, const std::string& origin) {
    all.push_back({owner, name, unit_of(name), value, value, value, false, false, origin});
  };
  for (std::size_t i = 0; i < scanners.size(); ++i) {
    const auto& [scanner, file] = scanners[i];
    const Projection& p = scanner.projection;
    const std::pair<const char*, double> used[] = {{"wavelength_nm", p.wavelength_nm},
                                                   {"na", p.na},
                                                   {"magnification_x", p.magnification_x},
                                                   {"magnification_y", p.magnification_y},
                                                   {"obscuration", p.pupil.obscuration},
                                                   {"pupil_fill_min", scanner.pupil_fill_min},
                                                   {"dose_mJ_cm2", scanner.dose_mj_cm2},
                                                   {"focus_budget_nm", scanner.focus_budget_nm},
                                                   {"flare", scanner.flare}};
    for (const auto& [name, value] : used) {
      const Quantity* known = find_quantity(file.quantities, name);
      const bool of_file = known != nullptr && known->value == value;
      add(scanner.name, name, value, of_file ? known->origin : known != nullptr ? "the recipe" : "default");
    }
  }
  const Recipe& r = recipes.front();
  const auto key = [&](const char* name, double value, const char* meaning) {
    add("study", name, value, (r.has(name) ? "the recipe: " : "assumption: ") + std::string(meaning));
  };
  key("resist.threshold", r.resist.threshold, "intensity at the printed edge at dose 1, clear field = 1");
  key("resist.blur_nm", r.resist.blur_nm, "standard deviation of the resist's blur");
  key("window.cd_tolerance_percent", r.window.cd_tolerance_percent, "how far a CD may be off, to both sides");
  key("window.exposure_latitude_percent", r.window.exposure_latitude_percent, "at which the depth of focus is told");
  key("compare.resolved_nils", r.compare.resolved_nils, "NILS from which a pattern counts as resolved");
  key("compare.mask_minimum_nm", r.compare.mask_minimum_nm, "least feature and gap on the mask, at mask scale");
  key("compare.absorption_per_um", r.compare.absorption_per_um,
      "Dill A + B of a chemically amplified EUV resist; 4.3 to 5.2 in the literature");
  key("compare.resist_thickness_nm", r.compare.resist_thickness_nm, "thickness of the resist");
  key("compare.cd_variation_percent", r.compare.cd_variation_percent,
      "three sigma of a CD that photon noise may cause");
  key("compare.least_dose_mJ_cm2", r.compare.least_dose_mj_cm2, "no resist is faster");
  key("compare.etch_bias_nm", r.compare.etch_bias_nm,
      "a line of several exposures is printed so much wider than it ends up after etch");
  return all;
}

std::vector<Quantity> study_process(const Recipe& recipe) {
  const std::filesystem::path& file = recipe.compare.process_file;
  if (file.empty()) return shipped_process();
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  std::error_code ignored;
  if (!stream || std::filesystem::is_directory(file, ignored) || !(text << stream.rdbuf()))
    throw Error(ErrorCode::input, "CMP-0006", "the figures of the process cannot be read; expected a CSV file",
                {file.string()});
  return parse_process(text.str(), file.string());
}

}  // namespace anamorph
