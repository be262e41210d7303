// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "benchmarks/machine.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "cpp/core/parallel.hpp"

namespace anamorph::bench {
namespace {

std::string first_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

/// The text after "key ... :" in a file of such lines.
std::string value_of(const std::string& file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

}  // namespace

Machine this_machine() {
  Machine machine{value_of("/proc/cpuinfo", "model name"), hardware_threads(), 0, {}};
  const std::string memory = value_of("/proc/meminfo", "MemTotal");
  if (!memory.empty()) machine.memory_gb = std::stod(memory) / 1e6;
  for (int i = 0;; ++i) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(i) + "/";
    const std::string level = first_line(folder + "level");
    if (level.empty()) return machine;
    machine.caches.push_back("L" + level + " " + first_line(folder + "type") + " " + first_line(folder + "size"));
  }
}

double peak_memory_mb(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child < 0) return 0;
  if (child == 0) {
    try {
      work();
      _exit(0);
    } catch (...) {
      _exit(1);
    }
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || status != 0) return 0;
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

}  // namespace anamorph::bench
