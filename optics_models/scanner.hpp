// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anamorph {

/// A number of a scanner and where it comes from.
struct ScannerQuantity {
  std::string name;  ///< ends in its unit
  double value = 0;
  std::string origin;
};

/// What is known of a scanner, in numbers.
struct Scanner {
  std::string name;   ///< of the data file, without its ending
  std::string title;  ///< its first line
  std::vector<ScannerQuantity> quantities;

  /// The value of a quantity, or `otherwise` when the file does not have it.
  [[nodiscard]] double value(std::string_view quantity, double otherwise) const;
};

/// Names of the quantities that a file may have.
[[nodiscard]] const std::vector<std::string>& scanner_quantities();

/// Reads a data file:
///     # Title
///     quantity,value,origin
///     na,0.33,where the number comes from, which may have commas
/// Other lines that begin with # are comments. `file` is named in errors.
/// Throws Error{input} with the place: a line of another form, a quantity that is not known or there twice, a value
/// that is not a number, no origin.
[[nodiscard]] Scanner parse_scanner(std::string_view text, const std::string& name, const std::string& file);

/// The scanners that come with the library (optics_models/scanners).
[[nodiscard]] const std::vector<Scanner>& shipped_scanners();

/// A shipped scanner by its name, or the file of that path if the name has a slash or ends in .csv.
/// Throws Error{recipe} for a name that is not there, Error{input} for a file that cannot be read.
[[nodiscard]] Scanner find_scanner(const std::string& name_or_path);

}  // namespace anamorph
