// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cuda_runtime.h>

#include "cpp/backend/cpu/fft.hpp"

// As much of cuFFT as cuda/ uses, by the CPU backend's own transform: batches of contiguous planes in place.

enum cufftResult { CUFFT_SUCCESS = 0, CUFFT_ALLOC_FAILED = 2 };
enum cufftType { CUFFT_C2C, CUFFT_Z2Z };
constexpr int CUFFT_FORWARD = -1, CUFFT_INVERSE = 1;
struct CudaHostTransform {
  int ny = 0, nx = 0, batch = 0;
};
using cufftHandle = std::ptrdiff_t;
using cufftComplex = std::complex<float>;
using cufftDoubleComplex = std::complex<double>;

inline CudaHostTransform* cuda_host_transform(cufftHandle handle) {
  return reinterpret_cast<CudaHostTransform*>(handle);
}
inline cufftResult cufftCreate(cufftHandle* handle) {
  return *handle = reinterpret_cast<cufftHandle>(new CudaHostTransform), CUFFT_SUCCESS;
}
inline cufftResult cufftDestroy(cufftHandle handle) { return delete cuda_host_transform(handle), CUFFT_SUCCESS; }
inline cufftResult cufftSetAutoAllocation(cufftHandle, int) { return CUFFT_SUCCESS; }
inline cufftResult cufftSetStream(cufftHandle, cudaStream_t) { return CUFFT_SUCCESS; }
inline cufftResult cufftSetWorkArea(cufftHandle, void*) { return CUFFT_SUCCESS; }
inline cufftResult cufftMakePlanMany64(cufftHandle handle, int, const long long* n, const long long*, long long,
                                       long long, const long long*, long long, long long, cufftType, long long batch,
                                       std::size_t* bytes) {
  *cuda_host_transform(handle) = {static_cast<int>(n[0]), static_cast<int>(n[1]), static_cast<int>(batch)};
  return *bytes = 0, CUFFT_SUCCESS;
}
template <typename Real>
cufftResult cuda_host_execute(cufftHandle handle, std::complex<Real>* fields, int direction) {
  cuda_host::queue([fields, direction, sizes = *cuda_host_transform(handle)] {
    const auto [ny, nx, batch] = sizes;
    const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(ny) * nx;
    anamorph::cpu::transform(fields, {nx, 1, batch, plane, ny, nx}, direction == CUFFT_FORWARD);
    anamorph::cpu::transform(fields, {ny, nx, batch, plane, nx, 1}, direction == CUFFT_FORWARD);
  });
  return CUFFT_SUCCESS;
}
inline cufftResult cufftExecC2C(cufftHandle handle, cufftComplex* in, cufftComplex* out, int direction) {
  if (in != out) cuda_host::stop("transforms are in place");
  return cuda_host_execute(handle, in, direction);
}
inline cufftResult cufftExecZ2Z(cufftHandle handle, cufftDoubleComplex* in, cufftDoubleComplex* out, int direction) {
  if (in != out) cuda_host::stop("transforms are in place");
  return cuda_host_execute(handle, in, direction);
}
