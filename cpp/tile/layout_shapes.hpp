// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cpp/tile/shapes.hpp"
#include "masks/layout_query.hpp"

namespace anamorph {

/// Shapes of a GDSII or OASIS file, whatever its size: memory is that of the index of its cells.
[[nodiscard]] std::unique_ptr<ShapeReader> layout_shapes(const TileSource& source, int threads);

/// The pitch of the axis-parallel array that covers the largest part of a cell's box on these layers, when that is a
/// quarter of it or more. Arrays are looked for in the cell itself, or where it is but a wrapper, in what it wraps.
[[nodiscard]] ArrayPitch dominant_pitch(const LayoutIndex& index, std::size_t cell,
                                        const std::vector<LayerNumber>& layers);

}  // namespace anamorph
