// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/compare_result.hpp"
#include "cpp/io/compare_summary.hpp"

namespace anamorph {

/// Inline SVG for the report of `compare`, in the classes of the style sheet.

/// For each family and scanner the half pitches that it prints, those that it resolves only, and the cut-off.
[[nodiscard]] std::string limits_svg(const StudyResult& study);

struct TitledPlot {
  std::string title;
  std::string svg;
};

/// A family through pitch, a curve for each scanner: NILS, contrast, exposure latitude, depth of focus, MEEF, dose for
/// the wanted CD variation, least dimension on the mask, best focus. Marks: full where printable, hollow where
/// resolved, crosses below; arrows where the depth of focus is a lower bound. What has no value is left out.
[[nodiscard]] std::vector<TitledPlot> pitch_plots(const StudyResult& study, const StudyFamily& family);

/// The process windows of a pattern under all scanners that have one, in one plot; empty without any.
[[nodiscard]] std::string study_window_svg(const StudyResult& study, std::size_t pattern);
/// The exposure latitude over the depth of focus, likewise; small as one of pitch_plots().
[[nodiscard]] std::string study_latitude_svg(const StudyResult& study, std::size_t pattern, bool small = false);

/// Over pitch, a curve for each scanner that breaks where the number of masks changes: cost of a layer over that of the
/// reference, and wafers per hour that get the whole layer. Cross-overs are marked.
[[nodiscard]] std::string cost_svg(const StudyResult& study, const ProductivityResult& productivity);
[[nodiscard]] std::string layers_per_hour_svg(const StudyResult& study, const ProductivityResult& productivity);
[[nodiscard]] std::string masks_svg(const StudyResult& study, const ProductivityResult& productivity);

/// What each assumption does to an output: the most important ones that do anything.
inline constexpr std::size_t most_tornado_rows = 12;
[[nodiscard]] bool has_effect(const TornadoBar& bar);
[[nodiscard]] std::string study_tornado_svg(const Tornado& tornado);

/// "source power" for an assumption "source_power_W" in W.
[[nodiscard]] std::string assumption_label(const Assumption& assumption);

}  // namespace anamorph
