// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "cpp/cli/clip.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/tile_kinds.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/optimize/ilt.hpp"
#include "masks/morphology.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"

// Inverse lithography of a tile: the mask of its window, whose pixels become polygons.

namespace anamorph::cli {

namespace {

Bitmap target_of(const Recipe& recipe, const Region& shapes, double dbu_nm, const Grid& grid) {
  if (recipe.layout.target == LayoutSection::Target::inclusive) {
    std::vector<Polygon> pieces;  // holes are not known to this raster
    for (const DbuPolygon& piece : shapes.pieces()) pieces.push_back(polygons_nm(Region({piece}), dbu_nm).front());
    return rasterise_inclusive(pieces, grid);
  }
  const Image<double> coverage = rasterise(polygons_nm(shapes, dbu_nm), grid);
  Bitmap bitmap(grid.ny, grid.nx);
  std::transform(coverage.begin(), coverage.end(), bitmap.begin(), [](double c) { return std::uint8_t(c >= 0.5); });
  return bitmap;
}

TileJob ilt_job(const TileContext& context) {
  const std::shared_ptr<Backend> backend = make_backend(context.backend, 1);
  return [&context, backend](const TileInput& input) {
    const Recipe& recipe = context.recipe;
    const std::vector<Bitmap> targets{target_of(recipe, input.layers.at(0), context.dbu_nm, context.grid)};
    const auto go_on = [](const IltRecord&, double) { return !stop_requested(); };
    const std::vector<IltResult> found = run_ilt(*backend, context.optics.model, resist_model(recipe), context.grid,
                                                 targets, ilt_options(recipe), go_on);
    const bool absorber = recipe.mask.polygons == MaskSection::Polygons::absorber;
    const Bitmap drawn = absorber ? complement(found.front().mask) : found.front().mask;
    TileResult result;
    result.layers.push_back({"mask", region_of(pixel_outlines(drawn, context.grid), context.dbu_nm)});
    char facts[128];
    const IltRecord last = found.front().history.empty() ? IltRecord{} : found.front().history.back();
    std::snprintf(facts, sizeof facts, R"({"iterations": %zu, "loss": %.17g, "kept_start": %s})",
                  found.front().history.size(), last.loss, found.front().kept_start ? "true" : "false");
    result.facts = facts;
    return result;
  };
}

/// Tiles say nothing that needs a verdict: verify does that.
int conclude_ilt(TileMerge&) { return 0; }

}  // namespace

TileKind ilt_tiles() {
  TileKind kind;
  kind.name = "ilt";
  kind.sources = [](const Recipe& recipe) { return std::vector<TileSource>{target_source(recipe)}; };
  kind.outputs = {"mask"};
  // The coarse stage has twice the pixel of the fine one.
  kind.step_nm = [](const Recipe& recipe) { return 2 * ilt_options(recipe).grid_nm; };
  kind.job = ilt_job;
  kind.conclude = conclude_ilt;
  return kind;
}

}  // namespace anamorph::cli
