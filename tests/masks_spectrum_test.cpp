// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;
constexpr double pi = std::numbers::pi;
constexpr double epsilon = std::numeric_limits<double>::epsilon();
// An edge of up to one period is divided by k >= 2 pi periods^-1, so each edge brings a few epsilon at most.
constexpr double tolerance = 20 * epsilon;

Polygon rectangle(double x0, double y0, double x1, double y1) { return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}; }

struct Spectrum {
  int ex;
  int ey;
  std::vector<Complex> values;
  Complex operator()(int my, int mx) const {
    return values[static_cast<std::size_t>((my + ey) * (2 * ex + 1) + mx + ex)];
  }
};

Spectrum spectrum(const std::vector<Polygon>& polygons, const Box& window, int ex, int ey) {
  return {ex, ey, polygon_spectrum(polygons, window, ex, ey)};
}

void expect_near(const Spectrum& a, const Spectrum& b, double limit) {
  ASSERT_EQ(a.values.size(), b.values.size());
  for (std::size_t i = 0; i < a.values.size(); ++i) EXPECT_LE(std::abs(a.values[i] - b.values[i]), limit) << i;
}

/// Integral of exp(-i k.x) over a triangle by long-double Gauss quadrature on the square it is mapped from (Duffy).
std::complex<long double> triangle_oracle(const Polygon& t, long double kx, long double ky) {
  // Gauss-Legendre on [-1, 1], its nodes found by Newton's method on the Legendre polynomial.
  constexpr int n = 48;
  std::vector<long double> node(n);
  std::vector<long double> weight(n);
  for (int i = 0; i < n; ++i) {
    long double x = std::cos(std::numbers::pi_v<long double> * (i + 0.75L) / (n + 0.5L));
    long double slope = 0;
    for (int step = 0; step < 60; ++step) {
      long double p0 = 1;
      long double p1 = x;
      for (int k = 2; k <= n; ++k) {
        const long double p2 = ((2 * k - 1) * x * p1 - (k - 1) * p0) / k;
        p0 = p1;
        p1 = p2;
      }
      slope = n * (x * p1 - p0) / (x * x - 1);
      x -= p1 / slope;
    }
    node[static_cast<std::size_t>(i)] = x;
    weight[static_cast<std::size_t>(i)] = 2 / ((1 - x * x) * slope * slope);
  }
  const long double ux = t[1].x - t[0].x, uy = t[1].y - t[0].y, vx = t[2].x - t[0].x, vy = t[2].y - t[0].y;
  std::complex<long double> sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const long double a = (node[i] + 1) / 2;
      const long double b = (node[j] + 1) / 2 * (1 - a);
      const long double angle = -(kx * (t[0].x + a * ux + b * vx) + ky * (t[0].y + a * uy + b * vy));
      sum += weight[i] * weight[j] / 4 * (1 - a) * std::complex<long double>(std::cos(angle), std::sin(angle));
    }
  }
  return sum * (ux * vy - uy * vx);
}

TEST(PolygonSpectrum, RectangleHasTheProductOfTwoSincs) {
  const double width = 70, height = 50;
  const Spectrum m = spectrum({rectangle(13, 7, 42, 31)}, {0, 0, width, height}, 9, 6);
  const auto factor = [](int k, double a, double b, double period) {
    const double f = k / period;
    const double size = k == 0 ? b - a : std::sin(pi * f * (b - a)) / (pi * f);
    return std::polar(1.0, -pi * f * (a + b)) * size / period;
  };
  for (int my = -6; my <= 6; ++my) {
    for (int mx = -9; mx <= 9; ++mx) {
      EXPECT_LE(std::abs(m(my, mx) - factor(mx, 13, 42, width) * factor(my, 7, 31, height)), tolerance);
    }
  }
}

TEST(PolygonSpectrum, TrianglesAgreeWithLongDoubleQuadrature) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> coordinate(0, 1);
  const Box window{-20, 30, 44, 110};
  for (int trial = 0; trial < 5; ++trial) {
    Polygon triangle;
    for (int i = 0; i < 3; ++i) {
      triangle.push_back(
          {window.x0 + window.width() * coordinate(random), window.y0 + window.height() * coordinate(random)});
    }
    if (signed_area(triangle) < 0) std::swap(triangle[1], triangle[2]);
    const Spectrum m = spectrum({triangle}, window, 4, 3);
    Polygon relative = triangle;
    for (Point& p : relative) p = {p.x - window.x0, p.y - window.y0};
    for (int my = -3; my <= 3; ++my) {
      for (int mx = -4; mx <= 4; ++mx) {
        const auto expected = triangle_oracle(relative, 2 * std::numbers::pi_v<long double> * mx / window.width(),
                                              2 * std::numbers::pi_v<long double> * my / window.height());
        const double area = window.width() * window.height();
        EXPECT_LE(std::abs(m(my, mx) - Complex(expected) / area), tolerance) << trial << ": " << my << ", " << mx;
      }
    }
  }
}

TEST(PolygonSpectrum, EdgesAlongAndAcrossTheFrequencyAreStable) {
  // A 45 degree diamond in a square window: its edges are at right angles to every (m, m) and (m, -m), and almost so
  // when a vertex is moved by 1e-12.
  const Box window{0, 0, 64, 64};
  const Polygon diamond{{32, 10}, {54, 32}, {32, 54}, {10, 32}};
  Polygon moved = diamond;
  moved[1].x += 1e-12;
  const Spectrum a = spectrum({diamond}, window, 20, 20);
  for (int m = 1; m <= 20; ++m) {
    // Seen along its diagonal the diamond is a square of side 22 sqrt 2 at frequency m sqrt 2 / 64.
    const double side = 22 * std::numbers::sqrt2;
    const double f = m * std::numbers::sqrt2 / 64;
    const Complex centre = std::polar(1.0, -2 * pi * m * 1.0);  // (32 + 32) / 64 periods
    const Complex expected = centre * side * std::sin(pi * f * side) / (pi * f) / 4096.0;
    EXPECT_LE(std::abs(a(m, m) - expected), tolerance);
  }
  expect_near(a, spectrum({moved}, window, 20, 20), 1e-14);
}

TEST(PolygonSpectrum, IsAdditiveAndHolesSubtract) {
  const Box window{0, 0, 100, 100};
  const std::vector<Polygon> a{rectangle(10, 10, 60, 30)};
  const std::vector<Polygon> b{{{50, 50}, {90, 60}, {70, 95}}};
  Spectrum sum = spectrum(a, window, 7, 8);
  const Spectrum other = spectrum(b, window, 7, 8);
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += other.values[i];
  expect_near(spectrum({a[0], b[0]}, window, 7, 8), sum, tolerance);

  const Polygon hole{{20, 15}, {20, 25}, {40, 25}, {40, 15}};
  const Spectrum holed = spectrum({a[0], hole}, window, 7, 8);
  const Spectrum full = spectrum(a, window, 7, 8);
  const Spectrum filling = spectrum({rectangle(20, 15, 40, 25)}, window, 7, 8);
  Spectrum difference = full;
  for (std::size_t i = 0; i < full.values.size(); ++i) difference.values[i] -= filling.values[i];
  expect_near(holed, difference, tolerance);
  EXPECT_DOUBLE_EQ(holed(0, 0).real(), (1000.0 - 200.0) / 1e4);
}

TEST(PolygonSpectrum, AShiftToTheRightTurnsThePhaseBackwards) {
  const Box window{0, 0, 100, 80};
  const Polygon shape{{10, 10}, {60, 10}, {60, 30}, {40, 50}, {10, 50}};
  Polygon shifted = shape;
  for (Point& p : shifted) p = {p.x + 12.5, p.y + 7};
  const Spectrum m = spectrum({shape}, window, 6, 6);
  Spectrum expected = m;
  for (int my = -6; my <= 6; ++my) {
    for (int mx = -6; mx <= 6; ++mx) {
      expected.values[static_cast<std::size_t>((my + 6) * 13 + mx + 6)] *=
          std::polar(1.0, -2 * pi * (mx * 12.5 / 100 + my * 7.0 / 80));
    }
  }
  expect_near(spectrum({shifted}, window, 6, 6), expected, tolerance);
  // A shift by whole periods changes nothing: parts outside the window are periodic images.
  for (Point& p : shifted) p = {p.x - 12.5 + 100, p.y - 7 - 80};
  expect_near(spectrum({shifted}, window, 6, 6), m, 2 * tolerance);
}

TEST(PolygonSpectrum, OfARealMaskIsHermitian) {
  const Spectrum m = spectrum({{{10, 10}, {60, 17}, {33, 70}}, rectangle(70, 10, 90, 60)}, {0, 0, 100, 80}, 5, 6);
  for (int my = -6; my <= 6; ++my) {
    for (int mx = -5; mx <= 5; ++mx) EXPECT_EQ(m(my, mx), std::conj(m(-my, -mx)));
  }
}

TEST(PolygonSpectrum, EqualsThePixelTransformOverSincWithItsHalfPixel) {
  const int n = 64;
  const std::vector<Polygon> drawn{rectangle(5, 9, 31, 17),
                                   {{20, 17}, {31, 17}, {31, 40}, {44, 40}, {44, 52}, {20, 52}}};
  const std::vector<Polygon> merged = merge(drawn);
  const Image<double> pixels = rasterise(merged, {0, 0, n, n, 1});
  const Spectrum m = spectrum(merged, {0, 0, n, n}, 17, 17);
  const auto pixel = [&](int k) {  // one pixel of 1 nm, whose corner and not its centre is at the sample
    const double a = pi * k / n;
    return std::polar(1.0, -a) * (k == 0 ? 1.0 : std::sin(a) / a);
  };
  for (int my = -17; my <= 17; ++my) {
    for (int mx = -17; mx <= 17; ++mx) {
      Complex transform = 0;
      for (int y = 0; y < n; ++y) {
        for (int x = 0; x < n; ++x) {
          if (pixels(y, x) != 0) transform += pixels(y, x) * std::polar(1.0, -2 * pi * ((mx * x + my * y) % n) / n);
        }
      }
      transform /= double(n) * n;
      // A thousand terms of the transform, each with a few epsilon.
      EXPECT_LE(std::abs(m(my, mx) / (pixel(mx) * pixel(my)) - transform), 50 * epsilon);
    }
  }
}

TEST(PolygonSpectrum, ManhattanAndAnyAngleWaysAgree) {
  const Box window{0, 0, 100, 80};
  Polygon tilted = rectangle(10, 20, 73, 49);
  tilted[1].x += 1e-13;  // no longer vertical, hence the other way
  expect_near(spectrum({tilted}, window, 12, 12), spectrum({rectangle(10, 20, 73, 49)}, window, 12, 12), tolerance);
}

TEST(PolygonSpectrum, RefusesAnEmptyWindow) {
  EXPECT_THROW((void)polygon_spectrum({}, {0, 0, 0, 1}, 1, 1), Error);
  EXPECT_THROW((void)polygon_spectrum({}, {0, 0, 1, 1}, -1, 1), Error);
  EXPECT_EQ(polygon_spectrum({}, {0, 0, 1, 1}, 2, 1), std::vector<Complex>(15));
}

}  // namespace
}  // namespace anamorph
