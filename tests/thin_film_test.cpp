// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "optics_models/thin_film.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"
#include "optics_models/materials.hpp"

namespace anamorph {
namespace {

using std::numbers::pi;
using Complex = std::complex<double>;

constexpr double euv = 13.5;
constexpr double arf = 193.368;

double rad(double degrees) { return degrees * pi / 180; }

// ---------------------------------------------------------------------------------------------------------------------
// Closed forms

TEST(ThinFilm, FresnelAtOneInterface) {
  const double n1 = 1.437;
  for (const Complex n2 : {Complex(1.7, 0.03), Complex(0.883, 2.778), Complex(2.1, 0), Complex(1.0, 0)}) {
    for (const double degrees : {0.0, 10.0, 30.0, 60.0, 80.0}) {
      const double sine = n1 * std::sin(rad(degrees));
      const double c1 = std::cos(rad(degrees));
      Complex c2 = std::sqrt(1.0 - sine * sine / (n2 * n2));
      if ((n2 * c2).imag() < 0) c2 = -c2;
      const FilmResponse response = film_response({.index_above = n1, .substrate = n2}, arf, sine);
      EXPECT_NEAR(std::abs(response.r_s - (n1 * c1 - n2 * c2) / (n1 * c1 + n2 * c2)), 0, 1e-14);
      EXPECT_NEAR(std::abs(response.r_p - (n1 * c2 - n2 * c1) / (n1 * c2 + n2 * c1)), 0, 1e-14);
      EXPECT_NEAR(std::abs(response.t_s - 2 * n1 * c1 / (n1 * c1 + n2 * c2)), 0, 1e-14);
      // The lateral part of a p wave is its field times the cosine.
      EXPECT_NEAR(std::abs(response.t_p - 2 * n1 * c1 / (n2 * c1 + n1 * c2) * c2 / c1), 0, 1e-13);
      EXPECT_NEAR(response.reflectance_s + response.transmittance_s, 1, 1e-13);
      EXPECT_NEAR(response.reflectance_p + response.transmittance_p, 1, 1e-13);
    }
  }
}

TEST(ThinFilm, NoReflectionAtBrewstersAngle) {
  const double n = 1.56;
  const double sine = std::sin(std::atan(n));
  const FilmResponse response = film_response({.substrate = n}, arf, sine);
  EXPECT_NEAR(std::abs(response.r_p), 0, 1e-15);
  EXPECT_GT(std::abs(response.r_s), 0.3);
}

TEST(ThinFilm, BothPolarisationsAreOneAtNormalIncidence) {
  const FilmStack stack{.films = {{{1.7, 0.03}, 90}, {{1.82, 0.34}, 77}}, .substrate = {0.883, 2.778}};
  const FilmResponse response = film_response(stack, arf, 0);
  EXPECT_NEAR(std::abs(response.r_s - response.r_p), 0, 1e-15);
  const FilmField field = field_in_film(stack, 0, 33, arf, 0);
  EXPECT_NEAR(std::abs(field.s - field.p_lateral), 0, 1e-15);
  EXPECT_EQ(field.p_normal, 0.0);
}

TEST(ThinFilm, QuarterWaveCoating) {
  const double n = 1.5;
  const double film = std::sqrt(n);
  const FilmStack matched{.films = {{film, arf / (4 * film)}}, .substrate = n};
  EXPECT_NEAR(film_response(matched, arf, 0).reflectance_s, 0, 1e-30);
  const double high = 2.3;
  const FilmStack mirror{.films = {{high, arf / (4 * high)}}, .substrate = n};
  const double r = (n - high * high) / (n + high * high);
  EXPECT_NEAR(film_response(mirror, arf, 0).reflectance_s, r * r, 1e-14);
  // A half-wave film is not seen.
  const FilmStack half{.films = {{high, arf / (2 * high)}}, .substrate = n};
  EXPECT_NEAR(film_response(half, arf, 0).reflectance_s, std::pow((n - 1) / (n + 1), 2), 1e-14);
}

TEST(ThinFilm, ATransparentStackLosesNothing) {
  FilmStack stack{.index_above = 1.437, .substrate = 1.56};
  for (int i = 0; i < 7; ++i) stack.films.push_back({i % 2 == 0 ? 2.1 : 1.3, 20.0 + 13 * i});
  for (const double sine : {0.0, 0.4, 0.93, 1.2, 1.35, 1.42}) {  // the films of 1.3 are beyond their critical angle
    const FilmResponse response = film_response(stack, arf, sine);
    EXPECT_NEAR(response.reflectance_s + response.transmittance_s, 1, 1e-12) << sine;
    EXPECT_NEAR(response.reflectance_p + response.transmittance_p, 1, 1e-12) << sine;
  }
  stack.substrate = 1.0;
  EXPECT_NEAR(film_response(stack, arf, 1.2).reflectance_s, 1, 1e-12);
  EXPECT_EQ(film_response(stack, arf, 1.2).transmittance_s, 0.0);
}

TEST(ThinFilm, BeerLambertInAMatchedAbsorber) {
  const double alpha = 4.4e-3;  // per nm
  const Complex n(1, alpha * euv / (4 * pi));
  const FilmStack stack{.films = {{n, 40}}, .substrate = n};
  const double top = std::norm(field_in_film(stack, 0, 0, euv, 0).s);
  for (const double z : {5.0, 17.0, 40.0})
    EXPECT_NEAR(std::norm(field_in_film(stack, 0, z, euv, 0).s) / top, std::exp(-alpha * z), 1e-14);
  EXPECT_NEAR(std::norm(field_in_film(stack, 1, 100, euv, 0).s) / top, std::exp(-alpha * 140), 1e-14);
}

TEST(ThinFilm, ThickFilmsNeitherOverflowNorMatter) {
  const Film metal{{0.5, 5}, 1e6};
  const FilmStack thick{.films = {metal, {1.5, 100}, metal}, .substrate = 2};
  const FilmStack bulk{.substrate = metal.index};
  for (const double sine : {0.0, 0.7, 0.999}) {
    const FilmResponse a = film_response(thick, arf, sine);
    const FilmResponse b = film_response(bulk, arf, sine);
    EXPECT_NEAR(std::abs(a.r_s - b.r_s), 0, 1e-15);
    EXPECT_NEAR(std::abs(a.r_p - b.r_p), 0, 1e-15);
    EXPECT_EQ(a.transmittance_s, 0.0);
    EXPECT_TRUE(std::isfinite(std::abs(field_in_film(thick, 2, 9e5, arf, sine).p_normal)));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Multilayers of EUV masks and mirrors; values of an independent program, constants as printed in its tables

const Complex mo(.9238, .006435), si(.999, .001826), ru(.8863, .01706), mosi2(.9693, .004333), rusi(.9099, .01547),
    sio2(.978, .01083);

/// Davydova et al., Proc. SPIE 8886, 888612 (2013).
FilmStack reference_blank() {
  FilmStack stack{.films = {{ru, 2.5}, {rusi, 0.8}}, .substrate = sio2};
  for (int i = 0; i < 40; ++i)
    stack.films.insert(stack.films.end(), {{si, 2.283}, {mosi2, 1.661}, {mo, 2.052}, {mosi2, 1.045}});
  stack.films.pop_back();
  return stack;
}

FilmStack ideal_mirror(int pairs) {
  FilmStack stack{.substrate = sio2};
  for (int i = 0; i < pairs; ++i) stack.films.insert(stack.films.end(), {{si, 0.6 * 6.95}, {mo, 0.4 * 6.95}});
  return stack;
}

TEST(ThinFilm, ReferenceBlank) {
  const FilmStack stack = reference_blank();
  const struct {
    double degrees, s, p;
  } cases[] = {{0, .605978, .605978},  {5.355, .638654, .632008}, {6, .644533, .636192}, {8, .658636, .642946},
               {10, .655366, .625038}, {12, .597160, .526618},    {15, .110190, .048803}};
  for (const auto& [degrees, s, p] : cases) {
    const FilmResponse response = film_response(stack, euv, std::sin(rad(degrees)));
    EXPECT_NEAR(response.reflectance_s, s, 1e-6) << degrees;
    EXPECT_NEAR(response.reflectance_p, p, 1e-6) << degrees;
  }
}

TEST(ThinFilm, IdealMolybdenumSilicon) {
  const double sine = std::sin(rad(6));
  EXPECT_NEAR(film_response(ideal_mirror(10), euv, sine).reflectance_s, .314162, 1e-6);
  EXPECT_NEAR(film_response(ideal_mirror(20), euv, sine).reflectance_s, .606085, 1e-6);
  EXPECT_NEAR(film_response(ideal_mirror(40), euv, sine).reflectance_s, .730251, 1e-6);
  EXPECT_NEAR(film_response(ideal_mirror(60), euv, sine).reflectance_s, .738474, 1e-6);
  FilmStack capped = ideal_mirror(40);
  capped.films.insert(capped.films.begin(), {ru, 2.5});
  EXPECT_NEAR(film_response(capped, euv, sine).reflectance_s, .738056, 1e-6);
}

// ---------------------------------------------------------------------------------------------------------------------
// Field inside

TEST(ThinFilm, FieldInAHomogeneousMedium) {
  const double n = 1.437;
  const FilmStack stack{.index_above = n, .films = {{n, 70}}, .substrate = n};
  for (const double sine : {0.0, 0.5, 1.35}) {
    const double sin = sine / n;
    const double cos = std::sqrt(1 - sin * sin);
    for (const double z : {0.0, 21.0, 70.0}) {
      const Complex wave = std::polar(1.0, 2 * pi * n / arf * cos * z);
      const FilmField field = field_in_film(stack, 0, z, arf, sine);
      EXPECT_NEAR(std::abs(field.s - wave), 0, 1e-14);
      EXPECT_NEAR(std::abs(field.p_lateral - cos * wave), 0, 1e-14);
      EXPECT_NEAR(std::abs(field.p_normal + sin * wave), 0, 1e-14);
    }
  }
}

TEST(ThinFilm, FieldIsContinuousAtInterfaces) {
  const FilmStack stack{.index_above = 1.437,
                        .films = {{1.53, 30}, {{1.7, 0.03}, 90}, {{1.82, 0.34}, 77}, {1.3, 40}},
                        .substrate = {0.883, 2.778}};
  for (const double sine : {0.0, 0.6, 1.3, 1.35}) {  // 1.3 is the critical angle of the last film
    const double tolerance = sine == 1.3 ? 1e-7 : 1e-13;
    const FilmResponse response = film_response(stack, arf, sine);
    const double cosine = std::sqrt(1 - std::pow(sine / stack.index_above, 2));
    const FilmField top = field_in_film(stack, 0, 0, arf, sine);
    EXPECT_NEAR(std::abs(top.s - (1.0 + response.r_s)), 0, tolerance);
    EXPECT_NEAR(std::abs(top.p_lateral - cosine * (1.0 + response.r_p)), 0, tolerance);
    // D_z above: -sin theta (1 - r_p) times the permittivity.
    EXPECT_NEAR(std::abs(top.p_normal * stack.films[0].index * stack.films[0].index +
                         sine / stack.index_above * (1.0 - response.r_p) * std::pow(stack.index_above, 2)),
                0, tolerance);
    for (int i = 0; i < 4; ++i) {
      const Film& film = stack.films[static_cast<std::size_t>(i)];
      const Complex next = i == 3 ? stack.substrate : stack.films[static_cast<std::size_t>(i) + 1].index;
      const FilmField above = field_in_film(stack, i, film.thickness_nm, arf, sine);
      const FilmField below = field_in_film(stack, i + 1, 0, arf, sine);
      EXPECT_NEAR(std::abs(above.s - below.s), 0, tolerance);
      EXPECT_NEAR(std::abs(above.p_lateral - below.p_lateral), 0, tolerance);
      EXPECT_NEAR(std::abs(film.index * film.index * above.p_normal - next * next * below.p_normal), 0, tolerance);
    }
    const FilmField bottom = field_in_film(stack, 4, 0, arf, sine);
    EXPECT_NEAR(std::abs(bottom.s - response.t_s), 0, 1e-14);
    EXPECT_NEAR(std::abs(bottom.p_lateral - cosine * response.t_p), 0, 1e-14);
  }
}

// What a film absorbs, n k times |E|^2 integrated, is what the powers lack.
TEST(ThinFilm, AbsorptionFollowsTheField) {
  const Film film{{1.7, 0.08}, 90};
  const double n0 = 1.437;
  const FilmStack stack{.index_above = n0, .films = {film}, .substrate = 1.56};
  const double sine = 1.2;
  const double cosine = std::sqrt(1 - std::pow(sine / n0, 2));
  double s = 0, p = 0;
  const int steps = 4000;
  for (int i = 0; i < steps; ++i) {
    const FilmField field = field_in_film(stack, 0, (i + 0.5) * film.thickness_nm / steps, arf, sine);
    s += std::norm(field.s);
    p += std::norm(field.p_lateral) + std::norm(field.p_normal);
  }
  // Power density (omega / 2) Im(eps) |E|^2 over the incoming flux n0 cos |E|^2 / (2 Z_0).
  const double scale = film.thickness_nm / steps * 2 * pi / arf * (film.index * film.index).imag() / (n0 * cosine);
  const FilmResponse response = film_response(stack, arf, sine);
  EXPECT_NEAR(s * scale, 1 - response.reflectance_s - response.transmittance_s, 1e-7);
  EXPECT_NEAR(p * scale, 1 - response.reflectance_p - response.transmittance_p, 1e-7);
}

TEST(ThinFilm, StandingWavePeriodIsHalfAWave) {
  const double n = 1.7;
  const FilmStack stack{.films = {{n, 300}}, .substrate = {0.883, 2.778}};
  const double period = arf / (2 * n);
  const auto intensity = [&](double z) { return std::norm(field_in_film(stack, 0, z, arf, 0).s); };
  for (const double z : {3.0, 50.0, 111.0}) {
    EXPECT_NEAR(intensity(z + period), intensity(z), 1e-12);
    EXPECT_GT(std::abs(intensity(z + period / 2) - intensity(z)), 1e-2);
  }
}

TEST(ThinFilm, RefusesImpossibleStacks) {
  EXPECT_THROW((void)film_response({.substrate = {1, -0.1}}, arf, 0), Error);
  EXPECT_THROW((void)film_response({.substrate = 0}, arf, 0), Error);
  EXPECT_THROW((void)film_response({.films = {{1.5, -1}}}, arf, 0), Error);
  EXPECT_THROW((void)film_response({}, 0, 0), Error);
  EXPECT_THROW((void)film_response({}, arf, 1), Error);
  EXPECT_THROW((void)film_response({}, arf, -0.1), Error);
  EXPECT_THROW((void)film_response({}, arf, std::nan("")), Error);
  EXPECT_THROW((void)field_in_film({.films = {{1.5, 10}}}, 2, 0, arf, 0), Error);
  EXPECT_THROW((void)field_in_film({.films = {{1.5, 10}}}, 0, 10.1, arf, 0), Error);
  EXPECT_THROW((void)field_in_film({.films = {{1.5, 10}}}, -1, 0, arf, 0), Error);
}

// ---------------------------------------------------------------------------------------------------------------------
// Materials

TEST(Materials, ShippedConstants) {
  EXPECT_EQ(refractive_index("Mo", 13.5), mo);
  EXPECT_EQ(refractive_index("Si", 13.5), si);
  EXPECT_EQ(refractive_index("Ru", 13.5), ru);
  EXPECT_EQ(refractive_index("MoSi2", 13.5), mosi2);
  EXPECT_EQ(refractive_index("RuSi", 13.5), rusi);
  EXPECT_EQ(refractive_index("SiO2", 13.5), sio2);
  EXPECT_EQ(refractive_index("Ta", 13.5), Complex(.9567, .0343));
  EXPECT_EQ(refractive_index("Ru_PTB", 13.5), Complex(.88889, .01557));
  EXPECT_EQ(refractive_index("TaBN_PTB", 13.5), Complex(.95048, .03176));
  EXPECT_EQ(refractive_index("Si", arf), Complex(.883, 2.778));
  EXPECT_EQ(refractive_index("water", arf), Complex(1.437, 0));
  EXPECT_EQ(refractive_index("vacuum", 42), Complex(1, 0));
  for (const Material& material : shipped_materials()) {
    EXPECT_FALSE(material.source.empty()) << material.name;
    EXPECT_EQ(material.index.size(), material.wavelength_nm.size());
  }
}

// The tabulated films are near the constants in use; a table with k and 1 - n exchanged would not be.
TEST(Materials, SourcesAgreeRoughly) {
  for (const char* name : {"Mo", "Si", "Ru", "MoSi2", "SiO2", "Ta"})
    EXPECT_LT(std::abs(refractive_index(std::string(name) + "_Henke", 13.5) - refractive_index(name, 13.5)), 4e-4)
        << name;
}

TEST(Materials, LinearBetweenTheWavelengths) {
  const auto materials = parse_materials(
      "# source a: here\nmaterial,wavelength_nm,n,k\na,10,0.9,0.01\na,12,0.8,0.03\n# source b: "
      "there\nb,1,1,0\na,20,1,0\n",
      "t");
  ASSERT_EQ(materials.size(), 3u);
  EXPECT_EQ(materials[0].source, "here");
  EXPECT_NEAR(std::abs(refractive_index("a", 10.5, materials) - Complex(0.875, 0.015)), 0, 1e-15);
  EXPECT_EQ(refractive_index("a", 10, materials), Complex(0.9, 0.01));
  EXPECT_EQ(refractive_index("a", 12, materials), Complex(0.8, 0.03));
  EXPECT_EQ(refractive_index("a", 20 * (1 + 1e-15), materials), Complex(1, 0));
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.id() + ' ' + error.what();
  }
  return {};
}

TEST(Materials, OutsideTheTableIsAnError) {
  const std::string range = refusal([] { (void)refractive_index("Mo", 13.6); });
  EXPECT_NE(range.find("MAT-0003"), std::string::npos);
  for (const char* part : {"'Mo'", "13.6 nm", "13.5 nm", "Mo_Henke", "Mo_PTB"})
    EXPECT_NE(range.find(part), std::string::npos) << range;
  EXPECT_NE(refusal([] { (void)refractive_index("Mo_Henke", 15); }).find("12.4 .. 14.8 nm"), std::string::npos);
  EXPECT_NE(refusal([] { (void)refractive_index("Mo_Henke", std::nan("")); }).find("MAT-0003"), std::string::npos);
  const std::string name = refusal([] { (void)refractive_index("Unobtainium", 13.5); });
  EXPECT_NE(name.find("MAT-0002"), std::string::npos);
  EXPECT_NE(name.find("Ta_PTB"), std::string::npos) << name;
}

TEST(Materials, RefusesBadTables) {
  const std::string head = "# source a: here\nmaterial,wavelength_nm,n,k\n";
  for (const char* rows : {"a,1,1", "a,1,1,0,0", "a,1,1,x", "a,1,1,-1", "a,1,-1,0", "a,1,0,0", "a,0,1,0", ",1,1,0", "a",
                           "b,1,1,0", "a,2,1,0\na,1,1,0", "a,2,1,0\na,2,1,0", "a,1,nan,0", "a,1,1e999,0", "# source x"})
    EXPECT_NE(refusal([&] { (void)parse_materials(head + rows, "t"); }).find("MAT-0001"), std::string::npos) << rows;
  EXPECT_NE(refusal([&] {
              (void)parse_materials(head + "a,1,1,0\na,3,1,0\n# source b: x\nb,1,1,0\na,2,1,0\n", "t");
            }).find("overlap"),
            std::string::npos);
  EXPECT_NE(refusal([&] { (void)parse_materials("a,1,1,0", "t"); }).find("heading"), std::string::npos);
  EXPECT_NE(refusal([&] { (void)parse_materials("", "t"); }).find("heading"), std::string::npos);
}

}  // namespace
}  // namespace anamorph
