// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Etch and control cells against closed forms, and against Monte Carlo where there is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "cpp/twin/control_cell.hpp"
#include "cpp/twin/etch_cell.hpp"
#include "tests/folder_fixture.hpp"

namespace anamorph {
namespace {

/// A cell with its state, by names.
template <typename Kind>
class Running {
 public:
  Running() {
    const std::vector<UnitVariable>& table = cell_->variables();
    for (std::size_t i = 0; i < table.size(); ++i) places_[table[i].name] = i;
  }
  double& operator[](const std::string& name) { return state_.values[places_.at(name)]; }
  void set(const std::map<std::string, double>& values) {
    for (const auto& [name, value] : values) (*this)[name] = value;
  }
  UnitReport start() {
    UnitReport report;
    cell_->start(state_, 0, report);
    time_ = 0;
    return report;
  }
  UnitReport step(double seconds = 1) {
    UnitReport report;
    cell_->step(state_, time_, time_ + seconds, report);
    time_ += seconds;
    return report;
  }

 private:
  std::shared_ptr<const Kind> cell_ = std::make_shared<Kind>();
  UnitState state_ = cell_->initial_state();
  std::map<std::string, std::size_t> places_;
  double time_ = 0;
};
using Etch = Running<EtchCell>;
using Control = Running<ControlCell>;

// ---------------------------------------------------------------------------------------------------------- transport

struct Vector {
  double x, y, z;
};

/// A direction around the normal `n` by the cosine law, from two more that span the surface.
Vector scattered(std::mt19937_64& random, Vector n, Vector a, Vector b) {
  std::uniform_real_distribution<double> uniform(0, 1);
  const double sine = std::sqrt(uniform(random)), angle = 2 * std::numbers::pi * uniform(random);
  const double cosine = std::sqrt(1 - sine * sine), p = sine * std::cos(angle), q = sine * std::sin(angle);
  return {n.x * cosine + a.x * p + b.x * q, n.y * cosine + a.y * p + b.y * q, n.z * cosine + a.z * p + b.z * q};
}

struct Flight {
  double through = 0;   // part that reaches the bottom at all
  double reacting = 0;  // part that reacts there in the end
};

/// Molecules through a channel of depth `depth` (trench of width 1 along y, or hole of diameter 1), walls diffuse, the
/// bottom takes a molecule with probability `reaction` and throws it back otherwise.
Flight fly(double depth, bool hole, double reaction, int molecules) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(0, 1);
  Flight flight;
  for (int i = 0; i < molecules; ++i) {
    Vector at{uniform(random) - 0.5, 0, 0};  // z runs downwards
    if (hole) {
      const double r = 0.5 * std::sqrt(uniform(random)), angle = 2 * std::numbers::pi * uniform(random);
      at = {r * std::cos(angle), r * std::sin(angle), 0};
    }
    Vector to = scattered(random, {0, 0, 1}, {1, 0, 0}, {0, 1, 0});
    bool arrived = false;
    for (;;) {
      // Distance to the wall.
      double wall;
      if (hole) {
        const double a = to.x * to.x + to.y * to.y, b = at.x * to.x + at.y * to.y;
        const double c = at.x * at.x + at.y * at.y - 0.25;
        wall = (-b + std::sqrt(std::max(b * b - a * c, 0.))) / a;
      } else {
        wall = to.x > 0 ? (0.5 - at.x) / to.x : (-0.5 - at.x) / to.x;
      }
      const double z = at.z + wall * to.z;
      if (z <= 0) break;
      if (z >= depth) {
        flight.through += arrived ? 0 : 1;
        arrived = true;
        if (uniform(random) < reaction) {
          flight.reacting += 1;
          break;
        }
        const double s = (depth - at.z) / to.z;
        at = {at.x + s * to.x, at.y + s * to.y, depth};
        to = scattered(random, {0, 0, -1}, {1, 0, 0}, {0, 1, 0});
        continue;
      }
      at = {at.x + wall * to.x, at.y + wall * to.y, z};
      Vector inward{at.x > 0 ? -1. : 1., 0, 0};
      if (hole) {
        const double r = std::hypot(at.x, at.y);
        inward = {-at.x / r, -at.y / r, 0};
        at.x = -inward.x * 0.5 * (1 - 1e-12);
        at.y = -inward.y * 0.5 * (1 - 1e-12);
      } else {
        at.x = -inward.x * 0.5;
      }
      to = scattered(random, inward, {0, 0, 1}, {-inward.y, inward.x, 0});
    }
  }
  return {flight.through / molecules, flight.reacting / molecules};
}

TEST(Transport, TransmissionIsThatOfFlyingMolecules) {
  constexpr int molecules = 200000;
  for (const double depth : {0.25, 1., 3., 10.}) {
    const double trench = fly(depth, false, 1, molecules).through, hole = fly(depth, true, 1, molecules).through;
    // Three standard errors of the count, and what the formulas are good to.
    const auto near = [&](double p) { return 3 * std::sqrt(p * (1 - p) / molecules) + 0.003 * p; };
    EXPECT_NEAR(trench_transmission(depth), trench, near(trench)) << depth;
    EXPECT_NEAR(hole_transmission(depth), hole, near(hole)) << depth;
  }
}

TEST(Transport, TransmissionOfATubeIsThatOfTheTables) {
  // Length over radius and transmission: Cole, J. Inst. Maths Applics 20, 107 (1977).
  for (const auto& [length, part] :
       {std::pair{0.1, 0.952399}, {0.5, 0.801271}, {1., 0.671984}, {2., 0.514231}, {5., 0.310525}, {10., 0.190941}})
    EXPECT_NEAR(hole_transmission(length / 2) / part, 1, 4e-4) << length;
}

TEST(Transport, TransmissionHasItsLimits) {
  EXPECT_EQ(trench_transmission(0), 1);
  EXPECT_EQ(hole_transmission(0), 1);
  // Shallow: half of the wall is seen from the opening. Deep: ln(2 x) - 1/2 over x, and 4 / (3 x).
  EXPECT_NEAR(1 - trench_transmission(1e-4), 0.5e-4, 1e-8);
  EXPECT_NEAR(1 - hole_transmission(1e-4), 1e-4, 1e-7);
  EXPECT_NEAR(trench_transmission(1e4) * 1e4 / (std::log(2e4) - 0.5), 1, 1e-2);
  EXPECT_NEAR(hole_transmission(1e3) * 1e3 / (4 / 3.), 1, 1e-2);
  // Continuous where another formula takes over, and falling everywhere.
  for (const auto& [f, x] :
       {std::pair{&trench_transmission, 1e-3}, {&hole_transmission, 5e-3}, {&hole_transmission, 1e3}})
    EXPECT_NEAR(f(x * (1 - 1e-9)) / f(x * (1 + 1e-9)), 1, 1e-6);
  for (double x = 1e-5; x < 9e4; x *= 1.1) {
    EXPECT_LT(trench_transmission(x * 1.1), trench_transmission(x)) << x;
    EXPECT_LT(hole_transmission(x * 1.1), hole_transmission(x)) << x;
  }
}

TEST(Transport, TheRateAtTheBottomIsThatOfFlyingMolecules) {
  // The closed form takes those thrown back as spread evenly over the directions, which the first of them are not.
  constexpr int molecules = 200000;
  for (const double reaction : {0.05, 0.3, 1.}) {
    for (const double depth : {1., 4.}) {
      const double counted = fly(depth, false, reaction, molecules).reacting;
      const double computed = reaction * aspect_ratio_rate(trench_transmission(depth), reaction);
      EXPECT_NEAR(computed / counted, 1, 0.02) << reaction << " " << depth;
    }
  }
  EXPECT_EQ(aspect_ratio_rate(1, 0.3), 1);
  EXPECT_DOUBLE_EQ(aspect_ratio_rate(0.2, 1), 0.2);
}

// --------------------------------------------------------------------------------------------------------------- etch

TEST(EtchCell, AnOpeningWidensAndALineNarrowsWithDepth) {
  Etch cell;
  cell.set({{"cd_nm", 20}, {"lateral_ratio", 0.05}, {"bias_nm", -1.5}, {"film_nm", 30}, {"time_s", 1000}});
  cell.start();
  EXPECT_DOUBLE_EQ(cell["depth_nm"], 30) << "the film is the end";
  EXPECT_EQ(cell["cleared"], 1);
  EXPECT_DOUBLE_EQ(cell["cd_etched_nm"], 20 - 1.5 + 2 * 0.05 * 30);
  cell.set({{"opening", 0}, {"pitch_nm", 50}});
  cell.step();
  EXPECT_DOUBLE_EQ(cell["cd_etched_nm"], 20 - 1.5 - 2 * 0.05 * 30);
  cell.set({{"opening", 1}, {"lateral_ratio", -0.02}});
  cell.step();
  EXPECT_DOUBLE_EQ(cell["cd_etched_nm"], 20 - 1.5 - 2 * 0.02 * 30);
  cell["time_s"] = 1;
  cell.step();
  EXPECT_LT(cell["depth_nm"], 30);
  EXPECT_EQ(cell["cleared"], 0);
}

TEST(EtchCell, LoadingDividesTheRateAndDepthSlowsIt) {
  Etch cell;
  // So shallow that nothing slows it: rate times time over 1 + loading open_area.
  cell.set({{"cd_nm", 2000},
            {"mask_height_nm", 0},
            {"lateral_ratio", 0},
            {"film_nm", 10000},
            {"rate_nm_s", 0.002},
            {"time_s", 10},
            {"loading", 3},
            {"open_area", 0.5}});
  cell.start();
  EXPECT_NEAR(cell["depth_nm"], 0.02 / 2.5, 1e-6);
  cell["open_area"] = 0;
  cell.step();
  EXPECT_NEAR(cell["depth_nm"], 0.02, 1e-6);

  // t = integral of dz / rate(z), in another way than the cell takes.
  for (const bool hole : {false, true}) {
    cell.set({{"cd_nm", 20},
              {"mask_height_nm", 25},
              {"lateral_ratio", 0.02},
              {"rate_nm_s", 2},
              {"time_s", 60},
              {"loading", 0.5},
              {"open_area", 0.3},
              {"reaction_probability", 0.4},
              {"hole", hole ? 1. : 0.}});
    cell.step();
    const double depth = cell["depth_nm"];
    const auto ratio = [&](double z) {
      const double aspect = (25 + z) / (20 + 2 * 0.02 * z);
      return aspect_ratio_rate(hole ? hole_transmission(aspect) : trench_transmission(aspect), 0.4);
    };
    double time = 0;
    constexpr int parts = 20000;
    for (int i = 0; i < parts; ++i) time += depth / parts / (2 / 1.15 * ratio((i + 0.5) * depth / parts));
    EXPECT_NEAR(time, 60, 1e-5) << hole;
    EXPECT_NEAR(cell["rate_ratio"], ratio(depth), 1e-12);
    EXPECT_LT(depth, 2 / 1.15 * 60 * ratio(0));
  }

  // A narrower opening is etched less deep; of a line, a wider one leaves a narrower opening.
  cell["cd_nm"] = 40;
  cell.step();
  const double wide = cell["depth_nm"];
  cell["cd_nm"] = 10;
  cell.step();
  EXPECT_LT(cell["depth_nm"], 0.9 * wide);
  cell.set({{"opening", 0}, {"pitch_nm", 50}});
  cell.step();
  EXPECT_NEAR(cell["depth_nm"] / wide, 1, 0.2);
}

TEST(EtchCell, AtomicLayersAreRemovedWhole) {
  Etch cell;
  cell.set({{"atomic_layer", 1},
            {"cycles", 37},
            {"layers_per_cycle", 2},
            {"layer_nm", 0.136},
            {"film_nm", 100},
            {"modify_time_s", 20},
            {"modify_tau_s", 0.1},
            {"remove_time_s", 20},
            {"remove_tau_s", 0.1},
            {"lateral_ratio", 0.01},
            {"cd_nm", 20},
            {"open_area", 1},
            {"loading", 1}});
  cell.start();
  EXPECT_EQ(cell["layers"], 74) << "saturated: neither loading nor depth tell";
  EXPECT_NEAR(cell["depth_nm"], 74 * 0.136, 1e-9);
  EXPECT_NEAR(cell["remainder_nm"], 0, 1e-6);
  EXPECT_NEAR(cell["etch_per_cycle_nm"], 2 * 0.136, 1e-9);
  EXPECT_NEAR(cell["synergy"], 1, 1e-9);
  EXPECT_NEAR(cell["cd_etched_nm"], 20 + 2 * 0.01 * 74 * 0.136, 1e-9);

  // Not saturated, in the open: 1 - exp(-t / tau) of both steps. The depth stays one of whole layers.
  cell.set({{"cd_nm", 2000},
            {"mask_height_nm", 0},
            {"loading", 0},
            {"layers_per_cycle", 1},
            {"cycles", 10},
            {"modify_time_s", 0.2},
            {"modify_tau_s", 0.4},
            {"remove_time_s", 0.3},
            {"remove_tau_s", 0.2}});
  cell.step();
  const double part = (1 - std::exp(-0.5)) * (1 - std::exp(-1.5));
  EXPECT_NEAR(cell["etch_per_cycle_nm"], 0.136 * part, 1e-4);
  EXPECT_EQ(cell["layers"], std::floor(10 * part));
  EXPECT_NEAR(cell["depth_nm"], std::floor(10 * part) * 0.136, 1e-9);
  EXPECT_NEAR(cell["remainder_nm"], (10 * part - std::floor(10 * part)) * 0.136, 1e-3);

  // What either step does alone comes on top, and lowers the synergy.
  cell.set({{"modify_alone_nm", 0.01}, {"remove_alone_nm", 0.02}});
  cell.step();
  EXPECT_NEAR(cell["etch_per_cycle_nm"], 0.136 * part + 0.03, 1e-4);
  EXPECT_NEAR(cell["synergy"], 0.136 * part / (0.136 * part + 0.03), 1e-3);

  // A narrow, deep feature gets less of the modifying gas, and more time makes up for it.
  cell.set({{"modify_alone_nm", 0}, {"remove_alone_nm", 0}, {"cd_nm", 5}, {"mask_height_nm", 50}});
  cell.step();
  EXPECT_LT(cell["etch_per_cycle_nm"], 0.7 * 0.136 * part);
  cell.set({{"modify_time_s", 200}, {"remove_time_s", 200}});
  cell.step();
  EXPECT_EQ(cell["layers"], 10);
  cell["film_nm"] = 0.5;
  cell.step();
  EXPECT_EQ(cell["cleared"], 1);
  EXPECT_EQ(cell["layers"], 3);
  cell["cycles"] = 0;
  cell.step();
  EXPECT_EQ(cell["depth_nm"], 0);
}

TEST(EtchCell, UncertaintyIsThatOfManyEtches) {
  for (const bool layers : {false, true}) {
    Etch cell;
    cell.set({{"cd_nm", 18},
              {"open_area", 0.4},
              {"lateral_ratio", 0.03},
              {"film_nm", 1000},
              {"loading", 1.5},
              {"time_s", 20},
              {"mask_height_nm", 20},
              {"atomic_layer", layers ? 1. : 0.},
              {"cycles", 200},
              {"layer_nm", 0.2},
              {"modify_time_s", 0.3},
              {"modify_tau_s", 0.3}});
    const std::map<std::string, double> u{
        {"cd_nm", 0.6}, {"open_area", 0.06}, {"rate_nm_s", 0.15}, {"bias_nm", 0.2}, {"lateral_ratio", 0.006}};
    Etch many = cell;
    for (const auto& [name, value] : u) cell[name + "_u"] = value;
    cell.start();
    std::mt19937_64 random(3);
    std::normal_distribution<double> normal;
    double sum[2]{}, square[2]{};
    constexpr int draws = 20000;
    for (int i = 0; i < draws; ++i) {
      Etch one = many;
      for (const auto& [name, value] : u) one[name] += value * normal(random);
      one.start();
      const double values[2]{one["cd_etched_nm"], one["depth_nm"]};
      for (int k = 0; k < 2; ++k) {
        sum[k] += values[k];
        square[k] += values[k] * values[k];
      }
    }
    const auto deviation = [&](int k) {
      return std::sqrt(square[k] / draws - sum[k] * sum[k] / (draws * double{draws}));
    };
    EXPECT_NEAR(cell["cd_etched_nm_u"] / deviation(0), 1, 0.03) << layers;
    EXPECT_NEAR(cell["depth_nm_u"] / deviation(1), 1, 0.03) << layers;
    EXPECT_GT(cell["cd_etched_nm_u"], 0.6);
  }
}

TEST(EtchCell, WhatCannotBeEtchedIsTold) {
  Etch cell;
  cell.set({{"cd_nm", 45}, {"opening", 0}, {"pitch_nm", 40}});
  UnitReport report = cell.start();
  EXPECT_FALSE(report.valid);
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("closed"), std::string::npos);
  EXPECT_EQ(cell["depth_nm"], 0);
  cell.set({{"cd_nm", 2}, {"lateral_ratio", 0.2}, {"film_nm", 20}, {"time_s", 100}});
  report = cell.step();
  EXPECT_FALSE(report.valid);
  EXPECT_EQ(cell["cd_etched_nm"], 0);
  // A taper that closes on its way down stops there.
  cell.set({{"opening", 1}, {"cd_nm", 10}, {"lateral_ratio", -0.2}, {"film_nm", 1000}, {"time_s", 3600}});
  report = cell.step();
  EXPECT_LE(cell["depth_nm"], 10 / 0.4);
  EXPECT_GT(cell["depth_nm"], 20);
  EXPECT_LT(cell["cd_etched_nm"], 2);
  cell.set({{"atomic_layer", 1}, {"cycles", 2000}});
  cell.step();
  EXPECT_LE(cell["depth_nm"], 10 / 0.4);
  EXPECT_GT(cell["depth_nm"], 20);
  cell["atomic_layer"] = 0;
  // Upstream's word that its width does not count is passed on, without a message for each step.
  cell.set({{"lateral_ratio", 0}, {"cd_valid", 0}});
  report = cell.step();
  EXPECT_FALSE(report.valid);
  EXPECT_TRUE(report.warnings.empty());
}

// ------------------------------------------------------------------------------------------------------------ control

/// A linear process, CD = offset + slope dose + what `disturbance` says of the run, under the cell's control.
/// The CD of each run.
std::vector<double> controlled(Control& cell, double slope, int runs, const std::function<double(int)>& disturbance,
                               int delay = 0) {
  const double offset = cell["target_cd_nm"] - slope * cell["dose_start_mJ_cm2"];
  cell.start();
  std::vector<double> widths, doses{cell["dose_mJ_cm2"]};
  for (int run = 0; run < runs; ++run) {
    widths.push_back(offset + slope * doses.back() + disturbance(run));
    const int seen = run - delay;
    cell["cd_nm"] = widths[static_cast<std::size_t>(std::max(seen, 0))];
    cell["cd_valid"] = seen >= 0 ? 1 : 0;
    cell.step();
    doses.push_back(cell["dose_mJ_cm2"]);
  }
  return widths;
}

Control free_control(double slope) {
  Control cell;
  cell.set({{"target_cd_nm", 20},
            {"dose_start_mJ_cm2", 30},
            {"dose_low_mJ_cm2", 1},
            {"dose_high_mJ_cm2", 100},
            {"dose_step_mJ_cm2", 100},
            {"cd_per_dose", slope}});
  return cell;
}

TEST(ControlCell, AStepDiesOutByTheWeight) {
  for (const double slope : {-0.5, 0.8}) {
    Control cell = free_control(slope);
    cell["weight"] = 0.4;
    const std::vector<double> widths = controlled(cell, slope, 12, [](int) { return 1.5; });
    for (int run = 0; run < 12; ++run)
      EXPECT_NEAR(widths[static_cast<std::size_t>(run)] - 20, 1.5 * std::pow(0.6, run), 1e-12) << run;
    EXPECT_NEAR(cell["cd_offset_nm"], 1.5 * (1 - std::pow(0.6, 12)), 1e-12);
    EXPECT_EQ(cell["measurements"], 12);
    EXPECT_EQ(cell["runs"], 12);
  }
}

TEST(ControlCell, ADriftLeavesItsShareOrNothing) {
  // c a run: c / weight under one average, nothing under two; the second one knows the drift.
  for (const int delay : {0, 1, 3}) {
    Control cell = free_control(-0.5);
    cell.set({{"weight", 0.3}, {"delay_runs", static_cast<double>(delay)}});
    const std::function<double(int)> drift = [](int run) { return 0.02 * run; };
    EXPECT_NEAR(controlled(cell, -0.5, 200, drift, delay).back() - 20, 0.02 / 0.3 + 0.02 * delay, 1e-9) << delay;
    EXPECT_EQ(cell["cd_drift_nm"], 0);
    cell["drift_weight"] = 0.2;
    EXPECT_NEAR(controlled(cell, -0.5, 400, drift, delay).back() - 20, 0, 1e-9) << delay;
    EXPECT_NEAR(cell["cd_drift_nm"], 0.02, 1e-9);
  }
}

TEST(ControlCell, ALateMeasurementBelongsToTheDoseOfThen) {
  // With the right delay the estimate is as calm as without; taken for that of now it rings.
  const auto swing = [](int told) {
    Control cell = free_control(-0.5);
    cell.set({{"weight", 0.6}, {"delay_runs", static_cast<double>(told)}});
    const std::vector<double> widths = controlled(
        cell, -0.5, 60, [](int) { return 1.; }, 3);
    return *std::min_element(widths.begin(), widths.end()) - 20;
  };
  EXPECT_GT(swing(3), -1e-9) << "no overshoot";
  EXPECT_LT(swing(0), -0.2);
}

TEST(ControlCell, KeepsWithinLimitsAndSteps) {
  Control cell = free_control(-0.5);
  cell.set({{"weight", 1}, {"dose_step_mJ_cm2", 0.75}, {"dose_high_mJ_cm2", 32}});
  cell.start();
  const std::vector<double> expected{30.75, 31.5, 32, 32};
  for (const double dose : expected) {
    cell["cd_nm"] = 20 + 3 - 0.5 * (cell["dose_mJ_cm2"] - 30);  // 6 mJ/cm2 would be needed
    cell.step();
    EXPECT_NEAR(cell["dose_mJ_cm2"], dose, 1e-12);
    EXPECT_EQ(cell["limited"], 1);
  }
  // No wind-up: the way back begins at once.
  cell["cd_nm"] = 20 - 0.5 * (cell["dose_mJ_cm2"] - 30);
  cell.step();
  EXPECT_NEAR(cell["dose_mJ_cm2"], 31.25, 1e-12);
  cell.set({{"dose_low_mJ_cm2", 33}});
  const UnitReport report = cell.step();
  EXPECT_FALSE(report.valid);
  EXPECT_EQ(cell["dose_mJ_cm2"], 33) << "the lower limit";
}

TEST(ControlCell, FocusFollowsItsErrorDown) {
  Control cell = free_control(-0.5);
  cell.set(
      {{"focus_weight", 0.5}, {"focus_step_nm", 1000}, {"focus_start_nm", 4}, {"focus_valid", 1}, {"cd_valid", 0}});
  cell.start();
  EXPECT_EQ(cell["focus_nm"], 4);
  // The wafer lies 30 nm off by itself; the first setting makes it 34.
  double error = 30 + cell["focus_nm"];
  EXPECT_EQ(error, 34);
  for (int run = 0; run < 10; ++run) {
    cell["focus_error_nm"] = error;
    cell.step();
    const double next = 30 + cell["focus_nm"];
    EXPECT_NEAR(next, error / 2, 1e-9);
    error = next;
  }
  EXPECT_EQ(cell["dose_mJ_cm2"], 30);
  EXPECT_EQ(cell["measurements"], 0);
}

TEST(ControlCell, ARunLastsItsPeriodAndWhatDoesNotCountIsLeftOut) {
  Control cell = free_control(-0.5);
  cell["run_period_s"] = 10;
  cell.start();
  cell["cd_nm"] = 21;
  for (int i = 0; i < 3; ++i) {
    cell.step(3);
    EXPECT_EQ(cell["dose_mJ_cm2"], 30) << "the run has not ended";
  }
  cell.step(1);
  const double after = cell["dose_mJ_cm2"];
  EXPECT_NEAR(after, 30 + 0.3 / 0.5, 1e-12);
  EXPECT_EQ(cell["runs"], 1);
  cell["cd_valid"] = 0;
  cell["cd_nm"] = 500;
  cell.step(10);
  EXPECT_EQ(cell["dose_mJ_cm2"], after);
  EXPECT_EQ(cell["runs"], 2);
  EXPECT_EQ(cell["measurements"], 1);
  // A tenth of a second a hundred times is ten seconds.
  for (int i = 0; i < 100; ++i) cell.step(0.1);
  EXPECT_EQ(cell["runs"], 3);

  cell["cd_per_dose"] = 0;
  cell["cd_valid"] = 1;
  const UnitReport report = cell.step(10);
  EXPECT_FALSE(report.valid);
  EXPECT_EQ(cell["dose_mJ_cm2"], after);
}

TEST(ControlCell, ANewTargetIsGoneForAtOnce) {
  Control cell = free_control(-0.5);
  cell["weight"] = 0.3;
  cell.start();
  cell["cd_nm"] = 20;
  cell["target_cd_nm"] = 19;
  cell.step();
  EXPECT_NEAR(cell["dose_mJ_cm2"], 32, 1e-12);
  EXPECT_NEAR(cell["cd_offset_nm"], 0, 1e-12);
}

}  // namespace
}  // namespace anamorph
