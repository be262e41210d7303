// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/resist/resist.hpp"
#include "masks/rules.hpp"

// Inverse lithography: the mask whose print comes closest to a target over all process conditions.

namespace anamorph {

struct IltOptions {
  enum class Optimizer { adam, lbfgs };
  /// sigmoid: every pixel of the control grid is free, blurred by a Gaussian and passed through a logistic function
  /// that hardens over the run. levelset: the mask's edge moves; the level-set function stays a signed distance.
  enum class Parametrisation { sigmoid, levelset };
  /// Factors of the terms of the objective; see docs/theory/ilt.md.
  struct Weights {
    double fidelity = 1;    ///< squared difference of the nominal print and the target, nm^2
    double pvband = 1.2;    ///< squared width of the band between the extreme prints, nm^2
    double epe = 1;         ///< extra weight of the two check points of each EPE site
    double assist = 50;     ///< extra weight of the background at the end, where assist features must not print
    double complexity = 0;  ///< perimeter of the mask, nm
  };

  /// A quantity that changes geometrically from the first to the last iteration.
  struct Ramp {
    double first, last;
    [[nodiscard]] double at(double progress) const;
  };
  /// How the smooth problem hardens into the binary one. The defaults serve the 193 nm clips of the benchmarks and the
  /// sample patterns alike.
  struct Schedule {
    Ramp print_steepness{50, 300};  ///< of the resist's logistic, per unit of intensity
    Ramp mask_steepness{4, 32};     ///< of the mask's logistic, per unit of control
    Ramp rate{0.05, 0.03};          ///< step of Adam, units of control
    double control_blur_nm = 10;    ///< standard deviation of the blur of the control values
    double coarse_share = 0.3;      ///< share of the iterations on a grid of twice the pixel
    double rules_from = 0.5;        ///< progress at which the mask rules begin to act
    double rules_pull = 0.3;        ///< force towards a mask that keeps the rules, per nm^2, reached at the end
    int rules_every = 10;           ///< iterations between two looks at the rules
  };

  int iterations = 300;
  Optimizer optimizer = Optimizer::adam;
  Parametrisation parametrisation = Parametrisation::sigmoid;
  double grid_nm = 4;  ///< control and print grid of the fine stage
  Schedule schedule;
  Weights weights;
  EpeDistances epe;     ///< where the edges are looked at, and the scale of what belongs to an edge
  std::optional<MaskRules> rules = MaskRules{};  ///< absent: the mask is free of rules
  unsigned seed = 1;                             ///< of the small perturbation of the starting point
  int threads = 1;                               ///< of the host, which prepares the clips
};

/// One iteration; terms in nm^2 (complexity: nm), before their weights.
struct IltRecord {
  int iteration = 0;
  int stage = 0;
  double loss = 0;
  double fidelity = 0;
  double pvband = 0;
  double epe = 0;
  double assist = 0;
  double complexity = 0;
  double step = 0;  ///< rate (Adam) or step length (L-BFGS)
};

/// Called for every iteration, some of them at a time, with the mean over the clips that are optimised together;
/// returning false stops the run. `done` is the finished share of all clips; it falls back, and the iterations begin
/// again, when memory runs out and fewer clips are taken at a time.
using IltProgress = std::function<bool(const IltRecord& mean, double done)>;

struct IltResult {
  Bitmap mask;              ///< on the grid of the target, 1 = opening
  bool kept_start = false;  ///< the mask is the target itself, made to keep the rules: they cost more than was won
  int together = 1;         ///< clips that were optimised with it: fewer than given when memory ran out
  std::vector<IltRecord> history;
};

/// Optimises the masks of clips of the same size, together: as many at once as the memory of the backend holds (L-BFGS:
/// one by one). No clip influences another. `grid` spans one period of the optics; the targets are 1 where the pattern
/// shall stand (bright or dark, see ResistModel). With rules, width, space and area are enforced while optimising, and
/// the results pass measure_mask. Deterministic for a backend, a seed and a number of clips, whatever the number of
/// threads. Throws Error{recipe} for options that make no sense on this grid, Error{interrupted} when stopped by
/// `progress`, and Error{resource} when not even one clip fits.
[[nodiscard]] std::vector<IltResult> run_ilt(Backend& backend, const ImagingModel& model, const ResistModel& resist,
                                             const Grid& grid, std::span<const Bitmap> targets,
                                             const IltOptions& options, const IltProgress& progress = {});

}  // namespace anamorph
