// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"

namespace anamorph {

/// The image along a straight line: equally spaced values, between which it is the polynomial through the six nearest.
struct ImageLine {
  double first_nm = 0;  ///< where along the line the first value lies
  double step_nm = 1;
  std::vector<double> values;
};

/// Where a print ends (or begins) along a line.
struct Crossing {
  double at_nm = 0;
  bool leaves = false;  ///< the print ends here, seen along the line
};

/// A periodic band-limited image anywhere between its pixels, by polynomials of degree 5. For a component with p
/// samples a period the error is at most (2 pi / p)^6 / 205 of its amplitude: 3e-5 at p = 15. lambda / (30 NA) is that
/// many for the finest detail that a lens gives, and such detail is weak.
class PixelImage {
 public:
  /// The image must outlive this. Throws Error{recipe} if the sizes of image and grid differ or are below 6.
  PixelImage(const Image<double>& image, const Grid& grid);

  [[nodiscard]] const Grid& grid() const noexcept { return grid_; }
  [[nodiscard]] double at(const Point& p) const;

  /// Values from `from` nm to `to` nm along the line through `origin` with the unit vector `along`; enough beyond the
  /// ends that a crossing can be placed everywhere between.
  void line(const Point& origin, const Point& along, double from, double to, ImageLine& out) const;

 private:
  const Image<double>& image_;
  Grid grid_;
};

/// All crossings of `level` between `from` and `to`, in order; the print is where the image is >= level (`bright`) or
/// below it.
void crossings(const ImageLine& line, double level, bool bright, double from, double to, std::vector<Crossing>& out);

/// Whether it prints at a place of the line.
[[nodiscard]] bool prints_at(const ImageLine& line, double level, bool bright, double at);

}  // namespace anamorph
