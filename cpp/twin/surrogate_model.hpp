// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The model inside the co-simulation unit: what a lithography cell prints, from few numbers and without any optics. It
// depends on cpp/core and cpp/measure/cut_profile alone, so that it can be compiled into the unit.

namespace anamorph {

/// A quantity on which the image depends. Dose is not among them: it scales the image, exactly.
struct SurrogateInput {
  std::string name;  ///< with its unit: "focus_nm", "mask_bias_nm", "z9_nm"
  double low = 0;    ///< range of validity
  double high = 0;
  double nominal = 0;
  double uncertainty = 0;  ///< standard uncertainty, unless the user states another
};

/// The image along the cut of one gauge: sample j lies at (j - centre) step_nm from the gauge's point.
struct SurrogateGauge {
  std::string name;
  double target_nm = 0;     ///< wanted width
  double drawn_low_nm = 0;  ///< places of the target's edges along the cut: < 0 and > 0; NaN where there is none
  double drawn_high_nm = 0;
  int samples = 0;
  int centre = 0;
  double step_nm = 1;
  std::vector<double> coefficients;  ///< [sample][term]
  double cd_error_nm = 0;            ///< standard error of the surrogate itself, from held-out simulations
  double epe_error_nm = 0;
  double nils_error = 0;
};

/// I_j(u) = sum_b c_jb prod_i T_a(b,i)(t_i), T Chebyshev polynomials, t_i = -1 .. 1 over the range of input i.
struct SurrogateModel {
  std::vector<SurrogateInput> inputs;
  std::vector<std::uint8_t> degrees;  ///< a(b, i): [term][input]
  std::vector<SurrogateGauge> gauges;
  double threshold = 0.3;  ///< of the resist, at the nominal dose
  bool bright = true;      ///< the measured features are where the intensity is above it
  double nominal_dose_mj_cm2 = 30;
  double dose_low_mj_cm2 = 27;  ///< range of validity
  double dose_high_mj_cm2 = 33;
  double dose_uncertainty_mj_cm2 = 0;

  [[nodiscard]] std::size_t terms() const noexcept { return inputs.empty() ? 0 : degrees.size() / inputs.size(); }
};

/// What the model says of one gauge. NaN where the feature has no edges; EPE also where the target has none.
struct SurrogateReading {
  double cd_nm = 0;
  double epe_low_nm = 0;  ///< of each edge, positive when the print is too large
  double epe_high_nm = 0;
  double epe_nm = 0;  ///< the one that is farther off
  double nils = 0;    ///< the lesser image log slope of both edges times target_nm (times the CD where that is 0)
};

/// Values of the terms at the inputs; those beyond their range are taken at its end.
[[nodiscard]] std::vector<double> surrogate_terms(const SurrogateModel& model, std::span<const double> inputs);

/// A dose beyond its range is taken as it is: it is a scale. One that is not positive prints nothing.
[[nodiscard]] SurrogateReading read_surrogate(const SurrogateModel& model, std::size_t gauge, double dose_mj_cm2,
                                              std::span<const double> terms);

/// Standard uncertainties of a reading of each gauge (no sign, same fields): the surrogate's own error, and what the
/// independent standard uncertainties of dose and inputs make of it by second-order differences at u sqrt(3) (Norgaard,
/// Poulsen, Ravn, Automatica 36, 1627 (2000), eq. 43), which sees focus errors at best focus as well. Exact for
/// Gaussian errors and a reading that is a sum of quadratics of one input each. An input whose steps would leave its
/// range is taken with steps that just stay within it. NaN where the feature has no edges, here or at one of the steps:
/// how far it varies is not known then.
[[nodiscard]] std::vector<SurrogateReading> surrogate_uncertainty(const SurrogateModel& model, double dose_mj_cm2,
                                                                  double dose_uncertainty_mj_cm2,
                                                                  std::span<const double> inputs,
                                                                  std::span<const double> uncertainties);

/// The model as bytes, little-endian: "ANAMSURR", version (1), the fields in their order (counts and text lengths as 32
/// bits, numbers as IEEE 754 doubles), CRC-32 of all before it.
[[nodiscard]] std::string surrogate_bytes(const SurrogateModel& model);

/// The model of such bytes. Throws Error{input}, with `source` as its place, for bytes that are not a model: another
/// form or version, cut short or changed, counts that do not fit each other, a range or number that cannot be.
[[nodiscard]] SurrogateModel parse_surrogate(std::string_view bytes, const std::string& source = {});

}  // namespace anamorph
