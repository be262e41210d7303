// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>

#include "cpp/twin/fmu.hpp"

namespace anamorph {

/// The lithography unit of an export: `path` itself when it is a file, else the one unit in its folder model/ that
/// holds a surrogate. Throws Error{input} when there is none, or more than one.
[[nodiscard]] std::filesystem::path find_lithography_unit(const std::filesystem::path& path);

/// What write_fmu() was given for a lithography unit, without the provenance. Throws Error{input} for a file that is no
/// such unit or is damaged; Error{resource} with ANAMORPH_TWIN=OFF.
[[nodiscard]] FmuDescription read_lithography_unit(const std::filesystem::path& file);

}  // namespace anamorph
