// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Scanners compared on the same patterns, against closed forms and against what must change when an input does.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "cpp/core/error.hpp"
#include "cpp/io/compare_summary.hpp"
#include "cpp/study/compare.hpp"
#include "cpp/study/dose_table.hpp"
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

// ---------------------------------------------------------------------------------------------------------------------
// Patterns.

PatternSpec spec_of(PatternKind kind, double pitch) {
  PatternSpec spec;
  spec.kind = kind;
  spec.pitch_nm = pitch;
  return spec;
}

constexpr PatternKind all_kinds[] = {PatternKind::lines,     PatternKind::contacts,   PatternKind::staggered_contacts,
                                     PatternKind::line_ends, PatternKind::tip_to_tip, PatternKind::two_bar,
                                     PatternKind::metal,     PatternKind::vias,       PatternKind::sram};

TEST(StudyPattern, EveryGaugeMeetsTheEdgesOfItsFeature) {
  for (const PatternKind kind : all_kinds)
    for (const bool vertical : {true, false}) {
      PatternSpec spec = spec_of(kind, 30);
      spec.vertical = vertical;
      const StudyPattern p = make_pattern(spec, "p");
      for (const StudyGauge& g : p.gauges) {
        const CutSpan span = cut_span(p.shapes, p.tile, g.gauge);
        EXPECT_NEAR(span.high - span.low, g.gauge.cd_nm, 1e-9) << static_cast<int>(kind) << " " << g.gauge.name;
        if (g.critical_nm != g.gauge.cd_nm) {
          const double gap = std::min(span.next_high - span.high, span.low - span.next_low);
          EXPECT_NEAR(gap, g.critical_nm, 1e-9) << static_cast<int>(kind) << " " << g.gauge.name;
        }
      }
    }
}

TEST(StudyPattern, ABiasMovesTheEdgesOfItsGaugeAlone) {
  for (const PatternKind kind : all_kinds) {
    const StudyPattern p = make_pattern(spec_of(kind, 30), "p");
    for (std::size_t moved = 0; moved < p.gauges.size(); ++moved) {
      std::vector<double> bias(p.gauges.size(), 0);
      bias[moved] = 1.5;
      const std::vector<Polygon> shapes = biased(p, bias);
      for (std::size_t g = 0; g < p.gauges.size(); ++g) {
        const CutSpan span = cut_span(shapes, p.tile, p.gauges[g].gauge);
        EXPECT_NEAR(span.high - span.low, p.gauges[g].gauge.cd_nm + bias[g], 1e-9) << p.gauges[g].gauge.name;
      }
    }
  }
}

TEST(StudyPattern, TurnedOverItIsTheSame) {
  PatternSpec spec = spec_of(PatternKind::metal, 30);
  const StudyPattern upright = make_pattern(spec, "p");
  spec.vertical = false;
  const StudyPattern flat = make_pattern(spec, "p");
  EXPECT_EQ(flat.tile.width(), upright.tile.height());
  double area = 0, turned = 0;
  for (const Polygon& shape : upright.shapes) area += signed_area(shape);
  for (const Polygon& shape : flat.shapes) turned += signed_area(shape);
  EXPECT_NEAR(turned, area, 1e-9);
  EXPECT_GT(area, 0);
}

TEST(StudyPattern, RefusesWhatDoesNotFit) {
  const auto refused = [](const PatternSpec& spec) {
    try {
      static_cast<void>(make_pattern(spec, "odd"));
    } catch (const Error& error) {
      return error.id() == "CMP-0001" && std::string(error.what()).find("odd") != std::string::npos;
    }
    return false;
  };
  PatternSpec spec;
  spec.cd_nm = spec.pitch_nm;
  EXPECT_TRUE(refused(spec));
  spec = spec_of(PatternKind::line_ends, 30);
  spec.gap_nm = 100;
  EXPECT_TRUE(refused(spec));
  spec.pitch_nm = 0;
  EXPECT_TRUE(refused(spec));
  const StudyPattern p = make_pattern(spec_of(PatternKind::lines, 30), "p");
  EXPECT_THROW(static_cast<void>(biased(p, {16})), Error) << "the space would close";
  EXPECT_THROW(static_cast<void>(biased(p, {-16})), Error) << "the line would vanish";
}

// ---------------------------------------------------------------------------------------------------------------------
// Sources.

TEST(StudySource, FillIsThatOfTheQuadratureAndOfWhatIsLit) {
  for (const Illumination& one : {Illumination{Illumination::Shape::conventional, 0, 0.7, 0},
                                  Illumination{Illumination::Shape::annular, 0.5, 0.8, 0},
                                  Illumination{Illumination::Shape::dipole_x, 0.4, 0.9, 60},
                                  Illumination{Illumination::Shape::dipole_y, 0.4, 0.9, 60},
                                  Illumination{Illumination::Shape::quasar, 0.4, 0.9, 45},
                                  Illumination{Illumination::Shape::crossquad, 0.4, 0.9, 45}}) {
    const Source source = one.source(0.02);
    EXPECT_NEAR(one.pupil_fill(), source.pupil_fill, 1e-12) << one.str();
    for (const SourcePoint& p : source.points) EXPECT_TRUE(one.lights(p.sx, p.sy)) << one.str();
    int lit = 0, all = 0;
    for (double y = -0.995; y < 1; y += 0.01)
      for (double x = -0.995; x < 1; x += 0.01) {
        if (std::hypot(x, y) > 1) continue;
        ++all;
        lit += one.lights(x, y);
      }
    EXPECT_NEAR(static_cast<double>(lit) / all, one.pupil_fill(), 4e-3) << one.str();
  }
}

TEST(StudySource, NoCandidateIsDarkerThanAllowed) {
  for (const double least : {0.1, 0.2, 0.4}) {
    const auto all = illuminations(least);
    EXPECT_GT(all.size(), 30u);
    for (const Illumination& one : all) {
      EXPECT_GE(one.pupil_fill(), least - 1e-9) << one.str();
      for (const Illumination& other : neighbours(one, least)) EXPECT_GE(other.pupil_fill(), least - 1e-9);
    }
  }
}

/// The poles of the best source lie where the two beams of a pitch pass the pupil symmetrically: lambda / (2 NA p).
TEST(StudySource, TheBestSourceOfLinesIsTheirDipole) {
  for (const bool vertical : {true, false}) {
    SourceBasis::Setting setting;
    setting.focus_nm = {-20, 0, 20};
    setting.cd_tolerance = 0.05;
    const StudyPattern p = lines(28, vertical);
    Projection projection;
    projection.na = 0.33;
    const SourceBasis basis(projection, p, p.shapes, setting);
    const Illumination best = search_illumination(basis, 0.2).illumination;
    EXPECT_EQ(best.shape, vertical ? Illumination::Shape::dipole_x : Illumination::Shape::dipole_y) << best.str();
    EXPECT_NEAR((best.sigma_inner + best.sigma_outer) / 2, 13.5 / (2 * 0.33 * 28), 0.1) << best.str();
    const Illumination other{vertical ? Illumination::Shape::dipole_y : Illumination::Shape::dipole_x, best.sigma_inner,
                             best.sigma_outer, best.opening_deg};
    EXPECT_LT(basis.latitude(other), basis.latitude(best) - 0.1);
  }
}

/// For a single gauge and focus the search's measure is the exposure latitude of the whole case.
TEST(StudySource, LatitudeIsThatOfTheProcessWindow) {
  const Illumination dipole{Illumination::Shape::dipole_x, 0.5, 0.9, 90};
  StudySettings settings;
  SourceBasis::Setting setting;
  setting.cd_tolerance = settings.cd_tolerance_percent / 100;
  setting.pixel = 0.02;
  for (const bool bright : {true, false}) {
    PatternSpec spec;
    spec.pitch_nm = 32;
    spec.cd_nm = 14;
    spec.bright = bright;
    const StudyPattern p = make_pattern(spec, "p");
    StudyScanner s = with_dipole(scanner(0.33, 0));
    s.source = dipole.source(0.02);
    settings.correct_mask = false;
    // To size at the drawn edge: the case must not choose another width.
    const CaseResult c = evaluate(p, s, settings);
    const double found = SourceBasis(s.projection, p, p.shapes, setting).latitude(dipole);
    EXPECT_NEAR(100 * found, c.latitude_percent, 0.6) << bright;
    EXPECT_GT(c.latitude_percent, 15);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Cases.

TEST(StudyCase, ThirteenNmIsNearTheLimitOfTheSmallApertureAndEightOfTheLarge) {
  StudyScanner low = scanner(0.33, 0), high = scanner(0.55, 0.2);
  EXPECT_EQ(evaluate(lines(26), low).verdict, Verdict::printable);
  EXPECT_EQ(evaluate(lines(22), low).verdict, Verdict::not_resolved);
  EXPECT_EQ(evaluate(lines(18), low).verdict, Verdict::no_image) << "below wavelength / (2 NA)";
  high.focus_budget_nm = 25;
  EXPECT_EQ(evaluate(lines(16), high).verdict, Verdict::printable);
  EXPECT_EQ(evaluate(lines(13), high).verdict, Verdict::not_resolved);
  // With the very dipole whose closed form says NILS 1.9085 and 2.1655: resolved.
  EXPECT_TRUE(evaluate(lines(26), with_dipole(low)).resolved());
  EXPECT_TRUE(evaluate(lines(16), with_dipole(high)).resolved());
  StudySettings strict;
  strict.resolved_nils = 2;
  EXPECT_FALSE(evaluate(lines(26), with_dipole(low), strict).resolved());
  EXPECT_TRUE(evaluate(lines(16), with_dipole(high), strict).resolved());
}

TEST(StudyCase, VerdictsSayWhatIsMissing) {
  StudyScanner s = with_dipole(scanner(0.33, 0));
  StudySettings settings;
  s.focus_budget_nm = 300;
  EXPECT_EQ(evaluate(lines(40), s, settings).verdict, Verdict::shallow);
  s.focus_budget_nm = 40;
  settings.mask_minimum_nm = 90;
  const CaseResult fine = evaluate(lines(40), s, settings);
  EXPECT_EQ(fine.verdict, Verdict::mask_too_fine);
  EXPECT_NE(fine.reason.find("80.0 nm"), std::string::npos) << fine.reason;
  settings.mask_minimum_nm = 70;
  EXPECT_EQ(evaluate(lines(40), s, settings).verdict, Verdict::printable);
}

TEST(StudyCase, LinesAlongXAndYDifferOnTheMaskAlone) {
  StudyScanner s = scanner(0.55, 0.2);
  s.projection.vector = true;
  s.projection.magnification_y = 8;
  const CaseResult upright = evaluate(lines(24), s), flat = evaluate(lines(24, false), s);
  EXPECT_NEAR(flat.nils, upright.nils, 1e-6 * upright.nils);
  EXPECT_NEAR(flat.latitude_percent, upright.latitude_percent, 1e-4);
  EXPECT_NEAR(upright.gauges[0].mask_width_nm, 4 * 12, 1e-9);
  EXPECT_NEAR(flat.gauges[0].mask_width_nm, 8 * 12, 1e-9);
  EXPECT_NEAR(flat.gauges[0].mask_gap_nm, 8 * 12, 1e-9);
}

TEST(StudyCase, TheMaskIsCorrectedUntilAllGaugesPrintToSize) {
  for (const PatternKind kind : {PatternKind::tip_to_tip, PatternKind::staggered_contacts}) {
    StudyScanner s = scanner(0.33, 0);
    s.source = Illumination{Illumination::Shape::annular, 0.5, 0.8, 0}.source(0.08);
    StudySettings settings;
    const StudyPattern p = make_pattern(spec_of(kind, 44), "p");
    const CaseResult c = evaluate(p, s, settings);
    ASSERT_NE(c.verdict, Verdict::no_image) << c.reason;
    for (const GaugeOutcome& g : c.gauges) EXPECT_NEAR(g.cd_nm, g.critical_nm, 0.02) << g.name;
    EXPECT_EQ(c.gauges[0].mask_bias_nm, 0) << "the first gauge sets the dose instead";
    settings.correct_mask = false;
    const CaseResult drawn = evaluate(p, s, settings);
    EXPECT_GT(std::abs(drawn.gauges[1].cd_nm - drawn.gauges[1].critical_nm), 0.1);
    if (kind == PatternKind::tip_to_tip) {
      EXPECT_GT(c.gauges[1].mask_bias_nm, 1) << "ends pull back, so the mask's must reach out";
      EXPECT_GT(drawn.gauges[1].cd_nm, drawn.gauges[1].critical_nm) << "the gap is too wide as drawn";
    }
  }
}

/// A square of 13 nm receives 3446 photons at 30 mJ/cm2, 8 nm 1305; three sigma are 5.1 and 8.3 % of them.
TEST(StudyCase, PhotonNoiseIsThatOfTheClosedForm) {
  StudySettings settings;
  settings.absorbed_share = 1;
  EXPECT_NEAR(photon_noise_percent(settings, 2, 13, 30), 5.1, 0.05);
  EXPECT_NEAR(photon_noise_percent(settings, 2, 8, 30), 8.3, 0.05);
  EXPECT_NEAR(photon_noise_percent(settings, 4, 8, 30), 8.3 / 2, 0.05);
  settings.absorbed_share = 0.25;
  EXPECT_NEAR(photon_noise_percent(settings, 2, 8, 30), 8.3 * 2, 0.1);
}

TEST(StudyCase, TheDoseForTheNoiseAllowedLeavesJustThat) {
  StudyScanner s = with_dipole(scanner(0.33, 0));
  StudySettings settings;
  const CaseResult c = evaluate(lines(32), s, settings);
  EXPECT_NEAR(c.noise_percent, photon_noise_percent(settings, c.nils, 16, s.dose_mj_cm2 * settings.threshold / c.dose),
              1e-9);
  s.dose_mj_cm2 = c.dose_for_noise_mj_cm2;
  EXPECT_NEAR(evaluate(lines(32), s, settings).noise_percent, settings.cd_variation_percent, 1e-6);
}

/// I' = (1 - f) I + f / 2 for lines and spaces of equal width.
TEST(StudyCase, FlareTakesContrast) {
  StudyScanner s = with_dipole(scanner(0.33, 0));
  StudySettings settings;
  settings.correct_mask = false;
  const CaseResult clean = evaluate(lines(32), s, settings);
  const auto [least, most] = std::minmax_element(clean.picture.begin(), clean.picture.end());
  const double low = *least / clean.dose, high = *most / clean.dose;
  EXPECT_NEAR(clean.contrast, (high - low) / (high + low), 2e-3);
  s.flare = 0.05;
  EXPECT_NEAR(evaluate(lines(32), s, settings).contrast, 0.95 * (high - low) / (0.95 * (high + low) + 2 * 0.05 * 0.5),
              2e-3);
  s.flare_density = 0.2;
  EXPECT_NEAR(evaluate(lines(32), s, settings).contrast, 0.95 * (high - low) / (0.95 * (high + low) + 2 * 0.05 * 0.2),
              2e-3);
}

TEST(StudyCase, AberrationsMoveBestFocus) {
  StudyScanner s = with_dipole(scanner(0.33, 0));
  PatternSpec spec;  // not of half the pitch: there the edge of a two-beam image does not move with focus
  spec.pitch_nm = 44;
  spec.cd_nm = 16;
  const StudyPattern p = make_pattern(spec, "narrow");
  EXPECT_NEAR(evaluate(p, s).best_focus_nm.value_or(99), 0, 0.05);
  // Z4 = a (2 rho^2 - 1) against z (NA rho)^2 / 2: to first order a defocus of 4 a / NA^2, which -z undoes.
  s.projection.pupil.wavefront_nm.add(0.5, fringe_zernike(4));
  const CaseResult c = evaluate(p, s);
  ASSERT_TRUE(c.best_focus_nm.has_value());
  EXPECT_NEAR(std::abs(*c.best_focus_nm), 4 * 0.5 / (0.33 * 0.33), 2);
  s.projection.pupil.wavefront_nm.add(-1, fringe_zernike(4));
  const CaseResult other = evaluate(p, s);
  ASSERT_TRUE(other.best_focus_nm.has_value());
  EXPECT_NEAR(*other.best_focus_nm, -*c.best_focus_nm, 0.05);
}

// ---------------------------------------------------------------------------------------------------------------------
// Studies.

StudyWork work(int threads = 2) {
  StudyWork w;
  w.backend = [] { return make_backend("cpu", 1); };
  w.threads = threads;
  w.limits = false;
  return w;
}

/// Scalar, without radiometry, in focus: everything goes with wavelength / NA.
TEST(Study, ResolutionGoesWithWavelengthOverNa) {
  StudySettings settings;
  settings.source_step = 0.05;
  settings.mask_minimum_nm = 0;
  StudyScanner low = scanner(0.33, 0), high = scanner(0.55, 0);
  low.focus_budget_nm = high.focus_budget_nm = 0;
  const auto limits = find_limits({low, high}, settings, work());
  ASSERT_EQ(limits.size(), 6u);
  for (std::size_t family = 0; family < 3; ++family) {
    const LimitResult &a = limits[2 * family], &b = limits[2 * family + 1];
    ASSERT_TRUE(a.resolved_nm && b.resolved_nm) << a.family;
    EXPECT_NEAR(*b.resolved_nm / *a.resolved_nm, 0.33 / 0.55, 0.004) << a.family;
    EXPECT_GT(*a.resolved_nm, a.cutoff_nm);
    EXPECT_LT(*a.resolved_nm, 1.6 * a.cutoff_nm);
  }
  EXPECT_NEAR(*limits[0].resolved_nm, *limits[2].resolved_nm, 0.05) << "vertical and horizontal";
}

StudyResult small_study(double na, double obscuration, double dose, int threads = 2) {
  StudyScanner a = scanner(0.33, 0), b = scanner(na, obscuration);
  a.name = "low";
  b.name = "high";
  b.focus_budget_nm = 25;
  b.dose_mj_cm2 = dose;
  std::vector<StudyPattern> patterns{lines(18), lines(28), lines(40)};
  return run_study({a, b}, patterns, {}, work(threads));
}

std::vector<std::string> conclusions(const StudyResult& study) {
  CompareResult result;
  result.study = study;
  return study_conclusions(result);
}

TEST(Study, ItsConclusionsChangeWithItsInputs) {
  const StudyResult study = small_study(0.55, 0.2, 50);
  EXPECT_EQ(study.at(0, 0).verdict, Verdict::no_image);
  EXPECT_EQ(study.at(0, 1).verdict, Verdict::printable);
  const StudyResult smaller = small_study(0.4, 0.2, 50);
  EXPECT_NE(conclusions(smaller), conclusions(study));
  EXPECT_NE(smaller.at(0, 1).verdict, Verdict::printable);
  const StudyResult open = small_study(0.55, 0, 50);
  EXPECT_GT(std::abs(open.at(1, 1).nils - study.at(1, 1).nils), 1e-3) << "the obscuration";
  const StudyResult dose = small_study(0.55, 0.2, 100);
  EXPECT_NEAR(dose.at(1, 1).noise_percent, study.at(1, 1).noise_percent / std::numbers::sqrt2, 1e-9);
  EXPECT_NEAR(dose.at(1, 1).nils, study.at(1, 1).nils, 1e-12);
}

TEST(Study, DoesNotDependOnThreadsAndHasNoNan) {
  const StudyResult one = small_study(0.55, 0.2, 50, 1), three = small_study(0.55, 0.2, 50, 3);
  EXPECT_EQ(conclusions(one), conclusions(three));
  EXPECT_EQ(one.findings, three.findings);
  for (std::size_t i = 0; i < one.cases.size(); ++i) {
    const CaseResult &a = one.cases[i], &b = three.cases[i];
    EXPECT_EQ(a.nils, b.nils);
    EXPECT_EQ(a.dof_nm, b.dof_nm);
    for (const double v :
         {a.contrast, a.nils, a.meef, a.dose, a.latitude_percent, a.dof_nm, a.noise_percent, a.dose_for_noise_mj_cm2})
      EXPECT_TRUE(std::isfinite(v)) << i;
    EXPECT_EQ(a.reason.empty(), a.verdict == Verdict::printable);
  }
}

TEST(Study, ALayerHasOneSourceAndOneDose) {
  std::vector<StudyPattern> patterns{lines(28), lines(36), lines(48)};
  for (StudyPattern& p : patterns) p.shared_source = true;
  const StudyResult shared = run_study({scanner(0.33, 0)}, patterns, {}, work());
  for (std::size_t p = 1; p < 3; ++p) {
    EXPECT_EQ(shared.at(p, 0).source_name, shared.at(0, 0).source_name);
    EXPECT_EQ(shared.at(p, 0).dose, shared.at(0, 0).dose);
    EXPECT_NEAR(shared.at(p, 0).gauges[0].cd_nm, shared.at(p, 0).gauges[0].critical_nm, 0.05);
  }
  ASSERT_EQ(shared.families.size(), 1u);
  const FamilyResult& family = shared.families[0];
  EXPECT_EQ(family.in_window.size(), 3u);
  EXPECT_GT(family.latitude_percent, 5);
  for (std::size_t p = 0; p < 3; ++p) EXPECT_LE(family.latitude_percent, shared.at(p, 0).latitude_percent + 1e-9);
  for (StudyPattern& p : patterns) p.shared_source = false;
  const StudyResult each = run_study({scanner(0.33, 0)}, patterns, {}, work());
  EXPECT_NE(each.at(0, 0).source_name, each.at(2, 0).source_name);
  // As for single patterns, the latitude at the focus budget is what the search maximises.
  EXPECT_GE(each.at(2, 0).latitude_percent, 0.9 * shared.at(2, 0).latitude_percent);
}

TEST(Study, DosesAreThoseOfTheCases) {
  StudySettings settings;
  settings.least_dose_mj_cm2 = 20;
  const StudyScanner s = scanner(0.33, 0);
  const auto doses = simulated_doses({s}, settings, 20, 40, 2, work());
  ASSERT_EQ(doses.size(), 1u);
  EXPECT_NEAR(doses[0](28, 14).value(), evaluate(lines(28), s, settings).dose_for_noise_mj_cm2, 1e-6);
  // Every other line of a pitch of 26 nm: printed 19 nm wide, 13 nm in the end.
  PatternSpec wide;
  wide.pitch_nm = 52;
  wide.cd_nm = 19;
  const double dose = evaluate(make_pattern(wide, "p"), s, settings).dose_for_noise_mj_cm2;
  EXPECT_NEAR(doses[0](52, 13).value(), std::max(20.0, dose * (19.0 / 13) * (19.0 / 13)), 1e-6);
  EXPECT_GT(doses[0](52, 13).value(), 20);
  EXPECT_GT(doses[0](28.5, 14.25).value(), doses[0](29, 14.5).value()) << "smaller lines need more";
  EXPECT_NEAR(doses[0](40, 20).value(), 20, 1e-9) << "no resist is faster";
  EXPECT_FALSE(doses[0](20, 10).has_value()) << "not resolved";
  EXPECT_FALSE(doses[0](50, 25).has_value()) << "out of range";
  EXPECT_FALSE(doses[0](90, 15).has_value()) << "three exposures were not asked for";
}

TEST(Study, RefusesAnEmptyOne) {
  EXPECT_THROW(static_cast<void>(run_study({}, {lines(28)}, {}, work())), Error);
  EXPECT_THROW(static_cast<void>(run_study({scanner(0.33, 0)}, {}, {}, work())), Error);
}

TEST(Study, CanBeStopped) {
  StudyWork w = work();
  int calls = 0;
  w.threads = 1;
  w.check = [&] {
    if (++calls > 3) throw Error(ErrorCode::interrupted, "T-1", "stop");
  };
  EXPECT_THROW(static_cast<void>(run_study({scanner(0.33, 0)}, {lines(28), lines(36)}, {}, w)), Error);
}

}  // namespace
}  // namespace anamorph
