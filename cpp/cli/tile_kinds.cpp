// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/tile_kinds.hpp"

#include <algorithm>

namespace anamorph::cli {

namespace {

const std::vector<TileKind>& kinds() {
  static const std::vector<TileKind> all{ilt_tiles(), opc_tiles(), verify_tiles()};
  return all;
}

}  // namespace

const TileKind& tile_kind(const std::string& name) {
  const auto it = std::find_if(kinds().begin(), kinds().end(), [&](const TileKind& k) { return k.name == name; });
  if (it != kinds().end()) return *it;
  std::string names;
  for (const std::string& one : tile_kind_names()) names += (names.empty() ? "" : ", ") + one;
  throw Error(ErrorCode::usage, "TIL-0008", "tiles know no job '" + name + "'; expected one of " + names);
}

std::vector<std::string> tile_kind_names() {
  std::vector<std::string> names;
  for (const TileKind& kind : kinds()) names.push_back(kind.name);
  return names;
}

TileSource target_source(const Recipe& recipe) {
  if (recipe.layout.file.empty())
    throw Error(ErrorCode::recipe, "RCP-0005", "the key layout.file is missing; expected the name of a layout file",
                recipe.where(""));
  TileSource source{"target", recipe.layout.file, recipe.layout.cell, {}, 0, {}};
  if (!recipe.layout.layer.empty()) source.layers.push_back(recipe.layout.layer);
  return source;
}

}  // namespace anamorph::cli
