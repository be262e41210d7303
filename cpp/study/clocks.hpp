// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace anamorph {

/// Clocks, temperature and power of the device on a PCI bus as `program` (nvidia-smi, or what answers like it) finds
/// them now; in its own process, because the library does not link the driver's management interface. Empty when there
/// is no such program or it fails; what it does not know is left out.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> device_clocks(const std::string& program,
                                                                             const std::string& pci_bus);

/// Mean clock of the processor's cores in MHz as the system says it; empty when it does not.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> processor_clocks();

}  // namespace anamorph
