// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "cpp/backend/coherent_stack.hpp"
#include "cpp/core/image.hpp"
#include "cpp/io/clip_result.hpp"
#include "optics_models/source.hpp"

namespace anamorph {

/// A quantity of the scanner and where its value comes from.
struct OpticsQuantity {
  std::string name;
  std::string value;
  std::string unit;    ///< "nm2" is shown as nm²; may be empty
  std::string origin;  ///< "scanner file", "recipe", "assumption ..."
};

/// A coefficient in Fringe numbering.
struct ZernikeTerm {
  int index = 1;
  double nm = 0;
};

/// What a number of kernels is good for.
struct TruncationStep {
  int kernels = 0;
  double captured_fraction = 0;  ///< of the trace of the TCC
  double image_error =
      std::numeric_limits<double>::quiet_NaN();  ///< largest SOCS-minus-Abbe intensity, clear field = 1
};

/// Magnitude of one kernel around the origin.
struct KernelPicture {
  double share = 0;         ///< of the light of all kernels of the stack
  Image<double> magnitude;  ///< |h(x)|, [y][x]
};

/// Everything that the report of `optics` shows. What is empty or NaN is left out.
struct OpticsResult {
  std::string name;                                                 ///< of the optics
  std::string summary;                                              ///< a line below the title
  double wavelength_nm = std::numeric_limits<double>::quiet_NaN();  ///< in vacuum
  double na = std::numeric_limits<double>::quiet_NaN();             ///< at the wafer
  double immersion_index = 1;
  double pupil_fill = std::numeric_limits<double>::quiet_NaN();  ///< lit share of the disc |s| <= 1

  std::vector<SourcePoint> source;   ///< shown; may be a finer quadrature than the one that is computed with
  int source_points = 0;             ///< of the one that is computed with; 0: `source` is it
  Image<double> pupil_amplitude;     ///< over [-1, 1]^2 in direction cosines / NA, [y][x], NaN where nothing passes
  Image<double> pupil_wavefront_nm;  ///< likewise
  std::vector<ZernikeTerm> zernikes;

  int kernels = 0;                  ///< kept
  std::vector<double> eigenvalues;  ///< falling, of the kernels left out too as far as they are known; any scale
  double trace = 0;                 ///< what all eigenvalues sum up to, on their scale; 0: those given are all
  double captured_fraction = std::numeric_limits<double>::quiet_NaN();
  double image_error = std::numeric_limits<double>::quiet_NaN();  ///< largest SOCS-minus-Abbe intensity
  double build_seconds = std::numeric_limits<double>::quiet_NaN();
  std::vector<TruncationStep> truncation;
  std::vector<KernelPicture> kernel_pictures;  ///< squares, strongest first; up to 12 are shown
  double kernel_reach_nm = 0;                  ///< they show |x|, |y| up to this

  std::vector<OpticsQuantity> quantities;
  std::string recipe;            ///< the resolved recipe as TOML text
  std::vector<Fact> provenance;  ///< version, commit, time, input hashes
  std::vector<std::string> warnings;
};

/// Magnitudes |h_k(x)| = |sum_f H_k(f) exp(+2 pi i f x)| of the `count` terms of a stack with most light,
/// w_k sum_f |H_k(f)|^2, at size_px x size_px points of |x|, |y| <= reach_nm.
[[nodiscard]] std::vector<KernelPicture> kernel_pictures(const CoherentStack& stack, int count, double reach_nm,
                                                         int size_px);

/// `report.html` of `optics`: a self-contained page (inline style, pictures and plots; no script) with key figures,
/// source, pupil, kernels, their truncation, tables with the origin of every value, recipe and provenance. The same
/// result gives the same bytes.
[[nodiscard]] std::string optics_report(const OpticsResult& optics);

}  // namespace anamorph
