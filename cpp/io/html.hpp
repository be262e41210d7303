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

/// A coordinate: one decimal at most.
[[nodiscard]] std::string coordinate(double value);

/// "nm²" for "nm2".
[[nodiscard]] std::string unit(std::string_view plain);

}  // namespace anamorph::html
