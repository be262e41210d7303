// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe_checks.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "cpp/io/metrics_json.hpp"
#include "cpp/io/optics_report.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "cpp/io/recipe_table.hpp"
#include "optics_models/projection.hpp"
#include "optics_models/scanner.hpp"

namespace anamorph::recipe_keys {

bool belongs_to_a_lens(const std::string& key) {
  return key.starts_with("optics.") && key != "optics.kernels" && key != "optics.boundary";
}

namespace {

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
        p.corners.push_back({"dose " + shortest(dose) + " focus " + shortest(focus), dose, focus, {}, {}, true});
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

/// Names are parts of the keys in metrics.json, where one value would replace the other.
void expect_other_key(const std::string& what, const std::string& name, const std::string& other, const Location& at) {
  if (name == other) fail("RCP-0007", "two " + what + " are called \"" + name + "\"", at);
  if (metric_key(name) == metric_key(other))
    fail("RCP-0007",
         "the " + what + " \"" + other + "\" and \"" + name + "\" would both be \"" + metric_key(name) +
             "\" in metrics.json; expected other names",
         at);
}

void check_corners(Recipe& r) {
  auto& corners = r.process.corners;
  if (std::none_of(corners.begin(), corners.end(), [](const CornerSection& c) { return c.pvband; }))
    fail("RCP-0013", "no process corner takes part in the PV band; expected pvband = true in at least one",
         corner_place(r, 0, "pvband"));
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
    if (c.depth_nm) {
      const auto resist = std::find_if(r.films.begin(), r.films.end(), [](const FilmSection& f) { return f.resist; });
      if (resist == r.films.end())
        fail("RCP-0006", "process corner \"" + c.name + "\" has a depth_nm; it needs a [[film]] with resist = true",
             corner_place(r, i, "depth_nm"));
      if (*c.depth_nm > resist->thickness_nm.value_or(0))
        fail("RCP-0004",
             "depth_nm = " + shortest(*c.depth_nm) + " of process corner \"" + c.name +
                 "\" is out of range; expected from 0 to the resist's thickness_nm = " +
                 shortest(resist->thickness_nm.value_or(0)),
             corner_place(r, i, "depth_nm"));
    }
    for (std::size_t j = 0; j < i; ++j) {
      expect_other_key("process corners", c.name, corners[j].name, corner_place(r, i, "name"));
      if (corners[j].dose == c.dose && corners[j].focus_nm == c.focus_nm && corners[j].depth_nm == c.depth_nm &&
          corners[j].kernels == c.kernels)
        fail("RCP-0007", "process corners \"" + corners[j].name + "\" and \"" + c.name + "\" are the same condition",
             corner_place(r, i, "name"));
    }
  }
}

void check_optics(const Recipe& r) {
  const OpticsSection& o = r.optics;
  if (r.has("optics.kernels") && o.kernels.empty())
    fail("RCP-0004", "optics.kernels is empty; expected the name of a folder", r.where("optics.kernels"));
  const std::string forms = "expected optics.kernels, or optics.scanner, or optics.wavelength_nm and optics.na";
  if (!o.kernels.empty()) {
    for (const auto& [key, place] : r.given)
      if (belongs_to_a_lens(key)) fail("RCP-0006", key + " is given beside optics.kernels; " + forms, place);
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
  // Keys that would have no effect, or need another.
  // What the file gives for one choice may stay when --set makes another.
  const auto from_command_line = [](const Location& place) { return place.file.starts_with("--set"); };
  const bool changed = std::any_of(r.given.begin(), r.given.end(), [&](const auto& one) {
    return (one.first.starts_with("optics.") || one.first == "film") && from_command_line(one.second);
  });
  const auto needs = [&](const std::string& key, bool condition, const std::string& what) {
    if (r.has(key) && !condition && (!changed || from_command_line(r.where(key))))
      fail("RCP-0006", key + " is given; it needs " + what, r.where(key));
  };
  using Shape = SourceSection::Shape;
  const SourceSection& s = o.source;
  const bool sectors = s.shape == Shape::dipole || s.shape == Shape::quasar || s.shape == Shape::crossquad;
  needs("optics.source.pole", s.shape == Shape::poles, "optics.source.shape = \"poles\"");
  needs("optics.source.file", s.shape == Shape::image, "optics.source.shape = \"image\"");
  needs("optics.source.position", s.shape == Shape::point, "optics.source.shape = \"point\"");
  needs("optics.source.opening_deg", sectors, "a source of sectors: shape = \"dipole\", \"quasar\" or \"crossquad\"");
  needs("optics.source.sigma", s.shape == Shape::conventional, "optics.source.shape = \"conventional\"");
  for (const char* key : {"optics.source.sigma_inner", "optics.source.sigma_outer"})
    needs(key, sectors || s.shape == Shape::annular, "a ring or its sectors as optics.source.shape");
  needs("optics.source.facets", s.facets == 0 || s.shape != Shape::point, "a source with an area");
  if (s.polarisation != SourceSection::Polarised::none)
    needs("optics.source.polarisation", o.vector, "optics.vector = true");
  needs("optics.source.polarisation_map", s.polarisation == SourceSection::Polarised::map,
        "optics.source.polarisation = \"map\"");
  needs("optics.jones", o.vector, "optics.vector = true");
  needs("film", o.vector, "optics.vector = true");
  needs("optics.flare", o.flare == 0 || o.mirrors.empty(), "no [[optics.mirror]]");
  needs("optics.flare_density", o.flare > 0 || !o.mirrors.empty(), "optics.flare or [[optics.mirror]]");
  needs("optics.chromatic_focus", o.chromatic_focus == 0 || o.bandwidth_nm > 0, "optics.bandwidth_nm");
  if (s.shape == Shape::image && s.file.empty())
    fail("RCP-0005", "optics.source.file is missing; expected the name of an .npy file",
         r.where("optics.source.shape"));
  if (s.polarisation == SourceSection::Polarised::map && s.polarisation_map.empty())
    fail("RCP-0005", "optics.source.polarisation_map is missing; expected the name of an .npy file",
         r.where("optics.source.polarisation"));
  if (s.shape == Shape::poles && s.poles.empty())
    fail("RCP-0005", "a source of poles has none; expected [[optics.source.pole]]", r.where("optics.source.shape"));
  // The models know their own ranges; what needs no file is tried here, so that a dry run finds it too.
  if (s.shape != Shape::image && s.polarisation != SourceSection::Polarised::map) static_cast<void>(source_of(r, 0.2));
  static_cast<void>(planes_of(r));
  static_cast<void>(scatter_of(r));
}

/// The scanner's numbers for the keys that the recipe leaves open.
void apply_scanner(Recipe& r) {
  if (r.optics.scanner.empty()) return;
  const Location place = r.where("optics.scanner");
  if (r.optics.scanner.ends_with(".csv") && !place.file.starts_with("--set"))
    r.optics.scanner = (std::filesystem::path(place.file).parent_path() / r.optics.scanner).lexically_normal().string();
  const Scanner scanner = [&] {
    try {
      return find_scanner(r.optics.scanner);
    } catch (const Error& error) {
      if (!error.where().file.empty()) throw;
      throw Error(error.code(), error.id(), std::string("optics.scanner: ") + error.what(), place);
    }
  }();
  const Table t = table(r);
  for (const ScannerQuantity& quantity : scanner.quantities) {
    const std::string dotted = "optics." + quantity.name;
    const auto key = std::find_if(t.keys.begin(), t.keys.end(), [&](const Key& one) { return one.name == dotted; });
    static const std::set<std::string> on_request{"optics.flare", "optics.bandwidth_nm"};
    if (key == t.keys.end() || r.has(dotted) || on_request.contains(dotted)) continue;
    check_value(*key, dotted, Json(quantity.value), {r.optics.scanner});
    key->set(Json(quantity.value));
  }
}

/// Openings of sectors, unless given.
void choose_opening(SourceSection& s) {
  using Shape = SourceSection::Shape;
  if (s.opening_deg) return;
  if (s.shape == Shape::dipole) s.opening_deg = 90;
  if (s.shape == Shape::quasar || s.shape == Shape::crossquad) s.opening_deg = 30;
}

void check_layout(const Recipe& r) {
  const LayoutSection& l = r.layout;
  if (l.window_nm && (l.window_nm->width() <= 0 || l.window_nm->height() <= 0))
    fail("RCP-0004", "layout.window_nm is empty; expected [x0, y0, x1, y1] with x0 < x1 and y0 < y1",
         r.where("layout.window_nm"));
  std::map<std::string, std::string> names;  // by their keys
  for (std::size_t i = 0; i < r.gauges.size(); ++i) {
    const std::string& name = r.gauges[i].name;
    if (const auto [other, fresh] = names.try_emplace(metric_key(name), name); !fresh)
      expect_other_key("gauges", name, other->second, r.where("gauge." + std::to_string(i) + ".name"));
  }
}

/// Lengths that were found good at 193 nm go with the resolution of a shorter wavelength, unless they are given.
void scale_to_resolution(Recipe& r) {
  if (!r.optics.kernels.empty()) return;
  const double resolution = *r.optics.wavelength_nm / *r.optics.na, scale = resolution / 140;
  const auto shrink = [&](const char* key, double& value, double factor) {
    if (!r.has(key) && factor < 1) value *= factor;
  };
  shrink("epe.interval_nm", r.epe.interval_nm, scale);
  shrink("epe.end_nm", r.epe.end_nm, scale);
  shrink("epe.tolerance_nm", r.epe.tolerance_nm, scale);
  shrink("ilt.grid_nm", r.ilt.grid_nm, scale);
  // Assist features must stay well below what prints.
  const double width = 0.15 * resolution;
  shrink("mask.rules.min_width_nm", r.mask.rules.min_width_nm, width / r.mask.rules.min_width_nm);
  shrink("mask.rules.min_space_nm", r.mask.rules.min_space_nm, width / r.mask.rules.min_space_nm);
  shrink("mask.rules.min_area_nm2", r.mask.rules.min_area_nm2, 2 * width * width / r.mask.rules.min_area_nm2);
  shrink("ilt.schedule.control_blur_nm", r.ilt.schedule.control_blur_nm, width / 11);
}

void check_verify(const Recipe& r) {
  if (r.limits.epe_share_percent && !r.limits.epe_nm)
    fail("RCP-0006", "verify.limits.epe_share_percent is given; it needs verify.limits.epe_nm",
         r.where("verify.limits.epe_share_percent"));
  for (const char* key : {"mask.layers", "mask.assist_layers"})
    if (r.has(key) && r.mask.file.empty())
      fail("RCP-0006", std::string(key) + " is given; it needs mask.file", r.where(key));
}

/// The range in which a window is looked for, and what its keys need.
void choose_window(Recipe& r) {
  WindowSection& w = r.window;
  if (w.budget_mask_nm > 0 && w.meef_delta_nm == 0)
    fail("RCP-0006", "window.budget.mask_nm is given; it needs window.meef_delta_nm above 0",
         r.where("window.budget.mask_nm"));
  if (!r.optics.kernels.empty() || !w.focus_nm.empty()) return;
  constexpr int side = 7;
  const double step = depth_of_focus_nm(*r.optics.wavelength_nm, *r.optics.na, r.optics.immersion_index) / (2 * side);
  const double whole = step > 2 ? std::round(step) : step;
  for (int i = -side; i <= side; ++i) w.focus_nm.push_back(i * whole);
}

/// Ranges of the twin's inputs that go with the resolution, and its terms.
void choose_twin(Recipe& r) {
  TwinSection& t = r.twin;
  std::sort(t.zernikes.begin(), t.zernikes.end());
  if (std::adjacent_find(t.zernikes.begin(), t.zernikes.end()) != t.zernikes.end())
    fail("RCP-0004", "twin.zernikes names a term twice; expected each once", r.where("twin.zernikes"));
  if (!r.optics.kernels.empty()) return;
  if (!t.zernike_range_nm) t.zernike_range_nm = 0.015 * *r.optics.wavelength_nm;
  if (!t.mask_bias_nm) t.mask_bias_nm = *r.optics.wavelength_nm / *r.optics.na / 40;
}

/// Pixels of the optimisation, unless given: of up to the default, but not below the layout's, and as many as fit the
/// window.
void choose_ilt_grid(Recipe& r) {
  if (r.has("ilt.grid_nm")) return;
  const LayoutSection& l = r.layout;
  const Box window = l.window_nm.value_or(Box{0, 0, l.tile_nm, l.tile_nm});
  const auto nx = std::lround(window.width() / l.pixel_nm), ny = std::lround(window.height() / l.pixel_nm);
  long factor = std::max(1L, static_cast<long>(std::floor(r.ilt.grid_nm / l.pixel_nm * (1 + 1e-9))));
  while (nx % factor != 0 || ny % factor != 0) --factor;
  r.ilt.grid_nm = static_cast<double>(factor) * l.pixel_nm;
}

}  // namespace

void use_scanner(Recipe& r, const std::string& scanner, const Location& where) {
  r.optics.scanner = scanner;
  r.given["optics.scanner"] = where;
  // What another data file may have left behind.
  Recipe fresh;
  const Table from = table(fresh), to = table(r);
  for (const std::string& quantity : scanner_quantities()) {
    const std::string dotted = "optics." + quantity;
    for (std::size_t i = 0; i < to.keys.size(); ++i)
      if (to.keys[i].name == dotted && !r.has(dotted))
        if (const Json value = from.keys[i].get(); !value.is_null()) to.keys[i].set(value);
  }
  apply_scanner(r);
  check_optics(r);
}

void complete(Recipe& r) {
  expand_shorthand(r);
  // A study's own optics are those of its first scanner, so that other verbs can read its recipe too.
  const OpticsSection& o = r.optics;
  if (!r.compare.scanners.empty() && o.kernels.empty() && o.scanner.empty() && !o.wavelength_nm && !o.na) {
    r.optics.scanner = r.compare.scanners.front().scanner;
    r.given["optics.scanner"] = r.where("compare.scanner.0.scanner");
  }
  choose_opening(r.optics.source);
  if (r.optics.kernels.empty()) apply_scanner(r);
  check_layout(r);
  check_optics(r);
  check_corners(r);
  scale_to_resolution(r);
  choose_ilt_grid(r);
  choose_window(r);
  check_verify(r);
  choose_twin(r);
}

}  // namespace anamorph::recipe_keys
