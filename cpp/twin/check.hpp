// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cpp/twin/crate.hpp"

namespace anamorph {

/// What `twin check` found.
struct TwinCheck {
  int files = 0;  ///< looked at
  std::vector<CrateFinding> findings;
};

/// Whether the directory is a whole export: every file of its crate is there with its size and SHA-256; `twin.json`
/// keeps its schema and its own sense (see check_twin_json) and names files that are there; the co-simulation unit is
/// sound (see check_fmu) and has the ports that `twin.json` says, with their units and ranges; contours, markers and
/// netCDF files are of their formats. The content of a file that was changed is not looked at. Throws Error{input} when
/// the directory is no export at all.
[[nodiscard]] TwinCheck check_twin(const std::filesystem::path& directory);

/// The findings as a JSON text.
[[nodiscard]] std::string twin_check_json(const TwinCheck& check);

}  // namespace anamorph
