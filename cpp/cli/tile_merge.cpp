// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/cli/tile.hpp"
#include "cpp/io/atomic_file.hpp"
#include "cpp/tile/merge.hpp"
#include "masks/layer_names.hpp"

namespace anamorph::cli {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Done {
  std::vector<std::string> keys;  ///< of the results, by tile
  std::size_t made = 0;           ///< different ones
  double cpu_seconds = 0;
};

/// Throws Error{incomplete} unless all tiles are done.
Done all_done(const TileStore& store) {
  Done done;
  std::vector<int> missing;
  for (int i = 0; i < store.plan().grid.count(); ++i) {
    const TileStore::Record record = store.look(i);
    if (record.state != TileStore::State::done) missing.push_back(i);
    done.keys.push_back(record.key);
    done.cpu_seconds += record.cpu_seconds;
    if (!record.reused) ++done.made;
  }
  if (missing.empty()) return done;
  std::string list = tiles_text(missing);
  if (list.size() > 200) list = list.substr(0, list.rfind(',', 200)) + ",...";
  throw Error(ErrorCode::incomplete, "TIL-0020",
              std::to_string(missing.size()) + " of " + std::to_string(store.plan().grid.count()) +
                  " tiles are missing (" + list + "); `anamorph tile run` makes them",
              {store.directory().string()});
}

/// The merged layout, streamed into its file.
MergeResult write_layout(const TileStore& store, const Done& done, RunDirectory& directory, const std::string& format,
                         const MergeOptions& options) {
  AtomicFile file(directory.add("mask." + format));
  const ByteSink sink = [&](std::string_view bytes) { file.write(bytes); };
  const std::unique_ptr<LayoutWriter> writer =
      format == "gds" ? write_gdsii(sink, store.plan().dbu_nm) : write_oasis(sink, store.plan().dbu_nm);
  // A layer that came out empty is no misspelt one to those who read the file.
  const auto number = [](std::size_t layer) { return LayerNumber{static_cast<std::uint32_t>(layer + 1), 0}; };
  Properties layers;
  for (std::size_t i = 0; i < store.plan().outputs.size(); ++i)
    layers.push_back(layer_property(number(i), store.plan().outputs[i]));
  writer->begin_cell("MASK", layers);
  const MergeResult merged = merge_tiles(
      store, done.keys, [&](std::size_t layer, const DbuPolygon& p) { writer->polygon(number(layer), p, {}, {}); },
      options);
  writer->end_cell();
  writer->finish();
  file.commit();
  return merged;
}

void add_seams(const TilePlan& plan, const SeamSummary& seams, TileMerge& merge) {
  merge.metrics.push_back({"seams", static_cast<double>(seams.seams)});
  merge.metrics.push_back({"seam_error_nm", seams.error_max_nm});
  merge.metrics.push_back({"seam_error_mean_nm", seams.error_mean_nm});
  merge.metrics.push_back({"seam_difference_nm2", seams.area_nm2});
  if (plan.seam_limit_nm <= 0) return;
  merge.metrics.push_back({"seams_over_limit", static_cast<double>(seams.over.size())});
  merge.kinds.push_back(
      {"seam", "the edges that two tiles make of their common part differ by more than tile.seam_limit_nm"});
  for (const SeamFinding& s : seams.over) {
    const auto nm = [&](std::int64_t dbu) { return static_cast<double>(dbu) * plan.dbu_nm; };
    merge.markers.push_back({"seam",
                             s.layer + ": tiles " + std::to_string(s.tile) + " and " + std::to_string(s.neighbour),
                             {nm(s.where.x0), nm(s.where.y0)},
                             {nm(s.where.x1), nm(s.where.y1)},
                             s.error_nm});
  }
}

/// What killed workers left half-written.
void remove_leftovers(const fs::path& directory) {
  for (const char* folder : {"", "tiles", "results"})
    for (const auto& entry : fs::directory_iterator(directory / folder)) {
      const std::string name = entry.path().filename().string();
      std::error_code ignored;
      if (name.starts_with(".") && name.find(".partial-") != std::string::npos) fs::remove(entry.path(), ignored);
    }
}

std::string metrics_text(const std::vector<Metric>& metrics) {
  Json all = Json::object();
  for (const Metric& m : metrics) all[m.key] = std::isfinite(m.value) ? Json(m.value) : Json();
  return all.dump(2) + "\n";
}

}  // namespace

int run_tile_merge(const Options& options, const TileChoice& choice, Console& console) {
  const TilePlan plan = read_plan(choice.directory);
  RunRecord record(options, "tile merge", recipe_of(plan, choice.directory));
  record.add_input(choice.directory / "plan.json");
  for (const TileSource& source : plan.sources) record.add_input(source.file);
  return conclude_tiles(options, choice, console, record);
}

int conclude_tiles(const Options& options, const TileChoice& choice, Console& console, RunRecord& record) {
  const TilePlan plan = read_plan(choice.directory);
  const TileKind& kind = tile_kind(plan.job);
  const Recipe recipe = recipe_of(plan, choice.directory);
  const TileStore store(choice.directory, plan);
  const Done done = all_done(store);
  RunDirectory directory(choice.directory, true);
  TileMerge merge{plan,
                  recipe,
                  [&](const auto& tell) {
                    for (int i = 0; i < plan.grid.count(); ++i)
                      tell(plan.grid.tile(i), store.facts(done.keys[static_cast<std::size_t>(i)]));
                  },
                  directory,
                  console,
                  {},
                  {},
                  {},
                  {},
                  {}};
  const double um2 = static_cast<double>(plan.grid.area.width()) * static_cast<double>(plan.grid.area.height()) *
                     plan.dbu_nm * plan.dbu_nm * 1e-6;
  merge.metrics = {{"tiles", static_cast<double>(plan.grid.count())},
                   {"tiles_made", static_cast<double>(done.made)},
                   {"area_um2", um2},
                   {"cpu_seconds", done.cpu_seconds},
                   {"cpu_seconds_per_um2", done.cpu_seconds / um2}};
  bool over = false;
  RuleCounts broken;
  if (!plan.outputs.empty()) {
    record.begin_stage("merge");
    Progress progress(console, "merge", plan.grid.ny);
    MergeOptions how;
    how.threads = options.threads;
    how.stop = stop_requested;
    if (kind.rules) how.rules = kind.rules(recipe);
    how.progress = [&](int rows) { progress.update(rows); };
    const MergeResult merged = write_layout(store, done, directory, choice.format, how);
    for (const MergedLayer& layer : merged.layers) {
      merge.metrics.push_back({layer.name + "_polygons", static_cast<double>(layer.polygons)});
      merge.metrics.push_back({layer.name + "_area_nm2", layer.area_nm2});
    }
    if (how.rules) {
      broken = merged.violations;
      for (const Metric& m : rule_metrics(broken)) merge.metrics.push_back(m);
    }
    add_seams(plan, merged.seams, merge);
    over = !merged.seams.over.empty();
  }
  merge.provenance = record.finish();
  if (record.info().verb != "tile merge")
    merge.metrics.push_back({"seconds", record.seconds()});  // not of a step alone
  record.begin_stage("conclude");
  const int code = kind.conclude(merge);
  if (!merge.kinds.empty()) {
    directory.write("markers.lyrdb", markers_lyrdb("MASK", "anamorph tile " + plan.job, merge.kinds, merge.markers));
    directory.write("markers.csv", markers_csv(merge.markers));
  }
  if (merge.metrics_json.empty()) merge.metrics_json = metrics_text(merge.metrics);
  directory.write("metrics.json", merge.metrics_json);
  (void)record.finish();
  record.write(directory);
  remove_leftovers(choice.directory);
  for (const Metric& m : merge.metrics) {
    char line[128];
    std::snprintf(line, sizeof line, "%-24s %.10g", m.key.c_str(), m.value);
    console.print(line);
  }
  if (over)
    console.warn("TIL-0021",
                 "seams differ by more than tile.seam_limit_nm: see " + (choice.directory / "markers.lyrdb").string());
  if (broken.all() > 0) console.warn("TIL-0026", broken_rules_text(broken));
  if (console.json()) console.document(merge.metrics_json);
  return code != 0 ? code : over ? 1 : 0;
}

}  // namespace anamorph::cli
