// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/core/image.hpp"
#include "optics_models/quadrature.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;

double radians(double angle_deg) { return angle_deg * pi / 180; }

/// Mean over the source of sx^a sy^b.
double moment(const Source& source, int a, int b) {
  double sum = 0;
  for (const auto& p : source.points) sum += p.weight * std::pow(p.sx, a) * std::pow(p.sy, b);
  return sum;
}

/// Every point has a partner of equal weight at (fx sx, fy sy).
bool has_mirror(const Source& source, double fx, double fy) {
  return std::all_of(source.points.begin(), source.points.end(), [&](const SourcePoint& p) {
    return std::any_of(source.points.begin(), source.points.end(), [&](const SourcePoint& q) {
      return std::hypot(q.sx - fx * p.sx, q.sy - fy * p.sy) < 1e-14 && std::abs(q.weight - p.weight) < 1e-16;
    });
  });
}

TEST(Quadrature, GaussLegendreIsExactToDegreeTwoNMinusOne) {
  for (const int n : {1, 2, 5, 16, 63}) {
    const auto rule = gauss_legendre(n);
    ASSERT_EQ(rule.size(), static_cast<std::size_t>(n));
    for (int degree = 0; degree <= 2 * n; ++degree) {
      double sum = 0;
      for (const auto& [x, weight] : rule) sum += weight * std::pow(x, degree);
      if (degree < 2 * n) {
        EXPECT_NEAR(sum, 1.0 / (degree + 1), 1e-14) << n << ' ' << degree;
      } else if (n <= 5) {
        EXPECT_GT(std::abs(sum - 1.0 / (degree + 1)), 1e-7) << n;
      }
    }
    for (std::size_t i = 1; i < rule.size(); ++i) EXPECT_LT(rule[i - 1].x, rule[i].x);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Shapes: moments over the area against closed forms

TEST(Source, IsNormalisedAndIntegratesAreaMomentsExactly) {
  const Source ring = annular_source(0.55, 0.9, 0.1);
  const double a = 0.55 * 0.55, b = 0.9 * 0.9;
  EXPECT_NEAR(moment(ring, 0, 0), 1, 1e-13);
  EXPECT_NEAR(moment(ring, 1, 0), 0, 1e-15);
  EXPECT_NEAR(moment(ring, 2, 0), (a + b) / 4, 1e-13);
  EXPECT_NEAR(moment(ring, 0, 2), (a + b) / 4, 1e-13);
  EXPECT_NEAR(moment(ring, 2, 2), (a * a + a * b + b * b) / 24, 1e-13);  // <cos^2 sin^2> = 1/8
  EXPECT_NEAR(ring.pupil_fill, b - a, 1e-15);
  EXPECT_NEAR(moment(disc_source(0.7, 0.15), 2, 0), 0.49 / 4, 1e-14);
  EXPECT_NEAR(disc_source(0.7, 0.15).pupil_fill, 0.49, 1e-15);
}

TEST(Source, IsSymmetricUnderBothMirrors) {
  Image<double> image(4, 6, 0.3);
  for (const int y : {0, 3})
    for (const int x : {0, 5}) image(y, x) = 0;  // the corners lie beyond the pupil
  for (const double step : {0.15, 0.4}) {
    const Source disc = disc_source(0.7, step);
    for (const auto& p : disc.points) {
      EXPECT_LE(std::hypot(p.sx, p.sy), 0.7);
      EXPECT_GT(std::abs(p.sx), 1e-3);
      EXPECT_GT(std::abs(p.sy), 1e-3);
    }
    for (const Source& source :
         {disc, sector_source(0.5, 0.9, {0, pi}, radians(35), step),
          sector_source(0.5, 0.9, {pi / 4, 3 * pi / 4, -3 * pi / 4, -pi / 4}, 0.5, step),
          pole_source({{0.6, 0.3, 0.2}, {-0.6, 0.3, 0.2}, {0.6, -0.3, 0.2}, {-0.6, -0.3, 0.2}}, step),
          image_source(image, step)}) {
      EXPECT_TRUE(has_mirror(source, -1, 1));
      EXPECT_TRUE(has_mirror(source, 1, -1));
    }
  }
}

TEST(Source, PointIsOneDirection) {
  const Source source = point_source(0.3, -0.4);
  ASSERT_EQ(source.points.size(), 1u);
  EXPECT_EQ(source.points[0].sx, 0.3);
  EXPECT_EQ(source.points[0].sy, -0.4);
  EXPECT_EQ(source.points[0].weight, 1);
  EXPECT_EQ(source.pupil_fill, 0);
}

// Sectors of the ring a <= r <= b, of width w about c: with A = w (b^2 - a^2) / 2,
// <x> = 2 sin(w/2) cos c (b^3 - a^3) / (3 A), <x^2>, <xy> from (b^4 - a^4) / 8 (w +- sin w cos 2c), .. sin w sin 2c.
TEST(Source, SectorsHaveTheirAreaMoments) {
  const double a = 0.55, b = 0.9;
  for (const double opening : {radians(35), radians(90), radians(300)}) {
    const double area = opening * (b * b - a * a) / 2;
    const double quartic = (std::pow(b, 4) - std::pow(a, 4)) / 8 / area;
    for (const double c : {0.0, radians(30), radians(200), radians(-90)}) {
      const Source one = sector_source(a, b, {c}, opening, 0.03);
      const double reach = 2 * std::sin(opening / 2) * (std::pow(b, 3) - std::pow(a, 3)) / 3 / area;
      EXPECT_NEAR(moment(one, 0, 0), 1, 1e-14);
      EXPECT_NEAR(moment(one, 1, 0), reach * std::cos(c), 1e-12);
      EXPECT_NEAR(moment(one, 0, 1), reach * std::sin(c), 1e-12);
      EXPECT_NEAR(moment(one, 2, 0), quartic * (opening + std::sin(opening) * std::cos(2 * c)), 1e-13);
      EXPECT_NEAR(moment(one, 0, 2), quartic * (opening - std::sin(opening) * std::cos(2 * c)), 1e-13);
      EXPECT_NEAR(moment(one, 1, 1), quartic * std::sin(opening) * std::sin(2 * c), 1e-13);
      EXPECT_NEAR(one.pupil_fill, area / pi, 1e-15);
      for (const auto& p : one.points) {
        EXPECT_GT(std::hypot(p.sx, p.sy), a);
        EXPECT_LT(std::hypot(p.sx, p.sy), b);
        const double off = std::remainder(std::atan2(p.sy, p.sx) - c, 2 * pi);
        EXPECT_LT(std::abs(off), opening / 2);
      }
    }
  }
  const Source dipole = sector_source(a, b, {0, pi}, radians(90), 0.05);
  EXPECT_NEAR(moment(dipole, 1, 0), 0, 1e-15);
  EXPECT_NEAR(moment(dipole, 2, 0) - moment(dipole, 0, 2), (a * a + b * b) / 2 * 2 / pi, 1e-13);
  EXPECT_NEAR(dipole.pupil_fill, (b * b - a * a) / 2, 1e-15);
}

// The ring is the sum of sectors that touch: Gauss rules against equally spaced angles.
TEST(Source, FourSectorsOfAQuarterAreTheRing) {
  const auto bright = [](const Source& source) {
    double sum = 0;
    for (const auto& p : source.points) sum += p.weight * std::exp(3 * p.sx - 2 * p.sy) * std::cos(5 * p.sx * p.sy);
    return sum;
  };
  const Source quarters = sector_source(0.4, 0.8, {0, pi / 2, pi, -pi / 2}, pi / 2, 0.04);
  const Source ring = annular_source(0.4, 0.8, 0.04);
  EXPECT_NEAR(bright(quarters), bright(ring), 1e-12);
  EXPECT_NEAR(quarters.pupil_fill, ring.pupil_fill, 1e-15);
}

// A pole at +x is at sx > 0, and azimuths count counter-clockwise from there.
TEST(Source, AzimuthsCountCounterClockwiseFromX) {
  for (const auto& p : sector_source(0.5, 0.9, {0}, 1, 0.1).points) EXPECT_GT(p.sx, 0.4);
  for (const auto& p : sector_source(0.5, 0.9, {pi / 2}, 1, 0.1).points) EXPECT_GT(p.sy, 0.4);
  for (const auto& p : sector_source(0.5, 0.9, {radians(135)}, 1, 0.1).points) {
    EXPECT_LT(p.sx, 0);
    EXPECT_GT(p.sy, 0);
  }
  for (const auto& p : pole_source({{0.6, -0.2, 0.1}}, 0.05).points) {
    EXPECT_GT(p.sx, 0.5);
    EXPECT_LT(p.sy, -0.1);
  }
}

TEST(Source, PolesHaveTheirAreaMoments) {
  const std::vector<SourcePole> poles{{0.5, 0.2, 0.3, 2}, {-0.6, 0.1, 0.2, 1}, {0, -0.7, 0.15, 0.5}, {0, 0.8, 0.1, 0}};
  for (const double step : {0.05, 0.2, 1.0}) {
    const Source source = pole_source(poles, step);
    double power = 0, area = 0, x = 0, xx = 0, xy = 0;
    for (const auto& p : poles) {
      const double share = p.brightness * p.radius * p.radius;
      power += share;
      x += share * p.sx;
      xx += share * (p.sx * p.sx + p.radius * p.radius / 4);
      xy += share * p.sx * p.sy;
      if (p.brightness > 0) area += p.radius * p.radius;
    }
    EXPECT_NEAR(moment(source, 0, 0), 1, 1e-14);
    EXPECT_NEAR(moment(source, 1, 0), x / power, 1e-14);
    EXPECT_NEAR(moment(source, 2, 0), xx / power, 1e-14);
    EXPECT_NEAR(moment(source, 1, 1), xy / power, 1e-14);
    EXPECT_NEAR(source.pupil_fill, area, 1e-15);
    for (const auto& p : source.points) EXPECT_GT(p.weight, 0) << "a dark pole costs no point";
  }
}

TEST(Source, ImageIsBrightWhereItsPixelsAre) {
  Image<double> image(4, 5);  // pixels of 0.4 x 0.5
  image(0, 2) = 1;            // centre (0, -0.75)
  image(2, 3) = 3;            // centre (0.4, 0.25)
  const Source coarse = image_source(image, 1);
  ASSERT_EQ(coarse.points.size(), 2u);
  EXPECT_NEAR(coarse.points[0].sx, 0, 1e-15);
  EXPECT_NEAR(coarse.points[0].sy, -0.75, 1e-15);
  EXPECT_NEAR(coarse.points[0].weight, 0.25, 1e-15);
  EXPECT_NEAR(coarse.points[1].sx, 0.4, 1e-15);
  EXPECT_NEAR(coarse.points[1].sy, 0.25, 1e-15);
  EXPECT_NEAR(coarse.pupil_fill, 2 * 0.4 * 0.5 / pi, 1e-15);

  image(0, 2) = 0;
  const Source fine = image_source(image, 0.1);  // 4 x 5 squares of 0.1: midpoint rules
  EXPECT_EQ(fine.points.size(), 20u);
  EXPECT_NEAR(moment(fine, 0, 0), 1, 1e-15);
  EXPECT_NEAR(moment(fine, 1, 0), 0.4, 1e-15);
  EXPECT_NEAR(moment(fine, 0, 1), 0.25, 1e-15);
  EXPECT_NEAR(moment(fine, 2, 0) - 0.16, 0.4 * 0.4 / 12 * (1 - 1.0 / 16), 1e-15);
  EXPECT_NEAR(moment(fine, 0, 2) - 0.0625, 0.5 * 0.5 / 12 * (1 - 1.0 / 25), 1e-15);
  EXPECT_NEAR(fine.pupil_fill, 0.4 * 0.5 / pi, 1e-15);
}

TEST(Source, ImageOfADiscIsCutAtThePupil) {
  const int n = 40;
  Image<double> image(n, n);
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) image(y, x) = std::hypot(2 * x + 1 - n, 2 * y + 1 - n) <= n;
  const Source source = image_source(image, 0.01);
  for (const auto& p : source.points) EXPECT_LE(std::hypot(p.sx, p.sy), 1 + 1e-12);
  EXPECT_NEAR(moment(source, 2, 0), 0.25, 0.01);
  EXPECT_NEAR(source.pupil_fill, 1, 0.01);
  EXPECT_LE(source.pupil_fill, 1);
}

TEST(Source, FacetsAreRoundSpotsOnAGrid) {
  const auto ring = [](double sx, double sy) { return std::hypot(sx, sy) > 0.5 && std::hypot(sx, sy) < 0.9; };
  const int across = 20;  // centres at odd multiples of 0.05
  const double radius = 0.04;
  int lit = 0;
  double second = 0;
  for (int y = -19; y <= 19; y += 2)
    for (int x = -19; x <= 19; x += 2) {
      const double r2 = 0.0025 * (x * x + y * y);
      if (r2 <= 0.25 || r2 >= 0.81) continue;
      ++lit;
      second += r2;
    }
  ASSERT_GT(lit, 100);
  const Source source = facet_source(across, radius, 0.02, ring);
  EXPECT_NEAR(moment(source, 0, 0), 1, 1e-13);
  EXPECT_NEAR(moment(source, 2, 0) + moment(source, 0, 2), second / lit + radius * radius / 2, 1e-13);
  EXPECT_NEAR(source.pupil_fill, lit * radius * radius, 1e-13);
  EXPECT_TRUE(has_mirror(facet_source(across, radius, 1, ring), -1, 1));
  // Only what is asked for: facets of the right half.
  for (const auto& p :
       facet_source(10, 0.1, 0.05, [](double sx, double sy) { return sx > 0 && std::hypot(sx, sy) < 0.8; }).points)
    EXPECT_GT(p.sx, 0);
}

// What the pupil's edge cuts converges like step^1.5, what it does not cut like a Gauss rule.
TEST(Source, ConvergesAsDocumented) {
  // Share of the disc of radius 0.9 within the unit disc about (0.8, 0): an overlap of two discs.
  const double r = 0.9, d = 0.8;
  const double a = std::acos((d * d + 1 - r * r) / (2 * d)), b = std::acos((d * d + r * r - 1) / (2 * d * r));
  const double exact = (a - std::sin(2 * a) / 2 + r * r * (b - std::sin(2 * b) / 2)) / (pi * r * r);
  const auto cut = [&](double step) {
    double inside = 0;
    for (const auto& p : disc_source(r, step).points)
      if (std::hypot(p.sx - d, p.sy) <= 1) inside += p.weight;
    return std::abs(inside - exact);
  };
  for (const double step : {0.1, 0.05, 0.02, 0.01}) EXPECT_LT(cut(step), 0.3 * std::pow(step, 1.5)) << step;

  const auto smooth = [](double step) {  // over a sector, whose straight edges are no obstacle
    double sum = 0;
    for (const auto& p : sector_source(0.55, 0.9, {0}, pi / 2, step).points)
      sum += p.weight * std::cos(20 * p.sx + 9 * p.sy);
    return sum;
  };
  EXPECT_NEAR(smooth(0.05), smooth(0.01), 1e-7);
  EXPECT_NEAR(smooth(0.025), smooth(0.01), 1e-13);
}

// ---------------------------------------------------------------------------------------------------------------------
// Polarisation

void expect_state(const Polarisation& p, double s1, double s2, double s3 = 0) {
  EXPECT_NEAR(p.s1, s1, 1e-15);
  EXPECT_NEAR(p.s2, s2, 1e-15);
  EXPECT_NEAR(p.s3, s3, 1e-15);
}

Polarisation state_at(double sx, double sy, PolarisationState state, double degree = 1) {
  Source source = point_source(sx, sy);
  polarise(source, state, degree);
  return source.points[0].polarisation;
}

TEST(Polarise, TeLiesAlongTheAzimuthAndTmAlongTheRadius) {
  expect_state(point_source(0.5, 0).points[0].polarisation, 0, 0);
  expect_state(state_at(0.5, 0.1, PolarisationState::x), 1, 0);
  expect_state(state_at(0.5, 0.1, PolarisationState::y, 0.9), -0.9, 0);
  expect_state(state_at(0.5, 0.1, PolarisationState::none), 0, 0);
  expect_state(state_at(0.5, 0, PolarisationState::te), -1, 0);  // on the x axis the azimuth runs along y
  expect_state(state_at(-0.5, 0, PolarisationState::te), -1, 0);
  expect_state(state_at(0, 0.5, PolarisationState::te), 1, 0);
  expect_state(state_at(0.5, 0.5, PolarisationState::te), 0, -1);  // on x = y it runs along x = -y
  expect_state(state_at(0.5, -0.5, PolarisationState::te), 0, 1);
  expect_state(state_at(0.5, 0, PolarisationState::tm), 1, 0);
  expect_state(state_at(0.5, 0.5, PolarisationState::tm, 0.5), 0, 0.5);
  expect_state(state_at(0, 0, PolarisationState::te), 0, 0);
  expect_state(state_at(0, 0, PolarisationState::tm), 0, 0);
}

// A linear state along the unit vector e has J = e e^T; by the definition of J, s1 = e_x^2 - e_y^2, s2 = 2 e_x e_y.
TEST(Polarise, StokesParametersAreThoseOfTheFieldVector) {
  Source source = annular_source(0.3, 0.9, 0.2);
  polarise(source, PolarisationState::te, 1);
  for (const auto& p : source.points) {
    const double r = std::hypot(p.sx, p.sy);
    const double ex = -p.sy / r, ey = p.sx / r;
    expect_state(p.polarisation, ex * ex - ey * ey, 2 * ex * ey);
  }
}

TEST(Polarise, ReplacesWhatWasThere) {
  Source source = point_source(0.5, 0);
  polarise(source, PolarisationState::x, 1);
  polarise(source, PolarisationState::none, 1);
  expect_state(source.points[0].polarisation, 0, 0);
}

TEST(Polarise, MapsAreReadBilinearly) {
  const int ny = 8, nx = 10;
  Image<double> s1(ny, nx), s2(ny, nx), s3(ny, nx);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) {
      const double sx = (2 * x + 1.0 - nx) / nx, sy = (2 * y + 1.0 - ny) / ny;
      s1(y, x) = 0.3 * sx - 0.2 * sy;
      s2(y, x) = 0.1 + 0.2 * sx * sy;
      s3(y, x) = 0.5 * sy;
    }
  Source source = disc_source(0.8, 0.07);
  polarise(source, s1, s2, s3);
  for (const auto& p : source.points)
    expect_state(p.polarisation, 0.3 * p.sx - 0.2 * p.sy, 0.1 + 0.2 * p.sx * p.sy, 0.5 * p.sy);
  Source edge = point_source(1, 0);  // beyond the outermost centres the map goes on evenly
  polarise(edge, s1, s2, s3);
  expect_state(edge.points[0].polarisation, 0.3 * 0.9, 0.1, 0);
}

TEST(Source, RotationTurnsStokesByTwiceTheAngle) {
  Source source = point_source(0.5, 0.1);
  const auto turned = [&](const Polarisation& p, double angle_deg) {
    source.points[0].polarisation = p;
    return rotated(source, radians(angle_deg)).points[0];
  };
  expect_state(turned({1, 0, 0}, 90).polarisation, -1, 0);
  expect_state(turned({1, 0, 0}, 45).polarisation, 0, 1);  // from x to x = y
  expect_state(turned({0, 1, 0}, 45).polarisation, -1, 0);
  expect_state(turned({0.3, -0.2, 0.4}, 180).polarisation, 0.3, -0.2, 0.4);
  EXPECT_NEAR(turned({}, 90).sx, -0.1, 1e-15);  // counter-clockwise
  EXPECT_NEAR(turned({}, 90).sy, 0.5, 1e-15);
}

TEST(Source, TurningCommutesWithAzimuthalPolarisation) {
  const double angle = radians(18);
  Source before = sector_source(0.5, 0.9, {0, pi}, 1, 0.1);
  polarise(before, PolarisationState::te, 0.95);
  before = rotated(before, angle);
  Source after = sector_source(0.5, 0.9, {angle, pi + angle}, 1, 0.1);
  polarise(after, PolarisationState::te, 0.95);
  ASSERT_EQ(before.points.size(), after.points.size());
  EXPECT_EQ(before.pupil_fill, after.pupil_fill);
  for (std::size_t i = 0; i < before.points.size(); ++i) {
    EXPECT_NEAR(before.points[i].sx, after.points[i].sx, 1e-14);
    EXPECT_NEAR(before.points[i].sy, after.points[i].sy, 1e-14);
    EXPECT_NEAR(before.points[i].polarisation.s1, after.points[i].polarisation.s1, 1e-14);
    EXPECT_NEAR(before.points[i].polarisation.s2, after.points[i].polarisation.s2, 1e-14);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Errors

TEST(Source, NamesTheParameterThatIsWrong) {
  const auto key = [](auto&& make) -> std::string {
    try {
      make();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::recipe);
      return std::string(error.what()).substr(0, std::string(error.what()).find(' '));
    }
    return {};
  };
  const double nan = std::nan("");
  EXPECT_EQ(key([] { (void)disc_source(0, 0.1); }), "sigma");
  EXPECT_EQ(key([] { (void)disc_source(1.1, 0.1); }), "sigma");
  EXPECT_EQ(key([&] { (void)disc_source(nan, 0.1); }), "sigma");
  EXPECT_EQ(key([] { (void)point_source(0.8, 0.8); }), "sigma");
  EXPECT_EQ(key([] { (void)annular_source(0.5, 1.1, 0.1); }), "sigma_outer");
  EXPECT_EQ(key([] { (void)annular_source(0.9, 0.55, 0.1); }), "sigma_inner");
  EXPECT_EQ(key([] { (void)annular_source(0.5, 0.5, 0.1); }), "sigma_inner");
  EXPECT_EQ(key([] { (void)annular_source(0.5, 0.9, 0); }), "step");

  const auto sectors = [&](const std::vector<double>& centres, double opening_deg, double step = 0.1) {
    return key([&] { (void)sector_source(0.5, 0.9, centres, radians(opening_deg), step); });
  };
  EXPECT_EQ(key([] { (void)sector_source(0.5, 1.5, {0}, 1, 0.1); }), "sigma_outer");
  EXPECT_EQ(key([] { (void)sector_source(0.5, 0.4, {0}, 1, 0.1); }), "sigma_inner");
  EXPECT_EQ(sectors({0}, 90, 2), "step");
  EXPECT_EQ(sectors({}, 90), "centres");
  EXPECT_EQ(sectors({0, nan}, 90), "centre_deg");
  EXPECT_EQ(sectors({0}, 0), "opening_deg");
  EXPECT_EQ(sectors({0}, 360), "opening_deg");
  EXPECT_EQ(sectors({0}, nan), "opening_deg");
  EXPECT_EQ(sectors({0, pi}, 181), "opening_deg");
  EXPECT_EQ(sectors({0, pi}, 180), "");
  EXPECT_EQ(sectors({0, 1}, 60), "opening_deg");
  EXPECT_EQ(sectors({-3, 3}, 60), "opening_deg") << "near each other across pi";
  EXPECT_EQ(sectors({0.1, 2 * pi - 0.1}, 12), "opening_deg") << "near each other across 0";
  EXPECT_EQ(sectors({0.1, 2 * pi - 0.1}, 11), "");
  EXPECT_EQ(sectors({0, 2 * pi}, 10), "opening_deg") << "the same sector twice";

  EXPECT_EQ(key([] { (void)pole_source({}, 0.1); }), "pole");
  EXPECT_EQ(key([] { (void)pole_source({{0.9, 0, 0.2}}, 0.1); }), "pole");
  EXPECT_EQ(key([] { (void)pole_source({{0.5, 0, 0}}, 0.1); }), "pole");
  EXPECT_EQ(key([] { (void)pole_source({{0.5, 0, 0.1, -1}}, 0.1); }), "pole");
  EXPECT_EQ(key([] { (void)pole_source({{0.5, 0, 0.1, 0}}, 0.1); }), "pole");
  EXPECT_EQ(key([] { (void)pole_source({{0.5, 0, 0.3}, {0, 0, 0.3}}, 0.1); }), "pole");
  EXPECT_EQ(key([] { (void)pole_source({{0.5, 0, 0.25}, {0, 0, 0.25}}, 0.1); }), "") << "touching is allowed";
  EXPECT_EQ(key([] { (void)pole_source({{0.5, 0, 0.1}}, 1e-5); }), "step");

  Image<double> image(10, 10);
  EXPECT_EQ(key([&] { (void)image_source(image, 0.1); }), "source");
  EXPECT_EQ(key([&] { (void)image_source({}, 0.1); }), "source");
  image(0, 0) = 1;
  EXPECT_EQ(key([&] { (void)image_source(image, 0.1); }), "source") << "beyond the pupil";
  image(0, 0) = 0;
  image(5, 5) = -1;
  EXPECT_EQ(key([&] { (void)image_source(image, 0.1); }), "source");

  const auto all = [](double, double) { return true; };
  EXPECT_EQ(key([&] { (void)facet_source(0, 0.1, 0.1, all); }), "across");
  EXPECT_EQ(key([&] { (void)facet_source(10, 0.11, 0.1, all); }), "spot_radius");
  EXPECT_EQ(key([&] { (void)facet_source(10, 0.1, 0.1, all); }), "spot_radius") << "beyond the pupil";
  EXPECT_EQ(key([&] { (void)facet_source(10, 0.1, 0.1, [](double, double) { return false; }); }), "lit");

  Source source = disc_source(0.5, 0.3);
  EXPECT_EQ(key([&] { polarise(source, PolarisationState::x, 1.1); }), "degree");
  const Image<double> none(2, 2), full(2, 2, 0.8), other(2, 3);
  EXPECT_EQ(key([&] { polarise(source, full, full, none); }), "polarisation");
  EXPECT_EQ(key([&] { polarise(source, none, other, none); }), "polarisation");
  EXPECT_EQ(key([&] { (void)rotated(source, nan); }), "angle_deg");
}

}  // namespace
}  // namespace anamorph
