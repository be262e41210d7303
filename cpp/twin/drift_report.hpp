// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/io/clip_result.hpp"
#include "cpp/twin/drift.hpp"

namespace anamorph {

/// What is told of the offsets of a twin.
struct DriftReport {
  std::string name;  ///< of the measurements
  std::string unit;  ///< of MeasurementStream
  SurrogateModel model;
  DriftSettings settings;
  OutlierSettings outliers;
  DriftResult result;
  std::vector<Fact> provenance;  ///< of the page only
};

/// `offsets.csv`: a row for each measurement, with prediction, innovation and the offsets after it; what is not known
/// is an empty cell.
[[nodiscard]] std::string offsets_csv(const DriftReport& report);

/// `drift.json`: the offsets after the last measurement with their uncertainties, rates with their significance, sides
/// of best focus, lasting differences of the gauges, steps, findings and the settings. Every quantity has its unit.
[[nodiscard]] std::string drift_json(const DriftReport& report);

/// `report.html`, a self-contained page: offsets over time with their bands, innovations and what was rejected.
[[nodiscard]] std::string drift_page(const DriftReport& report);

}  // namespace anamorph
