// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "optics_models/source.hpp"

namespace anamorph {

/// A source by its shape.
struct Illumination {
  enum class Shape { conventional, annular, dipole_x, dipole_y, quasar, crossquad };

  Shape shape = Shape::conventional;
  double sigma_inner = 0;
  double sigma_outer = 0.9;
  double opening_deg = 0;  ///< of each sector, full angle

  /// Lit share of the pupil.
  [[nodiscard]] double pupil_fill() const noexcept;
  /// Whether it lights a direction.
  [[nodiscard]] bool lights(double sx, double sy) const noexcept;
  [[nodiscard]] Source source(double step) const;
  /// "dipole x 0.55-0.90, 90 deg".
  [[nodiscard]] std::string str() const;

  bool operator==(const Illumination&) const = default;
};

/// The shapes that a search begins with: radii in steps of 0.1, openings of 30, 45, 60, 90 and 120 degrees, as far as
/// they light at least this share of the pupil.
[[nodiscard]] std::vector<Illumination> illuminations(double pupil_fill_min);

/// Those around one, half a step away in one parameter.
[[nodiscard]] std::vector<Illumination> neighbours(const Illumination& illumination, double pupil_fill_min);

}  // namespace anamorph
