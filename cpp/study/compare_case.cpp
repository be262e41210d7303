// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/imaging/focus_nodes.hpp"
#include "cpp/imaging/image_sampler.hpp"
#include "cpp/measure/focus_exposure.hpp"
#include "cpp/study/compare.hpp"
#include "cpp/study/illumination_search.hpp"
#include "masks/sizing.hpp"
#include "optics_models/abbe.hpp"
#include "optics_models/focus_symmetry.hpp"
#include "optics_models/projection.hpp"

namespace anamorph {
namespace {

using Spectrum = std::vector<std::complex<double>>;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr int fine_steps = 80;  // of the focus range
constexpr int curve_steps = 40;
constexpr double no_contrast = 1e-3;
constexpr int picture_px = 120;

std::string text(double value, int decimals) {
  char out[40];
  std::snprintf(out, sizeof out, "%.*f", decimals, value);
  return out;
}

/// A found or given source with its name.
struct ChosenSource {
  std::vector<SourcePoint> points;
  std::string name;
  double pupil_fill = 0;
};

SourceBasis::Setting basis_setting(const StudyPattern& pattern, const StudyScanner& scanner,
                                   const StudySettings& settings, const std::function<void()>& check) {
  const double half = scanner.focus_budget_nm / 2;
  SourceBasis::Setting setting;
  setting.focus_nm = half > 0 ? std::vector<double>{-half, 0, half} : std::vector<double>{0};
  setting.cd_tolerance = settings.cd_tolerance_percent / 100;
  setting.pixel = pattern.strip ? 0.05 : 0.1;
  setting.polarisation = scanner.polarisation;
  setting.polarisation_degree = scanner.polarisation_degree;
  setting.check = check;
  return setting;
}

double source_step(const StudyPattern& pattern, const StudySettings& settings) {
  if (settings.source_step > 0) return settings.source_step;
  return pattern.strip ? 0.03 : 0.06;
}

ChosenSource found_source(const Illumination& illumination, const StudyPattern& pattern, const StudyScanner& scanner,
                          const StudySettings& settings) {
  Source source = illumination.source(source_step(pattern, settings));
  polarise(source, scanner.polarisation, scanner.polarisation_degree);
  return {std::move(source.points), illumination.str(), illumination.pupil_fill()};
}

ChosenSource given_source(const StudyScanner& scanner) {
  return {scanner.source->points, scanner.source_name, scanner.source->pupil_fill};
}

/// Images of masks of one pattern under one scanner and source.
class CaseImager {
 public:
  CaseImager(const StudyPattern& pattern, const StudyScanner& scanner, const StudySettings& settings,
             const ChosenSource& source, Backend& backend)
      : pattern_(pattern), scanner_(scanner), settings_(settings), source_(source), backend_(backend) {}

  [[nodiscard]] std::vector<ImageSampler> images(double focus_nm, const std::vector<std::vector<Polygon>>& masks) {
    if (!stack_ || stack_focus_ != focus_nm) {
      Projection projection = scanner_.projection;
      projection.focus_nm = focus_nm;
      stack_ = abbe_stack(projection, source_.points, pattern_.tile.width(), pattern_.tile.height());
      stack_focus_ = focus_nm;
    }
    std::vector<Spectrum> spectra;
    const double kept = std::sqrt(1 - scanner_.flare);
    for (const auto& shapes : masks) {
      Spectrum& m = spectra.emplace_back(pattern_spectrum(pattern_, shapes, stack_->extent_x, stack_->extent_y));
      for (auto& value : m) value *= kept;
    }
    return sample_images(backend_, *stack_, spectra, pattern_.tile,
                         std::hypot(settings_.resist_blur_nm, scanner_.blur_x_nm),
                         std::hypot(settings_.resist_blur_nm, scanner_.blur_y_nm));
  }

  /// Even scattered light on top of the images.
  [[nodiscard]] double background() const {
    if (scanner_.flare == 0) return 0;
    const double open = pattern_spectrum(pattern_, pattern_.shapes, 0, 0).front().real();
    return scanner_.flare * scanner_.flare_density.value_or(open);
  }

  [[nodiscard]] FocusExposure series(double low_nm, double high_nm, double mask_step_nm) const {
    const Projection& p = scanner_.projection;
    FocusExposurePlan plan;
    for (const StudyGauge& g : pattern_.gauges) plan.gauges.push_back(g.gauge);
    plan.threshold = settings_.threshold;
    plan.bright = pattern_.bright;
    plan.reach_nm = p.wavelength_nm / p.na;
    plan.mask_step_nm = mask_step_nm;
    const CoherentTerms terms(p, source_.points);
    const CoherentStack frame = empty_stack(terms, pattern_.tile.width(), pattern_.tile.height());
    double wavelength = p.wavelength_nm;
    for (const SpectralLine& line : p.spectrum) wavelength = std::min(wavelength, line.wavelength_nm);
    return FocusExposure(std::move(plan),
                         FocusNodes(low_nm, high_nm, focus_band_per_nm(wavelength, p.na, p.immersion_index)),
                         pattern_.tile, 2 * frame.extent_x, 2 * frame.extent_y);
  }

  /// What each of several masks prints in focus.
  [[nodiscard]] std::vector<FocusExposure> in_focus(const std::vector<std::vector<Polygon>>& masks) {
    const double light = background();
    std::vector<FocusExposure> all;
    for (const ImageSampler& image : images(0, masks)) {
      all.push_back(series(0, 0, 0));
      all.back().add(
          {0}, MaskVariant::nominal, image, [light](const Point&) { return light; }, 1);
    }
    return all;
  }

  /// The shapes with every feature's mask changed by `change_nm` in all directions.
  [[nodiscard]] std::vector<Polygon> resized(const std::vector<Polygon>& shapes, double change_nm) const {
    const Box& tile = pattern_.tile;
    std::vector<Polygon> around;  // a corrected shape may reach over the tile's border
    for (int j = -1; j <= 1; ++j)
      for (int i = -1; i <= 1; ++i)
        for (Polygon shape : shapes) {
          for (Point& p : shape) p = {p.x + i * tile.width(), p.y + j * tile.height()};
          around.push_back(std::move(shape));
        }
    return sized(around, tile, pattern_.openings == pattern_.bright ? change_nm / 2 : -change_nm / 2);
  }

  [[nodiscard]] const ChosenSource& source() const noexcept { return source_; }

 private:
  const StudyPattern& pattern_;
  const StudyScanner& scanner_;
  const StudySettings& settings_;
  const ChosenSource& source_;
  Backend& backend_;
  std::optional<CoherentStack> stack_;
  double stack_focus_ = 0;
};

/// The critical dimension when the feature is as wide as `cd_nm`.
double critical_of(const StudyGauge& g, double cd_nm) {
  return g.critical_nm == g.gauge.cd_nm ? cd_nm : g.critical_nm - (cd_nm - g.gauge.cd_nm);
}

double nils_of(const StudyGauge& g, const GaugeReading& reading) {
  return reading.nils * g.critical_nm / g.gauge.cd_nm;
}

/// Edge moves that make all gauges print to size, or why there are none.
struct Correction {
  double dose = unknown;
  double error_nm = infinite;  ///< that is left
  std::vector<double> bias_nm;
  std::vector<Polygon> shapes;
  std::string failure;
};

/// Residuals of the gauges for a mask: CD minus wanted, at the dose that prints the first one to size or at a given
/// one.
class Residuals {
 public:
  Residuals(CaseImager& imager, const StudyPattern& pattern, std::optional<double> dose)
      : imager_(imager), pattern_(pattern), dose_(dose) {}

  struct Value {
    double dose = unknown;
    Eigen::VectorXd error_nm;
    [[nodiscard]] bool prints() const { return std::isfinite(dose); }
    [[nodiscard]] double worst() const { return error_nm.cwiseAbs().maxCoeff(); }
  };

  /// Of several masks at once; the biases are those of each gauge.
  [[nodiscard]] std::vector<Value> at(const std::vector<std::vector<double>>& biases) {
    std::vector<std::vector<Polygon>> masks;
    for (const auto& bias : biases) masks.push_back(biased(pattern_, bias));
    std::vector<Value> values;
    for (const FocusExposure& fem : imager_.in_focus(masks)) {
      Value& value = values.emplace_back();
      value.dose = dose_.value_or(fem.dose_to_size(0, 0));
      value.error_nm.resize(static_cast<Eigen::Index>(pattern_.gauges.size()));
      for (std::size_t g = 0; g < pattern_.gauges.size(); ++g) {
        const StudyGauge& gauge = pattern_.gauges[g];
        const double cd = value.prints() ? fem.read(g, value.dose, 0).cd_nm : unknown;
        // What does not print yet needs a larger feature.
        value.error_nm[static_cast<Eigen::Index>(g)] =
            std::isfinite(cd) ? cd - gauge.gauge.cd_nm : -0.3 * std::min(gauge.gauge.cd_nm, gauge.critical_nm);
      }
    }
    return values;
  }

 private:
  CaseImager& imager_;
  const StudyPattern& pattern_;
  std::optional<double> dose_;
};

/// Broyden's method from a Jacobian by differences, which is taken anew when it no longer helps.
Correction correct(CaseImager& imager, const StudyPattern& pattern, const StudySettings& settings,
                   std::optional<double> dose) {
  constexpr int most = 30, rounds_per_jacobian = 6;
  constexpr double done_nm = 0.005, good_nm = 0.1, difference_nm = 0.5, step_nm = 3;
  const std::size_t count = pattern.gauges.size();
  // The first gauge's mask stays as drawn when it sets the dose.
  const std::size_t first = dose ? 0 : 1;
  const auto free = static_cast<Eigen::Index>(count - first);
  Correction c{unknown, infinite, std::vector<double>(count, 0), pattern.shapes, {}};
  Residuals residuals(imager, pattern, dose);
  Residuals::Value now = residuals.at({c.bias_nm}).front();
  c.dose = now.dose;
  if (!now.prints()) {
    c.failure = "no dose prints gauge \"" + pattern.gauges[0].gauge.name + "\" to size";
    return c;
  }
  if (!settings.correct_mask) return c;
  Eigen::MatrixXd jacobian;
  try {
    for (int round = 0; round < most && now.worst() > done_nm; ++round) {
      if (round % rounds_per_jacobian == 0) {
        std::vector<std::vector<double>> moved;
        for (std::size_t g = first; g < count; ++g) {
          moved.push_back(c.bias_nm);
          moved.back()[g] += difference_nm;
        }
        const std::vector<Residuals::Value> all = residuals.at(moved);
        jacobian = 1.5 * Eigen::MatrixXd::Identity(free, free);
        for (Eigen::Index g = 0; g < free; ++g) {
          const Residuals::Value& one = all[static_cast<std::size_t>(g)];
          if (!one.prints()) continue;
          const Eigen::VectorXd column = (one.error_nm - now.error_nm).tail(free) / difference_nm;
          if (column[g] > 0.1) jacobian.col(g) = column;  // otherwise it did not print, or does not now
        }
      }
      Eigen::VectorXd step = -jacobian.colPivHouseholderQr().solve(now.error_nm.tail(free));
      if (!step.allFinite()) break;
      step *= std::min(1.0, step_nm / std::max(step.cwiseAbs().maxCoeff(), 1e-12));
      for (Eigen::Index g = 0; g < free; ++g) c.bias_nm[first + static_cast<std::size_t>(g)] += step[g];
      const Residuals::Value next = residuals.at({c.bias_nm}).front();
      if (!next.prints()) {
        c.failure = "the mask's correction loses gauge \"" + pattern.gauges[0].gauge.name + "\"";
        return c;
      }
      const Eigen::VectorXd change = (next.error_nm - now.error_nm).tail(free);
      jacobian += (change - jacobian * step) * step.transpose() / std::max(step.squaredNorm(), 1e-12);
      now = next;
    }
    c.shapes = biased(pattern, c.bias_nm);
    c.error_nm = now.worst();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    c.failure = error.what();
    return c;
  }
  c.dose = now.dose;
  if (now.worst() > good_nm) c.failure = "the mask's correction leaves " + text(now.worst(), 2) + " nm";
  return c;
}

/// A source and the mask that is corrected for it.
struct Chosen {
  ChosenSource source;
  Correction mask;
};

/// A source decides how far line ends must be moved, and those decide which source is best: they take turns, from the
/// best source of each shape. The widths alone choose those, for as drawn no line end prints where it should.
Chosen choose(const StudyPattern& pattern, const StudyScanner& scanner, const StudySettings& settings, Backend& backend,
              const std::function<void()>& check, std::optional<double> dose) {
  constexpr int rounds = 3;
  const auto corrected = [&](ChosenSource source) {
    if (check) check();
    CaseImager imager(pattern, scanner, settings, source, backend);
    Correction mask = correct(imager, pattern, settings, dose);
    return Chosen{std::move(source), std::move(mask)};
  };
  if (scanner.source) return corrected(given_source(scanner));
  SourceBasis::Setting setting = basis_setting(pattern, scanner, settings, check);
  const bool turns = settings.correct_mask && pattern.gauges.size() > 1;
  setting.gaps = !turns || std::all_of(pattern.gauges.begin(), pattern.gauges.end(),
                                       [](const StudyGauge& g) { return g.critical_nm != g.gauge.cd_nm; });
  const SourceBasis drawn(scanner.projection, pattern, pattern.shapes, setting);
  if (!turns) {
    const Illumination best = search_illumination(drawn, scanner.pupil_fill_min).illumination;
    return corrected(found_source(best, pattern, scanner, settings));
  }
  setting.gaps = true;
  std::optional<Chosen> best;
  Illumination next;
  double best_latitude = -infinite;
  const auto try_source = [&](const Illumination& illumination) {
    Chosen now = corrected(found_source(illumination, pattern, scanner, settings));
    if (!now.mask.failure.empty()) {
      if (!best) best = std::move(now);
      return false;
    }
    const SourceBasis basis(scanner.projection, pattern, now.mask.shapes, setting);
    const double latitude = basis.latitude(illumination);
    if (!(latitude > best_latitude)) return false;
    best_latitude = latitude;
    best = std::move(now);
    next = search_illumination(basis, scanner.pupil_fill_min).illumination;
    return !(next == illumination);
  };
  for (const Illumination& one : best_of_each_shape(drawn, scanner.pupil_fill_min)) try_source(one);
  for (int round = 0; round < rounds && std::isfinite(best_latitude) && try_source(next); ++round) {
  }
  return std::move(*best);
}

/// The image around the tile's middle, several periods of a small one.
void add_picture(CaseResult& result, const StudyPattern& pattern, const ImageSampler& image, double background) {
  const Box& tile = pattern.tile;
  const double side = std::max({tile.width(), tile.height(), 2 * pattern.pitch_nm});
  const double pixel = side / picture_px;
  const bool strip_x = pattern.strip && tile.width() < tile.height(), strip_y = pattern.strip && !strip_x;
  const auto periods = [&](double period, bool strip) {
    return strip ? side : std::min(period * std::ceil(side / period - 1e-9), 2 * side);
  };
  const double width = periods(tile.width(), strip_x), height = periods(tile.height(), strip_y);
  Grid& grid = result.picture_grid = {tile.x0, tile.y0, static_cast<int>(std::lround(width / pixel)),
                                      static_cast<int>(std::lround(height / pixel)), pixel};
  result.picture = Image<double>(grid.ny, grid.nx);
  std::vector<SampleLine> rows;
  for (int y = 0; y < grid.ny; ++y) rows.push_back({{grid.x_centre_nm(0), grid.y_centre_nm(y)}, {pixel, 0}, grid.nx});
  const auto values = image.lines(rows);
  for (int y = 0; y < grid.ny; ++y)
    for (int x = 0; x < grid.nx; ++x)
      result.picture(y, x) =
          result.dose * (values[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] + background);
  const int nx = static_cast<int>(std::ceil(grid.width_nm() / tile.width() - 1e-9));
  const int ny = static_cast<int>(std::ceil(grid.height_nm() / tile.height() - 1e-9));
  for (int j = strip_y ? 0 : -1; j < (strip_y ? 1 : ny + 1); ++j)
    for (int i = strip_x ? 0 : -1; i < (strip_x ? 1 : nx + 1); ++i)
      for (Polygon shape : pattern.shapes) {
        for (Point& p : shape) {
          // A strip's shapes go all the way.
          if (strip_x) p.x = p.x > tile.x0 + tile.width() / 2 ? tile.x0 + grid.width_nm() : tile.x0;
          if (strip_y) p.y = p.y > tile.y0 + tile.height() / 2 ? tile.y0 + grid.height_nm() : tile.y0;
          p.x += i * tile.width();
          p.y += j * tile.height();
        }
        result.picture_shapes.push_back(std::move(shape));
      }
}

DoseBand gauge_band(const FocusExposure& fem, const StudyPattern& pattern, std::size_t g,
                    const std::vector<double>& focus, const StudySettings& settings) {
  const StudyGauge& gauge = pattern.gauges[g];
  const double share = settings.cd_tolerance_percent / 100 * gauge.critical_nm / gauge.gauge.cd_nm;
  return fem.cd_band(g, focus, share, 1);
}

double latitude_of(double low, double high) { return low < high ? 200 * (high - low) / (high + low) : 0; }

std::optional<double> gauge_focus(const FocusExposure& fem, std::size_t g, double low, double high) {
  return best_focus([&](double z) { return fem.dose_to_size(g, z); },
                    [&](double z) { return fem.read(g, fem.dose_to_size(g, z), z).nils; }, low, high, 1e-4);
}

void read_gauges(const FocusExposure& fem, const StudyPattern& pattern, const StudyScanner& scanner,
                 const StudySettings& settings, const Correction& mask, CaseResult& result) {
  const double low = result.focus_nm_fine.front(), high = result.focus_nm_fine.back();
  result.nils = infinite;
  result.meef = 0;
  double sum = 0;
  int found = 0;
  for (std::size_t g = 0; g < pattern.gauges.size(); ++g) {
    const StudyGauge& gauge = pattern.gauges[g];
    const GaugeReading reading = fem.read(g, result.dose, result.focus_nm);
    GaugeOutcome& out = result.gauges.emplace_back();
    out.name = gauge.gauge.name;
    out.critical_nm = gauge.critical_nm;
    out.cd_nm = critical_of(gauge, reading.cd_nm);
    out.nils = nils_of(gauge, reading);
    out.meef = fem.meef(g, result.dose, result.focus_nm);
    const DoseBand here = gauge_band(fem, pattern, g, {result.focus_nm}, settings);
    out.latitude_percent = latitude_of(here.low[0], here.high[0]);
    out.best_focus_nm = gauge_focus(fem, g, low, high);
    if (out.best_focus_nm) sum += *out.best_focus_nm, ++found;
    out.noise_percent = photon_noise_percent(settings, out.nils, gauge.critical_nm,
                                             scanner.dose_mj_cm2 * settings.threshold / result.dose);
    out.mask_bias_nm = mask.bias_nm[g];
    const CutSpan span = cut_span(mask.shapes, pattern.tile, gauge.gauge);
    const double angle = gauge.gauge.angle_deg * std::numbers::pi / 180;
    const double scale = std::hypot(scanner.projection.magnification_x * std::cos(angle),
                                    scanner.projection.magnification_y * std::sin(angle));
    out.mask_width_nm = scale * (span.high - span.low);
    out.mask_gap_nm = scale * std::min(span.next_high - span.high, span.low - span.next_low);
    result.nils = std::isfinite(out.nils) ? std::min(result.nils, out.nils) : 0;
    result.meef = std::max(result.meef, out.meef);
    result.noise_percent = std::max(result.noise_percent, out.noise_percent);
  }
  if (found > 0) result.best_focus_nm = sum / found;
  // The noise falls with the root of the dose.
  const double ratio = result.noise_percent / settings.cd_variation_percent;
  result.dose_for_noise_mj_cm2 = scanner.dose_mj_cm2 * ratio * ratio;
}

void find_window(const FocusExposure& fem, const StudyPattern& pattern, const StudySettings& settings,
                 CaseResult& result) {
  std::vector<DoseBand> bands;
  for (std::size_t g = 0; g < pattern.gauges.size(); ++g)
    bands.push_back(gauge_band(fem, pattern, g, result.focus_nm_fine, settings));
  result.band = overlap(bands);
  for (auto* side : {&result.band.low, &result.band.high})
    for (double& dose : *side) dose /= result.dose;
  const ProcessWindow window(result.focus_nm_fine, result.band);
  result.window = window.polygon();
  result.latitude_curve = window.latitude_curve(curve_steps);
  result.latitude_percent = window.latitude_percent(0);
  const auto rectangle = window.at_latitude(settings.latitude_percent);
  if (!rectangle) return;
  result.dof_nm = rectangle->dof_nm();
  const double margin = 1e-6 * (result.focus_nm_fine.back() - result.focus_nm_fine.front());
  result.dof_cut = rectangle->focus_low_nm <= result.focus_nm_fine.front() + margin ||
                   rectangle->focus_high_nm >= result.focus_nm_fine.back() - margin;
}

void judge(const StudyScanner& scanner, const StudySettings& settings, CaseResult& result) {
  if (!(result.nils >= settings.resolved_nils)) {
    result.verdict = Verdict::not_resolved;
    result.reason = "NILS " + text(result.nils, 2) + ", " + text(settings.resolved_nils, 2) + " wanted";
    return;
  }
  if (!(result.latitude_percent > 0)) {
    result.verdict = Verdict::no_window;
    result.reason = "no dose and focus holds all gauges";
    return;
  }
  if (result.dof_nm < scanner.focus_budget_nm) {
    result.verdict = Verdict::shallow;
    result.reason = "depth of focus " + text(result.dof_nm, 0) + " nm at " + text(settings.latitude_percent, 0) +
                    " % latitude, " + text(scanner.focus_budget_nm, 0) + " nm wanted";
    return;
  }
  for (const GaugeOutcome& g : result.gauges) {
    const double least = std::min(g.mask_width_nm, g.mask_gap_nm);
    if (least >= settings.mask_minimum_nm) continue;
    result.verdict = Verdict::mask_too_fine;
    result.reason = "mask: " + text(least, 1) + " nm at gauge \"" + g.name + "\", " +
                    text(settings.mask_minimum_nm, 0) + " nm wanted";
    return;
  }
  result.verdict = Verdict::printable;
}

}  // namespace

double photon_noise_percent(const StudySettings& settings, double nils, double cd_nm, double edge_dose_mj_cm2) {
  const double photons = settings.photons_per_nm2_mj * settings.absorbed_share * edge_dose_mj_cm2 * cd_nm * cd_nm;
  return 100 * 3 * 2 / (nils * std::sqrt(photons));
}

SharpImage sharpest_image(const StudyPattern& pattern, const StudyScanner& scanner, const StudySettings& settings,
                          Backend& backend, const std::function<void()>& check) {
  // Between places that lie close to the edge the latitude is the slope there.
  SourceBasis::Setting setting = basis_setting(pattern, scanner, settings, check);
  setting.focus_nm = {0};
  setting.cd_tolerance = 0.01;
  const auto searched = [&] {
    const SourceBasis basis(scanner.projection, pattern, pattern.shapes, setting);
    return found_source(search_illumination(basis, scanner.pupil_fill_min).illumination, pattern, scanner, settings);
  };
  const ChosenSource source = scanner.source ? given_source(scanner) : searched();
  CaseImager imager(pattern, scanner, settings, source, backend);
  const FocusExposure fem = std::move(imager.in_focus({pattern.shapes}).front());
  SharpImage out{infinite, source.name};
  for (std::size_t g = 0; g < pattern.gauges.size(); ++g) {
    const double nils = nils_of(pattern.gauges[g], fem.read(g, fem.dose_to_size(g, 0), 0));
    out.nils = std::isfinite(nils) ? std::min(out.nils, nils) : 0;
  }
  return out;
}

StudyScanner with_shared_source(StudyScanner scanner, const std::vector<StudyPattern>& patterns,
                                const StudySettings& settings, const std::function<void()>& check) {
  if (scanner.source || patterns.empty()) return scanner;
  std::vector<SourceBasis> bases;
  for (const StudyPattern& p : patterns) {
    SourceBasis basis(scanner.projection, p, p.shapes, basis_setting(p, scanner, settings, check));
    // What no source prints would only spoil the source of the others.
    if (search_illumination(basis, scanner.pupil_fill_min).latitude > 0) bases.push_back(std::move(basis));
  }
  if (bases.empty()) return scanner;
  const Illumination best = search_illumination(bases, scanner.pupil_fill_min).illumination;
  ChosenSource source = found_source(best, patterns.front(), scanner, settings);
  scanner.source = Source{std::move(source.points), source.pupil_fill};
  scanner.source_name = source.name;
  return scanner;
}

CaseResult evaluate_case(const StudyPattern& pattern, const StudyScanner& scanner, const StudySettings& settings,
                         Backend& backend, const std::function<void()>& check, std::optional<double> dose) {
  CaseResult result;
  const auto no_image = [&](const std::string& why) {
    result.verdict = Verdict::no_image;
    result.reason = why;
    return result;
  };
  const auto [source, mask] = choose(pattern, scanner, settings, backend, check, dose);
  result.source_name = source.name;
  result.pupil_fill = source.pupil_fill;
  result.source = source.points;
  CaseImager imager(pattern, scanner, settings, source, backend);
  {
    const CutProfile cut = imager.in_focus({mask.shapes}).front().profile(0, 0);
    result.contrast = (cut.highest() - cut.lowest()) / (cut.highest() + cut.lowest());
  }
  if (!(result.contrast > no_contrast)) return no_image("no contrast: the pitch is below what the optics resolve");
  if (!mask.failure.empty()) return no_image(mask.failure);
  result.dose = mask.dose;

  const Projection& p = scanner.projection;
  const double range = settings.focus_range_nm;
  FocusExposure fem = imager.series(-range, range, settings.mask_step_nm);
  std::vector<std::vector<Polygon>> masks{mask.shapes};
  if (fem.has_variants())
    for (const double change : {-settings.mask_step_nm, settings.mask_step_nm})
      masks.push_back(imager.resized(mask.shapes, change));
  const double light = imager.background();
  const auto background = [light](const Point&) { return light; };
  const MaskVariant variants[] = {MaskVariant::nominal, MaskVariant::smaller, MaskVariant::larger};
  const std::size_t count = fem.nodes().focus_nm().size();
  const bool mirrored = count > 1 && focus_symmetric(p, source.points);
  for (std::size_t node = mirrored ? count / 2 : 0; node < count; ++node) {
    if (check) check();
    std::vector<std::size_t> same{node};
    if (mirrored && node != count - 1 - node) same.push_back(count - 1 - node);
    const std::vector<ImageSampler> images = imager.images(fem.nodes().focus_nm()[node], masks);
    for (std::size_t i = 0; i < images.size(); ++i) fem.add(same, variants[i], images[i], background, 1);
  }
  for (int i = 0; i <= fine_steps; ++i) result.focus_nm_fine.push_back(range * (2.0 * i / fine_steps - 1));
  find_window(fem, pattern, settings, result);
  read_gauges(fem, pattern, scanner, settings, mask, result);
  judge(scanner, settings, result);
  add_picture(result, pattern, imager.images(result.focus_nm, {mask.shapes}).front(), light);
  return result;
}

}  // namespace anamorph
