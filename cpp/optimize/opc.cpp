// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/opc.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/optimize/assist.hpp"
#include "cpp/optimize/edge_feedback.hpp"
#include "cpp/optimize/edge_objective.hpp"
#include "cpp/optimize/edge_rules.hpp"
#include "cpp/optimize/edge_step.hpp"
#include "masks/polygon_spectrum.hpp"
#include "masks/raster.hpp"
#include "masks/region.hpp"
#include "masks/sizing.hpp"

namespace anamorph {
namespace {

/// Weight of the check points of the EPE sites on the print grid: each stands for the edge between two sites, as deep as
/// the tolerance.
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
    if (std::abs(ny - std::round(ny)) < 1e-9 * ny) return {window.x0, window.y0, nx, static_cast<int>(std::lround(ny)), pixel};
  }
  throw Error(ErrorCode::recipe, "OPC-0002",
              "no square pixels near opc.print_grid_nm = " + std::to_string(most_nm) + " fill a window of " +
                  std::to_string(window.width()) + " x " + std::to_string(window.height()) + " nm");
}

/// The part of the shapes inside the window.
std::vector<Polygon> inside(const std::vector<Polygon>& shapes, const Box& window) {
  const Box box = bounding_box(shapes);
  if (box.x0 >= window.x0 && box.y0 >= window.y0 && box.x1 <= window.x1 && box.y1 <= window.y1) return shapes;
  constexpr double dbu_nm = 1e-3;
  const Polygon frame{{window.x0, window.y0}, {window.x1, window.y0}, {window.x1, window.y1}, {window.x0, window.y1}};
  return polygons_nm(region_of(shapes, dbu_nm) & region_of({frame}, dbu_nm), dbu_nm);
}

/// One clip while it is corrected.
struct Work {
  Fragments fragments;
  std::vector<double> displacement;
  std::vector<EdgePiece> pieces;
  std::vector<double> gradient;
  std::unique_ptr<EdgeRules> rules;
  std::unique_ptr<EdgeStep> step;
  std::vector<EdgeSite> sites;
  int assists_from = 0;  ///< first fragment of the assist features
};

class Correction {
 public:
  Correction(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Box& window,
             std::span<const OpcClip> clips, const OpcOptions& options, const IltProgress& progress)
      : backend_(backend), model_(model), resist_(resist), options_(options), window_(window), progress_(progress), work_(clips.size()), results_(clips.size()) {
    const Grid grid = print_grid(window, options.print_grid_nm);
    std::vector<Pattern> patterns(clips.size());
    FragmentRules rules = options.fragments;
    rules.grid_nm = options.grid_nm;
    parallel_for(static_cast<int>(clips.size()), options.threads, [&](int i) {
      Work& w = work_[static_cast<std::size_t>(i)];
      const std::vector<Polygon> target = inside(clips[static_cast<std::size_t>(i)].target, window);
      w.fragments = fragmented(target, window, rules);
      w.displacement.assign(w.fragments.list.size(), 0);
      w.assists_from = static_cast<int>(w.fragments.list.size());
      w.sites = edge_sites(w.fragments, options.epe.interval_nm, options.epe.end_nm);
      bound(w);
      Pattern& pattern = patterns[static_cast<std::size_t>(i)];
      if (options.iterations == 0) return;
      pattern.target = rasterise(target, grid);
      pattern.sites = site_weights(w.sites, grid, options.epe);
      pattern.background = rasterise(merge(sized(target, window, options.epe.interval_nm)), grid);
      for (double& share : pattern.background) share = 1 - share;
    });
    if (options.iterations == 0) return;
    objective_ = std::make_unique<EdgeObjective>(backend, model, resist, grid, patterns, options.threads);
    for (std::size_t c = 0; c < work_.size(); ++c) objective_->add_fixed(static_cast<int>(c), work_[c].fragments.slants());
  }

  std::vector<OpcResult> run() {
    const int assist_at = options_.assist.place == AssistOptions::Place::none ? -1 : options_.iterations / 5;
    for (int i = 0; i < options_.iterations; ++i) {
      if (i == assist_at) place_assists(i);
      iterate(i);
    }
    feed_back();
    for (std::size_t c = 0; c < work_.size(); ++c) finish(work_[c], results_[c]);
    return std::move(results_);
  }

 private:
  void bound(Work& w) {
    MaskRules rules;
    if (options_.rules) {
      rules = *options_.rules;
      rules.min_width_nm += options_.grid_nm;  // what rounding to the mask's grid may take
      rules.min_space_nm += options_.grid_nm;
    }
    w.rules = std::make_unique<EdgeRules>(w.fragments, options_.rules ? &rules : nullptr, options_.most_nm);
    w.step = make_edge_step(options_, w.displacement.size());
  }

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

  std::vector<EdgeObjective::Terms> evaluate(const EdgeObjective::View& v) {
    std::vector<std::vector<EdgePiece>> pieces;
    std::vector<std::vector<double>> gradient(work_.size());
    for (Work& w : work_) pieces.push_back(w.fragments.pieces(w.displacement));
    auto terms = objective_->evaluate(pieces, v, gradient);
    for (std::size_t c = 0; c < work_.size(); ++c) {
      work_[c].pieces = std::move(pieces[c]);
      work_[c].gradient = std::move(gradient[c]);
      work_[c].gradient.resize(work_[c].displacement.size());  // jogs follow the fragments
      for (std::size_t i = 0; i < work_[c].gradient.size(); ++i)
        if (!work_[c].fragments.list[i].movable()) work_[c].gradient[i] = 0;
    }
    return terms;
  }

  void iterate(int i) {
    const EdgeObjective::View v = view(i);
    const auto terms = evaluate(v);
    IltRecord mean{.iteration = i + 1, .step = options_.rate.at(progress_at(i))};
    for (std::size_t c = 0; c < work_.size(); ++c) {
      Work& w = work_[c];
      w.step->advance(w.fragments, w.gradient, terms[c].loss(v), mean.step, w.displacement);
      w.rules->keep(w.displacement);
      const auto& t = terms[c];
      results_[c].history.push_back(
          {i + 1, 0, t.loss(v), t.fidelity, t.pvband, t.sites, t.background, 0, mean.step});
      const double share = 1.0 / static_cast<double>(work_.size());
      for (double IltRecord::*number :
           {&IltRecord::loss, &IltRecord::fidelity, &IltRecord::pvband, &IltRecord::epe, &IltRecord::assist})
        mean.*number += share * results_[c].history.back().*number;
    }
    if (progress_ && !progress_(mean, (i + 1.0) / options_.iterations))
      throw Error(ErrorCode::interrupted, "OPC-0003", "stopped after iteration " + std::to_string(i + 1));
  }

  /// The nominal print to the drawn edges, clip by clip.
  void feed_back() {
    if (options_.feedback == 0) return;
    constexpr double search_nm = 30, most_step_nm = 8;
    PlacementError placement(backend_, model_, resist_, window_, search_nm, options_.threads);
    for (std::size_t c = 0; c < work_.size(); ++c) {
      Work& w = work_[c];
      EdgeFeedback feedback(w.fragments, w.sites, most_step_nm);
      std::vector<std::complex<double>> fixed;
      if (const auto slants = w.fragments.slants(); !slants.empty())
        fixed = polygon_spectrum(slants, window_, model_.stacks.front().extent_x, model_.stacks.front().extent_y);
      for (int i = 0; i < options_.feedback; ++i) {
        const std::vector<double> error = placement.measure(w.fragments.pieces(w.displacement), w.sites, fixed);
        feedback.advance(w.fragments, error, w.displacement);
        w.rules->keep(w.displacement);
      }
    }
  }

  void place_assists(int i) {
    EdgeObjective::View v = view(i);
    evaluate(v);
    for (std::size_t c = 0; c < work_.size(); ++c) {
      Work& w = work_[c];
      for (const Box& bar : assist_bars(*objective_, static_cast<int>(c), w.fragments.polygons(w.displacement), window_, options_))
        w.fragments.add_assist(bar);
      w.displacement.resize(w.fragments.list.size());
      bound(w);
    }
  }

  void finish(Work& w, OpcResult& r) {
    quantise(w);
    r.displacement = w.displacement;
    r.fragments = w.fragments;
    for (std::size_t o = 0; o < w.fragments.first.size(); ++o) (void)o;
    const std::vector<Polygon> all = w.fragments.polygons(w.displacement);
    Fragments main = w.fragments;
    std::size_t outlines = 0;
    while (outlines < main.first.size() && main.first[outlines] < w.assists_from) ++outlines;
    main.list.resize(static_cast<std::size_t>(w.assists_from));
    main.first.resize(outlines);
    r.main = merge(main.polygons(w.displacement));
    r.assist.assign(all.end() - static_cast<std::ptrdiff_t>(w.fragments.first.size() - outlines), all.end());
  }

  /// Whole steps of the mask's grid from the drawn edge, so that the result does not depend on where the window lies.
  void quantise(Work& w) const {
    w.rules->keep(w.displacement);
    for (std::size_t i = 0; i < w.displacement.size(); ++i) {
      const Fragment& f = w.fragments.list[i];
      if (!f.movable()) continue;
      w.displacement[i] = std::round(w.displacement[i] / options_.grid_nm) * options_.grid_nm;
    }
  }

  Backend& backend_;
  const ImagingModel& model_;
  const ResistModel& resist_;
  const OpcOptions& options_;
  Box window_;
  const IltProgress& progress_;
  std::vector<Work> work_;
  std::vector<OpcResult> results_;
  std::unique_ptr<EdgeObjective> objective_;
};

}  // namespace

std::vector<OpcResult> run_opc(Backend& backend, const ImagingModel& model, const ResistModel& resist,
                               const Box& window, std::span<const OpcClip> clips, const OpcOptions& options,
                               const IltProgress& progress) {
  if (clips.empty()) return {};
  return Correction(backend, model, resist, window, clips, options, progress).run();
}

}  // namespace anamorph
