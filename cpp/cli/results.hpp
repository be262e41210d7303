// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/cli/app.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/io/clip_result.hpp"
#include "cpp/io/metrics_json.hpp"
#include "cpp/io/recipe.hpp"
#include "cpp/io/run_directory.hpp"
#include "masks/region_rules.hpp"

namespace anamorph::cli {

/// Peak memory of this process so far, in MB (1e6 bytes).
[[nodiscard]] double peak_memory_mb();

/// What `run.json` will say, collected while the run goes on: stages with time and memory, inputs with their hashes.
class RunRecord {
 public:
  RunRecord(const Options& options, const std::string& verb, const Recipe& recipe);
  /// Of a verb without a recipe.
  RunRecord(const Options& options, const std::string& verb);

  /// Ends the stage before it, if any.
  void begin_stage(const std::string& name);
  /// What follows until the next stage belongs to none: a clip of a batch waits for the others.
  void end_stage();
  /// A file, or a folder with all files below it.
  void add_input(const std::filesystem::path& path);
  void set_backend(const Backend& backend);
  [[nodiscard]] double seconds() const;  ///< since the record was made

  /// Ends the last stage; the same facts go into a report.
  [[nodiscard]] std::vector<Fact> finish();
  [[nodiscard]] const RunInfo& info() const noexcept { return info_; }
  /// The text of `run.json`, with the files that the directory has now.
  [[nodiscard]] std::string text(const RunDirectory& directory);
  /// `run.json`, with the files that the directory has now.
  void write(RunDirectory& directory);

 private:
  using Clock = std::chrono::steady_clock;

  RunInfo info_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point stage_start_ = start_;
  std::string stage_;
};

/// mask_width_violations, mask_space_violations, mask_area_violations: places where a mask of polygons breaks its rules.
[[nodiscard]] std::vector<Metric> rule_metrics(const RuleCounts& broken);
/// A warning of them.
[[nodiscard]] std::string broken_rules_text(const RuleCounts& broken);

/// The run directory that the options ask for, or the default one.
[[nodiscard]] RunDirectory open_run_directory(const Options& options, const std::string& verb, const std::string& stem);

/// `aerial.npy` (with the dose) and `resist.npy` (the smooth print, 1/2 on the contour) of all conditions, as float32
/// when `single`.
void write_images(RunDirectory& directory, const Recipe& recipe, const Clip& clip, const ImagingModel& model,
                  const Exposure& exposure, bool single);

/// netCDF-4 with the images of all conditions, mask and target, their coordinates and units.
void write_clip_fields(const std::filesystem::path& path, const Recipe& recipe, const Clip& clip,
                       const ImagingModel& model, const Exposure& exposure, const Bitmap& mask, bool single);

struct ContourErrors {
  double chord_nm = 0;    ///< largest distance of the polygons from the contours, measured, all rounding included
  double sagitta_nm = 0;  ///< estimated distance of the contours, polylines on a grid, from the curves behind them
};

/// Contours as GDSII, layer 1/0.
ContourErrors write_contours(const std::filesystem::path& path, const std::vector<Polygon>& contours, const Grid& grid,
                             const OutputSection& output);

/// All but mask.npy, which the caller has written: target, polygons, pictures, metrics, report and, last, run.json.
void write_clip(RunDirectory& directory, ClipResult& result, RunRecord& record, const OutputSection& output = {});

/// With --dry-run: prints the resolved recipe and returns true.
[[nodiscard]] bool dry_run(const Options& options, const Recipe& recipe, Console& console);

/// One warning for each limit that is exceeded.
void warn_of_rules(const ClipResult& result, const std::string& prefix, Console& console);

/// What was found, on the terminal or as JSON, and the exit code that belongs to it.
int conclude(const ClipResult& result, const RunDirectory& directory, Console& console);

}  // namespace anamorph::cli
