// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/litho_cell.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <set>
#include <span>
#include <utility>

namespace anamorph {

namespace {

constexpr double largest_nils = 100;  // of a perfect step it would be infinite; images of use have 1 .. 5
constexpr std::array outputs{"cd_nm_", "epe_nm_", "nils_"};

/// Whether the target has an edge on the cut, by which a placement error can be told.
bool has_edge(const SurrogateGauge& gauge) {
  return std::isfinite(gauge.drawn_low_nm) || std::isfinite(gauge.drawn_high_nm);
}

double cut_length(const SurrogateGauge& gauge) { return (gauge.samples - 1) * gauge.step_nm; }

std::vector<std::string> names_of_gauge(const std::string& gauge) {
  std::vector<std::string> names{"valid_" + gauge};
  for (const char* output : outputs) {
    names.push_back(output + gauge);
    names.push_back(output + gauge + "_u");
  }
  return names;
}

/// The input of the model that an offset can be added to.
std::vector<SurrogateInput>::const_iterator focus_of(const SurrogateModel& model) {
  return std::find_if(model.inputs.begin(), model.inputs.end(),
                      [](const SurrogateInput& input) { return unit_name(input.name) == "focus_nm"; });
}

std::string unit_of(const std::string& input) { return input.ends_with("_nm") ? "nm" : "1"; }

std::string input_description(const std::string& name) {
  if (name == "focus_nm") return "Position of the wafer, positive away from the lens";
  if (name == "mask_bias_nm") return "Change of the CD on the mask of the features that are measured, at wafer scale";
  if (name.starts_with("z") && name.ends_with("_nm"))
    return "Zernike coefficient Z" + name.substr(1, name.size() - 4) +
           " (Fringe numbering) of the wavefront";
  return "Input '" + name + "' of the image model";
}

std::vector<UnitVariable> variables_of(const SurrogateModel& model) {
  using V = UnitVariable;
  std::vector<V> table;
  std::vector<V> uncertainties;
  const auto add_input = [&](const std::string& name, const std::string& unit, double nominal, double low, double high,
                             double u, const std::string& description) {
    table.push_back(V::input(name, unit, nominal, low, high, description));
    uncertainties.push_back(
        V::parameter(name + "_u", unit, u, 0, std::max((high - low) / 2, u), "Standard uncertainty of " + name));
  };
  add_input("dose_mJ_cm2", "mJ/cm2", model.nominal_dose_mj_cm2, model.dose_low_mj_cm2, model.dose_high_mj_cm2,
            model.dose_uncertainty_mj_cm2, "Exposure dose");
  for (const SurrogateInput& input : model.inputs)
    add_input(unit_name(input.name), unit_of(input.name), input.nominal, input.low, input.high, input.uncertainty,
              input_description(input.name));
  const double dose_range = model.dose_high_mj_cm2 - model.dose_low_mj_cm2;
  table.push_back(V::input("dose_offset_mJ_cm2", "mJ/cm2", 0, -dose_range, dose_range,
                           "What the scanner's dose is off by itself: added to dose_mJ_cm2"));
  if (const auto focus = focus_of(model); focus != model.inputs.end())
    table.push_back(V::input("focus_offset_nm", "nm", 0, focus->low - focus->high, focus->high - focus->low,
                             "What the scanner's focus is off by itself: added to focus_nm"));
  table.insert(table.end(), uncertainties.begin(), uncertainties.end());

  const std::vector<std::string> names = gauge_names(model);
  for (std::size_t g = 0; g < names.size(); ++g) {
    const SurrogateGauge& gauge = model.gauges[g];
    const std::string of = " of gauge '" + gauge.name + "'";
    const double length = cut_length(gauge);
    const auto add_output = [&](const std::string& name, const std::string& unit, double typical, double min,
                                double max, const std::string& description) {
      table.push_back(V::output(name, unit, typical, min, max, description));
      table.push_back(V::output(name + "_u", unit, typical / 50, 0, max, "Standard uncertainty of " + name));
    };
    add_output("cd_nm_" + names[g], "nm", gauge.target_nm, 0, length, "Width" + of);
    if (has_edge(gauge))
      add_output("epe_nm_" + names[g], "nm", gauge.target_nm / 10, -length, length,
                 "Edge placement error" + of + ", of the worse edge; positive: printed too large");
    add_output("nils_" + names[g], "1", 2, 0, largest_nils, "Normalised image log slope" + of + ", of the worse edge");
    table.push_back(V::flag(V::Causality::output, "valid_" + names[g], false,
                            "Inputs are within their ranges and the feature" + of + " prints"));
  }
  return table;
}

}  // namespace

std::vector<std::string> gauge_names(const SurrogateModel& model) {
  std::set<std::string> taken{"valid",          "status", "dose_mJ_cm2", "dose_mJ_cm2_u", "dose_offset_mJ_cm2",
                              "focus_offset_nm"};
  for (const SurrogateInput& input : model.inputs) taken.insert({unit_name(input.name), unit_name(input.name) + "_u"});
  std::vector<std::string> names;
  for (const SurrogateGauge& gauge : model.gauges) {
    const std::string wanted = gauge.name.empty() ? "gauge" : unit_name(gauge.name);
    std::string name = wanted;
    const auto free = [&] {
      const std::vector<std::string> all = names_of_gauge(name);
      return std::none_of(all.begin(), all.end(), [&](const std::string& one) { return taken.contains(one); });
    };
    for (int number = 2; !free(); ++number) name = wanted + "_" + std::to_string(number);
    for (std::string& one : names_of_gauge(name)) taken.insert(std::move(one));
    names.push_back(std::move(name));
  }
  return names;
}

LithoCell::LithoCell(SurrogateModel model) : Cell(variables_of(model)), model_(std::move(model)) {}

void LithoCell::start(UnitState& state, double /*time_s*/, UnitReport& report) const {
  state.memory.clear();
  compute(state, report);
}

void LithoCell::step(UnitState& state, double /*from_s*/, double /*to_s*/, UnitReport& report) const {
  compute(state, report);
}

void LithoCell::compute(UnitState& state, UnitReport& report) const {
  // The table begins with dose, inputs and offsets, then the uncertainties of the first two; then come the outputs.
  const std::size_t count = model_.inputs.size();
  const std::span<const double> values = state.values;
  const auto focus = focus_of(model_);
  const std::size_t offsets = focus == model_.inputs.end() ? 1 : 2;
  const auto add_offset = [&](double value, double offset, double low, double high, const std::string& what) {
    const double sum = value + offset, inside = std::clamp(sum, low, high);
    if (inside != sum)
      report.warn(what + " with its offset is " + number_text(sum) + ", outside the range " + number_text(low) +
                  " .. " + number_text(high) + ": computed at " + number_text(inside));
    return inside;
  };
  const double dose =
      add_offset(values[0], values[count + 1], model_.dose_low_mj_cm2, model_.dose_high_mj_cm2, "dose_mJ_cm2");
  std::vector<double> inputs(values.begin() + 1, values.begin() + 1 + static_cast<std::ptrdiff_t>(count));
  if (focus != model_.inputs.end()) {
    double& value = inputs[static_cast<std::size_t>(focus - model_.inputs.begin())];
    value = add_offset(value, values[count + 2], focus->low, focus->high, "focus_nm");
  }
  const std::size_t uncertain = count + 1 + offsets;
  const double dose_u = values[uncertain];
  const std::span<const double> inputs_u = values.subspan(uncertain + 1, count);
  const bool within = report.valid;  // so far: no input was beyond its range

  const std::vector<double> terms = surrogate_terms(model_, inputs);
  const std::vector<SurrogateReading> uncertainty = surrogate_uncertainty(model_, dose, dose_u, inputs, inputs_u);
  double* out = state.values.data() + uncertain + count + 1;
  for (std::size_t g = 0; g < model_.gauges.size(); ++g) {
    const SurrogateGauge& gauge = model_.gauges[g];
    SurrogateReading reading = read_surrogate(model_, g, dose, terms);
    SurrogateReading u = uncertainty[g];
    const double length = cut_length(gauge);
    const bool prints = std::isfinite(reading.cd_nm);
    const bool surely = std::isfinite(u.cd_nm);
    if (!prints) {
      // Which of both it is, the intensity at the gauge's point tells.
      double middle = 0;
      const std::span<const double> c =
          std::span(gauge.coefficients).subspan(gauge.centre * terms.size(), terms.size());
      for (std::size_t b = 0; b < terms.size(); ++b) middle += c[b] * terms[b];
      const bool absent = (middle * dose / model_.nominal_dose_mj_cm2 >= model_.threshold) != model_.bright;
      reading.cd_nm = absent ? 0 : length;
      const double low = absent ? 0 : -gauge.centre * gauge.step_nm;
      const double high = absent ? 0 : (gauge.samples - 1 - gauge.centre) * gauge.step_nm;
      const double off_low = gauge.drawn_low_nm - low, off_high = high - gauge.drawn_high_nm;
      reading.epe_nm = std::isnan(off_high) || std::abs(off_low) > std::abs(off_high) ? off_low : off_high;
      reading.nils = 0;
      report.warn("gauge '" + gauge.name + "' " +
                  (absent ? "does not print: its CD is given as 0"
                          : "runs together with what lies beside it: its CD is given as the length of the cut"));
    } else if (!surely) {
      report.warn("gauge '" + gauge.name + "' may not print within the uncertainty of the inputs");
    }
    const bool good = prints && surely;
    if (!good)
      u = {.cd_nm = length, .epe_low_nm = length, .epe_high_nm = length, .epe_nm = length, .nils = largest_nils};
    *out++ = reading.cd_nm;
    *out++ = std::min(u.cd_nm, length);
    if (has_edge(gauge)) {
      *out++ = std::clamp(reading.epe_nm, -length, length);
      *out++ = std::min(u.epe_nm, length);
    }
    *out++ = std::min(reading.nils, largest_nils);
    *out++ = std::min(u.nils, largest_nils);
    *out++ = good && within ? 1 : 0;
  }
}

}  // namespace anamorph
