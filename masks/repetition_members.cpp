// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/repetition_members.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace anamorph {

namespace {

__extension__ using Wide = __int128;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t q = a / b;
  return q - static_cast<std::int64_t>(a % b != 0 && (a < 0) != (b < 0));
}

/// Whole numbers, from first to last; none if first > last.
struct Interval {
  std::int64_t first = 0;
  std::int64_t last = 0;

  void cut(const Interval& other) { *this = {std::max(first, other.first), std::min(last, other.last)}; }
};

/// The n with low <= n step + from <= high.
Interval solve(std::int64_t step, std::int64_t from, std::int64_t low, std::int64_t high) {
  constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
  if (step == 0) return low <= from && from <= high ? Interval{-all, all} : Interval{1, 0};
  if (step < 0) return {-floor_divide(high - from, -step), floor_divide(low - from, step)};
  return {-floor_divide(from - low, step), floor_divide(high - from, step)};
}

bool small(const DbuPoint& p) {
  constexpr DbuBox all{-largest_coordinate, -largest_coordinate, largest_coordinate, largest_coordinate};
  return all.holds(p);
}

}  // namespace

RepetitionMembers::RepetitionMembers(const Repetition& repetition, const DbuBox& box)
    : repetition_(&repetition), box_(box) {
  // Displacements are bounded, so a larger box says no more, and its sums do not overflow.
  constexpr std::int64_t far = 2 * largest_coordinate;
  box_ = {std::max(box.x0, -far), std::max(box.y0, -far), std::min(box.x1, far), std::min(box.y1, far)};
  if (!repetition.offsets.empty() || box_.empty()) return;
  const DbuPoint& a = repetition.a;
  const DbuPoint& b = repetition.b;
  columns_ = a == DbuPoint{} ? 1 : static_cast<std::int64_t>(repetition.columns);
  const std::int64_t rows = b == DbuPoint{} ? 1 : static_cast<std::int64_t>(repetition.rows);
  // Rows that some column brings into the box: first as if each coordinate were alone, ...
  const std::int64_t reach_x = (columns_ - 1) * a.x, reach_y = (columns_ - 1) * a.y;
  Interval found{0, rows - 1};
  found.cut(solve(b.x, 0, box_.x0 - std::max<std::int64_t>(reach_x, 0), box_.x1 - std::min<std::int64_t>(reach_x, 0)));
  found.cut(solve(b.y, 0, box_.y0 - std::max<std::int64_t>(reach_y, 0), box_.y1 - std::min<std::int64_t>(reach_y, 0)));
  // ... then along the columns: a x p = (a x b) row for a member p, whatever its column.
  const auto across = [&](std::int64_t x, std::int64_t y) {
    return static_cast<long double>(static_cast<Wide>(a.x) * y - static_cast<Wide>(a.y) * x);
  };
  const long double unit = across(b.x, b.y);
  if (unit != 0) {
    const auto [low, high] = std::minmax({across(box_.x0, box_.y0) / unit, across(box_.x1, box_.y0) / unit,
                                          across(box_.x0, box_.y1) / unit, across(box_.x1, box_.y1) / unit});
    const auto bounded = [&](long double v) {
      return static_cast<std::int64_t>(std::clamp(v, -1.0L, static_cast<long double>(rows)));
    };
    found.cut({bounded(std::floor(low)) - 1, bounded(std::ceil(high)) + 1});  // a row more for rounding: it is empty
  }
  row_ = found.first;
  last_row_ = found.last;
  if (row_ <= last_row_) start_row();
}

void RepetitionMembers::start_row() {
  const DbuPoint& a = repetition_->a;
  const DbuPoint& b = repetition_->b;
  Interval found{0, columns_ - 1};
  if (a == DbuPoint{} && !box_.holds({row_ * b.x, row_ * b.y})) found = {1, 0};
  if (a != DbuPoint{}) {
    found.cut(solve(a.x, row_ * b.x, box_.x0, box_.x1));
    found.cut(solve(a.y, row_ * b.y, box_.y0, box_.y1));
  }
  column_ = found.first;
  last_column_ = found.last;
}

bool RepetitionMembers::next(DbuPoint& displacement) {
  for (; listed_ < repetition_->offsets.size(); ++listed_)
    if (box_.holds(repetition_->offsets[listed_])) {
      displacement = repetition_->offsets[listed_++];
      return true;
    }
  for (; row_ <= last_row_; ++row_, start_row())
    if (column_ <= last_column_) {
      displacement = {column_ * repetition_->a.x + row_ * repetition_->b.x,
                      column_ * repetition_->a.y + row_ * repetition_->b.y};
      ++column_;
      return true;
    }
  return false;
}

std::uint64_t RepetitionMembers::count() const {
  std::uint64_t count = 0;
  for (std::size_t i = listed_; i < repetition_->offsets.size(); ++i) count += box_.holds(repetition_->offsets[i]);
  RepetitionMembers ahead = *this;
  for (; ahead.row_ <= ahead.last_row_; ++ahead.row_, ahead.start_row())
    if (ahead.column_ <= ahead.last_column_)
      count += static_cast<std::uint64_t>(ahead.last_column_ - ahead.column_) + 1;
  return count;
}

double members(const Repetition& repetition) {
  if (!repetition.offsets.empty()) return static_cast<double>(repetition.offsets.size());
  return (repetition.a == DbuPoint{} ? 1.0 : static_cast<double>(repetition.columns)) *
         (repetition.b == DbuPoint{} ? 1.0 : static_cast<double>(repetition.rows));
}

DbuBox displacement_box(const Repetition& repetition) {
  DbuBox box;
  for (const DbuPoint& p : repetition.offsets) {
    if (!small(p)) return {};
    box.include(p);
  }
  if (!repetition.offsets.empty()) return box;
  const auto end = [](std::int64_t step, std::uint64_t count) {
    const Wide reach = step == 0 ? Wide{0} : static_cast<Wide>(step) * static_cast<Wide>(count - 1);
    const Wide most = largest_coordinate + 1;
    return static_cast<std::int64_t>(std::clamp(reach, -most, most));
  };
  const DbuPoint a{end(repetition.a.x, repetition.columns), end(repetition.a.y, repetition.columns)};
  const DbuPoint b{end(repetition.b.x, repetition.rows), end(repetition.b.y, repetition.rows)};
  for (const DbuPoint& p : {DbuPoint{}, a, b, DbuPoint{a.x + b.x, a.y + b.y}}) {
    if (!small(p)) return {};
    box.include(p);
  }
  return box;
}

}  // namespace anamorph
