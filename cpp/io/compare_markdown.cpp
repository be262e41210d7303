// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/compare_markdown.hpp"

#include <cmath>
#include <cstdio>

#include "cpp/io/compare_summary.hpp"

namespace anamorph {
namespace {

/// "–" for what is missing.
std::string number(double value, int decimals) {
  if (!std::isfinite(value)) return "–";
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}
std::string number(const std::optional<double>& value, int decimals) { return value ? number(*value, decimals) : "–"; }
std::string plain(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

/// A cell may not end its own table.
std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

void add_row(std::string& out, const std::vector<std::string>& cells) {
  for (const std::string& one : cells) out += "| " + cell(one) + " ";
  out += "|\n";
}

void add_head(std::string& out, const std::vector<std::string>& names) {
  add_row(out, names);
  for (std::size_t i = 0; i < names.size(); ++i) out += i == 0 ? "|---" : "|--:";
  out += "|\n";
}

void add_sentences(std::string& out, const std::string& title, const std::vector<std::string>& sentences) {
  if (sentences.empty()) return;
  out += "\n## " + title + "\n\n";
  for (const std::string& one : sentences) out += "- " + one + "\n";
}

void add_limits(std::string& out, const StudyResult& study) {
  if (study.limits.empty()) return;
  out += "\n## Smallest half pitch\n\n";
  add_head(out, {"Pattern", "Scanner", "two orders pass (nm)", "resolved (nm)", "printable (nm)", "source"});
  for (const LimitResult& l : study.limits)
    add_row(out, {l.family, scanner_short(study, l.scanner), number(l.cutoff_nm, 2), number(l.resolved_nm, 2),
                  number(l.printable_nm, 2), l.source_name});
}

void add_cases(std::string& out, const StudyResult& study) {
  out += "\n## Patterns\n\nDOF at " + plain(study.settings.latitude_percent) + " % exposure latitude, CD within " +
         plain(study.settings.cd_tolerance_percent) +
         " %; \"≥\": the window goes on beyond the focus range looked at.\n\n";
  add_head(out, {"Pattern", "Scanner", "verdict", "contrast", "NILS", "MEEF", "latitude (%)", "DOF (nm)",
                 "dose for the noise (mJ/cm²)", "source"});
  for (const StudyFamily& family : study_families(study))
    for (const std::size_t p : family.patterns)
      for (std::size_t s = 0; s < study.scanners.size(); ++s) {
        const CaseResult& c = study.at(p, s);
        const bool image = c.verdict != Verdict::no_image;
        const auto shown = [&](double value, int decimals) { return image ? number(value, decimals) : "–"; };
        add_row(out, {study.patterns[p].name, scanner_short(study, s), verdict_text(c.verdict), number(c.contrast, 3),
                      shown(c.nils, 2), shown(c.meef, 2), shown(c.latitude_percent, 1),
                      (image && c.dof_cut ? "≥ " : "") + shown(c.dof_nm, 0), shown(c.dose_for_noise_mj_cm2, 0),
                      c.source_name});
      }
}

void add_layers(std::string& out, const CompareResult& result) {
  if (!result.productivity) return;
  const ProductivityResult& layers = *result.productivity;
  out += "\n## Layers of lines\n\n";
  add_head(out, {"Pitch (nm)", "Scanner", "exposures", "masks", "dose (mJ/cm²)", "wafers per hour", "relative cost"});
  const std::size_t count = layers.scanners.empty() ? 0 : layers.scanners.front().pitches.size();
  for (std::size_t i = 0; i < count; ++i)
    for (const ScannerProductivity& s : layers.scanners) {
      const PitchResult& at = s.pitches[i];
      if (at.pitch_nm != std::round(at.pitch_nm / 2) * 2) continue;  // every 2 nm is enough for a page
      if (at.layer)
        add_row(out, {plain(at.pitch_nm), s.scanner, std::to_string(at.layer->exposures),
                      std::to_string(at.layer->masks), number(at.layer->pass.dose_mJ_cm2, 0),
                      number(at.layer->layers_per_hour, 0), number(at.relative_cost, 2)});
      else
        add_row(out, {plain(at.pitch_nm), s.scanner, at.finding, "–", "–", "–", "–"});
    }
  for (const Tornado& t : layers.tornados) {
    out +=
        "\n### " + t.output + (t.value ? ": " + plain(*t.value) + (t.unit.empty() ? "" : " " + t.unit) : "") + "\n\n";
    if (!t.finding.empty()) out += t.finding + "\n\n";
    constexpr std::size_t most = 12;
    if (t.bars.empty()) continue;
    add_head(out, {"Assumption", "owner", "low", "high", "at low", "at high"});
    for (std::size_t i = 0; i < std::min(most, t.bars.size()); ++i) {
      const TornadoBar& bar = t.bars[i];
      add_row(out, {bar.assumption.name, bar.assumption.owner, plain(bar.assumption.low), plain(bar.assumption.high),
                    number(bar.at_low, 3), number(bar.at_high, 3)});
    }
  }
}

void add_figures(std::string& out, const std::vector<StudyFigure>& figures) {
  if (figures.empty()) return;
  out += "\n## Figures\n";
  for (const StudyFigure& f : figures) out += "\n**" + f.title + "**\n\n![" + f.title + "](" + f.file.name + ")\n";
}

void add_assumptions(std::string& out, const CompareResult& result) {
  out += "\n## Assumptions\n\n";
  add_head(out, {"Quantity", "owner", "value", "low", "high", "origin"});
  const auto add = [&](const std::vector<Assumption>& all) {
    for (const Assumption& a : all)
      add_row(out, {a.name, a.owner, plain(a.value), a.own_range ? plain(a.low) : "–",
                    a.own_range ? plain(a.high) : "–", a.origin});
  };
  add(result.assumptions);
  if (result.productivity) add(result.productivity->assumptions);
}

}  // namespace

std::string compare_markdown(const CompareResult& result, const std::vector<StudyFigure>& figures) {
  std::string out = "# " + result.name + "\n\nWritten by `anamorph compare`; the recipe is at the end.\n";
  add_sentences(out, "What the numbers say", study_conclusions(result));
  add_sentences(out, "What they cannot say", study_caveats(result.study));
  add_limits(out, result.study);
  add_cases(out, result.study);
  add_layers(out, result);
  add_figures(out, figures);
  add_sentences(out, "Findings", result.warnings);
  add_assumptions(out, result);
  out += "\n## Recipe\n\n```toml\n" + result.recipe + "```\n";
  return out;
}

}  // namespace anamorph
