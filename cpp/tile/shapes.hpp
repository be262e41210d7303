// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cpp/core/dbu.hpp"
#include "cpp/tile/grid.hpp"
#include "cpp/tile/plan.hpp"

namespace anamorph {

/// The shapes of some layers of a layout file, window by window.
class ShapeReader {
 public:
  virtual ~ShapeReader() = default;
  [[nodiscard]] virtual double dbu_nm() const noexcept = 0;
  /// The cell that is read.
  [[nodiscard]] virtual std::string cell() const = 0;
  /// Of all shapes; empty when there are none.
  [[nodiscard]] virtual DbuBox bounding_box() const = 0;
  /// Tells each polygon whose box touches the window.
  virtual void shapes(const DbuBox& window, const std::function<void(const DbuPolygon&)>& tell) const = 0;
  /// The pitch of the regular array that covers most of the layout.
  [[nodiscard]] virtual ArrayPitch pitch() const { return {}; }
};

/// Opens the .glp, .gds or .oas file of a source; its hash does not matter. Throws Error{input}.
[[nodiscard]] std::unique_ptr<ShapeReader> open_shapes(const TileSource& source, int threads = 1);

/// The same in another database unit. Throws Error{input} unless the file's is a whole multiple of it.
[[nodiscard]] std::unique_ptr<ShapeReader> in_unit(std::unique_ptr<ShapeReader> reader, double dbu_nm,
                                                   const std::filesystem::path& file);

/// Shapes by layer; layer i is i/0 in the file. One cell.
using ShapeLayers = std::vector<std::vector<DbuPolygon>>;

/// Writes them as one OASIS file, atomically; the same shapes give the same bytes.
void write_shapes(const std::filesystem::path& file, const ShapeLayers& layers, double dbu_nm);
/// Reads `count` layers back. Throws Error{input}.
[[nodiscard]] ShapeLayers read_shapes(const std::filesystem::path& file, std::size_t count);

}  // namespace anamorph
