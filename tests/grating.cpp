// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "tests/grating.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "optics_models/quadrature.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;
using Complex = std::complex<double>;

/// All orders of one coherent term that can pass, [m + extent].
void term_orders(const CoherentTerms& terms, int point, double pitch, Axis axis, int extent,
                 std::vector<Complex>& orders) {
  const int n = 2 * extent + 1;
  if (axis == Axis::x) {
    terms.evaluate(point, {-extent / pitch, 1 / pitch, 0, n}, orders.data(), n);
    return;
  }
  std::vector<Complex> one(static_cast<std::size_t>(terms.per_point()));
  for (int j = 0; j < n; ++j) {
    terms.evaluate(point, {0, 1, (j - extent) / pitch, 1}, one.data(), 1);
    for (int t = 0; t < terms.per_point(); ++t)
      orders[static_cast<std::size_t>(t * n + j)] = one[static_cast<std::size_t>(t)];
  }
}

struct Circle {
  double centre = 0;  ///< on the sx axis
  double radius = 0;
};

void sort_unique(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end(), [](double a, double b) { return b - a < 1e-14; }),
               values.end());
}

/// Heights between which every row is cut by the same curves in the same order.
std::vector<double> heights(const std::vector<Circle>& circles, const RingShape& shape) {
  std::vector<double> values{0, shape.outer};
  const auto add = [&](double y2) {
    if (y2 > 0 && y2 < shape.outer * shape.outer) values.push_back(std::sqrt(y2));
  };
  const double c = std::cos(shape.half_opening_rad), s = std::sin(shape.half_opening_rad);
  for (const Circle& a : circles) {
    add(a.radius * a.radius);
    for (const double side : {-1.0, 1.0}) {  // the rays (t c, t s) and (-t c, t s)
      const double root2 = a.radius * a.radius - a.centre * a.centre * s * s;
      if (root2 < 0) continue;
      for (const double sign : {-1.0, 1.0}) {
        const double t = side * a.centre * c + sign * std::sqrt(root2);
        if (t > 0) add(t * t * s * s);
      }
    }
    for (const Circle& b : circles) {
      const double d = b.centre - a.centre;
      if (d == 0) continue;
      const double x = (a.radius * a.radius - b.radius * b.radius + d * d) / (2 * d);
      add(a.radius * a.radius - x * x);
    }
  }
  sort_unique(values);
  return values;
}

}  // namespace

Complex equal_lines(int m) { return m == 0 ? 0.5 : -std::sin(pi * m / 2) / (pi * m); }

double GratingImage::value(double t_nm) const {
  double sum = harmonic[0].real();
  for (std::size_t n = 1; n < harmonic.size(); ++n)
    sum += 2 * (harmonic[n] * std::polar(1.0, 2 * pi * static_cast<double>(n) * t_nm / pitch_nm)).real();
  return sum;
}

double GratingImage::slope(double t_nm) const {
  double sum = 0;
  for (std::size_t n = 1; n < harmonic.size(); ++n) {
    const double k = 2 * pi * static_cast<double>(n) / pitch_nm;
    sum -= 2 * k * (harmonic[n] * std::polar(1.0, k * t_nm)).imag();
  }
  return sum;
}

double GratingImage::position() const { return -std::arg(harmonic[1]) / (2 * pi) * pitch_nm; }

double GratingImage::contrast() const {
  double low = value(0), high = low;
  constexpr int samples = 240;
  for (int i = 1; i < samples; ++i) {
    const double v = value(i * pitch_nm / samples);
    low = std::min(low, v);
    high = std::max(high, v);
  }
  return (high - low) / (high + low);
}

double GratingImage::nils() const { return pitch_nm / 2 * slope(pitch_nm / 4) / value(pitch_nm / 4); }

GratingImage grating_image(const CoherentTerms& terms, double pitch_nm, const GratingSpectrum& spectrum, Axis axis) {
  const int extent = static_cast<int>(std::floor(terms.reach() * pitch_nm));
  const int n = 2 * extent + 1;
  std::vector<Complex> mask;
  for (int m = -extent; m <= extent; ++m) mask.push_back(spectrum(m));
  GratingImage image{pitch_nm, std::vector<Complex>(static_cast<std::size_t>(n))};
  std::vector<Complex> orders(static_cast<std::size_t>(terms.per_point() * n));
  for (int point = 0; point < terms.points(); ++point) {
    term_orders(terms, point, pitch_nm, axis, extent, orders);
    for (int t = 0; t < terms.per_point(); ++t) {
      Complex* field = orders.data() + t * n;
      for (int j = 0; j < n; ++j) field[j] *= mask[static_cast<std::size_t>(j)];
      for (int j = 0; j < n; ++j) {
        if (field[j] == 0.0) continue;
        for (int i = 0; i <= j; ++i) image.harmonic[static_cast<std::size_t>(j - i)] += field[j] * std::conj(field[i]);
      }
    }
  }
  return image;
}

GratingImage grating_image(const Projection& projection, const std::vector<SourcePoint>& source, double pitch_nm,
                           const GratingSpectrum& spectrum, Axis axis) {
  return grating_image(CoherentTerms(projection, source), pitch_nm, spectrum, axis);
}

std::vector<SourcePoint> fitted_source(const RingShape& shape, const Projection& projection, double pitch_nm,
                                       int highest) {
  const double shift = projection.wavelength_nm / (projection.na * pitch_nm);
  std::vector<Circle> circles{{0, shape.outer}};
  if (shape.inner > 0) circles.push_back({0, shape.inner});
  for (int m = 0; m <= highest && m * shift <= 1 + shape.outer; ++m)
    for (const double centre : {m * shift, -m * shift}) {
      circles.push_back({centre, 1});
      if (projection.pupil.obscuration > 0) circles.push_back({centre, projection.pupil.obscuration});
    }

  const double cotangent = 1 / std::tan(shape.half_opening_rad);
  const auto lit = [&](double sx, double sy) {
    const double s2 = sx * sx + sy * sy;
    return s2 < shape.outer * shape.outer && s2 > shape.inner * shape.inner && std::abs(sx) > sy * cotangent;
  };
  const auto rule = gauss_legendre(16);
  const std::vector<double> panels = heights(circles, shape);
  std::vector<SourcePoint> points;
  std::vector<double> cuts;
  for (std::size_t p = 0; p + 1 < panels.size(); ++p)
    for (const auto& [t, weight] : rule) {
      // Square roots begin at the ends of a panel; in the new variable they are smooth.
      const double sine = std::sin(pi / 2 * t);
      const double sy = std::lerp(panels[p], panels[p + 1], sine * sine);
      const double height = (panels[p + 1] - panels[p]) * weight * pi / 2 * std::sin(pi * t);
      cuts = {-sy * cotangent, sy * cotangent};
      for (const auto& [centre, radius] : circles) {
        if (radius <= sy) continue;
        const double half = std::sqrt((radius - sy) * (radius + sy));
        cuts.insert(cuts.end(), {centre - half, centre + half});
      }
      sort_unique(cuts);
      for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
        const double sx = (cuts[i] + cuts[i + 1]) / 2;
        if (!lit(sx, sy)) continue;
        for (const double y : {sy, -sy}) points.push_back({sx, y, height * (cuts[i + 1] - cuts[i])});
      }
    }
  return points;
}

}  // namespace anamorph
