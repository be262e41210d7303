// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cpp/cli/clip.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/results.hpp"

namespace anamorph::cli {

/// Called with the finished fraction of the iterations and a word about them.
using FractionDone = std::function<void(double fraction, const std::string& note)>;

/// A clip on its way from the layout to its directory. `record` is made before the layout is read.
struct ClipJob {
  Recipe recipe;
  Clip clip;
  RunDirectory directory;
  RunRecord record;
  IltResult optimised;
  std::vector<Polygon> outlines;  ///< of the mask's shapes, where they are what was optimised
  std::optional<RuleCounts> broken;  ///< where they break the mask rules, if these were to be kept
  double seconds = 0;  ///< from reading the layout to the written mask; of a batch, its share
};

/// Optimises the masks of the jobs, whose windows have one size and whose recipes differ in the layout alone, together
/// and writes each as mask.npy. Throws Error{interrupted} before anything is written when a stop was requested.
/// The host prepares and writes them on `threads` threads.
void optimise(std::span<ClipJob> jobs, Backend& backend, const ClipOptics& optics, int threads,
              const FractionDone& progress);

/// The same by moving edges.
void correct(std::span<ClipJob> jobs, Backend& backend, const ClipOptics& optics, int threads,
             const FractionDone& progress);

/// Judges the mask of a job, in double precision on `threads` threads whatever it was optimised in, and writes
/// everything else into its directory; images if `with_images`.
[[nodiscard]] ClipResult finish(ClipJob& job, const std::string& verb, const ClipOptics& optics, int threads,
                                bool with_images);

using ClipSolver = std::function<void(std::span<ClipJob>, Backend&, const ClipOptics&, int threads, const FractionDone&)>;

/// The whole of a verb that makes the mask of one clip with `solve`, optimise or correct; `doing` is what it does, for
/// people. Returns the exit code.
int run_clip(const Options& options, const std::string& verb, const std::string& doing, const ClipSolver& solve,
             Console& console);

}  // namespace anamorph::cli
