// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <sstream>
#include <utility>

#include "cpp/cli/app.hpp"
#include "cpp/cli/clip.hpp"
#include "cpp/cli/clip_optics.hpp"
#include "cpp/cli/interrupt.hpp"
#include "cpp/cli/results.hpp"
#include "cpp/cli/twin_simulation.hpp"
#include "cpp/cli/twin_window.hpp"
#include "cpp/core/version.hpp"
#include "cpp/io/exposure_matrix.hpp"
#include "cpp/io/fields.hpp"
#include "cpp/io/markers.hpp"
#include "cpp/io/sha256.hpp"
#include "cpp/measure/cut_profile.hpp"
#include "cpp/twin/crate.hpp"
#include "cpp/twin/descriptor.hpp"
#include "cpp/twin/fmu.hpp"
#include "cpp/twin/litho_cell.hpp"
#include "cpp/twin/ssp.hpp"
#include "cpp/twin/surrogate_error.hpp"
#include "cpp/twin/twin_report.hpp"

// `twin export`: the model of the recipe's process and everything that goes with it; see docs/twin.md.

namespace anamorph::cli {

namespace {

constexpr int most_samples = 3000;
constexpr double one_stack_bytes = 1e9;
constexpr const char* unit_file = "model/lithography.fmu";

std::string text(double value) {
  std::ostringstream out;
  out.precision(4);
  out << value;
  return out.str();
}

// ---------------------------------------------------------------------------------------------------------------------
// The model

/// The model with what is known of it.
struct FittedModel {
  SurrogateModel model;
  SurrogateFit fit;
  std::vector<GaugeError> held_out, in_window;
};

/// More and more simulations, until the CDs of samples that are left out are predicted several times better than is
/// wanted, or their images no better than before: then what is left does not come from the number of samples.
void fit_model(const Recipe& recipe, const TwinSimulation& simulation, Console& console, FittedModel& fitted) {
  const TwinSection& t = recipe.twin;
  SurrogateModel& model = fitted.model = simulation.frame();
  const double enough = t.cd_error_nm / 5, tolerance = recipe.window.cd_tolerance_percent / 100;
  int count = t.samples.value_or(40 + 10 * static_cast<int>(model.inputs.size()));
  std::vector<SurrogateSample> samples;
  for (double before = std::numeric_limits<double>::infinity();; before = fitted.fit.left_out_rms, count *= 2) {
    count = std::min(count, t.samples ? count : most_samples);
    const int done = static_cast<int>(samples.size());
    const auto more =
        simulation.images(design_points(model.inputs, done, count - done, static_cast<unsigned>(recipe.seed)), console,
                          "simulations for the model");
    samples.insert(samples.end(), more.begin(), more.end());
    fitted.fit = fit_surrogate(model, samples, simulation.reach(), tolerance);
    console.detail(std::to_string(samples.size()) + " simulations, " + std::to_string(fitted.fit.terms) +
                   " terms: left-out images to " + text(fitted.fit.left_out_rms) + " (rms), CDs within " +
                   text(fitted.fit.left_out_cd_nm) + " nm");
    throw_if_stopped();
    if (t.samples || count >= most_samples || fitted.fit.left_out_cd_nm <= enough ||
        fitted.fit.left_out_rms > 0.8 * before)
      return;
  }
}

/// Whether every gauge is within the recipe's tolerance, as simulated.
bool in_window(const Recipe& recipe, const SurrogateModel& model, const HeldOut& point) {
  for (std::size_t g = 0; g < model.gauges.size(); ++g) {
    const double cd = read_cut(model, g, point.dose_mj_cm2, point.sample.cuts[g]).cd_nm;
    const double target = model.gauges[g].target_nm;
    if (!(std::abs(cd - target) <= recipe.window.cd_tolerance_percent / 100 * target)) return false;
  }
  return true;
}

/// One set of simulations says how large the errors are, another whether that is so.
void judge_model(const Recipe& recipe, const TwinSimulation& simulation, Console& console, FittedModel& fitted) {
  SurrogateModel& model = fitted.model;
  const double level = recipe.twin.coverage;
  const auto points = [&](unsigned salt, const std::string& what) {
    const auto places = random_points(model, held_out_points(level), static_cast<unsigned>(recipe.seed) ^ salt);
    std::vector<SurrogateSample> samples = simulation.images(places, console, what);
    std::vector<HeldOut> all;
    for (std::size_t i = 0; i < places.size(); ++i) all.push_back({std::move(samples[i]), places[i].back()});
    return all;
  };
  state_errors(model, points(0x9e3779b9U, "held-out simulations"), level);
  std::vector<HeldOut> unseen = points(0x85ebca6bU, "simulations for the check");
  fitted.held_out = surrogate_errors(model, unseen, coverage_factor(level));
  std::erase_if(unseen, [&](const HeldOut& point) { return !in_window(recipe, model, point); });
  fitted.in_window = surrogate_errors(model, unseen, coverage_factor(level));
}

std::vector<double> nominal_place(const SurrogateModel& model) {
  std::vector<double> place;
  for (const SurrogateInput& input : model.inputs) place.push_back(input.nominal);
  return place;
}

/// The inputs whose uncertainty the recipe states.
std::vector<std::string> stated_inputs(const Recipe& recipe, const SurrogateModel& model) {
  const TwinSection& t = recipe.twin;
  std::vector<std::string> stated;
  if (t.uncertainty_dose_percent) stated.emplace_back("dose_mJ_cm2");
  for (const SurrogateInput& input : model.inputs) {
    const auto& u = input.name == "focus_nm"       ? t.uncertainty_focus_nm
                    : input.name == "mask_bias_nm" ? t.uncertainty_mask_nm
                                                   : t.uncertainty_zernike_nm;
    if (u) stated.push_back(input.name);
  }
  return stated;
}

// ---------------------------------------------------------------------------------------------------------------------
// What is said of it

double largest(const std::vector<GaugeError>& errors, OutputError GaugeError::*output) {
  double worst = 0;
  for (const GaugeError& e : errors) worst = std::max(worst, (e.*output).largest);
  return worst;
}

/// The CD error that counts: inside the process window, or anywhere where there is none.
double cd_error(const FittedModel& fitted) {
  const bool inside = !fitted.in_window.empty() && fitted.in_window.front().points > 0;
  return largest(inside ? fitted.in_window : fitted.held_out, &GaugeError::cd);
}

std::vector<std::string> findings_of(const Recipe& recipe, const FittedModel& fitted, const WindowResult& window,
                                     const SurrogateSample& nominal) {
  const SurrogateModel& model = fitted.model;
  std::vector<std::string> out;
  for (std::size_t g = 0; g < model.gauges.size(); ++g)
    if (!std::isfinite(read_cut(model, g, model.nominal_dose_mj_cm2, nominal.cuts[g]).cd_nm))
      out.push_back("gauge '" + model.gauges[g].name + "' finds no edges at the nominal condition");
  const double middle = wafer_dose(recipe, model, window.condition_dose);
  if (window.condition_of_window && (middle < model.dose_low_mj_cm2 || middle > model.dose_high_mj_cm2))
    out.push_back("the middle of the process window is at " + text(middle) +
                  " mJ/cm2, outside the range of the model, which window.dose sets");
  if (window.latitude_percent == 0)
    out.push_back("the process window of the gauges is empty; `anamorph window` says who contradicts whom");
  if (cd_error(fitted) > recipe.twin.cd_error_nm)
    out.push_back("the model's largest CD error at held-out simulations is " + text(cd_error(fitted)) + " nm; wanted " +
                  text(recipe.twin.cd_error_nm) + " nm");
  for (const GaugeError& e : fitted.held_out) {
    if (e.lost > 0)
      out.push_back("gauge '" + e.gauge + "': at " + std::to_string(e.lost) +
                    " held-out conditions either the model or the simulation finds no edges");
    const double least = std::min({e.cd.coverage, e.epe.coverage, e.nils.coverage});
    if (least < recipe.twin.coverage)
      out.push_back("gauge '" + e.gauge + "': the stated error covers " + text(100 * least) +
                    " % of the held-out conditions; stated are " + text(100 * recipe.twin.coverage) + " %");
  }
  return out;
}

const std::vector<MarkerKind> marker_kinds{
    {"epe", "The edge lies farther from the target's than the tolerance; the line leads to the printed edge"},
    {"epe_missing", "No printed edge was found at the site"},
    {"cd", "The CD is outside its tolerance; the line is the printed width"},
    {"cd_missing", "The gauge finds no edges"}};

std::vector<Marker> markers_of(const Recipe& recipe, const ClipResult& clip, const SurrogateModel& model,
                               const SurrogateSample& nominal) {
  std::vector<Marker> markers;
  for (const SiteResult& site : clip.sites) {
    const Point& p = site.at_nm;
    if (!std::isfinite(site.epe_nm))
      markers.push_back({"epe_missing", "no printed edge", p, p, 0});
    else if (std::abs(site.epe_nm) > recipe.epe.tolerance_nm)
      markers.push_back({"epe",
                         "EPE " + text(site.epe_nm) + " nm, allowed " + text(recipe.epe.tolerance_nm) + " nm",
                         p,
                         {p.x + site.nx * site.epe_nm, p.y + site.ny * site.epe_nm},
                         site.epe_nm});
  }
  for (std::size_t g = 0; g < model.gauges.size(); ++g) {
    const GaugeSection& given = recipe.gauges[g];
    const CutEdges edges = CutProfile(nominal.cuts[g], model.gauges[g].centre, model.gauges[g].step_nm)
                               .edges(model.threshold, model.bright);
    const double angle = given.angle_deg * std::numbers::pi / 180;
    const auto at = [&](double s) {
      return Point{given.at_nm.x + s * std::cos(angle), given.at_nm.y + s * std::sin(angle)};
    };
    const std::string who = "gauge " + given.name + ": ";
    if (edges.state != CutEdges::State::measured)
      markers.push_back({"cd_missing", who + "no edges", given.at_nm, given.at_nm, 0});
    else if (std::abs(edges.cd_nm() - given.cd_nm) > recipe.window.cd_tolerance_percent / 100 * given.cd_nm)
      markers.push_back({"cd", who + "CD " + text(edges.cd_nm()) + " nm, wanted " + text(given.cd_nm) + " nm",
                         at(edges.low_nm), at(edges.high_nm), edges.cd_nm() - given.cd_nm});
  }
  return markers;
}

// ---------------------------------------------------------------------------------------------------------------------
// Files

/// The matrix as simulated, with what the stated uncertainties of the inputs make of it.
ExposureMatrix exposure_matrix(const Recipe& recipe, const SurrogateModel& model, const WindowResult& window,
                               const std::vector<std::string>& stated) {
  ExposureMatrix m;
  m.title = recipe.layout.file.stem().string();
  std::string names;
  for (const std::string& name : stated) names += (names.empty() ? "" : ", ") + name;
  m.attributes = {
      {"source", "Anamorph " + std::string(version) + " (" + commit + ")"},
      {"standard_uncertainty", names.empty() ? "not stated" : "propagated from the stated ones of " + names}};
  m.dose = window.doses;
  m.focus_nm = window.focus_nm;
  for (const double dose : window.doses) m.dose_mj_cm2.push_back(wafer_dose(recipe, model, dose));
  for (const WindowGauge& g : window.gauges) {
    m.gauges.push_back(g.gauge.name);
    m.at_nm.push_back(g.gauge.at_nm);
    m.angle_deg.push_back(g.gauge.angle_deg);
    m.target_nm.push_back(g.gauge.cd_nm);
    for (const auto& row : g.cells)
      for (const MatrixCell& cell : row) {
        const bool low = !(std::abs(cell.epe_high_nm) >= std::abs(cell.epe_low_nm)) && std::isfinite(cell.epe_low_nm);
        m.cd_nm.push_back(cell.reading.cd_nm);
        m.epe_nm.push_back(low ? cell.epe_low_nm : cell.epe_high_nm);
        m.nils.push_back(cell.reading.nils);
      }
  }
  if (stated.empty()) return m;
  SurrogateModel inputs_alone = model;
  for (SurrogateGauge& g : inputs_alone.gauges) g.cd_error_nm = g.epe_error_nm = g.nils_error = 0;
  std::vector<double> place = nominal_place(model), u;
  for (const SurrogateInput& input : model.inputs) u.push_back(input.uncertainty);
  const std::size_t cells = m.dose.size() * m.focus_nm.size();
  for (auto* all : {&m.cd_u_nm, &m.epe_u_nm, &m.nils_u}) all->resize(cells * m.gauges.size());
  for (std::size_t d = 0; d < m.dose.size(); ++d)
    for (std::size_t f = 0; f < m.focus_nm.size(); ++f) {
      place.front() = m.focus_nm[f];
      const double dose_u = model.dose_uncertainty_mj_cm2 / model.nominal_dose_mj_cm2 * m.dose_mj_cm2[d];
      const auto found = surrogate_uncertainty(inputs_alone, m.dose_mj_cm2[d], dose_u, place, u);
      for (std::size_t g = 0; g < found.size(); ++g) {
        const std::size_t at = g * cells + d * m.focus_nm.size() + f;
        m.cd_u_nm[at] = found[g].cd_nm;
        m.epe_u_nm[at] = found[g].epe_nm;
        m.nils_u[at] = found[g].nils;
      }
    }
  return m;
}

FmuDescription unit_of(const TwinDescriptor& twin) {
  FmuDescription unit;
  unit.name = twin.name;
  unit.surrogate = twin.model;
  unit.provenance = {{"Program", "Anamorph " + twin.version + " (" + twin.commit + ")"},
                     {"Created", twin.created},
                     {"Samples", std::to_string(twin.fit.samples)},
                     {"Terms", std::to_string(twin.fit.terms)},
                     {"Calibration", "uncalibrated: no wafer was measured"}};
  return unit;
}

/// The unit alone in a system whose connectors are its inputs and outputs: a fragment to be coupled with others.
SspSystem system_of(const FmuDescription& unit) {
  constexpr const char* component = "lithography";
  SspSystem system;
  system.name = unit.name;
  system.description = "A lithography cell with its inputs and outputs as connectors";
  system.components = {{component, unit}};
  for (const UnitVariable& v : fmu_variables(unit)) {
    if (v.type == UnitVariable::Type::string) continue;
    if (v.causality == UnitVariable::Causality::input)
      system.connections.push_back({{"", v.name}, {component, v.name}});
    if (v.causality == UnitVariable::Causality::output)
      system.connections.push_back({{component, v.name}, {"", v.name}});
  }
  return system;
}

std::string description_of(const std::string& file) {
  static const std::pair<const char*, const char*> all[] = {
      {"twin.json", "Unit-process descriptor: ports, units, uncertainties, validity, method"},
      {"twin.schema.json", "JSON Schema of twin.json"},
      {unit_file, "Co-simulation unit (FMI 2.0) of the lithography cell"},
      {"system.ssp", "The unit in a system of its own, to be coupled (System Structure and Parameterization 1.0)"},
      {"data/fields.nc", "Mask, target, images and prints of the conditions (netCDF-4)"},
      {"data/focus_exposure.nc", "CD, EPE and NILS over gauge, dose and focus (netCDF-4)"},
      {"data/contours.gds", "Contours of the nominal print (GDSII)"},
      {"markers.lyrdb", "Findings for KLayout's marker browser"},
      {"markers.csv", "The same findings as a table"},
      {"report.html", "Report"},
      {"run.json", "Resolved recipe, inputs, times of the run"}};
  for (const auto& [name, text] : all)
    if (file == name) return text;
  return "Part of the export";
}

/// The crate and, last, run.json, whose hash is in it.
void finish(RunDirectory& directory, RunRecord& record, const std::string& name) {
  const std::string run = record.text(directory);
  const RunInfo& info = record.info();
  Crate crate;
  crate.name = name + ": predicted patterns for the fab twin";
  crate.description =
      "A lithography cell for a virtual fab: co-simulation unit, descriptor, images, focus-exposure "
      "matrix and contours, exported by Anamorph";
  crate.version = version;
  crate.commit = commit;
  crate.build = build_flags;
  crate.command = info.command;
  crate.backend = info.backend;
  crate.device = info.device;
  crate.start = info.start;
  crate.end = info.end;
  crate.inputs = info.inputs;
  for (const RunDirectory::File& file : directory.files())
    crate.files.push_back({file, media_type(file.name), description_of(file.name)});
  crate.files.push_back({{"run.json", run.size(), sha256(run)}, media_type("run.json"), description_of("run.json")});
  directory.write(crate_name, crate_json(crate));
  directory.write("run.json", run);
}

void print_table(const TwinDescriptor& twin, Console& console) {
  const SurrogateModel& m = twin.model;
  const std::vector<double> place = nominal_place(m), terms = surrogate_terms(m, place);
  std::vector<double> u;
  for (const SurrogateInput& input : m.inputs) u.push_back(input.uncertainty);
  const auto uncertainty = surrogate_uncertainty(m, m.nominal_dose_mj_cm2, m.dose_uncertainty_mj_cm2, place, u);
  console.print("gauge              CD nm   u(CD) nm    NILS   model error nm (largest, held out)");
  for (std::size_t g = 0; g < m.gauges.size(); ++g) {
    const SurrogateReading here = read_surrogate(m, g, m.nominal_dose_mj_cm2, terms);
    std::string row = m.gauges[g].name;
    row.resize(std::max<std::size_t>(row.size(), 15), ' ');
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, "%9.3f%11.4f%8.2f%17.4f", here.cd_nm, uncertainty[g].cd_nm, here.nils,
                  twin.held_out[g].cd.largest);
    console.print(row + numbers);
  }
}

}  // namespace

int run_twin_export(const Options& options, Console& console) {
  Recipe recipe = load_recipe(options.recipe, options.overrides);
  for (const char* section : {"window", "twin"})  // their defaults belong to the resolved recipe
    recipe.given.try_emplace(section, Location{});
  if (dry_run(options, recipe, console)) return 0;

  RunRecord record(options, "twin export", recipe);
  record.begin_stage("read");
  const std::unique_ptr<Backend> backend = make_backend(options.backend, options.threads);
  record.set_backend(*backend);
  const Clip clip = load_clip(recipe, options.threads);
  const Mask mask = load_mask(recipe, clip);
  const TwinSimulation simulation(recipe, clip, mask, options.backend, options.threads);
  for (const auto& input : inputs_of(recipe)) record.add_input(input);
  const std::string name = recipe.layout.file.stem().string();
  RunDirectory directory = open_run_directory(options, "twin", name);
  throw_if_stopped();

  record.begin_stage("model");
  FittedModel fitted;
  fit_model(recipe, simulation, console, fitted);
  record.begin_stage("check");
  judge_model(recipe, simulation, console, fitted);

  record.begin_stage("prediction");
  const SurrogateModel& model = fitted.model;
  std::vector<std::vector<double>> places;
  for (const double focus : recipe.window.focus_nm) {
    places.push_back(nominal_place(model));
    places.back().front() = focus;
  }
  const WindowResult window = twin_window(recipe, model, simulation.images(places, console, "through focus"));
  const SurrogateSample nominal = simulation.images({nominal_place(model)}, console, "nominal").front();
  Recipe exact = recipe;  // without truncation where it fits, as the model
  if (simulation.stack_bytes() * static_cast<double>(lens_settings(recipe).size()) < one_stack_bytes)
    exact.optics.method = OpticsSection::Method::abbe;
  const ClipOptics optics = clip_optics(exact, clip.grid, clear_share(recipe, clip, mask), options.threads);
  throw_if_stopped();
  Exposure exposure = expose(*backend, optics.model, recipe, clip, mask);
  throw_if_stopped();

  record.begin_stage("write");
  TwinDescriptor twin;
  twin.name = name;
  twin.model = model;
  const std::vector<std::string> ports = gauge_names(model);
  for (std::size_t g = 0; g < ports.size(); ++g)
    twin.gauges.push_back({ports[g], recipe.gauges[g].at_nm, recipe.gauges[g].angle_deg});
  twin.stated = stated_inputs(recipe, model);
  twin.fit = fitted.fit;
  twin.wanted_cd_error_nm = recipe.twin.cd_error_nm;
  twin.seed = static_cast<unsigned>(recipe.seed);
  twin.source_points = simulation.source_points();
  twin.level = recipe.twin.coverage;
  twin.cd_tolerance_percent = recipe.window.cd_tolerance_percent;
  twin.window = {recipe.window.exposure_latitude_percent, window.dof_nm, window.latitude_percent, window.cut, {}, {}};
  if (window.condition_of_window) {
    twin.window.dose_mj_cm2 = wafer_dose(recipe, model, window.condition_dose);
    twin.window.focus_nm = window.condition_focus_nm;
  }
  twin.held_out = fitted.held_out;
  twin.in_window = fitted.in_window;
  twin.findings = findings_of(recipe, fitted, window, nominal);
  twin.findings.insert(twin.findings.end(), optics.warnings.begin(), optics.warnings.end());
  twin.version = version;
  twin.commit = commit;
  twin.created = utc_time(record.info().start);

  // What can still fail comes before the first file.
  const FmuDescription description = unit_of(twin);
  const std::string unit = fmu_bytes(description), system = ssp_bytes(system_of(description));
  directory.write(unit_file, unit);
  directory.write("system.ssp", system);
  twin.files["model"] = unit_file;
  twin.files["system"] = "system.ssp";
  if (writes_fields()) {
    write_clip_fields(directory.add("data/fields.nc"), recipe, clip, optics.model, exposure, mask.bitmap,
                      backend->epsilon() > 1e-12);
    write_exposure_matrix(directory.add("data/focus_exposure.nc"), exposure_matrix(recipe, model, window, twin.stated));
    twin.files["fields"] = "data/fields.nc";
    twin.files["focus_exposure"] = "data/focus_exposure.nc";
  }
  TwinReport report{{}, judge(recipe, clip, optics.model, mask, std::move(exposure), false), window};
  const ContourErrors errors =
      write_contours(directory.add("data/contours.gds"), report.clip.print_contours, clip.grid, recipe.output);
  twin.chord_error_nm = errors.chord_nm + errors.sagitta_nm;
  twin.files["contours"] = "data/contours.gds";
  const std::vector<Marker> markers = markers_of(recipe, report.clip, model, nominal);
  directory.write("markers.lyrdb", markers_lyrdb("CONTOURS", "Anamorph twin export: " + name, marker_kinds, markers));
  directory.write("markers.csv", markers_csv(markers));
  twin.files["markers"] = "markers.lyrdb";
  twin.files["markers_table"] = "markers.csv";
  twin.files["report"] = "report.html";
  twin.files["schema"] = "twin.schema.json";
  twin.files["provenance"] = crate_name;
  const std::string descriptor = twin_json(twin);
  directory.write("twin.json", descriptor);
  directory.write("twin.schema.json", twin_schema());
  report.twin = twin;
  report.clip.provenance = record.finish();
  directory.write("report.html", twin_report(report));
  finish(directory, record, name);

  for (const std::string& finding : twin.findings) console.warn("CLI-0010", finding);
  print_table(twin, console);
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(descriptor);
  return recipe.has("twin.cd_error_nm") && cd_error(fitted) > recipe.twin.cd_error_nm ? 1 : 0;
}

}  // namespace anamorph::cli
