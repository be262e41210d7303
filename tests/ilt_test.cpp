// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/ilt.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "cpp/core/error.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/measure/metrics.hpp"
#include "cpp/optimize/coarsen.hpp"
#include "cpp/optimize/lbfgs.hpp"
#include "cpp/optimize/level_set.hpp"
#include "cpp/optimize/objective.hpp"
#include "masks/repair.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/source.hpp"

namespace anamorph {
namespace {

/// A 1024 nm tile under immersion optics, two focus settings, dose +-3 %.
ImagingModel immersion(double period_nm) {
  ImagingModel model;
  for (const double focus : {0.0, 30.0})
    model.stacks.push_back(
        abbe_stack({.wavelength_nm = 193.368, .na = 1.35, .immersion_index = 1.437, .focus_nm = focus},
                   annular_source(0.6, 0.9, 0.15).points, period_nm, period_nm));
  model.conditions = {{"nominal", 1.0, 0, 0}, {"outer", 1.03, 0, 0}, {"inner", 0.97, 30, 1}};
  return model;
}

Bitmap two_lines(int n) {
  Bitmap target(n, n);
  for (int y = n / 4; y < 3 * n / 4; ++y)
    for (const int x0 : {n / 2 - 120, n / 2 + 40})
      for (int x = x0; x < x0 + 80; ++x) target(y, x) = 1;
  return target;
}

Image<double> random_image(int n, double scale, unsigned seed) {
  Image<double> image(n, n);
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(-scale, scale);
  for (double& v : image) v = uniform(engine);
  return image;
}

Bitmap positive(const Image<double>& coarse, int factor) {
  const auto backend = make_backend("cpu", 1);
  Array x = backend->allocate({1, coarse.ny(), coarse.nx(), 1});
  backend->upload(coarse.span(), x);
  return backend->morphology().download(backend->morphology().positive(x, factor), 0);
}

TEST(MaskObjective, GradientMatchesFiniteDifferencesInDouble) {
  const auto backend = make_backend("cpu", 2);
  const Grid grid{0, 0, 64, 64, 16};
  const Image<double> target = coarsen(two_lines(1024), 16);
  Image<double> sites(64, 64);
  sites(20, 30) = 5;
  for (const bool bright : {true, false}) {
    const Pattern pattern{target, sites, random_image(64, 1, 9)};
    MaskObjective objective(*backend, immersion(1024), {.threshold = 0.3, .blur_nm = 5, .bright = bright}, grid, 20,
                            {&pattern, 1});
    backend->upload(random_image(64, 1, 3).span(), objective.wish());
    const MaskObjective::View view{.print_steepness = 30,
                                   .mask_steepness = 4,
                                   .fidelity = 1,
                                   .pvband = 0.7,
                                   .sites = 0.5,
                                   .background = 0.4,
                                   .complexity = 3,
                                   .pull = 0.2};
    const Shape shape{1, 64, 64, 1};
    const Image<double> x = random_image(64, 1, 1), d = random_image(64, 1, 2);
    Array control = backend->allocate(shape), gradient = backend->allocate(shape), direction = backend->allocate(shape),
          ignored = backend->allocate(shape);
    backend->upload(x.span(), control);
    backend->upload(d.span(), direction);
    objective.evaluate(control, view, gradient);
    const double exact = backend->dot(gradient, direction);
    const auto at = [&](double t) {
      Array moved = backend->allocate(shape);
      backend->axpby(1, control, 0, moved);
      backend->axpby(t, direction, 1, moved);
      objective.evaluate(moved, view, ignored);
      return objective.terms()[0][0].loss(view);
    };
    const double h = 1e-4;  // five points: truncation h^4, rounding 1e-16 / h
    const double difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
    EXPECT_NEAR(exact, difference, 1e-7 * std::abs(difference));
  }
}

TEST(MaskObjective, ComplexityIsThePerimeter) {
  const auto backend = make_backend("cpu", 1);
  const Grid grid{0, 0, 256, 256, 4};
  const Pattern nothing{Image<double>(256, 256), Image<double>(256, 256), Image<double>(256, 256)};
  MaskObjective objective(*backend, immersion(1024), {}, grid, 0, {&nothing, 1});
  const Shape shape{1, 256, 256, 1};
  Image<double> phi(256, 256);
  const double radius = 60;  // pixels
  for (int y = 0; y < 256; ++y)
    for (int x = 0; x < 256; ++x) phi(y, x) = radius - std::hypot(y - 127.5, x - 127.5);
  Array control = backend->allocate(shape), gradient = backend->allocate(shape);
  backend->upload(phi.span(), control);
  objective.evaluate(control, {.mask_steepness = 20, .complexity = 1}, gradient);
  const MaskObjective::Terms terms = objective.terms()[0][0];
  EXPECT_NEAR(terms.complexity, 2 * 3.14159265 * radius * 4, 0.05 * terms.complexity);  // the soft edge adds a little
}

TEST(Coarsen, IsTheMeanOfEachBlock) {
  Bitmap fine(4, 6);
  fine(0, 2) = fine(1, 2) = fine(1, 3) = fine(3, 5) = 1;
  const Image<double> coarse = coarsen(fine, 2);
  EXPECT_EQ(coarse.ny(), 2);
  EXPECT_EQ(coarse.nx(), 3);
  EXPECT_DOUBLE_EQ(coarse(0, 1), 0.75);
  EXPECT_DOUBLE_EQ(coarse(1, 2), 0.25);
  EXPECT_DOUBLE_EQ(coarse(0, 0), 0);
}

TEST(LevelSet, RedistancingKeepsTheLineAndRestoresTheSlope) {
  Image<double> phi(64, 64);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) phi(y, x) = 3 * (15.3 - std::hypot(x - 31.5, y - 31.5));  // slope 3, not 1
  const Image<double> distance = redistanced(phi, 24);
  for (const int x : {40, 44, 46, 47, 50, 54}) EXPECT_NEAR(distance(31, x), 15.3 - (x - 31.5), 0.6) << x;
  EXPECT_DOUBLE_EQ(distance(31, 31), 12) << "limited away from the line";
}

TEST(Lbfgs, FindsTheMinimumOfAnIllConditionedQuadratic) {
  const auto backend = make_backend("cpu", 1);
  const Shape shape{1, 1, 20, 1};
  std::vector<double> curvature(20), centre(20);
  for (std::size_t i = 0; i < 20; ++i) {
    curvature[i] = std::pow(10.0, static_cast<double>(i) / 6);
    centre[i] = std::sin(static_cast<double>(i));
  }
  std::vector<double> x(20), g(20);
  const auto loss = [&](const Array& at, Array& gradient) {
    backend->download(at, x);
    double sum = 0;
    for (std::size_t i = 0; i < 20; ++i) {
      g[i] = curvature[i] * (x[i] - centre[i]);
      sum += g[i] * (x[i] - centre[i]) / 2;
    }
    backend->upload(g, gradient);
    return sum;
  };
  Array at = backend->allocate(shape);
  Lbfgs(*backend, shape, 10).minimise(loss, at, 400, 0.1, [](double) { return true; });
  backend->download(at, x);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_NEAR(x[i], centre[i], 1e-6);
}

TEST(Repair, MakesEveryMaskKeepTheRules) {
  Bitmap mask(256, 256);
  const auto box = [&](int x0, int y0, int w, int h) {
    for (int y = y0; y < y0 + h; ++y)
      for (int x = x0; x < x0 + w; ++x) mask(y & 255, x & 255) = 1;
  };
  box(20, 20, 80, 60);
  box(60, 80, 6, 40);     // a thin spur
  box(104, 20, 60, 60);   // a gap of 4 px
  box(200, 200, 28, 28);  // 784 px: grows
  box(30, 200, 12, 12);   // 144 px: goes
  box(240, 100, 40, 40);  // across the seam
  const MaskRules rules;
  EXPECT_FALSE(measure_mask(mask, 1.0, rules).clean(rules));
  const Bitmap better = repaired(mask, 1.0, rules);
  EXPECT_TRUE(measure_mask(better, 1.0, rules).clean(rules));
  EXPECT_EQ(better(214, 214), 1);
  EXPECT_EQ(better(206, 36), 0);
  EXPECT_EQ(better(50, 102), 1) << "the gap is closed";
  EXPECT_EQ(better(110, 63), 0) << "the spur is gone";
  EXPECT_EQ(repaired(better, 1.0, rules), better) << "a clean mask stays";
  std::mt19937 engine(5);
  for (int trial = 0; trial < 5; ++trial) {
    const Image<double> noise = random_image(32, 1, static_cast<unsigned>(engine()));
    EXPECT_TRUE(measure_mask(repaired(positive(noise, 8), 1.0, rules), 1.0, rules).clean(rules));
  }
}

struct Judged {
  long l2, pvband;
};

Judged judge(const ImagingModel& model, const ResistModel& resist, const Grid& grid, const Bitmap& mask,
             const Bitmap& target) {
  const auto backend = make_backend("cpu", 2);
  const auto images = Imager(*backend, model, grid).images(mask);
  std::vector<Bitmap> prints;
  for (const Condition& c : model.conditions)
    prints.push_back(printed(images[static_cast<std::size_t>(c.stack)], c.dose, resist));
  return {l2_px(prints[0], target), pvband_px(prints)};
}

class Ilt : public testing::TestWithParam<std::tuple<IltOptions::Optimizer, IltOptions::Parametrisation, bool>> {};

TEST_P(Ilt, BeatsTheTargetAsMaskAndKeepsTheRules) {
  const auto [optimizer, parametrisation, bright] = GetParam();
  const Grid grid{0, 0, 1024, 1024, 1};
  const ImagingModel model = immersion(1024);
  const ResistModel resist{.threshold = 0.25, .bright = bright};
  const Bitmap target = two_lines(1024);
  Bitmap drawn = target;
  if (!bright)
    for (auto& pixel : drawn) pixel = std::uint8_t(1 - pixel);
  IltOptions options;
  options.iterations = 60;
  options.grid_nm = 8;
  options.optimizer = optimizer;
  options.parametrisation = parametrisation;
  const auto backend = make_backend("cpu-f32", 2);
  const IltResult result = run_ilt(*backend, model, resist, grid, {&target, 1}, options).front();
  EXPECT_TRUE(measure_mask(result.mask, 1.0).clean());
  const Judged before = judge(model, resist, grid, drawn, target),
               after = judge(model, resist, grid, result.mask, target);
  EXPECT_LT(after.l2 + after.pvband, 0.8 * static_cast<double>(before.l2 + before.pvband));
  EXPECT_EQ(static_cast<int>(result.history.size()), 60);
  EXPECT_LT(result.history.back().fidelity, result.history.front().fidelity);
}

INSTANTIATE_TEST_SUITE_P(
    Solvers, Ilt,
    testing::Values(std::tuple{IltOptions::Optimizer::adam, IltOptions::Parametrisation::sigmoid, true},
                    std::tuple{IltOptions::Optimizer::adam, IltOptions::Parametrisation::sigmoid, false},
                    std::tuple{IltOptions::Optimizer::lbfgs, IltOptions::Parametrisation::sigmoid, true},
                    std::tuple{IltOptions::Optimizer::adam, IltOptions::Parametrisation::levelset, true}));

TEST(IltRun, ClipsThatAreOptimisedTogetherDoNotSeeEachOther) {
  const Grid grid{0, 0, 512, 512, 2};
  const ImagingModel model = immersion(1024);
  const ResistModel resist{.threshold = 0.25};
  std::vector<Bitmap> targets{two_lines(512), Bitmap(512, 512), two_lines(512)};
  for (int y = 100; y < 300; ++y)
    for (int x = 150; x < 200; ++x) targets[1](y, x) = 1;
  for (int y = 200; y < 250; ++y)
    for (int x = 0; x < 512; ++x) targets[2](y, x) = 0;
  IltOptions options;
  options.iterations = 30;
  options.grid_nm = 8;
  options.weights.complexity = 0.2;
  const auto backend = make_backend("cpu-f32", 2);
  int calls = 0;
  double done = 0;
  const std::vector<IltResult> together =
      run_ilt(*backend, model, resist, grid, targets, options, [&](const IltRecord& mean, double share) {
        EXPECT_EQ(mean.iteration, ++calls);
        done = share;
        return true;
      });
  EXPECT_EQ(calls, 30);
  EXPECT_DOUBLE_EQ(done, 1);
  ASSERT_EQ(together.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const IltResult alone = run_ilt(*backend, model, resist, grid, {&targets[i], 1}, options).front();
    EXPECT_EQ(alone.mask, together[i].mask);
    EXPECT_EQ(alone.kept_start, together[i].kept_start);
    ASSERT_EQ(alone.history.size(), together[i].history.size());
    for (std::size_t k = 0; k < 30; ++k) EXPECT_EQ(alone.history[k].loss, together[i].history[k].loss) << i << " " << k;
  }
}

TEST(IltRun, IsDeterministicStopsAndRefuses) {
  const Grid grid{0, 0, 1024, 1024, 1};
  const ImagingModel model = immersion(1024);
  const ResistModel resist{.threshold = 0.25};
  const Bitmap target = two_lines(1024);
  IltOptions options;
  options.iterations = 12;
  options.grid_nm = 8;
  const auto run = [&](int threads) {
    return run_ilt(*make_backend("cpu-f32", threads), model, resist, grid, {&target, 1}, options).front();
  };
  const IltResult one = run(1), three = run(3);
  EXPECT_EQ(one.mask, three.mask);
  EXPECT_EQ(one.history.back().loss, three.history.back().loss);
  options.seed = 2;
  EXPECT_NE(run(1).history.back().loss, one.history.back().loss);

  const auto backend = make_backend("cpu", 1);
  int calls = 0;
  try {
    (void)run_ilt(*backend, model, resist, grid, {&target, 1}, options,
                  [&](const IltRecord&, double) { return ++calls < 4; });
    FAIL() << "not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
    EXPECT_EQ(calls, 4);
  }
  options.grid_nm = 3;
  EXPECT_THROW((void)run_ilt(*backend, model, resist, grid, {&target, 1}, options), Error);
}

}  // namespace
}  // namespace anamorph
