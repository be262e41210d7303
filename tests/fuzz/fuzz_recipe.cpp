// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cpp/core/error.hpp"
#include "cpp/io/recipe.hpp"

/// Any text either gives an Error or a recipe whose own TOML parses to the same recipe.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anamorph;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Recipe recipe = parse_recipe(text, "recipe.toml");
    if (recipe_json(parse_recipe(recipe_toml(recipe), "recipe.toml")) != recipe_json(recipe)) std::abort();
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
