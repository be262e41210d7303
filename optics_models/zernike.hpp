// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace anamorph {

/// A polynomial in pupil coordinates (px, py), |p| <= 1: sum over i + j <= degree of c(i, j) px^i py^j.
class PupilPolynomial {
 public:
  explicit PupilPolynomial(int degree = 0);  ///< zero

  [[nodiscard]] int degree() const noexcept { return degree_; }
  [[nodiscard]] double& coefficient(int i, int j) noexcept { return c_[index(i, j)]; }
  [[nodiscard]] double coefficient(int i, int j) const noexcept { return c_[index(i, j)]; }
  [[nodiscard]] double operator()(double px, double py) const noexcept;

  /// this += factor * other; the degree grows as needed.
  void add(double factor, const PupilPolynomial& other);
  [[nodiscard]] bool zero() const noexcept;

 private:
  [[nodiscard]] std::size_t index(int i, int j) const noexcept {
    return static_cast<std::size_t>(j * (degree_ + 1) + i);
  }
  int degree_ = 0;
  std::vector<double> c_;  ///< [j][i], the corner i + j > degree being zero
};

inline constexpr int fringe_terms = 37;

/// Radial order n and azimuthal order m of Fringe term j, 1 .. 37: m > 0 is cos(m phi), m < 0 is sin(|m| phi).
/// Z1 piston, Z2 x tilt, Z3 y tilt, Z4 power, Z5, Z6 astigmatism, Z7, Z8 coma, Z9 primary spherical, ...; Z37 is the
/// 12th-order spherical term. Throws Error{recipe} outside 1 .. 37.
struct FringeOrders {
  int n = 0;
  int m = 0;
};
[[nodiscard]] FringeOrders fringe_orders(int term);

/// The Fringe Zernike polynomial, value 1 at p = (1, 0) for cosine terms: R_n^m(rho) cos or sin (m phi), phi counted
/// from +px counter-clockwise.
[[nodiscard]] PupilPolynomial fringe_zernike(int term);

/// The first `terms` Fringe polynomials made orthonormal, in this order, over the part of the unit disc where
/// `amplitude2(px, py)` (weight, e.g. 1 in the clear and 0 in the obscured part) is not zero, by Gram-Schmidt on the
/// mean <f g> = Int f g w / Int w. A coefficient in nm is then the rms path that it adds. For an annulus these are
/// Mahajan's annular polynomials (J. Opt. Soc. Am. 71, 75 (1981)), for the full disc Noll's normalisation of the circle
/// polynomials in Fringe order. The integrals are sums over some 130 000 points of the disc: to rounding for a smooth
/// weight, to a few 1e-4 where the weight has edges.
/// Throws Error{recipe} for terms outside 1 .. 37, a weight that is negative or zero everywhere, and when the lit part
/// is too small to tell the terms apart.
[[nodiscard]] std::vector<PupilPolynomial> orthonormal_zernikes(
    int terms, const std::function<double(double, double)>& amplitude2);

/// The same for a clear annulus obscuration <= rho <= 1, by a quadrature that is exact for these polynomials.
/// Throws Error{recipe} for terms outside 1 .. 37, unless 0 <= obscuration < 1, and for a ring that is too thin.
[[nodiscard]] std::vector<PupilPolynomial> annular_zernikes(int terms, double obscuration);

}  // namespace anamorph
