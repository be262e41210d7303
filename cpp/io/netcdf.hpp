// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace anamorph {

/// What the numbers of a variable are. The unit is written as UDUNITS has it; "1" for a plain number.
struct Meaning {
  std::string unit;
  std::string name;  ///< in words
};

/// A netCDF-4 file: HDF5 with the dimension scales and attributes by which netCDF-4 readers (ncdump, xarray, MATLAB)
/// know dimensions, coordinates and units (NetCDF-4 File Format Specification, in the NetCDF User's Guide). The same
/// calls give the same bytes. A library built with ANAMORPH_HDF5=OFF does not have it.
///
/// Like AtomicFile it appears under its name only when commit() has found it complete on the disk; without commit()
/// the destructor removes what was written. Arrays have their last index running fastest.
/// Errors: Error{resource} that names the path and the reason of the system; Error{input} when a dimension is not known
/// or a name is used twice, or when there are not as many values as the dimensions ask for.
class NetcdfFile {
 public:
  explicit NetcdfFile(std::filesystem::path path);
  ~NetcdfFile();
  NetcdfFile(const NetcdfFile&) = delete;
  NetcdfFile& operator=(const NetcdfFile&) = delete;

  /// A dimension with a coordinate for each of its elements: a number, or a name.
  void dimension(const std::string& name, std::span<const double> coordinates, const Meaning& meaning);
  void dimension(const std::string& name, std::span<const std::string> names, const Meaning& meaning);
  /// A dimension that merely counts.
  void dimension(const std::string& name, std::size_t size);

  /// A variable over dimensions that are there already, the slowest first; none for a single value.
  void variable(const std::string& name, const std::vector<std::string>& dimensions, std::span<const double> values,
                const Meaning& meaning);
  void variable(const std::string& name, const std::vector<std::string>& dimensions, std::span<const float> values,
                const Meaning& meaning);
  void variable(const std::string& name, const std::vector<std::string>& dimensions,
                std::span<const std::uint8_t> values, const Meaning& meaning);
  /// netCDF has no complex numbers: they become two variables, `<name>_re` and `<name>_im`.
  void variable(const std::string& name, const std::vector<std::string>& dimensions,
                std::span<const std::complex<double>> values, const Meaning& meaning);

  /// The same as float64, or float32 when `single`, for values that need not be in memory together: slab(i) gives those
  /// of element i of the first dimension; they are used before the next is asked for.
  void variable(const std::string& name, const std::vector<std::string>& dimensions, bool single,
                const std::function<std::span<const double>(std::size_t)>& slab, const Meaning& meaning);

  /// An attribute of the file.
  void attribute(const std::string& name, const std::string& text);
  void attribute(const std::string& name, double value);

  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anamorph
