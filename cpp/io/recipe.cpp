// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <sstream>
#include <utility>

namespace anamorph {

Location Recipe::where(const std::string& key) const {
  const auto it = given.find(key);
  return it == given.end() ? Location{} : it->second;
}

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void fail(const char* id, const std::string& message, const Location& where) {
  throw Error(ErrorCode::recipe, id, message, where);
}

std::string join(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string shortest(double value) {
  std::ostringstream text;
  text << std::setprecision(12) << value;
  return text.str();
}

// ---------------------------------------------------------------------------------------------------------------------
// A key: its name, type, range and meaning, bound to the field that holds its value.

struct Range {
  double low = 0;
  double high = 0;
  bool above_low = false;  ///< low itself is excluded

  [[nodiscard]] bool holds(double value) const { return (above_low ? value > low : value >= low) && value <= high; }
  [[nodiscard]] std::string str() const {
    return (above_low ? "above " : "from ") + shortest(low) + " to " + shortest(high);
  }
};

constexpr Range coordinate{-1e9, 1e9, false};
constexpr Range not_negative(double high) { return {0, high, false}; }
constexpr Range positive(double high) { return {0, high, true}; }
constexpr Range at_least_one(double high) { return {1, high, false}; }

enum class Type { boolean, integer, number, text, path, choice, numbers };

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

Key boolean(const char* name, bool& field, const char* doc) {
  return {name, Type::boolean, doc, [&field] { return Json(field); }, [&field](const Json& v) { field = v; }};
}

Key integer(const char* name, int& field, Range range, const char* doc) {
  return {name, Type::integer, doc, [&field] { return Json(field); }, [&field](const Json& v) { field = v; }, range};
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

Key text(const char* name, std::string& field, const char* doc) {
  return {name, Type::text, doc, [&field] { return field.empty() ? Json() : Json(field); },
          [&field](const Json& v) { field = v; }};
}

Key path(const char* name, std::filesystem::path& field, const char* doc) {
  return {name, Type::path, doc, [&field] { return field.empty() ? Json() : Json(field.string()); },
          [&field](const Json& v) { field = v.get<std::string>(); }};
}

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

Key required(Key key) {
  key.required = true;
  return key;
}

// ---------------------------------------------------------------------------------------------------------------------
// The table.

/// A list of tables, [[name]] in the recipe.
struct List {
  std::string name;
  std::string doc;
  std::function<void()> clear;
  std::function<std::vector<Key>()> append;              ///< the keys of a new element
  std::function<std::vector<std::vector<Key>>()> items;  ///< the keys of each element
};

template <typename Element>
List list(const char* name, std::vector<Element>& field, std::vector<Key> (*keys)(Element&), const char* doc) {
  return {name, doc, [&field] { field.clear(); }, [&field, keys] { return keys(field.emplace_back()); },
          [&field, keys] {
            std::vector<std::vector<Key>> all;
            for (Element& element : field) all.push_back(keys(element));
            return all;
          }};
}

struct Table {
  std::vector<Key> keys;
  std::vector<List> lists;
};

std::vector<Key> corner_keys(CornerSection& c) {
  return {
      required(text("name", c.name, "Name of the condition in the results.")),
      number("dose", c.dose, positive(100), "Relative dose."),
      number("focus_nm", c.focus_nm, {-10000, 10000, false}, "Position of the wafer, positive away from the lens."),
      text("kernels", c.kernels,
           "With `optics.kernels`: the folder below it that holds this condition's kernels, instead of `focus_nm` "
           "(default `focus`)."),
  };
}

std::vector<Key> gauge_keys(GaugeSection& g) {
  return {
      required(text("name", g.name, "Name of the gauge in the results.")),
      required(point("at_nm", g.at_nm, "A point [x, y] inside the feature.")),
      number("angle_deg", g.angle_deg, {-360, 360, false}, "Direction of the cut, counter-clockwise from +x."),
      required(number("cd_nm", g.cd_nm, positive(1e6), "Wanted critical dimension.")),
  };
}

Table table(Recipe& r) {
  return {
      {
          integer("seed", r.seed, not_negative(2147483647), "Seed of everything random."),

          path("layout.file", r.layout.file, "Layout file (`.glp`)."),
          text("layout.layer", r.layout.layer, "Layer; without it the file must have exactly one."),
          box("layout.window_nm", r.layout.window_nm,
              "Window [x0, y0, x1, y1] in the layout's coordinates, one period of the image. Without it the window is "
              "a "
              "tile of `tile_nm`."),
          number("layout.tile_nm", r.layout.tile_nm, positive(1e6), "Side of the tile when there is no `window_nm`."),
          boolean("layout.centre", r.layout.centre,
                  "Without `window_nm`: move the layout's bounding box to the middle of the tile (to whole nm); "
                  "otherwise the tile's lower-left corner is the layout's origin."),
          number("layout.pixel_nm", r.layout.pixel_nm, {0.01, 1000, false},
                 "Side of a pixel; the window must be a whole number of pixels."),
          choice("layout.target", r.layout.target, {"exact", "inclusive"},
                 "Raster of the target: by area, or with the right and upper edge pixels counted as inside, as in the "
                 "ICCAD-2013 contest."),

          path("optics.kernels", r.optics.kernels,
               "Folder of given SOCS kernels, with one folder per focus condition (`focus`, `defocus`). Either this or "
               "`wavelength_nm` and `na`."),
          number("optics.wavelength_nm", r.optics.wavelength_nm, positive(1000), "Vacuum wavelength."),
          number("optics.na", r.optics.na, positive(2), "Numerical aperture at the wafer, below `immersion_index`."),
          number("optics.immersion_index", r.optics.immersion_index, {1, 2, false},
                 "Refractive index between lens and wafer."),
          boolean("optics.radiometric", r.optics.radiometric, "Radiometric factor of the pupil."),
          choice("optics.source.shape", r.optics.source.shape, {"conventional", "annular"}, "Shape of the source."),
          number("optics.source.sigma", r.optics.source.sigma, positive(1), "Radius of a conventional source."),
          number("optics.source.sigma_inner", r.optics.source.sigma_inner, not_negative(1),
                 "Inner radius of an annular source."),
          number("optics.source.sigma_outer", r.optics.source.sigma_outer, positive(1),
                 "Outer radius of an annular source."),
          number("optics.source.step", r.optics.source.step, {0.002, 0.5, false},
                 "Distance of the source points, in units of sigma."),

          choice("resist.model", r.resist.model, {"threshold"}, "Resist model."),
          choice("resist.prints", r.resist.prints, {"bright", "dark"},
                 "Which side of the threshold is the wanted pattern."),
          number("resist.threshold", r.resist.threshold, positive(10),
                 "Intensity at the printed edge, clear field = 1."),
          number("resist.blur_nm", r.resist.blur_nm, not_negative(1000), "Standard deviation of a Gaussian blur."),
          number("resist.steepness", r.resist.steepness, positive(1e6),
                 "Steepness of the logistic curve that gives the resist image."),

          path("mask.file", r.mask.file,
               "Mask to be simulated or verified (`.npy`, one value per pixel of the window); without it the layout."),
          choice("mask.polygons", r.mask.polygons, {"opening", "absorber"}, "What the drawn shapes are."),
          choice("mask.model", r.mask.model, {"thin"}, "Mask model."),
          boolean("mask.rules.enforce", r.mask.enforce_rules, "Make optimised masks obey the rules below."),
          number("mask.rules.min_width_nm", r.mask.rules.min_width_nm, not_negative(64), "Least width."),
          number("mask.rules.min_space_nm", r.mask.rules.min_space_nm, not_negative(64), "Least space."),
          number("mask.rules.min_area_nm2", r.mask.rules.min_area_nm2, not_negative(1e9),
                 "Least area of an island or a hole."),

          choice("process.dose_applies_to", r.process.dose_applies_to, {"intensity", "amplitude"},
                 "What the dose multiplies; `amplitude` (the ICCAD-2013 contest) makes the intensity go with dose "
                 "squared."),
          numbers("process.dose", r.process.dose, positive(100),
                  "With `focus_nm`: shorthand for the full matrix of conditions, instead of `[[process.corner]]`. The "
                  "condition nearest to dose 1 and focus 0 comes first."),
          numbers("process.focus_nm", r.process.focus_nm, {-10000, 10000, false}, "See `dose`."),

          integer("ilt.iterations", r.ilt.iterations, at_least_one(100000), "Number of iterations."),

          number("verify.limits.epe_violations", r.limits.epe_violations, not_negative(1e9), "Most EPE violations."),
          number("verify.limits.epe_max_nm", r.limits.epe_max_nm, not_negative(1e9), "Largest edge placement error."),
          number("verify.limits.pvband_nm2", r.limits.pvband_nm2, not_negative(1e15), "Largest PV band."),
          number("verify.limits.l2_nm2", r.limits.l2_nm2, not_negative(1e15), "Largest L2 error."),
      },
      {
          list("process.corner", r.process.corners, corner_keys,
               "Process conditions. The first is the nominal one, whose print is compared with the target; the PV band "
               "is the union minus the intersection of the prints of all. Without any there is one: dose 1, focus 0."),
          list("gauge", r.gauges, gauge_keys, "Where critical dimensions are measured."),
      },
  };
}

/// Keys that exist in the design but not in this version: better than "unknown key".
const std::map<std::string, std::string> not_available = {{"mask.model=rigorous", "the rigorous mask model"}};

// ---------------------------------------------------------------------------------------------------------------------
// Messages.

std::string section_of(const std::string& dotted) {
  const auto dot = dotted.rfind('.');
  return dot == std::string::npos ? "" : dotted.substr(0, dot);
}

std::string leaf_of(const std::string& dotted) { return dotted.substr(dotted.rfind('.') + 1); }

/// The unit is in the name: "pixel_nm" -> " nm".
std::string unit_of(const std::string& name) {
  static const std::pair<const char*, const char*> units[] = {{"_nm2", " nm^2"}, {"_nm", " nm"}, {"_deg", " degrees"}};
  for (const auto& [suffix, unit] : units)
    if (name.ends_with(suffix)) return unit;
  return "";
}

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
    case Type::choice:
      return (key.choices.size() > 1 ? "one of \"" : "\"") + join(key.choices, "\", \"") + "\"";
    case Type::numbers:
      return (key.count > 0 ? std::to_string(key.count) : "one or more") + " numbers in brackets, each " + range;
  }
  return "";
}

std::string in_section(const std::string& section) {
  return section.empty() ? "at the top level" : "in [" + section + "]";
}

/// Levenshtein distance: the least number of letters to insert, delete or replace.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

/// How far a mistyped name is from a known one: a forgotten ending (often the unit) counts as one letter.
std::size_t name_distance(const std::string& typed, const std::string& known) {
  const std::size_t distance = edit_distance(typed, known);
  return known.starts_with(typed) || typed.starts_with(known) ? std::min<std::size_t>(distance, 1) : distance;
}

/// Every dotted name, the keys of lists included.
std::vector<std::string> all_names() {
  Recipe scratch;
  const Table t = table(scratch);
  std::vector<std::string> names;
  for (const Key& key : t.keys) names.push_back(key.name);
  for (const List& l : t.lists)
    for (const Key& key : l.append()) names.push_back(l.name + "." + key.name);
  return names;
}

[[noreturn]] void fail_unknown(const std::string& dotted, bool is_section, const Location& where) {
  const std::vector<std::string> keys = all_names();
  if (is_section) {
    std::set<std::string> sections;
    for (const std::string& key : keys)
      for (std::string s = section_of(key); !s.empty(); s = section_of(s)) sections.insert(s);
    const auto nearest = std::min_element(sections.begin(), sections.end(), [&](const auto& a, const auto& b) {
      return name_distance(dotted, a) < name_distance(dotted, b);
    });
    fail("RCP-0002", "unknown section [" + dotted + "]; the nearest known one is [" + *nearest + "]", where);
  }
  // A key of the same section is nearer than the same letters elsewhere.
  const auto distance = [&](const std::string& key) {
    return name_distance(leaf_of(dotted), leaf_of(key)) + (section_of(dotted) == section_of(key) ? 0 : 2);
  };
  const auto nearest = std::min_element(keys.begin(), keys.end(),
                                        [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  fail("RCP-0002",
       "unknown key \"" + leaf_of(dotted) + "\" " + in_section(section_of(dotted)) + "; the nearest known key is \"" +
           leaf_of(*nearest) + "\" " + in_section(section_of(*nearest)),
       where);
}

// ---------------------------------------------------------------------------------------------------------------------
// Reading.

/// Where the values of one TOML text come from.
struct Source {
  std::string name;
  bool has_lines = true;
  std::filesystem::path folder;  ///< relative paths start here

  [[nodiscard]] Location at(const toml::source_region& region) const {
    if (!has_lines) return {name};
    return {name, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
  }
};

/// The value of a node; null for what no key takes (dates, tables).
Json to_json(const toml::node& node) {
  if (const auto* v = node.as_boolean()) return v->get();
  if (const auto* v = node.as_integer()) return v->get();
  if (const auto* v = node.as_floating_point()) return v->get();
  if (const auto* v = node.as_string()) return v->get();
  if (const auto* array = node.as_array()) {
    Json values = Json::array();
    for (const toml::node& element : *array) values.push_back(element.is_array() ? Json() : to_json(element));
    return values;
  }
  return {};
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
    case Type::numbers:
      return value.is_array() && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number(); });
  }
  return false;
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
  if (key.type == Type::numbers) {
    if (key.count > 0 ? value.size() != key.count : value.empty())
      wrong("RCP-0004", "has " + std::to_string(value.size()) + " values");
    for (const Json& v : value) check_number(v.get<double>());
  }
  if (key.type == Type::choice) {
    const auto& word = value.get_ref<const std::string&>();
    if (const auto it = not_available.find(dotted + "=" + word); it != not_available.end())
      fail("RCP-0010", it->second + " is not available in this version; expected " + expectation(key), where);
    if (std::find(key.choices.begin(), key.choices.end(), word) == key.choices.end())
      wrong("RCP-0004", "= \"" + word + "\" is not known");
  }
}

class Reader {
 public:
  Reader(Recipe& recipe, const Source& source) : recipe_(recipe), table_(table(recipe)), source_(source) {}

  void read(const toml::table& node, const std::string& section = "") {
    for (const auto& [key, value] : node) {
      const std::string dotted = (section.empty() ? "" : section + ".") + std::string(key.str());
      if (const Key* known = find(table_.keys, dotted)) {
        assign(*known, dotted, value);
      } else if (const List* known_list = find(table_.lists, dotted)) {
        read_list(*known_list, value);
      } else if (is_section(dotted)) {
        if (!value.is_table())
          fail("RCP-0003", "[" + dotted + "] is a section of the recipe; expected keys below it", at(value));
        read(*value.as_table(), dotted);
      } else {
        fail_unknown(dotted, value.is_table() || value.is_array_of_tables(), source_.at(key.source()));
      }
    }
  }

 private:
  template <typename Named>
  static const Named* find(const std::vector<Named>& all, const std::string& name) {
    const auto it = std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
    return it == all.end() ? nullptr : &*it;
  }

  [[nodiscard]] bool is_section(const std::string& dotted) const {
    const auto below = [&](const auto& one) { return one.name.starts_with(dotted + "."); };
    return std::any_of(table_.keys.begin(), table_.keys.end(), below) ||
           std::any_of(table_.lists.begin(), table_.lists.end(), below);
  }

  [[nodiscard]] Location at(const toml::node& node) const { return source_.at(node.source()); }

  void assign(const Key& key, const std::string& dotted, const toml::node& node) {
    Json value = to_json(node);
    check_value(key, dotted, value, at(node));
    if (key.type == Type::path && !source_.folder.empty() && value != "")
      value = (source_.folder / value.get<std::string>()).lexically_normal().string();
    key.set(value);
    recipe_.given[dotted] = at(node);
  }

  void read_list(const List& list, const toml::node& node) {
    const toml::array* array = node.as_array();
    if (array == nullptr || (!array->empty() && !array->is_array_of_tables()))
      fail("RCP-0003", list.name + " is a list of tables; expected [[" + list.name + "]]", at(node));
    if (array->empty()) fail("RCP-0011", list.name + " is empty; expected at least one entry or no such key", at(node));
    list.clear();
    recipe_.given[list.name] = at(node);
    for (std::size_t i = 0; i < array->size(); ++i) {
      const toml::table& element = *(*array)[i].as_table();
      const std::vector<Key> keys = list.append();
      for (const auto& [key, value] : element) {
        const Key* known = find(keys, std::string(key.str()));
        if (known == nullptr) fail_unknown(list.name + "." + std::string(key.str()), false, source_.at(key.source()));
        assign(*known, list.name + "." + std::to_string(i) + "." + known->name, value);
      }
      for (const Key& key : keys)
        if (key.required && !element.contains(key.name))
          fail("RCP-0005", "[[" + list.name + "]] needs the key \"" + key.name + "\"; expected " + expectation(key),
               at(element));
    }
  }

  Recipe& recipe_;
  Table table_;
  Source source_;
};

// ---------------------------------------------------------------------------------------------------------------------
// What single keys cannot say.

void expand_shorthand(Recipe& r) {
  ProcessSection& p = r.process;
  const bool shorthand = !p.dose.empty() || !p.focus_nm.empty();
  if (shorthand && r.has("process.corner"))
    fail("RCP-0006",
         "both [[process.corner]] and the shorthand process.dose, process.focus_nm are given; expected one of them",
         r.where("process.corner"));
  if (shorthand) {
    if (p.dose.empty()) p.dose = {1};
    if (p.focus_nm.empty()) p.focus_nm = {0};
    for (const double focus : p.focus_nm)
      for (const double dose : p.dose)
        p.corners.push_back({"dose " + shortest(dose) + " focus " + shortest(focus), dose, focus, {}});
    const auto nominal = std::min_element(p.corners.begin(), p.corners.end(), [](const auto& a, const auto& b) {
      return std::pair(std::abs(a.focus_nm), std::abs(a.dose - 1)) <
             std::pair(std::abs(b.focus_nm), std::abs(b.dose - 1));
    });
    std::rotate(p.corners.begin(), nominal, nominal + 1);
    p.dose.clear();
    p.focus_nm.clear();
  }
  if (p.corners.empty()) p.corners.push_back({});
}

Location corner_place(const Recipe& r, std::size_t i, const char* key) {
  for (const std::string& name : {"process.corner." + std::to_string(i) + "." + key, std::string("process.corner"),
                                  std::string("process.dose"), std::string("process.focus_nm")})
    if (r.has(name)) return r.where(name);
  return {};
}

void check_corners(Recipe& r) {
  auto& corners = r.process.corners;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    CornerSection& c = corners[i];
    if (r.optics.kernels.empty() && !c.kernels.empty())
      fail("RCP-0006", "process corner \"" + c.name + "\" names kernels, but optics.kernels is not given",
           corner_place(r, i, "kernels"));
    if (!r.optics.kernels.empty() && c.focus_nm != 0)
      fail("RCP-0006",
           "process corner \"" + c.name +
               "\" has a focus_nm, but the optics are given kernels; expected kernels = \"defocus\" "
               "or another folder of " +
               r.optics.kernels.string(),
           corner_place(r, i, "focus_nm"));
    if (!r.optics.kernels.empty() && c.kernels.empty()) c.kernels = "focus";
    for (std::size_t j = 0; j < i; ++j) {
      if (corners[j].name == c.name)
        fail("RCP-0007", "two process corners are called \"" + c.name + "\"", corner_place(r, i, "name"));
      if (corners[j].dose == c.dose && corners[j].focus_nm == c.focus_nm && corners[j].kernels == c.kernels)
        fail("RCP-0007", "process corners \"" + corners[j].name + "\" and \"" + c.name + "\" are the same condition",
             corner_place(r, i, "name"));
    }
  }
}

void check_optics(const Recipe& r) {
  const OpticsSection& o = r.optics;
  if (r.has("optics.kernels") && o.kernels.empty())
    fail("RCP-0004", "optics.kernels is empty; expected the name of a folder", r.where("optics.kernels"));
  const std::string forms = "expected either optics.kernels, or optics.wavelength_nm and optics.na";
  if (!o.kernels.empty()) {
    for (const auto& [key, place] : r.given)
      if (key.starts_with("optics.") && key != "optics.kernels")
        fail("RCP-0006", key + " is given beside optics.kernels; " + forms, place);
    return;
  }
  if (!o.wavelength_nm && !o.na) fail("RCP-0005", "no optics; " + forms, r.where(""));
  if (!o.wavelength_nm) fail("RCP-0005", "optics.wavelength_nm is missing; " + forms, r.where("optics.na"));
  if (!o.na) fail("RCP-0005", "optics.na is missing; " + forms, r.where("optics.wavelength_nm"));
  if (*o.na >= o.immersion_index)
    fail("RCP-0004",
         "optics.na = " + shortest(*o.na) +
             " is out of range; expected less than optics.immersion_index = " + shortest(o.immersion_index),
         r.where("optics.na"));
  if (o.source.shape == SourceSection::Shape::annular && o.source.sigma_inner >= o.source.sigma_outer)
    fail("RCP-0006", "optics.source.sigma_inner is not less than sigma_outer",
         r.has("optics.source.sigma_inner") ? r.where("optics.source.sigma_inner")
                                            : r.where("optics.source.sigma_outer"));
}

void check_layout(const Recipe& r) {
  const LayoutSection& l = r.layout;
  const std::string key = l.window_nm ? "layout.window_nm" : "layout.tile_nm";
  const Box window = l.window_nm.value_or(Box{0, 0, l.tile_nm, l.tile_nm});
  if (window.width() <= 0 || window.height() <= 0)
    fail("RCP-0004", "layout.window_nm is empty; expected [x0, y0, x1, y1] with x0 < x1 and y0 < y1", r.where(key));
  for (const double side : {window.width(), window.height()}) {
    const double pixels = side / l.pixel_nm;
    if (std::abs(pixels - std::round(pixels)) > 1e-6)
      fail("RCP-0006",
           key + ": a side of " + shortest(side) + " nm is not a whole number of pixels of " + shortest(l.pixel_nm) +
               " nm",
           r.has(key) ? r.where(key) : r.where("layout.pixel_nm"));
    if (pixels > 32768)
      fail("RCP-0004",
           key + ": a side of " + shortest(side) + " nm has more than 32768 pixels of " + shortest(l.pixel_nm) + " nm",
           r.has(key) ? r.where(key) : r.where("layout.pixel_nm"));
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < r.gauges.size(); ++i)
    if (!names.insert(r.gauges[i].name).second)
      fail("RCP-0007", "two gauges are called \"" + r.gauges[i].name + "\"",
           r.where("gauge." + std::to_string(i) + ".name"));
}

toml::table parse_toml(std::string_view text, const Source& source) {
  try {
    return toml::parse(text, source.name);
  } catch (const toml::parse_error& e) {
    fail("RCP-0001", "not valid TOML: " + std::string(e.description()), source.at(e.source()));
  }
}

void apply_override(Recipe& recipe, const std::string& text) {
  const Source source{"--set " + text, false, {}};
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) fail("RCP-0009", "expected --set section.key=VALUE", {source.name});
  const std::string key = text.substr(0, equals);
  toml::table node;
  try {
    node = toml::parse(text);
  } catch (const toml::parse_error&) {
    node = parse_toml(text_override(key, text.substr(equals + 1)), source);
  }
  Reader(recipe, source).read(node);
}

}  // namespace

Recipe parse_recipe(std::string_view text, const std::string& name, const std::vector<std::string>& overrides) {
  Recipe recipe;
  const Source source{name, true, std::filesystem::path(name).parent_path()};
  recipe.given[""] = {name};
  Reader(recipe, source).read(parse_toml(text, source));
  for (const std::string& one : overrides) apply_override(recipe, one);
  expand_shorthand(recipe);
  check_layout(recipe);
  check_optics(recipe);
  check_corners(recipe);
  return recipe;
}

Recipe load_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  std::error_code ignored;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || std::filesystem::is_directory(file, ignored) || !(text << stream.rdbuf()))
    throw Error(ErrorCode::input, "RCP-0008", "the recipe cannot be read; expected a TOML file", {file.string()});
  return parse_recipe(text.str(), file.string(), overrides);
}

std::string text_override(const std::string& key, const std::string& value) {
  // JSON's escapes are a subset of TOML's.
  return key + "=" + Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// ---------------------------------------------------------------------------------------------------------------------
// Writing.

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
  if (!recipe.optics.kernels.empty())
    std::erase_if(t.keys,
                  [](const Key& key) { return key.name.starts_with("optics.") && key.name != "optics.kernels"; });
  return t;
}

Json values_of(const std::vector<Key>& keys) {
  Json values = Json::object();
  const auto same = [](Json& node) -> Json& { return node; };
  for (const Key& key : keys)
    if (Json value = key.get(); !value.is_null())
      descend(values, section_of(key.name), same)[leaf_of(key.name)] = std::move(value);
  return values;
}

/// The keys of each section, in the order of the table.
std::vector<std::pair<std::string, std::vector<Key>>> by_section(const std::vector<Key>& keys) {
  std::vector<std::pair<std::string, std::vector<Key>>> sections;
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
    case Type::choice:
      schema["enum"] = key.choices;
      break;
    case Type::numbers:
      schema = {
          {"type", "array"}, {"items", range_schema(key, "number")}, {"minItems", std::max<std::size_t>(key.count, 1)}};
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

void add_rows(std::ostream& out, const std::vector<Key>& keys) {
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
    for (const std::vector<Key>& keys : l.items()) items.push_back(values_of(keys));
    if (!items.empty())
      descend(values, section_of(l.name), [](Json& node) -> Json& { return node; })[leaf_of(l.name)] = items;
  }
  return values.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string recipe_toml(const Recipe& recipe) {
  Recipe copy = recipe;
  const Table t = used_keys(copy);
  std::ostringstream out;
  const auto add = [&](const std::string& header, const std::vector<Key>& keys) {
    std::string lines;
    for (const Key& key : keys)  // scalars and lists of numbers look the same in JSON and TOML
      if (const Json value = key.get(); !value.is_null())
        lines += leaf_of(key.name) + " = " + value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
    if (lines.empty()) return;
    out << (out.tellp() > 0 ? "\n" : "") << (header.empty() ? "" : header + "\n") << lines;
  };
  for (const auto& [section, keys] : by_section(t.keys)) add(section.empty() ? "" : "[" + section + "]", keys);
  for (const List& l : t.lists)
    for (const std::vector<Key>& keys : l.items()) add("[[" + l.name + "]]", keys);
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
         "<!-- Written by `anamorph schema --markdown`; edit the table in cpp/io/recipe.cpp instead. -->\n\n"
         "A recipe is a TOML file that says what a run is to do. Each key below may also be given on the command line "
         "as\n"
         "`--set section.key=VALUE`. Lengths are in nm on the wafer; the unit is part of the key's name. An unknown "
         "key is\n"
         "an error. Relative file names are relative to the recipe, those of `--set` to the current directory.\n";
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
