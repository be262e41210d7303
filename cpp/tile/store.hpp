// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/tile/plan.hpp"
#include "cpp/tile/tile.hpp"

namespace anamorph {

/// The artifacts of a plan, in its folder:
///
///   results/KEY.oas    the layers that a tile made; KEY is the hash of its input
///   results/KEY.json   its facts; written after the shapes
///   tiles/NNNNNN.json  tile N is done: KEY, the checksums of both, CPU seconds; written last, by renaming
///   tiles/NNNNNN.failed.json   why it cannot be done
///
/// Equal inputs have one result, whoever makes it, and two workers that make it at the same time write the same bytes:
/// no file needs a lock. A result outlives a new plan whose shapes are the same there.
class TileStore {
 public:
  TileStore(std::filesystem::path directory, const TilePlan& plan);

  enum class State { missing, done, failed, damaged };
  struct Record {
    State state = State::missing;
    std::string key;         ///< of the result
    bool reused = false;     ///< another tile had made it
    double cpu_seconds = 0;  ///< of this tile
    std::string error;       ///< id and message of a failed tile; what is wrong with a damaged one
  };
  /// What is there of a tile; its files are read for their checksums.
  [[nodiscard]] Record look(int index) const;

  /// The name under which the result of an input is kept.
  [[nodiscard]] std::string key(const TileInput& input) const;
  /// Whether a whole result is there, checked by its own checksum.
  [[nodiscard]] bool has_result(const std::string& key) const;

  void write_result(const std::string& key, const TileResult& result) const;
  void write_done(int index, const std::string& key, bool reused, double cpu_seconds) const;
  void write_failed(int index, const Error& error) const;

  /// What a tile that is done has made, in the coordinates of its window. Throws Error{input}.
  [[nodiscard]] TileResult result(const std::string& key) const;
  [[nodiscard]] std::string facts(const std::string& key) const;

  [[nodiscard]] const TilePlan& plan() const noexcept { return plan_; }
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

 private:
  [[nodiscard]] std::filesystem::path tile_file(int index, const char* suffix) const;
  [[nodiscard]] std::filesystem::path result_file(const std::string& key, const char* suffix) const;

  std::filesystem::path directory_;
  const TilePlan& plan_;
  std::string plan_hash_;
};

/// Makes a folder with its parents unless it is there. Throws Error{resource}.
void make_folder(const std::filesystem::path& folder);

}  // namespace anamorph
