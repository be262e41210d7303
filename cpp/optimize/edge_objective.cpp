// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/optimize/edge_objective.hpp"

#include <Eigen/Core>
#include <cmath>
#include <numbers>

#include "cpp/core/parallel.hpp"
#include "cpp/optimize/print_score.hpp"
#include "masks/polygon_spectrum.hpp"

namespace anamorph {

EdgeObjective::EdgeObjective(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
                             std::span<const Pattern> patterns, int threads)
    : backend_(backend),
      grid_(grid),
      clips_(static_cast<int>(patterns.size())),
      threads_(threads),
      openings_(resist.bright),
      window_{grid.x0_nm, grid.y0_nm, grid.x0_nm + grid.width_nm(), grid.y0_nm + grid.height_nm()},
      extent_x_(model.stacks.front().extent_x),
      extent_y_(model.stacks.front().extent_y),
      edges_(window_, extent_x_, extent_y_),
      fixed_(patterns.size()),
      material_bar_(patterns.size()) {
  model.validate();
  resist.validate();
  for (const CoherentStack& stack : model.stacks) {
    sums_.push_back(backend.plan_coherent_sum(stack, clips_));
    intensity_.push_back(backend.allocate({clips_, sums_.back()->field_ny(), sums_.back()->field_nx(), 1}));
    intensity_bar_.push_back(backend.allocate(intensity_.back().shape()));
  }
  print_loss_ = backend.plan_print_loss(
      print_loss_plan(model, resist, resample_plan(model, *sums_.front(), grid, resist.blur_nm)));
  const auto upload = [&](Image<double> Pattern::*image, Array& array) {
    array = backend.allocate({clips_, grid.ny, grid.nx, 1});
    std::vector<double> all;
    all.reserve(array.shape().size());
    for (const Pattern& p : patterns) all.insert(all.end(), (p.*image).begin(), (p.*image).end());
    backend.upload(all, array);
  };
  upload(&Pattern::target, target_);
  upload(&Pattern::sites, sites_);
  upload(&Pattern::background, background_);
  const CoherentStack& first = model.stacks.front();
  spectrum_ = backend.allocate({clips_, first.bins_y(), first.bins_x(), 2});
  spectrum_bar_ = backend.allocate(spectrum_.shape());
  terms_ = backend.allocate({clips_, 1, 4, 1});
}

std::vector<EdgeObjective::Terms> EdgeObjective::forward(std::span<const std::vector<EdgePiece>> pieces,
                                                         const View& view, bool with_gradient) {
  const std::size_t bins = spectrum_.shape().size() / static_cast<std::size_t>(2 * clips_);
  std::vector<double> flat(spectrum_.shape().size());
  parallel_for(clips_, threads_, [&](int clip) {
    const auto c = static_cast<std::size_t>(clip);
    std::vector<Complex> material = edges_.forward(pieces[c]);
    for (std::size_t i = 0; i < fixed_[c].size(); ++i) material[i] += fixed_[c][i];
    const double sign = openings_ ? 1 : -1;
    double* out = flat.data() + 2 * c * bins;
    for (std::size_t i = 0; i < bins; ++i) {
      out[2 * i] = sign * material[i].real();
      out[2 * i + 1] = sign * material[i].imag();
    }
    if (!openings_) out[bins - 1] += 1;  // the bin (0, 0) is the middle one of an odd number
  });
  backend_.upload(flat, spectrum_);
  for (std::size_t s = 0; s < sums_.size(); ++s) {
    sums_[s]->forward(spectrum_, intensity_[s]);
    backend_.fill(0, intensity_bar_[s]);
  }
  const double area = grid_.pixel_nm * grid_.pixel_nm;
  const PrintLossWeights weights{.steepness = view.steepness,
                                 .fidelity = view.fidelity * area,
                                 .sites = view.sites * area,
                                 .background = view.background * area,
                                 .pvband = view.pvband * area};
  print_loss_->evaluate(intensity_, target_, sites_, background_, weights,
                        with_gradient ? std::span<Array>(intensity_bar_) : std::span<Array>(), terms_);
  std::vector<Terms> result;
  for (const PrintLossTerms& t : print_loss_terms(backend_, terms_))
    result.push_back({t.fidelity * area, t.pvband * area, t.sites * area, t.background * area});
  return result;
}

std::vector<EdgeObjective::Terms> EdgeObjective::evaluate(std::span<const std::vector<EdgePiece>> pieces,
                                                          const View& view) {
  return forward(pieces, view, false);
}

std::vector<EdgeObjective::Terms> EdgeObjective::evaluate(std::span<const std::vector<EdgePiece>> pieces,
                                                          const View& view, std::span<std::vector<double>> gradient) {
  std::vector<Terms> terms = forward(pieces, view, true);
  backend_.fill(0, spectrum_bar_);
  for (std::size_t s = 0; s < sums_.size(); ++s) sums_[s]->adjoint(intensity_bar_[s], spectrum_bar_);
  std::vector<double> flat(spectrum_bar_.shape().size());
  backend_.download(spectrum_bar_, flat);
  const std::size_t bins = flat.size() / static_cast<std::size_t>(2 * clips_);
  parallel_for(clips_, threads_, [&](int clip) {
    const auto c = static_cast<std::size_t>(clip);
    const double sign = openings_ ? 1 : -1;
    std::vector<Complex>& bar = material_bar_[c];
    bar.resize(bins);
    const double* in = flat.data() + 2 * c * bins;
    for (std::size_t i = 0; i < bins; ++i) bar[i] = {sign * in[2 * i], sign * in[2 * i + 1]};
    gradient[c] = edges_.adjoint(bar, pieces[c]);
  });
  return terms;
}

void EdgeObjective::add_fixed(int clip, const std::vector<Polygon>& shapes) {
  if (shapes.empty()) return;
  std::vector<Complex>& fixed = fixed_[static_cast<std::size_t>(clip)];
  const std::vector<Complex> more = polygon_spectrum(shapes, window_, extent_x_, extent_y_);
  fixed.resize(more.size());
  for (std::size_t i = 0; i < more.size(); ++i) fixed[i] += more[i];
}

std::vector<double> EdgeObjective::sensitivity(int clip, int nx, int ny) const {
  using Matrix = Eigen::Matrix<Complex, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto waves = [](int count, int extent) {  // [cell][m + extent]
    Matrix w(count, 2 * extent + 1);
    for (int i = 0; i < count; ++i)
      for (int m = -extent; m <= extent; ++m) {
        const double turns = m * (i + 0.5) / count;
        w(i, m + extent) = std::polar(1.0, 2 * std::numbers::pi * (turns - std::round(turns)));
      }
    return w;
  };
  const Eigen::Map<const Matrix> bar(material_bar_[static_cast<std::size_t>(clip)].data(), 2 * extent_y_ + 1,
                                     2 * extent_x_ + 1);
  const Matrix rows = waves(ny, extent_y_) * bar;
  const Matrix map = rows * waves(nx, extent_x_).transpose();
  std::vector<double> result;
  result.reserve(static_cast<std::size_t>(map.size()));
  for (Eigen::Index i = 0; i < map.size(); ++i)
    result.push_back(map.data()[i].real() / (window_.width() * window_.height()));
  return result;
}

}  // namespace anamorph
