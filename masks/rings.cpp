// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/rings.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include "masks/cell_grid.hpp"

namespace anamorph {
namespace {

struct Edge {
  DbuPoint from, to;
};

Wide dot(const DbuPoint& a, const DbuPoint& b, const DbuPoint& c) {
  return static_cast<Wide>(b.x - a.x) * (c.x - a.x) + static_cast<Wide>(b.y - a.y) * (c.y - a.y);
}

/// Edges cut at the vertices that lie on them.
std::vector<Edge> split(const std::vector<DbuPolygon>& rings) {
  std::vector<DbuPoint> vertices;
  for (const DbuPolygon& ring : rings) vertices.insert(vertices.end(), ring.begin(), ring.end());
  std::sort(vertices.begin(), vertices.end());
  vertices.erase(std::unique(vertices.begin(), vertices.end()), vertices.end());
  if (vertices.empty()) return {};
  DbuBox box;
  for (const DbuPoint& v : vertices) box.include(v);
  CellGrid grid(box, vertices.size());
  grid.fill([&](const auto& put) {
    for (std::size_t i = 0; i < vertices.size(); ++i)
      grid.along(vertices[i], vertices[i], 0, [&](std::size_t cell) { put(cell, static_cast<std::uint32_t>(i)); });
  });
  std::vector<Edge> edges;
  std::vector<DbuPoint> on;
  for (const DbuPolygon& ring : rings)
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const DbuPoint &a = ring[i], &b = ring[(i + 1) % ring.size()];
      if (a == b) continue;
      const DbuPoint low = std::min(a, b), high = std::max(a, b);
      on.assign(1, low);
      grid.along(a, b, 0, [&](std::size_t cell) {
        for (const std::uint32_t* k = grid.begin(cell); k != grid.end(cell); ++k)
          if (const DbuPoint& v = vertices[*k]; low < v && v < high && cross(a, b, v) == 0) on.push_back(v);
      });
      on.push_back(high);
      std::sort(on.begin(), on.end());
      on.erase(std::unique(on.begin(), on.end()), on.end());
      if (a != low) std::reverse(on.begin(), on.end());
      for (std::size_t k = 0; k + 1 < on.size(); ++k) edges.push_back({on[k], on[k + 1]});
    }
  return edges;
}

/// Takes out pairs of opposite edges; sorts the others by where they begin.
void cancel(std::vector<Edge>& edges) {
  const auto key = [](const Edge& e) { return std::pair(std::min(e.from, e.to), std::max(e.from, e.to)); };
  std::sort(edges.begin(), edges.end(), [&](const Edge& e, const Edge& f) { return key(e) < key(f); });
  std::vector<Edge> left;
  for (std::size_t i = 0; i < edges.size();) {
    const auto [low, high] = key(edges[i]);
    int sum = 0;
    for (; i < edges.size() && key(edges[i]) == std::pair(low, high); ++i) sum += edges[i].from == low ? 1 : -1;
    for (; sum > 0; --sum) left.push_back({low, high});
    for (; sum < 0; ++sum) left.push_back({high, low});
  }
  std::sort(left.begin(), left.end(),
            [](const Edge& e, const Edge& f) { return std::pair(e.from, e.to) < std::pair(f.from, f.to); });
  edges = std::move(left);
}

/// Whether, for one who comes from `back` to `at`, the way to `p` bounds a smaller wedge on the left than that to `q`.
bool tighter(const DbuPoint& back, const DbuPoint& at, const DbuPoint& p, const DbuPoint& q) {
  const auto rank = [&](const DbuPoint& to) {  // clockwise from the way back
    const Wide turn = cross(at, back, to);
    if (turn != 0) return turn < 0 ? 0 : 2;
    return dot(at, back, to) < 0 ? 1 : 3;
  };
  const int rp = rank(p), rq = rank(q);
  return rp != rq ? rp < rq : cross(at, p, q) < 0;
}

/// Edges in a vertical order where they share an x.
struct Below {
  using is_transparent = void;
  const std::vector<Edge>* edges;  // from left to right

  bool operator()(std::uint32_t i, std::uint32_t j) const {
    const Edge &e = (*edges)[i], &f = (*edges)[j];
    Wide side = 0;  // where f runs, seen from e
    if (e.from.x <= f.from.x) {
      side = cross(e.from, e.to, f.from);
      if (side == 0) side = cross(e.from, e.to, f.to);
    } else {
      side = -cross(f.from, f.to, e.from);
      if (side == 0) side = -cross(f.from, f.to, e.to);
    }
    return side != 0 ? side > 0 : i < j;
  }
  bool operator()(std::uint32_t i, const DbuPoint& p) const { return cross((*edges)[i].from, (*edges)[i].to, p) > 0; }
};

}  // namespace

Wide twice_area(const DbuPolygon& ring) noexcept {
  Wide sum = 0;
  for (std::size_t i = 1; i + 1 < ring.size(); ++i) sum += cross(ring[0], ring[i], ring[i + 1]);
  return sum;
}

bool axis_parallel(const DbuPolygon& ring) noexcept {
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const DbuPoint &a = ring[i], &b = ring[i + 1 < ring.size() ? i + 1 : 0];
    if (a.x != b.x && a.y != b.y) return false;
  }
  return true;
}

void simplify(DbuPolygon& ring) {
  DbuPolygon kept;
  const auto redundant = [](const DbuPoint& a, const DbuPoint& b, const DbuPoint& c) {
    return a == b || cross(a, b, c) == 0;
  };
  for (const DbuPoint& v : ring) {
    while (kept.size() >= 2 && redundant(kept[kept.size() - 2], kept.back(), v)) kept.pop_back();
    if (kept.empty() || kept.back() != v) kept.push_back(v);
  }
  std::size_t first = 0;
  for (bool changed = true; changed && kept.size() >= first + 3;) {
    changed = true;
    if (redundant(kept[kept.size() - 2], kept.back(), kept[first])) {
      kept.pop_back();
    } else if (redundant(kept.back(), kept[first], kept[first + 1])) {
      ++first;
    } else {
      changed = false;
    }
  }
  if (kept.size() < first + 3) first = kept.size();
  ring.assign(kept.begin() + static_cast<std::ptrdiff_t>(first), kept.end());
}

void sort_rings(std::vector<DbuPolygon>& rings) {
  for (DbuPolygon& ring : rings) {
    // A ring may pass its lowest vertex twice; then the next one decides.
    std::size_t first = 0;
    for (std::size_t i = 1; i < ring.size(); ++i)
      if (ring[i] < ring[first] ||
          (ring[i] == ring[first] && ring[(i + 1) % ring.size()] < ring[(first + 1) % ring.size()]))
        first = i;
    std::rotate(ring.begin(), ring.begin() + static_cast<std::ptrdiff_t>(first), ring.end());
  }
  std::sort(rings.begin(), rings.end());
}

std::vector<DbuPolygon> canonical(const std::vector<DbuPolygon>& rings) {
  std::vector<Edge> edges = split(rings);
  cancel(edges);
  std::vector<bool> used(edges.size(), false);
  const auto begins = [&](const DbuPoint& p) {
    return std::lower_bound(edges.begin(), edges.end(), p, [](const Edge& e, const DbuPoint& q) { return e.from < q; });
  };
  std::vector<DbuPolygon> result;
  for (std::size_t start = 0; start < edges.size(); ++start) {
    if (used[start]) continue;
    DbuPolygon ring;
    for (std::size_t at = start; at != edges.size();) {
      used[at] = true;
      ring.push_back(edges[at].from);
      const Edge here = edges[at];
      at = edges.size();
      for (auto e = begins(here.to); e != edges.end() && e->from == here.to; ++e) {
        const auto index = static_cast<std::size_t>(e - edges.begin());
        // The first edge counts as free: with it the ring closes.
        if (used[index] && index != start) continue;
        if (at == edges.size() || tighter(here.from, here.to, e->to, edges[at].to)) at = index;
      }
      if (at == start) break;
    }
    simplify(ring);
    if (!ring.empty()) result.push_back(std::move(ring));
  }
  sort_rings(result);
  return result;
}

std::vector<std::size_t> owners(const std::vector<DbuPolygon>& rings) {
  std::vector<std::size_t> result(rings.size());
  std::vector<std::size_t> holes;
  for (std::size_t r = 0; r < rings.size(); ++r) {
    result[r] = r;
    if (twice_area(rings[r]) < 0) holes.push_back(r);
  }
  if (holes.empty()) return result;
  // A vertical line sweeps to the right. Just left of a hole's lowest leftmost vertex there is material; the edge below
  // that point is one of the outline, or of another hole in it, which began farther to the left.
  std::vector<Edge> edges;
  std::vector<std::size_t> ring_of;
  for (std::size_t r = 0; r < rings.size(); ++r)
    for (std::size_t i = 0; i < rings[r].size(); ++i) {
      const DbuPoint &a = rings[r][i], &b = rings[r][(i + 1) % rings[r].size()];
      if (a.x == b.x) continue;
      edges.push_back(a.x < b.x ? Edge{a, b} : Edge{b, a});
      ring_of.push_back(r);
    }
  std::vector<std::uint32_t> begin(edges.size()), end(edges.size());
  for (std::uint32_t i = 0; i < edges.size(); ++i) begin[i] = end[i] = i;
  std::sort(begin.begin(), begin.end(), [&](auto i, auto j) { return edges[i].from.x < edges[j].from.x; });
  std::sort(end.begin(), end.end(), [&](auto i, auto j) { return edges[i].to.x < edges[j].to.x; });
  std::sort(holes.begin(), holes.end(), [&](auto i, auto j) { return rings[i][0] < rings[j][0]; });
  std::set<std::uint32_t, Below> line(Below{&edges});
  std::vector<std::set<std::uint32_t, Below>::iterator> place(edges.size());
  std::size_t b = 0, e = 0;
  for (const std::size_t hole : holes) {
    const DbuPoint& v = rings[hole][0];
    // The line just left of v holds the edges that begin before v and end at it or later.
    while (b < begin.size() && edges[begin[b]].from.x < v.x) {
      const std::int64_t x = edges[begin[b]].from.x;
      while (e < end.size() && edges[end[e]].to.x <= x) line.erase(place[end[e++]]);
      for (; b < begin.size() && edges[begin[b]].from.x == x; ++b) place[begin[b]] = line.insert(begin[b]).first;
    }
    while (e < end.size() && edges[end[e]].to.x < v.x) line.erase(place[end[e++]]);
    const auto above = line.lower_bound(v);
    result[hole] = above == line.begin() ? rings.size() : result[ring_of[*std::prev(above)]];
  }
  return result;
}

}  // namespace anamorph
