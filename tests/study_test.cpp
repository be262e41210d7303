// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Scanners compared on the same patterns, against closed forms and against what must change when an input does.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "cpp/core/error.hpp"
#include "cpp/study/compare.hpp"
#include "cpp/study/illumination_search.hpp"

namespace anamorph {
namespace {

StudyScanner scanner(double na, double obscuration) {
  StudyScanner s;
  s.name = "NA " + std::to_string(na);
  s.projection.na = na;
  s.projection.pupil.obscuration = obscuration;
  return s;
}

StudyScanner with_dipole(StudyScanner s, double step = 0.02) {
  const Illumination dipole{Illumination::Shape::dipole_x, 0.55, 0.9, 90};
  s.source = dipole.source(step);
  s.source_name = dipole.str();
  return s;
}

StudyPattern lines(double pitch, bool vertical = true) {
  PatternSpec spec;
  spec.pitch_nm = pitch;
  spec.vertical = vertical;
  return make_pattern(spec, vertical ? "lines vertical" : "lines horizontal");
}

CaseResult evaluate(const StudyPattern& pattern, const StudyScanner& s, StudySettings settings = {}) {
  const auto backend = make_backend("cpu", 1);
  return evaluate_case(pattern, s, settings, *backend);
}

// The closed forms: scalar light, opaque lines of half the pitch, x-dipole of 90 degrees, 0.55-0.9, exact integral.
TEST(StudyCase, HasTheContrastAndNilsOfTheClosedForms) {
  struct Known {
    double na, obscuration, pitch, contrast, nils;
  };
  for (const Known& k : {Known{0.33, 0, 32, 0.90604, 2.84641}, Known{0.33, 0, 26, 0.6075, 1.9085},
                         Known{0.55, 0.2, 20, 0.90604, 2.84641}, Known{0.55, 0.2, 16, 0.6893, 2.1655},
                         Known{0.55, 0, 28, 0.9060, 2.84641}, Known{0.55, 0.2, 28, 0.7882, 2.476}}) {
    StudySettings settings;
    settings.correct_mask = false;
    settings.mask_step_nm = 0;
    const CaseResult c = evaluate(lines(k.pitch), with_dipole(scanner(k.na, k.obscuration), 0.01), settings);
    EXPECT_NEAR(c.contrast, k.contrast, 2e-3) << k.na << " " << k.pitch;
    EXPECT_NEAR(c.nils, k.nils, 6e-3 * k.nils) << k.na << " " << k.pitch;
  }
}

TEST(StudyCase, SearchedSources) {
  for (const auto& [na, obscuration, pitch] :
       {std::tuple{0.33, 0.0, 32.0}, {0.33, 0.0, 26.0}, {0.55, 0.2, 26.0}, {0.55, 0.2, 16.0}}) {
    for (const bool vertical : {true, false}) {
      StudyScanner s = scanner(na, obscuration);
      s.projection.vector = true;
      const CaseResult c = evaluate(lines(pitch, vertical), s);
      std::printf(
          "%.2f %s %g: %s fill %.2f C %.3f NILS %.3f MEEF %.2f EL %.1f DOF %.0f%s dose %.3f noise %.1f%% dose %.1f  "
          "%s\n",
          na, vertical ? "V" : "H", pitch, c.source_name.c_str(), c.pupil_fill, c.contrast, c.nils, c.meef,
          c.latitude_percent, c.dof_nm, c.dof_cut ? "+" : "", c.dose, c.noise_percent, c.dose_for_noise_mj_cm2,
          c.reason.c_str());
    }
  }
  for (const PatternKind kind :
       {PatternKind::contacts, PatternKind::staggered_contacts, PatternKind::tip_to_tip, PatternKind::line_ends,
        PatternKind::two_bar, PatternKind::metal, PatternKind::vias, PatternKind::sram})
    for (const auto& [na, obscuration, pitch] : {std::tuple{0.33, 0.0, 36.0}, {0.55, 0.2, 28.0}}) {
      PatternSpec spec;
      spec.kind = kind;
      spec.pitch_nm = pitch;
      StudyScanner s = scanner(na, obscuration);
      s.projection.vector = true;
      const auto t0 = clock();
      const CaseResult c = evaluate(make_pattern(spec, "kind " + std::to_string(static_cast<int>(kind))), s);
      std::printf(
          "%.2f kind %d %g: %s fill %.2f C %.3f NILS %.3f MEEF %.2f EL %.1f DOF %.0f%s dose %.3f noise %.1f%% %s  "
          "(%.2f s)\n",
          na, static_cast<int>(kind), pitch, c.source_name.c_str(), c.pupil_fill, c.contrast, c.nils, c.meef,
          c.latitude_percent, c.dof_nm, c.dof_cut ? "+" : "", c.dose, c.noise_percent, c.reason.c_str(),
          double(clock() - t0) / CLOCKS_PER_SEC);
      for (const auto& g : c.gauges)
        std::printf("     %-20s %g cd %.2f nils %.2f bias %.2f mask %.1f gap %.1f\n", g.name.c_str(), g.critical_nm,
                    g.cd_nm, g.nils, g.mask_bias_nm, g.mask_width_nm, g.mask_gap_nm);
    }
}

}  // namespace
}  // namespace anamorph
