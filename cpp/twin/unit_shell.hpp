// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/twin/unit_cell.hpp"

namespace anamorph {

/// Which cell a unit's binary is: defined once in each (cpp/twin/units). The rest of the binaries is the same.
[[nodiscard]] UnitKind unit_kind();

}  // namespace anamorph
