// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/core/geometry.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/measure/epe.hpp"
#include "cpp/optimize/fragments.hpp"
#include "cpp/optimize/ilt.hpp"
#include "cpp/resist/resist.hpp"
#include "masks/region_rules.hpp"
#include "masks/rules.hpp"

// Edge-based optical proximity correction: the edges of a layout, cut into fragments, move along their normals until
// the print comes closest to what was drawn. Theory: docs/theory/opc.md.

namespace anamorph {

/// Bars beside the shapes, too narrow to print, that make the shapes print more steadily.
struct AssistOptions {
  enum class Place {
    none,
    rule,  ///< parallel to long edges, at a given distance
    model  ///< where the gradient of the loss with respect to the mask's transmission says that light helps
  };
  Place place = Place::model;
  double width_nm = 30;
  double least_length_nm = 60;
  double distance_nm = 100;  ///< rule: from the edge to the middle of the bar
  double space_nm = 40;      ///< least, to shapes and other bars
  double gain = 0.08;        ///< model: least use of a bar per area, as a share of that of the best one
  int most = 60;             ///< in a window of 2048 nm squared; more in larger ones, in proportion
};

struct OpcOptions {
  enum class Step {
    adam,    ///< Adam (Kingma and Ba 2015) on displacements
    newton,  ///< the gradient over the curvature of each fragment, damped: MEEF-aware
    lbfgs    ///< limited memory, preconditioned by that curvature
  };
  struct Weights {
    double fidelity = 1;
    double pvband = 1;
    double epe = 1;      ///< extra weight of the two check points of each EPE site
    double assist = 50;  ///< extra weight of the background, where assist features must not print
  };

  int iterations = 160;  ///< with the gradient of the loss
  int feedback = 0;      ///< that drive the edge placement error at the sites to zero after them
  Step step = Step::adam;
  IltOptions::Ramp rate{4, 0.3};              ///< first and last step, nm
  IltOptions::Ramp print_steepness{40, 150};  ///< of the resist's logistic
  double print_grid_nm = 8;                   ///< pixels on which print and target are compared
  double most_nm = 40;                        ///< largest displacement
  double grid_nm = 1;                         ///< step of displacements
  double jog_nm = 2;                          ///< neighbours whose displacements differ by less become one
  FragmentRules fragments;
  AssistOptions assist;
  Weights weights;
  EpeDistances epe;
  std::optional<MaskRules> rules = MaskRules{};
  int threads = 1;
};

struct OpcClip {
  std::vector<Polygon> target;  ///< merged; what lies on or beyond the window's border stays as it is
};

struct OpcResult {
  std::vector<Polygon> main;    ///< the corrected shapes, merged
  std::vector<Polygon> assist;  ///< rectangles
  Fragments fragments;          ///< of both
  std::vector<double> displacement;
  std::vector<IltRecord> history;
  RuleCounts violations;  ///< of the mask rules, where the shapes break them as drawn; the mask keeps them elsewhere
};

/// Corrects clips of one window together; no clip influences another. `window` is one period of the optics. The shapes
/// are openings where the resist is `bright`, absorber otherwise. Deterministic for a backend and a number of clips,
/// whatever the number of threads. Throws Error{recipe} for options that make no sense and Error{interrupted} when
/// `progress` returns false.
[[nodiscard]] std::vector<OpcResult> run_opc(Backend& backend, const ImagingModel& model, const ResistModel& resist,
                                             const Box& window, std::span<const OpcClip> clips,
                                             const OpcOptions& options, const IltProgress& progress = {});

}  // namespace anamorph
