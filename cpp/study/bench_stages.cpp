// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/bench_stages.hpp"

#include <cmath>

namespace anamorph {
namespace {

constexpr double kMaskSteepness = 8;
constexpr double kPrintSteepness = 50;

/// The background is a term that is computed, and checked, but has no part in the gradient: it belongs to the corner that
/// prints most, and where two print alike, rounding decides which of the two images gets it. The work is the same.
PrintLossWeights print_weights(double area) {
  return {.steepness = kPrintSteepness, .fidelity = area, .sites = area, .background = 0, .pvband = 1.2 * area};
}

/// One iteration of the solver, in the order of MaskObjective::evaluate.
void iterate(BenchChain& c) {
  Backend& backend = c.backend();
  const double blur = c.bench().blur_px(), area = c.bench().grid.pixel_nm * c.bench().grid.pixel_nm;
  ++c.iteration;
  backend.gaussian(c.array("control"), blur, c.array("psi"));
  backend.sigmoid(c.array("psi"), kMaskSteepness, 0, c.array("mask"));
  c.mask_spectrum().forward(c.array("mask"), c.array("spectrum"));
  for (int focus = 0; focus < c.foci(); ++focus) {
    c.sum(focus).forward(c.array("spectrum"), c.array("intensity", focus));
    backend.fill(0, c.array("intensity_bar", focus));
  }
  c.print_loss().evaluate(c.arrays("intensity"), c.array("target"), c.array("sites"), c.array("background"),
                          print_weights(area), c.arrays("intensity_bar"), c.array("terms"));
  backend.fill(0, c.array("spectrum_bar"));
  for (int focus = 0; focus < c.foci(); ++focus)
    c.sum(focus).adjoint(c.array("intensity_bar", focus), c.array("spectrum_bar"));
  backend.fill(0, c.array("mask_bar"));
  c.mask_spectrum().adjoint(c.array("spectrum_bar"), c.array("mask_bar"));
  backend.fill(0, c.array("psi_bar"));
  backend.sigmoid_adjoint(c.array("mask"), c.array("mask_bar"), kMaskSteepness, c.array("psi_bar"));
  backend.gaussian(c.array("psi_bar"), blur, c.array("gradient"));
  backend.adam(c.array("gradient"),
               {.rate = 0.01, .decay1 = 0.9, .decay2 = 0.99, .floor = 1e-12, .iteration = c.iteration}, c.array("first"),
               c.array("second"), c.array("control"));
}

/// Makes all that iterate() uses: what is recorded may not allocate.
void prepare_iteration(BenchChain& c) {
  for (const char* name : {"control", "psi", "mask", "target", "sites", "background", "mask_bar", "psi_bar", "gradient",
                           "first", "second", "spectrum", "spectrum_bar", "intensity", "intensity_bar", "terms"})
    c.arrays(name);
  (void)c.mask_spectrum();
  (void)c.print_loss();
}

/// Mask to the prints of all corners, smooth ones, which need no verb of their own.
void forward_prints(BenchChain& c) {
  c.mask_spectrum().forward(c.array("mask"), c.array("spectrum"));
  for (int focus = 0; focus < c.foci(); ++focus) {
    c.sum(focus).forward(c.array("spectrum"), c.array("intensity", focus));
    c.resample().forward(c.array("intensity", focus), c.array("image", focus));
  }
  for (int corner = 0; corner < c.corners(); ++corner) {
    const Condition& condition = c.bench().model.conditions[static_cast<std::size_t>(corner)];
    c.backend().sigmoid(c.array("image", condition.stack), kPrintSteepness * condition.dose,
                        c.bench().resist.threshold / condition.dose, c.array("print", corner));
  }
}

}  // namespace

BenchChain::BenchChain(Backend& backend, const BenchCase& bench, int batch)
    : backend_(backend), bench_(bench), batch_(batch), sums_(bench.model.stacks.size()) {}

Shape BenchChain::shape(const std::string& name) {
  const CoherentStack& first = bench_.model.stacks.front();
  if (name == "terms") return {batch_, 1, 4, 1};
  if (name.starts_with("spectrum")) return {batch_, first.bins_y(), first.bins_x(), 2};
  if (name.starts_with("intensity")) return {batch_, sum(0).field_ny(), sum(0).field_nx(), 1};
  return {batch_, bench_.grid.ny, bench_.grid.nx, 1};
}

std::vector<Array>& BenchChain::arrays(const std::string& name) {
  std::vector<Array>& list = arrays_[name];
  if (!list.empty()) return list;
  const bool per_focus = name == "image" || name.starts_with("intensity");
  const int count = name == "print" ? corners() : per_focus ? foci() : 1;
  for (int i = 0; i < count; ++i) list.push_back(backend_.allocate(shape(name)));
  return list;
}

MaskSpectrum& BenchChain::mask_spectrum() {
  const CoherentStack& first = bench_.model.stacks.front();
  if (!mask_spectrum_)
    mask_spectrum_ = backend_.plan_mask_spectrum(bench_.grid.ny, bench_.grid.nx, first.extent_y, first.extent_x,
                                                 MaskSamples::points);
  return *mask_spectrum_;
}

CoherentSum& BenchChain::sum(int focus) {
  std::unique_ptr<CoherentSum>& plan = sums_[static_cast<std::size_t>(focus)];
  if (!plan) plan = backend_.plan_coherent_sum(bench_.model.stacks[static_cast<std::size_t>(focus)], batch_);
  return *plan;
}

Resample& BenchChain::resample() {
  if (!resample_) resample_ = backend_.plan_resample(resample_plan(bench_.model, sum(0), bench_.grid, 0));
  return *resample_;
}

PrintLoss& BenchChain::print_loss() {
  if (!print_loss_) {
    PrintLossPlan plan;
    plan.resample = resample_plan(bench_.model, sum(0), bench_.grid, 0);
    for (const Condition& c : bench_.model.conditions) plan.corners.push_back({c.stack, c.dose, c.band, 0});
    plan.threshold = bench_.resist.threshold;
    print_loss_ = backend_.plan_print_loss(plan);
  }
  return *print_loss_;
}

std::vector<BenchStage> bench_stages(const BenchCase& bench, int field_ny, int field_nx, int batch, int real_bytes) {
  using enum BenchContent;
  const WorkSizes sizes(bench, field_ny, field_nx, batch, real_bytes);
  const std::vector<CoherentStack>& stacks = bench.model.stacks;
  const double blur = bench.blur_px();

  // Tolerances in units of epsilon. A sum of n products, added one by one, is off by at most n epsilon of the sum of
  // their magnitudes and typically by less than sqrt(n), whatever the order. A logistic function of steepness s turns
  // an error of its argument x into s |x| / 4 times as much at most, so an error of an image becomes one of the print
  // magnified by the steepness.
  const double field = std::max(field_ny, field_nx), pixels = std::max(bench.grid.ny, bench.grid.nx);
  const double spectrum = 8 + std::sqrt(2 * pixels), optics = 8 + 2 * std::log2(field) + std::sqrt(stacks.front().terms());
  const double interpolated = 16 + std::sqrt(2 * field), magnified = kPrintSteepness / 4;
  const double print = 8 + magnified * interpolated;
  const double chain = magnified * std::hypot(spectrum, optics, interpolated);

  std::vector<BenchStage> stages;
  stages.push_back({"blur", "Gaussian blur of the control values", {{"control"}}, {{"psi"}}, {},
                    [=](BenchChain& c) { c.backend().gaussian(c.array("control"), blur, c.array("psi")); }, 0,
                    8 + std::sqrt(18 * blur), blur_work(sizes)});
  stages.push_back({"sigmoid", "control values to the mask", {{"psi"}}, {{"mask"}}, {},
                    [](BenchChain& c) { c.backend().sigmoid(c.array("psi"), kMaskSteepness, 0, c.array("mask")); }, 0,
                    8 + kMaskSteepness / 4, sigmoid_work(sizes)});
  stages.push_back({"mask_spectrum", "mask to its low frequencies", {{"mask", 0, unit}}, {{"spectrum"}}, {},
                    [](BenchChain& c) { c.mask_spectrum().forward(c.array("mask"), c.array("spectrum")); }, 0, spectrum,
                    mask_spectrum_work(sizes)});
  stages.push_back({"mask_spectrum_adjoint", "its adjoint, added to the mask's cotangent", {{"spectrum_bar"}},
                    {{"mask_bar", 0, true}}, {},
                    [](BenchChain& c) { c.mask_spectrum().adjoint(c.array("spectrum_bar"), c.array("mask_bar")); }, 0,
                    8 + 2 * std::sqrt(sizes.bins_x), mask_spectrum_adjoint_work(sizes)});
  for (int focus = 0; focus < static_cast<int>(stacks.size()); ++focus) {
    const std::string suffix = focus == 0 ? "_in_focus" : "_defocused";
    const int terms = stacks[static_cast<std::size_t>(focus)].terms();
    const auto forward = [=](BenchChain& c) {
      c.sum(focus).forward(c.array("spectrum"), c.array("intensity", focus));
    };
    stages.push_back({"coherent_sum" + suffix, "spectrum to intensity, " + std::to_string(terms) + " kernels",
                      {{"spectrum"}}, {{"intensity", focus}}, {}, forward, 0, optics, coherent_sum_work(sizes, terms)});
    stages.push_back({"coherent_sum_adjoint" + suffix, "its adjoint", {{"spectrum"}, {"intensity_bar", focus}},
                      {{"spectrum_bar", 0, true}}, forward,
                      [=](BenchChain& c) {
                        c.sum(focus).adjoint(c.array("intensity_bar", focus), c.array("spectrum_bar"));
                      },
                      0, 2 * optics, coherent_sum_adjoint_work(sizes, terms)});
  }
  stages.push_back({"resample", "intensity of one focus to the pixels", {{"intensity", 0, intensity}}, {{"image"}}, {},
                    [](BenchChain& c) { c.resample().forward(c.array("intensity"), c.array("image")); }, 0, interpolated,
                    resample_work(sizes)});

  std::vector<BenchInput> images;
  std::vector<BenchOutput> cotangents;
  for (int focus = 0; focus < static_cast<int>(stacks.size()); ++focus) {
    images.push_back({"intensity", focus, intensity});
    cotangents.push_back({"intensity_bar", focus, true});
  }
  const std::vector<BenchInput> wanted{{"target", 0, clip}, {"sites", 0, unit}, {"background", 0, unit}};
  images.insert(images.end(), wanted.begin(), wanted.end());
  cotangents.push_back({"terms"});
  stages.push_back({"print_loss", "all intensities to loss and cotangents, three corners", images, cotangents, {},
                    [](BenchChain& c) {
                      c.print_loss().evaluate(c.arrays("intensity"), c.array("target"), c.array("sites"),
                                              c.array("background"), print_weights(1), c.arrays("intensity_bar"),
                                              c.array("terms"));
                    },
                    0, print, print_loss_work(sizes, stacks)});
  stages.push_back({"sigmoid_adjoint", "the mask's cotangent to that of the control values",
                    {{"mask", 0, unit}, {"mask_bar"}}, {{"psi_bar", 0, true}}, {},
                    [](BenchChain& c) {
                      c.backend().sigmoid_adjoint(c.array("mask"), c.array("mask_bar"), kMaskSteepness, c.array("psi_bar"));
                    },
                    0, 8, sigmoid_adjoint_work(sizes)});
  stages.push_back({"adam", "one step of Adam", {{"gradient"}, {"first"}, {"second", 0, positive}, {"control"}},
                    {{"first"}, {"second"}, {"control"}}, {},
                    [](BenchChain& c) {
                      c.backend().adam(c.array("gradient"), {.rate = 0.01, .decay2 = 0.99, .floor = 1e-12},
                                       c.array("first"), c.array("second"), c.array("control"));
                    },
                    0, 16, adam_work(sizes)});

  std::vector<BenchInput> all{{"control", 0, control}, {"first"}, {"second", 0, positive}};
  all.insert(all.end(), wanted.begin(), wanted.end());
  const std::vector<BenchOutput> results{{"gradient"}, {"terms"}, {"control"}};
  stages.push_back({"iteration", "loss, gradient and step, verb by verb", all, results, prepare_iteration, iterate, 0,
                    chain, iteration_work(sizes, stacks)});
  stages.push_back({"iteration_recorded", "the same as a recorded sequence", all, results, prepare_iteration,
                    [](BenchChain& c) { c.backend().repeat(c.recording, [&] { iterate(c); }); }, 3, chain,
                    iteration_work(sizes, stacks)});
  std::vector<BenchOutput> prints;
  for (int corner = 0; corner < static_cast<int>(bench.model.conditions.size()); ++corner)
    prints.push_back({"print", corner});
  stages.push_back({"forward_prints", "mask to the prints of all corners", {{"mask", 0, clip}}, prints, {},
                    forward_prints, 0, chain, forward_work(sizes, stacks)});
  return stages;
}

}  // namespace anamorph
