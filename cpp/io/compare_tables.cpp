// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cpp/io/compare_result.hpp"
#include "cpp/io/compare_summary.hpp"

namespace anamorph {
namespace {

using Json = nlohmann::ordered_json;

Json value(double v) { return std::isfinite(v) ? Json(v) : Json(); }
Json value(const std::optional<double>& v) { return v ? value(*v) : Json(); }

/// The value of a case that has an image.
Json value(const CaseResult& c, double v) { return c.verdict == Verdict::no_image ? Json() : value(v); }

std::string cell(const Json& v) {
  if (v.is_null()) return {};
  if (v.is_number_float()) {
    char text[40];
    std::snprintf(text, sizeof text, "%.10g", v.get<double>());
    return text;
  }
  if (!v.is_string()) return v.dump();
  const std::string text = v;
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

/// A list of objects with the same keys as CSV; the keys are the names of the columns, also without any object.
std::string csv(const std::vector<std::string>& columns, const Json& rows) {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) out += (i > 0 ? "," : "") + columns[i];
  out += "\n";
  for (const Json& row : rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) out += (i > 0 ? "," : "") + cell(row.at(columns[i]));
    out += "\n";
  }
  return out;
}

Json case_json(const StudyResult& study, const CaseResult& c) {
  const StudyPattern& p = study.patterns[c.pattern];
  return {{"pattern", p.name},
          {"family", p.family},
          {"pitch_nm", p.pitch_nm > 0 ? Json(p.pitch_nm) : Json()},
          {"scanner", study.scanners[c.scanner].name},
          {"verdict", verdict_text(c.verdict)},
          {"reason", c.reason},
          {"source", c.source_name},
          {"pupil_fill", value(c.pupil_fill)},
          {"contrast", value(c.contrast)},
          {"nils", value(c, c.nils)},
          {"meef", value(c, c.meef)},
          {"exposure_latitude_percent", value(c, c.latitude_percent)},
          {"dof_nm", value(c, c.dof_nm)},
          {"dof_cut_by_focus_range", c.dof_cut},
          {"best_focus_nm", value(c.best_focus_nm)},
          {"dose", value(c, c.dose)},
          {"focus_nm", value(c, c.focus_nm)},
          {"cd_noise_3sigma_percent", value(c, c.noise_percent)},
          {"dose_for_noise_mJ_cm2", value(c, c.dose_for_noise_mj_cm2)}};
}
const std::vector<std::string> case_columns{"pattern",
                                            "family",
                                            "pitch_nm",
                                            "scanner",
                                            "verdict",
                                            "reason",
                                            "source",
                                            "pupil_fill",
                                            "contrast",
                                            "nils",
                                            "meef",
                                            "exposure_latitude_percent",
                                            "dof_nm",
                                            "dof_cut_by_focus_range",
                                            "best_focus_nm",
                                            "dose",
                                            "focus_nm",
                                            "cd_noise_3sigma_percent",
                                            "dose_for_noise_mJ_cm2"};

Json gauge_json(const StudyResult& study, const CaseResult& c, const GaugeOutcome& g) {
  return {{"pattern", study.patterns[c.pattern].name},
          {"scanner", study.scanners[c.scanner].name},
          {"gauge", g.name},
          {"critical_nm", value(g.critical_nm)},
          {"cd_nm", value(g.cd_nm)},
          {"nils", value(g.nils)},
          {"meef", value(g.meef)},
          {"exposure_latitude_percent", value(g.latitude_percent)},
          {"best_focus_nm", value(g.best_focus_nm)},
          {"cd_noise_3sigma_percent", value(g.noise_percent)},
          {"mask_bias_nm", value(g.mask_bias_nm)},
          {"mask_width_nm", value(g.mask_width_nm)},
          {"mask_gap_nm", value(g.mask_gap_nm)}};
}
const std::vector<std::string> gauge_columns{"pattern",       "scanner",
                                             "gauge",         "critical_nm",
                                             "cd_nm",         "nils",
                                             "meef",          "exposure_latitude_percent",
                                             "best_focus_nm", "cd_noise_3sigma_percent",
                                             "mask_bias_nm",  "mask_width_nm",
                                             "mask_gap_nm"};

Json limits_json(const StudyResult& study) {
  Json rows = Json::array();
  for (const LimitResult& l : study.limits)
    rows.push_back({{"family", l.family},
                    {"scanner", study.scanners[l.scanner].name},
                    {"cutoff_half_pitch_nm", value(l.cutoff_nm)},
                    {"resolved_half_pitch_nm", value(l.resolved_nm)},
                    {"printable_half_pitch_nm", value(l.printable_nm)},
                    {"source", l.source_name}});
  return rows;
}
const std::vector<std::string> limit_columns{
    "family", "scanner", "cutoff_half_pitch_nm", "resolved_half_pitch_nm", "printable_half_pitch_nm", "source"};

Json families_json(const StudyResult& study) {
  Json rows = Json::array();
  for (const FamilyResult& f : study.families)
    rows.push_back({{"family", f.family},
                    {"scanner", study.scanners[f.scanner].name},
                    {"best_focus_range_nm", value(f.focus_range_nm)},
                    {"resolved_patterns", f.in_window.size()},
                    {"shared_source", f.shared_source},
                    {"shared_latitude_percent", f.shared_source ? value(f.latitude_percent) : Json()},
                    {"shared_dof_nm", f.shared_source ? value(f.dof_nm) : Json()}});
  return rows;
}
const std::vector<std::string> family_columns{
    "family",       "scanner", "best_focus_range_nm", "resolved_patterns", "shared_source", "shared_latitude_percent",
    "shared_dof_nm"};

Json directions_json(const StudyResult& study) {
  Json rows = Json::array();
  for (const DirectionDifference& d : direction_differences(study))
    rows.push_back({{"vertical", study.patterns[d.vertical].name},
                    {"horizontal", study.patterns[d.horizontal].name},
                    {"scanner", study.scanners[d.scanner].name},
                    {"nils_difference", value(d.nils)},
                    {"dose_difference_percent", value(d.dose_percent)},
                    {"best_focus_difference_nm", value(d.best_focus_nm)}});
  return rows;
}
const std::vector<std::string> direction_columns{
    "vertical", "horizontal", "scanner", "nils_difference", "dose_difference_percent", "best_focus_difference_nm"};

Json assumptions_json(const CompareResult& result) {
  Json rows = Json::array();
  const auto add = [&](const std::vector<Assumption>& assumptions) {
    for (const Assumption& a : assumptions)
      rows.push_back({{"of", a.owner},
                      {"quantity", a.name},
                      {"unit", a.unit},
                      {"value", value(a.value)},
                      {"low", a.low < a.high ? value(a.low) : Json()},
                      {"high", a.low < a.high ? value(a.high) : Json()},
                      {"origin", a.origin}});
  };
  add(result.assumptions);
  if (result.productivity) add(result.productivity->assumptions);
  return rows;
}
const std::vector<std::string> assumption_columns{"of", "quantity", "unit", "value", "low", "high", "origin"};

Json layers_json(const ProductivityResult& productivity) {
  Json rows = Json::array();
  for (const ScannerProductivity& s : productivity.scanners)
    for (const PitchResult& p : s.pitches) {
      const Layer layer = p.layer.value_or(Layer{});
      const auto of = [&](double v) { return p.layer ? value(v) : Json(); };
      const auto count = [&](int n) { return p.layer ? Json(n) : Json(); };
      rows.push_back({{"pitch_nm", value(p.pitch_nm)},
                      {"scanner", s.scanner},
                      {"exposures", count(layer.exposures)},
                      {"masks", count(layer.masks)},
                      {"exposed_pitch_nm", of(layer.exposed_pitch_nm)},
                      {"dose_mJ_cm2", of(layer.pass.dose_mJ_cm2)},
                      {"overlay_3sigma_nm", of(layer.overlay_nm)},
                      {"overlay_limit_nm", of(layer.overlay_limit_nm)},
                      {"scan_speed_mm_s", of(layer.pass.scan_speed_mm_s)},
                      {"pass_s", of(layer.pass.wafer_s)},
                      {"layer_s", of(layer.layer_s)},
                      {"layers_per_hour", of(layer.layers_per_hour)},
                      {"layers_per_day", of(layer.layers_per_day)},
                      {"scanner_cost_EUR", of(layer.cost.scanner_EUR)},
                      {"process_cost_EUR", of(layer.cost.process_EUR)},
                      {"mask_cost_EUR", of(layer.cost.masks_EUR)},
                      {"cost_EUR", of(layer.cost.total_EUR)},
                      {"relative_cost", p.relative_cost > 0 ? value(p.relative_cost) : Json()},
                      {"finding", p.finding}});
    }
  return rows;
}
const std::vector<std::string> layer_columns{"pitch_nm",
                                             "scanner",
                                             "exposures",
                                             "masks",
                                             "exposed_pitch_nm",
                                             "dose_mJ_cm2",
                                             "overlay_3sigma_nm",
                                             "overlay_limit_nm",
                                             "scan_speed_mm_s",
                                             "pass_s",
                                             "layer_s",
                                             "layers_per_hour",
                                             "layers_per_day",
                                             "scanner_cost_EUR",
                                             "process_cost_EUR",
                                             "mask_cost_EUR",
                                             "cost_EUR",
                                             "relative_cost",
                                             "finding"};

Json cross_overs_json(const ProductivityResult& productivity) {
  Json rows = Json::array();
  for (const Comparison& c : productivity.comparisons)
    for (const CrossOver& o : c.cross_overs)
      rows.push_back({{"first", c.first},
                      {"second", c.second},
                      {"pitch_nm", value(o.pitch_nm)},
                      {"cheaper_below", o.cheaper_below},
                      {"cheaper_above", o.cheaper_above},
                      {"jump", o.jump}});
  return rows;
}
const std::vector<std::string> cross_over_columns{"first",         "second",        "pitch_nm",
                                                  "cheaper_below", "cheaper_above", "jump"};

Json tornado_json(const ProductivityResult& productivity) {
  Json rows = Json::array();
  for (const Tornado& t : productivity.tornados)
    for (const TornadoBar& b : t.bars)
      rows.push_back({{"output", t.output},
                      {"unit", t.unit},
                      {"value", value(t.value)},
                      {"of", b.assumption.owner},
                      {"assumption", b.assumption.name},
                      {"low", value(b.assumption.low)},
                      {"high", value(b.assumption.high)},
                      {"output_at_low", value(b.at_low)},
                      {"output_at_high", value(b.at_high)},
                      {"finding", b.finding}});
  return rows;
}
const std::vector<std::string> tornado_columns{
    "output", "unit", "value", "of", "assumption", "low", "high", "output_at_low", "output_at_high", "finding"};

Json cases_json(const StudyResult& study) {
  Json rows = Json::array();
  for (const CaseResult& c : study.cases) rows.push_back(case_json(study, c));
  return rows;
}

Json gauges_json(const StudyResult& study) {
  Json rows = Json::array();
  for (const CaseResult& c : study.cases)
    for (const GaugeOutcome& g : c.gauges) rows.push_back(gauge_json(study, c, g));
  return rows;
}

Json scanner_json(const StudyScanner& s) {
  return {{"name", s.name},
          {"title", s.title},
          {"wavelength_nm", value(s.projection.wavelength_nm)},
          {"na", value(s.projection.na)},
          {"obscuration", value(s.projection.pupil.obscuration)},
          {"magnification_x", value(s.projection.magnification_x)},
          {"magnification_y", value(s.projection.magnification_y)},
          {"vector", s.projection.vector},
          {"flare", value(s.flare)},
          {"pupil_fill_min", value(s.pupil_fill_min)},
          {"source", s.source ? Json(s.source_name) : Json()},
          {"dose_mJ_cm2", value(s.dose_mj_cm2)},
          {"focus_budget_nm", value(s.focus_budget_nm)}};
}

Json settings_json(const StudySettings& s) {
  return {{"threshold", s.threshold},
          {"resist_blur_nm", s.resist_blur_nm},
          {"resolved_nils", s.resolved_nils},
          {"cd_tolerance_percent", s.cd_tolerance_percent},
          {"exposure_latitude_percent", s.latitude_percent},
          {"mask_step_nm", s.mask_step_nm},
          {"correct_mask", s.correct_mask},
          {"mask_minimum_nm", s.mask_minimum_nm},
          {"photons_per_nm2_mJ", s.photons_per_nm2_mj},
          {"absorbed_share", s.absorbed_share},
          {"cd_variation_percent", s.cd_variation_percent}};
}

}  // namespace

std::string compare_json(const CompareResult& result) {
  const StudyResult& study = result.study;
  Json json{{"name", result.name},
            {"conclusions", study_conclusions(result)},
            {"not_shown", study_caveats(study)},
            {"settings", settings_json(study.settings)},
            {"scanners", Json::array()}};
  for (const StudyScanner& s : study.scanners) json["scanners"].push_back(scanner_json(s));
  json["limits"] = limits_json(study);
  json["cases"] = Json::array();
  for (const CaseResult& c : study.cases) {
    Json one = case_json(study, c);
    one["window"] = Json::array();  // pairs of focus in nm and dose over the dose to size
    for (const Point& p : c.window) one["window"].push_back({p.x, p.y});
    one["gauges"] = Json::array();
    for (const GaugeOutcome& g : c.gauges) {
      Json gauge = gauge_json(study, c, g);
      gauge.erase("pattern");
      gauge.erase("scanner");
      one["gauges"].push_back(std::move(gauge));
    }
    json["cases"].push_back(std::move(one));
  }
  json["families"] = families_json(study);
  json["horizontal_vertical"] = directions_json(study);
  if (result.productivity) {
    const ProductivityResult& p = *result.productivity;
    json["layers"] = layers_json(p);
    json["cross_overs"] = cross_overs_json(p);
    json["comparisons"] = Json::array();
    for (const Comparison& c : p.comparisons)
      json["comparisons"].push_back({{"first", c.first}, {"second", c.second}, {"conclusion", c.conclusion}});
    json["tornado"] = tornado_json(p);
    json["productivity_findings"] = p.findings;
  }
  json["assumptions"] = assumptions_json(result);
  json["findings"] = study.findings;
  json["warnings"] = result.warnings;
  json["seconds"] = value(study.seconds);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<TextFile> compare_tables(const CompareResult& result) {
  const StudyResult& study = result.study;
  std::vector<TextFile> files{{"cases.csv", csv(case_columns, cases_json(study))},
                              {"gauges.csv", csv(gauge_columns, gauges_json(study))},
                              {"limits.csv", csv(limit_columns, limits_json(study))},
                              {"families.csv", csv(family_columns, families_json(study))},
                              {"horizontal_vertical.csv", csv(direction_columns, directions_json(study))},
                              {"assumptions.csv", csv(assumption_columns, assumptions_json(result))}};
  if (result.productivity) {
    files.push_back({"layers.csv", csv(layer_columns, layers_json(*result.productivity))});
    files.push_back({"cross_overs.csv", csv(cross_over_columns, cross_overs_json(*result.productivity))});
    files.push_back({"tornado.csv", csv(tornado_columns, tornado_json(*result.productivity))});
  }
  return files;
}

}  // namespace anamorph
