// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/window_report.hpp"

#include <algorithm>
#include <cmath>

#include "cpp/io/html.hpp"
#include "cpp/io/page.hpp"
#include "cpp/io/window_plots.hpp"

namespace anamorph {
namespace {

using html::escape;
using html::number;
using namespace page;

constexpr std::size_t most_curves = 12;  // gauges whose Bossung curves are shown

std::string number(const std::optional<double>& value, int decimals) {
  return number(value.value_or(std::nan("")), decimals);
}

std::string verdict(const WindowResult& result) {
  if (result.rules.empty()) return {};
  const auto failed =
      std::count_if(result.rules.begin(), result.rules.end(), [](const RuleCheck& r) { return !r.pass(); });
  return std::string("<div class=\"card verdict ") + (failed == 0 ? "pass" : "fail") + "\"><span>limits</span><b>" +
         (failed == 0 ? "All kept" : std::to_string(failed) + " missed") + "</b></div>\n";
}

std::string cards(const WindowResult& result) {
  std::string out = "<section class=\"cards\">\n" + verdict(result);
  if (result.fine_focus_nm.size() > 1)
    out += card("depth of focus", number(result.dof_nm, 1), "nm",
                result.cut ? "at least: cut by the focus range"
                           : "at " + number(result.wanted_latitude_percent) + " % latitude");
  out += card("exposure latitude", number(result.latitude_percent, 1), "%", "at the best single focus");
  if (result.condition_of_window) {
    out += card("best focus", number(result.condition_focus_nm, 1), "nm",
                result.cut ? "middle of what the range shows" : "middle of the window");
    out += card("best dose", number(result.condition_dose, 3), "", "relative");
  }
  double nils = std::numeric_limits<double>::infinity(), meef = 0;
  for (const WindowGauge& g : result.gauges) {
    if (std::isfinite(g.at_condition.reading.nils)) nils = std::min(nils, g.at_condition.reading.nils);
    if (std::isfinite(g.at_condition.meef)) meef = std::max(meef, std::abs(g.at_condition.meef));
  }
  const char* where = result.condition_of_window ? "in the middle of the window" : "at dose 1";
  if (std::isfinite(nils)) out += card("least NILS", number(nils, 2), "", where);
  if (meef > 0) out += card("largest MEEF", number(meef, 2), "", where);
  out += card("conditions", number(static_cast<double>(result.doses.size() * result.focus_nm.size())), "",
              number(static_cast<double>(result.doses.size())) + " doses, " +
                  number(static_cast<double>(result.focus_nm.size())) + " focus positions");
  return out + "</section>\n";
}

std::string window_figure(const WindowResult& result) {
  const std::string svg = process_window_svg(result);
  if (svg.empty()) return {};
  std::string caption;
  if (!result.polygon.empty()) caption += key_area("common window", "var(--accent)");
  if (result.at_latitude)
    caption += key_line("rectangle at " + number(result.at_latitude->latitude_percent(), 1) + " %", "var(--ink)", "");
  if (result.largest_ellipse) caption += key_line("largest ellipse", "var(--s2)", "");
  if (result.polygon.empty())
    caption += key_line("most that one of them needs", "var(--s1)", "") +
               key_line("least that one of them allows", "var(--s2)", "");
  if (result.gauges.size() > most_named)
    caption += key_line(number(static_cast<double>(result.gauges.size())) + " gauges", "var(--soft)", "");
  else
    for (std::size_t g = 0; g < result.gauges.size(); ++g)
      caption += key_line(result.gauges[g].gauge.name, "var(--" + band_style(g) + ")", "");
  if (result.sites > 0)
    caption += key_line("EPE within " + number(result.epe_tolerance_nm, 1) + " nm (dashed)", "var(--s0)", "");
  return figure("window", "Process window", svg,
                caption + "<br>Lines: the doses at which a gauge is within " + number(result.cd_tolerance_percent) +
                    " % of its wanted CD.");
}

std::string shapes_table(const WindowResult& result) {
  std::string rows =
      "<tr><th>Shape</th><th class=\"n\">Focus (nm)</th><th class=\"n\">Dose</th><th class=\"n\">DOF (nm)</th><th "
      "class=\"n\">Latitude (%)</th></tr>\n";
  const auto row = [&](const std::string& name, double focus, double dose, double dof, double latitude) {
    rows += "<tr><td>" + name + "</td><td class=\"n\">" + number(focus, 1) + "</td><td class=\"n\">" + number(dose, 4) +
            "</td><td class=\"n\">" + number(dof, 1) + "</td><td class=\"n\">" + number(latitude, 2) + "</td></tr>\n";
  };
  if (const auto& r = result.at_latitude)
    row("rectangle, wanted latitude", r->focus_nm(), r->dose(), r->dof_nm(), r->latitude_percent());
  if (const auto& r = result.largest_rectangle)
    row("rectangle, largest product", r->focus_nm(), r->dose(), r->dof_nm(), r->latitude_percent());
  if (const auto& e = result.largest_ellipse)
    row("ellipse, largest product", e->focus_nm, e->dose, e->dof_nm, e->latitude_percent);
  return result.largest_rectangle ? panel("What fits into the window", rows) : "";
}

std::string rules_table(const WindowResult& result) {
  if (result.rules.empty()) return {};
  std::string rows = "<tr><th>Limit</th><th class=\"n\">Wanted</th><th class=\"n\">Found</th><th></th></tr>\n";
  for (const RuleCheck& r : result.rules)
    rows += "<tr><td>" + escape(r.name) + "</td><td class=\"n\">≥ " + with_unit(number(r.limit), escape(r.unit)) +
            "</td><td class=\"n\">" + with_unit(number(r.measured, 1), escape(r.unit)) + "</td><td class=\"" +
            (r.pass() ? "ok\">kept" : "no\">missed") + "</td></tr>\n";
  return panel("Limits", rows);
}

std::string gauges_table(const WindowResult& result) {
  if (result.gauges.empty()) return {};
  std::string rows =
      "<tr><th>Gauge</th><th class=\"n\">Wanted (nm)</th><th class=\"n\">CD (nm)</th><th class=\"n\">NILS</th><th "
      "class=\"n\">ILS (1/µm)</th>"
      "<th class=\"n\">MEEF</th><th class=\"n\">Best focus (nm)</th><th class=\"n\">Iso-focal dose</th><th "
      "class=\"n\">Latitude (%)</th>"
      "<th class=\"n\">Own DOF (nm)</th></tr>\n";
  for (const WindowGauge& g : result.gauges) {
    const MatrixCell& c = g.at_condition;
    const double dof = g.at_latitude ? g.at_latitude->dof_nm() : std::nan("");
    rows += "<tr><td>" + escape(g.gauge.name) + "</td>";
    for (const std::string& value :
         {number(g.gauge.cd_nm), number(c.reading.cd_nm, 2), number(c.reading.nils, 2),
          number(1000 * std::min(c.reading.ils_low_per_nm, c.reading.ils_high_per_nm), 1), number(c.meef, 2),
          number(g.best_focus_nm, 1), number(g.iso_focal_dose, 3), number(g.latitude_percent, 1),
          std::string(g.cut && std::isfinite(dof) ? "≥ " : "") + number(dof, 1)})
      rows += "<td class=\"n\">" + value + "</td>";
    rows += "</tr>\n";
  }
  const std::string where =
      result.condition_of_window ? "in the middle of the window" : "at dose 1, for there is no window";
  return "<section>" +
         panel("Gauges " + where + " (dose " + number(result.condition_dose, 4) + ", focus " +
                   number(result.condition_focus_nm, 1) + " nm)",
               rows) +
         "</section>\n";
}

std::string budget_table(const WindowResult& result) {
  if (std::none_of(result.gauges.begin(), result.gauges.end(),
                   [](const WindowGauge& g) { return g.budget.has_value(); }))
    return {};
  std::string rows =
      "<tr><th>Gauge</th><th class=\"n\">Focus</th><th class=\"n\">Dose</th><th class=\"n\">Mask</th><th "
      "class=\"n\">Total</th>"
      "<th class=\"n\">First order</th><th class=\"n\">Second order</th><th class=\"n\">Shift of the mean</th></tr>\n";
  for (const WindowGauge& g : result.gauges) {
    if (!g.budget) continue;
    const CdBudget& b = *g.budget;
    rows += "<tr><td>" + escape(g.gauge.name) + "</td>";
    for (const double value :
         {b.focus_nm, b.dose_nm, b.mask_nm, b.total_nm, b.linear_nm, b.second_order_nm, b.shift_nm})
      rows += "<td class=\"n\">" + number(value, 3) + "</td>";
    rows += "</tr>\n";
  }
  return "<section style=\"margin-top:16px\">" +
         panel("CD budget, 3σ in nm, for errors (3σ) of " + number(result.errors.focus_nm) + " nm focus, " +
                   number(result.errors.dose_percent) + " % dose, " + number(result.errors.mask_nm) + " nm mask",
               rows) +
         "</section>\n";
}

std::string epe_table(const WindowResult& result) {
  if (result.sites == 0) return {};
  // As a small matrix: at most about nine doses by nine focus positions are legible.
  const std::size_t every_d = (result.doses.size() + 8) / 9, every_f = (result.focus_nm.size() + 8) / 9;
  std::string rows = "<tr><th class=\"n\">dose \\ focus (nm)</th>";
  for (std::size_t f = 0; f < result.focus_nm.size(); f += every_f)
    rows += "<th class=\"n\">" + number(result.focus_nm[f]) + "</th>";
  rows += "</tr>\n";
  for (std::size_t d = 0; d < result.doses.size(); d += every_d) {
    rows += "<tr><td class=\"n\">" + number(result.doses[d]) + "</td>";
    for (std::size_t f = 0; f < result.focus_nm.size(); f += every_f) {
      const MatrixEpe& e = result.epe[d][f];
      rows += "<td class=\"n " + std::string(e.beyond > 0 ? "no" : "ok") + "\">" +
              (e.missing > 0 ? std::to_string(e.missing) + " lost" : number(e.max_nm, 1)) + "</td>";
    }
    rows += "</tr>\n";
  }
  return panel("Largest EPE in nm of " + number(static_cast<double>(result.sites)) + " sites; allowed " +
                   number(result.epe_tolerance_nm, 1),
               rows);
}

std::string series_table(const WindowResult& result) {
  std::string rows;
  for (const Metric& m : result.metrics)
    rows +=
        "<tr><td><code>" + escape(m.key) + "</code></td><td class=\"n\">" + html::scientific(m.value) + "</td></tr>\n";
  return panel("Focus series", rows);
}

}  // namespace

std::string window_report(const WindowResult& result) {
  std::string out = head(result.name + " – Anamorph window");
  out += "<header><h1>" + escape(result.name) +
         "</h1><p><code>window</code> · focus-exposure matrix and process window</p></header>\n";
  out += cards(result);
  out += warnings(result.warnings);
  const std::string latitude = latitude_svg(result);
  std::string beside = latitude.empty() ? ""
                                        : figure("latitude", "Exposure latitude over depth of focus", latitude,
                                                 "The largest rectangle of each depth that fits into the window.");
  beside += shapes_table(result) + rules_table(result);
  // Without a window there is room for what shows where it fails.
  const std::string edges = epe_table(result), costs = series_table(result);
  const bool moved = latitude.empty();
  out += section("Window", stack(window_figure(result)) + stack(beside + (moved ? edges + costs : "")));
  if (!result.gauges.empty()) out += "<h2>Gauges</h2>\n" + gauges_table(result) + budget_table(result);
  std::string curves;
  for (std::size_t g = 0; g < std::min(most_curves, result.gauges.size()); ++g)
    curves += figure("bossung-" + std::to_string(g), result.gauges[g].gauge.name, bossung_svg(result, result.gauges[g]),
                     "CD over focus for each dose; dots are the conditions of the matrix, the band is the tolerance.");
  const std::string more = result.gauges.size() > most_curves
                               ? " (" + std::to_string(most_curves) + " of " + std::to_string(result.gauges.size()) +
                                     " gauges; all are in fem.csv)"
                               : "";
  out += section("Bossung curves" + more, curves);
  if (!moved) out += section("Edges and series", edges + costs);
  out += provenance(result.provenance, result.recipe);
  return out + foot();
}

}  // namespace anamorph
