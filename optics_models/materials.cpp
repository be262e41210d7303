// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/materials.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

struct TableFile {
  std::string_view name;
  std::string_view text;
};

/// The files of optics_models/materials, put here when the build is configured.
constexpr TableFile shipped_files[] = {
#include "optics_models/materials_data.inc"
};

/// Same wavelength, but for the last digits of a computation.
bool covers(const Material& material, double wavelength_nm) {
  const double slack = 1e-9 * wavelength_nm;
  return wavelength_nm >= material.wavelength_nm.front() - slack &&
         wavelength_nm <= material.wavelength_nm.back() + slack;
}

std::string number(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

std::string range(const Material& material) {
  const std::string low = number(material.wavelength_nm.front());
  return material.wavelength_nm.size() == 1 ? low + " nm"
                                            : low + " .. " + number(material.wavelength_nm.back()) + " nm";
}

class TableReader {
 public:
  explicit TableReader(const std::string& file) : file_(file) {}

  void read_line(std::string_view line) {
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    constexpr std::string_view source = "# source ";
    if (line.starts_with(source)) {
      const std::size_t colon = line.find(": ");
      if (colon == std::string_view::npos || colon <= source.size() ||
          line.find_first_not_of(" \t", colon + 2) == std::string_view::npos)
        fail("'# source NAME: text' expected");
      sources_.emplace(line.substr(source.size(), colon - source.size()), line.substr(colon + 2));
    } else if (line.empty() || line.front() == '#') {
      return;
    } else if (!seen_header_) {
      if (line != "material,wavelength_nm,n,k") fail("the heading 'material,wavelength_nm,n,k' is expected");
      seen_header_ = true;
    } else {
      read_row(line);
    }
  }

  [[nodiscard]] std::vector<Material> finish() && {
    if (!seen_header_) fail("the heading 'material,wavelength_nm,n,k' is missing");
    for (std::size_t i = 0; i < materials_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (materials_[i].name == materials_[j].name &&
            materials_[i].wavelength_nm.front() <= materials_[j].wavelength_nm.back() &&
            materials_[j].wavelength_nm.front() <= materials_[i].wavelength_nm.back())
          fail("two ranges of '" + materials_[i].name + "' overlap");
    return std::move(materials_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::input, "MAT-0001", what, {file_, line_});
  }

  void read_row(std::string_view line) {
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos || comma == 0) fail("'material,wavelength_nm,n,k' expected");
    const std::string_view name = line.substr(0, comma);
    std::array<double, 3> value{};
    const char* at = line.data() + comma;
    const char* const end = line.data() + line.size();
    for (double& v : value) {
      if (at == end || *at != ',') fail("three numbers after the name expected, separated by commas");
      const auto [next, status] = std::from_chars(at + 1, end, v);
      if (status != std::errc() || !std::isfinite(v)) fail("number expected after a comma");
      at = next;
    }
    if (at != end) fail("text after the third number");
    const auto [wavelength, n, k] = value;
    if (wavelength <= 0) fail("wavelength must be positive");
    if (n < 0 || k < 0 || n + k == 0) fail("n and k must be at least 0, not both 0");

    const bool same = !materials_.empty() && materials_.back().name == name;
    if (same && wavelength <= materials_.back().wavelength_nm.back()) fail("wavelengths must grow");
    if (!same) {
      const auto source = sources_.find(name);
      if (source == sources_.end())
        fail("'" + std::string(name) + "' has no line '# source " + std::string(name) + ": ...'");
      materials_.push_back({std::string(name), source->second, {}, {}});
    }
    materials_.back().wavelength_nm.push_back(wavelength);
    materials_.back().index.emplace_back(n, k);
  }

  std::string file_;
  int line_ = 0;
  bool seen_header_ = false;
  std::map<std::string, std::string, std::less<>> sources_;
  std::vector<Material> materials_;
};

}  // namespace

std::vector<Material> parse_materials(std::string_view text, const std::string& file) {
  TableReader reader(file);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    reader.read_line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::move(reader).finish();
}

const std::vector<Material>& shipped_materials() {
  static const std::vector<Material> materials = [] {
    std::vector<Material> all;
    for (const TableFile& file : shipped_files) {
      std::vector<Material> some = parse_materials(file.text, std::string(file.name));
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
  }();
  return materials;
}

std::complex<double> refractive_index(std::string_view name, double wavelength_nm,
                                      const std::vector<Material>& materials) {
  std::string ranges;
  for (const Material& material : materials) {
    if (material.name != name) continue;
    if (!covers(material, wavelength_nm)) {
      ranges += (ranges.empty() ? "" : ", ") + range(material);
      continue;
    }
    const auto& w = material.wavelength_nm;
    const auto above = std::lower_bound(w.begin(), w.end(), wavelength_nm);
    if (above == w.begin()) return material.index.front();
    if (above == w.end()) return material.index.back();
    const auto i = static_cast<std::size_t>(above - w.begin());
    const double t = (wavelength_nm - w[i - 1]) / (w[i] - w[i - 1]);
    return (1 - t) * material.index[i - 1] + t * material.index[i];
  }
  if (ranges.empty()) {
    std::string names;
    for (const Material& material : materials)
      if (covers(material, wavelength_nm)) names += (names.empty() ? "" : ", ") + material.name;
    throw Error(ErrorCode::recipe, "MAT-0002",
                "unknown material '" + std::string(name) + "'; known at " + number(wavelength_nm) + " nm: " + names);
  }
  // The same element from another source may cover it.
  std::string others;
  for (const Material& material : materials)
    if (material.name.starts_with(std::string(name) + '_') && covers(material, wavelength_nm))
      others += ", " + material.name;
  throw Error(ErrorCode::recipe, "MAT-0003",
              "material '" + std::string(name) + "' at " + number(wavelength_nm) + " nm: its table has " + ranges +
                  (others.empty() ? "" : "; there are" + others.substr(1)));
}

}  // namespace anamorph
