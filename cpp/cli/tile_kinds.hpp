// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/console.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/markers.hpp"
#include "cpp/io/recipe.hpp"
#include "cpp/io/run_directory.hpp"
#include "cpp/tile/plan.hpp"
#include "cpp/tile/tile.hpp"

// The jobs that `tile` can do with a layout. Each is an entry of the table in tile_kinds.cpp.

namespace anamorph::cli {

/// What all tiles of a plan share.
struct TileContext {
  Recipe recipe;
  ClipOptics optics;    ///< computed once, when the plan was made; the kernels are read from its folder
  std::string backend;  ///< make_backend(backend, 1): one to a thread
  double dbu_nm = 1;
  double halo_nm = 0;
  double view_nm = 0;  ///< how far beyond its core a tile sees the layout
  Grid grid;           ///< the window of every tile in pixels of layout.pixel_nm, its lower-left corner at (0, 0)
};

/// What there is when all tiles are done and their shapes are merged.
struct TileMerge {
  const TilePlan& plan;
  const Recipe& recipe;
  /// Tells the facts of every tile, in the order of the tiles. Their coordinates count from tile.window's lower-left
  /// corner, as in the job; `tile` is in the layout's own.
  std::function<void(const std::function<void(const Tile& tile, const std::string& facts)>&)> each;
  RunDirectory& directory;  ///< that of the plan; mask.oas is there where the job makes layers
  Console& console;
  std::vector<Metric> metrics;  ///< of metrics.json, which is written afterwards; to be added to
  /// Of markers.lyrdb and markers.csv, likewise written afterwards where there are kinds. A job that writes these files
  /// itself takes what is there and clears both.
  std::vector<MarkerKind> kinds;
  std::vector<Marker> markers;
  std::vector<Fact> provenance;  ///< for a report
  std::string metrics_json;      ///< the text of metrics.json, where it says more than `metrics`
};

/// A job.
struct TileKind {
  std::string name;
  /// What a tile is given, TileInput::layers in this order. The first is what is cut into tiles: where the recipe has
  /// no window, its bounding box and a halo around it. Hash and size of the files are filled in later.
  std::vector<TileSource> (*sources)(const Recipe& recipe);
  std::vector<std::string> outputs;  ///< TileResult::layers: name i is layer i + 1, datatype 0 in the merged file
  /// Windows are whole multiples of this, and cores where they can.
  double (*step_nm)(const Recipe& recipe);
  /// What the merged shapes keep, none where this is empty or says so: those of curved or pixelled masks are looked at
  /// before they become polygons.
  std::optional<MaskRules> (*rules)(const Recipe& recipe) = nullptr;
  /// Refuses recipes that this job cannot do, before anything is written; none where it is empty.
  void (*check)(const Recipe& recipe, double dbu_nm) = nullptr;
  /// Called once in each worker thread; what it returns is used in that thread alone. The context outlives it.
  TileJob (*job)(const TileContext& context);
  /// TileWork::origin, where the result depends on more than the shapes; else null.
  Point (*origin)(const TileContext& context, const TileInput& input, const DbuPoint& corner) = nullptr;
  /// What the tiles say together: findings into files and metrics. Returns the exit code: 0, or 1 over the limits.
  int (*conclude)(TileMerge& merge);
};

/// Throws Error{usage} that names the jobs there are.
[[nodiscard]] const TileKind& tile_kind(const std::string& name);
[[nodiscard]] std::vector<std::string> tile_kind_names();

/// The layout and layer of the recipe, as the source "target". Throws Error{recipe} without layout.file.
[[nodiscard]] TileSource target_source(const Recipe& recipe);

// The entries.
[[nodiscard]] TileKind ilt_tiles();
[[nodiscard]] TileKind opc_tiles();
[[nodiscard]] TileKind verify_tiles();

}  // namespace anamorph::cli
