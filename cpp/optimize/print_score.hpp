// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/resist/resist.hpp"

namespace anamorph {

/// The print of a model and a resist, whose images come by `resample`.
[[nodiscard]] PrintLossPlan print_loss_plan(const ImagingModel& model, const ResistModel& resist,
                                            const ResamplePlan& resample);

/// L2 and PV band of binary masks on their own grid, where the masks are: nothing but the numbers comes back.
class PrintScore {
 public:
  /// `grid` spans one period of the optics.
  PrintScore(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid);

  /// Areas in pixels (fidelity: L2, pvband) of entry `entry` of the masks against that of the targets.
  [[nodiscard]] PrintLossTerms areas(const Bitmaps& masks, const Bitmaps& targets, int entry);

 private:
  Backend& backend_;
  std::unique_ptr<MaskSpectrum> mask_spectrum_;
  std::vector<std::unique_ptr<CoherentSum>> sums_;
  std::unique_ptr<PrintLoss> print_loss_;
  Array mask_, target_, none_, spectrum_, terms_;
  std::vector<Array> intensity_;
};

}  // namespace anamorph
