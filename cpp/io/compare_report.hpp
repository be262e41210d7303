// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/compare_result.hpp"

namespace anamorph {

struct StudyFigure {
  std::string title;
  TextFile file;
};

/// `report.html` of `compare`: a self-contained page (inline style, plots and pictures; no script) with what the
/// numbers say and what they cannot say first, then the evidence: smallest half pitches, verdicts, every family of
/// patterns with pictures, windows and curves through pitch, productivity, all assumptions with their origin. The same
/// result gives the same bytes.
[[nodiscard]] std::string compare_report(const CompareResult& result);

/// The drawings that a page of text wants, as SVG files of their own in `figures/`: `limits.svg`; of each family, its
/// name in front, `_images.svg`, `_window.svg` and `_nils.svg`; `cost.svg`, `wafers.svg`, `tornado_1.svg` and on. Those
/// that show something; families that are another one turned by 90 degrees are left out.
[[nodiscard]] std::vector<StudyFigure> compare_figures(const CompareResult& result);

}  // namespace anamorph
