// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/core/image.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/contest_kernels.hpp"
#include "optics_models/source.hpp"
#include "tests/grating.hpp"
#include "tests/pattern.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;
using Complex = std::complex<double>;
namespace fs = std::filesystem;

Complex turn(double cycles) { return std::polar(1.0, 2 * pi * cycles); }

// ---------------------------------------------------------------------------------------------------------------------
// Contest kernels

const fs::path contest = fs::path(ANAMORPH_DATA) / "iccad13";

/// The clip as the contest means it: bounding box centred in the tile, edges inclusive. A raster of this test's own:
/// a pixel belongs to a polygon if a ray to the left of its lower-left corner, or of one of the three corners next to
/// it, crosses the outline an odd number of times.
Bitmap inclusive_target(const fs::path& file, int n) {
  std::vector<std::vector<std::array<int, 2>>> polygons;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string kind, orientation, layer;
    words >> kind >> orientation >> layer;
    std::vector<int> v;
    for (int number; words >> number;) v.push_back(number);
    if (kind == "RECT") {
      const int x = v.at(0), y = v.at(1), w = v.at(2), h = v.at(3);
      polygons.push_back({{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}});
    } else if (kind == "PGON") {
      auto& polygon = polygons.emplace_back();
      for (std::size_t i = 0; i + 1 < v.size(); i += 2) polygon.push_back({v[i], v[i + 1]});
    }
  }
  std::array<int, 2> low{n * 100, n * 100}, high{-n * 100, -n * 100};
  for (const auto& polygon : polygons)
    for (const auto& p : polygon)
      for (std::size_t a = 0; a < 2; ++a) {
        low[a] = std::min(low[a], p[a]);
        high[a] = std::max(high[a], p[a]);
      }
  const auto shift = [&](std::size_t a) { return (n - (high[a] - low[a])) / 2 - low[a]; };
  Bitmap target(n, n);
  for (const auto& polygon : polygons) {
    Bitmap inside(n, n);
    for (std::size_t k = 0; k < polygon.size(); ++k) {
      const auto& a = polygon[k];
      const auto& b = polygon[(k + 1) % polygon.size()];
      for (int y = std::min(a[1], b[1]) + shift(1); y < std::max(a[1], b[1]) + shift(1); ++y)
        for (int x = a[0] + shift(0); x < n; ++x) inside(y, x) ^= 1;
    }
    for (int y = 0; y < n; ++y)
      for (int x = 0; x < n; ++x)
        if (inside(y, x)) target(y, x) = target(y + 1, x) = target(y, x + 1) = target(y + 1, x + 1) = 1;
  }
  return target;
}

/// True spectrum of a mask of 1 nm squares, origin at the corner of the window: an integral over squares.
std::vector<Complex> true_spectrum(const Bitmap& mask, const CoherentStack& stack) {
  const int n = mask.nx();
  const auto square = [&](int m) {  // Int_0^1 exp(-2 pi i m x / n) dx
    return m == 0 ? Complex(1) : (turn(-static_cast<double>(m) / n) - 1.0) / Complex(0, -2 * pi * m / n);
  };
  std::vector<Complex> spectrum(stack.bins());
  for (int y = 0; y < n; ++y) {
    for (int mx = -stack.extent_x; mx <= stack.extent_x; ++mx) {
      Complex row = 0;
      for (int x = 0; x < n; ++x)
        if (mask(y, x)) row += turn(-static_cast<double>(mx) * x / n);
      for (int my = -stack.extent_y; my <= stack.extent_y; ++my)
        spectrum[static_cast<std::size_t>((my + stack.extent_y) * stack.bins_x() + mx + stack.extent_x)] +=
            row * turn(-static_cast<double>(my) * y / n) * square(mx) * square(my) / static_cast<double>(n) /
            static_cast<double>(n);
    }
  }
  return spectrum;
}

TEST(ContestKernels, ClearFieldIsAsPublished) {
  if (!fs::exists(contest)) GTEST_SKIP() << "no contest data";
  const ContestKernels kernels = read_contest_folder(contest / "kernels");
  EXPECT_EQ(kernels.focus.terms(), 24);
  EXPECT_EQ(kernels.focus.extent_x, 17);
  EXPECT_EQ(kernels.focus.period_y_nm, 2048);
  EXPECT_NEAR(kernels.focus.clear_field(), 0.95154, 5e-6);
  EXPECT_NEAR(kernels.defocus.clear_field(), 0.94175, 5e-6);
}

// Fixes the transposition, the sign of the transform and the pixel's sinc at once: they are seen at 1e-5 and more.
TEST(ContestKernels, ImageOfTheFirstClipHasItsKnownValues) {
  if (!fs::exists(contest)) GTEST_SKIP() << "no contest data";
  const ContestKernels kernels = read_contest_folder(contest / "kernels");
  const Bitmap target = inclusive_target(contest / "M1_test1.glp", 2048);
  long area = 0;
  for (const auto pixel : target) area += pixel;
  ASSERT_EQ(area, 218902);
  const std::vector<Complex> spectrum = true_spectrum(target, kernels.focus);
  struct Known {
    int row, column;
    double focus, defocus;
  };
  for (const Known& known : std::initializer_list<Known>{{1024, 1024, 0.213487572, 0.195361683},
                                                         {900, 900, 0.273494788, 0.253606799},
                                                         {800, 1000, 0.206751499, 0.198477209},
                                                         {1100, 900, 0.361014297, 0.354266288},
                                                         {1200, 1100, 0.237068788, 0.225871082},
                                                         {512, 512, 0.000345931, 0.000350488}}) {
    const double x = known.column + 0.5;
    const double y = known.row + 0.5;
    // The known values have nine decimals.
    EXPECT_NEAR(intensity(kernels.focus, spectrum, x, y), known.focus, 1e-8) << known.row << ' ' << known.column;
    EXPECT_NEAR(intensity(kernels.defocus, spectrum, x, y), known.defocus, 1e-8) << known.row << ' ' << known.column;
  }
  EXPECT_NEAR(intensity(kernels.focus, spectrum, 997.5, 1092.5), 0.435457854, 1e-8);
}

/// A folder of kernels of our own, removed at the end of the test.
class KernelFolder : public testing::Test {
 protected:
  KernelFolder() {
    folder_ = fs::path(testing::TempDir()) /
              ("anamorph_kernels_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    write_scales("2\n1.5\n0.25\n");
    write_kernel(0, 3, 5, values_);
    write_kernel(1, 3, 5, values_);
  }
  ~KernelFolder() override { fs::remove_all(folder_); }

  void write_scales(const std::string& text) { std::ofstream(folder_ / "scales.txt") << text; }
  void write_kernel(int k, std::uint32_t rows, std::uint32_t columns, const std::vector<float>& values) {
    std::ofstream out(folder_ / ("fh" + std::to_string(k) + ".bin"), std::ios::binary);
    const auto put = [&](std::uint32_t word) {
      for (int shift = 24; shift >= 0; shift -= 8) out.put(static_cast<char>(word >> shift));
    };
    for (const std::uint32_t word : {rows, columns, 2u, 0u, 0u}) put(word);
    for (const float value : values) put(std::bit_cast<std::uint32_t>(value));
    put(0);
  }
  /// The message of the error that reading must throw.
  std::string message() {
    try {
      (void)read_contest_kernels(folder_, 100);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::input);
      return error.what();
    }
    ADD_FAILURE() << "nothing thrown";
    return {};
  }
  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  fs::path folder_;
  std::vector<float> values_ = [] {
    std::vector<float> v(30);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = static_cast<float>(i + 1);
    return v;
  }();
};

TEST_F(KernelFolder, RowsOfTheFileRunAlongX) {
  const CoherentStack stack = read_contest_kernels(folder_, 100);
  EXPECT_EQ(stack.extent_x, 1);
  EXPECT_EQ(stack.extent_y, 2);
  EXPECT_EQ(stack.weight, (std::vector<double>{1.5, 0.25}));
  // File [x = 2][y = 1], so bin (mx, my) = (1, -1), is complex number 11.
  const double a = pi / 100;
  const double sinc = std::sin(a) / a;
  const Complex h = stack.transfer[static_cast<std::size_t>(1 * 3 + 2)];
  EXPECT_NEAR(h.real(), 23 / (sinc * sinc), 1e-13);
  EXPECT_NEAR(h.imag(), 24 / (sinc * sinc), 1e-13);
}

TEST_F(KernelFolder, WrongSizeNamesFileAndSizes) {
  std::ofstream(folder_ / "fh1.bin", std::ios::app) << 'x';
  const std::string text = message();
  EXPECT_TRUE(has(text, "fh1.bin")) << text;
  EXPECT_TRUE(has(text, "145 bytes")) << text;
  EXPECT_TRUE(has(text, "144 expected")) << text;
}

TEST_F(KernelFolder, DamagedFilesAreRefused) {
  fs::resize_file(folder_ / "fh0.bin", 10);
  EXPECT_TRUE(has(message(), "header"));
  write_kernel(0, 0x7fffffff, 0x7fffffff, {});
  EXPECT_TRUE(has(message(), "2147483647"));
  write_kernel(0, 4, 4, std::vector<float>(32));
  EXPECT_TRUE(has(message(), "odd"));
  write_kernel(0, 5, 3, values_);
  EXPECT_TRUE(has(message(), "as in fh0.bin"));
  values_[7] = std::numeric_limits<float>::quiet_NaN();
  write_kernel(0, 3, 5, values_);
  EXPECT_TRUE(has(message(), "not a finite number"));
  fs::remove(folder_ / "fh0.bin");
  EXPECT_TRUE(has(message(), "fh0.bin"));
}

TEST_F(KernelFolder, WeightsMustFit) {
  write_scales("2\n1.5\n");
  EXPECT_TRUE(has(message(), "1 weights found, 2 expected"));
  write_scales("1\n1.5\n");
  EXPECT_TRUE(has(message(), "more kernels"));
  for (const char* weight : {"-1", "nan", "inf", "1.5x", "1e999"}) {
    write_scales(std::string("2\n1.5\n") + weight + "\n");
    EXPECT_TRUE(has(message(), weight)) << weight;
  }
  write_scales("0\n");
  EXPECT_TRUE(has(message(), "scales.txt"));
  fs::remove(folder_ / "scales.txt");
  EXPECT_TRUE(has(message(), "scales.txt"));
}

// ---------------------------------------------------------------------------------------------------------------------
// Abbe

const std::vector<SourcePoint> axis{{0, 0, 1}};

TEST(Abbe, ClearFieldIsOne) {
  for (const bool radiometric : {false, true})
    EXPECT_NEAR(
        abbe_stack({.na = 0.55, .focus_nm = 30, .radiometric = radiometric}, disc_source(1, 0.2).points, 100, 60)
            .clear_field(),
        1, 1e-13);
}

// The exact integral over the source is checked in accuracy_test. These quadratures converge like step^1.5 where the
// pupil's edge cuts the source.
TEST(Abbe, QuadraturesOfTheSourceConverge) {
  const Projection optics{.na = 0.33};
  const auto contrast = [&](const std::vector<SourcePoint>& source, double pitch) {
    return grating_image(optics, source, pitch).contrast();
  };
  const auto exact = [&](const RingShape& shape, double pitch) {
    return contrast(fitted_source(shape, optics, pitch), pitch);
  };
  EXPECT_NEAR(contrast(disc_source(0.9, 0.004).points, 32), exact({0, 0.9}, 32), 1e-4);
  EXPECT_NEAR(contrast(annular_source(0.55, 0.9, 0.004).points, 32), exact({0.55, 0.9}, 32), 1e-4);
  EXPECT_NEAR(contrast(sector_source(0.55, 0.9, {0, pi}, pi / 2, 0.004).points, 26), exact({0.55, 0.9, pi / 4}, 26),
              2e-4);
}

// Two ways to the same sum.
TEST(Abbe, StackHoldsTheTermsOfTheGrating) {
  const Projection optics{.na = 0.55, .focus_nm = 30};
  const auto source = annular_source(0.4, 0.8, 0.2).points;
  const double pitch = 70;
  const CoherentStack stack = abbe_stack(optics, source, pitch, 1e-3);  // no order along y but the zeroth
  ASSERT_EQ(stack.extent_y, 0);
  std::vector<Complex> spectrum;
  for (int m = -stack.extent_x; m <= stack.extent_x; ++m) spectrum.push_back(equal_lines(m));
  EXPECT_NEAR(intensity(stack, spectrum, 13, 0), grating_image(optics, source, pitch).value(13), 1e-14);
}

/// Area of the overlap of discs of radii 1 and r whose centres are d apart, as a fraction of the disc of radius r.
double overlap(double r, double d) {
  if (d <= 1 - r) return 1;
  if (d >= 1 + r) return 0;
  const double a = std::acos((d * d + 1 - r * r) / (2 * d));
  const double b = std::acos((d * d + r * r - 1) / (2 * d * r));
  const double area = a - std::sin(2 * a) / 2 + r * r * (b - std::sin(2 * b) / 2);
  return area / (pi * r * r);
}

TEST(Abbe, CrossCoefficientIsTheOverlapOfTwoDiscs) {
  const Projection optics;
  const double period = 10 * optics.wavelength_nm / optics.na;
  for (const double sigma : {0.5, 1.0}) {
    const CoherentStack stack = abbe_stack(optics, disc_source(sigma, 0.02).points, period, period);
    const auto at = [&](int k, int mx, int my) {
      return stack.transfer[static_cast<std::size_t>(k) * stack.bins() +
                            static_cast<std::size_t>((my + stack.extent_y) * stack.bins_x() + mx + stack.extent_x)];
    };
    for (const auto& [mx, my] : {std::pair{3, 4}, {-6, 5}, {0, 12}, {14, 0}, {19, -3}}) {
      if (std::abs(mx) > stack.extent_x || std::abs(my) > stack.extent_y) continue;
      Complex tcc = 0;
      for (int k = 0; k < stack.terms(); ++k)
        tcc += stack.weight[static_cast<std::size_t>(k)] * at(k, mx, my) * std::conj(at(k, 0, 0));
      EXPECT_NEAR(std::abs(tcc - overlap(sigma, std::hypot(mx, my) / 10)), 0, 1e-3) << sigma << ' ' << mx << ' ' << my;
    }
  }
}

TEST(Abbe, ImmersionShortensTheWave) {
  const double n = 1.437;
  const Projection wet{.wavelength_nm = 193.368, .na = 1.35, .immersion_index = n, .focus_nm = 50};
  const Projection dry{.wavelength_nm = 193.368 / n, .na = 1.35 / n, .focus_nm = 50};
  const auto source = disc_source(0.8, 0.3).points;
  const CoherentStack a = abbe_stack(wet, source, 400, 300);
  const CoherentStack b = abbe_stack(dry, source, 400, 300);
  ASSERT_EQ(a.transfer.size(), b.transfer.size());
  for (std::size_t i = 0; i < a.transfer.size(); ++i) EXPECT_NEAR(std::abs(a.transfer[i] - b.transfer[i]), 0, 1e-13);
}

TEST(Abbe, RadiometricFactorAtTheRim) {
  const CoherentStack stack = abbe_stack({.na = 0.55, .radiometric = true}, axis, 10 * 13.5 / 0.55, 1e-3);
  const double image = std::sqrt(1 - 0.55 * 0.55);
  const double object = std::sqrt(1 - 0.55 * 0.55 / 16);
  EXPECT_NEAR(std::abs(stack.transfer[20] / stack.transfer[10]), std::sqrt(object / image), 1e-13);
}

TEST(Abbe, RefusesImpossibleOptics) {
  EXPECT_THROW((void)abbe_stack({.na = 1.2}, axis, 100, 100), Error);
  EXPECT_THROW((void)abbe_stack({.wavelength_nm = 0}, axis, 100, 100), Error);
  EXPECT_THROW((void)abbe_stack({.focus_nm = std::nan("")}, axis, 100, 100), Error);
  EXPECT_THROW((void)abbe_stack({}, {}, 100, 100), Error);
  EXPECT_THROW((void)abbe_stack({}, {{1.5, 0, 1}}, 100, 100), Error);
  EXPECT_THROW((void)abbe_stack({}, {{0, 0, 0}}, 100, 100), Error);
  EXPECT_THROW((void)abbe_stack({}, axis, -1, 100), Error);
}

}  // namespace
}  // namespace anamorph
