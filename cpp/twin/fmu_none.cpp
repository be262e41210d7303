// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// In the place of fmu.cpp, fmu_check.cpp and zip.cpp where the library is built without co-simulation units.
#include "cpp/core/error.hpp"
#include "cpp/twin/fmu.hpp"
#include "cpp/twin/zip.hpp"

namespace anamorph {

namespace {
[[noreturn]] void refuse() {
  throw Error(ErrorCode::resource, "FMU-0002",
              "built without co-simulation units, none can be written or read: configure with -DANAMORPH_TWIN=ON");
}
}  // namespace

bool writes_units() noexcept { return false; }
std::span<const UnitDefinition> unit_definitions() { refuse(); }
std::vector<UnitVariable> fmu_variables(const FmuDescription& /*description*/) { refuse(); }
std::vector<std::string> fmu_gauge_names(const SurrogateModel& /*model*/) { refuse(); }
std::string fmu_bytes(const FmuDescription& /*description*/) { refuse(); }
void write_fmu(const std::filesystem::path& /*path*/, const FmuDescription& /*description*/) { refuse(); }
std::vector<std::string> check_fmu(const std::filesystem::path& /*path*/) { refuse(); }
std::string zip_bytes(std::span<const ZipMember> /*members*/) { refuse(); }
std::vector<ZipMember> read_zip(std::string_view /*bytes*/, std::size_t /*limit*/) { refuse(); }

}  // namespace anamorph
