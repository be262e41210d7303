// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include "cpp/twin/unit_cell.hpp"

namespace anamorph {

/// Fraction of the molecules entering a channel of the given depth that reach its bottom in free molecular flow, when
/// its walls scatter diffusely: a long trench by its width, or a round hole by its diameter. Berman, J. Appl. Phys. 36,
/// 3356 (1965); good to 0.3 %.
[[nodiscard]] double trench_transmission(double depth_over_width);
[[nodiscard]] double hole_transmission(double depth_over_diameter);

/// Etch rate at the bottom of a channel over that of an open surface, where neutrals arrive through free molecular flow
/// with transmission K and react with probability S: K / (K + S - K S). Coburn, Winters, Appl. Phys. Lett. 55, 2730
/// (1989).
[[nodiscard]] double aspect_ratio_rate(double transmission, double reaction_probability);

/// Etching of what the lithography printed: a width goes in (`cd_nm`, with `cd_nm_u` and `cd_valid`), the etched one
/// comes out.
///
/// The width changes by 2 `lateral_ratio` nm for each nm of depth, of an opening to wider, of a line to narrower, and
/// by `bias_nm` whatever the depth. Continuous (`atomic_layer` false): the depth grows at rate_nm_s / (1 + loading
/// open_area) - loading as of Mogab, J. Electrochem. Soc. 124, 1262 (1977) - times aspect_ratio_rate() of the opening
/// as deep as mask and etched depth together, for time_s. Atomic layers: each cycle modifies a part 1 - exp(-t f / tau)
/// of the surface (t, tau: modify_*; f: the same factors of loading and aspect ratio, which act on the supply of
/// neutrals) and removes a part 1 - exp(-t / tau) of that (remove_*), `layers_per_cycle` layers thick; what either step
/// etches alone (modify_alone_nm, remove_alone_nm) comes on top and lowers the synergy, (E - a - b) / E. Kanarik et
/// al., J. Vac. Sci. Technol. A 33, 020802 (2015); 35, 05C302 (2017). The depth is that of whole layers; what is begun
/// of the next one is `remainder_nm`. Either ends at film_nm.
///
/// cd_etched_nm_u is propagated from the uncertainties of CD, open area, rate, bias and lateral ratio by second-order
/// differences, as that of the surrogate. An opening that is closed gives depth 0 and `valid` false.
class EtchCell : public Cell {
 public:
  EtchCell();

  void start(UnitState& state, double time_s, UnitReport& report) const override;
  void step(UnitState& state, double from_s, double to_s, UnitReport& report) const override;
};

}  // namespace anamorph
