// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/core/run_components.hpp"

#include <algorithm>
#include <numeric>

namespace anamorph {

namespace {

/// Which runs belong together: a forest whose roots are the components.
class Forest {
 public:
  explicit Forest(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }

  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  /// The earlier root stays, so that a root is its component's first run.
  void join(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

RunComponents run_components(const BitPlane& plane, Connectivity connectivity, bool periodic) {
  std::vector<BitPlane::Run> runs;
  std::vector<std::size_t> row_begin{0};
  for (int y = 0; y < plane.ny(); ++y) {
    plane.append_runs(y, runs);
    row_begin.push_back(runs.size());
  }

  Forest forest(runs.size());
  const int reach = connectivity == Connectivity::eight ? 1 : 0;
  const auto join_around = [&](std::size_t left_end, std::size_t right_end) {
    if (runs[left_end].x0 == 0 && runs[right_end].x1 == plane.nx()) forest.join(left_end, right_end);
  };
  const auto join_rows = [&](int y, int other) {
    std::size_t a = row_begin[static_cast<std::size_t>(y)];
    std::size_t b = row_begin[static_cast<std::size_t>(other)];
    const std::size_t a_end = row_begin[static_cast<std::size_t>(y) + 1];
    const std::size_t b_end = row_begin[static_cast<std::size_t>(other) + 1];
    if (a == a_end || b == b_end) return;
    if (periodic && reach > 0) {
      join_around(a, b_end - 1);
      join_around(b, a_end - 1);
    }
    while (a < a_end && b < b_end) {
      if (runs[a].x0 < runs[b].x1 + reach && runs[b].x0 < runs[a].x1 + reach) forest.join(a, b);
      ++(runs[a].x1 < runs[b].x1 ? a : b);
    }
  };
  for (int y = 0; y < plane.ny(); ++y) {
    const std::size_t begin = row_begin[static_cast<std::size_t>(y)];
    const std::size_t end = row_begin[static_cast<std::size_t>(y) + 1];
    if (periodic && begin < end) join_around(begin, end - 1);
    if (y > 0) join_rows(y - 1, y);
  }
  if (periodic && plane.ny() > 1) join_rows(plane.ny() - 1, 0);

  RunComponents result;
  result.runs.reserve(runs.size());
  std::size_t i = 0;
  for (int y = 0; y < plane.ny(); ++y) {
    for (; i < row_begin[static_cast<std::size_t>(y) + 1]; ++i) {
      const std::size_t root = forest.root(i);
      const int component = root == i ? static_cast<int>(result.areas.size()) : result.runs[root].component;
      if (root == i) result.areas.push_back(0);
      result.areas[static_cast<std::size_t>(component)] += runs[i].x1 - runs[i].x0;
      result.runs.push_back({y, runs[i], component});
    }
  }
  return result;
}

BitPlane without_small(const BitPlane& plane, long min_area) {
  const RunComponents found = run_components(plane, Connectivity::four);
  const long window = static_cast<long>(plane.ny()) * plane.nx();
  BitPlane kept(plane.ny(), plane.nx());
  for (const RunComponents::Run& run : found.runs) {
    const long area = found.areas[static_cast<std::size_t>(run.component)];
    if (area >= min_area || area == window) kept.set(run.y, run.x);
  }
  return kept;
}

std::vector<RunComponents::Run> middle_runs(const RunComponents& components) {
  std::vector<long> covered(components.areas.size(), 0);
  std::vector<RunComponents::Run> middle(components.areas.size());
  for (const RunComponents::Run& run : components.runs) {
    const auto k = static_cast<std::size_t>(run.component);
    if (2 * covered[k] <= components.areas[k]) middle[k] = run;
    covered[k] += run.x.x1 - run.x.x0;
  }
  return middle;
}

}  // namespace anamorph
