// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/thin_film.hpp"

#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

using Complex = std::complex<double>;

void require(bool condition, const std::string& key, const char* range, double value) {
  if (!condition)
    throw Error(ErrorCode::recipe, "FLM-0001", key + " = " + std::to_string(value) + ": " + range + " expected");
}

void require_index(const std::string& key, Complex index) {
  require(std::isfinite(index.imag()) && index.imag() >= 0, key + ", imaginary part", "at least 0", index.imag());
  require(std::isfinite(index.real()) && index.real() >= 0, key + ", real part", "at least 0", index.real());
  require(std::abs(index) > 0, key, "not 0", 0);
}

void require_valid(const FilmStack& stack, double wavelength_nm, double sine) {
  require(std::isfinite(wavelength_nm) && wavelength_nm > 0, "wavelength_nm", "a positive number", wavelength_nm);
  require(std::isfinite(stack.index_above) && stack.index_above > 0, "index_above", "a positive number",
          stack.index_above);
  require(sine >= 0 && sine < stack.index_above, "sine", "at least 0, less than index_above", sine);
  for (std::size_t i = 0; i < stack.films.size(); ++i) {
    const std::string key = "films[" + std::to_string(i) + "]";
    require_index(key + " index", stack.films[i].index);
    const double thickness = stack.films[i].thickness_nm;
    require(std::isfinite(thickness) && thickness >= 0, key + " thickness_nm", "at least 0", thickness);
  }
  require_index("substrate", stack.substrate);
}

/// k_z / k_0 of the wave that travels or decays towards +z. Where it vanishes (a film exactly at its critical angle)
/// the waves down and up coincide; a value off by 1e-8 keeps them apart and the result good to 1e-8.
Complex normal_cosine(Complex index, double sine) {
  constexpr double least = 1e-8;
  Complex kz = std::sqrt((index - sine) * (index + sine));
  if (kz.imag() < 0) kz = -kz;
  return std::abs(kz) < least ? Complex(least) : kz;
}

enum class Polarised { s, p };

/// Magnetic over electric field of a wave towards +z, both parallel to the films, up to a common factor.
Complex admittance(Polarised polarised, Complex index, Complex kz) {
  return polarised == Polarised::s ? kz : index * index / kz;
}

/// One polarisation in one stack. Medium 0 is above, 1 .. n are the films, n + 1 is the substrate; amplitudes are those
/// of the electric field parallel to the films.
class Recursion {
 public:
  Recursion(const FilmStack& stack, double wavelength_nm, double sine, Polarised polarised)
      : media_(stack.films.size() + 2) {
    const double k0 = 2 * std::numbers::pi / wavelength_nm;
    const auto set = [&](Medium& medium, Complex index, double thickness) {
      medium.kz = normal_cosine(index, sine);
      medium.admittance = admittance(polarised, index, medium.kz);
      medium.wave_number = k0 * medium.kz;
      medium.thickness = thickness;
      medium.passage = std::exp(Complex(0, 1) * medium.wave_number * thickness);
    };
    set(media_.front(), stack.index_above, 0);
    for (std::size_t j = 0; j < stack.films.size(); ++j)
      set(media_[j + 1], stack.films[j].index, stack.films[j].thickness_nm);
    set(media_.back(), stack.substrate, 0);

    // Upwards: all that lies below an interface acts as one reflection.
    for (std::size_t j = media_.size() - 1; j-- > 0;) {
      const Complex sum = media_[j].admittance + media_[j + 1].admittance;
      const Complex r = (media_[j].admittance - media_[j + 1].admittance) / sum;
      const Complex below = media_[j + 1].reflection * media_[j + 1].passage * media_[j + 1].passage;
      media_[j].reflection = (r + below) / (1.0 + r * below);
      media_[j + 1].entering = 2.0 * media_[j].admittance / sum / (1.0 + r * below);
    }
    // Downwards: the wave towards +z at the top of each medium.
    media_.front().down = 1;
    for (std::size_t j = 0; j + 1 < media_.size(); ++j)
      media_[j + 1].down = media_[j].down * media_[j].passage * media_[j + 1].entering;
  }

  [[nodiscard]] Complex reflection() const { return media_.front().reflection; }
  [[nodiscard]] Complex transmission() const { return media_.back().down; }
  /// Share of the power that enters the substrate.
  [[nodiscard]] double transmittance() const {
    return std::norm(transmission()) * media_.back().admittance.real() / media_.front().admittance.real();
  }

  /// The waves down and up at a depth below the top of a medium.
  struct Waves {
    Complex down;
    Complex up;
  };
  [[nodiscard]] Waves waves(std::size_t medium, double depth) const {
    const Medium& m = media_[medium];
    const Complex i(0, 1);
    const bool substrate = medium + 1 == media_.size();
    return {m.down * std::exp(i * m.wave_number * depth),
            substrate ? Complex(0)
                      : m.down * m.passage * m.reflection * std::exp(i * m.wave_number * (m.thickness - depth))};
  }
  [[nodiscard]] Complex kz(std::size_t medium) const { return media_[medium].kz; }

 private:
  struct Medium {
    Complex kz;  // k_z / k_0
    Complex admittance;
    Complex wave_number;  // k_z
    double thickness = 0;
    Complex passage;     // exp(i k_z thickness)
    Complex reflection;  // up / down at the bottom of the medium
    Complex entering;    // down at the top / down at the bottom of the medium above
    Complex down;        // at the top
  };
  std::vector<Medium> media_;
};

}  // namespace

FilmResponse film_response(const FilmStack& stack, double wavelength_nm, double sine) {
  require_valid(stack, wavelength_nm, sine);
  const Recursion s(stack, wavelength_nm, sine, Polarised::s);
  const Recursion p(stack, wavelength_nm, sine, Polarised::p);
  return {.r_s = s.reflection(),
          .r_p = p.reflection(),
          .t_s = s.transmission(),
          .t_p = p.transmission(),
          .reflectance_s = std::norm(s.reflection()),
          .reflectance_p = std::norm(p.reflection()),
          .transmittance_s = s.transmittance(),
          .transmittance_p = p.transmittance()};
}

FilmField field_in_film(const FilmStack& stack, int film, double depth_nm, double wavelength_nm, double sine) {
  require_valid(stack, wavelength_nm, sine);
  const int count = static_cast<int>(stack.films.size());
  require(film >= 0 && film <= count, "film", "0 .. number of films", film);
  const double thickness = film < count ? stack.films[static_cast<std::size_t>(film)].thickness_nm : HUGE_VAL;
  require(depth_nm >= 0 && depth_nm <= thickness && std::isfinite(depth_nm), "depth_nm", "0 .. thickness of the film",
          depth_nm);

  const auto medium = static_cast<std::size_t>(film) + 1;
  const Recursion s(stack, wavelength_nm, sine, Polarised::s);
  const Recursion p(stack, wavelength_nm, sine, Polarised::p);
  const auto [s_down, s_up] = s.waves(medium, depth_nm);
  const auto [p_down, p_up] = p.waves(medium, depth_nm);
  const double cosine = std::sqrt((1 - sine / stack.index_above) * (1 + sine / stack.index_above));
  // E is normal to k: k_t E_x + k_z E_z = 0 down, k_t E_x - k_z E_z = 0 up.
  return {.s = s_down + s_up,
          .p_lateral = cosine * (p_down + p_up),
          .p_normal = -cosine * sine / p.kz(medium) * (p_down - p_up)};
}

}  // namespace anamorph
