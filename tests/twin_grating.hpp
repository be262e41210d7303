// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cmath>
#include <numbers>
#include <string>

#include "cpp/twin/surrogate_model.hpp"

namespace anamorph {

/// The image of a grating under three beams, with widths in closed form:
/// I(x) = mean + (swing - fade T2(t)) cos(2 pi x / pitch) + glow t_bias, t = focus / reach.
struct Grating {
  double pitch_nm = 64;
  double mean = 0.5;
  double swing = 0.4;
  double fade = 0.1;
  double glow = 0.05;
  double threshold = 0.45;
  double dose = 40;

  static constexpr double focus_reach_nm = 60;
  static constexpr double bias_reach_nm = 4;

  [[nodiscard]] double amplitude(double focus_nm) const {
    const double t = focus_nm / focus_reach_nm;
    return swing - fade * (2 * t * t - 1);
  }
  [[nodiscard]] double cosine(double dose_mj_cm2, double focus_nm, double bias_nm) const {
    return (threshold * dose / dose_mj_cm2 - mean - glow * bias_nm / bias_reach_nm) / amplitude(focus_nm);
  }
  [[nodiscard]] double cd_nm(double dose_mj_cm2, double focus_nm, double bias_nm) const {
    return pitch_nm / std::numbers::pi * std::acos(cosine(dose_mj_cm2, focus_nm, bias_nm));
  }
  [[nodiscard]] double nils(double dose_mj_cm2, double focus_nm, double bias_nm) const {
    const double c = cosine(dose_mj_cm2, focus_nm, bias_nm);
    return pitch_nm / 2 * (2 * std::numbers::pi / pitch_nm) * amplitude(focus_nm) * std::sqrt(1 - c * c) /
           (threshold * dose / dose_mj_cm2);
  }

  /// Gauges on a bright bar, one with a target half a pitch wide and one without target.
  [[nodiscard]] SurrogateModel model() const {
    SurrogateModel model;
    model.inputs = {{.name = "focus_nm", .low = -focus_reach_nm, .high = focus_reach_nm, .uncertainty = 5},
                    {.name = "mask_bias_nm", .low = -bias_reach_nm, .high = bias_reach_nm, .uncertainty = 0.25},
                    {.name = "z9_nm", .low = -2, .high = 2, .nominal = 0, .uncertainty = 0}};
    model.degrees = {0, 0, 0, 2, 0, 0, 0, 1, 0};
    model.threshold = threshold;
    model.nominal_dose_mj_cm2 = dose;
    model.dose_low_mj_cm2 = 0.5 * dose;
    model.dose_high_mj_cm2 = 1.5 * dose;
    model.dose_uncertainty_mj_cm2 = 0.2;
    for (const char* name : {"bar", "bar <&> \"2\"", "free"}) {
      SurrogateGauge gauge;
      gauge.name = name;
      gauge.target_nm = pitch_nm / 2;
      gauge.drawn_low_nm = -pitch_nm / 4;
      gauge.drawn_high_nm = pitch_nm / 4;
      if (gauge.name == "free") {
        gauge.target_nm = 0;
        gauge.drawn_low_nm = gauge.drawn_high_nm = std::nan("");
      }
      gauge.step_nm = pitch_nm / 32;
      gauge.samples = 45;
      gauge.centre = 22;
      gauge.cd_error_nm = 0.03;
      gauge.epe_error_nm = 0.02;
      gauge.nils_error = 0.01;
      for (int j = 0; j < gauge.samples; ++j) {
        const double wave = std::cos(2 * std::numbers::pi * (j - gauge.centre) * gauge.step_nm / pitch_nm);
        gauge.coefficients.insert(gauge.coefficients.end(), {mean + swing * wave, -fade * wave, glow});
      }
      model.gauges.push_back(gauge);
    }
    return model;
  }
};

}  // namespace anamorph
