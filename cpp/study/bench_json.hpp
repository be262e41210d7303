// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/study/bench.hpp"

namespace anamorph {

/// Clocks of a device as another program found them; a text for what could not be asked is left out.
struct ClockReading {
  std::string when;
  std::vector<std::pair<std::string, std::string>> values;
};

/// What bench.json says beside the measurements.
struct BenchRecord {
  std::string date;  ///< UTC
  std::vector<std::string> command;
  BenchOptions options;
  std::vector<ClockReading> clocks;
  bool complete = false;
};

/// `bench.json`; docs/bench.md describes it. What was not measured is absent.
[[nodiscard]] std::string bench_json(const BenchResult& result, const BenchRecord& record);

}  // namespace anamorph
