// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/io/clip_result.hpp"

namespace anamorph {

/// A focus-exposure matrix as numbers; NaN where a gauge has no edges.
struct ExposureMatrix {
  std::string title;
  std::vector<Fact> attributes;  ///< of the file

  std::vector<std::string> gauges;
  std::vector<Point> at_nm;
  std::vector<double> angle_deg, target_nm;
  std::vector<double> dose;         ///< relative to nominal
  std::vector<double> dose_mj_cm2;  ///< on the wafer
  std::vector<double> focus_nm;

  /// [gauge][dose][focus], with standard uncertainties of the same shape; these may be left empty.
  std::vector<double> cd_nm, epe_nm, nils;
  std::vector<double> cd_u_nm, epe_u_nm, nils_u;
};

/// Writes it as netCDF-4 with coordinates and units:
///
///   gauge, dose, focus   names, relative dose, nm; dose_mJ_cm2 (dose); x, y, angle, target (gauge)
///   cd, epe, nils        (gauge, dose, focus), each with <name>_u, its standard uncertainty, if there is one
///
/// Errors as of write_fields, and Error{input} when a size does not fit.
void write_exposure_matrix(const std::filesystem::path& path, const ExposureMatrix& matrix);

}  // namespace anamorph
