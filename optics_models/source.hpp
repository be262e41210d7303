// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <vector>

#include "cpp/core/image.hpp"

namespace anamorph {

/// State of polarisation by its normalised Stokes parameters in the x, y frame of the pupil, seen along the light:
/// (0, 0, 0) is unpolarised, s1 = 1 along x, s1 = -1 along y, s2 = 1 along x = y. Their norm is the degree of
/// polarisation, at most 1. The coherency matrix is J = 1/2 [[1 + s1, s2 - i s3], [s2 + i s3, 1 - s1]].
struct Polarisation {
  double s1 = 0;
  double s2 = 0;
  double s3 = 0;
};

/// One direction of illumination as seen at the wafer: direction cosines / NA, so that |s| = 1 is the pupil's edge. A
/// point at (sx, sy) moves the spectrum of the mask by +s NA / wavelength in the pupil.
struct SourcePoint {
  double sx = 0;
  double sy = 0;
  double weight = 0;
  Polarisation polarisation = {};
};

/// A quadrature of a source and how much of the pupil it lights.
struct Source {
  std::vector<SourcePoint> points;  ///< weights sum to 1
  double pupil_fill = 0;            ///< lit share of the disc |s| <= 1
};

/// A single direction: coherent light. Throws Error{recipe} unless |s| <= 1.
[[nodiscard]] Source point_source(double sx, double sy);

/// Quadrature of a uniform ring sigma_inner <= |s| <= sigma_outer. Gauss-Legendre nodes in |s|^2, where equal steps are
/// equal areas, and on each ring equally spaced angles, symmetric under both mirrors and off the axes. Neighbours are
/// at most `step` apart along the rings and on average across them. What the pupil's edge cuts converges like
/// step^1.5, what it does not cut like a Gauss rule.
/// Throws Error{recipe} unless 0 <= sigma_inner < sigma_outer <= 1 and 0.0001 <= step <= 1.
[[nodiscard]] Source annular_source(double sigma_inner, double sigma_outer, double step);

/// The full disc |s| <= sigma: conventional illumination.
[[nodiscard]] Source disc_source(double sigma, double step);

/// Equal sectors of a ring, `opening_rad` wide (full angle, < 2 pi), centred at the given azimuths: two opposite ones
/// are a dipole, four a quasar (on the diagonals) or a cross-quad (on the axes). Gauss-Legendre nodes in |s|^2 and in
/// angle, `step` apart on average, so that the straight edges cost no accuracy.
/// Throws Error{recipe} as annular_source, and when sectors overlap; they may touch.
[[nodiscard]] Source sector_source(double sigma_inner, double sigma_outer, const std::vector<double>& centres_rad,
                                   double opening_rad, double step);

/// A round pole of a freeform source.
struct SourcePole {
  double sx = 0;
  double sy = 0;
  double radius = 0;
  double brightness = 1;  ///< relative power per area
};

/// Uniform discs, each with the quadrature of disc_source about its centre, at least four points.
/// Throws Error{recipe} when a pole reaches beyond |s| = 1 or two overlap, and when all are dark.
[[nodiscard]] Source pole_source(const std::vector<SourcePole>& poles, double step);

/// Brightness per pixel of the square [-1, 1]^2, row 0 at the lowest sy. Every pixel is a rectangle of even brightness,
/// divided until its points, the centres of the parts, are at most `step` apart. Pixels whose centre lies beyond
/// |s| = 1 must be dark; of the others the parts beyond are left out. pupil_fill is the area of the lit parts.
/// Throws Error{recipe} for negative values, light beyond the pupil, or no light at all.
[[nodiscard]] Source image_source(const Image<double>& brightness, double step);

/// What a fly's-eye illuminator makes of a source: the square facets of a grid of `across` x `across` over [-1, 1]^2
/// whose centre the source lights are switched on, each a round spot of `spot_radius` (in sigma) at the facet's centre
/// with equal power. `lit(sx, sy)` says where the wanted source is bright.
/// Throws Error{recipe} unless 1 <= across <= 1000, when no facet is lit, and when a spot is wider than its facet or
/// reaches beyond |s| = 1.
[[nodiscard]] Source facet_source(int across, double spot_radius, double step,
                                  const std::function<bool(double sx, double sy)>& lit);

enum class PolarisationState {
  none,  ///< unpolarised
  x,
  y,
  te,  ///< along the azimuth: perpendicular to the plane of incidence
  tm   ///< along the radius: in the plane of incidence
};

/// Gives every point the state, with the degree of polarisation 0 .. 1. At s = 0, where azimuth and radius have no
/// direction, te and tm leave the light unpolarised.
void polarise(Source& source, PolarisationState state, double degree);

/// Polarisation from maps of s1, s2, s3 over [-1, 1]^2: equal sizes, row 0 at the lowest sy, bilinear between pixel
/// centres and constant beyond the outermost.
/// Throws Error{recipe} where s1^2 + s2^2 + s3^2 > 1.
void polarise(Source& source, const Image<double>& s1, const Image<double>& s2, const Image<double>& s3);

/// The source turned counter-clockwise, its polarisation with it: what a ring-shaped slit does to it.
[[nodiscard]] Source rotated(Source source, double angle_rad);

}  // namespace anamorph
