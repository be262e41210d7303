// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>

#include "cpp/io/compare_result.hpp"
#include "cpp/io/compare_summary.hpp"

namespace anamorph {
namespace {

using Json = nlohmann::ordered_json;

Json value(double v) { return std::isfinite(v) ? Json(v) : Json(); }
Json value(const std::optional<double>& v) { return v ? value(*v) : Json(); }

/// A place in a picture: to a millionth.
double rounded(double v) { return std::round(v * 1e6) / 1e6; }

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

/// A table of rows: the same columns make its CSV and its JSON.
template <typename Row>
struct Column {
  std::string name;  ///< ends in its unit
  std::function<Json(const Row&)> value;
};
template <typename Row>
struct Table {
  std::vector<Row> rows;
  std::vector<Column<Row>> columns;
};

template <typename Row>
Json object(const std::vector<Column<Row>>& columns, const Row& row) {
  Json json = Json::object();
  for (const Column<Row>& c : columns) json[c.name] = c.value(row);
  return json;
}

template <typename Row>
Json list(const Table<Row>& table) {
  Json json = Json::array();
  for (const Row& row : table.rows) json.push_back(object(table.columns, row));
  return json;
}

template <typename Row>
std::string csv(const Table<Row>& table) {
  std::string out;
  for (const Column<Row>& c : table.columns) out += (out.empty() ? "" : ",") + c.name;
  out += "\n";
  for (const Row& row : table.rows) {
    std::string line;
    for (const Column<Row>& c : table.columns) line += "," + cell(c.value(row));
    out += line.substr(1) + "\n";
  }
  return out;
}

using CaseRow = const CaseResult*;
std::vector<CaseRow> pointers(const std::vector<CaseResult>& cases) {
  std::vector<CaseRow> rows;
  for (const CaseResult& c : cases) rows.push_back(&c);
  return rows;
}

Table<CaseRow> case_table(const StudyResult& study) {
  return {pointers(study.cases),
          {{"pattern", [&](const CaseRow& c) -> Json { return study.patterns[c->pattern].name; }},
           {"family", [&](const CaseRow& c) -> Json { return study.patterns[c->pattern].family; }},
           {"pitch_nm",
            [&](const CaseRow& c) -> Json {
              return study.patterns[c->pattern].pitch_nm > 0 ? Json(study.patterns[c->pattern].pitch_nm) : Json();
            }},
           {"scanner", [&](const CaseRow& c) -> Json { return study.scanners[c->scanner].name; }},
           {"verdict", [](const CaseRow& c) -> Json { return verdict_text(c->verdict); }},
           {"reason", [](const CaseRow& c) -> Json { return c->reason; }},
           {"source", [](const CaseRow& c) -> Json { return c->source_name; }},
           {"pupil_fill", [](const CaseRow& c) -> Json { return value(c->pupil_fill); }},
           {"contrast", [](const CaseRow& c) -> Json { return value(c->contrast); }},
           {"nils", [](const CaseRow& c) -> Json { return value(*c, c->nils); }},
           {"meef", [](const CaseRow& c) -> Json { return value(*c, c->meef); }},
           {"exposure_latitude_percent", [](const CaseRow& c) -> Json { return value(*c, c->latitude_percent); }},
           {"dof_nm", [](const CaseRow& c) -> Json { return value(*c, c->dof_nm); }},
           {"dof_cut_by_focus_range", [](const CaseRow& c) -> Json { return c->dof_cut; }},
           {"best_focus_nm", [](const CaseRow& c) -> Json { return value(c->best_focus_nm); }},
           {"dose", [](const CaseRow& c) -> Json { return value(*c, c->dose); }},
           {"focus_nm", [](const CaseRow& c) -> Json { return value(*c, c->focus_nm); }},
           {"cd_noise_3sigma_percent", [](const CaseRow& c) -> Json { return value(*c, c->noise_percent); }},
           {"dose_for_noise_mJ_cm2", [](const CaseRow& c) -> Json { return value(*c, c->dose_for_noise_mj_cm2); }}}};
}

struct GaugeRow {
  const CaseResult* of = nullptr;
  const GaugeOutcome* gauge = nullptr;
};
std::vector<GaugeRow> gauge_rows(const StudyResult& study) {
  std::vector<GaugeRow> rows;
  for (const CaseResult& c : study.cases)
    for (const GaugeOutcome& g : c.gauges) rows.push_back({&c, &g});
  return rows;
}

Table<GaugeRow> gauge_table(const StudyResult& study) {
  return {gauge_rows(study),
          {{"pattern", [&](const GaugeRow& r) -> Json { return study.patterns[r.of->pattern].name; }},
           {"scanner", [&](const GaugeRow& r) -> Json { return study.scanners[r.of->scanner].name; }},
           {"gauge", [](const GaugeRow& r) -> Json { return r.gauge->name; }},
           {"critical_nm", [](const GaugeRow& r) -> Json { return value(r.gauge->critical_nm); }},
           {"cd_nm", [](const GaugeRow& r) -> Json { return value(r.gauge->cd_nm); }},
           {"nils", [](const GaugeRow& r) -> Json { return value(r.gauge->nils); }},
           {"meef", [](const GaugeRow& r) -> Json { return value(r.gauge->meef); }},
           {"exposure_latitude_percent", [](const GaugeRow& r) -> Json { return value(r.gauge->latitude_percent); }},
           {"best_focus_nm", [](const GaugeRow& r) -> Json { return value(r.gauge->best_focus_nm); }},
           {"cd_noise_3sigma_percent", [](const GaugeRow& r) -> Json { return value(r.gauge->noise_percent); }},
           {"mask_bias_nm", [](const GaugeRow& r) -> Json { return value(r.gauge->mask_bias_nm); }},
           {"mask_width_nm", [](const GaugeRow& r) -> Json { return value(r.gauge->mask_width_nm); }},
           {"mask_gap_nm", [](const GaugeRow& r) -> Json { return value(r.gauge->mask_gap_nm); }}}};
}

Table<LimitResult> limit_table(const StudyResult& study) {
  return {study.limits,
          {{"family", [](const LimitResult& l) -> Json { return l.family; }},
           {"scanner", [&](const LimitResult& l) -> Json { return study.scanners[l.scanner].name; }},
           {"cutoff_half_pitch_nm", [](const LimitResult& l) -> Json { return value(l.cutoff_nm); }},
           {"resolved_half_pitch_nm", [](const LimitResult& l) -> Json { return value(l.resolved_nm); }},
           {"printable_half_pitch_nm", [](const LimitResult& l) -> Json { return value(l.printable_nm); }},
           {"source", [](const LimitResult& l) -> Json { return l.source_name; }}}};
}

Table<FamilyResult> family_table(const StudyResult& study) {
  return {
      study.families,
      {{"family", [](const FamilyResult& f) -> Json { return f.family; }},
       {"scanner", [&](const FamilyResult& f) -> Json { return study.scanners[f.scanner].name; }},
       {"best_focus_range_nm", [](const FamilyResult& f) -> Json { return value(f.focus_range_nm); }},
       {"resolved_patterns", [](const FamilyResult& f) -> Json { return f.in_window.size(); }},
       {"shared_source", [](const FamilyResult& f) -> Json { return f.shared_source; }},
       {"shared_latitude_percent",
        [](const FamilyResult& f) -> Json { return f.shared_source ? value(f.latitude_percent) : Json(); }},
       {"shared_dof_nm", [](const FamilyResult& f) -> Json { return f.shared_source ? value(f.dof_nm) : Json(); }}}};
}

Table<DirectionDifference> direction_table(const StudyResult& study) {
  return {direction_differences(study),
          {{"vertical", [&](const DirectionDifference& d) -> Json { return study.patterns[d.vertical].name; }},
           {"horizontal", [&](const DirectionDifference& d) -> Json { return study.patterns[d.horizontal].name; }},
           {"scanner", [&](const DirectionDifference& d) -> Json { return study.scanners[d.scanner].name; }},
           {"nils_difference", [](const DirectionDifference& d) -> Json { return value(d.nils); }},
           {"dose_difference_percent", [](const DirectionDifference& d) -> Json { return value(d.dose_percent); }},
           {"best_focus_difference_nm", [](const DirectionDifference& d) -> Json { return value(d.best_focus_nm); }}}};
}

std::vector<Assumption> all_assumptions(const CompareResult& result) {
  std::vector<Assumption> all = result.assumptions;
  if (result.productivity)
    all.insert(all.end(), result.productivity->assumptions.begin(), result.productivity->assumptions.end());
  return all;
}

Table<Assumption> assumption_table(const CompareResult& result) {
  return {all_assumptions(result),
          {{"of", [](const Assumption& a) -> Json { return a.owner; }},
           {"quantity", [](const Assumption& a) -> Json { return a.name; }},
           {"unit", [](const Assumption& a) -> Json { return a.unit; }},
           {"value", [](const Assumption& a) -> Json { return value(a.value); }},
           {"low", [](const Assumption& a) -> Json { return a.low < a.high ? value(a.low) : Json(); }},
           {"high", [](const Assumption& a) -> Json { return a.low < a.high ? value(a.high) : Json(); }},
           {"origin", [](const Assumption& a) -> Json { return a.origin; }}}};
}

struct LayerRow {
  const ScannerProductivity* of = nullptr;
  const PitchResult* pitch = nullptr;
};
std::vector<LayerRow> layer_rows(const ProductivityResult& productivity) {
  std::vector<LayerRow> rows;
  for (const ScannerProductivity& s : productivity.scanners)
    for (const PitchResult& p : s.pitches) rows.push_back({&s, &p});
  return rows;
}

/// A column of what a layer has; a pitch without a layer has nothing there.
template <typename Figure>
Column<LayerRow> of_layer(const char* name, Figure figure) {
  return {name, [figure](const LayerRow& r) { return r.pitch->layer ? Json(figure(*r.pitch->layer)) : Json(); }};
}

Table<LayerRow> layer_table(const ProductivityResult& productivity) {
  return {layer_rows(productivity),
          {{"pitch_nm", [](const LayerRow& r) { return value(r.pitch->pitch_nm); }},
           {"scanner", [](const LayerRow& r) -> Json { return r.of->scanner; }},
           of_layer("flow", [](const Layer& l) { return l.flow; }),
           of_layer("exposures", [](const Layer& l) { return l.exposures; }),
           of_layer("masks", [](const Layer& l) { return l.masks; }),
           of_layer("exposed_pitch_nm", [](const Layer& l) { return value(l.exposed_pitch_nm); }),
           of_layer("dose_mJ_cm2", [](const Layer& l) { return value(l.pass.dose_mJ_cm2); }),
           of_layer("overlay_3sigma_nm", [](const Layer& l) { return value(l.overlay_nm); }),
           of_layer("overlay_limit_nm", [](const Layer& l) { return value(l.overlay_limit_nm); }),
           of_layer("scan_speed_mm_s", [](const Layer& l) { return value(l.pass.scan_speed_mm_s); }),
           of_layer("pass_s", [](const Layer& l) { return value(l.pass.wafer_s); }),
           of_layer("layer_s", [](const Layer& l) { return value(l.layer_s); }),
           of_layer("layers_per_hour", [](const Layer& l) { return value(l.layers_per_hour); }),
           of_layer("layers_per_day", [](const Layer& l) { return value(l.layers_per_day); }),
           of_layer("scanner_cost_EUR", [](const Layer& l) { return value(l.cost.scanner_EUR); }),
           of_layer("process_cost_EUR", [](const Layer& l) { return value(l.cost.process_EUR); }),
           of_layer("mask_cost_EUR", [](const Layer& l) { return value(l.cost.masks_EUR); }),
           of_layer("cost_EUR", [](const Layer& l) { return value(l.cost.total_EUR); }),
           {"relative_cost",
            [](const LayerRow& r) { return r.pitch->relative_cost > 0 ? value(r.pitch->relative_cost) : Json(); }},
           {"finding", [](const LayerRow& r) -> Json { return r.pitch->finding; }}}};
}

struct CrossOverRow {
  const Comparison* of = nullptr;
  const CrossOver* cross_over = nullptr;
};
std::vector<CrossOverRow> cross_over_rows(const ProductivityResult& productivity) {
  std::vector<CrossOverRow> rows;
  for (const Comparison& c : productivity.comparisons)
    for (const CrossOver& o : c.cross_overs) rows.push_back({&c, &o});
  return rows;
}

Table<CrossOverRow> cross_over_table(const ProductivityResult& productivity) {
  return {cross_over_rows(productivity),
          {{"first", [](const CrossOverRow& r) -> Json { return r.of->first; }},
           {"second", [](const CrossOverRow& r) -> Json { return r.of->second; }},
           {"pitch_nm", [](const CrossOverRow& r) -> Json { return value(r.cross_over->pitch_nm); }},
           {"cheaper_below", [](const CrossOverRow& r) -> Json { return r.cross_over->cheaper_below; }},
           {"cheaper_above", [](const CrossOverRow& r) -> Json { return r.cross_over->cheaper_above; }},
           {"jump", [](const CrossOverRow& r) -> Json { return r.cross_over->jump; }}}};
}

struct TornadoBarRow {
  const Tornado* of = nullptr;
  const TornadoBar* bar = nullptr;
};
std::vector<TornadoBarRow> tornado_rows(const ProductivityResult& productivity) {
  std::vector<TornadoBarRow> rows;
  for (const Tornado& t : productivity.tornados)
    for (const TornadoBar& b : t.bars) rows.push_back({&t, &b});
  return rows;
}

Table<TornadoBarRow> tornado_table(const ProductivityResult& productivity) {
  return {tornado_rows(productivity),
          {{"output", [](const TornadoBarRow& r) -> Json { return r.of->output; }},
           {"unit", [](const TornadoBarRow& r) -> Json { return r.of->unit; }},
           {"value", [](const TornadoBarRow& r) -> Json { return value(r.of->value); }},
           {"of", [](const TornadoBarRow& r) -> Json { return r.bar->assumption.owner; }},
           {"assumption", [](const TornadoBarRow& r) -> Json { return r.bar->assumption.name; }},
           {"low", [](const TornadoBarRow& r) -> Json { return value(r.bar->assumption.low); }},
           {"high", [](const TornadoBarRow& r) -> Json { return value(r.bar->assumption.high); }},
           {"output_at_low", [](const TornadoBarRow& r) -> Json { return value(r.bar->at_low); }},
           {"output_at_high", [](const TornadoBarRow& r) -> Json { return value(r.bar->at_high); }},
           {"finding", [](const TornadoBarRow& r) -> Json { return r.bar->finding; }}}};
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
          {"cd_variation_percent", s.cd_variation_percent},
          {"least_dose_mJ_cm2", s.least_dose_mj_cm2}};
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
  json["limits"] = list(limit_table(study));
  json["cases"] = list(case_table(study));
  const auto gauge_columns = gauge_table(study).columns;
  for (std::size_t i = 0; i < study.cases.size(); ++i) {
    Json& one = json["cases"][i];
    one["window"] = Json::array();  // pairs of focus in nm and dose over the dose to size
    for (const Point& p : study.cases[i].window) one["window"].push_back({rounded(p.x), rounded(p.y)});
    one["gauges"] = Json::array();
    for (const GaugeOutcome& g : study.cases[i].gauges) {
      Json gauge = object(gauge_columns, {&study.cases[i], &g});
      gauge.erase("pattern");
      gauge.erase("scanner");
      one["gauges"].push_back(std::move(gauge));
    }
  }
  json["families"] = list(family_table(study));
  json["horizontal_vertical"] = list(direction_table(study));
  if (result.productivity) {
    const ProductivityResult& p = *result.productivity;
    json["layers"] = list(layer_table(p));
    json["cross_overs"] = list(cross_over_table(p));
    json["comparisons"] = Json::array();
    for (const Comparison& c : p.comparisons)
      json["comparisons"].push_back({{"first", c.first}, {"second", c.second}, {"conclusion", c.conclusion}});
    json["tornado"] = list(tornado_table(p));
    json["productivity_findings"] = p.findings;
  }
  json["assumptions"] = list(assumption_table(result));
  json["findings"] = study.findings;
  json["warnings"] = result.warnings;
  json["seconds"] = value(study.seconds);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<TextFile> compare_tables(const CompareResult& result) {
  const StudyResult& study = result.study;
  std::vector<TextFile> files{{"cases.csv", csv(case_table(study))},
                              {"gauges.csv", csv(gauge_table(study))},
                              {"limits.csv", csv(limit_table(study))},
                              {"families.csv", csv(family_table(study))},
                              {"horizontal_vertical.csv", csv(direction_table(study))},
                              {"assumptions.csv", csv(assumption_table(result))}};
  if (result.productivity) {
    files.push_back({"layers.csv", csv(layer_table(*result.productivity))});
    files.push_back({"cross_overs.csv", csv(cross_over_table(*result.productivity))});
    files.push_back({"tornado.csv", csv(tornado_table(*result.productivity))});
  }
  return files;
}

}  // namespace anamorph
