// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/backend/backend.hpp"
#include "cpp/core/image.hpp"
#include "masks/rules.hpp"

namespace anamorph {

/// Masks near the given ones that keep the rules: what is too narrow is removed, what is too close is joined, islands
/// and holes that are too small are grown to a disc of the least area if they have at least half of it and removed
/// otherwise. Widths and spaces are made one pixel wider than asked for, so that another's reading of a digital disc
/// passes too. Periodic. The masks stay where they are; a round of the search brings back a number for each. Throws
/// Error{recipe} if the rules cannot be met on one of these bitmaps.
[[nodiscard]] Bitmaps repaired(Morphology& morphology, const Bitmaps& masks, double pixel_nm, const MaskRules& rules);

/// One round of the same, which the solver uses to see where a mask is heading; it may leave violations. Nothing comes
/// back to the host.
[[nodiscard]] Bitmaps repaired_once(Morphology& morphology, const Bitmaps& masks, double pixel_nm,
                                    const MaskRules& rules);

/// The same of one mask, on the CPU.
[[nodiscard]] Bitmap repaired(const Bitmap& mask, double pixel_nm, const MaskRules& rules);
[[nodiscard]] Bitmap repaired_once(const Bitmap& mask, double pixel_nm, const MaskRules& rules);

}  // namespace anamorph
