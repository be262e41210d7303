// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/twin_update.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "cpp/cli/results.hpp"
#include "cpp/io/sha256.hpp"
#include "cpp/twin/drift_report.hpp"
#include "cpp/twin/fmu.hpp"
#include "cpp/twin/measurements.hpp"
#include "cpp/twin/read_unit.hpp"

namespace anamorph::cli {

namespace {

constexpr double usual_dose_percent = 1, usual_focus_nm = 20;  // of a scanner of which nothing is stated

std::string text(double value, int decimals) {
  char out[64];
  std::snprintf(out, sizeof out, "%.*f", decimals, value);
  return out;
}

/// The settings with what the unit states of dose and focus where the command line says nothing.
DriftSettings settings_of(const UpdateChoice& choice, const SurrogateModel& model) {
  DriftSettings settings = choice.settings;
  settings.rates = !choice.no_rates;
  const double stated_dose = 100 * model.dose_uncertainty_mj_cm2 / model.nominal_dose_mj_cm2;
  const auto focus = std::find_if(model.inputs.begin(), model.inputs.end(),
                                  [](const SurrogateInput& input) { return input.name == "focus_nm"; });
  const double stated_focus = focus == model.inputs.end() ? 0 : focus->uncertainty;
  settings.dose_prior_percent = choice.dose_prior_percent.value_or(stated_dose > 0 ? stated_dose : usual_dose_percent);
  settings.focus_prior_nm = choice.focus_prior_nm.value_or(stated_focus > 0 ? stated_focus : usual_focus_nm);
  return settings;
}

/// The unit of the scanner as it stands.
FmuDescription updated(FmuDescription unit, const std::filesystem::path& file, const DriftReport& report) {
  const OffsetEstimate& e = report.result.last;
  unit.surrogate = corrected_surrogate(unit.surrogate, e);
  unit.provenance = {
      {"Updated from", file.filename().string() + ", SHA-256 " + sha256_file(file)},
      {"By measured CDs", report.name + ", " + std::to_string(report.result.updates.size()) + " measurements"},
      {"Dose offset taken in", text(e.dose_percent, 4) + " +- " + text(e.u_dose_percent, 4) + " %"},
      {"Focus offset taken in", text(e.focus_nm, 3) + " +- " + text(e.u_focus_nm, 3) + " nm"}};
  return unit;
}

void print_summary(const DriftReport& report, Console& console) {
  const OffsetEstimate& e = report.result.last;
  const auto line = [&](const std::string& what, double value, double u, int decimals, const std::string& unit,
                        bool rate) {
    std::string row = what;
    row.resize(16, ' ');
    row += text(value, decimals) + " +- " + text(u, decimals) + " " + unit;
    if (rate) row += "  (" + (chance(value, u) < 1e-4 ? "< 0.01" : text(100 * chance(value, u), 2)) + " % by chance)";
    console.print(row);
  };
  line("dose offset", e.dose_percent, e.u_dose_percent, 3, "%", false);
  line("focus offset", e.focus_nm, e.u_focus_nm, 2, "nm", false);
  if (report.settings.rates) {
    line("dose drift", e.dose_rate_percent, e.u_dose_rate_percent, 4, "%/" + report.unit, true);
    line("focus drift", e.focus_rate_nm, e.u_focus_rate_nm, 3, "nm/" + report.unit, true);
  }
  console.print(std::to_string(report.result.updates.size()) + " measurements, " +
                std::to_string(report.result.rejected) + " rejected, " + std::to_string(report.result.steps.size()) +
                (report.result.steps.size() == 1 ? " step" : " steps"));
}

}  // namespace

int run_twin_update(const Options& options, const UpdateChoice& choice, Console& console) {
  RunRecord record(options, "twin update");
  record.begin_stage("read");
  const std::filesystem::path file = find_lithography_unit(choice.exported);
  const FmuDescription unit = read_lithography_unit(file);
  DriftReport report;
  report.name = choice.measurements.filename().string();
  report.model = unit.surrogate;
  report.settings = settings_of(choice, unit.surrogate);
  report.outliers = choice.outliers;
  const MeasurementStream stream = read_measurements(choice.measurements, unit.surrogate, report.settings.cd_u_nm);
  report.unit = stream.unit;
  record.add_input(file);
  record.add_input(choice.measurements);

  record.begin_stage("track");
  report.result = track_drift(unit.surrogate, stream.rows, report.settings, report.outliers);
  const FmuDescription now = updated(unit, file, report);
  const std::string bytes = fmu_bytes(now);

  RunDirectory directory = open_run_directory(options, "twin-update", choice.measurements.stem().string());
  record.begin_stage("write");
  directory.write("offsets.csv", offsets_csv(report));
  const std::string json = drift_json(report);
  directory.write("drift.json", json);
  directory.write("model/" + file.filename().string(), bytes);
  report.provenance = record.finish();
  directory.write("report.html", drift_page(report));
  record.write(directory);

  for (const DriftFinding& finding : report.result.findings) console.warn(finding.id, finding.text);
  print_summary(report, console);
  console.print("report: " + (directory.directory() / "report.html").string());
  if (console.json()) console.document(json);
  return 0;
}

}  // namespace anamorph::cli
