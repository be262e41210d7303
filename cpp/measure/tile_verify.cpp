// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/tile_verify.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/measure/contours.hpp"
#include "cpp/measure/pattern_key.hpp"
#include "cpp/measure/print_areas.hpp"
#include "cpp/measure/print_cuts.hpp"
#include "cpp/measure/print_model.hpp"
#include "cpp/measure/print_parts.hpp"
#include "cpp/measure/target_edges.hpp"

namespace anamorph {

namespace {

Box grown(const Box& box, double by) { return {box.x0 - by, box.y0 - by, box.x1 + by, box.y1 + by}; }

/// How far beyond its core a tile measures: what it finds there may be worse than what lies within.
double beyond_core(const VerifyRules& rules) { return rules.apart_nm + rules.reach_nm / 2; }

/// 1 at the limit; more for what is worse.
double severity_of(const Finding& f) {
  if (wants_large(f.kind)) return 1 + (f.limit - f.value) / f.limit;
  return std::abs(f.value) / f.limit;
}

class TileCheck {
 public:
  TileCheck(const VerifyTile& tile, const VerifyRules& rules)
      : tile_(tile),
        rules_(rules),
        target_(tile.target),
        assist_(tile.assist),
        print_(tile.images, tile.grid, tile.conditions, tile.threshold, tile.bright),
        // An odd third of a nm: a symmetric place on a seam belongs to the same tile whatever the last digits are.
        // A ten-thousandth is enough for those that the target gives, which are on its grid but for rounding.
        core_{tile.core.x0 - 1e-4, tile.core.y0 - 1e-4, tile.core.x1 - 1e-4, tile.core.y1 - 1e-4},
        moved_core_{tile.core.x0 - 0.317, tile.core.y0 - 0.317, tile.core.x1 - 0.317, tile.core.y1 - 0.317} {}

  Findings run() {
    Findings result;
    result.area_nm2 = tile_.core.width() * tile_.core.height();
    result.conditions.resize(tile_.conditions.size());
    sites(result);
    narrow();
    parts();
    MaskSeen mask = look_at_mask(tile_, rules_);
    for (Finding& f : mask.findings) put(f, false);
    result.mask = mask.figures;
    const PrintAreas areas = print_areas(print_, tile_.target, tile_.core);
    result.target_nm2 = areas.target_nm2;
    result.l2_nm2 = areas.l2_nm2;
    result.pv_band_nm2 = areas.pv_band_nm2;
    put_findings(std::move(found_), result, rules_.kept);
    pictures(result);
    return result;
  }

 private:
  /// `exact`: the place is given by the target.
  void put(Finding f, bool exact) {
    if (f.severity == 0) f.severity = severity_of(f);
    const PatternRule rule{rules_.radius_nm, rules_.dbu_nm};
    f.pattern = exact ? pattern_key(target_, f.at_nm, rule) : pattern_key_near(target_, f.at_nm, rule);
    found_.push_back(f);
  }

  void sites(Findings& result) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> epe;
    for (const PolygonSite& site : polygon_sites(target_, rules_.sites, core_, lattice())) {
      const TargetEdge& edge = target_.edges()[static_cast<std::size_t>(site.edge)];
      site_epe(print_, edge, site.at_nm, rules_.search_nm, epe);
      double worst = 0, low = 1e300, high = -1e300;
      bool lost = false, lost_in_band = false;
      double back = 0;  // pull-back
      int back_condition = 0;
      for (std::size_t c = 0; c < epe.size(); ++c) {
        result.conditions[c].add(epe[c], rules_.epe_nm, rules_.sites.tolerance_nm, rules_.search_nm);
        if (std::isnan(epe[c])) {
          lost = true;
          lost_in_band = lost_in_band || tile_.conditions[c].band;
          if (!std::isnan(back)) back_condition = static_cast<int>(c);
          back = none;
          continue;
        }
        if (std::abs(epe[c]) > std::abs(worst)) worst = epe[c];
        if (tile_.conditions[c].band) low = std::min(low, epe[c]), high = std::max(high, epe[c]);
        if (-epe[c] > back) back = -epe[c], back_condition = static_cast<int>(c);
      }
      result.worst_case.add(lost ? none : worst, rules_.epe_nm, rules_.sites.tolerance_nm, rules_.search_nm);
      // A site that is lost in one condition may be the worst of another.
      result.worst_case.max_abs_nm = std::max(result.worst_case.max_abs_nm, std::abs(worst));
      const auto on_normal = [&](double s) {
        return Point{site.at_nm.x + s * edge.normal.x, site.at_nm.y + s * edge.normal.y};
      };
      const auto tell = [&](FindingKind kind, double value, double limit, double from, double to, int condition) {
        Finding f{kind, site.at_nm, on_normal(from), on_normal(to), false, value, limit, 0, condition, 0};
        if (std::isnan(value)) {
          f.severity = 1 + rules_.search_nm / limit;                  // worse than any that is found
          f.from_nm = on_normal(-limit), f.to_nm = on_normal(limit);  // where an edge should have been
        }
        put(f, true);
      };
      if (const double e = epe.front(); std::isnan(e) || std::abs(e) > rules_.epe_nm)
        tell(FindingKind::epe, e, rules_.epe_nm, 0, std::isnan(e) ? 0 : e, 0);
      if (site.line_end && (std::isnan(back) || back > rules_.line_end_nm))
        tell(FindingKind::line_end, back, rules_.line_end_nm, 0, std::isnan(back) ? 0 : -back, back_condition);
      if (lost_in_band || high - low > rules_.pv_band_nm)
        tell(FindingKind::pv_band, lost_in_band ? none : high - low, rules_.pv_band_nm, lost_in_band ? 0 : low,
             lost_in_band ? 0 : high, -1);
    }
  }

  [[nodiscard]] EdgeLattice lattice() const { return {rules_.whole_nm, tile_.origin}; }

  void narrow() {
    const CutRules cut{rules_.pinch_nm, rules_.bridge_nm,    rules_.sites.interval_nm / 4,
                       rules_.reach_nm, rules_.sites.end_nm, lattice()};
    const Box around = grown(tile_.core, beyond_core(rules_));
    parts_ = compare_parts(print_, target_, assist_);
    std::vector<NarrowPlace> places = narrow_places(print_, target_, cut, around);
    places.insert(places.end(), parts_.joins.begin(), parts_.joins.end());
    for (const NarrowPlace& place : worst_places(std::move(places), rules_.apart_nm)) {
      if (!half_open_holds(place.edge < 0 ? moved_core_ : core_, place.at_nm)) continue;
      const NarrowPlace least = narrowest(print_, target_, cut, place);
      const double limit = place.kind == FindingKind::pinch ? rules_.pinch_nm : rules_.bridge_nm;
      put({least.kind, least.at_nm, least.from_nm, least.to_nm, false, least.value_nm, limit, 0, least.condition, 0},
          false);
    }
  }

  void parts() {
    for (const LostFeature& lost : parts_.lost) {
      const TargetEdges::Feature& feature = target_.features()[static_cast<std::size_t>(lost.feature)];
      const Point middle{(feature.box.x0 + feature.box.x1) / 2, (feature.box.y0 + feature.box.y1) / 2};
      if (!half_open_holds(core_, middle)) continue;
      put({FindingKind::missing,
           middle,
           {feature.box.x0, feature.box.y0},
           {feature.box.x1, feature.box.y1},
           true,
           feature.area_nm2,
           0,
           2,
           lost.condition,
           0},
          true);
    }
    for (const LoneSpot& spot : parts_.spots) {
      if (!half_open_holds(moved_core_, spot.at_nm)) continue;
      put({spot.assist ? FindingKind::assist : FindingKind::extra,
           spot.at_nm,
           {spot.box.x0, spot.box.y0},
           {spot.box.x1, spot.box.y1},
           true,
           spot.area_nm2,
           0,
           1 + std::sqrt(spot.area_nm2) / rules_.bridge_nm,
           spot.condition,
           0},
          false);
    }
  }

  /// The worst of the first clusters of each kind.
  void pictures(Findings& result) const {
    std::map<FindingKind, std::size_t> seen;
    for (const FindingCluster& cluster : result.clusters) {
      if (seen[cluster.worst.kind]++ >= rules_.kept.pictures) continue;
      const Finding& f = cluster.worst;
      const Point at = f.box ? Point{(f.from_nm.x + f.to_nm.x) / 2, (f.from_nm.y + f.to_nm.y) / 2} : f.at_nm;
      const double half = std::max({rules_.picture_nm, 1.3 * std::abs(f.to_nm.x - f.from_nm.x),
                                    1.3 * std::abs(f.to_nm.y - f.from_nm.y)}) /
                          2;
      FindingPicture picture;
      picture.finding = f;
      picture.window = {at.x - half, at.y - half, at.x + half, at.y + half};
      const auto near = [&](const std::vector<Polygon>& all) {
        std::vector<Polygon> some;
        for (const Polygon& polygon : all) {
          const Box b = bounding_box({polygon});
          if (b.x0 < picture.window.x1 && b.x1 > picture.window.x0 && b.y0 < picture.window.y1 &&
              b.y1 > picture.window.y0)
            some.push_back(polygon);
        }
        return some;
      };
      picture.target = near(tile_.target);
      picture.mask = near(tile_.mask);
      picture.assist = near(tile_.assist);
      for (int c = 0; c < print_.count(); ++c) picture.contours.push_back(contours_in(picture.window, c));
      result.pictures.push_back(std::move(picture));
    }
  }

  /// Contours of a part of the image, on pixels of half the size.
  [[nodiscard]] std::vector<Polygon> contours_in(const Box& window, int c) const {
    const double pixel = tile_.grid.pixel_nm / 2;
    const int n = static_cast<int>(std::ceil(window.width() / pixel)),
              m = static_cast<int>(std::ceil(window.height() / pixel));
    const Grid grid{window.x0, window.y0, n, m, pixel};
    Image<double> image(m, n);
    const PixelImage& from = print_.image(print_.condition(c).stack);
    const double sign = print_.bright() ? 1 : -1;
    for (int y = 0; y < m; ++y)
      for (int x = 0; x < n; ++x) image(y, x) = sign * from.at({grid.x_centre_nm(x), grid.y_centre_nm(y)});
    return contours(image, grid, sign * print_.level(c));
  }

  const VerifyTile& tile_;
  const VerifyRules& rules_;
  TargetEdges target_, assist_;
  PrintModel print_;
  Box core_, moved_core_;
  PartsFound parts_;
  std::vector<Finding> found_;
};

void check(const VerifyTile& tile) {
  if (tile.conditions.empty() || tile.images.empty())
    throw Error(ErrorCode::recipe, "MEA-0011", "a tile to be verified has no image or no condition");
  for (const Condition& c : tile.conditions)
    if (c.stack < 0 || c.stack >= static_cast<int>(tile.images.size()) || !(c.dose > 0))
      throw Error(ErrorCode::recipe, "MEA-0011", "condition '" + c.name + "' has no image or no dose");
  const Grid& g = tile.grid;
  if (tile.core.x0 < g.x0_nm - 1e-6 || tile.core.y0 < g.y0_nm - 1e-6 || tile.core.x1 > g.x0_nm + g.width_nm() + 1e-6 ||
      tile.core.y1 > g.y0_nm + g.height_nm() + 1e-6 || !(tile.core.width() > 0) || !(tile.core.height() > 0))
    throw Error(ErrorCode::recipe, "MEA-0012", "the core of a tile does not lie in its window");
}

}  // namespace

double whole_edges_nm(const VerifyRules& rules, double view_nm) noexcept {
  return std::max(view_nm - beyond_core(rules), view_nm / 4);
}

OriginUse origin_use(const std::vector<Polygon>& target, const Box& core, const VerifyRules& rules) {
  OriginUse use;
  const TargetEdges edges(target);
  for (const int i : edges.edges_in(grown(core, beyond_core(rules)))) {
    const TargetEdge& e = edges.edges()[static_cast<std::size_t>(i)];
    if (is_long(e, {rules.whole_nm, {}})) (runs_along_x(e) ? use.x : use.y) = true;
  }
  return use;
}

Findings verify_tile(const VerifyTile& tile, const VerifyRules& rules) {
  check(tile);
  return TileCheck(tile, rules).run();
}

}  // namespace anamorph
