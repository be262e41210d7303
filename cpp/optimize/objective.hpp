// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/resist/resist.hpp"

namespace anamorph {

/// Scale of the heat content that measures the perimeter: wide enough for the grid, finer than any feature.
inline constexpr double kPerimeterSigmaPx = 1.5;

/// From free control values to the loss and back:
///
///     control --blur--> psi --logistic--> mask --DFT--> spectrum --optics--> intensities --resist--> loss
///
/// Every step has its exact adjoint, so the gradient is exact. All arrays stay with the backend.
class MaskObjective {
 public:
  /// How the loss is looked at; changes from iteration to iteration.
  struct View {
    double print_steepness = 100;  ///< of the resist's logistic, per unit of intensity
    double mask_steepness = 8;     ///< of the mask's logistic, per unit of psi
    double fidelity = 1;
    double pvband = 1;
    double sites = 0;
    double background = 0;
    double complexity = 0;
    double pull = 0;  ///< force of the wish, see set_wish
  };

  /// Terms before their weights: nm^2, complexity in nm.
  struct Terms {
    double fidelity = 0, pvband = 0, sites = 0, background = 0, complexity = 0, pull = 0;
    [[nodiscard]] double loss(const View& view) const noexcept {
      return view.fidelity * fidelity + view.pvband * pvband + view.sites * sites + view.background * background +
             view.complexity * complexity + view.pull * pull;
    }
  };

  /// `grid` is the solver's own, spanning one period. `target` (0 .. 1, what shall print) and `sites` (extra weight)
  /// are given on it; `blur_nm` is the blur of the control values.
  MaskObjective(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
                double blur_nm, const Image<double>& target, const Image<double>& sites,
                const Image<double>& background);

  /// Loss of the control values [1][ny][nx]; overwrites `gradient` with d loss / d control, of the same shape.
  Terms evaluate(const Array& control, const View& view, Array& gradient);

  /// Where the mask shall open (+1) or close (-1), and how much of each pixel; the pull term is -<wish, mask>.
  void set_wish(const Image<double>& wish);

  /// psi of control values: the mask is open where it is positive.
  [[nodiscard]] Image<double> blurred(const Array& control);

  [[nodiscard]] const Grid& grid() const noexcept { return grid_; }

 private:
  Backend& backend_;
  Grid grid_;
  double blur_px_;
  std::unique_ptr<MaskSpectrum> mask_spectrum_;
  std::vector<std::unique_ptr<CoherentSum>> sums_;
  std::unique_ptr<PrintLoss> print_loss_;
  Array target_, sites_, background_, wish_;
  Array psi_, mask_, blurred_mask_, mask_bar_, psi_bar_, spectrum_, spectrum_bar_;
  std::vector<Array> intensity_, intensity_bar_;
};

}  // namespace anamorph
