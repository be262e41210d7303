// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cmath>
#include <cstdint>

#include "cpp/core/dbu.hpp"
#include "masks/layout_stream.hpp"

namespace anamorph {

/// Turned, mirrored and magnified, about the origin: the matrix (xx xy; yx yy).
struct Orientation {
  double xx = 1, xy = 0, yx = 0, yy = 1;

  /// Whole multiples of 90 degrees are exact.
  static Orientation of(const Placement& placement);
  [[nodiscard]] bool magnified() const noexcept { return std::abs(std::abs(xx * yy - xy * yx) - 1) > 1e-9; }
  [[nodiscard]] bool upright() const noexcept { return (xy == 0 && yx == 0) || (xx == 0 && yy == 0); }
  bool operator==(const Orientation&) const = default;
};

/// From the coordinates of a cell to those of one that holds it, directly or not: p' = orientation p + origin. The
/// origin of cells within turned cells is no grid point in general.
struct CellTransform {
  Orientation orientation;
  double x = 0;
  double y = 0;

  /// The transform of what is placed with `child`, moved by `displacement`, in the cell that this one is for.
  [[nodiscard]] CellTransform inside(const Orientation& child, const DbuPoint& origin,
                                     const DbuPoint& displacement) const noexcept;
  /// The nearest grid point. Halves go away from zero.
  [[nodiscard]] DbuPoint operator()(const DbuPoint& p) const noexcept;
  /// A box around the image of a box, and around what has its image in a box; exact for upright ones without
  /// magnification, else up to two units larger.
  [[nodiscard]] DbuBox image(const DbuBox& box) const noexcept;
  [[nodiscard]] DbuBox preimage(const DbuBox& box) const noexcept;
  /// Whether grid points go to grid points and boxes to boxes, without rounding.
  [[nodiscard]] bool exact() const noexcept;
};

}  // namespace anamorph
