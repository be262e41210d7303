// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/make_cell.hpp"

#include "cpp/twin/control_cell.hpp"
#include "cpp/twin/etch_cell.hpp"
#include "cpp/twin/litho_cell.hpp"

namespace anamorph {

std::unique_ptr<Cell> make_cell(UnitKind kind, const UnitResources& resources) {
  std::unique_ptr<Cell> cell;
  switch (kind) {
    case UnitKind::lithography:
      cell = std::make_unique<LithoCell>(parse_surrogate(resources.surrogate));
      break;
    case UnitKind::etch:
      cell = std::make_unique<EtchCell>();
      break;
    case UnitKind::control:
      cell = std::make_unique<ControlCell>();
      break;
  }
  cell->set_starts(resources.starts);
  return cell;
}

}  // namespace anamorph
