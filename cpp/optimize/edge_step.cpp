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

  void advance(const Fragments&, std::span<const double> gradient, double, double rate,
               std::span<double> d) override {
    ++count_;
    const double b1 = 0.8, b2 = 0.95;
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

}  // namespace

std::unique_ptr<EdgeStep> make_edge_step(const OpcOptions& options, std::size_t fragments) {
  (void)options;
  return std::make_unique<Adam>(fragments);
}

}  // namespace anamorph
