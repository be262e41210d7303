// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <vector>

namespace anamorph {

/// A homogeneous film. Index n + ik with k >= 0: waves go with exp(-i omega t).
struct Film {
  std::complex<double> index = 1;
  double thickness_nm = 0;
};

/// Plane films between two half spaces. Light comes from above and travels towards +z, down into the wafer.
struct FilmStack {
  double index_above = 1;              ///< 1 (vacuum) or an immersion liquid; no absorption
  std::vector<Film> films = {};        ///< top first; none is allowed
  std::complex<double> substrate = 1;  ///< index of the half space below
};

/// Amplitudes are ratios of the electric field parallel to the films: E_s, and for p its component in the plane of
/// incidence. r_p and r_s are therefore equal at normal incidence (in Born and Wolf's convention r_p has the other
/// sign), and r_p = (eps_1 kz_2 - eps_2 kz_1) / (eps_1 kz_2 + eps_2 kz_1) at a single interface. r belongs to the top
/// of the uppermost film, t to the top of the substrate.
struct FilmResponse {
  std::complex<double> r_s, r_p, t_s, t_p;
  double reflectance_s = 0, reflectance_p = 0;      ///< powers, normal to the films
  double transmittance_s = 0, transmittance_p = 0;  ///< power that enters the substrate
};

/// Reflection and transmission of a whole stack at k_t / k_0 = `sine` = index_above sin(theta), 0 <= sine <
/// index_above. Parratt's recursion (Phys. Rev. 95, 359 (1954)): only decaying exponentials occur, so no thickness
/// overflows.
///
/// Throws Error{recipe} for an index that is 0 or has n < 0 or k < 0, a negative or infinite thickness, a wavelength
/// that is not positive, or a sine out of range.
[[nodiscard]] FilmResponse film_response(const FilmStack& stack, double wavelength_nm, double sine);

/// The electric field at one depth, for an incident plane wave of unit amplitude and phase 0 at the top of the
/// uppermost film. With light towards +z, the factor exp(i k_t x + i k_z z - i omega t) and x along the lateral
/// propagation direction, the incident field is E_s = 1 (s), or E = (cos theta, 0, -sin theta) (p). In a homogeneous
/// medium s, p_lateral, p_normal are exp(i k_z z) times 1, cos theta, -sin theta.
struct FilmField {
  std::complex<double> s;
  std::complex<double> p_lateral;  ///< E_x of the p wave
  std::complex<double> p_normal;   ///< E_z of the p wave
};

/// The field inside film number `film` (0 = top) at `depth_nm` below its upper side, 0 .. its thickness. `film` may
/// also be the number of films: the substrate, depth >= 0.
///
/// Throws Error{recipe} as film_response, and for a film or depth outside the stack.
[[nodiscard]] FilmField field_in_film(const FilmStack& stack, int film, double depth_nm, double wavelength_nm,
                                      double sine);

}  // namespace anamorph
