// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

namespace anamorph {

/// K-correlation model of a polished surface, PSD(f) = A / (1 + (B f)^2)^(C / 2): flat below 1 / B, a power law above
/// (Church and Takacs; Stover, Optical Scattering, SPIE Press).
struct KCorrelation {
  double a_nm4 = 0;
  double b_nm = 1;
  double c = 2;
};

/// PSD(f) = P (f / f_low)^-slope for f_low <= f < f_high, 0 elsewhere. 0 < f_low < f_high.
struct PowerLawBand {
  double low_per_nm = 0;
  double high_per_nm = 0;
  double psd_low_nm4 = 0;
  double slope = 0;
};

/// Isotropic two-dimensional power spectral density of a surface's height, nm^4, over its spatial frequency f, 1/nm: a
/// sum of terms, so that measurements of several instruments, or requirements of several bands, make one surface.
struct SurfacePsd {
  std::vector<KCorrelation> terms = {};
  std::vector<PowerLawBand> bands = {};

  [[nodiscard]] double operator()(double frequency_per_nm) const;
  /// Mean square of the height from f_low to f_high, 2 pi Int PSD f df, nm^2, in closed form. 0 <= f_low; f_high may be
  /// infinite, and then so is the result where the PSD falls too slowly.
  [[nodiscard]] double variance_nm2(double low_per_nm, double high_per_nm) const;
  [[nodiscard]] double rms_nm(double low_per_nm, double high_per_nm) const;
};

/// The term with corner 1 / B and exponent C that has this rms from f_low to f_high.
/// Throws Error{recipe} for a negative rms, B <= 0, C <= 0, or a band that is not 0 <= f_low < f_high.
[[nodiscard]] KCorrelation k_correlation_of_rms(double rms_nm, double low_per_nm, double high_per_nm, double b_nm,
                                                double c);

/// The band PSD ~ f^-slope that has this rms. Throws Error{recipe} as above, and for f_low = 0.
[[nodiscard]] PowerLawBand band_of_rms(double rms_nm, double low_per_nm, double high_per_nm, double slope);

/// A measured PSD: straight lines between its points on logarithmic scales, 0 outside.
/// Throws Error{recipe} unless there are two points or more, frequencies grow from above 0, and values are positive.
[[nodiscard]] std::vector<PowerLawBand> tabulated_psd(const std::vector<double>& frequency_per_nm,
                                                      const std::vector<double>& psd_nm4);

/// One mirror of a projection system.
struct Mirror {
  std::string name;
  double cosine = 1;        ///< of the angle of incidence of the chief ray
  double footprint_nm = 0;  ///< radius on the mirror of the beam that belongs to one image point
  SurfacePsd psd;
};

/// A height of frequency f turns light by f wavelength, and the image point by r = f wavelength footprint / NA on the
/// wafer. Two radii on the wafer thus part the surface's spectrum on every mirror:
///     r < inner           figure: what Zernike terms describe; it aberrates
///     inner <= r < outer  MSFR (mid spatial frequency roughness): flare
///     outer <= r          HSFR (high), up to f = 1 / wavelength: light that is lost
struct ScatterRange {
  double wavelength_nm = 13.5;
  double na = 0.33;
  double inner_nm = 0;
  double outer_nm = 0;
};

/// Frequency on the mirror that scatters to the distance r on the wafer.
[[nodiscard]] double mirror_frequency(const Mirror& mirror, const ScatterRange& range, double radius_nm);

/// What one mirror does. Scattered shares are (4 pi sigma cos / wavelength)^2, Bennett and Porteus, J. Opt. Soc. Am.
/// 51, 123 (1961), which holds while they are small; the path error of a height is 2 sigma cos.
struct MirrorBudget {
  double figure_rms_nm = 0, msfr_rms_nm = 0, hsfr_rms_nm = 0;
  double wavefront_rms_nm = 0;  ///< 2 sigma_figure cos
  double flare = 0;             ///< share scattered into the image field
  double loss = 0;              ///< share scattered out of it
};

struct ScatterBudget {
  std::vector<MirrorBudget> mirrors;
  double wavefront_rms_nm = 0;  ///< the mirrors' errors taken as independent
  double strehl = 1;            ///< exp(-(2 pi wavefront / wavelength)^2)
  double flare = 0;             ///< sum over the mirrors
  double throughput = 1;        ///< product of exp(-loss); the reflectivity of the coatings comes on top
};

/// Throws Error{recipe} unless 0 < wavelength, 0 < NA < 1, 0 <= inner < outer, and per mirror 0 < cosine <= 1,
/// 0 < footprint and a PSD as its parts demand.
[[nodiscard]] ScatterBudget scatter_budget(const std::vector<Mirror>& mirrors, const ScatterRange& range);

/// The flare of a point of light on the wafer: share of its power per area at a distance r,
///     PSF(r) = sum_i (4 pi cos_i / wavelength)^2 (NA / (wavelength a_i))^2 PSD_i(r NA / (wavelength a_i)),
/// inner <= r < outer, 0 elsewhere; a_i are the footprints. Footprints are taken as circles.
class ScatterKernel {
 public:
  /// Throws Error{recipe} as scatter_budget, and when the mirrors scatter all light or more.
  ScatterKernel(std::vector<Mirror> mirrors, const ScatterRange& range);

  /// 1/nm^2.
  [[nodiscard]] double operator()(double radius_nm) const;
  /// Share of the power that falls between two distances, 2 pi Int PSF r dr, in closed form.
  [[nodiscard]] double share(double low_nm, double high_nm) const;
  [[nodiscard]] double total() const noexcept { return total_; }
  [[nodiscard]] double inner_nm() const noexcept { return range_.inner_nm; }
  [[nodiscard]] double outer_nm() const noexcept { return range_.outer_nm; }

 private:
  std::vector<Mirror> mirrors_;
  ScatterRange range_;
  double total_ = 0;
};

/// Flare in the middle of a square dark pad of the given side in an unbounded clear field: what the method of Kirk
/// (Proc. SPIE 2197, 566 (1994)) measures. In the middle of a round pad of radius R it is share(R, outer).
/// Throws Error{recipe} for a negative side.
[[nodiscard]] double kirk_flare(const ScatterKernel& kernel, double pad_nm);

}  // namespace anamorph
