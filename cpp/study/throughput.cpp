// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/throughput.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>
#include <tuple>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

constexpr const char* share_name = "wafer_power_share";
constexpr const char* overhead_name = "wafer_overhead_s";

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::recipe, "PRD-0002", message); }

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

double needed(const Scanner& scanner, const char* name) {
  const Quantity* q = find_quantity(scanner.quantities, name);
  if (!q) fail("the scanner " + scanner.name + " does not say " + name);
  return q->value;
}

double positive(const Scanner& scanner, const char* name) {
  const double value = needed(scanner, name);
  if (!(value > 0))
    fail("the scanner " + scanner.name + " has a " + name + " of " + text(value) + "; expected more than 0");
  return value;
}

double not_negative(const Scanner& scanner, const char* name) {
  const double value = needed(scanner, name);
  if (!(value >= 0)) fail("the scanner " + scanner.name + " has a negative " + name);
  return value;
}

Scanner with(const Scanner& scanner, const char* name, double value, const std::string& origin) {
  Scanner copy = scanner;
  std::erase_if(copy.quantities, [&](const Quantity& q) { return q.name == name; });
  copy.quantities.push_back({name, value, origin, {}, {}});
  return copy;
}

}  // namespace

StageModel stage_model(const Scanner& s) {
  StageModel m;
  m.power_W = positive(s, "source_power_W") * positive(s, share_name);
  if (needed(s, share_name) > 1) fail("the scanner " + s.name + " has more light on the wafer than the source gives");
  m.slit_width_mm = positive(s, "field_x_mm");
  m.slit_height_mm = not_negative(s, "slit_height_mm");
  const double azimuth = s.value("slit_azimuth_deg", 0) * std::numbers::pi / 180;
  m.slit_sagitta_mm = m.slit_width_mm / 2 * std::tan(std::abs(azimuth) / 2);
  m.magnification_y = positive(s, "magnification_y");
  m.wafer_speed_mm_s = positive(s, "wafer_speed_mm_s");
  m.mask_speed_mm_s = positive(s, "mask_speed_mm_s");
  m.wafer_acceleration_m_s2 = positive(s, "wafer_acceleration_m_s2");
  m.mask_acceleration_m_s2 = positive(s, "mask_acceleration_m_s2");
  m.field_overhead_s = not_negative(s, "field_overhead_s");
  m.wafer_overhead_s = not_negative(s, overhead_name);
  return m;
}

std::string_view name_of(SpeedLimit limit) {
  switch (limit) {
    case SpeedLimit::dose:
      return "dose";
    case SpeedLimit::wafer_stage:
      return "wafer stage";
    case SpeedLimit::mask_stage:
      return "mask stage";
    case SpeedLimit::acceleration:
      return "acceleration";
  }
  return {};
}

WaferTime wafer_time(const StageModel& m, double width_mm, double height_mm, double exposures, double dose_mJ_cm2) {
  for (const double value : {width_mm, height_mm, exposures})
    if (!(value > 0 && std::isfinite(value))) fail("a field or the number of fields is not positive");
  if (!(dose_mJ_cm2 >= 0 && std::isfinite(dose_mJ_cm2)))
    fail("a dose of " + text(dose_mJ_cm2) + " mJ/cm2; expected 0 or more");
  if (!(m.power_W > 0)) fail("no light on the wafer");

  const double way = height_mm + m.slit_height_mm + m.slit_sagitta_mm;
  const double step_s = 2 * std::sqrt(width_mm / (1e3 * m.wafer_acceleration_m_s2));
  const double a = 1e3 * std::min(m.wafer_acceleration_m_s2, m.mask_acceleration_m_s2 / m.magnification_y);
  // Power in mW over dose in mJ/mm^2 and width in mm.
  const double by_dose = dose_mJ_cm2 > 0 ? 1e3 * m.power_W / (dose_mJ_cm2 / 100 * m.slit_width_mm)
                                         : std::numeric_limits<double>::infinity();
  // Up to where turning round takes as long as the step, speed costs nothing; beyond, t(v) has its minimum at the root.
  const double best = std::max(a * step_s / 2, std::sqrt(a * way / 2));
  WaferTime t;
  t.dose_mJ_cm2 = dose_mJ_cm2;
  t.exposures = exposures;
  std::tie(t.scan_speed_mm_s, t.limit) = std::min({std::pair{by_dose, SpeedLimit::dose},
                                                   {m.wafer_speed_mm_s, SpeedLimit::wafer_stage},
                                                   {m.mask_speed_mm_s / m.magnification_y, SpeedLimit::mask_stage},
                                                   {best, SpeedLimit::acceleration}});
  t.scan_s = way / t.scan_speed_mm_s;
  t.turn_s = std::max(2 * t.scan_speed_mm_s / a, step_s) + m.field_overhead_s;
  t.field_s = t.scan_s + t.turn_s;
  t.wafer_s = exposures * t.field_s + m.wafer_overhead_s;
  t.wafers_per_hour = 3600 / t.wafer_s;
  return t;
}

std::optional<Calibration> calibrate(const Scanner& scanner, const WaferPlan& wafer) {
  const bool no_share = !find_quantity(scanner.quantities, share_name);
  const bool no_overhead = !find_quantity(scanner.quantities, overhead_name);
  if (no_share && no_overhead)
    fail("the scanner " + scanner.name + " leaves both " + share_name + " and " + overhead_name +
         " open; one published throughput tells only one of them");
  const Quantity* published = find_quantity(scanner.quantities, "throughput_per_hour");
  if (!published) {
    if (no_share || no_overhead)
      fail("the scanner " + scanner.name + " does not say " + (no_share ? share_name : overhead_name) +
           " and has no throughput_per_hour from which to find it");
    return std::nullopt;
  }

  Calibration c;
  c.published_per_hour = positive(scanner, "throughput_per_hour");
  c.origin = published->origin;
  c.dose_mJ_cm2 = positive(scanner, "dose_mJ_cm2");
  const double width = positive(scanner, "field_x_mm"), height = positive(scanner, "field_y_mm");
  c.fields_given = find_quantity(scanner.quantities, "throughput_fields");
  if (c.fields_given) {
    c.fields = positive(scanner, "throughput_fields");
  } else {
    WaferPlan plan = wafer;
    plan.die_x_mm = plan.field_x_mm = width;
    plan.die_y_mm = plan.field_y_mm = height;
    c.fields = wafer_map(plan).exposures;
  }
  const auto per_hour = [&](const Scanner& s) {
    return wafer_time(stage_model(s), width, height, c.fields, c.dose_mJ_cm2).wafers_per_hour;
  };
  if (!no_share && !no_overhead) {
    c.model_per_hour = per_hour(scanner);
    return c;
  }

  c.parameter = no_share ? share_name : overhead_name;
  const auto at = [&](double value) { return per_hour(with(scanner, c.parameter.c_str(), value, {})); };
  // The share is searched on a logarithmic scale, throughput rises with it and falls with the overhead.
  double slow = no_share ? 1e-9 : 3600 / c.published_per_hour, fast = no_share ? 1 : 0;
  const double most = at(fast);
  if (most < c.published_per_hour)
    fail("the scanner " + scanner.name + " cannot reach " + text(c.published_per_hour) + " wafers per hour at " +
         text(c.dose_mJ_cm2) + " mJ/cm2 with any " + c.parameter + ": its other parameters allow " + text(most));
  for (int i = 0; i < 200; ++i) {
    const double middle = no_share ? std::sqrt(slow * fast) : (slow + fast) / 2;
    (at(middle) < c.published_per_hour ? slow : fast) = middle;
  }
  c.value = fast;
  c.model_per_hour = at(fast);
  return c;
}

Scanner calibrated(const Scanner& scanner, const std::optional<Calibration>& c) {
  if (!c || c->parameter.empty()) return scanner;
  return with(scanner, c->parameter.c_str(), c->value,
              "calibrated: " + text(c->published_per_hour) + " wafers per hour at " + text(c->dose_mJ_cm2) +
                  " mJ/cm2 and " + text(c->fields) + " fields; " + c->origin);
}

}  // namespace anamorph
