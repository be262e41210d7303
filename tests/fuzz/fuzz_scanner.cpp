// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "cpp/core/error.hpp"
#include "optics_models/scanner.hpp"

/// Any bytes give either an Error{input} or known quantities, each once, with a finite value within its range and
/// an origin.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  const auto require = [](bool kept) {
    if (!kept) std::abort();
  };
  try {
    const Scanner scanner = parse_scanner({reinterpret_cast<const char*>(data), size}, "own", "own.csv");
    require(scanner.name == "own");
    const auto& known = scanner_quantities();
    std::set<std::string> seen;
    for (const ScannerQuantity& quantity : scanner.quantities) {
      require(std::find(known.begin(), known.end(), quantity.name) != known.end());
      require(seen.insert(quantity.name).second);
      require(std::isfinite(quantity.value) && !quantity.origin.empty());
      require(scanner.value(quantity.name, NAN) == quantity.value);
      require(quantity.low.has_value() == quantity.high.has_value());
      require(!quantity.low || (*quantity.low <= quantity.value && quantity.value <= *quantity.high));
    }
  } catch (const Error& error) {
    require(error.code() == ErrorCode::input && error.where().file == "own.csv");
  }
  return 0;
}
