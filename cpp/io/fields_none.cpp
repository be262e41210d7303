// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// In the place of fields.cpp, exposure_matrix.cpp and netcdf.cpp where the library is built without HDF5.
#include "cpp/core/error.hpp"
#include "cpp/io/exposure_matrix.hpp"
#include "cpp/io/fields.hpp"

namespace anamorph {

bool writes_fields() noexcept { return false; }

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path) {
  throw Error(ErrorCode::resource, "NCF-0003",
              "built without HDF5, fields cannot be written as netCDF-4: configure with -DANAMORPH_HDF5=ON",
              {path.string()});
}

}  // namespace

void write_fields(const std::filesystem::path& path, const Fields&) { refuse(path); }

void write_exposure_matrix(const std::filesystem::path& path, const ExposureMatrix&) { refuse(path); }

}  // namespace anamorph
