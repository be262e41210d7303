// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/cli/console.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/recipe.hpp"
#include "cpp/io/window_result.hpp"
#include "cpp/measure/focus_exposure.hpp"

namespace anamorph::cli {

/// The masks of a series: the recipe's, and the same with all measured features larger or smaller.
struct MaskSeries {
  std::vector<Polygon> polygons;
  bool absorber = false;
  bool bright = true;

  /// Spectrum on the bins of a stack of the mask whose features of the measured tone are wider by `change_nm` on the
  /// wafer's scale: their edges move by half of it.
  [[nodiscard]] std::vector<std::complex<double>> spectrum(double change_nm, const Box& window,
                                                           const CoherentStack& stack) const;
};

[[nodiscard]] MaskSeries mask_series(const Recipe& recipe, const Clip& clip, const Mask& mask);

/// Light that comes on top of the image: the model's even flare, with what the density makes of it where the recipe has
/// rough mirrors. Empty without flare.
[[nodiscard]] FocusExposure::Background background_of(const Recipe& recipe, const Clip& clip, const Mask& mask,
                                                      const ImagingModel& model);

/// How fast images change with focus at most, 1/nm; the shortest wavelength sets it.
[[nodiscard]] double focus_band(const Recipe& recipe);

/// The gauges and EPE sites of a recipe, and how its resist answers.
[[nodiscard]] FocusExposurePlan measurement_plan(const Recipe& recipe, const Clip& clip);

/// Time spent on kernels and on images, and what the kernels leave out.
struct SeriesCost {
  int images = 0;  ///< foci that were imaged
  double kernel_seconds = 0;
  double image_seconds = 0;
  std::vector<Metric> optics;  ///< the worst of all nodes
  std::vector<std::string> warnings;
};

/// Images the mask, and the two variants of it that the plan asks for, at the nodes of the recipe's focus range. Each
/// node is imaged on the small grid of a CoherentSum, all masks together, and read along the cuts alone; its kernels
/// are gone before the next one's are made. Nodes that have the same image are imaged once.
[[nodiscard]] FocusExposure image_series(const Recipe& recipe, const Clip& clip, const Mask& mask,
                                         const FocusExposurePlan& plan, Backend& backend, int threads, SeriesCost& cost,
                                         Console& console);

/// The window that the bands of a result have in common, what fits into it, and the condition where single figures are
/// told.
void find_window(WindowResult& result);

}  // namespace anamorph::cli
