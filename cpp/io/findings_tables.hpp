// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/markers.hpp"
#include "cpp/measure/findings.hpp"

namespace anamorph {

/// What a kind is, in a few words: "the print is too narrow, or broken".
[[nodiscard]] const char* kind_words(FindingKind kind) noexcept;

/// "12.3 nm", "open", "no edge": the value of a finding to be read.
[[nodiscard]] std::string value_words(const Finding& finding);

/// The first eight hexadecimal digits of a pattern.
[[nodiscard]] std::string pattern_name(std::uint64_t pattern);

/// The findings that are kept, worst first within their kind: rank, kind, place, the line or box that shows it, value
/// and limit with their unit, severity, condition, pattern and how many findings of the kind have that pattern.
[[nodiscard]] std::string findings_csv(const Findings& findings, const std::vector<std::string>& conditions);

/// The same for KLayout's marker browser: kinds with their counts, below them the patterns, worst first.
[[nodiscard]] std::vector<MarkerKind> finding_kinds_of(const Findings& findings);
[[nodiscard]] std::vector<Marker> finding_markers(const Findings& findings, const std::vector<std::string>& conditions);

}  // namespace anamorph
