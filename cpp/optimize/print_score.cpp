// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/print_score.hpp"

#include <limits>

namespace anamorph {

PrintLossPlan print_loss_plan(const ImagingModel& model, const ResistModel& resist, const ResamplePlan& resample) {
  PrintLossPlan plan{.resample = resample, .corners = {}, .threshold = resist.threshold, .bright = resist.bright};
  for (const Condition& c : model.conditions) plan.corners.push_back({c.stack, c.dose, c.band, model.flare});
  return plan;
}

PrintScore::PrintScore(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid)
    : backend_(backend) {
  const CoherentStack& first = model.stacks.front();
  mask_spectrum_ = backend.plan_mask_spectrum(grid.ny, grid.nx, first.extent_y, first.extent_x, MaskSamples::squares);
  for (const CoherentStack& stack : model.stacks) {
    sums_.push_back(backend.plan_coherent_sum(stack, 1));
    intensity_.push_back(backend.allocate({1, sums_.back()->field_ny(), sums_.back()->field_nx(), 1}));
  }
  print_loss_ = backend.plan_print_loss(
      print_loss_plan(model, resist, resample_plan(model, *sums_.front(), grid, resist.blur_nm)));
  for (Array* array : {&mask_, &target_, &none_}) *array = backend.allocate({1, grid.ny, grid.nx, 1});
  spectrum_ = backend.allocate({1, first.bins_y(), first.bins_x(), 2});
  terms_ = backend.allocate({1, 1, 4, 1});
}

PrintLossTerms PrintScore::areas(const Bitmaps& masks, const Bitmaps& targets, int entry) {
  Morphology& bits = backend_.morphology();
  bits.coverage(1, bits.selected(masks, {&entry, 1}), 1, 0, mask_);
  bits.coverage(1, bits.selected(targets, {&entry, 1}), 1, 0, target_);
  mask_spectrum_->forward(mask_, spectrum_);
  for (std::size_t s = 0; s < sums_.size(); ++s) sums_[s]->forward(spectrum_, intensity_[s]);
  print_loss_->evaluate(intensity_, target_, none_, none_, {.steepness = std::numeric_limits<double>::infinity()}, {},
                        terms_);
  return print_loss_terms(backend_, terms_).front();
}

}  // namespace anamorph
