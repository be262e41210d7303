// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/core/image.hpp"

namespace anamorph {

/// Constant-threshold resist: what matters is where dose x (blurred intensity) exceeds a threshold.
struct ResistModel {
  double threshold = 0.225;
  double blur_nm = 0;             ///< standard deviation of the Gaussian diffusion; the imaging layer applies it
  bool bright = true;             ///< the pattern stands where the intensity is above the threshold, else below
  double sigmoid_steepness = 50;  ///< of the differentiable stand-in, per unit of intensity

  /// Throws Error{recipe} unless threshold > 0, blur >= 0, steepness > 0, all finite.
  void validate() const;
};

/// 1 where the pattern prints: dose I >= threshold if bright, dose I < threshold if not. `dose` multiplies intensity.
[[nodiscard]] Bitmap printed(const Image<double>& intensity, double dose, const ResistModel& model);

/// The smooth print in (0, 1): logistic(+-steepness (dose I - threshold)); 1/2 on the contour.
[[nodiscard]] Image<double> sigmoid_resist(const Image<double>& intensity, double dose, const ResistModel& model);

/// Transfer of a Gaussian blur at frequency f (1/nm): exp(-2 pi^2 sigma^2 f^2).
[[nodiscard]] double gaussian_transfer(double frequency, double sigma_nm) noexcept;

}  // namespace anamorph
