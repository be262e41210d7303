// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "masks/layout_stream.hpp"

namespace anamorph {

/// Layers of GDSII and OASIS by name: "11/0" is layer 11, datatype 0; "11" is layer 11 with any datatype.
struct LayerName {
  std::uint32_t layer = 0;
  std::optional<std::uint32_t> datatype;

  [[nodiscard]] bool holds(const LayerNumber& number) const noexcept {
    return number.layer == layer && (!datatype || number.datatype == *datatype);
  }
};

/// Throws Error{input} for anything else.
[[nodiscard]] LayerName layer_name(const std::string& text);

/// Those of the layers present that have this name; none if there is none.
[[nodiscard]] std::vector<LayerNumber> layers_named(const std::string& text, const std::vector<LayerNumber>& present);

/// A property of a cell that says: this layer belongs to it, even where nothing is drawn on it. It survives GDSII,
/// which has numbers for names; `what` is for people.
[[nodiscard]] Property layer_property(const LayerNumber& layer, const std::string& what);
/// The layers that a cell's properties name in this way.
[[nodiscard]] std::vector<LayerNumber> layers_promised(const Properties& properties);
/// The properties with other numbers for the layers that they name in this way, and without those that get none.
[[nodiscard]] Properties with_promises_renamed(
    const Properties& properties, const std::function<std::optional<LayerNumber>(const LayerNumber&)>& renamed);

}  // namespace anamorph
