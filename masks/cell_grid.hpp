// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpp/core/dbu.hpp"

namespace anamorph {

/// Square cells over a box, about as many as there are things to put into them, and which things each one holds.
class CellGrid {
 public:
  /// For about `count` things; cells measure at least `least` database units.
  CellGrid(const DbuBox& box, std::size_t count, double least = 1) : box_(box) {
    const double n = std::max<double>(1, static_cast<double>(count));
    const double width = static_cast<double>(box.width()), height = static_cast<double>(box.height());
    step_ = std::max({least, std::sqrt(width * height / n), width / n, height / n});
    columns_ = static_cast<std::int64_t>(width / step_) + 1;
    rows_ = static_cast<std::int64_t>(height / step_) + 1;
    first_.assign(static_cast<std::size_t>(columns_ * rows_) + 1, 0);
  }

  /// Calls visit(cell) for each cell that a point within `reach` (per axis) of the segment lies in, and perhaps a few
  /// more.
  template <class Visit>
  void along(const DbuPoint& a, const DbuPoint& b, double reach, const Visit& visit) const {
    const double margin = reach + 1e-6 * step_;
    double ax = static_cast<double>(a.x - box_.x0), ay = static_cast<double>(a.y - box_.y0);
    double bx = static_cast<double>(b.x - box_.x0), by = static_cast<double>(b.y - box_.y0);
    if (ax > bx) {
      std::swap(ax, bx);
      std::swap(ay, by);
    }
    const std::int64_t c0 = index(ax - margin, columns_), c1 = index(bx + margin, columns_);
    for (std::int64_t c = c0; c <= c1; ++c) {
      double y0 = std::min(ay, by), y1 = std::max(ay, by);
      if (bx > ax) {  // the part of the segment that can matter to this column
        const double from = std::clamp(static_cast<double>(c) * step_ - margin, ax, bx);
        const double to = std::clamp(static_cast<double>(c + 1) * step_ + margin, ax, bx);
        const double slope = (by - ay) / (bx - ax);
        const double ya = ay + (from - ax) * slope, yb = ay + (to - ax) * slope;
        y0 = std::min(ya, yb);
        y1 = std::max(ya, yb);
      }
      const std::int64_t r0 = index(y0 - margin, rows_), r1 = index(y1 + margin, rows_);
      for (std::int64_t r = r0; r <= r1; ++r) visit(static_cast<std::size_t>(r * columns_ + c));
    }
  }

  /// Fills the cells: `each(put)` calls put(cell, thing) for all pairs, twice the same.
  template <class Each>
  void fill(const Each& each) {
    each([&](std::size_t cell, std::uint32_t) { ++first_[cell + 1]; });
    for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
    things_.resize(first_.back());
    std::vector<std::size_t> at(first_.begin(), first_.end() - 1);
    each([&](std::size_t cell, std::uint32_t thing) { things_[at[cell]++] = thing; });
  }

  [[nodiscard]] std::size_t cells() const noexcept { return first_.size() - 1; }
  [[nodiscard]] const std::uint32_t* begin(std::size_t cell) const noexcept { return things_.data() + first_[cell]; }
  [[nodiscard]] const std::uint32_t* end(std::size_t cell) const noexcept { return things_.data() + first_[cell + 1]; }

 private:
  [[nodiscard]] std::int64_t index(double offset, std::int64_t count) const {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(offset / step_)), 0, count - 1);
  }

  DbuBox box_;
  double step_ = 1;
  std::int64_t columns_ = 1, rows_ = 1;
  std::vector<std::size_t> first_;
  std::vector<std::uint32_t> things_;
};

}  // namespace anamorph
