// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/focus_exposure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "cpp/core/parallel.hpp"

namespace anamorph {

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr double samples_per_period = 16;  // of the finest detail; see CutProfile

/// Direction of a cut; exact along the axes, so that such cuts stay rows and columns.
Point direction_of(double angle_deg) {
  const double quarter = angle_deg / 90;
  if (quarter == std::round(quarter)) {
    static constexpr std::array<Point, 4> axes{Point{1, 0}, Point{0, 1}, Point{-1, 0}, Point{0, -1}};
    return axes[static_cast<std::size_t>(((static_cast<int>(quarter) % 4) + 4) % 4)];
  }
  const double angle = angle_deg * std::numbers::pi / 180;
  return {std::cos(angle), std::sin(angle)};
}

CutSamples cut_samples(const Point& at, const Point& direction, double reach_nm, const Box& window, int band_x,
                       int band_y, double per_period) {
  const double frequency =
      std::abs(direction.x) * band_x / window.width() + std::abs(direction.y) * band_y / window.height();
  CutSamples cut;
  cut.step_nm = std::min(reach_nm / 16, frequency > 0 ? 1 / (per_period * frequency) : reach_nm / 16);
  cut.centre = static_cast<int>(std::ceil(reach_nm / cut.step_nm)) + CutProfile::margin + 1;
  cut.line.step = {direction.x * cut.step_nm, direction.y * cut.step_nm};
  cut.line.from = {at.x - cut.centre * cut.line.step.x, at.y - cut.centre * cut.line.step.y};
  cut.line.count = 2 * cut.centre + 1;
  return cut;
}

std::size_t index(MaskVariant variant) { return static_cast<std::size_t>(variant); }

}  // namespace

CutSamples gauge_samples(const Gauge& gauge, double reach_nm, const Box& window, int band_x, int band_y,
                         double per_period) {
  return cut_samples(gauge.at_nm, direction_of(gauge.angle_deg), reach_nm, window, band_x, band_y, per_period);
}

FocusExposure::FocusExposure(FocusExposurePlan plan, FocusNodes nodes, const Box& window, int band_x, int band_y)
    : plan_(std::move(plan)), nodes_(std::move(nodes)) {
  for (const Gauge& g : plan_.gauges)
    gauges_.push_back({gauge_samples(g, 1.25 * g.cd_nm + plan_.reach_nm, window, band_x, band_y), {}});
  for (const EpeSite& s : plan_.sites)
    sites_.push_back({cut_samples(s.at_nm, {static_cast<double>(s.nx), static_cast<double>(s.ny)}, plan_.search_nm,
                                  window, band_x, band_y, samples_per_period),
                      {}});
}

void FocusExposure::add(const std::vector<std::size_t>& nodes, MaskVariant variant, const ImageSampler& image,
                        const Background& background, int threads) {
  std::vector<Cut*> cuts;
  for (Cut& cut : gauges_) cuts.push_back(&cut);
  if (variant == MaskVariant::nominal)
    for (Cut& cut : sites_) cuts.push_back(&cut);
  std::vector<SampleLine> lines;
  for (const Cut* cut : cuts) lines.push_back(cut->line);
  std::vector<std::vector<double>> values = image.lines(lines, threads);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const SampleLine& line = lines[i];
    if (background)
      for (std::size_t j = 0; j < values[i].size(); ++j) {
        const auto s = static_cast<double>(j);
        values[i][j] += background({line.from.x + s * line.step.x, line.from.y + s * line.step.y});
      }
    auto& kept = cuts[i]->values[index(variant)];
    kept.resize(nodes_.focus_nm().size());
    for (const std::size_t node : nodes) kept.at(node) = values[i];
  }
}

CutProfile FocusExposure::mixed(const Cut& cut, const std::vector<double>& weights, MaskVariant variant) const {
  const auto& values = cut.values[index(variant)];
  if (values.size() != weights.size() ||
      std::any_of(values.begin(), values.end(), [](const auto& v) { return v.empty(); }))
    throw std::logic_error("FocusExposure: the images of some nodes are missing");
  std::vector<double> sum(static_cast<std::size_t>(cut.line.count), 0.0);
  for (std::size_t n = 0; n < weights.size(); ++n) {
    if (weights[n] == 0) continue;
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += weights[n] * values[n][j];
  }
  return {std::move(sum), cut.centre, cut.step_nm};
}

CutProfile FocusExposure::profile(std::size_t gauge, double focus_nm, MaskVariant variant) const {
  return mixed(gauges_[gauge], nodes_.weights(focus_nm), variant);
}

GaugeReading FocusExposure::read(std::size_t gauge, const CutProfile& profile, double dose) const {
  const CutEdges found = profile.edges(plan_.threshold / intensity_factor(dose), plan_.bright);
  GaugeReading reading;
  reading.state = found.state;
  if (found.state != CutEdges::State::measured) return reading;
  reading.cd_nm = found.cd_nm();
  reading.low_nm = found.low_nm;
  reading.high_nm = found.high_nm;
  reading.ils_low_per_nm = found.log_slope_low;
  reading.ils_high_per_nm = found.log_slope_high;
  const double wanted = plan_.gauges[gauge].cd_nm;
  reading.nils = (wanted > 0 ? wanted : reading.cd_nm) * std::min(found.log_slope_low, found.log_slope_high);
  return reading;
}

GaugeReading FocusExposure::read(std::size_t gauge, double dose, double focus_nm) const {
  return read(gauge, profile(gauge, focus_nm), dose);
}

double FocusExposure::cd_nm(std::size_t gauge, double dose, double focus_nm, double mask_nm) const {
  const double threshold = plan_.threshold / intensity_factor(dose);
  const std::vector<double> weights = nodes_.weights(focus_nm);
  const auto cd = [&](MaskVariant v) {
    return mixed(gauges_[gauge], weights, v).edges(threshold, plan_.bright).cd_nm();
  };
  const double nominal = cd(MaskVariant::nominal);
  if (mask_nm == 0 || !has_variants()) return nominal;
  const double smaller = cd(MaskVariant::smaller), larger = cd(MaskVariant::larger), t = mask_nm / plan_.mask_step_nm;
  return nominal + t * (larger - smaller) / 2 + t * t * (larger - 2 * nominal + smaller) / 2;
}

double FocusExposure::dose_to_size(std::size_t gauge, double focus_nm) const {
  const CutProfile cut = profile(gauge, focus_nm);
  const double wanted = plan_.gauges[gauge].cd_nm, threshold = cut.threshold_of(wanted, plan_.bright);
  if (!(threshold > 0)) return nothing;
  const double found = cut.edges(threshold, plan_.bright).cd_nm();  // not where the width jumps
  return std::abs(found - wanted) < 1e-6 * wanted ? dose_at(threshold) : nothing;
}

std::vector<double> FocusExposure::meef(std::size_t gauge, const std::vector<double>& doses, double focus_nm) const {
  std::vector<double> factors(doses.size(), nothing);
  if (!has_variants()) return factors;
  const std::vector<double> weights = nodes_.weights(focus_nm);
  const CutProfile smaller = mixed(gauges_[gauge], weights, MaskVariant::smaller);
  const CutProfile larger = mixed(gauges_[gauge], weights, MaskVariant::larger);
  for (std::size_t d = 0; d < doses.size(); ++d) {
    const double threshold = plan_.threshold / intensity_factor(doses[d]);
    factors[d] = (larger.edges(threshold, plan_.bright).cd_nm() - smaller.edges(threshold, plan_.bright).cd_nm()) /
                 (2 * plan_.mask_step_nm);
  }
  return factors;
}

double FocusExposure::meef(std::size_t gauge, double dose, double focus_nm) const {
  return meef(gauge, std::vector<double>{dose}, focus_nm).front();
}

std::vector<std::vector<double>> FocusExposure::epe_nm(const std::vector<double>& doses, double focus_nm) const {
  const std::vector<double> weights = nodes_.weights(focus_nm);
  std::vector<std::vector<double>> epe(doses.size());
  for (const Cut& cut : sites_) {
    const CutProfile profile = mixed(cut, weights, MaskVariant::nominal);
    for (std::size_t d = 0; d < doses.size(); ++d)
      epe[d].push_back(
          profile.end_of_print(plan_.threshold / intensity_factor(doses[d]), plan_.bright, plan_.search_nm));
  }
  return epe;
}

std::vector<double> FocusExposure::epe_nm(double dose, double focus_nm) const {
  return epe_nm(std::vector<double>{dose}, focus_nm).front();
}

double FocusExposure::dose_at(double threshold) const {
  const double factor = plan_.threshold / threshold;
  return plan_.dose_is_amplitude ? std::sqrt(factor) : factor;  // NaN stays NaN; a threshold <= 0 is no limit
}

DoseBand FocusExposure::cd_band(std::size_t gauge, const std::vector<double>& focus_nm, double tolerance,
                                int threads) const {
  const Gauge& g = plan_.gauges[gauge];
  DoseBand band{g.name, std::vector<double>(focus_nm.size(), nothing), std::vector<double>(focus_nm.size(), nothing)};
  parallel_for(static_cast<int>(focus_nm.size()), threads, [&](int i) {
    const auto f = static_cast<std::size_t>(i);
    const CutProfile cut = profile(gauge, focus_nm[f]);
    double narrow = cut.threshold_of(g.cd_nm * (1 - tolerance), plan_.bright);
    double wide = cut.threshold_of(g.cd_nm * (1 + tolerance), plan_.bright);
    if (!(narrow > 0) || !(wide > 0)) return;
    // In between the width has to be within the limits: where it jumps over both, nothing is.
    const double middle = cut.edges((narrow + wide) / 2, plan_.bright).cd_nm();
    if (!(std::abs(middle - g.cd_nm) <= tolerance * g.cd_nm)) return;
    if (!plan_.bright) std::swap(narrow, wide);
    band.low[f] = dose_at(narrow);
    band.high[f] = dose_at(wide);
  });
  return band;
}

DoseBand FocusExposure::epe_band(const std::vector<double>& focus_nm, double tolerance_nm, int threads) const {
  DoseBand band{"EPE", std::vector<double>(focus_nm.size(), nothing), std::vector<double>(focus_nm.size(), nothing)};
  // Two places of each cut at the nodes; any focus is a sum of those.
  const std::size_t nodes = nodes_.focus_nm().size();
  std::vector<double> inside(sites_.size() * nodes), outside(sites_.size() * nodes);
  parallel_for(static_cast<int>(sites_.size()), threads, [&](int i) {
    const Cut& cut = sites_[static_cast<std::size_t>(i)];
    for (std::size_t n = 0; n < nodes; ++n) {
      const CutProfile profile(cut.values[index(MaskVariant::nominal)][n], cut.centre, cut.step_nm);
      inside[static_cast<std::size_t>(i) * nodes + n] = profile.at(-tolerance_nm).value;
      outside[static_cast<std::size_t>(i) * nodes + n] = profile.at(tolerance_nm).value;
    }
  });
  if (!plan_.bright) std::swap(inside, outside);  // a dark pattern ends where the light begins
  for (std::size_t f = 0; f < focus_nm.size(); ++f) {
    const std::vector<double> weights = nodes_.weights(focus_nm[f]);
    double least_inside = std::numeric_limits<double>::infinity(), most_outside = -least_inside;
    for (std::size_t i = 0; i < sites_.size(); ++i) {
      const auto first = static_cast<std::ptrdiff_t>(i * nodes);
      least_inside =
          std::min(least_inside, std::inner_product(weights.begin(), weights.end(), inside.begin() + first, 0.0));
      most_outside =
          std::max(most_outside, std::inner_product(weights.begin(), weights.end(), outside.begin() + first, 0.0));
    }
    if (!(least_inside > 0) || sites_.empty()) continue;
    band.low[f] = dose_at(least_inside);
    // No light outside is no upper limit: a number that is beyond any other.
    band.high[f] = most_outside > 1e-12 * least_inside ? dose_at(most_outside) : 1e6 * band.low[f];
  }
  return band;
}

}  // namespace anamorph
