// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <string_view>

#include "masks/layout.hpp"

namespace anamorph {

/// Parses the GLP text of a clip. Statements, one per line, tokens separated by blanks:
///
///     RECT N LAYER x y w h              lower-left corner and size
///     PGON N LAYER x1 y1 x2 y2 ...      rectilinear, not closed, either orientation
///     ENDMSG                            last statement, required: a file without it is truncated
///
/// Coordinates are integers in nm, at most 1e9 in magnitude. Every other line before the first shape is header; of
/// the header only the cell name and the unit (EQUIV 1 1000 MICRON = 1 nm) matter. Polygons come out counter-clockwise.
/// `name` is the file named in messages. Throws Error{input} with file:line:col for whatever departs from the above.
[[nodiscard]] Layout parse_glp(std::string_view text, const std::string& name);

}  // namespace anamorph
