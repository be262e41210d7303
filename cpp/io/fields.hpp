// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/io/clip_result.hpp"
#include "optics_models/source.hpp"

namespace anamorph {

/// A process condition by name.
struct FieldCondition {
  std::string name;
  double dose = 1;      ///< relative to nominal
  double focus_nm = 0;  ///< positive: the wafer moves away from the lens
};

/// What `fields.nc` holds. What is empty, NaN or not set is left out.
struct Fields {
  std::string title;
  std::vector<Fact> attributes;  ///< of the file: version, commit, verb ...; the label is the attribute's name

  Grid grid;
  Bitmap mask;    ///< 1 = opening
  Bitmap target;  ///< 1 = wanted on the wafer
  std::vector<FieldCondition> conditions;
  /// Images of condition i on the grid; asked for one at a time, in order, and stored as float32 when `single`.
  std::function<Image<double>(int)> aerial;  ///< intensity, clear field = 1
  std::function<Image<double>(int)> resist;  ///< smooth print, 1/2 on its edge
  bool single = false;

  double wavelength_nm = std::numeric_limits<double>::quiet_NaN();
  double na = std::numeric_limits<double>::quiet_NaN();
  std::vector<SourcePoint> source;
  Image<double> pupil_amplitude;     ///< over [-1, 1]^2 in direction cosines / NA, [y][x]; NaN or 0 outside
  Image<double> pupil_wavefront_nm;  ///< likewise, NaN outside
};

/// Whether this build can write them: not when it was configured with ANAMORPH_HDF5=OFF.
[[nodiscard]] bool writes_fields() noexcept;

/// Writes `fields.nc`, netCDF-4 with coordinates and units:
///
///   condition           names; dose(condition), focus(condition)
///   y, x                centres of the pixels on the wafer, nm
///   aerial, resist      (condition, y, x)
///   mask, target        (y, x), 0 or 1
///   source_point        source_x, source_y, source_weight, source_s1, source_s2, source_s3 (source_point)
///   pupil_y, pupil_x    direction cosines / NA; pupil_amplitude, pupil_wavefront (pupil_y, pupil_x)
///   wavelength, na      single values
///
/// Error{input} when an image does not fit the grid, Error{resource} when the file or this build cannot write it; then no file of
/// that name is left behind, and an earlier one stays.
void write_fields(const std::filesystem::path& path, const Fields& fields);

}  // namespace anamorph
