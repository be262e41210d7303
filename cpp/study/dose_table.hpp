// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "cpp/study/compare.hpp"

namespace anamorph {

/// The dose that lines of a width at a pitch need, mJ/cm2; nothing where they are not resolved.
using DoseOfLines = std::function<std::optional<double>(double pitch_nm, double cd_nm)>;

/// For each scanner the clear-field dose at which photons cause no more than the CD variation that the settings allow,
/// at least `least_dose_mj_cm2`. Simulated for lines of half the target pitch, 1 nm of target pitch apart, as one
/// exposure or as every k-th line of k <= `most_exposures` exposures; between them the logarithm of the dose is
/// straight. Other widths are taken at the nearest k. Nothing outside the range of target pitches.
[[nodiscard]] std::vector<DoseOfLines> simulated_doses(const std::vector<StudyScanner>& scanners,
                                                       const StudySettings& settings, double pitch_low_nm,
                                                       double pitch_high_nm, int most_exposures, const StudyWork& work);

}  // namespace anamorph
