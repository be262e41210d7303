// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/descriptor.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "cpp/twin/json_schema.hpp"
#include "cpp/twin/litho_cell.hpp"

namespace anamorph {

namespace {

using Json = nlohmann::ordered_json;
using V = UnitVariable;

constexpr std::string_view schema_text =
#include "cpp/twin/twin_schema.inc"
    ;

constexpr const char* dose_port = "dose_mJ_cm2";

Json quantity(double value, std::string_view unit) { return {{"value", value}, {"unit", unit}}; }

std::string quantity_of(const std::string& input) {
  if (input == dose_port) return "exposure dose";
  if (input == "focus_nm") return "focus";
  if (input == "mask_bias_nm") return "mask bias";
  if (input == "dose_offset_mJ_cm2") return "offset of the exposure dose";
  if (input == "focus_offset_nm") return "offset of the focus";
  return "Zernike coefficient";
}

/// Inputs of the model with the dose in front, as the ports have them.
struct Input {
  std::string port;
  double nominal, uncertainty;
};

std::vector<Input> inputs_of(const SurrogateModel& model) {
  std::vector<Input> all{{dose_port, model.nominal_dose_mj_cm2, model.dose_uncertainty_mj_cm2}};
  for (const SurrogateInput& i : model.inputs) all.push_back({unit_name(i.name), i.nominal, i.uncertainty});
  return all;
}

/// The three outputs of a gauge.
struct Output {
  const char* prefix;
  const char* quantity;
  const char* brief;
  const char* unit;
  double SurrogateReading::*field;
  double SurrogateGauge::*error;
  OutputError GaugeError::*held_out;
};

constexpr Output outputs[] = {{"cd_nm_", "critical dimension", "cd", "nm", &SurrogateReading::cd_nm,
                               &SurrogateGauge::cd_error_nm, &GaugeError::cd},
                              {"epe_nm_", "edge placement error", "epe", "nm", &SurrogateReading::epe_nm,
                               &SurrogateGauge::epe_error_nm, &GaugeError::epe},
                              {"nils_", "normalised image log slope", "nils", "1", &SurrogateReading::nils,
                               &SurrogateGauge::nils_error, &GaugeError::nils}};

/// Writes the ports from the unit's own variables, so that both always agree.
class Ports {
 public:
  explicit Ports(const TwinDescriptor& twin) : twin_(twin), inputs_(inputs_of(twin.model)) {
    std::vector<double> place, uncertainties;
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      place.push_back(inputs_[i].nominal);
      uncertainties.push_back(inputs_[i].uncertainty);
    }
    const std::vector<double> terms = surrogate_terms(twin.model, place);
    for (std::size_t g = 0; g < twin.model.gauges.size(); ++g)
      here_.push_back(read_surrogate(twin.model, g, inputs_[0].nominal, terms));
    uncertainty_ = surrogate_uncertainty(twin.model, inputs_[0].nominal, inputs_[0].uncertainty, place, uncertainties);
  }

  [[nodiscard]] Json all() const {
    Json ports = Json::array();
    const LithoCell cell(twin_.model);
    for (const V& v : cell.variables()) ports.push_back(port(v));
    return ports;
  }

 private:
  [[nodiscard]] bool stated(const std::string& input) const {
    return std::find(twin_.stated.begin(), twin_.stated.end(), input) != twin_.stated.end();
  }

  /// The gauge of that name in the ports.
  [[nodiscard]] std::optional<std::size_t> gauge_of(const std::string& name) const {
    for (std::size_t g = 0; g < twin_.gauges.size(); ++g)
      if (twin_.gauges[g].port == name) return g;
    return std::nullopt;
  }

  [[nodiscard]] Json port(const V& v) const {
    if (v.type != V::Type::real) return state(v);
    if (v.causality == V::Causality::input) return input(v);
    if (v.causality == V::Causality::parameter)
      return {{"name", v.name},
              {"direction", "parameter"},
              {"quantity", "standard uncertainty"},
              {"unit", v.unit},
              {"nominal", v.start},
              {"valid", {{"low", v.min}, {"high", v.max}}},
              {"description", v.description}};
    return output(v);
  }

  [[nodiscard]] Json state(const V& v) const {
    Json json{{"name", v.name}, {"direction", "output"}, {"type", v.type == V::Type::boolean ? "boolean" : "string"}};
    if (v.name.starts_with("valid_"))
      if (const auto g = gauge_of(v.name.substr(6))) json["gauge"] = twin_.model.gauges[*g].name;
    json["description"] = v.description;
    return json;
  }

  [[nodiscard]] Json input(const V& v) const {
    Json json{{"name", v.name}, {"direction", "input"}, {"quantity", quantity_of(v.name)},
              {"unit", v.unit}, {"nominal", v.start},   {"valid", {{"low", v.min}, {"high", v.max}}}};
    Json& u = json["standard_uncertainty"] = "not stated";
    for (const Input& one : inputs_)
      if (one.port == v.name && stated(v.name)) u = {{"value", one.uncertainty}, {"port", v.name + "_u"}};
    json["description"] = v.description;
    return json;
  }

  [[nodiscard]] Json output(const V& v) const {
    Json json{{"name", v.name}, {"direction", "output"}};
    for (const Output& o : outputs) {
      if (!v.name.starts_with(o.prefix)) continue;
      const std::string rest = v.name.substr(std::string_view(o.prefix).size());
      if (const auto g = gauge_of(rest)) return value(std::move(json), v, o, *g);
      if (!rest.ends_with("_u")) continue;
      if (const auto g = gauge_of(rest.substr(0, rest.size() - 2))) {
        json.update({{"quantity", "standard uncertainty"}, {"unit", v.unit}, {"gauge", twin_.model.gauges[*g].name}});
        add_number(json, "nominal", uncertainty_[*g].*o.field);
        json["description"] = v.description;
        return json;
      }
    }
    json.update({{"quantity", v.name}, {"unit", v.unit}, {"gauge", "-"}, {"description", v.description}});
    return json;
  }

  [[nodiscard]] Json value(Json json, const V& v, const Output& o, std::size_t g) const {
    json.update({{"quantity", o.quantity}, {"unit", v.unit}, {"gauge", twin_.model.gauges[g].name}});
    add_number(json, "nominal", here_[g].*o.field);
    Json u{{"port", v.name + "_u"}};
    add_number(u, "value", uncertainty_[g].*o.field);
    u["model"] = twin_.model.gauges[g].*o.error;
    u["propagated_from"] = u["not_stated"] = Json::array();
    for (const Input& i : inputs_) u[stated(i.port) ? "propagated_from" : "not_stated"].push_back(i.port);
    json["standard_uncertainty"] = std::move(u);
    json["description"] = v.description;
    return json;
  }

  static void add_number(Json& json, const char* key, double value) {
    if (std::isfinite(value)) json[key] = value;
  }

  const TwinDescriptor& twin_;
  std::vector<Input> inputs_;
  std::vector<SurrogateReading> here_, uncertainty_;
};

Json gauges_json(const TwinDescriptor& twin) {
  Json all = Json::array();
  for (std::size_t g = 0; g < twin.model.gauges.size(); ++g) {
    const SurrogateGauge& gauge = twin.model.gauges[g];
    const TwinGauge& place = twin.gauges[g];
    Json json{{"name", gauge.name},
              {"at", {{"x", place.at_nm.x}, {"y", place.at_nm.y}, {"unit", "nm"}}},
              {"angle", quantity(place.angle_deg, "deg")},
              {"target", quantity(gauge.target_nm, "nm")}};
    if (std::isfinite(gauge.drawn_low_nm)) json["drawn_low"] = quantity(gauge.drawn_low_nm, "nm");
    if (std::isfinite(gauge.drawn_high_nm)) json["drawn_high"] = quantity(gauge.drawn_high_nm, "nm");
    all.push_back(std::move(json));
  }
  return all;
}

void add_errors(Json& rows, const std::vector<GaugeError>& errors, const char* where) {
  for (const GaugeError& e : errors)
    for (const Output& o : outputs) {
      const OutputError& out = e.*o.held_out;
      rows.push_back({{"gauge", e.gauge},
                      {"quantity", o.brief},
                      {"unit", o.unit},
                      {"where", where},
                      {"points", e.points},
                      {"absent", e.absent},
                      {"lost", e.lost},
                      {"largest", out.largest},
                      {"rms", out.rms},
                      {"standard_error", out.standard},
                      {"coverage", out.coverage}});
    }
}

Json window_json(const TwinDescriptor& twin) {
  const TwinWindow& w = twin.window;
  Json json{{"description",
             "Doses and foci at which every gauge is within the CD tolerance, at the nominal mask and aberrations"},
            {"cd_tolerance", quantity(twin.cd_tolerance_percent, "%")},
            {"wanted_exposure_latitude", quantity(w.wanted_latitude_percent, "%")},
            {"depth_of_focus", quantity(w.depth_of_focus_nm, "nm")},
            {"exposure_latitude", quantity(w.latitude_percent, "%")},
            {"cut_by_focus_range", w.cut}};
  if (w.dose_mj_cm2) json["dose"] = quantity(*w.dose_mj_cm2, "mJ/cm2");
  if (w.focus_nm) json["focus"] = quantity(*w.focus_nm, "nm");
  return json;
}

Json files_json(const TwinDescriptor& twin) {
  Json all = Json::array();
  for (const auto& [role, path] : twin.files) {
    Json json{{"role", role}, {"path", path}};
    if (role == "contours") {
      json["layer"] = twin.contour_layer;
      json["chord_error"] = quantity(twin.chord_error_nm, "nm");
    }
    all.push_back(std::move(json));
  }
  return all;
}

}  // namespace

std::string_view twin_schema() { return schema_text; }

std::string twin_json(const TwinDescriptor& twin) {
  const SurrogateModel& m = twin.model;
  Json json{{"format", "anamorph-twin"},
            {"format_version", 1},
            {"name", twin.name},
            {"process",
             {{"kind", "lithography"},
              {"description",
               "What a scanner and a resist print at the gauges of a layout, from dose, focus, mask bias "
               "and aberrations"}}},
            {"created", twin.created},
            {"generator", {{"name", "anamorph"}, {"version", twin.version}, {"commit", twin.commit}}},
            {"ports", Ports(twin).all()},
            {"gauges", gauges_json(twin)},
            {"nominal",
             {{"dose", quantity(m.nominal_dose_mj_cm2, "mJ/cm2")},
              {"resist_threshold", quantity(m.threshold, "1")},
              {"prints", m.bright ? "bright" : "dark"}}}};
  json["window"] = window_json(twin);
  json["uncertainty"] = {
      {"kind", "standard uncertainty"},
      {"coverage_level", twin.level},
      {"coverage_factor", coverage_factor(twin.level)},
      {"propagation",
       "Independent standard uncertainties of the inputs that are stated, by second-order differences at u sqrt(3) "
       "(Norgaard, Poulsen, Ravn, Automatica 36, 1627 (2000)), and the model's own error, added as variances"},
      {"model_error",
       "Of the model against simulations that were held out of it, by an order statistic of their errors; not that of "
       "the simulation against a wafer"}};
  json["method"] = {
      {"model",
       "The image along the cut of each gauge as a sum of products of Chebyshev polynomials of the inputs, by least "
       "squares; dose scales it, a threshold gives the edges"},
      {"image", "Abbe's sum over the source points"},
      {"samples", twin.fit.samples},
      {"terms", twin.fit.terms},
      {"smallest_term", twin.fit.smallest_term},
      {"left_out_intensity_rms", quantity(twin.fit.left_out_rms, "1")},
      {"left_out_cd", quantity(twin.fit.left_out_cd_nm, "nm")},
      {"seed", twin.seed},
      {"source_points", twin.source_points}};
  json["held_out"] = {
      {"description",
       "Largest and rms error of the model at simulated conditions of even density in all ranges that neither the fit "
       "nor the standard errors have seen; \"window\": those at which every gauge is within the CD tolerance. absent: "
       "without edges on both sides, lost: on one side only, which counts as not covered"},
      {"wanted_cd_error", quantity(twin.wanted_cd_error_nm, "nm")},
      {"window_cd_tolerance", quantity(twin.cd_tolerance_percent, "%")},
      {"errors", Json::array()}};
  add_errors(json["held_out"]["errors"], twin.held_out, "range");
  add_errors(json["held_out"]["errors"], twin.in_window, "window");
  json["calibration"] = {{"status", "uncalibrated"},
                         {"description",
                          "Predicted from optics, mask and a threshold resist as the recipe has them; no wafer was "
                          "measured"}};
  json["files"] = files_json(twin);
  json["findings"] = twin.findings;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

namespace {

/// What a schema cannot say.
void check_meaning(const Json& twin, std::vector<std::string>& found) {
  std::set<std::string> names, outputs_with_u;
  for (const Json& port : twin["ports"])
    if (!names.insert(port["name"]).second)
      found.push_back("two ports are called \"" + port["name"].get<std::string>() + "\"");
  const auto need = [&](const std::string& who, const std::string& name) {
    if (!names.contains(name)) found.push_back(who + " refers to the port \"" + name + "\", which is not there");
  };
  for (const Json& port : twin["ports"]) {
    const std::string name = port["name"];
    if (port.contains("valid")) {
      const double low = port["valid"]["low"], high = port["valid"]["high"], nominal = port["nominal"];
      if (!(low < high)) found.push_back("the range of " + name + " is empty");
      if (nominal < low || nominal > high) found.push_back("the nominal value of " + name + " lies outside its range");
    }
    if (!port.contains("standard_uncertainty") || !port["standard_uncertainty"].is_object()) continue;
    const Json& u = port["standard_uncertainty"];
    need(name, u["port"]);
    for (const char* list : {"propagated_from", "not_stated"})
      if (u.contains(list))
        for (const Json& one : u[list]) need(name, one);
    if (u.contains("value") && u.contains("model") && u["value"] < u["model"])
      found.push_back("the standard uncertainty of " + name + " is less than the model's own error");
  }
  std::set<std::string> gauges, roles;
  for (const Json& gauge : twin["gauges"]) gauges.insert(gauge["name"]);
  for (const Json& port : twin["ports"])
    if (port.contains("gauge") && !gauges.contains(port["gauge"]))
      found.push_back(port["name"].get<std::string>() + " belongs to a gauge that is not there");
  for (const Json& row : twin["held_out"]["errors"])
    if (!gauges.contains(row["gauge"])) found.push_back("a held-out error belongs to a gauge that is not there");
  for (const Json& file : twin["files"]) {
    if (!roles.insert(file["role"]).second) found.push_back("two files are the " + file["role"].get<std::string>());
    if (file["path"].get<std::string>().find("..") != std::string::npos)
      found.push_back("a file lies outside the export: " + file["path"].get<std::string>());
  }
}

}  // namespace

std::vector<std::string> check_twin_json(std::string_view text) {
  std::vector<std::string> found = schema_violations(twin_schema(), text);
  if (found.empty()) check_meaning(Json::parse(text), found);
  return found;
}

}  // namespace anamorph
