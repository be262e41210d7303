// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "cpp/core/geometry.hpp"
#include "cpp/optimize/ilt.hpp"

// Private to the recipe: what a key is, and how one is bound to a field of the Recipe. recipe_table.cpp lists them all.

namespace anamorph::recipe_keys {

using Json = nlohmann::ordered_json;

struct Range {
  double low = 0;
  double high = 0;
  bool above_low = false;  ///< low itself is excluded

  [[nodiscard]] bool holds(double value) const { return (above_low ? value > low : value >= low) && value <= high; }
  [[nodiscard]] std::string str() const;
};

constexpr Range coordinate{-1e9, 1e9, false};
constexpr Range not_negative(double high) { return {0, high, false}; }
constexpr Range positive(double high) { return {0, high, true}; }
constexpr Range at_least_one(double high) { return {1, high, false}; }

enum class Type { boolean, integer, number, text, path, choice, texts, integers, numbers, series, zernikes };

struct Key {
  std::string name;  ///< dotted, below the table that it belongs to
  Type type;
  std::string doc;
  std::function<Json()> get;             ///< null: no value
  std::function<void(const Json&)> set;  ///< the value has been checked against what follows
  Range range = {};
  std::vector<std::string> choices = {};  ///< of a choice
  std::size_t count = 0;                  ///< of numbers; 0: one or more
  bool required = false;
};

using Keys = std::vector<Key>;

// A key of each type, bound to the field that holds its value.

Key boolean(const char* name, bool& field, const char* doc);
Key integer(const char* name, int& field, Range range, const char* doc);
Key integer(const char* name, std::optional<int>& field, Range range, const char* doc);
Key number(const char* name, double& field, Range range, const char* doc);
Key number(const char* name, std::optional<double>& field, Range range, const char* doc);
Key numbers(const char* name, std::vector<double>& field, Range range, const char* doc);
/// Whole numbers; none of them is no value.
Key integers(const char* name, std::vector<int>& field, Range range, const char* doc);

constexpr int most_series = 1001;

/// Ascending numbers: a list, or { centre, step, count }.
Key series(const char* name, std::vector<double>& field, Range range, const char* doc);

/// A table { Z4 = 0.1, ... }; a later one adds to an earlier one.
Key zernikes(const char* name, std::map<int, double>& field, Range range, const char* doc);

Key text(const char* name, std::string& field, const char* doc);
/// One or more texts; none of them is no value.
Key texts(const char* name, std::vector<std::string>& field, const char* doc);
Key path(const char* name, std::filesystem::path& field, const char* doc);
Key box(const char* name, std::optional<Box>& field, const char* doc);
Key point(const char* name, Point& field, const char* doc);

/// [first, last]
Key ramp(const char* name, IltOptions::Ramp& field, Range range, const char* doc);

/// The enumerators of Enum count from 0 in the order of `names`.
template <typename Enum>
Key choice(const char* name, Enum& field, std::vector<std::string> names, const char* doc) {
  return {name,
          Type::choice,
          doc,
          [&field, names] { return Json(names[static_cast<std::size_t>(field)]); },
          [&field, names](const Json& v) {
            field = static_cast<Enum>(std::find(names.begin(), names.end(), v.get<std::string>()) - names.begin());
          },
          {},
          names};
}

/// The same key, without which an element of a list is refused.
Key required(Key key);

/// A list of tables, [[name]] in the recipe.
struct List {
  std::string name;
  std::string doc;
  std::function<void()> clear;
  std::function<Keys()> append;              ///< the keys of a new element
  std::function<std::vector<Keys>()> items;  ///< the keys of each element
};

template <typename Element>
List list(const char* name, std::vector<Element>& field, Keys (*keys)(Element&), const char* doc) {
  return {name, doc, [&field] { field.clear(); }, [&field, keys] { return keys(field.emplace_back()); },
          [&field, keys] {
            std::vector<Keys> all;
            for (Element& element : field) all.push_back(keys(element));
            return all;
          }};
}

struct Table {
  Keys keys;
  std::vector<List> lists;
};

// Names.

/// "a.b" of "a.b.c", and "c".
std::string section_of(const std::string& dotted);
std::string leaf_of(const std::string& dotted);

/// How far a mistyped name is from a known one: letters to insert, delete, replace or swap; a forgotten ending (often
/// the unit) counts as one.
std::size_t name_distance(std::string typed, const std::string& known);

/// Keys ("a.b") and values of keys ("a.b=word") of other versions: better than "unknown".
bool not_available(const std::string& what);

// Messages.

[[noreturn]] void fail(const char* id, const std::string& message, const Location& where);

/// With as many digits as tell it from its neighbours in a message.
std::string shortest(double value);

/// "a number above 0 to 2", to follow "expected".
std::string expectation(const Key& key);

/// Throws Error{recipe} when the value has the wrong type or is out of range; `dotted` names it in the message.
void check_value(const Key& key, const std::string& dotted, const Json& value, const Location& where);

}  // namespace anamorph::recipe_keys
