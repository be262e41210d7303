// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>

#include "masks/layout_stream.hpp"

namespace anamorph {

/// Opens a GDSII stream file (release 6 and before). Read: BOUNDARY, PATH of types 0, 1, 2 and 4, BOX, TEXT, SREF, AREF
/// and properties; passed over: NODE, plex and presentation, what concerns archives and formats. XY records that follow
/// one another make one long outline. A negative width, which the format exempts from magnification, is taken without
/// its sign. An array whose steps do not divide is written out, to the nearest grid point.
/// Throws Error{input} with the byte offset for whatever departs from the format, and for absolute magnification and
/// angles, which no hierarchy of ours can express.
[[nodiscard]] std::unique_ptr<LayoutFile> open_gdsii(std::unique_ptr<ByteSource> bytes);

}  // namespace anamorph
