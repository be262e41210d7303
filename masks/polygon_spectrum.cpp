// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/polygon_spectrum.hpp"

#include <cmath>
#include <map>
#include <numbers>

#include "cpp/core/error.hpp"
#include "masks/edge_spectrum.hpp"

// With F = i k / |k|^2 exp(-i k.x), div F = exp(-i k.x): the integral over a polygon is the flux of F through its
// edges. F may as well have only an x (or y) part, i / kx exp(-i k.x), and then each edge (dx, dy) with midpoint c
// gives
//
//     i / kx . dy . exp(-i k.c) . sinc(k.(dx, dy) / 2),        sinc(a) = sin(a) / a,
//
// so that horizontal edges give nothing, and the vertical ones are products of a function of kx and one of ky.
// kx = 0 uses the y part, -i / ky . dx ..., and k = 0 is the area. M(-k) is the conjugate of M(k), the mask being real.
// Lengths are in periods here: k.x = 2 pi (mx x + my y).

namespace anamorph {

namespace {

using Complex = std::complex<double>;

/// sin(a) / a, given sin(a) with an error of about one rounding of 1.
double sinc(double a, double sin_a) {
  const double s = a * a;  // the series, so that an edge at right angles to k loses nothing
  const double series =
      1 - s * (1.0 / 6) * (1 - s * (1.0 / 20) * (1 - s * (1.0 / 42) * (1 - s * (1.0 / 72) * (1 - s * (1.0 / 110)))));
  return s > 0.0625 ? sin_a / a : series;
}

double sinc(double a) { return sinc(a, std::sin(a)); }

/// exp(-2 pi i m x), the whole periods taken out first.
Complex phase(int m, double x) {
  const double turns = m * x;
  return std::polar(1.0, -2 * std::numbers::pi * (turns - std::round(turns)));
}

class PolygonSpectrum {
 public:
  PolygonSpectrum(int extent_x, int extent_y)
      : ex_(extent_x),
        ey_(extent_y),
        values_(static_cast<std::size_t>(2 * extent_x + 1) * static_cast<std::size_t>(2 * extent_y + 1)) {}

  void add_edge(Point a, Point b) {
    const double dx = b.x - a.x;
    const double dy = b.y - a.y;
    const Point c{(a.x + b.x) / 2, (a.y + b.y) / 2};
    at(0, 0) += (a.x * b.y - b.x * a.y) / 2;
    if (dx != 0) {
      for (int my = 1; my <= ey_; ++my) {
        at(my, 0) -=
            dx / (2 * std::numbers::pi * my) * Complex(0, 1) * phase(my, c.y) * sinc(std::numbers::pi * my * dy);
      }
    }
    if (dy == 0) return;
    if (dx == 0) {
      std::vector<Complex>& column = vertical_edges_[c.x];
      column.resize(static_cast<std::size_t>(2 * ey_ + 1));
      for (int my = -ey_; my <= ey_; ++my) {
        column[static_cast<std::size_t>(my + ey_)] += dy * phase(my, c.y) * sinc(std::numbers::pi * my * dy);
      }
    } else {
      add_slanted(c, dx, dy);
    }
  }

  std::vector<Complex> finish() && {
    std::vector<Complex> phases(static_cast<std::size_t>(ex_ + 1));
    for (const auto& [x, column] : vertical_edges_) {
      for (int mx = 1; mx <= ex_; ++mx) phases[static_cast<std::size_t>(mx)] = over_k(mx) * phase(mx, x);
      for (int my = -ey_; my <= ey_; ++my) {
        const Complex s = column[static_cast<std::size_t>(my + ey_)];
        Complex* const row = &at(my, 0);
        for (int mx = 1; mx <= ex_; ++mx) {
          const Complex p = phases[static_cast<std::size_t>(mx)];
          row[mx] += Complex(s.real() * p.real() - s.imag() * p.imag(), s.real() * p.imag() + s.imag() * p.real());
        }
      }
    }
    for (int my = -ey_; my <= ey_; ++my) {
      for (int mx = my < 0 ? 0 : 1; mx <= ex_; ++mx) {
        if (mx == 0) at(my, 0) = std::conj(at(-my, 0));
        if (mx > 0) at(-my, -mx) = std::conj(at(my, mx));
      }
    }
    return std::move(values_);
  }

 private:
  static Complex over_k(int m) { return Complex(0, 1 / (2 * std::numbers::pi * m)); }

  Complex& at(int my, int mx) {
    return values_[static_cast<std::size_t>(my + ey_) * static_cast<std::size_t>(2 * ex_ + 1) +
                   static_cast<std::size_t>(mx + ex_)];
  }

  void add_slanted(const Point& c, double dx, double dy) {
    // The only sines and cosines are those of one axis at a time: sin(x + y) = sin x cos y + cos x sin y.
    const auto count = static_cast<std::size_t>(ex_ + 1);
    std::vector<double> re(count), im(count), angle(count), sine(count), cosine(count);
    for (std::size_t i = 1; i < count; ++i) {
      const int mx = static_cast<int>(i);
      const Complex edge = dy * over_k(mx) * phase(mx, c.x);
      re[i] = edge.real();
      im[i] = edge.imag();
      angle[i] = std::numbers::pi * mx * dx;
      sine[i] = std::sin(angle[i]);
      cosine[i] = std::cos(angle[i]);
    }
    for (int my = -ey_; my <= ey_; ++my) {
      const Complex p = phase(my, c.y);
      const double angle_y = std::numbers::pi * my * dy;
      const double sine_y = std::sin(angle_y);
      const double cosine_y = std::cos(angle_y);
      Complex* const row = &at(my, 0);
      for (std::size_t i = 1; i < count; ++i) {
        const double size = sinc(angle[i] + angle_y, sine[i] * cosine_y + cosine[i] * sine_y);
        row[i] += Complex((re[i] * p.real() - im[i] * p.imag()) * size, (re[i] * p.imag() + im[i] * p.real()) * size);
      }
    }
  }

  int ex_;
  int ey_;
  std::vector<Complex> values_;
  std::map<double, std::vector<Complex>> vertical_edges_;  // by x: sum over the edges there, for each my
};

bool axis_parallel(const Polygon& polygon) {
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    if (a.x != b.x && a.y != b.y) return false;
  }
  return true;
}

}  // namespace

std::vector<Complex> polygon_spectrum(const std::vector<Polygon>& merged, const Box& window, int extent_x,
                                      int extent_y) {
  if (!(window.width() > 0) || !(window.height() > 0) || extent_x < 0 || extent_y < 0) {
    throw Error(ErrorCode::recipe, "SPC-0001", "a polygon spectrum needs a window with area and extents of at least 0");
  }
  // Rings whose edges all are parallel to the axes go the fast way.
  std::vector<EdgePiece> pieces;
  PolygonSpectrum spectrum(extent_x, extent_y);
  bool slanted = false;
  const auto to_periods = [&](const Point& p) {
    return Point{(p.x - window.x0) / window.width(), (p.y - window.y0) / window.height()};
  };
  for (const Polygon& polygon : merged) {
    const bool upright = axis_parallel(polygon);
    slanted = slanted || !upright;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      const Point &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
      if (upright) {
        pieces.push_back({a, b});
      } else {
        spectrum.add_edge(to_periods(a), to_periods(b));
      }
    }
  }
  std::vector<Complex> values = EdgeSpectrum(window, extent_x, extent_y).forward(pieces);
  if (slanted) {
    const std::vector<Complex> rest = std::move(spectrum).finish();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] += rest[i];
  }
  return values;
}

}  // namespace anamorph
