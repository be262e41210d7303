// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/clocks.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace anamorph {
namespace {

/// What is asked for, in this order, and the names of the answers.
constexpr const char* kQuestions =
    "driver_version,pstate,clocks.sm,clocks.max.sm,clocks.mem,clocks.max.mem,temperature.gpu,power.draw,power.limit";
constexpr std::array<const char*, 9> kNames{"driver",         "performance_state", "sm_mhz",        "sm_mhz_max", "memory_mhz",
                                            "memory_mhz_max", "temperature_c",     "power_w", "power_limit_w"};

std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::string text;
  std::array<char, 512> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) text += part.data();
  return pclose(pipe) == 0 ? text : "";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> device_clocks(const std::string& program, const std::string& pci_bus) {
  if (pci_bus.empty() || pci_bus.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) return {};
  std::istringstream answer(output_of(program + " --query-gpu=" + kQuestions + " --format=csv,noheader,nounits -i " +
                                      pci_bus + " 2>/dev/null"));
  std::vector<std::pair<std::string, std::string>> values;
  std::string line;
  std::getline(answer, line);
  std::istringstream fields(line);
  for (const char* name : kNames) {
    std::string value;
    if (!std::getline(fields, value, ',')) return {};  // not the answer that was asked for
    value.erase(0, value.find_first_not_of(' '));
    if (!value.empty() && value.front() != '[') values.emplace_back(name, value);  // "[N/A]"
  }
  return values;
}

std::vector<std::pair<std::string, std::string>> processor_clocks() {
  std::ifstream info("/proc/cpuinfo");
  double sum = 0;
  int cores = 0;
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("cpu MHz")) continue;
    sum += std::stod(line.substr(line.find(':') + 1));
    ++cores;
  }
  if (cores == 0) return {};
  return {{"cpu_mhz", std::to_string(static_cast<int>(sum / cores))}};
}

}  // namespace anamorph
