// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/io/clip_result.hpp"
#include "cpp/io/run_directory.hpp"

namespace anamorph {

/// Time and memory of one stage of a run.
struct StageUse {
  std::string name;
  double seconds = 0;
  double peak_memory_mb = 0;  ///< of the process up to the end of the stage
};

/// What `run.json` says of a run.
struct RunInfo {
  std::string verb;
  std::vector<std::string> command;  ///< as typed
  std::string recipe_json;           ///< the resolved recipe as a JSON text; empty: null
  std::string backend;
  std::string device;
  std::vector<RunDirectory::File> inputs;   ///< `name` is the path as given
  std::vector<RunDirectory::File> outputs;  ///< `name` is below the run directory
  std::int64_t start = 0;                   ///< seconds since the epoch
  std::int64_t end = 0;
  std::vector<StageUse> stages;
};

/// One case of a suite.
struct SuiteCase {
  std::string name;             ///< its run directory below the suite's
  std::vector<Metric> metrics;  ///< the same keys in every case
  bool pass = true;
  std::string thumbnail_png;  ///< bytes of a small picture; may be empty
};

/// `metrics.json` of a clip: its metrics, the conditions and the rules. All texts end with a newline; a number that
/// is not finite is null.
[[nodiscard]] std::string metrics_json(const ClipResult& clip);

/// A name (of a condition, a gauge) as a part of Metric::key: blanks and commas between words become one underscore.
[[nodiscard]] std::string metric_key(std::string_view name);

/// `run.json`: version and commit are those of this build.
[[nodiscard]] std::string run_json(const RunInfo& run);

/// `suite.json` = {"cases": [{"name", ...}], "mean": {...}}.
[[nodiscard]] std::string suite_json(const std::vector<SuiteCase>& cases);

/// Mean of each metric of the first case over all cases; cases where it is not finite are left out of it.
[[nodiscard]] std::vector<Metric> mean_metrics(const std::vector<SuiteCase>& cases);

}  // namespace anamorph
