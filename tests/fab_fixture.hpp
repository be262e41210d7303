// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <random>
#include <vector>

#include "cpp/twin/drift_filter.hpp"
#include "tests/surrogate_fixture.hpp"

namespace anamorph {

/// Four patterns that take focus differently: their best focus is up to 40 nm apart.
inline SurrogateModel four_patterns() {
  CosineImage dense, semi, loose, dark;
  dense.depth_nm = semi.depth_nm = loose.depth_nm = dark.depth_nm = 100;
  dense.mean = 0.6;
  dense.best_nm = -20;
  semi.pitch_nm = 60;
  semi.mean = 0.62;
  semi.best_nm = 5;
  semi.target_nm = 30;
  loose.pitch_nm = 90;
  loose.mean = 0.64;
  loose.best_nm = 20;
  loose.target_nm = 45;
  dark.pitch_nm = 52;
  dark.mean = 0.42;
  dark.best_nm = 10;
  dark.target_nm = 26;
  SurrogateModel model = cosine_model({dense, semi, loose, dark});
  model.inputs[1].uncertainty = 0;
  return model;
}

/// Two patterns with the same best focus.
inline SurrogateModel one_best_focus() {
  CosineImage dense, loose;
  dense.depth_nm = loose.depth_nm = 90;
  dense.mean = 0.6;
  loose.pitch_nm = 80;
  loose.mean = 0.65;
  loose.target_nm = 40;
  SurrogateModel model = cosine_model({dense, loose});
  model.inputs[1].uncertainty = 0;
  return model;
}

/// What happens in a fab.
struct Fab {
  std::function<double(int)> dose_percent = [](int) { return 0.0; };
  std::function<double(int)> focus_nm = [](int) { return 0.0; };
  std::function<double(int)> commanded_focus_nm = [](int) { return 0.0; };
  std::vector<double> bias_nm;  ///< lasting differences by gauge
  double mask_bias_nm = 0;
  double noise_nm = 0.2;
  int wafers = 100;
};

inline std::vector<CdMeasurement> measured(const SurrogateModel& model, const Fab& fab, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<CdMeasurement> stream;
  for (int w = 0; w < fab.wafers; ++w)
    for (std::size_t g = 0; g < model.gauges.size(); ++g) {
      CdMeasurement m;
      m.at = w;
      m.gauge = g;
      m.dose_mj_cm2 = 30;
      m.focus_nm = fab.commanded_focus_nm(w);
      m.u_nm = fab.noise_nm;
      m.line = static_cast<int>(stream.size()) + 2;
      const std::vector<double> inputs{m.focus_nm + fab.focus_nm(w), fab.mask_bias_nm};
      m.cd_nm = read_surrogate(model, g, 30 * (1 + fab.dose_percent(w) / 100), surrogate_terms(model, inputs)).cd_nm +
                (fab.bias_nm.empty() ? 0 : fab.bias_nm[g]) + fab.noise_nm * normal(random);
      stream.push_back(m);
    }
  return stream;
}

}  // namespace anamorph
