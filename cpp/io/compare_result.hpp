// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cpp/io/clip_result.hpp"
#include "cpp/study/compare.hpp"
#include "cpp/study/productivity.hpp"

namespace anamorph {

/// What `compare` finds, and what its outputs show.
struct CompareResult {
  std::string name;
  StudyResult study;
  std::optional<ProductivityResult> productivity;
  std::vector<Assumption> assumptions;  ///< of optics, resist and patterns; `productivity` has its own
  std::string recipe;                   ///< resolved, as TOML text
  std::vector<Fact> provenance;
  std::vector<std::string> warnings;
};

/// A file of the run directory.
struct TextFile {
  std::string name;
  std::string text;
};

/// `compare.json`: everything but the pictures; what is missing is null.
[[nodiscard]] std::string compare_json(const CompareResult& result);

/// The tables as CSV, with a line of column names whose endings are the units; what is missing is an empty cell:
/// `cases.csv` (pattern and scanner), `gauges.csv`, `limits.csv`, `families.csv`, `horizontal_vertical.csv`,
/// `assumptions.csv`, and with a productivity `layers.csv` (pitch and scanner), `cross_overs.csv` and `tornado.csv`.
[[nodiscard]] std::vector<TextFile> compare_tables(const CompareResult& result);

}  // namespace anamorph
