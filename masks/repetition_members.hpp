// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpp/core/dbu.hpp"
#include "masks/layout_stream.hpp"

namespace anamorph {

/// Coordinates of a layout that can be queried, in magnitude; nothing here overflows below it.
inline constexpr std::int64_t largest_coordinate = std::int64_t{1} << 50U;

/// The displacements of a repetition that lie in a box, found by arithmetic where they form a grid: rows and columns
/// outside cost nothing. Steps of zero put members on top of each other; such are one member here.
class RepetitionMembers {
 public:
  /// The repetition must outlive this; its displacements are within +-largest_coordinate.
  RepetitionMembers(const Repetition& repetition, const DbuBox& box);
  /// The next displacement; false when there are no more.
  bool next(DbuPoint& displacement);
  /// How many are to come. Of a grid by its rows, so that this costs rows().
  [[nodiscard]] std::uint64_t count() const;
  /// Rows of a grid that are looked at.
  [[nodiscard]] std::uint64_t rows() const noexcept {
    return row_ <= last_row_ ? static_cast<std::uint64_t>(last_row_ - row_) + 1 : 0;
  }

 private:
  void start_row();

  const Repetition* repetition_;
  DbuBox box_;
  std::int64_t columns_ = 1;
  std::int64_t row_ = 0, last_row_ = -1;
  std::int64_t column_ = 0, last_column_ = -1;
  std::size_t listed_ = 0;
};

/// Different members of a repetition: a step of zero makes no others.
[[nodiscard]] double members(const Repetition& repetition);

/// Box of all displacements of a repetition; empty when one of them is beyond +-largest_coordinate.
[[nodiscard]] DbuBox displacement_box(const Repetition& repetition);

}  // namespace anamorph
