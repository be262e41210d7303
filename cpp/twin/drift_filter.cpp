// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/drift_filter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t dose = 0, focus = 1, dose_rate = 2, focus_rate = 3;  // places in the state

constexpr double too_curved = 0.1;  // a parabola's share of the other noise above which a Gaussian is split
constexpr std::size_t most_components = 60;
constexpr double least_weight = 1e-9;
constexpr double joined_at = 1e-4;  // the information that joining two components loses, at most
constexpr double valley = 0.5;      // of the lesser of two peaks: sides are apart when the density falls below it
constexpr double least_side = 0.01;

void check(double value, bool zero_too, const std::string& what) {
  if (std::isfinite(value) && (value > 0 || (zero_too && value == 0))) return;
  throw Error(ErrorCode::recipe, "DRF-0001",
              what + " is " + std::to_string(value) + "; expected a number " + (zero_too ? ">= 0" : "> 0"));
}

void check(const DriftSettings& s) {
  check(s.dose_prior_percent, false, "the dose offset's prior uncertainty");
  check(s.focus_prior_nm, false, "the focus offset's prior uncertainty");
  check(s.dose_walk_percent, true, "the dose offset's random walk");
  check(s.focus_walk_nm, true, "the focus offset's random walk");
  check(s.dose_rate_prior_percent, true, "the dose rate's prior uncertainty");
  check(s.focus_rate_prior_nm, true, "the focus rate's prior uncertainty");
  check(s.dose_rate_walk_percent, true, "the dose rate's random walk");
  check(s.focus_rate_walk_nm, true, "the focus rate's random walk");
  check(s.gauge_bias_nm, true, "the uncertainty of a gauge's lasting difference");
  check(s.dose_step_percent, true, "the size of a step of dose");
  check(s.focus_step_nm, true, "the size of a step of focus");
}

}  // namespace

DriftFilter::DriftFilter(const SurrogateModel& model, const DriftSettings& settings,
                         const std::vector<std::size_t>& gauges)
    : model_(&model), settings_(settings) {
  check(settings);
  const auto named = std::find_if(model.inputs.begin(), model.inputs.end(),
                                  [](const SurrogateInput& input) { return input.name == "focus_nm"; });
  if (named == model.inputs.end())
    throw Error(ErrorCode::input, "DRF-0002", "the model has no input focus_nm: nothing can be said of focus");
  const auto focus_input = static_cast<std::size_t>(named - model.inputs.begin());
  if (settings_.dose_step_percent == 0)
    settings_.dose_step_percent = 25 * (model.dose_high_mj_cm2 - model.dose_low_mj_cm2) / model.nominal_dose_mj_cm2;
  if (settings_.focus_step_nm == 0) settings_.focus_step_nm = (named->high - named->low) / 4;

  std::vector<double> u{settings.dose_prior_percent, settings.focus_prior_nm};
  if (settings.rates) u.insert(u.end(), {settings.dose_rate_prior_percent, settings.focus_rate_prior_nm});
  curved_ = {focus, dose};
  input_at_.assign(model.inputs.size(), std::numeric_limits<std::size_t>::max());
  input_at_[focus_input] = focus;
  for (std::size_t i = 0; i < model.inputs.size(); ++i) {
    if (i == focus_input || !(model.inputs[i].uncertainty > 0)) continue;
    input_at_[i] = u.size();
    curved_.push_back(u.size());
    u.push_back(model.inputs[i].uncertainty);
  }
  bias_at_.assign(model.gauges.size(), std::numeric_limits<std::size_t>::max());
  for (const std::size_t g : gauges) {
    bias_at_[g] = u.size();
    u.push_back(std::hypot(model.gauges[g].cd_error_nm, settings.gauge_bias_nm));
  }
  size_ = u.size();
  Component& first = components_.emplace_back();
  first.mean.assign(size_, 0);
  first.covariance.assign(size_ * size_, 0);
  for (std::size_t i = 0; i < size_; ++i) cov(first, i, i) = u[i] * u[i];
}

void DriftFilter::advance(double units) {
  if (!(units > 0)) return;
  const double rate_walk[] = {settings_.dose_rate_walk_percent, settings_.focus_rate_walk_nm};
  const double walk[] = {settings_.dose_walk_percent, settings_.focus_walk_nm};
  for (Component& c : components_)
    for (const std::size_t offset : {dose, focus}) {
      cov(c, offset, offset) += walk[offset] * walk[offset] * units;
      if (!settings_.rates) continue;
      // x' = x + rate t, and the integral of the rate's own walk.
      const std::size_t rate = offset == dose ? dose_rate : focus_rate;
      c.mean[offset] += units * c.mean[rate];
      for (std::size_t j = 0; j < size_; ++j) cov(c, offset, j) += units * cov(c, rate, j);
      for (std::size_t j = 0; j < size_; ++j) cov(c, j, offset) += units * cov(c, j, rate);
      const double q = rate_walk[offset] * rate_walk[offset];
      cov(c, offset, offset) += q * units * units * units / 3;
      cov(c, offset, rate) += q * units * units / 2;
      cov(c, rate, offset) += q * units * units / 2;
      cov(c, rate, rate) += q * units;
    }
}

double DriftFilter::cd_of(const CdMeasurement& m, const std::vector<double>& state) const {
  std::vector<double> inputs;
  for (std::size_t i = 0; i < model_->inputs.size(); ++i) {
    const std::size_t at = input_at_[i];
    inputs.push_back(at == focus ? m.focus_nm : model_->inputs[i].nominal);
    if (at < size_) inputs.back() += state[at];
  }
  return read_surrogate(*model_, m.gauge, m.dose_mj_cm2 * (1 + state[dose] / 100), surrogate_terms(*model_, inputs))
      .cd_nm;
}

std::optional<DriftFilter::View> DriftFilter::view(const Component& c, const CdMeasurement& m) const {
  const double middle = cd_of(m, c.mean);
  if (!std::isfinite(middle)) return std::nullopt;

  // Columns of the root of the covariance of what the CD is not linear in.
  const std::size_t n = curved_.size();
  std::vector<double> root(n * n, 0);
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = j; i < n; ++i) {
      double rest = cov(c, curved_[i], curved_[j]);
      for (std::size_t k = 0; k < j; ++k) rest -= root[i * n + k] * root[j * n + k];
      if (i == j)
        root[j * n + j] = rest > 1e-12 * cov(c, curved_[j], curved_[j]) ? std::sqrt(rest) : 0;
      else if (root[j * n + j] > 0)
        root[i * n + j] = rest / root[j * n + j];
    }

  // Slope and curvature along each of them, from steps of sqrt(3) deviations, or less where the feature is lost.
  View seen;
  seen.mean = middle;
  std::vector<double> slope(n, 0), moved;
  for (std::size_t j = 0; j < n; ++j) {
    if (root[j * n + j] == 0) continue;
    double step = std::numbers::sqrt3, low = unknown, high = unknown;
    for (int halved = 0; halved < 4 && !(std::isfinite(low) && std::isfinite(high)); ++halved, step /= 2) {
      const auto at = [&](double times) {
        moved = c.mean;
        for (std::size_t i = j; i < n; ++i) moved[curved_[i]] += times * root[i * n + j];
        return cd_of(m, moved);
      };
      low = at(-step);
      high = at(step);
    }
    step *= 2;
    if (!std::isfinite(low) || !std::isfinite(high)) return std::nullopt;
    const double curvature = (high - 2 * middle + low) / (step * step);
    slope[j] = (high - low) / (2 * step);
    seen.mean += curvature / 2;
    seen.variance += slope[j] * slope[j] + curvature * curvature / 2;
    if (j == 0) seen.curved = curvature * curvature / 2;
  }

  // Slopes by state, and with them the covariance of the CD with everything.
  std::vector<double> gradient(n, 0);
  for (std::size_t i = n; i-- > 0;) {
    if (root[i * n + i] == 0) continue;
    double rest = slope[i];
    for (std::size_t k = i + 1; k < n; ++k) rest -= root[k * n + i] * gradient[k];
    gradient[i] = rest / root[i * n + i];
  }
  const std::size_t bias = bias_at_[m.gauge];
  seen.covariance.assign(size_, 0);
  for (std::size_t i = 0; i < size_; ++i) {
    for (std::size_t k = 0; k < n; ++k) seen.covariance[i] += cov(c, i, curved_[k]) * gradient[k];
    seen.covariance[i] += cov(c, i, bias);
  }
  seen.mean += c.mean[bias];
  seen.variance += cov(c, bias, bias) + m.u_nm * m.u_nm;
  for (std::size_t k = 0; k < n; ++k) seen.variance += 2 * gradient[k] * cov(c, curved_[k], bias);
  return seen;
}

CdPrediction DriftFilter::predict(const CdMeasurement& m) {
  measured_nm_ = m.cd_nm;
  views_.clear();
  for (std::size_t i = 0; i < components_.size();) {
    std::optional<View> seen = view(components_[i], m);
    const double noise = m.u_nm * m.u_nm + cov(components_[i], bias_at_[m.gauge], bias_at_[m.gauge]);
    if (seen && seen->curved > too_curved * noise && components_.size() < most_components) {
      std::vector<Component> parts = split(components_[i]);
      components_[i] = std::move(parts.back());
      parts.pop_back();
      components_.insert(components_.end(), parts.begin(), parts.end());
      continue;
    }
    views_.push_back(std::move(seen));
    ++i;
  }
  double weight = 0, mean = 0, square = 0;
  for (std::size_t i = 0; i < components_.size(); ++i) {
    if (!views_[i]) continue;
    weight += components_[i].weight;
    mean += components_[i].weight * views_[i]->mean;
  }
  if (!(weight > 0)) return {unknown, unknown};
  mean /= weight;
  for (std::size_t i = 0; i < components_.size(); ++i)
    if (views_[i])
      square += components_[i].weight * (views_[i]->variance + (views_[i]->mean - mean) * (views_[i]->mean - mean));
  return {mean, std::sqrt(square / weight)};
}

void DriftFilter::accept() {
  std::vector<double> likelihood(components_.size(), -std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < components_.size(); ++i) {
    if (!views_[i]) continue;
    Component& c = components_[i];
    const View& seen = *views_[i];
    const double innovation = measured_nm_ - seen.mean;
    likelihood[i] = -0.5 * (innovation * innovation / seen.variance + std::log(seen.variance));
    for (std::size_t a = 0; a < size_; ++a) {
      const double gain = seen.covariance[a] / seen.variance;
      c.mean[a] += gain * innovation;
      for (std::size_t b = 0; b < size_; ++b) cov(c, a, b) -= gain * seen.covariance[b];
    }
  }
  const double best = *std::max_element(likelihood.begin(), likelihood.end());
  for (std::size_t i = 0; i < components_.size(); ++i) components_[i].weight *= std::exp(likelihood[i] - best);
  reduce();
}

void DriftFilter::widen() {
  for (Component& c : components_) {
    cov(c, dose, dose) += settings_.dose_step_percent * settings_.dose_step_percent;
    cov(c, focus, focus) += settings_.focus_step_nm * settings_.focus_step_nm;
  }
  reduce();
}

/// The same mean and covariance in seven Gaussians side by side along focus, and along what is correlated with it: the
/// Gaussian is that of the places and of the parts, which are a little wider than their distance.
std::vector<DriftFilter::Component> DriftFilter::split(const Component& whole) const {
  constexpr int side = 3;
  constexpr double distance = 0.75;
  double weights[2 * side + 1], sum = 0, spread = 0;
  for (int i = -side; i <= side; ++i) sum += weights[i + side] = std::exp(-distance * distance * i * i / 1.5);
  for (int i = -side; i <= side; ++i) spread += weights[i + side] / sum * distance * distance * i * i;
  const double deviation = std::sqrt(cov(whole, focus, focus));
  std::vector<Component> parts;
  for (int i = -side; i <= side; ++i) {
    Component& part = parts.emplace_back(whole);
    part.weight *= weights[i + side] / sum;
    for (std::size_t a = 0; a < size_; ++a) {
      part.mean[a] += i * distance * cov(whole, a, focus) / deviation;
      for (std::size_t b = 0; b < size_; ++b)
        cov(part, a, b) -= spread * cov(whole, a, focus) * cov(whole, b, focus) / (deviation * deviation);
    }
  }
  return parts;
}

void DriftFilter::join(Component& a, const Component& b) const {
  const double weight = a.weight + b.weight, of_a = a.weight / weight, of_b = b.weight / weight;
  for (std::size_t i = 0; i < size_; ++i)
    for (std::size_t j = 0; j < size_; ++j)
      cov(a, i, j) =
          of_a * cov(a, i, j) + of_b * cov(b, i, j) + of_a * of_b * (a.mean[i] - b.mean[i]) * (a.mean[j] - b.mean[j]);
  for (std::size_t i = 0; i < size_; ++i) a.mean[i] = of_a * a.mean[i] + of_b * b.mean[i];
  a.weight = weight;
}

/// Bound of the information that is lost when two are joined, seen in dose and focus (Runnalls, IEEE Trans. Aerosp.
/// Electron. Syst. 43, 989 (2007), eq. 21).
double DriftFilter::joining_cost(const Component& a, const Component& b) const {
  const double weight = a.weight + b.weight, of_a = a.weight / weight, of_b = b.weight / weight;
  const auto determinant = [](double dd, double df, double ff) {
    return std::max(dd * ff - df * df, std::numeric_limits<double>::min());
  };
  const auto own = [&](const Component& c) {
    return determinant(cov(c, dose, dose), cov(c, dose, focus), cov(c, focus, focus));
  };
  const double d = a.mean[dose] - b.mean[dose], f = a.mean[focus] - b.mean[focus];
  const auto mixed = [&](std::size_t i, std::size_t j, double apart) {
    return of_a * cov(a, i, j) + of_b * cov(b, i, j) + of_a * of_b * apart;
  };
  const double joined = determinant(mixed(dose, dose, d * d), mixed(dose, focus, d * f), mixed(focus, focus, f * f));
  return 0.5 * (weight * std::log(joined) - a.weight * std::log(own(a)) - b.weight * std::log(own(b)));
}

void DriftFilter::reduce() {
  double sum = 0;
  for (const Component& c : components_) sum += c.weight;
  std::erase_if(components_, [&](const Component& c) { return !(c.weight > least_weight * sum); });
  sum = 0;
  for (const Component& c : components_) sum += c.weight;
  for (Component& c : components_) c.weight /= sum;
  // Neighbours that are as good as one; then, if there are too many still, the pairs that lose least.
  for (std::size_t i = 0; i < components_.size(); ++i)
    for (std::size_t j = i + 1; j < components_.size();) {
      if (joining_cost(components_[i], components_[j]) < joined_at) {
        join(components_[i], components_[j]);
        components_.erase(components_.begin() + static_cast<std::ptrdiff_t>(j));
      } else {
        ++j;
      }
    }
  while (components_.size() > most_components / 2) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t first = 0, second = 1;
    for (std::size_t i = 0; i < components_.size(); ++i)
      for (std::size_t j = i + 1; j < components_.size(); ++j)
        if (const double cost = joining_cost(components_[i], components_[j]); cost < least) {
          least = cost;
          first = i;
          second = j;
        }
    join(components_[first], components_[second]);
    components_.erase(components_.begin() + static_cast<std::ptrdiff_t>(second));
  }
}

OffsetEstimate DriftFilter::estimate() const {
  Component all = components_.front();
  for (std::size_t i = 1; i < components_.size(); ++i) join(all, components_[i]);
  const auto u = [&](std::size_t i) { return std::sqrt(std::max(0.0, cov(all, i, i))); };
  OffsetEstimate found{all.mean[dose], u(dose), all.mean[focus], u(focus), 0, 0, 0, 0, 0};
  found.correlation = cov(all, dose, focus) / (u(dose) * u(focus));
  if (settings_.rates) {
    found.dose_rate_percent = all.mean[dose_rate];
    found.u_dose_rate_percent = u(dose_rate);
    found.focus_rate_nm = all.mean[focus_rate];
    found.u_focus_rate_nm = u(focus_rate);
  }
  return found;
}

std::vector<FocusMode> DriftFilter::focus_modes() const {
  double low = std::numeric_limits<double>::infinity(), high = -low, narrowest = low;
  for (const Component& c : components_) {
    const double u = std::sqrt(cov(c, focus, focus));
    low = std::min(low, c.mean[focus] - 5 * u);
    high = std::max(high, c.mean[focus] + 5 * u);
    narrowest = std::min(narrowest, u);
  }
  const auto count = static_cast<std::size_t>(std::clamp((high - low) / (narrowest / 4), 40.0, 20000.0));
  std::vector<double> place(count), density(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    place[i] = low + (high - low) * static_cast<double>(i) / static_cast<double>(count - 1);
    for (const Component& c : components_) {
      const double variance = cov(c, focus, focus), d = place[i] - c.mean[focus];
      density[i] += c.weight * std::exp(-d * d / (2 * variance)) / std::sqrt(variance);
    }
  }
  // The deepest valley between two peaks.
  std::vector<double> peak_after(density);
  for (std::size_t i = count - 1; i-- > 0;) peak_after[i] = std::max(peak_after[i], peak_after[i + 1]);
  std::size_t border = 0;
  double deepest = valley, peak_before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    peak_before = std::max(peak_before, density[i]);
    const double depth = density[i] / std::min(peak_before, peak_after[i]);
    if (depth < deepest) {
      deepest = depth;
      border = i;
    }
  }
  const auto between = [&](std::size_t first, std::size_t last) {
    double sum = 0, mean = 0, square = 0;
    for (std::size_t i = first; i < last; ++i) {
      sum += density[i];
      mean += density[i] * place[i];
    }
    mean /= sum;
    for (std::size_t i = first; i < last; ++i) square += density[i] * (place[i] - mean) * (place[i] - mean);
    return FocusMode{mean, std::sqrt(square / sum), sum};
  };
  std::vector<FocusMode> modes{between(0, count)};
  const double all = modes[0].probability;
  if (border > 0) {
    const FocusMode before = between(0, border), after = between(border, count);
    if (std::min(before.probability, after.probability) >= least_side * all) modes = {before, after};
  }
  for (FocusMode& mode : modes) mode.probability /= all;
  return modes;
}

CdPrediction DriftFilter::gauge_bias(std::size_t gauge) const {
  Component all = components_.front();
  for (std::size_t i = 1; i < components_.size(); ++i) join(all, components_[i]);
  const std::size_t at = bias_at_[gauge];
  return {all.mean[at], std::sqrt(std::max(0.0, cov(all, at, at)))};
}

}  // namespace anamorph
