// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/morphology.hpp"
#include "masks/rules.hpp"

namespace anamorph {
namespace {

int wrapped(int i, int n) { return ((i % n) + n) % n; }

void fill(Bitmap& mask, int y0, int y1, int x0, int x1, std::uint8_t value = 1) {
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) mask(wrapped(y, mask.ny()), wrapped(x, mask.nx())) = value;
  }
}

Bitmap inverted(Bitmap mask) {
  for (auto& pixel : mask) pixel = !pixel;
  return mask;
}

Bitmap random_mask(int ny, int nx, unsigned seed, unsigned one_in) {
  std::mt19937 random(seed);
  Bitmap mask(ny, nx);
  for (auto& pixel : mask) pixel = random() % one_in != 0;
  return mask;
}

/// The definition, pixel by pixel: all discs that fit, painted.
Bitmap opened_by_definition(const Bitmap& mask, int d) {
  const int ny = mask.ny(), nx = mask.nx();
  Bitmap result(ny, nx);
  const auto each_pixel_of_disc = [&](int y, int x, const auto& visit) {
    for (int j = 0; j < d; ++j) {
      for (int i = 0; i < d; ++i) {
        if (std::hypot(j + 0.5 - d / 2.0, i + 0.5 - d / 2.0) <= d / 2.0) visit(wrapped(y + j, ny), wrapped(x + i, nx));
      }
    }
  };
  for (int y = 0; y < ny; ++y) {
    for (int x = 0; x < nx; ++x) {
      bool fits = true;
      each_pixel_of_disc(y, x, [&](int v, int u) { fits = fits && mask(v, u) != 0; });
      if (fits) each_pixel_of_disc(y, x, [&](int v, int u) { result(v, u) = 1; });
    }
  }
  return result;
}

TEST(Morphology, OpeningAndClosingAgreeWithTheDefinition) {
  // Widths around the 64 pixels of a machine word, and discs larger than the whole period.
  const std::vector<std::pair<int, int>> sizes{{1, 1}, {3, 5}, {17, 63}, {20, 64}, {9, 65}, {12, 130}};
  for (const auto& [ny, nx] : sizes) {
    for (const int d : {1, 2, 3, 4, 7, 8, 11}) {
      for (const unsigned one_in : {4U, 30U, 200U}) {
        const Bitmap mask = random_mask(ny, nx, static_cast<unsigned>(100 * d + nx), one_in);
        ASSERT_EQ(open_disc(mask, d), opened_by_definition(mask, d)) << ny << " x " << nx << ", d = " << d;
        ASSERT_EQ(close_disc(mask, d), inverted(opened_by_definition(inverted(mask), d)));
      }
    }
  }
  Bitmap large(40, 150, 1);
  large(3, 20) = large(39, 149) = 0;
  for (const int d : {16, 33, 64, 65}) ASSERT_EQ(open_disc(large, d), opened_by_definition(large, d)) << d;
}

TEST(Morphology, ADiscIsAsWideAsItsDiameter) {
  for (int d = 1; d <= 40; ++d) {
    for (const int length : {d - 1, d}) {
      Bitmap bar(100, 100);
      fill(bar, 0, 100, 93, 93 + length);  // across the seam when long enough
      EXPECT_EQ(open_disc(bar, d), length == d ? bar : Bitmap(100, 100)) << d;
    }
  }
  EXPECT_THROW((void)open_disc(Bitmap(4, 4), 0), Error);
  EXPECT_TRUE(close_disc(Bitmap(), 3).empty());
}

/// Labels by flooding, to compare with.
Components flooded(const Bitmap& mask, Connectivity connectivity, bool periodic) {
  Components result{Image<int>(mask.ny(), mask.nx()), {}};
  for (int y0 = 0; y0 < mask.ny(); ++y0) {
    for (int x0 = 0; x0 < mask.nx(); ++x0) {
      if (mask(y0, x0) == 0 || result.labels(y0, x0) != 0) continue;
      result.areas.push_back(0);
      const int label = static_cast<int>(result.areas.size());
      std::vector<std::pair<int, int>> open{{y0, x0}};
      result.labels(y0, x0) = label;
      while (!open.empty()) {
        const auto [y, x] = open.back();
        open.pop_back();
        ++result.areas.back();
        for (int dy = -1; dy <= 1; ++dy) {
          for (int dx = -1; dx <= 1; ++dx) {
            if (connectivity == Connectivity::four && dy != 0 && dx != 0) continue;
            const int v = wrapped(y + dy, mask.ny()), u = wrapped(x + dx, mask.nx());
            if (!periodic && (v != y + dy || u != x + dx)) continue;
            if (mask(v, u) == 0 || result.labels(v, u) != 0) continue;
            result.labels(v, u) = label;
            open.emplace_back(v, u);
          }
        }
      }
    }
  }
  return result;
}

TEST(Components, AgreeWithFlooding) {
  for (unsigned trial = 0; trial < 200; ++trial) {
    const int ny = 1 + static_cast<int>(trial % 14);
    const int nx = 1 + static_cast<int>(trial * 7 % 75);
    const Bitmap mask = random_mask(ny, nx, trial, 2 + trial % 2);
    for (const Connectivity connectivity : {Connectivity::four, Connectivity::eight}) {
      for (const bool periodic : {false, true}) {
        const Components found = components(mask, connectivity, periodic);
        const Components expected = flooded(mask, connectivity, periodic);
        ASSERT_EQ(found.labels, expected.labels) << trial;
        ASSERT_EQ(found.areas, expected.areas) << trial;
      }
    }
  }
}

TEST(RemoveSmall, DropsIslandsThenFillsHoles) {
  Bitmap mask(60, 80);
  fill(mask, 10, 40, 10, 40);     // kept
  fill(mask, 20, 23, 20, 23, 0);  // a hole of 9, filled
  fill(mask, 25, 29, 25, 29, 0);  // a hole of 16, kept
  fill(mask, 50, 53, 50, 55);     // an island of 15, dropped
  fill(mask, 58, 62, 78, 82);     // an island of 16 across the corner of the period, kept
  fill(mask, 40, 41, 40, 43);     // touches the block only by its corner: 4-connected, an island of 3
  Bitmap expected(60, 80);
  fill(expected, 10, 40, 10, 40);
  fill(expected, 25, 29, 25, 29, 0);
  fill(expected, 58, 62, 78, 82);
  EXPECT_EQ(remove_small(mask, 16), expected);
  EXPECT_EQ(remove_small(Bitmap(5, 5), 100), Bitmap(5, 5));
  EXPECT_EQ(remove_small(Bitmap(5, 5, 1), 100), Bitmap(5, 5, 1));
}

TEST(MaskRules, BarsMeasureTheirWidthAtEveryPlaceAndInBothDirections) {
  const int n = 128;
  for (const int width : {2, 15, 16, 17, 30, 63}) {
    for (const int at : {0, 1, 40, 63, 64, 100, 120, 127}) {
      Bitmap mask(n, n);
      fill(mask, 0, n, at, at + width);
      const MaskRuleReport report = measure_mask(mask, 1);
      EXPECT_EQ(report.min_width_nm, width) << at;
      EXPECT_EQ(report.min_space_nm, 64) << at;  // the field is wider than the largest disc that is tried
      EXPECT_EQ(report.min_distance_nm, width);
      Bitmap turned(n, n);
      fill(turned, at, at + width, 0, n, 1);
      const MaskRuleReport other = measure_mask(inverted(turned), 1);
      EXPECT_EQ(other.min_space_nm, width) << at;
      EXPECT_EQ(other.min_width_nm, 64) << at;
    }
  }
}

TEST(MaskRules, EmptyAndFullMasksHaveNoWidth) {
  for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{1}}) {
    const MaskRuleReport report = measure_mask(Bitmap(40, 50, value), 2);
    EXPECT_EQ(report.min_distance_nm, 128);
    EXPECT_EQ(report.min_area_nm2, 40 * 50 * 4);
    EXPECT_EQ(report.islands + report.holes, 1);
    EXPECT_TRUE(report.violations.empty());
  }
  EXPECT_THROW((void)measure_mask(Bitmap(), 1), Error);
  EXPECT_THROW((void)measure_mask(Bitmap(4, 4), 0), Error);
}

TEST(MaskRules, CornersAreAllowedUpToNineteenNanometres) {
  Bitmap mask(256, 256);
  fill(mask, 50, 150, 60, 160);
  const MaskRuleReport report = measure_mask(mask, 1);
  EXPECT_EQ(report.min_width_nm, 19);  // (1 - pi/4) 20^2 / 4 = 21.5 > 20
  EXPECT_TRUE(report.clean());
  EXPECT_TRUE(report.violations.empty());
}

TEST(MaskRules, DiagonalBarsMeasureTheirWidthAcross) {
  const int n = 256;
  for (const double width : {12.0, 20.0, 28.0}) {
    Bitmap mask(n, n);
    for (int y = 0; y < n; ++y) {
      for (int x = 0; x < n; ++x) {
        const int along = wrapped(x - y, n);
        if (std::min(along, n - along) * std::sqrt(0.5) <= width / 2) mask(y, x) = 1;
      }
    }
    // A pixel, and the steps of the edge, are what the raster can be wrong by.
    EXPECT_NEAR(measure_mask(mask, 1).min_width_nm, width, 1.5);
  }
}

TEST(MaskRules, AGapIsASpaceAndIsReportedOnceWhereItIsNarrowest) {
  Bitmap mask(200, 300);
  fill(mask, 60, 140, 40, 120);
  fill(mask, 60, 140, 132, 220);  // 12 px away ...
  fill(mask, 90, 100, 130, 132);  // ... and 10 px at one place
  const MaskRuleReport report = measure_mask(mask, 1);
  EXPECT_EQ(report.islands, 2);
  EXPECT_EQ(report.holes, 1);
  EXPECT_FALSE(report.clean());
  std::vector<MaskViolation> spaces;
  for (const MaskViolation& v : report.violations) {
    if (v.kind == MaskViolation::Kind::space) spaces.push_back(v);
  }
  ASSERT_EQ(spaces.size(), 1U);
  EXPECT_EQ(spaces[0].value, report.min_space_nm);
  EXPECT_EQ(report.min_space_nm, 10);
  EXPECT_TRUE(spaces[0].at_nm.x > 120 && spaces[0].at_nm.x < 132) << spaces[0].at_nm.x;
  EXPECT_TRUE(spaces[0].at_nm.y > 85 && spaces[0].at_nm.y < 105) << spaces[0].at_nm.y;
}

TEST(MaskRules, SmallIslandsAndHolesAreViolationsWithTheirPlace) {
  Bitmap mask(400, 400);
  fill(mask, 100, 300, 100, 300);
  fill(mask, 190, 215, 150, 175, 0);  // 625 px
  fill(mask, 20, 50, 380, 410);       // 900 px, across the seam
  const MaskRuleReport report = measure_mask(mask, 1);
  EXPECT_EQ(report.islands, 2);
  EXPECT_EQ(report.holes, 2);
  EXPECT_EQ(report.min_area_nm2, 625);
  ASSERT_EQ(report.violations.size(), 2U);
  EXPECT_EQ(report.violations[0].kind, MaskViolation::Kind::island_area);
  EXPECT_EQ(report.violations[0].value, 900);
  EXPECT_EQ(report.violations[1].kind, MaskViolation::Kind::hole_area);
  EXPECT_EQ(report.violations[1].value, 625);
  EXPECT_NEAR(report.violations[1].at_nm.x, 162.5, 1);
  EXPECT_NEAR(report.violations[1].at_nm.y, 202.5, 1);
  EXPECT_TRUE(measure_mask(remove_small(mask, 1000), 1).clean());
}

TEST(MaskRules, PixelsScaleWidthsAndAreas) {
  Bitmap mask(64, 64);
  fill(mask, 0, 64, 10, 15);
  const MaskRuleReport report = measure_mask(mask, 4);
  EXPECT_EQ(report.min_width_nm, 20);
  EXPECT_EQ(report.min_area_nm2, 5 * 64 * 16);
  EXPECT_TRUE(report.clean());
  EXPECT_FALSE(report.clean({21, 16, 1000}));
}

TEST(Morphology, DilationReachesAsFarAsItsRadius) {
  Bitmap mask(40, 50);
  mask(2, 3) = 1;
  const Bitmap wide = dilate_disc(mask, 5);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 50; ++x) {
      const int dy = std::min((y - 2 + 40) % 40, (2 - y + 40) % 40),
                dx = std::min((x - 3 + 50) % 50, (3 - x + 50) % 50);
      EXPECT_EQ(wide(y, x), dx * dx + dy * dy <= 5.5 * 5.5 ? 1 : 0) << y << " " << x;
    }
}

}  // namespace
}  // namespace anamorph
