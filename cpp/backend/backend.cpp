// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/backend.hpp"

#include "cpp/backend/cpu/cpu_backend.hpp"
#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph {

std::vector<std::string> compiled_backends() { return {"cpu", "cpu-f32"}; }

std::unique_ptr<Backend> make_backend(const std::string& name, int threads) {
  const int count = threads > 0 ? threads : hardware_threads();
  if (name == "cpu") return cpu::make_cpu_backend(false, count);
  if (name == "cpu-f32" || name == "auto") return cpu::make_cpu_backend(true, count);
  if (name.rfind("cuda", 0) == 0)
    throw Error(ErrorCode::resource, "DEV-0001",
                "backend '" + name + "' is not compiled into this program; use cpu or cpu-f32");
  throw Error(ErrorCode::usage, "DEV-0002", "unknown backend '" + name + "'; expected auto, cpu or cpu-f32");
}

}  // namespace anamorph
