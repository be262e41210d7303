// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "benchmarks/reference.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cpp/backend/cpu/pocketfft.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::bench {
namespace {

double sinc(double x) { return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }

template <typename Real>
Real logistic(Real x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

template <typename Real>
Reference<Real>::Reference(const ImagingModel& model, const ResistModel& resist, const Grid& grid, MaskSamples samples,
                           int threads)
    : model_(model), resist_(resist), ny_(grid.ny), nx_(grid.nx), threads_(threads) {
  const CoherentStack& first = model.stacks.front();
  for (int my = -first.extent_y; my <= first.extent_y; ++my)
    for (int mx = -first.extent_x; mx <= first.extent_x; ++mx)
      pixel_.push_back(samples == MaskSamples::squares ? sinc(double(my) / ny_) * sinc(double(mx) / nx_) : 1);
  spectrum_.resize(first.bins());
  field_.assign(static_cast<std::size_t>(threads), Image<Complex>(ny_, nx_));
  partial_.assign(static_cast<std::size_t>(threads), Image<Real>(ny_, nx_));
  images_.assign(model.stacks.size(), Image<Real>(ny_, nx_));
}

template <typename Real>
void Reference<Real>::transform(Image<Complex>& field, bool forward) const {
  const auto ny = static_cast<std::size_t>(ny_), nx = static_cast<std::size_t>(nx_);
  const pocketfft::stride_t stride{static_cast<std::ptrdiff_t>(nx * sizeof(Complex)), sizeof(Complex)};
  pocketfft::c2c({ny, nx}, stride, stride, {0, 1}, forward, field.data(), field.data(), Real(1));
}

/// visit(bin of the stack, row and column of the full grid)
template <typename Real>
template <typename Visit>
void Reference<Real>::for_bins(const CoherentStack& stack, const Visit& visit) const {
  std::size_t bin = 0;
  for (int my = -stack.extent_y; my <= stack.extent_y; ++my)
    for (int mx = -stack.extent_x; mx <= stack.extent_x; ++mx) visit(bin++, (my + ny_) % ny_, (mx + nx_) % nx_);
}

template <typename Real>
template <typename Body>
void Reference<Real>::for_rows(const Body& body) const {
  constexpr int kRows = 64;
  parallel_for((ny_ + kRows - 1) / kRows, threads_, [&](int task) {
    for (int y = task * kRows; y < std::min(ny_, (task + 1) * kRows); ++y) body(y);
  });
}

template <typename Real>
void Reference<Real>::field_of(const CoherentStack& stack, int term, Image<Complex>& field) const {
  std::fill(field.begin(), field.end(), Complex{});
  const std::complex<double>* h = stack.transfer.data() + static_cast<std::size_t>(term) * stack.bins();
  for_bins(stack, [&](std::size_t bin, int y, int x) { field(y, x) = Complex(h[bin]) * spectrum_[bin]; });
  transform(field, false);
}

template <typename Real>
const std::vector<Image<Real>>& Reference<Real>::images(const Image<Real>& mask) {
  std::copy(mask.begin(), mask.end(), field_[0].begin());
  transform(field_[0], true);
  const double share = 1.0 / (static_cast<double>(ny_) * nx_);
  for_bins(model_.stacks.front(), [&](std::size_t bin, int y, int x) {
    spectrum_[bin] = field_[0](y, x) * static_cast<Real>(share * pixel_[bin]);
  });

  for (std::size_t s = 0; s < model_.stacks.size(); ++s) {
    const CoherentStack& stack = model_.stacks[s];
    parallel_for(threads_, threads_, [&](int t) {
      Image<Real>& sum = partial_[static_cast<std::size_t>(t)];
      Image<Complex>& field = field_[static_cast<std::size_t>(t)];
      std::fill(sum.begin(), sum.end(), Real(0));
      for (int k = t; k < stack.terms(); k += threads_) {
        field_of(stack, k, field);
        const auto weight = static_cast<Real>(stack.weight[static_cast<std::size_t>(k)]);
        for (std::size_t i = 0; i < sum.size(); ++i) sum.data()[i] += weight * std::norm(field.data()[i]);
      }
    });
    for_rows([&](int y) {
      Real* out = images_[s].row(y);
      std::fill_n(out, nx_, Real(0));
      for (const Image<Real>& sum : partial_)
        for (int x = 0; x < nx_; ++x) out[x] += sum(y, x);
    });
  }
  return images_;
}

template <typename Real>
double Reference<Real>::print_loss(const Image<Real>& target, const MaskObjective::View& view,
                                   std::vector<Image<Real>>& bar) const {
  std::vector<double> loss(static_cast<std::size_t>(ny_));
  const double gain = view.print_steepness * (resist_.bright ? 1 : -1);
  for_rows([&](int y) {
    for (int x = 0; x < nx_; ++x) {
      const auto print = [&](const Condition& c) {
        const Real exposure = static_cast<Real>(c.dose) * images_[static_cast<std::size_t>(c.stack)](y, x);
        return logistic(static_cast<Real>(gain) * (exposure - static_cast<Real>(resist_.threshold)));
      };
      const auto push = [&](const Condition& c, Real z, Real z_bar) {
        bar[static_cast<std::size_t>(c.stack)](y, x) += z_bar * static_cast<Real>(gain * c.dose) * z * (1 - z);
      };
      for (Image<Real>& b : bar) b(y, x) = 0;
      const Condition& nominal = model_.conditions.front();
      const Real z = print(nominal), misfit = z - target(y, x);
      push(nominal, z, static_cast<Real>(2 * view.fidelity) * misfit);

      const Condition *most = nullptr, *least = nullptr;
      Real z_most = 0, z_least = 0;
      for (const Condition& c : model_.conditions) {
        if (!c.band) continue;
        const Real value = print(c);
        if (!most || value > z_most) most = &c, z_most = value;
        if (!least || value < z_least) least = &c, z_least = value;
      }
      const Real band = z_most - z_least;
      push(*most, z_most, static_cast<Real>(2 * view.pvband) * band);
      push(*least, z_least, static_cast<Real>(-2 * view.pvband) * band);
      loss[static_cast<std::size_t>(y)] += view.fidelity * double(misfit * misfit) + view.pvband * double(band * band);
    }
  });
  double sum = 0;
  for (const double l : loss) sum += l;
  return sum;
}

template <typename Real>
double Reference<Real>::gradient(const Image<Real>& control, const Image<Real>& target, const MaskObjective::View& view,
                                 Image<Real>& gradient) {
  const auto steepness = static_cast<Real>(view.mask_steepness);
  Image<Real> mask(ny_, nx_);
  for_rows([&](int y) {
    for (int x = 0; x < nx_; ++x) mask(y, x) = logistic(steepness * control(y, x));
  });
  images(mask);
  if (images_bar_.empty()) images_bar_.assign(images_.size(), Image<Real>(ny_, nx_));
  const double loss = print_loss(target, view, images_bar_);

  // E_bar = 2 w I_bar E; a forward transform takes it to the bins, where the adjoint of H M waits.
  std::vector<std::vector<Complex>> spectrum_bar(static_cast<std::size_t>(threads_),
                                                 std::vector<Complex>(spectrum_.size()));
  for (std::size_t s = 0; s < model_.stacks.size(); ++s) {
    const CoherentStack& stack = model_.stacks[s];
    parallel_for(threads_, threads_, [&](int t) {
      Image<Complex>& field = field_[static_cast<std::size_t>(t)];
      for (int k = t; k < stack.terms(); k += threads_) {
        field_of(stack, k, field);
        const auto weight = static_cast<Real>(2 * stack.weight[static_cast<std::size_t>(k)]);
        for (std::size_t i = 0; i < field.size(); ++i) field.data()[i] *= weight * images_bar_[s].data()[i];
        transform(field, true);
        const std::complex<double>* h = stack.transfer.data() + static_cast<std::size_t>(k) * stack.bins();
        for_bins(stack, [&](std::size_t bin, int y, int x) {
          spectrum_bar[static_cast<std::size_t>(t)][bin] += std::conj(Complex(h[bin])) * field(y, x);
        });
      }
    });
  }

  Image<Complex>& field = field_[0];
  std::fill(field.begin(), field.end(), Complex{});
  const double share = 1.0 / (static_cast<double>(ny_) * nx_);
  for_bins(model_.stacks.front(), [&](std::size_t bin, int y, int x) {
    for (const auto& part : spectrum_bar) field(y, x) += part[bin] * static_cast<Real>(share * pixel_[bin]);
  });
  transform(field, false);
  for_rows([&](int y) {
    for (int x = 0; x < nx_; ++x) gradient(y, x) = field(y, x).real() * steepness * mask(y, x) * (1 - mask(y, x));
  });
  return loss;
}

template class Reference<float>;
template class Reference<double>;

}  // namespace anamorph::bench
