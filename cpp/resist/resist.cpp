// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/resist/resist.hpp"

#include <cmath>
#include <numbers>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {

void ResistModel::validate() const {
  const auto require = [](bool condition, const char* key, const char* range, double value) {
    if (!condition)
      throw Error(ErrorCode::recipe, "RES-0001",
                  std::string("resist.") + key + " = " + std::to_string(value) + ": " + range + " expected");
  };
  require(threshold > 0 && std::isfinite(threshold), "threshold", "a positive number", threshold);
  require(blur_nm >= 0 && std::isfinite(blur_nm), "blur_nm", "not negative", blur_nm);
  require(sigmoid_steepness > 0 && std::isfinite(sigmoid_steepness), "sigmoid_steepness", "a positive number",
          sigmoid_steepness);
}

Bitmap printed(const Image<double>& intensity, double dose, const ResistModel& model) {
  Bitmap print(intensity.ny(), intensity.nx());
  const auto print_where = [dose, from = intensity.data(), to = print.data(), size = print.size()](auto prints) {
    for (std::size_t i = 0; i < size; ++i) to[i] = prints(dose * from[i]);
  };
  const double threshold = model.threshold;
  if (model.bright)
    print_where([=](double exposure) { return exposure >= threshold; });
  else
    print_where([=](double exposure) { return exposure < threshold; });
  return print;
}

Image<double> sigmoid_resist(const Image<double>& intensity, double dose, const ResistModel& model) {
  const double steepness = model.bright ? model.sigmoid_steepness : -model.sigmoid_steepness;
  Image<double> resist(intensity.ny(), intensity.nx());
  for (std::size_t i = 0; i < intensity.size(); ++i)
    resist.data()[i] = 1 / (1 + std::exp(-steepness * (dose * intensity.data()[i] - model.threshold)));
  return resist;
}

double gaussian_transfer(double frequency, double sigma_nm) noexcept {
  const double phase = std::numbers::pi * sigma_nm * frequency;
  return std::exp(-2 * phase * phase);
}

}  // namespace anamorph
