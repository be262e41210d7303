// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/core/quantity.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// What is before the next comma, which is taken off; nothing without a comma.
std::optional<std::string_view> next_field(std::string_view& row) {
  const auto comma = row.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view field = trimmed(row.substr(0, comma));
  row.remove_prefix(comma + 1);
  return field;
}

std::string listed(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

}  // namespace

const Quantity* find_quantity(const std::vector<Quantity>& quantities, std::string_view name) {
  const auto it = std::find_if(quantities.begin(), quantities.end(), [&](const auto& q) { return q.name == name; });
  return it == quantities.end() ? nullptr : &*it;
}

std::string unit_of(std::string_view name) {
  // The longest ending first: "_mm_s" before "_s".
  static constexpr std::pair<std::string_view, const char*> units[] = {
      {"_mJ_cm2", "mJ/cm²"}, {"_per_hour", "1/h"}, {"_per_year", "1/year"}, {"_m_s2", "m/s²"},
      {"_mm_s", "mm/s"},     {"_years", "years"},  {"_MEUR", "M€"},         {"_kEUR", "k€"},
      {"_EUR", "€"},         {"_deg", "°"},        {"_nm", "nm"},           {"_mm", "mm"},
      {"_W", "W"},           {"_s", "s"}};
  for (const auto& [ending, unit] : units)
    if (name.ends_with(ending)) return unit;
  return {};
}

QuantityTable parse_quantities(std::string_view text, const std::vector<std::string>& known, const std::string& file,
                               const std::string& id) {
  QuantityTable table;
  int line = 0;
  const auto fail = [&](const std::string& message) { throw Error(ErrorCode::input, id, message, {file, line}); };
  const auto number = [&](std::string_view word) {
    double value = 0;
    const auto [rest, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (code != std::errc{} || rest != word.data() + word.size() || !std::isfinite(value))
      fail("\"" + std::string(word) + "\" is not a number");
    return value;
  };
  const std::string plain = "quantity,value,origin", ranged = "quantity,value,low,high,origin";
  std::string header;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view row = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    ++line;
    if (row.empty()) continue;
    if (row.front() == '#') {
      if (table.title.empty()) table.title = trimmed(row.substr(1));
      continue;
    }
    if (header.empty()) {
      if (row != plain && row != ranged) fail("the header \"" + plain + "\" or \"" + ranged + "\" expected");
      header = row;
      continue;
    }
    const auto name = next_field(row), value = next_field(row);
    const auto low = header == ranged ? next_field(row) : std::string_view{};
    const auto high = header == ranged ? next_field(row) : std::string_view{};
    if (!name || !value || !low || !high) fail(header + " expected");
    Quantity q{std::string(*name), number(*value), std::string(trimmed(row)), {}, {}};
    if (low->empty() != high->empty()) fail("\"" + q.name + "\" has one end of its range; expected both or none");
    if (!low->empty()) {
      q.low = number(*low);
      q.high = number(*high);
      if (!(*q.low <= q.value && q.value <= *q.high)) fail("\"" + q.name + "\" is not within its range");
    }
    if (std::find(known.begin(), known.end(), q.name) == known.end())
      fail("unknown quantity \"" + q.name + "\"; expected one of " + listed(known));
    if (find_quantity(table.quantities, q.name)) fail("the quantity \"" + q.name + "\" is there twice");
    if (q.origin.empty()) fail("\"" + q.name + "\" does not say where its value comes from");
    table.quantities.push_back(std::move(q));
  }
  if (table.quantities.empty()) fail("no quantities; expected lines of " + plain);
  return table;
}

}  // namespace anamorph
