// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// A finding at a place of the layout.
struct Marker {
  std::string kind;  ///< findings of a kind are listed together
  std::string text;
  Point from, to;  ///< a line that shows it, nm; equal: a point
  double value_nm = 0;
};

/// A kind of findings in words.
struct MarkerKind {
  std::string name;
  std::string description;
};

/// The findings as a KLayout report database (`.lyrdb`, XML), for the marker browser: a category for each kind, one
/// item per marker with its line (in um, as KLayout has it), value and text. Kinds without markers are there too: they
/// were looked at. The same markers give the same text.
[[nodiscard]] std::string markers_lyrdb(const std::string& top_cell, const std::string& description,
                                        const std::vector<MarkerKind>& kinds, const std::vector<Marker>& markers);

/// The same as a table: kind, x_nm and y_nm of both ends, value_nm, text.
[[nodiscard]] std::string markers_csv(const std::vector<Marker>& markers);

}  // namespace anamorph
