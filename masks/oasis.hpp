// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "cpp/core/dbu.hpp"
#include "masks/layout_stream.hpp"

// OASIS (SEMI P39, version 1.0): reader and writer. The writer is declared in masks/layout_stream.hpp.

namespace anamorph {

/// Whether a file that begins with these bytes says that it is OASIS.
[[nodiscard]] bool looks_like_oasis(std::string_view first_bytes) noexcept;

/// The index of an OASIS file: every record is decoded once, the signature (CRC32 or checksum) is verified. Standard
/// properties that describe the file as it lies there (S_CELL_OFFSET, S_BOUNDING_BOX, S_TOP_CELL and the like) are
/// not told, since they would be false in a copy; S_GDS_PROPERTY is. Elements in XELEMENT and XGEOMETRY records are
/// passed over, as the format asks of a reader that does not know them.
/// Circles become the outline of a path of no length with round ends: polygons of 32 sides around them.
/// Limits, Error{input} beyond: coordinates 2^60 database units with all repetitions; lists of points, displacements or
/// values max(2^20, 16 x file size) long; names of 64 MiB + 64 x file size in all.
[[nodiscard]] std::unique_ptr<LayoutFile> open_oasis(std::unique_ptr<ByteSource> bytes);

}  // namespace anamorph
