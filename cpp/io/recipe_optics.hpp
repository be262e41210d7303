// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "cpp/io/recipe.hpp"
#include "optics_models/mirrors.hpp"
#include "optics_models/projection.hpp"
#include "optics_models/scanner.hpp"
#include "optics_models/socs.hpp"

namespace anamorph {

/// What the [optics] of a recipe are as models. Not for recipes with given kernels.

/// The data file that the recipe names, if it does.
[[nodiscard]] std::optional<Scanner> scanner_of(const Recipe& recipe);

/// The lens with its pupil, spectrum and films, at focus 0. Reads the maps that the recipe names. Throws Error{recipe}
/// with the key's place for values that do not fit each other, Error{input} for a map that cannot be read.
[[nodiscard]] Projection projection_of(const Recipe& recipe);

/// The source, its points `step` apart, turned by rotation and slit. Errors likewise.
[[nodiscard]] Source source_of(const Recipe& recipe, double step);

/// The same with the recipe's step, or one that suits a window of this size.
[[nodiscard]] Source source_of(const Recipe& recipe, const Projection& projection, double period_x_nm,
                               double period_y_nm);

/// The resist films as far as they are known without reading a file; empty without [[film]].
[[nodiscard]] std::optional<ImagePlanes> planes_of(const Recipe& recipe);

/// The kernel of the recipe's rough mirrors; empty without any.
[[nodiscard]] std::optional<ScatterKernel> scatter_of(const Recipe& recipe);

/// What they do in all: wavefront error of their figure, flare, lost light; empty without any.
[[nodiscard]] std::optional<ScatterBudget> scatter_budget_of(const Recipe& recipe);

/// Scattered share of the light: of the mirrors, or as given.
[[nodiscard]] double flare_of(const Recipe& recipe);

[[nodiscard]] SocsOptions socs_options(const Recipe& recipe, int threads);

/// The files that the optics are read from.
[[nodiscard]] std::vector<std::filesystem::path> optics_files(const Recipe& recipe);

}  // namespace anamorph
