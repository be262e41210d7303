// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/measure/gauge.hpp"

namespace anamorph {

/// A dimension that a pattern must hold. The gauge measures a feature of the printed tone; what counts may be the gap
/// beside it (between line ends), which is as far off as the feature is.
struct StudyGauge {
  Gauge gauge;
  double critical_nm = 0;  ///< the dimension that counts
};

/// A periodic piece of layout with its gauges; the first gauge sets the dose.
struct StudyPattern {
  std::string name;     ///< "lines vertical 32"
  std::string family;   ///< "lines vertical": the patterns of a curve through pitch
  double pitch_nm = 0;  ///< 0: none
  Box tile;             ///< one period
  std::vector<Polygon> shapes;
  bool openings = true;  ///< what the shapes are on the mask; otherwise absorber
  bool bright = true;    ///< the features measured are where the resist sees more than its threshold
  std::vector<StudyGauge> gauges;
  bool strip = false;          ///< nothing varies along the tile's short side, which no order but 0 passes
  bool shared_source = false;  ///< one source and one dose for all patterns of the family, as in one layer
};

enum class PatternKind { lines, contacts, staggered_contacts, line_ends, tip_to_tip, two_bar, metal, vias, sram };

/// What the patterns of a study are made from. Dimensions in terms of the pitch p.
struct PatternSpec {
  PatternKind kind = PatternKind::lines;
  double pitch_nm = 32;
  double cd_nm = 0;      ///< of lines and contacts; 0: p / 2
  double gap_nm = 0;     ///< between line ends; 0: 3 p for line ends, p for tip-to-tip and in the clips
  bool vertical = true;  ///< lines along y, their pitch along x; otherwise all is turned by 90 degrees
  bool bright = true;    ///< the shapes are openings and print bright; otherwise absorber, and print dark
};

/// The pattern of a specification:
///
///   lines               equal lines and spaces
///   contacts            squares on a square array
///   staggered_contacts  squares on a hexagonal array: rows p sqrt(3) / 2 apart, every other one moved by p / 2
///   line_ends           dense lines, five pitches long, whose ends face each other over a wide gap
///   tip_to_tip          the same over a narrow gap
///   two_bar             two lines alone in six pitches
///   metal               four tracks of a routing layer: lines of several lengths, whose ends do not align
///   vias                nine of the twenty places of a 5 x 4 grid
///   sram                a bit cell's gate level: neighbouring lines are cut half a cell apart
///
/// Throws Error{recipe} for a width or gap that does not fit the pitch.
[[nodiscard]] StudyPattern make_pattern(const PatternSpec& spec, const std::string& family);

/// The drawn edges that a gauge's cut meets, as places along it in nm from the gauge's point: the feature's own, low <
/// 0 and high > 0, and the next ones beyond, across the gaps. Infinite where there is none within two tiles. Edges over
/// which a shape goes on in the next period do not count.
struct CutSpan {
  double low = 0;
  double high = 0;
  double next_low = 0;
  double next_high = 0;
};
[[nodiscard]] CutSpan cut_span(const std::vector<Polygon>& shapes, const Box& tile, const Gauge& gauge);

/// The shapes with the edges of each gauge's feature moved outwards, each by half of bias_nm[gauge]: edges as a whole,
/// which have to be parallel to an axis. Throws Error{recipe} when a feature or a gap would vanish.
[[nodiscard]] std::vector<Polygon> biased(const StudyPattern& pattern, const std::vector<double>& bias_nm);

}  // namespace anamorph
