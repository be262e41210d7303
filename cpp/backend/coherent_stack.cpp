// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/coherent_stack.hpp"

#include <algorithm>
#include <cmath>

#include "cpp/core/error.hpp"

namespace anamorph {

int CoherentStack::spectra() const noexcept {
  if (spectrum.empty()) return 1;
  return 1 + *std::max_element(spectrum.begin(), spectrum.end());
}

void CoherentStack::validate() const {
  const auto fail = [](const char* what) {
    throw Error(ErrorCode::recipe, "OPT-0001", std::string("coherent stack: ") + what);
  };
  if (!(period_x_nm > 0) || !(period_y_nm > 0)) fail("the periods must be positive");
  if (extent_x < 0 || extent_y < 0) fail("the frequency extents must not be negative");
  if (weight.empty()) fail("no terms");
  if (transfer.size() != weight.size() * bins())
    fail("the transfer array does not have terms x bins_y x bins_x values");
  if (!spectrum.empty() && spectrum.size() != weight.size()) fail("one spectrum index per term expected");
  for (const int g : spectrum)
    if (g < 0) fail("negative spectrum index");
  for (const double w : weight)
    if (!std::isfinite(w) || w < 0) fail("weights must be finite and not negative");
  for (const auto& h : transfer)
    if (!std::isfinite(h.real()) || !std::isfinite(h.imag())) fail("the transfer holds a value that is not finite");
}

double CoherentStack::clear_field() const noexcept {
  const std::size_t centre = bins() / 2;
  double sum = 0;
  for (std::size_t k = 0; k < weight.size(); ++k) sum += weight[k] * std::norm(transfer[k * bins() + centre]);
  return sum;
}

}  // namespace anamorph
