// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cpp/study/throughput.hpp"
#include "cpp/study/wafer_map.hpp"
#include "optics_models/scanner.hpp"

// What a layer of lines and spaces takes on one scanner: exposures, masks, time, cost.

namespace anamorph {

/// Names of the quantities of the process; a study needs all of them.
[[nodiscard]] const std::vector<std::string>& process_quantities();

/// Those that come with the library (cpp/study/patterning/process.csv).
[[nodiscard]] const std::vector<Quantity>& shipped_process();

/// Reads a data file of the process. Throws Error{input} as parse_quantities() does.
[[nodiscard]] std::vector<Quantity> parse_process(std::string_view text, const std::string& file);

/// Dose (mJ/cm2) that prints lines of `cd_nm` at `pitch_nm` in one exposure within the CD variation asked for; nothing
/// (or no positive number) where no dose does.
using DoseForPitch = std::function<std::optional<double>(double pitch_nm, double cd_nm)>;

/// Cost of a layer on one wafer, in the money of the data files.
struct LayerCost {
  double scanner_EUR = 0;  ///< depreciation and running cost of the scanner for the time taken
  double process_EUR = 0;  ///< track, deposition, etch, clean, measurement
  double masks_EUR = 0;    ///< over the wafers that a mask exposes
  double total_EUR = 0;
};

/// What a pitch takes on a scanner.
struct Layer {
  int exposures = 0;  ///< k of (litho-etch)^k, each of every k-th line; or one of cores and those of cuts
  int halvings = 0;   ///< of the pitch, by spacers
  std::string flow;   ///< in words: "single", "LELE", "LE^3", "SADP with 1 cut"
  int masks = 0;      ///< twice as many where dies are stitched of two fields
  double exposed_pitch_nm = 0;
  double overlay_nm = 0;        ///< three sigma between neighbouring lines of different exposures; 0 of one exposure
  double overlay_limit_nm = 0;  ///< that the budget leaves
  WaferTime pass;               ///< one pass of a wafer; a layer has as many as masks. Its dose is each exposure's
  double layer_s = 0;           ///< scanner time of a wafer's layer
  double layers_per_hour = 0;   ///< wafers that get the whole layer, while the scanner runs
  double layers_per_day = 0;    ///< with its availability and use
  LayerCost cost;
};

/// A scanner with the process around it. Finding the best wafer map takes some time, hence the cache: maps of plans
/// that were asked for before, shared by the models of a study.
using WaferMaps = std::map<WaferPlan, WaferMap>;

class LayerModel {
 public:
  /// `scanner` has all parameters of productivity (see calibrated()), the process all of process_quantities().
  /// Throws Error{recipe}: a quantity that is missing or makes no sense, a die that does not fit.
  LayerModel(const Scanner& scanner, const std::vector<Quantity>& process, WaferMaps& maps);

  [[nodiscard]] const WaferMap& wafer() const noexcept { return wafer_; }
  [[nodiscard]] WaferTime pass(double dose_mJ_cm2) const;

  /// Overlay (three sigma) between neighbouring lines when a layer has so many exposures: the scanner's and the
  /// process's in quadrature; all later exposures are aligned to the first one, so that from three on there are
  /// neighbours that are only aligned by way of it, with sqrt(2) of that.
  [[nodiscard]] double overlay_nm(int exposures) const;
  /// What a space of that half pitch allows: half_pitch edge_tolerance_share sqrt(overlay_budget_share).
  [[nodiscard]] double overlay_limit_nm(double half_pitch_nm) const;

  /// The cheapest layer of that pitch where one exposure prints `smallest_pitch_nm`:
  /// - (litho-etch)^k: the fewest exposures that do, k = ceil(smallest / pitch), each at k times the pitch with lines
  /// of
  ///   half the pitch;
  /// - as far as spacer_halvings allows it, spacers: one exposure of cores at 2^h times the pitch, and for each halving
  ///   cut_exposures. Lines know no overlay, but a cut may miss its line by no more than half of a space, of whose
  ///   variance overlay has its share. Cuts take the dose of the cores.
  /// Throws Error{recipe} with the reason why there is none: pitch not positive, too many exposures, overlay too large,
  /// no dose.
  [[nodiscard]] Layer layer(double pitch_nm, double smallest_pitch_nm, const DoseForPitch& dose_mJ_cm2) const;

  /// One exposure at that dose, whatever it prints.
  [[nodiscard]] Layer single(double dose_mJ_cm2) const;

 private:
  [[nodiscard]] Layer litho_etch(double pitch_nm, double smallest_pitch_nm, const DoseForPitch& dose_mJ_cm2) const;
  [[nodiscard]] Layer spacers(int halvings, double pitch_nm, double smallest_pitch_nm,
                              const DoseForPitch& dose_mJ_cm2) const;
  [[nodiscard]] double dose_of(const Layer& layer, double pitch_nm, const DoseForPitch& dose_mJ_cm2) const;
  [[nodiscard]] Layer timed(Layer layer, double dose_mJ_cm2) const;

  std::string name_;
  StageModel stage_;
  WaferMap wafer_;
  double overlay_ = 0, tolerance_share_ = 0, overlay_share_ = 0;
  int max_exposures_ = 1, max_halvings_ = 0, cuts_ = 0;
  double scanner_EUR_per_s_ = 0, running_share_ = 0, mask_EUR_per_wafer_ = 0;
  double layer_EUR_ = 0, exposure_EUR_ = 0, halving_EUR_ = 0;
};

/// The plan of a wafer from the process's quantities and the scanner's field.
[[nodiscard]] WaferPlan wafer_plan(const Scanner& scanner, const std::vector<Quantity>& process);

}  // namespace anamorph
