// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cpp/study/throughput.hpp"
#include "optics_models/scanner.hpp"

// What a layer of lines and spaces takes, over its pitch, on several scanners: exposures, masks, time, cost. All
// parameters are quantities of data files: those of a scanner in optics_models/scanners, those of the process in
// cpp/study/patterning.csv. Nothing here knows how an image is made: what the optics can do is handed in as numbers.

namespace anamorph {

/// A number that the study rests on.
struct Assumption {
  std::string owner;  ///< name of the scanner; "process" for what all share
  std::string name;   ///< ends in its unit
  std::string unit;   ///< as one writes it: "mJ/cm²"; empty for a plain number
  double value = 0;
  double low = 0;
  double high = 0;
  bool own_range = false;  ///< low and high are in the data file; else they are 20 % below and above
  std::string origin;
};

/// Dose (mJ/cm2) that prints lines of `cd_nm` at `pitch_nm` in one exposure within the CD variation asked for; nothing
/// (or no positive number) where no dose does.
using DoseForPitch = std::function<std::optional<double>(double pitch_nm, double cd_nm)>;

/// A scanner and what its optics can do.
struct ScannerCase {
  Scanner scanner;
  double smallest_pitch_nm = 0;  ///< that one exposure prints
  DoseForPitch dose_mJ_cm2;
};

/// What is asked. The first scanner is the one that relative costs refer to.
struct ProductivityPlan {
  std::vector<ScannerCase> scanners;
  std::vector<ScannerQuantity> process;  ///< by default those of cpp/study/patterning.csv
  std::vector<double> pitches_nm;        ///< of the curves
  double pitch_low_nm = 0;               ///< cross-overs are looked for from here
  double pitch_high_nm = 0;              ///< to here
  double ratio_pitch_nm = 0;             ///< pitch of the cost ratio whose sensitivity is told; 0: none
};

/// Cost of a layer on one wafer, in the money of the data files.
struct LayerCost {
  double scanner_EUR = 0;  ///< depreciation and running cost of the scanner for the time taken
  double process_EUR = 0;  ///< track, etch, deposition, clean, metrology
  double masks_EUR = 0;    ///< over the wafers that a mask exposes
  double total_EUR = 0;
};

/// What a pitch takes on a scanner.
struct Layer {
  int exposures = 0;  ///< k of (litho-etch)^k: each prints every k-th line
  int masks = 0;      ///< twice as many where dies are stitched of half fields
  double exposed_pitch_nm = 0;
  double dose_mJ_cm2 = 0;       ///< of each exposure
  double overlay_nm = 0;        ///< three sigma between neighbouring lines of different exposures; 0 of one exposure
  double overlay_limit_nm = 0;  ///< that the budget leaves
  WaferTime pass;               ///< one pass of a wafer; a layer has as many as masks
  double layer_s = 0;           ///< scanner time of a wafer's layer
  double layers_per_hour = 0;   ///< wafers that get the whole layer, while the scanner runs
  double layers_per_day = 0;    ///< with its availability
  LayerCost cost;
  double relative_cost = 0;  ///< over that of one exposure on the first scanner at the dose of its quoted throughput
};

/// A pitch on a scanner: a layer, or the reason why there is none.
struct PitchResult {
  double pitch_nm = 0;
  std::optional<Layer> layer;
  std::string finding;  ///< empty with a layer
};

/// The parameter that makes the model give the throughput that was published.
struct Calibration {
  std::string parameter;  ///< empty: the data file has all of them, nothing was fitted
  double value = 0;
  double published_per_hour = 0;
  double dose_mJ_cm2 = 0;  ///< at which that was published
  int fields = 0;          ///< likewise
  double model_per_hour = 0;
  std::string origin;  ///< of the published figure
};

struct ScannerProductivity {
  std::string scanner;
  std::optional<Calibration> calibration;  ///< nothing without a published figure
  std::optional<WaferMap> wafer;
  std::optional<WaferTime> quoted;  ///< of that wafer at the dose of the published figure
  std::vector<PitchResult> pitches;
  std::vector<std::string> findings;  ///< why parts are missing
};

/// Where two scanners change places.
struct CrossOver {
  double pitch_nm = 0;
  std::string cheaper_below;  ///< at smaller pitches
  std::string cheaper_above;
  bool jump = false;  ///< one of them needs another exposure there, or can no longer: the costs do not meet
};

struct Comparison {
  std::string first;
  std::string second;
  std::vector<CrossOver> cross_overs;  ///< by ascending pitch
  std::string conclusion;              ///< a sentence, also where there is none in the range
};

/// An output with one assumption at its low and high value, all others at theirs.
struct TornadoBar {
  Assumption assumption;
  std::optional<double> at_low;  ///< nothing: the output does not exist there; `finding` says why
  std::optional<double> at_high;
  double width = 0;  ///< largest distance of low, nominal and high from each other
  std::string finding;
};

struct Tornado {
  std::string output;  ///< what it is, in words
  std::string unit;
  std::optional<double> value;   ///< with all assumptions at theirs
  std::vector<TornadoBar> bars;  ///< those first under which the output vanishes, then by falling width
  std::string finding;           ///< why there is no value
};

struct ProductivityResult {
  std::vector<ScannerProductivity> scanners;
  std::vector<Comparison> comparisons;  ///< of each pair
  std::vector<Tornado> tornados;
  std::vector<Assumption> assumptions;
  std::vector<std::string> findings;
};

}  // namespace anamorph
