// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/clip_result.hpp"

#include <limits>

namespace anamorph {

double metric(const std::vector<Metric>& metrics, const std::string& key) noexcept {
  for (const Metric& m : metrics)
    if (m.key == key) return m.value;
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace anamorph
