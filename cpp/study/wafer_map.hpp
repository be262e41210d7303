// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <compare>

// How many exposures and dies a wafer has. Lengths are in mm, on the wafer; areas in mm^2.

namespace anamorph {

/// What a wafer map is made of.
struct WaferPlan {
  double diameter_mm = 300;
  double edge_exclusion_mm = 2;  ///< ring without usable area
  /// A field is exposed if it holds a whole die, or if more than this share of it lies in the usable circle: what is
  /// left of dies at the edge is printed as well, because etch and polish want an even pattern. At 0 all fields are
  /// exposed that touch the circle, at 1 those only that hold a whole die.
  double edge_field_share = 0;
  double die_x_mm = 0;  ///< with its scribe line
  double die_y_mm = 0;
  double field_x_mm = 26;  ///< the largest field of the scanner
  double field_y_mm = 33;
  double stitch_strip_mm = 0;   ///< height of the strip that both halves of a stitched die print
  double stitch_border_mm = 0;  ///< on each side of the strip, kept free of critical shapes

  friend bool operator==(const WaferPlan&, const WaferPlan&) = default;
  friend auto operator<=>(const WaferPlan&, const WaferPlan&) = default;
};

/// Exposures of a wafer: fields on a regular grid, placed so that as many dies as possible are whole and, of those
/// places, where exposures are fewest.
struct WaferMap {
  int exposures = 0;       ///< of one layer, both halves of stitched dies counted
  int whole_fields = 0;    ///< exposures that lie within the usable circle
  int dies = 0;            ///< dies that lie within it
  int dies_per_field = 0;  ///< of a field, or of a stitched pair of fields
  bool stitched = false;   ///< a die takes two fields of different masks, one above the other
  double field_x_mm = 0;   ///< the part of the scanner's field that is used
  double field_y_mm = 0;
  double die_area_share = 0;   ///< usable area of whole dies over the area of the usable circle
  double lost_area_share = 0;  ///< of a die, by stitching: strip and borders
  double offset_x_mm = 0;      ///< a corner of the grid from the wafer's centre
  double offset_y_mm = 0;

  [[nodiscard]] int masks() const noexcept { return stitched ? 2 : 1; }
};

/// The map. As many dies as fit go into a field; a die that is higher than the field, but not than two of them less the
/// strip, is stitched. Places are searched at steps of a quarter of a mm at most over a half period in x and y (the
/// rest is its mirror image); the best place is known to that step. Throws Error{recipe}: sizes that are not positive,
/// a die that does not fit, no usable area.
[[nodiscard]] WaferMap wafer_map(const WaferPlan& plan);

/// Area of the part of the rectangle [x0, x1] x [y0, y1] that lies in the circle of that radius around 0, in closed
/// form.
[[nodiscard]] double area_in_circle(double x0, double y0, double x1, double y1, double radius);

}  // namespace anamorph
