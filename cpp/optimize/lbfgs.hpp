// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <deque>
#include <functional>

#include "cpp/backend/backend.hpp"

namespace anamorph {

/// Limited-memory BFGS with backtracking (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.1), on
/// arrays that stay with their backend.
class Lbfgs {
 public:
  /// Loss at x; overwrites the gradient.
  using Function = std::function<double(const Array& x, Array& gradient)>;
  /// Called after each accepted step with its length; false stops.
  using Progress = std::function<bool(double step)>;

  Lbfgs(Backend& backend, const Shape& shape, int memory = 8);

  /// At most `evaluations` calls of the function, from x on. The first step moves no number by more than `first_step`.
  /// Returns when evaluations are used up, a line search fails, or `progress` says so.
  void minimise(const Function& function, Array& x, int evaluations, double first_step, const Progress& progress);

 private:
  struct Pair {
    Array s, y;
    double rho = 0;
  };
  void direction();

  Backend& backend_;
  Shape shape_;
  std::size_t memory_;
  std::deque<Pair> pairs_;
  Array gradient_, next_gradient_, direction_, next_;
};

}  // namespace anamorph
