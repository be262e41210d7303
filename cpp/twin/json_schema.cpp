// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/json_schema.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>

namespace anamorph {

namespace {

using Json = nlohmann::json;

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "number") return value.is_number();
  if (type == "integer")  // 3.0 is one
    return value.is_number_integer() || (value.is_number() && value.get<double>() == std::floor(value.get<double>()));
  throw std::logic_error("JSON schema: unknown type " + type);
}

/// Letters, not bytes.
std::size_t length(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return count;
}

class Validator {
 public:
  explicit Validator(const Json& schema) : root_(schema) {}

  std::vector<std::string> check(const Json& value) {
    check(root_, value, "");
    return std::move(found_);
  }

 private:
  void say(const std::string& place, const std::string& what) {
    found_.push_back((place.empty() ? "the document" : place) + " " + what);
  }

  [[nodiscard]] bool holds(const Json& schema, const Json& value) const {
    Validator inner(root_);
    inner.check(schema, value, "");
    return inner.found_.empty();
  }

  void check(const Json& schema, const Json& value, const std::string& place) {
    static const std::set<std::string> notes{"$schema", "$id", "$defs", "title", "description", "default"};
    for (const auto& [keyword, rule] : schema.items())
      if (!notes.contains(keyword)) check_keyword(keyword, rule, schema, value, place);
  }

  void check_keyword(const std::string& keyword, const Json& rule, const Json& schema, const Json& value,
                     const std::string& place) {
    const auto bound = [&](bool kept, const char* word) {
      if (value.is_number() && !kept) say(place, "is " + value.dump() + "; expected " + word + " " + rule.dump());
    };
    if (keyword == "$ref") {
      const auto& pointer = rule.get_ref<const std::string&>();
      if (!pointer.starts_with("#/")) throw std::logic_error("JSON schema: $ref to another document");
      check(root_.at(Json::json_pointer(pointer.substr(1))), value, place);
    } else if (keyword == "type") {
      if (!has_type(value, rule))
        say(place, "is " + std::string(value.type_name()) + "; expected " + rule.get<std::string>());
    } else if (keyword == "const") {
      if (value != rule) say(place, "is " + value.dump() + "; expected " + rule.dump());
    } else if (keyword == "enum") {
      if (std::find(rule.begin(), rule.end(), value) == rule.end())
        say(place, "is " + value.dump() + "; expected one of " + rule.dump());
    } else if (keyword == "anyOf") {
      if (std::none_of(rule.begin(), rule.end(), [&](const Json& one) { return holds(one, value); }))
        say(place, "is none of the " + std::to_string(rule.size()) + " things that it may be");
    } else if (keyword == "minimum") {
      bound(value >= rule, "at least");
    } else if (keyword == "maximum") {
      bound(value <= rule, "at most");
    } else if (keyword == "exclusiveMinimum") {
      bound(value > rule, "more than");
    } else if (keyword == "pattern") {
      if (value.is_string() && !std::regex_search(value.get<std::string>(), std::regex(rule.get<std::string>())))
        say(place, "is " + value.dump() + "; expected the pattern " + rule.get<std::string>());
    } else if (keyword == "minLength") {
      if (value.is_string() && length(value.get<std::string>()) < rule.get<std::size_t>()) say(place, "is too short");
    } else if (keyword == "minItems") {
      if (value.is_array() && value.size() < rule.get<std::size_t>())
        say(place, "has " + std::to_string(value.size()) + " elements; expected at least " + rule.dump());
    } else if (keyword == "items") {
      if (value.is_array())
        for (std::size_t i = 0; i < value.size(); ++i) check(rule, value[i], place + "/" + std::to_string(i));
    } else if (keyword == "required") {
      if (value.is_object())
        for (const Json& key : rule)
          if (!value.contains(key.get<std::string>())) say(place, "has no \"" + key.get<std::string>() + "\"");
    } else if (keyword == "properties") {
      if (value.is_object())
        for (const auto& [key, one] : rule.items())
          if (value.contains(key)) check(one, value[key], place + "/" + key);
    } else if (keyword == "additionalProperties" && rule == false) {
      if (value.is_object())
        for (const auto& [key, one] : value.items())
          if (!schema.contains("properties") || !schema["properties"].contains(key))
            say(place, "has \"" + key + "\", which is not known");
    } else {
      throw std::logic_error("JSON schema: keyword " + keyword);
    }
  }

  const Json& root_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> schema_violations(std::string_view schema, std::string_view text) {
  const Json rules = Json::parse(schema);
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) return {"the document is not JSON"};
  return Validator(rules).check(document);
}

}  // namespace anamorph
