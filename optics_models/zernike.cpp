// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/zernike.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <string>

#include "cpp/core/error.hpp"
#include "optics_models/quadrature.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;

/// A term of which less than this part is its own, after the terms before it are taken out, cannot be told from them.
constexpr double smallest_residual = 1e-6;

void require(bool condition, const char* key, const char* range, double value) {
  if (!condition)
    throw Error(ErrorCode::recipe, "ZER-0001",
                std::string(key) + " = " + std::to_string(value) + ": " + range + " expected");
}

double binomial(int n, int k) {
  double value = 1;
  for (int i = 1; i <= k; ++i) value = value * (n - k + i) / i;  // whole at every step
  return value;
}

struct PupilNode {
  double px = 0;
  double py = 0;
  double weight = 0;
};

/// Mean products <f g> of all pairs, [i][j] for j <= i.
std::vector<std::vector<double>> products(const std::vector<PupilPolynomial>& terms,
                                          const std::vector<PupilNode>& nodes) {
  std::vector<std::vector<double>> product;
  for (std::size_t i = 0; i < terms.size(); ++i) product.emplace_back(i + 1);
  std::vector<double> value(terms.size());
  double total = 0;
  for (const auto& node : nodes) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      value[i] = terms[i](node.px, node.py);
      for (std::size_t j = 0; j <= i; ++j) product[i][j] += node.weight * value[i] * value[j];
    }
    total += node.weight;
  }
  for (auto& row : product)
    for (double& p : row) p /= total;
  return product;
}

/// One pass of Gram-Schmidt: with the products P = L L^T (Cholesky), the terms become L^-1 times the terms.
std::vector<PupilPolynomial> gram_schmidt(const std::vector<PupilPolynomial>& terms,
                                          const std::vector<PupilNode>& nodes) {
  auto l = products(terms, nodes);
  std::vector<PupilPolynomial> result;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const double norm2 = l[i][i];
    PupilPolynomial own = terms[i];
    for (std::size_t j = 0; j < i; ++j) {
      for (std::size_t k = 0; k < j; ++k) l[i][j] -= l[i][k] * l[j][k];
      l[i][j] /= l[j][j];
      l[i][i] -= l[i][j] * l[i][j];
      own.add(-l[i][j], result[j]);
    }
    if (!(l[i][i] > smallest_residual * smallest_residual * norm2))
      throw Error(
          ErrorCode::recipe, "ZER-0002",
          "term = " + std::to_string(i + 1) +
              ": cannot be told from the terms before it; a larger clear part of the pupil or fewer terms expected");
    l[i][i] = std::sqrt(l[i][i]);
    result.emplace_back().add(1 / l[i][i], own);
  }
  return result;
}

std::vector<PupilPolynomial> orthonormalised(int terms, const std::vector<PupilNode>& nodes) {
  std::vector<PupilPolynomial> fringe;
  for (int term = 1; term <= terms; ++term) fringe.push_back(fringe_zernike(term));
  return gram_schmidt(gram_schmidt(fringe, nodes), nodes);  // again, for what cancellation has left
}

}  // namespace

PupilPolynomial::PupilPolynomial(int degree)
    : degree_(degree), c_(static_cast<std::size_t>((degree + 1) * (degree + 1))) {}

double PupilPolynomial::operator()(double px, double py) const noexcept {
  double sum = 0;
  for (int j = degree_; j >= 0; --j) {
    double row = 0;
    for (int i = degree_ - j; i >= 0; --i) row = row * px + coefficient(i, j);
    sum = sum * py + row;
  }
  return sum;
}

void PupilPolynomial::add(double factor, const PupilPolynomial& other) {
  if (other.degree_ > degree_) {
    PupilPolynomial wider(other.degree_);
    wider.add(1, *this);
    *this = std::move(wider);
  }
  for (int j = 0; j <= other.degree_; ++j)
    for (int i = 0; i <= other.degree_ - j; ++i) coefficient(i, j) += factor * other.coefficient(i, j);
}

bool PupilPolynomial::zero() const noexcept {
  return std::all_of(c_.begin(), c_.end(), [](double c) { return c == 0; });
}

// Group q = (n + |m|) / 2 has the terms q^2 + 1 .. (q + 1)^2, in pairs of |m| = q, q - 1, ..., 1 and last m = 0.
FringeOrders fringe_orders(int term) {
  require(term >= 1 && term <= fringe_terms, "term", "1 to 37", term);
  if (term == fringe_terms) return {12, 0};
  int q = 0;
  while ((q + 1) * (q + 1) < term) ++q;
  const int place = term - q * q - 1;
  const int order = q - place / 2;
  return {2 * q - order, place % 2 == 0 ? order : -order};
}

// R_n^m(rho) = sum_k (-1)^k C(n - k, k) C(n - 2k, (n - m) / 2 - k) rho^(n - 2k), and rho^(n - 2k) cos m phi =
// (x^2 + y^2)^((n - m) / 2 - k) Re (x + i y)^m. All coefficients are whole numbers below 2^53, so they are exact.
PupilPolynomial fringe_zernike(int term) {
  const auto [n, signed_m] = fringe_orders(term);
  const int m = std::abs(signed_m);
  PupilPolynomial result(n);
  for (int k = 0; k <= (n - m) / 2; ++k) {
    const int h = (n - m) / 2 - k;
    const double radial = (k % 2 == 0 ? 1 : -1) * binomial(n - k, k) * binomial(n - 2 * k, h);
    for (int a = 0; a <= h; ++a)                            // (x^2)^(h - a) (y^2)^a
      for (int b = signed_m < 0 ? 1 : 0; b <= m; b += 2) {  // x^(m - b) (i y)^b: even b real, odd b imaginary
        const double sign = b / 2 % 2 == 0 ? 1 : -1;
        result.coefficient(2 * (h - a) + m - b, 2 * a + b) += radial * binomial(h, a) * sign * binomial(m, b);
      }
  }
  return result;
}

std::vector<PupilPolynomial> orthonormal_zernikes(int terms, const std::function<double(double, double)>& amplitude2) {
  require(terms >= 1 && terms <= fringe_terms, "terms", "1 to 37", terms);
  constexpr int rays = 512;
  constexpr int panels = 44;
  const auto panel = gauss_legendre(6);
  std::vector<PupilNode> nodes;
  // Along each ray the panels are shifted by another fraction of their length (multiples of the golden ratio), so that
  // no edge of the pupil runs along the nodes and the errors of the rays cancel.
  for (int ray = 0; ray < rays; ++ray) {
    const double angle = 2 * pi * (ray + 0.5) / rays;
    const double turns = ray * std::numbers::phi;
    const double shift = turns - std::floor(turns);
    for (int k = -1; k < panels; ++k) {
      const double low = std::max(0.0, (k + shift) / panels);
      const double high = std::min(1.0, (k + 1 + shift) / panels);
      for (const auto& [t, weight] : panel) {
        const double radius = std::lerp(low, high, t);
        PupilNode node{radius * std::cos(angle), radius * std::sin(angle), radius * weight * (high - low)};
        const double light = amplitude2(node.px, node.py);
        require(light >= 0 && std::isfinite(light), "amplitude2", "not negative", light);
        node.weight *= light;
        if (node.weight > 0) nodes.push_back(node);
      }
    }
  }
  require(!nodes.empty(), "amplitude2", "some light in the pupil", 0);
  return orthonormalised(terms, nodes);
}

std::vector<PupilPolynomial> annular_zernikes(int terms, double obscuration) {
  require(terms >= 1 && terms <= fringe_terms, "terms", "1 to 37", terms);
  require(obscuration >= 0 && obscuration < 1, "obscuration", "at least 0, less than 1", obscuration);
  // Products have azimuthal orders up to 10; around the ring only even powers of rho remain, to rho^24.
  constexpr int angles = 16;
  std::vector<PupilNode> nodes;
  for (const auto& [t, weight] : gauss_legendre(7)) {
    const double radius = std::sqrt(std::lerp(obscuration * obscuration, 1.0, t));
    for (int j = 0; j < angles; ++j) {
      const double angle = 2 * pi * (j + 0.5) / angles;
      nodes.push_back({radius * std::cos(angle), radius * std::sin(angle), weight});
    }
  }
  return orthonormalised(terms, nodes);
}

}  // namespace anamorph
