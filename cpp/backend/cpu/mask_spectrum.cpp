// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>

#include "cpp/backend/bins.hpp"
#include "cpp/backend/cpu/cpu_array.hpp"
#include "cpp/backend/cpu/plans.hpp"
#include "cpp/backend/plan_tables.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::cpu {
namespace {

constexpr int kBlockRows = 64;

template <typename Real>
class CpuMaskSpectrum final : public MaskSpectrum {
 public:
  CpuMaskSpectrum(int ny, int nx, int extent_y, int extent_x, MaskSamples samples, int threads)
      : ny_(ny),
        nx_(nx),
        extent_y_(extent_y),
        extent_x_(extent_x),
        threads_(threads),
        basis_y_(matrix<Real>(fourier_basis(ny, extent_y, samples), bins_y())),
        basis_x_(matrix<Real>(fourier_basis(nx, extent_x, samples), bins_x())) {}

  void forward(const Array& mask, Array& spectrum) const override {
    const int batch = mask.shape().batch;
    require_shape(mask, {batch, ny_, nx_, 1}, "mask");
    require_shape(spectrum, {batch, bins_y(), bins_x(), 2}, "spectrum");
    const int blocks = (ny_ + kBlockRows - 1) / kBlockRows;
    Matrix<Real> rows(static_cast<Eigen::Index>(batch) * ny_, bins_x());
    parallel_for(batch * blocks, threads_, [&](int task) {
      const int b = task / blocks, y0 = task % blocks * kBlockRows, count = std::min(kBlockRows, ny_ - y0);
      const ConstMatrixView<Real> m(data<Real>(mask) + (static_cast<std::ptrdiff_t>(b) * ny_ + y0) * nx_, count, nx_,
                                    Eigen::OuterStride<>(nx_));
      rows.middleRows(static_cast<Eigen::Index>(b) * ny_ + y0, count).noalias() = m * basis_x_;
    });
    for (int b = 0; b < batch; ++b) {
      const Matrix<Real> parts = basis_y_.transpose() * rows.middleRows(static_cast<Eigen::Index>(b) * ny_, ny_);
      std::complex<Real>* out = complex_data<Real>(spectrum) + b * static_cast<std::ptrdiff_t>(bins_y()) * bins_x();
      for (int my = -extent_y_; my <= extent_y_; ++my) {
        for (int mx = -extent_x_; mx <= extent_x_; ++mx) {
          const bins::Pair<Real> bin = bins::from_parts(parts.data(), extent_y_, extent_x_, my, mx);
          *out++ = {bin.re, bin.im};
        }
      }
    }
  }

  void adjoint(const Array& spectrum_bar, Array& mask_bar) const override {
    const int batch = mask_bar.shape().batch;
    require_shape(mask_bar, {batch, ny_, nx_, 1}, "mask_bar");
    require_shape(spectrum_bar, {batch, bins_y(), bins_x(), 2}, "spectrum_bar");
    Matrix<Real> rows(static_cast<Eigen::Index>(batch) * ny_, bins_x());
    for (int b = 0; b < batch; ++b) {
      Matrix<Real> parts(bins_y(), bins_x());
      const Real* in = data<Real>(spectrum_bar) + b * static_cast<std::ptrdiff_t>(bins_y()) * bins_x() * 2;
      for (int row = 0; row < bins_y(); ++row)
        for (int column = 0; column < bins_x(); ++column)
          parts(row, column) = bins::parts_bar(in, extent_y_, extent_x_, row, column);
      rows.middleRows(static_cast<Eigen::Index>(b) * ny_, ny_).noalias() = basis_y_ * parts;
    }
    const int blocks = (ny_ + kBlockRows - 1) / kBlockRows;
    parallel_for(batch * blocks, threads_, [&](int task) {
      const int b = task / blocks, y0 = task % blocks * kBlockRows, count = std::min(kBlockRows, ny_ - y0);
      MatrixView<Real> m(data<Real>(mask_bar) + (static_cast<std::ptrdiff_t>(b) * ny_ + y0) * nx_, count, nx_,
                         Eigen::OuterStride<>(nx_));
      m.noalias() += rows.middleRows(static_cast<Eigen::Index>(b) * ny_ + y0, count) * basis_x_.transpose();
    });
  }

 private:
  [[nodiscard]] int bins_y() const { return 2 * extent_y_ + 1; }
  [[nodiscard]] int bins_x() const { return 2 * extent_x_ + 1; }

  int ny_, nx_, extent_y_, extent_x_, threads_;
  Matrix<Real> basis_y_, basis_x_;
};

}  // namespace

template <typename Real>
std::unique_ptr<MaskSpectrum> make_mask_spectrum(int ny, int nx, int extent_y, int extent_x, MaskSamples samples,
                                                 int threads) {
  return std::make_unique<CpuMaskSpectrum<Real>>(ny, nx, extent_y, extent_x, samples, threads);
}

template std::unique_ptr<MaskSpectrum> make_mask_spectrum<float>(int, int, int, int, MaskSamples, int);
template std::unique_ptr<MaskSpectrum> make_mask_spectrum<double>(int, int, int, int, MaskSamples, int);

}  // namespace anamorph::cpu
