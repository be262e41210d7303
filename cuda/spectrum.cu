// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/bins.hpp"
#include "cpp/backend/plan_tables.hpp"
#include "cuda/multiply.hpp"
#include "cuda/plans.hpp"

// The two maps between a fine grid and a few frequencies: thin matrix products, axis by axis.

namespace anamorph::cuda {
namespace {

template <typename Real>
class CudaMaskSpectrum final : public MaskSpectrum {
 public:
  CudaMaskSpectrum(std::shared_ptr<Device> device, int ny, int nx, int extent_y, int extent_x, MaskSamples samples)
      : device_(std::move(device)),
        ny_(ny),
        nx_(nx),
        ey_(extent_y),
        ex_(extent_x),
        basis_y_(table<Real>(*device_, fourier_basis(ny, extent_y, samples))),
        basis_x_(table<Real>(*device_, fourier_basis(nx, extent_x, samples))) {}

  void forward(const Array& mask, Array& spectrum) const override {
    const int batch = mask.shape().batch;
    require_shape(mask, {batch, ny_, nx_, 1}, "mask");
    require_shape(spectrum, {batch, bins_y(), bins_x(), 2}, "spectrum");
    Scratch scratch(*device_);
    Real *rows = scratch.take<Real>(row_count(batch)), *parts = scratch.take<Real>(bin_count(batch));
    multiply<Real>(*device_, {1, batch * ny_, bins_x(), nx_}, rows_of(data<Real>(mask), nx_),
                   rows_of<Real>(basis_x_.get(), bins_x()), {rows, 0, bins_x()}, false);
    multiply<Real>(*device_, {batch, bins_y(), bins_x(), ny_}, rows_of<Real>(basis_y_.get(), bins_y()).transposed(),
                   rows_of<Real>(rows, bins_x(), row_batch()), {parts, bin_batch(), bins_x()}, false);
    const int ey = ey_, ex = ex_, height = bins_y(), width = bins_x();
    const Real* from = parts;
    Real* to = data<Real>(spectrum);
    device_->each(bin_count(batch), [=] __device__(std::size_t i) {
      const std::size_t area = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
      const int at = static_cast<int>(i % area);
      const bins::Pair<Real> bin = bins::from_parts(from + i / area * area, ey, ex, at / width - ey, at % width - ex);
      to[2 * i] = bin.re;
      to[2 * i + 1] = bin.im;
    });
  }

  void adjoint(const Array& spectrum_bar, Array& mask_bar) const override {
    const int batch = mask_bar.shape().batch;
    require_shape(mask_bar, {batch, ny_, nx_, 1}, "mask_bar");
    require_shape(spectrum_bar, {batch, bins_y(), bins_x(), 2}, "spectrum_bar");
    Scratch scratch(*device_);
    Real *rows = scratch.take<Real>(row_count(batch)), *parts = scratch.take<Real>(bin_count(batch));
    const int ey = ey_, ex = ex_, height = bins_y(), width = bins_x();
    const Real* from = data<Real>(spectrum_bar);
    Real* to = parts;
    device_->each(bin_count(batch), [=] __device__(std::size_t i) {
      const std::size_t area = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
      const int at = static_cast<int>(i % area);
      to[i] = bins::parts_bar(from + 2 * (i / area * area), ey, ex, at / width, at % width);
    });
    multiply<Real>(*device_, {batch, ny_, bins_x(), bins_y()}, rows_of<Real>(basis_y_.get(), bins_y()),
                   rows_of<Real>(parts, bins_x(), bin_batch()), {rows, row_batch(), bins_x()}, false);
    multiply<Real>(*device_, {1, batch * ny_, nx_, bins_x()}, rows_of<Real>(rows, bins_x()),
                   rows_of<Real>(basis_x_.get(), bins_x()).transposed(), {data<Real>(mask_bar), 0, nx_}, true);
  }

 private:
  [[nodiscard]] int bins_y() const { return 2 * ey_ + 1; }
  [[nodiscard]] int bins_x() const { return 2 * ex_ + 1; }
  [[nodiscard]] std::ptrdiff_t row_batch() const { return static_cast<std::ptrdiff_t>(ny_) * bins_x(); }
  [[nodiscard]] std::ptrdiff_t bin_batch() const { return static_cast<std::ptrdiff_t>(bins_y()) * bins_x(); }
  [[nodiscard]] std::size_t row_count(int batch) const { return static_cast<std::size_t>(batch * row_batch()); }
  [[nodiscard]] std::size_t bin_count(int batch) const { return static_cast<std::size_t>(batch * bin_batch()); }

  std::shared_ptr<Device> device_;
  int ny_, nx_, ey_, ex_;
  Buffer<Real> basis_y_, basis_x_;
};

template <typename Real>
class CudaResample final : public Resample {
 public:
  CudaResample(std::shared_ptr<Device> device, const ResamplePlan& plan)
      : device_(std::move(device)),
        plan_(plan),
        ay_(table<Real>(*device_, interpolation_table(plan.in_ny, plan.out_ny, plan.band_y, plan.blur_y))),
        ax_(table<Real>(*device_, interpolation_table(plan.in_nx, plan.out_nx, plan.band_x, plan.blur_x))) {}

  void forward(const Array& in, Array& out) const override {
    const int batch = in.shape().batch;
    check_shapes(in, out, batch);
    const ResamplePlan& p = plan_;
    Scratch scratch(*device_);
    Real* rows = scratch.take<Real>(static_cast<std::size_t>(batch * row_batch()));
    multiply<Real>(*device_, {batch, p.out_ny, p.in_nx, p.in_ny}, rows_of<Real>(ay_.get(), p.in_ny),
                   rows_of(data<Real>(in), p.in_nx, in_batch()), {rows, row_batch(), p.in_nx}, false);
    multiply<Real>(*device_, {1, batch * p.out_ny, p.out_nx, p.in_nx}, rows_of<Real>(rows, p.in_nx),
                   rows_of<Real>(ax_.get(), p.in_nx).transposed(), {data<Real>(out), 0, p.out_nx}, false);
  }

  void adjoint(const Array& out_bar, Array& in_bar) const override {
    const int batch = in_bar.shape().batch;
    check_shapes(in_bar, out_bar, batch);
    const ResamplePlan& p = plan_;
    Scratch scratch(*device_);
    Real* rows = scratch.take<Real>(static_cast<std::size_t>(batch * row_batch()));
    multiply<Real>(*device_, {1, batch * p.out_ny, p.in_nx, p.out_nx}, rows_of(data<Real>(out_bar), p.out_nx),
                   rows_of<Real>(ax_.get(), p.in_nx), {rows, 0, p.in_nx}, false);
    multiply<Real>(*device_, {batch, p.in_ny, p.in_nx, p.out_ny}, rows_of<Real>(ay_.get(), p.in_ny).transposed(),
                   rows_of<Real>(rows, p.in_nx, row_batch()), {data<Real>(in_bar), in_batch(), p.in_nx}, true);
  }

 private:
  void check_shapes(const Array& in, const Array& out, int batch) const {
    require_shape(in, {batch, plan_.in_ny, plan_.in_nx, 1}, "resample: coarse samples");
    require_shape(out, {batch, plan_.out_ny, plan_.out_nx, 1}, "resample: fine samples");
  }
  [[nodiscard]] std::ptrdiff_t in_batch() const { return static_cast<std::ptrdiff_t>(plan_.in_ny) * plan_.in_nx; }
  [[nodiscard]] std::ptrdiff_t row_batch() const { return static_cast<std::ptrdiff_t>(plan_.out_ny) * plan_.in_nx; }

  std::shared_ptr<Device> device_;
  ResamplePlan plan_;
  Buffer<Real> ay_, ax_;
};

}  // namespace

template <typename Real>
std::unique_ptr<MaskSpectrum> make_mask_spectrum(std::shared_ptr<Device> device, int ny, int nx, int extent_y,
                                                 int extent_x, MaskSamples samples) {
  return std::make_unique<CudaMaskSpectrum<Real>>(std::move(device), ny, nx, extent_y, extent_x, samples);
}

template <typename Real>
std::unique_ptr<Resample> make_resample(std::shared_ptr<Device> device, const ResamplePlan& plan) {
  return std::make_unique<CudaResample<Real>>(std::move(device), plan);
}

template std::unique_ptr<MaskSpectrum> make_mask_spectrum<float>(std::shared_ptr<Device>, int, int, int, int,
                                                                 MaskSamples);
template std::unique_ptr<MaskSpectrum> make_mask_spectrum<double>(std::shared_ptr<Device>, int, int, int, int,
                                                                  MaskSamples);
template std::unique_ptr<Resample> make_resample<float>(std::shared_ptr<Device>, const ResamplePlan&);
template std::unique_ptr<Resample> make_resample<double>(std::shared_ptr<Device>, const ResamplePlan&);

}  // namespace anamorph::cuda
