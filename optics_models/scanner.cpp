// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/scanner.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

/// {file name, text} of each shipped table.
constexpr std::pair<const char*, const char*> shipped[] = {
#include "optics_models/scanners_data.inc"
};

}  // namespace

double Scanner::value(std::string_view quantity, double otherwise) const {
  const Quantity* q = find_quantity(quantities, quantity);
  return q ? q->value : otherwise;
}

const std::vector<std::string>& productivity_quantities() {
  static const std::vector<std::string> names{
      "source_power_W",         "wafer_power_share",   "slit_height_mm",
      "wafer_speed_mm_s",       "mask_speed_mm_s",     "wafer_acceleration_m_s2",
      "mask_acceleration_m_s2", "field_overhead_s",    "wafer_overhead_s",
      "availability_share",     "throughput_per_hour", "throughput_fields",
      "overlay_dedicated_nm",   "overlay_matched_nm",  "price_MEUR",
      "mask_cost_kEUR"};
  return names;
}

const std::vector<std::string>& scanner_quantities() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"wavelength_nm",    "na",
                                 "immersion_index",  "magnification_x",
                                 "magnification_y",  "obscuration",
                                 "slit_azimuth_deg", "chief_ray_deg",
                                 "field_x_mm",       "field_y_mm",
                                 "bandwidth_nm",     "flare",
                                 "pupil_fill_min",   "half_pitch_nm",
                                 "dose_mJ_cm2",      "focus_budget_nm"};
    all.insert(all.end(), productivity_quantities().begin(), productivity_quantities().end());
    return all;
  }();
  return names;
}

Scanner parse_scanner(std::string_view text, const std::string& name, const std::string& file) {
  QuantityTable table = parse_quantities(text, scanner_quantities(), file, "SCN-0001");
  return {name, std::move(table.title), std::move(table.quantities)};
}

const std::vector<Scanner>& shipped_scanners() {
  static const std::vector<Scanner> all = [] {
    std::vector<Scanner> scanners;
    for (const auto& [file, text] : shipped)
      scanners.push_back(parse_scanner(text, std::filesystem::path(file).stem().string(), file));
    return scanners;
  }();
  return all;
}

Scanner find_scanner(const std::string& name_or_path) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".csv")) {
    std::ifstream stream(name_or_path, std::ios::binary);
    std::ostringstream text;
    std::error_code ignored;
    if (!stream || std::filesystem::is_directory(name_or_path, ignored) || !(text << stream.rdbuf()))
      throw Error(ErrorCode::input, "SCN-0002", "the scanner's data file cannot be read", {name_or_path});
    return parse_scanner(text.str(), std::filesystem::path(name_or_path).stem().string(), name_or_path);
  }
  std::string names;
  for (const Scanner& scanner : shipped_scanners()) {
    if (scanner.name == name_or_path) return scanner;
    names += (names.empty() ? "" : ", ") + scanner.name;
  }
  throw Error(
      ErrorCode::recipe, "SCN-0003",
      "there is no scanner \"" + name_or_path + "\"; expected one of " + names + ", or the path of a .csv file");
}

}  // namespace anamorph
