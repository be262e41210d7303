// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/imaging/imager.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "cpp/core/error.hpp"

namespace anamorph {

void ImagingModel::validate() const {
  const auto fail = [](const std::string& what) {
    throw Error(ErrorCode::recipe, "OPT-0002", "imaging model: " + what);
  };
  if (stacks.empty()) fail("no optics");
  if (conditions.empty()) fail("no process condition");
  for (const CoherentStack& s : stacks) {
    s.validate();
    const CoherentStack& first = stacks.front();
    if (s.period_x_nm != first.period_x_nm || s.period_y_nm != first.period_y_nm || s.extent_x != first.extent_x ||
        s.extent_y != first.extent_y)
      fail("all focus conditions must share one period and one frequency band");
    if (s.spectra() != 1) fail("a thin mask has one spectrum, the optics ask for " + std::to_string(s.spectra()));
  }
  for (const double value : {blur_x_nm, blur_y_nm, flare})
    if (!(value >= 0) || !std::isfinite(value)) fail("blur and flare must not be negative");
  for (const Condition& c : conditions) {
    if (c.stack < 0 || c.stack >= static_cast<int>(stacks.size())) fail("condition '" + c.name + "' names no optics");
    if (!std::isfinite(c.dose) || c.dose <= 0) fail("the dose of condition '" + c.name + "' must be positive");
  }
}

ResamplePlan resample_plan(const ImagingModel& model, const CoherentSum& sum, const Grid& grid, double blur_nm) {
  const CoherentStack& stack = model.stacks.front();
  const auto same = [](double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); };
  if (!same(grid.width_nm(), stack.period_x_nm) || !same(grid.height_nm(), stack.period_y_nm))
    throw Error(ErrorCode::recipe, "OPT-0003",
                "the window is " + std::to_string(grid.width_nm()) + " x " + std::to_string(grid.height_nm()) +
                    " nm, but the optics were made for a period of " + std::to_string(stack.period_x_nm) + " x " +
                    std::to_string(stack.period_y_nm) + " nm");
  return {.in_ny = sum.field_ny(),
          .in_nx = sum.field_nx(),
          .band_y = 2 * stack.extent_y,
          .band_x = 2 * stack.extent_x,
          .out_ny = grid.ny,
          .out_nx = grid.nx,
          .blur_y = std::hypot(blur_nm, model.blur_y_nm) / stack.period_y_nm,
          .blur_x = std::hypot(blur_nm, model.blur_x_nm) / stack.period_x_nm};
}

Imager::Imager(Backend& backend, const ImagingModel& model, const Grid& grid, double blur_nm)
    : backend_(backend), grid_(grid), flare_(model.flare) {
  model.validate();
  const CoherentStack& first = model.stacks.front();
  for (const CoherentStack& stack : model.stacks) sums_.push_back(backend.plan_coherent_sum(stack, 1));
  const ResamplePlan plan = resample_plan(model, *sums_.front(), grid, blur_nm);
  resample_ = backend.plan_resample(plan);
  mask_spectrum_ = backend.plan_mask_spectrum(grid.ny, grid.nx, first.extent_y, first.extent_x, MaskSamples::squares);
  spectrum_ = backend.allocate({1, first.bins_y(), first.bins_x(), 2});
  intensity_ = backend.allocate({1, plan.in_ny, plan.in_nx, 1});
  image_ = backend.allocate({1, grid.ny, grid.nx, 1});
}

std::vector<Image<double>> Imager::images(const Image<double>& coverage) {
  if (coverage.ny() != grid_.ny || coverage.nx() != grid_.nx) throw std::logic_error("Imager: mask and grid differ");
  backend_.upload(coverage.span(), image_);
  mask_spectrum_->forward(image_, spectrum_);
  return from_spectrum();
}

std::vector<Image<double>> Imager::images(const Bitmap& mask) {
  if (mask.ny() != grid_.ny || mask.nx() != grid_.nx) throw std::logic_error("Imager: mask and grid differ");
  {
    const std::vector<double> coverage(mask.begin(), mask.end());  // gone before the images need the memory
    backend_.upload(coverage, image_);
  }
  mask_spectrum_->forward(image_, spectrum_);
  return from_spectrum();
}

std::vector<Image<double>> Imager::images(const std::vector<std::complex<double>>& spectrum) {
  std::vector<double> flat;
  flat.reserve(2 * spectrum.size());
  for (const std::complex<double>& m : spectrum) {
    flat.push_back(m.real());
    flat.push_back(m.imag());
  }
  backend_.upload(flat, spectrum_);
  return from_spectrum();
}

std::vector<Image<double>> Imager::from_spectrum() {
  std::vector<Image<double>> result;
  for (const auto& sum : sums_) {
    sum->forward(spectrum_, intensity_);
    resample_->forward(intensity_, image_);
    if (flare_ != 0) backend_.add(flare_, image_);
    backend_.download(image_, result.emplace_back(grid_.ny, grid_.nx).span());
  }
  return result;
}

}  // namespace anamorph
