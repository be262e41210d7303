// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace anamorph::bench {

/// What a reader needs to judge a timing; nothing that names the machine.
struct Machine {
  std::string processor;
  int cores = 0;  ///< that this process may use
  double memory_gb = 0;
  std::vector<std::string> caches;  ///< "L2 Unified 2048K", as the first core sees them
};

[[nodiscard]] Machine this_machine();

/// Peak resident memory in MB of a process that does nothing but this work. It is forked for the purpose: call it
/// before the first thread is started, with little allocated. 0 when it failed.
[[nodiscard]] double peak_memory_mb(const std::function<void()>& work);

}  // namespace anamorph::bench
