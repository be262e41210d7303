// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/io/recipe.hpp"
#include "cpp/study/compare.hpp"
#include "cpp/study/productivity.hpp"
#include "optics_models/scanner.hpp"

namespace anamorph {

// What the [compare] of a recipe is as a study.

/// The recipe once for each [[compare.scanner]], with that scanner's optics. Throws Error{recipe} with the key's place.
[[nodiscard]] std::vector<Recipe> scanner_recipes(const Recipe& recipe);

/// The scanner of one of them and its data file.
struct StudyScannerFile {
  StudyScanner scanner;
  Scanner file;
};
[[nodiscard]] StudyScannerFile study_scanner(const Recipe& scanner_recipe, const CompareScannerSection& section);

[[nodiscard]] StudySettings study_settings(const Recipe& recipe);

/// The generated patterns; those of kind `layout` are left to who can read layouts.
[[nodiscard]] std::vector<StudyPattern> study_patterns(const Recipe& recipe);

/// What the images and their verdicts rest on: numbers of the scanners' files and of the recipe, each with its origin.
/// Those of productivity are told by the study itself.
[[nodiscard]] std::vector<Assumption> study_assumptions(const std::vector<Recipe>& scanner_recipes,
                                                        const std::vector<StudyScannerFile>& scanners);

/// The process of the study: compare.process_file, or the shipped one.
[[nodiscard]] std::vector<Quantity> study_process(const Recipe& recipe);

}  // namespace anamorph
