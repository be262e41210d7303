// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cpp/twin/drift_filter.hpp"
#include "cpp/twin/surrogate_model.hpp"

namespace anamorph {

/// Measured CDs in the order of a file.
struct MeasurementStream {
  std::string unit;  ///< of CdMeasurement::at: "wafer", "lot", "index", "s", "min", "h" or "d"
  std::vector<CdMeasurement> rows;
};

/// Reads measured CDs from CSV text: a line of column names, then a line for each measurement. Empty lines and those
/// that begin with '#' are skipped; a name may stand in double quotes. Columns, in any order:
///   one of index, wafer, lot, time_s, time_min, time_h, time_d    never falling
///   gauge          a gauge of the model
///   cd_nm          from 0.001 to 1e6
///   cd_u_nm        standard uncertainty, from 1e-6 to 1e6; empty or absent: `cd_u_nm`
///   dose_mJ_cm2    commanded; empty or absent: the model's nominal dose
///   focus_nm       commanded; empty or absent: the model's nominal focus
/// Throws Error{input} with file:line:column for everything else, commanded values outside the model's ranges included.
[[nodiscard]] MeasurementStream read_measurements(const std::filesystem::path& path, const SurrogateModel& model,
                                                  double cd_u_nm);

}  // namespace anamorph
