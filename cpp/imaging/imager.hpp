// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <memory>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"

namespace anamorph {

/// One process condition. Dose scales the intensity; focus chooses the stack.
struct Condition {
  std::string name;
  double dose = 1;      ///< factor on the intensity
  double focus_nm = 0;  ///< for the record; the stack carries the physics
  int stack = 0;        ///< index into ImagingModel::stacks
  bool band = true;     ///< its print counts in the PV band
};

/// The optics of a process: one stack per focus, one condition per corner. The first condition is the nominal one.
struct ImagingModel {
  std::vector<CoherentStack> stacks;
  std::vector<Condition> conditions;
  double blur_x_nm = 0;  ///< standard deviation of the stage's vibration: a Gaussian blur of the image
  double blur_y_nm = 0;
  double flare = 0;  ///< even intensity that is added to every image; what it takes from the light is in the stacks

  /// Throws Error{recipe} unless there is a condition, all stacks share period and extents, and indices are valid.
  void validate() const;
};

/// Frequency band of the intensities of a model and the plan that brings them to the pixel centres of `grid`, blurred
/// by the stage and by a Gaussian of `blur_nm`. The grid must span exactly one period of the stacks.
[[nodiscard]] ResamplePlan resample_plan(const ImagingModel& model, const CoherentSum& sum, const Grid& grid,
                                         double blur_nm);

/// Aerial images of one clip: mask or mask spectrum in, one image per stack out, sampled at pixel centres of `grid`.
/// Intensities are relative to the clear field of the stack's own normalisation; dose is not applied.
class Imager {
 public:
  /// `grid` spans one period of the stacks and is used for masks and images alike. `blur_nm` is the standard deviation
  /// of a Gaussian blur of the image (resist diffusion), exact on the band-limited spectrum.
  Imager(Backend& backend, const ImagingModel& model, const Grid& grid, double blur_nm = 0);

  /// Images of a mask given as area coverage per pixel (0 .. 1), [stack].
  [[nodiscard]] std::vector<Image<double>> images(const Image<double>& coverage);
  [[nodiscard]] std::vector<Image<double>> images(const Bitmap& mask);

  /// Images of a mask given by its exact spectrum M(f), [my + extent_y][mx + extent_x] with the origin at the
  /// lower-left corner of the grid (see masks/polygon_spectrum.hpp).
  [[nodiscard]] std::vector<Image<double>> images(const std::vector<std::complex<double>>& spectrum);

 private:
  std::vector<Image<double>> from_spectrum();

  Backend& backend_;
  Grid grid_;
  double flare_;
  std::unique_ptr<MaskSpectrum> mask_spectrum_;
  std::vector<std::unique_ptr<CoherentSum>> sums_;
  std::unique_ptr<Resample> resample_;
  Array spectrum_, intensity_;
  Array image_;  ///< holds the mask on its way in, the image on its way out
};

}  // namespace anamorph
