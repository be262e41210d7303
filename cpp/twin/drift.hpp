// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cpp/twin/drift_filter.hpp"
#include "cpp/twin/surrogate_model.hpp"

namespace anamorph {

struct OutlierSettings {
  double level = 1e-3;  ///< share of good measurements that the test rejects
  int step_after = 3;   ///< times (wafers, ...) that a change must have lasted to be taken for a step
};

/// What became of one measurement.
struct DriftUpdate {
  CdMeasurement measurement;
  CdPrediction predicted;  ///< before it was taken in
  bool rejected = false;
  bool step = false;     ///< dose and focus were taken to have jumped before it
  OffsetEstimate after;  ///< with it, or without it when it was rejected
  [[nodiscard]] double innovation_nm() const noexcept { return measurement.cd_nm - predicted.cd_nm; }
  /// In standard uncertainties of what was expected.
  [[nodiscard]] double normalised() const noexcept { return innovation_nm() / predicted.u_nm; }
};

/// Something that the reader of the offsets must know.
struct DriftFinding {
  std::string id;  ///< "DRF-0010"
  std::string text;
};

struct DriftResult {
  std::vector<DriftUpdate> updates;
  OffsetEstimate last;
  std::vector<FocusMode> focus_modes;                ///< one, or two that cannot be told apart
  std::map<std::size_t, CdPrediction> gauge_biases;  ///< lasting difference of measured from modelled CD, by gauge
  std::size_t rejected = 0;
  std::vector<std::size_t> steps;  ///< updates before which a step was found
  double mean_square = 0;          ///< of the normalised innovations of accepted measurements; 1 when all is as stated
  double outlier_gate = 0;         ///< a normalised innovation beyond this is rejected
  std::vector<DriftFinding> findings;
};

/// Goes through a stream of measurements (`at` must not fall). A measurement is rejected when the square of its
/// normalised innovation is over the chi-square quantile of the level. When the last `step_after` times together are
/// less likely than the level, a second filter goes through them with dose and focus as free as a step may make them
/// (generalised likelihood ratio: Willsky, Jones, IEEE Trans. Autom. Control 21, 108 (1976)): if that makes them 1 /
/// level times as likely, there was a step. A gauge that alone is off does not become likely by that, and stays
/// rejected. Throws Error{recipe} for settings that cannot be, Error{input} for a model without focus.
[[nodiscard]] DriftResult track_drift(const SurrogateModel& model, const std::vector<CdMeasurement>& stream,
                                      const DriftSettings& settings, const OutlierSettings& outliers);

/// The model of the scanner as it stands: it gives for commanded dose and focus what the given one gives for the true
/// ones. Exact, but for the uncertainties of the offsets, which join those of dose and focus.
[[nodiscard]] SurrogateModel corrected_surrogate(const SurrogateModel& model, const OffsetEstimate& offsets);

/// Probability that a normal quantity is as far from zero by chance, to both sides.
[[nodiscard]] double chance(double value, double uncertainty);

}  // namespace anamorph
