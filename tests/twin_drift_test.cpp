// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Dose and focus offsets from streams of measured CDs: known drifts, the exact posterior on a grid, consistency over
// many streams, outliers, steps, and what CDs cannot tell.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/twin/drift.hpp"
#include "tests/fab_fixture.hpp"

namespace anamorph {
namespace {

std::string found(const DriftResult& result) {
  std::string all;
  for (const DriftFinding& finding : result.findings) all += finding.id + ": " + finding.text + "\n";
  return all;
}

bool finds(const DriftResult& result, const std::string& id) { return found(result).find(id) != std::string::npos; }

/// What is not random about a prior: no drift, no walk.
DriftSettings standing() {
  DriftSettings s;
  s.rates = false;
  s.dose_walk_percent = s.focus_walk_nm = 0;
  return s;
}

// ---------------------------------------------------------------------------------------------------------------------
// The filter against Bayes' rule

struct Posterior {
  double dose = 0, u_dose = 0, focus = 0, u_focus = 0, positive = 0;
};

/// Offsets that stand still, on a grid.
Posterior exact(const SurrogateModel& model, const std::vector<CdMeasurement>& stream, const DriftSettings& s) {
  Posterior p;
  double sum = 0, dd = 0, ff = 0;
  for (double f = -4 * s.focus_prior_nm; f <= 4 * s.focus_prior_nm; f += s.focus_prior_nm / 40)
    for (double d = -4 * s.dose_prior_percent; d <= 4 * s.dose_prior_percent; d += s.dose_prior_percent / 50) {
      double chi = d * d / s.dose_prior_percent / s.dose_prior_percent + f * f / s.focus_prior_nm / s.focus_prior_nm;
      for (const CdMeasurement& m : stream) {
        if (chi > 50) break;
        const std::vector<double> inputs{m.focus_nm + f, 0};
        const double cd =
            read_surrogate(model, m.gauge, m.dose_mj_cm2 * (1 + d / 100), surrogate_terms(model, inputs)).cd_nm;
        chi += std::isnan(cd) ? 100 : (m.cd_nm - cd) * (m.cd_nm - cd) / m.u_nm / m.u_nm;
      }
      const double weight = std::exp(-chi / 2);
      sum += weight;
      p.dose += weight * d;
      p.focus += weight * f;
      dd += weight * d * d;
      ff += weight * f * f;
      if (f > 0) p.positive += weight;
    }
  p = {p.dose / sum, 0, p.focus / sum, 0, p.positive / sum};
  p.u_dose = std::sqrt(dd / sum - p.dose * p.dose);
  p.u_focus = std::sqrt(ff / sum - p.focus * p.focus);
  return p;
}

TEST(DriftFilter, IsBayesRule) {
  const SurrogateModel model = four_patterns();
  const DriftSettings settings = standing();
  for (const double focus : {-25.0, -4.0, 30.0}) {
    Fab fab;
    fab.dose_percent = [](int) { return 0.7; };
    fab.focus_nm = [&](int) { return focus; };
    for (const int wafers : {1, 4}) {
      fab.wafers = wafers;
      const std::vector<CdMeasurement> stream = measured(model, fab, 5);
      const Posterior truth = exact(model, stream, settings);
      const OffsetEstimate filter = track_drift(model, stream, settings, {1e-9, 3}).last;
      EXPECT_NEAR(filter.dose_percent, truth.dose, 0.15 * truth.u_dose) << focus << ' ' << wafers;
      EXPECT_NEAR(filter.focus_nm, truth.focus, 0.15 * truth.u_focus) << focus << ' ' << wafers;
      EXPECT_NEAR(filter.u_dose_percent, truth.u_dose, 0.1 * truth.u_dose) << focus << ' ' << wafers;
      EXPECT_NEAR(filter.u_focus_nm, truth.u_focus, 0.1 * truth.u_focus) << focus << ' ' << wafers;
    }
  }
}

TEST(DriftFilter, PredictsHowFarAMeasurementMayBeOff) {
  // Of one wide Gaussian (a coarse measurement) and of the narrow ones that it is split into (a fine one).
  SurrogateModel model = four_patterns();
  DriftSettings settings = standing();
  settings.dose_prior_percent = 0.01;
  settings.focus_prior_nm = 6;
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  constexpr int draws = 40000;
  double sum = 0, squares = 0;
  for (int i = 0; i < draws; ++i) {
    const std::vector<double> inputs{-20 + 6 * normal(random), 0};  // around the best focus of the first gauge
    const double cd =
        read_surrogate(model, 0, 30 * (1 + 0.0001 * normal(random)), surrogate_terms(model, inputs)).cd_nm;
    sum += cd;
    squares += cd * cd;
  }
  const double mean = sum / draws, variance = squares / draws - mean * mean;
  for (const double u : {2.0, 0.02}) {
    DriftFilter filter(model, settings, {0});
    CdMeasurement m;
    m.dose_mj_cm2 = 30;
    m.focus_nm = -20;
    m.u_nm = u;
    const CdPrediction predicted = filter.predict(m);
    EXPECT_EQ(filter.components() > 1, u < 1);
    EXPECT_NEAR(predicted.cd_nm, mean, 0.03 * std::sqrt(variance)) << u;
    EXPECT_NEAR(predicted.u_nm * predicted.u_nm - u * u, variance, 0.08 * variance) << u;
  }
}

TEST(DriftFilter, KeepsBothSidesOfBestFocus) {
  const SurrogateModel model = one_best_focus();
  Fab fab;
  fab.wafers = 12;
  fab.focus_nm = [](int) { return 25.0; };
  fab.dose_percent = [](int) { return -0.5; };
  const std::vector<CdMeasurement> stream = measured(model, fab, 3);
  const Posterior truth = exact(model, stream, standing());
  const DriftResult result = track_drift(model, stream, standing(), {});
  EXPECT_NEAR(truth.positive, 0.5, 0.01);
  EXPECT_NEAR(result.last.dose_percent, truth.dose, 0.15 * truth.u_dose);
  EXPECT_NEAR(result.last.u_dose_percent, truth.u_dose, 0.1 * truth.u_dose);
  EXPECT_NEAR(result.last.u_focus_nm, truth.u_focus, 0.05 * truth.u_focus);
  EXPECT_GT(result.last.u_focus_nm, 20) << "the covariance stays large";
  ASSERT_EQ(result.focus_modes.size(), 2u);
  EXPECT_NEAR(result.focus_modes[0].focus_nm, -25, 3 * result.focus_modes[0].u_focus_nm);
  EXPECT_NEAR(result.focus_modes[1].focus_nm, 25, 3 * result.focus_modes[1].u_focus_nm);
  EXPECT_LT(result.focus_modes[1].u_focus_nm, 4);
  EXPECT_NEAR(result.focus_modes[1].probability, 0.5, 0.02);
  EXPECT_TRUE(finds(result, "DRF-0011")) << found(result);
  EXPECT_NE(found(result).find("the sign of the focus offset cannot be known"), std::string::npos);

  // The same wafers exposed on purpose 10 nm off, to this side and that, tell.
  fab.commanded_focus_nm = [](int wafer) { return wafer % 2 == 0 ? 10.0 : -10.0; };
  const DriftResult moved = track_drift(model, measured(model, fab, 3), standing(), {});
  EXPECT_EQ(moved.focus_modes.size(), 1u);
  EXPECT_FALSE(finds(moved, "DRF-0011")) << found(moved);
  EXPECT_NEAR(moved.last.focus_nm, 25, 3 * moved.last.u_focus_nm);
  EXPECT_LT(moved.last.u_focus_nm, 4);
}

TEST(DriftFilter, SaysWhenFocusIsNotSeenAtAll) {
  // At the iso-focal threshold no CD depends on focus.
  const SurrogateModel model = cosine_model({CosineImage{}});
  Fab fab;
  fab.wafers = 30;
  fab.focus_nm = [](int) { return 30.0; };
  const DriftResult result = track_drift(model, measured(model, fab, 1), standing(), {});
  EXPECT_NEAR(result.last.u_focus_nm, 20, 0.2) << "as before the first CD";
  EXPECT_TRUE(finds(result, "DRF-0012")) << found(result);
}

TEST(DriftFilter, ErrorsAreAsLargeAsItSays) {
  // Truths drawn as the settings say. NEES: error^T covariance^-1 error has mean 2, of two quantities; over n streams
  // the mean scatters by 2 / sqrt(n).
  constexpr int streams = 150, wafers = 50;
  for (const double bias : {0.0, 0.2}) {
    double offsets = 0, rates = 0, squares = 0;
    for (unsigned seed = 1; seed <= streams; ++seed) {
      std::mt19937_64 random(1000 + seed);
      std::normal_distribution<double> normal;
      DriftSettings s;
      s.focus_prior_nm = 15;
      s.dose_rate_prior_percent = 0.02;
      s.focus_rate_prior_nm = 0.2;
      SurrogateModel model = four_patterns();
      Fab fab;
      fab.wafers = wafers;
      for (SurrogateGauge& gauge : model.gauges) {
        gauge.cd_error_nm = bias;
        fab.bias_nm.push_back(bias * normal(random));
      }
      std::vector<double> dose{s.dose_prior_percent * normal(random)}, focus{s.focus_prior_nm * normal(random)};
      const double dose_rate = s.dose_rate_prior_percent * normal(random);
      const double focus_rate = s.focus_rate_prior_nm * normal(random);
      for (int i = 1; i < wafers; ++i) {
        dose.push_back(dose.back() + dose_rate + s.dose_walk_percent * normal(random));
        focus.push_back(focus.back() + focus_rate + s.focus_walk_nm * normal(random));
      }
      fab.dose_percent = [&](int w) { return dose[static_cast<std::size_t>(w)]; };
      fab.focus_nm = [&](int w) { return focus[static_cast<std::size_t>(w)]; };
      const DriftResult result = track_drift(model, measured(model, fab, seed), s, {1e-6, 3});
      const OffsetEstimate& e = result.last;
      const double a = (e.dose_percent - dose.back()) / e.u_dose_percent;
      const double b = (e.focus_nm - focus.back()) / e.u_focus_nm;
      offsets += (a * a - 2 * e.correlation * a * b + b * b) / (1 - e.correlation * e.correlation);
      rates += std::pow((e.dose_rate_percent - dose_rate) / e.u_dose_rate_percent, 2) +
               std::pow((e.focus_rate_nm - focus_rate) / e.u_focus_rate_nm, 2);
      squares += result.mean_square;
    }
    const double scatter = 2 / std::sqrt(streams);
    EXPECT_NEAR(offsets / streams, 2, 3.3 * scatter) << "bias " << bias;
    EXPECT_NEAR(rates / streams, 2, 3.3 * scatter) << "bias " << bias;
    EXPECT_NEAR(squares / streams, 1, 3.3 * std::sqrt(2.0 / (4 * wafers * streams))) << "bias " << bias;
  }
}

TEST(DriftFilter, WhatIsUncertainButConstantDoesNotAverageOut) {
  // A mask 0.3 nm too large looks like dose. If that may be, the dose offset stays as uncertain as the mask; its drift
  // does not.
  SurrogateModel model = four_patterns();
  Fab fab;
  fab.mask_bias_nm = 0.3;
  fab.dose_percent = [](int wafer) { return 0.01 * wafer; };
  DriftSettings settings;
  settings.dose_walk_percent = settings.focus_walk_nm = 0;
  const std::vector<CdMeasurement> stream = measured(model, fab, 11);
  const OffsetEstimate sure = track_drift(model, stream, settings, {}).last;
  EXPECT_GT(std::abs(sure.dose_percent - 0.99), 5 * sure.u_dose_percent) << "the mask is taken for dose";
  model.inputs[1].uncertainty = 0.3;
  const OffsetEstimate doubtful = track_drift(model, stream, settings, {}).last;
  EXPECT_NEAR(doubtful.dose_percent, 0.99, 3 * doubtful.u_dose_percent);
  EXPECT_GT(doubtful.u_dose_percent, 3 * sure.u_dose_percent);
  EXPECT_NEAR(doubtful.dose_rate_percent, 0.01, 3 * doubtful.u_dose_rate_percent);
  EXPECT_LT(doubtful.u_dose_rate_percent, 1.1 * sure.u_dose_rate_percent);
}

// ---------------------------------------------------------------------------------------------------------------------
// Streams

TEST(Drift, IsFoundWithItsRates) {
  const SurrogateModel model = four_patterns();
  Fab fab;
  fab.dose_percent = [](int wafer) { return -0.4 + 0.02 * wafer; };
  fab.focus_nm = [](int wafer) { return 6 + 0.1 * wafer; };
  DriftSettings settings;
  settings.dose_walk_percent = 0.005;
  settings.focus_walk_nm = 0.05;
  double worst = 0;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const DriftResult result = track_drift(model, measured(model, fab, seed), settings, {});
    const OffsetEstimate& e = result.last;
    const double truths[][3] = {{e.dose_percent, -0.4 + 0.02 * 99, e.u_dose_percent},
                                {e.focus_nm, 6 + 0.1 * 99, e.u_focus_nm},
                                {e.dose_rate_percent, 0.02, e.u_dose_rate_percent},
                                {e.focus_rate_nm, 0.1, e.u_focus_rate_nm}};
    for (const auto& [value, truth, u] : truths) worst = std::max(worst, std::abs(value - truth) / u);
    // And that is not because it says little.
    EXPECT_LT(e.u_dose_percent, 0.1);
    EXPECT_LT(e.u_focus_nm, 1.2);
    EXPECT_LT(chance(e.dose_rate_percent, e.u_dose_rate_percent), 1e-6) << "significant";
    EXPECT_LT(e.u_focus_rate_nm, 0.04);
    EXPECT_LE(result.rejected, 3u);
    EXPECT_TRUE(result.findings.empty()) << found(result);
  }
  EXPECT_LT(worst, 3.2) << "of 40";
}

TEST(Drift, OutliersAreRejectedAndDoNotMoveTheState) {
  const SurrogateModel model = four_patterns();
  Fab fab;
  fab.focus_nm = [](int wafer) { return 8 + 0.1 * wafer; };
  const std::vector<CdMeasurement> good = measured(model, fab, 21);
  std::vector<CdMeasurement> bad = good, without;
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (i >= 40 && i % 13 == 5)  // 44, 57, ...
      bad[i].cd_nm += i % 2 == 0 ? 5 : -5;
    else
      without.push_back(good[i]);
  }
  const DriftResult expected = track_drift(model, without, {}, {}), result = track_drift(model, bad, {}, {});
  for (std::size_t i = 44; i < bad.size(); i += 13) EXPECT_TRUE(result.updates[i].rejected) << i;
  EXPECT_EQ(result.rejected - expected.rejected, bad.size() - without.size()) << "and no others";
  EXPECT_TRUE(result.steps.empty());
  EXPECT_NEAR(result.last.dose_percent, expected.last.dose_percent, 1e-3 * expected.last.u_dose_percent);
  EXPECT_NEAR(result.last.focus_nm, expected.last.focus_nm, 1e-3 * expected.last.u_focus_nm);
  EXPECT_NEAR(result.last.u_focus_nm, expected.last.u_focus_nm, 1e-3 * expected.last.u_focus_nm);
}

TEST(Drift, GoodMeasurementsAreRejectedAsOftenAsTheLevelSays) {
  const SurrogateModel model = four_patterns();
  Fab fab;
  fab.wafers = 500;
  fab.focus_nm = [](int) { return 8.0; };
  const DriftResult result = track_drift(model, measured(model, fab, 2), {}, {0.02, 3});
  EXPECT_NEAR(result.outlier_gate, 2.3263, 1e-4);  // the normal quantile of 0.99
  EXPECT_NEAR(static_cast<double>(result.rejected), 0.02 * 2000, 3.3 * std::sqrt(0.02 * 2000));
}

TEST(Drift, AStepIsFollowed) {
  const SurrogateModel model = four_patterns();
  struct Jump {
    double dose, focus;
  };
  for (const auto& [dose, focus] : {Jump{4, 0}, Jump{-2, -12}, Jump{0, 35}}) {
    Fab fab;
    fab.wafers = 80;
    fab.dose_percent = [dose = dose](int wafer) { return wafer < 40 ? 0.3 : 0.3 + dose; };
    fab.focus_nm = [focus = focus](int wafer) { return wafer < 40 ? 5.0 : 5 + focus; };
    const DriftResult result = track_drift(model, measured(model, fab, 31), {}, {});
    ASSERT_EQ(result.steps.size(), 1u) << dose << ' ' << focus;
    EXPECT_NEAR(result.updates[result.steps[0]].measurement.at, 40, 1) << dose << ' ' << focus;
    EXPECT_NEAR(result.last.dose_percent, 0.3 + dose, 3.3 * result.last.u_dose_percent);
    EXPECT_NEAR(result.last.focus_nm, 5 + focus, 3.3 * result.last.u_focus_nm);
    EXPECT_LT(result.rejected, 8u) << "those that seemed wrong at first are taken in";
    // Before it nothing has changed.
    const OffsetEstimate& before = result.updates[4 * 40 - 1].after;
    EXPECT_NEAR(before.dose_percent, 0.3, 3.3 * before.u_dose_percent);
  }
}

TEST(Drift, AStreamWithoutAStepHasNone) {
  const SurrogateModel model = four_patterns();
  std::size_t steps = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Fab fab;
    fab.dose_percent = [](int wafer) { return 0.02 * wafer; };
    steps += track_drift(model, measured(model, fab, 300 + seed), {}, {}).steps.size();
  }
  EXPECT_EQ(steps, 0u) << "of 2000 wafers";
}

TEST(Drift, AGaugeThatChangesAloneIsNoStep) {
  const SurrogateModel model = four_patterns();
  Fab fab;
  std::vector<CdMeasurement> stream = measured(model, fab, 41);
  for (CdMeasurement& m : stream)
    if (m.gauge == 2 && m.at >= 40) m.cd_nm += 4;
  const DriftResult result = track_drift(model, stream, {}, {});
  EXPECT_TRUE(result.steps.empty());
  EXPECT_TRUE(finds(result, "DRF-0010")) << found(result);
  EXPECT_NE(found(result).find("gauge g3 was rejected 60 times in a row from line 164 on"), std::string::npos)
      << found(result);
  EXPECT_NEAR(result.last.dose_percent, 0, 3.3 * result.last.u_dose_percent);
  EXPECT_NEAR(result.last.focus_nm, 0, 3.3 * result.last.u_focus_nm);
}

TEST(Drift, AWaferOfSeveralSitesIsNoStepOfItsOwn) {
  // Ten sites of one gauge on each wafer; one wafer was another product.
  SurrogateModel model = four_patterns();
  model.gauges.resize(1);
  Fab fab;
  fab.wafers = 30;
  std::vector<CdMeasurement> stream;
  for (unsigned site = 0; site < 10; ++site) {
    const auto one = measured(model, fab, 50 + site);
    stream.insert(stream.end(), one.begin(), one.end());
  }
  std::stable_sort(stream.begin(), stream.end(),
                   [](const CdMeasurement& a, const CdMeasurement& b) { return a.at < b.at; });
  for (CdMeasurement& m : stream)
    if (m.at == 12) m.cd_nm += 4;
  const DriftResult result = track_drift(model, stream, {}, {});
  EXPECT_TRUE(result.steps.empty());
  EXPECT_GE(result.rejected, 10u);
  EXPECT_LT(result.rejected, 13u);
}

TEST(Drift, NoiseThatIsNotAsStatedIsSaid) {
  const SurrogateModel model = four_patterns();
  Fab fab;
  std::vector<CdMeasurement> stream = measured(model, fab, 61);
  EXPECT_FALSE(finds(track_drift(model, stream, {}, {}), "DRF-0013"));
  for (CdMeasurement& m : stream) m.u_nm = 0.4;
  EXPECT_NE(found(track_drift(model, stream, {}, {})).find("scatter less than stated"), std::string::npos);
  for (CdMeasurement& m : stream) m.u_nm = 0.12;
  EXPECT_NE(found(track_drift(model, stream, {}, {})).find("scatter more than stated"), std::string::npos);
}

TEST(Drift, OffsetsOutsideTheModelAreSaid) {
  const SurrogateModel model = four_patterns();
  Fab fab;
  fab.dose_percent = [](int wafer) { return 0.2 * wafer; };
  const DriftResult result = track_drift(model, measured(model, fab, 71), {}, {});
  EXPECT_NE(found(result).find("mJ/cm2 that was found lies outside the range"), std::string::npos) << found(result);
  // 10 % at wafer 50, of which the first gauge is on line 202.
  EXPECT_NE(found(result).find("from line 2"), std::string::npos) << found(result);
}

TEST(Drift, AWidthThatTheModelCannotPrintIsNoMeasurement) {
  SurrogateModel model = four_patterns();
  Fab fab;
  fab.wafers = 5;
  std::vector<CdMeasurement> stream = measured(model, fab, 81);
  stream[9].dose_mj_cm2 = 8;  // of gauge 2, far below what prints
  const DriftResult result = track_drift(model, stream, {}, {});
  EXPECT_TRUE(result.updates[9].rejected);
  EXPECT_TRUE(std::isnan(result.updates[9].predicted.cd_nm));
  EXPECT_EQ(result.rejected, 1u);
  EXPECT_TRUE(std::isfinite(result.last.dose_percent));
}

TEST(Drift, TheCorrectedModelPrintsWhatTheScannerDoes) {
  const SurrogateModel model = four_patterns();
  OffsetEstimate offsets;
  offsets.dose_percent = 1.7;
  offsets.u_dose_percent = 0.4;
  offsets.focus_nm = -9;
  offsets.u_focus_nm = 2;
  const SurrogateModel corrected = corrected_surrogate(model, offsets);
  for (std::size_t g = 0; g < 4; ++g)
    for (const double focus : {-40.0, 0.0, 33.0}) {
      const std::vector<double> commanded{focus, 0.4}, true_inputs{focus - 9, 0.4};
      const SurrogateReading a = read_surrogate(corrected, g, 29, surrogate_terms(corrected, commanded));
      const SurrogateReading b = read_surrogate(model, g, 29 * 1.017, surrogate_terms(model, true_inputs));
      EXPECT_NEAR(a.cd_nm, b.cd_nm, 1e-9);
      EXPECT_NEAR(a.nils, b.nils, 1e-9);
    }
  EXPECT_NEAR(corrected.inputs[0].uncertainty, std::hypot(5, 2), 1e-12);
  EXPECT_NEAR(corrected.dose_uncertainty_mj_cm2, 0.12, 1e-12);
  EXPECT_NO_THROW((void)parse_surrogate(surrogate_bytes(corrected)));
  offsets.dose_percent = 30;  // beyond the range: still a model
  offsets.focus_nm = 250;
  EXPECT_NO_THROW((void)parse_surrogate(surrogate_bytes(corrected_surrogate(model, offsets))));
}

TEST(Drift, SettingsThatCannotBeAreRefused) {
  const SurrogateModel model = four_patterns();
  Fab fab;
  fab.wafers = 2;
  const auto stream = measured(model, fab, 1);
  const auto code = [&](const SurrogateModel& m, const DriftSettings& s, const OutlierSettings& o) {
    try {
      (void)track_drift(m, stream, s, o);
    } catch (const Error& error) {
      return error.id();
    }
    return std::string("accepted");
  };
  DriftSettings s;
  s.dose_prior_percent = 0;
  EXPECT_EQ(code(model, s, {}), "DRF-0001");
  s = {};
  s.focus_walk_nm = std::nan("");
  EXPECT_EQ(code(model, s, {}), "DRF-0001");
  EXPECT_EQ(code(model, {}, {0, 3}), "DRF-0003");
  EXPECT_EQ(code(model, {}, {0.01, 1}), "DRF-0004");
  SurrogateModel blind = model;
  blind.inputs[0].name = "z9_nm";
  EXPECT_EQ(code(blind, {}, {}), "DRF-0002");
  EXPECT_EQ(code(model, {}, {}), "accepted");
}

}  // namespace
}  // namespace anamorph
