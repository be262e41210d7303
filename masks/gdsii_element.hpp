// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "masks/gdsii_stream.hpp"
#include "masks/layout_stream.hpp"

namespace anamorph::gdsii {

/// One element of a cell: its records put together. Used again and again, so that its buffers stay.
class Element {
 public:
  /// Reads from `first`, which says the kind, up to ENDEL.
  void read(const StreamRecord& first, RecordStream& stream);
  void tell(LayoutSink& sink, const RecordStream& stream);

 private:
  void field(const StreamRecord& record, RecordStream& stream);
  void take_points(const StreamRecord& record, RecordStream& stream);
  void expect_points(const RecordStream& stream, std::size_t least, std::size_t most) const;
  void tell_boundary(LayoutSink& sink, const RecordStream& stream);
  void tell_path(LayoutSink& sink, const RecordStream& stream);
  void tell_box(LayoutSink& sink, const RecordStream& stream);
  void tell_array(LayoutSink& sink, const RecordStream& stream);
  [[nodiscard]] DbuPoint member(const DbuPoint& across, std::uint32_t column, const DbuPoint& up,
                                std::uint32_t row) const;

  std::uint16_t kind_ = 0;
  std::uint64_t offset_ = 0;
  std::uint32_t seen_ = 0;  ///< a bit for each kind of field
  LayerNumber layer_;
  std::vector<DbuPoint> points_;
  std::string text_;
  Placement placed_;
  std::uint32_t columns_ = 0;
  std::uint32_t rows_ = 0;
  std::int64_t width_ = 0;
  bool absolute_width_ = false;
  std::uint32_t path_type_ = 0;
  std::int64_t begin_extension_ = 0;
  std::int64_t end_extension_ = 0;
  Properties properties_;
};

}  // namespace anamorph::gdsii
