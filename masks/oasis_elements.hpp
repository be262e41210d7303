// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <vector>

#include "masks/oasis_names.hpp"

namespace anamorph::oasis {

/// Reads the elements of one cell: holds the modal variables (SEMI P39, 10), tells what they make of each record.
class Elements {
 public:
  /// Without names and sink it only checks: for the index, before the names are known.
  Elements(Bytes& bytes, const Names* names, LayoutSink* sink)
      : bytes_(bytes), names_(names), sink_(sink), property_(bytes, names), budget_(bytes.list_limit()) {}

  /// From behind a CELL record to the next record that is none of a cell; returns that record's number.
  int read();
  /// Whether there were properties directly behind the CELL record.
  [[nodiscard]] bool has_properties() const noexcept { return has_properties_; }

 private:
  enum class Kind { none, cell, skipped, polygon, box, path, text, placement };
  template <class T>
  struct Modal {
    T value{};
    bool known = false;
    void set(T to) {
      value = std::move(to);
      known = true;
    }
  };

  template <class T>
  const T& get(const Modal<T>& modal, const char* what) const {
    if (!modal.known) bytes_.fail("OAS-0004", std::string("has an element without ") + what + ", nor came one before");
    return modal.value;
  }
  std::int64_t length();
  std::uint32_t layer_number();
  void layer(unsigned info);
  void position(unsigned info, Modal<std::int64_t>& x, Modal<std::int64_t>& y, unsigned of_x, unsigned of_y);
  void repeat(unsigned info, unsigned bit, const DbuBox& extent);
  void repeat(unsigned info, unsigned bit, const std::vector<DbuPoint>& points);

  void element(int record);
  void read_placement(bool transformed);
  void read_text();
  void read_rectangle();
  void read_polygon();
  void read_path();
  void read_trapezoid(int record);
  void read_ctrapezoid();
  void read_circle();
  void skip_xgeometry();
  void read_slanted(bool vertical, std::int64_t a, std::int64_t b, std::int64_t w, std::int64_t h, unsigned info);
  void flush();

  Bytes& bytes_;
  const Names* names_;
  LayoutSink* sink_;
  PropertyReader property_;
  Properties properties_;
  bool has_properties_ = false;
  std::uint64_t budget_;  // of the properties of the element at hand

  // Modal variables.
  bool relative_ = false;
  bool repetition_known_ = false;
  Repetition repetition_;
  DbuBox reach_;  // of its displacements
  Modal<std::int64_t> placement_x_{0, true}, placement_y_{0, true};
  Modal<std::int64_t> text_x_{0, true}, text_y_{0, true};
  Modal<std::int64_t> x_{0, true}, y_{0, true};  // of geometry
  Modal<NameRef> placed_, string_;
  Modal<std::uint32_t> layer_, datatype_, textlayer_, texttype_;
  Modal<std::int64_t> width_, height_, halfwidth_, begin_, end_, radius_;
  Modal<std::uint64_t> ctrapezoid_;
  Modal<std::vector<DbuPoint>> polygon_, spine_;

  // The element that was read last and is told once its properties are known.
  Kind kind_ = Kind::cell;
  bool repeated_ = false;
  LayerNumber on_;
  DbuPolygon points_;
  DbuBox box_;
  LayoutPath path_;
  LayoutText label_;
  Placement child_;
};

}  // namespace anamorph::oasis
