// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <filesystem>
#include <memory>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/recipe.hpp"
#include "cpp/resist/resist.hpp"
#include "optics_models/mirrors.hpp"

// From a recipe to a judged mask: what simulate, ilt, verify and suite have in common.

namespace anamorph::cli {

/// RuleCheck::name of verify.limits.mask_violations.
inline constexpr const char* mask_violations_rule = "Mask rule violations";

/// The drawn shapes on their window; everything is in the layout's own coordinates.
struct Clip {
  Grid grid;
  std::vector<Polygon> shapes;  ///< merged
  bool inside = false;          ///< no shape crosses the window's edge
  Bitmap target;                ///< the shapes in pixels, by the rule layout.target
};

/// The grid of the recipe's window; a tile starts at `origin`. Throws Error{recipe} when the window is no whole number
/// of pixels, or too large for one period: layouts of any size are for `tile` and `verify`.
[[nodiscard]] Grid window_grid(const Recipe& recipe, const Point& origin);
/// What a grid covers.
[[nodiscard]] Box window_of(const Grid& grid);

[[nodiscard]] Clip load_clip(const Recipe& recipe, int threads);

[[nodiscard]] ResistModel resist_model(const Recipe& recipe);

struct Mask {
  Bitmap bitmap;             ///< 1 = opening
  bool from_shapes = false;  ///< the bitmap only pictures the shapes, which are imaged with their exact spectrum
};

/// The mask of the recipe: mask.file, else the layout. Throws Error{input} when the file does not fit the grid.
[[nodiscard]] Mask load_mask(const Recipe& recipe, const Clip& clip);

/// Share of the mask that is open: of its shapes where it has them, else of its pixels.
[[nodiscard]] double clear_share(const Recipe& recipe, const Clip& clip, const Mask& mask);

/// The files that a run of this recipe reads.
[[nodiscard]] std::vector<std::filesystem::path> inputs_of(const Recipe& recipe);

/// Exact spectrum of the mask that the shapes are, on the bins of a stack; the shapes lie inside the window.
[[nodiscard]] std::vector<std::complex<double>> mask_spectrum(const Recipe& recipe, const Clip& clip, const Box& window,
                                                              const CoherentStack& stack);

/// Images of a mask per stack of the model; a condition's dose is a factor on them.
struct Exposure {
  std::vector<Image<double>> aerial;
  std::vector<Image<double>> blurred;  ///< empty without a blur: the same as aerial
  [[nodiscard]] const Image<double>& latent(const Condition& condition) const {
    return (blurred.empty() ? aerial : blurred)[static_cast<std::size_t>(condition.stack)];
  }
};

/// What the local density makes of the even flare of the model: the light that the recipe's mirrors scatter to each
/// pixel, minus that mean. Beyond the window the mask is as clear as the recipe says, or as the window is.
[[nodiscard]] Image<double> uneven_flare(const Recipe& recipe, const ScatterKernel& kernel, const ImagingModel& model,
                                         const Clip& clip, const Mask& mask);

[[nodiscard]] Exposure expose(Backend& backend, const ImagingModel& model, const Recipe& recipe, const Clip& clip,
                              const Mask& mask);

/// The image of a condition with its dose.
[[nodiscard]] Image<double> scaled(Image<double> image, double dose);

/// Prints, L2, PV band, EPE, gauges, what a mask shop sees, and the limits that the recipe asks for (`mask_rules`:
/// those of the mask too). The nominal aerial image moves into the result.
[[nodiscard]] ClipResult judge(const Recipe& recipe, const Clip& clip, const ImagingModel& model, const Mask& mask,
                               Exposure exposure, bool mask_rules);

}  // namespace anamorph::cli
