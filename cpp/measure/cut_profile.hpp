// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <limits>
#include <vector>

namespace anamorph {

/// The edges of the feature at the middle of a cut, as distances along it.
struct CutEdges {
  enum class State {
    measured,
    absent,  ///< the feature does not print at the middle
    endless  ///< it does, but has no edge within the samples
  };
  State state = State::absent;
  double low_nm = std::numeric_limits<double>::quiet_NaN();   ///< < 0
  double high_nm = std::numeric_limits<double>::quiet_NaN();  ///< > 0
  double log_slope_low = 0;                                   ///< |d ln I / ds| at the edges: the image log slope, 1/nm
  double log_slope_high = 0;
  double slope_low = 0;  ///< dI / ds at the edges, 1/nm
  double slope_high = 0;

  [[nodiscard]] double cd_nm() const noexcept { return high_nm - low_nm; }
};

/// The image along a cut, from equally spaced samples. Between them it is the polynomial through the 12 nearest: for a
/// component with p samples a period the error is at most (2 pi / p)^12 / 18000 of its amplitude (1e-9 at p = 16). A
/// dose is a factor on the image, so the edges for any dose are those of the threshold divided by it.
class CutProfile {
 public:
  static constexpr int margin = 6;  ///< samples that are needed beyond the outermost place asked for

  /// Sample j lies at (j - centre) step. Throws Error{recipe} unless there are 2 margin + 1 of them around the centre.
  CutProfile(std::vector<double> values, int centre, double step_nm);

  [[nodiscard]] double reach_low_nm() const noexcept { return (centre_ - margin) * step_; }  ///< asked for up to here
  [[nodiscard]] double reach_high_nm() const noexcept { return (count() - 1 - margin - centre_) * step_; }
  [[nodiscard]] double lowest() const noexcept { return lowest_; }  ///< of the samples
  [[nodiscard]] double highest() const noexcept { return highest_; }

  struct Value {
    double value = 0;
    double slope = 0;  ///< per nm
  };
  /// Within the reach.
  [[nodiscard]] Value at(double s_nm) const;

  /// The feature that holds the middle: where I >= threshold (`bright`) or I < threshold.
  [[nodiscard]] CutEdges edges(double threshold, bool bright) const;

  /// The threshold at which the feature becomes `cd_nm` wide. Its width grows as the threshold falls (bright) or rises
  /// (dark); where it jumps across the width asked for, this is the place of the jump. NaN for an image that is the
  /// same to 1e-9 all along.
  [[nodiscard]] double threshold_of(double cd_nm, bool bright) const;

  /// Signed distance from the middle to the nearest place where the print ends towards +s; NaN if there is none within
  /// +-search. Positive when the print reaches too far.
  [[nodiscard]] double end_of_print(double threshold, bool bright, double search_nm) const;

 private:
  [[nodiscard]] int count() const noexcept { return static_cast<int>(values_.size()); }
  struct Local;
  [[nodiscard]] double root(int interval, double threshold) const;

  std::vector<double> values_;
  int centre_;
  double step_;
  double lowest_ = 0;
  double highest_ = 0;
};

}  // namespace anamorph
