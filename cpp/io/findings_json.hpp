// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <string_view>

#include "cpp/measure/findings.hpp"

namespace anamorph {

/// What was found in a tile as a JSON text without line breaks: numbers as they are, so that reading gives the same
/// findings again; NaN is null.
[[nodiscard]] std::string findings_json(const Findings& findings);

/// Reads it back. Throws Error{input} for a text that is something else.
[[nodiscard]] Findings read_findings(std::string_view json);

/// Everything moved: tiles tell places from their own corner.
void move_findings(Findings& findings, const Point& by);

}  // namespace anamorph
