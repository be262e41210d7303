// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/compare_report.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

#include "cpp/io/compare_pictures.hpp"
#include "cpp/io/compare_plots.hpp"
#include "cpp/io/compare_productivity.hpp"
#include "cpp/io/compare_summary.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/page.hpp"
#include "cpp/io/svg.hpp"

namespace anamorph {
namespace {

using html::escape;
using html::number;
using namespace page;

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

std::string wide_panel(const std::string& title, const std::string& rows) {
  return "<section class=\"whole\">" + panel(title, rows) + "</section>\n";
}

/// "34 nm", or with a limit of the range looked at "≥ 34 nm".
std::string depth(const CaseResult& c) { return (c.dof_cut ? "≥ " : "") + number(c.dof_nm, 0); }

std::string chip(Verdict verdict, const std::string& text, const std::string& hint) {
  const char* style = verdict == Verdict::printable ? "yes" : verdict <= Verdict::no_window ? "half" : "not";
  return "<span class=\"chip " + std::string(style) + "\"" + (hint.empty() ? "" : " title=\"" + escape(hint) + "\"") +
         ">" + escape(text) + "</span>";
}

/// So that the colours are not all that tells them apart.
std::string mark_of(Verdict verdict) {
  return verdict == Verdict::printable ? "✓\u202f" : verdict <= Verdict::no_window ? "~\u202f" : "✗\u202f";
}

// ---------------------------------------------------------------------------------------------------------------------
// What it comes to.

std::string cards(const CompareResult& result) {
  const StudyResult& study = result.study;
  std::string out = "<section class=\"cards broad\">\n";
  for (std::size_t s = 0; s < study.scanners.size(); ++s) {
    std::optional<double> printable, resolved;
    std::string family;
    for (const LimitResult& l : study.limits)
      if (l.scanner == s && family.empty()) {
        family = l.family;
        printable = l.printable_nm;
        resolved = l.resolved_nm;
      }
    if (!family.empty())
      out += card(scanner_short(study, s) + ": " + family + " printable", printable ? number(*printable, 1) : "none",
                  printable ? "nm half pitch" : "",
                  resolved ? "resolved to " + number(*resolved, 1) + " nm" : "none resolved");
  }
  for (std::size_t s = 0; s < study.scanners.size(); ++s) {
    std::size_t printed = 0;
    for (std::size_t p = 0; p < study.patterns.size(); ++p)
      printed += study.at(p, s).verdict == Verdict::printable ? 1 : 0;
    out += card(scanner_short(study, s) + ": patterns printable", number(static_cast<double>(printed)),
                "of " + number(static_cast<double>(study.patterns.size())));
  }
  if (result.productivity)
    for (const Comparison& c : result.productivity->comparisons)
      for (const CrossOver& o : c.cross_overs)
        out += card("cross-over of cost", number(o.pitch_nm, 1), "nm pitch",
                    "below it " + o.cheaper_below + " is cheaper");
  return out + "</section>\n";
}

std::string summary(const CompareResult& result) {
  std::string out = "<section class=\"columns summary\">";
  out += "<div class=\"panel\"><h3>What the numbers say</h3>" + bullets(study_conclusions(result)) + "</div>";
  out += "<div class=\"panel\"><h3>What they cannot say</h3>" + bullets(study_caveats(result.study)) + "</div>";
  return out + "</section>\n";
}

// ---------------------------------------------------------------------------------------------------------------------
// Patterns.

/// The family that is this one turned by 90 degrees, if every scanner has the same verdict on each of its patterns.
const StudyFamily* same_turned(const StudyResult& study, const std::vector<StudyFamily>& families,
                               const StudyFamily& family, const std::string& from, const std::string& to) {
  if (!family.name.ends_with(from)) return nullptr;
  const std::string name = family.name.substr(0, family.name.size() - from.size()) + to;
  const auto other =
      std::find_if(families.begin(), families.end(), [&](const StudyFamily& f) { return f.name == name; });
  if (other == families.end() || other->patterns.size() != family.patterns.size()) return nullptr;
  for (std::size_t i = 0; i < family.patterns.size(); ++i) {
    const std::size_t a = family.patterns[i], b = other->patterns[i];
    if (study.patterns[a].pitch_nm != study.patterns[b].pitch_nm) return nullptr;
    for (std::size_t s = 0; s < study.scanners.size(); ++s)
      if (study.at(a, s).verdict != study.at(b, s).verdict) return nullptr;
  }
  return &*other;
}

/// Family by scanner, with the pitches as chips; both directions in one where they are the same.
std::string verdict_map(const StudyResult& study) {
  std::string rows = "<tr>" + column("Patterns", "") + column("Scanner", "") + column("Pitch (nm)", "") + "</tr>\n";
  const std::vector<StudyFamily> families = study_families(study);
  for (const StudyFamily& family : families) {
    if (same_turned(study, families, family, " horizontal", " vertical") != nullptr) continue;
    const bool both = same_turned(study, families, family, " vertical", " horizontal") != nullptr;
    const std::string name = both ? family.name + " and horizontal" : family.name;
    for (std::size_t s = 0; s < study.scanners.size(); ++s) {
      rows += std::string("<tr") + (s == 0 ? " class=\"group\"><td>" + escape(name) : "><td>") + "</td><td>" +
              escape(scanner_short(study, s)) + "</td><td>";
      for (const std::size_t p : family.patterns) {
        const CaseResult& c = study.at(p, s);
        const StudyPattern& pattern = study.patterns[p];
        rows += chip(c.verdict, mark_of(c.verdict) + (pattern.pitch_nm > 0 ? number(pattern.pitch_nm) : pattern.name),
                     verdict_text(c.verdict) + (c.reason.empty() ? "" : ": " + c.reason));
      }
      rows += "</td></tr>\n";
    }
  }
  const std::string caption = chip(Verdict::printable, "✓ printable", "") +
                              chip(Verdict::shallow, "~ resolved, but not printable", "") +
                              chip(Verdict::not_resolved, "✗ not resolved", "") +
                              " The reason of each is in the table below and in <code>cases.csv</code>.";
  return "<section class=\"whole\"><div class=\"panel map\"><h3>Which pitches each scanner prints</h3>\n<table>" +
         rows + "</table><p class=\"note\">" + caption + "</p></div></section>\n";
}

std::string verdict_table(const StudyResult& study) {
  std::string rows = "<tr>" + column("Pattern", "") + column("Pitch (nm)");
  for (std::size_t s = 0; s < study.scanners.size(); ++s) {
    const std::string name = scanner_short(study, s);
    rows += column(name, "first") + column("NILS") + column("Latitude (%)") + column("DOF (nm)") + column("MEEF") +
            column("CD noise (%)");
  }
  rows += "</tr>\n";
  for (const StudyFamily& family : study_families(study))
    for (const std::size_t p : family.patterns) {
      const StudyPattern& pattern = study.patterns[p];
      rows += std::string("<tr") + (p == family.patterns.front() ? " class=\"group\"" : "") + "><td>" +
              escape(pattern.name) + "</td>" + cell(pattern.pitch_nm > 0 ? number(pattern.pitch_nm) : "–");
      for (std::size_t s = 0; s < study.scanners.size(); ++s) {
        const CaseResult& c = study.at(p, s);
        rows += "<td class=\"first\">" + chip(c.verdict, verdict_text(c.verdict), c.reason) + "</td>";
        const bool image = c.verdict != Verdict::no_image;
        for (const std::string& value :
             {number(image ? c.nils : nothing, 2), number(image ? c.latitude_percent : nothing, 1),
              image ? depth(c) : number(nothing), number(image ? c.meef : nothing, 1),
              number(image ? c.noise_percent : nothing, 1)})
          rows += cell(value);
      }
      rows += "</tr>\n";
    }
  return folded("Every pattern under each scanner", rows);
}

/// The pattern whose windows are shown: the smallest that all scanners have a window for, or else the telling one.
std::size_t window_pattern(const StudyResult& study, const StudyFamily& family) {
  for (const std::size_t p : family.patterns) {
    bool all = true;
    for (std::size_t s = 0; s < study.scanners.size(); ++s) all = all && !study.at(p, s).window.empty();
    if (all) return p;
  }
  return telling_pattern(study, family);
}

/// What one source and one dose for a whole family leave.
std::string shared_facts(const StudyResult& study, const StudyFamily& family) {
  std::vector<std::string> texts;
  for (const FamilyResult& f : study.families) {
    if (f.family != family.name || !f.shared_source) continue;
    texts.push_back(scanner_label(study, f.scanner) + ", one source and one dose for all: " +
                    (f.in_window.empty() ? "none is resolved."
                                         : "the " + number(static_cast<double>(f.in_window.size())) +
                                               " resolved ones share " + number(f.latitude_percent, 1) +
                                               " % latitude and " + number(f.dof_nm, 0) + " nm depth of focus."));
  }
  return texts.empty() ? "" : bullets(texts);
}

std::string family_heading(const StudyFamily& family) {
  std::string name = family.name;
  if (!name.empty()) name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
  return "<h2>" + escape(name) + "</h2>";
}

/// For horizontal patterns that are there vertically too: the largest difference of their NILS.
std::optional<double> other_direction(const StudyResult& study, const StudyFamily& family) {
  std::optional<double> largest;
  for (const DirectionDifference& d : direction_differences(study))
    if (study.patterns[d.horizontal].family == family.name) largest = std::max(largest.value_or(0), std::abs(d.nils));
  return largest;
}

constexpr const char* marks_note =
    "Full marks: printable; hollow: resolved, but not printable; crosses: not resolved. Arrows: at least, the window "
    "goes "
    "on beyond the focus range looked at.";

std::string family_section(const StudyResult& study, const StudyFamily& family, std::size_t index) {
  const std::string id = "family-" + std::to_string(index);
  const std::size_t shown = telling_pattern(study, family), windowed = window_pattern(study, family);
  std::string out = shared_facts(study, family);
  const std::string outlines = key_line("printed edge", "#fff", "d") + key_line("drawn", "#e26d1f", "d");
  const bool through_pitch = family.patterns.size() > 1;
  const std::string curve = study_latitude_svg(study, windowed, through_pitch);
  const std::string curve_title = "Exposure latitude over depth of focus";
  bool cut = false;
  for (std::size_t s = 0; s < study.scanners.size(); ++s) cut = cut || study.at(windowed, s).dof_cut;
  std::string right;
  if (const std::string svg = study_window_svg(study, windowed); !svg.empty())
    right +=
        figure(id + "-window", "Process windows of " + study.patterns[windowed].name, svg,
               "Dose and focus that hold every gauge within " + number(study.settings.cd_tolerance_percent) +
                   " % of its CD; the dose is told over that scanner's dose to size." +
                   (cut ? " Upright sides are the ends of the focus range looked at, where a window goes on." : ""));
  if (!through_pitch && !curve.empty()) right += figure(id + "-latitude", curve_title, curve, "Of the same pattern.");
  out +=
      "<section class=\"columns\">" +
      stack(figure(id + "-images", study.patterns[shown].name, pattern_pictures_svg(study, shown),
                   outlines + "<br>The same colours and the same length scale for all; image times dose, at the "
                              "focus told. Below each its source, in units of σ, with the rim of the obscuration.")) +
      stack(right) + "</section>\n";
  if (!through_pitch) return out;
  std::string plots;
  const auto add = [&](const std::string& title, const std::string& svg) {
    plots += "<div class=\"panel mini\"><h3>" + escape(title) + "</h3>" + svg + "</div>\n";
  };
  for (const TitledPlot& plot : pitch_plots(study, family)) add(plot.title, plot.svg);
  if (!curve.empty()) add(curve_title + ", " + study.patterns[windowed].name, curve);
  return out + "<section class=\"plots\">" + plots + "</section>\n<p class=\"note\">" + marks_note + "</p>\n";
}

/// Best focus through pitch and the two directions: told, but nothing follows from them.
std::string focus_section(const StudyResult& study) {
  std::string ranges =
      "<tr>" + column("Family", "") + column("Scanner", "") + column("Best foci within (nm)") + "</tr>\n";
  double widest = 0;
  bool any = false;
  for (const FamilyResult& f : study.families) {
    if (!f.focus_range_nm) continue;
    any = true;
    widest = std::max(widest, *f.focus_range_nm);
    ranges += "<tr><td>" + escape(f.family) + "</td><td>" + escape(scanner_label(study, f.scanner)) + "</td>" +
              cell(number(*f.focus_range_nm, 2)) + "</tr>\n";
  }
  const std::vector<DirectionDifference> all = direction_differences(study);
  if (!any && all.empty()) return {};
  std::string rows = "<tr>" + column("Pattern", "") + column("Scanner", "") + column("NILS, H − V") +
                     column("Dose to size, H over V (%)") + column("Best focus, H − V (nm)") + "</tr>\n";
  double nils = 0, dose = 0, focus = 0;
  for (const DirectionDifference& d : all) {
    nils = std::max(nils, std::abs(d.nils));
    dose = std::max(dose, std::abs(d.dose_percent));
    focus = std::max(focus, std::abs(d.best_focus_nm.value_or(0)));
    rows += "<tr><td>" + escape(study.patterns[d.vertical].name) + "</td><td>" +
            escape(scanner_label(study, d.scanner)) + "</td>" + cell(number(d.nils, 2)) +
            cell(number(d.dose_percent, 2)) + cell(number(d.best_focus_nm.value_or(nothing), 2)) + "</tr>\n";
  }
  std::string said;
  if (any) said += "The best foci of a family's pitches lie within " + number(widest, 1) + " nm. ";
  if (!all.empty())
    said += "Horizontal and vertical patterns differ by up to " + number(nils, 2) + " in NILS, " + number(dose, 2) +
            " % in dose and " + number(focus, 1) + " nm in best focus. ";
  return "<h2>Best focus and direction</h2>\n<p class=\"note\">" + said +
         "These are the numbers of a thin mask, on which the oblique incidence of the light does nothing: a real mask "
         "shows more of each, and no conclusion is drawn from them.</p>\n" +
         (any ? folded("Best foci through pitch", ranges) : "") +
         (all.empty() ? "" : folded("Horizontal against vertical", rows));
}

std::string mask_table(const StudyResult& study) {
  std::string rows = "<tr>" + column("Pattern", "") + column("Scanner", "") + column("Gauge", "") + column("CD (nm)") +
                     column("Mask bias, wafer scale (nm)") + column("Feature on mask (nm)") +
                     column("Gap on mask (nm)") + "</tr>\n";
  for (const StudyFamily& family : study_families(study)) {
    const std::size_t p = telling_pattern(study, family);
    for (std::size_t s = 0; s < study.scanners.size(); ++s)
      for (const GaugeOutcome& g : study.at(p, s).gauges) {
        const auto dimension = [&](double nm) {
          if (!std::isfinite(nm)) return cell(number(nothing));
          return cell(number(nm, 1), nm < study.settings.mask_minimum_nm ? "n no" : "n");
        };
        rows += "<tr><td>" + escape(study.patterns[p].name) + "</td><td>" + escape(scanner_label(study, s)) +
                "</td><td>" + escape(g.name) + "</td>" + cell(number(g.cd_nm, 2)) + cell(number(g.mask_bias_nm, 2)) +
                dimension(g.mask_width_nm) + dimension(g.mask_gap_nm) + "</tr>\n";
      }
  }
  return folded("Dimensions on the mask, of the pattern shown of each family (least " +
                    number(study.settings.mask_minimum_nm) + " nm)",
                rows);
}

// ---------------------------------------------------------------------------------------------------------------------
// What it rests on.

std::string assumptions_table(const CompareResult& result) {
  std::vector<Assumption> all = result.assumptions;
  if (result.productivity)
    all.insert(all.end(), result.productivity->assumptions.begin(), result.productivity->assumptions.end());
  if (all.empty()) return {};
  std::string rows = "<tr>" + column("Of", "") + column("Quantity", "") + column("Value") + column("Range") +
                     column("Where it comes from", "") + "</tr>\n";
  std::string owner;
  for (const Assumption& a : all) {
    const std::string unit = a.unit.empty() ? "" : "\u202f" + escape(a.unit);
    const std::string range = a.low < a.high ? number(a.low) + " … " + number(a.high) + unit : "";
    rows += std::string("<tr") + (a.owner != owner ? " class=\"group\"" : "") + "><td>" + escape(a.owner) +
            "</td><td>" + escape(assumption_label(a)) + "</td>" + cell(number(a.value) + unit) + cell(range) +
            "<td class=\"wide\">" + escape(a.origin) + "</td></tr>\n";
    owner = a.owner;
  }
  return "<h2>Assumptions</h2>\n" + wide_panel("Every number that the study rests on", rows);
}

std::string criteria_table(const StudyResult& study) {
  const StudySettings& s = study.settings;
  std::string rows;
  const auto row = [&](const std::string& what, const std::string& value) {
    rows += "<tr><td>" + escape(what) + "</td><td class=\"wide\">" + escape(value) + "</td></tr>\n";
  };
  row("resolved", "NILS of every gauge ≥ " + number(s.resolved_nils));
  row("window", "every gauge within " + number(s.cd_tolerance_percent) + " % of its CD");
  std::string budgets;
  for (std::size_t i = 0; i < study.scanners.size(); ++i)
    budgets +=
        (i > 0 ? ", " : "") + number(study.scanners[i].focus_budget_nm) + " nm (" + scanner_short(study, i) + ")";
  row("printable", "resolved, depth of focus at " + number(s.latitude_percent) + " % latitude ≥ " + budgets +
                       ", and no dimension on the mask below " + number(s.mask_minimum_nm) + " nm");
  row("mask", s.correct_mask ? "edges moved until every gauge prints to size" : "as drawn");
  row("photon noise", "3σ of the CD = 6 / (NILS √N), N = photons absorbed in a square of the CD (" +
                          number(s.photons_per_nm2_mj) + " photons/nm² at 1 mJ/cm², of which " +
                          number(100 * s.absorbed_share) + " % are absorbed)");
  return panel("What the words mean", rows);
}

std::string findings_list(const StudyResult& study) {
  if (study.findings.empty()) return {};
  return "<div class=\"panel whole\"><details><summary>" + std::to_string(study.findings.size()) +
         (study.findings.size() == 1 ? " finding" : " findings") + "</summary>" + bullets(study.findings) +
         "</details></div>\n";
}

}  // namespace

std::string compare_report(const CompareResult& result) {
  const StudyResult& study = result.study;
  std::string scanners;
  for (std::size_t s = 0; s < study.scanners.size(); ++s)
    scanners += (s > 0 ? " against " : "") + scanner_label(study, s);
  std::string out = head(result.name + " – Anamorph compare");
  out += "<header><h1>" + escape(result.name) + "</h1><p><code>compare</code> · " + escape(scanners) + " · " +
         std::to_string(study.patterns.size()) + " patterns</p></header>\n";
  // Findings have a place of their own.
  std::vector<std::string> notes = result.warnings;
  std::erase_if(notes, [&](const std::string& note) {
    return std::find(study.findings.begin(), study.findings.end(), note) != study.findings.end();
  });
  out += cards(result) + warnings(notes) + summary(result);
  const std::string limits = limits_svg(study);
  out += section("Smallest half pitch",
                 (limits.empty() ? ""
                                 : figure("limits", "Dense patterns, found by bisection", limits,
                                          "Below the dashed line two orders of diffraction do not pass the lens, "
                                          "whatever the source.")) +
                     criteria_table(study));
  out += "<h2>Verdicts</h2>\n" + verdict_map(study) + verdict_table(study) + findings_list(study);
  const std::vector<StudyFamily> families = study_families(study);
  for (std::size_t f = 0; f < families.size(); ++f) {
    const std::string text = family_section(study, families[f], f);
    const std::optional<double> other = other_direction(study, families[f]);
    out += !other ? family_heading(families[f]) + text
                  : "<details class=\"fold\"><summary>" + family_heading(families[f]) +
                        "<span>As vertical, but for up to " + number(*other, 2) + " in NILS.</span></summary>\n" +
                        text + "</details>\n";
  }
  out += focus_section(study) + mask_table(study);
  out += productivity_section(result);
  out += assumptions_table(result);
  out += provenance(result.provenance, result.recipe);
  return out + foot();
}

std::vector<StudyFigure> compare_figures(const CompareResult& result) {
  const StudyResult& study = result.study;
  std::vector<StudyFigure> files;
  const auto add = [&](const std::string& title, const std::string& name, const std::string& drawing) {
    if (!drawing.empty()) files.push_back({title, {"figures/" + name + ".svg", svg::standalone(drawing)}});
  };
  add("Smallest half pitches", "limits", limits_svg(study));
  for (const StudyFamily& family : study_families(study)) {
    if (other_direction(study, family)) continue;
    const std::size_t shown = telling_pattern(study, family), windowed = window_pattern(study, family);
    std::string name = family.name;
    for (char& c : name)
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    add(study.patterns[shown].name + ": images and sources", name + "_images", pattern_pictures_svg(study, shown));
    add(study.patterns[windowed].name + ": process windows", name + "_window", study_window_svg(study, windowed));
    if (family.patterns.size() < 2) continue;
    for (const TitledPlot& plot : pitch_plots(study, family))
      if (plot.title == "NILS") add(family.name + ": NILS over pitch", name + "_nils", plot.svg);
  }
  if (result.productivity) {
    add("Cost of a layer", "cost", cost_svg(study, *result.productivity));
    add("Wafers with a whole layer per hour", "wafers", layers_per_hour_svg(study, *result.productivity));
    for (std::size_t t = 0; t < result.productivity->tornados.size(); ++t)
      add(result.productivity->tornados[t].output, "tornado_" + std::to_string(t + 1),
          study_tornado_svg(result.productivity->tornados[t]));
  }
  return files;
}

}  // namespace anamorph
