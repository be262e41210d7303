// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>

#include "cpp/twin/unit_cell.hpp"

namespace anamorph {

/// The cell of a unit, with its start values. Throws Error{input} for resources that are not those of such a unit.
[[nodiscard]] std::unique_ptr<Cell> make_cell(UnitKind kind, const UnitResources& resources);

}  // namespace anamorph
