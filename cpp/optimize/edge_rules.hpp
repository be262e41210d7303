// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <span>
#include <vector>

#include "cpp/optimize/fragments.hpp"
#include "masks/rules.hpp"

namespace anamorph {

/// How far fragments may move, alone and in pairs, so that a mask that they bound keeps width and space:
///
///     sign_a d_a + sign_b d_b <= slack
///
/// for fragments that face each other (inside: width, outside: space; diagonal ones by their Euclidean distance), and
/// for those whose length their neighbours change, and for those beyond a corner's own fragments.
class EdgeRules {
 public:
  /// Absent rules bound the displacement alone. `most_nm` bounds every displacement; assist features may move as far.
  /// `window` is one period of the mask: from its border half the space is kept, so that the next period is as far.
  EdgeRules(const Fragments& fragments, const MaskRules* rules, double most_nm, const Box& window);

  /// Takes displacements that break a limit back, those of a pair in proportion. What breaks a rule as drawn is moved
  /// apart as far as the other limits let it. Where limits contradict each other some are broken in the end.
  void keep(std::span<double> displacement) const;

  /// Fragments whose limits together with these leave one of them less than `room_nm` of its way outwards.
  [[nodiscard]] std::vector<int> in_the_way(std::span<const int> of, std::span<const double> displacement,
                                            double room_nm) const;

 private:
  struct Limit {
    int a, b;
    double sign_a, sign_b;
    double slack;
  };
  void facing(const Fragments& fragments, const MaskRules& rules);
  void lengths(const Fragments& fragments, double least);
  void corners(const Fragments& fragments, const MaskRules& rules);
  void clamp(std::span<double> displacement) const;

  std::vector<Limit> limits_;
  std::vector<double> most_, outwards_;
};

}  // namespace anamorph
