// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "cpp/core/error.hpp"
#include "optics_models/materials.hpp"

/// Any bytes give either an Error{input} or materials that keep the promises of parse_materials and can be looked up.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  const auto require = [](bool kept) {
    if (!kept) std::abort();
  };
  try {
    const std::vector<Material> materials = parse_materials({reinterpret_cast<const char*>(data), size}, "own.csv");
    for (const Material& material : materials) {
      require(!material.name.empty() && !material.source.empty());
      require(!material.wavelength_nm.empty() && material.index.size() == material.wavelength_nm.size());
      for (std::size_t i = 0; i < material.index.size(); ++i) {
        const double wavelength = material.wavelength_nm[i];
        require(std::isfinite(wavelength) && (i == 0 || material.wavelength_nm[i - 1] < wavelength));
        require(material.index[i].real() >= 0 && material.index[i].imag() >= 0 && material.index[i] != 0.0);
        require(std::abs(refractive_index(material.name, wavelength, materials) - material.index[i]) <=
                1e-12 * std::abs(material.index[i]));
      }
    }
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == "own.csv");
  }
  return 0;
}
