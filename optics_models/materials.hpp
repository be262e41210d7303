// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <string>
#include <string_view>
#include <vector>

namespace anamorph {

/// Optical constants of one material over one range of wavelengths (in vacuum). A material known in several ranges,
/// like silicon in the extreme and the deep ultraviolet, has an entry for each.
struct Material {
  std::string name;
  std::string source;                       ///< where the numbers come from
  std::vector<double> wavelength_nm;        ///< ascending; at least one
  std::vector<std::complex<double>> index;  ///< n + ik, k >= 0
};

/// Reads a table of materials, comma-separated:
///     # source NAME: where the numbers come from
///     material,wavelength_nm,n,k
///     NAME,13.5,0.9238,0.006435
/// Other lines that begin with # are comments. Lines of one name that follow each other, with growing wavelength, are
/// one entry; the same name farther down is another range. Every material needs its source line, before its numbers.
/// `file` is named in errors.
///
/// Throws Error{input} with the place: a line that is not of this form, n < 0, k < 0 or n = k = 0, no source,
/// wavelengths that do not grow, ranges of one name that overlap.
[[nodiscard]] std::vector<Material> parse_materials(std::string_view text, const std::string& file);

/// The materials that come with the library (optics_models/materials).
[[nodiscard]] const std::vector<Material>& shipped_materials();

/// n + ik of the material of that name, linear between the wavelengths of its table.
/// Throws Error{recipe} for a name that is not there, and for a wavelength outside the table, with the ranges that are.
[[nodiscard]] std::complex<double> refractive_index(std::string_view name, double wavelength_nm,
                                                    const std::vector<Material>& materials = shipped_materials());

}  // namespace anamorph
