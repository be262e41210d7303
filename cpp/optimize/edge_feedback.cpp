// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/edge_feedback.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

namespace anamorph {
namespace {

constexpr double kStep = 6;  // nm between samples on a normal: a sixth of the finest period of an image and less

/// Where in [0, 1] the cubic through values at -1, 0, 1, 2 changes its sign (v0 >= 0 > v1).
double root(double before, double v0, double v1, double after) {
  double low = 0, high = 1;
  for (int i = 0; i < 30; ++i) {
    const double t = (low + high) / 2;
    const double value = before * t * (t - 1) * (2 - t) / 6 + v0 * (t + 1) * (t - 1) * (t - 2) / 2 +
                         v1 * (t + 1) * t * (2 - t) / 2 + after * (t + 1) * t * (t - 1) / 6;
    (value >= 0 ? low : high) = t;
  }
  return (low + high) / 2;
}

}  // namespace

PlacementError::PlacementError(Backend& backend, const ImagingModel& model, const ResistModel& resist,
                               const Box& window, double search_nm, int threads)
    : backend_(backend),
      resist_(resist),
      window_(window),
      search_nm_(search_nm),
      threads_(threads),
      edges_(window, model.stacks.front().extent_x, model.stacks.front().extent_y) {
  const Condition& nominal = model.conditions.front();
  const CoherentStack& stack = model.stacks[static_cast<std::size_t>(nominal.stack)];
  threshold_ = resist.threshold / nominal.dose - model.flare;
  sum_ = backend.plan_coherent_sum(stack, 1);
  plan_ = {
      .in_ny = sum_->field_ny(), .in_nx = sum_->field_nx(), .band_y = 2 * stack.extent_y, .band_x = 2 * stack.extent_x};
  plan_.blur_x = std::hypot(resist.blur_nm, model.blur_x_nm) / window.width();
  plan_.blur_y = std::hypot(resist.blur_nm, model.blur_y_nm) / window.height();
  spectrum_ = backend.allocate({1, stack.bins_y(), stack.bins_x(), 2});
  intensity_ = backend.allocate({1, sum_->field_ny(), sum_->field_nx(), 1});
}

std::vector<double> PlacementError::measure(std::span<const EdgePiece> pieces, const std::vector<EdgeSite>& sites,
                                            const std::vector<std::complex<double>>& fixed) {
  std::vector<std::complex<double>> material = edges_.forward(pieces);
  for (std::size_t i = 0; i < fixed.size(); ++i) material[i] += fixed[i];
  std::vector<double> flat;
  flat.reserve(2 * material.size());
  const double sign = resist_.bright ? 1 : -1;
  for (const auto& m : material) {
    flat.push_back(sign * m.real());
    flat.push_back(sign * m.imag());
  }
  if (!resist_.bright) flat[material.size() - 1] += 1;
  backend_.upload(flat, spectrum_);
  sum_->forward(spectrum_, intensity_);
  Image<double> image(plan_.in_ny, plan_.in_nx);
  backend_.download(intensity_, image.span());
  const ImageSampler sampler(image, plan_, window_);

  const int reach = static_cast<int>(std::ceil(search_nm_ / kStep)) + 1;
  std::vector<SampleLine> lines;
  for (const EdgeSite& s : sites)
    lines.push_back({{s.at.x - reach * kStep * s.normal.x, s.at.y - reach * kStep * s.normal.y},
                     {kStep * s.normal.x, kStep * s.normal.y},
                     2 * reach + 1});
  const auto values = sampler.lines(lines, threads_);
  std::vector<double> errors;
  for (std::vector<double> v : values) {
    for (double& one : v) one = sign * (one - threshold_);  // >= 0 where it prints
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 1; i + 2 < v.size(); ++i) {
      if (v[i] < 0 || v[i + 1] >= 0) continue;
      const double at = (static_cast<double>(i) - reach + root(v[i - 1], v[i], v[i + 1], v[i + 2])) * kStep;
      if (std::abs(at) < std::abs(nearest)) nearest = at;
    }
    if (std::abs(nearest) > search_nm_) nearest = v[static_cast<std::size_t>(reach)] >= 0 ? search_nm_ : -search_nm_;
    errors.push_back(nearest);
  }
  return errors;
}

EdgeFeedback::EdgeFeedback(const Fragments& fragments, const std::vector<EdgeSite>& sites, double most_step_nm)
    : sites_of_(fragments.list.size()),
      follow_(fragments.list.size(), 1.3),
      last_error_(fragments.list.size(), std::numeric_limits<double>::quiet_NaN()),
      last_place_(fragments.list.size()),
      most_step_nm_(most_step_nm) {
  for (std::size_t i = 0; i < sites.size(); ++i)
    sites_of_[static_cast<std::size_t>(sites[i].fragment)].push_back(static_cast<int>(i));
}

void EdgeFeedback::advance(const Fragments& fragments, const std::vector<double>& error, std::span<double> d) {
  const std::size_t n = fragments.list.size();
  std::vector<double> step(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (sites_of_[i].empty() || !fragments.list[i].movable()) continue;
    double mean = 0;
    for (const int s : sites_of_[i])
      mean += error[static_cast<std::size_t>(s)] / static_cast<double>(sites_of_[i].size());
    const double change = d[i] - last_place_[i];
    if (!std::isnan(last_error_[i]) && std::abs(change) > 0.5) {
      const double seen = std::clamp((mean - last_error_[i]) / change, 0.7, 4.0);
      follow_[i] = 0.5 * follow_[i] + 0.5 * seen;
    }
    last_error_[i] = mean;
    step[i] = std::clamp(-mean / follow_[i], -most_step_nm_, most_step_nm_);
  }
  last_place_.assign(d.begin(), d.end());
  for (std::size_t i = 0; i < n; ++i) {
    const Fragment& f = fragments.list[i];
    if (!sites_of_[i].empty() || !f.movable() || f.kind == Fragment::Kind::assist) continue;
    // With the nearest of its edge that has a site.
    double sum = 0;
    int count = 0;
    for (const int beside : {f.previous, f.next}) {
      const auto b = static_cast<std::size_t>(beside);
      if (fragments.list[b].normal != f.normal || sites_of_[b].empty()) continue;
      sum += step[b];
      ++count;
    }
    if (count > 0) step[i] = sum / count;
  }
  for (std::size_t i = 0; i < n; ++i) d[i] += step[i];
}

}  // namespace anamorph
