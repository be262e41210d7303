// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <cstdio>
#include <memory>
#include <sstream>

#include "cpp/cli/clip.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/tile_kinds.hpp"
#include "cpp/optimize/opc.hpp"
#include "masks/region.hpp"

// Edge-based correction of a tile: the shapes of its window, cut off at its border, where they do not move.

namespace anamorph::cli {

namespace {

TileJob opc_job(const TileContext& context) {
  const std::shared_ptr<Backend> backend = make_backend(context.backend, 1);
  return [&context, backend](const TileInput& input) {
    const Recipe& recipe = context.recipe;
    const Grid& grid = context.grid;
    const Box window = window_of(grid);
    const OpcClip clip{polygons_nm(input.layers.at(0), context.dbu_nm)};
    const auto go_on = [](const IltRecord&, double) { return !stop_requested(); };
    const OpcResult found =
        run_opc(*backend, context.optics.model, resist_model(recipe), window, {&clip, 1}, opc_options(recipe), go_on)
            .front();
    TileResult result;
    result.layers.push_back({"mask", region_of(found.main, context.dbu_nm)});
    result.layers.push_back({"assist", region_of(found.assist, context.dbu_nm)});
    char facts[160];
    std::snprintf(facts, sizeof facts, R"({"fragments": %zu, "assists": %zu, "iterations": %zu, "loss": %.17g})",
                  found.fragments.list.size(), found.assist.size(), found.history.size(),
                  found.history.empty() ? 0 : found.history.back().loss);
    result.facts = facts;
    return result;
  };
}

/// Displacements are written in the unit of the layout: they must be whole numbers of it.
void check(const Recipe& recipe, double dbu_nm) {
  const double steps = opc_options(recipe).grid_nm / dbu_nm;
  if (std::round(steps) >= 1 && std::abs(steps - std::round(steps)) < 1e-6 * steps) return;
  std::ostringstream text;
  text << "opc.grid_nm = " << recipe.opc.grid_nm << " is not a whole multiple of the layout's database unit, " << dbu_nm
       << " nm, in which the mask is written; expected one";
  throw Error(ErrorCode::recipe, "OPC-0006", text.str(), recipe.where("opc.grid_nm"));
}

}  // namespace

TileKind opc_tiles() {
  TileKind kind;
  kind.name = "opc";
  kind.sources = [](const Recipe& recipe) { return std::vector<TileSource>{target_source(recipe)}; };
  kind.outputs = {"mask", "assist"};
  kind.step_nm = [](const Recipe& recipe) { return recipe.opc.print_grid_nm; };
  kind.rules = [](const Recipe& recipe) { return opc_options(recipe).rules; };
  kind.check = check;
  kind.job = opc_job;
  kind.conclude = [](TileMerge&) { return 0; };  // verify gives the verdict
  return kind;
}

}  // namespace anamorph::cli
