// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/opc.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <random>

#include "cpp/core/error.hpp"
#include "cpp/imaging/image_sampler.hpp"
#include "cpp/optimize/edge_feedback.hpp"
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
  return merge({rectangle(300, 250, 380, 700),
                rectangle(300, 250, 700, 330),
                rectangle(560, 430, 640, 720),
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

OpcOptions by_feedback(int steps) {
  OpcOptions options;
  options.iterations = 0;
  options.feedback = steps;
  options.grid_nm = 0.25;
  options.jog_nm = 0;
  options.assist.place = AssistOptions::Place::none;
  return options;
}

ResistModel resist(bool bright) { return {.threshold = bright ? 0.15 : 0.2, .bright = bright}; }

/// Placement errors of a result at the sites of its target.
std::vector<double> errors(const OpcResult& r, const std::vector<Polygon>& target, bool bright) {
  const auto backend = make_backend("cpu", 1);
  PlacementError placement(*backend, immersion(), resist(bright), kWindow, 30, 1);
  return placement.measure(r.fragments.pieces(r.displacement), edge_sites(fragmented(target, kWindow, {}), 40, 40), {});
}

double area_of_difference(const std::vector<Polygon>& a, const std::vector<Polygon>& b) {
  return (region_of(a, 0.01) ^ region_of(b, 0.01)).area() * 1e-4;
}

const std::vector<Polygon> kLine = merge({rectangle(470, 200, 550, 820)}),
                           kContact = merge({rectangle(460, 460, 560, 560)});

TEST(Opc, IsolatedLineAndContactPrintWhereTheyWereDrawn) {
  const auto backend = make_backend("cpu", 1);
  for (const bool bright : {true, false})
    for (const auto& target : {kLine, kContact}) {
      if (!bright && target == kContact) continue;  // a dark dot of 100 nm does not print
      const OpcClip clip{target};
      const OpcResult r = run_opc(*backend, immersion(), resist(bright), kWindow, {&clip, 1}, by_feedback(14)).front();
      double drawn = 0;
      OpcResult start = r;
      start.displacement.assign(r.displacement.size(), 0);
      for (const double e : errors(start, target, bright)) drawn = std::max(drawn, std::abs(e));
      EXPECT_GT(drawn, 2) << "there is something to correct: " << bright;
      for (const double e : errors(r, target, bright)) EXPECT_LT(std::abs(e), 1) << bright;
      EXPECT_EQ(r.history.size(), 14u);
    }
}

TEST(Opc, AbsorberIsTheComplementOfAnOpening) {
  // The shapes cut out of an opening that is the whole window print the same edges, seen from the other side.
  const Fragments f = fragmented(shapes(), kWindow, {});
  const std::vector<double> none(f.list.size());
  const std::vector<EdgeSite> sites = edge_sites(f, 40, 40);
  const auto backend = make_backend("cpu", 1);
  ResistModel dark{.threshold = 0.3, .bright = false}, bright{.threshold = 0.3, .bright = true};
  const auto slants =
      polygon_spectrum(f.slants(), kWindow, immersion().stacks[0].extent_x, immersion().stacks[0].extent_y);
  const std::vector<double> expected =
      PlacementError(*backend, immersion(), dark, kWindow, 30, 1).measure(f.pieces(none), sites, slants);
  std::vector<EdgePiece> outside = f.pieces(none);
  for (EdgePiece& p : outside) std::swap(p.from, p.to);
  const Polygon frame = rectangle(0, 0, kPeriod, kPeriod);
  for (std::size_t i = 0; i < 4; ++i) outside.push_back({frame[i], frame[(i + 1) % 4]});
  std::vector<EdgeSite> seen = sites;
  for (EdgeSite& s : seen) s.normal = {-s.normal.x, -s.normal.y};
  std::vector<std::complex<double>> holes = slants;
  for (auto& m : holes) m = -m;
  const std::vector<double> found =
      PlacementError(*backend, immersion(), bright, kWindow, 30, 1).measure(outside, seen, holes);
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], -expected[i], 1e-6) << i;
}

TEST(Opc, DoesNotDependOnWhereAndHowAroundTheShapesLie) {
  const auto backend = make_backend("cpu", 1);
  const auto corrected = [&](const auto& map, bool turns) {
    std::vector<Polygon> target = shapes();
    for (Polygon& p : target) {
      for (Point& q : p) q = map(q);
      if (turns) std::reverse(p.begin(), p.end());
    }
    const OpcClip clip{merge(target)};
    return run_opc(*backend, immersion(), resist(true), kWindow, {&clip, 1}, by_feedback(5)).front().main;
  };
  const auto mapped = [](std::vector<Polygon> all, const auto& map, bool turns) {
    for (Polygon& p : all) {
      for (Point& q : p) q = map(q);
      if (turns) std::reverse(p.begin(), p.end());
    }
    return merge(all);
  };
  const auto as_is = [](Point p) { return p; };
  const auto transpose = [](Point p) { return Point{p.y, p.x}; };
  const auto mirror = [](Point p) { return Point{kPeriod - p.x, p.y}; };
  const auto move = [](Point p) { return Point{p.x - 48, p.y + 17}; };
  const std::vector<Polygon> plain = corrected(as_is, false);
  EXPECT_GT(area_of_difference(plain, shapes()), 3000);
  EXPECT_LT(area_of_difference(corrected(transpose, true), mapped(plain, transpose, true)), 60);
  EXPECT_LT(area_of_difference(corrected(mirror, true), mapped(plain, mirror, true)), 60);
  EXPECT_LT(area_of_difference(corrected(move, false), mapped(plain, move, false)), 60);
}

OpcOptions by_gradient(OpcOptions::Step step) {
  OpcOptions options;
  options.iterations = 25;
  options.step = step;
  options.print_grid_nm = 16;
  options.assist.place = AssistOptions::Place::none;
  return options;
}

/// The loss at one steepness, of a mask or of what was drawn.
double loss_of(const std::vector<Polygon>& mask, const std::vector<Polygon>& target) {
  const auto backend = make_backend("cpu", 1);
  const Grid grid{0, 0, 128, 128, 8};
  const Pattern pattern{rasterise(target, grid), Image<double>(128, 128), Image<double>(128, 128)};
  EdgeObjective objective(*backend, immersion(), resist(true), grid, {&pattern, 1}, 1);
  const Fragments f = fragmented(mask, kWindow, {});
  objective.add_fixed(0, f.slants());
  const std::vector<EdgePiece> pieces = f.pieces(std::vector<double>(f.list.size()));
  const EdgeObjective::View view{.steepness = 200};
  return objective.evaluate({&pieces, 1}, view).front().loss(view);
}

TEST(Opc, EveryStepRuleBringsTheLossDown) {
  const auto backend = make_backend("cpu", 1);
  const OpcClip clip{shapes()};
  const double drawn = loss_of(shapes(), shapes());
  for (const auto step : {OpcOptions::Step::adam, OpcOptions::Step::newton, OpcOptions::Step::lbfgs}) {
    const OpcResult r = run_opc(*backend, immersion(), resist(true), kWindow, {&clip, 1}, by_gradient(step)).front();
    EXPECT_LT(loss_of(r.main, shapes()), 0.7 * drawn) << static_cast<int>(step);
    for (const double d : r.displacement) EXPECT_EQ(d, std::round(d));  // the grid
  }
}

TEST(Opc, ClipsAndThreadsDoNotInfluenceEachOther) {
  const auto backend = make_backend("cpu", 1), three = make_backend("cpu", 3);
  const std::vector<OpcClip> clips{{shapes()}, {kLine}};
  OpcOptions options = by_gradient(OpcOptions::Step::adam);
  options.iterations = 6;
  options.feedback = 2;
  const auto together = run_opc(*backend, immersion(), resist(true), kWindow, clips, options);
  options.threads = 3;
  const auto threads = run_opc(*three, immersion(), resist(true), kWindow, clips, options);
  for (std::size_t c = 0; c < clips.size(); ++c) {
    EXPECT_EQ(threads[c].displacement, together[c].displacement);
    const auto alone = run_opc(*backend, immersion(), resist(true), kWindow, {&clips[c], 1}, options);
    EXPECT_EQ(alone.front().displacement, together[c].displacement);
  }
}

TEST(Opc, AssistFeaturesHelpKeepTheirDistanceAndDoNotPrint) {
  const auto backend = make_backend("cpu", 1);
  const OpcClip clip{kLine};
  OpcOptions options = by_gradient(OpcOptions::Step::adam);
  options.iterations = 40;
  options.print_grid_nm = 8;
  const auto run = [&](AssistOptions::Place place) {
    options.assist.place = place;
    return run_opc(*backend, immersion(), resist(true), kWindow, {&clip, 1}, options).front();
  };
  const OpcResult without = run(AssistOptions::Place::none);
  EXPECT_TRUE(without.assist.empty());
  for (const auto place : {AssistOptions::Place::rule, AssistOptions::Place::model}) {
    const OpcResult with = run(place);
    EXPECT_GE(with.assist.size(), 2u);
    std::vector<Polygon> all = with.main;
    all.insert(all.end(), with.assist.begin(), with.assist.end());
    EXPECT_LT(loss_of(all, kLine), loss_of(without.main, kLine));
    EXPECT_TRUE(space_violations(region_of(all, 0.01), 1600).empty());
    for (const Polygon& bar : with.assist) {
      EXPECT_GE(signed_area(bar), 1000);
      const Box b = bounding_box({bar});
      for (const Condition& c : immersion().conditions) {  // darker than the threshold at its middle
        const CoherentStack stack = immersion().stacks[static_cast<std::size_t>(c.stack)];
        const auto image =
            sample_images(*backend, stack, {polygon_spectrum(all, kWindow, stack.extent_x, stack.extent_y)}, kWindow);
        EXPECT_LT(c.dose * image.front().at({{(b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2}}).front().intensity,
                  resist(true).threshold);
      }
    }
  }
}

TEST(Opc, WhatLiesOnTheBorderOfTheWindowStays) {
  const auto backend = make_backend("cpu", 1);
  const OpcClip clip{merge({rectangle(-200, 300, 400, 380), rectangle(600, 200, 680, 1300)})};
  const OpcResult r = run_opc(*backend, immersion(), resist(true), kWindow, {&clip, 1}, by_feedback(3)).front();
  EXPECT_EQ(bounding_box(r.main).x0, 0);
  EXPECT_EQ(bounding_box(r.main).y1, kPeriod);
  EXPECT_GT(area_of_difference(r.main, clip.target), 600 * 80);  // what was outside is gone
}

TEST(Opc, RefusesOptionsThatMakeNoSense) {
  const auto backend = make_backend("cpu", 1);
  const OpcClip clip{kLine};
  OpcOptions options;
  options.iterations = 0;  // with assist features by the model
  EXPECT_THROW(static_cast<void>(run_opc(*backend, immersion(), resist(true), kWindow, {&clip, 1}, options)), Error);
  options = by_feedback(2);
  EXPECT_THROW(static_cast<void>(run_opc(*backend, immersion(), resist(true), kWindow, {&clip, 1}, options,
                                         [](const IltRecord&, double) { return false; })),
               Error);
}

}  // namespace
}  // namespace anamorph
