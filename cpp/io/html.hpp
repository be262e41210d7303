// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <string_view>

namespace anamorph::html {

/// Text for an element or an attribute in double quotes.
[[nodiscard]] std::string escape(std::string_view text);

[[nodiscard]] std::string base64(std::string_view bytes);

/// A number to be read: thousands in groups, about four significant digits for what is not whole, a dash for NaN.
[[nodiscard]] std::string number(double value);

/// The same with a fixed number of decimals.
[[nodiscard]] std::string number(double value, int decimals);

/// A number of any size: as number() from 0.01 to a million, otherwise as "3.2·10⁻⁵".
[[nodiscard]] std::string scientific(double value);

/// A power of ten: "10⁻³".
[[nodiscard]] std::string power_of_ten(int exponent);

/// A coordinate: one decimal at most.
[[nodiscard]] std::string coordinate(double value);

/// "nm²" for "nm2".
[[nodiscard]] std::string unit(std::string_view plain);

}  // namespace anamorph::html
