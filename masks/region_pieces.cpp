// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "cpp/core/error.hpp"
#include "masks/region.hpp"
#include "masks/rings.hpp"

namespace anamorph {
namespace {

/// A polygon with its holes: rings[0] counter-clockwise, the others clockwise.
using Part = std::vector<DbuPolygon>;

bool contains(const DbuPolygon& ring, double x, double y) {
  bool inside = false;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const DbuPoint& a = ring[i];
    const DbuPoint& b = ring[(i + 1) % ring.size()];
    const double ay = static_cast<double>(a.y);
    const double by = static_cast<double>(b.y);
    if ((ay > y) == (by > y)) continue;
    const double ax = static_cast<double>(a.x);
    const double crossing = ax + (y - ay) / (by - ay) * (static_cast<double>(b.x) - ax);
    if (crossing > x) inside = !inside;
  }
  return inside;
}

/// Gives each hole to the smallest outline around it.
std::vector<Part> group(std::vector<DbuPolygon> rings, bool rectilinear) {
  if (rectilinear) {  // nothing has been rounded: a sweep finds them all at once
    for (DbuPolygon& ring : rings) simplify(ring);
    std::erase_if(rings, [](const DbuPolygon& ring) { return ring.empty(); });
    sort_rings(rings);
    const std::vector<std::size_t> owner = owners(rings);
    std::vector<std::size_t> part(rings.size());
    std::vector<Part> result;
    for (std::size_t r = 0; r < rings.size(); ++r) {
      if (owner[r] == r) {
        part[r] = result.size();
        result.emplace_back();
      }
      if (owner[r] < rings.size()) result[part[owner[r]]].push_back(std::move(rings[r]));
    }
    return result;
  }
  struct Candidate {
    Wide area;
    DbuBox box;
    Part part;
  };
  std::vector<Candidate> parts;
  std::vector<DbuPolygon> holes;
  for (DbuPolygon& ring : rings) {
    simplify(ring);
    if (ring.empty()) continue;
    const Wide area = twice_area(ring);
    if (area > 0) {
      DbuBox box;
      for (const DbuPoint& v : ring) box.include(v);
      parts.push_back({area, box, {std::move(ring)}});
      continue;
    }
    if (area < 0) holes.push_back(std::move(ring));
  }
  // Holes may touch their outline, so the probe lies beside the hole, next to the middle of its longest edge.
  for (DbuPolygon& hole : holes) {
    double longest = 0;
    double x = 0;
    double y = 0;
    for (std::size_t i = 0; i < hole.size(); ++i) {
      const DbuPoint& a = hole[i];
      const DbuPoint& b = hole[(i + 1) % hole.size()];
      const double dx = static_cast<double>(b.x - a.x);
      const double dy = static_cast<double>(b.y - a.y);
      const double length = std::hypot(dx, dy);
      if (length <= longest) continue;
      longest = length;
      x = 0.5 * static_cast<double>(a.x + b.x) - 1e-3 * dy / length;  // to the left of a clockwise edge: material
      y = 0.5 * static_cast<double>(a.y + b.y) + 1e-3 * dx / length;
    }
    Candidate* owner = nullptr;
    for (Candidate& candidate : parts)
      if (candidate.box.touches({hole[0].x, hole[0].y, hole[0].x, hole[0].y}) &&
          (!owner || candidate.area < owner->area) && contains(candidate.part[0], x, y))
        owner = &candidate;
    // None where rounding has let it leave its outline: it is no wider than that.
    if (owner) owner->part.push_back(std::move(hole));
  }
  std::vector<Part> result;
  for (Candidate& candidate : parts) result.push_back(std::move(candidate.part));
  return result;
}

/// The rings of a part above (`upper`) or below the line y = cut. Vertices and edges on the line belong to neither
/// side: the new edge along it is made from the crossings alone, which alternate between edges that go down (the part
/// begins) and edges that go up (it ends).
std::vector<DbuPolygon> half(const Part& part, std::int64_t cut, bool upper) {
  struct Crossing {
    long double x;      // decides the order
    DbuPoint vertex;    // rounded: both sides get the same
    bool down;          // the edge goes down through the line
    std::size_t chain;  // index of the chain that begins or ends here
  };
  std::vector<DbuPolygon> chains;
  std::vector<Crossing> crossings;
  std::vector<DbuPolygon> result;
  for (const DbuPolygon& ring : part) {
    const auto is_upper = [&](const DbuPoint& v) { return upper ? v.y > cut : v.y >= cut; };
    std::size_t first = 0;  // an edge that crosses
    while (first < ring.size() && is_upper(ring[first]) == is_upper(ring[(first + 1) % ring.size()])) ++first;
    if (first == ring.size()) {
      if (is_upper(ring[0]) == upper) result.push_back(ring);
      continue;
    }
    const std::size_t chains_before = chains.size();
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const DbuPoint& a = ring[(first + i) % ring.size()];
      const DbuPoint& b = ring[(first + i + 1) % ring.size()];
      if (is_upper(a) != is_upper(b)) {
        const auto along = static_cast<long double>(cut - a.y) / static_cast<long double>(b.y - a.y);
        const long double x = static_cast<long double>(a.x) + along * static_cast<long double>(b.x - a.x);
        const DbuPoint vertex{static_cast<std::int64_t>(std::llround(x)), cut};
        const bool enters = is_upper(b) == upper;
        if (enters) chains.emplace_back();
        // The first edge may leave: its chain is the last one of the ring, known when the ring is done.
        crossings.push_back(
            {x, vertex, is_upper(a), enters || chains.size() > chains_before ? chains.size() - 1 : SIZE_MAX});
        if (chains.size() > chains_before) chains.back().push_back(vertex);
      }
      if (is_upper(b) == upper && chains.size() > chains_before) chains.back().push_back(b);
    }
    for (Crossing& crossing : crossings)
      if (crossing.chain == SIZE_MAX) {
        crossing.chain = chains.size() - 1;
        chains.back().push_back(crossing.vertex);
      }
  }
  std::stable_sort(crossings.begin(), crossings.end(), [](const auto& a, const auto& b) { return a.x < b.x; });
  // Where edges meet, or cross by the rounding of their ends, the order may be wrong: the next one that is due comes
  // first. Rings are closed, so there are as many of one kind as of the other.
  for (std::size_t i = 0; i < crossings.size(); ++i) {
    const auto at = crossings.begin() + static_cast<std::ptrdiff_t>(i);
    const auto due = std::find_if(at, crossings.end(), [&](const Crossing& c) { return c.down == (i % 2 == 0); });
    std::rotate(at, due, due + 1);
  }
  // The new edge runs between the two crossings of a pair: above the line from left to right, below from right to left.
  std::vector<std::size_t> next(chains.size());
  for (std::size_t i = 0; i < crossings.size(); i += 2) {
    const Crossing& left = crossings[i];
    const Crossing& right = crossings[i + 1];
    next[upper ? left.chain : right.chain] = upper ? right.chain : left.chain;
  }
  std::vector<bool> used(chains.size(), false);
  for (std::size_t start = 0; start < chains.size(); ++start) {
    DbuPolygon ring;
    for (std::size_t c = start; !used[c]; c = next[c]) {
      used[c] = true;
      ring.insert(ring.end(), chains[c].begin(), chains[c].end());
    }
    if (!ring.empty()) result.push_back(std::move(ring));
  }
  return result;
}

Part transposed(Part part) {
  for (DbuPolygon& ring : part) {
    for (DbuPoint& v : ring) std::swap(v.x, v.y);
    std::reverse(ring.begin(), ring.end());  // the swap turns the orientation round
  }
  return part;
}

void add_pieces(Part part, bool rectilinear, std::size_t max_vertices, std::vector<DbuPolygon>& pieces) {
  if (part.size() == 1 && part[0].size() <= max_vertices) {
    pieces.push_back(std::move(part[0]));
    return;
  }
  // Cut through a middle hole, or else through the middle vertex of the longer side; in any case between the lowest and
  // the highest vertex, which makes both parts lower, so that this comes to an end.
  DbuBox box;
  for (const DbuPoint& v : part[0]) box.include(v);
  const auto heights = [&](const DbuPolygon& ring) {
    std::vector<std::int64_t> ys;
    for (const DbuPoint& v : ring)
      if (box.y0 < v.y && v.y < box.y1) ys.push_back(v.y);
    std::sort(ys.begin(), ys.end());
    ys.erase(std::unique(ys.begin(), ys.end()), ys.end());
    return ys;
  };
  bool turned = false;
  std::vector<std::int64_t> ys;
  if (part.size() > 1) {
    std::sort(part.begin() + 1, part.end(), [](const DbuPolygon& a, const DbuPolygon& b) { return a[0].y < b[0].y; });
    ys = heights(part[part.size() / 2]);
  }
  if (ys.empty()) {
    ys = heights(part[0]);
    Part other = transposed(part);
    box = {box.y0, box.x0, box.y1, box.x1};
    std::vector<std::int64_t> xs = heights(other[0]);
    turned = ys.empty() || (!xs.empty() && box.height() > box.width());
    if (turned) {
      part = std::move(other);
      ys = std::move(xs);
    } else {
      box = {box.y0, box.x0, box.y1, box.x1};
    }
  }
  if (ys.empty()) {
    // Only what rounding has folded has this many vertices at the corners of its box: cut in the middle.
    if (box.height() < 2 && box.width() >= 2) {
      part = transposed(std::move(part));
      turned = !turned;
      box = {box.y0, box.x0, box.y1, box.x1};
    }
    if (box.height() < 2) return;  // less than a square of the grid
    ys.push_back(box.y0 + box.height() / 2);
  }
  const std::int64_t cut = ys[ys.size() / 2];
  for (const bool upper : {false, true})
    for (Part& next : group(half(part, cut, upper), rectilinear))
      add_pieces(turned ? transposed(std::move(next)) : std::move(next), rectilinear, max_vertices, pieces);
}

}  // namespace

std::vector<DbuPolygon> Region::pieces(int max_vertices) const {
  if (max_vertices < 4)
    throw Error(ErrorCode::input, "REG-0007", "pieces of a region need at least four vertices each");
  std::vector<DbuPolygon> result;
  for (const Region& part : parts())
    add_pieces(part.boundary_, part.rectilinear_, static_cast<std::size_t>(max_vertices), result);
  return result;
}

}  // namespace anamorph
