// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/scanner.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
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

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

double Scanner::value(std::string_view quantity, double otherwise) const {
  const auto it = std::find_if(quantities.begin(), quantities.end(), [&](const auto& q) { return q.name == quantity; });
  return it == quantities.end() ? otherwise : it->value;
}

const std::vector<std::string>& scanner_quantities() {
  static const std::vector<std::string> names{
      "wavelength_nm",    "na",           "immersion_index", "magnification_x",   "magnification_y", "obscuration",
      "slit_azimuth_deg", "chief_ray_deg", "field_x_mm",     "field_y_mm",        "bandwidth_nm",    "flare",
      "pupil_fill_min",   "half_pitch_nm", "dose_mJ_cm2", "focus_budget_nm"};
  return names;
}

Scanner parse_scanner(std::string_view text, const std::string& name, const std::string& file) {
  Scanner scanner{name, {}, {}};
  int line = 0;
  const auto fail = [&](const std::string& message) { throw Error(ErrorCode::input, "SCN-0001", message, {file, line}); };
  bool header = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view row = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++line;
    if (row.empty()) continue;
    if (row.front() == '#') {
      if (scanner.title.empty()) scanner.title = trimmed(row.substr(1));
      continue;
    }
    if (!header) {
      if (row != "quantity,value,origin") fail("the header \"quantity,value,origin\" expected");
      header = true;
      continue;
    }
    const auto comma = row.find(','), second = row.find(',', comma == std::string_view::npos ? comma : comma + 1);
    if (comma == std::string_view::npos || second == std::string_view::npos) fail("quantity,value,origin expected");
    ScannerQuantity q{std::string(trimmed(row.substr(0, comma))), 0, std::string(trimmed(row.substr(second + 1)))};
    const std::string_view number = trimmed(row.substr(comma + 1, second - comma - 1));
    const auto [rest, code] = std::from_chars(number.data(), number.data() + number.size(), q.value);
    if (code != std::errc{} || rest != number.data() + number.size() || !std::isfinite(q.value))
      fail("\"" + std::string(number) + "\" is not a number");
    const auto& known = scanner_quantities();
    if (std::find(known.begin(), known.end(), q.name) == known.end()) {
      std::string all;
      for (const std::string& one : known) all += (all.empty() ? "" : ", ") + one;
      fail("unknown quantity \"" + q.name + "\"; expected one of " + all);
    }
    if (!std::isnan(scanner.value(q.name, NAN))) fail("the quantity \"" + q.name + "\" is there twice");
    if (q.origin.empty()) fail("\"" + q.name + "\" does not say where its value comes from");
    scanner.quantities.push_back(std::move(q));
  }
  if (scanner.quantities.empty()) fail("no quantities; expected lines of quantity,value,origin");
  return scanner;
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
  throw Error(ErrorCode::recipe, "SCN-0003",
              "there is no scanner \"" + name_or_path + "\"; expected one of " + names + ", or the path of a .csv file");
}

}  // namespace anamorph
