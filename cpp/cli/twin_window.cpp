// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/twin_window.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "cpp/cli/twin_simulation.hpp"
#include "cpp/cli/window_series.hpp"
#include "cpp/measure/cut_profile.hpp"

namespace anamorph::cli {

namespace {

constexpr int fine_steps = 80;
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// The model's image along a cut.
CutProfile model_cut(const SurrogateGauge& gauge, const std::vector<double>& terms) {
  std::vector<double> values(static_cast<std::size_t>(gauge.samples), 0.0);
  for (std::size_t j = 0; j < values.size(); ++j)
    for (std::size_t b = 0; b < terms.size(); ++b) values[j] += gauge.coefficients[j * terms.size() + b] * terms[b];
  return {std::move(values), gauge.centre, gauge.step_nm};
}

MatrixCell cell_of(const SurrogateReading& reading) {
  MatrixCell cell;
  cell.reading.state = std::isfinite(reading.cd_nm) ? CutEdges::State::measured : CutEdges::State::absent;
  cell.reading.cd_nm = reading.cd_nm;
  cell.reading.nils = reading.nils;
  cell.epe_low_nm = reading.epe_low_nm;
  cell.epe_high_nm = reading.epe_high_nm;
  return cell;
}

/// Relative doses at which the gauge is within the tolerance, from the thresholds at which the image is as wide.
void add_band(const CutProfile& cut, const SurrogateModel& model, double target_nm, double tolerance,
              double dose_of_one, DoseBand& band) {
  double narrow = cut.threshold_of(target_nm * (1 - tolerance), model.bright);
  double wide = cut.threshold_of(target_nm * (1 + tolerance), model.bright);
  band.low.push_back(nothing);
  band.high.push_back(nothing);
  if (!(narrow > 0) || !(wide > 0)) return;
  const double middle = cut.edges((narrow + wide) / 2, model.bright).cd_nm();
  if (!(std::abs(middle - target_nm) <= tolerance * target_nm)) return;
  if (!model.bright) std::swap(narrow, wide);
  const double scale = model.threshold * model.nominal_dose_mj_cm2 / dose_of_one;
  band.low.back() = scale / narrow;
  band.high.back() = scale / wide;
}

}  // namespace

double wafer_dose(const Recipe& recipe, const SurrogateModel& model, double relative) {
  return rounded(model.nominal_dose_mj_cm2 * relative / recipe.process.corners.front().dose);
}

WindowResult twin_window(const Recipe& recipe, const SurrogateModel& model,
                         const std::vector<SurrogateSample>& series) {
  const WindowSection& w = recipe.window;
  WindowResult result;
  result.doses = w.dose;
  result.focus_nm = w.focus_nm;
  result.cd_tolerance_percent = w.cd_tolerance_percent;
  result.wanted_latitude_percent = w.exposure_latitude_percent;
  for (int i = 0; i <= fine_steps; ++i)
    result.fine_focus_nm.push_back(w.focus_nm.front() + (w.focus_nm.back() - w.focus_nm.front()) * i / fine_steps);
  std::vector<double> place;
  for (const SurrogateInput& input : model.inputs) place.push_back(input.nominal);
  std::vector<std::vector<double>> terms;
  for (const double focus : result.fine_focus_nm) {
    place.front() = focus;
    terms.push_back(surrogate_terms(model, place));
  }
  const double dose_of_one = wafer_dose(recipe, model, 1);
  for (std::size_t g = 0; g < model.gauges.size(); ++g) {
    const GaugeSection& given = recipe.gauges[g];
    WindowGauge& gauge = result.gauges.emplace_back();
    gauge.gauge = {given.name, given.at_nm, given.angle_deg, given.cd_nm};
    gauge.band.name = given.name;
    for (const double dose : result.doses) {
      auto& cells = gauge.cells.emplace_back();
      for (const SurrogateSample& sample : series)
        cells.push_back(cell_of(read_cut(model, g, dose * dose_of_one, sample.cuts[g])));
      auto& curve = gauge.bossung_cd_nm.emplace_back();
      for (const auto& at : terms) curve.push_back(read_surrogate(model, g, dose * dose_of_one, at).cd_nm);
    }
    for (const auto& at : terms)
      add_band(model_cut(model.gauges[g], at), model, given.cd_nm, w.cd_tolerance_percent / 100, dose_of_one,
               gauge.band);
  }
  find_window(result);
  return result;
}

}  // namespace anamorph::cli
