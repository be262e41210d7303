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
  double value_nm = 0;     ///< NaN: none
  bool box = false;   ///< from and to are opposite corners of a box
  std::string group = {};  ///< findings of a kind that belong together are listed together; empty: none
};

/// A kind of findings in words.
struct MarkerKind {
  std::string name;
  std::string description;
  std::vector<MarkerKind> groups = {};
};

/// The findings as a KLayout report database (`.lyrdb`, XML), for the marker browser: a category for each kind and
/// one below it for each of its groups, one item per marker with its line or box (in um, as KLayout has it), value and
/// text. Kinds without markers are there too: they
/// were looked at. The same markers give the same text.
[[nodiscard]] std::string markers_lyrdb(const std::string& top_cell, const std::string& description,
                                        const std::vector<MarkerKind>& kinds, const std::vector<Marker>& markers);

/// The same as a table: kind, x_nm and y_nm of both ends, value_nm, text.
[[nodiscard]] std::string markers_csv(const std::vector<Marker>& markers);

}  // namespace anamorph
