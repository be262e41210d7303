// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cpp/tile/shapes.hpp"
#include "cpp/tile/store.hpp"

namespace anamorph {

struct TileWork {
  std::vector<int> tiles;  ///< to be made, sorted
  int threads = 1;
  /// Called once in each thread; what it returns is used there alone.
  std::function<TileJob()> job;
  /// TileInput::origin_nm, whole millionths of a nm, from the input and the lower-left corner of its window in the
  /// layout; may be empty: zero.
  std::function<Point(const TileInput&, const DbuPoint& corner)> origin;
  std::function<bool()> stop;              ///< asked before each tile; may be empty
  std::function<void(int made)> progress;  ///< after each tile, one call at a time; may be empty
};

struct TileWorkDone {
  int made = 0;    ///< computed
  int reused = 0;  ///< equal to one that was there
  std::vector<int> failed;
  std::string first_error;
  bool stopped = false;
  double cpu_seconds = 0;  ///< of the tiles, reading of the layout included
};

/// Makes tiles and writes their artifacts. A tile whose job throws Error is recorded as failed and the others go on;
/// Error{resource} (no room to write, no memory) ends the work; so does Error{interrupted}, as `stop` does. What is
/// finished stays.
/// The artifacts do not depend on the number of threads, nor on who made which tile when. `sources` are those of the
/// plan, in its unit; they are read a part of a row of tiles at a time.
[[nodiscard]] TileWorkDone make_tiles(const TileStore& store, const std::vector<const ShapeReader*>& sources,
                                      const TileWork& work);

/// CPU seconds that the calling thread has used so far.
[[nodiscard]] double thread_cpu_seconds() noexcept;

}  // namespace anamorph
