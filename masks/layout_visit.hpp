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
  struct Child {
    std::size_t cell = 0;
    Orientation orientation;
    DbuBox origins;
  };
  std::map<LayerNumber, DbuBox> own;  ///< of its own shapes
  std::map<LayerNumber, DbuBox> all;  ///< with those below
  std::vector<Child> children;
  std::uint64_t bytes = 0;  ///< about what its elements take in memory
  bool held = false;        ///< by another cell
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
