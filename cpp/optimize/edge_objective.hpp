// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <memory>
#include <span>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/grid.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/optimize/objective.hpp"
#include "cpp/resist/resist.hpp"
#include "masks/edge_spectrum.hpp"

namespace anamorph {

/// From the edges of masks to the loss of `PrintLoss` and back, for a batch of clips:
///
///     edges --integrals along them--> spectrum --optics--> intensities --resist--> loss
///
/// No pixel of the mask is ever made, and every step has its exact adjoint. The shapes are openings where the resist's
/// bright parts stand, absorber where its dark parts do.
class EdgeObjective {
 public:
  struct View {
    double steepness = 50;  ///< of the resist's logistic, per unit of intensity
    double fidelity = 1;
    double pvband = 1;
    double sites = 0;
    double background = 0;
  };
  /// Before their weights, nm^2.
  struct Terms {
    double fidelity = 0, pvband = 0, sites = 0, background = 0;
    [[nodiscard]] double loss(const View& view) const noexcept {
      return view.fidelity * fidelity + view.pvband * pvband + view.sites * sites + view.background * background;
    }
  };

  /// `grid` is where the print is compared with the patterns; it spans one period of the optics.
  EdgeObjective(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Grid& grid,
                std::span<const Pattern> patterns, int threads);

  /// Shapes that are imaged besides the pieces, of either orientation: what is not axis-parallel, and does not move.
  void add_fixed(int clip, const std::vector<Polygon>& shapes);

  /// Terms of each clip, and d loss / d displacement of each of its pieces.
  std::vector<Terms> evaluate(std::span<const std::vector<EdgePiece>> pieces, const View& view,
                              std::span<std::vector<double>> gradient);
  /// The same without a gradient.
  std::vector<Terms> evaluate(std::span<const std::vector<EdgePiece>> pieces, const View& view);

  /// d loss / d transmission of the material of clip `clip` per nm^2 after an evaluation with gradient, at the centres
  /// of nx x ny cells of the window.
  [[nodiscard]] std::vector<double> sensitivity(int clip, int nx, int ny) const;

  [[nodiscard]] const Grid& grid() const noexcept { return grid_; }

 private:
  using Complex = std::complex<double>;

  std::vector<Terms> forward(std::span<const std::vector<EdgePiece>> pieces, const View& view, bool with_gradient);

  Backend& backend_;
  Grid grid_;
  int clips_, threads_;
  bool openings_;
  Box window_;
  int extent_x_, extent_y_;
  EdgeSpectrum edges_;
  std::vector<std::vector<Complex>> fixed_;  ///< empty: none
  std::vector<std::unique_ptr<CoherentSum>> sums_;
  std::unique_ptr<PrintLoss> print_loss_;
  Array target_, sites_, background_, spectrum_, spectrum_bar_, terms_;
  std::vector<Array> intensity_, intensity_bar_;
  std::vector<std::vector<Complex>> material_bar_;  ///< of each clip
};

}  // namespace anamorph
