// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

// As much of CUDA as cuda/ uses, on the host, so that the kernels can be run, and looked at by the sanitizers, where
// there is no device. It shows errors of indexing, arithmetic and synchronisation; it says nothing about speed, and
// nothing about cuFFT, whose place pocketfft takes. One kernel at a time, block after block; the threads of a block
// are contexts of one thread of the host, which change only at a barrier. Every other block runs its threads
// backwards, so that a result that needs a barrier which is not there comes out wrong.

#define __global__
#define __device__
#define __host__
#define __shared__ static
#define __launch_bounds__(...)
#define __grid_constant__
#define CUDART_VERSION 13000

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned in_x = 1, unsigned in_y = 1, unsigned in_z = 1) : x(in_x), y(in_y), z(in_z) {}
};
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorLaunchFailure = 719
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaDeviceAttr {
  cudaDevAttrMemoryPoolsSupported,
  cudaDevAttrClockRate,
  cudaDevAttrMemoryClockRate,
  cudaDevAttrL2CacheSize,
  cudaDevAttrMultiProcessorCount,
  cudaDevAttrMaxSharedMemoryPerBlockOptin
};
enum { cudaFuncAttributeMaxDynamicSharedMemorySize, cudaMemPoolAttrReleaseThreshold, cudaMemPoolAttrUsedMemHigh, cudaStreamNonBlocking };
using cudaStream_t = void*;
using cudaMemPool_t = void*;
struct cudaDeviceProp {
  char name[256];
  int major, minor;
  std::size_t totalGlobalMem;
  int l2CacheSize, multiProcessorCount, memoryBusWidth;
};
struct cudaFuncAttributes {};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  std::size_t dynamicSmemBytes;
  cudaStream_t stream;
};
struct cudaKernelNodeParams {
  void* func;
  dim3 gridDim, blockDim;
  unsigned sharedMemBytes;
  void** kernelParams;
  void** extra;
};

namespace cuda_host {

constexpr std::size_t kStackBytes = std::size_t{64} << 10;
constexpr std::size_t kSharedBytes = 48 << 10, kMostSharedBytes = 227 << 10;  ///< of a block: unasked, and asked for

/// What goes wrong, from the environment or from a test: a machine without devices (0) or driver (-1), one with little
/// memory, a kernel that fails.
struct Faults {
  int devices = number("CUDA_HOST_DEVICES", 1);
  std::size_t memory = static_cast<std::size_t>(number("CUDA_HOST_MEMORY_MB", 8192)) << 20;
  int failing_launch = number("CUDA_HOST_FAILING_LAUNCH", -1);  ///< counts from 0
  int launches = 0, device = 0;

  static int number(const char* name, int otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::atoi(text) : otherwise;
  }
};
inline Faults& faults() {
  static Faults instance;
  return instance;
}

[[noreturn]] inline void stop(const char* what) {
  std::fprintf(stderr, "cuda_host: %s\n", what);
  std::abort();
}

/// What the pool has lent.
struct Memory {
  std::map<void*, std::size_t> sizes;
  std::size_t used = 0, most = 0;
};
inline Memory& memory() {
  static Memory instance;
  return instance;
}

/// Dynamic shared memory: what each kernel asked for, and that of the running block.
inline std::map<const void*, std::size_t>& shared_limits() {
  static std::map<const void*, std::size_t> limits;
  return limits;
}
struct alignas(16) Word {
  unsigned char bytes[16];
};
inline std::vector<Word>& shared_memory() {
  static std::vector<Word> memory;
  return memory;
}
template <typename T>
T* dynamic_shared() {
  return reinterpret_cast<T*>(shared_memory().data());
}

/// The threads of the block that is running.
struct Block {
  ucontext_t scheduler;
  std::vector<ucontext_t> threads;
  std::vector<std::unique_ptr<char[]>> stacks;
  std::vector<bool> ended;
  std::function<void()> body;
  std::size_t running = 0;
};

inline Block& block() {
  static Block instance;
  return instance;
}

inline void leave() { swapcontext(&block().threads[block().running], &block().scheduler); }

inline void run_thread() {
  block().body();
  block().ended[block().running] = true;
  leave();
}

/// Runs each thread to its next barrier, again and again until all have ended.
inline void run_block(dim3 size, bool backwards) {
  Block& b = block();
  const std::size_t count = std::size_t{size.x} * size.y * size.z;
  if (count > 1024) stop("too many threads");
  while (b.stacks.size() < count) b.stacks.push_back(std::make_unique<char[]>(kStackBytes));
  b.threads.resize(std::max(b.threads.size(), count));
  b.ended.assign(count, false);
  for (std::size_t t = 0; t < count; ++t) {
    getcontext(&b.threads[t]);
    b.threads[t].uc_stack.ss_sp = b.stacks[t].get();
    b.threads[t].uc_stack.ss_size = kStackBytes;
    b.threads[t].uc_link = nullptr;
    makecontext(&b.threads[t], run_thread, 0);
  }
  std::size_t ended = 0;
  while (ended == 0) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t t = backwards ? count - 1 - i : i;
      b.running = t;
      const auto at = static_cast<unsigned>(t);
      threadIdx = dim3(at % size.x, at / size.x % size.y, at / size.x / size.y);
      swapcontext(&b.scheduler, &b.threads[t]);
      if (b.ended[t]) ++ended;
    }
  }
  if (ended != count) stop("a barrier that not all threads reach");
}

/// Something queued. While a graph is recorded it is kept there, else it is done at once.
struct Node {
  std::function<void(dim3 grid, dim3 block)> run;
  std::function<void(void**)> set_arguments;
  dim3 grid, block;
};
struct Graph {
  std::vector<std::unique_ptr<Node>> nodes;
  Node* last = nullptr;
};
inline Graph*& recorded() {
  static Graph* graph = nullptr;
  return graph;
}
inline void queue(Node node) {
  if (Graph* graph = recorded()) {
    graph->nodes.push_back(std::make_unique<Node>(std::move(node)));
    graph->last = graph->nodes.back().get();
  } else {
    node.run(node.grid, node.block);
  }
}
inline void queue(std::function<void()> work) {
  queue(Node{[work = std::move(work)](dim3, dim3) { work(); }, {}, {}, {}});
}

inline void run_grid(dim3 grid, dim3 block_size, std::size_t shared_bytes, std::function<void()> body) {
  Word nothing;
  std::memset(nothing.bytes, 0xFF, sizeof nothing.bytes);
  shared_memory() = std::vector<Word>((shared_bytes + sizeof(Word) - 1) / sizeof(Word));
  gridDim = grid;
  blockDim = block_size;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.y > 65535 || grid.z > 65535) stop("grid out of range");
  block().body = std::move(body);
  unsigned number = 0;
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = dim3(x, y, z);
        std::fill(shared_memory().begin(), shared_memory().end(), nothing);
        run_block(block_size, number++ % 2 == 1);
      }
}

}  // namespace cuda_host

inline void __syncthreads() { cuda_host::leave(); }

/// Bit i of the result: what lane i of the warp says. All threads of the block come here together.
inline unsigned __ballot_sync(unsigned, bool says) {
  static std::array<bool, 1024> all;
  const unsigned me = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z), warp = me / 32 * 32;
  all[me] = says;
  __syncthreads();
  unsigned word = 0;
  for (unsigned lane = 0; lane < 32; ++lane) word |= all[warp + lane] ? 1U << lane : 0U;
  __syncthreads();
  return word;
}

/// One thread runs at a time: nothing can come between.
template <typename T, typename Change>
T cuda_host_exchanged(T* place, const Change& change) {
  const T before = *place;
  *place = change(before);
  return before;
}
template <typename T>
T atomicAdd(T* place, T value) {
  return cuda_host_exchanged(place, [=](T v) { return v + value; });
}
template <typename T>
T atomicMin(T* place, T value) {
  return cuda_host_exchanged(place, [=](T v) { return std::min(v, value); });
}
template <typename T>
T atomicOr(T* place, T value) {
  return cuda_host_exchanged(place, [=](T v) { return v | value; });
}
template <typename T>
T atomicAnd(T* place, T value) {
  return cuda_host_exchanged(place, [=](T v) { return v & value; });
}

inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  return static_cast<unsigned>(((std::uint64_t{high} << 32) | low) >> (shift & 31U));
}
inline int __popc(unsigned word) { return std::popcount(word); }
inline int __ffs(int word) { return word == 0 ? 0 : std::countr_zero(static_cast<unsigned>(word)) + 1; }
inline int __clz(int word) { return std::countl_zero(static_cast<unsigned>(word)); }

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  const auto& limits = cuda_host::shared_limits();
  const auto asked = limits.find(reinterpret_cast<const void*>(kernel));
  const std::size_t shared = config->dynamicSmemBytes;
  if (shared > (asked == limits.end() ? cuda_host::kSharedBytes : asked->second)) return cudaErrorInvalidValue;
  if (cuda_host::faults().launches++ == cuda_host::faults().failing_launch) return cudaErrorLaunchFailure;
  const auto values = std::make_shared<std::tuple<Parameters...>>(std::forward<Arguments>(arguments)...);
  cuda_host::queue({[kernel, shared, values](dim3 grid, dim3 block) {
                      cuda_host::run_grid(grid, block, shared, [&] { std::apply(kernel, *values); });
                    },
                    [values](void** pointers) {
                      std::apply(
                          [pointers](Parameters&... value) mutable {
                            ((std::memcpy(static_cast<void*>(&value), *pointers++, sizeof(value))), ...);
                          },
                          *values);
                    },
                    config->gridDim, config->blockDim});
  return cudaSuccess;
}

using cudaGraph_t = cuda_host::Graph*;
using cudaGraphExec_t = cuda_host::Graph*;
using cudaGraphNode_t = cuda_host::Node*;
struct cudaGraphEdgeData {};
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed };
enum cudaStreamCaptureStatus { cudaStreamCaptureStatusActive };
inline cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  return cuda_host::recorded() = new cuda_host::Graph, cudaSuccess;
}
inline cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  return *graph = std::exchange(cuda_host::recorded(), nullptr), cudaSuccess;
}
inline cudaError_t cudaStreamGetCaptureInfo(cudaStream_t, cudaStreamCaptureStatus*, unsigned long long*, cudaGraph_t*,
                                            const cudaGraphNode_t** nodes, const cudaGraphEdgeData**,
                                            std::size_t* count) {
  return *nodes = &cuda_host::recorded()->last, *count = 1, cudaSuccess;
}
/// A graph and what runs of it are one here.
inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  return *executable = graph, cudaSuccess;
}
inline cudaError_t cudaGraphExecKernelNodeSetParams(cudaGraphExec_t, cudaGraphNode_t node,
                                                    const cudaKernelNodeParams* parameters) {
  node->grid = parameters->gridDim;
  node->block = parameters->blockDim;
  return node->set_arguments(parameters->kernelParams), cudaSuccess;
}
inline cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  for (const auto& node : graph->nodes) node->run(node->grid, node->block);
  return cudaSuccess;
}
inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t) { return cudaSuccess; }
inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return delete graph, cudaSuccess; }

inline const char* cudaGetErrorString(cudaError_t) { return "refused"; }
inline const char* cudaGetErrorName(cudaError_t) { return "cudaError"; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = cuda_host::faults().devices;
  return *count > 0 ? cudaSuccess : *count == 0 ? cudaErrorNoDevice : cudaErrorInsufficientDriver;
}
inline cudaError_t cudaSetDevice(int device) { return cuda_host::faults().device = device, cudaSuccess; }
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"kernels on the host", 0, 0, cuda_host::faults().memory, 0, 1, 0};
  return cudaSuccess;
}
template <typename Kernel>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes*, Kernel) {
  return cudaSuccess;
}
inline cudaError_t cudaDriverGetVersion(int* number) { return *number = CUDART_VERSION, cudaSuccess; }
inline cudaError_t cudaRuntimeGetVersion(int* number) { return *number = CUDART_VERSION, cudaSuccess; }
inline cudaError_t cudaDeviceGetPCIBusId(char* text, int size, int) {
  return std::snprintf(text, static_cast<std::size_t>(size), "none"), cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int* value, int attribute, int) {
  *value = attribute == cudaDevAttrMaxSharedMemoryPerBlockOptin ? static_cast<int>(cuda_host::kMostSharedBytes) : 1;
  return cudaSuccess;
}
template <typename... Parameters>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Parameters...), int, int bytes) {
  if (bytes < 0 || static_cast<std::size_t>(bytes) > cuda_host::kMostSharedBytes) return cudaErrorInvalidValue;
  cuda_host::shared_limits()[reinterpret_cast<const void*>(kernel)] = static_cast<std::size_t>(bytes);
  return cudaSuccess;
}
template <typename... Parameters>
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void (*)(Parameters...), int, std::size_t) {
  return *blocks = 2, cudaSuccess;
}
inline cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t*, int) { return cudaSuccess; }
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, int attribute, void*) {
  if (attribute == cudaMemPoolAttrUsedMemHigh) cuda_host::memory().most = cuda_host::memory().used;
  return cudaSuccess;
}
inline cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, int, void* value) {
  const std::uint64_t most = cuda_host::memory().most;
  return std::memcpy(value, &most, sizeof most), cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t*, int) { return cudaSuccess; }
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
using cudaEvent_t = std::chrono::steady_clock::time_point*;
inline cudaError_t cudaEventCreate(cudaEvent_t* event) {
  return *event = new std::chrono::steady_clock::time_point, cudaSuccess;
}
inline cudaError_t cudaEventDestroy(cudaEvent_t event) { return delete event, cudaSuccess; }
inline cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  return *event = std::chrono::steady_clock::now(), cudaSuccess;
}
inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
inline cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t stop) {
  return *milliseconds = std::chrono::duration<float, std::milli>(*stop - *start).count(), cudaSuccess;
}
inline cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t) {
  const std::size_t limit = cuda_host::faults().memory;
  if (bytes > limit || cuda_host::memory().used > limit - bytes) return cudaErrorMemoryAllocation;
  *memory = std::malloc(bytes);
  std::memset(*memory, 0xFF, bytes);  // not a number: whoever reads what nobody wrote will show it
  cuda_host::Memory& count = cuda_host::memory();
  count.sizes[*memory] = bytes;
  count.most = std::max(count.most, count.used += bytes);
  return cudaSuccess;
}
inline cudaError_t cudaFreeAsync(void* memory, cudaStream_t) {
  cuda_host::Memory& count = cuda_host::memory();
  count.used -= count.sizes.extract(memory).mapped();
  return std::free(memory), cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t) {
  return cuda_host::queue([=] { std::memset(to, value, bytes); }), cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t) {
  return cuda_host::queue([=] { std::memcpy(to, from, bytes); }), cudaSuccess;
}
