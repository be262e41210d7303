// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/abbe.hpp"

#include <cmath>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

constexpr int most_extent = 16383;  // some 200 um at 0.55 NA; more would not be a window of a coherent stack

}  // namespace

CoherentStack empty_stack(const CoherentTerms& terms, double period_x_nm, double period_y_nm) {
  const auto extent = [&](const char* key, double period) {
    if (!(period > 0 && std::isfinite(period)))
      throw Error(ErrorCode::recipe, "ABB-0002", std::string(key) + " = " + std::to_string(period) + ": a positive number expected");
    const double bins = std::floor(terms.reach() * period);
    if (!(bins <= most_extent))
      throw Error(ErrorCode::recipe, "ABB-0003",
                  std::string(key) + " = " + std::to_string(period) + ": " + std::to_string(bins) +
                      " frequencies pass on each side of 0; at most " + std::to_string(most_extent) +
                      " expected: take a smaller window");
    return static_cast<int>(bins);
  };
  CoherentStack stack;
  stack.period_x_nm = period_x_nm;
  stack.period_y_nm = period_y_nm;
  stack.extent_x = extent("period_x_nm", period_x_nm);
  stack.extent_y = extent("period_y_nm", period_y_nm);
  return stack;
}

CoherentStack abbe_stack(const CoherentTerms& terms, double period_x_nm, double period_y_nm, int first, int last) {
  CoherentStack stack = empty_stack(terms, period_x_nm, period_y_nm);
  const auto count = static_cast<std::size_t>(last - first) * static_cast<std::size_t>(terms.per_point());
  stack.weight.assign(count, 1);
  stack.transfer.resize(count * stack.bins());
  for (int point = first; point < last; ++point) {
    std::complex<double>* const own =
        stack.transfer.data() + static_cast<std::size_t>(point - first) * static_cast<std::size_t>(terms.per_point()) * stack.bins();
    for (int my = -stack.extent_y; my <= stack.extent_y; ++my)
      terms.evaluate(point, {-stack.extent_x / period_x_nm, 1 / period_x_nm, my / period_y_nm, stack.bins_x()},
                     own + (my + stack.extent_y) * stack.bins_x(), static_cast<std::ptrdiff_t>(stack.bins()));
  }
  return stack;
}

CoherentStack abbe_stack(const Projection& projection, const std::vector<SourcePoint>& source, double period_x_nm,
                         double period_y_nm) {
  const CoherentTerms terms(projection, source);
  return abbe_stack(terms, period_x_nm, period_y_nm, 0, terms.points());
}

}  // namespace anamorph
