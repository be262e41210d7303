// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/clip_result.hpp"
#include "cpp/io/metrics_json.hpp"

namespace anamorph {

/// `report.html` of one clip: a self-contained page (inline style, pictures and plots; no script) with verdict, key
/// figures, pictures, EPE, convergence, tables, recipe and provenance. The same result gives the same bytes.
[[nodiscard]] std::string clip_report(const ClipResult& clip);

/// The page of a suite: a table of all cases with their means, each linked to `<case>/report.html`.
[[nodiscard]] std::string suite_report(const std::string& title, const std::vector<SuiteCase>& cases,
                                       const std::vector<Fact>& provenance);

}  // namespace anamorph
