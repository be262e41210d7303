// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/twin/etch_cell.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace anamorph {

namespace {

using V = UnitVariable;

/// Places in the table below.
enum At : std::size_t {
  cd,
  cd_u,
  cd_valid,
  open_area,
  atomic_layer,
  is_opening,
  is_hole,
  pitch,
  mask_height,
  film,
  lateral_ratio,
  lateral_ratio_u,
  bias,
  bias_u,
  open_area_u,
  loading,
  reaction,
  rate,
  rate_u,
  time,
  cycles,
  layers_per_cycle,
  layer,
  modify_time,
  modify_tau,
  modify_alone,
  remove_time,
  remove_tau,
  remove_alone,
  cd_etched,
  cd_etched_u,
  depth,
  depth_u,
  rate_ratio,
  layers,
  remainder_depth,
  per_cycle,
  synergy,
  cleared
};

std::vector<V> table() {
  using enum V::Causality;
  return {
      V::input("cd_nm", "nm", 20, 0.5, 2000, "Width that the lithography printed"),
      V::input("cd_nm_u", "nm", 0, 0, 2000, "Standard uncertainty of cd_nm"),
      V::flag(input, "cd_valid", true, "cd_nm may be relied on; if not, no output may"),
      V::input("open_area", "1", 0.5, 0, 1, "Part of the surrounding area that is etched"),
      V::flag(parameter, "atomic_layer", false, "Etch in cycles of atomic layers instead of continuously"),
      V::flag(parameter, "opening", true, "cd_nm is that of an opening; if not, of a line that stays between openings"),
      V::flag(parameter, "hole", false, "The opening is a round hole; if not, a long trench"),
      V::parameter("pitch_nm", "nm", 40, 1, 20000, "Pitch of the lines, of which the opening is the rest"),
      V::parameter("mask_height_nm", "nm", 20, 0, 2000, "Height of the mask, which adds to the aspect ratio"),
      V::parameter("film_nm", "nm", 40, 0.1, 10000, "Thickness of the film to be etched; the etching ends there"),
      V::parameter("lateral_ratio", "1", 0.01, -0.2, 0.5,
                   "Sideways over downwards, of each edge; negative for an opening that tapers"),
      V::parameter("lateral_ratio_u", "1", 0, 0, 0.5, "Standard uncertainty of lateral_ratio"),
      V::parameter("bias_nm", "nm", 0, -100, 100, "Change of the width whatever the depth"),
      V::parameter("bias_nm_u", "nm", 0, 0, 100, "Standard uncertainty of bias_nm"),
      V::parameter("open_area_u", "1", 0, 0, 0.5, "Standard uncertainty of open_area"),
      V::parameter("loading", "1", 0.3, 0, 20, "Loss of rate by loading: the rate is divided by 1 + loading open_area"),
      V::parameter("reaction_probability", "1", 0.2, 1e-4, 1, "Probability that a neutral reacts at the bottom"),
      V::parameter("rate_nm_s", "nm/s", 2, 0, 100, "Etch rate of an open surface without loading"),
      V::parameter("rate_nm_s_u", "nm/s", 0, 0, 50, "Standard uncertainty of rate_nm_s"),
      V::parameter("time_s", "s", 15, 0, 3600, "Time of continuous etching"),
      V::count(parameter, "cycles", 50, 0, 2000, "Cycles of atomic-layer etching"),
      V::count(parameter, "layers_per_cycle", 1, 1, 10, "Layers that a saturated cycle removes"),
      V::parameter("layer_nm", "nm", 0.27, 0.05, 5, "Thickness of a layer"),
      V::parameter("modify_time_s", "s", 2, 0, 600, "Time of the modifying step"),
      V::parameter("modify_tau_s", "s", 0.2, 1e-4, 100, "Time constant of its saturation on an open surface"),
      V::parameter("modify_alone_nm", "nm", 0, 0, 5, "What the modifying step etches alone, per cycle"),
      V::parameter("remove_time_s", "s", 2, 0, 600, "Time of the removing step"),
      V::parameter("remove_tau_s", "s", 0.2, 1e-4, 100, "Time constant of its saturation"),
      V::parameter("remove_alone_nm", "nm", 0, 0, 5, "What the removing step etches alone, per cycle"),
      V::output("cd_etched_nm", "nm", 20, 0, 10000, "Width after etching"),
      V::output("cd_etched_nm_u", "nm", 0.5, 0, 10000, "Standard uncertainty of cd_etched_nm"),
      V::output("depth_nm", "nm", 30, 0, 10000, "Depth reached"),
      V::output("depth_nm_u", "nm", 0.5, 0, 10000, "Standard uncertainty of depth_nm"),
      V::output("rate_ratio", "1", 0.7, 0, 1, "Supply at the bottom reached over that of an open surface"),
      V::count(output, "layers", 50, 0, 1000000, "Whole layers removed"),
      V::output("remainder_nm", "nm", 0.1, 0, 5, "What is begun of the next layer, as a mean thickness"),
      V::output("etch_per_cycle_nm", "nm", 0.27, 0, 60, "Removed by the last cycle"),
      V::output("synergy", "1", 0.9, 0, 1, "Part of etch_per_cycle_nm that needs both steps"),
      V::flag(output, "cleared", true, "The film is etched through"),
  };
}

struct Result {
  double width = 0;  // after etching
  double depth = 0;
  double ratio = 0;  // supply at the bottom
  double mean = 0;   // depth with the layer that is begun
  double layers = 0;
  double per_cycle = 0;
  double synergy = 0;
  bool open = false;
};

/// The depth z for which the integral of dz / supply(z) is `open_depth`, the depth that an open surface would reach;
/// `deepest` if it is less. Simpson's rule, in steps that do not depend on how slow the etching becomes on its way.
template <typename Supply>
double continuous_depth(double open_depth, double deepest, const Supply& supply) {
  const double bound = std::min(open_depth, deepest);
  if (!(bound > 0)) return 0;
  constexpr int steps = 128;
  const auto part = [&](double from, double to) {
    return (to - from) / 6 * (1 / supply(from) + 4 / supply((from + to) / 2) + 1 / supply(to));
  };
  double done = 0;
  for (int i = 0; i < steps; ++i) {
    const double from = bound * i / steps, to = bound * (i + 1) / steps;
    const double more = part(from, to);
    if (done + more < open_depth) {
      done += more;
      continue;
    }
    double low = from, high = to;  // the supply may end at `to`: no quotients
    for (int n = 0; n < 45; ++n) {
      const double middle = (low + high) / 2;
      (done + part(from, middle) < open_depth ? low : high) = middle;
    }
    return low;
  }
  return bound;
}

/// The etching for one set of values. `smooth`: the depth counts the layer that is begun as well, so that differences
/// of two results are those of the process and not of the counting.
Result etch(std::span<const double> v, bool smooth) {
  Result result;
  const bool opening = v[is_opening] != 0;
  const double first = opening ? v[cd] : v[pitch] - v[cd];  // width of the opening
  const auto width_at = [&](double z) { return first + 2 * v[lateral_ratio] * z; };
  result.open = first > 0;
  /// Supply of neutrals at the depth z, over that of an open surface.
  const auto supply = [&](double z) {
    const double width = width_at(z);
    if (!(width > 0)) return 0.;
    const double aspect = (v[mask_height] + z) / width;
    return aspect_ratio_rate(v[is_hole] != 0 ? hole_transmission(aspect) : trench_transmission(aspect), v[reaction]);
  };
  const double loss = 1 / (1 + v[loading] * std::clamp(v[open_area], 0., 1.));

  // To the end of the film, or to where a tapered opening closes.
  const double deepest = v[lateral_ratio] < 0 ? std::min(v[film], first / (-2 * v[lateral_ratio])) : v[film];

  double z = 0;
  if (!result.open) {
  } else if (v[atomic_layer] != 0) {
    const double removed = 1 - std::exp(-v[remove_time] / v[remove_tau]);
    const double alone = v[modify_alone] + v[remove_alone];
    const auto one_cycle = [&] {
      const double modified = 1 - std::exp(-v[modify_time] * loss * supply(z) / v[modify_tau]);
      return v[layers_per_cycle] * v[layer] * modified * removed + alone;
    };
    result.per_cycle = one_cycle();
    for (int i = 0; i < static_cast<int>(v[cycles]) && z < deepest; ++i) z += result.per_cycle = one_cycle();
    result.synergy = result.per_cycle > 0 ? 1 - alone / result.per_cycle : 0;
    z = std::min(z, deepest);
    // A layer that lacks less than a millionth is whole: that many cycles do not sum up exactly.
    result.layers = std::floor(z / v[layer] + 1e-6);
    result.mean = z;
    if (!smooth) z = std::min(result.layers * v[layer], z);
  } else {
    z = continuous_depth(v[time] * std::max(v[rate], 0.) * loss, deepest, supply);
    result.mean = z;
  }
  result.depth = z;
  result.ratio = supply(z);
  const double wider = 2 * v[lateral_ratio] * z;
  result.width = std::max(v[cd] + v[bias] + (opening ? wider : -wider), 0.);
  return result;
}

void compute(UnitState& state, UnitReport& report) {
  std::vector<double>& v = state.values;
  const Result result = etch(v, false);
  const double middle_width = etch(v, true).width, middle_depth = result.mean;

  // Norgaard, Poulsen, Ravn, Automatica 36, 1627 (2000): h^2 = 3 for errors of a normal distribution.
  double variance_width = 0, variance_depth = 0;
  constexpr std::pair<At, At> uncertain[]{
      {cd, cd_u}, {open_area, open_area_u}, {rate, rate_u}, {bias, bias_u}, {lateral_ratio, lateral_ratio_u}};
  std::vector<double> shifted = v;
  for (const auto& [quantity, uncertainty] : uncertain) {
    if (v[uncertainty] == 0) continue;
    shifted[quantity] = v[quantity] + std::sqrt(3.) * v[uncertainty];
    const Result more = etch(shifted, true);
    shifted[quantity] = v[quantity] - std::sqrt(3.) * v[uncertainty];
    const Result less = etch(shifted, true);
    shifted[quantity] = v[quantity];
    const auto variance = [](double low, double middle, double high) {
      const double slope = high - low, curvature = high + low - 2 * middle;
      return slope * slope / 12 + curvature * curvature / 18;
    };
    variance_width += variance(less.width, middle_width, more.width);
    variance_depth += variance(less.mean, middle_depth, more.mean);
  }

  v[cd_etched] = result.width;
  v[cd_etched_u] = std::sqrt(variance_width);
  v[depth] = result.depth;
  v[depth_u] = std::sqrt(variance_depth);
  v[rate_ratio] = result.ratio;
  v[layers] = result.layers;
  v[remainder_depth] = v[atomic_layer] != 0 ? std::max(result.mean - result.depth, 0.) : 0;
  v[per_cycle] = result.per_cycle;
  v[synergy] = result.synergy;
  v[cleared] = result.mean >= v[film] * (1 - 1e-9) ? 1 : 0;
  if (v[cd_valid] == 0) report.valid = false;
  if (!result.open) report.warn("the opening is closed: nothing is etched");
  if (result.open && result.width == 0) report.warn("the etched feature is gone: its width is given as 0");
}

}  // namespace

double trench_transmission(double x) {
  if (x < 1e-3) return 1 - x / 2;  // the formula's differences vanish
  x = std::min(x, 1e5);
  const double root = std::sqrt(x * x + 1);
  const double part = x - std::asinh(x);
  return (1 + root - x) / 2 - 1.5 * part * part / (x * x * x + 3 * x * x + 4 - (x * x + 4) * root);
}

double hole_transmission(double depth_over_diameter) {
  const double x = 2 * depth_over_diameter;  // by the radius
  if (x < 1e-2) return 1 - x / 2 + x * x / 4 - x * x * x * 5 / 48;
  if (x > 2e3) return hole_transmission(1e3) * 2e3 / x;  // the formula's digits cancel
  const double root = std::sqrt(x * x + 4);
  const double part = (8 - x * x) * root + x * x * x - 16;
  return 1 + x * x / 4 - x / 4 * root - part * part / (72 * x * root - 288 * std::asinh(x / 2));
}

double aspect_ratio_rate(double transmission, double reaction_probability) {
  return transmission / (transmission + reaction_probability - transmission * reaction_probability);
}

EtchCell::EtchCell() : Cell(table()) {}

void EtchCell::start(UnitState& state, double /*time_s*/, UnitReport& report) const {
  state.memory.clear();
  compute(state, report);
}

void EtchCell::step(UnitState& state, double /*from_s*/, double /*to_s*/, UnitReport& report) const {
  compute(state, report);
}

}  // namespace anamorph
