// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/illumination.hpp"

#include <cmath>
#include <cstdio>
#include <numbers>

namespace anamorph {
namespace {

using Shape = Illumination::Shape;

constexpr double pi = std::numbers::pi;
constexpr double tiny = 1e-9;

std::vector<double> centres(Shape shape) {
  switch (shape) {
    case Shape::dipole_x:
      return {0, pi};
    case Shape::dipole_y:
      return {pi / 2, 3 * pi / 2};
    case Shape::quasar:
      return {pi / 4, 3 * pi / 4, 5 * pi / 4, 7 * pi / 4};
    case Shape::crossquad:
      return {0, pi / 2, pi, 3 * pi / 2};
    default:
      return {};
  }
}

/// What a user could set, with enough light.
bool is_valid(const Illumination& i, double fill_min) {
  const std::vector<double> at = centres(i.shape);
  if (i.sigma_outer > 1 + tiny || i.sigma_inner < -tiny || i.sigma_outer - i.sigma_inner < 0.1 - tiny) return false;
  if (!at.empty() && (i.opening_deg < 20 - tiny || i.opening_deg * static_cast<double>(at.size()) > 300)) return false;
  return i.pupil_fill() >= fill_min - tiny;
}

}  // namespace

double Illumination::pupil_fill() const noexcept {
  const double ring = sigma_outer * sigma_outer - sigma_inner * sigma_inner;
  const auto sectors = static_cast<double>(centres(shape).size());
  return sectors == 0 ? ring : ring * sectors * opening_deg / 360;
}

bool Illumination::lights(double sx, double sy) const noexcept {
  const double r = std::hypot(sx, sy);
  if (r > sigma_outer || r < sigma_inner) return false;
  const double half = opening_deg * pi / 360, azimuth = std::atan2(sy, sx);
  switch (shape) {
    case Shape::conventional:
    case Shape::annular:
      return true;
    case Shape::dipole_x:
      return std::abs(std::atan2(std::abs(sy), std::abs(sx))) <= half;
    case Shape::dipole_y:
      return std::abs(std::atan2(std::abs(sx), std::abs(sy))) <= half;
    case Shape::quasar:
      return std::abs(std::remainder(azimuth - pi / 4, pi / 2)) <= half;
    case Shape::crossquad:
      return std::abs(std::remainder(azimuth, pi / 2)) <= half;
  }
  return false;
}

Source Illumination::source(double step) const {
  if (shape == Shape::conventional) return disc_source(sigma_outer, step);
  if (shape == Shape::annular) return annular_source(sigma_inner, sigma_outer, step);
  return sector_source(sigma_inner, sigma_outer, centres(shape), opening_deg * pi / 180, step);
}

std::string Illumination::str() const {
  const char* names[] = {"conventional", "annular", "dipole x", "dipole y", "quasar", "crossquad"};
  char text[80];
  const char* name = names[static_cast<int>(shape)];
  if (shape == Shape::conventional)
    std::snprintf(text, sizeof text, "%s %.2f", name, sigma_outer);
  else if (shape == Shape::annular)
    std::snprintf(text, sizeof text, "%s %.2f-%.2f", name, sigma_inner, sigma_outer);
  else
    std::snprintf(text, sizeof text, "%s %.2f-%.2f, %.0f deg", name, sigma_inner, sigma_outer, opening_deg);
  return text;
}

std::vector<Illumination> illuminations(double pupil_fill_min) {
  std::vector<Illumination> all;
  const auto add = [&](const Illumination& one) {
    if (is_valid(one, pupil_fill_min)) all.push_back(one);
  };
  for (int outer = 3; outer <= 10; ++outer) {
    add({Shape::conventional, 0, outer / 10.0, 0});
    for (int inner = 1; inner < outer; ++inner) add({Shape::annular, inner / 10.0, outer / 10.0, 0});
    for (int inner = 0; inner < outer; ++inner)
      for (const double opening : {30.0, 45.0, 60.0, 90.0, 120.0})
        for (const Shape shape : {Shape::dipole_x, Shape::dipole_y, Shape::quasar, Shape::crossquad})
          add({shape, inner / 10.0, outer / 10.0, opening});
  }
  return all;
}

std::vector<Illumination> neighbours(const Illumination& i, double pupil_fill_min) {
  std::vector<Illumination> all;
  const auto add = [&](Illumination one) {
    if (one.sigma_inner < tiny) one.sigma_inner = 0;
    if (is_valid(one, pupil_fill_min) && !(one == i)) all.push_back(one);
  };
  for (const int sign : {-1, 1}) {
    Illumination one = i;
    one.sigma_outer = std::round(20 * i.sigma_outer + sign) / 20;
    add(one);
    if (i.shape == Shape::conventional) continue;
    one = i;
    one.sigma_inner = std::round(20 * i.sigma_inner + sign) / 20;
    add(one);
    // A ring moved as a whole keeps its light.
    one.sigma_outer = std::round(20 * i.sigma_outer + sign) / 20;
    add(one);
    if (i.shape == Shape::annular) continue;
    one = i;
    one.opening_deg = i.opening_deg + 10 * sign;
    add(one);
  }
  return all;
}

}  // namespace anamorph
