// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cpp/core/dbu.hpp"
#include "cpp/core/geometry.hpp"
#include "masks/region.hpp"

namespace anamorph {

/// A part of a layout. What is found for the core counts; the halo around it is what light from there can reach.
struct Tile {
  int index = 0;
  DbuBox core;    ///< the cores of a plan fill its area without overlap
  DbuBox window;  ///< core and halo: one period of the optics, the same size for every tile
};

/// What one tile is given. All coordinates count from the lower-left corner of its window, which is (0, 0): what a job
/// makes of equal shapes then serves every place where they stand.
struct TileInput {
  Tile tile;
  /// Of each source of the plan what is drawn in the window. It goes on beyond; a quarter of the halo farther out it is
  /// cut, so that the cut makes no edge in the window.
  std::vector<Region> layers;
  /// What else decides the result, of where the window lies; zero where nothing does. See TileWork::origin.
  Point origin_nm;
};

/// What it makes; coordinates as in the input.
struct TileResult {
  struct Layer {
    std::string name;  ///< "mask", "assist", ...
    Region shapes;     ///< of the whole window; merging cuts them to the core
  };
  std::vector<Layer> layers;  ///< those that the plan names, in its order
  std::string facts;          ///< JSON of the job: figures, findings
};

/// Makes one tile. The result depends on the input's shapes, boxes and origin alone, not on the index.
using TileJob = std::function<TileResult(const TileInput&)>;

}  // namespace anamorph
