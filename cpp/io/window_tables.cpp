// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cpp/io/window_result.hpp"

namespace anamorph {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

template <typename Number>
Json number(const std::optional<Number>& value) {
  return value ? number(*value) : Json();
}

/// A number to be read by programs; nothing for NaN.
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

/// The edge that is farther off.
double worse_epe(const MatrixCell& c) {
  if (!std::isfinite(c.epe_low_nm)) return c.epe_high_nm;
  if (!std::isfinite(c.epe_high_nm)) return c.epe_low_nm;
  return std::abs(c.epe_low_nm) > std::abs(c.epe_high_nm) ? c.epe_low_nm : c.epe_high_nm;
}

Json rectangle(const std::optional<WindowRectangle>& r) {
  if (!r) return nullptr;
  return {{"focus_low_nm", r->focus_low_nm}, {"focus_high_nm", r->focus_high_nm},
          {"dose_low", r->dose_low},         {"dose_high", r->dose_high},
          {"focus_nm", r->focus_nm()},       {"dose", r->dose()},
          {"dof_nm", r->dof_nm()},           {"exposure_latitude_percent", r->latitude_percent()}};
}

Json budget_json(const CdBudget& b) {
  return {{"focus_nm", number(b.focus_nm)},     {"dose_nm", number(b.dose_nm)},
          {"mask_nm", number(b.mask_nm)},       {"total_nm", number(b.total_nm)},
          {"linear_nm", number(b.linear_nm)},   {"second_order_nm", number(b.second_order_nm)},
          {"mean_shift_nm", number(b.shift_nm)}};
}

Json gauge_json(const WindowGauge& g) {
  const MatrixCell& c = g.at_condition;
  Json json{{"name", g.gauge.name},
            {"target_cd_nm", g.gauge.cd_nm},
            {"cd_nm", number(c.reading.cd_nm)},
            {"nils", number(c.reading.nils)},
            {"ils_low_per_nm", number(c.reading.ils_low_per_nm)},
            {"ils_high_per_nm", number(c.reading.ils_high_per_nm)},
            {"epe_low_nm", number(c.epe_low_nm)},
            {"epe_high_nm", number(c.epe_high_nm)},
            {"meef", number(c.meef)},
            {"best_focus_nm", number(g.best_focus_nm)},
            {"iso_focal_dose", number(g.iso_focal_dose)},
            {"exposure_latitude_percent", number(g.latitude_percent)},
            {"dof_nm", g.at_latitude ? Json(g.at_latitude->dof_nm()) : Json()},
            {"dof_cut_by_focus_range", g.cut}};
  json["cd_budget_3sigma"] = g.budget ? budget_json(*g.budget) : Json();
  return json;
}

}  // namespace

std::string fem_csv(const WindowResult& result) {
  std::string out =
      "gauge,dose,focus_nm,cd_nm,nils,ils_low_per_nm,ils_high_per_nm,epe_nm,epe_low_nm,epe_high_nm,meef\n";
  for (const WindowGauge& g : result.gauges)
    for (std::size_t d = 0; d < result.doses.size(); ++d)
      for (std::size_t f = 0; f < result.focus_nm.size(); ++f) {
        const MatrixCell& c = g.cells[d][f];
        out += quoted(g.gauge.name);
        for (const double value :
             {result.doses[d], result.focus_nm[f], c.reading.cd_nm, c.reading.nils, c.reading.ils_low_per_nm,
              c.reading.ils_high_per_nm, worse_epe(c), c.epe_low_nm, c.epe_high_nm, c.meef})
          out += "," + cell(value);
        out += "\n";
      }
  return out;
}

std::string epe_csv(const WindowResult& result) {
  std::string out = "dose,focus_nm,epe_max_nm,epe_mean_nm,sites,missing,beyond_tolerance\n";
  for (std::size_t d = 0; d < result.epe.size(); ++d)
    for (std::size_t f = 0; f < result.epe[d].size(); ++f) {
      const MatrixEpe& e = result.epe[d][f];
      out += cell(result.doses[d]) + "," + cell(result.focus_nm[f]) + "," + cell(e.max_nm) + "," + cell(e.mean_nm) +
             "," + std::to_string(result.sites) + "," + std::to_string(e.missing) + "," + std::to_string(e.beyond) +
             "\n";
    }
  return out;
}

std::string window_json(const WindowResult& result) {
  Json json{{"name", result.name},
            {"dof_nm", result.dof_nm},
            {"dof_at_exposure_latitude_percent", result.wanted_latitude_percent},
            {"dof_cut_by_focus_range", result.cut},
            {"exposure_latitude_percent", result.latitude_percent},
            {"best_focus_nm", result.condition_of_window ? Json(result.condition_focus_nm) : Json()},
            {"best_dose", result.condition_of_window ? Json(result.condition_dose) : Json()},
            {"cd_tolerance_percent", result.cd_tolerance_percent}};
  json["epe_tolerance_nm"] = result.sites > 0 ? Json(result.epe_tolerance_nm) : Json();
  json["condition"] = {{"dose", result.condition_dose},
                       {"focus_nm", result.condition_focus_nm},
                       {"of", result.condition_of_window ? "window" : "nominal"}};
  Json& window = json["window"] = {{"rectangle_at_latitude", rectangle(result.at_latitude)},
                                   {"largest_rectangle", rectangle(result.largest_rectangle)}};
  window["largest_ellipse"] = nullptr;
  if (const auto& e = result.largest_ellipse)
    window["largest_ellipse"] = {{"focus_nm", e->focus_nm},
                                 {"dose", e->dose},
                                 {"dof_nm", e->dof_nm},
                                 {"exposure_latitude_percent", e->latitude_percent}};
  window["polygon"] = Json::array();  // pairs of focus in nm and dose
  for (const Point& p : result.polygon) window["polygon"].push_back({p.x, p.y});
  window["latitude_over_dof"] = Json::array();
  for (const LatitudePoint& p : result.curve)
    window["latitude_over_dof"].push_back({{"dof_nm", p.dof_nm}, {"exposure_latitude_percent", p.latitude_percent}});
  json["gauges"] = Json::array();
  for (const WindowGauge& g : result.gauges) json["gauges"].push_back(gauge_json(g));
  if (result.sites > 0) json["epe_sites"] = result.sites;
  json["matrix"] = {{"dose", result.doses}, {"focus_nm", result.focus_nm}};
  for (const Metric& m : result.metrics) json[m.key] = number(m.value);
  for (const RuleCheck& r : result.rules)
    json["rules"].push_back({{"name", r.name},
                             {"unit", r.unit},
                             {"limit", number(r.limit)},
                             {"measured", number(r.measured)},
                             {"kind", r.upper ? "at most" : "at least"},
                             {"pass", r.pass()}});
  json["pass"] = result.pass();
  json["findings"] = result.warnings;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace anamorph
