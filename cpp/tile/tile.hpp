// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cpp/core/dbu.hpp"

namespace anamorph {

/// A part of a layout. What is found for the core counts; the halo around it is what light from there can reach.
struct Tile {
  int index = 0;
  DbuBox core;    ///< the cores of a plan fill its area without overlap
  DbuBox window;  ///< core and halo: one period of the optics, the same size for every tile
};

/// What one tile is given.
struct TileInput {
  Tile tile;
  std::vector<std::vector<DbuPolygon>> layers;  ///< of each source of the plan, the shapes whose box touches the window
};

/// What it makes.
struct TileResult {
  struct Layer {
    std::string name;  ///< "mask", "assist", ...
    std::vector<DbuPolygon> shapes;  ///< of the whole window; merging cuts them to the core
  };
  std::vector<Layer> layers;
  std::string facts;  ///< JSON of the job: figures, findings
};

/// Makes one tile. Called from several threads at a time; the result depends on the input alone.
using TileJob = std::function<TileResult(const TileInput&)>;

}  // namespace anamorph
