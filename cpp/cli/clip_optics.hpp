// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/grid.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/recipe.hpp"

namespace anamorph::cli {

/// The optics and conditions of a recipe on one window, and what is to be said of them.
struct ClipOptics {
  ImagingModel model;
  std::vector<Metric> metrics;  ///< kernels, captured share, error of the truncation: the worst of all focus positions
};

/// `density` is the clear share of the mask, which the flare takes unless the recipe says otherwise.
[[nodiscard]] ClipOptics clip_optics(const Recipe& recipe, const Grid& grid, double density, int threads);

/// The kernels that the recipe gives for a focus condition: in our form, or the contest's.
[[nodiscard]] CoherentStack given_kernels(const Recipe& recipe, const std::string& condition, const Grid& grid);

}  // namespace anamorph::cli
