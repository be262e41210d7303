// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cpp/cli/app.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/cli/tile_kinds.hpp"
#include "cpp/tile/shapes.hpp"
#include "cpp/tile/store.hpp"

// The verbs of `tile`.

namespace anamorph::cli {

struct TileChoice {
  std::string job;                  ///< of `plan`
  std::filesystem::path directory;  ///< of a plan
  std::string tiles;                ///< "0,5,7-20"; empty: all
  std::string part;                 ///< "i/n"; empty: all
  std::string engine = "local";     ///< of `submit`
  int jobs = 0;                     ///< of `submit`; 0: what suits
  std::string batch_options;        ///< for the batch system
  bool print = false;               ///< show the script, submit nothing
  std::string format = "oas";       ///< of the merged file
};

int run_tile_plan(const Options& options, const TileChoice& choice, Console& console);
int run_tile_run(const Options& options, const TileChoice& choice, Console& console);
int run_tile_status(const TileChoice& choice, Console& console);
int run_tile_merge(const Options& options, const TileChoice& choice, Console& console);
/// The same as a step of a verb that keeps its own record.
int conclude_tiles(const Options& options, const TileChoice& choice, Console& console, RunRecord& record);
int run_tile_submit(const Options& options, const TileChoice& choice, Console& console);

/// A plan as a worker needs it. Throws Error{input} when its files are not what they were.
struct OpenPlan {
  TilePlan plan;
  const TileKind* kind = nullptr;
  TileContext context;
  std::vector<std::unique_ptr<ShapeReader>> sources;

  [[nodiscard]] std::vector<const ShapeReader*> readers() const;
};

/// The recipe of a plan.
[[nodiscard]] Recipe recipe_of(const TilePlan& plan, const std::filesystem::path& directory);

/// `checked`: layout and kernels are compared with their hashes.
[[nodiscard]] std::unique_ptr<OpenPlan> open_plan(const std::filesystem::path& directory, int threads);

}  // namespace anamorph::cli
