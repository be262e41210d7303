// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cpp/backend/backend.hpp"

// One device, one stream, and the few ways in which the plans use them. All work is queued on the stream in the order
// of the calls; only a download, or a sum that is returned, waits for it. Arrays come from the device's stream-ordered
// pool, what a verb needs for itself from a stack of scratch memory.

namespace anamorph::cuda {

constexpr int kThreads = 256;      ///< threads of a block
constexpr int kMostBlocks = 2048;  ///< blocks of a kernel that strides over its data: enough for every device so far

/// Throws Error{resource}: CUD-0002 when the device's memory is used up, CUD-0003 for every other failure.
void check(cudaError_t status, const char* what);
[[noreturn]] void fail_out_of_memory(const char* what);
[[noreturn]] void fail(const char* what, const std::string& reason);

/// Throws std::logic_error when an array does not have the shape that a plan was made for.
void require_shape(const Array& array, const Shape& expected, const char* what);

template <typename Real>
Real* data(Array& array) {
  return static_cast<Real*>(array.storage());
}
template <typename Real>
const Real* data(const Array& array) {
  return static_cast<const Real*>(array.storage());
}

/// Blocks for `count` items, one a thread, as far as that is useful.
inline unsigned blocks_for(std::size_t count) {
  return static_cast<unsigned>(std::clamp<std::size_t>((count + kThreads - 1) / kThreads, 1, kMostBlocks));
}

/// body(i) for all i < count.
template <typename Body>
__global__ void __launch_bounds__(kThreads) each_kernel(std::size_t count, Body body) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) body(i);
}

/// `combine` over the values of the threads of a block of kThreads, in an order that never changes; for thread 0.
template <typename Combine>
__device__ double over_block(double value, const Combine& combine) {
  __shared__ double lanes[kThreads];
  lanes[threadIdx.x] = value;
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) lanes[threadIdx.x] = combine(lanes[threadIdx.x], lanes[threadIdx.x + half]);
  }
  const double result = threadIdx.x == 0 ? lanes[0] : 0;  // the others might read it before it is there
  __syncthreads();  // the next call may write again
  return result;
}

/// The shared memory of a block whose size launch_shared() gives.
#ifdef __CUDACC__
extern __shared__ double2 dynamic_memory[];
template <typename T>
__device__ T* dynamic_shared() {
  return reinterpret_cast<T*>(dynamic_memory);
}
#else
using cuda_host::dynamic_shared;
#endif

struct Plus {
  __device__ double operator()(double a, double b) const { return a + b; }
};
struct Larger {
  __device__ double operator()(double a, double b) const { return a > b ? a : b; }
};

class Graph;

class Device : public std::enable_shared_from_this<Device> {
 public:
  /// Throws Error{resource}, CUD-0001, when there is no driver, no such device, or no code for it in this program.
  explicit Device(int index);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  [[nodiscard]] const std::string& description() const noexcept { return description_; }
  [[nodiscard]] cudaStream_t stream() const noexcept { return stream_; }
  [[nodiscard]] int attribute(cudaDeviceAttr which) const;

  /// Makes this device the current one of the calling thread: CUDA keeps one per thread, and an array may be used, or
  /// end, in another thread than the one that made it.
  void activate() const;

  [[nodiscard]] std::shared_ptr<void> allocate(std::size_t bytes) const;
  void zero(void* memory, std::size_t bytes) const;
  void copy(void* to, const void* from, std::size_t bytes) const;      ///< within the device
  void upload(void* to, const void* from, std::size_t bytes) const;    ///< returns when `from` may change
  void download(void* to, const void* from, std::size_t bytes) const;  ///< returns when `to` is there

  /// Time between two events around what `work` queues.
  [[nodiscard]] double seconds(const std::function<void()>& work) const;

  /// See Backend.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> facts() const;
  [[nodiscard]] std::size_t take_peak_memory() const;
  [[nodiscard]] std::size_t cache_bytes() const;

  /// Queues a kernel.
  template <typename... Parameters, typename... Arguments>
  void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, Arguments&&... arguments) const {
    launch_shared(kernel, grid, block, 0, std::forward<Arguments>(arguments)...);
  }

  /// Queues a kernel that takes `shared_bytes` of shared memory at its start.
  template <typename... Parameters, typename... Arguments>
  void launch_shared(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared_bytes,
                     Arguments&&... arguments) const {
    std::tuple<Parameters...> values(std::forward<Arguments>(arguments)...);
    std::apply(
        [&](Parameters&... value) {
          const std::array<Argument, sizeof...(Parameters)> list{Argument{&value, sizeof(value)}...};
          if (!begin_launch({reinterpret_cast<const void*>(kernel), grid, block, shared_bytes}, list)) return;
          cudaLaunchConfig_t config{};
          config.gridDim = grid;
          config.blockDim = block;
          config.dynamicSmemBytes = shared_bytes;
          config.stream = stream_;
          check(cudaLaunchKernelEx(&config, kernel, value...), "launch of a kernel");
          end_launch();
        },
        values);
  }

  /// Whether work that is not a kernel of ours (a clearing, a copy, a transform of cuFFT) is to be queued now: not when
  /// a graph that holds it runs again.
  [[nodiscard]] bool queues() const;

  /// See Backend::repeat.
  void repeat(std::unique_ptr<Recording>& recording, const std::function<void()>& verbs) const;

  /// Queues body(i) for all i < count.
  template <typename Body>
  void each(std::size_t count, const Body& body) const {
    if (count > 0) launch(each_kernel<Body>, dim3(blocks_for(count)), dim3(kThreads), count, body);
  }

 private:
  friend class Graph;
  friend class Scratch;

  struct Launch {
    const void* kernel;
    dim3 grid, block;
    std::size_t shared_bytes;
  };
  struct Argument {
    void* value;
    std::size_t size;
  };
  /// Whether the kernel is to be queued now.
  [[nodiscard]] bool begin_launch(const Launch& launch, std::span<const Argument> arguments) const;
  void end_launch() const;
  void require_no_recording(const char* what) const;

  /// A piece of scratch memory, never returned while the device is in use: graphs hold its address.
  struct Block {
    void* memory;
    std::size_t bytes;
  };
  struct Top {
    std::size_t block = 0, offset = 0;
  };
  [[nodiscard]] void* take_scratch(std::size_t bytes) const;

  int index_;
  std::string description_;
  cudaStream_t stream_ = nullptr;
  cudaMemPool_t pool_ = nullptr;
  mutable std::vector<Block> blocks_;
  mutable Top top_;
  mutable Graph* graph_ = nullptr;  ///< being recorded or run again
};

/// Memory for the length of a scope, uninitialised and aligned to 256 bytes. The same sequence of verbs finds the same
/// addresses each time. Scopes end in the reverse order of their beginning, like the calls that open them.
class Scratch {
 public:
  explicit Scratch(const Device& device) : device_(device), top_(device.top_) {}
  ~Scratch() { device_.top_ = top_; }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <typename T>
  [[nodiscard]] T* take(std::size_t count) {
    return static_cast<T*>(device_.take_scratch(count * sizeof(T)));
  }

 private:
  const Device& device_;
  Device::Top top_;
};

/// Numbers on the device that belong to a plan or to a call.
template <typename T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Device& device, std::size_t count) : storage_(device.allocate(count * sizeof(T))) {}
  Buffer(const Device& device, const std::vector<T>& host) : Buffer(device, host.size()) {
    device.upload(storage_.get(), host.data(), host.size() * sizeof(T));
  }

  [[nodiscard]] T* get() const noexcept { return static_cast<T*>(storage_.get()); }

 private:
  std::shared_ptr<void> storage_;
};

/// A table of plan_tables.hpp in the precision of the backend.
template <typename Real>
Buffer<Real> table(const Device& device, const std::vector<double>& values) {
  return {device, std::vector<Real>(values.begin(), values.end())};
}

}  // namespace anamorph::cuda
