// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"

// What is wrong with a mask or its print, place by place, and the figures of a whole layout. Everything here can be
// added up: the findings of a layout are the sum of those of its tiles. docs/theory/verify.md defines each kind.

namespace anamorph {

enum class FindingKind {
  epe,         ///< the nominal edge is too far from the target's; value: signed EPE, nm (NaN: no edge)
  line_end,    ///< the end of a line pulls back too far in some condition; value: the pull-back, nm (NaN: no edge)
  pinch,       ///< a feature prints too narrow, or is broken (0); value: width, nm
  bridge,      ///< two features come too close, or join (0); value: the gap, nm
  missing,     ///< a feature of which nothing prints; value: its area, nm^2
  extra,       ///< something prints that is no feature; value: its area, nm^2
  assist,      ///< the same, and an assist feature is what prints
  pv_band,     ///< the edge moves too far over the conditions; value: by how much, nm (NaN: lost in one of them)
  mask_width,  ///< value: nm
  mask_space,  ///< value: nm
  mask_area    ///< value: nm^2
};
inline constexpr std::size_t finding_kinds = 11;

/// "epe", "line_end", ...
[[nodiscard]] const char* kind_name(FindingKind kind) noexcept;
/// The kind of that name; throws Error{input} for another word.
[[nodiscard]] FindingKind kind_of(const std::string& name);
/// "nm" or "nm2".
[[nodiscard]] const char* kind_unit(FindingKind kind) noexcept;
/// Whether a smaller value is worse.
[[nodiscard]] bool wants_large(FindingKind kind) noexcept;

/// A finding. The place decides to which tile it belongs; a line or a box shows it.
struct Finding {
  FindingKind kind = FindingKind::epe;
  Point at_nm;
  Point from_nm, to_nm;  ///< a line or, if `box`, opposite corners
  bool box = false;
  double value = 0;
  double limit = 0;
  double severity = 0;        ///< 1 at the limit, more beyond it; comparable within a kind
  int condition = -1;         ///< where it is worst; -1: of the mask itself
  std::uint64_t pattern = 0;  ///< equal for findings with equal surroundings, in any of 8 orientations
};

/// Worst first; ties by place, so that the order is that of no tile.
[[nodiscard]] bool worse(const Finding& a, const Finding& b) noexcept;

/// Edge placement over many sites.
struct EpeStatistics {
  static constexpr double bin_nm = 0.25;

  long sites = 0;
  long no_edge = 0;       ///< sites without a printed edge in reach; they count as over any limit
  long over = 0;          ///< beyond the limit
  long violations = 0;    ///< beyond the tolerance
  double max_abs_nm = 0;  ///< of the edges found, as all that follows
  double sum_abs_nm = 0;
  double sum_nm = 0;
  double sum_square_nm2 = 0;
  std::vector<long> bins;  ///< an odd number of bins of bin_nm, the middle one around 0; beyond: the outermost

  /// NaN: no edge. `reach_nm` sets the size of the histogram when it is still empty.
  void add(double epe_nm, double limit_nm, double tolerance_nm, double reach_nm);
  void add(const EpeStatistics& other);
  [[nodiscard]] double mean_abs_nm() const noexcept;
  [[nodiscard]] double mean_nm() const noexcept;
  [[nodiscard]] double three_sigma_nm() const noexcept;  ///< about the mean
};

/// What was measured of a mask, kept or broken rules aside.
struct MaskFigures {
  /// Rectangles that write it when it is cut along all horizontal lines through its corners, or along all vertical
  /// ones; NaN: it has slanted edges.
  double by_rows = 0, by_columns = 0;
  /// Least width and space below 64 nm, or the rule if that is more; these where there is none below.
  double width_nm = std::numeric_limits<double>::infinity();
  double space_nm = std::numeric_limits<double>::infinity();
  double area_nm2 = std::numeric_limits<double>::infinity();  ///< of the smallest island or hole; infinite: no shapes

  void add(const MaskFigures& other) noexcept;
};

/// Findings of one kind in equal surroundings.
struct FindingCluster {
  long count = 0;
  Finding worst;  ///< with the kind and the pattern
};

/// The surroundings of a finding as a picture shows them, nm.
struct FindingPicture {
  Finding finding;
  Box window;
  std::vector<Polygon> target, mask, assist;
  std::vector<std::vector<Polygon>> contours;  ///< [condition]
};

/// What was found in a part of a layout.
struct Findings {
  double area_nm2 = 0;  ///< of the part
  double target_nm2 = 0;
  double l2_nm2 = 0;       ///< where the nominal print and the target differ
  double pv_band_nm2 = 0;  ///< where the prints of the band's conditions differ
  std::vector<EpeStatistics> conditions;
  MaskFigures mask;
  EpeStatistics worst_case;                  ///< of each site its largest EPE over the conditions
  std::array<long, finding_kinds> counts{};  ///< exact
  std::vector<Finding> worst;                ///< of each kind the worst, at most as many as are kept
  std::vector<FindingCluster> clusters;      ///< worst first, at most as many of each kind as are kept
  std::vector<FindingPicture> pictures;      ///< of the worst clusters

  [[nodiscard]] long count(FindingKind kind) const noexcept { return counts[static_cast<std::size_t>(kind)]; }
};

/// How much of the findings is kept in full, of each kind.
struct FindingsKept {
  std::size_t worst = 500;
  std::size_t clusters = 500;
  std::size_t pictures = 2;
};

/// Adds the findings of another part; the result does not depend on the order, but for the rounding of sums.
void add(const Findings& part, Findings& whole, const FindingsKept& kept);

/// Sorts `all` (worst first, by kind), counts them, forms the clusters and keeps what is to be kept.
void put_findings(std::vector<Finding> all, Findings& into, const FindingsKept& kept);

}  // namespace anamorph
