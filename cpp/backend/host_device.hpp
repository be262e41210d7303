// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

/// Marks a formula that the CPU loop and the CUDA kernel share, so that it is written, and tested, once.
#ifdef __CUDACC__
#define ANAMORPH_HD __host__ __device__
#else
#define ANAMORPH_HD
#endif
