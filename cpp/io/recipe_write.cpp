// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <functional>
#include <sstream>
#include <utility>

#include "cpp/io/recipe_checks.hpp"
#include "cpp/io/recipe_table.hpp"

// From a Recipe, or its table of keys, to JSON, TOML, JSON Schema and the reference page.

namespace anamorph {

using namespace recipe_keys;

namespace {

/// The object of a dotted name inside nested objects: at(root, "mask.rules") is root["mask"]["rules"], each level
/// wrapped by `below` (the JSON Schema has "properties" between the levels).
Json& descend(Json& root, const std::string& section, const std::function<Json&(Json&)>& below) {
  Json* node = &root;
  std::istringstream words(section);
  for (std::string word; std::getline(words, word, '.');) node = &below((*node)[word]);
  return *node;
}

/// The table without the keys that have no effect in this recipe.
Table used_keys(Recipe& recipe) {
  Table t = table(recipe);
  if (!recipe.optics.kernels.empty()) std::erase_if(t.keys, [](const Key& key) { return belongs_to_a_lens(key.name); });
  for (const std::string section : {"window", "twin", "tile"}) {  // of one verb alone
    const auto belongs = [&](const std::string& key) { return key == section || key.starts_with(section + "."); };
    if (std::none_of(recipe.given.begin(), recipe.given.end(), [&](const auto& one) { return belongs(one.first); }))
      std::erase_if(t.keys, [&](const Key& key) { return belongs(key.name); });
  }
  const auto given = [&](const std::string& key) { return recipe.has("optics.source." + key); };
  using Shape = SourceSection::Shape;
  const Shape shape = recipe.optics.source.shape;
  const bool ring =
      shape != Shape::conventional && shape != Shape::point && shape != Shape::poles && shape != Shape::image;
  std::erase_if(t.keys, [&](const Key& key) {
    const std::string leaf = key.name.starts_with("optics.source.") ? leaf_of(key.name) : "";
    return !given(leaf) &&
           ((leaf == "sigma" && shape != Shape::conventional) || (leaf == "position" && shape != Shape::point) ||
            ((leaf == "sigma_inner" || leaf == "sigma_outer") && !ring));
  });
  return t;
}

Json values_of(const Keys& keys) {
  Json values = Json::object();
  const auto same = [](Json& node) -> Json& { return node; };
  for (const Key& key : keys)
    if (Json value = key.get(); !value.is_null())
      descend(values, section_of(key.name), same)[leaf_of(key.name)] = std::move(value);
  return values;
}

/// The keys of each section, in the order of the table.
std::vector<std::pair<std::string, Keys>> by_section(const Keys& keys) {
  std::vector<std::pair<std::string, Keys>> sections;
  for (const Key& key : keys) {
    if (sections.empty() || sections.back().first != section_of(key.name))
      sections.push_back({section_of(key.name), {}});
    sections.back().second.push_back(key);
  }
  return sections;
}

Json range_schema(const Key& key, const char* type) {
  Json schema = {{"type", type}};
  schema[key.range.above_low ? "exclusiveMinimum" : "minimum"] = key.range.low;
  schema["maximum"] = key.range.high;
  return schema;
}

Json key_schema(const Key& key) {
  Json schema = Json::object();
  switch (key.type) {
    case Type::boolean:
      schema["type"] = "boolean";
      break;
    case Type::integer:
      schema = range_schema(key, "integer");
      break;
    case Type::number:
      schema = range_schema(key, "number");
      break;
    case Type::text:
    case Type::path:
      schema["type"] = "string";
      break;
    case Type::texts:
      schema = {{"type", "array"}, {"items", {{"type", "string"}}}, {"minItems", 1}};
      break;
    case Type::choice:
      schema["enum"] = key.choices;
      break;
    case Type::series: {
      const Json step = {{"type", "number"}}, count = {{"type", "integer"}, {"minimum", 1}, {"maximum", most_series}};
      schema["anyOf"] = {
          {{"type", "array"}, {"items", range_schema(key, "number")}, {"minItems", 1}, {"uniqueItems", true}},
          {{"type", "object"},
           {"properties", {{"centre", step}, {"step", step}, {"count", count}}},
           {"required", {"centre", "step", "count"}},
           {"additionalProperties", false}}};
      break;
    }
    case Type::zernikes:
      schema = {{"type", "object"},
                {"patternProperties", {{"^Z([1-9]|[12][0-9]|3[0-7])$", range_schema(key, "number")}}},
                {"additionalProperties", false}};
      break;
    case Type::integers:
    case Type::numbers:
      schema = {{"type", "array"},
                {"items", range_schema(key, key.type == Type::integers ? "integer" : "number")},
                {"minItems", std::max<std::size_t>(key.count, 1)}};
      if (key.count > 0) schema["maxItems"] = key.count;
  }
  schema["description"] = key.doc;
  if (const Json value = key.get(); !value.is_null() && !key.required) schema["default"] = value;
  return schema;
}

Json object_schema() { return {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}}; }

Json& properties(Json& node) {
  if (node.is_null()) node = object_schema();
  return node["properties"];
}

void add_key(Json& root_properties, const Key& key) {
  descend(root_properties, section_of(key.name), properties)[leaf_of(key.name)] = key_schema(key);
}

void add_rows(std::ostream& out, const Keys& keys) {
  out << "\n| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const Key& key : keys) {
    const Json value = key.get();
    out << "| `" << leaf_of(key.name) << "` | " << expectation(key) << " | "
        << (key.required      ? "required"
            : value.is_null() ? ""
                              : "`" + value.dump() + "`")
        << " | " << key.doc << " |\n";
  }
}

}  // namespace

std::string recipe_json(const Recipe& recipe, int indent) {
  Recipe copy = recipe;  // the table binds to fields that it may also set
  const Table t = used_keys(copy);
  Json values = values_of(t.keys);
  for (const List& l : t.lists) {
    Json items = Json::array();
    for (const Keys& keys : l.items()) items.push_back(values_of(keys));
    if (!items.empty())
      descend(values, section_of(l.name), [](Json& node) -> Json& { return node; })[leaf_of(l.name)] = items;
  }
  return values.dump(indent, ' ', false, Json::error_handler_t::replace);
}

namespace {

/// Numbers, texts and lists of them look the same in JSON and TOML.
std::string toml_value(const Json& value) {
  if (!value.is_object()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string items;
  for (const auto& [name, item] : value.items()) items += (items.empty() ? "" : ", ") + name + " = " + toml_value(item);
  return "{ " + items + " }";
}

}  // namespace

std::string recipe_toml(const Recipe& recipe) {
  Recipe copy = recipe;
  const Table t = used_keys(copy);
  std::ostringstream out;
  const auto add = [&](const std::string& header, const Keys& keys) {
    std::string lines;
    for (const Key& key : keys)
      if (const Json value = key.get(); !value.is_null()) lines += leaf_of(key.name) + " = " + toml_value(value) + "\n";
    if (lines.empty()) return;
    out << (out.tellp() > 0 ? "\n" : "") << (header.empty() ? "" : header + "\n") << lines;
  };
  for (const auto& [section, keys] : by_section(t.keys)) add(section.empty() ? "" : "[" + section + "]", keys);
  for (const List& l : t.lists)
    for (const Keys& keys : l.items()) add("[[" + l.name + "]]", keys);
  return out.str();
}

std::string recipe_schema() {
  Recipe defaults;
  const Table t = table(defaults);
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "Anamorph recipe"}};
  schema.update(object_schema());
  for (const Key& key : t.keys) add_key(schema["properties"], key);
  for (const List& l : t.lists) {
    Json item = object_schema();
    for (const Key& key : l.append()) {
      add_key(item["properties"], key);
      if (key.required) item["required"].push_back(key.name);
    }
    descend(schema["properties"], section_of(l.name), properties)[leaf_of(l.name)] = {
        {"type", "array"}, {"minItems", 1}, {"items", item}, {"description", l.doc}};
  }
  return schema.dump(2);
}

std::string recipe_markdown() {
  Recipe defaults;
  const Table t = table(defaults);
  std::ostringstream out;
  out << "# Recipe\n\n"
         "<!-- Written by `anamorph schema --markdown`; edit the table in cpp/io/recipe_table.cpp instead. -->\n\n"
         "A recipe is a TOML file that says what a run is to do. Each key below may also be given on the command line "
         "as\n"
         "`--set section.key=VALUE`, and a key of the first `[[list]]` as `--set list.0.key=VALUE`. Lengths are in nm "
         "on\n"
         "the wafer; the unit is part of the key's name. An unknown key is an error. Relative file names are relative "
         "to\n"
         "the recipe, those of `--set` to the current directory.\n";
  for (const auto& [section, keys] : by_section(t.keys)) {
    out << "\n## " << (section.empty() ? "Top level" : "[" + section + "]") << "\n";
    add_rows(out, keys);
  }
  for (const List& l : t.lists) {
    out << "\n## [[" << l.name << "]]\n\n" << l.doc << "\n";
    add_rows(out, l.append());
  }
  return out.str();
}

}  // namespace anamorph
