// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/rectilinear.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory_resource>

#include "masks/rings.hpp"

// Boost.Polygon's polygon_90_set_data keeps sets in the same way. The union of 10^6 rectangles and its outlines took
// it 2.4 times as long (9.2 s against 3.8 s, side by side), and it knows positive winding numbers alone and fixes no
// order of rings and vertices; hence this.

namespace anamorph {
namespace {

struct Count {
  std::int32_t a = 0;
  std::int32_t b = 0;
  bool operator==(const Count&) const = default;
};

int inside(SetOperation operation, const Count& c) {
  const bool a = c.a != 0, b = c.b != 0;
  switch (operation) {
    case SetOperation::unite:
      return a || b;
    case SetOperation::intersect:
      return a && b;
    case SetOperation::subtract:
      return a && !b;
    case SetOperation::differ:
      return a != b;
  }
  return 0;
}

bool before(const Corner& p, const Corner& q) { return p.x != q.x ? p.x < q.x : p.y < q.y; }

/// Sums the weights at each point.
void collect(std::vector<Corner>& corners) {
  std::sort(corners.begin(), corners.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < corners.size();) {
    Corner sum = corners[i++];
    for (; i < corners.size() && corners[i].x == sum.x && corners[i].y == sum.y; ++i) {
      sum.a += corners[i].a;
      sum.b += corners[i].b;
    }
    if (sum.a != 0 || sum.b != 0) corners[kept++] = sum;
  }
  corners.resize(kept);
}

}  // namespace

void add_corners(const DbuPolygon& ring, bool second, std::vector<Corner>& corners) {
  const auto add = [&](const DbuPoint& p, int weight) {
    corners.push_back({p.x, p.y, second ? 0 : weight, second ? weight : 0});
  };
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const DbuPoint& p = ring[i];
    const DbuPoint& q = ring[i + 1 < ring.size() ? i + 1 : 0];
    if (p.x != q.x || p.y == q.y) continue;
    add(p, -1);
    add(q, 1);
  }
}

void add_corners(const DbuBox& box, bool second, std::vector<Corner>& corners) {
  if (box.width() <= 0 || box.height() <= 0) return;
  for (int i = 0; i < 4; ++i) {
    const int weight = i == 0 || i == 3 ? 1 : -1;
    corners.push_back({i & 1 ? box.x1 : box.x0, i & 2 ? box.y1 : box.y0, second ? 0 : weight, second ? weight : 0});
  }
}

std::vector<Corner> combined(std::vector<Corner> corners, SetOperation operation) {
  collect(corners);
  std::vector<Corner> set;
  // What a vertical line crosses, from y upwards to the next entry. Below the first and from the last on: nothing.
  std::pmr::unsynchronized_pool_resource pool;
  std::pmr::map<std::int64_t, Count> line(&pool);
  for (std::size_t first = 0; first < corners.size();) {
    const std::int64_t x = corners[first].x;
    std::size_t end = first;
    while (end < corners.size() && corners[end].x == x) ++end;
    auto at = line.end();        // the first entry at or above the point in hand
    Count old_below, new_below;  // just below it, before and after x
    Count delta;                 // what x adds just above it
    int change_below = 0;
    bool placed = false;
    for (std::size_t i = first; i < end || delta != Count{};) {
      // The next point: a corner, or while something is being added, an entry of the line.
      if (!placed || (delta == Count{} && (at == line.end() || at->first < corners[i].y))) {
        at = line.lower_bound(corners[i].y);
        old_below = at == line.begin() ? Count{} : std::prev(at)->second;
        new_below = old_below;
        placed = true;
      }
      const bool corner = i < end && (at == line.end() || corners[i].y <= at->first);
      const std::int64_t y = corner ? corners[i].y : at->first;
      const bool entry = at != line.end() && at->first == y;
      const Count old = entry ? at->second : old_below;
      if (corner) {
        delta.a += corners[i].a;
        delta.b += corners[i].b;
        ++i;
      }
      const Count now{old.a + delta.a, old.b + delta.b};
      const int change = inside(operation, now) - inside(operation, old);
      if (change != change_below) set.push_back({x, y, change - change_below, 0});
      change_below = change;
      if (now == new_below) {
        if (entry) at = line.erase(at);
      } else if (entry) {
        at->second = now;
        ++at;
      } else {
        line.emplace_hint(at, y, now);
      }
      old_below = old;
      new_below = now;
    }
    first = end;
  }
  return set;
}

std::vector<DbuPolygon> traced(const std::vector<Corner>& set) {
  // A corner of weight 2 is two: where material lies upper right and lower left, or (weight -2) upper left and lower
  // right, each part is turned round by itself. The upper of them, joined to the edge above, is the second entry.
  std::vector<std::size_t> start(set.size() + 1, 0);
  for (std::size_t i = 0; i < set.size(); ++i) start[i + 1] = start[i] + (set[i].a == 2 || set[i].a == -2 ? 2 : 1);
  const std::size_t count = start.back();
  std::vector<std::size_t> next(count), corner_of(count);
  for (std::size_t i = 0; i < set.size(); ++i)
    for (std::size_t k = start[i]; k < start[i + 1]; ++k) corner_of[k] = i;
  // Vertical edges: consecutive corners of one x between which the set begins (downwards) or ends (upwards).
  int side = 0;
  for (std::size_t i = 0; i + 1 < set.size(); ++i) {
    side += set[i].a;
    if (side == 0) continue;
    const std::size_t low = start[i + 1] - 1, high = start[i + 1];  // joined upwards, joined downwards
    (side > 0 ? next[high] : next[low]) = side > 0 ? low : high;
  }
  // Horizontal edges likewise: the set begins above one that runs to the right.
  std::vector<std::size_t> order(set.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
    return set[i].y != set[j].y ? set[i].y < set[j].y : set[i].x < set[j].x;
  });
  side = 0;
  for (std::size_t k = 0; k + 1 < order.size(); ++k) {
    const std::size_t i = order[k], j = order[k + 1];
    side += set[i].a;
    if (side == 0) continue;
    // To its right a corner of weight 2 has its upper part, of weight -2 its lower one; to its left the other.
    const std::size_t left = set[i].a == 2 ? start[i] + 1 : start[i];
    const std::size_t right = set[j].a == -2 ? start[j] + 1 : start[j];
    (side > 0 ? next[left] : next[right]) = side > 0 ? right : left;
  }
  std::vector<DbuPolygon> rings;
  std::vector<bool> used(count, false);
  for (std::size_t k = 0; k < count; ++k) {
    if (used[k]) continue;
    DbuPolygon ring;
    for (std::size_t at = k; !used[at]; at = next[at]) {
      used[at] = true;
      ring.push_back({set[corner_of[at]].x, set[corner_of[at]].y});
    }
    rings.push_back(std::move(ring));
  }
  sort_rings(rings);
  return rings;
}

std::vector<DbuBox> slices(const std::vector<Corner>& set) {
  struct Open {
    std::int64_t y1, x0;
  };
  std::pmr::unsynchronized_pool_resource pool;
  std::pmr::map<std::int64_t, Open> line(&pool);  // the intervals that a vertical line crosses, by their lower end
  std::map<std::int64_t, Open> ended;             // those that x has changed
  std::vector<DbuBox> boxes;
  const auto take = [&](auto at) {
    if (!ended.contains(at->first)) ended.emplace(at->first, at->second);
    return line.erase(at);
  };
  for (std::size_t i = 0; i < set.size();) {
    const std::int64_t x = set[i].x;
    int side = 0;
    for (; i < set.size() && set[i].x == x; ++i) {
      side += set[i].a;
      if (side == 0) continue;
      std::int64_t y0 = set[i].y, y1 = set[i + 1].y;
      auto at = line.upper_bound(y0);
      if (at != line.begin() && std::prev(at)->second.y1 >= y0) --at;
      if (side > 0) {  // the set begins: joined with what it touches
        if (at != line.end() && at->second.y1 == y0) {
          y0 = at->first;
          at = at->second.x0 == x ? line.erase(at) : take(at);
        }
        if (at != line.end() && at->first == y1) {
          y1 = at->second.y1;
          at->second.x0 == x ? line.erase(at) : take(at);
        }
        line[y0] = {y1, x};
      } else {  // the set ends: within one interval
        const std::int64_t bottom = at->first;
        const Open whole = at->second;
        if (whole.x0 == x) {
          line.erase(at);
        } else {
          take(at);
        }
        if (bottom < y0) line[bottom] = {y0, x};
        if (y1 < whole.y1) line[y1] = {whole.y1, x};
      }
    }
    for (const auto& [y0, open] : ended) {
      const auto again = line.find(y0);
      if (again != line.end() && again->second.y1 == open.y1) {
        again->second.x0 = open.x0;
      } else {
        boxes.push_back({open.x0, y0, x, open.y1});
      }
    }
    ended.clear();
  }
  return boxes;
}

}  // namespace anamorph
