// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/drift.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <deque>
#include <numbers>
#include <set>
#include <span>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr double seen_share = 0.7;  // of its prior uncertainty above which focus has not been seen

std::string text(double value, int decimals) {
  char out[64];
  std::snprintf(out, sizeof out, "%.*f", decimals, value);
  return out;
}

/// The place that a normal quantity leaves, to both sides, with probability `level`: bisection on erfc.
double gate_of(double level) {
  double low = 0, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (chance(middle, 1) > level ? low : high) = middle;
  }
  return (low + high) / 2;
}

/// One measurement seen by a filter at its time.
DriftUpdate step_filter(DriftFilter& filter, const CdMeasurement& measurement, double gate) {
  DriftUpdate update;
  update.measurement = measurement;
  update.predicted = filter.predict(measurement);
  update.rejected = !(std::abs(update.normalised()) <= gate);
  if (!update.rejected) filter.accept();
  update.after = filter.estimate();
  return update;
}

/// Quantile of the chi-square distribution that is exceeded with probability `level` (Wilson, Hilferty, PNAS 17, 684
/// (1931)).
double chi_square(std::size_t freedom, double level) {
  const double n = static_cast<double>(freedom), normal = gate_of(2 * level), c = 2 / (9 * n);
  return n * std::pow(1 - c + normal * std::sqrt(c), 3);
}

class Tracker {
 public:
  Tracker(const SurrogateModel& model, const std::vector<CdMeasurement>& stream, const DriftSettings& settings,
          const OutlierSettings& outliers, double gate)
      : stream_(stream), outliers_(outliers), gate_(gate), filter_(model, settings, gauges_of(stream)) {}

  void run() {
    for (std::size_t i = 0; i < stream_.size(); ++i) {
      const bool new_time = i == 0 || stream_[i].at > stream_[i - 1].at;
      if (new_time) {
        if (i > 0) filter_.advance(stream_[i].at - stream_[i - 1].at);
        starts_.push_back({i, filter_});
        if (starts_.size() > static_cast<std::size_t>(outliers_.step_after)) starts_.pop_front();
      }
      updates_.push_back(step_filter(filter_, stream_[i], gate_));
      const bool last_of_time = i + 1 == stream_.size() || stream_[i + 1].at > stream_[i].at;
      if (last_of_time && starts_.size() == static_cast<std::size_t>(outliers_.step_after)) look_for_step();
    }
  }

  [[nodiscard]] const DriftFilter& filter() const { return filter_; }
  [[nodiscard]] std::vector<DriftUpdate>& updates() { return updates_; }

  [[nodiscard]] static std::vector<std::size_t> gauges_of(const std::vector<CdMeasurement>& stream) {
    std::set<std::size_t> gauges;
    for (const CdMeasurement& m : stream) gauges.insert(m.gauge);
    return {gauges.begin(), gauges.end()};
  }

 private:
  /// The filter before the first measurement of a time.
  struct Start {
    std::size_t first;
    DriftFilter before;
  };

  /// Square of a normalised innovation; what is rejected counts as on the gate.
  [[nodiscard]] double square(const DriftUpdate& update) const {
    return update.rejected ? gate_ * gate_ : update.normalised() * update.normalised();
  }

  /// Logarithm of the likelihood of what was measured, but for a constant.
  [[nodiscard]] double likelihood(std::span<const DriftUpdate> updates) const {
    double sum = 0;
    for (const DriftUpdate& u : updates)
      sum -= square(u) / 2 + std::log(std::isnan(u.predicted.u_nm) ? u.measurement.u_nm : u.predicted.u_nm);
    return sum;
  }

  /// What a step at one of the last times would have made of the measurements since then.
  struct Trial {
    DriftFilter filter;
    std::vector<DriftUpdate> updates;
    double gain = 0;  ///< of the logarithm of the likelihood
  };

  [[nodiscard]] Trial try_step(const Start& start) const {
    Trial trial{start.before, {}, 0};
    trial.filter.widen();
    for (std::size_t i = start.first; i < updates_.size(); ++i) {
      if (i > start.first) trial.filter.advance(stream_[i].at - stream_[i - 1].at);
      trial.updates.push_back(step_filter(trial.filter, stream_[i], gate_));
    }
    trial.gain = likelihood(trial.updates) - likelihood(std::span(updates_).subspan(start.first));
    return trial;
  }

  void look_for_step() {
    const std::size_t first = starts_.front().first;
    double squares = 0;
    for (std::size_t i = first; i < updates_.size(); ++i) squares += square(updates_[i]);
    if (squares < chi_square(updates_.size() - first, outliers_.level)) return;
    Trial trial = try_step(starts_.front());
    if (trial.gain < -std::log(outliers_.level)) return;
    // If it came later, it has not lasted long enough by now.
    for (std::size_t later = 1; later < starts_.size(); ++later)
      if (try_step(starts_[later]).gain > trial.gain) return;
    trial.updates.front().step = true;
    std::copy(trial.updates.begin(), trial.updates.end(), updates_.begin() + static_cast<std::ptrdiff_t>(first));
    filter_ = std::move(trial.filter);
    starts_.clear();
  }

  const std::vector<CdMeasurement>& stream_;
  OutlierSettings outliers_;
  double gate_;
  DriftFilter filter_;
  std::vector<DriftUpdate> updates_;
  std::deque<Start> starts_;  ///< of the last times
};

// ---------------------------------------------------------------------------------------------------------------------
// Findings

/// The longest run of rejections of each gauge: from which update, and how many.
struct Run {
  std::size_t first = 0;
  int count = 0;
};

std::map<std::size_t, Run> longest_runs(const std::vector<DriftUpdate>& updates) {
  std::map<std::size_t, Run> now, longest;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    Run& run = now[updates[i].measurement.gauge];
    if (!updates[i].rejected) {
      run.count = 0;
      continue;
    }
    if (run.count++ == 0) run.first = i;
    Run& most = longest[updates[i].measurement.gauge];
    if (run.count > most.count) most = run;
  }
  return longest;
}

void find_gauges_apart(const SurrogateModel& model, const OutlierSettings& outliers, DriftResult& result) {
  for (const auto& [gauge, run] : longest_runs(result.updates)) {
    if (run.count < 2 * outliers.step_after) continue;
    result.findings.push_back(
        {"DRF-0010",
         "gauge " + model.gauges[gauge].name + " was rejected " + std::to_string(run.count) +
             " times in a row from line " + std::to_string(result.updates[run.first].measurement.line) +
             " on, and no dose and focus explain it together with the others: look at its metrology and mask"});
  }
}

void find_focus_side(const DriftSettings& settings, DriftResult& result) {
  if (result.focus_modes.size() == 2) {
    const auto side = [](const FocusMode& mode) {
      return text(mode.focus_nm, 1) + " +- " + text(mode.u_focus_nm, 1) + " nm (" + text(100 * mode.probability, 0) +
             " %)";
    };
    result.findings.push_back(
        {"DRF-0011", "the sign of the focus offset cannot be known from these CDs: " + side(result.focus_modes[0]) +
                         " and " + side(result.focus_modes[1]) +
                         " explain them; needed are gauges with different best focus, or wafers exposed on purpose "
                         "at different focus"});
  } else if (result.last.u_focus_nm > seen_share * settings.focus_prior_nm) {
    result.findings.push_back(
        {"DRF-0012", "these CDs say little of focus: its offset is known to " + text(result.last.u_focus_nm, 1) +
                         " nm, after " + text(settings.focus_prior_nm, 1) +
                         " nm before the first of them; near best focus a CD does not depend on focus"});
  }
}

void find_wrong_noise(DriftResult& result) {
  const auto accepted = static_cast<double>(result.updates.size() - result.rejected);
  if (accepted < 20) return;
  const double spread = std::sqrt(2 / accepted);  // of the mean of that many squares
  if (std::abs(result.mean_square - 1) <= 4 * spread) return;
  const bool large = result.mean_square > 1;
  result.findings.push_back({"DRF-0013", "the CDs scatter " + std::string(large ? "more" : "less") +
                                             " than stated: the mean square of the " + "normalised innovations is " +
                                             text(result.mean_square, 2) + ", expected 1 +- " + text(spread, 2) +
                                             "; uncertainties of measurement or random walks are stated too " +
                                             (large ? "small" : "large")});
}

void find_out_of_range(const SurrogateModel& model, DriftResult& result) {
  const auto& focus = *std::find_if(model.inputs.begin(), model.inputs.end(),
                                    [](const SurrogateInput& input) { return input.name == "focus_nm"; });
  for (const DriftUpdate& update : result.updates) {
    const double z = update.measurement.focus_nm + update.after.focus_nm;
    const double dose = update.measurement.dose_mj_cm2 * (1 + update.after.dose_percent / 100);
    const bool out_of_focus = z < focus.low || z > focus.high;
    if (!out_of_focus && dose >= model.dose_low_mj_cm2 && dose <= model.dose_high_mj_cm2) continue;
    result.findings.push_back(
        {"DRF-0014", "from line " + std::to_string(update.measurement.line) + " on the " +
                         (out_of_focus ? "focus of " + text(z, 1) + " nm" : "dose of " + text(dose, 2) + " mJ/cm2") +
                         " that was found lies outside the range of the model; export it with a wider one"});
    return;
  }
}

}  // namespace

double chance(double value, double uncertainty) {
  return std::erfc(std::abs(value) / (uncertainty * std::numbers::sqrt2));
}

DriftResult track_drift(const SurrogateModel& model, const std::vector<CdMeasurement>& stream,
                        const DriftSettings& settings, const OutlierSettings& outliers) {
  if (!(outliers.level > 0 && outliers.level < 1))
    throw Error(ErrorCode::recipe, "DRF-0003", "the level of the outlier test is not between 0 and 1");
  if (outliers.step_after < 2)
    throw Error(ErrorCode::recipe, "DRF-0004", "a change must last twice at the least to be a step");
  DriftResult result;
  result.outlier_gate = gate_of(outliers.level);
  Tracker tracker(model, stream, settings, outliers, result.outlier_gate);
  tracker.run();
  result.updates = std::move(tracker.updates());
  result.last = tracker.filter().estimate();
  result.focus_modes = tracker.filter().focus_modes();
  for (const std::size_t gauge : Tracker::gauges_of(stream))
    result.gauge_biases[gauge] = tracker.filter().gauge_bias(gauge);
  for (std::size_t i = 0; i < result.updates.size(); ++i) {
    const DriftUpdate& update = result.updates[i];
    if (update.step) result.steps.push_back(i);
    if (update.rejected)
      ++result.rejected;
    else
      result.mean_square += update.normalised() * update.normalised();
  }
  if (result.updates.size() > result.rejected)
    result.mean_square /= static_cast<double>(result.updates.size() - result.rejected);

  find_gauges_apart(model, outliers, result);
  find_focus_side(settings, result);
  find_wrong_noise(result);
  find_out_of_range(model, result);
  return result;
}

SurrogateModel corrected_surrogate(const SurrogateModel& model, const OffsetEstimate& offsets) {
  SurrogateModel corrected = model;
  // A dose is a scale: what the scanner does to it, a threshold does as well.
  const double scale = 1 + offsets.dose_percent / 100;
  corrected.threshold /= scale;
  corrected.dose_low_mj_cm2 /= scale;
  corrected.dose_high_mj_cm2 /= scale;
  corrected.dose_low_mj_cm2 = std::min(corrected.dose_low_mj_cm2, model.nominal_dose_mj_cm2);
  corrected.dose_high_mj_cm2 = std::max(corrected.dose_high_mj_cm2, model.nominal_dose_mj_cm2);
  corrected.dose_uncertainty_mj_cm2 =
      std::hypot(model.dose_uncertainty_mj_cm2, offsets.u_dose_percent / 100 * model.nominal_dose_mj_cm2);
  for (SurrogateInput& input : corrected.inputs) {
    if (input.name != "focus_nm") continue;
    input.low -= offsets.focus_nm;
    input.high -= offsets.focus_nm;
    input.nominal = std::clamp(input.nominal, input.low, input.high);
    input.uncertainty = std::hypot(input.uncertainty, offsets.u_focus_nm);
  }
  return corrected;
}

}  // namespace anamorph
