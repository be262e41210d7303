// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe.hpp"

namespace anamorph {

Location Recipe::where(const std::string& key) const {
  const auto it = given.find(key);
  return it == given.end() ? Location{} : it->second;
}

IltOptions ilt_options(const Recipe& recipe) {
  IltOptions options = recipe.ilt;
  options.rules = recipe.mask.enforce_rules ? std::optional(recipe.mask.rules) : std::nullopt;
  options.epe = recipe.epe;
  options.seed = static_cast<unsigned>(recipe.seed);
  return options;
}

OpcOptions opc_options(const Recipe& recipe) {
  const bool bright = recipe.resist.prints == ResistSection::Prints::bright;
  if (bright != (recipe.mask.polygons == MaskSection::Polygons::opening))
    throw Error(ErrorCode::recipe, "OPC-0005",
                std::string("resist.prints is \"") + (bright ? "bright" : "dark") +
                    "\", so that the drawn shapes, corrected, must be " + (bright ? "openings" : "absorber") +
                    "; expected mask.polygons = \"" + (bright ? "opening" : "absorber") + "\"",
                recipe.where(recipe.has("mask.polygons") ? "mask.polygons" : "resist.prints"));
  OpcOptions options = recipe.opc;
  options.rules = recipe.mask.enforce_rules ? std::optional(recipe.mask.rules) : std::nullopt;
  options.epe = recipe.epe;
  return options;
}

}  // namespace anamorph
