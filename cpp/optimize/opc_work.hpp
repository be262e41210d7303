// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cpp/optimize/edge_rules.hpp"
#include "cpp/optimize/edge_step.hpp"
#include "cpp/optimize/fragments.hpp"
#include "cpp/optimize/opc.hpp"
#include "masks/region_rules.hpp"

namespace anamorph {

/// One clip while it is corrected: its fragments, those of the assist features last, and where they are.
class OpcWork {
 public:
  /// A step of what prints short: late steps of the gradient are too small to bring a lost contact back.
  static constexpr double push_nm = 2;

  OpcWork(const std::vector<Polygon>& target, const Box& window, const OpcOptions& options);

  [[nodiscard]] const Fragments& fragments() const noexcept { return fragments_; }
  [[nodiscard]] const std::vector<EdgeSite>& sites() const noexcept { return sites_; }
  [[nodiscard]] const std::vector<double>& displacement() const noexcept { return displacement_; }
  [[nodiscard]] std::vector<EdgePiece> pieces() const { return fragments_.pieces(displacement_); }

  /// Fragments with a site that prints short by more than the tolerance go outwards at every step until this is called
  /// again, and assist features that are in their way vanish.
  void make_print(const std::vector<double>& error, double tolerance_nm);
  /// The same without any other step. Returns whether one of them had room to move.
  bool push();
  /// A step by the gradient of the pieces, of at most about `rate` nm, within the rules.
  void step(std::vector<double> gradient, double rate);
  /// To other places, within the rules.
  void move(std::vector<double> displacement);
  /// Neighbours of one edge whose displacements differ by less than the recipe's jog move as one from now on.
  void tie();
  /// Whole steps of the mask's grid from where the edges were drawn, so that nothing depends on the window's place.
  void quantise();

  [[nodiscard]] std::vector<Box> assists() const;
  /// In the place of those there were. What has been learnt of the steps is forgotten.
  void set_assists(const std::vector<Box>& bars);
  /// Without the bars that are too small for the mask rules: those with at least half the least area are lengthened.
  void drop_small_assists();

  /// Takes back what still breaks the rules once all displacements are whole steps, looking at the shapes themselves;
  /// assist features that cannot give way go. Returns how many places break them as drawn; what the border of the window
  /// cuts off is none. Without rules nothing is looked at.
  [[nodiscard]] RuleCounts retreat();

  [[nodiscard]] std::vector<Polygon> main_shapes() const;

 private:
  void bound();
  void keep();

  const OpcOptions& options_;
  Box window_;  ///< assist features begin on a grid that counts from its corner
  Fragments fragments_;
  std::vector<EdgeSite> sites_;
  std::vector<double> displacement_;
  std::vector<int> lost_;     ///< fragments that print short
  std::vector<int> group_;    ///< of each fragment of the shapes: its first member; empty: none are tied
  int assists_from_ = 0;      ///< first fragment of the assist features
  std::size_t outlines_ = 0;  ///< of the shapes
  std::unique_ptr<EdgeRules> rules_;
  std::unique_ptr<EdgeStep> step_;
};

}  // namespace anamorph
