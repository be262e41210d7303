// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "masks/cell_contents.hpp"
#include "masks/cell_transform.hpp"
#include "masks/layout_query.hpp"

// What a LayoutIndex knows.

namespace anamorph {

struct CellSummary {
  /// Shapes or texts of a layer.
  struct Kind {
    LayerNumber layer;
    bool text = false;

    auto operator<=>(const Kind&) const = default;
  };
  /// What there is of a kind in a cell. Counts end in infinity, not in an overflow.
  struct Shapes {
    DbuBox box;
    double count = 0;  ///< members of repetitions, each for itself
  };
  struct Child {
    std::size_t cell = 0;
    Orientation orientation;
    DbuBox origins;
    double count = 0;
  };
  std::map<Kind, Shapes> own;  ///< its own
  std::map<Kind, Shapes> all;  ///< with those below
  std::vector<Child> children;
  std::uint64_t bytes = 0;     ///< about what its elements take in memory
  std::uint64_t elements = 0;  ///< and what it takes to look at them: one each, and one for each listed displacement
  bool held = false;           ///< by another cell
  bool absolute = false;       ///< holds paths of absolute width, or a cell below does
};

struct LayoutIndex::Impl {
  explicit Impl(const LayoutFile& f) : file(f) {}
  void add_up();

  const LayoutFile& file;
  std::unordered_map<std::string, std::size_t> numbers;
  std::vector<CellSummary> cells;
  mutable ContentsCache cache;
};

}  // namespace anamorph
