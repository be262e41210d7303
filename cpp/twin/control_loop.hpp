// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <map>
#include <string>

#include "cpp/twin/ssp.hpp"

namespace anamorph {

/// What a lithography unit is coupled to, and how.
struct LoopChoice {
  std::string gauge;                       ///< whose CD is etched and held; empty: the first
  std::map<std::string, double> settings;  ///< "etch.bias_nm" -> start value, instead of the one chosen here
  double runs = 200;                       ///< of the default experiment; one a second
};

/// A lithography cell, an etch cell behind it, and run-to-run control that holds the etched CD by the dose: components
/// `lithography`, `etch`, `control`. The system takes in the commanded focus, `focus_nm`, and what dose and focus of
/// the scanner drift by, `dose_drift_mJ_cm2` and `focus_drift_nm`; it gives out `cd_nm`, the etched CD, and
/// `dose_mJ_cm2`.
///
/// The controller's target is the etched CD of the start values, its slope that of the two cells there (central
/// difference over 2 % of the dose), its limits the range of the model. Its measurements come two runs late, as they do
/// where every unit gets what the others gave a step ago (Jacobi's scheme). Weights are a parameter set of the system.
/// Throws Error{input} for a gauge or a setting that is not there, a value out of range, and for a gauge whose etched
/// CD does not depend on the dose or that does not print.
[[nodiscard]] SspSystem control_loop(const FmuDescription& lithography, const LoopChoice& choice);

}  // namespace anamorph
