// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/optimize/objective.hpp"
#include "cpp/resist/resist.hpp"

namespace anamorph::bench {

/// The same image and the same gradient as the library's, the plain way: one complex FFT of the full grid per term, as
/// most simulators do it. It shares no code with the backends, and is both the check of what is timed and the yardstick
/// that makes timings of different machines, and of a busy one, comparable.
/// Fields are not stored for the gradient (48 of them would take 3 GB) but computed again.
template <typename Real>
class Reference {
 public:
  /// Every pixel of `grid` is a sample of mask and image; `grid` spans one period. The model and the resist must
  /// outlive it.
  Reference(const ImagingModel& model, const ResistModel& resist, const Grid& grid, MaskSamples samples, int threads);

  /// Intensity per stack.
  const std::vector<Image<Real>>& images(const Image<Real>& mask);

  /// Fidelity and PV band of mask = logistic(steepness control) as MaskObjective defines them, without blur, weighted
  /// by `view`, per pixel; `gradient` becomes d loss / d control.
  double gradient(const Image<Real>& control, const Image<Real>& target, const MaskObjective::View& view,
                  Image<Real>& gradient);

 private:
  using Complex = std::complex<Real>;

  void transform(Image<Complex>& field, bool forward) const;
  void field_of(const CoherentStack& stack, int term, Image<Complex>& field) const;
  double print_loss(const Image<Real>& target, const MaskObjective::View& view, std::vector<Image<Real>>& bar) const;
  template <typename Visit>
  void for_bins(const CoherentStack& stack, const Visit& visit) const;
  template <typename Body>
  void for_rows(const Body& body) const;

  const ImagingModel& model_;
  const ResistModel& resist_;
  int ny_, nx_, threads_;
  std::vector<double> pixel_;          ///< transfer of a mask pixel per bin: its sinc, or 1
  std::vector<Complex> spectrum_;      ///< of the mask, with the pixel's transfer
  std::vector<Image<Complex>> field_;  ///< per thread
  std::vector<Image<Real>> partial_;   ///< per thread
  std::vector<Image<Real>> images_, images_bar_;
};

extern template class Reference<float>;
extern template class Reference<double>;

}  // namespace anamorph::bench
