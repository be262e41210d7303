// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// The polygons of one GDSII layer, nm: counter-clockwise outlines, clockwise holes, as contours come.
struct GdsLayer {
  int layer = 1;
  int datatype = 0;
  std::vector<Polygon> polygons;
};

/// The region of `polygons` as simple polygons without holes, in whole database units, of at most `max_vertices`
/// vertices: GDSII knows no holes, so a polygon that has some (or too many vertices) is cut along grid lines into
/// pieces that share their new edges exactly. Vertices are rounded to `dbu_nm`; what vanishes by that is left out.
/// Error{input} when a hole lies in no outline or a coordinate leaves the 32 bits of the format.
[[nodiscard]] std::vector<Polygon> gds_pieces(const std::vector<Polygon>& polygons, double dbu_nm,
                                              int max_vertices = 8190);

/// One library with one cell. Nothing in the file depends on the time of writing. Error{resource} when it cannot be
/// written, Error{input} as above.
void write_gds(const std::filesystem::path& path, const std::string& cell_name, const std::vector<GdsLayer>& layers,
               double dbu_nm);

/// What a GDSII stream holds, as far as its records tell.
struct GdsContents {
  double dbu_nm = 0;
  int cells = 0;
  int polygons = 0;
};

/// Walks through the records of a stream. Throws Error{input}, `name` being the place, for bytes that are not GDSII: cut
/// short, without its begin and end, a polygon that is not closed.
[[nodiscard]] GdsContents scan_gds(std::string_view bytes, const std::string& name);

}  // namespace anamorph
