// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <ctime>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cpp/cli/results.hpp"
#include "cpp/cli/tile.hpp"
#include "cpp/cli/tile_optics.hpp"
#include "cpp/core/version.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "cpp/io/sha256.hpp"
#include "cpp/tile/halo.hpp"
#include "cpp/tile/input.hpp"

namespace anamorph::cli {

namespace {

namespace fs = std::filesystem;

/// The recipe with paths that hold wherever a worker is started.
Recipe anywhere(const Options& options) {
  Recipe recipe = load_recipe(options.recipe, options.overrides);
  if (recipe.optics.scanner.ends_with(".csv"))
    recipe.optics.scanner = fs::absolute(recipe.optics.scanner).lexically_normal().string();
  for (fs::path* path : {&recipe.layout.file, &recipe.mask.file, &recipe.optics.transmission, &recipe.optics.wavefront,
                         &recipe.optics.jones, &recipe.optics.kernels, &recipe.optics.source.file,
                         &recipe.optics.source.polarisation_map, &recipe.compare.process_file})
    if (!path->empty()) *path = fs::absolute(*path).lexically_normal();
  return recipe;
}

/// What the job makes of equal shapes depends on this alone: the recipe without the place it is about, the optics, the
/// windows.
std::string job_hash(const TilePlan& plan, Recipe recipe) {
  recipe.layout.file.clear();
  recipe.layout.window_nm.reset();
  recipe.mask.file.clear();
  const nlohmann::ordered_json all = {{"format", TilePlan::format},
                                      {"commit", commit},
                                      {"job", plan.job},
                                      {"backend", plan.backend},
                                      {"dbu_nm", plan.dbu_nm},
                                      {"window", {plan.grid.window_x, plan.grid.window_y}},
                                      {"halo", plan.grid.halo},
                                      {"recipe", recipe_toml(recipe)},
                                      {"shared", [&] {
                                         std::vector<std::string> hashes;
                                         for (const SharedFile& f : plan.shared) hashes.push_back(f.sha256);
                                         return hashes;
                                       }()}};
  return sha256(all.dump());
}

void refuse_what_tiles_cannot(const Recipe& recipe) {
  const auto refuse = [&](const char* key, const std::string& why) {
    throw Error(ErrorCode::recipe, "TIL-0010", why, recipe.where(key));
  };
  if (!recipe.optics.kernels.empty())
    refuse("optics.kernels", "given kernels belong to one window; tiles choose their own: expected a lens");
  if (flare_of(recipe) > 0 && !recipe.optics.flare_density)
    refuse(
        "optics.flare_density",
        "the flare of a tile is that of its surroundings; expected optics.flare_density, the clear share of the mask");
}

std::int64_t whole_steps(double step_nm, double dbu_nm, const Recipe& recipe) {
  const double steps = step_nm / dbu_nm;
  if (std::llround(steps) < 1 || std::abs(steps - std::round(steps)) > 1e-6 * steps) {
    std::ostringstream text;
    text << "tiles are cut in steps of " << step_nm << " nm, which are no whole number of database units of " << dbu_nm
         << " nm; expected pixels and grids that are";
    throw Error(ErrorCode::recipe, "TIL-0011", text.str(), recipe.where("layout.pixel_nm"));
  }
  return std::llround(steps);
}

/// The window of the recipe; without one all shapes and what belongs to them, so that no edge lies on its border.
DbuBox area_of(const Recipe& recipe, const ShapeReader& target, std::int64_t halo) {
  if (!recipe.layout.window_nm) {
    const DbuBox b = target.bounding_box();
    return b.empty() ? b : DbuBox{b.x0 - halo, b.y0 - halo, b.x1 + halo, b.y1 + halo};
  }
  const Box& w = *recipe.layout.window_nm;
  const auto dbu = [&](double nm) { return std::llround(nm / target.dbu_nm()); };
  const DbuBox window{dbu(w.x0), dbu(w.y0), dbu(w.x1), dbu(w.y1)};
  if (const DbuBox b = target.bounding_box(); !b.empty() && !b.touches(window)) {
    std::ostringstream text;
    const auto nm = [&](std::int64_t side) { return static_cast<double>(side) * target.dbu_nm(); };
    text << std::setprecision(12) << "no shape lies in layout.window_nm; the layer's shapes lie in [" << nm(b.x0)
         << ", " << nm(b.y0) << ", " << nm(b.x1) << ", " << nm(b.y1) << "]";
    throw Error(ErrorCode::input, "TIL-0024", text.str(), recipe.where("layout.window_nm"));
  }
  return window;
}

void tell(const TilePlan& plan, const fs::path& directory, Console& console) {
  const auto um = [&](std::int64_t dbu) {
    std::ostringstream text;
    text << static_cast<double>(dbu) * plan.dbu_nm * 1e-3;
    return text.str();
  };
  const TileGrid& g = plan.grid;
  console.print(std::to_string(g.count()) + " tiles (" + std::to_string(g.nx) + " x " + std::to_string(g.ny) +
                ") over " + um(g.area.width()) + " um x " + um(g.area.height()) + " um: cores of " + um(g.core_x) +
                " um x " + um(g.core_y) + " um, halo " + um(g.halo) + " um");
  console.print("next: anamorph tile run " + directory.string());
}

}  // namespace

std::vector<const ShapeReader*> OpenPlan::readers() const {
  std::vector<const ShapeReader*> all;
  for (const auto& one : sources) all.push_back(one.get());
  return all;
}

Recipe recipe_of(const TilePlan& plan, const fs::path& directory) {
  return parse_recipe(plan.recipe, (directory / "plan.json").string());
}

namespace {

Grid window_of(const TilePlan& plan, double pixel_nm) {
  const auto pixels = [&](std::int64_t side) {
    return static_cast<int>(std::lround(static_cast<double>(side) * plan.dbu_nm / pixel_nm));
  };
  return {0, 0, pixels(plan.grid.window_x), pixels(plan.grid.window_y), pixel_nm};
}

}  // namespace

std::unique_ptr<OpenPlan> open_plan(const fs::path& directory, int threads) {
  auto open = std::make_unique<OpenPlan>();
  open->plan = read_plan(directory);
  const TilePlan& plan = open->plan;
  check_files(plan, directory);
  open->kind = &tile_kind(plan.job);
  TileContext& context = open->context;
  context.recipe = recipe_of(plan, directory);
  context.optics = read_optics(directory);
  context.backend = plan.backend;
  context.dbu_nm = plan.dbu_nm;
  context.halo_nm = static_cast<double>(plan.grid.halo) * plan.dbu_nm;
  context.view_nm = static_cast<double>(view_of(plan.grid)) * plan.dbu_nm;
  context.grid = window_of(plan, context.recipe.layout.pixel_nm);
  for (const TileSource& source : plan.sources)
    open->sources.push_back(in_unit(open_shapes(source, threads), plan.dbu_nm, source.file));
  return open;
}

int run_tile_plan(const Options& options, const TileChoice& choice, Console& console) {
  const TileKind& kind = tile_kind(choice.job);
  const Recipe recipe = anywhere(options);
  if (dry_run(options, recipe, console)) return 0;
  refuse_what_tiles_cannot(recipe);

  TilePlan plan;
  plan.job = kind.name;
  plan.program = version;
  plan.recipe = recipe_toml(recipe);
  plan.outputs = kind.outputs;
  plan.reuse = recipe.tile.reuse;
  plan.seam_limit_nm = recipe.tile.seam_limit_nm.value_or(0);
  // Which processor does a tile must not show: "auto" is what it is here and now.
  plan.backend = make_backend(options.backend, 1)->name();

  std::vector<std::unique_ptr<ShapeReader>> readers;
  plan.sources = kind.sources(recipe);
  for (TileSource& source : plan.sources) {
    readers.push_back(open_shapes(source, options.threads));
    source.cell = readers.back()->cell();
    source.bytes = fs::file_size(source.file);
    source.sha256 = sha256_file(source.file);
  }
  plan.dbu_nm = readers.front()->dbu_nm();
  for (const auto& reader : readers) plan.dbu_nm = std::min(plan.dbu_nm, reader->dbu_nm());
  if (kind.check) kind.check(recipe, plan.dbu_nm);
  for (std::size_t i = 0; i < readers.size(); ++i)
    readers[i] = in_unit(std::move(readers[i]), plan.dbu_nm, plan.sources[i].file);

  const auto dbu = [&](double nm) { return std::max<std::int64_t>(1, std::llround(nm / plan.dbu_nm)); };
  const std::int64_t step = whole_steps(kind.step_nm(recipe), plan.dbu_nm, recipe);
  const std::int64_t halo = std::llround(std::ceil(halo_nm(recipe) / plan.dbu_nm));
  plan.grid = make_grid(area_of(recipe, *readers.front(), halo), dbu(recipe.tile.core_nm), halo, step,
                        readers.front()->pitch());

  Options to = options;
  if (to.output.empty())
    to.output = default_run_directory("tile-" + kind.name, recipe.layout.file.stem().string(), std::time(nullptr));
  RunDirectory directory(to.output, to.force);
  fs::remove(directory.directory() / "plan.json");
  const Grid window = window_of(plan, recipe.layout.pixel_nm);
  const ClipOptics optics = clip_optics(recipe, window, recipe.optics.flare_density.value_or(0), options.threads);
  for (const std::string& warning : optics.warnings) console.warn("CLI-0010", warning);
  write_optics(directory, optics);
  for (const RunDirectory::File& file : directory.files()) plan.shared.push_back({file.name, file.sha256});
  plan.job_hash = job_hash(plan, recipe);
  make_folder(directory.directory() / "tiles");
  make_folder(directory.directory() / "results");
  directory.write("plan.json", plan_json(plan));
  tell(plan, directory.directory(), console);
  if (console.json()) console.document(plan_json(plan));
  return 0;
}

}  // namespace anamorph::cli
