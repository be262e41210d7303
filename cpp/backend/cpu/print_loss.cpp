// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "cpp/backend/cpu/cpu_array.hpp"
#include "cpp/backend/cpu/plans.hpp"
#include "cpp/backend/plan_tables.hpp"
#include "cpp/backend/pointwise.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::cpu {
namespace {

// One block of the print grid stays in a core's cache from interpolation to cotangent.
constexpr int kBlockRows = 128;
constexpr int kBlockColumns = 512;

template <typename Real>
class CpuPrintLoss final : public PrintLoss {
 public:
  CpuPrintLoss(const PrintLossPlan& plan, int threads)
      : plan_(plan),
        threads_(threads),
        ay_(matrix<Real>(
            interpolation_table(plan.resample.in_ny, plan.resample.out_ny, plan.resample.band_y, plan.resample.blur_y),
            plan.resample.in_ny)),
        ax_(matrix<Real>(
            interpolation_table(plan.resample.in_nx, plan.resample.out_nx, plan.resample.band_x, plan.resample.blur_x),
            plan.resample.in_nx)) {
    if (plan.corners.empty()) throw std::logic_error("print loss: no corners");
    if (std::none_of(plan.corners.begin(), plan.corners.end(), [](const PrintCorner& c) { return c.band; }))
      throw std::logic_error("print loss: no corner takes part in the band");
  }

  void evaluate(std::span<const Array> intensity, const Array& target, const Array& sites, const Array& background,
                const PrintLossWeights& w, std::span<Array> intensity_bar, Array& terms) const override {
    const ResamplePlan& r = plan_.resample;
    const int batch = target.shape().batch, images = static_cast<int>(intensity.size());
    require_shape(target, {batch, r.out_ny, r.out_nx, 1}, "target");
    require_shape(sites, {batch, r.out_ny, r.out_nx, 1}, "sites");
    require_shape(background, {batch, r.out_ny, r.out_nx, 1}, "background");
    for (const Array& i : intensity) require_shape(i, {batch, r.in_ny, r.in_nx, 1}, "intensity");
    require_shape(terms, {batch, 1, 4, 1}, "terms");
    const bool want_gradient = !intensity_bar.empty();
    if (want_gradient && std::isinf(w.steepness)) throw std::logic_error("print loss: a step has no gradient");

    const int blocks = (r.out_ny + kBlockRows - 1) / kBlockRows;
    std::vector<PrintLossTerms> partial(static_cast<std::size_t>(batch * blocks));
    std::vector<Matrix<Real>> rows_bar;  // [image]: cotangent after the x interpolation, [batch * out_ny][in_nx]
    if (want_gradient)
      rows_bar.assign(static_cast<std::size_t>(images),
                      Matrix<Real>(static_cast<Eigen::Index>(batch) * r.out_ny, r.in_nx));

    parallel_for(batch * blocks, threads_, [&](int task) {
      const int b = task / blocks, y0 = task % blocks * kBlockRows, rows = std::min(kBlockRows, r.out_ny - y0);
      std::vector<Matrix<Real>> t(static_cast<std::size_t>(images)), value(t.size()), value_bar(t.size());
      for (int s = 0; s < images; ++s) {
        const ConstMatrixView<Real> in(
            data<Real>(intensity[static_cast<std::size_t>(s)]) + static_cast<std::ptrdiff_t>(b) * r.in_ny * r.in_nx,
            r.in_ny, r.in_nx, Eigen::OuterStride<>(r.in_nx));
        t[static_cast<std::size_t>(s)].noalias() = ay_.middleRows(y0, rows) * in;
        if (want_gradient)
          rows_bar[static_cast<std::size_t>(s)]
              .middleRows(static_cast<Eigen::Index>(b) * r.out_ny + y0, rows)
              .setZero();
      }
      PrintLossTerms& sum = partial[static_cast<std::size_t>(task)];
      for (int x0 = 0; x0 < r.out_nx; x0 += kBlockColumns) {
        const int columns = std::min(kBlockColumns, r.out_nx - x0);
        for (std::size_t s = 0; s < t.size(); ++s) {
          value[s].noalias() = t[s] * ax_.middleRows(x0, columns).transpose();
          value_bar[s].resize(rows, columns);
        }
        for (int y = 0; y < rows; ++y) {
          const std::ptrdiff_t at = (static_cast<std::ptrdiff_t>(b) * r.out_ny + y0 + y) * r.out_nx + x0;
          row(value, value_bar, y, columns, data<Real>(target) + at, data<Real>(sites) + at,
              data<Real>(background) + at, w, want_gradient, sum);
        }
        if (!want_gradient) continue;
        for (std::size_t s = 0; s < t.size(); ++s)
          rows_bar[s].middleRows(static_cast<Eigen::Index>(b) * r.out_ny + y0, rows).noalias() +=
              value_bar[s] * ax_.middleRows(x0, columns);
      }
    });

    if (want_gradient) {
      parallel_for(batch * images, threads_, [&](int task) {
        const int b = task / images;
        const auto s = static_cast<std::size_t>(task % images);
        MatrixView<Real> bar(data<Real>(intensity_bar[s]) + static_cast<std::ptrdiff_t>(b) * r.in_ny * r.in_nx, r.in_ny,
                             r.in_nx, Eigen::OuterStride<>(r.in_nx));
        bar.noalias() += ay_.transpose() * rows_bar[s].middleRows(static_cast<Eigen::Index>(b) * r.out_ny, r.out_ny);
      });
    }
    for (int b = 0; b < batch; ++b) {
      std::array<double, 4> sum{};
      for (int block = 0; block < blocks; ++block) {
        const PrintLossTerms& p = partial[static_cast<std::size_t>(b * blocks + block)];
        sum = {sum[0] + p.fidelity, sum[1] + p.sites, sum[2] + p.background, sum[3] + p.pvband};
      }
      std::transform(sum.begin(), sum.end(), data<Real>(terms) + 4 * static_cast<std::ptrdiff_t>(b),
                     [](double v) { return static_cast<Real>(v); });
    }
  }

 private:
  /// One row of a block. The loops run over pixels inside and corners outside, so that they become SIMD code.
  void row(const std::vector<Matrix<Real>>& value, std::vector<Matrix<Real>>& value_bar, int y, int columns,
           const Real* target, const Real* site, const Real* dark, const PrintLossWeights& w, bool want_gradient,
           PrintLossTerms& sum) const {
    std::array<Real, kBlockColumns> nominal, most, least, most_dose, least_dose;
    std::array<std::int32_t, kBlockColumns> most_image, least_image;
    const Real sign = plan_.bright ? Real(1) : Real(-1);
    const bool step = std::isinf(w.steepness);
    const Real gain = step ? sign : static_cast<Real>(w.steepness) * sign;
    const auto argument = [&](const PrintCorner& corner, const auto& use) {
      const Real dose = static_cast<Real>(corner.dose);
      const Real level = static_cast<Real>(plan_.threshold - corner.dose * corner.flare);
      const Real* in = &value[static_cast<std::size_t>(corner.intensity)](y, 0);
      for (int x = 0; x < columns; ++x) use(x, gain * (dose * in[x] - level));
    };
    argument(plan_.corners.front(), [&](int x, Real u) { nominal[x] = u; });
    bool first = true;
    for (const PrintCorner& corner : plan_.corners) {
      if (!corner.band) continue;
      const Real dose = static_cast<Real>(corner.dose);
      const std::int32_t image = corner.intensity;
      if (first) {
        argument(corner, [&](int x, Real u) {
          most[x] = least[x] = u;
          most_dose[x] = least_dose[x] = dose;
          most_image[x] = least_image[x] = image;
        });
        first = false;
      } else {
        argument(corner, [&](int x, Real u) {
          const bool up = u > most[x], down = u < least[x];
          most[x] = up ? u : most[x];
          most_dose[x] = up ? dose : most_dose[x];
          most_image[x] = up ? image : most_image[x];
          least[x] = down ? u : least[x];
          least_dose[x] = down ? dose : least_dose[x];
          least_image[x] = down ? image : least_image[x];
        });
      }
    }

    const pointwise::PrintFactors<Real> factors{
        static_cast<Real>(w.fidelity) * gain, static_cast<Real>(w.sites) * gain, static_cast<Real>(w.background) * gain,
        static_cast<Real>(w.pvband) * gain, static_cast<Real>(plan_.corners[0].dose)};
    const auto add_pixels = [&](const auto& print) {
      Real fidelity = 0, weighted = 0, unwanted = 0, pvband = 0;
#pragma omp simd reduction(+ : fidelity, weighted, unwanted, pvband)
      for (int x = 0; x < columns; ++x) {
        const pointwise::PrintPixel<Real> pixel = pointwise::print_pixel(
            print, factors, nominal[x], most[x], most_dose[x], least[x], least_dose[x], target[x], site[x], dark[x]);
        fidelity += pixel.fidelity;
        weighted += pixel.sites;
        unwanted += pixel.background;
        pvband += pixel.pvband;
        nominal[x] = pixel.nominal_bar;
        most[x] = pixel.most_bar;
        least[x] = pixel.least_bar;
      }
      sum.fidelity += static_cast<double>(fidelity);
      sum.sites += static_cast<double>(weighted);
      sum.background += static_cast<double>(unwanted);
      sum.pvband += static_cast<double>(pvband);
    };
    if (step)
      add_pixels(pointwise::StepPrint{plan_.bright});
    else
      add_pixels(pointwise::SmoothPrint{});
    if (!want_gradient) return;
    for (std::size_t s = 0; s < value_bar.size(); ++s) {
      Real* bar = &value_bar[s](y, 0);
      const auto image = static_cast<std::int32_t>(s);
      const Real on = plan_.corners[0].intensity == image ? Real(1) : Real(0);
      for (int x = 0; x < columns; ++x)
        bar[x] = on * nominal[x] + (most_image[x] == image ? most[x] : Real(0)) -
                 (least_image[x] == image ? least[x] : Real(0));
    }
  }

  PrintLossPlan plan_;
  int threads_;
  Matrix<Real> ay_, ax_;
};

}  // namespace

template <typename Real>
std::unique_ptr<PrintLoss> make_print_loss(const PrintLossPlan& plan, int threads) {
  return std::make_unique<CpuPrintLoss<Real>>(plan, threads);
}

template std::unique_ptr<PrintLoss> make_print_loss<float>(const PrintLossPlan&, int);
template std::unique_ptr<PrintLoss> make_print_loss<double>(const PrintLossPlan&, int);

}  // namespace anamorph::cpu
