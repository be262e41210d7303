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

/// Interpolation along y in two steps (local_interpolation): the rows of the middle grid by a product of matrices, each
/// row of the print grid from a few of those.
template <typename Real>
struct Rows {
  static constexpr int kMostTaps = interpolation_taps(sizeof(Real) == 8);
  static constexpr int kTogether = 4;  // rows of the print grid, at most, that are worked on at a time

  int taps;
  Matrix<Real> dense;         ///< [middle row][in_ny]; those beyond the end are repeated, so that none wraps around
  std::vector<int> first;     ///< [out_ny]: the first middle row that a row needs
  std::vector<Real> weights;  ///< [out_ny][taps]

  explicit Rows(const ResamplePlan& plan) {
    const LocalInterpolation t = local_interpolation(plan.in_ny, plan.out_ny, plan.band_y, plan.blur_y, kMostTaps);
    const Matrix<Real> once = matrix<Real>(t.dense, plan.in_ny);
    taps = t.taps;
    dense.resize(t.first.back() + taps - t.first.front(), plan.in_ny);
    for (int k = 0; k < dense.rows(); ++k) {
      const int at = (k + t.first.front()) % t.mid_n;
      dense.row(k) = once.row(at < 0 ? at + t.mid_n : at);
    }
    for (const int f : t.first) first.push_back(f - t.first.front());
    weights.assign(t.weight.begin(), t.weight.end());
  }

  [[nodiscard]] int first_of(int row) const { return first[static_cast<std::size_t>(row)]; }

  /// Middle rows that the print grid's rows [from, from + count) need.
  [[nodiscard]] int needs(int from, int count) const { return first_of(from + count - 1) + taps - first_of(from); }

  /// How many rows from `from` on, of those before `end`, need the same middle rows; kTogether at most.
  [[nodiscard]] int together(int from, int end) const {
    int count = 1;
    while (count < kTogether && from + count < end && first_of(from + count) == first_of(from)) ++count;
    return count;
  }

  /// out(n, x) = sum_t weight(row + n, t) in(t, x) for n < count, and its adjoint, which adds. Rows of `in` and `out`
  /// are so many numbers apart.
  void forward(int row, int count, int columns, const Real* in, std::ptrdiff_t in_row, Real* out,
               std::ptrdiff_t out_row) const {
    choose(count, [&](auto n, auto t) { forward<n, t>(weights_of(row), columns, in, in_row, out, out_row); });
  }
  void adjoint(int row, int count, int columns, const Real* out_bar, std::ptrdiff_t out_row, Real* in_bar,
               std::ptrdiff_t in_row) const {
    choose(count, [&](auto n, auto t) { adjoint<n, t>(weights_of(row), columns, out_bar, out_row, in_bar, in_row); });
  }

 private:
  [[nodiscard]] const Real* weights_of(int row) const {
    return weights.data() + static_cast<std::ptrdiff_t>(row) * taps;
  }

  /// Calls `use` with the numbers of rows and taps as constants.
  template <typename Use>
  void choose(int count, const Use& use) const {
    using std::integral_constant;
    if (taps == 1) return use(integral_constant<int, 1>{}, integral_constant<int, 1>{});
    if (count == 1) return use(integral_constant<int, 1>{}, integral_constant<int, kMostTaps>{});
    if (count == 2) return use(integral_constant<int, 2>{}, integral_constant<int, kMostTaps>{});
    if (count == 3) return use(integral_constant<int, 3>{}, integral_constant<int, kMostTaps>{});
    use(integral_constant<int, kTogether>{}, integral_constant<int, kMostTaps>{});
  }

  template <int count, int taps>
  static void forward(const Real* w, int columns, const Real* in, std::ptrdiff_t in_row, Real* out,
                      std::ptrdiff_t out_row) {
#pragma omp simd
    for (int x = 0; x < columns; ++x) {
      Real sum[count] = {};
#pragma GCC unroll 16
      for (int t = 0; t < taps; ++t)
#pragma GCC unroll 4
        for (int n = 0; n < count; ++n) sum[n] += w[n * taps + t] * in[t * in_row + x];
      for (int n = 0; n < count; ++n) out[n * out_row + x] = sum[n];
    }
  }
  template <int count, int taps>
  static void adjoint(const Real* w, int columns, const Real* out_bar, std::ptrdiff_t out_row, Real* in_bar,
                      std::ptrdiff_t in_row) {
#pragma omp simd
    for (int x = 0; x < columns; ++x) {
#pragma GCC unroll 16
      for (int t = 0; t < taps; ++t) {
        Real sum = in_bar[t * in_row + x];
#pragma GCC unroll 4
        for (int n = 0; n < count; ++n) sum += w[n * taps + t] * out_bar[n * out_row + x];
        in_bar[t * in_row + x] = sum;
      }
    }
  }
};

template <typename Real>
class CpuPrintLoss final : public PrintLoss {
 public:
  CpuPrintLoss(const PrintLossPlan& plan, int threads)
      : plan_(plan),
        threads_(threads),
        rows_(plan.resample),
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
    std::vector<Matrix<Real>> mid_bar(want_gradient ? partial.size() * intensity.size() : 0);  // [task][image]
    // Middle rows of a block.
    const auto table = [&](int block) {
      const int y0 = block * kBlockRows;
      return rows_.dense.middleRows(rows_.first_of(y0), rows_.needs(y0, std::min(kBlockRows, r.out_ny - y0)));
    };

    parallel_for(batch * blocks, threads_, [&](int task) {
      const int b = task / blocks, y0 = task % blocks * kBlockRows, rows = std::min(kBlockRows, r.out_ny - y0);
      const auto y_table = table(task % blocks);
      std::vector<Matrix<Real>> mid(intensity.size()), strip(mid.size()), strip_bar(mid.size());
      for (std::size_t s = 0; s < mid.size(); ++s) {
        const ConstMatrixView<Real> in(data<Real>(intensity[s]) + static_cast<std::ptrdiff_t>(b) * r.in_ny * r.in_nx,
                                       r.in_ny, r.in_nx, Eigen::OuterStride<>(r.in_nx));
        mid[s].noalias() = y_table * in;
        if (want_gradient) mid_bar[static_cast<std::size_t>(task) * mid.size() + s].setZero(y_table.rows(), r.in_nx);
      }
      // [row][image][column]
      Matrix<Real> value(images * Rows<Real>::kTogether, kBlockColumns), value_bar(value.rows(), kBlockColumns);
      const std::ptrdiff_t value_row = static_cast<std::ptrdiff_t>(images) * kBlockColumns;
      PrintLossTerms& sum = partial[static_cast<std::size_t>(task)];
      for (int x0 = 0; x0 < r.out_nx; x0 += kBlockColumns) {
        const int columns = std::min(kBlockColumns, r.out_nx - x0);
        for (std::size_t s = 0; s < mid.size(); ++s) {
          strip[s].noalias() = mid[s] * ax_.middleRows(x0, columns).transpose();
          if (want_gradient) strip_bar[s].setZero(y_table.rows(), columns);
        }
        for (int y = y0, count = 0; y < y0 + rows; y += count) {
          count = rows_.together(y, y0 + rows);
          const int first = rows_.first_of(y) - rows_.first_of(y0);
          for (int s = 0; s < images; ++s)
            rows_.forward(y, count, columns, &strip[static_cast<std::size_t>(s)](first, 0), columns, &value(s, 0),
                          value_row);
          for (int n = 0; n < count; ++n) {
            const std::ptrdiff_t at = (static_cast<std::ptrdiff_t>(b) * r.out_ny + y + n) * r.out_nx + x0;
            row(&value(n * images, 0), &value_bar(n * images, 0), images, columns, data<Real>(target) + at,
                data<Real>(sites) + at, data<Real>(background) + at, w, want_gradient, sum);
          }
          if (!want_gradient) continue;
          for (int s = 0; s < images; ++s)
            rows_.adjoint(y, count, columns, &value_bar(s, 0), value_row,
                          &strip_bar[static_cast<std::size_t>(s)](first, 0), columns);
        }
        if (!want_gradient) continue;
        for (std::size_t s = 0; s < mid.size(); ++s)
          mid_bar[static_cast<std::size_t>(task) * mid.size() + s].noalias() +=
              strip_bar[s] * ax_.middleRows(x0, columns);
      }
    });

    if (want_gradient) {
      parallel_for(batch * images, threads_, [&](int task) {
        const int b = task / images;
        const auto s = static_cast<std::size_t>(task % images);
        MatrixView<Real> bar(data<Real>(intensity_bar[s]) + static_cast<std::ptrdiff_t>(b) * r.in_ny * r.in_nx, r.in_ny,
                             r.in_nx, Eigen::OuterStride<>(r.in_nx));
        for (int block = 0; block < blocks; ++block)
          bar.noalias() +=
              table(block).transpose() * mid_bar[static_cast<std::size_t>(b * blocks + block) * intensity.size() + s];
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
  /// One row of a block; value and value_bar are [image][kBlockColumns]. The loops run over pixels inside and corners
  /// outside, so that they become SIMD code.
  void row(const Real* value, Real* value_bar, int images, int columns, const Real* target, const Real* site,
           const Real* dark, const PrintLossWeights& w, bool want_gradient, PrintLossTerms& sum) const {
    std::array<Real, kBlockColumns> nominal, most, least, most_dose, least_dose;
    std::array<std::int32_t, kBlockColumns> most_image, least_image;
    const Real sign = plan_.bright ? Real(1) : Real(-1);
    const bool step = std::isinf(w.steepness);
    const Real gain = step ? sign : static_cast<Real>(w.steepness) * sign;
    const auto argument = [&](const PrintCorner& corner, const auto& use) {
      const Real dose = static_cast<Real>(corner.dose);
      const Real level = static_cast<Real>(plan_.threshold - corner.dose * corner.flare);
      const Real* in = value + static_cast<std::ptrdiff_t>(corner.intensity) * kBlockColumns;
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
    for (std::int32_t image = 0; image < images; ++image) {
      Real* bar = value_bar + static_cast<std::ptrdiff_t>(image) * kBlockColumns;
      const Real on = plan_.corners[0].intensity == image ? Real(1) : Real(0);
      for (int x = 0; x < columns; ++x)
        bar[x] = on * nominal[x] + (most_image[x] == image ? most[x] : Real(0)) -
                 (least_image[x] == image ? least[x] : Real(0));
    }
  }

  PrintLossPlan plan_;
  int threads_;
  Rows<Real> rows_;
  Matrix<Real> ax_;
};

}  // namespace

template <typename Real>
std::unique_ptr<PrintLoss> make_print_loss(const PrintLossPlan& plan, int threads) {
  return std::make_unique<CpuPrintLoss<Real>>(plan, threads);
}

template std::unique_ptr<PrintLoss> make_print_loss<float>(const PrintLossPlan&, int);
template std::unique_ptr<PrintLoss> make_print_loss<double>(const PrintLossPlan&, int);

}  // namespace anamorph::cpu
