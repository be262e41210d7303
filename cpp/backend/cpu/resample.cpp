// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>

#include "cpp/backend/cpu/cpu_array.hpp"
#include "cpp/backend/cpu/plans.hpp"
#include "cpp/backend/plan_tables.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::cpu {
namespace {

constexpr int kBlockRows = 64;

template <typename Real>
class CpuResample final : public Resample {
 public:
  CpuResample(const ResamplePlan& plan, int threads)
      : plan_(plan),
        threads_(threads),
        ay_(matrix<Real>(interpolation_table(plan.in_ny, plan.out_ny, plan.band_y, plan.blur_y), plan.in_ny)),
        ax_(matrix<Real>(interpolation_table(plan.in_nx, plan.out_nx, plan.band_x, plan.blur_x), plan.in_nx)) {}

  void forward(const Array& in, Array& out) const override {
    const int batch = in.shape().batch;
    check(in, out, batch);
    for_blocks(batch, [&](int b, int y0, int rows) {
      MatrixView<Real> o(data<Real>(out) + (static_cast<std::ptrdiff_t>(b) * plan_.out_ny + y0) * plan_.out_nx, rows,
                         plan_.out_nx, Eigen::OuterStride<>(plan_.out_nx));
      const Matrix<Real> t = ay_.middleRows(y0, rows) * input(data<Real>(in), b);
      o.noalias() = t * ax_.transpose();
    });
  }

  void adjoint(const Array& out_bar, Array& in_bar) const override {
    const int batch = in_bar.shape().batch;
    check(in_bar, out_bar, batch);
    Matrix<Real> t(static_cast<Eigen::Index>(batch) * plan_.out_ny, plan_.in_nx);
    for_blocks(batch, [&](int b, int y0, int rows) {
      const ConstMatrixView<Real> o(
          data<Real>(out_bar) + (static_cast<std::ptrdiff_t>(b) * plan_.out_ny + y0) * plan_.out_nx, rows, plan_.out_nx,
          Eigen::OuterStride<>(plan_.out_nx));
      t.middleRows(static_cast<Eigen::Index>(b) * plan_.out_ny + y0, rows).noalias() = o * ax_;
    });
    for (int b = 0; b < batch; ++b) {
      MatrixView<Real> i(data<Real>(in_bar) + static_cast<std::ptrdiff_t>(b) * plan_.in_ny * plan_.in_nx, plan_.in_ny,
                         plan_.in_nx, Eigen::OuterStride<>(plan_.in_nx));
      i.noalias() += ay_.transpose() * t.middleRows(static_cast<Eigen::Index>(b) * plan_.out_ny, plan_.out_ny);
    }
  }

 private:
  void check(const Array& in, const Array& out, int batch) const {
    require_shape(in, {batch, plan_.in_ny, plan_.in_nx, 1}, "resample: coarse samples");
    require_shape(out, {batch, plan_.out_ny, plan_.out_nx, 1}, "resample: fine samples");
  }

  ConstMatrixView<Real> input(const Real* in, int b) const {
    return {in + static_cast<std::ptrdiff_t>(b) * plan_.in_ny * plan_.in_nx, plan_.in_ny, plan_.in_nx,
            Eigen::OuterStride<>(plan_.in_nx)};
  }

  template <typename Body>
  void for_blocks(int batch, const Body& body) const {
    const int blocks = (plan_.out_ny + kBlockRows - 1) / kBlockRows;
    parallel_for(batch * blocks, threads_, [&](int task) {
      const int y0 = task % blocks * kBlockRows;
      body(task / blocks, y0, std::min(kBlockRows, plan_.out_ny - y0));
    });
  }

  ResamplePlan plan_;
  int threads_;
  Matrix<Real> ay_, ax_;
};

}  // namespace

template <typename Real>
std::unique_ptr<Resample> make_resample(const ResamplePlan& plan, int threads) {
  return std::make_unique<CpuResample<Real>>(plan, threads);
}

template std::unique_ptr<Resample> make_resample<float>(const ResamplePlan&, int);
template std::unique_ptr<Resample> make_resample<double>(const ResamplePlan&, int);

}  // namespace anamorph::cpu
