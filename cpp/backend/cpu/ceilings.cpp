// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/backend/cpu/ceilings.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "cpp/backend/cpu/cpu_array.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph::cpu {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{512} << 20;  // beyond every cache
constexpr int kProduct = 1024;
constexpr int kTries = 15;  // other work may share the machine

/// The shortest of a few runs; the first one only touches the memory.
template <typename Work>
double shortest_seconds(const Work& work) {
  work();
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kTries; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// What stands behind "key ... :" in a file of such lines.
std::string value_of(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

/// Data caches of the first core and their sizes, "2048K", from the nearest to the last.
std::vector<std::pair<std::string, std::string>> caches() {
  std::vector<std::pair<std::string, std::string>> found;
  for (int i = 0;; ++i) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string level = first_line(folder + "level");
    if (level.empty()) return found;
    if (first_line(folder + "type") != "Instruction") found.emplace_back("cache_l" + level, first_line(folder + "size"));
  }
}

std::size_t last_cache_bytes() {
  const auto found = caches();
  std::size_t kibibytes = 0;
  if (!found.empty() && found.back().second.ends_with('K')) std::istringstream(found.back().second) >> kibibytes;
  return kibibytes << 10;
}

}  // namespace

template <typename Real>
Ceilings measured_ceilings(const CeilingSizes& sizes, int threads) {
  Ceilings found;
  found.cache_bytes = last_cache_bytes();
  {
    const std::size_t part = (sizes.copy_bytes > 0 ? sizes.copy_bytes : kCopyBytes) / static_cast<std::size_t>(threads);
    const std::size_t bytes = part * static_cast<std::size_t>(threads);
    std::vector<char> from(bytes, 'a'), to(bytes);
    found.copy_bytes_per_s = 2.0 * static_cast<double>(bytes) / shortest_seconds([&] {
                               parallel_for(threads, threads, [&](int t) {
                                 const std::size_t begin = static_cast<std::size_t>(t) * part;
                                 std::memcpy(to.data() + begin, from.data() + begin, part);
                               });
                             });
  }
  const int rows = std::max(1, (sizes.product > 0 ? sizes.product : kProduct) / threads), n = rows * threads;
  const Matrix<Real> a = Matrix<Real>::Constant(n, n, Real(0.5)), b = Matrix<Real>::Constant(n, n, Real(0.25));
  Matrix<Real> c(n, n);
  found.gemm_flops_per_s = 2.0 * n * n * n / shortest_seconds([&] {
                             parallel_for(threads, threads, [&](int t) {
                               c.middleRows(t * rows, rows).noalias() = a.middleRows(t * rows, rows) * b;
                             });
                           });
  return found;
}

template Ceilings measured_ceilings<float>(const CeilingSizes&, int);
template Ceilings measured_ceilings<double>(const CeilingSizes&, int);

std::vector<std::pair<std::string, std::string>> machine_facts(int threads) {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) facts.emplace_back(name, value);
  };
  add("processor", value_of("/proc/cpuinfo", "model name"));
  std::istringstream flags(value_of("/proc/cpuinfo", "flags"));
  std::string vectors;
  for (std::string flag; flags >> flag;)
    if (flag == "sse4_2" || flag == "fma" || flag.starts_with("avx") || flag.starts_with("amx"))
      vectors += (vectors.empty() ? "" : " ") + flag;
  add("vector_instructions", vectors);
  add("hardware_threads", std::to_string(hardware_threads()));
  add("threads", std::to_string(threads));
  add("memory", value_of("/proc/meminfo", "MemTotal"));
  for (const auto& [name, size] : caches()) add(name, size);
  return facts;
}

std::size_t take_peak_resident() {
  std::size_t kibibytes = 0;
  std::istringstream(value_of("/proc/self/status", "VmHWM")) >> kibibytes;
  std::ofstream("/proc/self/clear_refs") << "5";  // the high-water mark begins anew (Linux, proc(5))
  return kibibytes << 10;
}

}  // namespace anamorph::cpu
