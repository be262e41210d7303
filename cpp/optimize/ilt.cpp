// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/ilt.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>

#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/optimize/coarsen.hpp"
#include "cpp/optimize/lbfgs.hpp"
#include "cpp/optimize/level_set.hpp"
#include "cpp/optimize/objective.hpp"
#include "cpp/optimize/print_score.hpp"
#include "masks/morphology.hpp"
#include "masks/repair.hpp"

namespace anamorph {

double IltOptions::Ramp::at(double progress) const { return first * std::pow(last / first, progress); }

namespace {

constexpr double kOpenControl = 1;        // starting control where the mask is to open ...
constexpr double kClosedControl = -0.2;   // ... and elsewhere: grey, so that assist features can emerge
constexpr double kPerturbation = 0.01;    // of the starting control, from the seed
constexpr double kLevelSetSteepness = 2;  // per pixel: the edge is two pixels soft
constexpr int kRedistanceEvery = 10;      // iterations
constexpr int kRedistanceSteps = 12;

/// One grid of the coarse-to-fine run.
struct Stage {
  int factor;  ///< pixels of the target per solver pixel
  int iterations;
};

/// What the host finds out about a clip, once.
struct Drawn {
  std::vector<EpeSite> sites;
  Bitmap near;  ///< within a site's spacing of the target
};

Drawn look_at(const Bitmap& target, const Grid& grid, const EpeDistances& epe) {
  const int reach = std::max(1, static_cast<int>(std::lround(epe.interval_nm / grid.pixel_nm)));
  return {epe_sites(target, grid, epe.rule(grid.pixel_nm)), dilate_disc(target, reach)};
}

/// Weight of the check points of the EPE sites on the solver's grid: each stands for the edge between two sites, as deep
/// as the tolerance.
Image<double> epe_weights(const Drawn& drawn, const Grid& grid, int factor, const EpeDistances& epe) {
  Image<double> weight(grid.ny / factor, grid.nx / factor);
  const double share = epe.interval_nm * epe.tolerance_nm / (grid.pixel_nm * grid.pixel_nm * factor * factor);
  const auto splat = [&](int x, int y) {  // bilinear
    const double fx = (x + 0.5) / factor - 0.5, fy = (y + 0.5) / factor - 0.5;
    const int x0 = static_cast<int>(std::floor(fx)), y0 = static_cast<int>(std::floor(fy));
    for (const int dy : {0, 1})
      for (const int dx : {0, 1}) {
        const double part = (dx == 0 ? 1 - (fx - x0) : fx - x0) * (dy == 0 ? 1 - (fy - y0) : fy - y0);
        weight((y0 + dy + weight.ny()) % weight.ny(), (x0 + dx + weight.nx()) % weight.nx()) += share * part;
      }
  };
  const int reach = epe.rule(grid.pixel_nm).tolerance_px;
  const auto wrapped = [](int i, int n) { return ((i % n) + n) % n; };
  for (const EpeSite& site : drawn.sites) {
    splat(wrapped(site.x - reach * site.nx, grid.nx), wrapped(site.y - reach * site.ny, grid.ny));
    splat(wrapped(site.x + reach * site.nx, grid.nx), wrapped(site.y + reach * site.ny, grid.ny));
  }
  return weight;
}

/// Share of each solver pixel that is farther than a site's spacing from the target: what prints there belongs to no
/// edge and is a printed assist feature.
Image<double> background(const Drawn& drawn, int factor) {
  Image<double> share = coarsen(drawn.near, factor);
  for (double& s : share) s = 1 - s;
  return share;
}

/// The clips that are optimised together, and all that changes with the iterations.
class Solver {
 public:
  Solver(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
         std::span<const Bitmap> targets, const IltOptions& options, std::function<bool(const IltRecord&)> progress)
      : backend_(backend),
        model_(model),
        resist_(resist),
        grid_(grid),
        targets_(targets),
        options_(options),
        progress_(std::move(progress)),
        drawn_(targets.size()),
        results_(targets.size()) {
    for_clips([&](std::size_t i) { drawn_[i] = look_at(targets[i], grid, options.epe); });
  }

  std::vector<IltResult> run() {
    for (const Stage& stage : stages()) {
      begin(stage);
      options_.optimizer == IltOptions::Optimizer::adam ? adam(stage) : lbfgs(stage);
      ++stage_;
    }
    Morphology& bits = backend_.morphology();
    Bitmaps masks = bits.positive(objective_->blurred(control_), factor_);
    if (options_.rules) {
      masks = repaired(bits, masks, grid_.pixel_nm, *options_.rules);
      keep_starts_that_are_better(masks);
    }
    for (std::size_t i = 0; i < results_.size(); ++i) results_[i].mask = bits.download(masks, static_cast<int>(i));
    return std::move(results_);
  }

 private:
  using View = MaskObjective::View;

  /// body(i) for every clip, on the host.
  template <typename Body>
  void for_clips(const Body& body) const {
    parallel_for(static_cast<int>(targets_.size()), options_.threads, [&](int i) { body(static_cast<std::size_t>(i)); });
  }

  [[nodiscard]] bool level_set() const { return options_.parametrisation == IltOptions::Parametrisation::levelset; }

  [[nodiscard]] std::vector<Stage> stages() const {
    const int factor = static_cast<int>(std::lround(options_.grid_nm / grid_.pixel_nm));
    if (factor < 1 || grid_.nx % factor != 0 || grid_.ny % factor != 0 ||
        std::abs(factor * grid_.pixel_nm - options_.grid_nm) > 1e-9 * options_.grid_nm)
      throw Error(ErrorCode::recipe, "ILT-0001",
                  "ilt.grid_nm = " + std::to_string(options_.grid_nm) + " does not divide the window of " +
                      std::to_string(grid_.nx) + " x " + std::to_string(grid_.ny) + " pixels of " +
                      std::to_string(grid_.pixel_nm) + " nm");
    if (options_.iterations < 1) throw Error(ErrorCode::recipe, "ILT-0002", "ilt.iterations must be at least 1");
    if (!suits(factor))
      throw Error(
          ErrorCode::recipe, "ILT-0004",
          "ilt.grid_nm = " + std::to_string(options_.grid_nm) +
              " is too coarse for these optics, or the blurs of control and perimeter too wide, on a window of " +
              std::to_string(grid_.width_nm()) + " x " + std::to_string(grid_.height_nm()) + " nm");
    const int first =
        suits(2 * factor) ? static_cast<int>(std::lround(options_.schedule.coarse_share * options_.iterations)) : 0;
    std::vector<Stage> stages;
    if (first > 0) stages.push_back({2 * factor, first});
    if (first < options_.iterations) stages.push_back({factor, options_.iterations - first});
    return stages;
  }

  /// Whether the window divides into such pixels, they hold the optics' band, and the blurs fit the window.
  [[nodiscard]] bool suits(int factor) const {
    if (grid_.nx % factor != 0 || grid_.ny % factor != 0) return false;
    const int nx = grid_.nx / factor, ny = grid_.ny / factor;
    const CoherentStack& stack = model_.stacks.front();
    const double widest = std::max(options_.schedule.control_blur_nm / (grid_.pixel_nm * factor), kPerimeterSigmaPx);
    return nx >= stack.bins_x() && ny >= stack.bins_y() && std::min(nx, ny) > 4.5 * widest + 2;
  }

  /// Rules that are wide for these optics can cost more than the optimisation has won.
  void keep_starts_that_are_better(Bitmaps& masks) {
    Morphology& bits = backend_.morphology();
    std::vector<Bitmap> drawn(targets_.begin(), targets_.end());
    const Bitmaps targets = bits.upload(drawn);
    if (!resist_.bright) std::transform(drawn.begin(), drawn.end(), drawn.begin(), complement);
    const Bitmaps starts = repaired(bits, bits.upload(drawn), grid_.pixel_nm, *options_.rules);
    PrintScore score(backend_, model_, resist_, grid_);
    for (int i = 0; i < static_cast<int>(results_.size()); ++i) {
      const auto cost = [&](const Bitmaps& mask) {
        const PrintLossTerms areas = score.areas(mask, targets, i);
        return options_.weights.fidelity * areas.fidelity + options_.weights.pvband * areas.pvband;
      };
      if (cost(starts) < cost(masks)) {
        bits.copy_entry(starts, i, masks, i);
        results_[static_cast<std::size_t>(i)].kept_start = true;
      }
    }
  }

  void begin(const Stage& stage) {
    Array control = objective_ ? refined_control(stage.factor) : starting_control(stage.factor);
    factor_ = stage.factor;
    Grid solver_grid = grid_;
    solver_grid.nx /= factor_;
    solver_grid.ny /= factor_;
    solver_grid.pixel_nm *= factor_;
    last_look_ = done_ - options_.schedule.rules_every;
    std::vector<Pattern> patterns(targets_.size());
    for_clips([&](std::size_t i) {
      patterns[i] = {coarsen(targets_[i], factor_), epe_weights(drawn_[i], grid_, factor_, options_.epe),
                     background(drawn_[i], factor_)};
    });
    objective_.reset();  // the memory of both at a time would make batches smaller
    objective_ = std::make_unique<MaskObjective>(backend_, model_, resist_, solver_grid,
                                                 level_set() ? 0 : options_.schedule.control_blur_nm, patterns);
    control_ = std::move(control);
    gradient_ = backend_.allocate(control_.shape());
  }

  [[nodiscard]] Array starting_control(int factor) {
    const Shape shape{static_cast<int>(targets_.size()), grid_.ny / factor, grid_.nx / factor, 1};
    std::vector<double> all(shape.size());
    for_clips([&](std::size_t i) {
      Image<double> control = coarsen(targets_[i], factor);
      std::mt19937 random(options_.seed);
      for (double& c : control) {
        const double open = resist_.bright ? c : 1 - c;
        const double noise =
            kPerturbation * (2.0 * static_cast<double>(random()) / static_cast<double>(std::mt19937::max()) - 1);
        c = kClosedControl + (kOpenControl - kClosedControl) * open + noise;
        if (level_set()) c = 4 * (open - 0.5);
      }
      if (level_set()) control = redistanced(control, 4 * kRedistanceSteps);
      std::copy(control.begin(), control.end(), all.begin() + static_cast<std::ptrdiff_t>(i * control.size()));
    });
    Array array = backend_.allocate(shape);
    backend_.upload(all, array);
    return array;
  }

  [[nodiscard]] Array refined_control(int factor) {
    const int ratio = factor_ / factor;
    const Shape& coarse = control_.shape();
    Array fine = backend_.allocate({coarse.batch, coarse.ny * ratio, coarse.nx * ratio, 1});
    backend_.refine(control_, ratio, fine);
    if (level_set()) backend_.axpby(ratio, fine, 0, fine);  // the distance is counted in pixels
    return fine;
  }

  [[nodiscard]] double progress() const {
    return options_.iterations > 1 ? std::min(1.0, static_cast<double>(done_) / (options_.iterations - 1)) : 1;
  }

  /// 0 until the rules begin to act, 1 at the end.
  [[nodiscard]] double late_progress() const {
    const double from = options_.schedule.rules_from;
    return from < 1 ? std::max(0.0, (progress() - from) / (1 - from)) : 0;
  }

  /// How hard the rules pull now.
  [[nodiscard]] double pull() const { return options_.rules ? options_.schedule.rules_pull * late_progress() : 0; }

  [[nodiscard]] View view() const {
    const IltOptions::Schedule& s = options_.schedule;
    const double u = progress();
    View v;
    v.print_steepness = s.print_steepness.at(u);
    v.mask_steepness = level_set() ? kLevelSetSteepness : s.mask_steepness.at(u);
    v.fidelity = options_.weights.fidelity;
    v.pvband = options_.weights.pvband;
    v.sites = options_.weights.epe;
    v.background = options_.weights.assist * late_progress();
    v.complexity = options_.weights.complexity;
    v.pull = pull();
    return v;
  }

  /// Compares the masks with the nearest ones that keep the rules, on half the solver's pixel.
  void look_at_rules() {
    const int fine = std::min(2, factor_);
    Morphology& bits = backend_.morphology();
    const Bitmaps masks = bits.positive(objective_->blurred(control_), fine);
    const Bitmaps better = repaired_once(bits, masks, objective_->grid().pixel_nm / fine, *options_.rules);
    bits.coverage(1, better, fine, 0, objective_->wish());
    bits.coverage(-1, masks, fine, 1, objective_->wish());
  }

  /// A rare way to optimise: the distance is restored on the host.
  void redistance() {
    const Array& psi = objective_->blurred(control_);
    std::vector<double> all(psi.shape().size());
    backend_.download(psi, all);
    const std::size_t pixels = all.size() / targets_.size();
    for_clips([&](std::size_t i) {
      Image<double> phi(psi.shape().ny, psi.shape().nx);
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(i * pixels);
      std::copy_n(first, pixels, phi.begin());
      phi = redistanced(phi, kRedistanceSteps);
      std::copy(phi.begin(), phi.end(), first);
    });
    backend_.upload(all, control_);
  }

  void between_iterations() {
    if (level_set() && done_ - last_redistance_ >= kRedistanceEvery) {
      redistance();
      last_redistance_ = done_;
    }
    if (pull() > 0 && done_ - last_look_ >= options_.schedule.rules_every) {
      look_at_rules();
      last_look_ = done_;
    }
  }

  /// Takes note of the last iterations, one row of the objective's terms each.
  struct Seen {
    View view;
    double step;
  };
  void record(std::span<const Seen> seen) {
    const auto terms = objective_->terms(static_cast<int>(seen.size()));
    for (std::size_t row = 0; row < seen.size(); ++row) {
      ++recorded_;
      IltRecord mean{.iteration = recorded_, .stage = stage_, .step = seen[row].step};
      const double share = 1.0 / static_cast<double>(terms[row].size());
      for (std::size_t i = 0; i < terms[row].size(); ++i) {
        const MaskObjective::Terms& t = terms[row][i];
        results_[i].history.push_back({recorded_, stage_, t.loss(seen[row].view), t.fidelity, t.pvband, t.sites,
                                       t.background, t.complexity, seen[row].step});
        const IltRecord& own = results_[i].history.back();
        for (double IltRecord::*number : {&IltRecord::loss, &IltRecord::fidelity, &IltRecord::pvband, &IltRecord::epe,
                                          &IltRecord::assist, &IltRecord::complexity})
          mean.*number += share * own.*number;
      }
      if (progress_ && !progress_(mean))
        throw Error(ErrorCode::interrupted, "ILT-0003", "stopped after iteration " + std::to_string(recorded_));
    }
  }

  /// The terms of the loss come to the host every few iterations only: a device goes on meanwhile.
  void adam(const Stage& stage) {
    Array first = backend_.allocate(control_.shape()), second = backend_.allocate(control_.shape());
    std::unique_ptr<Recording> without_pull, with_pull;  // two sequences of verbs
    std::vector<Seen> seen;
    for (int i = 0; i < stage.iterations; ++i, ++done_) {
      between_iterations();
      AdamStep step{.rate = options_.schedule.rate.at(progress()),
                    .decay1 = 0.9,
                    .decay2 = 0.99,
                    .floor = 1e-12,
                    .iteration = i + 1};
      if (level_set()) step.rate *= 4;  // pixels
      const View v = view();
      backend_.repeat(v.pull > 0 ? with_pull : without_pull, [&] {
        objective_->evaluate(control_, v, gradient_, static_cast<int>(seen.size()));
        backend_.adam(gradient_, step, first, second, control_);
      });
      seen.push_back({v, step.rate});
      if (static_cast<int>(seen.size()) == MaskObjective::kRows || i + 1 == stage.iterations) {
        record(seen);
        seen.clear();
      }
    }
  }

  /// The problem hardens in steps, each of which is minimised as it stands.
  void lbfgs(const Stage& stage) {
    constexpr int kEvaluations = 20;
    Lbfgs solver(backend_, control_.shape());
    for (const int end = done_ + stage.iterations; done_ < end;) {
      between_iterations();
      const View v = view();
      const auto loss = [&](const Array& x, Array& gradient) {
        objective_->evaluate(x, v, gradient);
        const Seen seen{v, 0};
        record({&seen, 1});
        ++done_;
        return results_.front().history.back().loss;
      };
      solver.minimise(loss, control_, std::min(kEvaluations, end - done_), options_.schedule.rate.at(0),
                      [&](double step) {
                        results_.front().history.back().step = step;
                        return true;
                      });
    }
  }

  Backend& backend_;
  const ImagingModel& model_;
  const ResistModel& resist_;
  const Grid& grid_;
  std::span<const Bitmap> targets_;
  const IltOptions& options_;
  std::function<bool(const IltRecord&)> progress_;

  std::vector<Drawn> drawn_;
  std::unique_ptr<MaskObjective> objective_;
  Array control_, gradient_;
  int factor_ = 0, stage_ = 0;
  int done_ = 0, recorded_ = 0;              ///< iterations
  int last_look_ = 0, last_redistance_ = 0;  ///< iterations
  std::vector<IltResult> results_;
};

}  // namespace

std::vector<IltResult> run_ilt(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
                               std::span<const Bitmap> targets, const IltOptions& options,
                               const IltProgress& progress) {
  // A line search is that of one clip.
  std::size_t at_once = options.optimizer == IltOptions::Optimizer::lbfgs ? 1 : targets.size();
  std::vector<IltResult> results;
  while (results.size() < targets.size()) {
    const std::size_t count = std::min(at_once, targets.size() - results.size());
    const auto on_iteration = [&](const IltRecord& mean) {
      const double part = static_cast<double>(mean.iteration) / options.iterations * static_cast<double>(count);
      return !progress || progress(mean, (static_cast<double>(results.size()) + part) / static_cast<double>(targets.size()));
    };
    try {
      Solver solver(backend, model, resist, grid, targets.subspan(results.size(), count), options, on_iteration);
      for (IltResult& result : solver.run()) {
        result.together = static_cast<int>(count);
        results.push_back(std::move(result));
      }
    } catch (const Error& error) {
      if (error.id() != kOutOfDeviceMemory || count == 1) throw;
      at_once = (count + 1) / 2;  // nothing of these clips is kept
    }
  }
  return results;
}

}  // namespace anamorph
