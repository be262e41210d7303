// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/io/compare_result.hpp"

namespace anamorph {

/// `report.html` of `compare`: a self-contained page (inline style, plots and pictures; no script) with what the
/// numbers say and what they cannot say first, then the evidence: smallest half pitches, verdicts, every family of
/// patterns with pictures, windows and curves through pitch, productivity, all assumptions with their origin. The same
/// result gives the same bytes.
[[nodiscard]] std::string compare_report(const CompareResult& result);

}  // namespace anamorph
