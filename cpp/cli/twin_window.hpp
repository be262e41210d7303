// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/io/recipe.hpp"
#include "cpp/io/window_result.hpp"
#include "cpp/twin/surrogate_fit.hpp"

namespace anamorph::cli {

/// The recipe's focus-exposure matrix of a twin: cells as simulated at its foci, curves and window of the model between
/// them. `series` holds the simulations at the recipe's foci, every other input nominal.
[[nodiscard]] WindowResult twin_window(const Recipe& recipe, const SurrogateModel& model,
                                       const std::vector<SurrogateSample>& series);

/// Relative dose -> the model's.
[[nodiscard]] double wafer_dose(const Recipe& recipe, const SurrogateModel& model, double relative);

}  // namespace anamorph::cli
