// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/measure/process_window.hpp"
#include "cpp/study/illumination.hpp"
#include "cpp/study/pattern.hpp"
#include "optics_models/projection.hpp"
#include "optics_models/source.hpp"

// The same patterns under several scanners. Numbers that do not exist are absent (std::optional) or NaN, never 0.

namespace anamorph {

struct StudyScanner {
  std::string name;  ///< unique in the study
  std::string title;
  Projection projection;  ///< at focus 0
  double blur_x_nm = 0;   ///< standard deviation of the stage's vibration
  double blur_y_nm = 0;
  double flare = 0;                     ///< scattered share of the light
  std::optional<double> flare_density;  ///< clear share around; absent: that of the pattern
  double pupil_fill_min = 0.2;          ///< least lit share of the pupil that a search may choose
  std::optional<Source> source;         ///< given: there is no search
  std::string source_name;              ///< of that one
  PolarisationState polarisation = PolarisationState::none;
  double polarisation_degree = 1;
  double dose_mj_cm2 = 30;      ///< clear-field dose at which noise is told
  double focus_budget_nm = 40;  ///< depth of focus that a pattern must have to be printable
};

struct StudySettings {
  double focus_range_nm = 150;  ///< to both sides, the same for all scanners, so that their windows can be compared
  double threshold = 0.3;  ///< of the resist at dose 1, clear field = 1
  double resist_blur_nm = 0;
  double resolved_nils = 1.5;
  double cd_tolerance_percent = 10;   ///< to both sides
  double latitude_percent = 8;        ///< exposure latitude at which the depth of focus is told
  double mask_step_nm = 0.5;          ///< change of the mask's CD for the MEEF
  bool correct_mask = true;           ///< edges are moved until all gauges print to size
  double mask_minimum_nm = 30;        ///< least feature or gap on the mask, at mask scale
  double photons_per_nm2_mj = 0.680;  ///< photons per nm^2 at 1 mJ/cm^2
  double absorbed_share = 0.2;        ///< of the photons, in the resist
  double cd_variation_percent = 15;   ///< three sigma of the CD that photons may cause
  double least_dose_mj_cm2 = 20;      ///< no resist is faster
  double etch_bias_nm = 6;            ///< by which a line of several exposures may be printed wider than it ends
  double source_step = 0;             ///< of found sources, in sigma; 0: 0.03 for lines, 0.06 for the rest
};

/// What one gauge of a pattern is worth, at the condition of its case.
struct GaugeOutcome {
  std::string name;
  double critical_nm = 0;
  double cd_nm = 0;  ///< of the critical dimension: of a gap, the gap
  double nils = 0;   ///< the lesser image log slope of both edges times critical_nm
  double meef = 0;
  double latitude_percent = 0;  ///< of this gauge alone at the condition's focus
  std::optional<double> best_focus_nm;
  double noise_percent = 0;  ///< three sigma of the CD from the photons at the scanner's dose, per cent of critical_nm
  double mask_bias_nm = 0;   ///< by which the mask's feature is larger than drawn, wafer scale
  double mask_width_nm = 0;  ///< of the feature on the mask, at mask scale
  double mask_gap_nm = 0;    ///< the smaller gap beside it, at mask scale; infinite if none
};

enum class Verdict {
  printable,      ///< resolved, with the depth of focus that the scanner's budget asks for, on a mask that can be made
  mask_too_fine,  ///< would print, but the mask breaks its least dimension
  shallow,        ///< resolved, but the window is less deep than the budget
  no_window,      ///< resolved, but no dose and focus holds all gauges
  not_resolved,   ///< NILS below the limit
  no_image        ///< no contrast, no edges, or a mask that cannot be corrected
};

/// One pattern under one scanner.
struct CaseResult {
  std::size_t pattern = 0;
  std::size_t scanner = 0;
  Verdict verdict = Verdict::no_image;
  std::string reason;  ///< in words; empty when printable

  std::string source_name;
  double pupil_fill = 0;
  std::vector<SourcePoint> source;      ///< the points used, for a picture
  double contrast = 0;                  ///< (max - min) / (max + min) on the first gauge's cut, in focus
  double nils = 0;                      ///< the least of the gauges
  double meef = 0;                      ///< the largest
  double dose = 0;                      ///< relative dose to size: threshold over intensity at the edge
  double focus_nm = 0;                  ///< the condition at which the gauges are told
  double latitude_percent = 0;          ///< of all gauges together at their best single focus
  double dof_nm = 0;                    ///< of all gauges together at the wanted latitude
  bool dof_cut = false;                 ///< the window goes on beyond the focus range looked at
  std::optional<double> best_focus_nm;  ///< mean of the gauges'; absent where CDs do not change with focus
  double noise_percent = 0;             ///< the worst gauge's
  double dose_for_noise_mj_cm2 = 0;     ///< clear-field dose at which photons cause the CD variation allowed
  std::vector<GaugeOutcome> gauges;

  std::vector<double> focus_nm_fine;  ///< positions of the band
  DoseBand band;                      ///< doses within tolerance of all gauges, over the dose to size
  std::vector<Point> window;          ///< polygon of the process window: focus in nm, dose over the dose to size
  std::vector<LatitudePoint> latitude_curve;
  Grid picture_grid;
  Image<double> picture;                ///< intensity in the condition's focus times the dose, print at the threshold
  std::vector<Polygon> picture_shapes;  ///< drawn ones, on that grid

  [[nodiscard]] bool resolved() const noexcept { return verdict <= Verdict::no_window; }
};

/// The smallest half pitch of a kind of pattern, by bisection.
struct LimitResult {
  std::string family;  ///< "lines vertical", "lines horizontal", "contacts"
  std::size_t scanner = 0;
  std::optional<double> resolved_nm;   ///< NILS reaches the limit, in focus, with the source that makes it highest
  std::optional<double> printable_nm;  ///< printable, as the verdict has it
  std::string source_name;             ///< at the resolved limit
  double cutoff_nm = 0;                ///< lambda / (4 NA): no two orders pass below
};

/// What the patterns of a family show together.
struct FamilyResult {
  std::string family;
  std::size_t scanner = 0;
  bool shared_source = false;
  std::optional<double> focus_range_nm;  ///< of the best foci of its resolved patterns, if two have one
  double latitude_percent = 0;           ///< with a shared source: of the window that its resolved patterns share
  double dof_nm = 0;
  std::vector<std::size_t> in_window;  ///< those patterns
};

struct StudyResult {
  std::vector<StudyScanner> scanners;
  std::vector<StudyPattern> patterns;
  StudySettings settings;
  std::vector<CaseResult> cases;  ///< [pattern][scanner]
  std::vector<LimitResult> limits;
  std::vector<FamilyResult> families;
  std::vector<std::string> findings;
  double seconds = 0;

  [[nodiscard]] const CaseResult& at(std::size_t pattern, std::size_t scanner) const {
    return cases[pattern * scanners.size() + scanner];
  }
};

/// How the work is done.
struct StudyWork {
  bool limits = true;                                 ///< also find_limits
  std::function<std::unique_ptr<Backend>()> backend;  ///< one for each thread
  int threads = 1;
  std::function<void(double done)> progress = {};  ///< share of the work, 0 .. 1; one thread at a time
  std::function<void()> check = {};                ///< called now and then; may throw to stop
};

/// One pattern under one scanner: the source that leaves the highest exposure latitude at the focus budget, the mask
/// corrected for it, the focus-exposure matrix, and what follows.
/// A dose that is given holds for all gauges; otherwise the first gauge sets it with the mask as drawn.
[[nodiscard]] CaseResult evaluate_case(const StudyPattern& pattern, const StudyScanner& scanner,
                                       const StudySettings& settings, Backend& backend,
                                       const std::function<void()>& check = {}, std::optional<double> dose = {});

/// NILS of the worst gauge in focus, uncorrected, with the source that makes it highest; 0 where an edge has no image.
struct SharpImage {
  double nils = 0;
  std::string source_name;
};
[[nodiscard]] SharpImage sharpest_image(const StudyPattern& pattern, const StudyScanner& scanner,
                                        const StudySettings& settings, Backend& backend,
                                        const std::function<void()>& check = {});

/// The source of a family: the scanner's own if it is given, else the best for all its patterns.
[[nodiscard]] StudyScanner with_shared_source(StudyScanner scanner, const std::vector<StudyPattern>& patterns,
                                              const StudySettings& settings, const std::function<void()>& check = {});

/// The limits of dense lines in both directions and of contacts.
[[nodiscard]] std::vector<LimitResult> find_limits(const std::vector<StudyScanner>& scanners,
                                                   const StudySettings& settings, const StudyWork& work);

/// Three standard deviations of a CD, per cent, that the photons absorbed in a square of its size cause:
/// 100 * 3 * 2 / (NILS sqrt(N)), N = photons_per_nm2_mj * absorbed_share * edge_dose * CD^2, because a dose that is
/// wrong by dD/D moves both edges by CD / NILS * dD/D.
[[nodiscard]] double photon_noise_percent(const StudySettings& settings, double nils, double cd_nm,
                                          double edge_dose_mj_cm2);

/// The whole study. Patterns that cannot be printed are findings, not errors.
[[nodiscard]] StudyResult run_study(std::vector<StudyScanner> scanners, std::vector<StudyPattern> patterns,
                                    const StudySettings& settings, const StudyWork& work);

}  // namespace anamorph
