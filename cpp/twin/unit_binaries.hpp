// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string_view>

#include "cpp/twin/unit_cell.hpp"

namespace anamorph {

/// The shared library of a unit for x86-64 or whatever this was built for, as it lies in the library of Anamorph.
[[nodiscard]] std::string_view unit_binary(UnitKind kind);

}  // namespace anamorph
