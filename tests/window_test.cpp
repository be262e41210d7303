// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Focus-exposure matrices and process windows: closed forms of two and three beams, aberrations, masks that are moved,
// and the dense way to the same numbers (an image for each focus, measured on its pixels).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <numbers>
#include <random>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/error.hpp"
#include "cpp/imaging/focus_nodes.hpp"
#include "cpp/imaging/image_sampler.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/measure/cut_profile.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/measure/focus_exposure.hpp"
#include "cpp/measure/gauge.hpp"
#include "cpp/measure/process_window.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/region.hpp"
#include "masks/sizing.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/focus_symmetry.hpp"
#include "optics_models/source.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;
using std::numbers::pi;

// ---------------------------------------------------------------------------------------------------------------------
// A series through focus of any optics and mask.

struct Setting {
  Projection projection;
  std::vector<SourcePoint> source;
  std::vector<Polygon> openings;
  Box window;
  FocusExposurePlan plan;
  double blur_nm = 0;
  double flare = 0;
};

CoherentStack stack_at(const Setting& s, double focus_nm) {
  Projection p = s.projection;
  p.focus_nm = focus_nm;
  return abbe_stack(p, s.source, s.window.width(), s.window.height());
}

ImageSampler image_of(const Setting& s, const CoherentStack& stack, const std::vector<Polygon>& openings) {
  const auto backend = make_backend("cpu", 1);
  const auto sum = backend->plan_coherent_sum(stack, 1);
  Array spectrum = backend->allocate({1, stack.bins_y(), stack.bins_x(), 2});
  Array intensity = backend->allocate({1, sum->field_ny(), sum->field_nx(), 1});
  std::vector<double> flat;
  for (const Complex& m : polygon_spectrum(openings, s.window, stack.extent_x, stack.extent_y)) {
    flat.push_back(m.real());
    flat.push_back(m.imag());
  }
  backend->upload(flat, spectrum);
  sum->forward(spectrum, intensity);
  Image<double> field(sum->field_ny(), sum->field_nx());
  backend->download(intensity, field.span());
  ResamplePlan plan{
      .in_ny = field.ny(), .in_nx = field.nx(), .band_y = 2 * stack.extent_y, .band_x = 2 * stack.extent_x};
  plan.blur_x = s.blur_nm / s.window.width();
  plan.blur_y = s.blur_nm / s.window.height();
  return {field, plan, s.window};
}

FocusExposure series(const Setting& s, double low_nm, double high_nm) {
  const Projection& p = s.projection;
  FocusNodes nodes(low_nm, high_nm, focus_band_per_nm(p.wavelength_nm, p.na, p.immersion_index));
  const CoherentStack frame = stack_at(s, 0);
  FocusExposure fem(s.plan, nodes, s.window, 2 * frame.extent_x, 2 * frame.extent_y);
  const auto background = [&](const Point&) { return s.flare; };
  for (std::size_t node = 0; node < nodes.focus_nm().size(); ++node) {
    const CoherentStack stack = stack_at(s, nodes.focus_nm()[node]);
    fem.add({node}, MaskVariant::nominal, image_of(s, stack, s.openings), background, 1);
    if (s.plan.mask_step_nm == 0) continue;
    fem.add({node}, MaskVariant::smaller, image_of(s, stack, sized(s.openings, s.window, -s.plan.mask_step_nm / 2)),
            background, 1);
    fem.add({node}, MaskVariant::larger, image_of(s, stack, sized(s.openings, s.window, s.plan.mask_step_nm / 2)),
            background, 1);
  }
  return fem;
}

/// Openings of half the pitch along y on a window of one pitch, an opening around x = 0; one gauge across it.
Setting equal_lines_setting(double pitch, double na, std::vector<SourcePoint> source, double threshold) {
  Setting s;
  s.projection = {.wavelength_nm = 13.5, .na = na};
  s.source = std::move(source);
  s.window = {-pitch / 2, 0, pitch / 2, 4};
  s.openings = {{{-pitch / 4, 0}, {pitch / 4, 0}, {pitch / 4, 4}, {-pitch / 4, 4}}};
  s.plan.gauges = {{"line", {0, 2}, 0, pitch / 2}};
  s.plan.threshold = threshold;
  s.plan.reach_nm = pitch;
  return s;
}

/// Light from one direction such that the orders 0 and -1 are equally far from the axis.
Setting two_beams(double pitch, double threshold) {
  const double na = 0.33, s = 13.5 / (2 * pitch * na);
  return equal_lines_setting(pitch, na, {{s, 0, 0.5, {}}, {-s, 0, 0.5, {}}}, threshold);
}

/// Light along the axis: the orders -1, 0 and 1.
Setting three_beams(double pitch, double threshold, double na = 0.33) {
  return equal_lines_setting(pitch, na, {{0, 0, 1, {}}}, threshold);
}

double cosine(double pitch, double wavelength = 13.5) { return std::sqrt(1 - std::pow(wavelength / pitch, 2)); }

// ---------------------------------------------------------------------------------------------------------------------
// The parts.

/// Any real periodic field of a band, by its samples.
Image<double> random_field(int n, int band, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  Image<double> field(n, n);
  for (int my = -band; my <= band; ++my)
    for (int mx = -band; mx <= band; ++mx) {
      const double a = normal(random), b = normal(random);
      for (int y = 0; y < n; ++y)
        for (int x = 0; x < n; ++x) {
          const double t = 2 * pi * (mx * x + my * y) / n;
          field(y, x) += a * std::cos(t) + b * std::sin(t);
        }
    }
  return field;
}

TEST(ImageSampler, GivesBackTheSamplesAndSlopesAnywhere) {
  const Box window{-20, 5, 80, 65};
  const Image<double> field = random_field(15, 5, 1);
  const ResamplePlan plan{.in_ny = 15, .in_nx = 15, .band_y = 5, .band_x = 5};
  const ImageSampler image(field, plan, window);
  for (int y = 0; y < 15; y += 4)
    for (int x = 0; x < 15; x += 3) {
      const Point p{window.x0 + 100.0 * x / 15, window.y0 + 60.0 * y / 15};
      EXPECT_NEAR(image.at({p})[0].intensity, field(y, x), 1e-12);
    }
  // Slopes against differences; lines of any direction against points.
  const double h = 1e-4;
  const auto at = [&](double x, double y) { return image.at({{x, y}})[0]; };
  EXPECT_NEAR(at(3, 9).slope_x, (at(3 + h, 9).intensity - at(3 - h, 9).intensity) / (2 * h), 1e-7);
  EXPECT_NEAR(at(3, 9).slope_y, (at(3, 9 + h).intensity - at(3, 9 - h).intensity) / (2 * h), 1e-7);
  const std::vector<SampleLine> lines{{{-31, 7.5}, {1.7, 0}, 150}, {{2, 7.5}, {-0.3, 0}, 5},
                                      {{11, 60}, {0, 2.1}, 140},   {{11, 10}, {0, -1.1}, 3},
                                      {{-5, -5}, {0.9, 1.3}, 90},  {{0, 0}, {1, 0}, 0}};
  for (const int threads : {1, 2}) {
    const auto values = image.lines(lines, threads);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      ASSERT_EQ(values[i].size(), static_cast<std::size_t>(lines[i].count));
      for (int j = 0; j < lines[i].count; ++j)
        EXPECT_NEAR(values[i][static_cast<std::size_t>(j)],
                    at(lines[i].from.x + j * lines[i].step.x, lines[i].from.y + j * lines[i].step.y).intensity, 1e-11)
            << i << " " << j;
    }
  }
}

TEST(ImageSampler, ABlurIsThatOfResample) {
  const Image<double> field = random_field(24, 5, 2);
  const ResamplePlan plan{
      .in_ny = 24, .in_nx = 24, .band_y = 5, .band_x = 5, .out_ny = 32, .out_nx = 32, .blur_y = 0.03, .blur_x = 0.05};
  const auto backend = make_backend("cpu", 1);
  Array in = backend->allocate({1, 24, 24, 1}), out = backend->allocate({1, 32, 32, 1});
  backend->upload(field.span(), in);
  backend->plan_resample(plan)->forward(in, out);
  Image<double> pixels(32, 32);
  backend->download(out, pixels.span());
  const ImageSampler image(field, plan, {0, 0, 32, 32});
  for (int i = 0; i < 32; i += 5) EXPECT_NEAR(image.at({{i + 0.5, 7.5}})[0].intensity, pixels(7, i), 1e-11);
}

TEST(ImageSampler, RefusesSamplesThatDoNotHoldTheBand) {
  const ResamplePlan plan{.in_ny = 8, .in_nx = 8, .band_y = 3, .band_x = 4};
  EXPECT_THROW(ImageSampler(Image<double>(8, 8), plan, {0, 0, 1, 1}), Error);
  EXPECT_THROW(ImageSampler(Image<double>(8, 9), plan, {0, 0, 1, 1}), Error);
}

TEST(FocusNodes, ABandLimitedFunctionIsKnownWithinTheBound) {
  for (const double error : {1e-3, 1e-7, 1e-10}) {
    const double kappa = 0.026;
    const FocusNodes nodes(-40, 80, kappa, error);
    EXPECT_LE(nodes.error(), error);
    double worst = 0;
    for (double z = -40; z <= 80; z += 0.37) {
      const auto w = nodes.weights(z);
      Complex sum;
      for (std::size_t i = 0; i < w.size(); ++i) sum += w[i] * std::polar(1.0, kappa * nodes.focus_nm()[i]);
      worst = std::max(worst, std::abs(sum - std::polar(1.0, kappa * z)));
    }
    EXPECT_LE(worst, nodes.error() + 1e-14);
    EXPECT_GE(worst, nodes.error() / 100);  // the bound is no idle one
  }
  EXPECT_EQ(FocusNodes(5, 5, 0.1).focus_nm(), std::vector<double>{5});
  EXPECT_THROW(FocusNodes(1, 0, 0.1), Error);
  EXPECT_THROW(FocusNodes(-1e6, 1e6, 1), Error);
}

TEST(CutProfile, FindsTheEdgesOfACosineForEveryThreshold) {
  const double period = 32, step = 2;
  std::vector<double> values;
  for (int i = -30; i <= 30; ++i) values.push_back(0.5 + 0.4 * std::cos(2 * pi * i * step / period));
  const CutProfile cut(values, 30, step);
  for (const double t : {0.11, 0.3, 0.5, 0.77, 0.89}) {
    const double half = std::acos((t - 0.5) / 0.4) * period / (2 * pi);
    const CutEdges edges = cut.edges(t, true);
    EXPECT_NEAR(edges.high_nm, half,
                2e-8);  // the interpolation: 1e-9 of the amplitude over a slope of 0.04 / nm or more
    EXPECT_NEAR(edges.low_nm, -half, 2e-8);
    EXPECT_NEAR(edges.slope_high, -0.8 * pi / period * std::sin(2 * pi * half / period), 1e-8);
    EXPECT_NEAR(edges.log_slope_low, edges.log_slope_high, 1e-8);
    EXPECT_NEAR(cut.threshold_of(2 * half, true), t, 1e-9);
    EXPECT_EQ(cut.edges(t, false).state, CutEdges::State::absent);
    EXPECT_NEAR(cut.end_of_print(t, true, 30), half, 2e-8);
    EXPECT_NEAR(cut.end_of_print(t, false, 30), -half, 2e-8);
  }
  EXPECT_EQ(cut.edges(0.95, true).state, CutEdges::State::absent);
  EXPECT_EQ(cut.edges(0.05, true).state, CutEdges::State::endless);
  EXPECT_TRUE(std::isnan(cut.end_of_print(0.05, true, 30)));
  EXPECT_TRUE(std::isnan(CutProfile(std::vector<double>(61, 0.3), 30, step).threshold_of(10, true)));
}

TEST(Sizing, MovesEdgesButNotTheSeam) {
  const auto area = [](const std::vector<Polygon>& polygons) {
    double sum = 0;
    for (const Polygon& p : polygons) sum += signed_area(p);
    return sum;
  };
  const Box window{0, 0, 100, 60};
  const std::vector<Polygon> square{{{20, 20}, {40, 20}, {40, 40}, {20, 40}}};
  EXPECT_NEAR(area(sized(square, window, 1)), 22 * 22, 1e-9);
  EXPECT_NEAR(area(sized(square, window, -1.5)), 17 * 17, 1e-9);
  const std::vector<Polygon> ring = merge({{{10, 10}, {50, 10}, {50, 20}, {10, 20}},
                                           {{10, 40}, {50, 40}, {50, 50}, {10, 50}},
                                           {{10, 10}, {20, 10}, {20, 50}, {10, 50}},
                                           {{40, 10}, {50, 10}, {50, 50}, {40, 50}}});
  EXPECT_NEAR(area(sized(ring, window, 1)), 42 * 42 - 18 * 18, 1e-9);
  // A line across the window, to its edges or beyond: only the long edges move.
  for (const double beyond : {0.0, 7.0}) {
    const std::vector<Polygon> line{{{30, -beyond}, {50, -beyond}, {50, 60 + beyond}, {30, 60 + beyond}}};
    EXPECT_NEAR(area(sized(line, window, 2)), 24 * 60, 1e-9);
    EXPECT_NEAR(area(sized(line, window, -2)), 16 * 60, 1e-9);
  }
  // One half on either side of the seam: the same as a whole in the middle.
  const std::vector<Polygon> split{{{0, 20}, {10, 20}, {10, 40}, {0, 40}}, {{90, 20}, {100, 20}, {100, 40}, {90, 40}}};
  EXPECT_NEAR(area(sized(split, window, 1)), 22 * 22, 1e-9);
  EXPECT_THROW(static_cast<void>(sized(square, window, 40)), Error);
}

// ---------------------------------------------------------------------------------------------------------------------
// Two beams: I = a0^2 + a1^2 + 2 a0 a1 cos(2 pi x / p) at every focus, a0 = w / p, a1 = sin(pi w / p) / pi.

struct TwoBeams {
  double pitch, width;
  [[nodiscard]] double a0() const { return width / pitch; }
  [[nodiscard]] double a1() const { return std::sin(pi * width / pitch) / pi; }
  [[nodiscard]] double cd(double threshold) const {
    return pitch / pi * std::acos((threshold - a0() * a0() - a1() * a1()) / (2 * a0() * a1()));
  }
};

TEST(TwoBeamWindow, TheCdDoesNotKnowTheFocus) {
  const double pitch = 32;
  const TwoBeams exact{pitch, pitch / 2};
  const FocusExposure fem = series(two_beams(pitch, 0.3), -80, 80);
  for (const double dose : {0.7, 0.9, 1.0, 1.2})
    for (const double focus : {-80.0, -33.3, 0.0, 10.0, 79.0}) {
      const GaugeReading r = fem.read(0, dose, focus);
      // The interpolation between samples, 1e-9 of the amplitude, over the slope, and that in focus, 1e-7.
      EXPECT_NEAR(r.cd_nm, exact.cd(0.3 / dose), 1e-5) << dose << " " << focus;
    }
  const FocusFunction cd = [&](double z) { return fem.cd_nm(0, 1, z); };
  EXPECT_FALSE(best_focus(
                   cd, [](double) { return 1.0; }, -80, 80)
                   .has_value());
}

TEST(TwoBeamWindow, NilsIsPiTimesTheContrast) {
  const double a0 = 0.5, a1 = 1 / pi, contrast = 2 * a0 * a1 / (a0 * a0 + a1 * a1);
  EXPECT_NEAR(contrast, 0.90604, 1e-5);
  // At the dose that prints the lines as drawn the threshold is the mean.
  const FocusExposure fem = series(two_beams(32, a0 * a0 + a1 * a1), -60, 60);
  const GaugeReading r = fem.read(0, 1, 25);
  EXPECT_NEAR(r.cd_nm, 16, 1e-5);
  EXPECT_NEAR(r.nils, pi * contrast, 1e-5);
  EXPECT_NEAR(r.nils, 2.84641, 2e-5);
  EXPECT_NEAR(r.ils_low_per_nm, pi * contrast / 16, 1e-6);
}

TEST(TwoBeamWindow, LatitudeIsThatOfTheClosedForm) {
  const TwoBeams exact{32, 16};
  const double t = 0.3;
  const FocusExposure fem = series(two_beams(32, t), -60, 60);
  const std::vector<double> focus{-60, 0, 60};
  const DoseBand band = fem.cd_band(0, focus, 0.1, 1);
  const auto dose_of = [&](double cd) {
    return t /
           (exact.a0() * exact.a0() + exact.a1() * exact.a1() + 2 * exact.a0() * exact.a1() * std::cos(pi * cd / 32));
  };
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(band.low[i], dose_of(14.4), 1e-6);
    EXPECT_NEAR(band.high[i], dose_of(17.6), 1e-6);
  }
  // All rectangles are as wide as the range: the window is cut off there, and says so.
  const ProcessWindow window(focus, overlap({band}));
  EXPECT_TRUE(window.cut_low() && window.cut_high());
  EXPECT_NEAR(window.at_latitude(10)->dof_nm(), 120, 1e-9);
}

TEST(TwoBeamWindow, MeefIsTheDerivativeOfTheClosedForm) {
  const double t = 0.3;
  for (const double delta : {0.2, 1.0}) {
    Setting s = two_beams(32, t);
    s.plan.mask_step_nm = delta;
    const FocusExposure fem = series(s, -20, 20);
    const double difference = (TwoBeams{32, 16 + delta}.cd(t) - TwoBeams{32, 16 - delta}.cd(t)) / (2 * delta);
    EXPECT_NEAR(fem.meef(0, 1, 5), difference, 1e-5 / delta);
    EXPECT_NEAR(fem.cd_nm(0, 1, 5, delta), (TwoBeams{32, 16 + delta}.cd(t)), 1e-5);
    EXPECT_NEAR(fem.cd_nm(0, 1, 5, delta / 2), (TwoBeams{32, 16 + delta / 2}.cd(t)),
                1e-5 + 4e-3 * std::pow(delta, 3));  // third order
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Three beams: E = 1/2 + (2 / pi) cos(2 pi x / p) exp(i phi), phi = k z (cos theta - 1).

struct ThreeBeams {
  double pitch;
  double shift_nm = 0;  ///< best focus
  [[nodiscard]] double phase(double z) const { return 2 * pi / 13.5 * (z - shift_nm) * (1 - cosine(pitch)); }
  [[nodiscard]] double intensity(double x, double z) const {
    const double c = std::cos(2 * pi * x / pitch);
    return 0.25 + 2 / pi * c * std::cos(phase(z)) + 4 / (pi * pi) * c * c;
  }
  [[nodiscard]] double cd(double threshold, double z) const {
    const double b = 2 / pi * std::cos(phase(z)), a = 4 / (pi * pi);
    const double c = (-b + std::sqrt(b * b - 4 * a * (0.25 - threshold))) / (2 * a);
    return pitch / pi * std::acos(c);
  }
};

TEST(ThreeBeamWindow, TheMatrixIsTheClosedForm) {
  const ThreeBeams exact{48};
  const FocusExposure fem = series(three_beams(48, 0.25), -50, 50);
  for (const double dose : {0.8, 1.0, 1.15})
    for (double focus = -50; focus <= 50; focus += 12.5)
      EXPECT_NEAR(fem.read(0, dose, focus).cd_nm, exact.cd(0.25 / dose, focus), 1e-5) << dose << " " << focus;
}

TEST(ThreeBeamWindow, NilsFallsFromEightToNothingAtTheQuarterWave) {
  // Orders at the rim of the pupil: the range between the quarter-wave points is that of the lens.
  const double pitch = 13.5 / 0.33 * (1 + 1e-12), quarter = 13.5 / (4 * (1 - cosine(pitch)));
  EXPECT_NEAR(2 * quarter, 120.49, 0.005);
  const FocusExposure fem = series(three_beams(pitch, 0.25), -62, 62);
  for (const double focus : {-55.0, -30.0, 0.0, 20.0, 50.0}) {
    const double phase = pi / 2 * focus / quarter;
    EXPECT_NEAR(fem.read(0, 1, focus).nils, 8 * std::cos(phase), 2e-5 / std::cos(phase)) << focus;
  }
  // At the quarter-wave point the slope at the edge of the mask is gone, and beyond it of the other sign.
  const auto slope = [&](double focus) { return fem.profile(0, focus).at(pitch / 4).slope; };
  EXPECT_LT(slope(quarter - 0.1), 0);
  EXPECT_GT(slope(quarter + 0.1), 0);
  EXPECT_NEAR(slope(quarter), 0, 1e-7);
}

TEST(ThreeBeamWindow, DepthOfFocusAtALatitudeIsThatOfTheClosedForm) {
  const double pitch = 48, threshold = 0.25, tolerance = 0.1;
  const ThreeBeams exact{pitch};
  const FocusExposure fem = series(three_beams(pitch, threshold), -70, 70);
  std::vector<double> focus;
  for (int i = 0; i <= 140; ++i) focus.push_back(-70 + i);
  const ProcessWindow window(focus, overlap({fem.cd_band(0, focus, tolerance, 1)}));
  // The limits are symmetric about focus 0 and monotonic on either side, so that a rectangle is centred and its corners
  // touch: the latitude at half width z is that of the doses allowed both at 0 and at z.
  const double wide = pitch / 2 * (1 + tolerance), narrow = pitch / 2 * (1 - tolerance);
  const auto latitude = [&](double z) {
    const double low = threshold / std::min(exact.intensity(narrow / 2, 0), exact.intensity(narrow / 2, z));
    const double high = threshold / std::max(exact.intensity(wide / 2, 0), exact.intensity(wide / 2, z));
    return 200 * (high - low) / (high + low);
  };
  for (const double percent : {30.0, 45.0, 60.0}) {
    double a = 0, b = 70;
    for (int i = 0; i < 60; ++i) (latitude((a + b) / 2) > percent ? a : b) = (a + b) / 2;
    const auto found = window.at_latitude(percent);
    ASSERT_TRUE(found.has_value());
    EXPECT_NEAR(found->dof_nm(), 2 * a, 0.02) << percent;  // limits are straight over steps of 1 nm
    EXPECT_NEAR(found->focus_nm(), 0, 0.02);
    EXPECT_NEAR(found->latitude_percent(), percent, 0.01);
  }
}

TEST(ThreeBeamWindow, ARealMaskSeesNoSignOfTheFocus) {
  const FocusExposure fem = series(three_beams(48, 0.2), -45, 60);
  for (const double focus : {7.0, 30.0, 45.0}) EXPECT_NEAR(fem.cd_nm(0, 1.05, focus), fem.cd_nm(0, 1.05, -focus), 1e-6);
}

TEST(FocusSymmetry, IsSeenByTheImageOfAnyMask) {
  Setting s;
  s.projection = {.wavelength_nm = 13.5, .na = 0.55, .radiometric = true, .magnification_y = 8, .vector = true};
  s.projection.pupil.obscuration = 0.2;
  s.window = {0, 0, 90, 70};
  s.openings = merge({{{10, 10}, {40, 10}, {40, 25}, {10, 25}}, {{52, 20}, {75, 33}, {60, 60}, {50, 50}}});
  const auto difference = [&] {
    double worst = 0;
    const ImageSampler above = image_of(s, stack_at(s, 18), s.openings),
                       below = image_of(s, stack_at(s, -18), s.openings);
    for (const Point p : {Point{12, 9}, {33, 31}, {60, 40}, {81, 66}})
      worst = std::max(worst, std::abs(above.at({p})[0].intensity - below.at({p})[0].intensity));
    return worst;
  };
  struct Case {
    const char* name;
    int term;
    bool lopsided;
    bool symmetric;
  };
  for (const Case c : {Case{"plain", 1, false, true},
                       {"coma", 7, false, true},
                       {"trefoil", 11, false, true},
                       {"power", 4, false, false},
                       {"astigmatism", 5, false, false},
                       {"spherical", 9, false, false},
                       {"lopsided", 1, true, false}}) {
    s.source = annular_source(0.4, 0.8, 0.3).points;
    s.projection.pupil.wavefront_nm = PupilPolynomial();
    s.projection.pupil.wavefront_nm.add(0.8, fringe_zernike(c.term));
    if (c.lopsided) s.source.resize(s.source.size() / 3);
    EXPECT_EQ(focus_symmetric(s.projection, s.source), c.symmetric) << c.name;
    if (c.symmetric)
      EXPECT_LT(difference(), 1e-12) << c.name;
    else
      EXPECT_GT(difference(), 1e-4) << c.name;
  }
  // What turns with the light is told from what turns against it.
  s.projection.pupil.wavefront_nm = PupilPolynomial();
  s.source = {{0.5, 0, 0.5, {0, 0, 1}}, {-0.5, 0, 0.5, {0, 0, -1}}};
  EXPECT_TRUE(focus_symmetric(s.projection, s.source));
  EXPECT_LT(difference(), 1e-12);
  s.source[1].polarisation.s3 = 1;
  EXPECT_FALSE(focus_symmetric(s.projection, s.source));
}

TEST(ThreeBeamWindow, AnAberrationMovesBestFocusAsPredicted) {
  const double pitch = 48, rho2 = std::pow(13.5 / pitch / 0.33, 2), sag = 1 - cosine(pitch);
  struct Case {
    int term;
    double value;  ///< of the polynomial at the first order, minus that on the axis
  };
  for (const Case c : {Case{4, 2 * rho2}, Case{9, 6 * rho2 * rho2 - 6 * rho2}})
    for (const double nm : {0.5, -0.3}) {
      Setting s = three_beams(pitch, 0.2);
      s.projection.pupil.wavefront_nm.add(nm, fringe_zernike(c.term));
      const FocusExposure fem = series(s, -60, 60);
      // exp(2 pi i W / lambda) and exp(-i k z sag) cancel at z = W / sag.
      const double predicted = nm * c.value / sag;
      const auto found = best_focus([&](double z) { return fem.cd_nm(0, 1, z); },
                                    [&](double z) { return fem.read(0, 1, z).nils; }, -60, 60);
      ASSERT_TRUE(found.has_value());
      EXPECT_NEAR(*found, predicted, 0.01) << "Z" << c.term << " " << nm;
    }
}

TEST(ThreeBeamWindow, BestFocusDoesNotDependOnTheSamples) {
  Setting s = three_beams(48, 0.22);
  s.projection.pupil.wavefront_nm.add(0.21, fringe_zernike(4));
  std::vector<double> found;
  for (const auto& [low, high] : {std::pair{-60.0, 60.0}, {-41.3, 58.9}, {-50.2, 37.7}, {-20.0, 30.0}}) {
    const FocusExposure fem = series(s, low, high);
    found.push_back(*best_focus([&](double z) { return fem.cd_nm(0, 1.03, z); },
                                [&](double z) { return fem.read(0, 1.03, z).nils; }, low, high));
  }
  for (const double z : found) EXPECT_NEAR(z, found.front(), 0.01);  // a tenth of what is promised
}

TEST(ThreeBeamWindow, TheIsoFocalDoseIsThatOfTheFixedPoint) {
  // I does not change with focus where cos(2 pi x / p) = 0: at the edge of the mask, where it is 1/4.
  const FocusExposure fem = series(three_beams(48, 0.2), -50, 50);
  const auto dose = iso_focal_dose([&](double d, double z) { return fem.cd_nm(0, d, z); }, 0.6, 1.2, 0, 20);
  ASSERT_TRUE(dose.has_value());
  EXPECT_NEAR(*dose, 0.2 / 0.25, 1e-5);
  EXPECT_FALSE(iso_focal_dose([&](double d, double z) { return fem.cd_nm(0, d, z); }, 0.9, 1.2, 0, 20).has_value());
}

TEST(ThreeBeamWindow, MovesWithDoseFocusAndNa) {
  std::vector<double> focus;
  for (int i = 0; i <= 120; ++i) focus.push_back(-60 + i);
  const auto window = [&](const Setting& s) {
    return *ProcessWindow(focus, overlap({series(s, -60, 60).cd_band(0, focus, 0.1, 1)})).at_latitude(55);
  };
  const WindowRectangle plain = window(three_beams(48, 0.25));
  // Twice the threshold takes twice the dose, and the same focus.
  const WindowRectangle slow = window(three_beams(48, 0.5));
  EXPECT_NEAR(slow.dose(), 2 * plain.dose(), 1e-6);
  EXPECT_NEAR(slow.dof_nm(), plain.dof_nm(), 1e-4);
  // Finer lines bring less depth; a larger NA at the same position in the pupil as well, and no change at the same
  // pitch.
  EXPECT_LT(window(three_beams(42, 0.25)).dof_nm(), 0.85 * plain.dof_nm());
  EXPECT_NEAR(window(three_beams(48, 0.25, 0.40)).dof_nm(), plain.dof_nm(), 1e-4);
  // Z4 of the larger NA is another wavefront in nm of focus: the shift goes with 1 / NA^2.
  const auto shifted = [&](double na) {
    Setting s = three_beams(48, 0.25, na);
    s.projection.pupil.wavefront_nm.add(0.2, fringe_zernike(4));
    return window(s).focus_nm();
  };
  EXPECT_NEAR(shifted(0.40) / shifted(0.33), std::pow(0.33 / 0.40, 2), 2e-3);
}

TEST(CoherentEdge, ItsLogSlopeIsEightNaOverLambda) {
  // A line so wide that its edges are alone; the pupil passes 2 q / 2 odd orders on each side, see theory.
  const double na = 0.33, period = 120 * 13.5 / na;
  Setting s = equal_lines_setting(period, na, {{0, 0, 1, {}}}, 0.25);
  s.plan.reach_nm = 0.2 * period;
  const FocusExposure fem = series(s, 0, 0);
  const GaugeReading r = fem.read(0, 1, 0);
  EXPECT_NEAR(r.cd_nm, period / 2, 1e-3);
  EXPECT_NEAR(r.ils_low_per_nm, 8 * na / 13.5, 1e-6);
  EXPECT_NEAR(r.ils_high_per_nm, 8 * na / 13.5, 1e-6);
}

// ---------------------------------------------------------------------------------------------------------------------
// The dense way.

TEST(FocusExposure, IsTheDenseMatrix) {
  Setting s;
  s.projection = {.wavelength_nm = 193.368, .na = 1.2, .immersion_index = 1.437};
  for (const auto& [term, nm] : {std::pair{4, 2.0}, {5, 3.0}, {7, 4.0}, {9, 5.0}})
    s.projection.pupil.wavefront_nm.add(nm, fringe_zernike(term));
  s.source = annular_source(0.5, 0.8, 0.25).points;
  s.window = {0, 0, 400, 300};
  s.openings = merge({{{60, 80}, {160, 80}, {160, 190}, {60, 190}}, {{230, 60}, {330, 60}, {330, 250}, {230, 250}}});
  s.blur_nm = 8;
  s.flare = 0.02;
  s.plan.threshold = 0.24;
  s.plan.gauges = {{"h", {110, 130}, 0, 100},
                   {"v", {110, 130}, 90, 110},
                   {"oblique", {280, 150}, 37, 120},
                   {"minus", {280, 150}, 180, 100}};
  const Grid grid{0, 0, 400, 300, 1};
  Bitmap target(300, 400);
  for (int y = 0; y < 300; ++y)
    for (int x = 0; x < 400; ++x)
      target(y, x) = (x >= 60 && x < 160 && y >= 80 && y < 190) || (x >= 230 && x < 330 && y >= 60 && y < 250);
  s.plan.sites = epe_sites(target, grid);
  const FocusExposure fem = series(s, -50, 40);
  EXPECT_GT(fem.nodes().focus_nm().size(), 5u);

  const auto backend = make_backend("cpu", 1);
  for (const double focus : {-50.0, -13.7, 0.0, 22.2, 40.0}) {
    ImagingModel model;
    model.stacks = {stack_at(s, focus)};
    model.conditions = {{"nominal"}};
    Imager imager(*backend, model, grid, s.blur_nm);
    Image<double> image =
        imager.images(polygon_spectrum(s.openings, s.window, model.stacks[0].extent_x, model.stacks[0].extent_y))[0];
    for (double& v : image) v += s.flare;
    for (const double dose : {0.9, 1.0, 1.1}) {
      for (std::size_t g = 0; g < s.plan.gauges.size(); ++g) {
        const GaugeResult dense = measure(s.plan.gauges[g], image, grid, s.plan.threshold / dose, true);
        const GaugeReading fast = fem.read(g, dose, focus);
        // What the pixels cost: six-point interpolation of periods of 40 pixels and more.
        EXPECT_NEAR(fast.cd_nm, dense.cd_nm, 2e-5) << s.plan.gauges[g].name << " " << dose << " " << focus;
        EXPECT_NEAR(fast.nils, std::min(dense.nils_low, dense.nils_high), 1e-5);
      }
      const EpeResult dense = signed_epe(image, grid, s.plan.threshold / dose, true, s.plan.sites);
      const std::vector<double> fast = fem.epe_nm(dose, focus);
      for (std::size_t i = 0; i < fast.size(); ++i) {
        ASSERT_EQ(std::isnan(fast[i]), std::isnan(dense.epe_nm[i]));
        // signed_epe reads cubics through pixels, and sits half a pixel aside along the edge.
        if (!std::isnan(fast[i])) {
          EXPECT_NEAR(fast[i], dense.epe_nm[i], 0.05) << i;
        }
      }
    }
  }
}

TEST(FocusExposure, TheEpeWindowIsWhereEverySitePrintsWithinItsTolerance) {
  Setting s = three_beams(48, 0.25);
  const Grid grid{-24, 0, 48, 4, 1};
  Bitmap target(4, 48);
  for (int y = 0; y < 4; ++y)
    for (int x = 12; x < 36; ++x) target(y, x) = 1;
  s.plan.sites = epe_sites(target, grid, {2, 1, 2, 1});
  s.plan.search_nm = 10;
  const FocusExposure fem = series(s, -40, 40);
  const std::vector<double> focus{-40, -10, 0, 25};
  const DoseBand band = fem.epe_band(focus, 1.2, 1), cd = fem.cd_band(0, focus, 0.1, 1);
  for (std::size_t i = 0; i < focus.size(); ++i) {
    EXPECT_NEAR(band.low[i], cd.low[i], 1e-7);  // symmetric lines: an EPE of 1.2 nm is 10 % of their width
    EXPECT_NEAR(band.high[i], cd.high[i], 1e-7);
    for (const double dose : {band.low[i] * 1.001, band.high[i] * 0.999})
      for (const double e : fem.epe_nm(dose, focus[i])) EXPECT_LT(std::abs(e), 1.2);
    for (const double e : fem.epe_nm(band.high[i] * 1.001, focus[i])) EXPECT_GT(e, 1.2);
  }
}

TEST(FocusExposure, DarkFeaturesShrinkWithDose) {
  Setting s = three_beams(48, 0.25);
  s.plan.bright = false;
  s.plan.gauges = {{"space", {24, 2}, 0, 24}};
  const Grid grid{-24, 0, 48, 4, 1};
  Bitmap target(4, 48);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 48; ++x) target(y, x) = x < 12 || x >= 36;
  s.plan.sites = epe_sites(target, grid, {2, 1, 2, 1});
  const FocusExposure fem = series(s, -30, 30);
  EXPECT_NEAR(fem.cd_nm(0, 1, 0), 24, 1e-5);
  EXPECT_LT(fem.cd_nm(0, 1.1, 0), 24);
  const DoseBand band = fem.cd_band(0, {0}, 0.1, 1);
  EXPECT_NEAR(fem.cd_nm(0, band.low[0], 0), 26.4, 1e-6);
  EXPECT_NEAR(fem.cd_nm(0, band.high[0], 0), 21.6, 1e-6);
  const DoseBand epe = fem.epe_band({0}, 1.2, 1);  // 10 % of the width, shared by two edges
  EXPECT_NEAR(epe.low[0], band.low[0], 1e-7);
  EXPECT_NEAR(epe.high[0], band.high[0], 1e-7);
}

TEST(FocusExposure, AnAmplitudeDoseCountsTwice) {
  Setting s = three_beams(48, 0.25);
  const FocusExposure plain = series(s, 0, 0);
  s.plan.dose_is_amplitude = true;
  const FocusExposure amplitude = series(s, 0, 0);
  EXPECT_NEAR(amplitude.cd_nm(0, 1.1, 0), plain.cd_nm(0, 1.21, 0), 1e-9);
  EXPECT_NEAR(amplitude.cd_band(0, {0}, 0.1, 1).high[0], std::sqrt(plain.cd_band(0, {0}, 0.1, 1).high[0]), 1e-9);
}

// ---------------------------------------------------------------------------------------------------------------------
// Windows as such.

/// 1 +- height (1 - (z / width)^2) at steps of 1 nm beyond the ends.
DoseBand parabola(const std::vector<double>& focus, double height, double width, double middle = 1, double shift = 0) {
  DoseBand band{"parabola", {}, {}};
  for (const double z : focus) {
    const double h = height * (1 - std::pow((z - shift) / width, 2));
    band.low.push_back(middle - h);
    band.high.push_back(middle + h);
  }
  return band;
}

std::vector<double> steps(double low, double high, int count) {
  std::vector<double> z;
  for (int i = 0; i <= count; ++i) z.push_back(low + (high - low) * i / count);
  return z;
}

TEST(ProcessWindow, LargestRectangleAndEllipseOfAParabola) {
  const std::vector<double> focus = steps(-60, 60, 480);
  const double height = 0.1, width = 50;
  const ProcessWindow window(focus, parabola(focus, height, width));
  EXPECT_NEAR(window.focus_low_nm(), -50, 0.01);
  EXPECT_NEAR(window.focus_high_nm(), 50, 0.01);
  EXPECT_NEAR(window.latitude_percent(0), 20, 1e-3);
  EXPECT_NEAR(window.latitude_percent(50), 15, 1e-2);
  // x (1 - x^2) is largest at x = 1 / sqrt(3).
  const auto rectangle = window.largest_rectangle();
  ASSERT_TRUE(rectangle.has_value());
  EXPECT_NEAR(rectangle->dof_nm(), 2 * width / std::sqrt(3), 0.1);
  EXPECT_NEAR(rectangle->latitude_percent(), 200 * height * 2 / 3, 0.02);
  EXPECT_NEAR(rectangle->dof_nm() * rectangle->latitude_percent(), 2 * width / std::sqrt(3) * 200 * height * 2 / 3,
              0.2);
  EXPECT_NEAR(rectangle->focus_nm(), 0, 0.05);
  // b sqrt(1 - x^2 / a^2) <= 1 - x^2: for a^2 >= 1/2 it touches where x^2 = 2 a^2 - 1 and b = 2 a sqrt(1 - a^2), so
  // that a b is largest at a^2 = 2/3.
  const auto ellipse = window.largest_ellipse();
  ASSERT_TRUE(ellipse.has_value());
  EXPECT_NEAR(ellipse->dof_nm, 2 * width * std::sqrt(2.0 / 3), 0.3);
  EXPECT_NEAR(ellipse->latitude_percent, 200 * height * 2 * std::sqrt(2.0) / 3, 0.05);
  EXPECT_NEAR(ellipse->dof_nm * ellipse->latitude_percent, 2 * width * 200 * height * 4 / (3 * std::sqrt(3.0)), 1);
  EXPECT_GT(ellipse->dof_nm * ellipse->latitude_percent, rectangle->dof_nm() * rectangle->latitude_percent());
  // The ellipse lies inside.
  for (double t = 0; t < 2 * pi; t += 0.01) {
    const double z = ellipse->focus_nm + ellipse->dof_nm / 2 * std::cos(t);
    const double d = ellipse->dose + ellipse->latitude_percent / 200 * ellipse->dose * std::sin(t);
    EXPECT_LE(std::abs(d - 1), height * (1 - z * z / (width * width)) + 1e-5);
  }
}

TEST(ProcessWindow, ABoxIsItsOwnRectangleAndHoldsItsEllipse) {
  const std::vector<double> focus = steps(-30, 50, 40);
  DoseBand band{"box", std::vector<double>(focus.size(), 0.9), std::vector<double>(focus.size(), 1.2)};
  const ProcessWindow window(focus, band);
  EXPECT_TRUE(window.cut_low() && window.cut_high());
  const auto rectangle = window.largest_rectangle();
  EXPECT_NEAR(rectangle->dof_nm(), 80, 1e-3);
  EXPECT_NEAR(rectangle->latitude_percent(), 100 * 0.3 / 1.05, 1e-6);
  const auto ellipse = window.largest_ellipse();
  EXPECT_NEAR(ellipse->focus_nm, 10, 0.01);
  EXPECT_NEAR(ellipse->dose, 1.05, 1e-4);
  EXPECT_NEAR(ellipse->dof_nm, 80, 0.01);
  EXPECT_NEAR(ellipse->latitude_percent, 100 * 0.3 / 1.05, 1e-2);
}

TEST(ProcessWindow, OverlapIsTheIntersection) {
  const std::vector<double> focus = steps(-60, 60, 240);
  const DoseBand a = parabola(focus, 0.1, 50, 1, -10), b = parabola(focus, 0.1, 50, 1.04, 15);
  const ProcessWindow window(focus, overlap({a, b}));
  for (const Point& p : window.polygon()) {
    for (const auto& [middle, shift] : {std::pair{1.0, -10.0}, {1.04, 15.0}})
      EXPECT_LE(std::abs(p.y - middle), 0.1 * (1 - std::pow((p.x - shift) / 50, 2)) + 1e-5);
  }
  EXPECT_LT(window.largest_rectangle()->dof_nm(), ProcessWindow(focus, a).largest_rectangle()->dof_nm());
  EXPECT_GT(signed_area(window.polygon()), -1e9);
  EXPECT_LT(signed_area(window.polygon()), 0);  // upper limit first: clockwise
}

TEST(ProcessWindow, AnEmptyOneSaysWho) {
  const std::vector<double> focus = steps(-60, 60, 120);
  const std::vector<DoseBand> bands{parabola(focus, 0.05, 50), parabola(focus, 0.1, 50, 0.95),
                                    parabola(focus, 0.05, 50, 1.2)};
  const ProcessWindow window(focus, overlap(bands));
  EXPECT_TRUE(window.empty());
  EXPECT_TRUE(window.polygon().empty());
  EXPECT_EQ(window.latitude_percent(0), 0);
  EXPECT_FALSE(window.at_latitude(1) || window.largest_rectangle() || window.largest_ellipse());
  const auto who = conflict(bands);
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ(who->needs, 2u);
  EXPECT_EQ(who->allows, 0u);
  EXPECT_NEAR(who->dose_needed, 1.15, 1e-6);
  EXPECT_NEAR(who->dose_allowed, 1.05, 1e-6);
  EXPECT_NEAR(focus[who->focus], 0, 1e-9);
}

TEST(ProcessWindow, ABandWithGapsKeepsItsLargestPart) {
  const std::vector<double> focus = steps(0, 10, 10);
  const double none = std::nan("");
  const DoseBand band{
      "gaps", {none, 0.9, 0.9, none, 0.8, 0.8, 0.8, 0.8, 1.1, 0.9, none}, {none, 1, 1, none, 1, 1, 1, 1, 1, 1, none}};
  const ProcessWindow window(focus, band);
  EXPECT_EQ(window.focus_low_nm(), 4);
  EXPECT_NEAR(window.focus_high_nm(), 7 + 2.0 / 3, 1e-12);  // 0.2 open and 0.1 crossed
  EXPECT_FALSE(window.cut_low() || window.cut_high());
}

TEST(CdBudget, IsExactForPolynomials) {
  const double c2 = 0.01, cd = 0.3, meef = 1.7, mixed = 0.02;
  const CdFunction f = [&](double z, double d, double m) {
    return 20 + c2 * z * z + cd * 100 * (d - 1) + meef * m + mixed * z * m;
  };
  const ProcessErrors errors{15, 4.5, 1.2};
  const double sf = 5, sd = 1.5, sm = 0.4;
  const auto budget = cd_budget(f, 0, 1, errors);
  ASSERT_TRUE(budget.has_value());
  EXPECT_NEAR(budget->focus_nm, 3 * std::sqrt(2.0) * c2 * sf * sf, 1e-10);
  EXPECT_NEAR(budget->dose_nm, 3 * cd * sd, 1e-10);
  EXPECT_NEAR(budget->mask_nm, 3 * meef * sm, 1e-10);
  EXPECT_NEAR(budget->shift_nm, c2 * sf * sf, 1e-10);
  const double variance =
      2 * std::pow(c2 * sf * sf, 2) + std::pow(cd * sd, 2) + std::pow(meef * sm, 2) + std::pow(mixed * sf * sm, 2);
  EXPECT_NEAR(budget->total_nm, 3 * std::sqrt(variance), 1e-9);
  EXPECT_NEAR(budget->second_order_nm, 3 * std::sqrt(variance), 1e-9);
  EXPECT_NEAR(budget->linear_nm, 3 * std::hypot(cd * sd, meef * sm), 1e-9);  // blind to focus at its vertex
  EXPECT_FALSE(cd_budget([](double z, double, double) { return z > 10 ? std::nan("") : z; }, 0, 1, errors).has_value());
}

}  // namespace
}  // namespace anamorph
