// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace anamorph {

/// A number that is known from elsewhere, and how the library comes to it. The tests check each; docs/accuracy.md shows
/// them.
struct AccuracyCase {
  std::string group;
  std::string name;
  std::string origin;  ///< of the expected value: a formula, or "independent program"
  double expected = 0;
  double tolerance = 0;  ///< half of the last digit that is known, or what the arithmetic allows
  std::function<std::optional<double>()> compute;  ///< nothing when the data it needs are absent
};

/// `data`: folder of the benchmark data, which are not part of the project.
[[nodiscard]] std::vector<AccuracyCase> accuracy_cases(const std::string& data);

/// What a group's values have in common: how they are computed, and what there is to know about them.
[[nodiscard]] std::string accuracy_method(const std::string& group);

/// Contrast of equal lines under the library's own quadrature of a source, against the exact integral over it.
struct ConvergenceStep {
  std::string setting;
  double step = 0;
  bool suggested = false;  ///< the step that a recipe takes by itself for a window of one pitch
  int points = 0;
  double error = 0;
};
[[nodiscard]] std::vector<ConvergenceStep> source_convergence();

}  // namespace anamorph
