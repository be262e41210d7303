// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/zernike.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "cpp/core/error.hpp"
#include "optics_models/quadrature.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;
using Weight = std::function<double(double, double)>;

/// Points of the disc for the comparison of two forms of one polynomial.
const std::vector<std::array<double, 2>> places{{0, 0},     {1, 0},      {0, 1},       {-0.6, 0.8},
                                                {0.3, 0.2}, {-0.5, 0.1}, {0.31, -0.9}, {-0.7, -0.7}};

void expect_equal(const PupilPolynomial& found, const Weight& expected, double tolerance, const std::string& name) {
  for (const auto& [x, y] : places)
    EXPECT_NEAR(found(x, y), expected(x, y), tolerance) << name << " at " << x << ", " << y;
}

/// Largest difference of the mean products over eps <= rho <= 1 from the unit matrix. Another rule than the library's:
/// Fejer's second one in rho^2, whose 15 points are exact to degree 14 (12 is needed), and equal angles.
double annulus_error(const std::vector<PupilPolynomial>& terms, double eps) {
  const std::size_t n = terms.size();
  constexpr int rings = 15, angles = 50;
  std::vector<double> sum(n * n), value(n);
  for (int k = 1; k <= rings; ++k) {
    const double theta = k * pi / (rings + 1);
    double weight = 0;
    for (int j = 1; j <= (rings + 1) / 2; ++j) weight += std::sin((2 * j - 1) * theta) / (2 * j - 1);
    weight *= 2 * std::sin(theta) / (rings + 1);  // half of Fejer's weight, as (-1, 1) is twice as long
    const double t = (1 - std::cos(theta)) / 2;
    const double rho = std::sqrt(eps * eps + (1 - eps * eps) * t);
    for (int a = 0; a < angles; ++a) {
      const double phi = 2 * pi * (a + 0.2) / angles;
      for (std::size_t i = 0; i < n; ++i) value[i] = terms[i](rho * std::cos(phi), rho * std::sin(phi));
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j) sum[i * n + j] += weight / angles * value[i] * value[j];
    }
  }
  double worst = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) worst = std::max(worst, std::abs(sum[i * n + j] - (i == j ? 1 : 0)));
  return worst;
}

// ---------------------------------------------------------------------------------------------------------------------
// Polynomials

TEST(PupilPolynomial, AddsAndEvaluates) {
  PupilPolynomial p;
  EXPECT_TRUE(p.zero());
  EXPECT_EQ(p(0.3, 0.4), 0);
  PupilPolynomial q(3);
  EXPECT_TRUE(q.zero());
  q.coefficient(2, 1) = 4;
  q.coefficient(0, 1) = -1;
  p.coefficient(0, 0) = 0.5;
  p.add(2, q);
  EXPECT_EQ(p.degree(), 3);
  EXPECT_FALSE(p.zero());
  EXPECT_NEAR(p(0.3, 0.7), 0.5 + 2 * (4 * 0.09 * 0.7 - 0.7), 1e-15);
  p.add(-1, PupilPolynomial(1));
  EXPECT_EQ(p.degree(), 3);
  EXPECT_EQ(p.coefficient(2, 1), 8);
}

// ---------------------------------------------------------------------------------------------------------------------
// Fringe numbering

TEST(Fringe, OrdersOfTheTerms) {
  const std::vector<std::pair<int, int>> known{
      {0, 0},                                                                                        // 1
      {1, 1}, {1, -1}, {2, 0},                                                                       // 2 .. 4
      {2, 2}, {2, -2}, {3, 1}, {3, -1}, {4, 0},                                                      // 5 .. 9
      {3, 3}, {3, -3}, {4, 2}, {4, -2}, {5, 1}, {5, -1}, {6, 0},                                     // 10 .. 16
      {4, 4}, {4, -4}, {5, 3}, {5, -3}, {6, 2}, {6, -2}, {7, 1}, {7, -1}, {8, 0},                    // 17 .. 25
      {5, 5}, {5, -5}, {6, 4}, {6, -4}, {7, 3}, {7, -3}, {8, 2}, {8, -2}, {9, 1}, {9, -1}, {10, 0},  // 26 .. 36
      {12, 0}};                                                                                      // 37
  ASSERT_EQ(known.size(), static_cast<std::size_t>(fringe_terms));
  for (int term = 1; term <= fringe_terms; ++term) {
    const FringeOrders orders = fringe_orders(term);
    EXPECT_EQ(orders.n, known[static_cast<std::size_t>(term - 1)].first) << term;
    EXPECT_EQ(orders.m, known[static_cast<std::size_t>(term - 1)].second) << term;
  }
}

TEST(Fringe, PolynomialsInTheirHandWrittenForms) {
  const auto r2 = [](double x, double y) { return x * x + y * y; };
  const std::vector<std::pair<int, Weight>> known{
      {1, [](double, double) { return 1; }},
      {2, [](double x, double) { return x; }},
      {3, [](double, double y) { return y; }},
      {4, [&](double x, double y) { return 2 * r2(x, y) - 1; }},
      {5, [](double x, double y) { return x * x - y * y; }},
      {6, [](double x, double y) { return 2 * x * y; }},
      {7, [&](double x, double y) { return (3 * r2(x, y) - 2) * x; }},
      {8, [&](double x, double y) { return (3 * r2(x, y) - 2) * y; }},
      {9, [&](double x, double y) { return 6 * std::pow(r2(x, y), 2) - 6 * r2(x, y) + 1; }},
      {10, [](double x, double y) { return x * x * x - 3 * x * y * y; }},
      {11, [](double x, double y) { return 3 * x * x * y - y * y * y; }},
      {13, [&](double x, double y) { return (4 * r2(x, y) - 3) * 2 * x * y; }},
      {14, [&](double x, double y) { return (10 * std::pow(r2(x, y), 2) - 12 * r2(x, y) + 3) * x; }},
      {16,
       [&](double x, double y) { return 20 * std::pow(r2(x, y), 3) - 30 * std::pow(r2(x, y), 2) + 12 * r2(x, y) - 1; }},
      {18, [](double x, double y) { return 4 * x * x * x * y - 4 * x * y * y * y; }},
      {25,
       [&](double x, double y) {
         const double t = r2(x, y);
         return 70 * std::pow(t, 4) - 140 * std::pow(t, 3) + 90 * t * t - 20 * t + 1;
       }},
      {37, [&](double x, double y) {
         const double t = r2(x, y);
         return 924 * std::pow(t, 6) - 2772 * std::pow(t, 5) + 3150 * std::pow(t, 4) - 1680 * std::pow(t, 3) +
                420 * t * t - 42 * t + 1;
       }}};
  for (const auto& [term, form] : known)
    expect_equal(fringe_zernike(term), form, term == 37 ? 1e-11 : 1e-13, "Z" + std::to_string(term));
}

// A second way: R_n^m(rho) = (-1)^k rho^m P_k^(m, 0)(1 - 2 rho^2), k = (n - m) / 2, with the three-term recurrence of
// the Jacobi polynomials (Abramowitz and Stegun 22.7.1).
TEST(Fringe, AllTermsAgreeWithJacobiPolynomials) {
  const auto jacobi = [](int k, double m, double x) {
    double before = 1, value = 1 + m + (m + 2) * (x - 1) / 2;
    if (k == 0) return before;
    for (int n = 2; n <= k; ++n) {
      const double c = 2 * n + m;
      const double next = ((c - 1) * (c * (c - 2) * x + m * m) * value - 2 * (n + m - 1) * (n - 1) * c * before) /
                          (2 * n * (n + m) * (c - 2));
      before = std::exchange(value, next);
    }
    return value;
  };
  for (int term = 1; term <= fringe_terms; ++term) {
    const auto [n, signed_m] = fringe_orders(term);
    const int m = std::abs(signed_m);
    const int k = (n - m) / 2;
    EXPECT_EQ(fringe_zernike(term).degree(), n);
    expect_equal(
        fringe_zernike(term),
        [&, sine = signed_m < 0](double x, double y) {
          const double rho = std::hypot(x, y), phi = std::atan2(y, x);
          return (k % 2 == 0 ? 1 : -1) * std::pow(rho, m) * jacobi(k, m, 1 - 2 * rho * rho) *
                 (sine ? std::sin(m * phi) : std::cos(m * phi));
        },
        1e-11, "Z" + std::to_string(term));
    EXPECT_NEAR(fringe_zernike(term)(1, 0), signed_m < 0 ? 0 : 1, 1e-11) << term;
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Orthonormal sets

TEST(Annular, IsOrthonormal) {
  EXPECT_LT(annulus_error(annular_zernikes(37, 0), 0), 1e-12);
  EXPECT_LT(annulus_error(annular_zernikes(37, 0.2), 0.2), 1e-12);
  EXPECT_LT(annulus_error(annular_zernikes(37, 0.35), 0.35), 2e-12);
  EXPECT_LT(annulus_error(annular_zernikes(37, 0.7), 0.7), 1e-9);  // large coefficients that cancel
  EXPECT_LT(annulus_error(annular_zernikes(16, 0.7), 0.7), 1e-12);
  EXPECT_GT(annulus_error(annular_zernikes(37, 0.2), 0.25), 1e-2);
}

// Noll's norms: sqrt(n + 1), and sqrt 2 more unless m = 0.
TEST(Annular, WithoutObscurationIsTheNormalisedCircleSet) {
  const auto found = annular_zernikes(37, 0);
  for (int term = 1; term <= fringe_terms; ++term) {
    const auto [n, m] = fringe_orders(term);
    const double norm = std::sqrt((m == 0 ? 1 : 2) * (n + 1.0));
    const PupilPolynomial circle = fringe_zernike(term);
    expect_equal(
        found[static_cast<std::size_t>(term - 1)], [&](double x, double y) { return norm * circle(x, y); }, 2e-11,
        "Z" + std::to_string(term));
  }
}

// Closed forms of Mahajan, J. Opt. Soc. Am. 71, 75 (1981), table 1, times their norms.
TEST(Annular, AgreesWithMahajansClosedForms) {
  for (const double e : {0.0, 0.2, 0.5, 0.8}) {
    const auto found = annular_zernikes(9, e);
    const double e2 = e * e, e4 = e2 * e2;
    const auto expect = [&](int term, const std::function<double(double r2, double x, double y)>& form) {
      expect_equal(
          found[static_cast<std::size_t>(term - 1)], [&](double x, double y) { return form(x * x + y * y, x, y); },
          2e-12 / std::pow(1 - e2, 2), "Z" + std::to_string(term));
    };
    const double tilt = 2 / std::sqrt(1 + e2);
    const double astigmatism = std::sqrt(6) / std::sqrt(1 + e2 + e4);
    const double coma = std::sqrt(8) / ((1 - e2) * std::sqrt((1 + e2) * (1 + 4 * e2 + e4)));
    expect(1, [](double, double, double) { return 1; });
    expect(2, [&](double, double x, double) { return tilt * x; });
    expect(3, [&](double, double, double y) { return tilt * y; });
    expect(4, [&](double r2, double, double) { return std::sqrt(3) * (2 * r2 - 1 - e2) / (1 - e2); });
    expect(5, [&](double, double x, double y) { return astigmatism * (x * x - y * y); });
    expect(6, [&](double, double x, double y) { return astigmatism * 2 * x * y; });
    expect(7, [&](double r2, double x, double) { return coma * (3 * (1 + e2) * r2 - 2 * (1 + e2 + e4)) * x; });
    expect(8, [&](double r2, double, double y) { return coma * (3 * (1 + e2) * r2 - 2 * (1 + e2 + e4)) * y; });
    expect(9, [&](double r2, double, double) {
      return std::sqrt(5) * (6 * r2 * r2 - 6 * (1 + e2) * r2 + 1 + 4 * e2 + e4) / ((1 - e2) * (1 - e2));
    });
  }
}

TEST(Orthonormal, FullPupilAgreesWithTheAnnularSetOfNoObscuration) {
  const auto found = orthonormal_zernikes(37, [](double, double) { return 3; });  // any constant
  EXPECT_LT(annulus_error(found, 0), 1e-12);
}

// A smooth weight on the unit disc: <f g> = Int f g (1 + x) / pi by the moments of the disc.
TEST(Orthonormal, SmoothWeightIsExactToRounding) {
  const auto found = orthonormal_zernikes(3, [](double x, double) { return 1 + x; });
  // <x> = <x^2>_disc = 1/4, <x^2> = 1/4, <y^2> = 1/4, <x y> = <y> = 0.
  const double norm = 1 / std::sqrt(0.25 - 0.0625);
  expect_equal(
      found[0], [](double, double) { return 1; }, 1e-13, "Z1");
  expect_equal(
      found[1], [&](double x, double) { return norm * (x - 0.25); }, 1e-12, "Z2");
  expect_equal(
      found[2], [](double, double y) { return 2 * y; }, 1e-12, "Z3");
}

TEST(Orthonormal, HardEdgesAreMetToTheAccuracyStated) {
  EXPECT_LT(annulus_error(orthonormal_zernikes(37, [](double x, double y) { return std::hypot(x, y) >= 0.2; }), 0.2),
            2e-4);
}

TEST(Orthonormal, ObscuredByASquareOffTheAxis) {
  const Weight clear = [](double x, double y) { return std::abs(x - 0.25) > 0.2 || std::abs(y + 0.1) > 0.2; };
  const int terms = 37;
  const auto found = orthonormal_zernikes(terms, clear);
  // The integral over the disc less that over the square, both exact for these polynomials.
  std::vector<double> sum(terms * terms), value(terms);
  const auto add = [&](double x, double y, double weight) {
    for (std::size_t i = 0; i < terms; ++i) value[i] = found[i](x, y);
    for (std::size_t i = 0; i < terms; ++i)
      for (std::size_t j = 0; j < terms; ++j) sum[i * terms + j] += weight * value[i] * value[j];
  };
  const auto rule = gauss_legendre(15);
  for (const auto& [t, weight] : rule)
    for (int j = 0; j < 40; ++j) {
      const double rho = std::sqrt(t), phi = 2 * pi * (j + 0.3) / 40;
      add(rho * std::cos(phi), rho * std::sin(phi), pi * weight / 40);
    }
  for (const auto& [t, weight_x] : rule)
    for (const auto& [u, weight_y] : rule) add(0.05 + 0.4 * t, -0.3 + 0.4 * u, -0.16 * weight_x * weight_y);
  double worst = 0;
  for (std::size_t i = 0; i < terms; ++i)
    for (std::size_t j = 0; j < terms; ++j)
      worst = std::max(worst, std::abs(sum[i * terms + j] / (pi - 0.16) - (i == j ? 1 : 0)));
  EXPECT_LT(worst, 3e-4);
  // The terms themselves are mixed: power is no longer even about the axis.
  EXPECT_GT(std::abs(found[3](0.5, 0) - found[3](-0.5, 0)), 0.01);
}

// A coefficient is the rms path that it adds: the amplitude weighs the mean.
TEST(Orthonormal, GaussianPupilHasUnitRmsTerms) {
  const Weight gauss = [](double x, double y) { return std::exp(-2 * (x * x + y * y)); };
  const auto found = orthonormal_zernikes(4, gauss);
  // Int_0^1 t^k exp(-2 t) dt: power is c (t - <t>), c^-2 = <t^2> - <t>^2.
  const double q = std::exp(-2);
  const double m0 = (1 - q) / 2, m1 = (m0 - q) / 2, m2 = (2 * m1 - q) / 2;
  const double mean = m1 / m0, norm = 1 / std::sqrt(m2 / m0 - mean * mean);
  expect_equal(
      found[3], [&](double x, double y) { return norm * (x * x + y * y - mean); }, 1e-12, "Z4");
}

// ---------------------------------------------------------------------------------------------------------------------
// Errors

TEST(Zernike, NamesTheParameterThatIsWrong) {
  const auto key = [](auto&& make) -> std::string {
    try {
      make();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::recipe);
      return std::string(error.what()).substr(0, std::string(error.what()).find(' '));
    }
    return {};
  };
  const auto weight = [&](const Weight& w) { return key([&] { (void)orthonormal_zernikes(37, w); }); };
  EXPECT_EQ(key([] { (void)fringe_orders(0); }), "term");
  EXPECT_EQ(key([] { (void)fringe_zernike(38); }), "term");
  EXPECT_EQ(key([] { (void)annular_zernikes(0, 0.2); }), "terms");
  EXPECT_EQ(key([] { (void)annular_zernikes(38, 0.2); }), "terms");
  EXPECT_EQ(key([] { (void)annular_zernikes(9, 1); }), "obscuration");
  EXPECT_EQ(key([] { (void)annular_zernikes(9, -0.1); }), "obscuration");
  EXPECT_EQ(key([] { (void)annular_zernikes(9, std::nan("")); }), "obscuration");
  EXPECT_EQ(key([] { (void)annular_zernikes(37, 0.999); }), "term") << "too thin";
  EXPECT_EQ(weight([](double, double) { return 0; }), "amplitude2");
  EXPECT_EQ(weight([](double x, double) { return x; }), "amplitude2") << "negative";
  EXPECT_EQ(weight([](double, double) { return std::nan(""); }), "amplitude2");
  EXPECT_EQ(weight([](double x, double y) { return std::hypot(x - 0.5, y) < 0.01; }), "term") << "too small";
}

}  // namespace
}  // namespace anamorph
