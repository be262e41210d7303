// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/edge_waves.hpp"

#include <Eigen/Core>
#include <cmath>
#include <numbers>

#include "cpp/core/error.hpp"

// Lengths are in periods here, k.x = 2 pi (mx x + my y). By the divergence theorem (masks/polygon_spectrum.cpp) a
// vertical edge at x from y0 to y1 gives, for mx > 0,
//
//     i / (2 pi mx) exp(-2 pi i mx x) V(my),    V(my) = Int_y0^y1 exp(-2 pi i my y) dy,
//
// a product of a function of mx and one of my, so that all edges together are a matrix product. V(-my) is the conjugate
// of V(my): with V = a + i b the products with a and with b give both signs of my. mx = 0 takes the horizontal edges,
// and mx < 0 the conjugates.

namespace anamorph {
namespace {

using Complex = std::complex<double>;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using std::numbers::pi;

/// exp(-2 pi i m x), m = 0 .. count - 1. Turned on from one to the next, and set anew now and then.
void waves(double x, int count, Complex* out) {
  constexpr int anew = 32;
  const Complex turn = std::polar(1.0, -2 * pi * (x - std::round(x)));
  Complex w = 1;
  for (int m = 0; m < count; ++m) {
    if (m % anew == 0) {
      const double turns = m * x;
      w = std::polar(1.0, -2 * pi * (turns - std::round(turns)));
    }
    out[m] = w;
    w = Complex(w.real() * turn.real() - w.imag() * turn.imag(), w.real() * turn.imag() + w.imag() * turn.real());
  }
}

/// V(m), m = 0 .. extent, of the interval from y0 to y1: real parts, then imaginary ones.
struct Interval {
  explicit Interval(int extent) : n_(extent + 1), from_(static_cast<std::size_t>(n_)), to_(from_) {}

  void write(double y0, double y1, double* real, double* imaginary) {
    waves(y0, n_, from_.data());
    waves(y1, n_, to_.data());
    real[0] = y1 - y0;
    imaginary[0] = 0;
    for (int m = 1; m < n_; ++m) {  // (to - from) i / (2 pi m)
      const Complex d = (to_[static_cast<std::size_t>(m)] - from_[static_cast<std::size_t>(m)]) / (2 * pi * m);
      real[m] = -d.imag();
      imaginary[m] = d.real();
    }
  }

 private:
  int n_;
  std::vector<Complex> from_, to_;
};

double sinc(double a) { return std::abs(a) < 1e-4 ? 1 - a * a / 6 : std::sin(a) / a; }

/// exp(-2 pi i f c) sinc of a slanted edge's middle and direction, for one bin.
Complex slanted(const Point& c, const Point& d, int mx, int my) {
  const double turns = mx * c.x + my * c.y;
  return std::polar(sinc(pi * (mx * d.x + my * d.y)), -2 * pi * (turns - std::round(turns)));
}

/// Edges along one axis: where they stand, and from where to where they run.
struct Run {
  double at, from, to;
  std::size_t piece;
};

/// Adds to `gradient` what the edges of one axis see. half(k, l): G(k along the normal, l along the edge), k >= 0.
template <typename Half>
void see(const std::vector<Run>& runs, int normal_extent, int edge_extent, const Half& half,
         std::vector<double>& gradient) {
  if (runs.empty()) return;
  const int rows = normal_extent + 1, columns = edge_extent + 1;
  // sum over l of G V = (G+ + G-) a + i (G+ - G-) b
  Matrix g(2 * rows, 2 * columns);
  for (int k = 0; k < rows; ++k)
    for (int l = 0; l < columns; ++l) {
      const Complex plus = half(k, l), minus = l > 0 ? half(k, -l) : Complex{};
      const Complex even = plus + minus, odd = Complex(0, 1) * (plus - minus);
      g(k, l) = even.real();
      g(rows + k, l) = even.imag();
      g(k, columns + l) = odd.real();
      g(rows + k, columns + l) = odd.imag();
    }
  Matrix v(static_cast<Eigen::Index>(runs.size()), 2 * columns);
  Interval interval(edge_extent);
  for (std::size_t e = 0; e < runs.size(); ++e) {
    double* row = v.row(static_cast<Eigen::Index>(e)).data();
    interval.write(runs[e].from, runs[e].to, row, row + columns);
  }
  const Matrix sums = v * g.transpose();
  std::vector<Complex> w(static_cast<std::size_t>(rows));
  for (std::size_t e = 0; e < runs.size(); ++e) {
    waves(runs[e].at, rows, w.data());
    const double* row = sums.row(static_cast<Eigen::Index>(e)).data();
    double sum = 0;
    for (int k = 0; k < rows; ++k)
      sum += w[static_cast<std::size_t>(k)].real() * row[k] - w[static_cast<std::size_t>(k)].imag() * row[rows + k];
    gradient[runs[e].piece] += runs[e].to > runs[e].from ? sum : -sum;
  }
}

}  // namespace

EdgeWaves::EdgeWaves(const Box& window, int extent_x, int extent_y) : window_(window), ex_(extent_x), ey_(extent_y) {
  if (!(window.width() > 0) || !(window.height() > 0) || extent_x < 0 || extent_y < 0)
    throw Error(ErrorCode::recipe, "SPC-0001", "a spectrum of edges needs a window with area and extents of at least 0");
}

std::vector<Complex> EdgeWaves::forward(std::span<const EdgePiece> pieces) const {
  const int nx = 2 * ex_ + 1;
  std::vector<Complex> spectrum(static_cast<std::size_t>(nx) * static_cast<std::size_t>(2 * ey_ + 1));
  const auto at = [&](int my, int mx) -> Complex& {
    return spectrum[static_cast<std::size_t>((my + ey_) * nx + mx + ex_)];
  };
  const double width = window_.width(), height = window_.height();
  std::vector<Run> vertical;
  std::vector<Complex> wave(static_cast<std::size_t>(ey_ + 1));
  for (const EdgePiece& p : pieces) {
    const Point a{(p.from.x - window_.x0) / width, (p.from.y - window_.y0) / height};
    const Point b{(p.to.x - window_.x0) / width, (p.to.y - window_.y0) / height};
    at(0, 0) += (a.x * b.y - b.x * a.y) / 2;
    if (p.from.x == p.to.x) {
      if (p.from.y != p.to.y) vertical.push_back({a.x, a.y, b.y, 0});
      continue;
    }
    const Point c{(a.x + b.x) / 2, (a.y + b.y) / 2}, d{b.x - a.x, b.y - a.y};
    if (p.from.y == p.to.y) {
      waves(a.y, ey_ + 1, wave.data());
      for (int my = 1; my <= ey_; ++my) at(my, 0) -= Complex(0, d.x / (2 * pi * my)) * wave[static_cast<std::size_t>(my)];
      continue;
    }
    for (int my = 1; my <= ey_; ++my) at(my, 0) -= Complex(0, d.x / (2 * pi * my)) * slanted(c, d, 0, my);
    for (int my = -ey_; my <= ey_; ++my)
      for (int mx = 1; mx <= ex_; ++mx) at(my, mx) += Complex(0, d.y / (2 * pi * mx)) * slanted(c, d, mx, my);
  }
  if (!vertical.empty() && ex_ > 0) {
    const auto edges = static_cast<Eigen::Index>(vertical.size());
    Matrix x(edges, 2 * ex_), v(edges, 2 * (ey_ + 1));
    std::vector<Complex> w(static_cast<std::size_t>(ex_ + 1));
    Interval interval(ey_);
    for (Eigen::Index e = 0; e < edges; ++e) {
      const Run& run = vertical[static_cast<std::size_t>(e)];
      waves(run.at, ex_ + 1, w.data());
      for (int m = 1; m <= ex_; ++m) {  // i / (2 pi m) w
        x(e, m - 1) = -w[static_cast<std::size_t>(m)].imag() / (2 * pi * m);
        x(e, ex_ + m - 1) = w[static_cast<std::size_t>(m)].real() / (2 * pi * m);
      }
      interval.write(run.from, run.to, v.row(e).data(), v.row(e).data() + ey_ + 1);
    }
    const Matrix product = v.transpose() * x;  // [a; b] x [Re; Im]
    for (int my = 0; my <= ey_; ++my)
      for (int mx = 1; mx <= ex_; ++mx) {
        const double ar = product(my, mx - 1), ai = product(my, ex_ + mx - 1);
        const double br = product(ey_ + 1 + my, mx - 1), bi = product(ey_ + 1 + my, ex_ + mx - 1);
        at(my, mx) += Complex(ar - bi, ai + br);
        if (my > 0) at(-my, mx) += Complex(ar + bi, ai - br);
      }
  }
  for (int my = 1; my <= ey_; ++my) at(-my, 0) = std::conj(at(my, 0));
  for (int my = -ey_; my <= ey_; ++my)
    for (int mx = 1; mx <= ex_; ++mx) at(-my, -mx) = std::conj(at(my, mx));
  return spectrum;
}

std::vector<double> EdgeWaves::adjoint(std::span<const Complex> spectrum_bar, std::span<const EdgePiece> pieces) const {
  const int nx = 2 * ex_ + 1;
  const auto bar = [&](int mx, int my) { return spectrum_bar[static_cast<std::size_t>((my + ey_) * nx + mx + ex_)]; };
  // Re sum conj(M_bar) w over all bins, w(-m) = conj(w(m)), over half of them; k = 0 is its own other half.
  const auto fold = [&](int mx, int my, bool own) {
    return own ? std::conj(bar(mx, my)) : std::conj(bar(mx, my)) + bar(-mx, -my);
  };
  const double width = window_.width(), height = window_.height();
  std::vector<Run> vertical, horizontal;
  std::vector<double> gradient(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const EdgePiece& p = pieces[i];
    const Point a{(p.from.x - window_.x0) / width, (p.from.y - window_.y0) / height};
    const Point b{(p.to.x - window_.x0) / width, (p.to.y - window_.y0) / height};
    if (p.from.x == p.to.x) {
      if (p.from.y != p.to.y) vertical.push_back({a.x, a.y, b.y, i});
    } else if (p.from.y == p.to.y) {
      horizontal.push_back({a.y, a.x, b.x, i});
    } else {
      const Point c{(a.x + b.x) / 2, (a.y + b.y) / 2}, d{b.x - a.x, b.y - a.y};
      double sum = 0;
      for (int my = -ey_; my <= ey_; ++my)
        for (int mx = -ex_; mx <= ex_; ++mx) sum += (std::conj(bar(mx, my)) * slanted(c, d, mx, my)).real();
      gradient[i] = sum * std::hypot(p.to.x - p.from.x, p.to.y - p.from.y) / (width * height);
    }
  }
  std::vector<double> seen(pieces.size());
  see(vertical, ex_, ey_, [&](int k, int l) { return fold(k, l, k == 0); }, seen);
  for (const Run& run : vertical) gradient[run.piece] = seen[run.piece] / width;
  seen.assign(pieces.size(), 0);
  see(horizontal, ey_, ex_, [&](int k, int l) { return fold(l, k, k == 0); }, seen);
  for (const Run& run : horizontal) gradient[run.piece] = seen[run.piece] / height;
  return gradient;
}

std::vector<double> EdgeWaves::sensitivity(std::span<const Complex> spectrum_bar, int nx, int ny) const {
  const int bins_x = 2 * ex_ + 1, bins_y = 2 * ey_ + 1;
  using ComplexMatrix = Eigen::Matrix<Complex, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto table = [](int count, int extent) {  // conj of the waves: [cell][m + extent]
    ComplexMatrix t(count, 2 * extent + 1);
    std::vector<Complex> w(static_cast<std::size_t>(extent + 1));
    for (int i = 0; i < count; ++i) {
      waves((i + 0.5) / count, extent + 1, w.data());
      for (int m = 0; m <= extent; ++m) {
        t(i, extent + m) = std::conj(w[static_cast<std::size_t>(m)]);
        t(i, extent - m) = w[static_cast<std::size_t>(m)];
      }
    }
    return t;
  };
  const Eigen::Map<const ComplexMatrix> bar(spectrum_bar.data(), bins_y, bins_x);
  const ComplexMatrix rows = table(ny, ey_) * bar;
  const Matrix map = (rows * table(nx, ex_).transpose()).real() / (window_.width() * window_.height());
  return {map.data(), map.data() + map.size()};
}

}  // namespace anamorph
