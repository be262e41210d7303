// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"

namespace anamorph {

/// What was drawn in one cell of a layout file. Polygons are counter-clockwise, in nm, in the file's own coordinates;
/// they may touch and overlap (see `merge` in masks/region.hpp).
struct Layout {
  std::string cell;
  double dbu_nm = 1;  ///< the file's coordinate step
  std::map<std::string, std::vector<Polygon>> layers;
};

/// Reads a layout file; the suffix says which format it has (now: .glp).
/// Throws Error{input}: another suffix, a file that cannot be read or exceeds 64 MiB, or anything the format forbids.
[[nodiscard]] Layout read_layout(const std::filesystem::path& file);

/// The polygons of one layer; an empty name means "the only layer".
/// Throws Error{input} that names the layers present when the choice does not exist or is not unique.
[[nodiscard]] const std::vector<Polygon>& polygons(const Layout& layout, const std::string& layer = {});
/// The same of a layout that is not kept.
[[nodiscard]] std::vector<Polygon> polygons(Layout&& layout, const std::string& layer = {});

}  // namespace anamorph
