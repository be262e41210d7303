// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/twin/unit_cell.hpp"

namespace anamorph {

/// Run-to-run control of the dose by the measured CD, and of focus by a measured focus error.
///
/// The process is taken as CD = a + b dose, where the slope b (`cd_per_dose`) is known and a drifts. After each run the
/// estimate moves by `weight` towards what the measurement says, with the dose that the measured run really had:
///     a <- a + weight (CD - b dose - a),    dose <- (target - a) / b
/// (exponentially weighted moving average: Sachs, Hu, Ingolfsson, IEEE Trans. Semicond. Manuf. 8, 26 (1995)). With
/// `drift_weight` > 0 a second average follows the drift,
///     D <- D + drift_weight (CD - b dose - a_before - D),    dose <- (target - a - D) / b
/// (Butler, Stefani, IEEE Trans. Semicond. Manuf. 7, 193 (1994)): a CD that drifts by c a run is off by c / weight
/// under the first, and not at all under the second. A measurement that comes `delay_runs` runs late belongs to the
/// dose of then, and the drift is carried forward over them. Dose and focus stay within their limits and change by no
/// more than their largest step a run. A run in which `cd_valid` is false leaves the estimate as it is. A run lasts
/// `run_period_s`; within one nothing changes.
class ControlCell : public Cell {
 public:
  ControlCell();

  void start(UnitState& state, double time_s, UnitReport& report) const override;
  void step(UnitState& state, double from_s, double to_s, UnitReport& report) const override;
};

}  // namespace anamorph
