// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/surrogate_model.hpp"

#include <algorithm>

namespace anamorph {

std::vector<double> surrogate_terms(const SurrogateModel& model, std::span<const double> inputs) {
  // T_0 .. T_n of each input, then the products.
  const std::size_t count = model.inputs.size();
  const int top = model.degrees.empty() ? 0 : *std::max_element(model.degrees.begin(), model.degrees.end());
  std::vector<std::vector<double>> chebyshev(count);
  for (std::size_t i = 0; i < count; ++i) {
    const SurrogateInput& input = model.inputs[i];
    const double t = std::clamp(2 * (inputs[i] - input.low) / (input.high - input.low) - 1, -1.0, 1.0);
    std::vector<double>& values = chebyshev[i] = {1, t};
    for (int n = 2; n <= top; ++n) values.push_back(2 * t * values.end()[-1] - values.end()[-2]);
  }
  std::vector<double> terms(model.terms(), 1);
  for (std::size_t b = 0; b < terms.size(); ++b)
    for (std::size_t i = 0; i < count; ++i) terms[b] *= chebyshev[i][model.degrees[b * count + i]];
  return terms;
}

}  // namespace anamorph
