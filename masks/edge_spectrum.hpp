// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// An axis-parallel piece of the boundary of a mask, nm, with the material at its left: outlines run counter-clockwise,
/// holes clockwise.
struct EdgePiece {
  Point from, to;
};

/// The spectrum of a rectilinear mask and its derivatives with respect to its edges, both exact and without pixels:
/// line integrals along the edges, which are products of a function of x and one of y, so that all of them together are
/// one product of thin matrices (docs/theory/edge_spectrum.md).
class EdgeSpectrum {
 public:
  /// For one period, `window`, and orders mx = -extent_x..extent_x, my = -extent_y..extent_y. Throws Error{recipe} for
  /// an empty window or a negative extent.
  EdgeSpectrum(const Box& window, int extent_x, int extent_y);

  /// M[my + extent_y][mx + extent_x] as `polygon_spectrum` defines it, of the closed boundary that the pieces form, in
  /// any order (all of them are given: the jogs between shifted pieces too). Throws Error{input} for a piece that is
  /// not axis-parallel and for a boundary that is not closed.
  [[nodiscard]] std::vector<std::complex<double>> forward(std::span<const EdgePiece> edges) const;

  /// For each piece d/ds Re sum conj(m_bar) M at s = 0, 1/nm, when it moves by s to its right, outwards, and its
  /// neighbours reach after it: the line integral of the field that belongs to m_bar along the piece, divided by the
  /// window's area. The pieces need not be closed. m_bar as M. Throws Error{input} for a piece that is not
  /// axis-parallel and for an m_bar of another size.
  [[nodiscard]] std::vector<double> adjoint(std::span<const std::complex<double>> m_bar,
                                            std::span<const EdgePiece> edges) const;

 private:
  Box window_;
  int ex_;
  int ey_;
};

}  // namespace anamorph
