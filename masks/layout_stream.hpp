// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cpp/core/dbu.hpp"

// Layout files larger than memory: a reader tells what one cell holds, element by element, to a sink; a writer is a
// sink. Nothing is kept but an index of the cells. GDSII and OASIS look the same from here.

namespace anamorph {

/// Layer and datatype (of a text: layer and texttype).
struct LayerNumber {
  std::uint32_t layer = 0;
  std::uint32_t datatype = 0;

  auto operator<=>(const LayerNumber&) const = default;
  [[nodiscard]] std::string str() const { return std::to_string(layer) + "/" + std::to_string(datatype); }
};

/// Where an element stands: at its own place and at each of these displacements from it, its own (0, 0) included.
/// Either a grid, i a + j b with i < columns and j < rows, or a list. Both describe one element when they are default.
struct Repetition {
  DbuPoint a;
  DbuPoint b;
  std::uint64_t columns = 1;
  std::uint64_t rows = 1;
  std::vector<DbuPoint> offsets;  ///< not empty: these displacements; the grid does not count

  [[nodiscard]] bool single() const noexcept { return offsets.empty() ? columns == 1 && rows == 1 : offsets.size() == 1; }
  [[nodiscard]] std::uint64_t count() const noexcept { return offsets.empty() ? columns * rows : offsets.size(); }
  bool operator==(const Repetition&) const = default;
};

/// Value of a property: a number or a text (OASIS; GDSII has texts alone).
using PropertyValue = std::variant<std::uint64_t, std::int64_t, double, std::string>;

/// A property of a file, cell or element. A GDSII property of attribute n is {"S_GDS_PROPERTY", {n, text}}, as OASIS
/// has it.
struct Property {
  std::string name;
  std::vector<PropertyValue> values;

  bool operator==(const Property&) const = default;
};
using Properties = std::vector<Property>;

/// A wire: its centre line, and how its ends stand out.
struct LayoutPath {
  std::vector<DbuPoint> spine;
  std::int64_t width = 0;
  std::int64_t begin_extension = 0;  ///< beyond the first point; may be negative
  std::int64_t end_extension = 0;
  bool round = false;     ///< round ends (GDSII path type 1)
  bool absolute = false;  ///< the width holds however the cell is magnified (negative WIDTH of GDSII)

  bool operator==(const LayoutPath&) const = default;
};

/// A label.
struct LayoutText {
  DbuPoint at;
  std::string text;

  bool operator==(const LayoutText&) const = default;
};

/// A cell within a cell: p' = origin + magnification R(angle) M p, where M mirrors y -> -y if `mirrored`.
struct Placement {
  std::string cell;
  DbuPoint origin;
  double angle_deg = 0;  ///< counter-clockwise
  bool mirrored = false;
  double magnification = 1;

  bool operator==(const Placement&) const = default;
};

/// Receives the elements of cells in the order of the file. What is not overridden is passed over, except that boxes
/// and paths come as polygons to a sink that does not know them (circles always do).
class LayoutSink {
 public:
  virtual ~LayoutSink() = default;
  /// Outline as drawn, either orientation, not closed, at least three points.
  virtual void polygon(const LayerNumber&, const DbuPolygon&, const Repetition&, const Properties&) {}
  virtual void box(const LayerNumber&, const DbuBox&, const Repetition&, const Properties&);
  virtual void path(const LayerNumber&, const LayoutPath&, const Repetition&, const Properties&);
  virtual void text(const LayerNumber&, const LayoutText&, const Repetition&, const Properties&) {}
  virtual void placement(const Placement&, const Repetition&, const Properties&) {}
};

/// The outline of a path as one polygon: mitred at its bends (cut off beyond what KLayout and others accept), polygons
/// of 32 sides at round ends. Empty for a width of zero or a single point without extensions.
[[nodiscard]] DbuPolygon outline(const LayoutPath& path);

/// Bytes that are read in pieces, from a file or from memory.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
  /// Fills `into` from `offset`; returns the number of bytes there were, less than asked for only at the end.
  [[nodiscard]] virtual std::size_t read(std::uint64_t offset, std::span<char> into) const = 0;
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;  ///< for messages
};

/// A regular file, which stays open. Throws Error{input} when it is none or cannot be read.
[[nodiscard]] std::unique_ptr<ByteSource> open_bytes(const std::filesystem::path& file);
/// Bytes in memory, which must outlive the source.
[[nodiscard]] std::unique_ptr<ByteSource> memory_bytes(std::string_view bytes, const std::string& name);

/// A GDSII or OASIS file whose cells can be read one at a time, in any order and repeatedly, from several threads.
/// Memory: the index (names and places of the cells), and a buffer for each read in progress.
class LayoutFile {
 public:
  virtual ~LayoutFile() = default;
  [[nodiscard]] virtual double dbu_nm() const noexcept = 0;
  [[nodiscard]] virtual const std::string& library_name() const noexcept = 0;  ///< empty in OASIS
  [[nodiscard]] virtual const Properties& properties() const noexcept = 0;     ///< of the file
  /// Names of the cells, in the order of the file. Those that are only placed and never defined are not among them.
  [[nodiscard]] virtual const std::vector<std::string>& cells() const noexcept = 0;
  [[nodiscard]] virtual Properties cell_properties(std::size_t cell) const = 0;
  /// Where the elements of a cell begin, for messages.
  [[nodiscard]] virtual std::uint64_t cell_offset(std::size_t /*cell*/) const { return 0; }
  /// Tells the elements of a cell. Throws Error{input} with the byte offset for whatever departs from the format.
  virtual void read(std::size_t cell, LayoutSink& sink) const = 0;
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;  ///< of the file, for messages
};

/// Opens a file by what its first bytes say it is (masks/gdsii.hpp, masks/oasis.hpp). The whole file is read once for
/// the index. Throws Error{input}: neither of them, cut short, or broken, with the byte offset.
[[nodiscard]] std::unique_ptr<LayoutFile> open_layout(std::unique_ptr<ByteSource> bytes);

/// Takes finished bytes of a file that is being written, front to back.
using ByteSink = std::function<void(std::string_view)>;

/// Writes a layout while it is told: cell by cell, each once, in any order; then finish(). Elements that a format does
/// not have become what it has (GDSII: a repetition of shapes is written out, a polygon of more than 8190 vertices or a
/// path beyond its means in pieces). Throws Error{input} for what cannot be expressed (a coordinate beyond the format).
class LayoutWriter : public LayoutSink {
 public:
  virtual void begin_cell(const std::string& name, const Properties& properties = {}) = 0;
  virtual void end_cell() = 0;
  virtual void finish() = 0;

  /// Of what was told, but has no place in the format.
  struct LeftOut {
    std::uint64_t texts = 0;
    std::uint64_t properties = 0;
    std::uint64_t absolute_widths = 0;  ///< paths whose width now follows the magnification of their cell

    bool operator==(const LeftOut&) const = default;
  };
  [[nodiscard]] virtual LeftOut left_out() const { return {}; }
};

struct OasisOptions {
  bool compress = true;  ///< CBLOCKs
  bool strict = true;    ///< names in strict tables with their offsets at the end
};

/// The same elements give the same bytes: no date. `dbu_nm` may be any positive number.
[[nodiscard]] std::unique_ptr<LayoutWriter> write_gdsii(ByteSink sink, double dbu_nm, const std::string& library = "ANAMORPH",
                                                        const Properties& properties = {});
[[nodiscard]] std::unique_ptr<LayoutWriter> write_oasis(ByteSink sink, double dbu_nm, const Properties& properties = {},
                                                        const OasisOptions& options = {});

}  // namespace anamorph
