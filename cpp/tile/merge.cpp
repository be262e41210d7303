// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/tile/merge.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "cpp/core/parallel.hpp"
#include "cpp/tile/seam.hpp"
#include "masks/region.hpp"

namespace anamorph {

namespace {

/// What is kept of one layer of a tile: its core, and strips along the seams on both sides of each.
struct Cut {
  Region core, left, right, below, above;
};

class Merger {
 public:
  Merger(const TileStore& store, const std::vector<std::string>& keys,
         const std::function<void(std::size_t, const DbuPolygon&)>& tell, const MergeOptions& options)
      : store_(store),
        plan_(store.plan()),
        grid_(plan_.grid),
        keys_(keys),
        tell_(tell),
        options_(options),
        carried_(plan_.outputs.size()),
        strip_(std::max<std::int64_t>(1, grid_.halo / 8)) {
    for (const std::string& name : plan_.outputs) result_.layers.push_back({name, 0, 0});
  }

  MergeResult run() {
    std::vector<std::vector<Cut>> before;  // the row below, [column][layer]
    for (int row = 0; row < grid_.ny; ++row) {
      if (options_.stop && options_.stop())
        throw Error(ErrorCode::interrupted, "TIL-0015", "stopped on request; nothing was merged");
      std::vector<std::vector<Cut>> cuts(static_cast<std::size_t>(grid_.nx));
      parallel_for(grid_.nx, options_.threads,
                   [&](int x) { cuts[static_cast<std::size_t>(x)] = cut(row * grid_.nx + x); });
      check_seams(row, cuts, before);
      for (std::size_t layer = 0; layer < plan_.outputs.size(); ++layer) join(row, layer, cuts);
      before = std::move(cuts);
      if (options_.progress) options_.progress(row + 1);
    }
    SeamSummary& s = result_.seams;
    s.area_nm2 = area_ * plan_.dbu_nm * plan_.dbu_nm;
    s.error_mean_nm = length_ > 0 ? area_ / length_ * plan_.dbu_nm : 0;
    return std::move(result_);
  }

 private:
  std::vector<Cut> cut(int index) const {
    const Tile t = grid_.tile(index);
    const DbuBox& c = t.core;
    const TileResult made = store_.result(keys_[static_cast<std::size_t>(index)]);
    std::vector<Cut> layers;
    for (const TileResult::Layer& layer : made.layers) {
      const Region all = layer.shapes.moved({t.window.x0, t.window.y0});
      const auto part = [&](const DbuBox& box) { return all & Region(box); };
      layers.push_back(
          {part(c), part(upright(c.x0, c)), part(upright(c.x1, c)), part(level(c.y0, c)), part(level(c.y1, c))});
    }
    return layers;
  }

  /// The strip along a seam.
  [[nodiscard]] DbuBox upright(std::int64_t x, const DbuBox& core) const {
    return {x - strip_, core.y0, x + strip_, core.y1};
  }
  [[nodiscard]] DbuBox level(std::int64_t y, const DbuBox& core) const {
    return {core.x0, y - strip_, core.x1, y + strip_};
  }

  struct Pair {
    int tile, neighbour;
    std::size_t layer;
    const Region *a, *b;
    DbuBox strip;
    SeamDifference found = {};
  };

  void check_seams(int row, std::vector<std::vector<Cut>>& cuts, const std::vector<std::vector<Cut>>& before) {
    std::vector<Pair> pairs;
    for (int x = 0; x < grid_.nx; ++x) {
      const auto i = static_cast<std::size_t>(x);
      const int index = row * grid_.nx + x;
      const DbuBox core = grid_.tile(index).core;
      for (std::size_t layer = 0; layer < plan_.outputs.size(); ++layer) {
        if (x > 0)
          pairs.push_back(
              {index - 1, index, layer, &cuts[i - 1][layer].right, &cuts[i][layer].left, upright(core.x0, core)});
        if (row > 0)
          pairs.push_back(
              {index - grid_.nx, index, layer, &before[i][layer].above, &cuts[i][layer].below, level(core.y0, core)});
      }
    }
    parallel_for(static_cast<int>(pairs.size()), options_.threads, [&](int i) {
      Pair& p = pairs[static_cast<std::size_t>(i)];
      p.found = compare_seam(*p.a, *p.b, p.strip);
    });
    SeamSummary& s = result_.seams;
    for (const Pair& p : pairs) {
      ++s.seams;
      area_ += p.found.area;
      length_ += p.found.length;
      const double error_nm = static_cast<double>(p.found.edge) * plan_.dbu_nm;
      s.error_max_nm = std::max(s.error_max_nm, error_nm);
      if (plan_.seam_limit_nm > 0 && error_nm > plan_.seam_limit_nm)
        s.over.push_back({plan_.outputs[p.layer], p.tile, p.neighbour, p.found.region.bounding_box(), error_nm,
                          p.found.area * plan_.dbu_nm * plan_.dbu_nm});
    }
    settle(row, pairs, cuts);
  }

  /// A part of a difference that reaches a seam, and how much of it is taken from the tile on the left or below.
  struct Given {
    int tile;  ///< that gives way, beyond the seam
    std::size_t layer;
    Region part;
    bool upright;
    std::int64_t seam, depth;

    [[nodiscard]] Region taken() const {
      const DbuBox b = part.bounding_box();
      return part & Region(upright ? DbuBox{seam, b.y0, seam + depth, b.y1} : DbuBox{b.x0, seam, b.x1, seam + depth});
    }
  };

  /// Gives what reaches a seam to the tile on the left or below. Both seams of a tile together, for they overlap. A
  /// difference that goes on beyond the strip makes a step where it is cut; where that breaks a rule the step is moved.
  void settle(int row, const std::vector<Pair>& pairs, std::vector<std::vector<Cut>>& cuts) {
    std::vector<Given> given;
    for (const Pair& p : pairs) {
      if (p.found.region.empty()) continue;
      const bool upright = p.neighbour == p.tile + 1;
      const DbuBox core = grid_.tile(p.neighbour).core;
      const std::int64_t seam = upright ? core.x0 : core.y0;
      for (const Region& part : (parts_on(p.found.region, seam, upright) & Region(core)).parts())
        given.push_back({p.neighbour, p.layer, part, upright, seam, strip_});
    }
    std::vector<std::vector<Cut>> as_made;
    if (options_.rules) as_made = cuts;
    for (;;) {
      std::map<std::pair<int, std::size_t>, Region> taken;  // of tile and layer
      for (const Given& g : given) {
        Region& all = taken[{g.tile, g.layer}];
        all = all | g.taken();
      }
      for (const auto& [place, region] : taken) {
        Region& core = cuts[static_cast<std::size_t>(place.first % grid_.nx)][place.second].core;
        core = core ^ region;
      }
      if (!options_.rules || !keep_rules(row, cuts, given)) return;
      for (const auto& [place, region] : taken) {
        const auto x = static_cast<std::size_t>(place.first % grid_.nx);
        cuts[x][place.second].core = as_made[x][place.second].core;
      }
    }
  }

  /// Looks at a row and the upper end of the one below. Where steps at the ends of what was given may be the reason why
  /// a rule is broken they are moved, and the answer is true: look again. Else what is broken is counted.
  bool keep_rules(int row, const std::vector<std::vector<Cut>>& cuts, std::vector<Given>& given) {
    const MaskRules& rules = *options_.rules;
    const auto reach =
        static_cast<std::int64_t>(std::ceil(std::max(rules.min_width_nm, rules.min_space_nm) / plan_.dbu_nm));
    std::vector<DbuPolygon> shapes = below_;
    for (const auto& tile : cuts)
      for (const Cut& layer : tile)
        shapes.insert(shapes.end(), layer.core.boundary().begin(), layer.core.boundary().end());
    const Region all = Region::of_rings(shapes);
    MaskRules distances = rules;
    distances.min_area_nm2 = 0;  // of whole shapes: see join
    const RegionViolations broken = rule_violations(all, distances, plan_.dbu_nm);
    // What is cut off below the row, or above it, makes edges there that are none.
    const DbuBox& area = grid_.area;
    const std::int64_t bottom = grid_.tile(row * grid_.nx).core.y0, top = grid_.tile(row * grid_.nx).core.y1;
    const std::int64_t from = row == 0 ? area.y0 + 1 : bottom - 2 * reach,
                       to = row + 1 == grid_.ny ? area.y1 : top - 2 * reach;
    bool moved = false;
    const RuleCounts counts = count(broken, [&](const DbuBox& b) {
      if (b.y0 < from || b.y0 >= to || b.x0 <= area.x0 || b.x1 >= area.x1 || b.y1 >= area.y1) return false;
      const DbuBox near{b.x0 - reach, b.y0 - reach, b.x1 + reach, b.y1 + reach};
      for (Given& g : given) {
        if (g.depth == 0) continue;
        DbuBox end = g.taken().bounding_box();
        if (end.empty()) continue;
        (g.upright ? end.x0 : end.y0) = g.upright ? end.x1 : end.y1;
        if (!end.touches(near)) continue;
        g.depth = std::max<std::int64_t>(0, g.depth - std::max<std::int64_t>(1, reach / 2));
        moved = true;
      }
      return true;
    });
    if (moved) return true;
    result_.violations += counts;
    const Region strip = all & Region(DbuBox{area.x0, top - 3 * reach, area.x1, top});
    below_.assign(strip.boundary().begin(), strip.boundary().end());
    return false;
  }

  /// Islands and holes of a part that is whole.
  void count_areas(const Region& part) {
    const DbuBox& area = grid_.area;
    result_.violations += count(
        rule_violations(part, {0, 0, options_.rules->min_area_nm2}, plan_.dbu_nm),
        [&](const DbuBox& b) { return b.x0 > area.x0 && b.y0 > area.y0 && b.x1 < area.x1 && b.y1 < area.y1; });
  }

  /// A row of one layer, with what came over from the row below; what reaches the next row waits for it.
  void join(int row, std::size_t layer, const std::vector<std::vector<Cut>>& cuts) {
    std::vector<DbuPolygon> shapes = std::move(carried_[layer]);
    carried_[layer].clear();
    for (const auto& tile : cuts) {
      const std::vector<DbuPolygon>& core = tile[layer].core.boundary();
      shapes.insert(shapes.end(), core.begin(), core.end());
    }
    const Region band = Region::of_rings(shapes);
    const std::int64_t top = grid_.tile(row * grid_.nx).core.y1;
    std::size_t vertices = 0;
    for (const Region& part : band.parts()) {
      const bool goes_on = row + 1 < grid_.ny && part.bounding_box().y1 >= top;
      if (goes_on) {
        for (const DbuPolygon& p : part.boundary()) vertices += p.size();
        if (vertices <= options_.most_carried) {
          carried_[layer].insert(carried_[layer].end(), part.boundary().begin(), part.boundary().end());
          continue;
        }
      }
      if (options_.rules) count_areas(part);
      MergedLayer& merged = result_.layers[layer];
      merged.area_nm2 += part.area() * plan_.dbu_nm * plan_.dbu_nm;
      for (const DbuPolygon& p : part.pieces()) {
        ++merged.polygons;
        tell_(layer, p);
      }
    }
  }

  const TileStore& store_;
  const TilePlan& plan_;
  const TileGrid& grid_;
  const std::vector<std::string>& keys_;
  const std::function<void(std::size_t, const DbuPolygon&)>& tell_;
  const MergeOptions& options_;
  MergeResult result_;
  std::vector<std::vector<DbuPolygon>> carried_;  // [layer]
  std::vector<DbuPolygon> below_;                 // the upper end of the row below, of all layers
  std::int64_t strip_;                            // half the width of what is compared
  double area_ = 0, length_ = 0;
};

}  // namespace

MergeResult merge_tiles(const TileStore& store, const std::vector<std::string>& keys,
                        const std::function<void(std::size_t, const DbuPolygon&)>& tell, const MergeOptions& options) {
  return Merger(store, keys, tell, options).run();
}

}  // namespace anamorph
