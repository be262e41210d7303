// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "masks/layout_stream.hpp"

// GLP clips beside GDSII and OASIS: the same streams of elements. Their layers have names.

namespace anamorph {

/// Numbers for the layers of a GLP clip: "11/0" and "11" (datatype 0) are what they say, the others become 1/0, 2/0,
/// ... in the order of their names, without the layers that are taken.
[[nodiscard]] std::map<std::string, LayerNumber> glp_layer_numbers(const std::vector<std::string>& names);

/// A GLP clip as a file of one cell with a database unit of 1 nm; in memory. Throws Error{input} as parse_glp does, for
/// files beyond 64 MiB. `names` is filled with the clip's layers and numbers.
[[nodiscard]] std::unique_ptr<LayoutFile> open_glp(std::unique_ptr<ByteSource> bytes,
                                                   std::map<std::string, LayerNumber>* names = nullptr);

/// Writes one flat cell of Manhattan shapes in whole nm; layers named `names`, or by number as "11/0". Repetitions and
/// paths become polygons, texts and properties are left out. Throws Error{input} for what GLP cannot say: a placement,
/// a second cell, slanted edges, fractions of a nm, no shapes at all.
[[nodiscard]] std::unique_ptr<LayoutWriter> write_glp(ByteSink sink, double dbu_nm,
                                                      const std::map<LayerNumber, std::string>& names = {});

}  // namespace anamorph
