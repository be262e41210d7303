// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/lbfgs.hpp"

#include <cmath>
#include <utility>
#include <vector>

namespace anamorph {

Lbfgs::Lbfgs(Backend& backend, const Shape& shape, int memory)
    : backend_(backend),
      shape_(shape),
      memory_(static_cast<std::size_t>(memory)),
      gradient_(backend.allocate(shape)),
      next_gradient_(backend.allocate(shape)),
      direction_(backend.allocate(shape)),
      next_(backend.allocate(shape)) {}

/// direction = -H gradient by the two-loop recursion.
void Lbfgs::direction() {
  backend_.axpby(-1, gradient_, 0, direction_);
  std::vector<double> alpha(pairs_.size());
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    alpha[i] = pairs_[i].rho * backend_.dot(pairs_[i].s, direction_);
    backend_.axpby(-alpha[i], pairs_[i].y, 1, direction_);
  }
  if (!pairs_.empty()) {
    const Pair& last = pairs_.back();
    const double scale = 1 / (last.rho * backend_.dot(last.y, last.y));
    backend_.axpby(scale - 1, direction_, 1, direction_);
  }
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const double beta = pairs_[i].rho * backend_.dot(pairs_[i].y, direction_);
    backend_.axpby(alpha[i] - beta, pairs_[i].s, 1, direction_);
  }
}

void Lbfgs::minimise(const Function& function, Array& x, int evaluations, double first_step, const Progress& progress) {
  constexpr double kSufficientDecrease = 1e-4;
  pairs_.clear();
  double loss = function(x, gradient_);
  int used = 1;
  while (used < evaluations) {
    direction();
    double slope = backend_.dot(gradient_, direction_);
    if (slope >= 0) {  // rounding has spoilt the memory: begin again with steepest descent
      pairs_.clear();
      direction();
      slope = backend_.dot(gradient_, direction_);
      if (slope >= 0) return;
    }
    const double largest = backend_.max_abs(direction_);
    double step = pairs_.empty() ? first_step / largest : 1.0;
    double next_loss = 0;
    for (bool accepted = false; !accepted;) {
      if (used == evaluations) return;
      backend_.axpby(1, x, 0, next_);
      backend_.axpby(step, direction_, 1, next_);
      next_loss = function(next_, next_gradient_);
      ++used;
      accepted = next_loss <= loss + kSufficientDecrease * step * slope;
      if (accepted) break;
      step *= 0.5;
      if (step * largest < 1e-7 * first_step) return;
    }
    Pair pair;
    if (pairs_.size() == memory_) {
      pair = std::move(pairs_.front());
      pairs_.pop_front();
    } else {
      pair = {backend_.allocate(shape_), backend_.allocate(shape_), 0};
    }
    backend_.axpby(step, direction_, 0, pair.s);
    backend_.axpby(1, next_gradient_, 0, pair.y);
    backend_.axpby(-1, gradient_, 1, pair.y);
    const double curvature = backend_.dot(pair.s, pair.y);
    if (curvature > 0) {
      pair.rho = 1 / curvature;
      pairs_.push_back(std::move(pair));
    }
    std::swap(x, next_);
    std::swap(gradient_, next_gradient_);
    loss = next_loss;
    if (!progress(step)) return;
  }
}

}  // namespace anamorph
