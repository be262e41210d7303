// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/cpu/cpu_backend.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <new>
#include <numeric>
#include <stdexcept>

#include "cpp/backend/cpu/ceilings.hpp"
#include "cpp/backend/cpu/cpu_array.hpp"
#include "cpp/backend/cpu/plans.hpp"
#include "cpp/backend/cpu/refine.hpp"
#include "cpp/backend/plan_tables.hpp"
#include "cpp/backend/pointwise.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::cpu {

void require_shape(const Array& array, const Shape& expected, const char* what) {
  if (array.shape() != expected) throw std::logic_error(std::string(what) + ": unexpected shape");
}

namespace {

constexpr std::align_val_t kAlignment{64};
constexpr std::size_t kChunk = std::size_t{1} << 15;  // numbers per task of a pointwise verb

template <typename Real>
class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(int threads) : threads_(threads), morphology_(make_morphology<Real>(threads)) {}

  [[nodiscard]] std::string name() const override { return sizeof(Real) == 8 ? "cpu" : "cpu-f32"; }
  [[nodiscard]] std::string device() const override {
    return "CPU, " + std::to_string(threads_) + (threads_ == 1 ? " thread" : " threads");
  }
  [[nodiscard]] double epsilon() const noexcept override { return std::numeric_limits<Real>::epsilon(); }

  [[nodiscard]] Array allocate(const Shape& shape) override {
    const std::size_t bytes = std::max<std::size_t>(1, shape.size()) * sizeof(Real);
    auto* memory = static_cast<Real*>(::operator new(bytes, kAlignment));
    std::fill_n(memory, shape.size(), Real(0));
    return {shape, std::shared_ptr<void>(memory, [](void* p) { ::operator delete(p, kAlignment); })};
  }

  void upload(std::span<const double> host, Array& array) override {
    require_size(host.size(), array);
    std::transform(host.begin(), host.end(), data<Real>(array), [](double v) { return static_cast<Real>(v); });
  }

  void download(const Array& array, std::span<double> host) const override {
    require_size(host.size(), array);
    std::copy_n(data<Real>(array), host.size(), host.begin());
  }

  void fill(double value, Array& x) override { std::fill_n(data<Real>(x), x.shape().size(), static_cast<Real>(value)); }

  void add(double value, Array& x) override {
    const Real v = static_cast<Real>(value);
    std::for_each_n(data<Real>(x), x.shape().size(), [v](Real& number) { number += v; });
  }

  void axpby(double a, const Array& x, double b, Array& y) override {
    require_shape(y, x.shape(), "axpby");
    const Real ra = static_cast<Real>(a), rb = static_cast<Real>(b);
    const Real* in = data<Real>(x);
    Real* out = data<Real>(y);
    chunks(x.shape().size(), [&](std::size_t begin, std::size_t end) {
      if (b == 0) {
        for (std::size_t i = begin; i < end; ++i) out[i] = ra * in[i];
      } else {
        for (std::size_t i = begin; i < end; ++i) out[i] = ra * in[i] + rb * out[i];
      }
    });
  }

  [[nodiscard]] double sum(const Array& x) const override {
    const Real* a = data<Real>(x);
    return reduce(x.shape().size(), [a](std::size_t i) { return static_cast<double>(a[i]); });
  }

  [[nodiscard]] double max_abs(const Array& x) const override {
    const Real* a = data<Real>(x);
    Real largest = 0;
    for (std::size_t i = 0; i < x.shape().size(); ++i) largest = std::max(largest, std::abs(a[i]));
    return static_cast<double>(largest);
  }

  [[nodiscard]] double dot(const Array& x, const Array& y) const override {
    require_shape(y, x.shape(), "dot");
    const Real *a = data<Real>(x), *b = data<Real>(y);
    return reduce(x.shape().size(), [a, b](std::size_t i) { return static_cast<double>(a[i]) * static_cast<double>(b[i]); });
  }

  void dot_each(double factor, const Array& x, const Array& y, Array& out) override {
    const Shape &a = x.shape(), &b = y.shape();
    const int batch = std::max(a.batch, b.batch);
    const std::size_t size = a.size() / static_cast<std::size_t>(a.batch);
    require_shape(x, {a.batch == 1 ? 1 : batch, b.ny, b.nx, b.components}, "dot_each");
    require_shape(y, {b.batch == 1 ? 1 : batch, a.ny, a.nx, a.components}, "dot_each");
    require_shape(out, {batch, 1, 1, 1}, "dot_each");
    for (int entry = 0; entry < batch; ++entry) {
      const Real* left = data<Real>(x) + (a.batch == 1 ? 0 : static_cast<std::size_t>(entry) * size);
      const Real* right = data<Real>(y) + (b.batch == 1 ? 0 : static_cast<std::size_t>(entry) * size);
      data<Real>(out)[entry] = static_cast<Real>(factor * reduce(size, [left, right](std::size_t i) {
        return static_cast<double>(left[i]) * static_cast<double>(right[i]);
      }));
    }
  }

  void store(const Array& x, int row, Array& table) override {
    const std::size_t size = x.shape().size();
    if (row < 0 || row >= table.shape().batch || table.shape().size() != size * static_cast<std::size_t>(table.shape().batch))
      throw std::logic_error("store: no such row, or of another size");
    std::copy_n(data<Real>(x), size, data<Real>(table) + static_cast<std::size_t>(row) * size);
  }

  void sigmoid(const Array& x, double steepness, double level, Array& y) override {
    require_shape(y, x.shape(), "sigmoid");
    const Real s = static_cast<Real>(steepness), l = static_cast<Real>(level);
    const Real* in = data<Real>(x);
    Real* out = data<Real>(y);
    chunks(x.shape().size(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) out[i] = pointwise::logistic(s * (in[i] - l));
    });
  }

  void sigmoid_adjoint(const Array& y, const Array& y_bar, double steepness, Array& x_bar) override {
    require_shape(y_bar, y.shape(), "sigmoid_adjoint");
    require_shape(x_bar, y.shape(), "sigmoid_adjoint");
    const Real s = static_cast<Real>(steepness);
    const Real *value = data<Real>(y), *bar = data<Real>(y_bar);
    Real* out = data<Real>(x_bar);
    chunks(y.shape().size(), [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) out[i] += s * bar[i] * pointwise::logistic_slope(value[i]);
    });
  }

  void gaussian(const Array& x, double sigma_px, Array& y) override {
    require_shape(y, x.shape(), "gaussian");
    if (sigma_px == 0) return axpby(1, x, 0, y);
    const std::vector<double> weights = gaussian_half_kernel(sigma_px);
    const std::vector<Real> kernel(weights.begin(), weights.end());
    const int reach = static_cast<int>(kernel.size()) - 1;
    const Shape& shape = x.shape();
    if (reach >= std::min(shape.ny, shape.nx)) throw std::logic_error("gaussian: blur as wide as the window");
    const Real* in = data<Real>(x);
    Real* out = data<Real>(y);
    // Along y: rows are added to rows. Along x: a row with its periodic margins on both sides.
    parallel_for(shape.batch * shape.ny, threads_, [&](int task) {
      const int b = task / shape.ny, row = task % shape.ny;
      const auto line = [&](int r) {
        return in + (static_cast<std::ptrdiff_t>(b) * shape.ny + (r + shape.ny) % shape.ny) * shape.nx;
      };
      std::vector<Real> padded(static_cast<std::size_t>(shape.nx + 2 * reach));
      Real* sum = padded.data() + reach;
      const Real* centre = line(row);
      for (int i = 0; i < shape.nx; ++i) sum[i] = kernel[0] * centre[i];
      for (int k = 1; k <= reach; ++k) {
        const Real *below = line(row - k), *above = line(row + k);
        const Real g = kernel[static_cast<std::size_t>(k)];
        for (int i = 0; i < shape.nx; ++i) sum[i] += g * (below[i] + above[i]);
      }
      std::copy_n(sum + shape.nx - reach, reach, padded.data());
      std::copy_n(sum, reach, sum + shape.nx);
      Real* o = out + static_cast<std::ptrdiff_t>(task) * shape.nx;
      for (int i = 0; i < shape.nx; ++i) o[i] = kernel[0] * sum[i];
      for (int k = 1; k <= reach; ++k) {
        const Real g = kernel[static_cast<std::size_t>(k)];
        for (int i = 0; i < shape.nx; ++i) o[i] += g * (sum[i - k] + sum[i + k]);
      }
    });
  }

  void refine(const Array& x, int factor, Array& y) override {
    const Shape& s = x.shape();
    require_shape(y, {s.batch, s.ny * factor, s.nx * factor, 1}, "refine");
    require_shape(x, {s.batch, s.ny, s.nx, 1}, "refine");
    const std::size_t wide = static_cast<std::size_t>(y.shape().nx);
    Real* const out = data<Real>(y);
    refined_rows<Real>(data<Real>(x), s, factor, threads_, [&](int entry, int row, const Real* values) {
      std::copy_n(values, wide, out + (static_cast<std::size_t>(entry) * static_cast<std::size_t>(y.shape().ny) +
                                       static_cast<std::size_t>(row)) * wide);
    });
  }

  void adam(const Array& gradient, const AdamStep& step, Array& m, Array& v, Array& x) override {
    for (const Array* a : {&m, &v, &x}) require_shape(*a, gradient.shape(), "adam");
    const double correction1 = 1 - std::pow(step.decay1, step.iteration),
                 correction2 = 1 - std::pow(step.decay2, step.iteration);
    const Real rate = static_cast<Real>(step.rate / correction1), scale = static_cast<Real>(1 / correction2);
    const Real d1 = static_cast<Real>(step.decay1), d2 = static_cast<Real>(step.decay2),
               floor = static_cast<Real>(step.floor);
    const Real* g = data<Real>(gradient);
    // Captured by value: a store through a reference might change the coefficients, and the loop would not be SIMD.
    Real *first = data<Real>(m), *second = data<Real>(v), *value = data<Real>(x);
    chunks(gradient.shape().size(), [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i)
        pointwise::adam(g[i], d1, d2, rate, scale, floor, first[i], second[i], value[i]);
    });
  }

  [[nodiscard]] std::unique_ptr<MaskSpectrum> plan_mask_spectrum(int ny, int nx, int ey, int ex,
                                                                 MaskSamples samples) override {
    return make_mask_spectrum<Real>(ny, nx, ey, ex, samples, threads_);
  }
  [[nodiscard]] std::unique_ptr<CoherentSum> plan_coherent_sum(const CoherentStack& stack, int batch) override {
    return make_coherent_sum<Real>(stack, batch, threads_);
  }
  [[nodiscard]] std::unique_ptr<Resample> plan_resample(const ResamplePlan& plan) override {
    return make_resample<Real>(plan, threads_);
  }
  [[nodiscard]] std::unique_ptr<PrintLoss> plan_print_loss(const PrintLossPlan& plan) override {
    return make_print_loss<Real>(plan, threads_);
  }
  [[nodiscard]] Morphology& morphology() override { return *morphology_; }

  void repeat(std::unique_ptr<Recording>&, const std::function<void()>& verbs) override { verbs(); }

  [[nodiscard]] double seconds(const std::function<void()>& work) override {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  [[nodiscard]] Ceilings ceilings(const CeilingSizes& sizes) override { return measured_ceilings<Real>(sizes, threads_); }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts() const override { return machine_facts(threads_); }
  [[nodiscard]] std::size_t take_peak_memory() override { return take_peak_resident(); }

 private:
  static void require_size(std::size_t size, const Array& array) {
    if (size != array.shape().size()) throw std::logic_error("upload or download: sizes differ");
  }

  static std::size_t chunk_count(std::size_t size) { return (size + kChunk - 1) / kChunk; }

  template <typename Body>
  void chunks(std::size_t size, const Body& body) const {
    parallel_for(static_cast<int>(chunk_count(size)), threads_, [&](int task) {
      const std::size_t begin = static_cast<std::size_t>(task) * kChunk;
      body(begin, std::min(size, begin + kChunk));
    });
  }

  /// Sum of term(i) for i < size in double, chunk by chunk in a fixed order.
  template <typename Term>
  double reduce(std::size_t size, const Term& term) const {
    std::vector<double> partial(chunk_count(size), 0.0);
    chunks(size, [&](std::size_t begin, std::size_t end) {
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::size_t i = begin; i < end; ++i) sum += term(i);
      partial[begin / kChunk] = sum;
    });
    return std::accumulate(partial.begin(), partial.end(), 0.0);
  }

  int threads_;
  std::unique_ptr<Morphology> morphology_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(bool single_precision, int threads) {
  if (single_precision) return std::make_unique<CpuBackend<float>>(threads);
  return std::make_unique<CpuBackend<double>>(threads);
}

}  // namespace anamorph::cpu
