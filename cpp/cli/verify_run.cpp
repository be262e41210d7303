// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "cpp/cli/clip.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/cli/tile.hpp"
#include "cpp/cli/verify_layout.hpp"
#include "masks/layout.hpp"
#include "masks/region.hpp"

// `verify` of a layout: all tiles of a plan one after the other or, where given kernels fix the window, the one window.

namespace anamorph::cli {

namespace {

namespace fs = std::filesystem;

int verify_tiled(const Options& options, const Recipe& recipe, Console& console) {
  Options to = options;
  if (to.output.empty())
    to.output = default_run_directory("verify", recipe.layout.file.stem().string(), std::time(nullptr));
  TileChoice choice;
  choice.job = "verify";
  choice.directory = to.output;
  RunRecord record(to, "verify", recipe);
  for (const auto& input : inputs_of(recipe)) record.add_input(input);
  record.set_backend(*make_backend(to.backend, 1));
  console.hold_results(true);  // what plan and run say is no result of this verb
  record.begin_stage("plan");
  if (const int code = run_tile_plan(to, choice, console); code != 0) return code;
  record.begin_stage("tiles");
  const int code = run_tile_run(to, choice, console);
  console.hold_results(false);
  if (code != 0) {
    console.info("what is finished is kept: anamorph tile run " + to.output.string() + ", then anamorph tile merge " +
                 to.output.string());
    throw_if_stopped();
    return code;
  }
  const int verdict = conclude_tiles(to, choice, console, record);
  console.print("report: " + (to.output / "report.html").string());
  return verdict;
}

/// Shapes of some layers of a file, in a window, cut at it if `cut`, its lower-left corner at (0, 0).
Region shapes_of(const fs::path& file, const std::vector<std::string>& layers, const Box& window, double dbu_nm,
                 bool cut) {
  std::vector<Polygon> all;
  const std::vector<std::string> names = layers.empty() ? std::vector<std::string>{""} : layers;
  for (const std::string& layer : names) {
    const std::vector<Polygon> some = polygons(read_layout(file, {{}, layer, window}), layer);
    all.insert(all.end(), some.begin(), some.end());
  }
  for (Polygon& polygon : all)
    for (Point& p : polygon) p = {p.x - window.x0, p.y - window.y0};
  const Region region = region_of(all, dbu_nm);
  const auto dbu = [&](double nm) { return static_cast<std::int64_t>(std::llround(nm / dbu_nm)); };
  return cut ? region & Region(DbuBox{0, 0, dbu(window.width()), dbu(window.height())}) : region;
}

/// Pixels of the window, a whole number of the recipe's, about 25 to the kernels' highest frequency.
Grid window_pixels(const Grid& clip, const CoherentStack& stack) {
  const double wanted = clip.width_nm() / (25.0 * std::max(1, stack.extent_x));
  int best = 1;
  for (int k = 1; k * clip.pixel_nm <= wanted; ++k)
    if (clip.nx % k == 0 && clip.ny % k == 0) best = k;
  return {0, 0, clip.nx / best, clip.ny / best, clip.pixel_nm * best};
}

int verify_window(const Options& options, const Recipe& recipe, Console& console) {
  RunRecord record(options, "verify", recipe);
  record.begin_stage("read");
  const std::shared_ptr<Backend> backend = make_backend(options.backend, options.threads);
  record.set_backend(*backend);
  const Clip clip = load_clip(recipe, options.threads);
  const Grid& g = clip.grid;
  const Box window = window_of(g);
  for (const auto& input : inputs_of(recipe)) record.add_input(input);
  const MaskSection& m = recipe.mask;
  const Layout layout = read_layout(recipe.layout.file, {recipe.layout.cell, recipe.layout.layer, window});
  const double dbu = layout.dbu_nm;
  const fs::path& file = m.file.empty() ? recipe.layout.file : m.file;
  const double mask_dbu =
      std::min(dbu, read_layout(file, {{}, m.layers.empty() ? "" : m.layers.front(), window}).dbu_nm);
  std::vector<std::string> layers = m.layers;
  if (m.file.empty() && !recipe.layout.layer.empty()) layers = {recipe.layout.layer};
  const Region mask = shapes_of(file, layers, window, mask_dbu, true);
  const Region assist = m.assist_layers.empty() ? Region() : shapes_of(file, m.assist_layers, window, mask_dbu, true);
  VerifyShapes shapes;
  for (Polygon polygon : clip.shapes) {
    for (Point& p : polygon) p = {p.x - window.x0, p.y - window.y0};
    shapes.target.push_back(std::move(polygon));
  }
  shapes.mask = polygons_nm(mask, mask_dbu);
  shapes.assist = polygons_nm(assist, mask_dbu);
  shapes.all = assist.empty() ? shapes.mask : polygons_nm(mask | assist, mask_dbu);
  RunDirectory directory = open_run_directory(options, "verify", recipe.layout.file.stem().string());
  throw_if_stopped();

  record.begin_stage("verify");
  const double clear = (mask | assist).area() * mask_dbu * mask_dbu / (window.width() * window.height());
  const bool absorber = m.polygons == MaskSection::Polygons::absorber;
  const ClipOptics optics = clip_optics(recipe, g, absorber ? 1 - clear : clear, options.threads);
  WindowVerifier verifier(recipe, optics.model, window_pixels(g, optics.model.stacks.front()),
                          verify_rules(recipe, mask_dbu), backend);
  VerdictBuilder builder(recipe, window);
  builder.add(verifier.facts(shapes, {0, 0, window.width(), window.height()}), {window.x0, window.y0}, window);
  throw_if_stopped();

  record.begin_stage("write");
  LayoutVerdict verdict = builder.finish();
  verdict.cell = layout.cell;
  verdict.metrics.push_back({"seconds", record.seconds()});
  verdict.provenance = record.finish();
  write_verdict(directory, verdict);
  const std::string metrics = verdict_json(verdict);
  directory.write("metrics.json", metrics);
  record.write(directory);
  for (const Metric& one : verdict.metrics) {
    char line[128];
    std::snprintf(line, sizeof line, "%-24s %.10g", one.key.c_str(), one.value);
    console.print(line);
  }
  tell_verdict(verdict, console);
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(metrics);
  return verdict.pass() ? 0 : 1;
}

}  // namespace

int run_verify_layout(const Options& options, const Recipe& recipe, Console& console) {
  if (dry_run(options, recipe, console)) return 0;
  return recipe.optics.kernels.empty() ? verify_tiled(options, recipe, console)
                                       : verify_window(options, recipe, console);
}

}  // namespace anamorph::cli
