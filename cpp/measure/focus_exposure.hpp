// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <vector>

#include "cpp/core/geometry.hpp"
#include "cpp/imaging/focus_nodes.hpp"
#include "cpp/imaging/image_sampler.hpp"
#include "cpp/measure/cut_profile.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/measure/gauge.hpp"
#include "cpp/measure/process_window.hpp"

namespace anamorph {

/// What is measured, and how the resist answers.
struct FocusExposurePlan {
  std::vector<Gauge> gauges;
  std::vector<EpeSite> sites;
  double threshold = 0.3;
  bool bright = true;
  bool dose_is_amplitude = false;  ///< the intensity goes with the square of the dose
  double reach_nm = 200;           ///< of the cuts at the gauges, to both sides, beyond 1.25 of the wanted width
  double search_nm = 40;           ///< farthest edge that an EPE site finds
  double mask_step_nm = 0;         ///< change of the mask's CD in its variants; 0: there are none
};

/// Equally spaced samples of an image along a cut; number `centre` lies at its middle.
struct CutSamples {
  SampleLine line;
  int centre = 0;
  double step_nm = 1;
};

/// The samples of a gauge's cut up to `reach_nm` to both sides, `per_period` of them for a period of the finest detail
/// that an image of these bands has on the window; see CutProfile for what that is good for.
[[nodiscard]] CutSamples gauge_samples(const Gauge& gauge, double reach_nm, const Box& window, int band_x, int band_y,
                                       double per_period = 16);

/// The state of a mask in a series.
enum class MaskVariant { smaller, nominal, larger };

/// One gauge at one condition; NaN where the feature has no edges, see `state`.
struct GaugeReading {
  CutEdges::State state = CutEdges::State::absent;
  double cd_nm = std::numeric_limits<double>::quiet_NaN();
  double low_nm = std::numeric_limits<double>::quiet_NaN();  ///< edges along the cut, from the gauge's point
  double high_nm = std::numeric_limits<double>::quiet_NaN();
  double ils_low_per_nm = std::numeric_limits<double>::quiet_NaN();  ///< |d ln I / ds|
  double ils_high_per_nm = std::numeric_limits<double>::quiet_NaN();
  double nils = std::numeric_limits<double>::quiet_NaN();  ///< the lesser ILS times the wanted width
};

/// A focus-exposure matrix without images: the intensity is kept along the cuts only, at the nodes of a FocusNodes, so
/// that every focus of the range is a weighted sum, and every dose a threshold.
class FocusExposure {
 public:
  /// `window` and the bands as of the ImageSamplers that will be added: they set the spacing of the samples.
  FocusExposure(FocusExposurePlan plan, FocusNodes nodes, const Box& window, int band_x, int band_y);

  /// Light at a place that comes on top of the image (flare).
  using Background = std::function<double(const Point&)>;
  /// The image of a mask at the given nodes (more than one where their images are known to be the same). EPE sites look
  /// at the nominal mask only.
  void add(const std::vector<std::size_t>& nodes, MaskVariant variant, const ImageSampler& image,
           const Background& background, int threads);

  [[nodiscard]] const FocusExposurePlan& plan() const noexcept { return plan_; }
  [[nodiscard]] const FocusNodes& nodes() const noexcept { return nodes_; }
  [[nodiscard]] bool has_variants() const noexcept { return plan_.mask_step_nm > 0; }

  /// The cut of a gauge at a focus of the range.
  [[nodiscard]] CutProfile profile(std::size_t gauge, double focus_nm,
                                   MaskVariant variant = MaskVariant::nominal) const;
  [[nodiscard]] GaugeReading read(std::size_t gauge, const CutProfile& profile, double dose) const;
  [[nodiscard]] GaugeReading read(std::size_t gauge, double dose, double focus_nm) const;

  /// CD for a mask whose CD is changed by `mask_nm`: by the parabola through the three variants.
  [[nodiscard]] double cd_nm(std::size_t gauge, double dose, double focus_nm, double mask_nm = 0) const;
  /// The dose that prints the wanted width; NaN where none does.
  [[nodiscard]] double dose_to_size(std::size_t gauge, double focus_nm) const;
  /// Mask error enhancement factor: change of the CD per change of the mask's CD, on the wafer's scale, between the
  /// smaller and the larger mask. NaN without variants, or where a CD is missing.
  [[nodiscard]] double meef(std::size_t gauge, double dose, double focus_nm) const;
  /// The same for several doses.
  [[nodiscard]] std::vector<double> meef(std::size_t gauge, const std::vector<double>& doses, double focus_nm) const;

  /// Signed EPE of every site, NaN where there is no edge.
  [[nodiscard]] std::vector<double> epe_nm(double dose, double focus_nm) const;
  /// The same for several doses, [dose][site].
  [[nodiscard]] std::vector<std::vector<double>> epe_nm(const std::vector<double>& doses, double focus_nm) const;

  /// Doses for which the CD lies within `tolerance` (a share) of the wanted width, exactly: from the thresholds at
  /// which the cut is as wide as the limits.
  [[nodiscard]] DoseBand cd_band(std::size_t gauge, const std::vector<double>& focus_nm, double tolerance,
                                 int threads) const;
  /// Doses for which every site prints `tolerance_nm` inside its edge and does not `tolerance_nm` outside.
  [[nodiscard]] DoseBand epe_band(const std::vector<double>& focus_nm, double tolerance_nm, int threads) const;

 private:
  struct Cut : CutSamples {
    std::vector<std::vector<double>> values[3];  ///< [variant][node][sample]
  };
  [[nodiscard]] CutProfile mixed(const Cut& cut, const std::vector<double>& weights, MaskVariant variant) const;
  [[nodiscard]] double intensity_factor(double dose) const { return plan_.dose_is_amplitude ? dose * dose : dose; }
  [[nodiscard]] double dose_at(double threshold) const;

  FocusExposurePlan plan_;
  FocusNodes nodes_;
  std::vector<Cut> gauges_, sites_;
};

}  // namespace anamorph
