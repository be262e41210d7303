// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/core/bit_plane.hpp"

namespace anamorph {

/// Which pixels touch: by their sides only, or by their corners as well.
enum class Connectivity { four = 4, eight = 8 };

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

/// The plane without its 4-connected components under `min_area` pixels; one that is the whole window stays.
[[nodiscard]] BitPlane without_small(const BitPlane& plane, long min_area);

/// One run of each component, about half way through it: a place to point at.
[[nodiscard]] std::vector<RunComponents::Run> middle_runs(const RunComponents& components);

}  // namespace anamorph
