// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/gds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/io/atomic_file.hpp"

namespace anamorph {
namespace {

// Coordinates in database units. Products of two differences fit 128 bits, so orientation is exact.
struct Vertex {
  std::int64_t x = 0;
  std::int64_t y = 0;
  bool operator==(const Vertex&) const = default;
};
using Ring = std::vector<Vertex>;
__extension__ using Wide = __int128;

Wide cross(const Vertex& a, const Vertex& b, const Vertex& c) {
  return static_cast<Wide>(b.x - a.x) * (c.y - a.y) - static_cast<Wide>(b.y - a.y) * (c.x - a.x);
}

Wide twice_area(const Ring& ring) {
  Wide sum = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) sum += cross(ring[0], ring[i], ring[(i + 1) % ring.size()]);
  return sum;
}

/// Takes out repeated vertices, spikes and vertices in the middle of a straight edge.
void simplify(Ring& ring) {
  Ring kept;
  const auto redundant = [](const Vertex& a, const Vertex& b, const Vertex& c) {
    return a == b || cross(a, b, c) == 0;
  };
  for (const Vertex& v : ring) {
    while (kept.size() >= 2 && redundant(kept[kept.size() - 2], kept.back(), v)) kept.pop_back();
    if (kept.empty() || kept.back() != v) kept.push_back(v);
  }
  for (bool changed = true; changed && kept.size() >= 3;) {
    changed = false;
    if (redundant(kept[kept.size() - 2], kept.back(), kept[0])) {
      kept.pop_back();
      changed = true;
    } else if (redundant(kept.back(), kept[0], kept[1])) {
      kept.erase(kept.begin());
      changed = true;
    }
  }
  if (kept.size() < 3) kept.clear();
  ring = std::move(kept);
}

/// A polygon with its holes: rings[0] counter-clockwise, the others clockwise.
using Region = std::vector<Ring>;

bool contains(const Ring& ring, double x, double y) {
  bool inside = false;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Vertex& a = ring[i];
    const Vertex& b = ring[(i + 1) % ring.size()];
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
std::vector<Region> group(std::vector<Ring> rings) {
  std::vector<std::pair<Wide, Region>> regions;
  std::vector<Ring> holes;
  for (Ring& ring : rings) {
    simplify(ring);
    if (ring.empty()) continue;
    const Wide area = twice_area(ring);
    if (area > 0) regions.push_back({area, {std::move(ring)}});
    if (area < 0) holes.push_back(std::move(ring));
  }
  // Holes may touch their outline, so the probe lies beside the hole, next to the middle of its longest edge.
  for (Ring& hole : holes) {
    double longest = 0;
    double x = 0;
    double y = 0;
    for (std::size_t i = 0; i < hole.size(); ++i) {
      const Vertex& a = hole[i];
      const Vertex& b = hole[(i + 1) % hole.size()];
      const double dx = static_cast<double>(b.x - a.x);
      const double dy = static_cast<double>(b.y - a.y);
      const double length = std::hypot(dx, dy);
      if (length <= longest) continue;
      longest = length;
      x = 0.5 * static_cast<double>(a.x + b.x) - 1e-3 * dy / length;  // to the left of a clockwise edge: material
      y = 0.5 * static_cast<double>(a.y + b.y) + 1e-3 * dx / length;
    }
    std::pair<Wide, Region>* owner = nullptr;
    for (auto& candidate : regions)
      if ((!owner || candidate.first < owner->first) && contains(candidate.second[0], x, y)) owner = &candidate;
    if (!owner)
      throw Error(ErrorCode::input, "GDS-0001", "a clockwise polygon (hole) lies in no counter-clockwise one");
    owner->second.push_back(std::move(hole));
  }
  std::vector<Region> result;
  for (auto& entry : regions) result.push_back(std::move(entry.second));
  return result;
}

/// The rings of a region above (`upper`) or below the line y = cut. Vertices and edges on the line belong to neither
/// side: the new edge along it is made from the crossings alone, which alternate between edges that go down (the region
/// begins) and edges that go up (it ends).
std::vector<Ring> half(const Region& region, std::int64_t cut, bool upper) {
  struct Crossing {
    long double x;      // decides the order
    Vertex vertex;      // rounded: both sides get the same
    bool down;          // the edge goes down through the line
    std::size_t chain;  // index of the chain that begins or ends here
  };
  std::vector<Ring> chains;
  std::vector<Crossing> crossings;
  std::vector<Ring> result;
  for (const Ring& ring : region) {
    const auto is_upper = [&](const Vertex& v) { return upper ? v.y > cut : v.y >= cut; };
    std::size_t first = 0;  // an edge that crosses
    while (first < ring.size() && is_upper(ring[first]) == is_upper(ring[(first + 1) % ring.size()])) ++first;
    if (first == ring.size()) {
      if (is_upper(ring[0]) == upper) result.push_back(ring);
      continue;
    }
    const std::size_t chains_before = chains.size();
    for (std::size_t i = 0; i < ring.size(); ++i) {
      const Vertex& a = ring[(first + i) % ring.size()];
      const Vertex& b = ring[(first + i + 1) % ring.size()];
      if (is_upper(a) != is_upper(b)) {
        const auto along = static_cast<long double>(cut - a.y) / static_cast<long double>(b.y - a.y);
        const long double x = static_cast<long double>(a.x) + along * static_cast<long double>(b.x - a.x);
        const Vertex vertex{static_cast<std::int64_t>(std::llround(x)), cut};
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
    Ring ring;
    for (std::size_t c = start; !used[c]; c = next[c]) {
      used[c] = true;
      ring.insert(ring.end(), chains[c].begin(), chains[c].end());
    }
    if (!ring.empty()) result.push_back(std::move(ring));
  }
  return result;
}

Region transposed(Region region) {
  for (Ring& ring : region) {
    for (Vertex& v : ring) std::swap(v.x, v.y);
    std::reverse(ring.begin(), ring.end());  // the swap turns the orientation round
  }
  return region;
}

void add_pieces(Region region, std::size_t max_vertices, std::vector<Ring>& pieces) {
  if (region.size() == 1 && region[0].size() <= max_vertices) {
    pieces.push_back(std::move(region[0]));
    return;
  }
  const auto heights = [](const Ring& ring) {
    std::vector<std::int64_t> ys;
    for (const Vertex& v : ring) ys.push_back(v.y);
    std::sort(ys.begin(), ys.end());
    ys.erase(std::unique(ys.begin(), ys.end()), ys.end());
    return ys;
  };
  // Cut through a middle hole, or else through the middle vertex of the longer side. A vertex strictly between the
  // lowest and the highest makes both parts smaller, so that this comes to an end.
  bool turned = false;
  std::vector<std::int64_t> ys;
  if (region.size() > 1) {
    std::sort(region.begin() + 1, region.end(), [](const Ring& a, const Ring& b) { return a[0].y < b[0].y; });
    ys = heights(region[region.size() / 2]);
  } else {
    ys = heights(region[0]);
    Region other = transposed(region);
    std::vector<std::int64_t> xs = heights(other[0]);
    turned = ys.size() < 3 || (xs.size() >= 3 && xs.back() - xs.front() > ys.back() - ys.front());
    if (turned) {
      region = std::move(other);
      ys = std::move(xs);
    }
  }
  const std::int64_t cut = ys[ys.size() / 2];
  for (const bool upper : {false, true})
    for (Region& part : group(half(region, cut, upper)))
      add_pieces(turned ? transposed(std::move(part)) : std::move(part), max_vertices, pieces);
}

std::int64_t to_dbu(double nm, double dbu_nm) {
  const double value = std::round(nm / dbu_nm);
  if (!(std::abs(value) < 2147483647.0))
    throw Error(ErrorCode::input, "GDS-0003", "coordinate leaves the 32 bits of GDSII; choose a larger database unit");
  return static_cast<std::int64_t>(value);
}

std::vector<Ring> pieces_dbu(const std::vector<Polygon>& polygons, double dbu_nm, std::size_t max_vertices) {
  std::vector<Ring> rings;
  for (const Polygon& polygon : polygons) {
    Ring& ring = rings.emplace_back();
    for (const Point& p : polygon) ring.push_back({to_dbu(p.x, dbu_nm), to_dbu(p.y, dbu_nm)});
  }
  std::vector<Ring> pieces;
  for (Region& region : group(std::move(rings))) add_pieces(std::move(region), max_vertices, pieces);
  return pieces;
}

/// The records of a GDSII stream: length, type, data, all big-endian.
class Stream {
 public:
  void record(std::uint16_t type, std::string_view data = {}) {
    put(static_cast<std::uint32_t>(data.size() + 4), 2);
    put(type, 2);
    bytes_ += data;
  }
  void shorts(std::uint16_t type, std::initializer_list<int> values) {
    put(static_cast<std::uint32_t>(2 * values.size() + 4), 2);
    put(type, 2);
    for (const int v : values) put(static_cast<std::uint32_t>(v), 2);
  }
  void text(std::uint16_t type, std::string value) {
    if (value.size() % 2) value += '\0';
    record(type, value);
  }
  void reals(std::uint16_t type, std::initializer_list<double> values) {
    put(static_cast<std::uint32_t>(8 * values.size() + 4), 2);
    put(type, 2);
    for (const double v : values) {
      // Sign, exponent of 16 with an offset of 64, and a fraction of 56 bits in [1/16, 1).
      int exponent = 0;
      const double fraction = std::frexp(std::abs(v), &exponent);
      const int exponent16 = (exponent + 1024 + 3) / 4 - 256;  // rounded up
      const auto mantissa = static_cast<std::uint64_t>(std::ldexp(fraction, 56 + exponent - 4 * exponent16));
      put((v < 0 ? 0x80u : 0u) | static_cast<std::uint32_t>(v == 0 ? 0 : exponent16 + 64), 1);
      put(static_cast<std::uint32_t>(mantissa >> 32), 3);
      put(static_cast<std::uint32_t>(mantissa), 4);
    }
  }
  void boundary(int layer, int datatype, const Ring& ring) {
    record(0x0800);
    shorts(0x0D02, {layer});
    shorts(0x0E02, {datatype});
    put(static_cast<std::uint32_t>(8 * (ring.size() + 1) + 4), 2);
    put(0x1003, 2);
    for (std::size_t i = 0; i <= ring.size(); ++i) {
      put(static_cast<std::uint32_t>(ring[i % ring.size()].x), 4);
      put(static_cast<std::uint32_t>(ring[i % ring.size()].y), 4);
    }
    record(0x1100);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void put(std::uint32_t value, int count) {
    for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) bytes_ += static_cast<char>((value >> shift) & 255);
  }
  std::string bytes_;
};

}  // namespace

std::vector<Polygon> gds_pieces(const std::vector<Polygon>& polygons, double dbu_nm, int max_vertices) {
  std::vector<Polygon> result;
  for (const Ring& ring : pieces_dbu(polygons, dbu_nm, static_cast<std::size_t>(max_vertices))) {
    Polygon& polygon = result.emplace_back();
    for (const Vertex& v : ring)
      polygon.push_back({static_cast<double>(v.x) * dbu_nm, static_cast<double>(v.y) * dbu_nm});
  }
  return result;
}

void write_gds(const std::filesystem::path& path, const std::string& cell_name, const std::vector<GdsLayer>& layers,
               double dbu_nm) {
  constexpr std::size_t max_vertices = 8190;  // with the closing one, 8191 pairs of 8 bytes fit the 16-bit length
  Stream out;
  out.shorts(0x0002, {600});                                       // HEADER: version 6
  out.shorts(0x0102, {2000, 1, 1, 0, 0, 0, 2000, 1, 1, 0, 0, 0});  // BGNLIB: a fixed date
  out.text(0x0206, "ANAMORPH");                                    // LIBNAME
  out.reals(0x0305, {dbu_nm * 1e-3, dbu_nm * 1e-9});               // UNITS: user unit um
  out.shorts(0x0502, {2000, 1, 1, 0, 0, 0, 2000, 1, 1, 0, 0, 0});  // BGNSTR
  out.text(0x0606, cell_name);                                     // STRNAME
  for (const GdsLayer& layer : layers)
    for (const Ring& ring : pieces_dbu(layer.polygons, dbu_nm, max_vertices))
      out.boundary(layer.layer, layer.datatype, ring);
  out.record(0x0700);  // ENDSTR
  out.record(0x0400);  // ENDLIB
  write_file_atomic(path, out.bytes());
}

}  // namespace anamorph
