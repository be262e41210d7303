// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/patterning.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

/// {file name, text} of each shipped table.
constexpr std::pair<const char*, const char*> shipped[] = {
#include "cpp/study/patterning_data.inc"
};

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::recipe, "PRD-0003", message); }

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

enum class Range { positive, not_negative, share };

/// The value of a quantity of the process or of the scanner, `owner`.
double value_of(const std::vector<Quantity>& quantities, const std::string& owner, const char* name, Range range) {
  const Quantity* q = find_quantity(quantities, name);
  if (!q) fail(owner + " does not say " + name);
  const bool good =
      range == Range::not_negative ? q->value >= 0 : q->value > 0 && (range != Range::share || q->value <= 1);
  if (good && std::isfinite(q->value)) return q->value;
  const char* expected = range == Range::share ? "above 0 to 1" : range == Range::positive ? "above 0" : "0 or more";
  fail(owner + " has a " + name + " of " + text(q->value) + "; expected " + expected);
}

}  // namespace

const std::vector<std::string>& process_quantities() {
  static const std::vector<std::string> names{"wafer_diameter_mm",
                                              "edge_exclusion_mm",
                                              "edge_field_share",
                                              "die_x_mm",
                                              "die_y_mm",
                                              "stitch_strip_mm",
                                              "stitch_border_mm",
                                              "max_exposures",
                                              "edge_tolerance_share",
                                              "overlay_budget_share",
                                              "process_overlay_nm",
                                              "same_machine",
                                              "depreciation_years",
                                              "running_share_per_year",
                                              "utilisation_share",
                                              "wafers_per_mask",
                                              "track_EUR",
                                              "deposition_EUR",
                                              "etch_EUR",
                                              "clean_EUR",
                                              "measurement_EUR",
                                              "layer_depositions",
                                              "layer_etches",
                                              "layer_cleans",
                                              "exposure_depositions",
                                              "exposure_etches",
                                              "exposure_cleans",
                                              "exposure_measurements",
                                              "spacer_halvings",
                                              "cut_exposures",
                                              "spacer_depositions",
                                              "spacer_etches",
                                              "spacer_cleans"};
  return names;
}

std::vector<Quantity> parse_process(std::string_view text_, const std::string& file) {
  return parse_quantities(text_, process_quantities(), file, "PRD-0004").quantities;
}

const std::vector<Quantity>& shipped_process() {
  static const std::vector<Quantity> process = parse_process(shipped[0].second, shipped[0].first);
  return process;
}

WaferPlan wafer_plan(const Scanner& scanner, const std::vector<Quantity>& process) {
  const auto of = [&](const char* name, Range range) { return value_of(process, "the process", name, range); };
  WaferPlan plan;
  plan.diameter_mm = of("wafer_diameter_mm", Range::positive);
  plan.edge_exclusion_mm = of("edge_exclusion_mm", Range::not_negative);
  plan.edge_field_share = of("edge_field_share", Range::not_negative);
  plan.die_x_mm = of("die_x_mm", Range::positive);
  plan.die_y_mm = of("die_y_mm", Range::positive);
  plan.stitch_strip_mm = of("stitch_strip_mm", Range::not_negative);
  plan.stitch_border_mm = of("stitch_border_mm", Range::not_negative);
  plan.field_x_mm = value_of(scanner.quantities, "the scanner " + scanner.name, "field_x_mm", Range::positive);
  plan.field_y_mm = value_of(scanner.quantities, "the scanner " + scanner.name, "field_y_mm", Range::positive);
  return plan;
}

LayerModel::LayerModel(const Scanner& scanner, const std::vector<Quantity>& process, WaferMaps& maps)
    : name_(scanner.name), stage_(stage_model(scanner)) {
  const auto of = [&](const char* name, Range range) { return value_of(process, "the process", name, range); };
  const auto of_scanner = [&](const char* name, Range range) {
    return value_of(scanner.quantities, "the scanner " + scanner.name, name, range);
  };
  const WaferPlan plan = wafer_plan(scanner, process);
  auto found = maps.find(plan);
  if (found == maps.end()) found = maps.emplace(plan, wafer_map(plan)).first;
  wafer_ = found->second;

  const bool same = of("same_machine", Range::not_negative) >= 0.5;
  overlay_ = std::hypot(of_scanner(same ? "overlay_dedicated_nm" : "overlay_matched_nm", Range::not_negative),
                        of("process_overlay_nm", Range::not_negative));
  tolerance_share_ = of("edge_tolerance_share", Range::positive);
  overlay_share_ = of("overlay_budget_share", Range::share);
  max_exposures_ = static_cast<int>(std::min(100.0, of("max_exposures", Range::positive)));

  max_halvings_ = static_cast<int>(std::min(4.0, of("spacer_halvings", Range::not_negative)));
  cuts_ = static_cast<int>(std::min(100.0, of("cut_exposures", Range::not_negative)));

  const double price = 1e6 * of_scanner("price_MEUR", Range::positive);
  const double per_year =
      1 / of("depreciation_years", Range::positive) + of("running_share_per_year", Range::not_negative);
  running_share_ = of_scanner("availability_share", Range::share) * of("utilisation_share", Range::share);
  scanner_EUR_per_s_ = price * per_year / (365.25 * 86400 * running_share_);
  mask_EUR_per_wafer_ =
      1e3 * of_scanner("mask_cost_kEUR", Range::not_negative) / of("wafers_per_mask", Range::positive);

  const double deposition = of("deposition_EUR", Range::not_negative), etch = of("etch_EUR", Range::not_negative);
  const double clean = of("clean_EUR", Range::not_negative);
  layer_EUR_ = of("layer_depositions", Range::not_negative) * deposition +
               of("layer_etches", Range::not_negative) * etch + of("layer_cleans", Range::not_negative) * clean;
  exposure_EUR_ = of("track_EUR", Range::not_negative) + of("exposure_depositions", Range::not_negative) * deposition +
                  of("exposure_etches", Range::not_negative) * etch +
                  of("exposure_cleans", Range::not_negative) * clean +
                  of("exposure_measurements", Range::not_negative) * of("measurement_EUR", Range::not_negative);
  halving_EUR_ = of("spacer_depositions", Range::not_negative) * deposition +
                 of("spacer_etches", Range::not_negative) * etch + of("spacer_cleans", Range::not_negative) * clean;
}

WaferTime LayerModel::pass(double dose_mJ_cm2) const {
  const double exposures = static_cast<double>(wafer_.exposures) / wafer_.masks();
  return wafer_time(stage_, wafer_.field_x_mm, wafer_.field_y_mm, exposures, dose_mJ_cm2);
}

double LayerModel::overlay_nm(int exposures) const {
  if (exposures <= 1) return 0;
  return exposures == 2 ? overlay_ : std::sqrt(2.0) * overlay_;
}

double LayerModel::overlay_limit_nm(double half_pitch_nm) const {
  return half_pitch_nm * tolerance_share_ * std::sqrt(overlay_share_);
}

Layer LayerModel::timed(Layer layer, double dose_mJ_cm2) const {
  layer.pass = pass(dose_mJ_cm2);
  layer.masks = layer.exposures * wafer_.masks();
  layer.layer_s = layer.masks * layer.pass.wafer_s;
  layer.layers_per_hour = 3600 / layer.layer_s;
  layer.layers_per_day = 24 * layer.layers_per_hour * running_share_;
  layer.cost.scanner_EUR = layer.layer_s * scanner_EUR_per_s_;
  layer.cost.process_EUR = layer_EUR_ + layer.exposures * exposure_EUR_ + layer.halvings * halving_EUR_;
  layer.cost.masks_EUR = layer.masks * mask_EUR_per_wafer_;
  layer.cost.total_EUR = layer.cost.scanner_EUR + layer.cost.process_EUR + layer.cost.masks_EUR;
  return layer;
}

double LayerModel::dose_of(const Layer& layer, double pitch_nm, const DoseForPitch& dose_mJ_cm2) const {
  const std::optional<double> dose = dose_mJ_cm2 ? dose_mJ_cm2(layer.exposed_pitch_nm, pitch_nm / 2) : std::nullopt;
  if (!dose || !(*dose > 0 && std::isfinite(*dose)))
    fail("no dose prints lines of " + text(pitch_nm / 2) + " nm at a pitch of " + text(layer.exposed_pitch_nm) +
         " nm on " + name_ + " within the CD variation");
  return *dose;
}

Layer LayerModel::litho_etch(double pitch_nm, double smallest_pitch_nm, const DoseForPitch& dose_mJ_cm2) const {
  const double least = std::ceil(smallest_pitch_nm / pitch_nm * (1 - 1e-12));
  if (least > max_exposures_)
    fail("a pitch of " + text(pitch_nm) + " nm takes " + text(least) + " exposures on " + name_ + ", which prints " +
         text(smallest_pitch_nm) + " nm in one; at most " + std::to_string(max_exposures_) + " are allowed");
  Layer layer;
  layer.exposures = std::max(1, static_cast<int>(least));
  layer.flow = layer.exposures == 1   ? "single"
               : layer.exposures == 2 ? "LELE"
                                      : "LE^" + std::to_string(layer.exposures);
  layer.exposed_pitch_nm = layer.exposures * pitch_nm;
  layer.overlay_nm = overlay_nm(layer.exposures);
  layer.overlay_limit_nm = overlay_limit_nm(pitch_nm / 2);
  if (layer.exposures > 1 && layer.overlay_nm > layer.overlay_limit_nm)
    fail("a pitch of " + text(pitch_nm) + " nm takes " + std::to_string(layer.exposures) + " exposures on " + name_ +
         ", whose overlay of " + text(layer.overlay_nm) + " nm moves the spaces between their lines by more than the " +
         text(layer.overlay_limit_nm) + " nm that the budget leaves");
  return timed(layer, dose_of(layer, pitch_nm, dose_mJ_cm2));
}

Layer LayerModel::spacers(int halvings, double pitch_nm, double smallest_pitch_nm,
                          const DoseForPitch& dose_mJ_cm2) const {
  static constexpr const char* names[] = {"SADP", "SAQP", "three halvings", "four halvings"};
  const std::string name = names[halvings - 1];
  Layer layer;
  layer.halvings = halvings;
  layer.exposed_pitch_nm = std::ldexp(pitch_nm, halvings);
  if (layer.exposed_pitch_nm < smallest_pitch_nm * (1 - 1e-12))
    fail(name + " takes cores at a pitch of " + text(layer.exposed_pitch_nm) + " nm, below the " +
         text(smallest_pitch_nm) + " nm that " + name_ + " prints in one exposure");
  const int cuts = halvings * cuts_;
  layer.exposures = 1 + cuts;
  layer.flow = name + " with " + std::to_string(cuts) + (cuts == 1 ? " cut" : " cuts");
  if (layer.exposures > max_exposures_)
    fail(layer.flow + " takes " + std::to_string(layer.exposures) + " exposures; at most " +
         std::to_string(max_exposures_) + " are allowed");
  layer.overlay_nm = cuts > 0 ? overlay_nm(2) : 0;
  layer.overlay_limit_nm = pitch_nm / 4 * std::sqrt(overlay_share_);
  if (layer.overlay_nm > layer.overlay_limit_nm)
    fail(layer.flow + " at a pitch of " + text(pitch_nm) + " nm: the overlay of " + text(layer.overlay_nm) +
         " nm lets cuts miss their lines by more than the " + text(layer.overlay_limit_nm) +
         " nm that the budget leaves");
  return timed(layer, dose_of(layer, pitch_nm, dose_mJ_cm2));
}

Layer LayerModel::layer(double pitch_nm, double smallest_pitch_nm, const DoseForPitch& dose_mJ_cm2) const {
  if (!(pitch_nm > 0 && std::isfinite(pitch_nm))) fail("a pitch of " + text(pitch_nm) + " nm; expected more than 0");
  if (!(smallest_pitch_nm > 0 && std::isfinite(smallest_pitch_nm)))
    fail("no pitch is known that one exposure of " + name_ + " prints");
  std::optional<Layer> cheapest;
  std::string why_not;
  // Who prints a pitch in one exposure takes no spacers.
  const int flows = pitch_nm < smallest_pitch_nm ? max_halvings_ : 0;
  for (int halvings = 0; halvings <= flows; ++halvings) try {
      Layer layer = halvings == 0 ? litho_etch(pitch_nm, smallest_pitch_nm, dose_mJ_cm2)
                                  : spacers(halvings, pitch_nm, smallest_pitch_nm, dose_mJ_cm2);
      if (!cheapest || layer.cost.total_EUR < cheapest->cost.total_EUR) cheapest = std::move(layer);
    } catch (const Error& error) {
      why_not += (why_not.empty() ? "" : "; ") + std::string(error.what());
    }
  if (!cheapest) fail(why_not);
  return *cheapest;
}

Layer LayerModel::single(double dose_mJ_cm2) const {
  Layer layer;
  layer.exposures = 1;
  layer.flow = "single";
  return timed(layer, dose_mJ_cm2);
}

}  // namespace anamorph
