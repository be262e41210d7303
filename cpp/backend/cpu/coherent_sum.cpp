// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <vector>

#include "cpp/backend/cpu/cpu_array.hpp"
#include "cpp/backend/cpu/fft.hpp"
#include "cpp/backend/cpu/plans.hpp"
#include "cpp/backend/plan_tables.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::cpu {
namespace {

/// Terms are worked on in blocks of this size: a block's fields fit in a core's cache, and the sum over blocks is
/// taken in a fixed order, so that the result does not depend on the number of threads.
constexpr int kBlockTerms = 6;

/// Fields of all terms are kept from forward to adjoint up to this size, and computed again beyond it.
constexpr std::size_t kKeepBytes = std::size_t{64} << 20;

template <typename Real>
class CpuCoherentSum final : public CoherentSum {
 public:
  using Complex = std::complex<Real>;

  CpuCoherentSum(const CoherentStack& stack, int batch, int threads)
      : batch_(batch),
        threads_(threads),
        terms_(stack.terms()),
        spectra_(stack.spectra()),
        ey_(stack.extent_y),
        ex_(stack.extent_x),
        ny_(field_length(stack.extent_y)),
        nx_(field_length(stack.extent_x)),
        transfer_(stack.transfer.begin(), stack.transfer.end()),
        index_(stack.spectrum.empty() ? std::vector<int>(static_cast<std::size_t>(terms_), 0) : stack.spectrum) {
    stack.validate();
    // sqrt(w_k) goes into H_k, so that the sum needs no weights.
    for (int k = 0; k < terms_; ++k) {
      const auto root = static_cast<Real>(std::sqrt(stack.weight[static_cast<std::size_t>(k)]));
      std::for_each_n(transfer_.begin() + k * bins(), bins(), [&](Complex& h) { h *= root; });
    }
    keep_ =
        static_cast<std::size_t>(batch) * static_cast<std::size_t>(terms_ * points()) * sizeof(Complex) <= kKeepBytes;
    if (keep_) fields_.resize(static_cast<std::size_t>(batch) * static_cast<std::size_t>(terms_ * points()));
  }

  [[nodiscard]] int field_ny() const noexcept override { return ny_; }
  [[nodiscard]] int field_nx() const noexcept override { return nx_; }

  void forward(const Array& spectrum, Array& intensity) override {
    require_shape(spectrum, spectrum_shape(), "spectrum");
    require_shape(intensity, intensity_shape(), "intensity");
    const auto* first = complex_data<Real>(spectrum);
    spectrum_.assign(first, first + spectrum.shape().size() / 2);

    std::vector<Real> partial(static_cast<std::size_t>(batch_ * blocks()) * static_cast<std::size_t>(points()));
    parallel_for(batch_ * blocks(), threads_, [&](int task) {
      const int b = task / blocks(), k0 = task % blocks() * kBlockTerms, count = std::min(kBlockTerms, terms_ - k0);
      std::vector<Complex> scratch;
      const Complex* field = block_fields(b, k0, count, true, scratch);
      Real* sum = partial.data() + task * points();
      for (int k = 0; k < count; ++k, field += points())
        for (std::ptrdiff_t i = 0; i < points(); ++i) sum[i] += std::norm(field[i]);
    });
    for (int b = 0; b < batch_; ++b) {
      Real* out = data<Real>(intensity) + b * points();
      std::fill_n(out, points(), Real(0));
      for (int block = 0; block < blocks(); ++block) {
        const Real* sum = partial.data() + (b * blocks() + block) * points();
        for (std::ptrdiff_t i = 0; i < points(); ++i) out[i] += sum[i];
      }
    }
  }

  void adjoint(const Array& intensity_bar, Array& spectrum_bar) override {
    require_shape(intensity_bar, intensity_shape(), "intensity_bar");
    require_shape(spectrum_bar, spectrum_shape(), "spectrum_bar");
    std::vector<Complex> partial(static_cast<std::size_t>(batch_ * blocks() * spectra_) *
                                 static_cast<std::size_t>(bins()));
    parallel_for(batch_ * blocks(), threads_, [&](int task) {
      const int b = task / blocks(), k0 = task % blocks() * kBlockTerms, count = std::min(kBlockTerms, terms_ - k0);
      std::vector<Complex> scratch;
      const Complex* field = block_fields(b, k0, count, false, scratch);
      std::vector<Complex> field_bar(static_cast<std::size_t>(count * points()));
      // I = |E|^2 summed, so E_bar = 2 I_bar E; back in frequency only the bins of the stack are wanted.
      const Real* bar = data<Real>(intensity_bar) + b * points();
      for (int k = 0; k < count; ++k)
        for (std::ptrdiff_t i = 0; i < points(); ++i)
          field_bar[static_cast<std::size_t>(k * points() + i)] = field[k * points() + i] * (Real(2) * bar[i]);
      transform(field_bar.data(), columns(count), true);
      transform_rows(field_bar.data(), count, true);
      for (int k = 0; k < count; ++k) {
        const int g = index_[static_cast<std::size_t>(k0 + k)];
        Complex* sum = partial.data() + (static_cast<std::ptrdiff_t>(task) * spectra_ + g) * bins();
        const Complex* h = transfer_.data() + (k0 + k) * bins();
        for_bins([&](std::ptrdiff_t bin, std::ptrdiff_t at) {
          sum[bin] += std::conj(h[bin]) * field_bar[static_cast<std::size_t>(k * points() + at)];
        });
      }
    });
    const std::ptrdiff_t size = spectra_ * bins();
    for (int b = 0; b < batch_; ++b) {
      Complex* out = complex_data<Real>(spectrum_bar) + b * size;
      for (int block = 0; block < blocks(); ++block) {
        const Complex* sum = partial.data() + (b * blocks() + block) * size;
        for (std::ptrdiff_t i = 0; i < size; ++i) out[i] += sum[i];
      }
    }
  }

 private:
  /// Fields of terms k0 .. k0 + count - 1 of one batch entry; from store when they were kept.
  const Complex* block_fields(int b, int k0, int count, bool compute, std::vector<Complex>& scratch) {
    Complex* field = nullptr;
    if (keep_) {
      field = fields_.data() + (static_cast<std::ptrdiff_t>(b) * terms_ + k0) * points();
      if (!compute) return field;
      std::fill_n(field, count * points(), Complex{});
    } else {
      scratch.assign(static_cast<std::size_t>(count * points()), Complex{});
      field = scratch.data();
    }
    for (int k = 0; k < count; ++k) {
      const int g = index_[static_cast<std::size_t>(k0 + k)];
      const Complex* m = spectrum_.data() + (static_cast<std::ptrdiff_t>(b) * spectra_ + g) * bins();
      const Complex* h = transfer_.data() + (k0 + k) * bins();
      for_bins([&](std::ptrdiff_t bin, std::ptrdiff_t at) { field[k * points() + at] = h[bin] * m[bin]; });
    }
    transform_rows(field, count, false);
    transform(field, columns(count), false);
    return field;
  }

  /// The bins of the stack (negative frequencies first) and their places in a field (FFT order).
  template <typename Visit>
  void for_bins(const Visit& visit) const {
    std::ptrdiff_t bin = 0;
    for (int my = -ey_; my <= ey_; ++my) {
      const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(my < 0 ? my + ny_ : my) * nx_;
      for (int mx = -ex_; mx < 0; ++mx) visit(bin++, row + nx_ + mx);
      for (int mx = 0; mx <= ex_; ++mx) visit(bin++, row + mx);
    }
  }

  /// Rows outside the band are zero before a backward, and not wanted after a forward transform.
  void transform_rows(Complex* field, int count, bool forward) const {
    transform(field, {nx_, 1, count, points(), ey_ + 1, nx_}, forward);
    transform(field + static_cast<std::ptrdiff_t>(ny_ - ey_) * nx_, {nx_, 1, count, points(), ey_, nx_}, forward);
  }

  [[nodiscard]] Lines columns(int count) const { return {ny_, nx_, count, points(), nx_, 1}; }
  [[nodiscard]] int blocks() const { return (terms_ + kBlockTerms - 1) / kBlockTerms; }
  [[nodiscard]] std::ptrdiff_t bins() const { return static_cast<std::ptrdiff_t>(2 * ey_ + 1) * (2 * ex_ + 1); }
  [[nodiscard]] std::ptrdiff_t points() const { return static_cast<std::ptrdiff_t>(ny_) * nx_; }
  [[nodiscard]] Shape spectrum_shape() const { return {batch_ * spectra_, 2 * ey_ + 1, 2 * ex_ + 1, 2}; }
  [[nodiscard]] Shape intensity_shape() const { return {batch_, ny_, nx_, 1}; }

  int batch_, threads_, terms_, spectra_, ey_, ex_, ny_, nx_;
  std::vector<Complex> transfer_;
  std::vector<int> index_;
  bool keep_ = false;
  std::vector<Complex> spectrum_;
  std::vector<Complex> fields_;
};

}  // namespace

template <typename Real>
std::unique_ptr<CoherentSum> make_coherent_sum(const CoherentStack& stack, int batch, int threads) {
  return std::make_unique<CpuCoherentSum<Real>>(stack, batch, threads);
}

template std::unique_ptr<CoherentSum> make_coherent_sum<float>(const CoherentStack&, int, int);
template std::unique_ptr<CoherentSum> make_coherent_sum<double>(const CoherentStack&, int, int);

}  // namespace anamorph::cpu
