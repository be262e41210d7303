// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/socs.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <filesystem>
#include <numbers>
#include <random>

#include "cpp/core/error.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/contest_kernels.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;

/// Spectrum of a mask nobody would draw: every bin matters.
std::vector<Complex> random_spectrum(const CoherentStack& stack, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Complex> m(stack.bins());
  for (auto& value : m) value = Complex(normal(random), normal(random)) / std::sqrt(static_cast<double>(stack.bins()));
  m[stack.bins() / 2] = 0.5;
  return m;
}

double intensity(const CoherentStack& stack, const std::vector<Complex>& spectrum, double x_nm, double y_nm) {
  double sum = 0;
  for (int k = 0; k < stack.terms(); ++k) {
    Complex field = 0;
    std::size_t bin = 0;
    for (int my = -stack.extent_y; my <= stack.extent_y; ++my)
      for (int mx = -stack.extent_x; mx <= stack.extent_x; ++mx, ++bin)
        field += stack.transfer[static_cast<std::size_t>(k) * stack.bins() + bin] * spectrum[bin] *
                 std::polar(1.0, 2 * std::numbers::pi * (mx * x_nm / stack.period_x_nm + my * y_nm / stack.period_y_nm));
    sum += stack.weight[static_cast<std::size_t>(k)] * std::norm(field);
  }
  return sum;
}

double largest_difference(const CoherentStack& a, const CoherentStack& b, unsigned seed = 5) {
  const auto spectrum = random_spectrum(a, seed);
  double largest = 0;
  for (int i = 0; i < 40; ++i) {
    const double x = 0.618 * i * a.period_x_nm, y = 0.7549 * i * a.period_y_nm;
    largest = std::max(largest, std::abs(intensity(a, spectrum, x, y) - intensity(b, spectrum, x, y)));
  }
  return largest;
}

Projection aberrated() {
  Projection p{.na = 0.55, .focus_nm = 35, .radiometric = true, .magnification_y = 8};
  p.pupil.obscuration = 0.2;
  p.pupil.apodisation = 0.1;
  p.pupil.wavefront_nm.add(0.4, fringe_zernike(7));
  p.pupil.wavefront_nm.add(-0.3, fringe_zernike(9));
  p.pupil.wavefront_nm.add(0.5, fringe_zernike(6));
  return p;
}

// The three ways that socs() takes: the whole space of a small window, as many modes as terms on the window itself,
// and mixtures found on the mode window that are applied to a larger one.
TEST(Socs, AtFullRankIsAbbe) {
  struct Case {
    double period_x, period_y, step;
  };
  for (const Case& c : {Case{110, 90, 0.05}, Case{200, 170, 0.15}, Case{420, 380, 0.12}, Case{900, 1e-3, 0.1}}) {
    const CoherentTerms terms(aberrated(), annular_source(0.4, 0.8, c.step).points);
    const Socs found = socs(terms, c.period_x, c.period_y, {.image_error = 0, .max_kernels = 2000, .threads = 2});
    const CoherentStack abbe = abbe_stack(terms, c.period_x, c.period_y, 0, terms.points());
    EXPECT_LE(largest_difference(found.stack, abbe), 1e-10) << c.period_x << ' ' << found.stack.terms();
    EXPECT_NEAR(found.captured_fraction, 1, 1e-12);
    EXPECT_NEAR(found.stack.clear_field(), 1, 1e-10);
    EXPECT_LE(found.stack.terms(), std::min<int>(terms.count(), static_cast<int>(found.stack.bins())));
  }
}

TEST(Socs, AtFullRankIsAbbeForVectorFields) {
  Projection p = aberrated();
  p.vector = true;
  Source source = annular_source(0.4, 0.8, 0.25);
  polarise(source, PolarisationState::te, 0.8);
  const CoherentTerms terms(p, source.points);
  for (const double period : {100.0, 320.0}) {
    const Socs found = socs(terms, period, 90, {.image_error = 0, .max_kernels = 2000, .threads = 2});
    EXPECT_LE(largest_difference(found.stack, abbe_stack(terms, period, 90, 0, terms.points())), 1e-10);
  }
}

TEST(Socs, DoesNotDependOnTheThreads) {
  const CoherentTerms terms(aberrated(), annular_source(0.4, 0.8, 0.1).points);
  const SocsOptions options{.image_error = 0, .max_kernels = 20, .threads = 1};
  SocsOptions more = options;
  more.threads = 3;
  EXPECT_EQ(socs(terms, 420, 380, options).stack.transfer, socs(terms, 420, 380, more).stack.transfer);
}

TEST(Socs, TruncationIsReported) {
  const CoherentTerms terms(aberrated(), annular_source(0.4, 0.8, 0.06).points);
  const CoherentStack abbe = abbe_stack(terms, 420, 380, 0, terms.points());
  double before = 1;
  for (const int kernels : {5, 20, 60}) {
    const Socs found = socs(terms, 420, 380, {.image_error = 0, .max_kernels = kernels, .threads = 2});
    ASSERT_EQ(found.stack.terms(), kernels);
    double captured = 0, all = 0;
    for (int k = 0; k < kernels; ++k) captured += found.stack.weight[static_cast<std::size_t>(k)];
    for (const Complex& h : abbe.transfer) all += std::norm(h);
    EXPECT_NEAR(found.captured_fraction, captured / all, 1e-12);
    for (int k = 1; k < kernels; ++k) EXPECT_LT(found.stack.weight[static_cast<std::size_t>(k)], 1.05 * found.stack.weight[static_cast<std::size_t>(k - 1)]);
    EXPECT_LT(found.image_error, before);
    before = found.image_error;
  }
  const Socs by_energy = socs(terms, 420, 380, {.image_error = 0, .energy = 0.9, .max_kernels = 300, .threads = 2});
  EXPECT_NEAR(by_energy.captured_fraction, 0.9, 0.02);
  const Socs by_error = socs(terms, 420, 380, {.image_error = 4e-3, .max_kernels = 300, .threads = 2});
  EXPECT_LE(by_error.image_error, 4e-3);
  EXPECT_LT(by_error.stack.terms(), 200);
}

TEST(Socs, ANarrowWindowHasModesEnough) {
  Projection projection{.na = 0.55, .magnification_y = 8};
  projection.pupil.obscuration = 0.2;
  const CoherentTerms terms(projection, annular_source(0.55, 0.9, 0.1).points);
  const SocsOptions options{.image_error = 1.5e-3, .max_kernels = 180};
  for (const auto& [x_nm, y_nm] : {std::pair(20.0, 4500.0), {4500.0, 20.0}}) {
    const Socs found = socs(terms, x_nm, y_nm, options);
    EXPECT_LE(found.image_error, options.image_error);
  }
}

TEST(Socs, NamesTheOptionThatIsWrong) {
  const CoherentTerms terms(Projection{}, {{0, 0, 1}});
  EXPECT_THROW((void)socs(terms, 100, 100, {.max_kernels = 0}), Error);
  EXPECT_THROW((void)socs(terms, 100, 100, {.energy = 1.5}), Error);
  EXPECT_THROW((void)socs(terms, 100, 100, {.image_error = -1}), Error);
  EXPECT_THROW((void)socs(terms, -100, 100, {}), Error);
}

}  // namespace
}  // namespace anamorph
