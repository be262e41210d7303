// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/opc.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <memory>
#include <string>

#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/optimize/assist.hpp"
#include "cpp/optimize/edge_feedback.hpp"
#include "cpp/optimize/edge_objective.hpp"
#include "cpp/optimize/opc_work.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "masks/sizing.hpp"

namespace anamorph {
namespace {

/// Weight of the check points of the EPE sites on the print grid: each stands for the edge between two sites, as deep
/// as the tolerance.
Image<double> site_weights(const std::vector<EdgeSite>& sites, const Grid& grid, const EpeDistances& epe) {
  Image<double> weight(grid.ny, grid.nx);
  const double share = epe.interval_nm * epe.tolerance_nm / (grid.pixel_nm * grid.pixel_nm);
  const auto wrapped = [](int i, int n) { return ((i % n) + n) % n; };
  for (const EdgeSite& site : sites)
    for (const double side : {-1.0, 1.0}) {  // bilinear
      const double fx = (site.at.x + side * epe.tolerance_nm * site.normal.x - grid.x0_nm) / grid.pixel_nm - 0.5;
      const double fy = (site.at.y + side * epe.tolerance_nm * site.normal.y - grid.y0_nm) / grid.pixel_nm - 0.5;
      const int x0 = static_cast<int>(std::floor(fx)), y0 = static_cast<int>(std::floor(fy));
      for (const int dy : {0, 1})
        for (const int dx : {0, 1}) {
          const double part = (dx == 0 ? 1 - (fx - x0) : fx - x0) * (dy == 0 ? 1 - (fy - y0) : fy - y0);
          weight(wrapped(y0 + dy, grid.ny), wrapped(x0 + dx, grid.nx)) += share * part;
        }
    }
  return weight;
}

/// Square pixels of at most `most_nm`, as many as fill the window.
Grid print_grid(const Box& window, double most_nm) {
  const int least = std::max(1, static_cast<int>(std::ceil(window.width() / most_nm * (1 - 1e-9))));
  for (int nx = least; nx <= 4 * least; ++nx) {
    const double pixel = window.width() / nx, ny = window.height() / pixel;
    if (std::abs(ny - std::round(ny)) < 1e-9 * ny)
      return {window.x0, window.y0, nx, static_cast<int>(std::lround(ny)), pixel};
  }
  throw Error(ErrorCode::recipe, "OPC-0002",
              "no square pixels near opc.print_grid_nm = " + std::to_string(most_nm) + " fill a window of " +
                  std::to_string(window.width()) + " x " + std::to_string(window.height()) + " nm");
}

/// Share of each pixel that is farther than `reach_nm` from the target: what prints there belongs to no edge.
Image<double> background(const std::vector<Polygon>& target, const Box& window, const Grid& grid, double reach_nm) {
  Image<double> share = rasterise(merge(sized(target, window, reach_nm)), grid);
  for (double& s : share) s = 1 - s;
  return share;
}

/// The part of the shapes inside the window.
std::vector<Polygon> inside(const std::vector<Polygon>& shapes, const Box& window) {
  const Box box = bounding_box(shapes);
  if (box.x0 >= window.x0 && box.y0 >= window.y0 && box.x1 <= window.x1 && box.y1 <= window.y1) return shapes;
  constexpr double dbu_nm = 1e-3;
  const Polygon frame{{window.x0, window.y0}, {window.x1, window.y0}, {window.x1, window.y1}, {window.x0, window.y1}};
  return polygons_nm(region_of(shapes, dbu_nm) & region_of({frame}, dbu_nm), dbu_nm);
}

class Correction {
 public:
  Correction(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Box& window,
             std::span<const OpcClip> clips, const OpcOptions& options, const IltProgress& progress)
      : backend_(backend),
        model_(model),
        resist_(resist),
        options_(options),
        window_(window),
        progress_(progress),
        work_(clips.size()),
        results_(clips.size()) {
    const Grid grid = print_grid(window, options.print_grid_nm);
    std::vector<Pattern> patterns(clips.size());
    parallel_for(static_cast<int>(clips.size()), options.threads, [&](int i) {
      const auto c = static_cast<std::size_t>(i);
      const std::vector<Polygon> target = inside(clips[c].target, window);
      work_[c] = std::make_unique<OpcWork>(target, window, options);
      if (options.iterations > 0)
        patterns[c] = {rasterise(target, grid), site_weights(work_[c]->sites(), grid, options.epe),
                       background(target, window, grid, options.epe.interval_nm)};
    });
    if (options.iterations > 0 || options.feedback > 0)
      placement_ = std::make_unique<PlacementError>(backend, model, resist, window, kSearch, options.threads);
    fixed_.resize(work_.size());
    for (std::size_t c = 0; c < work_.size(); ++c)
      if (const auto slants = work_[c]->fragments().slants(); !slants.empty())
        fixed_[c] = polygon_spectrum(slants, window_, model_.stacks.front().extent_x, model_.stacks.front().extent_y);
    if (options.iterations == 0) return;
    objective_ = std::make_unique<EdgeObjective>(backend, model, resist, grid, patterns, options.threads);
    for (std::size_t c = 0; c < work_.size(); ++c)
      objective_->add_fixed(static_cast<int>(c), work_[c]->fragments().slants());
  }

  std::vector<OpcResult> run() {
    const auto share = [&](double part) { return static_cast<int>(part * options_.iterations); };
    if (options_.assist.place == AssistOptions::Place::rule)
      for (auto& w : work_) w->set_assists(rule_bars(w->fragments(), w->displacement(), window_, options_));
    for (int i = 0; i < options_.iterations; ++i) {
      if (options_.assist.place == AssistOptions::Place::model && i == share(kPlaceAt)) place_assists(i);
      if (options_.assist.place != AssistOptions::Place::none && i == share(kPruneAt)) prune_assists(i);
      if (i == share(kTieAt)) tie();
      if (i >= share(kPlaceAt) && i % std::max(1, share(kLookEvery)) == 0)
        for (std::size_t c = 0; c < work_.size(); ++c) work_[c]->make_print(errors(c), options_.epe.tolerance_nm);
      iterate(i);
    }
    feed_back();
    if (options_.iterations == 0 && options_.feedback == 0) tie();
    for (auto& w : work_) {
      w->quantise();
      w->drop_small_assists();
    }
    if (objective_) {
      drop_printing_assists();
      for (int round = 0; round < kMostRounds && revive(); ++round) drop_printing_assists();
    }
    for (std::size_t c = 0; c < work_.size(); ++c) {
      OpcResult& r = results_[c];
      work_[c]->quantise();
      r.violations = work_[c]->retreat();
      r.main = work_[c]->main_shapes();
      for (const Box& b : work_[c]->assists())
        r.assist.push_back({{b.x0, b.y0}, {b.x1, b.y0}, {b.x1, b.y1}, {b.x0, b.y1}});
      r.displacement = work_[c]->displacement();
      r.fragments = work_[c]->fragments();
    }
    return std::move(results_);
  }

 private:
  // Shares of the iterations: the shapes first, so that the gradient tells what they lack; then the bars that do not
  // help go, and small jogs, early enough for the rest to adapt.
  static constexpr double kPlaceAt = 0.2, kPruneAt = 0.6, kTieAt = 0.75;
  // How often what does not print is looked for. The loss alone can leave it so: a contact that hardly prints has the
  // widest PV band, and so the gradient of the band keeps it from printing.
  static constexpr double kLookEvery = 0.025;
  static constexpr int kMostRounds = 8;  // of bars that go and shapes that take their place

  [[nodiscard]] double progress_at(int i) const {
    return options_.iterations > 1 ? static_cast<double>(i) / (options_.iterations - 1) : 1;
  }

  [[nodiscard]] EdgeObjective::View view(int i) const {
    const double late = std::max(0.0, 2 * progress_at(i) - 1);
    return {.steepness = options_.print_steepness.at(progress_at(i)),
            .fidelity = options_.weights.fidelity,
            .pvband = options_.weights.pvband,
            .sites = options_.weights.epe,
            .background = options_.weights.assist * late};
  }

  std::vector<EdgeObjective::Terms> evaluate(const EdgeObjective::View& v, std::vector<std::vector<double>>& gradient) {
    std::vector<std::vector<EdgePiece>> pieces;
    for (const auto& w : work_) pieces.push_back(w->pieces());
    gradient.resize(work_.size());
    return objective_->evaluate(pieces, v, gradient);
  }

  /// Of the sites of a clip, nominal.
  std::vector<double> errors(std::size_t c) {
    return placement_->measure(work_[c]->pieces(), work_[c]->sites(), fixed_[c]);
  }

  void iterate(int i) {
    const EdgeObjective::View v = view(i);
    std::vector<std::vector<double>> gradient;
    const auto terms = evaluate(v, gradient);
    IltRecord mean{.iteration = i + 1, .step = options_.rate.at(progress_at(i))};
    const double share = 1.0 / static_cast<double>(work_.size());
    for (std::size_t c = 0; c < work_.size(); ++c) {
      work_[c]->step(std::move(gradient[c]), mean.step);
      const auto& t = terms[c];
      results_[c].history.push_back({i + 1, 0, t.loss(v), t.fidelity, t.pvband, t.sites, t.background, 0, mean.step});
      for (double IltRecord::*number :
           {&IltRecord::loss, &IltRecord::fidelity, &IltRecord::pvband, &IltRecord::epe, &IltRecord::assist})
        mean.*number += share * results_[c].history.back().*number;
    }
    go_on(mean, i + 1);
  }

  void go_on(const IltRecord& mean, int done) const {
    if (progress_ && !progress_(mean, static_cast<double>(done) / (options_.iterations + options_.feedback)))
      throw Error(ErrorCode::interrupted, "OPC-0003", "stopped after iteration " + std::to_string(done));
  }

  void tie() {
    for (auto& w : work_) w->tie();
  }

  /// The nominal print to the drawn edges, clip by clip. The record's EPE is the sum of squares over the sites, each
  /// for the edge between two of them: nm^3, and so is its loss.
  void feed_back() {
    if (options_.feedback == 0) return;
    std::vector<EdgeFeedback> feedback;
    for (const auto& w : work_) feedback.emplace_back(w->fragments(), w->sites(), kMostStep);
    for (int i = 0; i < options_.feedback; ++i) {
      IltRecord mean{.iteration = options_.iterations + i + 1, .stage = 1};
      if (i == static_cast<int>(kTieAt * options_.feedback)) tie();
      for (std::size_t c = 0; c < work_.size(); ++c) {
        OpcWork& w = *work_[c];
        const std::vector<double> error = errors(c);
        double squares = 0;
        for (const double e : error) squares += e * e * options_.epe.interval_nm;
        results_[c].history.push_back({.iteration = mean.iteration, .stage = 1, .loss = squares, .epe = squares});
        mean.loss += squares / static_cast<double>(work_.size());
        std::vector<double> d = w.displacement();
        feedback[c].advance(w.fragments(), error, d);
        w.move(std::move(d));
      }
      mean.epe = mean.loss;
      go_on(mean, mean.iteration);
    }
  }

  void place_assists(int i) {
    std::vector<std::vector<double>> gradient;
    evaluate(view(i), gradient);
    for (std::size_t c = 0; c < work_.size(); ++c)
      work_[c]->set_assists(model_bars(*objective_, static_cast<int>(c), work_[c]->fragments(),
                                       work_[c]->displacement(), window_, options_));
  }

  /// Those under which light does harm, or too small, go.
  void prune_assists(int i) {
    std::vector<std::vector<double>> gradient;
    evaluate(view(i), gradient);
    for (std::size_t c = 0; c < work_.size(); ++c) {
      work_[c]->set_assists(useful(*objective_, static_cast<int>(c), work_[c]->assists(), window_));
      work_[c]->drop_small_assists();
    }
  }

  /// What has lost its light with the last bars goes outwards until it prints. Returns whether anything had to.
  bool revive() {
    const int last = options_.iterations + options_.feedback;
    const int most = static_cast<int>(std::ceil(2 * options_.most_nm / OpcWork::push_nm));
    bool moved = false;
    for (std::size_t c = 0; c < work_.size(); ++c)
      for (int i = 0; i < most; ++i) {
        go_on({.iteration = last}, last);
        work_[c]->make_print(errors(c), options_.epe.tolerance_nm);
        if (!work_[c]->push()) break;
        moved = true;
      }
    return moved;
  }

  /// While something prints far from the shapes in some condition, the bar that adds most to it goes.
  void drop_printing_assists() {
    constexpr double allowed_nm2 = 1;
    const EdgeObjective::View steep{
        .steepness = 4 * options_.print_steepness.last, .fidelity = 0, .pvband = 0, .background = 1};
    for (bool again = true; again;) {
      again = false;
      std::vector<std::vector<double>> gradient;
      const auto terms = evaluate(steep, gradient);
      for (std::size_t c = 0; c < work_.size(); ++c) {
        std::vector<Box> bars = work_[c]->assists();
        if (bars.empty() || terms[c].background <= allowed_nm2) continue;
        std::size_t worst = 0;
        double most = -1;
        const std::size_t from = work_[c]->fragments().list.size() - 4 * bars.size();
        for (std::size_t b = 0; b < bars.size(); ++b) {
          double sum = 0;
          for (std::size_t k = 0; k < 4; ++k) sum += gradient[c][from + 4 * b + k];
          if (sum > most) most = sum, worst = b;
        }
        bars.erase(bars.begin() + static_cast<std::ptrdiff_t>(worst));
        work_[c]->set_assists(bars);
        again = true;
      }
    }
  }

  static constexpr double kSearch = 30, kMostStep = 8;  // nm, of the feedback

  Backend& backend_;
  const ImagingModel& model_;
  const ResistModel& resist_;
  const OpcOptions& options_;
  Box window_;
  const IltProgress& progress_;
  std::vector<std::unique_ptr<OpcWork>> work_;
  std::vector<OpcResult> results_;
  std::unique_ptr<EdgeObjective> objective_;
  std::unique_ptr<PlacementError> placement_;
  std::vector<std::vector<std::complex<double>>> fixed_;  ///< of each clip: the spectrum of what the pieces leave out
};

}  // namespace

std::vector<OpcResult> run_opc(Backend& backend, const ImagingModel& model, const ResistModel& resist,
                               const Box& window, std::span<const OpcClip> clips, const OpcOptions& options,
                               const IltProgress& progress) {
  if (clips.empty()) return {};
  if (options.assist.place != AssistOptions::Place::none && options.iterations == 0)
    throw Error(ErrorCode::recipe, "OPC-0004",
                "assist features are placed, and taken out where they print, by the gradient, and opc.iterations is 0; "
                "expected opc.assist.place = \"none\"");
  return Correction(backend, model, resist, window, clips, options, progress).run();
}

}  // namespace anamorph
