// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cpp/tile/grid.hpp"

namespace anamorph {

/// Shapes that every tile is given: layers of a layout file, united.
struct TileSource {
  std::string name;  ///< "target", "mask"
  std::filesystem::path file;
  std::string cell;                 ///< empty: the only top cell
  std::vector<std::string> layers;  ///< as recipes name them; none: the only layer of the file
  std::uint64_t bytes = 0;
  std::string sha256;

  bool operator==(const TileSource&) const = default;
};

/// A file that all tiles share, below the folder of the plan.
struct SharedFile {
  std::string name;
  std::string sha256;

  bool operator==(const SharedFile&) const = default;
};

/// What is to be done with a layout, tile by tile: all that a worker must know. It is plan.json in the folder of the
/// plan, and does not change once it is there.
struct TilePlan {
  static constexpr int format = 1;  ///< of plan.json and of the artifacts

  std::string job;      ///< "opc", "verify", "ilt"
  std::string backend;  ///< one for all, because they differ in the last bits
  std::string recipe;   ///< TOML, with all defaults
  std::string program;  ///< version that made the plan, for the record
  std::vector<TileSource> sources;
  std::vector<std::string> outputs;  ///< names of the layers that a tile makes
  double dbu_nm = 1;                 ///< unit of all coordinates
  TileGrid grid;
  bool reuse = true;         ///< tiles of equal input are made once
  double seam_limit_nm = 0;  ///< 0: none
  std::string job_hash;      ///< SHA-256 of what decides a tile's result beside its shapes
  std::vector<SharedFile> shared;

  /// SHA-256 of everything above.
  [[nodiscard]] std::string hash() const;
  bool operator==(const TilePlan&) const = default;
};

/// The text of plan.json, its own hash included.
[[nodiscard]] std::string plan_json(const TilePlan& plan);

/// Reads DIR/plan.json. Throws Error{input}: there is none, it is of another format, or it was changed (its hash does
/// not fit).
[[nodiscard]] TilePlan read_plan(const std::filesystem::path& directory);

/// Throws Error{input} when a source or a shared file is no longer what it was when the plan was made.
void check_files(const TilePlan& plan, const std::filesystem::path& directory);

}  // namespace anamorph
