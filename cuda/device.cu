// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <cstdint>
#include <stdexcept>

#include "cpp/core/error.hpp"
#include "cuda/device.hpp"

namespace anamorph::cuda {
namespace {

__global__ void probe_kernel() {}

[[noreturn]] void fail_no_device(const std::string& why) {
  throw Error(ErrorCode::resource, "CUD-0001", "CUDA: " + why + "; use the backend cpu or cpu-f32");
}

int device_count() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status == cudaErrorInsufficientDriver)
    fail_no_device("there is no NVIDIA driver, or it is older than CUDA " + std::to_string(CUDART_VERSION / 1000));
  if (status == cudaErrorNoDevice || (status == cudaSuccess && count == 0)) fail_no_device("there is no device");
  if (status != cudaSuccess) fail_no_device(std::string("the driver says: ") + cudaGetErrorString(status));
  return count;
}

}  // namespace

void fail_out_of_memory(const char* what) {
  throw Error(ErrorCode::resource, "CUD-0002",
              std::string("CUDA: ") + what + ": the memory of the device is used up; use smaller batches");
}

void fail(const char* what, const std::string& reason) {
  throw Error(ErrorCode::resource, "CUD-0003", std::string("CUDA: ") + what + " failed: " + reason);
}

void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // else the next, innocent call would report it again
  if (status == cudaErrorMemoryAllocation) fail_out_of_memory(what);
  fail(what, std::string(cudaGetErrorName(status)) + ", " + cudaGetErrorString(status));
}

void require_shape(const Array& array, const Shape& expected, const char* what) {
  if (array.shape() != expected) throw std::logic_error(std::string(what) + ": unexpected shape");
}

Device::Device(int index) : index_(index) {
  const int count = device_count();
  if (index < 0 || index >= count)
    fail_no_device("there is no device " + std::to_string(index) + "; " +
                   (count == 1 ? "the only one is 0" : "they are 0 to " + std::to_string(count - 1)));
  activate();
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index), "query of the device");
  const std::string capability = std::to_string(properties.major) + "." + std::to_string(properties.minor);
  description_ = std::string(properties.name) + ", compute capability " + capability + ", " +
                 std::to_string(properties.totalGlobalMem >> 30) + " GiB";
  cudaFuncAttributes attributes{};
  if (cudaFuncGetAttributes(&attributes, probe_kernel) != cudaSuccess) {
    (void)cudaGetLastError();
    fail_no_device("this program holds no code for " + description_ + " (CMAKE_CUDA_ARCHITECTURES)");
  }
  int pools = 0;
  check(cudaDeviceGetAttribute(&pools, cudaDevAttrMemoryPoolsSupported, index), "query of the device");
  if (pools == 0) fail_no_device(description_ + " has no stream-ordered memory");
  // Memory that was returned is kept for the next call instead of going back to the driver.
  check(cudaDeviceGetDefaultMemPool(&pool_, index), "query of the memory pool");
  std::uint64_t threshold = UINT64_MAX;
  check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &threshold), "setting of the memory pool");
  check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creation of a stream");
}

Device::~Device() {
  // Nothing can be reported from here; a failure that matters has shown in an earlier call.
  (void)cudaSetDevice(index_);
  for (const Block& block : blocks_) (void)cudaFreeAsync(block.memory, stream_);
  (void)cudaStreamSynchronize(stream_);
  (void)cudaStreamDestroy(stream_);
}

void Device::activate() const { check(cudaSetDevice(index_), "choice of the device"); }

std::shared_ptr<void> Device::allocate(std::size_t bytes) const {
  require_no_recording("allocation of memory");
  activate();
  void* memory = nullptr;
  check(cudaMallocAsync(&memory, std::max<std::size_t>(bytes, 1), stream_), "allocation of memory");
  // The deleter keeps the device, and thus the stream, until the last array has gone.
  return {memory, [device = shared_from_this()](void* p) {
            (void)cudaSetDevice(device->index_);
            (void)cudaFreeAsync(p, device->stream_);
          }};
}

int Device::attribute(cudaDeviceAttr which) const {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, index_), "query of the device");
  return value;
}

void* Device::take_scratch(std::size_t bytes) const {
  constexpr std::size_t kAlignment = 256, kLeastBlock = std::size_t{16} << 20;
  const std::size_t size = std::max<std::size_t>(bytes + kAlignment - 1, kAlignment) / kAlignment * kAlignment;
  while (top_.block < blocks_.size() && blocks_[top_.block].bytes - top_.offset < size) top_ = {top_.block + 1, 0};
  if (top_.block == blocks_.size()) {
    require_no_recording("growth of the scratch memory");
    activate();
    Block block{nullptr, std::max(size, kLeastBlock)};
    check(cudaMallocAsync(&block.memory, block.bytes, stream_), "allocation of scratch memory");
    blocks_.push_back(block);
  }
  void* memory = static_cast<char*>(blocks_[top_.block].memory) + top_.offset;
  top_.offset += size;
  return memory;
}

void Device::zero(void* memory, std::size_t bytes) const {
  if (!queues()) return;
  activate();
  check(cudaMemsetAsync(memory, 0, bytes, stream_), "clearing of memory");
}

void Device::copy(void* to, const void* from, std::size_t bytes) const {
  if (!queues()) return;
  activate();
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, stream_), "copy");
}

void Device::upload(void* to, const void* from, std::size_t bytes) const {
  require_no_recording("upload");
  activate();
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "upload");
  check(cudaStreamSynchronize(stream_), "upload");
}

void Device::download(void* to, const void* from, std::size_t bytes) const {
  require_no_recording("download");
  activate();
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, stream_), "download");
  check(cudaStreamSynchronize(stream_), "a computation before a download");
}

double Device::seconds(const std::function<void()>& work) const {
  struct Event {
    Event() { check(cudaEventCreate(&handle), "creation of an event"); }
    ~Event() { (void)cudaEventDestroy(handle); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    cudaEvent_t handle = nullptr;
  };
  activate();
  const Event start, stop;
  check(cudaEventRecord(start.handle, stream_), "start of a clock");
  work();
  activate();
  check(cudaEventRecord(stop.handle, stream_), "stop of a clock");
  check(cudaEventSynchronize(stop.handle), "a computation that is timed");
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, start.handle, stop.handle), "reading of a clock");
  return 1e-3 * static_cast<double>(milliseconds);
}

std::vector<std::pair<std::string, std::string>> Device::facts() const {
  activate();
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index_), "query of the device");
  const auto number = [&](cudaDeviceAttr which) {
    int value = 0;
    check(cudaDeviceGetAttribute(&value, which, index_), "query of the device");
    return std::to_string(value);
  };
  const auto release = [](int code) { return std::to_string(code / 1000) + "." + std::to_string(code % 1000 / 10); };
  int driver = 0, runtime = 0;
  check(cudaDriverGetVersion(&driver), "query of the driver");
  check(cudaRuntimeGetVersion(&runtime), "query of the runtime");
  char bus[32] = {};
  check(cudaDeviceGetPCIBusId(bus, sizeof bus, index_), "query of the device");
  return {{"name", properties.name},
          {"compute_capability", std::to_string(properties.major) + "." + std::to_string(properties.minor)},
          {"driver_supports_cuda", release(driver)},
          {"cuda_runtime", release(runtime)},
          {"memory_bytes", std::to_string(properties.totalGlobalMem)},
          {"l2_bytes", std::to_string(properties.l2CacheSize)},
          {"multiprocessors", std::to_string(properties.multiProcessorCount)},
          {"clock_khz_max", number(cudaDevAttrClockRate)},
          {"memory_clock_khz_max", number(cudaDevAttrMemoryClockRate)},
          {"memory_bus_bits", std::to_string(properties.memoryBusWidth)},
          {"pci_bus", bus}};
}

std::size_t Device::cache_bytes() const {
  int bytes = 0;
  check(cudaDeviceGetAttribute(&bytes, cudaDevAttrL2CacheSize, index_), "query of the device");
  return static_cast<std::size_t>(bytes);
}

std::size_t Device::take_peak_memory() const {
  activate();
  check(cudaStreamSynchronize(stream_), "a computation before a look at the memory");
  std::uint64_t most = 0, from_now = 0;  // the driver sets the mark to what is in use
  check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemHigh, &most), "query of the memory pool");
  check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrUsedMemHigh, &from_now), "setting of the memory pool");
  return most;
}

}  // namespace anamorph::cuda
