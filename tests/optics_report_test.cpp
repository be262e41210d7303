// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/optics_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/io/html.hpp"
#include "cpp/io/optics_plots.hpp"
#include "cpp/io/pictures.hpp"
#include "optics_models/projection.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Relative luminance of sRGB (IEC 61966-2-1).
double luminance(Rgb c) {
  const auto linear = [](double byte) {
    const double v = byte / 255;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

/// A stack of one kernel that is exp(-2 pi i f r0) over all its bins: light that comes together at r0.
CoherentStack focused_at(double x_nm, double y_nm) {
  CoherentStack stack;
  stack.period_x_nm = 100;
  stack.period_y_nm = 80;
  stack.extent_x = 6;
  stack.extent_y = 4;
  stack.weight = {2};
  for (int my = -4; my <= 4; ++my)
    for (int mx = -6; mx <= 6; ++mx)
      stack.transfer.push_back(std::polar(1.0, -2 * pi * (mx * x_nm / 100 + my * y_nm / 80)));
  return stack;
}

// --- Numbers ---

TEST(Optics, LimitsOfTheScanners) {
  EXPECT_NEAR(smallest_half_pitch_nm(13.5, 0.55), 6.13636, 1e-5);
  EXPECT_NEAR(depth_of_focus_nm(13.5, 0.33, 1), 120.49, 0.005);
  EXPECT_NEAR(depth_of_focus_nm(13.5, 0.55, 1), 40.95, 0.005);
  // For small angles n wavelength / NA^2.
  EXPECT_NEAR(depth_of_focus_nm(193.368, 0.01, 1.437) / (1.437 * 193.368 / 1e-4), 1, 2e-5);
}

TEST(Html, NumbersOfAnySize) {
  EXPECT_EQ(html::scientific(0), "0");
  EXPECT_EQ(html::scientific(0.0123), "0.0123");
  EXPECT_EQ(html::scientific(3.21e-5), "3.2·10⁻⁵");
  EXPECT_EQ(html::scientific(-9.99e-13), "−1.0·10⁻¹²");
  EXPECT_EQ(html::scientific(2e7), "2.0·10⁷");
  EXPECT_EQ(html::scientific(nan), "–");
  EXPECT_EQ(html::power_of_ten(-10), "10⁻¹⁰");
}

// --- Pictures ---

TEST(Pictures, SignedColoursAreEquallyDarkOnBothSides) {
  double before = 1;
  for (int i = 0; i <= 20; ++i) {
    const Rgb minus = signed_colour(-i / 20.0);
    const Rgb plus = signed_colour(i / 20.0);
    EXPECT_LT(luminance(plus), before + 1e-12);
    before = luminance(plus);
    // Equal lightness of OKLab is nearly, not quite, equal luminance, and the deep colours leave the gamut a little.
    EXPECT_NEAR(luminance(minus), luminance(plus), 0.06) << i;
    if (i < 2) continue;
    EXPECT_GT(plus.r, plus.b);
    EXPECT_GT(minus.b, minus.r);
  }
  EXPECT_GT(luminance(signed_colour(0)), 0.85);
  EXPECT_EQ(signed_colour(7), signed_colour(1));
}

TEST(Pictures, MapsShowTheGroundWhereTheyAreBlank) {
  Image<double> map(2, 2, 0.0);
  map(0, 1) = 1;  // lower right
  map(1, 0) = nan;
  const Picture positive = render_positive_map(map, 8, 1);
  ASSERT_EQ(positive.ny(), 8);
  EXPECT_EQ(positive(7, 7), intensity_colour(1));
  EXPECT_EQ(positive(7, 0), intensity_colour(0));
  EXPECT_EQ(positive(0, 0), palette::ground);
  const Picture sign = render_signed_map(map, 8, 1);
  EXPECT_EQ(sign(7, 7), signed_colour(1));
  EXPECT_EQ(sign(0, 7), signed_colour(0));
  EXPECT_EQ(sign(0, 0), palette::ground);
}

TEST(Pictures, SourceIsShownWhereItIs) {
  const Image<double> map = source_map({{0.5, -0.25, 1, {}}}, 0, 80);
  EXPECT_TRUE(std::isnan(map(0, 0))) << "beyond the pupil";
  int at_y = -1, at_x = -1;
  for (int y = 0; y < 80; ++y)
    for (int x = 0; x < 80; ++x)
      if (map(y, x) == 1) at_y = y, at_x = x;
  EXPECT_NEAR(-1 + (at_x + 0.5) / 40, 0.5, 0.025);
  EXPECT_NEAR(-1 + (at_y + 0.5) / 40, -0.25, 0.025);
  EXPECT_LT(map(40, 40), 1e-6);
  // Twice the light in the same density of points is shown twice as bright.
  const Image<double> two = source_map({{0.5, 0, 2, {}}, {-0.5, 0, 1, {}}}, 0, 80);
  EXPECT_NEAR(two(40, 59) / two(40, 20), 2, 1e-9);
}

TEST(Pictures, MarksFollowThePolarisation) {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  const auto mark = [&](Polarisation state) {
    const std::string svg = polarisation_marks({{0, 0, 1, state}});
    const std::size_t at = svg.find("d=\"M");
    return at != std::string::npos && std::sscanf(svg.c_str() + at, "d=\"M%lf %lfL%lf %lf", &x0, &y0, &x1, &y1) == 4;
  };
  EXPECT_FALSE(mark({0, 0, 0}));
  EXPECT_TRUE(polarisation_marks({{0, 0, 1, {}}}).empty());
  ASSERT_TRUE(mark({1, 0, 0}));
  EXPECT_EQ(y0, y1) << "along x";
  const double full = std::abs(x1 - x0);
  EXPECT_GT(full, 20);
  ASSERT_TRUE(mark({-1, 0, 0}));
  EXPECT_EQ(x0, x1) << "along y";
  ASSERT_TRUE(mark({0, 1, 0}));
  EXPECT_NEAR((y1 - y0) / (x1 - x0), -1, 1e-9) << "along x = y, upwards to the right";
  ASSERT_TRUE(mark({0.5, 0, 0}));
  EXPECT_NEAR(std::abs(x1 - x0), full / 2, 0.2) << "half polarised";
  EXPECT_FALSE(mark({0, 0, 1})) << "a circle is no line";
  EXPECT_NE(polarisation_marks({{0, 0, 1, {0, 0, 1}}}).find('A'), std::string::npos);
  EXPECT_TRUE(polarisation_marks({{0, 0, 1, {1, 0, 0}}, {0.01, 0, 1, {-1, 0, 0}}}).empty()) << "mixed in one cell";
}

// --- Kernels in space ---

TEST(KernelPictures, LightComesTogetherWhereThePhaseSays) {
  const auto picture = kernel_pictures(focused_at(12, -9), 1, 30, 60)[0];
  const Image<double>& h = picture.magnitude;
  const auto at = std::max_element(h.begin(), h.end()) - h.begin();
  EXPECT_NEAR(-30 + (static_cast<double>(at % 60) + 0.5), 12, 0.5);
  EXPECT_NEAR(-30 + (static_cast<double>(at / 60) + 0.5), -9, 0.5);
  EXPECT_EQ(picture.share, 1);
  // Dirichlet's kernel, |sin((2 N + 1) a) / sin(a)| with a = pi (x - x0) / period, in either direction.
  const auto dirichlet = [](int n, double distance, double period) {
    const double a = pi * distance / period;
    return std::abs(std::sin((2 * n + 1) * a) / std::sin(a));
  };
  for (const int y : {0, 17, 59})
    for (const int x : {0, 23, 59})
      EXPECT_NEAR(h(y, x), dirichlet(6, -30 + x + 0.5 - 12, 100) * dirichlet(4, -30 + y + 0.5 + 9, 80), 1e-11);
}

TEST(KernelPictures, ComeByTheirLight) {
  CoherentStack stack;
  stack.period_x_nm = stack.period_y_nm = 10;
  stack.weight = {1, 3, 1};
  stack.transfer = {1, 1, {0, 2}};  // |H|^2: 1, 1, 4
  const auto pictures = kernel_pictures(stack, 2, 5, 4);
  ASSERT_EQ(pictures.size(), 2u);
  EXPECT_DOUBLE_EQ(pictures[0].share, 0.5);
  EXPECT_NEAR(pictures[0].magnitude(1, 2), 2, 1e-15);
  EXPECT_DOUBLE_EQ(pictures[1].share, 0.375);
  EXPECT_EQ(kernel_pictures(stack, 9, 5, 4).size(), 3u);
}

// --- The page ---

OpticsResult sample() {
  OpticsResult optics;
  optics.name = "a<b>&\"c\"";
  optics.summary = "period 64 nm";
  optics.wavelength_nm = 13.5;
  optics.na = 0.55;
  optics.pupil_fill = 0.2;
  for (int i = 0; i < 24; ++i)
    optics.source.push_back({0.7 * std::cos(i), 0.7 * std::sin(i), 1.0 / 24, {i % 2 ? 0.5 : 0.0, 0.5, 0.1}});
  optics.pupil_amplitude = Image<double>(20, 20, 1.0);
  optics.pupil_amplitude(0, 0) = nan;
  optics.pupil_wavefront_nm = Image<double>(20, 20, -0.25);
  optics.pupil_wavefront_nm(9, 9) = nan;
  optics.pupil_wavefront_nm(5, 5) = 0.5;
  for (int z = 1; z <= 37; ++z) optics.zernikes.push_back({z, 0.1});
  optics.kernels = 3;
  optics.eigenvalues = {5, 3, 1, 0.1, 0};
  optics.trace = 10;
  optics.captured_fraction = 0.9;
  optics.image_error = 3.4e-5;
  optics.build_seconds = 0.25;
  optics.truncation = {{1, 0.5, 0.1}, {3, 0.9, nan}};
  optics.kernel_pictures = kernel_pictures(focused_at(0, 0), 1, 30, 16);
  optics.kernel_reach_nm = 30;
  optics.quantities = {{"chief ray", "5.355", "deg", "assumption <1>"}};
  optics.recipe = "[optics]\n";
  optics.provenance = {{"Version", "1"}};
  optics.warnings = {"light & shade"};
  return optics;
}

TEST(OpticsReport, IsOneSelfContainedPage) {
  const OpticsResult optics = sample();
  const std::string page = optics_report(optics);
  EXPECT_EQ(page, optics_report(optics)) << "the same result must give the same bytes";
  for (const char* part :
       {"id=\"source\"", "id=\"amplitude\"", "id=\"wavefront\"", "id=\"kernels\"", "id=\"eigenvalues\"",
        "class=\"pol\"", "a&lt;b&gt;&amp;&quot;c&quot;", "light &amp; shade", "assumption &lt;1&gt;", "6.136", "40.95",
        "3.4·10⁻⁵", "3 kept", "90.0", "Resolved recipe", "prefers-color-scheme", "10⁻¹", "Truncation", "°</td>"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  for (const char* part : {"http:", "https:", "<script", "file:", "a<b>", ">nan", "nan<", "=\"nan", "inf\"", "NaN"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  for (const char* tag : {"svg", "figure", "table", "section", "div", "details", "tr", "text", "tspan", "td"}) {
    const auto count = [&](const std::string& text) {
      std::size_t n = 0;
      for (std::size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++n;
      return n;
    };
    const std::string name = tag;
    EXPECT_EQ(count("<" + name + ">") + count("<" + name + " "), count("</" + name + ">")) << tag;
  }
}

TEST(OpticsReport, NamesTheZernikesAsLithographersDo) {
  const std::string page = optics_report(sample());
  for (const char* row :
       {"<td>Z1</td><td>piston</td>", "<td>Z2</td><td>tilt x</td>", "<td>Z4</td><td>defocus</td>",
        "<td>Z5</td><td>astigmatism 0°</td>", "<td>Z6</td><td>astigmatism 45°</td>", "<td>Z7</td><td>coma x</td>",
        "<td>Z8</td><td>coma y</td>", "<td>Z9</td><td>spherical</td>", "<td>Z10</td><td>trefoil x</td>",
        "<td>Z12</td><td>secondary astigmatism 0°</td>", "<td>Z16</td><td>secondary spherical</td>",
        "<td>Z17</td><td>tetrafoil x</td>", "<td>Z25</td><td>tertiary spherical</td>",
        "<td>Z36</td><td>quaternary spherical</td>", "<td>Z37</td><td>quinary spherical</td>"})
    EXPECT_NE(page.find(row), std::string::npos) << row;
}

TEST(OpticsReport, WavefrontIsCountedWithoutItsMean) {
  // 398 places of -0.25 nm and one of 0.5 nm: rms = 0.75 sqrt(p (1 - p)), p = 1 / 399.
  const double p = 1.0 / 399;
  const std::string page = optics_report(sample());
  EXPECT_NE(page.find("Without its mean " + html::number(0.75 * std::sqrt(p * (1 - p))) + " nm rms"),
            std::string::npos);
  EXPECT_NE(page.find("peak to valley 0.75 nm"), std::string::npos);
}

TEST(OpticsReport, LeavesOutWhatTheResultDoesNotHave) {
  OpticsResult optics;
  optics.name = "empty";
  const std::string page = optics_report(optics);
  EXPECT_EQ(page.find("<figure"), std::string::npos);
  EXPECT_EQ(page.find("<h2>"), std::string::npos);
  EXPECT_EQ(page.find("class=\"card\""), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  optics = sample();
  optics.pupil_wavefront_nm = Image<double>(20, 20, 0.0);
  optics.wavelength_nm = nan;
  const std::string flat = optics_report(optics);
  EXPECT_EQ(flat.find("id=\"wavefront\""), std::string::npos);
  EXPECT_NE(flat.find("no aberrations"), std::string::npos);
  EXPECT_EQ(flat.find("nan<"), std::string::npos);
}

TEST(OpticsReport, RemainderIsThatOfTheWholeTrace) {
  // Two eigenvalues of 0.5 and 0.4 of the trace leave 0.5, then 0.1: on an axis of two decades these lie at
  // log10(2) / 2 and 1 / 2 of the height of 300 below 26.
  const std::string svg = eigenvalues_svg({5, 4, 0.1}, 10, 2);
  const std::size_t at = svg.find("points=\"");
  ASSERT_NE(at, std::string::npos);
  double x = 0, first = 0, second = 0;
  ASSERT_EQ(std::sscanf(svg.c_str() + at, "points=\"%lf,%lf %lf,%lf", &x, &first, &x, &second), 4);
  EXPECT_NEAR(first, 26 + 300 * std::log10(2.0) / 2, 0.051);
  EXPECT_NEAR(second, 26 + 150, 0.051);
  EXPECT_TRUE(eigenvalues_svg({1}, 1, 1).empty());
  EXPECT_TRUE(eigenvalues_svg({0, 0}, 0, 1).empty());
}

}  // namespace
}  // namespace anamorph
