// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/twin_simulation.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <sstream>
#include <utility>

#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/imaging/image_sampler.hpp"
#include "cpp/io/recipe_optics.hpp"
#include "optics_models/abbe.hpp"

namespace anamorph::cli {

namespace {

constexpr double part_bytes = 4e6;         // of Abbe's sum that are held at a time
constexpr double samples_per_period = 10;  // of the cuts: to 2e-7 of the amplitude, and half as many coefficients
constexpr int focus_input = 0, mask_input = -1;

std::string text(double value) {
  std::ostringstream out;
  out.precision(6);
  out << value;
  return out.str();
}

[[noreturn]] void refuse(const Recipe& recipe, const char* id, const std::string& message, const std::string& key) {
  throw Error(ErrorCode::recipe, id, message, recipe.where(recipe.has(key) ? key : ""));
}

/// What `twin export` needs beyond what makes a recipe.
void check_request(const Recipe& recipe, const Box& window) {
  if (!recipe.optics.kernels.empty())
    refuse(recipe, "TWN-0001",
           "a twin needs optics that can be focused; expected optics.scanner, or optics.wavelength_nm and optics.na, "
           "instead of given kernels",
           "optics.kernels");
  if (recipe.gauges.empty())
    refuse(recipe, "TWN-0002", "there is no [[gauge]]; expected one or more, whose CDs the twin predicts", "");
  for (std::size_t i = 0; i < recipe.gauges.size(); ++i) {
    const GaugeSection& g = recipe.gauges[i];
    if (g.at_nm.x >= window.x0 && g.at_nm.x <= window.x1 && g.at_nm.y >= window.y0 && g.at_nm.y <= window.y1) continue;
    refuse(recipe, "TWN-0003",
           "gauge \"" + g.name + "\" at [" + text(g.at_nm.x) + ", " + text(g.at_nm.y) +
               "] lies outside the window; expected a place in [" + text(window.x0) + ", " + text(window.y0) + ", " +
               text(window.x1) + ", " + text(window.y1) + "]",
           "gauge." + std::to_string(i) + ".at_nm");
  }
  if (recipe.process.dose_applies_to == ProcessSection::DoseAppliesTo::amplitude)
    refuse(recipe, "TWN-0004", "process.dose_applies_to = \"amplitude\" has no dose in mJ/cm2; expected \"intensity\"",
           "process.dose_applies_to");
  const auto range = [&](const char* key, const std::vector<double>& values, double nominal) {
    if (!(values.front() < values.back()))
      refuse(recipe, "TWN-0005", std::string(key) + " is a single value; expected a range for the twin", key);
    if (nominal < values.front() || nominal > values.back())
      refuse(recipe, "TWN-0006",
             "the nominal condition, " + text(nominal) + ", lies outside " + key + ", from " + text(values.front()) +
                 " to " + text(values.back()) + "; expected a range that holds it",
             key);
  };
  range("window.dose", recipe.window.dose, recipe.process.corners.front().dose);
  range("window.focus_nm", recipe.window.focus_nm, recipe.process.corners.front().focus_nm);
}

/// The dose on the wafer that a relative dose of 1 is.
double dose_of(const Recipe& recipe) {
  if (recipe.twin.dose_mj_cm2) return *recipe.twin.dose_mj_cm2;
  const double known = recipe.optics.scanner.empty() ? 0 : scanner_of(recipe)->value("dose_mJ_cm2", 0);
  if (!(known > 0))
    refuse(recipe, "TWN-0007",
           "the dose is not known in mJ/cm2; expected twin.dose_mJ_cm2, or a scanner whose data file has dose_mJ_cm2",
           "twin.dose_mJ_cm2");
  return known;
}

/// Largest difference of a wavefront between two places of the pupil that let light through.
double wavefront_range(const Pupil& a, const Pupil& b) {
  constexpr int half = 40;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x) {
      const double px = static_cast<double>(x) / half, py = static_cast<double>(y) / half;
      if (std::hypot(px, py) > 1 || !(a.amplitude(px, py) > 0)) continue;
      const double w = b.wavefront(px, py) - a.wavefront(px, py);
      low = std::min(low, w);
      high = std::max(high, w);
    }
  return high > low ? high - low : 0;
}

}  // namespace

double rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return std::strtod(text, nullptr);
}

TwinSimulation::TwinSimulation(const Recipe& recipe, const Clip& clip, const Mask& mask, const std::string& backend,
                               int threads)
    : recipe_(recipe),
      window_{clip.grid.x0_nm, clip.grid.y0_nm, clip.grid.x0_nm + clip.grid.width_nm(),
              clip.grid.y0_nm + clip.grid.height_nm()},
      masks_(mask_series(recipe, clip, mask)) {
  check_request(recipe, window_);
  backends_.push_back(make_backend(backend, 1));
  const std::string name = backends_.front()->name();
  if (name.starts_with("cpu"))
    while (static_cast<int>(backends_.size()) < threads) backends_.push_back(make_backend(name, 1));

  const Projection projection = projection_of(recipe_);
  const CoherentTerms terms(projection, source_of(recipe_, projection, window_.width(), window_.height()).points);
  const CoherentStack stack = empty_stack(terms, window_.width(), window_.height());
  stack_bytes_ = static_cast<double>(terms.count()) * static_cast<double>(stack.bins()) * sizeof(std::complex<double>);

  source_points_ = terms.points();

  const CornerSection& nominal = recipe.process.corners.front();
  frame_.threshold = recipe.resist.threshold;
  frame_.bright = recipe.resist.prints == ResistSection::Prints::bright;
  const double dose = dose_of(recipe);
  frame_.nominal_dose_mj_cm2 = rounded(dose * nominal.dose);
  frame_.threshold /= nominal.dose;
  frame_.dose_low_mj_cm2 = rounded(dose * recipe.window.dose.front());
  frame_.dose_high_mj_cm2 = rounded(dose * recipe.window.dose.back());
  frame_.dose_uncertainty_mj_cm2 = frame_.nominal_dose_mj_cm2 * recipe.twin.uncertainty_dose_percent.value_or(0) / 100;
  add_inputs();
  add_gauges(clip, stack);
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const SurrogateInput& input = frame_.inputs[i];
    const double half = (input.high - input.low) / 2;
    if (terms_[i] == focus_input) {
      reach_.push_back(focus_band(recipe_) * half);
    } else if (terms_[i] == mask_input) {
      reach_.push_back(2 * std::numbers::pi * terms.reach() * half);
    } else {
      std::vector<double> place;
      for (const SurrogateInput& one : frame_.inputs) place.push_back(one.nominal);
      place[i] = input.low;
      const Pupil low = projection_of(at(place)).pupil;
      place[i] = input.high;
      double wavelength = projection.wavelength_nm;
      for (const SpectralLine& line : projection.spectrum) wavelength = std::min(wavelength, line.wavelength_nm);
      reach_.push_back(std::numbers::pi / wavelength * wavefront_range(low, projection_of(at(place)).pupil));
    }
  }

  nominal_clear_ = clear_share(recipe, clip, mask);
  flare_ = flare_of(recipe);
  ImagingModel model;
  model.flare = flare_ * recipe.optics.flare_density.value_or(nominal_clear_);
  background_ = background_of(recipe, clip, mask, model);
}

void TwinSimulation::add_inputs() {
  const TwinSection& t = recipe_.twin;
  const WindowSection& w = recipe_.window;
  const auto add = [&](int term, const std::string& name, double low, double high, double nominal,
                       const std::optional<double>& uncertainty) {
    terms_.push_back(term);
    frame_.inputs.push_back({name, rounded(low), rounded(high), nominal, uncertainty.value_or(0)});
  };
  add(focus_input, "focus_nm", w.focus_nm.front(), w.focus_nm.back(), recipe_.process.corners.front().focus_nm,
      t.uncertainty_focus_nm);
  if (*t.mask_bias_nm > 0) add(mask_input, "mask_bias_nm", -*t.mask_bias_nm, *t.mask_bias_nm, 0, t.uncertainty_mask_nm);
  if (!(*t.zernike_range_nm > 0)) return;
  for (const int term : t.zernikes) {
    const auto given = recipe_.optics.zernike_nm.find(term);
    const double nominal = given == recipe_.optics.zernike_nm.end() ? 0 : given->second;
    add(term, "z" + std::to_string(term) + "_nm", nominal - *t.zernike_range_nm, nominal + *t.zernike_range_nm, nominal,
        t.uncertainty_zernike_nm);
  }
}

void TwinSimulation::add_gauges(const Clip& clip, const CoherentStack& stack) {
  const double reach = std::min(500.0, *recipe_.optics.wavelength_nm / *recipe_.optics.na);
  for (const GaugeSection& g : recipe_.gauges) {
    const Gauge gauge{g.name, g.at_nm, g.angle_deg, g.cd_nm};
    const CutSamples cut = gauge_samples(gauge, 1.25 * g.cd_nm + reach, window_, 2 * stack.extent_x, 2 * stack.extent_y,
                                         samples_per_period);
    const DrawnEdges drawn = drawn_edges(clip.shapes, gauge, reach + g.cd_nm);
    lines_.push_back(cut.line);
    SurrogateGauge& out = frame_.gauges.emplace_back();
    out.name = g.name;
    out.target_nm = g.cd_nm;
    out.drawn_low_nm = drawn.low_nm;
    out.drawn_high_nm = drawn.high_nm;
    out.samples = cut.line.count;
    out.centre = cut.centre;
    out.step_nm = cut.step_nm;
  }
}

Recipe TwinSimulation::at(std::span<const double> place) const {
  Recipe one = recipe_;
  for (std::size_t i = 0; i < terms_.size(); ++i)
    if (terms_[i] > 0) one.optics.zernike_nm[terms_[i]] = place[i];
  return one;
}

std::vector<std::vector<double>> TwinSimulation::cuts(Backend& backend, std::span<const double> place) const {
  double bias = 0, focus = 0;
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    if (terms_[i] == mask_input) bias = place[i];
    if (terms_[i] == focus_input) focus = place[i];
  }
  const Projection projection = at_setting(projection_of(at(place)), {focus, recipe_.process.corners.front().depth_nm});
  const CoherentTerms terms(projection, source_of(recipe_, projection, window_.width(), window_.height()).points);
  const CoherentStack frame = empty_stack(terms, window_.width(), window_.height());
  const std::vector<std::vector<std::complex<double>>> mask{masks_.spectrum(bias, window_, frame)};
  const double blur = recipe_.resist.blur_nm;
  const double per_point =
      static_cast<double>(terms.per_point()) * static_cast<double>(frame.bins()) * sizeof(mask[0][0]);
  const int part = std::max(1, static_cast<int>(part_bytes / per_point));

  std::vector<std::vector<double>> sum;
  for (const SampleLine& line : lines_) sum.emplace_back(static_cast<std::size_t>(line.count), 0.0);
  for (int first = 0; first < terms.points(); first += part) {
    throw_if_stopped();
    CoherentStack stack =
        abbe_stack(terms, window_.width(), window_.height(), first, std::min(terms.points(), first + part));
    for (double& weight : stack.weight) weight *= 1 - flare_;
    const auto images = sample_images(backend, stack, mask, window_, std::hypot(blur, recipe_.optics.msd_x_nm),
                                      std::hypot(blur, recipe_.optics.msd_y_nm));
    const auto values = images.front().lines(lines_);
    for (std::size_t g = 0; g < sum.size(); ++g)
      for (std::size_t j = 0; j < sum[g].size(); ++j) sum[g][j] += values[g][j];
  }
  // Light from everywhere; the surroundings have the bias of the window.
  const double clear = mask.front()[mask.front().size() / 2].real();
  const double more = recipe_.optics.flare_density ? 0 : flare_ * (clear - nominal_clear_);
  for (std::size_t g = 0; g < sum.size(); ++g)
    for (std::size_t j = 0; j < sum[g].size(); ++j) {
      const auto s = static_cast<double>(j);
      const Point at{lines_[g].from.x + s * lines_[g].step.x, lines_[g].from.y + s * lines_[g].step.y};
      sum[g][j] += more + (background_ ? background_(at) : 0);
    }
  return sum;
}

std::vector<SurrogateSample> TwinSimulation::images(const std::vector<std::vector<double>>& places, Console& console,
                                                    const std::string& what) const {
  const std::size_t inputs = frame_.inputs.size();
  std::vector<SurrogateSample> samples(places.size());
  Progress progress(console, what, static_cast<double>(places.size()));
  const int threads = static_cast<int>(backends_.size());
  const std::size_t block = 4 * static_cast<std::size_t>(threads);
  for (std::size_t first = 0; first < places.size(); first += block) {
    const std::size_t last = std::min(places.size(), first + block);
    std::atomic<std::size_t> next = first;
    parallel_for(threads, threads, [&](int worker) {
      for (std::size_t i = next++; i < last; i = next++) {
        samples[i].inputs.assign(places[i].begin(), places[i].begin() + static_cast<std::ptrdiff_t>(inputs));
        samples[i].cuts = cuts(*backends_[static_cast<std::size_t>(worker)], samples[i].inputs);
      }
    });
    progress.update(static_cast<double>(last));
  }
  return samples;
}

}  // namespace anamorph::cli
