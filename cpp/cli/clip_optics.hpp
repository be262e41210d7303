// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cpp/core/grid.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/recipe.hpp"
#include "optics_models/projection.hpp"
#include "optics_models/socs.hpp"

namespace anamorph::cli {

/// The optics and conditions of a recipe on one window, and what is to be said of them.
struct ClipOptics {
  ImagingModel model;
  std::vector<Metric> metrics;  ///< kernels, captured share, error of the truncation: the worst of all focus positions
  std::vector<std::string> warnings = {};
};

/// Where the image of a condition is taken.
struct LensSetting {
  double focus_nm = 0;
  std::optional<double> depth_nm;  ///< in the resist film; absent: the mean over depths

  bool operator==(const LensSetting&) const = default;
};

/// The different settings of the recipe's corners, in the order of their first use.
[[nodiscard]] std::vector<LensSetting> lens_settings(const Recipe& recipe);

[[nodiscard]] Projection at_setting(Projection projection, const LensSetting& setting);

/// What is to be said of kernels that leave out more than is asked for, and enough to matter; empty otherwise.
[[nodiscard]] std::string truncation_warning(const Recipe& recipe, double error, int kernels);

/// The recipe's truncation; Ctrl-C stops it.
[[nodiscard]] SocsOptions stoppable_socs(const Recipe& recipe, int threads);

/// `density` is the clear share of the mask, which the flare takes unless the recipe says otherwise.
[[nodiscard]] ClipOptics clip_optics(const Recipe& recipe, const Grid& grid, double density, int threads);

/// The kernels that the recipe gives for a focus condition: in our form, or the contest's.
[[nodiscard]] CoherentStack given_kernels(const Recipe& recipe, const std::string& condition, const Grid& grid);

}  // namespace anamorph::cli
