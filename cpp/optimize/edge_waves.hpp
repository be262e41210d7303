// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// A piece of a boundary; the material lies on its left, nm.
struct EdgePiece {
  Point from, to;
};

/// From the edges of shapes to their spectrum and back, without pixels. With M as `polygon_spectrum` defines it, of the
/// closed boundary that the pieces form in any order (theory: docs/theory/opc.md):
///
///     forward:  pieces -> M,                         adjoint:  M_bar -> d loss / d displacement of each piece,
///
/// where a displacement moves a piece along its outward normal while its neighbours give way: dM = Int over the piece
/// of exp(-2 pi i f x) ds / A. M_bar holds d loss / d Re M + i d loss / d Im M for every bin. Axis-parallel pieces are
/// two thin matrix products for all of them together; slanted ones are summed one by one.
class EdgeWaves {
 public:
  /// `window` is one period. Throws Error{recipe} for an empty window or a negative extent.
  EdgeWaves(const Box& window, int extent_x, int extent_y);

  /// [my + extent_y][mx + extent_x], rounding error about 1e-14.
  [[nodiscard]] std::vector<std::complex<double>> forward(std::span<const EdgePiece> pieces) const;
  /// One number a piece, in units of loss per nm.
  [[nodiscard]] std::vector<double> adjoint(std::span<const std::complex<double>> spectrum_bar,
                                            std::span<const EdgePiece> pieces) const;
  /// d loss / d transmission per nm^2, at the centres of nx x ny cells of the window: where an opening of the mask
  /// would help (negative) or hurt.
  [[nodiscard]] std::vector<double> sensitivity(std::span<const std::complex<double>> spectrum_bar, int nx,
                                                int ny) const;

 private:
  Box window_;
  int ex_, ey_;
};

}  // namespace anamorph
