// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <memory>

#include "cpp/cli/tile_kinds.hpp"
#include "cpp/cli/verify_layout.hpp"
#include "masks/region.hpp"

// Verification of a tile: what its mask prints, compared with its target.

namespace anamorph::cli {

namespace {

Box nm(const DbuBox& box, double dbu_nm) {
  const auto length = [&](std::int64_t v) { return static_cast<double>(v) * dbu_nm; };
  return {length(box.x0), length(box.y0), length(box.x1), length(box.y1)};
}

std::vector<TileSource> sources(const Recipe& recipe) {
  const TileSource target = target_source(recipe);
  std::vector<TileSource> all{target};
  const MaskSection& m = recipe.mask;
  if (m.file.empty())
    all.push_back({"mask", target.file, target.cell, target.layers, 0, {}});
  else
    all.push_back({"mask", m.file, {}, m.layers, 0, {}});
  if (!m.assist_layers.empty()) all.push_back({"assist", m.file, {}, m.assist_layers, 0, {}});
  return all;
}

VerifyRules rules_of(const TileContext& context) {
  return verify_rules(context.recipe, context.dbu_nm, context.view_nm);
}

/// Where the lattice on which long edges are measured lies in the window; a coordinate that decides nothing is zero, so
/// that tiles of equal shapes stay equal.
Point origin(const TileContext& context, const TileInput& input, const DbuPoint& corner) {
  const VerifyRules rules = rules_of(context);
  const double dbu = context.dbu_nm, step = rules.sites.interval_nm;
  const OriginUse use = origin_use(polygons_nm(input.layers.at(0), dbu), nm(input.tile.core, dbu), rules);
  const auto phase = [&](std::int64_t at) {
    const double place = -static_cast<double>(at) * dbu,
                 rest = std::round((place - step * std::floor(place / step)) * 1e6);
    return rest >= std::round(step * 1e6) ? 0 : rest / 1e6;
  };
  return {use.x ? phase(corner.x) : 0, use.y ? phase(corner.y) : 0};
}

TileJob job(const TileContext& context) {
  const std::shared_ptr<Backend> backend = make_backend(context.backend, 1);
  const double pixel = verify_pixels(context.recipe).pixel_nm;
  const auto pixels = [&](double side) { return static_cast<int>(std::lround(side / pixel)); };
  const Grid grid{0, 0, pixels(context.grid.width_nm()), pixels(context.grid.height_nm()), pixel};
  const auto verifier =
      std::make_shared<WindowVerifier>(context.recipe, context.optics.model, grid, rules_of(context), backend);
  return [&context, verifier](const TileInput& input) {
    const double dbu = context.dbu_nm;
    const Region window(input.tile.window);
    const Region mask = input.layers.at(1) & window;
    const Region assist = input.layers.size() > 2 ? input.layers[2] & window : Region();
    VerifyShapes shapes;
    shapes.target = polygons_nm(input.layers.at(0), dbu);
    shapes.mask = polygons_nm(mask, dbu);
    shapes.assist = polygons_nm(assist, dbu);
    shapes.all = assist.empty() ? shapes.mask : polygons_nm(mask | assist, dbu);
    return TileResult{{}, verifier->facts(shapes, nm(input.tile.core, dbu), input.origin_nm)};
  };
}

int conclude(TileMerge& merge) {
  const double dbu = merge.plan.dbu_nm;
  VerdictBuilder builder(merge.recipe, nm(merge.plan.grid.area, dbu));
  merge.each([&](const Tile& tile, const std::string& facts) {
    const Box window = nm(tile.window, dbu);
    builder.add(facts, {window.x0, window.y0}, nm(tile.core, dbu));
  });
  LayoutVerdict verdict = builder.finish();
  verdict.metrics.insert(verdict.metrics.begin(), merge.metrics.begin(), merge.metrics.end());
  verdict.cell = merge.plan.sources.front().cell;
  verdict.provenance = std::move(merge.provenance);
  verdict.provenance.push_back({"Backend of the tiles", merge.plan.backend});
  verdict.provenance.push_back({"Plan", merge.plan.hash()});
  write_verdict(merge.directory, verdict);
  merge.metrics = verdict.metrics;
  merge.metrics_json = verdict_json(verdict);
  merge.kinds.clear();  // markers.lyrdb is written, with its patterns
  merge.markers.clear();
  tell_verdict(verdict, merge.console);
  return verdict.pass() ? 0 : 1;
}

}  // namespace

TileKind verify_tiles() {
  TileKind kind;
  kind.name = "verify";
  kind.sources = sources;
  kind.step_nm = [](const Recipe& recipe) { return verify_pixels(recipe).step_nm; };
  kind.job = job;
  kind.origin = origin;
  kind.conclude = conclude;
  return kind;
}

}  // namespace anamorph::cli
