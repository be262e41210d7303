// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/resist/resist.hpp"

// What `anamorph bench` times its stages on: optics, two foci, three corners, and a grid.

namespace anamorph {

/// Optics of a square window, with the corners nominal, dose + 2 %, and dose - 2 % in the second focus.
struct BenchOptics {
  std::string what;  ///< one line for the reader
  ImagingModel model;
  double resolution_nm = 0;  ///< wavelength / NA, which scales blur and features
};

/// How the kernels are made. `check` is called now and then and may throw to stop.
struct BenchOpticsOptions {
  double side_nm = 2048;
  int max_kernels = 24;
  int threads = 1;
  std::function<void()> check = {};
};

/// 193 nm immersion, NA 1.35, annular source, focus 0 and 25 nm; with the default 24 kernels of 55 x 55 bins per focus.
[[nodiscard]] BenchOptics immersion_optics(const BenchOpticsOptions& options);
/// The shipped scanner euv_na055 with an annular source, focus 0 and 30 nm: as many kernels as an image error of 1 % of
/// the clear field asks for, options.max_kernels at most.
[[nodiscard]] BenchOptics euv_optics(const BenchOpticsOptions& options);
/// The kernels of the ICCAD-2013 contest (read_contest_folder); the window is 2048 nm.
[[nodiscard]] BenchOptics contest_optics(const std::filesystem::path& kernels);

/// Optics on a grid that spans their window.
struct BenchCase {
  std::string name;  ///< "full"
  std::string what;
  Grid grid;
  ImagingModel model;
  ResistModel resist;
  double blur_nm = 0;     ///< of the control values
  double feature_nm = 0;  ///< least width and gap of the clips made for it

  [[nodiscard]] double blur_px() const noexcept { return blur_nm / grid.pixel_nm; }
};

/// Throws Error{recipe} when the window has no whole number of such pixels.
[[nodiscard]] BenchCase bench_case(const std::string& name, const BenchOptics& optics, double pixel_nm);

/// Wires of random widths, lengths and gaps, clear of the window's edge.
[[nodiscard]] Bitmap random_clip(const Grid& grid, double feature_nm, std::mt19937_64& random);

/// The targets of all .glp layouts below a folder, in the order of their names, as the contest rasters them: the same
/// that `suite iccad13` takes. Throws Error{input} for a folder without any.
[[nodiscard]] std::vector<Bitmap> contest_targets(const std::filesystem::path& layouts, const Grid& grid);

}  // namespace anamorph
