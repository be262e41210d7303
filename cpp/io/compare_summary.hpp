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

/// The same lines along x and along y under a scanner, of the families "... horizontal" and "... vertical", both
/// resolved.
struct DirectionDifference {
  std::size_t vertical = 0;    ///< pattern
  std::size_t horizontal = 0;  ///< pattern
  std::size_t scanner = 0;
  double nils = 0;          ///< horizontal minus vertical
  double dose_percent = 0;  ///< of the dose to size: horizontal over vertical, minus one
  std::optional<double> best_focus_nm;
};
[[nodiscard]] std::vector<DirectionDifference> direction_differences(const StudyResult& study);

/// Middle value; nothing for an empty list.
[[nodiscard]] std::optional<double> median(std::vector<double> values);

/// Sentences, each computed from the numbers: what each scanner resolves and prints, which patterns only one prints,
/// why the others fail, what is gained and lost where all print, what that costs.
[[nodiscard]] std::vector<std::string> study_conclusions(const CompareResult& result);

/// What the study cannot show, and of what therefore nothing is concluded.
[[nodiscard]] std::vector<std::string> study_caveats(const StudyResult& study);

}  // namespace anamorph
