// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "cpp/core/image.hpp"

namespace anamorph {

/// A periodic bitmap with 64 pixels to the word, the first in the lowest bit, for the work behind
/// masks/morphology.hpp, rules.hpp and shots.hpp. Bits beyond the row's last pixel are 0.
class BitPlane {
 public:
  using Word = std::uint64_t;

  /// Ones [x0, x1) in a row, not continued at either end.
  struct Run {
    int x0 = 0;
    int x1 = 0;
    bool operator==(const Run&) const = default;
  };

  BitPlane(int ny, int nx);
  explicit BitPlane(const Bitmap& bitmap);

  [[nodiscard]] int ny() const noexcept { return ny_; }
  [[nodiscard]] int nx() const noexcept { return nx_; }
  [[nodiscard]] Bitmap bitmap() const;
  [[nodiscard]] bool none() const noexcept;
  bool operator==(const BitPlane&) const = default;
  /// The rows, from below, each of whole words.
  [[nodiscard]] std::span<const Word> words() const noexcept { return {words_.data(), words_.size() - 1}; }
  [[nodiscard]] std::span<Word> words() noexcept { return {words_.data(), words_.size() - 1}; }

  [[nodiscard]] BitPlane complement() const;
  /// The ones of this plane that are not in the other.
  [[nodiscard]] BitPlane minus(const BitPlane& other) const;
  /// Opening with a disc, as open_disc of masks/morphology.hpp.
  [[nodiscard]] BitPlane opened(int diameter) const;
  /// Dilation with a disc of odd diameter.
  [[nodiscard]] BitPlane dilated(int diameter) const;

  /// Appends the runs of row y, from left to right.
  void append_runs(int y, std::vector<Run>& runs) const;
  [[nodiscard]] bool any_in(int y, Run run) const noexcept;
  void set(int y, Run run) noexcept;
  /// Row y from a byte a pixel, 0 or 1.
  void set_row(int y, const std::uint8_t* pixels) noexcept;

 private:
  [[nodiscard]] const Word* row(int y) const noexcept {
    return words_.data() + static_cast<std::size_t>(y) * row_words_;
  }
  [[nodiscard]] Word* row(int y) noexcept { return words_.data() + static_cast<std::size_t>(y) * row_words_; }
  [[nodiscard]] Word last_word_mask() const noexcept;
  void copy_periodic(int y, int x, std::size_t count, Word* out) const noexcept;
  [[nodiscard]] int find(int y, int x, bool one) const noexcept;
  [[nodiscard]] BitPlane eroded(int diameter, int origin) const;

  int ny_ = 0;
  int nx_ = 0;
  std::size_t row_words_ = 0;
  std::vector<Word> words_;  // one more than needed, so that two neighbours can always be read
};

}  // namespace anamorph
