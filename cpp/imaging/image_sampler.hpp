// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/geometry.hpp"
#include "cpp/core/image.hpp"

namespace anamorph {

/// Equally spaced points from + j step, j < count, nm.
struct SampleLine {
  Point from;
  Point step;
  int count = 0;
};

/// A band-limited periodic image anywhere, exactly, from the few samples that a CoherentSum gives:
///
///     I(x) = sum_m  c_m exp(2 pi i (mx x / width + my y / height)),   |mx| <= band_x, |my| <= band_y,
///
/// x counting from the lower-left corner of the window. The c_m come from one small FFT; a Gaussian blur is a factor on
/// them. So an image is needed only where something is measured, not on a grid of pixels.
class ImageSampler {
 public:
  /// `intensity` [in_ny][in_nx] at (j width / in_nx, i height / in_ny) of the window, which is one period. Of the plan
  /// the output size is not used. Throws Error{recipe} when intensity and plan differ or the band does not fit.
  ImageSampler(const Image<double>& intensity, const ResamplePlan& plan, const Box& window);

  /// Values along lines. All lines of one row (or column) of the window share the sum over the other axis, so that a
  /// point on a horizontal or vertical line costs 2 band + 1 multiplications; on any other line, their square.
  [[nodiscard]] std::vector<std::vector<double>> lines(const std::vector<SampleLine>& lines, int threads = 1) const;

  struct Value {
    double intensity = 0;
    double slope_x = 0;  ///< per nm
    double slope_y = 0;
  };
  /// Value and gradient at single points.
  [[nodiscard]] std::vector<Value> at(const std::vector<Point>& points) const;

 private:
  using Complex = std::complex<double>;
  [[nodiscard]] int bins_x() const noexcept { return band_x_ + 1; }  // mx >= 0 is enough for a real image
  [[nodiscard]] int bins_y() const noexcept { return 2 * band_y_ + 1; }
  void along_rows(const std::vector<SampleLine>& lines, const std::vector<int>& which, int threads,
                  std::vector<std::vector<double>>& values) const;
  void along_columns(const std::vector<SampleLine>& lines, const std::vector<int>& which, int threads,
                     std::vector<std::vector<double>>& values) const;
  [[nodiscard]] std::vector<double> oblique(const SampleLine& line) const;

  Box window_;
  int band_x_ = 0;
  int band_y_ = 0;
  std::vector<Complex> coefficient_;  ///< [my + band_y][mx], mx = 0 .. band_x, those of mx > 0 doubled
};

/// The images of several masks with one stack, all in one go, blurred by Gaussians of these standard deviations.
/// Each spectrum M(f) is on the bins of the stack, [my + extent_y][mx + extent_x], its origin at the lower-left corner
/// of the window; the window is one period of the stack.
[[nodiscard]] std::vector<ImageSampler> sample_images(Backend& backend, const CoherentStack& stack,
                                                      const std::vector<std::vector<std::complex<double>>>& spectra,
                                                      const Box& window, double blur_x_nm = 0, double blur_y_nm = 0);

}  // namespace anamorph
