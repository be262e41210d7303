// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/abbe.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

constexpr double edge_tolerance = 1e-12;  // relative; a ray computed to lie on the pupil's edge passes

void require(bool condition, const char* key, const char* range, double value) {
  if (!condition)
    throw Error(ErrorCode::recipe, "ABB-0001", std::string(key) + " = " + std::to_string(value) + ": " + range + " expected");
}

/// The pupil function at the spatial frequency (gx, gy) of a wave at the wafer.
std::complex<double> pupil(const ScalarOptics& optics, double gx, double gy) {
  const double sine_vacuum = std::hypot(gx, gy) * optics.wavelength_nm;  // n sin theta
  if (sine_vacuum > optics.na * (1 + edge_tolerance)) return 0;
  const double sine = sine_vacuum / optics.immersion_index;
  const double cosine = std::sqrt((1 - sine) * (1 + sine));
  // cos theta - 1 without cancellation
  const double phase = -2 * std::numbers::pi * optics.immersion_index / optics.wavelength_nm * optics.focus_nm * sine *
                       sine / (1 + cosine);
  double amplitude = 1;
  if (optics.radiometric) {
    const double sine_object = sine_vacuum / optics.magnification;
    amplitude = std::sqrt(std::sqrt((1 - sine_object) * (1 + sine_object)) / cosine);
  }
  return std::polar(amplitude, phase);
}

}  // namespace

CoherentStack abbe_stack(const ScalarOptics& optics, const std::vector<SourcePoint>& source, double period_x_nm,
                         double period_y_nm) {
  require(optics.wavelength_nm > 0 && std::isfinite(optics.wavelength_nm), "wavelength_nm", "a positive number",
          optics.wavelength_nm);
  require(optics.immersion_index >= 1 && std::isfinite(optics.immersion_index), "immersion_index", "at least 1",
          optics.immersion_index);
  require(optics.na > 0 && optics.na < optics.immersion_index, "na", "more than 0, less than immersion_index", optics.na);
  require(std::isfinite(optics.focus_nm), "focus_nm", "a finite number", optics.focus_nm);
  require(optics.magnification > optics.na && std::isfinite(optics.magnification), "magnification", "more than na",
          optics.magnification);
  require(period_x_nm > 0 && std::isfinite(period_x_nm), "period_x_nm", "a positive number", period_x_nm);
  require(period_y_nm > 0 && std::isfinite(period_y_nm), "period_y_nm", "a positive number", period_y_nm);
  require(!source.empty(), "source points", "at least 1", 0);
  double sigma_max = 0;
  for (const auto& point : source) {
    const double sigma = std::hypot(point.sx, point.sy);
    require(sigma <= 1 + edge_tolerance, "source radius", "at most 1", sigma);
    require(point.weight >= 0 && std::isfinite(point.weight), "source weight", "not negative", point.weight);
    sigma_max = std::max(sigma_max, sigma);
  }

  const double cutoff = optics.na / optics.wavelength_nm;
  const auto extent = [&](double period) {
    return static_cast<int>(std::floor((1 + sigma_max) * cutoff * period * (1 + edge_tolerance)));
  };
  CoherentStack stack;
  stack.period_x_nm = period_x_nm;
  stack.period_y_nm = period_y_nm;
  stack.extent_x = extent(period_x_nm);
  stack.extent_y = extent(period_y_nm);
  stack.weight.reserve(source.size());
  stack.transfer.reserve(source.size() * stack.bins());
  for (const auto& point : source) {
    stack.weight.push_back(point.weight);
    for (int my = -stack.extent_y; my <= stack.extent_y; ++my)
      for (int mx = -stack.extent_x; mx <= stack.extent_x; ++mx)
        stack.transfer.push_back(
            pupil(optics, mx / period_x_nm + point.sx * cutoff, my / period_y_nm + point.sy * cutoff));
  }
  const double clear = stack.clear_field();
  require(clear > 0, "sum of the source weights", "a positive number", clear);
  for (double& weight : stack.weight) weight /= clear;
  return stack;
}

}  // namespace anamorph
