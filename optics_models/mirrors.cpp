// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/mirrors.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;

void require(bool condition, const std::string& key, const char* range, double value) {
  if (!condition)
    throw Error(ErrorCode::recipe, "MIR-0001", key + " = " + std::to_string(value) + ": " + range + " expected");
}

/// Int_1^q x^(e - 1) dx = (q^e - 1) / e for log q = `log`, also for e at and near 0.
double power_integral(double log, double e) {
  if (std::isinf(log)) return e < 0 ? -1 / e : HUGE_VAL;
  return std::abs(e * log) < 1e-15 ? log : std::expm1(e * log) / e;
}

double variance(const KCorrelation& term, double low, double high) {
  if (term.a_nm4 == 0) return 0;
  // With u = 1 + (B f)^2 the integral is pi A / B^2 Int u^(-C / 2) du. The ratio of both limits, less 1, is written so
  // that bands far below the corner keep their digits.
  const double u = 1 + std::pow(term.b_nm * low, 2);
  const double growth = term.b_nm * (high - low) * term.b_nm * (high + low) / u;
  const double e = 1 - term.c / 2;
  return pi * term.a_nm4 / (term.b_nm * term.b_nm) * std::pow(u, e) * power_integral(std::log1p(growth), e);
}

double variance(const PowerLawBand& band, double low, double high) {
  low = std::max(low, band.low_per_nm);
  high = std::min(high, band.high_per_nm);
  if (low >= high || band.psd_low_nm4 == 0) return 0;
  return 2 * pi * band.psd_low_nm4 * std::pow(low / band.low_per_nm, -band.slope) * low * low *
         power_integral(std::log(high / low), 2 - band.slope);
}

void require_band(double rms_nm, double low, double high) {
  require(rms_nm >= 0 && std::isfinite(rms_nm), "rms_nm", "at least 0", rms_nm);
  require(low >= 0 && std::isfinite(low), "low_per_nm", "at least 0", low);
  require(high > low, "high_per_nm", "more than low_per_nm", high);
}

void require_valid(const KCorrelation& term) {
  require(term.a_nm4 >= 0 && std::isfinite(term.a_nm4), "a_nm4", "at least 0", term.a_nm4);
  require(term.b_nm > 0 && std::isfinite(term.b_nm), "b_nm", "a positive number", term.b_nm);
  require(term.c > 0 && std::isfinite(term.c), "c", "a positive number", term.c);
}

void require_valid(const PowerLawBand& band) {
  require(band.low_per_nm > 0 && std::isfinite(band.low_per_nm), "low_per_nm", "a positive number", band.low_per_nm);
  require(band.high_per_nm > band.low_per_nm, "high_per_nm", "more than low_per_nm", band.high_per_nm);
  require(band.psd_low_nm4 >= 0 && std::isfinite(band.psd_low_nm4), "psd_low_nm4", "at least 0", band.psd_low_nm4);
  require(std::isfinite(band.slope), "slope", "a finite number", band.slope);
}

void require_valid(const std::vector<Mirror>& mirrors, const ScatterRange& range) {
  require(range.wavelength_nm > 0 && std::isfinite(range.wavelength_nm), "wavelength_nm", "a positive number",
          range.wavelength_nm);
  require(range.na > 0 && range.na < 1, "na", "more than 0, less than 1", range.na);
  require(range.inner_nm >= 0 && std::isfinite(range.inner_nm), "inner_nm", "at least 0", range.inner_nm);
  require(range.outer_nm > range.inner_nm, "outer_nm", "more than inner_nm", range.outer_nm);
  for (const Mirror& mirror : mirrors) {
    require(mirror.cosine > 0 && mirror.cosine <= 1, "cosine of mirror " + mirror.name, "more than 0, at most 1",
            mirror.cosine);
    require(mirror.footprint_nm > 0 && std::isfinite(mirror.footprint_nm), "footprint_nm of mirror " + mirror.name,
            "a positive number", mirror.footprint_nm);
    for (const KCorrelation& term : mirror.psd.terms) require_valid(term);
    for (const PowerLawBand& band : mirror.psd.bands) require_valid(band);
  }
}

/// Share of the light that a mean square height scatters.
double scattered(const Mirror& mirror, const ScatterRange& range, double variance_nm2) {
  const double phase = 4 * pi * mirror.cosine / range.wavelength_nm;
  return phase * phase * variance_nm2;
}

}  // namespace

double SurfacePsd::operator()(double frequency_per_nm) const {
  double sum = 0;
  for (const KCorrelation& term : terms)
    sum += term.a_nm4 * std::pow(1 + std::pow(term.b_nm * frequency_per_nm, 2), -term.c / 2);
  for (const PowerLawBand& band : bands)
    if (frequency_per_nm >= band.low_per_nm && frequency_per_nm < band.high_per_nm)
      sum += band.psd_low_nm4 * std::pow(frequency_per_nm / band.low_per_nm, -band.slope);
  return sum;
}

double SurfacePsd::variance_nm2(double low_per_nm, double high_per_nm) const {
  if (low_per_nm >= high_per_nm) return 0;
  double sum = 0;
  for (const KCorrelation& term : terms) sum += variance(term, low_per_nm, high_per_nm);
  for (const PowerLawBand& band : bands) sum += variance(band, low_per_nm, high_per_nm);
  return sum;
}

double SurfacePsd::rms_nm(double low_per_nm, double high_per_nm) const {
  return std::sqrt(variance_nm2(low_per_nm, high_per_nm));
}

KCorrelation k_correlation_of_rms(double rms_nm, double low_per_nm, double high_per_nm, double b_nm, double c) {
  require_band(rms_nm, low_per_nm, high_per_nm);
  const KCorrelation unit{1, b_nm, c};
  require_valid(unit);
  const double of_unit = variance(unit, low_per_nm, high_per_nm);
  require(std::isfinite(of_unit), "high_per_nm", "a finite limit where C <= 2", high_per_nm);
  return {rms_nm * rms_nm / of_unit, b_nm, c};
}

PowerLawBand band_of_rms(double rms_nm, double low_per_nm, double high_per_nm, double slope) {
  require_band(rms_nm, low_per_nm, high_per_nm);
  const PowerLawBand unit{low_per_nm, high_per_nm, 1, slope};
  require_valid(unit);
  const double of_unit = variance(unit, low_per_nm, high_per_nm);
  require(std::isfinite(of_unit), "high_per_nm", "a finite limit where the slope is at most 2", high_per_nm);
  return {low_per_nm, high_per_nm, rms_nm * rms_nm / of_unit, slope};
}

std::vector<PowerLawBand> tabulated_psd(const std::vector<double>& frequency_per_nm,
                                        const std::vector<double>& psd_nm4) {
  const std::size_t n = frequency_per_nm.size();
  require(n >= 2 && psd_nm4.size() == n, "points of the PSD", "two or more frequencies and as many values",
          static_cast<double>(psd_nm4.size()));
  std::vector<PowerLawBand> bands;
  for (std::size_t i = 0; i < n; ++i) {
    require(psd_nm4[i] > 0 && std::isfinite(psd_nm4[i]), "PSD value", "a positive number", psd_nm4[i]);
    require(std::isfinite(frequency_per_nm[i]) && frequency_per_nm[i] > (i == 0 ? 0 : frequency_per_nm[i - 1]),
            "PSD frequency", "growing positive numbers", frequency_per_nm[i]);
    if (i == 0) continue;
    const double slope =
        -std::log(psd_nm4[i] / psd_nm4[i - 1]) / std::log(frequency_per_nm[i] / frequency_per_nm[i - 1]);
    bands.push_back({frequency_per_nm[i - 1], frequency_per_nm[i], psd_nm4[i - 1], slope});
  }
  return bands;
}

double mirror_frequency(const Mirror& mirror, const ScatterRange& range, double radius_nm) {
  return radius_nm * range.na / (range.wavelength_nm * mirror.footprint_nm);
}

ScatterBudget scatter_budget(const std::vector<Mirror>& mirrors, const ScatterRange& range) {
  require_valid(mirrors, range);
  ScatterBudget budget;
  double wavefront2 = 0;
  double loss = 0;
  for (const Mirror& mirror : mirrors) {
    const double highest = 1 / range.wavelength_nm;  // beyond, no wave leaves the mirror
    const double inner = std::min(mirror_frequency(mirror, range, range.inner_nm), highest);
    const double outer = std::min(mirror_frequency(mirror, range, range.outer_nm), highest);
    MirrorBudget one;
    one.figure_rms_nm = mirror.psd.rms_nm(0, inner);
    one.msfr_rms_nm = mirror.psd.rms_nm(inner, outer);
    one.hsfr_rms_nm = mirror.psd.rms_nm(outer, highest);
    one.wavefront_rms_nm = 2 * mirror.cosine * one.figure_rms_nm;
    one.flare = scattered(mirror, range, one.msfr_rms_nm * one.msfr_rms_nm);
    one.loss = scattered(mirror, range, one.hsfr_rms_nm * one.hsfr_rms_nm);
    wavefront2 += one.wavefront_rms_nm * one.wavefront_rms_nm;
    budget.flare += one.flare;
    loss += one.loss;
    budget.mirrors.push_back(one);
  }
  budget.wavefront_rms_nm = std::sqrt(wavefront2);
  budget.strehl = std::exp(-std::pow(2 * pi / range.wavelength_nm, 2) * wavefront2);
  budget.throughput = std::exp(-loss);
  return budget;
}

ScatterKernel::ScatterKernel(std::vector<Mirror> mirrors, const ScatterRange& range)
    : mirrors_(std::move(mirrors)), range_(range) {
  total_ = scatter_budget(mirrors_, range_).flare;
  require(total_ < 1, "scattered share of the light", "less than 1", total_);
}

double ScatterKernel::operator()(double radius_nm) const {
  if (radius_nm < range_.inner_nm || radius_nm >= range_.outer_nm) return 0;
  double sum = 0;
  for (const Mirror& mirror : mirrors_) {
    const double per_radius = mirror_frequency(mirror, range_, 1);
    const double frequency = radius_nm * per_radius;
    if (frequency < 1 / range_.wavelength_nm)
      sum += scattered(mirror, range_, per_radius * per_radius * mirror.psd(frequency));
  }
  return sum;
}

double ScatterKernel::share(double low_nm, double high_nm) const {
  low_nm = std::max(low_nm, range_.inner_nm);
  high_nm = std::min(high_nm, range_.outer_nm);
  double sum = 0;
  for (const Mirror& mirror : mirrors_) {
    const double high = std::min(mirror_frequency(mirror, range_, high_nm), 1 / range_.wavelength_nm);
    sum += scattered(mirror, range_, mirror.psd.variance_nm2(mirror_frequency(mirror, range_, low_nm), high));
  }
  return sum;
}

double kirk_flare(const ScatterKernel& kernel, double pad_nm) {
  require(pad_nm >= 0 && std::isfinite(pad_nm), "pad_nm", "at least 0", pad_nm);
  // Mean over the azimuth of what lies beyond the pad's edge; an eighth of the circle stands for all.
  constexpr int steps = 256;
  double sum = 0;
  for (int i = 0; i < steps; ++i)
    sum += kernel.share(pad_nm / 2 / std::cos((i + 0.5) / steps * pi / 4), kernel.outer_nm());
  return sum / steps;
}

}  // namespace anamorph
