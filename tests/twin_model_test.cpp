// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// The surrogate inside the co-simulation unit: readings against images in closed form, uncertainties against Monte
// Carlo, bytes against damage.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "cpp/core/crc32.hpp"
#include "cpp/core/error.hpp"
#include "cpp/twin/surrogate_model.hpp"
#include "tests/surrogate_fixture.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;

SurrogateReading reading(const SurrogateModel& model, double dose, std::vector<double> inputs, std::size_t gauge = 0) {
  return read_surrogate(model, gauge, dose, surrogate_terms(model, inputs));
}

// ---------------------------------------------------------------------------------------------------------------------
// Readings

TEST(SurrogateModel, ReadsAKnownImageExactly) {
  CosineImage image;
  image.best_nm = 12;
  image.shift_nm = 1.3;  // the line is not at the middle of the cut
  const SurrogateModel model = cosine_model({image});
  for (const double focus : {-90.0, -12.5, 0.0, 40.0})
    for (const double bias : {-2.0, 0.0, 1.7})
      for (const double dose : {27.0, 30.0, 32.5}) {
        const double threshold = 0.5 * 30 / dose, half = image.half_nm(threshold, focus, bias);
        const SurrogateReading r = reading(model, dose, {focus, bias});
        EXPECT_NEAR(r.cd_nm, 2 * half, 1e-7) << focus << ' ' << bias << ' ' << dose;
        EXPECT_NEAR(r.epe_high_nm, 1.3 + half - 11, 1e-7);
        EXPECT_NEAR(r.epe_low_nm, half - 1.3 - 11, 1e-7);
        EXPECT_EQ(r.epe_nm, std::abs(r.epe_low_nm) > std::abs(r.epe_high_nm) ? r.epe_low_nm : r.epe_high_nm);
        EXPECT_NEAR(r.nils, 22 * image.log_slope(threshold, focus, bias), 1e-6);
      }
}

TEST(SurrogateModel, DarkLinesAreTheRestOfThePitch) {
  CosineImage image;
  image.shift_nm = 22;  // a dark line at the middle
  SurrogateModel model = cosine_model({image});
  model.bright = false;
  const SurrogateReading r = reading(model, 31, {20, 0});
  EXPECT_NEAR(r.cd_nm, 44 - 2 * image.half_nm(0.5 * 30 / 31, 20, 0), 1e-7);
  EXPECT_NEAR(r.epe_low_nm, r.epe_high_nm, 1e-7);
}

TEST(SurrogateModel, ADoseIsAScaleOfTheImage) {
  const CosineImage image;
  SurrogateModel model = cosine_model({image});
  const SurrogateReading stronger = reading(model, 30 * 1.08, {30, 0});
  model.threshold /= 1.08;
  const SurrogateReading lower = reading(model, 30, {30, 0});
  EXPECT_NEAR(stronger.cd_nm, lower.cd_nm, 1e-12);
  EXPECT_NEAR(stronger.nils, lower.nils, 1e-12);
  EXPECT_GT(stronger.cd_nm, reading(model, 28, {30, 0}).cd_nm) << "a bright line grows with the dose";
}

TEST(SurrogateModel, BeyondTheRangeIsItsEnd) {
  const SurrogateModel model = cosine_model({CosineImage{}});
  EXPECT_EQ(reading(model, 29, {140, -9}).cd_nm, reading(model, 29, {100, -3}).cd_nm);
  EXPECT_EQ(reading(model, 29, {-101, 4}).cd_nm, reading(model, 29, {-100, 3}).cd_nm);
}

TEST(SurrogateModel, WhatHasNoEdgesHasNoReading) {
  SurrogateModel model = cosine_model({CosineImage{}});
  for (const double dose : {10.0, 0.0, -5.0, std::nan("")})  // never bright enough
    for (const double value :
         {reading(model, dose, {0, 0}).cd_nm, reading(model, dose, {0, 0}).epe_nm, reading(model, dose, {0, 0}).nils})
      EXPECT_TRUE(std::isnan(value)) << dose;
  EXPECT_TRUE(std::isnan(reading(model, 200, {0, 0}).cd_nm)) << "bright all along";
  // A target without an edge on one side has the error of the other.
  model.gauges[0].drawn_high_nm = std::nan("");
  const SurrogateReading r = reading(model, 31, {0, 0});
  EXPECT_GT(r.cd_nm, 0);
  EXPECT_EQ(r.epe_nm, r.epe_low_nm);
  EXPECT_TRUE(std::isnan(r.epe_high_nm));
}

// ---------------------------------------------------------------------------------------------------------------------
// Uncertainty

struct Spread {
  double cd = 0, epe = 0, nils = 0;
};

/// Standard deviations of the first gauge's readings under Gaussian errors.
Spread monte_carlo(const SurrogateModel& model, double dose, double dose_u, const std::vector<double>& inputs,
                   const std::vector<double>& u, int draws) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  Spread sum, square;
  const SurrogateReading first = reading(model, dose, inputs);
  for (int i = 0; i < draws; ++i) {
    std::vector<double> moved = inputs;
    for (std::size_t k = 0; k < moved.size(); ++k) moved[k] += u[k] * normal(random);
    const SurrogateReading r = reading(model, dose + dose_u * normal(random), moved);
    const Spread d{r.cd_nm - first.cd_nm, r.epe_high_nm - first.epe_high_nm, r.nils - first.nils};
    sum = {sum.cd + d.cd, sum.epe + d.epe, sum.nils + d.nils};
    square = {square.cd + d.cd * d.cd, square.epe + d.epe * d.epe, square.nils + d.nils * d.nils};
  }
  const auto deviation = [&](double s, double q) { return std::sqrt(q / draws - s * s / draws / draws); };
  return {deviation(sum.cd, square.cd), deviation(sum.epe, square.epe), deviation(sum.nils, square.nils)};
}

// 60 000 draws know a standard deviation to 0.3 % (Gaussian) or 0.8 % (square of one).
constexpr int draws = 60000;

TEST(SurrogateUncertainty, OfANearlyLinearResponseIsThatOfMonteCarlo) {
  SurrogateModel model = cosine_model({CosineImage{}});
  model.threshold = 0.6;
  const std::vector<double> at{70, 0.5}, u{2, 0.2};
  const SurrogateReading found = surrogate_uncertainty(model, 29, 0.2, at, u)[0];
  const Spread drawn = monte_carlo(model, 29, 0.2, at, u, draws);
  EXPECT_NEAR(found.cd_nm, drawn.cd, 0.015 * drawn.cd);
  EXPECT_NEAR(found.epe_high_nm, drawn.epe, 0.015 * drawn.epe);
  EXPECT_NEAR(found.nils, drawn.nils, 0.015 * drawn.nils);
  EXPECT_GT(drawn.cd, 0.1);
  // Every quantity has its share.
  for (const auto& part : {surrogate_uncertainty(model, 29, 0, at, u)[0],
                           surrogate_uncertainty(model, 29, 0.2, at, std::vector<double>{0, 0.2})[0],
                           surrogate_uncertainty(model, 29, 0.2, at, std::vector<double>{2, 0})[0]})
    EXPECT_LT(part.cd_nm, 0.99 * found.cd_nm);
}

TEST(SurrogateUncertainty, SeesFocusErrorsAtBestFocus) {
  // The slope is zero there; the width varies with the square of the error, of which the standard deviation is
  // |d2w/dz2| u^2 / sqrt(2). Away from the iso-focal threshold, where it would not vary at all.
  const CosineImage image;
  SurrogateModel model = cosine_model({image});
  model.threshold = 0.62;
  const std::vector<double> at{0, 0}, small{4, 0}, u{20, 0};
  const auto half = [&](double focus) { return image.half_nm(0.62, focus, 0); };
  const double curvature = 2 * (half(1) - 2 * half(0) + half(-1));
  const double expected = std::abs(curvature) * 16 / std::numbers::sqrt2;
  EXPECT_NEAR(surrogate_uncertainty(model, 30, 0, at, small)[0].cd_nm, expected, 0.004 * expected);
  const SurrogateReading found = surrogate_uncertainty(model, 30, 0, at, u)[0];
  const Spread drawn = monte_carlo(model, 30, 0, at, u, draws);
  EXPECT_NEAR(found.cd_nm, drawn.cd, 0.06 * drawn.cd);  // fourth and higher powers of the error
  EXPECT_NEAR(found.nils, drawn.nils, 0.06 * drawn.nils);
  EXPECT_GT(found.cd_nm, 0.05);
}

TEST(SurrogateUncertainty, AddsTheModelsOwnErrorInQuadrature) {
  SurrogateModel model = cosine_model({CosineImage{}});
  const std::vector<double> at{70, 0.5}, u{2, 0.3}, none{0, 0};
  const SurrogateReading propagated = surrogate_uncertainty(model, 29, 0.2, at, u)[0];
  model.gauges[0].cd_error_nm = 0.3;
  model.gauges[0].epe_error_nm = 0.2;
  model.gauges[0].nils_error = 0.05;
  const SurrogateReading alone = surrogate_uncertainty(model, 29, 0, at, none)[0];
  EXPECT_EQ(alone.cd_nm, 0.3);
  EXPECT_EQ(alone.epe_low_nm, 0.2);
  EXPECT_EQ(alone.epe_nm, 0.2);
  EXPECT_EQ(alone.nils, 0.05);
  const SurrogateReading both = surrogate_uncertainty(model, 29, 0.2, at, u)[0];
  EXPECT_NEAR(both.cd_nm, std::hypot(propagated.cd_nm, 0.3), 1e-12);
  EXPECT_NEAR(both.epe_high_nm, std::hypot(propagated.epe_high_nm, 0.2), 1e-12);
  EXPECT_NEAR(both.nils, std::hypot(propagated.nils, 0.05), 1e-12);
}

TEST(SurrogateUncertainty, DoesNotShrinkAtTheEndOfARange) {
  // The readings stand still beyond the range; errors do not. The same image with a wider range knows them.
  CosineImage narrow, wide;
  narrow.focus_range_nm = 80;
  wide.focus_range_nm = 140;
  const std::vector<double> u{6, 0};
  for (const double focus : {80.0, -78.0, 72.0}) {
    const std::vector<double> at{focus, 0};
    const double truth = surrogate_uncertainty(cosine_model({wide}), 28.5, 0, at, u)[0].cd_nm;
    EXPECT_NEAR(surrogate_uncertainty(cosine_model({narrow}), 28.5, 0, at, u)[0].cd_nm, truth, 0.08 * truth) << focus;
  }
  // An input with an error larger than its whole range.
  const std::vector<double> at{0, 0}, large{500, 0};
  EXPECT_TRUE(std::isfinite(surrogate_uncertainty(cosine_model({narrow}), 28.5, 0, at, large)[0].cd_nm));
}

TEST(SurrogateUncertainty, IsNotKnownWhereTheFeatureMayBeLost) {
  const SurrogateModel model = cosine_model({CosineImage{}});
  const std::vector<double> at{0, 0}, none{0, 0};
  // It prints from 0.5 x 30 / 0.9 = 16.7 mJ/cm2 on.
  EXPECT_TRUE(std::isfinite(surrogate_uncertainty(model, 20, 1, at, none)[0].cd_nm));
  EXPECT_TRUE(std::isnan(surrogate_uncertainty(model, 20, 3, at, none)[0].cd_nm));
  EXPECT_TRUE(std::isnan(surrogate_uncertainty(model, 15, 0, at, none)[0].cd_nm)) << "no reading, no uncertainty";
}

// ---------------------------------------------------------------------------------------------------------------------
// Bytes

SurrogateModel two_gauges() {
  CosineImage second;
  second.pitch_nm = 60;
  second.best_nm = -20;
  SurrogateModel model = cosine_model({CosineImage{}, second});
  model.inputs[0].uncertainty = 4;
  model.dose_uncertainty_mj_cm2 = 0.1;
  model.gauges[0].cd_error_nm = 0.02;
  model.gauges[1].epe_error_nm = 0.03;
  model.gauges[1].nils_error = 0.04;
  model.gauges[1].drawn_low_nm = std::numeric_limits<double>::quiet_NaN();
  return model;
}

std::string with_checksum(std::string bytes) {
  bytes.resize(bytes.size() - 4);
  const std::uint32_t sum = crc32(bytes);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>((sum >> (8 * i)) & 0xff));
  return bytes;
}

std::string refusal(const std::string& bytes) {
  try {
    (void)parse_surrogate(bytes, "model.bin");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::input);
    EXPECT_EQ(error.where().file, "model.bin");
    return error.what();
  }
  return "accepted";
}

TEST(SurrogateBytes, ComeBackAsTheModel) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);
  EXPECT_EQ(crc32("6789", crc32("12345")), 0xCBF43926u);
  const SurrogateModel model = two_gauges();
  const std::string bytes = surrogate_bytes(model);
  EXPECT_EQ(bytes.substr(0, 12), std::string("ANAMSURR\1\0\0\0", 12));
  EXPECT_NE(bytes.find(std::string("\0\0\0\0\0\0\x59\x40", 8)), std::string::npos) << "100.0, its least byte first";
  const SurrogateModel back = parse_surrogate(bytes);
  EXPECT_EQ(surrogate_bytes(back), bytes);
  EXPECT_EQ(back.inputs[0].name, "focus_nm");
  EXPECT_EQ(back.inputs[1].high, 3);
  EXPECT_EQ(back.inputs[0].uncertainty, 4);
  EXPECT_EQ(back.degrees, model.degrees);
  EXPECT_EQ(back.dose_high_mj_cm2, 33);
  EXPECT_EQ(back.dose_uncertainty_mj_cm2, 0.1);
  EXPECT_EQ(back.bright, true);
  ASSERT_EQ(back.gauges.size(), 2u);
  EXPECT_EQ(back.gauges[1].coefficients, model.gauges[1].coefficients);
  EXPECT_EQ(back.gauges[1].nils_error, 0.04);
  EXPECT_TRUE(std::isnan(back.gauges[1].drawn_low_nm));
  EXPECT_EQ(reading(back, 29, {10, 1}, 1).cd_nm, reading(model, 29, {10, 1}, 1).cd_nm);
}

TEST(SurrogateBytes, CutShortOrChangedAreRefused) {
  const std::string bytes = surrogate_bytes(two_gauges());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_NE(refusal(bytes.substr(0, size)), "accepted") << size;
    // The reader itself finds it too, without the help of the checksum.
    if (size < 16) continue;
    ASSERT_NE(refusal(with_checksum(bytes.substr(0, size))), "accepted") << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    ASSERT_NE(refusal(flipped), "accepted") << at;
  }
}

TEST(SurrogateBytes, SayWhatIsWrongWithThem) {
  const SurrogateModel good = two_gauges();
  const auto changed = [&](auto change) {
    SurrogateModel model = good;
    change(model);
    return refusal(surrogate_bytes(model));
  };
  const auto says = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << text;
  };
  const double nan = std::nan("");
  EXPECT_TRUE(says(refusal(""), "does not begin with ANAMSURR"));
  EXPECT_TRUE(says(refusal("ANAMSURR"), "ends within the version"));
  EXPECT_TRUE(says(changed([](auto& m) { m.inputs[0].low = 100; }), "the range of focus_nm is empty"));
  EXPECT_TRUE(says(changed([](auto& m) { m.inputs[1].nominal = 7; }), "nominal value of mask_bias_nm"));
  EXPECT_TRUE(says(changed([](auto& m) { m.inputs[1].uncertainty = -1; }), "uncertainty of mask_bias_nm is negative"));
  EXPECT_TRUE(says(changed([](auto& m) { m.dose_low_mj_cm2 = 31; }), "nominal value of the dose"));
  EXPECT_TRUE(says(changed([](auto& m) { m.threshold = 0; }), "the threshold is not above zero"));
  EXPECT_TRUE(says(changed([](auto& m) { m.gauges.clear(); }), "no gauges"));
  EXPECT_TRUE(says(changed([&](auto& m) { m.gauges[1].coefficients[3] = nan; }), "coefficient of gauge g2"));
  EXPECT_TRUE(says(changed([](auto& m) { m.gauges[0].centre = 5; }), "six samples on both sides"));
  EXPECT_TRUE(says(changed([](auto& m) { m.gauges[0].centre = 43; }), "six samples on both sides"));
  EXPECT_TRUE(says(changed([](auto& m) { m.gauges[0].samples = 1 << 30; }), "samples of gauge g1 do not fit"));
  EXPECT_TRUE(says(changed([](auto& m) { m.gauges[0].step_nm = 1e308; }), "no finite length"));
  EXPECT_TRUE(says(changed([](auto& m) { m.gauges[0].step_nm = -1; }), "step of gauge g1"));

  std::string bytes = surrogate_bytes(good);
  const auto patched = [&](std::size_t at, char value) {
    std::string other = bytes;
    other[at] = value;
    return refusal(with_checksum(other));
  };
  EXPECT_TRUE(says(patched(8, 2), "version 2; expected 1"));
  EXPECT_TRUE(says(patched(15, 0x7f), "inputs do not fit"));
  EXPECT_TRUE(says(patched(12, 0), "no inputs"));
  EXPECT_TRUE(says(refusal(with_checksum(bytes + "more")), "4 bytes follow its end"));
  std::string cut = bytes;
  cut[cut.size() - 1] = static_cast<char>(cut.back() + 1);
  EXPECT_TRUE(says(refusal(cut), "checksum is wrong"));
}

}  // namespace
}  // namespace anamorph
