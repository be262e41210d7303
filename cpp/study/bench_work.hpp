// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/study/bench_case.hpp"

namespace anamorph {

/// What any implementation of a stage must at least move and compute. docs/bench.md says how it is counted.
struct LeastWork {
  double bytes = 0;
  double flops = 0;

  LeastWork& operator+=(const LeastWork& other) noexcept {
    bytes += other.bytes;
    flops += other.flops;
    return *this;
  }
};

/// Sizes from which the work of all stages follows.
struct WorkSizes {
  int batch = 1;
  int real_bytes = 8;  ///< of a number of the backend
  double ny = 0, nx = 0;
  double bins_y = 0, bins_x = 0;
  double field_ny = 0, field_nx = 0;
  double corners = 0;
  double blur_px = 0;

  WorkSizes(const BenchCase& bench, int field_ny, int field_nx, int batch, int real_bytes);
};

/// The work of each stage for the whole batch; `terms` are those of one stack, and `stacks` all of them.
[[nodiscard]] LeastWork blur_work(const WorkSizes& s);
[[nodiscard]] LeastWork sigmoid_work(const WorkSizes& s);
[[nodiscard]] LeastWork sigmoid_adjoint_work(const WorkSizes& s);
[[nodiscard]] LeastWork mask_spectrum_work(const WorkSizes& s);
[[nodiscard]] LeastWork mask_spectrum_adjoint_work(const WorkSizes& s);
[[nodiscard]] LeastWork coherent_sum_work(const WorkSizes& s, int terms);
[[nodiscard]] LeastWork coherent_sum_adjoint_work(const WorkSizes& s, int terms);
[[nodiscard]] LeastWork resample_work(const WorkSizes& s);
[[nodiscard]] LeastWork print_loss_work(const WorkSizes& s, const std::vector<CoherentStack>& stacks);
[[nodiscard]] LeastWork adam_work(const WorkSizes& s);
[[nodiscard]] LeastWork iteration_work(const WorkSizes& s, const std::vector<CoherentStack>& stacks);
[[nodiscard]] LeastWork forward_work(const WorkSizes& s, const std::vector<CoherentStack>& stacks);

}  // namespace anamorph
