// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <optional>

#include "cpp/backend/bins.hpp"
#include "cuda/coherent_terms.hpp"
#include "cuda/field_steps.hpp"

// A coherent sum whose fields never leave shared memory. A block takes some terms of one batch entry, one after the
// other; their |E|^2, or conj(H) E_bar, gather in its registers and leave once, and a second kernel adds what the
// blocks left in an order that depends on the sizes alone.

namespace anamorph::cuda {
namespace {

/// Bins that a thread gathers in the adjoint.
constexpr int kOwnBins = 7;

/// Terms first .. end - 1 see the mask spectrum `spectrum`.
struct TermGroup {
  int first, end, spectrum;
};

/// What the kernels share, on the device.
template <typename Real>
struct Sum {
  const Complex<Real>* transfer;  ///< [term][bin]
  const Complex<Real>* roots;     ///< those of nx, then those of ny
  const int* order;               ///< output_order of nx, then of ny
  const TermGroup* groups;
  int batch, spectra;
};

/// The entry and the group of this block. Neighbouring blocks have the same terms, so that H is read from the cache.
struct Task {
  int entry, number;
  TermGroup group;

  template <typename Real>
  __device__ explicit Task(const Sum<Real>& sum)
      : entry(static_cast<int>(blockIdx.x) % sum.batch),
        number(static_cast<int>(blockIdx.x) / sum.batch),
        group(sum.groups[number]) {}

  /// Bins of the mask spectrum that this block takes.
  template <typename Real>
  __device__ const Complex<Real>* spectrum(const FieldPlan& plan, const Sum<Real>& sum,
                                           const Complex<Real>* all) const {
    return all + (static_cast<std::ptrdiff_t>(entry) * sum.spectra + group.spectrum) * plan.bins();
  }
};

/// Where a bin lies in the field.
__device__ int place_of(const FieldPlan& plan, int bin) {
  const int y = plan.by_width.quotient(bin), x = bin - y * plan.by_width.divisor;
  return bins::place(y - plan.ey, plan.ny) * plan.pitch + bins::place(x - plan.ex, plan.nx);
}

/// Roots into shared memory; they are there after the next barrier.
template <typename Real>
__device__ Complex<Real>* load_roots(const FieldPlan& plan, const Sum<Real>& sum, Complex<Real>* field) {
  Complex<Real>* roots = field + plan.ny * plan.pitch;
  for (int i = static_cast<int>(threadIdx.x); i < plan.nx + plan.ny; i += static_cast<int>(blockDim.x))
    roots[i] = sum.roots[i];
  return roots;
}

/// The field up to its last step: H M, and the steps along x and y. The places of other bins are not read.
template <typename Real>
__device__ void begin_field(const FieldPlan& plan, const Complex<Real>* __restrict__ h,
                            const Complex<Real>* __restrict__ m, Complex<Real>* field, const Complex<Real>* roots) {
  __syncthreads();  // the term before may still be read
  for (int bin = static_cast<int>(threadIdx.x); bin < plan.bins(); bin += static_cast<int>(blockDim.x))
    field[place_of(plan, bin)] = h[bin] * m[bin];
  __syncthreads();
  run_steps<true>(plan, 0, plan.steps - 1, field, roots);
}

/// Blocks that a multiprocessor is to have registers for.
template <typename Real>
constexpr int blocks_at_once(int threads) {
  return threads == 256 ? (sizeof(Real) == 4 ? 3 : 2) : threads == 512 && sizeof(Real) == 4 ? 2 : 1;
}

/// partial[entry][group][point] = sum of |E|^2 over the terms of the group.
template <typename Real, int kBlock>
__global__ void __launch_bounds__(kBlock, blocks_at_once<Real>(kBlock))
    intensity_kernel(const __grid_constant__ FieldPlan plan, const Sum<Real> sum, const Complex<Real>* spectrum,
                     int groups, Real* partial) {
  const Task task(sum);
  Complex<Real>* field = dynamic_shared<Complex<Real>>();
  const Complex<Real>* roots = load_roots(plan, sum, field);
  const Complex<Real>* m = task.spectrum(plan, sum, spectrum);
  const FieldStep& last = plan.step[plan.steps - 1];
  Real intensity[kSlots] = {};
  for (int term = task.group.first; term < task.group.end; ++term) {
    begin_field(plan, sum.transfer + static_cast<std::ptrdiff_t>(term) * plan.bins(), m, field, roots);
    with_last_radix(last.radix, [&](auto radix) {
      constexpr int R = decltype(radix)::value;
      for_owned<R, kBlock>(plan, [&](int slot, int row, int column) {
        Complex<Real> x[R];
#pragma unroll
        for (int q = 0; q < R; ++q) x[q] = field[(row + q) * plan.pitch + column];
        transform(x);
#pragma unroll
        for (int q = 0; q < R; ++q) intensity[slot + q] += x[q].re * x[q].re + x[q].im * x[q].im;
      });
    });
  }
  Real* out = partial + (static_cast<std::ptrdiff_t>(task.entry) * groups + task.number) * plan.points();
  with_last_radix(last.radix, [&](auto radix) {
    constexpr int R = decltype(radix)::value;
    for_owned<R, kBlock>(plan, [&](int slot, int row, int column) {
      const int x = sum.order[column];
#pragma unroll
      for (int q = 0; q < R; ++q) out[sum.order[plan.nx + row + q] * plan.nx + x] = intensity[slot + q];
    });
  });
}

/// partial[entry][group][bin] = sum of conj(H) E_bar over the terms of the group, with E_bar = 2 I_bar E taken back to
/// frequency. The field is computed once more: per term of 72 x 72 points in single precision that costs 183 KB of
/// traffic in shared memory, which each multiprocessor has for itself, where keeping it would cost 83 KB of the
/// device's memory, written and read, which all of them share.
template <typename Real, int kBlock>
__global__ void __launch_bounds__(kBlock, blocks_at_once<Real>(kBlock))
    spectrum_bar_kernel(const __grid_constant__ FieldPlan plan, const Sum<Real> sum, const Complex<Real>* spectrum,
                        const Real* intensity_bar, int groups, Complex<Real>* partial) {
  const Task task(sum);
  Complex<Real>* field = dynamic_shared<Complex<Real>>();
  const Complex<Real>* roots = load_roots(plan, sum, field);
  const Complex<Real>* m = task.spectrum(plan, sum, spectrum);
  const FieldStep& last = plan.step[plan.steps - 1];
  Real factor[kSlots] = {};
  with_last_radix(last.radix, [&](auto radix) {
    constexpr int R = decltype(radix)::value;
    const Real* bar = intensity_bar + static_cast<std::ptrdiff_t>(task.entry) * plan.points();
    for_owned<R, kBlock>(plan, [&](int slot, int row, int column) {
      const int x = sum.order[column];
#pragma unroll
      for (int q = 0; q < R; ++q) factor[slot + q] = 2 * bar[sum.order[plan.nx + row + q] * plan.nx + x];
    });
  });
  Complex<Real> gathered[kOwnBins] = {};
  for (int term = task.group.first; term < task.group.end; ++term) {
    const Complex<Real>* h = sum.transfer + static_cast<std::ptrdiff_t>(term) * plan.bins();
    begin_field(plan, h, m, field, roots);
    // The last step and its transpose are one, as their butterflies are the same. Real and imaginary parts are
    // exchanged on the way back, for the sign of the exponent.
    with_last_radix(last.radix, [&](auto radix) {
      constexpr int R = decltype(radix)::value;
      for_owned<R, kBlock>(plan, [&](int slot, int row, int column) {
        Complex<Real> x[R];
#pragma unroll
        for (int q = 0; q < R; ++q) x[q] = field[(row + q) * plan.pitch + column];
        transform(x);
#pragma unroll
        for (int q = 0; q < R; ++q) x[q] = times(factor[slot + q], exchanged(x[q]));
        transform(x);
#pragma unroll
        for (int q = 0; q < R; ++q) field[(row + q) * plan.pitch + column] = x[q];
      });
    });
    __syncthreads();
    run_steps<false>(plan, 0, plan.steps - 1, field, roots);
#pragma unroll
    for (int k = 0; k < kOwnBins; ++k) {
      const int bin = static_cast<int>(threadIdx.x) + k * kBlock;
      if (bin < plan.bins()) {
        const Complex<Real> e = exchanged(field[place_of(plan, bin)]), conjugate{h[bin].re, -h[bin].im};
        gathered[k] = gathered[k] + conjugate * e;
      }
    }
  }
  Complex<Real>* out = partial + (static_cast<std::ptrdiff_t>(task.entry) * groups + task.number) * plan.bins();
#pragma unroll
  for (int k = 0; k < kOwnBins; ++k) {
    const int bin = static_cast<int>(threadIdx.x) + k * kBlock;
    if (bin < plan.bins()) out[bin] = gathered[k];
  }
}

/// out[entry][g][i] += sum of partial[entry][group][i] over the groups first_group[g] .. first_group[g + 1] - 1.
template <typename Real>
__global__ void __launch_bounds__(kThreads)
    add_groups_kernel(int batch, int spectra, int size, int groups, const int* first_group, const Real* partial,
                      bool fresh, Real* out) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i >= size) return;
  for (int entry = static_cast<int>(blockIdx.z); entry < batch; entry += static_cast<int>(gridDim.z)) {
    for (int g = static_cast<int>(blockIdx.y); g < spectra; g += static_cast<int>(gridDim.y)) {
      Real sum = 0;
#pragma unroll 4
      for (int group = first_group[g]; group < first_group[g + 1]; ++group)
        sum += partial[(static_cast<std::ptrdiff_t>(entry) * groups + group) * size + i];
      Real& to = out[(static_cast<std::ptrdiff_t>(entry) * spectra + g) * size + i];
      to = fresh ? sum : to + sum;
    }
  }
}

template <typename Real>
struct Kernels {
  int threads;
  void (*intensity)(FieldPlan, Sum<Real>, const Complex<Real>*, int, Real*);
  void (*spectrum_bar)(FieldPlan, Sum<Real>, const Complex<Real>*, const Real*, int, Complex<Real>*);
};

/// Those with the fewest threads that own the whole field. In double precision 1024 would have too few registers.
template <typename Real>
std::optional<Kernels<Real>> kernels_for(const FieldPlan& plan) {
  const FieldStep& last = plan.step[plan.steps - 1];
  const auto suffices = [&](int threads) {
    return last.butterflies <= threads * (kSlots / last.radix) && plan.bins() <= threads * kOwnBins;
  };
  if (!is_last_radix(last.radix)) return std::nullopt;
  if (suffices(256)) return Kernels<Real>{256, intensity_kernel<Real, 256>, spectrum_bar_kernel<Real, 256>};
  if (suffices(512)) return Kernels<Real>{512, intensity_kernel<Real, 512>, spectrum_bar_kernel<Real, 512>};
  if constexpr (sizeof(Real) == 4) {
    if (suffices(1024)) return Kernels<Real>{1024, intensity_kernel<Real, 1024>, spectrum_bar_kernel<Real, 1024>};
  }
  return std::nullopt;
}

template <typename Real>
class SmallFields final : public CoherentSum {
 public:
  SmallFields(std::shared_ptr<Device> device, const CoherentStack& stack, int batch, const FieldPlan& plan,
              const Kernels<Real>& kernels)
      : device_(std::move(device)),
        plan_(plan),
        kernels_(kernels),
        shared_bytes_(static_cast<std::size_t>(plan.numbers()) * sizeof(Complex<Real>)),
        terms_(*device_, stack, batch),
        spectrum_(*device_, terms_.spectrum_shape().size()) {
    std::vector<double> roots;
    add_roots(plan.nx, roots);
    add_roots(plan.ny, roots);
    roots_ = table<Real>(*device_, roots);
    std::vector<int> order = output_order(plan.nx);
    for (const int row : output_order(plan.ny)) order.push_back(row);
    order_ = Buffer<int>(*device_, order);
    forward_groups_ = make_groups(resident_blocks(kernels_.intensity));
    adjoint_groups_ = make_groups(resident_blocks(kernels_.spectrum_bar));
  }

  [[nodiscard]] int field_ny() const noexcept override { return plan_.ny; }
  [[nodiscard]] int field_nx() const noexcept override { return plan_.nx; }

  void forward(const Array& spectrum, Array& intensity) override {
    require_shape(spectrum, terms_.spectrum_shape(), "spectrum");
    require_shape(intensity, terms_.intensity_shape(), "intensity");
    device_->copy(spectrum_.get(), data<Real>(spectrum), terms_.spectrum_shape().size() * sizeof(Real));
    const Groups& groups = forward_groups_;
    Scratch scratch(*device_);
    Real* sum = data<Real>(intensity);
    Real* partial = groups.count == 1 ? sum : scratch.take<Real>(partials(groups) * points());
    device_->launch_shared(kernels_.intensity, blocks(groups), block(), shared_bytes_, plan_, arguments(groups),
                           complex(data<Real>(spectrum)), groups.count, partial);
    if (groups.count > 1) add(groups, 1, groups.all.get(), points(), partial, true, sum);
  }

  void adjoint(const Array& intensity_bar, Array& spectrum_bar) override {
    require_shape(intensity_bar, terms_.intensity_shape(), "intensity_bar");
    require_shape(spectrum_bar, terms_.spectrum_shape(), "spectrum_bar");
    const Groups& groups = adjoint_groups_;
    Scratch scratch(*device_);
    const std::size_t numbers = 2 * static_cast<std::size_t>(plan_.bins());
    Real* partial = scratch.take<Real>(partials(groups) * numbers);
    device_->launch_shared(kernels_.spectrum_bar, blocks(groups), block(), shared_bytes_, plan_, arguments(groups),
                           complex(static_cast<const Real*>(spectrum_.get())), data<Real>(intensity_bar), groups.count,
                           complex(partial));
    add(groups, terms_.spectra, groups.first.get(), numbers, partial, false, data<Real>(spectrum_bar));
  }

 private:
  struct Groups {
    int count = 0;
    Buffer<TermGroup> list;
    Buffer<int> first;  ///< group of each mask spectrum, and the end
    Buffer<int> all;    ///< 0 and the count
  };

  static const Complex<Real>* complex(const Real* numbers) { return reinterpret_cast<const Complex<Real>*>(numbers); }
  static Complex<Real>* complex(Real* numbers) { return reinterpret_cast<Complex<Real>*>(numbers); }

  /// Blocks of a kernel that the device runs at the same time.
  template <typename Kernel>
  [[nodiscard]] int resident_blocks(Kernel* kernel) const {
    const int limit = device_->attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin);
    // The same for all plans, as they share the kernels.
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, limit), "request of shared memory");
    int blocks = 0;
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, kernels_.threads, shared_bytes_),
          "query of the device");
    return std::max(1, blocks) * device_->attribute(cudaDevAttrMultiProcessorCount);
  }

  /// Groups of at most that many terms which take the shortest time if each of `resident` blocks works at the same
  /// pace; a block that starts and ends costs about as much as half a term.
  [[nodiscard]] Groups make_groups(int resident) const {
    const auto count_of = [&](int most) {
      int count = 0;
      for (std::size_t g = 0; g + 1 < terms_.first.size(); ++g)
        count += (terms_.first[g + 1] - terms_.first[g] + most - 1) / most;
      return count;
    };
    int best = 1;
    double least = 0;
    for (int most = 1; most <= terms_.terms; ++most) {
      const double turns = std::ceil(static_cast<double>(terms_.batch) * count_of(most) / resident);
      const double time = turns * (most + 0.5);
      if (most == 1 || time <= least) {
        best = most;
        least = time;
      }
    }
    Groups groups;
    std::vector<TermGroup> list;
    std::vector<int> first{0};
    for (int g = 0; g < terms_.spectra; ++g) {
      const int begin = terms_.first[static_cast<std::size_t>(g)], end = terms_.first[static_cast<std::size_t>(g) + 1];
      const int parts = (end - begin + best - 1) / best;
      for (int p = 0; p < parts; ++p)
        list.push_back({begin + (end - begin) * p / parts, begin + (end - begin) * (p + 1) / parts, g});
      first.push_back(static_cast<int>(list.size()));
    }
    groups.count = static_cast<int>(list.size());
    groups.list = Buffer<TermGroup>(*device_, list);
    groups.first = Buffer<int>(*device_, first);
    groups.all = Buffer<int>(*device_, std::vector<int>{0, groups.count});
    return groups;
  }

  [[nodiscard]] Sum<Real> arguments(const Groups& groups) const {
    return {complex(static_cast<const Real*>(terms_.transfer.get())),
            complex(static_cast<const Real*>(roots_.get())),
            order_.get(),
            groups.list.get(),
            terms_.batch,
            terms_.spectra};
  }
  [[nodiscard]] dim3 blocks(const Groups& groups) const { return dim3(static_cast<unsigned>(partials(groups))); }
  [[nodiscard]] dim3 block() const { return dim3(static_cast<unsigned>(kernels_.threads)); }
  [[nodiscard]] std::size_t partials(const Groups& groups) const {
    return static_cast<std::size_t>(terms_.batch) * static_cast<std::size_t>(groups.count);
  }
  [[nodiscard]] std::size_t points() const { return static_cast<std::size_t>(plan_.points()); }

  void add(const Groups& groups, int spectra, const int* first, std::size_t size, const Real* partial, bool fresh,
           Real* out) const {
    const dim3 grid(static_cast<unsigned>((size + kThreads - 1) / kThreads),
                    static_cast<unsigned>(std::min(spectra, 65535)),
                    static_cast<unsigned>(std::min(terms_.batch, 65535)));
    device_->launch(add_groups_kernel<Real>, grid, dim3(kThreads), terms_.batch, spectra, static_cast<int>(size),
                    groups.count, first, partial, fresh, out);
  }

  std::shared_ptr<Device> device_;
  FieldPlan plan_;
  Kernels<Real> kernels_;
  std::size_t shared_bytes_;
  CoherentTerms<Real> terms_;
  Buffer<Real> spectrum_;  ///< of the latest forward call
  Buffer<Real> roots_;
  Buffer<int> order_;
  Groups forward_groups_, adjoint_groups_;
};

}  // namespace

template <typename Real>
std::unique_ptr<CoherentSum> make_small_fields(std::shared_ptr<Device> device, const CoherentStack& stack, int batch) {
  const auto limit = static_cast<std::size_t>(device->attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin));
  const int ny = field_length(stack.extent_y), nx = field_length(stack.extent_x);
  if (static_cast<std::size_t>(ny) * static_cast<std::size_t>(nx) * sizeof(Complex<Real>) > limit) return nullptr;
  const std::optional<FieldPlan> plan = field_plan(ny, nx, stack.extent_y, stack.extent_x);
  if (!plan || static_cast<std::size_t>(plan->numbers()) * sizeof(Complex<Real>) > limit) return nullptr;
  const std::optional<Kernels<Real>> kernels = kernels_for<Real>(*plan);
  if (!kernels) return nullptr;
  return std::make_unique<SmallFields<Real>>(std::move(device), stack, batch, *plan, *kernels);
}

template std::unique_ptr<CoherentSum> make_small_fields<float>(std::shared_ptr<Device>, const CoherentStack&, int);
template std::unique_ptr<CoherentSum> make_small_fields<double>(std::shared_ptr<Device>, const CoherentStack&, int);

}  // namespace anamorph::cuda
