// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/core/image.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/resist/resist.hpp"

namespace anamorph {

/// Scale of the heat content that measures the perimeter: wide enough for the grid, finer than any feature.
inline constexpr double kPerimeterSigmaPx = 1.5;

/// What one clip shall become, on the solver's grid.
struct Pattern {
  Image<double> target;      ///< 0 .. 1, what shall print
  Image<double> sites;       ///< extra weight
  Image<double> background;  ///< weight of light where nothing may print
};

/// From free control values to the loss and back, for a batch of clips:
///
///     control --blur--> psi --logistic--> mask --DFT--> spectrum --optics--> intensities --resist--> loss
///
/// Every step has its exact adjoint, so the gradient is exact. All arrays stay with the backend, the loss too until it is
/// asked for.
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
    double pull = 0;  ///< force of the wish, see wish()
  };

  /// Terms before their weights: nm^2, complexity in nm. Complexity and pull are computed only while they have a weight
  /// and stay what they were without one; 0 at first.
  struct Terms {
    double fidelity = 0, pvband = 0, sites = 0, background = 0, complexity = 0, pull = 0;
    [[nodiscard]] double loss(const View& view) const noexcept {
      return view.fidelity * fidelity + view.pvband * pvband + view.sites * sites + view.background * background +
             view.complexity * complexity + view.pull * pull;
    }
  };

  static constexpr int kRows = 10;  ///< evaluations whose terms are kept

  /// `grid` is the solver's own, spanning one period; `blur_nm` is the blur of the control values.
  MaskObjective(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
                double blur_nm, std::span<const Pattern> patterns);

  /// Overwrites `gradient` with d loss / d control; both [clip][ny][nx]. The terms go to row `row` < kRows. Nothing is
  /// allocated and nothing comes back: fit for Backend::repeat.
  void evaluate(const Array& control, const View& view, Array& gradient, int row = 0);

  /// The terms of rows 0 .. rows - 1, [row][clip].
  [[nodiscard]] std::vector<std::vector<Terms>> terms(int rows = 1) const;

  /// Where the masks shall open (+1) or close (-1), and how much of each pixel, [clip][ny][nx]; the pull term is
  /// -<wish, mask>. Zero at first.
  [[nodiscard]] Array& wish() noexcept { return wish_; }

  /// psi of control values, until the next call of this object: the masks are open where it is positive.
  [[nodiscard]] const Array& blurred(const Array& control);

  [[nodiscard]] const Grid& grid() const noexcept { return grid_; }
  [[nodiscard]] Shape shape() const noexcept { return {clips_, grid_.ny, grid_.nx, 1}; }

 private:
  Backend& backend_;
  Grid grid_;
  int clips_;
  double blur_px_;
  std::unique_ptr<MaskSpectrum> mask_spectrum_;
  std::vector<std::unique_ptr<CoherentSum>> sums_;
  std::unique_ptr<PrintLoss> print_loss_;
  Array target_, sites_, background_, wish_;
  Array psi_, mask_, edge_, mask_bar_, psi_bar_, spectrum_, spectrum_bar_;
  std::vector<Array> intensity_, intensity_bar_;
  Array print_terms_, complexity_, pull_;     ///< of one evaluation, [clip][...]
  Array print_table_, complexity_table_, pull_table_;  ///< [row][clip][...]
};

}  // namespace anamorph
