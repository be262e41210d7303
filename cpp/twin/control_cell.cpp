// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/control_cell.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anamorph {

namespace {

using V = UnitVariable;

constexpr int largest_delay = 16;

/// Places in the table below.
enum At : std::size_t {
  cd,
  cd_valid,
  target,
  focus_error,
  focus_valid,
  cd_per_dose,
  weight,
  drift_weight,
  dose_start,
  dose_low,
  dose_high,
  dose_step,
  focus_weight,
  focus_start,
  focus_low,
  focus_high,
  focus_step,
  delay,
  period,
  dose,
  focus,
  offset,
  drift,
  runs,
  used,
  limited
};

/// Places in the memory; the doses and focuses of the last runs follow, the last one first.
enum Kept : std::size_t { begin_s, done, a_first, a, d, focus_a, count_used, history };

std::vector<V> table() {
  using enum V::Causality;
  return {
      V::input("cd_nm", "nm", 20, 0.5, 2000, "Measured width"),
      V::flag(input, "cd_valid", true, "cd_nm is a measurement that counts"),
      V::input("target_cd_nm", "nm", 20, 0.5, 2000, "Wanted width"),
      V::input("focus_error_nm", "nm", 0, -500, 500, "Measured distance of the wafer from best focus"),
      V::flag(input, "focus_valid", false, "focus_error_nm is a measurement that counts"),
      V::parameter("cd_per_dose", "nm/(mJ/cm2)", -0.5, -1000, 1000, "Slope of the width over the dose"),
      V::parameter("weight", "1", 0.3, 0, 1, "Weight of the last measurement"),
      V::parameter("drift_weight", "1", 0, 0, 1,
                   "Weight of the last measurement in the drift; 0: no drift is followed"),
      V::parameter("dose_start_mJ_cm2", "mJ/cm2", 30, 0.01, 10000, "Dose of the first run"),
      V::parameter("dose_low_mJ_cm2", "mJ/cm2", 20, 0.01, 10000, "Least dose"),
      V::parameter("dose_high_mJ_cm2", "mJ/cm2", 40, 0.01, 10000, "Greatest dose"),
      V::parameter("dose_step_mJ_cm2", "mJ/cm2", 2, 0, 10000, "Largest change of the dose from run to run"),
      V::parameter("focus_weight", "1", 0.3, 0, 1, "Weight of the last focus measurement"),
      V::parameter("focus_start_nm", "nm", 0, -500, 500, "Focus of the first run"),
      V::parameter("focus_low_nm", "nm", -100, -500, 500, "Least focus"),
      V::parameter("focus_high_nm", "nm", 100, -500, 500, "Greatest focus"),
      V::parameter("focus_step_nm", "nm", 20, 0, 1000, "Largest change of focus from run to run"),
      V::count(parameter, "delay_runs", 0, 0, largest_delay, "Runs by which the measurements come late"),
      V::parameter("run_period_s", "s", 1, 1e-3, 1e6, "Duration of a run"),
      V::output("dose_mJ_cm2", "mJ/cm2", 30, 0.01, 10000, "Dose of the next run"),
      V::output("focus_nm", "nm", 10, -500, 500, "Focus of the next run"),
      V::output("cd_offset_nm", "nm", 1, -1e6, 1e6, "Estimated change of the width since the start, at the same dose"),
      V::output("cd_drift_nm", "nm", 0.1, -1e6, 1e6, "Estimated drift of the width in one run, at the same dose"),
      V::count(output, "runs", 0, 0, std::numeric_limits<int>::max(), "Runs done"),
      V::count(output, "measurements", 0, 0, std::numeric_limits<int>::max(), "Measurements of the width that counted"),
      V::flag(output, "limited", false, "Dose or focus is at a limit, or changed by its largest step"),
  };
}

/// `wanted`, within the limits and no farther than a step from `last`.
double within(double wanted, double low, double high, double last, double step, bool& limited) {
  const double reachable = std::clamp(wanted, last - step, last + step);
  const double allowed = std::clamp(reachable, low, std::max(low, high));
  limited = limited || allowed != wanted;
  return allowed;
}

}  // namespace

ControlCell::ControlCell() : Cell(table()) {}

void ControlCell::start(UnitState& state, double time_s, UnitReport& report) const {
  std::vector<double>& v = state.values;
  std::vector<double>& kept = state.memory;
  bool at_limit = false;
  const double huge = std::numeric_limits<double>::infinity();
  v[dose] = within(v[dose_start], v[dose_low], v[dose_high], v[dose_start], huge, at_limit);
  v[focus] = within(v[focus_start], v[focus_low], v[focus_high], v[focus_start], huge, at_limit);
  kept.assign(history, 0);
  kept[begin_s] = time_s;
  // The first dose is the one that the first estimate asks for.
  kept[a_first] = kept[a] = v[target] - v[cd_per_dose] * v[dose_start];
  kept[focus_a] = -v[focus_start];
  kept.insert(kept.end(), largest_delay + 1, v[dose]);
  kept.insert(kept.end(), largest_delay + 1, v[focus]);
  v[offset] = v[drift] = v[runs] = v[used] = 0;
  v[limited] = at_limit ? 1 : 0;
  if (v[dose_low] > v[dose_high] || v[focus_low] > v[focus_high])
    report.warn("a lower limit lies above its upper one: the lower one holds");
}

void ControlCell::step(UnitState& state, double /*from_s*/, double to_s, UnitReport& report) const {
  std::vector<double>& v = state.values;
  std::vector<double>& kept = state.memory;
  if (v[dose_low] > v[dose_high] || v[focus_low] > v[focus_high])
    report.warn("a lower limit lies above its upper one: the lower one holds");
  const double slope = v[cd_per_dose];
  const bool controllable = std::abs(slope) > 1e-9;
  if (!controllable) report.warn("cd_per_dose is 0: the dose cannot correct the width and stays");

  // Runs that end in this step. They end at multiples of the period; a little tolerance for sums of steps.
  const double ended = std::floor((to_s - kept[begin_s]) / v[period] + 1e-6);
  if (ended <= kept[done]) return;
  kept[done] = ended;
  v[runs] = std::min(ended, static_cast<double>(std::numeric_limits<int>::max()));

  double* const doses = kept.data() + history;
  double* const focuses = doses + largest_delay + 1;
  const auto late = static_cast<std::size_t>(v[delay]);
  if (v[cd_valid] != 0 && controllable) {
    const double seen = v[cd] - slope * doses[late];
    kept[d] += v[drift_weight] * (seen - kept[a] - kept[d]);
    kept[a] += v[weight] * (seen - kept[a]);
    kept[count_used] += 1;
  }
  // The true focus of the measured run was its setting plus what the wafer was off; that is to be undone.
  if (v[focus_valid] != 0) kept[focus_a] += v[focus_weight] * (v[focus_error] - focuses[late] - kept[focus_a]);

  bool at_limit = false;
  const double drift_per_run = v[drift_weight] > 0 ? v[weight] * kept[d] : 0;
  if (controllable) {
    const double ahead = v[drift_weight] > 0 ? kept[d] + static_cast<double>(late) * drift_per_run : 0;
    v[dose] =
        within((v[target] - kept[a] - ahead) / slope, v[dose_low], v[dose_high], doses[0], v[dose_step], at_limit);
  } else {
    v[dose] = doses[0];
  }
  v[focus] = within(-kept[focus_a], v[focus_low], v[focus_high], focuses[0], v[focus_step], at_limit);
  for (double* const past : {doses, focuses}) std::copy_backward(past, past + largest_delay, past + largest_delay + 1);
  doses[0] = v[dose];
  focuses[0] = v[focus];
  v[offset] = kept[a] - kept[a_first];
  v[drift] = drift_per_run;
  v[used] = kept[count_used];
  v[limited] = at_limit ? 1 : 0;
}

}  // namespace anamorph
