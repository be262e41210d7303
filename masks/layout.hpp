// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
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

/// What of a layout file is wanted.
struct LayoutChoice {
  std::string cell;              ///< empty: the only top cell
  std::string layer;             ///< empty: all; in GDSII and OASIS as masks/layer_names.hpp has it
  std::optional<Box> window_nm;  ///< only polygons whose box overlaps it
};

/// Reads a layout file; the suffix says which format it has: .glp, .gds (.gdsii), .oas (.oasis). Hierarchies come out
/// flat, paths as polygons; layers of GDSII and OASIS are named "11/0". A GLP file comes whole but for its other layers.
/// Memory: what is chosen, of GDSII and OASIS files of any size.
/// Throws Error{input}: another suffix, a file that cannot be read, GLP beyond 64 MiB, no such cell or layer, or
/// anything the format forbids.
[[nodiscard]] Layout read_layout(const std::filesystem::path& file, const LayoutChoice& choice = {});

/// Whole numbers of database units in nm. Units such as 0.1 nm divide, so that the result is the double nearest to it.
[[nodiscard]] double nm_of(std::int64_t dbu, double dbu_nm) noexcept;

/// The polygons of one layer; an empty name means "the only layer".
/// Throws Error{input} that names the layers present when the choice does not exist or is not unique.
[[nodiscard]] const std::vector<Polygon>& polygons(const Layout& layout, const std::string& layer = {});
/// The same of a layout that is not kept.
[[nodiscard]] std::vector<Polygon> polygons(Layout&& layout, const std::string& layer = {});

}  // namespace anamorph
