// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/oasis_encode.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <optional>

namespace anamorph::oasis {

void put_number(std::string& out, std::uint64_t value) {
  for (; value > 127; value >>= 7) out += static_cast<char>((value & 127) | 128);
  out += static_cast<char>(value);
}

void put_whole(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  put_number(out, value < 0 ? (~bits + 1) << 1 | 1 : bits << 1);
}

void put_real(std::string& out, double value) {
  const double size = std::abs(value);
  const int negative = value < 0 ? 1 : 0;
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (size < exact && std::trunc(size) == size && !std::signbit(value)) {
    put_number(out, 0);
    put_number(out, static_cast<std::uint64_t>(size));
    return;
  }
  if (size < exact && std::trunc(size) == size && size > 0) {
    put_number(out, 1);
    put_number(out, static_cast<std::uint64_t>(size));
    return;
  }
  const double inverse = std::round(1 / size);
  if (inverse > 1 && inverse < exact && 1 / inverse == size) {
    put_number(out, static_cast<std::uint64_t>(2 + negative));
    put_number(out, static_cast<std::uint64_t>(inverse));
    return;
  }
  put_number(out, 7);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i) out += static_cast<char>(bits >> (8 * i) & 255);
}

void put_string(std::string& out, std::string_view value) {
  put_number(out, value.size());
  out += value;
}

namespace {

std::uint64_t size_of(std::int64_t v) { return static_cast<std::uint64_t>(std::abs(v)); }
DbuPoint minus(const DbuPoint& a, const DbuPoint& b) { return {a.x - b.x, a.y - b.y}; }
int sign(std::int64_t v) { return (v > 0) - (v < 0); }

/// East, north, west, south, then the diagonals from north-east on; none for other directions.
std::optional<unsigned> octant(const DbuPoint& d) {
  if (d.y == 0) return d.x < 0 ? 2 : 0;
  if (d.x == 0) return d.y < 0 ? 3 : 1;
  if (size_of(d.x) != size_of(d.y)) return {};
  if (d.y > 0) return d.x > 0 ? 4 : 5;
  return d.x < 0 ? 6 : 7;
}

std::uint64_t distance(const DbuPoint& d) { return std::max(size_of(d.x), size_of(d.y)); }

constexpr std::uint64_t shiftable = std::uint64_t{1} << 59;

void put_g_delta(std::string& out, const DbuPoint& d) {
  const auto direction = octant(d);
  if (direction && distance(d) < shiftable) {
    put_number(out, distance(d) << 4 | *direction << 1);
  } else {
    put_number(out, size_of(d.x) << 2 | (d.x < 0 ? 2u : 0u) | 1u);
    put_whole(out, d.y);
  }
}

/// The steps between points as 2-deltas (type 2), 3-deltas, g-deltas, or g-deltas of their changes (type 5); empty if
/// they cannot be that.
std::string steps_as(unsigned type, const std::vector<DbuPoint>& steps) {
  std::string out;
  put_number(out, type);
  put_number(out, steps.size());
  DbuPoint last;
  for (const DbuPoint& step : steps) {
    const auto direction = octant(step);
    if (type == 2 && (!direction || *direction > 3)) return {};
    if (type == 3 && !direction) return {};
    if ((type == 3 || type == 5) && distance(step) >= shiftable) return {};
    if (type == 2) put_number(out, distance(step) << 2 | *direction);
    if (type == 3) put_number(out, distance(step) << 3 | *direction);
    if (type == 4) put_g_delta(out, step);
    if (type == 5) put_g_delta(out, minus(step, last));
    last = step;
  }
  return out;
}

bool axis_parallel(const DbuPolygon& polygon) {
  const DbuPoint* last = &polygon.back();
  for (const DbuPoint& p : polygon) {
    if (p.x != last->x && p.y != last->y) return false;
    last = &p;
  }
  return true;
}

}  // namespace

DbuPolygon without_redundant(const DbuPolygon& polygon) {
  const bool manhattan = axis_parallel(polygon);
  const auto between = [&](const DbuPoint& a, const DbuPoint& b, const DbuPoint& c) {
    if (b == a) return true;
    const DbuPoint in = minus(b, a);
    const DbuPoint out = minus(c, b);
    return manhattan && sign(in.x) == sign(out.x) && sign(in.y) == sign(out.y);
  };
  DbuPolygon kept;
  for (const DbuPoint& p : polygon) {
    if (!kept.empty() && kept.back() == p) continue;
    if (kept.size() >= 2 && between(kept[kept.size() - 2], kept.back(), p)) kept.pop_back();
    kept.push_back(p);
  }
  while (kept.size() > 1 && kept.back() == kept.front()) kept.pop_back();
  if (kept.size() > 2 && between(kept[kept.size() - 2], kept.back(), kept.front())) kept.pop_back();
  if (kept.size() > 2 && between(kept.back(), kept.front(), kept[1])) kept.erase(kept.begin());
  return kept.size() < 3 ? polygon : kept;
}

std::string point_list(const std::vector<DbuPoint>& points, bool of_polygon) {
  std::vector<DbuPoint> steps;
  steps.reserve(points.size());
  for (std::size_t i = 1; i < points.size(); ++i) steps.push_back(minus(points[i], points[i - 1]));
  // 1-deltas turn at each point; of a polygon the last two edges follow from the others.
  const DbuPoint closing = minus(points.front(), points.back());
  bool turns = !of_polygon || (points.size() >= 4 && points.size() % 2 == 0);
  const bool horizontal = steps[0].y == 0;
  for (std::size_t i = 0; turns && i < steps.size() + (of_polygon ? 1 : 0); ++i) {
    const DbuPoint& step = i < steps.size() ? steps[i] : closing;
    turns = horizontal == (i % 2 == 0) ? step.y == 0 : step.x == 0;
  }
  if (turns) {
    std::string out;
    const std::size_t count = steps.size() - (of_polygon ? 1 : 0);
    put_number(out, horizontal ? 0 : 1);
    put_number(out, count);
    for (std::size_t i = 0; i < count; ++i) put_whole(out, steps[i].x + steps[i].y);
    return out;
  }
  if (std::string out = steps_as(2, steps); !out.empty()) return out;
  std::string best = steps_as(4, steps);
  for (const unsigned type : {3u, 5u})
    if (std::string other = steps_as(type, steps); !other.empty() && other.size() < best.size())
      best = std::move(other);
  return best;
}

namespace {

/// `count` members, each `step` from the one before.
std::string row(const DbuPoint& step, std::uint64_t count) {
  std::string out;
  const bool along_x = step.y == 0 && step.x >= 0;
  const bool along_y = step.x == 0 && step.y >= 0;
  put_number(out, along_x ? 2 : along_y ? 3 : 9);
  put_number(out, count - 2);
  if (along_x || along_y)
    put_number(out, static_cast<std::uint64_t>(step.x + step.y));
  else
    put_g_delta(out, step);
  return out;
}

std::string grid(const Repetition& r) {
  if (r.rows == 1) return row(r.a, r.columns);
  if (r.columns == 1) return row(r.b, r.rows);
  std::string out;
  const auto axes = [&](const DbuPoint& x, const DbuPoint& y, std::uint64_t columns, std::uint64_t rows) {
    put_number(out, 1);
    put_number(out, columns - 2);
    put_number(out, rows - 2);
    put_number(out, static_cast<std::uint64_t>(x.x));
    put_number(out, static_cast<std::uint64_t>(y.y));
    return out;
  };
  const auto on_axes = [](const DbuPoint& x, const DbuPoint& y) {
    return x.y == 0 && y.x == 0 && x.x >= 0 && y.y >= 0;
  };
  if (on_axes(r.a, r.b)) return axes(r.a, r.b, r.columns, r.rows);
  if (on_axes(r.b, r.a)) return axes(r.b, r.a, r.rows, r.columns);
  put_number(out, 8);
  put_number(out, r.columns - 2);
  put_number(out, r.rows - 2);
  put_g_delta(out, r.a);
  put_g_delta(out, r.b);
  return out;
}

}  // namespace

std::string repetition(const Repetition& r) {
  if (r.offsets.empty()) return grid(r);
  std::vector<DbuPoint> steps;
  std::int64_t common = 0;
  bool along_x = true;
  bool along_y = true;
  bool even = true;
  for (std::size_t i = 1; i < r.offsets.size(); ++i) {
    const DbuPoint step = minus(r.offsets[i], r.offsets[i - 1]);
    common = std::gcd(std::gcd(common, step.x), step.y);
    along_x = along_x && step.y == 0 && step.x >= 0;
    along_y = along_y && step.x == 0 && step.y >= 0;
    even = even && (steps.empty() || step == steps[0]);
    steps.push_back(step);
  }
  if (even && steps[0] != DbuPoint{}) return row(steps[0], r.offsets.size());
  std::string best;
  for (const std::int64_t unit : {std::int64_t{1}, common}) {
    if (unit == 0) break;
    std::string out;
    put_number(out, (along_x ? 4u : along_y ? 6u : 10u) + (unit > 1 ? 1u : 0u));
    put_number(out, r.offsets.size() - 2);
    if (unit > 1) put_number(out, static_cast<std::uint64_t>(unit));
    for (const DbuPoint& step : steps) {
      if (along_x || along_y)
        put_number(out, static_cast<std::uint64_t>((step.x + step.y) / unit));
      else
        put_g_delta(out, {step.x / unit, step.y / unit});
    }
    if (best.empty() || out.size() < best.size()) best = std::move(out);
  }
  return best;
}

}  // namespace anamorph::oasis
