// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cpp/core/dbu.hpp"
#include "masks/layout_stream.hpp"

// What of a hierarchical layout lies in a window, without flattening the rest.

namespace anamorph {

/// The cells of a file, and how they hold each other: for each cell the box of its own shapes per layer, and per child
/// and orientation the box of the origins, so that memory does not grow with the number of elements.
class LayoutIndex {
 public:
  /// Reads every cell once. The file must outlive the index. Throws Error{input} for cells that hold
  /// themselves, for coordinates beyond 2^50, and for paths of absolute width in cells that are magnified.
  explicit LayoutIndex(const LayoutFile& file, int threads = 1);
  ~LayoutIndex();
  LayoutIndex(LayoutIndex&&) noexcept;

  [[nodiscard]] const LayoutFile& file() const noexcept;
  /// Cells that no other cell holds, in the order of the file.
  [[nodiscard]] std::vector<std::string> top_cells() const;
  /// The only top cell, or the one of that name. Throws Error{input} that lists the cells there are.
  [[nodiscard]] std::size_t find(const std::string& cell = {}) const;
  /// Layers with shapes in a cell or below it; or with shapes or texts.
  [[nodiscard]] std::vector<LayerNumber> layers(std::size_t cell, bool with_texts = false) const;
  /// Box of all shapes of a layer in a cell and below; around the boxes of cells that are turned by any angle or
  /// magnified, so somewhat larger than need be.
  [[nodiscard]] DbuBox bounding_box(std::size_t cell, const LayerNumber& layer) const;

  /// A cell and all that it holds, in the order of the file.
  [[nodiscard]] std::vector<std::size_t> below(std::size_t cell) const;

  /// Steps that a query may take unless it is told otherwise, minutes of work. A few hundred bytes of a file can
  /// hold more shapes than anybody can wait for; this is beyond what a tile or a clip of a layout that was drawn holds.
  static constexpr std::uint64_t usual_steps = std::uint64_t{1} << 30U;

  struct Query {
    std::size_t cell = 0;
    std::vector<LayerNumber> layers;  ///< empty: all
    std::optional<DbuBox> window;     ///< absent: everything
    /// A step is a shape that is told, a cell that is visited, or an element of a cell when it is looked at again.
    std::uint64_t most_steps = usual_steps;
  };
  /// Tells each polygon whose box touches the window, in the coordinates of `query.cell`, with all repetitions written
  /// out. Cells and members of repetitions that lie outside are not visited: a regular array costs what is hit of it.
  /// Vertices of turned or magnified cells are rounded to the grid once, at the end. Members of a repetition whose step
  /// is zero count once. Same order every time. May be called from several threads.
  /// Throws Error{input} with the byte of the cell as soon as it is sure that more than `most_steps` are needed.
  void shapes(const Query& query, const std::function<void(const LayerNumber&, const DbuPolygon&)>& tell) const;
  /// The same with properties, and with the texts whose origin lies in the window, to polygon() and text() of a sink.
  /// Returns how many placements had properties, which are those of no shape.
  std::uint64_t elements(const Query& query, LayoutSink& sink) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Everything of a file into a writer, hierarchy, repetitions, texts and properties included.
void copy(const LayoutFile& from, LayoutWriter& to);

}  // namespace anamorph
