// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <complex>
#include <memory>
#include <span>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/imaging/image_sampler.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/optimize/fragments.hpp"
#include "cpp/resist/resist.hpp"

namespace anamorph {

/// Edge placement of the nominal print, measured where it is asked for and nowhere else: edges -> spectrum -> intensity
/// -> its exact values on the normals of the sites. One clip; half the work of a gradient or less.
class PlacementError {
 public:
  /// Errors up to `search_nm` are found.
  PlacementError(Backend& backend, const ImagingModel& model, const ResistModel& resist, const Box& window,
                 double search_nm, int threads);

  /// Of each site, nm outwards; where no edge prints within the search, +-search_nm by what prints at the site.
  /// `fixed`: spectrum of what the pieces leave out, or empty.
  [[nodiscard]] std::vector<double> measure(std::span<const EdgePiece> pieces, const std::vector<EdgeSite>& sites,
                                            const std::vector<std::complex<double>>& fixed);

 private:
  Backend& backend_;
  ResistModel resist_;
  Box window_;
  double search_nm_, threshold_;
  int threads_;
  EdgeSpectrum edges_;
  std::unique_ptr<CoherentSum> sum_;
  ResamplePlan plan_;
  Array spectrum_, intensity_;
};

/// Displacements from placement errors: a fragment moves against the mean error of its sites, divided by how much the
/// print edge has followed its moves so far (its MEEF); one without a site follows its neighbours of the same edge.
class EdgeFeedback {
 public:
  EdgeFeedback(const Fragments& fragments, const std::vector<EdgeSite>& sites, double most_step_nm);

  void advance(const Fragments& fragments, const std::vector<double>& error, std::span<double> displacement);

 private:
  std::vector<std::vector<int>> sites_of_;  ///< of each fragment
  std::vector<double> follow_;              ///< d error / d displacement
  std::vector<double> last_error_, last_place_;
  double most_step_nm_;
};

}  // namespace anamorph
