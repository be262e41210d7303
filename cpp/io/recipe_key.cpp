// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe_key.hpp"

#include <cmath>
#include <iomanip>
#include <set>
#include <sstream>
#include <utility>

#include "cpp/core/image.hpp"
#include "optics_models/zernike.hpp"

namespace anamorph::recipe_keys {

[[noreturn]] void fail(const char* id, const std::string& message, const Location& where) {
  throw Error(ErrorCode::recipe, id, message, where);
}

std::string shortest(double value) {
  std::ostringstream text;
  text << std::setprecision(12) << value;
  return text.str();
}

std::string Range::str() const { return (above_low ? "above " : "from ") + shortest(low) + " to " + shortest(high); }

Key boolean(const char* name, bool& field, const char* doc) {
  return {name, Type::boolean, doc, [&field] { return Json(field); }, [&field](const Json& v) { field = v; }};
}

Key integer(const char* name, int& field, Range range, const char* doc) {
  return {name, Type::integer, doc, [&field] { return Json(field); }, [&field](const Json& v) { field = v; }, range};
}

Key integer(const char* name, std::optional<int>& field, Range range, const char* doc) {
  return {name,
          Type::integer,
          doc,
          [&field] { return field ? Json(*field) : Json(); },
          [&field](const Json& v) { field = v.get<int>(); },
          range};
}

Key number(const char* name, double& field, Range range, const char* doc) {
  return {name, Type::number, doc, [&field] { return Json(field); }, [&field](const Json& v) { field = v; }, range};
}

Key number(const char* name, std::optional<double>& field, Range range, const char* doc) {
  return {name,
          Type::number,
          doc,
          [&field] { return field ? Json(*field) : Json(); },
          [&field](const Json& v) { field = v.get<double>(); },
          range};
}

Key numbers(const char* name, std::vector<double>& field, Range range, const char* doc) {
  return {name,
          Type::numbers,
          doc,
          [&field] { return field.empty() ? Json() : Json(field); },
          [&field](const Json& v) { field = v.get<std::vector<double>>(); },
          range};
}

namespace {

/// The numbers of a list, or of { centre, step, count }.
std::vector<double> series_values(const Json& value) {
  if (value.is_array()) return value.get<std::vector<double>>();
  const int count = value.at("count");
  std::vector<double> values;
  for (int i = 0; i < count; ++i)
    values.push_back(value.at("centre").get<double>() + (i - (count - 1) / 2.0) * value.at("step").get<double>());
  return values;
}

}  // namespace

Key integers(const char* name, std::vector<int>& field, Range range, const char* doc) {
  return {name,
          Type::integers,
          doc,
          [&field] { return field.empty() ? Json() : Json(field); },
          [&field](const Json& v) { field = v.get<std::vector<int>>(); },
          range};
}

Key texts(const char* name, std::vector<std::string>& field, const char* doc) {
  return {name, Type::texts, doc, [&field] { return field.empty() ? Json() : Json(field); },
          [&field](const Json& v) { field = v.get<std::vector<std::string>>(); }};
}

Key series(const char* name, std::vector<double>& field, Range range, const char* doc) {
  Key key = numbers(name, field, range, doc);
  key.type = Type::series;
  key.set = [&field](const Json& v) {
    field = series_values(v);
    std::sort(field.begin(), field.end());
  };
  return key;
}

Key zernikes(const char* name, std::map<int, double>& field, Range range, const char* doc) {
  return {name,
          Type::zernikes,
          doc,
          [&field] {
            Json terms = Json::object();
            for (const auto& [term, nm] : field) terms["Z" + std::to_string(term)] = nm;
            return field.empty() ? Json() : terms;
          },
          [&field](const Json& v) {
            for (const auto& [term, nm] : v.items()) field[std::stoi(term.substr(1))] = nm;
          },
          range};
}

Key text(const char* name, std::string& field, const char* doc) {
  return {name, Type::text, doc, [&field] { return field.empty() ? Json() : Json(field); },
          [&field](const Json& v) { field = v; }};
}

Key path(const char* name, std::filesystem::path& field, const char* doc) {
  return {name, Type::path, doc, [&field] { return field.empty() ? Json() : Json(field.string()); },
          [&field](const Json& v) { field = v.get<std::string>(); }};
}

Key box(const char* name, std::optional<Box>& field, const char* doc) {
  return {name,
          Type::numbers,
          doc,
          [&field] {
            return field ? Json{field->x0, field->y0, field->x1, field->y1} : Json();
          },
          [&field](const Json& v) {
            field = Box{v[0], v[1], v[2], v[3]};
          },
          coordinate,
          {},
          4};
}

Key point(const char* name, Point& field, const char* doc) {
  return {name,
          Type::numbers,
          doc,
          [&field] {
            return Json{field.x, field.y};
          },
          [&field](const Json& v) {
            field = Point{v[0], v[1]};
          },
          coordinate,
          {},
          2};
}

Key ramp(const char* name, IltOptions::Ramp& field, Range range, const char* doc) {
  return {name,
          Type::numbers,
          doc,
          [&field] {
            return Json{field.first, field.last};
          },
          [&field](const Json& v) {
            field = {v[0], v[1]};
          },
          range,
          {},
          2};
}

Key required(Key key) {
  key.required = true;
  return key;
}

// ---------------------------------------------------------------------------------------------------------------------
// Names.

std::string section_of(const std::string& dotted) {
  const auto dot = dotted.rfind('.');
  return dot == std::string::npos ? "" : dotted.substr(0, dot);
}

std::string leaf_of(const std::string& dotted) { return dotted.substr(dotted.rfind('.') + 1); }

namespace {

/// The least number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
std::size_t edit_distance(const std::string& a, const std::string& b) {
  Image<std::size_t> least(static_cast<int>(a.size()) + 1, static_cast<int>(b.size()) + 1);
  for (int i = 0; i < least.ny(); ++i)
    for (int j = 0; j < least.nx(); ++j) {
      if (i == 0 || j == 0) {
        least(i, j) = static_cast<std::size_t>(i + j);
        continue;
      }
      const auto p = static_cast<std::size_t>(i), q = static_cast<std::size_t>(j);
      least(i, j) = std::min({least(i - 1, j) + 1, least(i, j - 1) + 1, least(i - 1, j - 1) + (a[p - 1] != b[q - 1])});
      if (i > 1 && j > 1 && a[p - 1] == b[q - 2] && a[p - 2] == b[q - 1])
        least(i, j) = std::min(least(i, j), least(i - 2, j - 2) + 1);
    }
  return least(least.ny() - 1, least.nx() - 1);
}

}  // namespace

std::size_t name_distance(std::string typed, const std::string& known) {
  typed.resize(std::min<std::size_t>(typed.size(), 64));  // longer than any known name
  const std::size_t distance = edit_distance(typed, known);
  return known.starts_with(typed) || typed.starts_with(known) ? std::min<std::size_t>(distance, 1) : distance;
}

bool not_available(const std::string& what) {
  static const std::set<std::string> all = {"mask.model=rigorous"};
  return all.contains(what);
}

// ---------------------------------------------------------------------------------------------------------------------
// Values.

namespace {

std::string join(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

/// The unit is in the name: "pixel_nm" -> " nm".
std::string unit_of(const std::string& name) {
  static const std::pair<const char*, const char*> units[] = {{"_nm2", " nm^2"}, {"_nm", " nm"}, {"_deg", " degrees"}};
  for (const auto& [suffix, unit] : units)
    if (name.ends_with(suffix)) return unit;
  return "";
}

bool has_type(const Key& key, const Json& value) {
  switch (key.type) {
    case Type::boolean:
      return value.is_boolean();
    case Type::integer:
      return value.is_number_integer();
    case Type::number:
      return value.is_number();
    case Type::text:
    case Type::path:
    case Type::choice:
      return value.is_string();
    case Type::texts:
      return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_string(); });
    case Type::integers:
      return value.is_array() &&
             std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number_integer(); });
    case Type::numbers:
      return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number(); });
    case Type::series:
      if (value.is_object())
        return value.size() == 3 && value.contains("centre") && value["centre"].is_number() && value.contains("step") &&
               value["step"].is_number() && value.contains("count") && value["count"].is_number_integer();
      return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number(); });
    case Type::zernikes:
      return value.is_object() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number(); });
  }
  return false;
}

/// "Z1" .. "Z37".
bool is_zernike(const std::string& name) {
  for (int term = 1; term <= fringe_terms; ++term)
    if (name == "Z" + std::to_string(term)) return true;
  return false;
}

}  // namespace

std::string expectation(const Key& key) {
  const std::string unit = unit_of(key.name);
  const std::string range = key.range.str() + unit;
  switch (key.type) {
    case Type::boolean:
      return "true or false";
    case Type::integer:
      return "a whole number " + range;
    case Type::number:
      return "a number " + range;
    case Type::text:
      return "a text in quotes";
    case Type::path:
      return "a file name in quotes";
    case Type::texts:
      return "one or more texts in quotes, in brackets";
    case Type::choice:
      return (key.choices.size() > 1 ? "one of \"" : "\"") + join(key.choices, "\", \"") + "\"";
    case Type::zernikes:
      return "a table of Z1 to Z" + std::to_string(fringe_terms) + ", each a number " + range;
    case Type::series:
      return "one or more different numbers in brackets, or { centre = ..., step = ..., count = ... }, each " + range;
    case Type::integers:
      return "one or more whole numbers in brackets, each " + range;
    case Type::numbers:
      return (key.count > 0 ? std::to_string(key.count) : "one or more") + " numbers in brackets, each " + range;
  }
  return "";
}

void check_value(const Key& key, const std::string& dotted, const Json& value, const Location& where) {
  const auto wrong = [&](const char* id, const std::string& what) {
    fail(id, dotted + " " + what + "; expected " + expectation(key), where);
  };
  if (!has_type(key, value))
    wrong("RCP-0003",
          std::string("has the wrong type") +
              (value.is_null() ? ""
                               : std::string(" (") + (value.is_number_float() ? "fraction" : value.type_name()) + ")"));
  const auto check_number = [&](double v) {
    if (!std::isfinite(v)) wrong("RCP-0004", "is not a finite number");
    if (!key.range.holds(v)) wrong("RCP-0004", "= " + shortest(v) + " is out of range");
  };
  if (value.is_number()) check_number(value.get<double>());
  if (key.type == Type::numbers || key.type == Type::integers) {
    if (key.count > 0 ? value.size() != key.count : value.empty())
      wrong("RCP-0004", "has " + std::to_string(value.size()) + " values");
    for (const Json& v : value) check_number(v.get<double>());
  }
  if (key.type == Type::texts && value.empty()) wrong("RCP-0004", "has no values");
  if (key.type == Type::series) {
    const auto in_reach = [](const Json& v) { return v["count"] >= 1 && v["count"] <= most_series; };
    if (value.is_object() && !in_reach(value))
      wrong("RCP-0004", ".count is not from 1 to " + std::to_string(most_series));
    std::vector<double> values = series_values(value);
    if (values.empty() || values.size() > most_series)
      wrong("RCP-0004", "has " + std::to_string(values.size()) + " values");
    for (const double v : values) check_number(v);
    std::sort(values.begin(), values.end());
    if (std::adjacent_find(values.begin(), values.end()) != values.end()) wrong("RCP-0004", "has a value twice");
  }
  if (key.type == Type::zernikes)
    for (const auto& [name, v] : value.items()) {
      if (!is_zernike(name)) wrong("RCP-0004", "has a term \"" + name + "\" that does not exist");
      if (const double nm = v.get<double>(); !key.range.holds(nm))
        wrong("RCP-0004", "." + name + " = " + shortest(nm) + " is out of range");
    }
  if (key.type == Type::choice) {
    const auto& word = value.get_ref<const std::string&>();
    if (not_available(dotted + "=" + word))
      fail("RCP-0010", dotted + " = \"" + word + "\" is not available in this version; expected " + expectation(key),
           where);
    if (std::find(key.choices.begin(), key.choices.end(), word) == key.choices.end())
      wrong("RCP-0004", "= \"" + word + "\" is not known");
  }
}

}  // namespace anamorph::recipe_keys
