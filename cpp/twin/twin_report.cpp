// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/twin_report.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/io/html.hpp"
#include "cpp/io/page.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/plots.hpp"
#include "cpp/io/window_plots.hpp"

namespace anamorph {

namespace {

using html::escape;
using html::number;
using Json = nlohmann::ordered_json;
using namespace page;

constexpr std::size_t most_curves = 12;

std::string cell(const std::string& value) { return "<td class=\"n\">" + value + "</td>"; }

double largest_cd_error(const std::vector<GaugeError>& errors) {
  double worst = 0;
  for (const GaugeError& e : errors) worst = std::max(worst, e.cd.largest);
  return worst;
}

std::string cards(const TwinReport& report) {
  const TwinDescriptor& t = report.twin;
  const bool inside = !t.in_window.empty() && t.in_window.front().points > 0;
  std::string out = "<section class=\"cards\">\n";
  out += card("Gauges", number(static_cast<double>(t.model.gauges.size())));
  out += card("Inputs", number(static_cast<double>(t.model.inputs.size() + 1)));
  out += card("Largest CD error, held out", number(largest_cd_error(inside ? t.in_window : t.held_out), 4), "nm",
              inside ? "inside the window" : "in all ranges");
  out += card("Depth of focus", (t.window.cut ? "≥ " : "") + number(t.window.depth_of_focus_nm, 1), "nm",
              "at " + number(t.window.wanted_latitude_percent) + " % latitude");
  out += card("Simulations", number(static_cast<double>(t.fit.samples)), "",
              number(static_cast<double>(t.fit.terms)) + " terms");
  return out + "</section>\n";
}

std::string picture(const ClipResult& clip) {
  if (clip.target.empty() || clip.print_contours.empty()) return {};
  const Picture ground = render_bitmap(clip.target, 720, palette::ground, palette::print);
  return figure("print", "Predicted contours", picture_svg(clip.grid, ground, {{&clip.print_contours, "targeton"}}),
                key_area("target", "#b9cbde") + key_line("print at the nominal condition", "#e26d1f"));
}

/// The ports as `twin.json` has them.
std::string predictions(const Json& twin) {
  std::string rows =
      "<tr><th>Output</th><th>Gauge</th><th class=\"n\">Nominal</th><th class=\"n\">Standard uncertainty</th><th "
      "class=\"n\">of it the model</th><th>Unit</th></tr>\n";
  for (const Json& port : twin["ports"]) {
    if (port["direction"] != "output" || !port.contains("standard_uncertainty")) continue;
    const Json& u = port["standard_uncertainty"];
    const auto value = [](const Json& of, const char* key, int digits) {
      return of.contains(key) ? number(of[key].get<double>(), digits) : std::string("–");
    };
    rows += "<tr><td><code>" + escape(port["name"].get<std::string>()) + "</code></td><td>" +
            escape(port["gauge"].get<std::string>()) + "</td>" + cell(value(port, "nominal", 3)) +
            cell(value(u, "value", 4)) + cell(value(u, "model", 4)) + "<td>" + escape(port["unit"].get<std::string>()) +
            "</td></tr>\n";
  }
  return panel("Predicted at the nominal condition", rows);
}

std::string inputs(const Json& twin) {
  std::string rows =
      "<tr><th>Input</th><th class=\"n\">Nominal</th><th class=\"n\">Valid from</th><th class=\"n\">to</th><th "
      "class=\"n\">Standard uncertainty</th><th>Unit</th></tr>\n";
  for (const Json& port : twin["ports"]) {
    if (port["direction"] != "input") continue;
    const Json& u = port["standard_uncertainty"];
    rows += "<tr><td><code>" + escape(port["name"].get<std::string>()) + "</code></td>" +
            cell(number(port["nominal"].get<double>())) + cell(number(port["valid"]["low"].get<double>())) +
            cell(number(port["valid"]["high"].get<double>())) +
            cell(u.is_string() ? "not stated" : number(u["value"].get<double>())) + "<td>" +
            escape(port["unit"].get<std::string>()) + "</td></tr>\n";
  }
  return panel("Inputs", rows);
}

std::string errors(const Json& twin) {
  std::string rows =
      "<tr><th>Gauge</th><th>Quantity</th><th>Where</th><th class=\"n\">Points</th><th class=\"n\">Largest</th><th "
      "class=\"n\">rms</th><th class=\"n\">Stated</th><th class=\"n\">Covered (%)</th></tr>\n";
  for (const Json& e : twin["held_out"]["errors"]) {
    const double covered = 100 * e["coverage"].get<double>();
    rows += "<tr><td>" + escape(e["gauge"].get<std::string>()) + "</td><td>" + e["quantity"].get<std::string>() +
            "</td><td>" + e["where"].get<std::string>() + "</td>" + cell(number(e["points"].get<double>()));
    for (const char* key : {"largest", "rms", "standard_error"}) rows += cell(number(e[key].get<double>(), 5));
    rows += cell(e["points"].get<int>() + e["lost"].get<int>() > 0 ? number(covered, 1) : "–") + "</tr>\n";
  }
  return "<section>" + panel("Errors of the model at held-out simulations", rows) + "</section>\n";
}

std::string window_figure(const WindowResult& w) {
  std::string keys = w.polygon.empty() ? "" : key_area("common window", "var(--accent)");
  if (w.gauges.size() <= most_named)
    for (std::size_t g = 0; g < w.gauges.size(); ++g)
      keys += key_line(w.gauges[g].gauge.name, "var(--" + band_style(g) + ")", "");
  return figure("window", "Process window", process_window_svg(w),
                keys + "<br>Lines: the relative doses at which a gauge is within " + number(w.cd_tolerance_percent) +
                    " % of its wanted CD, by the model.");
}

std::string window_table(const TwinDescriptor& twin) {
  const TwinWindow& w = twin.window;
  std::string rows;
  const auto row = [&](const std::string& name, const std::string& value) {
    rows += "<tr><td>" + name + "</td>" + cell(value) + "</tr>\n";
  };
  row("Depth of focus at " + number(w.wanted_latitude_percent) + " % latitude",
      (w.cut ? "≥ " : "") + number(w.depth_of_focus_nm, 1) + " nm");
  row("Exposure latitude", number(w.latitude_percent, 1) + " %");
  row("Best dose", w.dose_mj_cm2 ? number(*w.dose_mj_cm2, 2) + " mJ/cm²" : "–");
  row("Best focus", w.focus_nm ? number(*w.focus_nm, 1) + " nm" : "–");
  return panel("Common window of the gauges", rows);
}

}  // namespace

std::string twin_report(const TwinReport& report) {
  const Json twin = Json::parse(twin_json(report.twin));
  std::string out = head(report.twin.name + " – Anamorph twin");
  out += "<header><h1>" + escape(report.twin.name) +
         "</h1><p><code>twin export</code> · predicted patterns for the fab twin · uncalibrated: no wafer was "
         "measured</p></header>\n";
  out += cards(report);
  out += warnings(report.twin.findings);
  out += section("Prediction", stack(picture(report.clip)) + stack(predictions(twin) + inputs(twin)));
  out += "<h2>Model</h2>\n" + errors(twin);
  const WindowResult& w = report.window;
  out += section("Window", stack(window_figure(w)) + stack(window_table(report.twin)));
  std::string curves;
  for (std::size_t g = 0; g < std::min(most_curves, w.gauges.size()); ++g)
    curves += figure("bossung-" + std::to_string(g), w.gauges[g].gauge.name, bossung_svg(w, w.gauges[g]),
                     "CD over focus for each dose: lines are the model, dots are simulated.");
  out += section("Bossung curves", curves);
  out += provenance(report.clip.provenance, report.clip.recipe);
  return out + foot();
}

}  // namespace anamorph
