// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/compare_report.hpp"

namespace anamorph {

/// The study as a page of text: conclusions, what it cannot show, tables, all assumptions with their origin. It has
/// nothing that depends on the machine or the day. Figures are shown by their names, which are relative to the page.
[[nodiscard]] std::string compare_markdown(const CompareResult& result, const std::vector<StudyFigure>& figures);

}  // namespace anamorph
