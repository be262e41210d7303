// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "benchmarks/clip.hpp"

namespace anamorph::bench {

/// Something that is timed. `prepare` allocates and plans; what it returns is the timed part, and owns what it needs.
struct Job {
  std::string name;     ///< "forward/cpu"
  std::string what;     ///< one line for the reader
  bool single = false;  ///< precision of its arithmetic
  double bytes = 0;     ///< that must be moved at least
  double flops = 0;     ///< that must be computed at least
  double must_ms = 0;   ///< 0: no such figure
  double aim_ms = 0;
  std::string reference;  ///< the job that does the same the plain way
  std::function<std::function<void()>()> prepare;
};

/// The library: whole jobs first, then their pieces. `backend` is "cpu" or "cpu-f32".
[[nodiscard]] std::vector<Job> library_jobs(const Clip& clip, const std::string& backend, int threads);

/// The plain full-grid implementation, in double or single precision.
[[nodiscard]] std::vector<Job> reference_jobs(const Clip& clip, bool single, int threads);

/// Copies ("copy/...") and matrix products ("gemm/...") on one and on `threads` threads.
[[nodiscard]] std::vector<Job> machine_jobs(int threads);

/// A comparison of the library with the plain implementation.
struct Check {
  std::string name;
  double error;
  double limit;
  [[nodiscard]] bool pass() const { return error <= limit; }  // false for NaN
};

/// Images and gradient of both backends against the reference in double: largest difference over largest value.
[[nodiscard]] std::vector<Check> check_library(const Clip& clip, int threads);

}  // namespace anamorph::bench
