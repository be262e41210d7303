// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/optimize/edge_objective.hpp"
#include "cpp/optimize/opc.hpp"

namespace anamorph {

// Where assist features shall stand beside the shapes of a clip, as they are now: on the mask's grid, inside the
// window, apart from the shapes and each other.

/// Parallel to the edges that are long enough and face nothing near, at the distance of the options.
[[nodiscard]] std::vector<Box> rule_bars(const Fragments& shapes, const std::vector<double>& displacement,
                                         const Box& window, const OpcOptions& options);

/// Where light helps, by the sensitivity of the objective's latest evaluation: the best place first, lengthened while
/// it helps, then the next one beside it.
[[nodiscard]] std::vector<Box> model_bars(const EdgeObjective& objective, int clip, const Fragments& shapes,
                                          const std::vector<double>& displacement, const Box& window,
                                          const OpcOptions& options);

/// The bars under which light helps in the mean.
[[nodiscard]] std::vector<Box> useful(const EdgeObjective& objective, int clip, const std::vector<Box>& bars,
                                      const Box& window);

}  // namespace anamorph
