// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// What the optics must do whatever their numbers: conservation, symmetries, and the signs of docs/conventions.md.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <complex>
#include <cstddef>
#include <functional>
#include <numbers>
#include <random>
#include <utility>
#include <vector>

#include "optics_models/abbe.hpp"
#include "optics_models/socs.hpp"
#include "tests/grating.hpp"
#include "tests/pattern.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;
using Complex = std::complex<double>;
using Points = std::vector<SourcePoint>;

constexpr double euv = 13.5;
constexpr double nowhere = 1e-2;  ///< a difference that cannot be overlooked

const Points axis{{0, 0, 1}};

PupilPolynomial aberration(std::initializer_list<std::pair<int, double>> terms) {
  PupilPolynomial w;
  for (const auto& [term, nm] : terms) w.add(nm, fringe_zernike(term));
  return w;
}

/// Equal lines and spaces with a space centred at 0.
Complex spaces(int m) { return m == 0 ? 0.5 : std::sin(pi * m / 2) / (pi * m); }

// ---------------------------------------------------------------------------------------------------------------------
// A mask, a source and a pupil that no symmetry maps to themselves

struct Window {
  double x = 90, y = 70;
};

const std::vector<Opening> letter{{0, 0, 40, 12}, {-14, 16, 12, 20}, {22, -13, 9, 14}};
const Points lopsided{{0.3, 0.5, 1, {}}, {-0.6, 0.2, 0.7, {}}, {0.1, -0.85, 0.4, {}}, {0.75, 0.1, 1.3, {}}};
const std::array<std::pair<double, double>, 7> places{
    {{0, 0}, {11, 4}, {-17, 9}, {25, -8}, {-31, -22}, {8, 30}, {40, 19}}};

Projection lopsided_lens() {
  Projection optics{.na = 0.55, .focus_nm = 15};
  optics.pupil.wavefront_nm =
      aberration({{2, 0.7}, {3, -0.9}, {5, 0.8}, {6, -0.5}, {7, 0.6}, {8, 1.1}, {9, 0.4}, {10, -0.7}});
  return optics;
}

/// The image of `mask` at `places`, moved by `place` before.
std::vector<double> image(
    const Projection& optics, const Points& source, const std::vector<Opening>& mask = letter,
    const Window& window = {},
    const std::function<std::pair<double, double>(double, double)>& place = [](double x, double y) {
      return std::pair(x, y);
    }) {
  const CoherentStack stack = abbe_stack(optics, source, window.x, window.y);
  const auto spectrum = openings_spectrum(stack, mask);
  std::vector<double> values;
  for (const auto& [x0, y0] : places) {
    const auto [x, y] = place(x0, y0);
    values.push_back(intensity(stack, spectrum, x, y));
  }
  return values;
}

double difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

std::vector<double> mixture(double wa, const std::vector<double>& a, double wb, const std::vector<double>& b) {
  std::vector<double> sum;
  for (std::size_t i = 0; i < a.size(); ++i) sum.push_back(wa * a[i] + wb * b[i]);
  return sum;
}

Points opposite(Points source) {
  for (SourcePoint& s : source) s.sx = -s.sx, s.sy = -s.sy;
  return source;
}

Points polarised(const Points& points, PolarisationState state, double degree = 1) {
  Source source{points, 0};
  polarise(source, state, degree);
  return source.points;
}

/// The terms of the first source point at a frequency that puts its ray on the point (px, py) of the pupil.
std::vector<Complex> at_pupil(const Projection& optics, const SourcePoint& source, double px, double py) {
  const CoherentTerms terms(optics, {source});
  std::vector<Complex> h(static_cast<std::size_t>(terms.per_point()));
  const double scale = optics.na / optics.wavelength_nm;
  terms.evaluate(0, {(px - source.sx) * scale, 1, (py - source.sy) * scale, 1}, h.data(), 1);
  return h;
}

Complex scalar_at_pupil(const Projection& optics, double px, double py) {
  return at_pupil(optics, {0, 0, 1}, px, py)[0];
}

// ---------------------------------------------------------------------------------------------------------------------
// Conservation

/// Sum over orders of their power times the share of the source whose ray passes the pupil, by the rays' geometry.
double power_of_passed_orders(const Projection& optics, const Points& source, const Window& window,
                              const std::vector<Opening>& mask) {
  CoherentStack bins;
  bins.period_x_nm = window.x, bins.period_y_nm = window.y;
  bins.extent_x = bins.extent_y = 20;
  const auto spectrum = openings_spectrum(bins, mask);
  const double qx = optics.wavelength_nm / (optics.na * window.x), qy = optics.wavelength_nm / (optics.na * window.y);
  const auto passes = [&](double px, double py) {
    const double p = std::hypot(px, py);
    return p <= 1 && p >= optics.pupil.obscuration;
  };
  double clear = 0, sum = 0;
  for (const SourcePoint& s : source) {
    if (passes(s.sx, s.sy)) clear += s.weight;
    std::size_t bin = 0;
    for (int my = -20; my <= 20; ++my)
      for (int mx = -20; mx <= 20; ++mx, ++bin)
        if (passes(s.sx + mx * qx, s.sy + my * qy)) sum += s.weight * std::norm(spectrum[bin]);
  }
  return sum / clear;
}

// The mean of the image is the power of the orders that pass; phases and directions of fields take nothing away.
TEST(OpticsPhysics, Energy) {
  for (const bool vector : {false, true}) {
    Projection optics = lopsided_lens();
    optics.vector = vector;
    optics.pupil.obscuration = 0.35;
    const Points source = polarised(lopsided, PolarisationState::te, 0.6);
    const CoherentStack stack = abbe_stack(optics, source, 90, 70);
    const auto spectrum = openings_spectrum(stack, letter);
    double mean = 0;
    const int n = 36;  // more than twice the orders of the intensity: the sum is exact
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) mean += intensity(stack, spectrum, 90.0 * i / n, 70.0 * j / n) / (n * n);
    EXPECT_NEAR(mean, power_of_passed_orders(optics, source, {}, letter), 1e-13) << vector;
  }
}

TEST(OpticsPhysics, OpenMaskHasIntensityOne) {
  Projection optics = lopsided_lens();
  optics.vector = optics.radiometric = true;
  optics.pupil.apodisation = 0.3;
  optics.spectrum = {{13.4, 0.2, 5}, {13.55, 0.7, -3}};
  optics.focus_blur = {{-20, 1}, {20, 2}};
  optics.planes =
      ImagePlanes{.stack = {.films = {{{0.97, 0.02}, 20}}, .substrate = {0.999, 0.0018}}, .depth_nm = {1, 6, 17}};
  EXPECT_NEAR(abbe_stack(optics, polarised(lopsided, PolarisationState::tm, 0.7), 60, 50).clear_field(), 1, 1e-13);
}

// Light may go the other way: a lens in place of the source, and the source in place of the lens, pass the same power
// of the mirrored mask. Source and pupil are given by pixels, and orders step from one pixel to another.
TEST(OpticsPhysics, Reciprocity) {
  const int n = 8;
  std::mt19937 random(3);
  Image<double> a(n, n), b(n, n);
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      const double sx = (2 * x + 1 - n) / static_cast<double>(n), sy = (2 * y + 1 - n) / static_cast<double>(n);
      if (std::hypot(sx, sy) > 1) continue;
      a(y, x) = random() % 3 == 0 ? 0.0 : static_cast<double>(random() % 100) / 100;
      b(y, x) = random() % 3 == 0 ? 0.0 : static_cast<double>(random() % 100) / 100;
    }
  const auto passed = [&](const Image<double>& source, const Image<double>& pupil, double side) {
    Projection optics{.na = 0.33};
    optics.pupil.transmission = pupil;
    for (double& t : optics.pupil.transmission) t = std::sqrt(t);
    const double period = n * euv / (2 * optics.na);
    const CoherentStack stack = abbe_stack(optics, image_source(source, 1).points, period, period);
    std::vector<Opening> mask;
    for (const Opening& o : letter) mask.push_back({side * o.x, side * o.y, o.width, o.height});
    const auto spectrum = openings_spectrum(stack, mask);
    double sum = 0;
    for (std::size_t i = 0; i < stack.transfer.size(); ++i)
      sum += std::norm(stack.transfer[i] * spectrum[i % stack.bins()]);
    return sum;
  };
  // |M(f)| = |M(-f)| for a real mask: the power alone would not see the mirror, so single orders are compared, too.
  EXPECT_NEAR(passed(a, b, 1), passed(b, a, -1), 1e-13);
  const auto order_power = [&](const Image<double>& source, const Image<double>& pupil, int mx, int my) {
    Projection optics{.na = 0.33};
    optics.pupil.transmission = pupil;
    for (double& t : optics.pupil.transmission) t = std::sqrt(t);
    const double step = 2.0 / n * optics.na / euv;
    const CoherentTerms terms(optics, image_source(source, 1).points);
    double sum = 0;
    for (int point = 0; point < terms.points(); ++point) {
      Complex h;
      terms.evaluate(point, {mx * step, 1, my * step, 1}, &h, 1);
      sum += std::norm(h);
    }
    return sum;
  };
  EXPECT_NEAR(order_power(a, b, 2, 1), order_power(b, a, -2, -1), 1e-13);
  EXPECT_NEAR(order_power(a, b, -1, 3), order_power(b, a, 1, -3), 1e-13);
  EXPECT_GT(std::abs(order_power(a, b, 2, 1) - order_power(b, a, 2, 1)), nowhere);
}

// ---------------------------------------------------------------------------------------------------------------------
// Symmetries

TEST(OpticsPhysics, MirroredInX) {
  Projection optics = lopsided_lens();
  optics.vector = optics.radiometric = true;
  optics.magnification_y = 8;
  Points source = lopsided;
  source[0].polarisation = {0.3, 0.6, 0.5};
  source[2].polarisation = {-0.2, 0.4, -0.8};
  Projection mirrored = optics;
  mirrored.pupil.wavefront_nm =
      aberration({{2, -0.7}, {3, -0.9}, {5, 0.8}, {6, 0.5}, {7, -0.6}, {8, 1.1}, {9, 0.4}, {10, 0.7}});
  Points mirrored_source = source;
  for (SourcePoint& s : mirrored_source) {
    s.sx = -s.sx;
    s.polarisation.s2 = -s.polarisation.s2;
    s.polarisation.s3 = -s.polarisation.s3;
  }
  std::vector<Opening> mirrored_letter = letter;
  for (Opening& o : mirrored_letter) o.x = -o.x;
  const auto mirror = [](double x, double y) { return std::pair(-x, y); };
  EXPECT_NEAR(difference(image(optics, source), image(mirrored, mirrored_source, mirrored_letter, {}, mirror)), 0,
              1e-14);
  EXPECT_GT(difference(image(optics, source), image(optics, mirrored_source, mirrored_letter, {}, mirror)), nowhere);
  EXPECT_GT(difference(image(optics, source), image(mirrored, source, mirrored_letter, {}, mirror)), nowhere);
}

// x and y change places: source, pupil, mask and the two magnifications.
TEST(OpticsPhysics, SwappedAxes) {
  Projection optics = lopsided_lens();
  optics.vector = optics.radiometric = true;
  optics.magnification_y = 8;
  optics.pupil.wavefront_nm = aberration({{2, 0.7}, {5, 0.8}, {7, 0.6}, {8, 0.2}, {9, 0.4}});
  Projection swapped = optics;
  std::swap(swapped.magnification_x, swapped.magnification_y);
  swapped.pupil.wavefront_nm = aberration({{3, 0.7}, {5, -0.8}, {8, 0.6}, {7, 0.2}, {9, 0.4}});
  Points source = lopsided;
  source[1].polarisation = {0.5, 0.3, 0.7};
  Points swapped_source = source;
  for (SourcePoint& s : swapped_source) {
    std::swap(s.sx, s.sy);
    s.polarisation.s1 = -s.polarisation.s1;
    s.polarisation.s3 = -s.polarisation.s3;
  }
  std::vector<Opening> swapped_letter;
  for (const Opening& o : letter) swapped_letter.push_back({o.y, o.x, o.height, o.width});
  const auto swap = [](double x, double y) { return std::pair(y, x); };
  EXPECT_NEAR(difference(image(optics, source), image(swapped, swapped_source, swapped_letter, {70, 90}, swap)), 0,
              1e-14);
  swapped.magnification_x = 4, swapped.magnification_y = 8;
  EXPECT_GT(difference(image(optics, source), image(swapped, swapped_source, swapped_letter, {70, 90}, swap)), 1e-4);
}

// The conjugate of a real mask's spectrum is that of f -> -f. So the other side of focus, with the source seen through
// the axis, gives the same image if even aberrations change their sign and odd ones do not.
TEST(OpticsPhysics, OtherSideOfFocus) {
  Projection near = lopsided_lens();
  Projection far = near;
  far.focus_nm = -near.focus_nm;
  far.pupil.wavefront_nm =
      aberration({{2, 0.7}, {3, -0.9}, {5, -0.8}, {6, 0.5}, {7, 0.6}, {8, 1.1}, {9, -0.4}, {10, -0.7}});
  EXPECT_NEAR(difference(image(near, lopsided), image(far, opposite(lopsided))), 0, 1e-14);
  far.focus_nm = near.focus_nm;
  EXPECT_GT(difference(image(near, lopsided), image(far, opposite(lopsided))), nowhere);
}

// ---------------------------------------------------------------------------------------------------------------------
// Where things go

// A wave exp(2 pi i f x) whose phase grows by 2 pi a f / NA belongs to a pattern that lies a / NA towards -x.
TEST(OpticsPhysics, TiltMovesTheImage) {
  const double a = 1.7, pitch = 60;
  const auto position = [&](int term, Axis direction) {
    Projection optics{.na = 0.33};
    optics.pupil.wavefront_nm = aberration({{term, a}});
    return grating_image(optics, disc_source(0.4, 0.1).points, pitch, spaces, direction).position();
  };
  EXPECT_NEAR(position(2, Axis::x), -a / 0.33, 1e-12);
  EXPECT_NEAR(position(2, Axis::y), 0, 1e-12);
  EXPECT_NEAR(position(3, Axis::y), -a / 0.33, 1e-12);
  EXPECT_NEAR(position(3, Axis::x), 0, 1e-12);
}

// Coma is a tilt of the three beams by 3 q^3 - 2 q, q being the place of the first order in the pupil.
TEST(OpticsPhysics, ComaMovesLines) {
  const double c = 1.1, na = 0.33;
  for (const double pitch : {45.0, 60.0, 75.0}) {  // both signs of 3 q^3 - 2 q
    const double q = euv / (na * pitch);
    const double shift = -c * (3 * q * q * q - 2 * q) / euv * pitch;
    const auto position = [&](int term, Axis direction) {
      Projection optics{.na = na};
      optics.pupil.wavefront_nm = aberration({{term, c}});
      return grating_image(optics, axis, pitch, spaces, direction).position();
    };
    EXPECT_GT(std::abs(shift), 0.1);
    EXPECT_NEAR(position(7, Axis::x), shift, 1e-12);
    EXPECT_NEAR(position(8, Axis::y), shift, 1e-12);
    EXPECT_NEAR(position(7, Axis::y), 0, 1e-12);
    EXPECT_NEAR(position(8, Axis::x), 0, 1e-12);
  }
}

/// Where the three beams of lines are in phase: amid two foci of the same image log slope.
double best_focus(Projection optics, double pitch, Axis direction) {
  const auto nils = [&](double z) {
    optics.focus_nm = z;
    return grating_image(optics, axis, pitch, equal_lines, direction).nils();
  };
  double low = -80, high = 80;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (nils(middle - 10) < nils(middle + 10) ? low : high) = middle;
  }
  return (low + high) / 2;
}

// Focus takes k z (1 - cos theta) away from the first orders. Best focus is where an aberration gives it back: positive
// power and the inner slope of spherical aberration in opposite directions, astigmatism differently for x and y.
TEST(OpticsPhysics, AberrationsMoveBestFocus) {
  const double na = 0.33, pitch = 60, c = 1.2;
  const double q = euv / (na * pitch), delay = 1 - std::sqrt(1 - std::pow(euv / pitch, 2));
  const auto focus = [&](int term, Axis direction) {
    Projection optics{.na = na};
    optics.pupil.wavefront_nm = aberration({{term, c}});
    return best_focus(optics, pitch, direction);
  };
  const double tolerance = 1e-9;
  EXPECT_NEAR(focus(4, Axis::x), c * 2 * q * q / delay, tolerance);
  EXPECT_GT(focus(4, Axis::y), 10) << "positive power: the wafer must go away from the lens";
  EXPECT_NEAR(focus(9, Axis::x), c * 6 * q * q * (q * q - 1) / delay, tolerance);
  EXPECT_LT(focus(9, Axis::y), -10);
  EXPECT_NEAR(focus(5, Axis::x), c * q * q / delay, tolerance);
  EXPECT_NEAR(focus(5, Axis::y), -c * q * q / delay, tolerance);
  EXPECT_NEAR(focus(6, Axis::x), 0, tolerance);
}

TEST(OpticsPhysics, OrderOfTheZernikeTerms) {
  const double x = 0.55, y = -0.35, r2 = x * x + y * y;
  const std::vector<double> fringe{1,
                                   x,
                                   y,
                                   2 * r2 - 1,
                                   x * x - y * y,
                                   2 * x * y,
                                   (3 * r2 - 2) * x,
                                   (3 * r2 - 2) * y,
                                   6 * r2 * r2 - 6 * r2 + 1,
                                   x * x * x - 3 * x * y * y,
                                   3 * x * x * y - y * y * y,
                                   (4 * r2 - 3) * (x * x - y * y),
                                   (4 * r2 - 3) * 2 * x * y,
                                   (10 * r2 * r2 - 12 * r2 + 3) * x,
                                   (10 * r2 * r2 - 12 * r2 + 3) * y,
                                   20 * r2 * r2 * r2 - 30 * r2 * r2 + 12 * r2 - 1};
  for (std::size_t j = 0; j < fringe.size(); ++j) {
    Projection optics;
    optics.pupil.wavefront_nm = aberration({{static_cast<int>(j) + 1, 0.9}});
    EXPECT_NEAR(std::arg(scalar_at_pupil(optics, x, y)), 2 * pi * 0.9 / euv * fringe[j], 1e-14) << "Z" << j + 1;
  }
}

// Rays that travel towards +x arrive z tan(theta) farther to the right on a wafer that is z farther away.
TEST(OpticsPhysics, ObliqueLightMovesTheImageAlongItsWay) {
  const double pitch = 3000, z = 100;
  const Projection optics{.na = 0.33, .focus_nm = z};
  const auto coarse = [](int m) -> Complex { return m == 0 ? 1 : std::abs(m) == 1 ? 0.1 : 0; };
  const double shift = z * std::tan(std::asin(0.5 * 0.33));
  EXPECT_NEAR(grating_image(optics, {{0.5, 0, 1}}, pitch, coarse).position(), shift, 0.01);
  EXPECT_NEAR(grating_image(optics, {{0, 0.5, 1}}, pitch, coarse, Axis::y).position(), shift, 0.01);
  EXPECT_NEAR(grating_image(optics, {{-0.5, 0, 1}}, pitch, coarse).position(), -shift, 0.01);
  EXPECT_NEAR(grating_image(optics, {{0, 0.5, 1}}, pitch, coarse).position(), 0, 1e-9);
}

// Maps are [py][px] with the lowest py first.
TEST(OpticsPhysics, PupilMapsLieTheRightWayRound) {
  const int n = 5;
  Projection optics;
  Image<double> transmission(n, n), wavefront(n, n);
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) {
      transmission(y, x) = 0.1 + 0.02 * x + 0.1 * y;
      wavefront(y, x) = 0.3 * x - 0.8 * y;
    }
  const auto pixel = [&](double p) { return (p + 1) / 2 * n - 0.5; };
  optics.pupil.wavefront_map_nm = wavefront;
  for (const auto& [px, py] : {std::pair{0.6, 0.2}, {-0.5, 0.7}, {0.1, -0.66}})
    EXPECT_NEAR(std::arg(scalar_at_pupil(optics, px, py)), 2 * pi / euv * (0.3 * pixel(px) - 0.8 * pixel(py)), 1e-14);
  optics.pupil.transmission = transmission;
  const double middle = transmission(2, 2);  // for the open mask
  EXPECT_NEAR(std::abs(scalar_at_pupil(optics, 0.4, 0)), transmission(2, 3) / middle, 1e-14);
  EXPECT_NEAR(std::abs(scalar_at_pupil(optics, 0, 0.4)), transmission(3, 2) / middle, 1e-14);
  EXPECT_NEAR(std::abs(scalar_at_pupil(optics, -0.4, -0.8)), transmission(0, 1) / middle, 1e-14);
}

// ---------------------------------------------------------------------------------------------------------------------
// Amplitude in the pupil

TEST(OpticsPhysics, RadiometricFactorOfAnAnamorphicLens) {
  const Projection optics{.na = 0.55, .radiometric = true, .magnification_x = 4, .magnification_y = 8};
  for (const auto& [px, py] : {std::pair{0.9, 0.0}, {0.0, 0.9}, {-0.5, 0.6}}) {
    const double object2 = std::pow(0.55 * px / 4, 2) + std::pow(0.55 * py / 8, 2);
    const double image2 = 0.55 * 0.55 * (px * px + py * py);
    EXPECT_NEAR(std::abs(scalar_at_pupil(optics, px, py)), std::pow((1 - object2) / (1 - image2), 0.25), 1e-14);
  }
}

TEST(OpticsPhysics, MagnificationMattersToTheRadiometricFactorAlone) {
  Projection optics = lopsided_lens();
  Projection anamorphic = optics;
  anamorphic.magnification_y = 8;
  EXPECT_EQ(image(optics, lopsided), image(anamorphic, lopsided));
  optics.radiometric = anamorphic.radiometric = true;
  EXPECT_GT(difference(image(optics, lopsided), image(anamorphic, lopsided)), 1e-4);
}

TEST(OpticsPhysics, ObscurationIsDark) {
  Projection optics;
  optics.pupil.obscuration = 0.4;
  const SourcePoint beside{0, 0.9, 1};
  EXPECT_EQ(at_pupil(optics, beside, 0.399, 0)[0], 0.0);
  EXPECT_EQ(at_pupil(optics, beside, 0, 0)[0], 0.0);
  EXPECT_NEAR(std::abs(at_pupil(optics, beside, -0.401, 0)[0]), 1, 1e-14);
  EXPECT_NEAR(std::abs(at_pupil(optics, beside, 0, 0.999)[0]), 1, 1e-14);
  EXPECT_EQ(at_pupil(optics, beside, 0, 1.001)[0], 0.0);
}

// The pupil that is drawn is the pupil that images.
TEST(OpticsPhysics, PupilValue) {
  Projection optics = lopsided_lens();
  optics.wavelength_nm = 193.368, optics.na = 1.35, optics.immersion_index = 1.437;
  optics.radiometric = true;
  optics.magnification_y = 8;
  optics.pupil.apodisation = 0.2;
  optics.pupil.wavefront_map_nm = Image<double>(1, 2, 3.0);
  optics.pupil.wavefront_map_nm(0, 1) = -8;
  for (const auto& [px, py] : {std::pair{0.7, 0.5}, {-0.9, 0.3}, {0.1, -0.99}, {0.9, 0.9}})
    EXPECT_NEAR(std::abs(scalar_at_pupil(optics, px, py) / scalar_at_pupil(optics, 0, 0) -
                         pupil_value(optics, px, py) / pupil_value(optics, 0, 0)),
                0, 1e-13);
  EXPECT_NEAR(std::abs(pupil_value(optics, 0, 0)), 1, 1e-14);
}

TEST(OpticsPhysics, ApodisationIsAnAmplitude) {
  Projection optics;
  optics.pupil.apodisation = 0.4;
  EXPECT_NEAR(std::abs(scalar_at_pupil(optics, 0.3, -0.8)), std::exp(-0.4 * 0.73), 1e-14);
}

// ---------------------------------------------------------------------------------------------------------------------
// Mixtures: intensities add

TEST(OpticsPhysics, SpectralLinesAdd) {
  Projection optics = lopsided_lens();
  optics.spectrum = {{13.3, 0.6, 12}, {13.7, 1.4, -25}};
  Projection blue = lopsided_lens(), red = lopsided_lens();
  blue.wavelength_nm = 13.3, blue.focus_nm += 12;
  red.wavelength_nm = 13.7, red.focus_nm -= 25;
  const auto mean = mixture(0.3, image(blue, lopsided), 0.7, image(red, lopsided));
  EXPECT_NEAR(difference(image(optics, lopsided), mean), 0, 1e-14);
  optics.spectrum[0].focus_nm = 0;
  EXPECT_GT(difference(image(optics, lopsided), mean), 1e-3);
}

TEST(OpticsPhysics, FocusBlurIsAMean) {
  Projection optics = lopsided_lens();
  optics.focus_blur = {{-40, 1}, {25, 3}};
  Projection near = lopsided_lens(), far = lopsided_lens();
  near.focus_nm -= 40, far.focus_nm += 25;
  EXPECT_NEAR(difference(image(optics, lopsided), mixture(0.25, image(near, lopsided), 0.75, image(far, lopsided))), 0,
              1e-14);
}

TEST(OpticsPhysics, PartialPolarisationIsAMixture) {
  Projection optics = lopsided_lens();
  optics.vector = true;
  const auto te = image(optics, polarised(lopsided, PolarisationState::te));
  const auto tm = image(optics, polarised(lopsided, PolarisationState::tm));
  EXPECT_GT(difference(te, tm), nowhere);
  EXPECT_NEAR(difference(image(optics, polarised(lopsided, PolarisationState::te, 0.6)), mixture(0.8, te, 0.2, tm)), 0,
              1e-14);
  EXPECT_NEAR(difference(image(optics, lopsided), mixture(0.5, te, 0.5, tm)), 0, 1e-14);
  const auto x = image(optics, polarised(lopsided, PolarisationState::x));
  const auto y = image(optics, polarised(lopsided, PolarisationState::y));
  EXPECT_GT(difference(x, y), nowhere);
  EXPECT_NEAR(difference(image(optics, lopsided), mixture(0.5, x, 0.5, y)), 0, 1e-14);
}

// ---------------------------------------------------------------------------------------------------------------------
// Vector fields

TEST(OpticsPhysics, SmallAnglesAreScalar) {
  Projection optics{.na = 1e-5};
  optics.vector = true;
  const double scale = 0.55 / 1e-5;
  std::vector<Opening> large;
  for (const Opening& o : letter) large.push_back({scale * o.x, scale * o.y, scale * o.width, scale * o.height});
  const Window window{90 * scale, 70 * scale};
  const auto far = [&](double x, double y) { return std::pair(scale * x, scale * y); };
  const auto scalar = image({.na = 1e-5}, lopsided, large, window, far);
  for (const auto state : {PolarisationState::none, PolarisationState::x, PolarisationState::te, PolarisationState::tm})
    EXPECT_NEAR(difference(image(optics, polarised(lopsided, state), large, window, far), scalar), 0, 1e-9);
}

/// Real part of the product of the fields that two rays of one source point make at the wafer, over their power.
double parallelism(const Projection& optics, const SourcePoint& s, double px, double py) {
  const auto a = at_pupil(optics, s, s.sx, s.sy), b = at_pupil(optics, s, px, py);
  double product = 0, power = 0;
  for (std::size_t t = 0; t < a.size(); ++t) {
    product += (a[t] * std::conj(b[t])).real();
    power += (std::norm(a[t]) + std::norm(b[t])) / 2;
  }
  return product / power;
}

// Two opposite rays at the angle theta: s fields are parallel, p fields enclose 2 theta, whatever the azimuth.
TEST(OpticsPhysics, TwoBeamsAtAnyAzimuth) {
  Projection optics{.na = 0.55};
  optics.vector = true;
  for (const double degrees : {0.0, 20.0, 45.0, 90.0, 130.0, 250.0})
    for (const double rho : {0.4, 1.0}) {
      const double phi = degrees * pi / 180, sine = 0.55 * rho;
      const Points point{{rho * std::cos(phi), rho * std::sin(phi), 1, {}}};
      const auto contrast = [&](PolarisationState state) {
        const SourcePoint s = polarised(point, state)[0];
        return parallelism(optics, s, -s.sx, -s.sy);
      };
      EXPECT_NEAR(contrast(PolarisationState::te), 1, 1e-13);
      EXPECT_NEAR(contrast(PolarisationState::tm), 1 - 2 * sine * sine, 1e-13);
      EXPECT_NEAR(contrast(PolarisationState::none), 1 - sine * sine, 1e-13);
      SourcePoint circular = point[0];
      circular.polarisation = {0, 0, 1};
      EXPECT_NEAR(parallelism(optics, circular, -circular.sx, -circular.sy), 1 - sine * sine, 1e-13);
      // Linear along x: the part along the azimuth is s.
      const double s_part = std::sin(phi) * std::sin(phi);
      EXPECT_NEAR(contrast(PolarisationState::x), s_part + (1 - s_part) * (1 - 2 * sine * sine), 1e-13);
    }
}

// A ray is bent in the plane of its travel: its field stays normal to its direction, in water and in a film.
TEST(OpticsPhysics, FieldsAreTransverse) {
  Projection wet{.wavelength_nm = 193.368, .na = 1.35, .immersion_index = 1.437};
  wet.vector = true;
  Projection film = wet;
  film.planes = ImagePlanes{.stack = {.index_above = 1.437, .films = {{1.7, 50}}, .substrate = 1.7}, .depth_nm = {20}};
  const SourcePoint s{0.2, 0.1, 1, {0.3, -0.5, 0.6}};
  for (const auto& [optics, index] : {std::pair{wet, 1.437}, {film, 1.7}})
    for (const auto& [px, py] : {std::pair{0.7, 0.5}, {-0.9, 0.3}, {0.1, -0.99}}) {
      const auto e = at_pupil(optics, s, px, py);
      const double kx = 1.35 / index * px, ky = 1.35 / index * py, kz = std::sqrt(1 - kx * kx - ky * ky);
      for (std::size_t t = 0; t < e.size(); t += 3)
        EXPECT_NEAR(std::abs(kx * e[t] + ky * e[t + 1] + kz * e[t + 2]), 0, 1e-11);
    }
}

TEST(OpticsPhysics, PolarisationTurnsWithSourceAndPattern) {
  Projection optics{.na = 0.55};
  optics.vector = true;
  Source dipole = sector_source(0.6, 0.9, {0, pi}, pi / 3, 0.1);
  for (const auto state : {PolarisationState::x, PolarisationState::y, PolarisationState::te}) {
    polarise(dipole, state, 0.9);
    const Source turned = rotated(dipole, pi / 2);
    const GratingImage a = grating_image(optics, dipole.points, 18, equal_lines, Axis::x);
    const GratingImage b = grating_image(optics, turned.points, 18, equal_lines, Axis::y);
    EXPECT_NEAR(a.contrast(), b.contrast(), 1e-13);
    EXPECT_NEAR(a.value(3), b.value(3), 1e-13);
  }
  // By any angle: the two rays of one point and their fields.
  Source point{{{0.7, 0.2, 1, {0.3, -0.6, 0.4}}}, 0};
  const SourcePoint straight = point.points[0], oblique = rotated(point, 0.7).points[0];
  EXPECT_NEAR(parallelism(optics, straight, -straight.sx, -straight.sy),
              parallelism(optics, oblique, -oblique.sx, -oblique.sy), 1e-14);
  polarise(dipole, PolarisationState::y, 1);
  const double parallel = grating_image(optics, dipole.points, 18).contrast();
  polarise(dipole, PolarisationState::x, 1);
  EXPECT_GT(parallel, grating_image(optics, dipole.points, 18).contrast() + 0.2) << "lines along y want light along y";
}

TEST(OpticsPhysics, JonesPupil) {
  Projection optics = lopsided_lens();
  optics.vector = true;
  const auto map = [](Complex value) { return Image<Complex>(1, 1, value); };
  Projection exchanger = optics, polariser = optics;
  exchanger.pupil.jones = {map(0), map(1), map(1), map(0)};
  polariser.pupil.jones = {map(1), map(0), map(0), map(0)};
  const auto x = image(optics, polarised(lopsided, PolarisationState::x));
  EXPECT_NEAR(difference(image(exchanger, polarised(lopsided, PolarisationState::y)), x), 0, 1e-14);
  EXPECT_NEAR(difference(image(polariser, lopsided), x), 0, 1e-14);
  // Row x, column y: what light along y gives to x.
  Projection leak = optics;
  leak.pupil.jones = {map(1), map(Complex(0, 0.5)), map(0), map(1)};
  const auto e = at_pupil(leak, {0, 0, 1, {-1, 0, 0}}, 0, 0);
  EXPECT_NEAR(std::abs(e[0] / e[1] - Complex(0, 0.5)), 0, 1e-14);
  // Light along x = y behind a quarter-wave plate is circular.
  Projection plate = optics;
  plate.pupil.jones = {map(1), map(0), map(0), map(Complex(0, 1))};
  Points diagonal = lopsided, circular = lopsided;
  for (std::size_t i = 0; i < diagonal.size(); ++i) {
    diagonal[i].polarisation = {0, 1, 0};
    circular[i].polarisation = {0, 0, 1};  // E_y = i E_x
  }
  EXPECT_NEAR(difference(image(plate, diagonal), image(optics, circular)), 0, 1e-14);
}

// ---------------------------------------------------------------------------------------------------------------------
// Inside a film

ImagePlanes matched(std::vector<double> depth_nm) {
  return {.stack = {.index_above = 1, .films = {{1, 60}}, .substrate = 1}, .depth_nm = std::move(depth_nm)};
}

TEST(OpticsPhysics, AFilmOfTheSameIndexIsNotThere) {
  Projection optics = lopsided_lens();
  optics.vector = true;
  const Points source = polarised(lopsided, PolarisationState::tm, 0.8);
  Projection film = optics;
  film.planes = matched({0});
  EXPECT_NEAR(difference(image(film, source), image(optics, source)), 0, 1e-12);
  // Deeper is farther from the lens.
  film.planes = matched({24});
  optics.focus_nm += 24;
  EXPECT_NEAR(difference(image(film, source), image(optics, source)), 0, 1e-9);
}

// Every ray has the field of field_in_film: along its azimuth, its radius and the normal.
TEST(OpticsPhysics, FieldOfEveryRayInAFilm) {
  const FilmStack stack{.index_above = 1.437, .films = {{{1.7, 0.03}, 90}}, .substrate = {0.883, 2.778}};
  Projection optics{.wavelength_nm = 193.368, .na = 1.35, .immersion_index = 1.437};
  optics.vector = true;
  optics.planes = ImagePlanes{.stack = stack, .depth_nm = {30}};
  const double clear = std::abs(field_in_film(stack, 0, 30, 193.368, 0).s);
  for (const double rho : {0.001, 0.01, 0.05, 0.4, 0.9, 0.999}) {
    const FilmField field = field_in_film(stack, 0, 30, 193.368, 1.35 * rho);
    const auto p = at_pupil(optics, {0, 0, 1, {1, 0, 0}}, rho, 0), s = at_pupil(optics, {0, 0, 1, {1, 0, 0}}, 0, rho);
    EXPECT_NEAR(std::abs(p[0] - field.p_lateral / clear), 0, 1e-10) << rho;
    EXPECT_NEAR(std::abs(p[2] - field.p_normal / clear), 0, 1e-10) << rho;
    EXPECT_NEAR(std::abs(s[0] - field.s / clear), 0, 1e-10) << rho;
    EXPECT_EQ(s[2], 0.0);
  }
}

TEST(OpticsPhysics, BeerLambert) {
  const double alpha = 5e-3, depth = 35;  // 1/nm
  const Complex n(1, alpha * euv / (4 * pi));
  Projection optics;
  optics.vector = true;
  optics.planes = ImagePlanes{.stack = {.films = {{n, 40}}, .substrate = n}, .depth_nm = {0, depth}};
  const auto h = at_pupil(optics, {0, 0, 1, {1, 0, 0}}, 0, 0);
  ASSERT_EQ(h.size(), 6u);  // plane by plane, three components each
  EXPECT_NEAR(std::norm(h[3]) / std::norm(h[0]), std::exp(-alpha * depth), 1e-12);
  EXPECT_NEAR(std::norm(h[0]) + std::norm(h[3]), 1, 1e-13);
}

// The mean over depths is one of intensities, and the bright depths count more.
TEST(OpticsPhysics, DepthsAreAveraged) {
  Projection optics{.wavelength_nm = 193.368, .na = 1.35, .immersion_index = 1.437, .focus_nm = 20};
  optics.vector = true;
  const FilmStack stack{.index_above = 1.437, .films = {{{1.7, 0.03}, 90}}, .substrate = {0.883, 2.778}};
  const double scale = 14;
  std::vector<Opening> large;
  for (const Opening& o : letter) large.push_back({scale * o.x, scale * o.y, scale * o.width, scale * o.height});
  const Points source{{0, 0, 1, {0.4, 0.2, 0}}};
  const auto at = [&](std::vector<double> depth_nm, std::vector<double> mean_nm = {}) {
    optics.planes = ImagePlanes{.stack = stack, .depth_nm = std::move(depth_nm), .mean_nm = std::move(mean_nm)};
    return image(optics, source, large, {90 * scale, 70 * scale},
                 [&](double x, double y) { return std::pair(scale * x, scale * y); });
  };
  const auto clear = [&](double depth) { return std::norm(field_in_film(stack, 0, depth, 193.368, 0).s); };
  const double a = clear(20), b = clear(75);
  EXPECT_GT(std::abs(a - b), 0.05);
  EXPECT_NEAR(difference(at({20, 75}), mixture(a / (a + b), at({20}), b / (a + b), at({75}))), 0, 1e-12);
  // Depth by depth, relative to an open mask's mean over both: their mean is the image above.
  EXPECT_NEAR(difference(at({20, 75}), mixture(0.5, at({20}, {20, 75}), 0.5, at({75}, {20, 75}))), 0, 1e-12);
}

// ---------------------------------------------------------------------------------------------------------------------
// Sum of coherent systems

TEST(OpticsPhysics, AberrationsSurviveTheCrossCoefficients) {
  const Window window{};
  const auto by_socs = [&](const Projection& optics) {
    const Socs found = socs(CoherentTerms(optics, annular_source(0.4, 0.8, 0.15).points), window.x, window.y,
                            {.image_error = 0, .max_kernels = 1000});
    const auto spectrum = openings_spectrum(found.stack, letter);
    std::vector<double> values;
    for (const auto& [x, y] : places) values.push_back(intensity(found.stack, spectrum, x, y));
    return values;
  };
  Projection coma{.na = 0.55};
  const auto perfect = by_socs(coma);
  coma.pupil.wavefront_nm = aberration({{7, 0.8}});
  const auto aberrated = by_socs(coma);
  EXPECT_NEAR(difference(aberrated, image(coma, annular_source(0.4, 0.8, 0.15).points)), 0, 1e-10);
  EXPECT_GT(difference(aberrated, perfect), nowhere);
}

}  // namespace
}  // namespace anamorph
