// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/io/recipe.hpp"

namespace anamorph {

/// Width of the halo that a tile needs, nm: tile.halo_nm, or else 5 wavelength / NA and three standard deviations of
/// all blurs. docs/theory/tiles.md says what error it leaves, and how that was measured.
[[nodiscard]] double halo_nm(const Recipe& recipe);

}  // namespace anamorph
