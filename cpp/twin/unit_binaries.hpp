// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string_view>

#include "cpp/twin/unit_cell.hpp"

namespace anamorph {

/// The shared library of a unit, as it lies in the library of Anamorph.
[[nodiscard]] std::string_view unit_binary(UnitKind kind);

/// The folder below binaries/ for what this was built for: "linux64" (FMI 2.0, section 2.3), on other processors than
/// x86-64 their name as in FMI 3.0.
[[nodiscard]] std::string_view unit_platform();

}  // namespace anamorph
