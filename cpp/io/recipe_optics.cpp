// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/recipe_optics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/io/npy.hpp"
#include "optics_models/materials.hpp"

namespace anamorph {
namespace {

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// Place of a key, else of the table that it belongs to, else of what is given first in there.
Location place_of(const Recipe& recipe, const std::string& key) {
  for (std::string place = key;; place.resize(place.rfind('.'))) {
    if (recipe.has(place)) return recipe.where(place);
    Location first;
    for (const auto& [given, where] : recipe.given)
      if (given.starts_with(place + ".") && (first.file.empty() || where.line < first.line)) first = where;
    if (!first.file.empty()) return first;
    if (place.find('.') == std::string::npos) return recipe.where("");
  }
}

/// Calls make(); an error of the models, whose message starts with the name of a parameter, gets the place of the key.
template <typename Make>
auto located(const Recipe& recipe, const std::string& section, const Make& make) {
  try {
    return make();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::recipe || !error.where().file.empty()) throw;
    const std::string what = error.what();
    throw Error(error.code(), error.id(), section + ": " + what,
                place_of(recipe, section + "." + what.substr(0, what.find_first_of(" :"))));
  }
}

/// Calls make(), which uses what a file holds; an error of the models is then one of the file.
template <typename Make>
auto from_file(const std::filesystem::path& file, const Make& make) {
  try {
    return make();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::recipe) throw;
    throw Error(ErrorCode::input, error.id(), error.what(), {file.string()});
  }
}

[[noreturn]] void fail(const Recipe& recipe, const char* id, const std::string& key, const std::string& message) {
  throw Error(ErrorCode::recipe, id, message, recipe.where(recipe.has(key) ? key : ""));
}

/// [count][y][x] as `count` images.
template <typename T>
std::vector<Image<T>> images(const NpyArray<T>& array, int count, const std::filesystem::path& file) {
  if (array.shape.size() != 3 || array.shape[0] != count)
    throw Error(ErrorCode::input, "RCP-0015", "an array [" + std::to_string(count) + "][y][x] expected", {file.string()});
  std::vector<Image<T>> result;
  for (int i = 0; i < count; ++i) {
    Image<T>& image = result.emplace_back(array.shape[1], array.shape[2]);
    std::copy_n(array.values.begin() + static_cast<std::ptrdiff_t>(i * image.size()), image.size(), image.begin());
  }
  return result;
}

std::vector<double> sector_centres(SourceSection::Shape shape) {
  using std::numbers::pi;
  if (shape == SourceSection::Shape::dipole) return {0, pi};
  const double first = shape == SourceSection::Shape::quasar ? pi / 4 : 0;
  return {first, first + pi / 2, first + pi, first + 3 * pi / 2};
}

Source plain_source(const SourceSection& s, double step) {
  using Shape = SourceSection::Shape;
  switch (s.shape) {
    case Shape::conventional:
      return disc_source(s.sigma, step);
    case Shape::annular:
      return annular_source(s.sigma_inner, s.sigma_outer, step);
    case Shape::dipole:
    case Shape::quasar:
    case Shape::crossquad:
      return sector_source(s.sigma_inner, s.sigma_outer, sector_centres(s.shape), radians(*s.opening_deg), step);
    case Shape::point:
      return point_source(s.position.x, s.position.y);
    case Shape::poles: {
      std::vector<SourcePole> poles;
      for (const PoleSection& p : s.poles) poles.push_back({p.centre.x, p.centre.y, p.radius, p.brightness});
      return pole_source(poles, step);
    }
    case Shape::image:
      return from_file(s.file, [&] { return image_source(read_npy(s.file), step); });
  }
  return {};
}

/// Whether the source shines in a direction, for the facets.
std::function<bool(double, double)> lit_by(const SourceSection& s) {
  using Shape = SourceSection::Shape;
  const auto in_ring = [s](double x, double y) {
    const double sigma = std::hypot(x, y);
    return sigma >= s.sigma_inner && sigma <= s.sigma_outer;
  };
  switch (s.shape) {
    case Shape::conventional:
      return [s](double x, double y) { return std::hypot(x, y) <= s.sigma; };
    case Shape::annular:
      return in_ring;
    case Shape::dipole:
    case Shape::quasar:
    case Shape::crossquad:
      return [s, in_ring](double x, double y) {
        const auto centres = sector_centres(s.shape);
        return in_ring(x, y) && std::any_of(centres.begin(), centres.end(), [&](double centre) {
                 return std::abs(std::remainder(std::atan2(y, x) - centre, 2 * std::numbers::pi)) <= radians(*s.opening_deg) / 2;
               });
      };
    case Shape::poles:
      return [s](double x, double y) {
        return std::any_of(s.poles.begin(), s.poles.end(), [&](const PoleSection& p) {
          return std::hypot(x - p.centre.x, y - p.centre.y) <= p.radius;
        });
      };
    case Shape::image: {
      const Image<double> map = read_npy(s.file);
      return [map](double x, double y) {
        const auto pixel = [](double u, int n) { return std::clamp(static_cast<int>((u + 1) / 2 * n), 0, n - 1); };
        return map(pixel(y, map.ny()), pixel(x, map.nx())) > 0;
      };
    }
    case Shape::point:
      break;
  }
  return [](double, double) { return false; };
}

void set_polarisation(const SourceSection& s, Source& source) {
  using P = SourceSection::Polarised;
  if (s.polarisation == P::map) {
    const auto maps = images(read_npy_real(s.polarisation_map), 3, s.polarisation_map);
    from_file(s.polarisation_map, [&] { polarise(source, maps[0], maps[1], maps[2]); });
    return;
  }
  const PolarisationState states[] = {PolarisationState::none, PolarisationState::x, PolarisationState::y,
                                      PolarisationState::te, PolarisationState::tm};
  polarise(source, states[static_cast<int>(s.polarisation)], s.polarisation_degree);
}

/// A rule for the mean over a normal distribution of standard deviation 1, of functions that go like exp(i phase x) at
/// most: Gauss-Hermite, exact to degree 9, while that is good to 1e-4, and else equal steps, small enough that no alias
/// of such a wave has more than 1e-6 of the weight. `key` is what the phase comes from.
std::vector<std::pair<double, double>> normal_rule(double phase, const char* key) {
  if (phase > 100)
    throw Error(ErrorCode::recipe, "RCP-0017",
                std::string(key) + ": the focus varies by " + std::to_string(phase) +
                    " rad of phase between the middle and the edge of the pupil; expected at most 100");
  if (phase <= 1)
    return {{-2.8569700138728056, 0.011257411327720691},
            {-1.3556261799742659, 0.22207592200561266},
            {0, 0.53333333333333333},
            {1.3556261799742659, 0.22207592200561266},
            {2.8569700138728056, 0.011257411327720691}};
  constexpr double reach = 5.5;
  const int half = static_cast<int>(std::ceil(reach * (phase + reach) / (2 * std::numbers::pi)));
  std::vector<std::pair<double, double>> rule;
  double sum = 0;
  for (int i = -half; i <= half; ++i) {
    const double x = reach * i / half;
    rule.emplace_back(x, std::exp(-x * x / 2));
    sum += rule.back().second;
  }
  for (auto& [node, weight] : rule) weight /= sum;
  return rule;
}

/// By how much a shift of focus parts the phases of the pupil's middle and edge, 1/nm.
double phase_per_focus(const Projection& p) {
  const double sine = p.na / p.immersion_index;
  return 2 * std::numbers::pi * p.immersion_index / p.wavelength_nm * (1 - std::sqrt(1 - sine * sine));
}

/// Orthonormal bases are made on the pupil as it is, so they come after its amplitude.
void add_zernikes(const OpticsSection& o, Pupil& pupil) {
  if (o.zernike_basis == OpticsSection::ZernikeBasis::fringe || o.zernike_nm.empty()) {
    for (const auto& [term, nm] : o.zernike_nm) pupil.wavefront_nm.add(nm, fringe_zernike(term));
    return;
  }
  const int terms = o.zernike_nm.rbegin()->first;
  const auto power = [&](double px, double py) { return std::pow(pupil.amplitude(px, py), 2); };
  const auto basis = o.zernike_basis == OpticsSection::ZernikeBasis::annular ? annular_zernikes(terms, o.obscuration)
                                                                             : orthonormal_zernikes(terms, power);
  for (const auto& [term, nm] : o.zernike_nm) pupil.wavefront_nm.add(nm, basis[static_cast<std::size_t>(term - 1)]);
}

Pupil pupil_of(const Recipe& recipe) {
  const OpticsSection& o = recipe.optics;
  Pupil pupil;
  pupil.obscuration = o.obscuration;
  pupil.apodisation = o.apodisation;
  const auto add = [&](const std::filesystem::path& file, const auto& read) {
    if (file.empty()) return;
    read();
    from_file(file, [&] { pupil.validate(); });
  };
  add(o.transmission, [&] { pupil.transmission = read_npy(o.transmission); });
  add(o.wavefront, [&] { pupil.wavefront_map_nm = read_npy(o.wavefront); });
  add(o.jones, [&] { pupil.jones = images(read_npy_complex(o.jones), 4, o.jones); });
  add_zernikes(o, pupil);
  return pupil;
}

std::complex<double> index_of(const FilmSection& film, double wavelength_nm) {
  return film.material.empty() ? std::complex<double>(film.n.value_or(1), film.k.value_or(0))
                               : refractive_index(film.material, wavelength_nm);
}

}  // namespace

std::optional<Scanner> scanner_of(const Recipe& recipe) {
  if (recipe.optics.scanner.empty()) return std::nullopt;
  return find_scanner(recipe.optics.scanner);
}

std::optional<ImagePlanes> planes_of(const Recipe& recipe) {
  if (recipe.films.empty()) return std::nullopt;
  return located(recipe, "film", [&] {
    ImagePlanes planes;
    planes.stack.index_above = recipe.optics.immersion_index;
    for (std::size_t i = 0; i < recipe.films.size(); ++i) {
      const FilmSection& film = recipe.films[i];
      const std::string key = "film." + std::to_string(i);
      if (film.material.empty() == !film.n) fail(recipe, "RCP-0016", "film", key + ": expected either material, or n and k");
      const bool substrate = i + 1 == recipe.films.size();
      if (substrate == film.thickness_nm.has_value())
        fail(recipe, "RCP-0016", substrate ? key + ".thickness_nm" : "film",
             key + ": expected a thickness_nm for every film but the last, which is the substrate");
      const std::complex<double> index =
          located(recipe, key + ".material", [&] { return index_of(film, *recipe.optics.wavelength_nm); });
      if (substrate) {
        planes.stack.substrate = index;
      } else {
        planes.stack.films.push_back({index, *film.thickness_nm});
      }
      if (film.resist) {
        if (substrate || !planes.depth_nm.empty())
          fail(recipe, "RCP-0016", key + ".resist", key + ".resist: expected true in one film with a thickness");
        planes.film = static_cast<int>(i);
        for (int p = 0; p < recipe.optics.image_planes; ++p)
          planes.depth_nm.push_back((p + 0.5) / recipe.optics.image_planes * *film.thickness_nm);
      }
    }
    if (planes.depth_nm.empty()) fail(recipe, "RCP-0016", "film", "film: expected resist = true in one film with a thickness");
    return std::optional(planes);
  });
}

Projection projection_of(const Recipe& recipe) {
  const OpticsSection& o = recipe.optics;
  return located(recipe, "optics", [&] {
    Projection p{.wavelength_nm = *o.wavelength_nm,
                 .na = *o.na,
                 .immersion_index = o.immersion_index,
                 .radiometric = o.radiometric,
                 .magnification_x = o.magnification_x,
                 .magnification_y = o.magnification_y,
                 .vector = o.vector,
                 .pupil = pupil_of(recipe),
                 .planes = planes_of(recipe)};
    if (o.bandwidth_nm > 0) {
      const double sigma = o.bandwidth_nm / (2 * std::sqrt(2 * std::numbers::ln2));
      const double phase = std::abs(sigma * o.chromatic_focus) * phase_per_focus(p);
      for (const auto& [node, weight] : normal_rule(phase, "chromatic_focus"))
        p.spectrum.push_back({*o.wavelength_nm + node * sigma, weight, node * sigma * o.chromatic_focus});
    }
    if (o.focus_blur_nm > 0)
      for (const auto& [node, weight] : normal_rule(o.focus_blur_nm * phase_per_focus(p), "focus_blur_nm"))
        p.focus_blur.push_back({node * o.focus_blur_nm, weight});
    p.validate();
    return p;
  });
}

Source source_of(const Recipe& recipe, double step) {
  const SourceSection& s = recipe.optics.source;
  if (s.shape == SourceSection::Shape::point && std::hypot(s.position.x, s.position.y) > 1)
    fail(recipe, "RCP-0004", "optics.source.position",
         "optics.source.position lies outside of the pupil; expected x^2 + y^2 of at most 1");
  return located(recipe, "optics.source", [&] {
    Source source = s.facets > 0 ? facet_source(s.facets, s.facet_fill / s.facets, step, lit_by(s)) : plain_source(s, step);
    const double slit = recipe.optics.slit_position * recipe.optics.slit_azimuth_deg;
    // A map belongs to the source as drawn and turns with it; x and y are axes of the wafer, unless the slit turns all.
    const bool mapped = s.polarisation == SourceSection::Polarised::map;
    if (mapped) set_polarisation(s, source);
    source = rotated(std::move(source), radians(s.rotation_deg));
    if (!mapped) set_polarisation(s, source);
    return rotated(std::move(source), radians(slit));
  });
}

Source source_of(const Recipe& recipe, const Projection& projection, double period_x_nm, double period_y_nm) {
  const Source coarse = source_of(recipe, 0.1);
  const auto terms = located(recipe, "optics.source", [&] { return CoherentTerms(projection, coarse.points); });
  if (recipe.optics.source.step) return source_of(recipe, *recipe.optics.source.step);
  const double area = std::max(coarse.pupil_fill * std::numbers::pi, 1e-4);
  return source_of(recipe, suggested_source_step(projection, area, terms.per_point(), period_x_nm, period_y_nm));
}

namespace {

ScatterRange scatter_range(const Recipe& recipe) {
  const OpticsSection& o = recipe.optics;
  if (o.flare_outer_um <= o.flare_inner_um)
    fail(recipe, "RCP-0004", recipe.has("optics.flare_outer_um") ? "optics.flare_outer_um" : "optics.flare_inner_um",
         "optics.flare_outer_um = " + std::to_string(o.flare_outer_um) + ": more than optics.flare_inner_um = " +
             std::to_string(o.flare_inner_um) + " expected");
  return {*o.wavelength_nm, *o.na, o.flare_inner_um * 1e3, o.flare_outer_um * 1e3};
}

std::vector<Mirror> mirrors_of(const Recipe& recipe, const ScatterRange& range) {
  std::vector<Mirror> mirrors;
  for (const MirrorSection& m : recipe.optics.mirrors) {
    Mirror mirror{"", std::cos(radians(m.incidence_deg)), m.footprint_mm * 1e6, {}};
    const double low = mirror_frequency(mirror, range, range.inner_nm);
    const double high = std::min(mirror_frequency(mirror, range, range.outer_nm), 1 / range.wavelength_nm);
    mirror.psd.terms.push_back(k_correlation_of_rms(m.rms_nm, low, high, m.correlation_um * 1e3, m.exponent));
    // Figure: from one period on the footprint to where the flare begins. High: up to what still turns light aside.
    const double whole = std::min(1 / (2 * mirror.footprint_nm), low / 10);
    if (m.figure_rms_nm > 0) mirror.psd.bands.push_back(band_of_rms(m.figure_rms_nm, whole, low, m.exponent));
    if (m.high_rms_nm > 0) mirror.psd.bands.push_back(band_of_rms(m.high_rms_nm, high, 1 / range.wavelength_nm, m.exponent));
    mirrors.push_back(std::move(mirror));
  }
  return mirrors;
}

}  // namespace

std::optional<ScatterKernel> scatter_of(const Recipe& recipe) {
  if (recipe.optics.mirrors.empty()) return std::nullopt;
  return located(recipe, "optics.mirror", [&] {
    const ScatterRange range = scatter_range(recipe);
    return std::optional<ScatterKernel>(std::in_place, mirrors_of(recipe, range), range);
  });
}

std::optional<ScatterBudget> scatter_budget_of(const Recipe& recipe) {
  if (recipe.optics.mirrors.empty()) return std::nullopt;
  return located(recipe, "optics.mirror", [&] {
    const ScatterRange range = scatter_range(recipe);
    return std::optional(scatter_budget(mirrors_of(recipe, range), range));
  });
}

double flare_of(const Recipe& recipe) {
  const auto scatter = scatter_of(recipe);
  return scatter ? scatter->total() : recipe.optics.flare;
}

SocsOptions socs_options(const Recipe& recipe, int threads) {
  const OpticsSection& o = recipe.optics;
  return {o.image_error, o.energy, o.max_kernels, threads, {}};
}

std::vector<std::filesystem::path> optics_files(const Recipe& recipe) {
  const OpticsSection& o = recipe.optics;
  std::vector<std::filesystem::path> files{o.kernels, o.transmission, o.wavefront, o.jones, o.source.file,
                                           o.source.polarisation_map};
  if (o.scanner.ends_with(".csv")) files.push_back(o.scanner);
  std::erase_if(files, [](const auto& path) { return path.empty(); });
  return files;
}

}  // namespace anamorph
