// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/surrogate_error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr double confidence = 0.99;  // there are several outputs, and each statement should hold

/// Errors of one gauge at the points where both sides have edges.
struct Errors {
  std::vector<double> cd, epe, nils;
  int absent = 0, lost = 0;
};

/// The worse edge; one that is not drawn has no error.
double edge_error(const SurrogateReading& a, const SurrogateReading& b) {
  const double low = std::abs(a.epe_low_nm - b.epe_low_nm), high = std::abs(a.epe_high_nm - b.epe_high_nm);
  return std::max(std::isfinite(low) ? low : 0, std::isfinite(high) ? high : 0);
}

std::vector<Errors> errors_of(const SurrogateModel& model, std::span<const HeldOut> points) {
  std::vector<Errors> all(model.gauges.size());
  for (const HeldOut& point : points) {
    const std::vector<double> terms = surrogate_terms(model, point.sample.inputs);
    for (std::size_t g = 0; g < all.size(); ++g) {
      const SurrogateReading truth = read_cut(model, g, point.dose_mj_cm2, point.sample.cuts[g]);
      const SurrogateReading said = read_surrogate(model, g, point.dose_mj_cm2, terms);
      const bool is = std::isfinite(truth.cd_nm), seems = std::isfinite(said.cd_nm);
      if (is != seems) ++all[g].lost;
      if (!is && !seems) ++all[g].absent;
      if (!is || !seems) continue;
      all[g].cd.push_back(std::abs(said.cd_nm - truth.cd_nm));
      all[g].epe.push_back(edge_error(said, truth));
      all[g].nils.push_back(std::abs(said.nils - truth.nils));
    }
  }
  return all;
}

double rms(const std::vector<double>& errors) {
  double sum = 0;
  for (const double e : errors) sum += e * e;
  return errors.empty() ? 0 : std::sqrt(sum / static_cast<double>(errors.size()));
}

OutputError summary(const std::vector<double>& errors, int lost, double standard, double factor) {
  OutputError out;
  out.standard = standard;
  out.rms = rms(errors);
  std::size_t covered = 0;
  for (const double e : errors) {
    out.largest = std::max(out.largest, e);
    if (e <= factor * standard) ++covered;
  }
  const double all = static_cast<double>(errors.size()) + lost;
  if (all > 0) out.coverage = static_cast<double>(covered) / all;
  return out;
}

/// The least rank r of n ordered errors for which P(fewer than r of n lie below the `level` quantile) >= confidence.
/// n + 1 when there is none.
std::size_t covering_rank(std::size_t n, double level) {
  // Binomial probabilities of i of n, from the top, where they are small.
  double cumulative = 1;  // of at most i
  double probability = std::pow(level, static_cast<double>(n));
  std::size_t rank = n + 1;
  for (std::size_t i = n; i > 0; --i) {
    cumulative -= probability;  // of at most i - 1
    if (cumulative < confidence) break;
    rank = i;
    probability *= static_cast<double>(i) / static_cast<double>(n - i + 1) * (1 - level) / level;
  }
  return rank;
}

double standard_error(std::vector<double> errors, double level) {
  if (errors.empty()) return 0;
  std::sort(errors.begin(), errors.end());
  const std::size_t rank = std::min(covering_rank(errors.size(), level), errors.size());
  return std::max(errors[rank - 1] / coverage_factor(level), rms(errors));
}

}  // namespace

double coverage_factor(double level) {
  if (!(level >= 0.5) || !(level <= 0.999))
    throw Error(ErrorCode::recipe, "SUR-0014", "a level of coverage has to be from 0.5 to 0.999");
  double low = 0, high = 10;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (std::erf(middle / std::sqrt(2.0)) < level ? low : high) = middle;
  }
  return low;
}

int held_out_points(double level) {
  (void)coverage_factor(level);
  int n = 100;
  while (covering_rank(static_cast<std::size_t>(n), level) > static_cast<std::size_t>(n)) ++n;
  return n;
}

std::vector<GaugeError> surrogate_errors(const SurrogateModel& model, std::span<const HeldOut> points,
                                         double coverage_factor) {
  const std::vector<Errors> all = errors_of(model, points);
  std::vector<GaugeError> summaries;
  for (std::size_t g = 0; g < all.size(); ++g) {
    const Errors& e = all[g];
    const SurrogateGauge& gauge = model.gauges[g];
    GaugeError& out = summaries.emplace_back();
    out.gauge = gauge.name;
    out.points = static_cast<int>(e.cd.size());
    out.absent = e.absent;
    out.lost = e.lost;
    out.cd = summary(e.cd, e.lost, gauge.cd_error_nm, coverage_factor);
    out.epe = summary(e.epe, e.lost, gauge.epe_error_nm, coverage_factor);
    out.nils = summary(e.nils, e.lost, gauge.nils_error, coverage_factor);
  }
  return summaries;
}

void state_errors(SurrogateModel& model, std::span<const HeldOut> points, double level) {
  if (static_cast<int>(points.size()) < held_out_points(level))
    throw Error(ErrorCode::recipe, "SUR-0015",
                "a standard error needs " + std::to_string(held_out_points(level)) + " points that were held out");
  const std::vector<Errors> all = errors_of(model, points);
  for (std::size_t g = 0; g < all.size(); ++g) {
    model.gauges[g].cd_error_nm = standard_error(all[g].cd, level);
    model.gauges[g].epe_error_nm = standard_error(all[g].epe, level);
    model.gauges[g].nils_error = standard_error(all[g].nils, level);
  }
}

}  // namespace anamorph
