// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/source.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

TEST(Source, IsNormalisedAndIntegratesAreaMomentsExactly) {
  double sum = 0, second = 0, fourth = 0;
  for (const auto& p : annular_source(0.55, 0.9, 0.1).points) {
    const double r2 = p.sx * p.sx + p.sy * p.sy;
    sum += p.weight;
    second += p.weight * r2;
    fourth += p.weight * r2 * r2;
  }
  const double a = 0.55 * 0.55, b = 0.9 * 0.9;
  EXPECT_NEAR(sum, 1, 1e-13);
  EXPECT_NEAR(second, (a + b) / 2, 1e-13);
  EXPECT_NEAR(fourth, (a * a + a * b + b * b) / 3, 1e-13);
}

TEST(Source, IsSymmetricUnderBothMirrors) {
  const auto points = disc_source(0.7, 0.15).points;
  for (const auto& p : points) {
    EXPECT_LE(std::hypot(p.sx, p.sy), 0.7);
    EXPECT_GT(std::abs(p.sx), 1e-3);
    EXPECT_GT(std::abs(p.sy), 1e-3);
    for (const auto& [fx, fy] : {std::pair{-1, 1}, {1, -1}}) {
      const bool found = std::any_of(points.begin(), points.end(), [&](const SourcePoint& q) {
        return std::hypot(q.sx - fx * p.sx, q.sy - fy * p.sy) < 1e-14 && q.weight == p.weight;
      });
      EXPECT_TRUE(found);
    }
  }
}

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
  EXPECT_EQ(key([] { (void)disc_source(0, 0.1); }), "sigma");
  EXPECT_EQ(key([] { (void)disc_source(1.1, 0.1); }), "sigma");
  EXPECT_EQ(key([] { (void)disc_source(std::nan(""), 0.1); }), "sigma");
  EXPECT_EQ(key([] { (void)annular_source(0.9, 0.55, 0.1); }), "sigma_inner");
  EXPECT_EQ(key([] { (void)annular_source(0.5, 0.9, 0); }), "step");
}

}  // namespace
}  // namespace anamorph
