// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "cpp/twin/surrogate_model.hpp"

// Where a scanner really stands, from what it prints; see docs/theory/drift.md.

namespace anamorph {

/// What is known beforehand of the offsets, and how fast they may change. Standard deviations; the unit of time is that
/// of the measurements (a wafer, an hour, ...). Dose offsets are percent of the commanded dose.
struct DriftSettings {
  double dose_prior_percent = 1;  ///< of the offsets at the first measurement, around 0
  double focus_prior_nm = 20;
  double dose_walk_percent = 0.02;  ///< random walk of an offset: after n units it has gone this times sqrt(n)
  double focus_walk_nm = 0.2;
  bool rates = true;                     ///< the offsets also drift steadily, at rates to be found
  double dose_rate_prior_percent = 0.1;  ///< of a rate, per unit, around 0
  double focus_rate_prior_nm = 1;
  double dose_rate_walk_percent = 0;  ///< random walk of a rate
  double focus_rate_walk_nm = 0;
  double cd_u_nm = 0.3;  ///< of a measured CD that does not state its own
  double gauge_bias_nm =
      0;  ///< of a lasting difference between metrology and model at a gauge, besides the model's error
  double dose_step_percent = 0;  ///< size of a sudden change; 0: a quarter of the model's range
  double focus_step_nm = 0;
};

/// One measured width.
struct CdMeasurement {
  double at = 0;  ///< place in the stream: wafers, hours, ...
  std::size_t gauge = 0;
  double cd_nm = 0;
  double u_nm = 0;         ///< standard uncertainty
  double dose_mj_cm2 = 0;  ///< as commanded
  double focus_nm = 0;
  int line = 0;  ///< in its file
};

/// What is known of the offsets at one time. `u_`: standard uncertainties.
struct OffsetEstimate {
  double dose_percent = 0, u_dose_percent = 0;
  double focus_nm = 0, u_focus_nm = 0;
  double correlation = 0;                                 ///< of dose and focus
  double dose_rate_percent = 0, u_dose_rate_percent = 0;  ///< per unit of time; 0 without rates
  double focus_rate_nm = 0, u_focus_rate_nm = 0;
};

/// Focus offsets that explain the measurements alike: sides of best focus.
struct FocusMode {
  double focus_nm = 0, u_focus_nm = 0;
  double probability = 0;
};

/// What a measurement should be.
struct CdPrediction {
  double cd_nm = 0;  ///< NaN where the model prints nothing
  double u_nm = 0;   ///< of the measured value: offsets, model, metrology
};

/// A Gaussian-sum filter of second-order divided differences (Norgaard, Poulsen, Ravn, Automatica 36, 1627 (2000);
/// Alspach, Sorenson, IEEE Trans. Autom. Control 17, 439 (1972)). The state holds dose and focus offset, their rates,
/// every other input of the model that is uncertain, and a lasting CD difference of each gauge: what is uncertain but
/// does not change is no noise, and does not average out.
///
/// The CD is even in focus around a gauge's best focus. A Gaussian that is too wide for its parabola is split along
/// focus into narrower ones, which then go their own ways; they are joined again where they have become one.
class DriftFilter {
 public:
  /// `gauges`: those that will be measured. Throws Error{input} for a model without the input focus_nm, Error{recipe}
  /// for settings that are not finite, negative, or no uncertainty where there must be one.
  DriftFilter(const SurrogateModel& model, const DriftSettings& settings, const std::vector<std::size_t>& gauges);

  /// Time passes.
  void advance(double units);

  /// Looks at a measurement.
  [[nodiscard]] CdPrediction predict(const CdMeasurement& measurement);
  /// Takes in the measurement that predict() has looked at last, and whose prediction is a number.
  void accept();

  /// Dose and focus may have jumped.
  void widen();

  [[nodiscard]] OffsetEstimate estimate() const;
  /// One, or the two sides that cannot be told apart by now.
  [[nodiscard]] std::vector<FocusMode> focus_modes() const;
  /// The lasting difference of a measured CD from the model's at a gauge, and its standard uncertainty.
  [[nodiscard]] CdPrediction gauge_bias(std::size_t gauge) const;
  [[nodiscard]] std::size_t components() const noexcept { return components_.size(); }

 private:
  /// One Gaussian of the sum.
  struct Component {
    double weight = 1;
    std::vector<double> mean;
    std::vector<double> covariance;  ///< symmetric, row by row
  };
  /// The CD as a component sees it: mean, covariance with the state, variance, and how much of it is the parabola of
  /// focus.
  struct View {
    double mean = 0;
    std::vector<double> covariance;
    double variance = 0;
    double curved = 0;
  };

  [[nodiscard]] double& cov(Component& c, std::size_t i, std::size_t j) const { return c.covariance[i * size_ + j]; }
  [[nodiscard]] double cov(const Component& c, std::size_t i, std::size_t j) const {
    return c.covariance[i * size_ + j];
  }
  [[nodiscard]] double cd_of(const CdMeasurement& m, const std::vector<double>& state) const;
  [[nodiscard]] std::optional<View> view(const Component& component, const CdMeasurement& m) const;
  [[nodiscard]] std::vector<Component> split(const Component& whole) const;
  void join(Component& a, const Component& b) const;
  [[nodiscard]] double joining_cost(const Component& a, const Component& b) const;
  void reduce();

  const SurrogateModel* model_;
  DriftSettings settings_;
  std::size_t size_ = 0;
  std::vector<std::size_t> input_at_;  ///< place of each input of the model in the state; size_: not in it
  std::vector<std::size_t> curved_;    ///< places in which the CD is not linear, focus first
  std::vector<std::size_t> bias_at_;   ///< by gauge; size_: not measured
  std::vector<Component> components_;
  double measured_nm_ = 0;                  ///< looked at last
  std::vector<std::optional<View>> views_;  ///< of it, by component
};

}  // namespace anamorph
