// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/unit_cell.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "cpp/core/error.hpp"
#include "cpp/io/sha256.hpp"

namespace anamorph {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

UnitVariable real(UnitVariable::Causality causality, UnitVariable::Variability variability, std::string name,
                  std::string unit, double start, double min, double max, std::string description) {
  return {.name = std::move(name),
          .type = UnitVariable::Type::real,
          .causality = causality,
          .variability = variability,
          .unit = std::move(unit),
          .start = start,
          .min = min,
          .max = max,
          .description = std::move(description)};
}

/// Parameters may be tuned while the unit runs; what is not real changes in steps.
UnitVariable::Variability stepwise(UnitVariable::Causality causality) {
  return causality == UnitVariable::Causality::parameter ? UnitVariable::Variability::tunable
                                                         : UnitVariable::Variability::discrete;
}

}  // namespace

UnitVariable UnitVariable::input(std::string name, std::string unit, double start, double min, double max,
                                 std::string description) {
  return real(Causality::input, Variability::continuous, std::move(name), std::move(unit), start, min, max,
              std::move(description));
}

UnitVariable UnitVariable::parameter(std::string name, std::string unit, double start, double min, double max,
                                     std::string description) {
  return real(Causality::parameter, Variability::tunable, std::move(name), std::move(unit), start, min, max,
              std::move(description));
}

UnitVariable UnitVariable::output(std::string name, std::string unit, double typical, double min, double max,
                                  std::string description) {
  return real(Causality::output, Variability::continuous, std::move(name), std::move(unit), typical, min, max,
              std::move(description));
}

UnitVariable UnitVariable::flag(Causality causality, std::string name, bool start, std::string description) {
  return {.name = std::move(name),
          .type = Type::boolean,
          .causality = causality,
          .variability = stepwise(causality),
          .start = start ? 1. : 0.,
          .max = 1,
          .description = std::move(description)};
}

UnitVariable UnitVariable::count(Causality causality, std::string name, int start, int min, int max,
                                 std::string description) {
  return {.name = std::move(name),
          .type = Type::integer,
          .causality = causality,
          .variability = stepwise(causality),
          .start = static_cast<double>(start),
          .min = static_cast<double>(min),
          .max = static_cast<double>(max),
          .description = std::move(description)};
}

Cell::Cell(std::vector<UnitVariable> variables) : variables_(std::move(variables)) {
  variables_.push_back(UnitVariable::flag(UnitVariable::Causality::output, "valid", false,
                                          "All inputs are within their ranges and all outputs may be relied on"));
  variables_.push_back({.name = "status",
                        .type = UnitVariable::Type::string,
                        .causality = UnitVariable::Causality::local,
                        .variability = UnitVariable::Variability::discrete,
                        .description = "Why the point just computed is not valid; empty when it is"});
  std::set<std::string> names;
  for (const UnitVariable& variable : variables_) {
    const bool letter = !variable.name.empty() && !(variable.name[0] >= '0' && variable.name[0] <= '9');
    if (!letter || unit_name(variable.name) != variable.name || !names.insert(variable.name).second)
      throw Error(ErrorCode::input, "FMU-0004",
                  "'" + variable.name + "' cannot name a variable: it is no identifier, or taken by another");
  }
}

UnitState Cell::initial_state() const {
  UnitState state;
  for (const UnitVariable& variable : variables_) state.values.push_back(variable.settable() ? variable.start : 0.);
  return state;
}

void Cell::set_starts(std::string_view lines) {
  for (int number = 1; !lines.empty(); ++number) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const auto fail = [&](const std::string& what) {
      throw Error(ErrorCode::input, "FMU-0001", what, {"start values", number, 0});
    };
    const std::size_t sign = line.find('=');
    if (sign == line.npos) fail("expected 'name = value'");
    const std::string name(trimmed(line.substr(0, sign)));
    const std::string_view digits = trimmed(line.substr(sign + 1));
    const auto found = std::find_if(variables_.begin(), variables_.end(), [&](const UnitVariable& variable) {
      return variable.name == name && variable.settable();
    });
    if (found == variables_.end()) fail("the unit has no input or parameter '" + name + "'");
    double value = 0;
    const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem != std::errc() || stop != digits.data() + digits.size() || !std::isfinite(value))
      fail("'" + std::string(digits) + "' is not a number");
    if (found->type != UnitVariable::Type::real && value != std::floor(value))
      fail(name + " is a whole number, not " + number_text(value));
    if (value < found->min || value > found->max)
      fail(name + " = " + number_text(value) + " is outside its range " + number_text(found->min) + " .. " +
           number_text(found->max));
    found->start = value;
  }
}

std::string unit_identifier(UnitKind kind) {
  constexpr std::array names{"anamorph_lithography", "anamorph_etch", "anamorph_control"};
  return names[static_cast<std::size_t>(kind)];
}

std::string unit_guid(UnitKind kind, const Cell& cell, const UnitResources& resources) {
  Sha256 sum;
  // Each piece with its length before it, so that no two contents run into the same bytes.
  const auto add = [&](std::string_view piece) {
    sum.update(std::to_string(piece.size()) + ":");
    sum.update(piece);
  };
  add(unit_identifier(kind));
  for (const UnitVariable& variable : cell.variables()) {
    add(variable.name);
    add(variable.unit);
    add(variable.description);
    for (const double number : {static_cast<double>(variable.type), static_cast<double>(variable.causality),
                                static_cast<double>(variable.variability), variable.start, variable.min, variable.max})
      add(number_text(number));
  }
  add(resources.surrogate);
  add(resources.starts);
  const std::string hex = sum.finish();
  return "{" + hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
         hex.substr(20, 12) + "}";
}

std::string unit_name(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!fits) c = '_';
  }
  return name;
}

std::string number_text(double value) {
  std::array<char, 32> text;
  const auto [end, problem] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), problem == std::errc() ? end : text.data()};
}

}  // namespace anamorph
