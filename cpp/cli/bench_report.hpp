// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/study/bench_json.hpp"

namespace anamorph::cli {

/// report.html of a benchmark: time per clip over the batch size, ratios to the floor, and all figures in tables.
[[nodiscard]] std::string bench_report(const BenchResult& result, const BenchRecord& record);

/// One line per stage, for the terminal.
[[nodiscard]] std::string bench_table_head();
[[nodiscard]] std::string bench_table_row(const StageResult& stage, int batch);
[[nodiscard]] std::string bench_table_row(const JobResult& job);

}  // namespace anamorph::cli
