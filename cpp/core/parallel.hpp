// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>

namespace anamorph {

/// Calls body(i) for i in [0, count) on up to `threads` threads and returns when all are done.
/// Which thread runs which i is not defined, so a body writes only what belongs to its own i; with that rule no
/// result depends on the number of threads. The first exception of a body is thrown again here.
void parallel_for(int count, int threads, const std::function<void(int)>& body);

/// Number of hardware threads this process may use, at least 1.
[[nodiscard]] int hardware_threads() noexcept;

}  // namespace anamorph
