// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/objective.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace anamorph {
MaskObjective::MaskObjective(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
                             double blur_nm, const Image<double>& target, const Image<double>& sites,
                             const Image<double>& background)
    : backend_(backend), grid_(grid), blur_px_(blur_nm / grid.pixel_nm) {
  model.validate();
  resist.validate();
  const CoherentStack& first = model.stacks.front();
  mask_spectrum_ = backend.plan_mask_spectrum(grid.ny, grid.nx, first.extent_y, first.extent_x, MaskSamples::points);
  for (const CoherentStack& stack : model.stacks) {
    sums_.push_back(backend.plan_coherent_sum(stack, 1));
    intensity_.push_back(backend.allocate({1, sums_.back()->field_ny(), sums_.back()->field_nx(), 1}));
    intensity_bar_.push_back(backend.allocate(intensity_.back().shape()));
  }
  PrintLossPlan plan;
  plan.resample = resample_plan(model, *sums_.front(), grid, resist.blur_nm);
  for (const Condition& c : model.conditions) plan.corners.push_back({c.stack, c.dose, c.band, model.flare});
  plan.threshold = resist.threshold;
  plan.bright = resist.bright;
  print_loss_ = backend.plan_print_loss(plan);

  const Shape shape{1, grid.ny, grid.nx, 1};
  for (Array* array : {&target_, &sites_, &background_, &wish_, &psi_, &mask_, &blurred_mask_, &mask_bar_, &psi_bar_})
    *array = backend.allocate(shape);
  spectrum_ = backend.allocate({1, first.bins_y(), first.bins_x(), 2});
  spectrum_bar_ = backend.allocate(spectrum_.shape());
  backend.upload(target.span(), target_);
  backend.upload(sites.span(), sites_);
  backend.upload(background.span(), background_);
}

MaskObjective::Terms MaskObjective::evaluate(const Array& control, const View& view, Array& gradient) {
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
  Array sums = backend_.allocate({1, 1, 4, 1});
  print_loss_->evaluate(intensity_, target_, sites_, background_, weights, intensity_bar_, sums);
  const PrintLossTerms print = print_loss_terms(backend_, sums).front();
  Terms terms{.fidelity = print.fidelity * area,
              .pvband = print.pvband * area,
              .sites = print.sites * area,
              .background = print.background * area};

  backend_.fill(0, spectrum_bar_);
  for (std::size_t s = 0; s < sums_.size(); ++s) sums_[s]->adjoint(intensity_bar_[s], spectrum_bar_);
  backend_.fill(0, mask_bar_);
  mask_spectrum_->adjoint(spectrum_bar_, mask_bar_);

  if (view.complexity > 0) {
    // Perimeter from the heat content (De Giorgi): sqrt(2 pi) / sigma Int m (1 - G m), G a Gaussian of width sigma.
    const double scale = std::sqrt(2 * std::numbers::pi) / kPerimeterSigmaPx * grid_.pixel_nm;
    backend_.gaussian(mask_, kPerimeterSigmaPx, blurred_mask_);
    terms.complexity = scale * (backend_.sum(mask_) - backend_.dot(mask_, blurred_mask_));
    backend_.axpby(-2 * view.complexity * scale, blurred_mask_, 1, mask_bar_);
    backend_.add(view.complexity * scale, mask_bar_);
  }
  if (view.pull > 0) {
    terms.pull = -backend_.dot(wish_, mask_) * area;
    backend_.axpby(-view.pull * area, wish_, 1, mask_bar_);
  }

  backend_.fill(0, psi_bar_);
  backend_.sigmoid_adjoint(mask_, mask_bar_, view.mask_steepness, psi_bar_);
  backend_.gaussian(psi_bar_, blur_px_, gradient);
  return terms;
}

void MaskObjective::set_wish(const Image<double>& wish) { backend_.upload(wish.span(), wish_); }

Image<double> MaskObjective::blurred(const Array& control) {
  backend_.gaussian(control, blur_px_, psi_);
  Image<double> psi(grid_.ny, grid_.nx);
  backend_.download(psi_, psi.span());
  return psi;
}

}  // namespace anamorph
