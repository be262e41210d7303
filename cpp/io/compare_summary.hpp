// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cpp/io/compare_result.hpp"

// What follows from the numbers of a study, for its report and tables.

namespace anamorph {

/// Names to be read: the title, or where two scanners share it or have none, the name; and in short the NA ("0.33 NA")
/// where no other scanner has it.
[[nodiscard]] std::string scanner_label(const StudyResult& study, std::size_t scanner);
[[nodiscard]] std::string scanner_short(const StudyResult& study, std::size_t scanner);

/// "printable", "mask too fine" ...
[[nodiscard]] std::string verdict_text(Verdict verdict);

/// The families in the order of their first pattern, each with its patterns by ascending pitch.
struct StudyFamily {
  std::string name;
  std::vector<std::size_t> patterns;
};
[[nodiscard]] std::vector<StudyFamily> study_families(const StudyResult& study);

/// The pattern of a family that tells most: the one of the smallest pitch that some but not all scanners print; or that
/// all print; or that some resolve; or the one of the largest pitch.
[[nodiscard]] std::size_t telling_pattern(const StudyResult& study, const StudyFamily& family);

/// Middle value; nothing for an empty list.
[[nodiscard]] std::optional<double> median(std::vector<double> values);

/// The study's conclusions, and those that compare: why patterns fail, what is gained and lost where all scanners
/// resolve, what a layer costs.
[[nodiscard]] std::vector<std::string> all_conclusions(const CompareResult& result);

/// What the study cannot show: what it says itself, and what its resist, light and lenses leave out.
[[nodiscard]] std::vector<std::string> all_caveats(const StudyResult& study);

}  // namespace anamorph
