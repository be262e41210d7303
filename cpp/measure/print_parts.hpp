// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/measure/print_cuts.hpp"
#include "cpp/measure/print_model.hpp"
#include "cpp/measure/target_edges.hpp"

namespace anamorph {

/// The connected parts of a print on a window: runs of pixels whose centres print. Pixels that touch by a corner alone
/// are joined when the image prints at its saddle between them.
struct PrintParts {
  struct Run {
    int x0 = 0, x1 = 0;
    int part = 0;
  };
  std::vector<std::vector<Run>> rows;
  int count = 0;
};
[[nodiscard]] PrintParts print_parts(const PrintModel& print, int condition);

/// A part of a print that belongs to no feature.
struct LoneSpot {
  Point at_nm;  ///< its lowest point, which a window that cuts it off elsewhere sees too
  Box box;
  double area_nm2 = 0;
  int condition = 0;
  bool assist = false;  ///< an assist feature lies in it
};

/// A feature of which nothing prints.
struct LostFeature {
  int feature = 0;
  int condition = 0;  ///< the first of them
};

/// What the connected parts of the prints tell. A feature that reaches beyond the window is not lost.
struct PartsFound {
  std::vector<LoneSpot> spots;
  std::vector<LostFeature> lost;
  std::vector<NarrowPlace> joins;  ///< of features (bridge), and breaks within one (pinch); value 0
};
[[nodiscard]] PartsFound compare_parts(const PrintModel& print, const TargetEdges& target, const TargetEdges& assist);

}  // namespace anamorph
