// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/ilt.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>

#include "cpp/core/error.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/measure/metrics.hpp"
#include "cpp/optimize/lbfgs.hpp"
#include "cpp/optimize/level_set.hpp"
#include "cpp/optimize/objective.hpp"
#include "cpp/optimize/refine.hpp"
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

/// Weight of the check points of the EPE sites on the solver's grid: each stands for the edge between two sites, as deep
/// as the tolerance.
Image<double> epe_weights(const Bitmap& target, const Grid& grid, int factor, const EpeDistances& epe) {
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
  const EpeRule rule = epe.rule(grid.pixel_nm);
  const int reach = rule.tolerance_px;
  const auto wrapped = [](int i, int n) { return ((i % n) + n) % n; };
  for (const EpeSite& site : epe_sites(target, grid, rule)) {
    splat(wrapped(site.x - reach * site.nx, grid.nx), wrapped(site.y - reach * site.ny, grid.ny));
    splat(wrapped(site.x + reach * site.nx, grid.nx), wrapped(site.y + reach * site.ny, grid.ny));
  }
  return weight;
}

/// Share of each solver pixel that is farther than a site's spacing from the target: what prints there belongs to no
/// edge and is a printed assist feature.
Image<double> background(const Bitmap& target, const Grid& grid, int factor, const EpeDistances& epe) {
  const int reach = std::max(1, static_cast<int>(std::lround(epe.interval_nm / grid.pixel_nm)));
  Image<double> share = coarsen(dilate_disc(target, reach), factor);
  for (double& s : share) s = 1 - s;
  return share;
}

class Solver {
 public:
  Solver(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid, const Bitmap& target,
         const IltOptions& options, const IltProgress& progress)
      : backend_(backend),
        model_(model),
        resist_(resist),
        grid_(grid),
        target_(target),
        options_(options),
        progress_(progress) {}

  IltResult run() {
    for (const Stage& stage : stages()) {
      begin(stage);
      options_.optimizer == IltOptions::Optimizer::adam ? adam(stage) : lbfgs(stage);
      ++stage_;
    }
    result_.mask = refine_positive(objective_->blurred(control_), factor_);
    if (options_.rules) {
      result_.mask = repaired(result_.mask, grid_.pixel_nm, *options_.rules);
      keep_the_start_if_better();
    }
    return std::move(result_);
  }

 private:
  using View = MaskObjective::View;

  [[nodiscard]] bool level_set() const { return options_.parametrisation == IltOptions::Parametrisation::levelset; }

  [[nodiscard]] std::vector<Stage> stages() const {
    const int factor = static_cast<int>(std::lround(options_.grid_nm / grid_.pixel_nm));
    const bool divides = factor >= 1 && grid_.nx % factor == 0 && grid_.ny % factor == 0;
    if (!divides || std::abs(factor * grid_.pixel_nm - options_.grid_nm) > 1e-9 * options_.grid_nm)
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
  void keep_the_start_if_better() {
    const Bitmap start = repaired(resist_.bright ? target_ : complement(target_), grid_.pixel_nm, *options_.rules);
    Imager imager(backend_, model_, grid_, resist_.blur_nm);
    const auto score = [&](const Bitmap& mask) {
      const auto images = imager.images(mask);
      std::vector<Bitmap> band;
      for (const Condition& c : model_.conditions)
        if (c.band) band.push_back(printed(images[static_cast<std::size_t>(c.stack)], c.dose, resist_));
      const Condition& nominal = model_.conditions.front();
      const Bitmap print = printed(images[static_cast<std::size_t>(nominal.stack)], nominal.dose, resist_);
      return options_.weights.fidelity * static_cast<double>(l2_px(print, target_)) +
             options_.weights.pvband * static_cast<double>(pvband_px(band));
    };
    if (score(start) < score(result_.mask)) {
      result_.mask = start;
      result_.kept_start = true;
    }
  }

  void begin(const Stage& stage) {
    Image<double> control = objective_ ? refined_control(stage.factor) : starting_control(stage.factor);
    factor_ = stage.factor;
    Grid solver_grid = grid_;
    solver_grid.nx /= factor_;
    solver_grid.ny /= factor_;
    solver_grid.pixel_nm *= factor_;
    last_look_ = done_ - options_.schedule.rules_every;
    objective_ = std::make_unique<MaskObjective>(
        backend_, model_, resist_, solver_grid, level_set() ? 0 : options_.schedule.control_blur_nm,
        coarsen(target_, factor_), epe_weights(target_, grid_, factor_, options_.epe),
        background(target_, grid_, factor_, options_.epe));
    const Shape shape{1, solver_grid.ny, solver_grid.nx, 1};
    control_ = backend_.allocate(shape);
    gradient_ = backend_.allocate(shape);
    backend_.upload(control.span(), control_);
  }

  [[nodiscard]] Image<double> starting_control(int factor) const {
    Image<double> control = coarsen(target_, factor);
    std::mt19937 random(options_.seed);
    for (double& c : control) {
      const double open = resist_.bright ? c : 1 - c;
      const double noise =
          kPerturbation * (2.0 * static_cast<double>(random()) / static_cast<double>(std::mt19937::max()) - 1);
      c = kClosedControl + (kOpenControl - kClosedControl) * open + noise;
      if (level_set()) c = 4 * (open - 0.5);
    }
    return level_set() ? redistanced(control, 4 * kRedistanceSteps) : control;
  }

  [[nodiscard]] Image<double> refined_control(int factor) {
    Image<double> control(control_.shape().ny, control_.shape().nx);
    backend_.download(control_, control.span());
    const int ratio = factor_ / factor;
    if (ratio > 1) control = refine(control, ratio);
    if (level_set())
      for (double& c : control) c *= ratio;  // the distance is counted in pixels
    return control;
  }

  [[nodiscard]] double progress() const {
    return options_.iterations > 1 ? std::min(1.0, static_cast<double>(done_) / (options_.iterations - 1)) : 1;
  }

  /// 0 until the rules begin to act, 1 at the end.
  [[nodiscard]] double late_progress() const {
    const double from = options_.schedule.rules_from;
    return from < 1 ? std::max(0.0, (progress() - from) / (1 - from)) : 0;
  }

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
    if (options_.rules) v.pull = s.rules_pull * late_progress();
    return v;
  }

  /// Compares the mask with the nearest one that keeps the rules, on half the solver's pixel.
  void look_at_rules() {
    const int fine = std::min(2, factor_);
    const Bitmap mask = refine_positive(objective_->blurred(control_), fine);
    const Bitmap better = repaired_once(mask, objective_->grid().pixel_nm / fine, *options_.rules);
    Image<double> wish = coarsen(better, fine);
    const Image<double> present = coarsen(mask, fine);
    std::transform(wish.begin(), wish.end(), present.begin(), wish.begin(), std::minus<>());
    objective_->set_wish(wish);
  }

  void between_iterations() {
    if (level_set() && done_ - last_redistance_ >= kRedistanceEvery) {
      const Image<double> phi = redistanced(objective_->blurred(control_), kRedistanceSteps);
      backend_.upload(phi.span(), control_);
      last_redistance_ = done_;
    }
    if (view().pull > 0 && done_ - last_look_ >= options_.schedule.rules_every) {
      look_at_rules();
      last_look_ = done_;
    }
  }

  void record(const MaskObjective::Terms& terms, const View& view, double step) {
    ++done_;
    result_.history.push_back({done_, stage_, terms.loss(view), terms.fidelity, terms.pvband, terms.sites,
                               terms.background, terms.complexity, step});
    if (progress_ && !progress_(result_.history.back(), options_.iterations))
      throw Error(ErrorCode::interrupted, "ILT-0003", "stopped after iteration " + std::to_string(done_));
  }

  void adam(const Stage& stage) {
    Array first = backend_.allocate(control_.shape()), second = backend_.allocate(control_.shape());
    for (int i = 0; i < stage.iterations; ++i) {
      between_iterations();
      const View v = view();
      const MaskObjective::Terms terms = objective_->evaluate(control_, v, gradient_);
      AdamStep step{.rate = options_.schedule.rate.at(progress()),
                    .decay1 = 0.9,
                    .decay2 = 0.99,
                    .floor = 1e-12,
                    .iteration = i + 1};
      if (level_set()) step.rate *= 4;  // pixels
      backend_.adam(gradient_, step, first, second, control_);
      record(terms, v, step.rate);
    }
  }

  /// The problem hardens in steps, each of which is minimised as it stands.
  void lbfgs(const Stage& stage) {
    constexpr int kEvaluations = 20;
    Lbfgs solver(backend_, control_.shape());
    for (const int end = done_ + stage.iterations; done_ < end;) {
      between_iterations();
      const View v = view();
      MaskObjective::Terms terms;
      const int before = done_;
      const auto loss = [&](const Array& x, Array& gradient) {
        terms = objective_->evaluate(x, v, gradient);
        record(terms, v, 0);
        return terms.loss(v);
      };
      solver.minimise(loss, control_, std::min(kEvaluations, end - done_), options_.schedule.rate.at(0),
                      [&](double step) {
                        result_.history.back().step = step;
                        return true;
                      });
      if (done_ == before) break;
    }
  }

  Backend& backend_;
  const ImagingModel& model_;
  const ResistModel& resist_;
  const Grid& grid_;
  const Bitmap& target_;
  const IltOptions& options_;
  const IltProgress& progress_;

  std::unique_ptr<MaskObjective> objective_;
  Array control_, gradient_;
  int factor_ = 0, stage_ = 0, done_ = 0;
  int last_look_ = 0, last_redistance_ = 0;  ///< iterations
  IltResult result_;
};

}  // namespace

IltResult run_ilt(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
                  const Bitmap& target, const IltOptions& options, const IltProgress& progress) {
  return Solver(backend, model, resist, grid, target, options, progress).run();
}

}  // namespace anamorph
