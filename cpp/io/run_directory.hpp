// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anamorph {

/// The directory of one run. Files come into it one by one, each complete (see AtomicFile), and `run.json` last: its
/// presence says that the run was finished.
class RunDirectory {
 public:
  struct File {
    std::string name;  ///< below the directory
    std::uintmax_t bytes = 0;
    std::string sha256;
  };

  /// Creates the directory with its parents and tries it with a file, so that a place that cannot be written is found
  /// before the work starts (Error{resource}). A directory that holds files is refused (Error{usage}) unless `force`:
  /// then this run's files replace those of the same name, `run.json` of the earlier run is removed at once, and
  /// everything else stays as it is. Directories that were made and are still empty at the end are removed.
  RunDirectory(std::filesystem::path directory, bool force);

  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }

  /// The path of a file that the caller is about to write (with AtomicFile or a writer of cpp/io); it is listed by
  /// files(). The name may hold folders, which are created.
  [[nodiscard]] std::filesystem::path add(const std::string& name);

  /// Writes a file.
  void write(const std::string& name, std::string_view bytes);

  /// The files added so far, in that order, read back for size and SHA-256.
  [[nodiscard]] std::vector<File> files() const;

 private:
  /// The directories made here; those that are empty at the end go.
  class Made {
   public:
    Made() = default;
    Made(Made&& other) noexcept : paths_(std::exchange(other.paths_, {})) {}
    Made& operator=(Made&&) = delete;
    ~Made();
    void make(const std::filesystem::path& path);

   private:
    std::vector<std::filesystem::path> paths_;  ///< parents first
  };

  Made made_;
  std::filesystem::path directory_;
  std::vector<std::string> names_;
};

/// "2024-05-17T09:30:00Z"; `seconds` since the epoch.
[[nodiscard]] std::string utc_time(std::int64_t seconds);

/// `runs/<verb>-<stem>-<YYYYmmddTHHMMSSZ>`; `seconds` since the epoch.
[[nodiscard]] std::filesystem::path default_run_directory(const std::string& verb, const std::string& stem,
                                                          std::int64_t seconds);

}  // namespace anamorph
