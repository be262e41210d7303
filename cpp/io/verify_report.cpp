// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/verify_report.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "cpp/io/findings_tables.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/page.hpp"

namespace anamorph {

using html::escape;
using html::number;

namespace {

constexpr std::size_t listed_clusters = 40;  ///< of each kind in the table

double percent(long part, long whole) { return 100.0 * static_cast<double>(part) / static_cast<double>(whole); }

std::string um(const Point& p) { return number(p.x / 1000, 3) + ", " + number(p.y / 1000, 3); }

std::string condition_words(const LayoutVerdict& v, int condition) {
  if (condition < 0 || static_cast<std::size_t>(condition) >= v.conditions.size()) return "";
  return v.conditions[static_cast<std::size_t>(condition)].name;
}

std::string value_html(const Finding& f) {
  std::string words = value_words(f);
  if (const std::size_t at = words.find("nm^2"); at != std::string::npos) words.replace(at, 4, "nm²");
  return escape(words);
}

std::string limit_html(const Finding& f) {
  if (f.limit <= 0) return "–";
  return (wants_large(f.kind) ? "≥ " : "≤ ") + page::with_unit(number(f.limit), html::unit(kind_unit(f.kind)));
}

long total_of(const Findings& f) { return std::accumulate(f.counts.begin(), f.counts.end(), 0L); }

/// How many patterns there are; "≥" where more were found than could be counted.
std::string patterns_text(const LayoutVerdict& v, std::size_t kind) {
  const LayoutVerdict::Patterns& p = v.patterns[kind];
  return (p.findings < v.findings.counts[kind] ? "≥ " : "") + number(static_cast<double>(p.count));
}

std::string all_patterns_text(const LayoutVerdict& v) {
  long count = 0, findings = 0;
  for (const LayoutVerdict::Patterns& p : v.patterns) count += p.count, findings += p.findings;
  return (findings < total_of(v.findings) ? "≥ " : "in ") + number(static_cast<double>(count)) +
         (count == 1 ? " pattern" : " patterns");
}

std::string cards(const LayoutVerdict& v) {
  std::string out = "<section class=\"cards\">\n";
  const auto failed = std::count_if(v.rules.begin(), v.rules.end(), [](const RuleCheck& r) { return !r.pass(); });
  const std::string checked = std::to_string(v.rules.size()) + (v.rules.size() == 1 ? " limit" : " limits");
  if (v.rules.empty())
    out +=
        "<div class=\"card verdict\"><span>Verdict</span><b>No limits asked for</b><span>see "
        "verify.limits</span></div>\n";
  else
    out += std::string("<div class=\"card verdict ") + (failed == 0 ? "pass" : "fail") + "\"><span>Verdict</span><b>" +
           (failed == 0 ? "Within all limits" : "Over the limits") + "</b><span>" +
           (failed == 0 ? checked + " kept" : std::to_string(failed) + " of " + checked + " missed") +
           "</span></div>\n";
  const Findings& f = v.findings;
  out += page::card("findings", number(static_cast<double>(total_of(f))), "", all_patterns_text(v));
  if (!f.conditions.empty()) {
    const EpeStatistics& s = f.conditions.front();
    out += page::card("sites off by more than " + number(v.epe_nm) + " nm", number(percent(s.over, s.sites), 2), "%",
                      number(static_cast<double>(s.over)) + " of " + number(static_cast<double>(s.sites)));
    out += page::card("EPE, mean of |e|", number(s.mean_abs_nm(), 2), "nm",
                      "largest found " + number(s.max_abs_nm, 1) + " nm");
    out += page::card("EPE, 3σ", number(s.three_sigma_nm(), 2), "nm", "about " + number(s.mean_nm(), 2) + " nm");
  }
  out += page::card("PV band", number(f.pv_band_nm2 * 1e-6), "µm²",
                    number(100 * f.pv_band_nm2 / f.target_nm2, 1) + " % of the target's area");
  out += page::card("L2", number(f.l2_nm2 * 1e-6), "µm²",
                    number(100 * f.l2_nm2 / f.target_nm2, 1) + " % of the target's area");
  out += page::card("area", number(f.area_nm2 * 1e-6), "µm²",
                    number(static_cast<double>(v.tiles.size())) + (v.tiles.size() == 1 ? " tile" : " tiles"));
  return out + "</section>\n";
}

std::string swatch(FindingKind kind) {
  return std::string(
             "<i style=\"display:inline-block;width:10px;height:10px;border-radius:50%;margin-right:7px;background:") +
         kind_colour(kind) + "\"></i>";
}

std::string kinds_table(const LayoutVerdict& v) {
  std::string rows =
      "<tr><th>Kind</th><th class=\"n\">Found</th><th class=\"n\">Patterns</th><th class=\"n\">Worst</th><th "
      "class=\"n\">Looked for</th></tr>\n";
  for (std::size_t i = 0; i < finding_kinds; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    const auto worst = std::find_if(v.findings.worst.begin(), v.findings.worst.end(),
                                    [&](const Finding& f) { return f.kind == kind; });
    const bool any = worst != v.findings.worst.end();
    rows += "<tr><td>" + swatch(kind) + "<b>" + kind_name(kind) + "</b><br><span style=\"color:var(--soft)\">" +
            escape(kind_words(kind)) + "</span></td>" +
            page::cell(number(static_cast<double>(v.findings.counts[i])), any ? "n no" : "n") +
            page::cell(any ? patterns_text(v, i) : "–") + page::cell(any ? value_html(*worst) : "–") +
            page::cell(any ? limit_html(*worst) : "–") + "</tr>\n";
  }
  return page::panel("Findings by kind", rows);
}

std::string rules_table(const LayoutVerdict& v) {
  if (v.rules.empty()) return {};
  std::string rows = "<tr><th>Limit</th><th class=\"n\">Allowed</th><th class=\"n\">Found</th><th></th></tr>\n";
  for (const RuleCheck& r : v.rules)
    rows += "<tr><td>" + escape(r.name) + "</td>" +
            page::cell((r.upper ? "≤ " : "≥ ") + page::with_unit(number(r.limit), html::unit(r.unit))) +
            page::cell(page::with_unit(number(r.measured), html::unit(r.unit))) +
            page::cell(r.pass() ? "kept" : "missed", r.pass() ? "ok" : "no") + "</tr>\n";
  return page::panel("Limits", rows);
}

std::string conditions_table(const LayoutVerdict& v) {
  std::string rows =
      "<tr><th>Condition</th><th class=\"n\">Dose</th><th class=\"n\">Focus (nm)</th><th class=\"n\">Over</th><th "
      "class=\"n\">Over (%)</th>"
      "<th class=\"n\">No edge</th><th class=\"n\">Mean |e| (nm)</th><th class=\"n\">Mean (nm)</th><th class=\"n\">3σ "
      "(nm)</th><th class=\"n\">Largest (nm)</th></tr>\n";
  const auto row = [&](const std::string& name, const std::string& dose, const std::string& focus,
                       const EpeStatistics& s) {
    rows += "<tr><td>" + name + "</td>" + page::cell(dose) + page::cell(focus) +
            page::cell(number(static_cast<double>(s.over))) + page::cell(number(percent(s.over, s.sites), 2)) +
            page::cell(number(static_cast<double>(s.no_edge))) + page::cell(number(s.mean_abs_nm(), 2)) +
            page::cell(number(s.mean_nm(), 2)) + page::cell(number(s.three_sigma_nm(), 2)) +
            page::cell(number(s.max_abs_nm, 1)) + "</tr>\n";
  };
  for (std::size_t c = 0; c < std::min(v.conditions.size(), v.findings.conditions.size()); ++c)
    row("<i style=\"display:inline-block;width:16px;height:3px;margin-right:7px;vertical-align:4px;background:" +
            std::string(contour_colour(c)) + "\"></i>" + escape(v.conditions[c].name),
        number(v.conditions[c].dose), number(v.conditions[c].focus_nm), v.findings.conditions[c]);
  row("worst of all, site by site", "", "", v.findings.worst_case);
  return page::panel("Edge placement at " + number(static_cast<double>(v.findings.worst_case.sites)) +
                         " sites; over: beyond " + number(v.epe_nm) + " nm",
                     rows);
}

/// A picture with what is to be known of it; the shapes' legend stands above all of them.
std::string cluster_figure(const LayoutVerdict& v, const FindingPicture& p, long count) {
  const Finding& f = p.finding;
  std::string text = value_html(f) + (f.limit > 0 ? " (" + limit_html(f) + ")" : "");
  if (const std::string c = condition_words(v, f.condition); !c.empty()) text += " · " + escape(c);
  return "<figure class=\"mini\"><h3>" + swatch(f.kind) + kind_name(f.kind) +
         (count > 1 ? " × " + number(static_cast<double>(count)) : "") + "</h3>" + finding_svg(p) + "<figcaption>" +
         text + "<br>" + um(f.at_nm) + " µm · " + pattern_name(f.pattern) + "</figcaption></figure>\n";
}

std::string patterns(const LayoutVerdict& v) {
  const Findings& f = v.findings;
  if (f.clusters.empty()) return {};
  std::map<std::pair<FindingKind, std::uint64_t>, long> counts;
  for (const FindingCluster& c : f.clusters) counts[{c.worst.kind, c.worst.pattern}] = c.count;
  std::string out;
  if (!f.pictures.empty()) {
    out += "<h2>Worst places</h2>\n<figcaption style=\"margin:0 0 12px\">" + page::key_area("target", "#cfd8e2") + " " +
           page::key_line("mask", "#7d8894") + " " +
           (std::any_of(f.pictures.begin(), f.pictures.end(), [](const FindingPicture& p) { return !p.assist.empty(); })
                ? page::key_line("assist features", "#1c7d6b") + " "
                : "");
    for (std::size_t c = 0; c < v.conditions.size(); ++c)
      out += page::key_line(v.conditions[c].name, contour_colour(c)) + " ";
    out += "</figcaption>\n<section class=\"columns broad\">\n";
    for (const FindingPicture& p : f.pictures) out += cluster_figure(v, p, counts[{p.finding.kind, p.finding.pattern}]);
    out += "</section>\n";
  }
  std::string rows =
      "<tr><th>Kind</th><th>Pattern</th><th class=\"n\">Found</th><th class=\"n\">Worst</th><th "
      "class=\"n\">Limit</th><th class=\"n\">Severity</th><th>Condition</th><th class=\"n\">Place of the worst "
      "(µm)</th></tr>\n";
  std::map<FindingKind, std::size_t> listed;
  std::size_t left_out = 0;
  for (const FindingCluster& c : f.clusters) {
    if (listed[c.worst.kind]++ >= listed_clusters) {
      ++left_out;
      continue;
    }
    rows += "<tr><td>" + swatch(c.worst.kind) + kind_name(c.worst.kind) + "</td><td><code>" +
            pattern_name(c.worst.pattern) + "</code></td>" + page::cell(number(static_cast<double>(c.count))) +
            page::cell(value_html(c.worst)) + page::cell(limit_html(c.worst)) +
            page::cell(number(c.worst.severity, 2)) + "<td>" + escape(condition_words(v, c.worst.condition)) + "</td>" +
            page::cell(um(c.worst.at_nm)) + "</tr>\n";
  }
  out +=
      "<h2>Patterns</h2>\n<p class=\"note\">Findings of a kind with the same target around them, turned or mirrored or "
      "not, are one pattern." +
      std::string(left_out > 0 ? " " + number(static_cast<double>(left_out)) + " more are in findings.csv." : "") +
      "</p>\n<section>" + page::panel("Worst first in each kind", rows) + "</section>\n";
  return out;
}

std::string map_caption(const LayoutVerdict& v) {
  std::string out;
  for (std::size_t i = 0; i < finding_kinds; ++i)
    if (v.findings.counts[i] > 0)
      out += "<span>" + swatch(static_cast<FindingKind>(i)) + kind_name(static_cast<FindingKind>(i)) + "</span>";
  if (out.empty()) return "Nothing was found.";
  if (total_of(v.findings) > static_cast<long>(v.findings.worst.size())) out += "<br>Dots: the worst of each kind.";
  return out + (is_shaded(v) ? "<br>Red: findings of all kinds per tile." : "");
}

std::string figures_table(const LayoutVerdict& v) {
  std::string rows;
  for (const Metric& m : v.metrics)
    rows += "<tr><td><code>" + escape(m.key) + "</code></td>" + page::cell(html::scientific(m.value)) + "</tr>\n";
  return rows.empty() ? "" : page::folded("All figures, as in metrics.json", rows);
}

}  // namespace

bool LayoutVerdict::pass() const noexcept {
  return std::all_of(rules.begin(), rules.end(), [](const RuleCheck& r) { return r.pass(); });
}

std::string verify_report(const LayoutVerdict& v) {
  std::string out = page::head(v.name + " – Anamorph verify");
  out += "<header><h1>" + escape(v.name) + "</h1><p><code>verify</code> · " + number(v.area.width() / 1000, 2) + " × " +
         number(v.area.height() / 1000, 2) + " µm, lower-left corner at " + um({v.area.x0, v.area.y0}) +
         " µm</p></header>\n";
  out += cards(v);
  out += page::warnings(v.warnings);
  std::string left = page::figure("map", "Where the findings are", findings_map_svg(v), map_caption(v));
  if (!v.findings.conditions.empty())
    left += page::figure("epe", "Edge placement error",
                         epe_bins_svg(v.findings.conditions.front(), v.findings.worst_case, v.epe_nm),
                         page::key_area("nominal", "#3f7cbf") + page::key_area("nominal, over the limit", "#b3142c") +
                             page::key_line("worst of all conditions", "var(--s2)", "") +
                             "<br>The outermost columns hold what lies beyond.");
  out += page::section("Layout", page::stack(left) + page::stack(rules_table(v) + kinds_table(v)));
  if (!v.findings.conditions.empty())
    out += "<section style=\"margin-top:16px\">" + conditions_table(v) + "</section>\n";
  out += patterns(v);
  out += figures_table(v);
  out += page::provenance(v.provenance, v.recipe);
  return out + page::foot();
}

}  // namespace anamorph
