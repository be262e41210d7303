// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

// How many fields a wafer has and how long a scanner needs for them. Lengths are in mm, on the wafer.

namespace anamorph {

/// Exposures of a wafer: fields on a regular grid, placed so that as many dies as possible are whole.
struct WaferMap {
  int exposures = 0;       ///< fields that touch the usable circle; what throughput is paid for
  int whole_fields = 0;    ///< fields that lie within it
  int dies = 0;            ///< dies that lie within it
  int dies_per_field = 0;  ///< of a field, or of a stitched pair of fields
  bool stitched = false;   ///< a die takes two half fields of different masks
  double field_x_mm = 0;   ///< the part of the field that dies fill
  double field_y_mm = 0;
  double strip_mm = 0;        ///< height of the strip that stitching takes from the area of a die
  double die_area_share = 0;  ///< area of whole dies over that of the usable circle
  double offset_x_mm = 0;     ///< the grid's corner from the wafer's centre
  double offset_y_mm = 0;
};

/// What keeps the scan from being faster.
enum class SpeedLimit {
  dose,          ///< the light: more power would speed it up
  wafer_stage,   ///< top speed
  mask_stage,    ///< top speed
  acceleration,  ///< a faster scan would lose more in turning round than it wins
};

/// One pass of a wafer through a scanner.
struct WaferTime {
  double scan_speed_mm_s = 0;  ///< of the wafer
  SpeedLimit limit = SpeedLimit::dose;
  double scan_s = 0;  ///< of a field: its height and the slit's at that speed
  double turn_s = 0;  ///< of a field: stop, step, start, settle
  double field_s = 0;
  double wafer_s = 0;          ///< all fields, exchange and alignment
  double wafers_per_hour = 0;  ///< while the scanner runs
};

}  // namespace anamorph
