// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/twin/surrogate_model.hpp"
#include "cpp/twin/unit_cell.hpp"

namespace anamorph {

/// The gauges' names as parts of variables' names, such that all variables of the cell have different names.
[[nodiscard]] std::vector<std::string> gauge_names(const SurrogateModel& model);

/// What a scanner and a resist print, from the surrogate: inputs `dose_mJ_cm2` and those of the model; what dose and
/// focus are off by themselves, `dose_offset_mJ_cm2` and `focus_offset_nm`, which is added to them; for each of the first
/// parameter `<input>_u`, its standard uncertainty; for each gauge outputs `cd_nm_<gauge>`, `epe_nm_<gauge>` and
/// `nils_<gauge>`, each with its standard uncertainty behind `_u`, and `valid_<gauge>`. A gauge whose target has no
/// edge has no `epe_nm_<gauge>`.
///
/// A feature that does not print is no NaN: its CD is 0 when it is absent and the length of the cut when it ran
/// together with its neighbours, each edge is off accordingly, NILS is 0, the uncertainties are the length of the cut
/// (of NILS: the largest value of that output), `valid_<gauge>` and `valid` are false, and a warning tells it. Where
/// the feature prints but would not within the uncertainty of the inputs, the values stay, with the same uncertainties
/// and warning.
class LithoCell : public Cell {
 public:
  explicit LithoCell(SurrogateModel model);

  void start(UnitState& state, double time_s, UnitReport& report) const override;
  void step(UnitState& state, double from_s, double to_s, UnitReport& report) const override;

 private:
  void compute(UnitState& state, UnitReport& report) const;

  SurrogateModel model_;
};

}  // namespace anamorph
