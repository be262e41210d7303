// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cpp/tile/store.hpp"
#include "masks/region_rules.hpp"
#include "masks/rules.hpp"

namespace anamorph {

/// A seam where two tiles disagree.
struct SeamFinding {
  std::string layer;
  int tile = 0;  ///< on the left or below
  int neighbour = 0;
  DbuBox where;         ///< of all differences along this seam
  double error_nm = 0;  ///< largest distance of their edges
  double area_nm2 = 0;
};

struct SeamSummary {
  std::size_t seams = 0;  ///< pairs of neighbours, over all layers
  double error_max_nm = 0;
  double error_mean_nm = 0;  ///< area of all differences over the length of all edges near seams
  double area_nm2 = 0;
  std::vector<SeamFinding> over;  ///< those over the limit of the plan, in the order of the tiles
};

struct MergedLayer {
  std::string name;
  std::uint64_t polygons = 0;
  double area_nm2 = 0;
};

struct MergeResult {
  SeamSummary seams;
  RuleCounts violations;  ///< of MergeOptions::rules by all layers together; what the border of the area cuts is none
  std::vector<MergedLayer> layers;
};

struct MergeOptions {
  int threads = 1;
  std::function<bool()> stop;              ///< asked for each row; may be empty
  std::function<void(int rows)> progress;  ///< rows done; may be empty
  std::optional<MaskRules> rules;          ///< that the merged shapes shall keep, also where tiles meet
  /// Vertices of shapes that go on in the next row and are kept for it; beyond it they are cut at the seam.
  std::size_t most_carried = 4'000'000;
};

/// Cuts what the tiles have made to their cores, joins it across the seams, and tells the polygons (simple, without
/// holes, of at most 8190 vertices) in the coordinates of the layout: layer by layer within a row, rows from below.
/// Where two tiles disagree about a place that reaches their seam, the tile on the left or below is taken for all of it
/// within the strip that is compared: so an edge across the seam makes its step at its own end, and one along it leaves
/// no sliver.
/// Memory: a row of tiles and the shapes that cross its upper seam. All tiles must be done. The same artifacts give the
/// same polygons in the same order. Throws Error{interrupted} when stopped.
[[nodiscard]] MergeResult merge_tiles(const TileStore& store, const std::vector<std::string>& keys,
                                      const std::function<void(std::size_t layer, const DbuPolygon&)>& tell,
                                      const MergeOptions& options = {});

}  // namespace anamorph
