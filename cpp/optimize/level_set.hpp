// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/core/image.hpp"

namespace anamorph {

/// Brings a periodic level-set function back to a signed distance in pixels within about `steps` / 2 pixels of its zero
/// line, which stays where it is: phi_t = s(phi0) (1 - |grad phi|), Godunov upwind differences
/// (Sussman, Smereka and Osher, J. Comput. Phys. 114, 1994). Farther away it is limited to that distance.
[[nodiscard]] Image<double> redistanced(const Image<double>& phi, int steps);

}  // namespace anamorph
