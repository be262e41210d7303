// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/pixel_image.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr int taps = 6;
using Six = std::array<double, taps>;

/// Weights of the values at -2, -1, .., 3 for the polynomial through them at t.
Six weights(double t) {
  const double a = t + 2, b = t + 1, c = t, d = t - 1, e = t - 2, f = t - 3;
  return {b * c * d * e * f / -120, a * c * d * e * f / 24,  a * b * d * e * f / -12,
          a * b * c * e * f / 12,   a * b * c * d * f / -24, a * b * c * d * e / 120};
}

int wrapped(int i, int n) {
  const int r = i % n;
  return r < 0 ? r + n : r;
}

/// Where a place lies between pixel centres: the pixel before it, and how far behind that, in pixels.
struct Place {
  int pixel;
  double rest;
};
Place place(double nm, double first_nm, double pixel_nm) {
  const double at = (nm - first_nm) / pixel_nm - 0.5;
  const double whole = std::floor(at);
  return {static_cast<int>(whole), at - whole};
}

/// The polynomial of a step between two values, value(t) for 0 <= t <= 1.
double value_in(const double* v, double t) {
  const Six w = weights(t);
  double sum = 0;
  for (int i = 0; i < taps; ++i) sum += w[static_cast<std::size_t>(i)] * v[i];
  return sum;
}

/// Root between two values of opposite sign: the Illinois variant of the false position.
double root(const double* v, double level) {
  double a = 0, b = 1, fa = v[2] - level, fb = v[3] - level;
  double t = fa / (fa - fb);
  for (int i = 0; i < 60; ++i) {
    const double f = value_in(v, t) - level;
    if (f == 0) break;
    if ((f > 0) == (fb > 0)) {
      b = t;
      fb = f;
      fa /= 2;
    } else {
      a = b;
      fa = fb;
      b = t;
      fb = f;
    }
    const double next = (fa * b - fb * a) / (fa - fb);
    if (std::abs(next - t) < 1e-9 || !(next >= -1 && next <= 2)) break;
    t = next;
  }
  return std::clamp(t, 0.0, 1.0);
}

}  // namespace

PixelImage::PixelImage(const Image<double>& image, const Grid& grid) : image_(image), grid_(grid) {
  if (image.ny() != grid.ny || image.nx() != grid.nx || grid.nx < taps || grid.ny < taps)
    throw Error(ErrorCode::recipe, "MEA-0002", "the image does not have the size of its grid, or too few pixels");
}

double PixelImage::at(const Point& p) const {
  const Place x = place(p.x, grid_.x0_nm, grid_.pixel_nm), y = place(p.y, grid_.y0_nm, grid_.pixel_nm);
  const Six wx = weights(x.rest), wy = weights(y.rest);
  double sum = 0;
  for (int i = 0; i < taps; ++i) {
    const double* row = image_.row(wrapped(y.pixel - 2 + i, grid_.ny));
    double along = 0;
    for (int j = 0; j < taps; ++j) along += wx[static_cast<std::size_t>(j)] * row[wrapped(x.pixel - 2 + j, grid_.nx)];
    sum += wy[static_cast<std::size_t>(i)] * along;
  }
  return sum;
}

void PixelImage::line(const Point& origin, const Point& along, double from, double to, ImageLine& out) const {
  const double pixel = grid_.pixel_nm;
  out.step_nm = pixel;
  const int count_about = static_cast<int>(std::ceil((to - from) / pixel));
  if (along.x != 0 && along.y != 0) {
    out.first_nm = from - 2 * pixel;
    out.values.clear();
    for (int i = 0; i < count_about + taps; ++i) {
      const double s = out.first_nm + i * pixel;
      out.values.push_back(at({origin.x + s * along.x, origin.y + s * along.y}));
    }
    return;
  }
  // Along an axis the values are taken at the pixel centres, where only the other axis needs a polynomial.
  const bool is_row = along.y == 0;
  const double sign = is_row ? along.x : along.y;
  const Place across = is_row ? place(origin.y, grid_.y0_nm, pixel) : place(origin.x, grid_.x0_nm, pixel);
  const double start = (is_row ? origin.x : origin.y) + sign * from, zero = is_row ? grid_.x0_nm : grid_.y0_nm;
  // Seen along the line, the first centre at or before `from`, and two more before it.
  const Place begin = place(start, zero, pixel);
  const int first = sign > 0 ? begin.pixel - 2 : begin.pixel + (begin.rest > 0) + 2;
  const int step = sign > 0 ? 1 : -1;
  out.first_nm = sign * (zero + (first + 0.5) * pixel - (is_row ? origin.x : origin.y));
  out.values.assign(static_cast<std::size_t>(count_about + taps + 1), 0.0);
  const Six w = weights(across.rest);
  if (is_row) {
    for (int i = 0; i < taps; ++i) {
      const double* row = image_.row(wrapped(across.pixel - 2 + i, grid_.ny));
      int x = wrapped(first, grid_.nx);
      for (double& value : out.values) {
        value += w[static_cast<std::size_t>(i)] * row[x];
        x = wrapped(x + step, grid_.nx);
      }
    }
  } else {
    std::array<int, taps> x{};
    for (int i = 0; i < taps; ++i) x[static_cast<std::size_t>(i)] = wrapped(across.pixel - 2 + i, grid_.nx);
    int y = wrapped(first, grid_.ny);
    for (double& value : out.values) {
      const double* row = image_.row(y);
      for (std::size_t i = 0; i < taps; ++i) value += w[i] * row[x[i]];
      y = wrapped(y + step, grid_.ny);
    }
  }
}

void crossings(const ImageLine& line, double level, bool bright, double from, double to, std::vector<Crossing>& out) {
  out.clear();
  const double* v = line.values.data();
  const int last = static_cast<int>(line.values.size()) - 4;
  for (int j = 2; j <= last; ++j) {
    const bool above = v[j] >= level;
    if (above == (v[j + 1] >= level)) continue;
    const double s = line.first_nm + (j + root(v + j - 2, level)) * line.step_nm;
    if (s >= from && s <= to) out.push_back({s, above == bright});
  }
}

bool prints_at(const ImageLine& line, double level, bool bright, double at) {
  const double where = (at - line.first_nm) / line.step_nm;
  const int j = std::clamp(static_cast<int>(std::floor(where)), 2, static_cast<int>(line.values.size()) - 4);
  return (value_in(line.values.data() + j - 2, where - j) >= level) == bright;
}

}  // namespace anamorph
