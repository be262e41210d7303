// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <vector>

#include "cpp/io/recipe.hpp"
#include "cpp/io/recipe_key.hpp"

// Private to the recipe: its keys. A new key is a new line in the function of its section; a new section is a new
// function, called in table().

namespace anamorph::recipe_keys {

/// Every key of the recipe, bound to the fields of `r`, which must outlive the table. The keys of one section follow
/// each other.
Table table(Recipe& r);

// The larger sections stand in files of their own.
Keys optics_keys(OpticsSection& o);
Keys source_keys(SourceSection& s);
Keys pole_keys(PoleSection& p);
Keys mirror_keys(MirrorSection& m);

}  // namespace anamorph::recipe_keys
