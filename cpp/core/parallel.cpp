// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/core/parallel.hpp"

#include <omp.h>

#include <algorithm>
#include <exception>

namespace anamorph {

void parallel_for(int count, int threads, const std::function<void(int)>& body) {
  const int team = std::min(count, std::max(threads, 1));
  if (team <= 1 || omp_in_parallel() != 0) {
    for (int i = 0; i < count; ++i) body(i);
    return;
  }
  std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
  for (int i = 0; i < count; ++i) {
    try {
      body(i);
    } catch (...) {
#pragma omp critical(anamorph_parallel_for)
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

int hardware_threads() noexcept { return std::max(1, omp_get_num_procs()); }

}  // namespace anamorph
