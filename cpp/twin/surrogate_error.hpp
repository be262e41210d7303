// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "cpp/twin/surrogate_fit.hpp"

namespace anamorph {

/// A simulation that no fit has seen, at a dose.
struct HeldOut {
  SurrogateSample sample;
  double dose_mj_cm2 = 0;
};

/// How far the model is off in one output of a gauge.
struct OutputError {
  double largest = 0;
  double rms = 0;
  double standard = 0;  ///< what the model states as its standard error
  double coverage = 1;  ///< share of the points whose error is within the coverage factor times that
};

struct GaugeError {
  std::string gauge;
  int points = 0;  ///< with edges
  int absent = 0;  ///< without, as both the simulation and the model say
  int lost = 0;    ///< where only one of them finds edges; not covered, whatever is stated
  OutputError cd, epe, nils;
};

/// Errors of a model at points that were held out. Of the two edges of a gauge the worse one counts.
[[nodiscard]] std::vector<GaugeError> surrogate_errors(const SurrogateModel& model, std::span<const HeldOut> points,
                                                       double coverage_factor);

/// States in the model, for each output, a standard error u such that with 99 % confidence at least `level` of all
/// conditions have an error of at most k u, k = coverage_factor(level): k u is the order statistic of the errors that
/// says so whatever their distribution is (Wilks, Ann. Math. Stat. 12, 91 (1941)), and u is no less than their rms.
/// Throws Error{recipe} for fewer points than held_out_points(level).
void state_errors(SurrogateModel& model, std::span<const HeldOut> points, double level);

/// Points that an order statistic needs for that statement, and at least 100.
[[nodiscard]] int held_out_points(double level);

/// k for which a normal error is within k standard deviations with probability `level`: 1.96 at 0.95. Throws
/// Error{recipe} unless 0.5 <= level <= 0.999.
[[nodiscard]] double coverage_factor(double level);

}  // namespace anamorph
