// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "cpp/core/crc32.hpp"
#include "cpp/core/error.hpp"
#include "cpp/twin/surrogate_model.hpp"

namespace {

using namespace anamorph;

void require(bool kept) {
  if (!kept) std::abort();
}

/// An Error{input} that names the source, or a model that can be read everywhere and is written to the same bytes.
void check(const std::string& bytes) {
  try {
    const SurrogateModel model = parse_surrogate(bytes, "any");
    require(surrogate_bytes(model) == bytes);
    std::vector<double> inputs, uncertainties;
    for (const SurrogateInput& input : model.inputs) {
      inputs.push_back(input.nominal);
      uncertainties.push_back(input.uncertainty);
    }
    const auto all =
        surrogate_uncertainty(model, model.nominal_dose_mj_cm2, model.dose_uncertainty_mj_cm2, inputs, uncertainties);
    require(all.size() == model.gauges.size());
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == "any");
  }
}

}  // namespace

/// Any bytes, and the same with a checksum that fits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  if (size < 4) return 0;
  bytes.resize(size - 4);
  const std::uint32_t sum = crc32(bytes);
  for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>((sum >> (8 * i)) & 0xff));
  check(bytes);
  return 0;
}
