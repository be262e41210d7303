// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "cpp/core/error.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/optimize/objective.hpp"
#include "optics_models/abbe.hpp"

// Stage vibration and flare, in images and in the objective of the optimisers.

namespace anamorph {
namespace {

using std::numbers::pi;

const Grid kGrid{0, 0, 64, 64, 1};

ImagingModel two_beam_model() {
  ImagingModel model;
  model.stacks = {abbe_stack({.na = 0.33}, sector_source(0.55, 0.9, {0, pi}, 1, 0.1).points, 64, 64)};
  model.conditions = {{"nominal", 1, 0, 0}, {"over", 1.1, 0, 0}};
  return model;
}

/// Lines along y, or along x, of pitch 32.
Image<double> lines(bool along_x) {
  Image<double> mask(64, 64);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) mask(y, x) = ((along_x ? y : x) / 16) % 2;
  return mask;
}

/// Amplitude of the image's component of period 32 along x or y.
double harmonic(const Image<double>& image, bool along_y) {
  std::complex<double> sum = 0;
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      sum += image(y, x) * std::polar(1.0, -2 * pi * 2 * ((along_y ? y : x) + 0.5) / 64);
  return std::abs(sum) / (64 * 64);
}

TEST(Imaging, StageVibrationDampsAnImageAcrossItsDirection) {
  const auto backend = make_backend("cpu", 1);
  ImagingModel model = two_beam_model();
  const double still = harmonic(Imager(*backend, model, kGrid).images(lines(false))[0], false);
  ASSERT_GT(still, 0.1);
  model.blur_y_nm = 4;
  EXPECT_NEAR(harmonic(Imager(*backend, model, kGrid).images(lines(false))[0], false), still, 1e-12);
  model.blur_x_nm = 3;
  const double damped = std::exp(-2 * pi * pi * 9 / (32.0 * 32));
  EXPECT_NEAR(harmonic(Imager(*backend, model, kGrid).images(lines(false))[0], false), damped * still, 1e-12);
  // A blur of the resist comes on top: variances add.
  const double both = std::exp(-2 * pi * pi * (9 + 16) / (32.0 * 32));
  EXPECT_NEAR(harmonic(Imager(*backend, model, kGrid, 4).images(lines(false))[0], false), both * still, 1e-12);
}

TEST(Imaging, FlareIsAddedToEveryImage) {
  const auto backend = make_backend("cpu", 1);
  ImagingModel model = two_beam_model();
  const Image<double> clean = Imager(*backend, model, kGrid).images(lines(false))[0];
  model.flare = 0.03;
  const Image<double> veiled = Imager(*backend, model, kGrid).images(lines(false))[0];
  for (std::size_t i = 0; i < clean.size(); ++i) EXPECT_NEAR(veiled.data()[i], clean.data()[i] + 0.03, 1e-14);
}

// dose (I + flare) >= threshold is I >= threshold / dose - flare: for one dose the flare is a shift of the threshold.
TEST(Imaging, TheObjectiveSeesTheFlare) {
  const auto backend = make_backend("cpu", 1);
  ImagingModel model = two_beam_model();
  model.conditions.resize(1);
  model.conditions[0].dose = 1.2;
  const auto evaluate = [&](double threshold, double flare, std::vector<double>& slope) {
    model.flare = flare;
    ResistModel resist;
    resist.threshold = threshold;
    const Pattern pattern{lines(false), Image<double>(64, 64), Image<double>(64, 64)};
    MaskObjective objective(*backend, model, resist, kGrid, 0, {&pattern, 1});
    Array control = backend->allocate({1, 64, 64, 1}), gradient = backend->allocate({1, 64, 64, 1});
    backend->upload(lines(false).span(), control);
    objective.evaluate(control, {.print_steepness = 20}, gradient);
    slope.resize(64 * 64);
    backend->download(gradient, slope);
    return objective.terms()[0][0].fidelity;
  };
  std::vector<double> with, without, shifted;
  const double loss = evaluate(0.3, 0.05, with);
  EXPECT_NEAR(loss, evaluate(0.3 - 1.2 * 0.05, 0, shifted), 1e-9 * loss);
  EXPECT_GT(std::abs(loss - evaluate(0.3, 0, without)), 1e-3 * loss);
  for (std::size_t i = 0; i < with.size(); ++i) EXPECT_NEAR(with[i], shifted[i], 1e-10);
}

TEST(Imaging, RefusesNegativeBlurAndFlare) {
  ImagingModel model = two_beam_model();
  model.flare = -0.1;
  EXPECT_THROW(model.validate(), Error);
  model.flare = 0;
  model.blur_x_nm = std::nan("");
  EXPECT_THROW(model.validate(), Error);
}

}  // namespace
}  // namespace anamorph
