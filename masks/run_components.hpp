// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "masks/bit_plane.hpp"
#include "masks/morphology.hpp"

namespace anamorph {

/// Connected components of a bit plane as runs of pixels.
struct RunComponents {
  struct Run {
    int y = 0;
    BitPlane::Run x;
    int component = 0;  ///< counts from 0 in the order of the components' first runs
  };
  std::vector<Run> runs;    ///< by rows from below, left to right
  std::vector<long> areas;  ///< pixels of each component
};

[[nodiscard]] RunComponents run_components(const BitPlane& plane, Connectivity connectivity, bool periodic = true);

/// One run of each component, about half way through it: a place to point at.
[[nodiscard]] std::vector<RunComponents::Run> middle_runs(const RunComponents& components);

}  // namespace anamorph
