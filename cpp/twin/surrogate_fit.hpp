// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "cpp/twin/surrogate_model.hpp"

// From simulations to the model inside the co-simulation unit.
//
// Through every input the intensity of a point is a sum of waves exp(i r t), t = -1 .. 1 over the input's range: two
// rays of the pupil differ in phase by at most r for focus, for a Zernike term and for the move of a mask's edges. The
// Chebyshev coefficients of such a wave are 2 J_n(r) <= 2 (r / 2)^n / n!, so that few products are needed, and which of
// them follows from the r of all inputs before anything is simulated.

namespace anamorph {

/// The image of one state of the process along the cut of every gauge.
struct SurrogateSample {
  std::vector<double> inputs;             ///< in the order of the model's
  std::vector<std::vector<double>> cuts;  ///< [gauge][sample]
};

/// The products of Chebyshev polynomials, [term][input], whose bound prod_i min(1, 2 (r_i / 2)^n_i / n_i!) is at least
/// `smallest`; `reach` holds the r of each input. The constant comes first. Throws Error{recipe} unless
/// 0 < smallest <= 1 and every r is finite and not negative.
[[nodiscard]] std::vector<std::uint8_t> surrogate_degrees(std::span<const double> reach, double smallest);

/// Places first .. first + count - 1 of a sequence that fills the ranges of the inputs evenly, denser towards their
/// ends, as polynomials want it (density 1 / sqrt(1 - t^2)): the additive sequence whose steps are the square roots of
/// the primes (Richtmyer, Los Alamos report LA-1342 (1951)), shifted by the seed. Later places fill the gaps of earlier
/// ones.
[[nodiscard]] std::vector<std::vector<double>> design_points(const std::vector<SurrogateInput>& inputs, int first,
                                                             int count, unsigned seed);

/// Independent places of even density in the ranges of the inputs, each with a dose of the model's range behind them.
[[nodiscard]] std::vector<std::vector<double>> random_points(const SurrogateModel& model, int count, unsigned seed);

/// What a fit came to.
struct SurrogateFit {
  std::size_t samples = 0;
  std::size_t terms = 0;
  double smallest_term = 0;       ///< the bound that chose them
  double left_out_rms = 0;        ///< of the intensity, each sample predicted from all others
  double left_out_cd_nm = 0;      ///< the largest error of a CD at the nominal dose, likewise, within the tolerance
  std::size_t left_out_lost = 0;  ///< CDs that only the simulation, or only the prediction, has
};

/// Samples that are taken for each term, at least.
inline constexpr double surrogate_oversampling = 2;

/// Fits the images of all gauges by least squares, and fills `degrees` and `coefficients` of a model whose inputs,
/// gauges (name, target, cut) and resist are there already. Of the sets of surrogate_degrees that the number of samples
/// allows it takes the one that predicts samples best that were left out (which costs nothing: the residuals divided by
/// one minus their leverage). `cd_tolerance` is the share by which a CD may be off its target where its error counts:
/// beyond it a feature may be about to vanish. Throws Error{recipe} for fewer than four samples, and for samples that
/// do not fit the model.
SurrogateFit fit_surrogate(SurrogateModel& model, const std::vector<SurrogateSample>& samples,
                           std::span<const double> reach,
                           double cd_tolerance = std::numeric_limits<double>::infinity());

/// What the gauge prints in one state, read from its image by the model's own code.
[[nodiscard]] SurrogateReading read_cut(const SurrogateModel& model, std::size_t gauge, double dose_mj_cm2,
                                        std::span<const double> cut);

}  // namespace anamorph
