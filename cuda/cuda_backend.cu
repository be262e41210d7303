// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

#include "cpp/backend/make_cuda_backend.hpp"
#include "cpp/backend/plan_tables.hpp"
#include "cpp/backend/pointwise.hpp"
#include "cuda/ceilings.hpp"
#include "cuda/gaussian.hpp"
#include "cuda/plans.hpp"
#include "cuda/refine.hpp"

namespace anamorph {
namespace cuda {
namespace {

constexpr int kPartials = 512;  // blocks of the first pass of a sum, whatever the device

/// partial[block] = combine over all i of this block of term(i).
template <typename Term, typename Combine>
__global__ void __launch_bounds__(kThreads)
    reduce_kernel(std::size_t count, Term term, Combine combine, double* partial) {
  double value = 0;
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step)
    value = combine(value, term(i));
  value = over_block(value, combine);
  if (threadIdx.x == 0) partial[blockIdx.x] = value;
}

struct Number {
  const double* numbers;
  __device__ double operator()(std::size_t i) const { return numbers[i]; }
};

/// combine over all i < count of term(i), in double and in an order that never changes; 0 must be neutral.
template <typename Term, typename Combine>
double reduce(const Device& device, std::size_t count, const Term& term, const Combine& combine) {
  Scratch scratch(device);
  double *partial = scratch.take<double>(kPartials), *result = scratch.take<double>(1);
  device.launch(reduce_kernel<Term, Combine>, dim3(kPartials), dim3(kThreads), count, term, combine, partial);
  device.launch(reduce_kernel<Number, Combine>, dim3(1), dim3(kThreads), static_cast<std::size_t>(kPartials),
                Number{partial}, combine, result);
  double value = 0;
  device.download(&value, result, sizeof(double));
  return value;
}

/// partial[entry][block] = sum over the pixels of this block of x y; blockIdx.y is the entry.
template <typename Real>
__global__ void __launch_bounds__(kThreads)
    dot_kernel(std::size_t size, const Real* x, std::size_t x_batch, const Real* y, std::size_t y_batch,
               double* partial) {
  const Real *a = x + blockIdx.y * x_batch, *b = y + blockIdx.y * y_batch;
  double sum = 0;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x; i < size;
       i += static_cast<std::size_t>(kPartials) * kThreads)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  sum = over_block(sum, Plus{});
  if (threadIdx.x == 0) partial[static_cast<std::size_t>(blockIdx.y) * kPartials + blockIdx.x] = sum;
}

/// out[entry] = factor times the sum of partial[entry]; a block for each entry.
template <typename Real>
__global__ void __launch_bounds__(kThreads) add_partials_kernel(Real factor, const double* partial, Real* out) {
  double sum = 0;
  for (unsigned i = threadIdx.x; i < kPartials; i += kThreads)
    sum += partial[static_cast<std::size_t>(blockIdx.x) * kPartials + i];
  sum = over_block(sum, Plus{});
  if (threadIdx.x == 0) out[blockIdx.x] = static_cast<Real>(static_cast<double>(factor) * sum);
}

/// Keeps the pixels of a refined array.
template <typename Real>
struct KeepPixels {
  Real* out;
  int ny, nx;
  __device__ void operator()(unsigned entry, int y, int x, bool inside, Real value) const {
    if (inside) out[(static_cast<std::size_t>(entry) * ny + y) * nx + x] = value;
  }
};

template <typename Real>
class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int index)
      : device_(std::make_shared<Device>(index)), taps_(device_), morphology_(make_morphology<Real>(device_)) {}

  [[nodiscard]] std::string name() const override { return sizeof(Real) == 8 ? "cuda-f64" : "cuda"; }
  [[nodiscard]] std::string device() const override { return device_->description(); }
  [[nodiscard]] double epsilon() const noexcept override { return std::numeric_limits<Real>::epsilon(); }
  [[nodiscard]] int natural_batch() const noexcept override { return 64; }

  [[nodiscard]] Array allocate(const Shape& shape) override {
    std::shared_ptr<void> storage = device_->allocate(shape.size() * sizeof(Real));
    device_->zero(storage.get(), shape.size() * sizeof(Real));
    return {shape, std::move(storage)};
  }

  void upload(std::span<const double> host, Array& array) override {
    require_size(host.size(), array);
    const std::vector<Real> numbers(host.begin(), host.end());
    device_->upload(array.storage(), numbers.data(), numbers.size() * sizeof(Real));
  }

  void download(const Array& array, std::span<double> host) const override {
    require_size(host.size(), array);
    std::vector<Real> numbers(host.size());
    device_->download(numbers.data(), array.storage(), numbers.size() * sizeof(Real));
    std::copy(numbers.begin(), numbers.end(), host.begin());
  }

  void fill(double value, Array& x) override {
    const Real v = static_cast<Real>(value);
    Real* out = data<Real>(x);
    device_->each(x.shape().size(), [=] __device__(std::size_t i) { out[i] = v; });
  }

  void add(double value, Array& x) override {
    const Real v = static_cast<Real>(value);
    Real* out = data<Real>(x);
    device_->each(x.shape().size(), [=] __device__(std::size_t i) { out[i] += v; });
  }

  void axpby(double a, const Array& x, double b, Array& y) override {
    require_shape(y, x.shape(), "axpby");
    const Real ra = static_cast<Real>(a), rb = static_cast<Real>(b);
    const Real* in = data<Real>(x);
    Real* out = data<Real>(y);
    const bool fresh = b == 0;
    device_->each(x.shape().size(),
                  [=] __device__(std::size_t i) { out[i] = fresh ? ra * in[i] : ra * in[i] + rb * out[i]; });
  }

  [[nodiscard]] double sum(const Array& x) const override {
    const Real* a = data<Real>(x);
    return reduce(
        *device_, x.shape().size(), [=] __device__(std::size_t i) { return static_cast<double>(a[i]); }, Plus{});
  }

  [[nodiscard]] double max_abs(const Array& x) const override {
    const Real* a = data<Real>(x);
    return reduce(
        *device_, x.shape().size(),
        [=] __device__(std::size_t i) { return static_cast<double>(a[i] < 0 ? -a[i] : a[i]); }, Larger{});
  }

  [[nodiscard]] double dot(const Array& x, const Array& y) const override {
    require_shape(y, x.shape(), "dot");
    const Real *a = data<Real>(x), *b = data<Real>(y);
    return reduce(
        *device_, x.shape().size(),
        [=] __device__(std::size_t i) { return static_cast<double>(a[i]) * static_cast<double>(b[i]); }, Plus{});
  }

  void dot_each(double factor, const Array& x, const Array& y, Array& out) override {
    const Shape &a = x.shape(), &b = y.shape();
    const int batch = std::max(a.batch, b.batch);
    require_shape(x, {a.batch == 1 ? 1 : batch, b.ny, b.nx, b.components}, "dot_each");
    require_shape(y, {b.batch == 1 ? 1 : batch, a.ny, a.nx, a.components}, "dot_each");
    require_shape(out, {batch, 1, 1, 1}, "dot_each");
    const std::size_t size = a.size() / static_cast<std::size_t>(a.batch);
    Scratch scratch(*device_);
    double* partial = scratch.take<double>(static_cast<std::size_t>(batch) * kPartials);
    device_->launch(dot_kernel<Real>, dim3(kPartials, static_cast<unsigned>(batch)), dim3(kThreads), size,
                    data<Real>(x), a.batch == 1 ? std::size_t{0} : size, data<Real>(y),
                    b.batch == 1 ? std::size_t{0} : size, partial);
    device_->launch(add_partials_kernel<Real>, dim3(static_cast<unsigned>(batch)), dim3(kThreads),
                    static_cast<Real>(factor), static_cast<const double*>(partial), data<Real>(out));
  }

  void store(const Array& x, int row, Array& table) override {
    const std::size_t size = x.shape().size();
    if (row < 0 || row >= table.shape().batch || table.shape().size() != size * static_cast<std::size_t>(table.shape().batch))
      throw std::logic_error("store: no such row, or of another size");
    const Real* in = data<Real>(x);
    Real* out = data<Real>(table);
    device_->each(size, [=] __device__(std::size_t i) { out[static_cast<std::size_t>(row) * size + i] = in[i]; });
  }

  void sigmoid(const Array& x, double steepness, double level, Array& y) override {
    require_shape(y, x.shape(), "sigmoid");
    const Real s = static_cast<Real>(steepness), l = static_cast<Real>(level);
    const Real* in = data<Real>(x);
    Real* out = data<Real>(y);
    device_->each(x.shape().size(), [=] __device__(std::size_t i) { out[i] = pointwise::logistic(s * (in[i] - l)); });
  }

  void sigmoid_adjoint(const Array& y, const Array& y_bar, double steepness, Array& x_bar) override {
    require_shape(y_bar, y.shape(), "sigmoid_adjoint");
    require_shape(x_bar, y.shape(), "sigmoid_adjoint");
    const Real s = static_cast<Real>(steepness);
    const Real *value = data<Real>(y), *bar = data<Real>(y_bar);
    Real* out = data<Real>(x_bar);
    device_->each(y.shape().size(),
                  [=] __device__(std::size_t i) { out[i] += s * bar[i] * pointwise::logistic_slope(value[i]); });
  }

  void gaussian(const Array& x, double sigma_px, Array& y) override {
    require_shape(y, x.shape(), "gaussian");
    if (sigma_px == 0) return axpby(1, x, 0, y);
    const GaussianKernel& kernel = gaussian_kernel(sigma_px);
    const Shape& shape = x.shape();
    if (kernel.reach >= std::min(shape.ny, shape.nx)) throw std::logic_error("gaussian: blur as wide as the window");
    blur(*device_, data<Real>(x), shape, static_cast<const Real*>(kernel.half.get()), kernel.reach, data<Real>(y));
  }

  void refine(const Array& x, int factor, Array& y) override {
    const Shape& s = x.shape();
    require_shape(x, {s.batch, s.ny, s.nx, 1}, "refine");
    require_shape(y, {s.batch, s.ny * factor, s.nx * factor, 1}, "refine");
    refine_rows<Real>(*device_, data<Real>(x), s, factor, taps_, y.shape().nx,
                      KeepPixels<Real>{data<Real>(y), y.shape().ny, y.shape().nx});
  }

  void adam(const Array& gradient, const AdamStep& step, Array& m, Array& v, Array& x) override {
    for (const Array* a : {&m, &v, &x}) require_shape(*a, gradient.shape(), "adam");
    const double correction1 = 1 - std::pow(step.decay1, step.iteration),
                 correction2 = 1 - std::pow(step.decay2, step.iteration);
    const Real rate = static_cast<Real>(step.rate / correction1), scale = static_cast<Real>(1 / correction2);
    const Real d1 = static_cast<Real>(step.decay1), d2 = static_cast<Real>(step.decay2),
               floor = static_cast<Real>(step.floor);
    const Real* g = data<Real>(gradient);
    Real *first = data<Real>(m), *second = data<Real>(v), *value = data<Real>(x);
    device_->each(gradient.shape().size(), [=] __device__(std::size_t i) {
      pointwise::adam(g[i], d1, d2, rate, scale, floor, first[i], second[i], value[i]);
    });
  }

  [[nodiscard]] std::unique_ptr<MaskSpectrum> plan_mask_spectrum(int ny, int nx, int ey, int ex,
                                                                 MaskSamples samples) override {
    return make_mask_spectrum<Real>(device_, ny, nx, ey, ex, samples);
  }
  [[nodiscard]] std::unique_ptr<CoherentSum> plan_coherent_sum(const CoherentStack& stack, int batch) override {
    return make_coherent_sum<Real>(device_, stack, batch);
  }
  [[nodiscard]] std::unique_ptr<Resample> plan_resample(const ResamplePlan& plan) override {
    return make_resample<Real>(device_, plan);
  }
  [[nodiscard]] std::unique_ptr<PrintLoss> plan_print_loss(const PrintLossPlan& plan) override {
    return make_print_loss<Real>(device_, plan);
  }
  [[nodiscard]] Morphology& morphology() override { return *morphology_; }

  void repeat(std::unique_ptr<Recording>& recording, const std::function<void()>& verbs) override {
    device_->repeat(recording, verbs);
  }

  [[nodiscard]] double seconds(const std::function<void()>& work) override { return device_->seconds(work); }

  [[nodiscard]] Ceilings ceilings(const CeilingSizes& sizes) override { return measured_ceilings<Real>(*device_, sizes); }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts() const override { return device_->facts(); }
  [[nodiscard]] std::size_t take_peak_memory() override { return device_->take_peak_memory(); }

 private:
  static void require_size(std::size_t size, const Array& array) {
    if (size != array.shape().size()) throw std::logic_error("upload or download: sizes differ");
  }

  struct GaussianKernel {
    Buffer<Real> half;  ///< centre first
    int reach;
  };
  /// Kept on the device from its first use on: an optimisation blurs with one or two widths.
  const GaussianKernel& gaussian_kernel(double sigma_px) {
    const auto known = gaussians_.find(sigma_px);
    if (known != gaussians_.end()) return known->second;
    const std::vector<double> weights = gaussian_half_kernel(sigma_px);
    return gaussians_.emplace(sigma_px, GaussianKernel{table<Real>(*device_, weights), static_cast<int>(weights.size()) - 1})
        .first->second;
  }

  std::shared_ptr<Device> device_;
  std::map<double, GaussianKernel> gaussians_;
  CubicTaps<Real> taps_;
  std::unique_ptr<Morphology> morphology_;
};

}  // namespace
}  // namespace cuda

std::unique_ptr<Backend> make_cuda_backend(bool double_precision, int device) {
  if (double_precision) return std::make_unique<cuda::CudaBackend<double>>(device);
  return std::make_unique<cuda::CudaBackend<float>>(device);
}

}  // namespace anamorph
