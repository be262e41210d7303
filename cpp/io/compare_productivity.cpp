// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/compare_productivity.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <limits>

#include "cpp/io/compare_plots.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/page.hpp"

namespace anamorph {

using html::escape;
using html::number;
using namespace page;

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

std::string layers_table(const CompareResult& result) {
  const ProductivityResult& productivity = *result.productivity;
  std::string rows = "<tr>" + column("Pitch (nm)") + column("Scanner", "") + column("Flow", "") + column("Exposures") +
                     column("Masks") + column("Dose (mJ/cm²)") + column("Overlay (nm)") + column("Allowed (nm)") +
                     column("Scanner time (s)") + column("Wafers/h") + column("Relative cost") + "</tr>\n";
  std::vector<double> pitches;
  for (const ScannerProductivity& s : productivity.scanners)
    for (const PitchResult& p : s.pitches) pitches.push_back(p.pitch_nm);
  std::sort(pitches.begin(), pitches.end());
  pitches.erase(std::unique(pitches.begin(), pitches.end()), pitches.end());
  for (const double pitch : pitches) {
    bool first = true;
    for (const ScannerProductivity& s : productivity.scanners)
      for (const PitchResult& p : s.pitches) {
        if (p.pitch_nm != pitch) continue;
        rows += std::string("<tr") + (first ? " class=\"group\"" : "") + ">" + cell(first ? number(pitch, 1) : "") +
                "<td>" + escape(s.scanner) + "</td>";
        first = false;
        if (!p.layer) {
          rows += "<td colspan=\"9\">" + escape(p.finding) + "</td></tr>\n";
          continue;
        }
        const Layer& l = *p.layer;
        rows += "<td>" + escape(l.flow) + "</td>" + cell(number(l.exposures)) + cell(number(l.masks)) +
                cell(number(l.pass.dose_mJ_cm2, 1)) + cell(l.overlay_nm > 0 ? number(l.overlay_nm, 2) : "–") +
                cell(l.overlay_nm > 0 ? number(l.overlay_limit_nm, 2) : "–") + cell(number(l.layer_s, 1)) +
                cell(number(l.layers_per_hour, 1)) + cell(number(p.relative_cost, 2)) + "</tr>\n";
      }
  }
  return folded("Every pitch and scanner", rows);
}

/// A row for each quantity, a column for each scanner.
std::string wafer_table(const ProductivityResult& productivity) {
  std::vector<const ScannerProductivity*> scanners;
  for (const ScannerProductivity& s : productivity.scanners)
    if (s.wafer) scanners.push_back(&s);
  if (scanners.empty()) return {};
  std::string rows = "<tr>" + column("", "");
  for (const ScannerProductivity* s : scanners) rows += column(s->scanner);
  rows += "</tr>\n";
  const auto row = [&](const std::string& name, const std::function<std::string(const ScannerProductivity&)>& figure) {
    rows += "<tr><td>" + escape(name) + "</td>";
    for (const ScannerProductivity* s : scanners) rows += cell(escape(figure(*s)));
    rows += "</tr>\n";
  };
  row("fields exposed", [](const auto& s) { return number(s.wafer->exposures); });
  row("whole dies", [](const auto& s) { return number(s.wafer->dies) + (s.wafer->stitched ? ", stitched" : ""); });
  const auto timed = [&](const std::string& name, const std::function<std::string(const Layer&)>& figure) {
    row(name, [figure](const ScannerProductivity& s) { return s.quoted ? figure(*s.quoted) : number(nothing); });
  };
  timed("dose (mJ/cm²)", [](const Layer& l) { return number(l.pass.dose_mJ_cm2); });
  timed("scan speed (mm/s)", [](const Layer& l) { return number(l.pass.scan_speed_mm_s, 0); });
  timed("limited by", [](const Layer& l) { return std::string(name_of(l.pass.limit)); });
  timed("time of a field (s)", [](const Layer& l) { return number(l.pass.field_s, 3); });
  timed("time of a wafer (s)", [](const Layer& l) { return number(l.pass.wafer_s, 1); });
  timed("wafers per hour", [](const Layer& l) { return number(l.layers_per_hour, 0); });
  row("published wafers per hour", [](const auto& s) {
    return s.calibration ? number(s.calibration->published_per_hour, 0) + " at " + number(s.calibration->dose_mJ_cm2) +
                               " mJ/cm², " + number(s.calibration->fields) + " fields"
                         : number(nothing);
  });
  return panel("One exposure of a wafer at the dose of the published throughput", rows);
}

/// How many assumptions a tornado leaves out, and why.
std::string tornado_caption(const Tornado& tornado) {
  const auto effect = static_cast<std::size_t>(std::count_if(tornado.bars.begin(), tornado.bars.end(), has_effect));
  std::string out =
      "Each assumption alone at its low and its high value, the others at theirs; the most important first.";
  if (effect > most_tornado_rows)
    out += " " + std::to_string(effect - most_tornado_rows) + " of less effect are in <code>tornado.csv</code>.";
  if (effect < tornado.bars.size()) out += " " + std::to_string(tornado.bars.size() - effect) + " have no effect.";
  return out;
}

}  // namespace

std::string productivity_section(const CompareResult& result) {
  if (!result.productivity) return {};
  const ProductivityResult& productivity = *result.productivity;
  std::vector<std::string> said;
  for (const Comparison& c : productivity.comparisons)
    if (!c.conclusion.empty()) said.push_back(c.conclusion);
  for (const ScannerProductivity& s : productivity.scanners) {
    if (s.calibration && !s.calibration->parameter.empty())
      said.push_back(s.scanner + ": " + s.calibration->parameter + " = " + number(s.calibration->value) +
                     " is fitted to the published " + number(s.calibration->published_per_hour) +
                     " wafers per hour at " + number(s.calibration->dose_mJ_cm2) + " mJ/cm² (" + s.calibration->origin +
                     ").");
    for (const std::string& finding : s.findings) said.push_back(s.scanner + ": " + finding);
  }
  said.insert(said.end(), productivity.findings.begin(), productivity.findings.end());
  const auto shown = [](const char* id, const char* title, const std::string& svg, const char* caption) {
    return svg.empty() ? "" : figure(id, title, svg, caption);
  };
  std::string tornados;
  for (std::size_t t = 0; t < productivity.tornados.size(); ++t) {
    const Tornado& one = productivity.tornados[t];
    const std::string svg = study_tornado_svg(one);
    std::string title = one.output;
    if (!title.empty()) title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
    if (!svg.empty())
      tornados += figure("tornado-" + std::to_string(t), title, svg, tornado_caption(one));
    else if (!one.finding.empty())
      tornados += panel(escape(title), "<tr><td>" + escape(one.finding) + "</td></tr>");
  }
  const auto columns = [](const std::string& parts) {
    return parts.empty() ? "" : "<section class=\"columns next\">" + parts + "</section>\n";
  };
  return "<h2>Productivity</h2>\n" + bullets(said) +
         columns(shown("cost", "Cost of a layer", cost_svg(result.study, productivity),
                       "Over that of one exposure on the first scanner at the dose of its published throughput; the "
                       "curves break where the number of masks changes, cross-overs are marked.") +
                 shown("wafers", "Wafers with a whole layer per hour", layers_per_hour_svg(result.study, productivity),
                       "While the scanner runs; several exposures of a layer are counted as one wafer.")) +
         columns(shown("masks", "Masks of a layer", masks_svg(result.study, productivity),
                       "Each is an exposure of the wafer.") +
                 wafer_table(productivity)) +
         columns(tornados) + layers_table(result);
}

}  // namespace anamorph
