// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/optimize/edge_objective.hpp"
#include "cpp/optimize/opc.hpp"

namespace anamorph {

/// Where assist features shall stand beside the shapes of a clip, as they are now; on the mask's grid, inside the
/// window, apart from the shapes and each other. The model takes the sensitivity of the objective's latest evaluation.
[[nodiscard]] std::vector<Box> assist_bars(const EdgeObjective& objective, int clip, const std::vector<Polygon>& shapes,
                                           const Box& window, const OpcOptions& options);

}  // namespace anamorph
