// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/cut_profile.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {
constexpr int nodes = 12;
constexpr double flat = 1e-9;  // an image that varies less has no edges
}  // namespace

/// Newton's form of the polynomial through the nodes around an interval; t = 0 .. 1 runs over the interval.
struct CutProfile::Local {
  std::array<double, nodes> difference;  ///< k-th forward difference over k!

  Local(const double* first) {
    std::copy_n(first, nodes, difference.begin());
    for (int k = 1; k < nodes; ++k)
      for (int i = nodes - 1; i >= k; --i)
        difference[static_cast<std::size_t>(i)] =
            (difference[static_cast<std::size_t>(i)] - difference[static_cast<std::size_t>(i - 1)]) / k;
  }

  /// Value and slope per step.
  [[nodiscard]] std::pair<double, double> at(double t) const {
    const double x = t + (nodes / 2 - 1);
    double value = difference[nodes - 1], slope = 0;
    for (int k = nodes - 2; k >= 0; --k) {
      slope = slope * (x - k) + value;
      value = value * (x - k) + difference[static_cast<std::size_t>(k)];
    }
    return {value, slope};
  }
};

CutProfile::CutProfile(std::vector<double> values, int centre, double step_nm)
    : values_(std::move(values)), centre_(centre), step_(step_nm) {
  if (centre < margin || centre > count() - 1 - margin || !(step_nm > 0))
    throw Error(ErrorCode::recipe, "MEA-0005", "a cut needs six samples on both sides of its middle");
  const auto [low, high] = std::minmax_element(values_.begin(), values_.end());
  lowest_ = *low;
  highest_ = *high;
}

CutProfile::Value CutProfile::at(double s_nm) const {
  const double x = s_nm / step_ + centre_;
  const int interval = std::clamp(static_cast<int>(std::floor(x)), margin - 1, count() - 1 - margin);
  const auto [value, slope] = Local(values_.data() + interval - (nodes / 2 - 1)).at(x - interval);
  return {value, slope / step_};
}

/// Where in the interval from sample i to i + 1 the image passes the threshold: Newton's steps, kept within the
/// bracket.
double CutProfile::root(int interval, double threshold) const {
  const Local local(values_.data() + interval - (nodes / 2 - 1));
  const double first = values_[static_cast<std::size_t>(interval)] - threshold;
  const double last = values_[static_cast<std::size_t>(interval) + 1] - threshold;
  double low = 0, high = 1, t = first == last ? 0.5 : first / (first - last);
  for (int i = 0; i < 60; ++i) {
    const auto [value, slope] = local.at(t);
    const double excess = value - threshold;
    ((excess >= 0) == (first >= 0) ? low : high) = t;
    double next = t - excess / slope;
    if (!(next > low && next < high)) next = (low + high) / 2;
    if (std::abs(next - t) < 1e-14) return next;
    t = next;
  }
  return t;
}

CutEdges CutProfile::edges(double threshold, bool bright) const {
  CutEdges found;
  const auto inside = [&](int i) { return (values_[static_cast<std::size_t>(i)] >= threshold) == bright; };
  if (!inside(centre_)) return found;
  found.state = CutEdges::State::endless;
  int high = centre_, low = centre_;
  while (high <= count() - 1 - margin && inside(high)) ++high;
  while (low >= margin && inside(low)) --low;
  if (inside(std::min(high, count() - 1)) || inside(std::max(low, 0))) return found;
  found.state = CutEdges::State::measured;
  found.high_nm = (high - 1 + root(high - 1, threshold) - centre_) * step_;
  found.low_nm = (low + root(low, threshold) - centre_) * step_;
  found.slope_low = at(found.low_nm).slope;
  found.slope_high = at(found.high_nm).slope;
  found.log_slope_low = std::abs(found.slope_low / threshold);
  found.log_slope_high = std::abs(found.slope_high / threshold);
  return found;
}

double CutProfile::threshold_of(double cd_nm, bool bright) const {
  if (!(highest_ - lowest_ > flat)) return std::numeric_limits<double>::quiet_NaN();
  // Bracket: `narrow` has less than the width, `wide` more. Beyond the values of the image the feature is absent or
  // endless.
  const double pad = 1e-3 * (highest_ - lowest_);
  double narrow = bright ? highest_ + pad : lowest_ - pad, wide = bright ? lowest_ - pad : highest_ + pad;
  double t = (narrow + wide) / 2;
  for (int i = 0; i < 80; ++i) {
    const CutEdges found = edges(t, bright);
    double next = std::numeric_limits<double>::quiet_NaN();
    if (found.state == CutEdges::State::measured) {
      const double excess = found.cd_nm() - cd_nm;
      (excess < 0 ? narrow : wide) = t;
      if (std::abs(excess) < 1e-11 * cd_nm) return t;
      next = t - excess / (1 / found.slope_high - 1 / found.slope_low);
    } else {
      (found.state == CutEdges::State::absent ? narrow : wide) = t;
    }
    if (!(next > std::min(narrow, wide) && next < std::max(narrow, wide))) next = (narrow + wide) / 2;
    if (std::abs(narrow - wide) < 1e-15 * highest_) return next;
    t = next;
  }
  return t;
}

double CutProfile::end_of_print(double threshold, bool bright, double search_nm) const {
  const auto inside = [&](int i) { return (values_[static_cast<std::size_t>(i)] >= threshold) == bright; };
  double nearest = std::numeric_limits<double>::infinity();
  const int reach = static_cast<int>(std::ceil(search_nm / step_));
  const int first = std::max(centre_ - reach, margin - 1), last = std::min(centre_ + reach, count() - 1 - margin);
  for (int i = first; i <= last; ++i) {
    if (!inside(i) || inside(i + 1)) continue;
    const double s = (i + root(i, threshold) - centre_) * step_;
    if (std::abs(s) < std::abs(nearest)) nearest = s;
  }
  return std::abs(nearest) <= search_nm ? nearest : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace anamorph
