// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/compare_result.hpp"
#include "optics_models/source.hpp"

namespace anamorph {

/// Inline SVG for the report of `compare`, in the classes of the style sheet.

/// The light over the pupil: brightness over directions, the rim of the pupil (1) and of its obscuration (dashed), axes
/// in units of sigma. `fill` is the lit share of the pupil, NaN when it is not known. A piece of a drawing, `side` wide
/// with its upper left corner at (x, y); the numbers of the axes lie left of and below it, within 34.
[[nodiscard]] std::string source_piece(const std::vector<SourcePoint>& source, double fill, double obscuration,
                                       double x, double y, double side);

/// A pattern under all scanners beside each other: images on one scale of colours and of lengths with drawn shapes and
/// printed edges, verdict and key figures, and below each the source with its name.
[[nodiscard]] std::string pattern_pictures_svg(const StudyResult& study, std::size_t pattern);

}  // namespace anamorph
