// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "masks/oasis_bytes.hpp"

namespace anamorph::oasis {

/// Names by number: those of cells, texts, properties or values.
class NameTable {
 public:
  explicit NameTable(const char* what) : what_(what) {}
  /// A record without a number (the next one is meant) or with it; one table has but one of these kinds.
  void add(Bytes& bytes, bool numbered);
  /// After the last one: makes find() ready. Fails for a number given twice.
  void finish(const Bytes& bytes);
  /// The name; fails for a number that has none.
  [[nodiscard]] const std::string& at(const Bytes& bytes, std::uint64_t number) const;
  [[nodiscard]] const std::string* find(std::uint64_t number) const;
  /// Number of the name that was added last.
  [[nodiscard]] std::uint64_t last() const noexcept { return names_.back().first; }
  [[nodiscard]] std::uint64_t memory() const noexcept { return memory_; }

 private:
  const char* what_;
  std::vector<std::pair<std::uint64_t, std::string>> names_;
  std::uint64_t memory_ = 0;
  bool numbered_ = false;
};

struct Names {
  NameTable cells{"cell"};
  NameTable texts{"text string"};
  NameTable properties{"property name"};
  NameTable strings{"property string"};

  [[nodiscard]] std::uint64_t memory() const noexcept {
    return cells.memory() + texts.memory() + properties.memory() + strings.memory();
  }
};

/// A name as it stands in an element: itself, or by its number.
using NameRef = std::variant<std::string, std::uint64_t>;

/// The modal variables of PROPERTY records, and the properties that they give.
class PropertyReader {
 public:
  PropertyReader(Bytes& bytes, const Names* names) : bytes_(bytes), names_(names) {}
  void reset() { known_ = known_values_ = false; }
  /// A PROPERTY record, of which the number was read; adds to `properties` unless there are no names yet, or it is a
  /// standard one that describes the file as it lies there. `budget`: what values and characters may still come.
  void read(int record, Properties& properties, std::uint64_t& budget);

 private:
  struct StringRef {
    std::uint64_t number = 0;
  };
  using RawValue = std::variant<PropertyValue, StringRef>;
  RawValue value();
  Property resolved() const;

  Bytes& bytes_;
  const Names* names_;
  bool known_ = false;
  bool known_values_ = false;
  bool standard_ = false;
  NameRef name_;
  std::vector<RawValue> values_;
  std::uint64_t weight_ = 0;  // of the values: their number and characters
};

}  // namespace anamorph::oasis
