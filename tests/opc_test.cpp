// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/opc.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "cpp/core/error.hpp"
#include "cpp/imaging/image_sampler.hpp"
#include "cpp/optimize/edge_objective.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/source.hpp"

namespace anamorph {
namespace {

constexpr double kPeriod = 1024;
constexpr Box kWindow{0, 0, kPeriod, kPeriod};

/// A 1024 nm tile under immersion optics, two focus settings, dose +-3 %.
ImagingModel immersion() {
  ImagingModel model;
  for (const double focus : {0.0, 40.0})
    model.stacks.push_back(
        abbe_stack({.wavelength_nm = 193.368, .na = 1.35, .immersion_index = 1.437, .focus_nm = focus},
                   annular_source(0.6, 0.9, 0.3).points, kPeriod, kPeriod));
  model.conditions = {{"nominal", 1.0, 0, 0}, {"outer", 1.03, 0, 0}, {"inner", 0.97, 40, 1}};
  return model;
}

Polygon rectangle(double x0, double y0, double x1, double y1) { return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}}; }

/// An L, a bar and a triangle.
std::vector<Polygon> shapes() {
  return merge({rectangle(300, 250, 380, 700), rectangle(300, 250, 700, 330), rectangle(560, 430, 640, 720),
                {{450, 750}, {600, 750}, {450, 900}}});
}

Image<double> random_image(int n, unsigned seed) {
  Image<double> image(n, n);
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (double& v : image) v = uniform(engine);
  return image;
}

TEST(EdgeObjective, GradientMatchesFiniteDifferences) {
  const auto backend = make_backend("cpu", 2);
  const Grid grid{0, 0, 64, 64, 16};
  const Fragments f = fragmented(shapes(), kWindow, {});
  std::mt19937 engine(3);
  std::uniform_real_distribution<double> uniform(-8, 8);
  std::vector<double> d(f.list.size()), direction(f.list.size());
  for (std::size_t i = 0; i < d.size(); ++i) {
    if (!f.list[i].movable()) continue;
    d[i] = uniform(engine);
    direction[i] = uniform(engine) / 8;
  }
  for (const bool bright : {true, false}) {
    const Pattern pattern{rasterise(shapes(), grid), random_image(64, 5), random_image(64, 6)};
    EdgeObjective objective(*backend, immersion(), {.threshold = 0.25, .blur_nm = 5, .bright = bright}, grid,
                            {&pattern, 1}, 1);
    objective.add_fixed(0, f.slants());
    const EdgeObjective::View view{.steepness = 30, .fidelity = 1, .pvband = 0.7, .sites = 0.5, .background = 0.4};
    const auto loss = [&](double t) {
      std::vector<double> moved = d;
      for (std::size_t i = 0; i < d.size(); ++i) moved[i] += t * direction[i];
      const std::vector<EdgePiece> pieces = f.pieces(moved);
      return objective.evaluate({&pieces, 1}, view).front().loss(view);
    };
    const std::vector<EdgePiece> pieces = f.pieces(d);
    std::vector<double> gradient;
    const double start = objective.evaluate({&pieces, 1}, view, {&gradient, 1}).front().loss(view);
    EXPECT_DOUBLE_EQ(start, loss(0));
    double expected = 0;
    for (std::size_t i = 0; i < d.size(); ++i) expected += gradient[i] * direction[i];
    const double h = 1e-3;
    EXPECT_NEAR((loss(h) - loss(-h)) / (2 * h), expected, 1e-5 * std::abs(expected)) << bright;

    // A small opening in the background costs what the map of the sensitivity says.
    const std::vector<double> map = objective.sensitivity(0, 64, 64);
    for (const Point at : {Point{216, 216}, Point{808, 504}}) {
      std::vector<EdgePiece> more = pieces;
      const Polygon dot = rectangle(at.x - 2, at.y - 2, at.x + 2, at.y + 2);
      for (std::size_t i = 0; i < 4; ++i) more.push_back({dot[i], dot[(i + 1) % 4]});
      const double change = objective.evaluate({&more, 1}, view).front().loss(view) - start;
      const double wanted = 16 * map[static_cast<std::size_t>(at.y / 16) * 64 + static_cast<std::size_t>(at.x / 16)];
      EXPECT_NEAR(change, wanted, 0.02 * std::abs(wanted) + 1e-3);
    }
  }
}

}  // namespace
}  // namespace anamorph
