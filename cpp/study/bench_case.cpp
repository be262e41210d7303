// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/bench_case.hpp"

#include <algorithm>
#include <cmath>

#include "cpp/core/error.hpp"
#include "masks/layout.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "optics_models/contest_kernels.hpp"
#include "optics_models/scanner.hpp"
#include "optics_models/socs.hpp"

namespace anamorph {

namespace fs = std::filesystem;

namespace {

/// Of lambda / NA: 64 nm and 10 nm at 193 nm, NA 1.35; 11 nm and 1.7 nm at 13.5 nm, NA 0.55.
constexpr double kFeature = 0.45, kBlur = 0.07;

std::vector<Condition> corners(double focus_nm, double plus, double minus) {
  return {{"nominal", 1, 0, 0, false}, {"outer", plus, 0, 0}, {"inner", minus, focus_nm, 1}};
}

BenchOptics from_projection(Projection projection, double step, double focus_nm, double image_error,
                            const BenchOpticsOptions& options) {
  BenchOptics optics;
  optics.resolution_nm = projection.wavelength_nm / projection.na;
  const Source source = annular_source(0.55, 0.9, step);
  for (const double focus : {0.0, focus_nm}) {
    projection.focus_nm = focus;
    const CoherentTerms terms(projection, source.points);
    SocsOptions how;
    how.image_error = image_error;
    how.max_kernels = options.max_kernels;
    how.threads = options.threads;
    how.check = options.check;
    optics.model.stacks.push_back(socs(terms, options.side_nm, options.side_nm, how).stack);
  }
  optics.model.conditions = corners(focus_nm, 1.02, 0.98);
  return optics;
}

std::string kernels_text(const ImagingModel& model) {
  const CoherentStack& first = model.stacks.front();
  std::string text;
  for (const CoherentStack& stack : model.stacks)
    text += (text.empty() ? "" : " and ") + std::to_string(stack.terms());
  return text + " kernels of " + std::to_string(first.bins_x()) + " x " + std::to_string(first.bins_y()) + " bins";
}

}  // namespace

BenchOptics immersion_optics(const BenchOpticsOptions& options) {
  Projection projection;
  projection.wavelength_nm = 193.368;
  projection.na = 1.35;
  projection.immersion_index = 1.437;
  BenchOptics optics = from_projection(projection, 0.06, 25, 0, options);
  optics.what = "193 nm, NA 1.35, annular 0.55/0.9, focus 0 and 25 nm, " + kernels_text(optics.model);
  return optics;
}

BenchOptics euv_optics(const BenchOpticsOptions& options) {
  const Scanner scanner = find_scanner("euv_na055");
  Projection projection;
  projection.wavelength_nm = scanner.value("wavelength_nm", 13.5);
  projection.na = scanner.value("na", 0.55);
  projection.magnification_x = scanner.value("magnification_x", 4);
  projection.magnification_y = scanner.value("magnification_y", 8);
  projection.pupil.obscuration = scanner.value("obscuration", 0);
  projection.radiometric = true;
  constexpr double kSigmaInner = 0.55, kSigmaOuter = 0.9, kPi = 3.14159265358979323846;
  const double area = kPi * (kSigmaOuter * kSigmaOuter - kSigmaInner * kSigmaInner);
  const double step = suggested_source_step(projection, area, 1, options.side_nm, options.side_nm);
  BenchOptics optics = from_projection(projection, step, 30, 0.01, options);
  optics.what = scanner.title + ", annular 0.55/0.9, focus 0 and 30 nm, " + kernels_text(optics.model);
  return optics;
}

BenchOptics contest_optics(const fs::path& kernels) {
  ContestKernels read = read_contest_folder(kernels);
  BenchOptics optics;
  optics.resolution_nm = 193.368 / 1.35;  // of the contest only the wavelength is known
  optics.model.stacks = {std::move(read.focus), std::move(read.defocus)};
  optics.model.conditions = corners(25, 1.02 * 1.02, 0.98 * 0.98);  // its dose multiplies the amplitude
  optics.what = "ICCAD-2013 contest, " + kernels_text(optics.model);
  return optics;
}

BenchCase bench_case(const std::string& name, const BenchOptics& optics, double pixel_nm) {
  const double side = optics.model.stacks.front().period_x_nm;
  const int n = static_cast<int>(std::lround(side / pixel_nm));
  if (!(pixel_nm > 0) || n < 1 || std::abs(n * pixel_nm - side) > 1e-9 * side)
    throw Error(ErrorCode::recipe, "BEN-0001",
                "a window of " + std::to_string(side) + " nm has no whole number of pixels of " +
                    std::to_string(pixel_nm) + " nm");
  BenchCase result;
  result.name = name;
  result.what = std::to_string(n) + " x " + std::to_string(n) + " pixels, " + optics.what;
  result.grid = {0, 0, n, n, pixel_nm};
  result.model = optics.model;
  result.blur_nm = kBlur * optics.resolution_nm;
  result.feature_nm = kFeature * optics.resolution_nm;
  return result;
}

Bitmap random_clip(const Grid& grid, double feature_nm, std::mt19937_64& random) {
  const double feature = feature_nm / grid.pixel_nm;
  const auto pixels = [&](double least, double most) {
    const double share = static_cast<double>(random()) / static_cast<double>(std::mt19937_64::max());
    return std::max(1, static_cast<int>(std::lround((least + (most - least) * share) * feature)));
  };
  Bitmap clip(grid.ny, grid.nx);
  const int right = grid.nx - grid.nx / 10, top = grid.ny - grid.ny / 10;
  for (int y = grid.ny / 10 + pixels(0, 1); y < top;) {
    const int width = pixels(1, 2);
    for (int x = grid.nx / 10 + pixels(0, 3); x < right;) {
      const int length = pixels(2, 10);
      if (y + width <= top)
        for (int row = y; row < y + width; ++row)
          std::fill(clip.row(row) + x, clip.row(row) + std::min(x + length, right), std::uint8_t{1});
      x += length + pixels(1.2, 3);
    }
    y += width + pixels(1.2, 3);
  }
  return clip;
}

std::vector<Bitmap> contest_targets(const fs::path& layouts, const Grid& grid) {
  std::vector<fs::path> files;
  if (fs::is_directory(layouts))
    for (const auto& entry : fs::recursive_directory_iterator(layouts))
      if (entry.is_regular_file() && entry.path().extension() == ".glp") files.push_back(entry.path());
  if (files.empty()) throw Error(ErrorCode::input, "BEN-0002", "no folder with .glp clips", {layouts.string()});
  std::sort(files.begin(), files.end());
  std::vector<Bitmap> targets;
  for (const fs::path& file : files)
    targets.push_back(rasterise_inclusive(centred(polygons(read_layout(file)), grid.width_nm(), grid.height_nm()), grid));
  return targets;
}

}  // namespace anamorph
