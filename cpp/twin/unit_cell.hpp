// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A cell of the virtual fab, as a co-simulation unit sees it: a table of variables, and a rule that fills its outputs.
// The unit's shell (unit_shell.cpp) speaks FMI for it, fmu.cpp packs it. It is compiled into the units and into the
// library, so that description and binary come from the same table.

namespace anamorph {

/// A variable of a unit. Its value reference is its place in the table.
struct UnitVariable {
  enum class Type { real, integer, boolean, string };
  enum class Causality { parameter, input, output, local };
  enum class Variability { fixed, tunable, discrete, continuous };

  std::string name;  ///< [A-Za-z_][A-Za-z0-9_]*
  Type type = Type::real;
  Causality causality = Causality::output;
  Variability variability = Variability::continuous;
  std::string unit{};  ///< of a real: a name of unit_definitions()
  double start = 0;    ///< of a parameter or an input; of an output, a typical value
  double min = 0;      ///< range of validity, of reals and integers
  double max = 0;
  std::string description{};

  [[nodiscard]] bool settable() const noexcept {
    return causality == Causality::parameter || causality == Causality::input;
  }

  static UnitVariable input(std::string name, std::string unit, double start, double min, double max,
                            std::string description);
  static UnitVariable parameter(std::string name, std::string unit, double start, double min, double max,
                                std::string description);
  static UnitVariable output(std::string name, std::string unit, double typical, double min, double max,
                             std::string description);
  /// A Boolean, and an integer.
  static UnitVariable flag(Causality causality, std::string name, bool start, std::string description);
  static UnitVariable count(Causality causality, std::string name, int start, int min, int max,
                            std::string description);
};

/// All of a running unit that changes. A copy of it is a copy of the unit's state.
struct UnitState {
  std::vector<double> values;  ///< by value reference; integers and Booleans as numbers, 0 for strings
  std::vector<double> memory;  ///< what the cell keeps from step to step
  std::string status;          ///< value of the variable `status`
};

/// What is to be said of a point. The cell gets it with what the shell found: inputs beyond their ranges.
struct UnitReport {
  bool valid = true;                  ///< false when an output is not to be relied on
  std::vector<std::string> warnings;  ///< why; each makes the point invalid

  void warn(std::string text) {
    warnings.push_back(std::move(text));
    valid = false;
  }
};

/// The rule of a cell. It never changes; what does lies in the state. The values that it is given are numbers within
/// their ranges, and it leaves a finite number in each output.
class Cell {
 public:
  virtual ~Cell() = default;
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  /// Those of the cell, then the two that every unit has: `valid` (Boolean output) and `status` (string).
  [[nodiscard]] const std::vector<UnitVariable>& variables() const noexcept { return variables_; }
  [[nodiscard]] std::size_t valid_at() const noexcept { return variables_.size() - 2; }
  [[nodiscard]] std::size_t status_at() const noexcept { return variables_.size() - 1; }

  /// Values at the start.
  [[nodiscard]] UnitState initial_state() const;

  /// Sets the memory anew and computes the outputs at `time_s`.
  virtual void start(UnitState& state, double time_s, UnitReport& report) const = 0;
  /// Goes on from one time to the next, with the inputs of the first, and computes the outputs.
  virtual void step(UnitState& state, double from_s, double to_s, UnitReport& report) const = 0;

  /// Replaces start values by lines "name = value" ("#" begins a comment). Throws Error{input} for a name that is not a
  /// parameter or an input, a value that is not a number or outside the variable's range.
  void set_starts(std::string_view lines);

 protected:
  /// Throws Error{input} for a name that is no identifier, or there twice.
  explicit Cell(std::vector<UnitVariable> variables);

 private:
  std::vector<UnitVariable> variables_;
};

enum class UnitKind { lithography, etch, control };

/// The name of the unit's binary ("modelIdentifier").
[[nodiscard]] std::string unit_identifier(UnitKind kind);

/// The files below resources/ from which a unit makes its cell.
struct UnitResources {
  std::string surrogate;  ///< surrogate.bin, of a lithography unit
  std::string starts;     ///< start.txt
};

/// "{8-4-4-4-12}", from the SHA-256 of kind, variables and resources: a description and a binary that do not
/// belong together, or resources that were changed, show by it.
[[nodiscard]] std::string unit_guid(UnitKind kind, const Cell& cell, const UnitResources& resources);

/// `text` as a part of a variable's name: what is no letter, digit or underscore becomes an underscore.
[[nodiscard]] std::string unit_name(std::string_view text);

/// A number with as many digits as it needs, whatever the locale.
[[nodiscard]] std::string number_text(double value);

}  // namespace anamorph
