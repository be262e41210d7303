// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/gauge.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

constexpr int nodes = 6;

/// Lagrange weights of the nodes -2..3 at t in [0, 1), and their derivatives.
struct Weights {
  std::array<double, nodes> value{};
  std::array<double, nodes> slope{};
};

Weights lagrange(double t) {
  Weights w;
  for (int i = 0; i < nodes; ++i) {
    double product = 1;
    double slope = 0;
    for (int k = 0; k < nodes; ++k) {
      if (k == i) continue;
      const double factor = (t - (k - 2)) / (i - k);
      slope = slope * factor + product / (i - k);  // product rule
      product *= factor;
    }
    w.value[static_cast<std::size_t>(i)] = product;
    w.slope[static_cast<std::size_t>(i)] = slope;
  }
  return w;
}

/// The image along a line through `at` with direction `angle`.
class Cut {
 public:
  Cut(const Image<double>& intensity, const Grid& grid, const Gauge& gauge)
      : intensity_(intensity),
        grid_(grid),
        at_(gauge.at_nm),
        direction_{std::cos(gauge.angle_deg * std::numbers::pi / 180),
                   std::sin(gauge.angle_deg * std::numbers::pi / 180)} {}

  struct Sample {
    double value;
    double slope;  ///< per nm in the direction of the cut
  };

  [[nodiscard]] Point point(double s) const { return {at_.x + s * direction_.x, at_.y + s * direction_.y}; }

  [[nodiscard]] Sample operator()(double s) const {
    const Point p = point(s);
    const double x = (p.x - grid_.x0_nm) / grid_.pixel_nm - 0.5;
    const double y = (p.y - grid_.y0_nm) / grid_.pixel_nm - 0.5;
    const double x_floor = std::floor(x);
    const double y_floor = std::floor(y);
    const Weights wx = lagrange(x - x_floor);
    const Weights wy = lagrange(y - y_floor);
    Sample sample{0, 0};
    for (int j = 0; j < nodes; ++j) {
      const double* row = intensity_.row(wrapped(y_floor + j - 2, grid_.ny));
      double value = 0;
      double slope = 0;
      for (int i = 0; i < nodes; ++i) {
        const double pixel = row[wrapped(x_floor + i - 2, grid_.nx)];
        value += wx.value[static_cast<std::size_t>(i)] * pixel;
        slope += wx.slope[static_cast<std::size_t>(i)] * pixel;
      }
      const double w = wy.value[static_cast<std::size_t>(j)];
      sample.value += w * value;
      sample.slope +=
          (w * slope * direction_.x + wy.slope[static_cast<std::size_t>(j)] * value * direction_.y) / grid_.pixel_nm;
    }
    return sample;
  }

 private:
  static int wrapped(double index, int n) { return static_cast<int>(index - n * std::floor(index / n)); }

  const Image<double>& intensity_;
  const Grid& grid_;
  Point at_;
  Point direction_;
};

}  // namespace

GaugeResult measure(const Gauge& gauge, const Image<double>& intensity, const Grid& grid, double threshold, bool bright,
                    double search_nm) {
  if (intensity.ny() != grid.ny || intensity.nx() != grid.nx || intensity.empty())
    throw Error(ErrorCode::recipe, "MEA-0002", "the image does not have the size of its grid");
  if (!std::isfinite(gauge.at_nm.x) || !std::isfinite(gauge.at_nm.y) || !std::isfinite(gauge.angle_deg))
    throw Error(ErrorCode::recipe, "MEA-0004", "gauge \"" + gauge.name + "\": a finite place and angle expected");
  const Cut cut(intensity, grid, gauge);
  const auto inside = [&](double s) { return (cut(s).value >= threshold) == bright; };

  // Distance to the edge of the feature in the direction of `sign`, by steps of half a pixel and then bisection.
  const double step = grid.pixel_nm / 2;
  const auto edge = [&](double sign) {
    for (double far = step; far <= search_nm; far += step) {
      if (inside(sign * far)) continue;
      double in = far - step;
      double out = far;
      for (int i = 0; i < 50; ++i) {
        const double middle = (in + out) / 2;
        (inside(sign * middle) ? in : out) = middle;
      }
      return (in + out) / 2;
    }
    return std::numeric_limits<double>::quiet_NaN();
  };

  GaugeResult result;
  if (!inside(0)) return result;
  const double low = edge(-1);
  const double high = edge(1);
  if (!std::isfinite(low + high)) return result;
  result.cd_nm = low + high;
  result.low_edge = cut.point(-low);
  result.high_edge = cut.point(high);
  const double width = gauge.cd_nm > 0 ? gauge.cd_nm : result.cd_nm;
  const auto nils = [&](double s) {
    const auto [value, slope] = cut(s);
    return width * std::abs(slope / value);
  };
  result.nils_low = nils(-low);
  result.nils_high = nils(high);
  return result;
}

DrawnEdges drawn_edges(const std::vector<Polygon>& shapes, const Gauge& gauge, double reach_nm) {
  const double angle = gauge.angle_deg * std::numbers::pi / 180, ux = std::cos(angle), uy = std::sin(angle);
  DrawnEdges found;
  for (const Polygon& shape : shapes)
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const Point &a = shape[i], &b = shape[(i + 1) % shape.size()];
      const double ax = a.x - gauge.at_nm.x, ay = a.y - gauge.at_nm.y, dx = b.x - a.x, dy = b.y - a.y;
      const double cross = ux * dy - uy * dx;
      if (std::abs(cross) < 1e-9 * std::hypot(dx, dy)) continue;
      const double s = (ax * dy - ay * dx) / cross, t = (ax * uy - ay * ux) / cross;
      if (t < -1e-9 || t > 1 + 1e-9 || std::abs(s) > reach_nm) continue;
      if (s > 0 && !(s >= found.high_nm)) found.high_nm = s;
      if (s < 0 && !(s <= found.low_nm)) found.low_nm = s;
    }
  return found;
}

}  // namespace anamorph
