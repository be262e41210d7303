// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/source.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "cpp/core/error.hpp"
#include "optics_models/quadrature.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;

constexpr double touching = 1e-12;  // what lies side by side, or at the pupil's edge, may overlap by rounding

[[noreturn]] void refuse(const std::string& key, const std::string& range, double value) {
  throw Error(ErrorCode::recipe, "SRC-0001", key + " = " + std::to_string(value) + ": " + range + " expected");
}

void require(bool condition, const char* key, const char* range, double value) {
  if (!condition) refuse(key, range, value);
}

void check_ring(double sigma_inner, double sigma_outer, double step) {
  require(sigma_outer > 0 && sigma_outer <= 1, "sigma_outer", "more than 0, at most 1", sigma_outer);
  require(sigma_inner >= 0 && sigma_inner < sigma_outer, "sigma_inner", "at least 0, less than sigma_outer",
          sigma_inner);
  require(step >= 1e-4 && step <= 1, "step", "0.0001 to 1", step);
}

/// How many points cover a length.
int count_for(double length, double step) { return std::max(1, static_cast<int>(std::ceil(length / step))); }

struct Ring {
  double radius = 0;
  double weight = 0;
};

/// Rings that stand for inner <= |s| <= outer, equal areas being equal steps in |s|^2.
std::vector<Ring> rings(double inner, double outer, double step) {
  std::vector<Ring> result;
  for (const auto& [t, weight] : gauss_legendre(count_for(outer - inner, step)))
    result.push_back({std::sqrt(std::lerp(inner * inner, outer * outer, t)), weight});
  return result;
}

/// Appends a ring about (cx, cy) that carries the given power.
void add_ring(std::vector<SourcePoint>& points, double cx, double cy, double inner, double outer, double step,
              double power) {
  for (const auto& [radius, weight] : rings(inner, outer, step)) {
    const int quarter = count_for(pi / 2 * radius, step);
    for (int j = 0; j < 4 * quarter; ++j) {
      const double angle = (j + 0.5) / quarter * pi / 2;
      points.push_back({cx + radius * std::cos(angle), cy + radius * std::sin(angle), power * weight / (4 * quarter)});
    }
  }
}

/// The smallest angle between two of the azimuths, 2 pi for a single one.
double smallest_distance(std::vector<double> azimuths) {
  for (double& a : azimuths) a -= 2 * pi * std::floor(a / (2 * pi));
  std::sort(azimuths.begin(), azimuths.end());
  double smallest = 2 * pi + azimuths.front() - azimuths.back();
  for (std::size_t i = 1; i < azimuths.size(); ++i) smallest = std::min(smallest, azimuths[i] - azimuths[i - 1]);
  return smallest;
}

double degrees(double angle_rad) { return angle_rad * 180 / pi; }

void check_poles(const std::vector<SourcePole>& poles) {
  bool bright = false;
  for (std::size_t i = 0; i < poles.size(); ++i) {
    const SourcePole& p = poles[i];
    const std::string name = "pole " + std::to_string(i + 1);
    if (!(p.radius > 0)) refuse(name + " radius", "more than 0", p.radius);
    if (!(p.brightness >= 0 && std::isfinite(p.brightness))) refuse(name + " brightness", "not negative", p.brightness);
    const double reach = std::hypot(p.sx, p.sy) + p.radius;
    if (!(reach <= 1 + touching)) refuse(name + " distance from the axis plus radius", "at most 1", reach);
    for (std::size_t j = 0; j < i; ++j) {
      const double overlap = p.radius + poles[j].radius - std::hypot(p.sx - poles[j].sx, p.sy - poles[j].sy);
      if (overlap > touching) refuse(name + " overlap with pole " + std::to_string(j + 1), "at most 0", overlap);
    }
    bright = bright || p.brightness > 0;
  }
  require(bright, "pole brightness", "at least one pole of more than 0", 0);
}

/// Poles that are known to be possible.
Source source_of(const std::vector<SourcePole>& poles, double step) {
  double power = 0;
  for (const auto& p : poles) power += p.brightness * p.radius * p.radius;
  Source source;
  for (const auto& p : poles) {
    if (p.brightness == 0) continue;
    const double area = p.radius * p.radius;
    add_ring(source.points, p.sx, p.sy, 0, p.radius, step, p.brightness * area / power);
    source.pupil_fill += area;
  }
  return source;
}

/// Value at s of a map over [-1, 1]^2, bilinear between the centres of its pixels and constant beyond the outermost.
double bilinear(const Image<double>& map, double sx, double sy) {
  struct Place {
    int low, high;
    double fraction;
  };
  const auto place = [](double s, int n) {
    const double at = std::clamp((s + 1) / 2 * n - 0.5, 0.0, n - 1.0);
    const int low = static_cast<int>(at);
    return Place{low, std::min(low + 1, n - 1), at - low};
  };
  const Place x = place(sx, map.nx());
  const Place y = place(sy, map.ny());
  return std::lerp(std::lerp(map(y.low, x.low), map(y.low, x.high), x.fraction),
                   std::lerp(map(y.high, x.low), map(y.high, x.high), x.fraction), y.fraction);
}

}  // namespace

Source point_source(double sx, double sy) {
  const double sigma = std::hypot(sx, sy);
  require(sigma <= 1, "sigma", "at most 1", sigma);
  return {{{sx, sy, 1}}, 0};
}

Source annular_source(double sigma_inner, double sigma_outer, double step) {
  check_ring(sigma_inner, sigma_outer, step);
  Source source;
  add_ring(source.points, 0, 0, sigma_inner, sigma_outer, step, 1);
  source.pupil_fill = sigma_outer * sigma_outer - sigma_inner * sigma_inner;
  return source;
}

Source disc_source(double sigma, double step) {
  require(sigma > 0 && sigma <= 1, "sigma", "more than 0, at most 1", sigma);
  return annular_source(0, sigma, step);
}

Source sector_source(double sigma_inner, double sigma_outer, const std::vector<double>& centres_rad, double opening_rad,
                     double step) {
  check_ring(sigma_inner, sigma_outer, step);
  require(!centres_rad.empty(), "centres", "at least 1", 0);
  for (const double centre : centres_rad) require(std::isfinite(centre), "centre_deg", "a finite number", centre);
  require(opening_rad > 0 && opening_rad < 2 * pi, "opening_deg", "more than 0, less than 360", degrees(opening_rad));
  const double room = smallest_distance(centres_rad);
  if (opening_rad > room + touching)
    refuse("opening_deg", "at most " + std::to_string(degrees(room)) + ", the distance of two sectors,",
           degrees(opening_rad));

  const auto count = static_cast<double>(centres_rad.size());
  Source source;
  auto angles = gauss_legendre(1);
  for (const auto& [radius, ring_weight] : rings(sigma_inner, sigma_outer, step)) {
    // Rules are costly to make: neighbouring rings share one.
    int nodes = count_for(opening_rad * radius, step);
    if (nodes > 64) nodes = (nodes + 31) / 32 * 32;
    if (angles.size() != static_cast<std::size_t>(nodes)) angles = gauss_legendre(nodes);
    for (const double centre : centres_rad)
      for (const auto& [t, weight] : angles) {
        const double angle = centre + opening_rad * (t - 0.5);
        source.points.push_back({radius * std::cos(angle), radius * std::sin(angle), ring_weight * weight / count});
      }
  }
  source.pupil_fill = count * opening_rad / (2 * pi) * (sigma_outer * sigma_outer - sigma_inner * sigma_inner);
  return source;
}

Source pole_source(const std::vector<SourcePole>& poles, double step) {
  require(step >= 1e-4 && step <= 1, "step", "0.0001 to 1", step);
  check_poles(poles);
  return source_of(poles, step);
}

Source image_source(const Image<double>& brightness, double step) {
  require(step >= 1e-4 && step <= 1, "step", "0.0001 to 1", step);
  require(!brightness.empty(), "source image", "at least 1 pixel", 0);
  const double width = 2.0 / brightness.nx();
  const double height = 2.0 / brightness.ny();
  const int across = count_for(width, step);
  const int up = count_for(height, step);
  Source source;
  double power = 0;
  for (int y = 0; y < brightness.ny(); ++y)
    for (int x = 0; x < brightness.nx(); ++x) {
      const double value = brightness(y, x);
      require(value >= 0 && std::isfinite(value), "source image", "brightness that is not negative", value);
      if (value == 0) continue;
      const double left = x * width - 1;
      const double bottom = y * height - 1;
      const double sigma = std::hypot(left + width / 2, bottom + height / 2);
      if (sigma > 1 + touching) refuse("source image lit at |s|", "at most 1", sigma);
      for (int j = 0; j < up; ++j)
        for (int i = 0; i < across; ++i) {
          const double sx = left + (i + 0.5) / across * width;
          const double sy = bottom + (j + 0.5) / up * height;
          if (std::hypot(sx, sy) > 1 + touching) continue;  // of a pixel on the pupil's edge
          source.points.push_back({sx, sy, value});
          power += value;
        }
    }
  require(power > 0 && std::isfinite(power), "source image", "some light", power);
  for (auto& point : source.points) point.weight /= power;
  const double area = width * height / across / up;
  source.pupil_fill = std::min(1.0, static_cast<double>(source.points.size()) * area / pi);
  return source;
}

Source facet_source(int across, double spot_radius, double step, const std::function<bool(double sx, double sy)>& lit) {
  require(step >= 1e-4 && step <= 1, "step", "0.0001 to 1", step);
  require(across >= 1 && across <= 1000, "across", "1 to 1000", across);
  require(spot_radius > 0 && spot_radius <= 1.0 / across + touching, "spot_radius",
          "more than 0, at most half of a facet", spot_radius);
  const auto centre = [&](int i) { return (2 * i + 1 - across) / static_cast<double>(across); };
  std::vector<SourcePole> spots;
  for (int y = 0; y < across; ++y)
    for (int x = 0; x < across; ++x)
      if (lit(centre(x), centre(y))) spots.push_back({centre(x), centre(y), spot_radius});
  require(!spots.empty(), "lit facets", "at least 1", 0);
  for (const auto& spot : spots) {
    const double room = 1 - std::hypot(spot.sx, spot.sy);
    if (spot_radius > room + touching)
      refuse("spot_radius", "at most " + std::to_string(room) + " for the outermost lit facet", spot_radius);
  }
  return source_of(spots, step);
}

void polarise(Source& source, PolarisationState state, double degree) {
  require(degree >= 0 && degree <= 1, "degree", "0 to 1", degree);
  for (auto& point : source.points) {
    Polarisation& p = point.polarisation;
    p = {};
    if (state == PolarisationState::x) p.s1 = degree;
    if (state == PolarisationState::y) p.s1 = -degree;
    const double radius = std::hypot(point.sx, point.sy);
    const bool radial = state == PolarisationState::tm;
    if (radius == 0 || !(radial || state == PolarisationState::te)) continue;
    const double cosine = point.sx / radius;
    const double sine = point.sy / radius;
    const double along_radius = radial ? degree : -degree;
    p.s1 = along_radius * (cosine * cosine - sine * sine);
    p.s2 = along_radius * 2 * cosine * sine;
  }
}

void polarise(Source& source, const Image<double>& s1, const Image<double>& s2, const Image<double>& s3) {
  const auto same_size = [&](const Image<double>& map) { return map.ny() == s1.ny() && map.nx() == s1.nx(); };
  require(!s1.empty(), "polarisation map", "at least 1 pixel", 0);
  require(same_size(s2) && same_size(s3), "polarisation maps", "three of equal size", 3);
  for (int y = 0; y < s1.ny(); ++y)
    for (int x = 0; x < s1.nx(); ++x) {
      const double degree = std::hypot(s1(y, x), s2(y, x), s3(y, x));
      require(degree <= 1 + touching, "polarisation degree", "at most 1", degree);
    }
  for (auto& point : source.points)
    point.polarisation = {bilinear(s1, point.sx, point.sy), bilinear(s2, point.sx, point.sy),
                          bilinear(s3, point.sx, point.sy)};
}

Source rotated(Source source, double angle_rad) {
  require(std::isfinite(angle_rad), "angle_deg", "a finite number", degrees(angle_rad));
  const double c = std::cos(angle_rad), s = std::sin(angle_rad);
  const double c2 = std::cos(2 * angle_rad), s2 = std::sin(2 * angle_rad);
  for (auto& point : source.points) {
    const Polarisation p = point.polarisation;
    point.polarisation = {c2 * p.s1 - s2 * p.s2, s2 * p.s1 + c2 * p.s2, p.s3};
    const double sx = point.sx;
    point.sx = c * sx - s * point.sy;
    point.sy = s * sx + c * point.sy;
  }
  return source;
}

}  // namespace anamorph
