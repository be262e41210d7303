// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "masks/region.hpp"

// Random regions, and regions as cells of the grid, which say what is in them without any geometry.

namespace anamorph::region_fixture {

inline double doubled_area(const DbuPolygon& ring) {
  double sum = 0;
  for (std::size_t i = 0, n = ring.size(); i < n; ++i) {
    const double ax = static_cast<double>(ring[i].x - ring[0].x), ay = static_cast<double>(ring[i].y - ring[0].y);
    const double bx = static_cast<double>(ring[(i + 1) % n].x - ring[0].x);
    const double by = static_cast<double>(ring[(i + 1) % n].y - ring[0].y);
    sum += ax * by - bx * ay;
  }
  return sum;
}

inline std::vector<DbuPolygon> random_boxes(std::mt19937& random, int count, int size) {
  std::vector<DbuPolygon> result;
  for (int i = 0; i < count; ++i) {
    const auto any = [&](int below) { return static_cast<std::int64_t>(random() % static_cast<unsigned>(below)); };
    std::int64_t x0 = any(size), x1 = any(size), y0 = any(size), y1 = any(size);
    if (count > 10) {  // many small ones rather than one blot
      x1 = std::min<std::int64_t>(size, x0 + 1 + any(1 + size / 6));
      y1 = std::min<std::int64_t>(size, y0 + 1 + any(1 + size / 6));
    }
    if (x0 == x1 || y0 == y1) continue;
    result.push_back({{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}});  // of either orientation
  }
  return result;
}

inline std::vector<DbuPolygon> random_triangles(std::mt19937& random, int count, unsigned size) {
  std::vector<DbuPolygon> result;
  for (int i = 0; i < count; ++i) {
    DbuPolygon& p = result.emplace_back();
    for (int k = 0; k < 3; ++k) p.push_back({static_cast<int>(random() % size), static_cast<int>(random() % size)});
  }
  return result;
}

/// Cell (x, y) is [x, x + 1] x [y, y + 1].
using Cells = std::vector<char>;

inline Cells cells(const std::vector<DbuPolygon>& boxes, int size) {
  Cells result(static_cast<std::size_t>(size * size), 0);
  for (const DbuPolygon& b : boxes)
    for (std::int64_t y = std::min(b[0].y, b[2].y); y < std::max(b[0].y, b[2].y); ++y)
      for (std::int64_t x = std::min(b[0].x, b[2].x); x < std::max(b[0].x, b[2].x); ++x)
        result[static_cast<std::size_t>(y * size + x)] = 1;
  return result;
}

/// Winding number of the boundary around each cell, which must be 0 or 1.
inline Cells cells_wound(const Region& region, int size) {
  std::vector<int> change(static_cast<std::size_t>((size + 1) * (size + 1)), 0);
  for (const DbuPolygon& ring : region.boundary())
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const DbuPoint &a = ring[i], &b = ring[(i + 1) % ring.size()];
      for (std::int64_t y = std::min(a.y, b.y); y < std::max(a.y, b.y); ++y)
        change[static_cast<std::size_t>(y * (size + 1) + a.x)] += a.y > b.y ? 1 : -1;
    }
  Cells result;
  for (int y = 0; y < size; ++y) {
    int sum = 0;
    for (int x = 0; x < size; ++x) {
      sum += change[static_cast<std::size_t>(y * (size + 1) + x)];
      EXPECT_TRUE(sum == 0 || sum == 1);
      result.push_back(static_cast<char>(sum));
    }
  }
  return result;
}

/// What the form promises of each ring by itself, and of their order.
inline void expect_canonical(const Region& region) {
  const auto& rings = region.boundary();
  EXPECT_TRUE(std::is_sorted(rings.begin(), rings.end()));
  for (const DbuPolygon& ring : rings) {
    EXPECT_EQ(ring[0], *std::min_element(ring.begin(), ring.end()));
    EXPECT_NE(doubled_area(ring), 0);
    for (std::size_t i = 0, n = ring.size(); i < n; ++i)
      EXPECT_NE(doubled_area({ring[i], ring[(i + 1) % n], ring[(i + 2) % n]}), 0) << "a vertex on a straight edge";
  }
}

}  // namespace anamorph::region_fixture
