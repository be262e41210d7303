// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "masks/cell_transform.hpp"
#include "masks/layout_stream.hpp"

namespace anamorph {

/// What an element has besides its place.
struct ElementDetails {
  Properties properties;
  std::optional<std::string> text;  ///< of a label, which is a shape of one point

  bool operator==(const ElementDetails&) const = default;
};

/// Receives what a query needs of a cell: shapes with their boxes, and cells by number.
class ElementSink {
 public:
  virtual ~ElementSink() = default;
  virtual void shape(const LayerNumber& layer, std::span<const DbuPoint> points, const DbuBox& box,
                     const Repetition& repetition, const ElementDetails& details) = 0;
  virtual void child(std::size_t cell, const Orientation& orientation, const DbuPoint& origin,
                     const Repetition& repetition, bool with_properties) = 0;
};

/// What they take in memory, about.
[[nodiscard]] std::size_t bytes_of(const Properties& properties);

/// Turns what a file tells into elements. Cells that the file does not define are passed over.
class ElementReader final : public LayoutSink {
 public:
  ElementReader(const std::unordered_map<std::string, std::size_t>& numbers, ElementSink& sink)
      : numbers_(numbers), sink_(sink) {}
  void polygon(const LayerNumber& layer, const DbuPolygon& shape, const Repetition& repetition,
               const Properties&) override;
  void text(const LayerNumber& layer, const LayoutText& label, const Repetition& repetition,
            const Properties&) override;
  void placement(const Placement& placement, const Repetition& repetition, const Properties&) override;

 private:
  const std::unordered_map<std::string, std::size_t>& numbers_;
  ElementSink& sink_;
  ElementDetails details_;
};

/// The elements of a small cell in memory.
class CellContents final : public ElementSink {
 public:
  void shape(const LayerNumber& layer, std::span<const DbuPoint> points, const DbuBox& box,
             const Repetition& repetition, const ElementDetails& details) override;
  void child(std::size_t cell, const Orientation& orientation, const DbuPoint& origin, const Repetition& repetition,
             bool with_properties) override;
  void tell(ElementSink& sink) const;
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  struct Shape {
    LayerNumber layer;
    std::size_t first = 0, count = 0;  ///< of points_
    DbuBox box;
    std::size_t repetition = 0;
    std::size_t details = 0;
  };
  struct Child {
    std::size_t cell = 0;
    Orientation orientation;
    DbuPoint origin;
    std::size_t repetition = 0;
    bool with_properties = false;
  };
  std::size_t remember(const Repetition& repetition);
  std::size_t remember(const ElementDetails& details);

  std::vector<DbuPoint> points_;
  std::vector<Shape> shapes_;
  std::vector<Child> children_;
  std::vector<Repetition> repetitions_{{}};  ///< the first stands for all single elements
  std::vector<ElementDetails> details_{{}};  ///< the first for those that have none
  std::size_t bytes_of_details_ = 0;
};

/// Small cells that have been visited before, those visited last first, up to a number of bytes. For several threads.
class ContentsCache {
 public:
  /// The cell if it is kept. Else `worthwhile` says whether to keep it: it is small and was visited before.
  [[nodiscard]] std::shared_ptr<const CellContents> find(std::size_t cell, std::uint64_t bytes, bool& worthwhile);
  void keep(std::size_t cell, std::shared_ptr<const CellContents> contents);

 private:
  struct Entry {
    std::size_t cell = 0;
    std::shared_ptr<const CellContents> contents;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;
  std::unordered_map<std::size_t, std::list<Entry>::iterator> places_;  ///< end(): visited, not kept
  std::size_t bytes_ = 0;
};

}  // namespace anamorph
