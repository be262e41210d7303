// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cpp/core/quantity.hpp"

namespace anamorph {

using ScannerQuantity = Quantity;

/// What is known of a scanner, in numbers.
struct Scanner {
  std::string name;   ///< of the data file, without its ending
  std::string title;  ///< its first line
  std::vector<ScannerQuantity> quantities;

  /// The value of a quantity, or `otherwise` when the file does not have it.
  [[nodiscard]] double value(std::string_view quantity, double otherwise) const;
};

/// Names of the quantities that say how fast, how exact and how dear a scanner is; no image depends on them.
[[nodiscard]] const std::vector<std::string>& productivity_quantities();

/// Names of the quantities that a file may have: of the optics, then those.
[[nodiscard]] const std::vector<std::string>& scanner_quantities();

/// Reads a data file of the form that parse_quantities() tells, and with its errors; `file` is named in them.
[[nodiscard]] Scanner parse_scanner(std::string_view text, const std::string& name, const std::string& file);

/// The scanners that come with the library (optics_models/scanners).
[[nodiscard]] const std::vector<Scanner>& shipped_scanners();

/// A shipped scanner by its name, or the file of that path if the name has a slash or ends in .csv.
/// Throws Error{recipe} for a name that is not there, Error{input} for a file that cannot be read.
[[nodiscard]] Scanner find_scanner(const std::string& name_or_path);

}  // namespace anamorph
