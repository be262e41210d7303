// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>

#include "cpp/cli/clip_optics.hpp"
#include "cpp/io/run_directory.hpp"

namespace anamorph::cli {

/// Writes the optics of a plan below its folder, kernels and all: kernels/0, kernels/1, ... and kernels/optics.json.
void write_optics(RunDirectory& directory, const ClipOptics& optics);

/// Reads them back, bit by bit. Throws Error{input}.
[[nodiscard]] ClipOptics read_optics(const std::filesystem::path& directory);

}  // namespace anamorph::cli
