// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/edge_step.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

namespace anamorph {
namespace {

class Adam final : public EdgeStep {
 public:
  explicit Adam(std::size_t n) : first_(n), second_(n) {}

  void advance(std::span<const double> gradient, double rate, std::span<double> d) override {
    ++count_;
    constexpr double b1 = 0.8, b2 = 0.95;
    const double c1 = 1 - std::pow(b1, count_), c2 = 1 - std::pow(b2, count_);
    for (std::size_t i = 0; i < d.size(); ++i) {
      first_[i] = b1 * first_[i] + (1 - b1) * gradient[i];
      second_[i] = b2 * second_[i] + (1 - b2) * gradient[i] * gradient[i];
      d[i] -= rate * (first_[i] / c1) / (std::sqrt(second_[i] / c2) + 1e-12);
    }
  }

 private:
  int count_ = 0;
  std::vector<double> first_, second_;
};

/// What the last steps say of the second derivatives.
class Curvature {
 public:
  explicit Curvature(std::size_t n) : each_(n) {}

  /// From the change of gradient and displacement since the last call. The neighbours' moves are in it, as they are in
  /// the MEEF of a dense pattern.
  void learn(std::span<const double> gradient, std::span<const double> d) {
    if (!last_d_.empty())
      for (std::size_t i = 0; i < d.size(); ++i) {
        const double moved = d[i] - last_d_[i];
        if (std::abs(moved) < 1e-3) continue;
        const double seen = std::abs((gradient[i] - last_gradient_[i]) / moved);
        each_[i] = each_[i] > 0 ? 0.7 * each_[i] + 0.3 * seen : seen;
      }
    last_d_.assign(d.begin(), d.end());
    last_gradient_.assign(gradient.begin(), gradient.end());
  }
  /// Of a fragment; no less than a tenth of the mean, and before anything is known what makes the largest step `rate`.
  [[nodiscard]] std::vector<double> values(std::span<const double> gradient, double rate) const {
    double sum = 0, largest = 0;
    std::size_t known = 0;
    for (const double h : each_) {
      sum += h;
      known += h > 0;
    }
    for (const double g : gradient) largest = std::max(largest, std::abs(g));
    const double mean = known > 0 ? sum / static_cast<double>(known) : largest / rate;
    std::vector<double> h(each_.size(), std::max(mean, 1e-300));
    for (std::size_t i = 0; i < h.size(); ++i)
      if (each_[i] > 0) h[i] = std::max(each_[i], 0.1 * h[i]);
    return h;
  }

 private:
  std::vector<double> each_, last_d_, last_gradient_;
};

class Newton final : public EdgeStep {
 public:
  explicit Newton(std::size_t n) : curvature_(n) {}

  void advance(std::span<const double> gradient, double rate, std::span<double> d) override {
    curvature_.learn(gradient, d);
    const std::vector<double> h = curvature_.values(gradient, rate);
    for (std::size_t i = 0; i < d.size(); ++i) d[i] -= std::clamp(gradient[i] / h[i], -rate, rate);
  }

 private:
  Curvature curvature_;
};

/// Nocedal and Wright, Numerical Optimization, algorithm 7.4, with the curvatures as first matrix. No line search: the
/// objective hardens from step to step, and each step is bounded.
class Lbfgs final : public EdgeStep {
 public:
  explicit Lbfgs(std::size_t n) : curvature_(n) {}

  void advance(std::span<const double> gradient, double rate, std::span<double> d) override {
    curvature_.learn(gradient, d);
    const std::vector<double> h = curvature_.values(gradient, rate);
    if (!last_d_.empty()) {
      Pair p;
      for (std::size_t i = 0; i < d.size(); ++i) {
        p.s.push_back(d[i] - last_d_[i]);
        p.y.push_back(gradient[i] - last_gradient_[i]);
      }
      p.product = dot(p.s, p.y);
      if (p.product > 1e-9 * dot(p.y, p.y) * dot(p.s, p.s) / std::max(1e-300, dot(p.y, p.y)))
        pairs_.push_back(std::move(p));
      if (pairs_.size() > 6) pairs_.pop_front();
    }
    last_d_.assign(d.begin(), d.end());
    last_gradient_.assign(gradient.begin(), gradient.end());
    std::vector<double> q(gradient.begin(), gradient.end()), alpha;
    for (auto p = pairs_.rbegin(); p != pairs_.rend(); ++p) {
      alpha.push_back(dot(p->s, q) / p->product);
      for (std::size_t i = 0; i < q.size(); ++i) q[i] -= alpha.back() * p->y[i];
    }
    for (std::size_t i = 0; i < q.size(); ++i) q[i] /= h[i];
    for (const Pair& p : pairs_) {
      const double beta = dot(p.y, q) / p.product;
      for (std::size_t i = 0; i < q.size(); ++i) q[i] += (alpha.back() - beta) * p.s[i];
      alpha.pop_back();
    }
    for (std::size_t i = 0; i < d.size(); ++i) d[i] -= std::clamp(q[i], -rate, rate);
  }

 private:
  struct Pair {
    std::vector<double> s, y;
    double product = 0;
  };
  static double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum;
  }

  Curvature curvature_;
  std::deque<Pair> pairs_;
  std::vector<double> last_d_, last_gradient_;
};

}  // namespace

std::unique_ptr<EdgeStep> make_edge_step(OpcOptions::Step step, std::size_t fragments) {
  switch (step) {
    case OpcOptions::Step::newton:
      return std::make_unique<Newton>(fragments);
    case OpcOptions::Step::lbfgs:
      return std::make_unique<Lbfgs>(fragments);
    case OpcOptions::Step::adam:
      break;
  }
  return std::make_unique<Adam>(fragments);
}

}  // namespace anamorph
