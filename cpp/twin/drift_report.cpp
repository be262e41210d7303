// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/drift_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cpp/core/version.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/line_plot.hpp"
#include "cpp/io/page.hpp"

namespace anamorph {

namespace {

using Json = nlohmann::ordered_json;
using html::escape;
using html::number;
using namespace page;

constexpr std::size_t most_rows = 20;      // of rejected measurements in the page
constexpr std::size_t most_points = 1500;  // of a plot
constexpr double significant = 0.05;       // probability by chance below which a drift is called one

// ---------------------------------------------------------------------------------------------------------------------
// Tables for programs

Json json_number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

std::string cell(double value) {
  if (!std::isfinite(value)) return {};
  char text[40];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

Json quantity(double value, double u, const std::string& unit) {
  return {{"value", json_number(value)}, {"standard_uncertainty", json_number(u)}, {"unit", unit}};
}

Json rate(double value, double u, const std::string& unit) {
  Json json = quantity(value, u, unit);
  json["probability_by_chance"] = json_number(chance(value, u));
  json["significant"] = chance(value, u) < significant;
  return json;
}

/// "/wafer"; "/h" for time in hours.
std::string per(const DriftReport& report) { return "/" + report.unit; }

/// The column of time or order, as it was read.
std::string place_name(const std::string& unit) {
  const bool order = unit == "index" || unit == "wafer" || unit == "lot";
  return order ? unit : "time_" + unit;
}

}  // namespace

std::string offsets_csv(const DriftReport& report) {
  const std::string unit = report.unit;
  std::string csv = place_name(unit) +
                    ",gauge,line,cd_nm,cd_u_nm,dose_mJ_cm2,focus_nm,predicted_cd_nm,predicted_cd_u_nm,innovation_nm,"
                    "normalised_innovation,rejected,step,dose_offset_percent,dose_offset_u_percent,focus_offset_nm,"
                    "focus_offset_u_nm,correlation";
  if (report.settings.rates)
    csv += ",dose_rate_percent_per_" + unit + ",dose_rate_u_percent_per_" + unit + ",focus_rate_nm_per_" + unit +
           ",focus_rate_u_nm_per_" + unit;
  csv += "\n";
  for (const DriftUpdate& update : report.result.updates) {
    const CdMeasurement& m = update.measurement;
    const OffsetEstimate& e = update.after;
    csv += cell(m.at) + "," + quoted(report.model.gauges[m.gauge].name) + "," + std::to_string(m.line);
    for (const double value : {m.cd_nm, m.u_nm, m.dose_mj_cm2, m.focus_nm, update.predicted.cd_nm,
                               update.predicted.u_nm, update.innovation_nm(), update.normalised()})
      csv += "," + cell(value);
    csv += update.rejected ? ",1" : ",0";
    csv += update.step ? ",1" : ",0";
    for (const double value : {e.dose_percent, e.u_dose_percent, e.focus_nm, e.u_focus_nm, e.correlation})
      csv += "," + cell(value);
    if (report.settings.rates)
      for (const double value : {e.dose_rate_percent, e.u_dose_rate_percent, e.focus_rate_nm, e.u_focus_rate_nm})
        csv += "," + cell(value);
    csv += "\n";
  }
  return csv;
}

std::string drift_json(const DriftReport& report) {
  const DriftResult& result = report.result;
  const OffsetEstimate& e = result.last;
  const double nominal = report.model.nominal_dose_mj_cm2;
  Json json{
      {"name", report.name},
      {"version", version},
      {"commit", commit},
      {"place", {{"last", json_number(result.updates.back().measurement.at)}, {"unit", report.unit}}},
      {"dose_offset", quantity(e.dose_percent, e.u_dose_percent, "%")},
      {"dose_offset_at_nominal", quantity(e.dose_percent / 100 * nominal, e.u_dose_percent / 100 * nominal, "mJ/cm2")},
      {"focus_offset", quantity(e.focus_nm, e.u_focus_nm, "nm")},
      {"correlation", json_number(e.correlation)}};
  json["focus_sides"] = Json::array();
  for (const FocusMode& mode : result.focus_modes) {
    Json side = quantity(mode.focus_nm, mode.u_focus_nm, "nm");
    side["probability"] = json_number(mode.probability);
    json["focus_sides"].push_back(side);
  }
  if (report.settings.rates) {
    json["dose_rate"] = rate(e.dose_rate_percent, e.u_dose_rate_percent, "%" + per(report));
    json["focus_rate"] = rate(e.focus_rate_nm, e.u_focus_rate_nm, "nm" + per(report));
  }
  json["gauge_differences"] = Json::array();
  for (const auto& [gauge, difference] : result.gauge_biases) {
    Json one{{"gauge", report.model.gauges[gauge].name}};
    one.update(quantity(difference.cd_nm, difference.u_nm, "nm"));
    json["gauge_differences"].push_back(one);
  }
  json["measurements"] = result.updates.size();
  json["rejected"] = result.rejected;
  json["steps"] = Json::array();
  for (const std::size_t i : result.steps)
    json["steps"].push_back({{"before", json_number(result.updates[i].measurement.at)},
                             {"unit", report.unit},
                             {"line", result.updates[i].measurement.line}});
  json["normalised_innovation_mean_square"] = json_number(result.mean_square);
  json["outlier_gate"] = {{"level", report.outliers.level}, {"normalised_innovation", result.outlier_gate}};
  json["findings"] = Json::array();
  for (const DriftFinding& finding : result.findings)
    json["findings"].push_back({{"id", finding.id}, {"text", finding.text}});
  const DriftSettings& s = report.settings;
  const std::string root = "/sqrt(" + report.unit + ")";
  json["settings"] = {{"dose_prior", {{"value", s.dose_prior_percent}, {"unit", "%"}}},
                      {"focus_prior", {{"value", s.focus_prior_nm}, {"unit", "nm"}}},
                      {"dose_walk", {{"value", s.dose_walk_percent}, {"unit", "%" + root}}},
                      {"focus_walk", {{"value", s.focus_walk_nm}, {"unit", "nm" + root}}},
                      {"rates", s.rates},
                      {"dose_rate_prior", {{"value", s.dose_rate_prior_percent}, {"unit", "%" + per(report)}}},
                      {"focus_rate_prior", {{"value", s.focus_rate_prior_nm}, {"unit", "nm" + per(report)}}},
                      {"cd_uncertainty", {{"value", s.cd_u_nm}, {"unit", "nm"}}},
                      {"gauge_difference_prior", {{"value", s.gauge_bias_nm}, {"unit", "nm"}}},
                      {"step_after", report.outliers.step_after}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// ---------------------------------------------------------------------------------------------------------------------
// The page

namespace {

/// The last update of each place, not too many of them.
std::vector<const DriftUpdate*> shown(const DriftResult& result) {
  std::vector<const DriftUpdate*> all;
  for (std::size_t i = 0; i < result.updates.size(); ++i) {
    const bool last =
        i + 1 == result.updates.size() || result.updates[i + 1].measurement.at > result.updates[i].measurement.at;
    if (last) all.push_back(&result.updates[i]);
  }
  const std::size_t every = (all.size() + most_points - 1) / most_points;
  std::vector<const DriftUpdate*> some;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i % every == 0 || i + 1 == all.size()) some.push_back(all[i]);
  return some;
}

void mark_steps(const DriftResult& result, LinePlot& plot) {
  for (const std::size_t i : result.steps)
    plot.levels.push_back({"step", result.updates[i].measurement.at, true, false});
}

LinePlot offset_plot(const DriftReport& report, const std::string& title, const std::string& scale, int colour,
                     double OffsetEstimate::*value, double OffsetEstimate::*u) {
  LinePlot plot;
  plot.title = title + " over " + place_name(report.unit);
  plot.x.title = place_name(report.unit);
  plot.y.title = scale;
  PlotSeries line{title, {}, colour};
  PlotArea band{"two standard uncertainties", {}, colour};
  std::vector<Point> below;
  for (const DriftUpdate* update : shown(report.result)) {
    const double at = update->measurement.at, middle = update->after.*value, margin = 2 * (update->after.*u);
    line.points.push_back({at, middle});
    band.outline.push_back({at, middle + margin});
    below.push_back({at, middle - margin});
  }
  band.outline.insert(band.outline.end(), below.rbegin(), below.rend());
  plot.areas = {band};
  plot.series = {line};
  mark_steps(report.result, plot);
  return plot;
}

LinePlot innovation_plot(const DriftReport& report) {
  const DriftResult& result = report.result;
  LinePlot plot;
  plot.title = "normalised innovations over " + place_name(report.unit);
  plot.x.title = place_name(report.unit);
  plot.y.title = "innovation / its standard uncertainty";
  PlotSeries taken{"taken in", {}, 1, false}, rejected{"rejected", {}, 2, false};
  const double limit = 3 * result.outlier_gate;  // what is farther off stands at the border
  const std::size_t every = (result.updates.size() + most_points - 1) / most_points;
  for (std::size_t i = 0; i < result.updates.size(); ++i) {
    const DriftUpdate& update = result.updates[i];
    if (!std::isfinite(update.normalised())) continue;
    const PlotPoint point{update.measurement.at, std::clamp(update.normalised(), -limit, limit),
                          update.rejected ? PlotMark::cross : PlotMark::full};
    if (update.rejected)
      rejected.points.push_back(point);
    else if (i % every == 0)
      taken.points.push_back(point);
  }
  plot.y.low = -1.08 * limit;
  plot.y.high = 1.08 * limit;
  plot.series = {taken};
  if (!rejected.points.empty()) plot.series.push_back(rejected);
  plot.levels = {{"", result.outlier_gate}, {"", -result.outlier_gate}};
  mark_steps(result, plot);
  return plot;
}

std::string plus_minus(double u, int decimals) { return "± " + number(u, decimals); }

std::string rate_note(const std::string& unit, double value, double u) {
  const double by_chance = chance(value, u);
  return plus_minus(u, 3) + " " + unit + "; " + (by_chance < significant ? "" : "not ") + "significant (" +
         (by_chance < 1e-4 ? "< 0.01" : number(100 * by_chance, by_chance < 0.01 ? 2 : 1)) + " % by chance)";
}

std::string cards(const DriftReport& report) {
  const OffsetEstimate& e = report.result.last;
  std::string out = "<section class=\"cards\">\n";
  out += card("dose offset", number(e.dose_percent, 2), "%", plus_minus(e.u_dose_percent, 2) + " %");
  std::string note = plus_minus(e.u_focus_nm, 1) + " nm";
  if (report.result.focus_modes.size() == 2)
    note += "; " + number(report.result.focus_modes[0].focus_nm, 1) + " or " +
            number(report.result.focus_modes[1].focus_nm, 1) + " nm";
  out += card("focus offset", number(e.focus_nm, 1), "nm", note);
  if (report.settings.rates) {
    out += card("dose drift", number(e.dose_rate_percent, 3), "%",
                rate_note("%" + per(report), e.dose_rate_percent, e.u_dose_rate_percent));
    out += card("focus drift", number(e.focus_rate_nm, 3), "nm",
                rate_note("nm" + per(report), e.focus_rate_nm, e.u_focus_rate_nm));
  }
  out += card("measurements", number(static_cast<double>(report.result.updates.size())), "",
              number(static_cast<double>(report.result.rejected)) + " rejected, " +
                  number(static_cast<double>(report.result.steps.size())) +
                  (report.result.steps.size() == 1 ? " step" : " steps"));
  return out + "</section>\n";
}

std::string plots(const DriftReport& report) {
  const std::string band = "Lines: the estimate after each " + place_name(report.unit) +
                           "; bands: two standard uncertainties to both sides.";
  std::string parts =
      figure("dose", "Dose offset",
             line_plot_svg(offset_plot(report, "dose offset", "dose offset (%)", 1, &OffsetEstimate::dose_percent,
                                       &OffsetEstimate::u_dose_percent)),
             band) +
      figure("focus", "Focus offset",
             line_plot_svg(offset_plot(report, "focus offset", "focus offset (nm)", 4, &OffsetEstimate::focus_nm,
                                       &OffsetEstimate::u_focus_nm)),
             band) +
      figure("innovations", "What was measured, less what was expected", line_plot_svg(innovation_plot(report)),
             "Red lines: the limit of the outlier test, which a good measurement exceeds with a probability of " +
                 number(100 * report.outliers.level) +
                 " %. Mean square of those taken in: " + number(report.result.mean_square, 2) + ", expected 1.");
  return section("Offsets", parts);
}

std::string rejected_table(const DriftReport& report) {
  if (report.result.rejected == 0) return {};
  std::string rows = "<tr><th class=\"n\">Line</th><th class=\"n\">" + escape(place_name(report.unit)) +
                     "</th><th>Gauge</th><th class=\"n\">CD (nm)</th><th class=\"n\">Expected (nm)</th><th "
                     "class=\"n\">Off by (u)</th></tr>\n";
  std::size_t count = 0;
  for (const DriftUpdate& update : report.result.updates) {
    if (!update.rejected || ++count > most_rows) continue;
    rows += "<tr><td class=\"n\">" + std::to_string(update.measurement.line) + "</td><td class=\"n\">" +
            number(update.measurement.at) + "</td><td>" + escape(report.model.gauges[update.measurement.gauge].name) +
            "</td><td class=\"n\">" + number(update.measurement.cd_nm, 2) + "</td><td class=\"n\">" +
            number(update.predicted.cd_nm, 2) + " ± " + number(update.predicted.u_nm, 2) + "</td><td class=\"n\">" +
            number(update.normalised(), 1) + "</td></tr>\n";
  }
  if (count > most_rows)
    rows += "<tr><td colspan=\"6\">and " + std::to_string(count - most_rows) + " more, see offsets.csv</td></tr>\n";
  return panel("Rejected measurements", rows);
}

std::string gauges_table(const DriftReport& report) {
  std::string rows = "<tr><th>Gauge</th><th class=\"n\">Measured less modelled (nm)</th></tr>\n";
  for (const auto& [gauge, difference] : report.result.gauge_biases)
    rows += "<tr><td>" + escape(report.model.gauges[gauge].name) + "</td><td class=\"n\">" +
            number(difference.cd_nm, 3) + " ± " + number(difference.u_nm, 3) + "</td></tr>\n";
  return panel("Lasting differences of the gauges", rows);
}

std::string settings_table(const DriftReport& report) {
  const DriftSettings& s = report.settings;
  std::string rows;
  const auto row = [&](const std::string& what, double value, const std::string& unit) {
    rows +=
        "<tr><td>" + escape(what) + "</td><td class=\"n\">" + with_unit(number(value), escape(unit)) + "</td></tr>\n";
  };
  const std::string root = "/√" + report.unit;
  row("Prior uncertainty of the dose offset", s.dose_prior_percent, "%");
  row("Prior uncertainty of the focus offset", s.focus_prior_nm, "nm");
  row("Random walk of the dose offset", s.dose_walk_percent, "%" + root);
  row("Random walk of the focus offset", s.focus_walk_nm, "nm" + root);
  if (s.rates) {
    row("Prior uncertainty of the dose drift", s.dose_rate_prior_percent, "%" + per(report));
    row("Prior uncertainty of the focus drift", s.focus_rate_prior_nm, "nm" + per(report));
  }
  row("Uncertainty of a CD that states none", s.cd_u_nm, "nm");
  row("Prior uncertainty of a gauge's difference, besides the model's error", s.gauge_bias_nm, "nm");
  row("Level of the outlier test", report.outliers.level, "");
  row("A step must have lasted", report.outliers.step_after, report.unit);
  return panel("Assumptions", rows);
}

}  // namespace

std::string drift_page(const DriftReport& report) {
  std::vector<std::string> findings;
  for (const DriftFinding& finding : report.result.findings) findings.push_back(finding.text);
  return head("Offsets of the twin: " + report.name) + "<header><h1>Offsets of the twin</h1><p>" + escape(report.name) +
         "</p></header>\n" + cards(report) + warnings(findings) + plots(report) +
         section("Measurements", stack(gauges_table(report) + settings_table(report)) + rejected_table(report)) +
         provenance(report.provenance, {}) + foot();
}

}  // namespace anamorph
