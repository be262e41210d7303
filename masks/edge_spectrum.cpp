// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/edge_spectrum.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "cpp/core/error.hpp"

// Lengths in periods, u along x and v along y. A vertical edge at u, from v0 to v1, has
//
//     Q(my) = Int exp(-2 pi i my v) dv = a - i b,        a even in my, b odd,
//
// and by the divergence theorem, with the field i / (2 pi mx) exp(-2 pi i mx u) (...) along x,
//
//     M(mx, my) = i / (2 pi mx) Sum_edges exp(-2 pi i mx u) Q(my),        M(0, my) = Sum_edges u Q(my):
//
// horizontal edges say nothing new. With cosines and sines instead of exponentials the sum is a product of two real
// matrices, of which one row gives my and -my, and M(-m) is the conjugate of M(m). An edge that moves outwards by s
// adds s times the integral of exp(-i k.x) along it; the adjoint is the same product, transposed, for each direction.

namespace anamorph {
namespace {

using Complex = std::complex<double>;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// An edge along v at one u.
struct Line {
  double u, v0, v1;
  std::size_t index;
};

/// Edges of one direction, by u.
struct Lines {
  std::vector<Line> upright, lying;
};

Lines sorted_lines(std::span<const EdgePiece> edges, const Box& window) {
  Lines lines;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const auto& [from, to] = edges[i];
    const auto u = [&](double x) { return (x - window.x0) / window.width(); };
    const auto v = [&](double y) { return (y - window.y0) / window.height(); };
    if (from.x == to.x) {
      lines.upright.push_back({u(from.x), v(from.y), v(to.y), i});
    } else if (from.y == to.y) {
      lines.lying.push_back({v(from.y), u(from.x), u(to.x), i});
    } else {
      throw Error(ErrorCode::input, "SPC-0002", "an edge piece is not parallel to an axis");
    }
  }
  for (auto* list : {&lines.upright, &lines.lying})
    std::stable_sort(list->begin(), list->end(), [](const Line& a, const Line& b) { return a.u < b.u; });
  return lines;
}

/// Rows `first` and on: cos, row `second` and on: sin of 2 pi m t for m = m0..m1, a column for each t.
void waves(const std::vector<double>& t, int m0, int m1, Matrix& into, Eigen::Index first, Eigen::Index second) {
  const auto n = static_cast<Eigen::Index>(t.size());
  std::vector<double> c1(t.size()), s1(t.size());
  const auto exactly = [&](int m, double* c, double* s) {
    for (Eigen::Index j = 0; j < n; ++j) {
      const double turns = m * t[static_cast<std::size_t>(j)];
      const double rest = std::fma(static_cast<double>(m), t[static_cast<std::size_t>(j)], -turns);
      const double angle = 2 * std::numbers::pi * ((turns - std::round(turns)) + rest);
      c[j] = std::cos(angle);
      s[j] = std::sin(angle);
    }
  };
  exactly(1, c1.data(), s1.data());
  constexpr int run = 16;  // steps by multiplication, each of which may add a rounding error
  for (int m = m0; m <= m1; ++m) {
    double* const c = into.row(first + m - m0).data();
    double* const s = into.row(second + m - m0).data();
    if ((m - m0) % run == 0) {
      exactly(m, c, s);
      continue;
    }
    const double* const pc = into.row(first + m - m0 - 1).data();
    const double* const ps = into.row(second + m - m0 - 1).data();
    for (Eigen::Index j = 0; j < n; ++j) {
      const auto k = static_cast<std::size_t>(j);
      c[j] = pc[j] * c1[k] - ps[j] * s1[k];
      s[j] = ps[j] * c1[k] + pc[j] * s1[k];
    }
  }
}

/// Lines in portions whose tables fit the cache: the integrals of each one, and the different u among them.
struct Portion {
  std::vector<double> us;
  std::vector<std::size_t> column;  // of each line, in us
  Matrix integrals;                 // rows a(0..e), b(0..e); a column for each line
};

template <class Use>
void in_portions(const std::vector<Line>& lines, int extent, const Use& use) {
  constexpr std::size_t most = 256;
  Portion p;
  Matrix low, high;
  for (std::size_t begin = 0; begin < lines.size(); begin += most) {
    const std::size_t count = std::min(most, lines.size() - begin);
    p.us.clear();
    p.column.clear();
    std::vector<double> v0, v1;
    for (std::size_t j = 0; j < count; ++j) {
      const Line& line = lines[begin + j];
      if (p.us.empty() || p.us.back() != line.u) p.us.push_back(line.u);
      p.column.push_back(p.us.size() - 1);
      v0.push_back(line.v0);
      v1.push_back(line.v1);
    }
    const Eigen::Index rows = extent + 1, columns = static_cast<Eigen::Index>(count);
    low.resize(2 * rows, columns);
    high.resize(2 * rows, columns);
    p.integrals.resize(2 * rows, columns);
    waves(v0, 0, extent, low, 0, rows);
    waves(v1, 0, extent, high, 0, rows);
    for (std::size_t j = 0; j < count; ++j) {
      p.integrals(0, static_cast<Eigen::Index>(j)) = v1[j] - v0[j];
      p.integrals(rows, static_cast<Eigen::Index>(j)) = 0;
    }
    for (Eigen::Index m = 1; m <= extent; ++m) {
      const double over_k = 1 / (2 * std::numbers::pi * static_cast<double>(m));
      p.integrals.row(m) = over_k * (high.row(rows + m) - low.row(rows + m));
      p.integrals.row(rows + m) = over_k * (low.row(m) - high.row(m));
    }
    use(begin, count, p);
  }
}

}  // namespace

EdgeSpectrum::EdgeSpectrum(const Box& window, int extent_x, int extent_y)
    : window_(window), ex_(extent_x), ey_(extent_y) {
  if (!(window.width() > 0) || !(window.height() > 0) || extent_x < 0 || extent_y < 0)
    throw Error(ErrorCode::recipe, "SPC-0001", "a mask spectrum needs a window with area and extents of at least 0");
}

std::vector<Complex> EdgeSpectrum::forward(std::span<const EdgePiece> edges) const {
  const Lines lines = sorted_lines(edges, window_);
  for (const auto* list : {&lines.upright, &lines.lying}) {
    double sum = 0, length = 0;
    for (const Line& line : *list) {
      sum += line.v1 - line.v0;
      length += std::abs(line.v1 - line.v0);
    }
    if (!(std::abs(sum) <= 1e-9 * length))
      throw Error(ErrorCode::input, "SPC-0003", "the edge pieces do not form a closed boundary");
  }
  const Eigen::Index rows = ey_ + 1;
  Matrix product = Matrix::Zero(2 * rows, 2 * ex_);
  Eigen::VectorXd moment = Eigen::VectorXd::Zero(2 * rows);
  Matrix along, sums;
  in_portions(lines.upright, ey_, [&](std::size_t, std::size_t count, const Portion& p) {
    const auto columns = static_cast<Eigen::Index>(p.us.size());
    along.resize(2 * ex_, columns);
    if (ex_ > 0) waves(p.us, 1, ex_, along, 0, ex_);
    sums.setZero(2 * rows, columns);
    for (Eigen::Index r = 0; r < 2 * rows; ++r)
      for (std::size_t j = 0; j < count; ++j)
        sums(r, static_cast<Eigen::Index>(p.column[j])) += p.integrals(r, static_cast<Eigen::Index>(j));
    product.noalias() += sums * along.transpose();
    moment.noalias() += sums * Eigen::Map<const Eigen::VectorXd>(p.us.data(), columns);
  });
  const auto width = static_cast<std::size_t>(2 * ex_ + 1);
  std::vector<Complex> m(width * static_cast<std::size_t>(2 * ey_ + 1));
  const auto at = [&](int my, int mx) -> Complex& {
    return m[static_cast<std::size_t>(my + ey_) * width + static_cast<std::size_t>(mx + ex_)];
  };
  for (int my = 0; my <= ey_; ++my) {
    at(my, 0) = {moment(my), -moment(rows + my)};
    at(-my, 0) = std::conj(at(my, 0));
    for (int mx = 1; mx <= ex_; ++mx) {
      const double ca = product(my, mx - 1), cb = product(rows + my, mx - 1);
      const double sa = product(my, ex_ + mx - 1), sb = product(rows + my, ex_ + mx - 1);
      const double over_k = 1 / (2 * std::numbers::pi * mx);
      at(my, mx) = over_k * Complex(sa + cb, ca - sb);
      at(-my, mx) = over_k * Complex(sa - cb, ca + sb);
      at(-my, -mx) = std::conj(at(my, mx));
      at(my, -mx) = std::conj(at(-my, mx));
    }
  }
  return m;
}

std::vector<double> EdgeSpectrum::adjoint(std::span<const Complex> m_bar, std::span<const EdgePiece> edges) const {
  const auto width = static_cast<std::size_t>(2 * ex_ + 1);
  if (m_bar.size() != width * static_cast<std::size_t>(2 * ey_ + 1))
    throw Error(ErrorCode::input, "SPC-0004", "a derivative by the spectrum has another size than the spectrum");
  const Lines lines = sorted_lines(edges, window_);
  std::vector<double> result(edges.size());
  // The integral of Re sum conj(m_bar) exp(-2 pi i (mu u + mv v)) along each line. Only the Hermitian part of m_bar
  // counts, so mu >= 0 suffices.
  const auto integrate = [&](const std::vector<Line>& list, int eu, int ev, double period, const auto& hermitian) {
    if (list.empty()) return;
    const Eigen::Index rows = eu + 1, columns = ev + 1;
    Matrix weights(2 * rows, 2 * columns);
    for (int mu = 0; mu <= eu; ++mu)
      for (int mv = 0; mv <= ev; ++mv) {
        const Complex plus = hermitian(mu, mv), minus = mv > 0 ? hermitian(mu, -mv) : Complex(0);
        const Complex sum = std::conj(plus + minus), difference = std::conj(plus - minus);
        const double twice = mu > 0 ? 2 : 1;
        weights(mu, mv) = twice * sum.real();
        weights(mu, columns + mv) = twice * difference.imag();
        weights(rows + mu, mv) = twice * sum.imag();
        weights(rows + mu, columns + mv) = -twice * difference.real();
      }
    Matrix along, field;
    in_portions(list, ev, [&](std::size_t begin, std::size_t count, const Portion& p) {
      along.resize(2 * rows, static_cast<Eigen::Index>(p.us.size()));
      waves(p.us, 0, eu, along, 0, rows);
      field.noalias() = weights.transpose() * along;
      std::vector<double> sums(count, 0.0);
      for (Eigen::Index r = 0; r < 2 * columns; ++r)
        for (std::size_t j = 0; j < count; ++j)
          sums[j] += field(r, static_cast<Eigen::Index>(p.column[j])) * p.integrals(r, static_cast<Eigen::Index>(j));
      for (std::size_t j = 0; j < count; ++j) {
        const Line& line = list[begin + j];
        result[line.index] = (line.v1 < line.v0 ? -sums[j] : sums[j]) / period;
      }
    });
  };
  const auto at = [&](int mx, int my) {
    const auto i = static_cast<std::size_t>(my + ey_) * width + static_cast<std::size_t>(mx + ex_);
    return 0.5 * (m_bar[i] + std::conj(m_bar[m_bar.size() - 1 - i]));
  };
  integrate(lines.upright, ex_, ey_, window_.width(), at);
  integrate(lines.lying, ey_, ex_, window_.height(), [&](int my, int mx) { return at(mx, my); });
  return result;
}

}  // namespace anamorph
