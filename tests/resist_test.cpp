// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/resist/resist.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

Image<double> row(std::initializer_list<double> values) {
  Image<double> image(1, static_cast<int>(values.size()));
  std::copy(values.begin(), values.end(), image.begin());
  return image;
}

TEST(Resist, PrintsFromTheThresholdOn) {
  const Image<double> intensity = row({0.2, 0.225, 0.3});
  ResistModel model;
  EXPECT_EQ(printed(intensity, 1, model)(0, 0), 0);
  EXPECT_EQ(printed(intensity, 1, model)(0, 1), 1) << "the threshold itself prints";
  EXPECT_EQ(printed(intensity, 1, model)(0, 2), 1);
}

TEST(Resist, DarkIsTheComplementOfBright) {
  const Image<double> intensity = row({0.1, 0.225, 0.4});
  const Bitmap bright = printed(intensity, 1, {});
  const Bitmap dark = printed(intensity, 1, {.bright = false});
  for (int x = 0; x < 3; ++x) EXPECT_EQ(bright(0, x) + dark(0, x), 1);
}

TEST(Resist, DoseMultipliesTheIntensity) {
  const Image<double> intensity = row({0.2});
  EXPECT_EQ(printed(intensity, 1.2, {})(0, 0), 1);
  EXPECT_EQ(printed(intensity, 1.1, {})(0, 0), 0);
}

TEST(Resist, SigmoidIsOneHalfOnTheContourAndHasTheStatedSlope) {
  const double h = 1e-6;
  const Image<double> intensity = row({0.225 - h, 0.225, 0.225 + h, 10, -10});
  const Image<double> bright = sigmoid_resist(intensity, 1, {});
  EXPECT_DOUBLE_EQ(bright(0, 1), 0.5);
  // logistic' = steepness / 4 at the middle; the cubic term is (50 h)^3 / 24
  EXPECT_NEAR((bright(0, 2) - bright(0, 0)) / (2 * h), 50.0 / 4, 1e-7);
  EXPECT_NEAR(bright(0, 3), 1, 1e-15);
  EXPECT_NEAR(bright(0, 4), 0, 1e-15);
  const Image<double> dark = sigmoid_resist(intensity, 1, {.bright = false});
  for (int x = 0; x < 5; ++x) EXPECT_NEAR(bright(0, x) + dark(0, x), 1, 1e-15);
}

TEST(Resist, GaussianTransferIsTheTransformOfAGaussian) {
  const double sigma = 3;
  const double f = 0.07;
  // Trapezoidal rule on a Gaussian converges faster than any power; 10 sigma leave 1e-22.
  double transform = 0;
  for (double x = -30; x <= 30; x += 0.25)
    transform += 0.25 * std::exp(-x * x / (2 * sigma * sigma)) / (sigma * std::sqrt(2 * std::numbers::pi)) *
                 std::cos(2 * std::numbers::pi * f * x);
  EXPECT_NEAR(gaussian_transfer(f, sigma), transform, 1e-14);
  EXPECT_EQ(gaussian_transfer(0, sigma), 1);
  EXPECT_EQ(gaussian_transfer(f, 0), 1);
}

TEST(Resist, RefusesImpossibleParameters) {
  EXPECT_NO_THROW(ResistModel{}.validate());
  EXPECT_THROW(ResistModel{.threshold = 0}.validate(), Error);
  EXPECT_THROW(ResistModel{.threshold = std::numeric_limits<double>::quiet_NaN()}.validate(), Error);
  EXPECT_THROW(ResistModel{.blur_nm = -1}.validate(), Error);
  EXPECT_THROW(ResistModel{.sigmoid_steepness = 0}.validate(), Error);
}

}  // namespace
}  // namespace anamorph
