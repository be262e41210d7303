// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>

#include "cpp/io/recipe.hpp"

// Private to the recipe: what single keys cannot say.

namespace anamorph::recipe_keys {

/// Fills in what the keys leave open (scanner, shorthands, lengths that go with the resolution) and refuses keys that
/// contradict each other, with Error{recipe}.
void complete(Recipe& recipe);

/// Whether a key has no meaning beside given kernels.
bool belongs_to_a_lens(const std::string& key);

/// Makes the recipe's optics those of another scanner, where the recipe leaves them open, and checks them.
void use_scanner(Recipe& r, const std::string& scanner, const Location& where);

}  // namespace anamorph::recipe_keys
