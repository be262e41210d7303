// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cufft.h>

#include <type_traits>

#include "cpp/backend/bins.hpp"
#include "cuda/coherent_terms.hpp"

// A coherent sum whose fields lie in the device's memory and are transformed by cuFFT.

namespace anamorph::cuda {
namespace {

void check(cufftResult status, const char* what) {
  if (status == CUFFT_SUCCESS) return;
  if (status == CUFFT_ALLOC_FAILED) fail_out_of_memory(what);
  fail(what, "cuFFT error " + std::to_string(static_cast<int>(status)));
}

/// `batch` two-dimensional complex transforms in place, contiguous, unnormalised.
template <typename Real>
class FieldTransform {
 public:
  FieldTransform(const Device& device, int ny, int nx, int batch) {
    device.activate();
    check(cufftCreate(&handle_), "creation of a transform");
    try {
      // Its scratch comes from the pool, like all memory.
      check(cufftSetAutoAllocation(handle_, 0), "creation of a transform");
      long long sizes[2] = {ny, nx};
      std::size_t bytes = 0;
      check(cufftMakePlanMany64(handle_, 2, sizes, nullptr, 1, 0, nullptr, 1, 0,
                                std::is_same_v<Real, float> ? CUFFT_C2C : CUFFT_Z2Z, batch, &bytes),
            "creation of a transform");
      check(cufftSetStream(handle_, device.stream()), "creation of a transform");
      scratch_ = Buffer<char>(device, bytes);
      check(cufftSetWorkArea(handle_, scratch_.get()), "creation of a transform");
    } catch (...) {
      (void)cufftDestroy(handle_);
      throw;
    }
  }
  ~FieldTransform() { (void)cufftDestroy(handle_); }
  FieldTransform(const FieldTransform&) = delete;
  FieldTransform& operator=(const FieldTransform&) = delete;

  /// forward is exp(-2 pi i), backward exp(+2 pi i).
  void run(const Device& device, Real* fields, bool forward) const {
    if (!device.queues()) return;
    device.activate();
    const int direction = forward ? CUFFT_FORWARD : CUFFT_INVERSE;
    if constexpr (std::is_same_v<Real, float>) {
      auto* complex = reinterpret_cast<cufftComplex*>(fields);
      check(cufftExecC2C(handle_, complex, complex, direction), "transform");
    } else {
      auto* complex = reinterpret_cast<cufftDoubleComplex*>(fields);
      check(cufftExecZ2Z(handle_, complex, complex, direction), "transform");
    }
  }

 private:
  cufftHandle handle_ = 0;
  Buffer<char> scratch_;
};

// Fields of all terms are kept from forward to adjoint up to kKeepBytes and computed again beyond; kChunkBytes of them,
// as many as stay in the device's cache, are transformed together.
constexpr std::size_t kKeepBytes = std::size_t{256} << 20;
constexpr std::size_t kChunkBytes = std::size_t{32} << 20;

// Sums over terms: a block holds 32 neighbouring points (or bins), each with 8 lanes that take every eighth term.
constexpr int kPoints = 32;
constexpr int kLanes = 8;
static_assert(kPoints * kLanes == kThreads);

/// Sum over the lanes of a point, in a fixed order; for lane 0.
template <typename Real>
__device__ Real over_lanes(Real value) {
  __shared__ Real lanes[kLanes][kPoints];
  lanes[threadIdx.y][threadIdx.x] = value;
  __syncthreads();
  Real sum = 0;
  if (threadIdx.y == 0)
    for (int lane = 0; lane < kLanes; ++lane) sum += lanes[lane][threadIdx.x];
  __syncthreads();  // the next call may write again
  return sum;
}

/// Sizes that the kernels share. An item is one term of one batch entry, number = entry * terms + term; a field is that
/// of one item.
struct Layout {
  int terms, spectra, ey, ex, ny, nx;

  [[nodiscard]] __host__ __device__ int bins() const { return (2 * ey + 1) * (2 * ex + 1); }
  [[nodiscard]] __host__ __device__ int points() const { return ny * nx; }
};

/// The items that are worked on together: first .. end - 1.
struct Chunk {
  int first, end;
};

/// The terms of one batch entry that a chunk holds.
struct TermRange {
  int first, end;
};
__device__ TermRange terms_of(const Chunk& chunk, int entry, int terms, int first, int end) {
  const int low = chunk.first - entry * terms, high = chunk.end - entry * terms;
  return {first > low ? first : low, end < high ? end : high};
}

/// intensity[entry][point] += sum of |E|^2 over the terms in the chunk.
template <typename Real>
__global__ void __launch_bounds__(kThreads)
    add_intensity_kernel(Layout layout, Chunk chunk, const Real* fields, Real* intensity) {
  const int entry = chunk.first / layout.terms + static_cast<int>(blockIdx.y);
  const int point = static_cast<int>(blockIdx.x) * kPoints + static_cast<int>(threadIdx.x);
  const TermRange range = terms_of(chunk, entry, layout.terms, 0, layout.terms);
  Real sum = 0;
  if (point < layout.points()) {
    for (int term = range.first + static_cast<int>(threadIdx.y); term < range.end; term += kLanes) {
      const std::ptrdiff_t item = static_cast<std::ptrdiff_t>(entry) * layout.terms + term - chunk.first;
      const Real* e = fields + 2 * (item * layout.points() + point);
      sum += e[0] * e[0] + e[1] * e[1];
    }
  }
  sum = over_lanes(sum);
  if (threadIdx.y == 0 && point < layout.points())
    intensity[static_cast<std::ptrdiff_t>(entry) * layout.points() + point] += sum;
}

/// spectrum_bar[entry][g][bin] += sum of conj(H) E_bar over the terms in the chunk whose spectrum is g; these are the
/// terms first_term[g] .. first_term[g + 1] - 1.
template <typename Real>
__global__ void __launch_bounds__(kThreads)
    add_spectrum_bar_kernel(Layout layout, Chunk chunk, const int* first_term, const Real* transfer,
                            const Real* fields_bar, Real* spectrum_bar) {
  const int entry = chunk.first / layout.terms + static_cast<int>(blockIdx.y);
  const int bin = static_cast<int>(blockIdx.x) * kPoints + static_cast<int>(threadIdx.x);
  const int width = 2 * layout.ex + 1;
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(bins::place(bin / width - layout.ey, layout.ny)) * layout.nx +
                            bins::place(bin % width - layout.ex, layout.nx);
  for (int g = static_cast<int>(blockIdx.z); g < layout.spectra; g += static_cast<int>(gridDim.z)) {
    const TermRange range = terms_of(chunk, entry, layout.terms, first_term[g], first_term[g + 1]);
    Real re = 0, im = 0;
    if (bin < layout.bins()) {
      for (int term = range.first + static_cast<int>(threadIdx.y); term < range.end; term += kLanes) {
        const std::ptrdiff_t item = static_cast<std::ptrdiff_t>(entry) * layout.terms + term - chunk.first;
        const Real* e = fields_bar + 2 * (item * layout.points() + at);
        const Real* h = transfer + 2 * (static_cast<std::ptrdiff_t>(term) * layout.bins() + bin);
        re += h[0] * e[0] + h[1] * e[1];
        im += h[0] * e[1] - h[1] * e[0];
      }
    }
    re = over_lanes(re);
    im = over_lanes(im);
    if (threadIdx.y == 0 && bin < layout.bins()) {
      Real* out = spectrum_bar + 2 * ((static_cast<std::ptrdiff_t>(entry) * layout.spectra + g) * layout.bins() + bin);
      out[0] += re;
      out[1] += im;
    }
  }
}

/// fields[item] = H M in FFT order, zero elsewhere and beyond the last of all items; blockIdx.y is the item.
template <typename Real>
__global__ void __launch_bounds__(kThreads) fill_kernel(Layout layout, Chunk chunk, int items, const int* index,
                                                        const Real* transfer, const Real* spectrum, Real* fields) {
  const int at = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (at >= layout.points()) return;
  const int row = at / layout.nx;
  const int my = bins::frequency(row, layout.ny), mx = bins::frequency(at - row * layout.nx, layout.nx);
  const bool inside = my >= -layout.ey && my <= layout.ey && mx >= -layout.ex && mx <= layout.ex;
  const int bin = (my + layout.ey) * (2 * layout.ex + 1) + mx + layout.ex;
  for (int place = static_cast<int>(blockIdx.y); place < items; place += static_cast<int>(gridDim.y)) {
    const int item = chunk.first + place;
    Real re = 0, im = 0;
    if (inside && item < chunk.end) {
      const int term = item % layout.terms, entry = item / layout.terms;
      const Real* h = transfer + 2 * (static_cast<std::ptrdiff_t>(term) * layout.bins() + bin);
      const Real* m =
          spectrum + 2 * ((static_cast<std::ptrdiff_t>(entry) * layout.spectra + index[term]) * layout.bins() + bin);
      re = h[0] * m[0] - h[1] * m[1];
      im = h[0] * m[1] + h[1] * m[0];
    }
    Real* out = fields + 2 * (static_cast<std::ptrdiff_t>(place) * layout.points() + at);
    out[0] = re;
    out[1] = im;
  }
}

/// I = |E|^2 summed, so out[item] = E_bar = 2 I_bar E; zero beyond the last of all items.
template <typename Real>
__global__ void __launch_bounds__(kThreads)
    multiply_by_bar_kernel(Layout layout, Chunk chunk, int items, const Real* intensity_bar, const Real* fields,
                           Real* out) {
  const int at = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (at >= layout.points()) return;
  for (int place = static_cast<int>(blockIdx.y); place < items; place += static_cast<int>(gridDim.y)) {
    const int item = chunk.first + place;
    const std::ptrdiff_t i = static_cast<std::ptrdiff_t>(place) * layout.points() + at;
    const Real factor =
        item < chunk.end
            ? Real(2) * intensity_bar[static_cast<std::ptrdiff_t>(item / layout.terms) * layout.points() + at]
            : Real(0);
    out[2 * i] = factor * fields[2 * i];
    out[2 * i + 1] = factor * fields[2 * i + 1];
  }
}

template <typename Real>
class LargeFields final : public CoherentSum {
 public:
  LargeFields(std::shared_ptr<Device> device, const CoherentStack& stack, int batch)
      : device_(std::move(device)),
        terms_(*device_, stack, batch),
        layout_{terms_.terms, terms_.spectra, terms_.ey, terms_.ex, terms_.ny, terms_.nx},
        index_(*device_, terms_.index),
        first_term_(*device_, terms_.first) {
    const std::size_t field_bytes = 2 * sizeof(Real) * static_cast<std::size_t>(layout_.points());
    const int items = batch * layout_.terms;
    const int most = static_cast<int>(std::clamp<std::size_t>(kChunkBytes / field_bytes, 1, 1 << 30));
    const int chunks = std::max(1, (items + most - 1) / most);
    chunk_ = (items + chunks - 1) / chunks;
    keep_ = static_cast<std::size_t>(items) * field_bytes <= kKeepBytes;
    // The last chunk may be part empty, but the transform always takes a whole one.
    const std::size_t chunk_numbers = 2 * static_cast<std::size_t>(chunk_) * static_cast<std::size_t>(layout_.points());
    work_ = Buffer<Real>(*device_, chunk_numbers);
    if (keep_) fields_ = Buffer<Real>(*device_, chunk_numbers * static_cast<std::size_t>(chunks));
    if (!keep_) spectrum_ = Buffer<Real>(*device_, terms_.spectrum_shape().size());
    transform_ = std::make_unique<FieldTransform<Real>>(*device_, layout_.ny, layout_.nx, chunk_);
  }

  [[nodiscard]] int field_ny() const noexcept override { return layout_.ny; }
  [[nodiscard]] int field_nx() const noexcept override { return layout_.nx; }

  void forward(const Array& spectrum, Array& intensity) override {
    require_shape(spectrum, terms_.spectrum_shape(), "spectrum");
    require_shape(intensity, terms_.intensity_shape(), "intensity");
    if (!keep_) device_->copy(spectrum_.get(), data<Real>(spectrum), terms_.spectrum_shape().size() * sizeof(Real));
    Real* sum = data<Real>(intensity);
    device_->zero(sum, terms_.intensity_shape().size() * sizeof(Real));
    for_chunks([&](const Chunk& chunk) {
      Real* fields = keep_ ? kept(chunk) : work_.get();
      compute_fields(chunk, data<Real>(spectrum), fields);
      device_->launch(add_intensity_kernel<Real>, dim3(blocks(layout_.points()), entries(chunk)), dim3(kPoints, kLanes),
                      layout_, chunk, static_cast<const Real*>(fields), sum);
    });
  }

  void adjoint(const Array& intensity_bar, Array& spectrum_bar) override {
    require_shape(intensity_bar, terms_.intensity_shape(), "intensity_bar");
    require_shape(spectrum_bar, terms_.spectrum_shape(), "spectrum_bar");
    const Real* bar = data<Real>(intensity_bar);
    Real* out = data<Real>(spectrum_bar);
    for_chunks([&](const Chunk& chunk) {
      if (!keep_) compute_fields(chunk, spectrum_.get(), work_.get());
      device_->launch(multiply_by_bar_kernel<Real>, chunk_blocks(), dim3(kThreads), layout_, chunk, chunk_, bar,
                      static_cast<const Real*>(keep_ ? kept(chunk) : work_.get()), work_.get());
      transform_->run(*device_, work_.get(), true);
      const auto spectra = static_cast<unsigned>(std::min(layout_.spectra, 65535));
      device_->launch(add_spectrum_bar_kernel<Real>, dim3(blocks(layout_.bins()), entries(chunk), spectra),
                      dim3(kPoints, kLanes), layout_, chunk, static_cast<const int*>(first_term_.get()),
                      static_cast<const Real*>(terms_.transfer.get()), static_cast<const Real*>(work_.get()), out);
    });
  }

 private:
  /// fields[item] = F^-1[H M] for the items of a chunk; zero beyond the last of all items.
  void compute_fields(const Chunk& chunk, const Real* spectrum, Real* fields) const {
    device_->launch(fill_kernel<Real>, chunk_blocks(), dim3(kThreads), layout_, chunk, chunk_,
                    static_cast<const int*>(index_.get()), static_cast<const Real*>(terms_.transfer.get()), spectrum,
                    fields);
    transform_->run(*device_, fields, false);
  }

  template <typename Body>
  void for_chunks(const Body& body) const {
    const int items = terms_.batch * layout_.terms;
    for (int first = 0; first < items; first += chunk_) body(Chunk{first, std::min(items, first + chunk_)});
  }

  [[nodiscard]] Real* kept(const Chunk& chunk) const {
    return fields_.get() + 2 * static_cast<std::ptrdiff_t>(chunk.first) * layout_.points();
  }
  [[nodiscard]] dim3 chunk_blocks() const {
    return dim3(static_cast<unsigned>((layout_.points() + kThreads - 1) / kThreads),
                static_cast<unsigned>(std::min(chunk_, 65535)));
  }
  [[nodiscard]] unsigned entries(const Chunk& chunk) const {
    return static_cast<unsigned>((chunk.end - 1) / layout_.terms - chunk.first / layout_.terms + 1);
  }
  static unsigned blocks(int count) { return static_cast<unsigned>((count + kPoints - 1) / kPoints); }

  std::shared_ptr<Device> device_;
  CoherentTerms<Real> terms_;
  Layout layout_;
  Buffer<int> index_, first_term_;  ///< mask spectrum of a term; first term of a mask spectrum
  int chunk_ = 1;                   ///< items of a chunk
  bool keep_ = false;               ///< the fields stay from forward to adjoint
  Buffer<Real> spectrum_, fields_, work_;
  std::unique_ptr<FieldTransform<Real>> transform_;
};

}  // namespace

template <typename Real>
std::unique_ptr<CoherentSum> make_large_fields(std::shared_ptr<Device> device, const CoherentStack& stack, int batch) {
  return std::make_unique<LargeFields<Real>>(std::move(device), stack, batch);
}

template std::unique_ptr<CoherentSum> make_large_fields<float>(std::shared_ptr<Device>, const CoherentStack&, int);
template std::unique_ptr<CoherentSum> make_large_fields<double>(std::shared_ptr<Device>, const CoherentStack&, int);

}  // namespace anamorph::cuda
