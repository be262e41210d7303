// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/twin/surrogate_model.hpp"

namespace anamorph {

/// A line-space pattern with an image in closed form, written as a surrogate and not fitted:
/// I = mean + bias_gain b + swing (1 - ((z - best) / depth)^2) cos(2 pi (x - shift) / pitch), z the focus, b the bias.
struct CosineImage {
  double pitch_nm = 44;
  double mean = 0.5;
  double swing = 0.4;
  double depth_nm = 150;
  double best_nm = 0;
  double bias_gain = 0.01;  ///< per nm
  double shift_nm = 0;
  double target_nm = 22;
  double focus_range_nm = 100;  ///< -.. +
  double bias_range_nm = 3;
  double step_nm = 2;
  int reach = 24;  ///< samples on each side

  [[nodiscard]] double swing_at(double focus_nm) const {
    const double d = (focus_nm - best_nm) / depth_nm;
    return swing * (1 - d * d);
  }
  /// cos of the phase of the edges.
  [[nodiscard]] double level(double threshold, double focus_nm, double bias_nm) const {
    return (threshold - mean - bias_gain * bias_nm) / swing_at(focus_nm);
  }
  /// From the middle of the bright line to its edge.
  [[nodiscard]] double half_nm(double threshold, double focus_nm, double bias_nm) const {
    return pitch_nm / (2 * std::numbers::pi) * std::acos(level(threshold, focus_nm, bias_nm));
  }
  [[nodiscard]] double log_slope(double threshold, double focus_nm, double bias_nm) const {
    const double c = level(threshold, focus_nm, bias_nm);
    return 2 * std::numbers::pi / pitch_nm * swing_at(focus_nm) * std::sqrt(1 - c * c) / threshold;
  }

  [[nodiscard]] SurrogateGauge gauge(const std::string& name) const {
    SurrogateGauge g;
    g.name = name;
    g.target_nm = target_nm;
    g.drawn_low_nm = -target_nm / 2;
    g.drawn_high_nm = target_nm / 2;
    g.samples = 2 * reach + 1;
    g.centre = reach;
    g.step_nm = step_nm;
    // With z = range t and t^2 = (1 + T_2) / 2: terms 1, T_1(z), T_2(z), T_1(b).
    const double r = focus_range_nm / depth_nm, s = best_nm / depth_nm;
    for (int j = -reach; j <= reach; ++j) {
      const double wave = swing * std::cos(2 * std::numbers::pi * (j * step_nm - shift_nm) / pitch_nm);
      const double terms[] = {mean + wave * (1 - s * s - r * r / 2), wave * 2 * r * s, -wave * r * r / 2,
                              bias_gain * bias_range_nm};
      g.coefficients.insert(g.coefficients.end(), std::begin(terms), std::end(terms));
    }
    return g;
  }
};

/// A model of several such patterns. Their ranges must agree.
inline SurrogateModel cosine_model(const std::vector<CosineImage>& images) {
  SurrogateModel model;
  const CosineImage& first = images.front();
  model.inputs = {{"focus_nm", -first.focus_range_nm, first.focus_range_nm, 0, 5},
                  {"mask_bias_nm", -first.bias_range_nm, first.bias_range_nm, 0, 0.2}};
  model.degrees = {0, 0, 1, 0, 2, 0, 0, 1};
  model.threshold = 0.5;
  for (const CosineImage& image : images)
    model.gauges.push_back(image.gauge("g" + std::to_string(model.gauges.size() + 1)));
  return model;
}

}  // namespace anamorph
