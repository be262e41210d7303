// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <sstream>
#include <utility>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/cli/window_series.hpp"
#include "cpp/core/parallel.hpp"
#include "cpp/io/window_report.hpp"
#include "cpp/io/window_result.hpp"
#include "cpp/measure/focus_exposure.hpp"

// What follows from a focus series; see docs/theory/process_window.md.

namespace anamorph::cli {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr int fine_steps = 80;   // of the focus range, for windows and curves
constexpr int curve_steps = 60;  // of latitude over depth of focus
constexpr double no_contrast = 1e-3;
constexpr double iso_focal_low = 0.6, iso_focal_high = 1.6;  // of the least and the largest dose

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string text(double value) {
  std::ostringstream out;
  out.precision(4);
  out << value;
  return out.str();
}

/// What the recipe must have for a window, beyond what makes a recipe.
void check_request(const Recipe& recipe, const Clip& clip) {
  if (!recipe.optics.kernels.empty())
    throw Error(
        ErrorCode::recipe, "WIN-0001",
        "window needs optics that can be focused; expected optics.scanner, or optics.wavelength_nm and optics.na, "
        "instead of given kernels",
        recipe.where("optics.kernels"));
  if (recipe.gauges.empty() && !recipe.window.epe)
    throw Error(ErrorCode::recipe, "WIN-0002", "nothing is measured; expected [[gauge]], or window.epe = true",
                recipe.where("window.epe"));
  const Box window = window_of(clip.grid);
  for (std::size_t i = 0; i < recipe.gauges.size(); ++i) {
    const GaugeSection& g = recipe.gauges[i];
    const Point& p = g.at_nm;
    if (p.x >= window.x0 && p.x <= window.x1 && p.y >= window.y0 && p.y <= window.y1) continue;
    throw Error(ErrorCode::recipe, "WIN-0003",
                "gauge \"" + g.name + "\" at [" + text(p.x) + ", " + text(p.y) +
                    "] lies outside the window; expected a place in [" + text(window.x0) + ", " + text(window.y0) +
                    ", " + text(window.x1) + ", " + text(window.y1) + "]",
                recipe.where("gauge." + std::to_string(i) + ".at_nm"));
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// From the series to the result.

MatrixCell cell_of(const FocusExposure& fem, std::size_t gauge, const CutProfile& profile, const DrawnEdges& drawn,
                   double dose) {
  MatrixCell cell;
  cell.reading = fem.read(gauge, profile, dose);
  cell.epe_low_nm = drawn.low_nm - cell.reading.low_nm;
  cell.epe_high_nm = cell.reading.high_nm - drawn.high_nm;
  return cell;
}

void fill_matrix(const FocusExposure& fem, const Clip& clip, int threads, WindowResult& result) {
  parallel_for(static_cast<int>(result.gauges.size()), threads, [&](int i) {
    const auto g = static_cast<std::size_t>(i);
    WindowGauge& gauge = result.gauges[g];
    const DrawnEdges drawn = drawn_edges(clip.shapes, gauge.gauge, fem.plan().reach_nm + gauge.gauge.cd_nm);
    gauge.cells.assign(result.doses.size(), std::vector<MatrixCell>(result.focus_nm.size()));
    for (std::size_t f = 0; f < result.focus_nm.size(); ++f) {
      const CutProfile profile = fem.profile(g, result.focus_nm[f]);
      const std::vector<double> meef =
          fem.has_variants() ? fem.meef(g, result.doses, result.focus_nm[f]) : std::vector<double>();
      for (std::size_t d = 0; d < result.doses.size(); ++d) {
        gauge.cells[d][f] = cell_of(fem, g, profile, drawn, result.doses[d]);
        if (!meef.empty()) gauge.cells[d][f].meef = meef[d];
      }
    }
    gauge.bossung_cd_nm.assign(result.doses.size(), {});
    for (const double focus : result.fine_focus_nm) {
      const CutProfile profile = fem.profile(g, focus);
      for (std::size_t d = 0; d < result.doses.size(); ++d)
        gauge.bossung_cd_nm[d].push_back(fem.read(g, profile, result.doses[d]).cd_nm);
    }
    gauge.band = fem.cd_band(g, result.fine_focus_nm, result.cd_tolerance_percent / 100, 1);
  });
}

void fill_epe(const FocusExposure& fem, int threads, WindowResult& result) {
  result.sites = static_cast<int>(fem.plan().sites.size());
  if (result.sites == 0) return;
  result.epe.assign(result.doses.size(), std::vector<MatrixEpe>(result.focus_nm.size()));
  parallel_for(static_cast<int>(result.focus_nm.size()), threads, [&](int i) {
    const auto f = static_cast<std::size_t>(i);
    const auto all = fem.epe_nm(result.doses, result.focus_nm[f]);
    for (std::size_t d = 0; d < all.size(); ++d) {
      MatrixEpe& one = result.epe[d][f];
      double sum = 0, most = 0;
      int found = 0;
      for (const double e : all[d]) {
        if (!(std::abs(e) <= result.epe_tolerance_nm)) ++one.beyond;
        if (!std::isfinite(e)) continue;
        ++found;
        sum += std::abs(e);
        most = std::max(most, std::abs(e));
      }
      one.missing = static_cast<int>(all[d].size()) - found;
      if (found > 0) one.max_nm = most;
      if (found > 0) one.mean_nm = sum / found;
    }
  });
  result.epe_band = fem.epe_band(result.fine_focus_nm, result.epe_tolerance_nm, threads);
}

std::vector<DoseBand> bands_of(const WindowResult& result) {
  std::vector<DoseBand> bands;
  for (const WindowGauge& g : result.gauges) bands.push_back(g.band);
  if (result.sites > 0) bands.push_back(result.epe_band);
  return bands;
}

/// The rectangle ends where the focus range does: the depth of focus is at least this.
bool is_cut(const std::optional<WindowRectangle>& r, const std::vector<double>& focus) {
  const double margin = 1e-6 * (focus.back() - focus.front());
  return r && (r->focus_low_nm <= focus.front() + margin || r->focus_high_nm >= focus.back() - margin);
}

/// Without digits that mean nothing.
double rounded(double value, double step) { return std::round(value / step) * step + 0.0; }

double latitude_of(const DoseBand& band, std::size_t i) {
  return band.low[i] < band.high[i] ? 200 * (band.high[i] - band.low[i]) / (band.high[i] + band.low[i]) : 0;
}

}  // namespace

void find_window(WindowResult& result) {
  const DoseBand& common = result.common = overlap(bands_of(result));
  const ProcessWindow window(result.fine_focus_nm, common);
  result.polygon = window.polygon();
  result.curve = window.latitude_curve(curve_steps);
  result.at_latitude = window.at_latitude(result.wanted_latitude_percent);
  result.largest_rectangle = window.largest_rectangle();
  result.largest_ellipse = window.largest_ellipse();
  result.cut = is_cut(result.at_latitude, result.fine_focus_nm);
  result.dof_nm = result.at_latitude ? result.at_latitude->dof_nm() : 0;
  result.latitude_percent = result.fine_focus_nm.size() == 1 ? latitude_of(common, 0) : window.latitude_percent(0);
  // Single figures: in the middle of the window.
  if (const auto& middle = result.at_latitude ? result.at_latitude : result.largest_rectangle) {
    result.condition_focus_nm = rounded(middle->focus_nm(), 1e-6);
    result.condition_dose = middle->dose();
    result.condition_of_window = true;
  } else if (result.fine_focus_nm.size() == 1 && latitude_of(common, 0) > 0) {
    result.condition_focus_nm = result.fine_focus_nm.front();
    result.condition_dose = (common.low[0] + common.high[0]) / 2;
    result.condition_of_window = true;
  } else {
    result.condition_focus_nm = std::clamp(0.0, result.fine_focus_nm.front(), result.fine_focus_nm.back());
    result.condition_dose = 1;
  }
}

namespace {

void fill_gauge(const FocusExposure& fem, const Clip& clip, std::size_t g, WindowResult& result) {
  WindowGauge& gauge = result.gauges[g];
  const double dose = result.condition_dose, focus = result.condition_focus_nm;
  const double low = result.fine_focus_nm.front(), high = result.fine_focus_nm.back();
  const DrawnEdges drawn = drawn_edges(clip.shapes, gauge.gauge, fem.plan().reach_nm + gauge.gauge.cd_nm);
  gauge.at_condition = cell_of(fem, g, fem.profile(g, focus), drawn, dose);
  gauge.at_condition.meef = fem.meef(g, dose, focus);
  const ProcessWindow own(result.fine_focus_nm, gauge.band);
  gauge.at_latitude = own.at_latitude(result.wanted_latitude_percent);
  gauge.cut = is_cut(gauge.at_latitude, result.fine_focus_nm);
  const DoseBand here = fem.cd_band(g, {focus}, result.cd_tolerance_percent / 100, 1);
  if (latitude_of(here, 0) > 0) gauge.latitude_percent = latitude_of(here, 0);
  if (high > low) {
    gauge.best_focus_nm =
        best_focus([&](double z) { return fem.dose_to_size(g, z); },
                   [&](double z) { return fem.read(g, fem.dose_to_size(g, z), z).nils; }, low, high, 1e-5);
    if (gauge.best_focus_nm) gauge.best_focus_nm = rounded(*gauge.best_focus_nm, 1e-4);
    const double middle = gauge.best_focus_nm.value_or(focus),
                 h = std::min({(high - low) / 6, middle - low, high - middle});
    if (gauge.best_focus_nm && h > 0)
      gauge.iso_focal_dose =
          iso_focal_dose([&](double d, double z) { return fem.cd_nm(g, d, z); }, iso_focal_low * result.doses.front(),
                         iso_focal_high * result.doses.back(), middle, h);
  }
  const ProcessErrors& e = result.errors;
  if (e.focus_nm > 0 || e.dose_percent > 0 || e.mask_nm > 0)
    gauge.budget =
        cd_budget([&](double z, double d, double m) { return z < low || z > high ? unknown : fem.cd_nm(g, d, z, m); },
                  focus, dose, e);
}

// ---------------------------------------------------------------------------------------------------------------------
// What is to be said of it.

std::string missing_reason(const FocusExposure& fem, std::size_t g, const WindowResult& result) {
  const CutProfile cut = fem.profile(g, result.condition_focus_nm);
  const double range = cut.highest() - cut.lowest(), mean = (cut.highest() + cut.lowest()) / 2;
  std::string image = "at focus " + text(result.condition_focus_nm) + " nm the intensity along its cut goes from " +
                      text(cut.lowest()) + " to " + text(cut.highest());
  if (range <= no_contrast * mean) return image + ": no contrast, as for a pitch below what the optics resolve";
  const double factor = result.condition_dose;
  if (fem.read(g, cut, factor).state == CutEdges::State::absent)
    return image + ", and the feature does not print at the gauge's point";
  return image + ", and the feature has no edge within " + text(cut.reach_high_nm()) + " nm";
}

/// Findings about gauges, of which there may be hundreds: those of a kind are told together when they are many.
class GaugeFindings {
 public:
  /// `detail` belongs to this gauge alone.
  void add(const std::string& gauge, const std::string& kind, const std::string& detail = {}) {
    const auto it = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& one) { return one.text == kind; });
    Kind& entry = it == kinds_.end() ? kinds_.emplace_back(Kind{kind, {}}) : *it;
    entry.gauges.push_back({gauge, detail});
  }

  void tell(std::vector<std::string>& out) const {
    constexpr std::size_t most = 3;
    for (const Kind& kind : kinds_) {
      std::string names;
      for (std::size_t i = 0; i < std::min(most, kind.gauges.size()); ++i) {
        const auto& [name, detail] = kind.gauges[i];
        if (kind.gauges.size() <= most)
          out.push_back("gauge '" + name + "' " + kind.text + (detail.empty() ? "" : ": " + detail));
        names += (i > 0 ? ", '" : "'") + name + "'";
      }
      if (kind.gauges.size() > most)
        out.push_back(std::to_string(kind.gauges.size()) + " gauges (" + names + " ...), each: " + kind.text);
    }
  }

 private:
  struct Kind {
    std::string text;
    std::vector<std::pair<std::string, std::string>> gauges;
  };
  std::vector<Kind> kinds_;
};

/// Why a gauge has no best focus.
std::string no_best_focus(const FocusExposure& fem, std::size_t g, const WindowResult& result) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const double focus : result.fine_focus_nm) {
    const double dose = fem.dose_to_size(g, focus);
    if (!std::isfinite(dose)) continue;
    low = std::min(low, dose);
    high = std::max(high, dose);
  }
  if (!(high > 0)) return "has no best focus, for no dose prints its wanted CD";
  return high - low <= 1e-5 ? "has no best focus, for its CD does not change with focus"
                            : "has no best focus inside the focus range";
}

void find_warnings(const FocusExposure& fem, WindowResult& result) {
  auto& out = result.warnings;
  const auto conditions = result.doses.size() * result.focus_nm.size();
  const bool series = result.fine_focus_nm.size() > 1;
  GaugeFindings findings;
  for (std::size_t g = 0; g < result.gauges.size(); ++g) {
    const WindowGauge& gauge = result.gauges[g];
    const std::string& name = gauge.gauge.name;
    std::size_t missing = 0;
    for (const auto& row : gauge.cells)
      for (const MatrixCell& cell : row) missing += cell.reading.state != CutEdges::State::measured;
    if (missing == conditions) {
      findings.add(name, "finds no edges in any condition", missing_reason(fem, g, result));
      continue;
    }
    if (missing > 0)
      findings.add(name, "finds no edges in some conditions, whose cells are empty",
                   std::to_string(missing) + " of " + std::to_string(conditions));
    bool open = false;
    for (std::size_t f = 0; f < gauge.band.low.size(); ++f) open = open || latitude_of(gauge.band, f) > 0;
    if (!open)
      findings.add(name, "is within " + text(result.cd_tolerance_percent) +
                             " % of its wanted CD at no dose and focus of the range");
    else if (series && !gauge.at_latitude)
      findings.add(name, "has no depth of focus, for its exposure latitude is below " +
                             text(result.wanted_latitude_percent) + " % at every focus");
    if (series && !gauge.best_focus_nm) findings.add(name, no_best_focus(fem, g, result));
    if (gauge.best_focus_nm && !gauge.iso_focal_dose)
      findings.add(name, "has no iso-focal dose from " + text(iso_focal_low * result.doses.front()) + " to " +
                             text(iso_focal_high * result.doses.back()));
    const ProcessErrors& e = result.errors;
    if (!gauge.budget && (e.focus_nm > 0 || e.dose_percent > 0 || e.mask_nm > 0))
      findings.add(name, "has no CD budget: the errors reach where it has no CD, or beyond the focus range");
  }
  findings.tell(out);
  if (result.fine_focus_nm.size() == 1)
    out.push_back("a single focus has no depth of focus; the latitude is that of this focus");
  if (result.polygon.empty() && result.latitude_percent == 0) {
    const std::vector<DoseBand> bands = bands_of(result);
    std::string why = "the process window is empty";
    if (const auto who = conflict(bands)) {
      const auto of = [&](std::size_t b) {
        return b < result.gauges.size() ? "gauge '" + bands[b].name + "'" : std::string("the EPE of the layout");
      };
      why += ": at focus " + text(result.fine_focus_nm[who->focus]) + " nm " + of(who->needs) +
             " needs a dose of at least " + text(who->dose_needed) + " and " + of(who->allows) + " allows at most " +
             text(who->dose_allowed);
    } else if (result.sites > 0) {
      bool open = false;
      for (std::size_t f = 0; f < result.epe_band.low.size(); ++f) open = open || latitude_of(result.epe_band, f) > 0;
      if (!open)
        why += ": no dose prints every EPE site within " + text(result.epe_tolerance_nm) +
               " nm; window.epe = false leaves them out";
    }
    out.push_back(why);
  } else if (!result.at_latitude && result.fine_focus_nm.size() > 1) {
    out.push_back("no focus has the exposure latitude of " + text(result.wanted_latitude_percent) +
                  " % that was asked for: the largest is " + text(result.latitude_percent) + " %");
  }
  if (result.cut)
    out.push_back("the window goes on beyond the focus range of the recipe: the depth of focus is at least " +
                  text(result.dof_nm) + " nm");
}

void check_limits(const Recipe& recipe, WindowResult& result) {
  const WindowSection& w = recipe.window;
  if (w.limit_dof_nm) result.rules.push_back({"Depth of focus", "nm", *w.limit_dof_nm, result.dof_nm, false});
  if (w.limit_exposure_latitude_percent)
    result.rules.push_back(
        {"Exposure latitude", "%", *w.limit_exposure_latitude_percent, result.latitude_percent, false});
}

WindowResult analyse(const Recipe& recipe, const Clip& clip, const FocusExposure& fem, int threads) {
  const WindowSection& w = recipe.window;
  WindowResult result;
  result.name = recipe.layout.file.stem().string();
  result.recipe = recipe_toml(recipe);
  result.doses = w.dose;
  result.focus_nm = w.focus_nm;
  const double low = w.focus_nm.front(), high = w.focus_nm.back();
  for (int i = 0; i <= (high > low ? fine_steps : 0); ++i)
    result.fine_focus_nm.push_back(low + (high - low) * i / fine_steps);
  result.cd_tolerance_percent = w.cd_tolerance_percent;
  result.wanted_latitude_percent = w.exposure_latitude_percent;
  result.epe_tolerance_nm = w.epe_tolerance_nm.value_or(recipe.epe.tolerance_nm);
  result.errors = {w.budget_focus_nm, w.budget_dose_percent, w.budget_mask_nm};
  for (const Gauge& g : fem.plan().gauges) result.gauges.emplace_back().gauge = g;
  fill_matrix(fem, clip, threads, result);
  fill_epe(fem, threads, result);
  find_window(result);
  parallel_for(static_cast<int>(result.gauges.size()), threads,
               [&](int g) { fill_gauge(fem, clip, static_cast<std::size_t>(g), result); });
  find_warnings(fem, result);
  check_limits(recipe, result);
  return result;
}

void print_table(const WindowResult& result, Console& console) {
  const auto line = [&](const char* key, double value) {
    char out[96];
    std::snprintf(out, sizeof out, "%-28s %.6g", key, value);
    console.print(out);
  };
  line("dof_nm", result.dof_nm);
  line("exposure_latitude_percent", result.latitude_percent);
  line("dose", result.condition_dose);
  line("focus_nm", result.condition_focus_nm);
  for (const Metric& m : result.metrics) line(m.key.c_str(), m.value);
  if (result.gauges.empty()) return;
  console.print("gauge              CD nm    NILS    MEEF   best focus nm   DOF nm   latitude %");
  const auto field = [](double value, int width, int digits) {
    char out[32];
    if (!std::isfinite(value)) return std::string(static_cast<std::size_t>(width - 1), ' ') + "-";
    std::snprintf(out, sizeof out, "%*.*f", width, digits, value);
    return std::string(out);
  };
  for (const WindowGauge& g : result.gauges) {
    std::string row = g.gauge.name;
    row.resize(std::max<std::size_t>(row.size(), 15), ' ');
    const MatrixCell& c = g.at_condition;
    console.print(row + field(c.reading.cd_nm, 9, 2) + field(c.reading.nils, 8, 2) + field(c.meef, 8, 2) +
                  field(g.best_focus_nm.value_or(unknown), 16, 1) +
                  field(g.at_latitude ? g.at_latitude->dof_nm() : unknown, 9, 1) +
                  field(g.latitude_percent.value_or(unknown), 13, 1));
  }
}

}  // namespace

int run_window(const Options& options, Console& console) {
  Recipe recipe = load_recipe(options.recipe, options.overrides);
  recipe.given.try_emplace("window", Location{});  // its defaults belong to the resolved recipe
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, "window", recipe);
  record.begin_stage("read");
  const std::unique_ptr<Backend> backend = make_backend(options.backend, options.threads);
  record.set_backend(*backend);
  const Clip clip = load_clip(recipe, options.threads);
  check_request(recipe, clip);
  const FocusExposurePlan plan = measurement_plan(recipe, clip);
  if (plan.gauges.empty() && plan.sites.empty())
    throw Error(ErrorCode::recipe, "WIN-0004",
                "the layout has no edges in the window and there is no [[gauge]]: nothing is measured",
                recipe.where(""));
  const Mask mask = load_mask(recipe, clip);
  for (const auto& input : inputs_of(recipe)) record.add_input(input);
  RunDirectory directory = open_run_directory(options, "window", recipe.layout.file.stem().string());
  throw_if_stopped();

  record.begin_stage("focus series");
  SeriesCost cost;
  const FocusExposure fem = image_series(recipe, clip, mask, plan, *backend, options.threads, cost, console);

  record.begin_stage("measure");
  const auto start = std::chrono::steady_clock::now();
  WindowResult result = analyse(recipe, clip, fem, options.threads);
  const double measure_seconds = seconds_since(start);
  throw_if_stopped();

  record.begin_stage("write");
  result.warnings.insert(result.warnings.end(), cost.warnings.begin(), cost.warnings.end());
  result.metrics = {{"focus_nodes", static_cast<double>(fem.nodes().focus_nm().size())},
                    {"focus_imaged", static_cast<double>(cost.images)},
                    {"focus_interpolation_error", fem.nodes().error()}};
  result.metrics.insert(result.metrics.end(), cost.optics.begin(), cost.optics.end());
  result.metrics.insert(result.metrics.end(), {{"kernels_s", cost.kernel_seconds},
                                               {"imaging_s", cost.image_seconds},
                                               {"measuring_s", measure_seconds},
                                               {"seconds", record.seconds()}});
  directory.write("fem.csv", fem_csv(result));
  if (result.sites > 0) directory.write("epe.csv", epe_csv(result));
  directory.write("metrics.json", window_json(result));
  result.provenance = record.finish();
  directory.write("report.html", window_report(result));
  record.write(directory);

  for (const std::string& warning : result.warnings) console.warn("CLI-0010", warning);
  for (const RuleCheck& rule : result.rules)
    if (!rule.pass())
      console.warn("CLI-0011",
                   rule.name + " is " + text(rule.measured) + " " + rule.unit + ", needed " + text(rule.limit));
  print_table(result, console);
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(window_json(result));
  return result.pass() ? 0 : 1;
}

}  // namespace anamorph::cli
