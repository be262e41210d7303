// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// The polygons of one layer, nm: counter-clockwise outlines, clockwise holes, as contours come.
struct GdsLayer {
  std::uint32_t layer = 1;
  std::uint32_t datatype = 0;
  std::vector<Polygon> polygons;
};

/// A file with one cell, GDSII, or OASIS if its suffix is .oas. Neither format knows holes: regions with holes are cut
/// open along grid lines into simple polygons of at most 8190 vertices. Vertices are rounded to `dbu_nm`; what vanishes
/// by that is left out. Nothing in the file depends on the time of writing. Error{resource} when it cannot be written,
/// Error{input} when a coordinate is no number or leaves the 32 bits of GDSII.
void write_gds(const std::filesystem::path& path, const std::string& cell_name, const std::vector<GdsLayer>& layers,
               double dbu_nm);

}  // namespace anamorph
