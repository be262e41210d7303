// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/mirrors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/core/image.hpp"
#include "optics_models/flare.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;

constexpr double euv = 13.5;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Int g over [low, high], 0 < low, on a logarithmic scale by Simpson's rule.
double integral(const std::function<double(double)>& g, double low, double high) {
  const int n = 20000;
  const double h = std::log(high / low) / n;
  double sum = 0;
  for (int i = 0; i <= n; ++i) {
    const double x = low * std::exp(i * h);
    sum += (i == 0 || i == n ? 1 : i % 2 == 1 ? 4 : 2) * x * g(x);
  }
  return sum * h / 3;
}

// ---------------------------------------------------------------------------------------------------------------------
// Surfaces

TEST(SurfacePsd, VarianceIsTheIntegral) {
  for (const double c : {1.2, 2.0, 2.0 + 1e-9, 3.0, 4.5}) {
    const SurfacePsd surface{.terms = {{50, 2000, c}}};
    const auto ring = [&](double f) { return 2 * pi * f * surface(f); };
    EXPECT_NEAR(surface.variance_nm2(1e-7, 0.07) / integral(ring, 1e-7, 0.07), 1, 1e-11) << c;
    EXPECT_NEAR(surface.variance_nm2(1e-5, 1.1e-5) / integral(ring, 1e-5, 1.1e-5), 1, 1e-11) << c;
  }
  for (const double slope : {0.0, 1.3, 2.0, 2.0 - 1e-9, 3.1}) {
    const SurfacePsd surface{.bands = {{1e-6, 1e-2, 3, slope}}};
    const auto ring = [&](double f) { return 2 * pi * f * surface(f); };
    EXPECT_NEAR(surface.variance_nm2(1e-5, 1e-3) / integral(ring, 1e-5, 1e-3), 1, 1e-11) << slope;
    EXPECT_EQ(surface.variance_nm2(0, infinity), surface.variance_nm2(1e-6, 1e-2));
    EXPECT_EQ(surface.variance_nm2(2e-2, 1), 0);
  }
}

// A Gaussian-like limit in closed form: C = 4 gives pi A / B^2, whatever lies below.
TEST(SurfacePsd, WholeSurfaceInClosedForm) {
  const SurfacePsd surface{.terms = {{7, 30, 4}}};
  EXPECT_NEAR(surface.variance_nm2(0, infinity), pi * 7 / 900, 1e-16);
  EXPECT_TRUE(std::isinf(SurfacePsd{.terms = {{7, 30, 2}}}.variance_nm2(0, infinity)));
}

TEST(SurfacePsd, BandsAddUpInQuadrature) {
  const SurfacePsd surface{.terms = {{50, 2000, 2.2}, {1, 10, 3}}, .bands = {{1e-6, 1e-2, 3, 1.5}}};
  EXPECT_NEAR(surface.variance_nm2(0, 1e-4) + surface.variance_nm2(1e-4, 1e-3) + surface.variance_nm2(1e-3, 0.05),
              surface.variance_nm2(0, 0.05), 1e-13 * surface.variance_nm2(0, 0.05));
}

TEST(SurfacePsd, MadeToARms) {
  const SurfacePsd a{.terms = {k_correlation_of_rms(0.1, 1e-6, 1e-3, 1e5, 1.7)}};
  EXPECT_NEAR(a.rms_nm(1e-6, 1e-3), 0.1, 1e-15);
  const SurfacePsd b{.bands = {band_of_rms(0.05, 1e-6, 1e-3, 2)}};
  EXPECT_NEAR(b.rms_nm(0, 1), 0.05, 1e-15);
}

TEST(SurfacePsd, TableGoesThroughItsPoints) {
  const std::vector<double> f{1e-6, 1e-5, 2e-4, 1e-2};
  const std::vector<double> psd{1e6, 3e4, 50, 0.2};
  const SurfacePsd surface{.bands = tabulated_psd(f, psd)};
  for (std::size_t i = 0; i + 1 < f.size(); ++i) {
    EXPECT_NEAR(surface(f[i]) / psd[i], 1, 1e-12);
    EXPECT_NEAR(surface(std::sqrt(f[i] * f[i + 1])) / std::sqrt(psd[i] * psd[i + 1]), 1, 1e-12);
    EXPECT_NEAR(surface(f[i + 1] * (1 - 1e-12)) / psd[i + 1], 1, 1e-10);
  }
  EXPECT_EQ(surface(0.9e-6), 0);
  EXPECT_EQ(surface(1.1e-2), 0);
}

TEST(SurfacePsd, RefusesImpossibleSurfaces) {
  EXPECT_THROW((void)k_correlation_of_rms(-1, 0, 1, 1, 3), Error);
  EXPECT_THROW((void)k_correlation_of_rms(1, 0, infinity, 1, 2), Error);
  EXPECT_THROW((void)k_correlation_of_rms(1, 1, 1, 1, 3), Error);
  EXPECT_THROW((void)k_correlation_of_rms(1, 0, 1, 0, 3), Error);
  EXPECT_THROW((void)band_of_rms(1, 0, 1, 2), Error);
  EXPECT_THROW((void)tabulated_psd({1}, {1}), Error);
  EXPECT_THROW((void)tabulated_psd({1, 1}, {1, 1}), Error);
  EXPECT_THROW((void)tabulated_psd({0, 1}, {1, 1}), Error);
  EXPECT_THROW((void)tabulated_psd({1, 2}, {1, 0}), Error);
}

// ---------------------------------------------------------------------------------------------------------------------
// Scatter

const ScatterRange range033{.wavelength_nm = euv, .na = 0.33, .inner_nm = 120, .outer_nm = 5e6};

/// Different mirrors, so that no factor cancels.
std::vector<Mirror> six_mirrors() {
  std::vector<Mirror> mirrors;
  const double footprint[] = {4e7, 6e7, 3e7, 9e7, 5e7, 1.5e8};
  for (int i = 0; i < 6; ++i)
    mirrors.push_back({"M" + std::to_string(i + 1),
                       std::cos(0.03 * i),
                       footprint[i],
                       {.terms = {k_correlation_of_rms(0.05 + 0.01 * i, 1e-6, 1e-3, 1e6, 1.6 + 0.2 * i)},
                        .bands = {band_of_rms(0.1, 1e-4, 0.05, 1.9)}}});
  return mirrors;
}

// (4 pi sigma / wavelength)^2, six times; values of an independent computation.
TEST(Mirrors, ScatterOfSixMirrorsAtNormalIncidence) {
  for (const auto& [rms, percent] : {std::pair{0.1, 5.20}, {0.05, 1.30}, {0.02, 0.21}}) {
    std::vector<Mirror> mirrors(6, {"", 1, 5e7, {.bands = {band_of_rms(rms, 1e-6, 1e-3, 2)}}});
    // The outer radius keeps the whole band inside.
    const ScatterRange range{.inner_nm = 1, .outer_nm = 1e8};
    const double flare = scatter_budget(mirrors, range).flare;
    EXPECT_NEAR(100 * flare, percent, 0.005);
    EXPECT_NEAR(flare, 6 * std::pow(4 * pi * rms / euv, 2), 1e-14);
  }
}

TEST(Mirrors, BandsOfOneMirror) {
  const double cosine = 0.9;
  const double a = 5e7;
  const double f_inner = 120 * 0.33 / (euv * a);
  const double f_outer = 5e6 * 0.33 / (euv * a);
  const Mirror mirror{"M",
                      cosine,
                      a,
                      {.bands = {band_of_rms(0.11, f_inner / 10, f_inner, 2), band_of_rms(0.07, f_inner, f_outer, 1.5),
                                 band_of_rms(0.13, f_outer, 1 / euv, 2.5)}}};
  EXPECT_NEAR(mirror_frequency(mirror, range033, 120) / f_inner, 1, 1e-15);
  const ScatterBudget budget = scatter_budget({mirror, mirror}, range033);
  const MirrorBudget& one = budget.mirrors.at(0);
  EXPECT_NEAR(one.figure_rms_nm, 0.11, 1e-12);
  EXPECT_NEAR(one.msfr_rms_nm, 0.07, 1e-12);
  EXPECT_NEAR(one.hsfr_rms_nm, 0.13, 1e-12);
  EXPECT_NEAR(one.wavefront_rms_nm, 2 * 0.11 * cosine, 1e-12);
  EXPECT_NEAR(budget.wavefront_rms_nm, std::sqrt(2.0) * 2 * 0.11 * cosine, 1e-12);
  EXPECT_NEAR(budget.strehl, std::exp(-std::pow(2 * pi * budget.wavefront_rms_nm / euv, 2)), 1e-15);
  EXPECT_NEAR(budget.flare, 2 * std::pow(4 * pi * 0.07 * cosine / euv, 2), 1e-14);
  EXPECT_NEAR(budget.throughput, std::exp(-2 * std::pow(4 * pi * 0.13 * cosine / euv, 2)), 1e-14);
}

TEST(Mirrors, NoWaveLeavesBeyondTheWavelength) {
  const Mirror mirror{"M", 1, 5e7, {.bands = {band_of_rms(0.2, 1 / euv, 1, 0)}}};
  EXPECT_EQ(scatter_budget({mirror}, range033).throughput, 1);
  const ScatterKernel kernel({mirror}, {.inner_nm = 1, .outer_nm = 1e12});
  EXPECT_EQ(kernel.total(), 0);
  EXPECT_EQ(kernel.share(0, 1e12), 0);
  EXPECT_EQ(kernel(0.5 / 0.33 * euv * 5e7), 0);
}

TEST(Mirrors, KernelIntegratesToTheScatter) {
  const ScatterKernel kernel(six_mirrors(), range033);
  const double total = scatter_budget(six_mirrors(), range033).flare;
  EXPECT_GT(total, 0.005);
  EXPECT_LT(total, 0.1);
  const auto ring = [&](double r) { return 2 * pi * r * kernel(r); };
  // Piece by piece, for the bands begin and end inside.
  double sum = 0;
  std::vector<double> edges{120, 5e6};
  for (const Mirror& mirror : six_mirrors()) {
    const double first = 1e-4 / mirror_frequency(mirror, range033, 1);
    if (first > 120 && first < 5e6) edges.push_back(first);
  }
  std::sort(edges.begin(), edges.end());
  for (std::size_t i = 0; i + 1 < edges.size(); ++i)
    sum += integral(ring, edges[i] * (1 + 1e-14), edges[i + 1] * (1 - 1e-14));
  EXPECT_NEAR(sum / total, 1, 1e-9);
  EXPECT_NEAR(kernel.total(), total, 1e-16);
  EXPECT_NEAR(kernel.share(0, infinity), total, 1e-14);
  EXPECT_NEAR(kernel.share(0, 3000) + kernel.share(3000, 1e9), total, 1e-14);
  EXPECT_EQ(kernel(119), 0);
  EXPECT_EQ(kernel(5.1e6), 0);
}

// A grating of height h cos(2 pi f x) sends (2 pi h cos / wavelength)^2 into each of its two orders, at r = f lambda a
// / NA.
TEST(Mirrors, KernelIsTheLimitOfAGrating) {
  const double h = 0.05, cosine = 0.95, a = 7e7, f = 3e-5, width = 1e-4;
  const Mirror mirror{"M", cosine, a, {.bands = {band_of_rms(h / std::sqrt(2.0), f, f * (1 + width), 0)}}};
  const ScatterKernel kernel({mirror}, range033);
  const double r = f * euv * a / 0.33;
  EXPECT_NEAR(kernel.share(r * (1 - width), r * (1 + 2 * width)), 2 * std::pow(2 * pi * h * cosine / euv, 2), 1e-12);
  EXPECT_EQ(kernel(r * (1 - width)), 0);
  EXPECT_EQ(kernel(r * (1 + 2 * width)), 0);
}

TEST(Mirrors, KirkFlareOfAPad) {
  const ScatterKernel kernel(six_mirrors(), range033);
  EXPECT_NEAR(kirk_flare(kernel, 0), kernel.total(), 1e-14);
  const double side = 2000;
  EXPECT_LT(kirk_flare(kernel, side), kernel.share(side / 2, 5e6));
  EXPECT_GT(kirk_flare(kernel, side), kernel.share(side / std::sqrt(2.0), 5e6));
  // The pad itself, summed over small squares.
  double pad = 0;
  const int n = 1000;
  for (int y = 0; y < n; ++y)
    for (int x = 0; x < n; ++x) pad += kernel(std::hypot(x + 0.5, y + 0.5) * side / (2 * n)) * std::pow(side / n, 2);
  EXPECT_NEAR(kirk_flare(kernel, side), kernel.total() - pad, 2e-4 * pad);
  EXPECT_EQ(kirk_flare(kernel, 1.1e7), 0);
}

TEST(Mirrors, RefusesImpossibleMirrors) {
  const Mirror good{"M", 1, 5e7, {.bands = {band_of_rms(0.1, 1e-6, 1e-3, 2)}}};
  const auto refused = [&](const std::function<void(Mirror&, ScatterRange&)>& spoil) {
    Mirror mirror = good;
    ScatterRange range = range033;
    spoil(mirror, range);
    EXPECT_THROW((void)ScatterKernel({mirror}, range), Error);
  };
  refused([](Mirror& m, ScatterRange&) { m.cosine = 0; });
  refused([](Mirror& m, ScatterRange&) { m.cosine = 1.1; });
  refused([](Mirror& m, ScatterRange&) { m.footprint_nm = 0; });
  refused([](Mirror& m, ScatterRange&) { m.psd.bands[0].psd_low_nm4 = -1; });
  refused([](Mirror& m, ScatterRange&) { m.psd.terms.push_back({1, 0, 2}); });
  refused([](Mirror& m, ScatterRange&) { m.psd.bands = {band_of_rms(2, 1e-6, 1e-3, 2)}; });  // scatters everything
  refused([](Mirror&, ScatterRange& r) { r.na = 1; });
  refused([](Mirror&, ScatterRange& r) { r.wavelength_nm = 0; });
  refused([](Mirror&, ScatterRange& r) { r.outer_nm = r.inner_nm; });
  refused([](Mirror&, ScatterRange& r) { r.inner_nm = std::nan(""); });
  EXPECT_THROW((void)kirk_flare(ScatterKernel({good}, range033), -1), Error);
}

// ---------------------------------------------------------------------------------------------------------------------
// Flare of a layout

/// Five decades of distance, steep and flat parts.
ScatterKernel wide_kernel() { return {six_mirrors(), {.inner_nm = 50, .outer_nm = 5e6}}; }

Image<double> random_density(int ny, int nx) {
  Image<double> density(ny, nx);
  std::uint32_t state = 7;
  for (double& value : density) {
    state = state * 1664525u + 1013904223u;
    value = state >> 31;
  }
  return density;
}

/// The kernel over the square pixel at (x, y) pixels by a midpoint rule that is finer near the centre.
double pixel_share(const ScatterKernel& kernel, double pixel_nm, int x, int y) {
  const int n = x == 0 && y == 0 ? 1000 : std::max(std::abs(x), std::abs(y)) < 4 ? 40 : 6;
  double sum = 0;
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i) sum += kernel(pixel_nm * std::hypot(x - 0.5 + (i + 0.5) / n, y - 0.5 + (j + 0.5) / n));
  return sum * std::pow(pixel_nm / n, 2);
}

TEST(Flare, ConstantDensityGivesTheTotal) {
  const ScatterKernel kernel = wide_kernel();
  for (const double value : flare_map(Image<double>(37, 50, 0.3), 300, 0.3, kernel, 2))
    EXPECT_NEAR(value, 0.3 * kernel.total(), 1e-15);
}

// A map wider than the kernel: its middle sees nothing of the outside, and every share is counted once.
TEST(Flare, LevelsAddUpToTheTotal) {
  const ScatterKernel kernel = wide_kernel();
  const Image<double> flare = flare_map(Image<double>(110, 130, 0.7), 1e5, 0, kernel, 2);
  EXPECT_NEAR(flare(55, 65), 0.7 * kernel.total(), 1e-13);
  EXPECT_LT(flare(0, 65), 0.6 * kernel.total());
}

// Every level is used: the map is wider than the first ones reach, the kernel reaches far beyond the map.
TEST(Flare, PyramidAgainstTheDirectSum) {
  const ScatterKernel kernel = wide_kernel();
  const double pixel = 316;
  const int ny = 180, nx = 210;
  const Image<double> density = random_density(ny, nx);
  const double outside = 0.5;
  const Image<double> flare = flare_map(density, pixel, outside, kernel, 2);
  Image<double> share(ny, nx);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) share(y, x) = pixel_share(kernel, pixel, x, y);
  double worst = 0, rms = 0;
  int count = 0;
  for (const int y : {0, 1, 60, 91, 150, 179})
    for (int x = 0; x < nx; x += 19, ++count) {
      double direct = outside * kernel.total();
      for (int v = 0; v < ny; ++v)
        for (int u = 0; u < nx; ++u) direct += (density(v, u) - outside) * share(std::abs(y - v), std::abs(x - u));
      worst = std::max(worst, std::abs(flare(y, x) - direct));
      rms += std::pow(flare(y, x) - direct, 2);
    }
  EXPECT_LT(worst, 2e-4 * kernel.total());
  EXPECT_LT(std::sqrt(rms / count), 5e-5 * kernel.total());
}

TEST(Flare, EdgeOfAHalfPlane) {
  const ScatterKernel kernel = wide_kernel();
  const double pixel = 100;
  const int n = 512;  // a power of two, so that coarse pixels do not straddle the edge
  Image<double> density(n, n);
  for (int y = 0; y < n; ++y)
    for (int x = n / 2; x < n; ++x) density(y, x) = 1;
  const Image<double> flare = flare_map(density, pixel, 0.5, kernel, 2);
  for (int x = 0; x < n / 2; ++x) EXPECT_NEAR(flare(n / 2, x) + flare(n / 2, n - 1 - x), kernel.total(), 1e-14) << x;
  EXPECT_LT(flare(n / 2, n / 2 - 50), flare(n / 2, n / 2 - 10));
}

TEST(Flare, PadInAClearField) {
  const ScatterKernel kernel = wide_kernel();
  for (const int half : {3, 20, 75, 140}) {  // pixels
    const int n = 2 * half + 31;
    const double pixel = 200;
    Image<double> density(n, n, 1);
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x) density(n / 2 + y, n / 2 + x) = 0;
    const Image<double> flare = flare_map(density, pixel, 1, kernel, 2);
    EXPECT_NEAR(flare(n / 2, n / 2), kirk_flare(kernel, (2 * half + 1) * pixel), 5e-4 * kernel.total()) << half;
  }
}

// A block as small as a pixel, seen from farther and farther away: coarse pixels know its place to half of their width,
// 1/16 of the distance at worst.
TEST(Flare, FarFieldFollowsTheKernel) {
  const ScatterKernel kernel = wide_kernel();
  const double pixel = 300;
  Image<double> density(3, 2000);
  density(1, 3) = 1;
  const Image<double> flare = flare_map(density, pixel, 0, kernel, 2);
  for (const int distance : {5, 12, 25, 60, 130, 300, 700, 1900})
    EXPECT_NEAR(flare(1, 3 + distance) / (pixel * pixel * kernel(pixel * distance)), 1, 0.1) << distance;
}

TEST(Flare, ThreadsDoNotMatter) {
  const ScatterKernel kernel = wide_kernel();
  const Image<double> density = random_density(70, 90);
  EXPECT_EQ(flare_map(density, 316, 0.2, kernel, 1), flare_map(density, 316, 0.2, kernel, 3));
}

TEST(Flare, SamplesOnOtherPixels) {
  Image<double> map(4, 5);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 5; ++x) map(y, x) = 3 * (x + 0.5) - 7 * (y + 0.5);
  const Image<double> fine = sample_map(map, 100, 110, 120, 8, 20, 30);
  for (int y = 0; y < 20; ++y)
    for (int x = 0; x < 30; ++x)
      EXPECT_NEAR(fine(y, x), 3 * (110 + (x + 0.5) * 8) / 100 - 7 * (120 + (y + 0.5) * 8) / 100, 1e-12);
  EXPECT_EQ(sample_map(map, 100, -900, 5000, 10, 1, 1)(0, 0), map(3, 0));
}

TEST(Flare, ImageLosesWhatIsScattered) {
  const Image<double> image(2, 3, 0.8);
  EXPECT_NEAR(with_flare(image, 0.05, 0.02)(1, 2), 0.95 * 0.8 + 0.02, 1e-16);
  Image<double> flare(2, 3, 0.02);
  flare(1, 2) = 0.03;
  EXPECT_NEAR(with_flare(image, 0.05, flare)(1, 2), 0.95 * 0.8 + 0.03, 1e-16);
  // A clear field stays one.
  EXPECT_NEAR(with_flare(Image<double>(1, 1, 1.0), 0.05, 0.05)(0, 0), 1, 1e-16);
}

TEST(Flare, RefusesImpossibleMaps) {
  const ScatterKernel kernel = wide_kernel();
  EXPECT_THROW((void)flare_map({}, 300, 0, kernel, 1), Error);
  EXPECT_THROW((void)flare_map(Image<double>(2, 2), 0, 0, kernel, 1), Error);
  EXPECT_THROW((void)flare_map(Image<double>(2, 2), 1e-6, 0, kernel, 1), Error);
  EXPECT_THROW((void)flare_map(Image<double>(2, 2, -1), 300, 0, kernel, 1), Error);
  EXPECT_THROW((void)flare_map(Image<double>(2, 2), 300, -1, kernel, 1), Error);
  EXPECT_THROW((void)flare_map(Image<double>(2, 2), 300, 0, {six_mirrors(), {.inner_nm = 1, .outer_nm = infinity}}, 1),
               Error);
  EXPECT_THROW((void)sample_map({}, 1, 0, 0, 1, 2, 2), Error);
  EXPECT_THROW((void)sample_map(Image<double>(2, 2), 0, 0, 0, 1, 2, 2), Error);
  EXPECT_THROW((void)with_flare(Image<double>(2, 2), 1, 0.1), Error);
  EXPECT_THROW((void)with_flare(Image<double>(2, 2), 0.1, Image<double>(2, 3)), Error);
}

}  // namespace
}  // namespace anamorph
