// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anamorph {

/// A number and where it comes from.
struct Quantity {
  std::string name;  ///< ends in its unit
  double value = 0;
  std::string origin;
  std::optional<double> low;  ///< what it may be, where the file says so
  std::optional<double> high;
};

/// The quantity of that name, or a null pointer.
[[nodiscard]] const Quantity* find_quantity(const std::vector<Quantity>& quantities, std::string_view name);

/// The unit in which a name ends, as one writes it: "mJ/cm²" of "dose_mJ_cm2"; empty without one.
[[nodiscard]] std::string unit_of(std::string_view name);

/// What is in a data file.
struct QuantityTable {
  std::string title;  ///< its first line
  std::vector<Quantity> quantities;
};

/// Reads a data file:
///     # Title
///     quantity,value,origin
///     na,0.33,where the number comes from, which may have commas
/// or, where values have ranges (both ends or none):
///     quantity,value,low,high,origin
///     settle_s,0.01,0.005,0.02,where the number comes from
///     na,0.33,,,where the number comes from
/// Other lines that begin with # are comments. `known` are the names that a file may have, `file` is named in errors.
/// Throws Error{input, id} with the place: a line of another form, a quantity that is not known or there twice, a value
/// that is not a number or not within its range, no origin.
[[nodiscard]] QuantityTable parse_quantities(std::string_view text, const std::vector<std::string>& known,
                                             const std::string& file, const std::string& id);

}  // namespace anamorph
