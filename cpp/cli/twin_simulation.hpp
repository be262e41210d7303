// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/cli/console.hpp"
#include "cpp/cli/window_series.hpp"
#include "cpp/io/recipe.hpp"
#include "cpp/measure/focus_exposure.hpp"
#include "cpp/twin/surrogate_fit.hpp"

namespace anamorph::cli {

/// Without the last digits that arithmetic leaves: 32.4 and not 32.400000000000006.
[[nodiscard]] double rounded(double value);

/// The recipe's process as a function of the inputs of its twin: the image along the cut of every gauge at any focus,
/// mask bias and Zernike coefficients. All of the recipe's optics count. Images are Abbe's sum itself, in parts that
/// fit the memory: kernels would cost more than they save when a stack serves a single mask, and their truncation would
/// not be smooth in the inputs.
class TwinSimulation {
 public:
  /// Throws Error{recipe} for what cannot be a twin: given kernels, no gauges, a dose that is an amplitude, ranges
  /// without extent or without the nominal condition, an unknown dose.
  TwinSimulation(const Recipe& recipe, const Clip& clip, const Mask& mask, const std::string& backend, int threads);

  /// Inputs, gauges, resist and dose; degrees, coefficients and errors are to be filled.
  [[nodiscard]] const SurrogateModel& frame() const noexcept { return frame_; }
  /// By how much the phases of two rays differ at most over half the range of each input.
  [[nodiscard]] const std::vector<double>& reach() const noexcept { return reach_; }
  /// Of Abbe's sum as a single stack.
  [[nodiscard]] double stack_bytes() const noexcept { return stack_bytes_; }

  /// One sample per place; what a place has beyond the inputs is left out. Ctrl-C stops it.
  [[nodiscard]] std::vector<SurrogateSample> images(const std::vector<std::vector<double>>& places, Console& console,
                                                    const std::string& what) const;

  [[nodiscard]] int source_points() const noexcept { return source_points_; }

 private:
  [[nodiscard]] Recipe at(std::span<const double> place) const;
  [[nodiscard]] std::vector<std::vector<double>> cuts(Backend& backend, std::span<const double> place) const;
  void add_inputs();
  void add_gauges(const Clip& clip, const CoherentStack& stack);

  Recipe recipe_;
  std::vector<std::unique_ptr<Backend>> backends_;  ///< one per thread on a CPU
  Box window_;
  MaskSeries masks_;
  double flare_ = 0;
  double nominal_clear_ = 0;
  FocusExposure::Background background_;
  std::vector<SampleLine> lines_;
  SurrogateModel frame_;
  std::vector<int> terms_;  ///< Zernike number of each input; 0: focus, -1: mask bias
  std::vector<double> reach_;
  double stack_bytes_ = 0;
  int source_points_ = 0;
};

}  // namespace anamorph::cli
