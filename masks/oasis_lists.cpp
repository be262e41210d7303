// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <utility>

#include "masks/oasis_bytes.hpp"

// Displacements, lists of points and repetitions (SEMI P39, 7.5 to 7.7).

namespace anamorph::oasis {

DbuPoint Bytes::direction(std::uint64_t direction, std::uint64_t distance) const {
  // East, north, west, south, and the diagonals between them from north-east on.
  static constexpr std::int64_t dx[] = {1, 0, -1, 0, 1, -1, -1, 1};
  static constexpr std::int64_t dy[] = {0, 1, 0, -1, 1, 1, -1, -1};
  const std::int64_t length = magnitude(distance);
  return {dx[direction] * length, dy[direction] * length};
}

DbuPoint Bytes::delta1(bool horizontal) {
  const std::int64_t step = whole();
  magnitude(static_cast<std::uint64_t>(step < 0 ? -step : step));
  return horizontal ? DbuPoint{step, 0} : DbuPoint{0, step};
}

DbuPoint Bytes::delta2() {
  const std::uint64_t value = number();
  return direction(value & 3, value >> 2);
}

DbuPoint Bytes::delta3() {
  const std::uint64_t value = number();
  return direction(value & 7, value >> 3);
}

DbuPoint Bytes::g_delta() {
  const std::uint64_t value = number();
  if ((value & 1) == 0) return direction(value >> 1 & 7, value >> 4);
  const std::int64_t x = magnitude(value >> 2);
  return {value & 2 ? -x : x, delta1(false).y};
}

void Bytes::point_list(bool of_polygon, std::vector<DbuPoint>& points) {
  const std::uint64_t type = number();
  if (type > 5) fail("OAS-0003", "has a list of points of unknown type " + std::to_string(type) + ", expected 0 to 5");
  const std::size_t count = list_size(number());
  if (count == 0) fail("OAS-0003", "has an empty list of points");
  points.clear();
  DbuPoint at;
  DbuPoint step;
  bool horizontal = type == 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (type <= 1) {
      step = delta1(horizontal);
      horizontal = !horizontal;
    } else if (type == 2) {
      step = delta2();
    } else if (type == 3) {
      step = delta3();
    } else if (type == 4) {
      step = g_delta();
    } else {
      const DbuPoint change = g_delta();
      step = {sum(*this, step.x, change.x), sum(*this, step.y, change.y)};
    }
    at = {sum(*this, at.x, step.x), sum(*this, at.y, step.y)};
    points.push_back(at);
  }
  if (!of_polygon || type > 1) return;
  points.push_back(horizontal ? DbuPoint{0, at.y} : DbuPoint{at.x, 0});
}

bool Bytes::repetition(Repetition& modal, bool& known) {
  const std::uint64_t type = number();
  const auto dimension = [&]() {
    const std::uint64_t count = number();
    if (count > static_cast<std::uint64_t>(coordinate_limit))
      fail("OAS-0007", "has a repetition of " + std::to_string(count) + " and two");
    return count + 2;
  };
  const auto space = [&]() { return magnitude(number()); };
  if (type == 0) {
    if (!known) fail("OAS-0004", "repeats an element as the one before, but no repetition came before");
    return false;
  }
  if (type > 11) fail("OAS-0003", "has a repetition of unknown type " + std::to_string(type) + ", expected 0 to 11");
  modal.a = modal.b = {};
  modal.columns = modal.rows = 1;
  modal.offsets.clear();
  known = true;
  const auto list = [&](bool on_grid, auto&& next) {
    const std::size_t count = list_size(dimension());
    const std::int64_t grid = on_grid ? magnitude(number()) : 1;
    modal.offsets.push_back({0, 0});
    while (modal.offsets.size() < count) {
      DbuPoint step = next();
      if (__builtin_mul_overflow(step.x, grid, &step.x) || __builtin_mul_overflow(step.y, grid, &step.y))
        fail("OAS-0007", "has a coordinate beyond 2^60 database units");
      const DbuPoint& last = modal.offsets.back();
      modal.offsets.push_back({sum(*this, last.x, step.x), sum(*this, last.y, step.y)});
    }
  };
  switch (type) {
    case 1:
      modal.columns = dimension();
      modal.rows = dimension();
      modal.a.x = space();
      modal.b.y = space();
      break;
    case 2:
      modal.columns = dimension();
      modal.a.x = space();
      break;
    case 3:
      modal.rows = dimension();
      modal.b.y = space();
      break;
    case 4:
    case 5:
      list(type == 5, [&]() { return DbuPoint{space(), 0}; });
      break;
    case 6:
    case 7:
      list(type == 7, [&]() { return DbuPoint{0, space()}; });
      break;
    case 8:
      modal.columns = dimension();
      modal.rows = dimension();
      modal.a = g_delta();
      modal.b = g_delta();
      break;
    case 9:
      modal.columns = dimension();
      modal.a = g_delta();
      break;
    default:
      list(type == 11, [&]() { return g_delta(); });
      break;
  }
  if (!modal.offsets.empty()) return true;
  // Its far corners must be coordinates, too, and its members countable.
  const auto reach = [&](std::int64_t step, std::uint64_t count) {
    std::int64_t far = 0;
    if (__builtin_mul_overflow(step, static_cast<std::int64_t>(count - 1), &far)) far = coordinate_limit * 2;
    return sum(*this, far, 0);
  };
  constexpr std::uint64_t most = 1 << 20;
  if ((modal.columns > most && modal.a == DbuPoint{}) || (modal.rows > most && modal.b == DbuPoint{}))
    fail("OAS-0007", "has a repetition of more than 2^20 members in one place");
  (void)sum(*this, reach(modal.a.x, modal.columns), reach(modal.b.x, modal.rows));
  (void)sum(*this, reach(modal.a.y, modal.columns), reach(modal.b.y, modal.rows));
  std::uint64_t count = 0;
  if (__builtin_mul_overflow(modal.columns, modal.rows, &count))
    fail("OAS-0007", "has a repetition of more than 2^64 members");
  // Two steps along one line put members on each other; a grid's members can be found by where they lie.
  __extension__ using Wide = __int128;
  const bool one_line = static_cast<Wide>(modal.a.x) * modal.b.y == static_cast<Wide>(modal.a.y) * modal.b.x;
  if (one_line && modal.columns > 1 && modal.rows > 1 && count > most)
    fail("OAS-0007", "has a grid of more than 2^20 members along one line");
  return true;
}

}  // namespace anamorph::oasis
