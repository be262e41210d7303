// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/objective.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cpp/optimize/print_score.hpp"

namespace anamorph {
namespace {

/// One image of each clip, as one array.
void upload(Backend& backend, std::span<const Pattern> patterns, Image<double> Pattern::* image, Array& array) {
  std::vector<double> all;
  all.reserve(array.shape().size());
  for (const Pattern& p : patterns) all.insert(all.end(), (p.*image).begin(), (p.*image).end());
  backend.upload(all, array);
}

}  // namespace

MaskObjective::MaskObjective(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
                             double blur_nm, std::span<const Pattern> patterns)
    : backend_(backend),
      grid_(grid),
      clips_(static_cast<int>(patterns.size())),
      blur_px_(blur_nm / grid.pixel_nm) {
  model.validate();
  resist.validate();
  const CoherentStack& first = model.stacks.front();
  mask_spectrum_ = backend.plan_mask_spectrum(grid.ny, grid.nx, first.extent_y, first.extent_x, MaskSamples::points);
  for (const CoherentStack& stack : model.stacks) {
    sums_.push_back(backend.plan_coherent_sum(stack, clips_));
    intensity_.push_back(backend.allocate({clips_, sums_.back()->field_ny(), sums_.back()->field_nx(), 1}));
    intensity_bar_.push_back(backend.allocate(intensity_.back().shape()));
  }
  print_loss_ = backend.plan_print_loss(
      print_loss_plan(model, resist, resample_plan(model, *sums_.front(), grid, resist.blur_nm)));

  for (Array* array : {&target_, &sites_, &background_, &wish_, &psi_, &mask_, &edge_, &mask_bar_, &psi_bar_})
    *array = backend.allocate(shape());
  spectrum_ = backend.allocate({clips_, first.bins_y(), first.bins_x(), 2});
  spectrum_bar_ = backend.allocate(spectrum_.shape());
  upload(backend, patterns, &Pattern::target, target_);
  upload(backend, patterns, &Pattern::sites, sites_);
  upload(backend, patterns, &Pattern::background, background_);
  print_terms_ = backend.allocate({clips_, 1, 4, 1});
  print_table_ = backend.allocate({kRows, clips_, 4, 1});
  for (Array* array : {&complexity_, &pull_}) *array = backend.allocate({clips_, 1, 1, 1});
  for (Array* array : {&complexity_table_, &pull_table_}) *array = backend.allocate({kRows, clips_, 1, 1});
}

void MaskObjective::evaluate(const Array& control, const View& view, Array& gradient, int row) {
  const double area = grid_.pixel_nm * grid_.pixel_nm;
  backend_.gaussian(control, blur_px_, psi_);
  backend_.sigmoid(psi_, view.mask_steepness, 0, mask_);
  mask_spectrum_->forward(mask_, spectrum_);
  for (std::size_t s = 0; s < sums_.size(); ++s) {
    sums_[s]->forward(spectrum_, intensity_[s]);
    backend_.fill(0, intensity_bar_[s]);
  }

  const PrintLossWeights weights{.steepness = view.print_steepness,
                                 .fidelity = view.fidelity * area,
                                 .sites = view.sites * area,
                                 .background = view.background * area,
                                 .pvband = view.pvband * area};
  print_loss_->evaluate(intensity_, target_, sites_, background_, weights, intensity_bar_, print_terms_);
  backend_.store(print_terms_, row, print_table_);

  backend_.fill(0, spectrum_bar_);
  for (std::size_t s = 0; s < sums_.size(); ++s) sums_[s]->adjoint(intensity_bar_[s], spectrum_bar_);
  backend_.fill(0, mask_bar_);
  mask_spectrum_->adjoint(spectrum_bar_, mask_bar_);

  if (view.complexity > 0) {
    // Perimeter from the heat content (De Giorgi): sqrt(2 pi) / sigma Int m (1 - G m), G a Gaussian of width sigma.
    const double scale = std::sqrt(2 * std::numbers::pi) / kPerimeterSigmaPx * grid_.pixel_nm;
    backend_.gaussian(mask_, kPerimeterSigmaPx, psi_bar_);
    backend_.fill(1, edge_);
    backend_.axpby(-1, psi_bar_, 1, edge_);
    backend_.dot_each(scale, mask_, edge_, complexity_);
    backend_.axpby(2 * view.complexity * scale, edge_, 1, mask_bar_);
    backend_.add(-view.complexity * scale, mask_bar_);
  }
  backend_.store(complexity_, row, complexity_table_);
  if (view.pull > 0) {
    backend_.dot_each(-area, wish_, mask_, pull_);
    backend_.axpby(-view.pull * area, wish_, 1, mask_bar_);
  }
  backend_.store(pull_, row, pull_table_);

  backend_.fill(0, psi_bar_);
  backend_.sigmoid_adjoint(mask_, mask_bar_, view.mask_steepness, psi_bar_);
  backend_.gaussian(psi_bar_, blur_px_, gradient);
}

std::vector<std::vector<MaskObjective::Terms>> MaskObjective::terms(int rows) const {
  const double area = grid_.pixel_nm * grid_.pixel_nm;
  const auto numbers = [&](const Array& table) {
    std::vector<double> all(table.shape().size());
    backend_.download(table, all);
    return all;
  };
  const std::vector<double> print = numbers(print_table_), complexity = numbers(complexity_table_),
                            pull = numbers(pull_table_);
  std::vector<std::vector<Terms>> result(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < result.size() * static_cast<std::size_t>(clips_); ++i)
    result[i / static_cast<std::size_t>(clips_)].push_back({.fidelity = print[4 * i] * area,
                                                            .pvband = print[4 * i + 3] * area,
                                                            .sites = print[4 * i + 1] * area,
                                                            .background = print[4 * i + 2] * area,
                                                            .complexity = complexity[i],
                                                            .pull = pull[i]});
  return result;
}

const Array& MaskObjective::blurred(const Array& control) {
  backend_.gaussian(control, blur_px_, psi_);
  return psi_;
}

}  // namespace anamorph
