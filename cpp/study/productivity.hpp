// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cpp/study/patterning.hpp"
#include "cpp/study/throughput.hpp"
#include "cpp/study/wafer_map.hpp"
#include "optics_models/scanner.hpp"

// What a layer of lines and spaces takes, over its pitch, on several scanners: exposures, masks, time, cost. All
// parameters are quantities of data files: those of a scanner in optics_models/scanners, those of the process in
// cpp/study/patterning. Nothing here knows how an image is made: what the optics can do is handed in as numbers.

namespace anamorph {

/// A number that the study rests on.
struct Assumption {
  std::string owner;  ///< name of the scanner; "process" for what all share
  std::string name;   ///< ends in its unit
  std::string unit;   ///< as one writes it: "mJ/cm²"; empty for a plain number
  double value = 0;
  double low = 0;
  double high = 0;
  bool own_range = false;  ///< low and high are given with it; else they are 20 % below and above
  bool varied = false;     ///< by the tornado; what defines a scanner or was published of it is not
  std::string origin;
};

/// A scanner and what its optics can do.
struct ScannerCase {
  Scanner scanner;
  double smallest_pitch_nm = 0;  ///< that one exposure prints; 0: none is known
  std::string smallest_pitch_origin = "simulated";
  std::optional<double> smallest_pitch_low_nm;  ///< what it may be; both or none
  std::optional<double> smallest_pitch_high_nm;
  DoseForPitch dose_mJ_cm2;  ///< asked for some ten thousand times: prepare it
  std::string dose_origin = "simulated";
};

/// What is asked. The first scanner is the one that relative costs refer to.
struct ProductivityPlan {
  std::vector<ScannerCase> scanners;                  ///< with names of their own
  std::vector<Quantity> process = shipped_process();  ///< all of process_quantities()
  std::vector<double> pitches_nm;                     ///< of the curves
  double pitch_low_nm = 0;                            ///< cross-overs are looked for from here
  double pitch_high_nm = 0;                           ///< to here
  double ratio_pitch_nm = 0;                          ///< pitch of the cost ratio whose sensitivity is told; 0: none
};

/// A pitch on a scanner: a layer, or the reason why there is none.
struct PitchResult {
  double pitch_nm = 0;
  std::optional<Layer> layer;
  double relative_cost = 0;  ///< over one exposure on the first scanner at the dose of its quoted throughput; 0: none
  std::string finding;       ///< empty with a layer
};

struct ScannerProductivity {
  std::string scanner;
  std::string title;
  std::optional<Calibration> calibration;  ///< nothing without a published figure
  std::optional<WaferMap> wafer;
  std::optional<Layer> quoted;  ///< one exposure of that wafer at the dose of the published figure
  std::vector<PitchResult> pitches;
  std::vector<std::string> findings;  ///< why parts are missing
};

/// A range of pitches in which the same holds.
struct CheaperRange {
  double low_nm = 0;
  double high_nm = 0;
  std::string cheaper;  ///< empty: neither prints it, or both cost the same
  bool only = false;    ///< the other does not print it at all
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
  std::vector<CheaperRange> ranges;    ///< by ascending pitch
  std::vector<CrossOver> cross_overs;  ///< likewise
  std::string conclusion;              ///< sentences, also where there is none in the range
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
  std::string finding;           ///< why there is no value, and then no bars
};

struct ProductivityResult {
  std::vector<ScannerProductivity> scanners;
  std::vector<Comparison> comparisons;  ///< of each pair
  std::vector<Tornado> tornados;        ///< of the first scanner with each other: cost ratio, cross-over
  std::vector<Assumption> assumptions;
  std::vector<std::string> findings;
};

/// The study. The throughput of each scanner is calibrated first (see calibrate()); what was found there counts as an
/// assumption like all others from then on, held when another one is varied.
/// What is impossible for a scanner or a pitch is told as a finding with its reason. Throws Error{recipe}: no scanner,
/// two of one name, pitches that are not positive or an empty range of them, a quantity of the process that is missing.
[[nodiscard]] ProductivityResult productivity(const ProductivityPlan& plan);

}  // namespace anamorph
