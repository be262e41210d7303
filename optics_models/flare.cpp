// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/flare.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph {
namespace {

void require(bool condition, const char* key, const char* range, double value) {
  if (!condition)
    throw Error(ErrorCode::recipe, "FLR-0001",
                std::string(key) + " = " + std::to_string(value) + ": " + range + " expected");
}

constexpr int reach = 32;  // pixels that a level's weights extend to each side
constexpr int margin = 4;  // pixels around a map that the interpolation to the next finer level takes
constexpr int most_levels = 30;
constexpr int rings_per_octave = 256;
constexpr int spokes = 256;  // in an eighth of a circle

/// Smooth step from 0 to 1, with two continuous derivatives.
double smooth_step(double t) {
  t = std::clamp(t, 0.0, 1.0);
  return t * t * t * (10 + t * (6 * t - 15));
}

/// The share of distance r that belongs to levels coarser than this one, whose pixels are pixel_nm wide: all of it from
/// `reach` pixels on, nothing up to half of that.
double beyond(double radius_nm, double pixel_nm) { return smooth_step(1 + std::log2(radius_nm / (reach * pixel_nm))); }

int levels(double pixel_nm, double outer_nm) {
  int count = 1;
  while (reach * pixel_nm < outer_nm && count <= most_levels) {
    pixel_nm *= 2;
    ++count;
  }
  require(count <= most_levels, "outer_nm of the kernel", "at most 2^34 pixels", outer_nm);
  return count;
}

/// Per level the kernel integrated over every pixel, [ky][kx] for 0 <= kx, ky <= reach; the other quadrants are mirror
/// images. Thin rings, whose shares are closed forms, are divided among the pixels by points along an eighth of them.
std::vector<Image<double>> level_weights(const ScatterKernel& kernel, double pixel_nm) {
  const int count = levels(pixel_nm, kernel.outer_nm());
  std::vector<Image<double>> weights(static_cast<std::size_t>(count), Image<double>(reach + 1, reach + 1));
  // What lies within a tenth of a pixel belongs to the central pixel, whatever its distance.
  const double least = std::max(kernel.inner_nm(), 0.1 * pixel_nm);
  weights[0](0, 0) += kernel.share(0, least);
  const double ring_ratio = std::exp2(1.0 / rings_per_octave);
  int ring = 0;
  for (double low = least; low < kernel.outer_nm(); low *= ring_ratio, ++ring) {
    const double high = std::min(low * ring_ratio, kernel.outer_nm());
    const double share = kernel.share(low, high);
    const double radius = std::sqrt(low * high);
    double finer = 0;  // share of this distance that finer levels have taken
    for (int level = 0; level < count && finer < 1; ++level) {
      const double pixel = std::ldexp(pixel_nm, level);
      const double taken = level + 1 < count ? 1 - beyond(radius, pixel) : 1;
      const double part = share * (taken - finer);
      finer = taken;
      if (part == 0) continue;
      Image<double>& weight = weights[static_cast<std::size_t>(level)];
      for (int spoke = 0; spoke < spokes; ++spoke) {
        // Rings are turned against each other by the golden ratio, so that their points do not line up.
        const double turn = std::fmod(ring * (std::numbers::phi - 1), 1.0);
        const double angle = (spoke + turn) / spokes * std::numbers::pi / 4;
        const int x = std::min(reach, static_cast<int>(std::lround(radius / pixel * std::cos(angle))));
        const int y = std::min(reach, static_cast<int>(std::lround(radius / pixel * std::sin(angle))));
        weight(y, x) += part / (2 * spokes);
        weight(x, y) += part / (2 * spokes);
      }
    }
  }
  // So far a quadrant held all light, axes as heavy as the rest: a pixel stands for itself and its mirror images.
  for (Image<double>& weight : weights)
    for (int y = 0; y <= reach; ++y)
      for (int x = 0; x <= reach; ++x) weight(y, x) /= (x == 0 ? 1 : 2) * (y == 0 ? 1 : 2);
  return weights;
}

/// Pixels of twice the size; what is missing at the far edges is 0.
Image<double> halved(const Image<double>& fine) {
  Image<double> coarse((fine.ny() + 1) / 2, (fine.nx() + 1) / 2);
  for (int y = 0; y < fine.ny(); ++y)
    for (int x = 0; x < fine.nx(); ++x) coarse(y / 2, x / 2) += fine(y, x) / 4;
  return coarse;
}

/// Adds to `sum`, which is `margin` wider than `density` on all sides, the density folded with the weights.
void add_folded(const Image<double>& density, const Image<double>& weight, int threads, Image<double>& sum) {
  const int nx = density.nx();
  parallel_for(sum.ny(), threads, [&](int row) {
    const int y = row - margin;
    for (int from = std::max(0, y - reach); from <= std::min(density.ny() - 1, y + reach); ++from) {
      const double* w = weight.row(std::abs(y - from));
      const double* in = density.row(from);
      for (int shift = -reach; shift <= reach; ++shift) {
        const double factor = w[std::abs(shift)];
        if (factor == 0) continue;
        // x = from + shift, with x in [-margin, nx + margin)
        const int begin = std::max(0, -margin - shift);
        const int end = std::min(nx, nx + margin - shift);
        double* out = sum.row(row) + margin + shift;
#pragma omp simd
        for (int x = begin; x < end; ++x) out[x] += factor * in[x];
      }
    }
  });
}

/// Cubic (Catmull-Rom) interpolation a quarter of a coarse pixel away from a centre; the first tap is the farthest on
/// the side of the centre.
constexpr std::array<double, 4> taps{-9.0 / 128, 111.0 / 128, 29.0 / 128, -3.0 / 128};

/// The values at one fine index, of which two lie in each coarse pixel: weights from coarse index `first` on.
struct Stencil {
  int first;
  std::array<double, 4> weight;
};
Stencil stencil(int fine) {
  const int coarse = fine >= 0 ? fine / 2 : -((1 - fine) / 2);
  if (fine - 2 * coarse == 1) return {coarse - 1, taps};
  return {coarse - 2, {taps[3], taps[2], taps[1], taps[0]}};
}

/// Interpolates a coarse map to pixels of half the size; both have their margins.
Image<double> doubled(const Image<double>& coarse, int ny, int nx, int threads) {
  Image<double> along_x(coarse.ny(), nx + 2 * margin);
  for (int x = 0; x < along_x.nx(); ++x) {
    const Stencil s = stencil(x - margin);
    for (int y = 0; y < coarse.ny(); ++y)
      for (int t = 0; t < 4; ++t)
        along_x(y, x) += s.weight[static_cast<std::size_t>(t)] * coarse(y, s.first + t + margin);
  }
  Image<double> fine(ny + 2 * margin, along_x.nx());
  parallel_for(fine.ny(), threads, [&](int y) {
    const Stencil s = stencil(y - margin);
    for (int t = 0; t < 4; ++t)
      for (int x = 0; x < fine.nx(); ++x)
        fine(y, x) += s.weight[static_cast<std::size_t>(t)] * along_x(s.first + t + margin, x);
  });
  return fine;
}

}  // namespace

Image<double> flare_map(const Image<double>& clear, double pixel_nm, double outside, const ScatterKernel& kernel,
                        int threads) {
  require(!clear.empty(), "pixels of the density map", "one or more", 0);
  require(pixel_nm > 0 && std::isfinite(pixel_nm), "pixel_nm", "a positive number", pixel_nm);
  require(outside >= 0 && std::isfinite(outside), "outside", "at least 0", outside);
  require(std::isfinite(kernel.outer_nm()), "outer_nm of the kernel", "a finite number", kernel.outer_nm());
  // The surroundings are taken off, so that beyond the map there is nothing.
  std::vector<Image<double>> density{clear};
  for (double& value : density[0]) {
    require(value >= 0 && std::isfinite(value), "clear density", "at least 0", value);
    value -= outside;
  }
  const std::vector<Image<double>> weights = level_weights(kernel, pixel_nm);
  while (density.size() < weights.size()) density.push_back(halved(density.back()));

  Image<double> sum;
  for (std::size_t level = weights.size(); level-- > 0;) {
    const int ny = density[level].ny();
    const int nx = density[level].nx();
    sum = sum.empty() ? Image<double>(ny + 2 * margin, nx + 2 * margin) : doubled(sum, ny, nx, threads);
    add_folded(density[level], weights[level], threads, sum);
  }
  Image<double> flare(clear.ny(), clear.nx());
  for (int y = 0; y < flare.ny(); ++y)
    for (int x = 0; x < flare.nx(); ++x) flare(y, x) = outside * kernel.total() + sum(y + margin, x + margin);
  return flare;
}

Image<double> sample_map(const Image<double>& map, double map_pixel_nm, double x0_nm, double y0_nm, double pixel_nm,
                         int ny, int nx) {
  require(!map.empty(), "pixels of the map", "one or more", 0);
  require(map_pixel_nm > 0 && std::isfinite(map_pixel_nm), "map_pixel_nm", "a positive number", map_pixel_nm);
  require(pixel_nm > 0 && std::isfinite(pixel_nm), "pixel_nm", "a positive number", pixel_nm);
  require(std::isfinite(x0_nm) && std::isfinite(y0_nm), "x0_nm, y0_nm", "finite numbers", x0_nm + y0_nm);
  struct Between {
    int low, high;
    double part;
  };
  const auto between = [&](double position_nm, int count) -> Between {
    const double at = std::clamp(position_nm / map_pixel_nm - 0.5, 0.0, count - 1.0);
    const int low = static_cast<int>(at);
    return {low, std::min(low + 1, count - 1), at - low};
  };
  Image<double> out(ny, nx);
  for (int y = 0; y < ny; ++y) {
    const auto [y_low, y_high, v] = between(y0_nm + (y + 0.5) * pixel_nm, map.ny());
    for (int x = 0; x < nx; ++x) {
      const auto [x_low, x_high, u] = between(x0_nm + (x + 0.5) * pixel_nm, map.nx());
      out(y, x) = (1 - v) * ((1 - u) * map(y_low, x_low) + u * map(y_low, x_high)) +
                  v * ((1 - u) * map(y_high, x_low) + u * map(y_high, x_high));
    }
  }
  return out;
}

Image<double> with_flare(Image<double> intensity, double scattered, const Image<double>& flare) {
  require(scattered >= 0 && scattered < 1, "scattered", "at least 0, less than 1", scattered);
  require(flare.ny() == intensity.ny() && flare.nx() == intensity.nx(), "pixels of the flare",
          "as many as the image has", static_cast<double>(flare.size()));
  for (std::size_t i = 0; i < intensity.size(); ++i)
    intensity.data()[i] = (1 - scattered) * intensity.data()[i] + flare.data()[i];
  return intensity;
}

Image<double> with_flare(Image<double> intensity, double scattered, double flare) {
  require(scattered >= 0 && scattered < 1, "scattered", "at least 0, less than 1", scattered);
  for (double& value : intensity) value = (1 - scattered) * value + flare;
  return intensity;
}

}  // namespace anamorph
