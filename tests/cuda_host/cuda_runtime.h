// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <tuple>
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
#define __launch_bounds__(threads)
#define CUDART_VERSION 13000

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned in_x = 1, unsigned in_y = 1, unsigned in_z = 1) : x(in_x), y(in_y), z(in_z) {}
};
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum { cudaDevAttrMemoryPoolsSupported, cudaMemPoolAttrReleaseThreshold, cudaStreamNonBlocking };
using cudaStream_t = void*;
using cudaMemPool_t = void*;
struct cudaDeviceProp {
  char name[256];
  int major, minor;
  std::size_t totalGlobalMem;
};
struct cudaFuncAttributes {};
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  cudaStream_t stream;
};

namespace cuda_host {

constexpr std::size_t kStackBytes = std::size_t{64} << 10;
constexpr std::size_t kMemoryBytes = std::size_t{8} << 30;

[[noreturn]] inline void stop(const char* what) {
  std::fprintf(stderr, "cuda_host: %s\n", what);
  std::abort();
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

}  // namespace cuda_host

inline void __syncthreads() { cuda_host::leave(); }

template <typename... Parameters, typename... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  const std::tuple<Parameters...> values(std::forward<Arguments>(arguments)...);
  gridDim = config->gridDim;
  blockDim = config->blockDim;
  if (gridDim.x == 0 || gridDim.y == 0 || gridDim.z == 0 || gridDim.y > 65535 || gridDim.z > 65535)
    cuda_host::stop("grid out of range");
  cuda_host::block().body = [&] { std::apply(kernel, values); };
  unsigned number = 0;
  for (unsigned z = 0; z < gridDim.z; ++z)
    for (unsigned y = 0; y < gridDim.y; ++y)
      for (unsigned x = 0; x < gridDim.x; ++x) {
        blockIdx = dim3(x, y, z);
        cuda_host::run_block(blockDim, number++ % 2 == 1);
      }
  return cudaSuccess;
}

inline const char* cudaGetErrorString(cudaError_t) { return "refused"; }
inline const char* cudaGetErrorName(cudaError_t) { return "cudaError"; }
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
inline cudaError_t cudaGetDeviceCount(int* count) { return *count = 1, cudaSuccess; }
inline cudaError_t cudaSetDevice(int) { return cudaSuccess; }
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"kernels on the host", 0, 0, cuda_host::kMemoryBytes};
  return cudaSuccess;
}
template <typename Kernel>
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes*, Kernel) {
  return cudaSuccess;
}
inline cudaError_t cudaDeviceGetAttribute(int* value, int, int) { return *value = 1, cudaSuccess; }
inline cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t*, int) { return cudaSuccess; }
inline cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, int, void*) { return cudaSuccess; }
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
  if (bytes > cuda_host::kMemoryBytes) return cudaErrorMemoryAllocation;
  *memory = std::malloc(bytes);
  std::memset(*memory, 0xFF, bytes);  // not a number: whoever reads what nobody wrote will show it
  return cudaSuccess;
}
inline cudaError_t cudaFreeAsync(void* memory, cudaStream_t) { return std::free(memory), cudaSuccess; }
inline cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t) {
  return std::memset(to, value, bytes), cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t) {
  return std::memcpy(to, from, bytes), cudaSuccess;
}
