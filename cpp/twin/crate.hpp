// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cpp/io/run_directory.hpp"

// `ro-crate-metadata.json` (RO-Crate 1.1): what lies in an export, from what and by what it was made, and the SHA-256
// of every file, its own included.

namespace anamorph {

/// A file of the export.
struct CrateFile {
  RunDirectory::File file;
  std::string format;  ///< media type
  std::string description;
};

struct Crate {
  std::string name, description;
  std::string version, commit, build;  ///< of the program
  std::vector<std::string> command;    ///< as typed
  std::string backend, device;
  std::int64_t start = 0, end = 0;         ///< seconds since the epoch
  std::vector<RunDirectory::File> inputs;  ///< `name` is the path as given
  std::vector<CrateFile> files;
};

inline constexpr const char* crate_name = "ro-crate-metadata.json";

/// The text of the file. Its own SHA-256, in its descriptor, is that of the text with 64 zeros in its place.
[[nodiscard]] std::string crate_json(const Crate& crate);

/// Something wrong with a file of an export.
struct CrateFinding {
  std::string file;  ///< below the directory
  std::string what;
};

/// Compares the files below the directory with its crate: present, size, SHA-256; and the crate with its own. `files`
/// are those that are as they were. Throws Error{input} when there is no such directory or no crate in it.
struct CrateCheck {
  std::vector<std::string> files;
  std::vector<CrateFinding> findings;
};
[[nodiscard]] CrateCheck check_crate(const std::filesystem::path& directory);

/// Media type by the name's ending.
[[nodiscard]] std::string media_type(const std::string& name);

}  // namespace anamorph
