// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/process_window.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

/// Argument of the maximum of f in [a, b], f having one maximum there.
template <typename Function>
double golden_maximum(double a, double b, double tolerance, const Function& f) {
  constexpr double ratio = 0.6180339887498949;
  double x1 = b - ratio * (b - a), x2 = a + ratio * (b - a);
  double f1 = f(x1), f2 = f(x2);
  while (b - a > tolerance) {
    if (f1 < f2) {
      a = x1;
      x1 = x2;
      f1 = f2;
      f2 = f(x2 = a + ratio * (b - a));
    } else {
      b = x2;
      x2 = x1;
      f2 = f1;
      f1 = f(x1 = b - ratio * (b - a));
    }
  }
  return f1 < f2 ? x2 : x1;
}

/// Straight between the points of an ascending list.
double interpolated(const std::vector<double>& x, const std::vector<double>& y, double at) {
  const auto after = std::upper_bound(x.begin() + 1, x.end() - 1, at);
  const auto i = static_cast<std::size_t>(after - x.begin());
  const double t = std::clamp((at - x[i - 1]) / (x[i] - x[i - 1]), 0.0, 1.0);
  return y[i - 1] + t * (y[i] - y[i - 1]);
}

bool is_open(const DoseBand& band, std::size_t i) { return band.low[i] < band.high[i]; }  // false for NaN

double latitude(double low, double high) { return 200 * (high - low) / (high + low); }

}  // namespace

DoseBand overlap(const std::vector<DoseBand>& bands) {
  if (bands.empty()) throw Error(ErrorCode::recipe, "MEA-0006", "an overlap of no process windows");
  DoseBand all = bands.front();
  all.name = "overlap";
  for (const DoseBand& band : bands) {
    if (band.low.size() != all.low.size() || band.high.size() != all.low.size())
      throw Error(ErrorCode::recipe, "MEA-0006", "process windows of different focus positions");
    for (std::size_t i = 0; i < all.low.size(); ++i) {
      if (!is_open(band, i) || !is_open(all, i)) {
        // Limits that cross are kept: where they meet is where the window ends.
        const bool known = std::isfinite(band.low[i] + band.high[i] + all.low[i] + all.high[i]);
        all.low[i] = known ? std::max(all.low[i], band.low[i]) : nothing;
        all.high[i] = known ? std::min(all.high[i], band.high[i]) : nothing;
        continue;
      }
      all.low[i] = std::max(all.low[i], band.low[i]);
      all.high[i] = std::min(all.high[i], band.high[i]);
    }
  }
  return all;
}

ProcessWindow::ProcessWindow(std::vector<double> focus_nm, const DoseBand& band) {
  const std::size_t n = focus_nm.size();
  if (band.low.size() != n || band.high.size() != n)
    throw Error(ErrorCode::recipe, "MEA-0007", "a process window needs one pair of doses for each focus");
  for (std::size_t i = 1; i < n; ++i)
    if (!(focus_nm[i] > focus_nm[i - 1]))
      throw Error(ErrorCode::recipe, "MEA-0007", "the focus positions of a process window must ascend");
  double largest = 0;
  for (std::size_t first = 0; first < n; ++first) {
    if (!is_open(band, first)) continue;
    std::size_t last = first;
    while (last + 1 < n && is_open(band, last + 1)) ++last;
    ProcessWindow part{{}, DoseBand{}};
    part.cut_low_ = first == 0;
    part.cut_high_ = last == n - 1;
    // Where the limits meet between a focus with an open band and one whose limits have crossed.
    const auto closing = [&](std::size_t open, std::size_t closed) {
      const double gap = band.high[open] - band.low[open], beyond = band.low[closed] - band.high[closed];
      if (!std::isfinite(beyond) || !(gap > 0)) return;
      const double t = gap / (gap + beyond), dose = band.low[open] + t * (band.low[closed] - band.low[open]);
      part.focus_.push_back(focus_nm[open] + t * (focus_nm[closed] - focus_nm[open]));
      part.low_.push_back(dose);
      part.high_.push_back(dose);
    };
    if (first > 0) closing(first, first - 1);
    for (std::size_t i = first; i <= last; ++i) {
      part.focus_.push_back(focus_nm[i]);
      part.low_.push_back(band.low[i]);
      part.high_.push_back(band.high[i]);
    }
    if (last + 1 < n) closing(last, last + 1);
    double area = 0;
    for (std::size_t i = 1; i < part.focus_.size(); ++i)
      area += (part.focus_[i] - part.focus_[i - 1]) *
              (part.high_[i] + part.high_[i - 1] - part.low_[i] - part.low_[i - 1]) / 2;
    if (area > largest) {
      largest = area;
      *this = part;
    }
    first = last;
  }
}

double ProcessWindow::low(double focus_nm) const { return interpolated(focus_, low_, focus_nm); }
double ProcessWindow::high(double focus_nm) const { return interpolated(focus_, high_, focus_nm); }

Polygon ProcessWindow::polygon() const {
  Polygon outline;
  for (std::size_t i = 0; i < focus_.size(); ++i) outline.push_back({focus_[i], high_[i]});
  for (std::size_t i = focus_.size(); i-- > 0;)
    if (low_[i] < high_[i]) outline.push_back({focus_[i], low_[i]});
  return outline;
}

WindowRectangle ProcessWindow::rectangle(double focus_low_nm, double focus_high_nm) const {
  WindowRectangle r{focus_low_nm, focus_high_nm, std::max(low(focus_low_nm), low(focus_high_nm)),
                    std::min(high(focus_low_nm), high(focus_high_nm))};
  const auto first =
      static_cast<std::size_t>(std::upper_bound(focus_.begin(), focus_.end(), focus_low_nm) - focus_.begin());
  for (std::size_t i = first; i < focus_.size() && focus_[i] < focus_high_nm; ++i) {
    r.dose_low = std::max(r.dose_low, low_[i]);
    r.dose_high = std::min(r.dose_high, high_[i]);
  }
  return r;
}

/// The rectangle of this width with the greatest latitude.
WindowRectangle ProcessWindow::best_of_width(double dof_nm) const {
  const double room = std::max(0.0, focus_.back() - focus_.front() - dof_nm), start = focus_.front();
  const auto latitude_at = [&](double z) {
    const WindowRectangle r = rectangle(z, z + dof_nm);
    return latitude(r.dose_low, r.dose_high);
  };
  constexpr int steps = 96;
  int best = 0;
  double most = -std::numeric_limits<double>::infinity();
  for (int i = 0; i <= steps; ++i)
    if (const double one = latitude_at(start + room * i / steps); one > most) {
      most = one;
      best = i;
    }
  const double from = start + room * std::max(0, best - 1) / steps,
               to = start + room * std::min(steps, best + 1) / steps;
  const double refined = golden_maximum(from, to, 1e-7 * (focus_.back() - focus_.front()), latitude_at);
  const double z = latitude_at(refined) > most ? refined : start + room * best / steps;
  return rectangle(z, z + dof_nm);
}

double ProcessWindow::latitude_percent(double dof_nm) const {
  if (empty() || dof_nm > focus_.back() - focus_.front()) return 0;
  const WindowRectangle r = best_of_width(dof_nm);
  return std::max(0.0, latitude(r.dose_low, r.dose_high));
}

std::vector<LatitudePoint> ProcessWindow::latitude_curve(int count) const {
  std::vector<LatitudePoint> curve;
  if (empty()) return curve;
  for (int i = 0; i <= count; ++i) {
    const double dof = (focus_.back() - focus_.front()) * i / count;
    curve.push_back({dof, latitude_percent(dof)});
  }
  return curve;
}

std::optional<WindowRectangle> ProcessWindow::at_latitude(double percent) const {
  if (empty()) return std::nullopt;
  double fits = 0, fails = focus_.back() - focus_.front();
  if (latitude_percent(0) < percent) return std::nullopt;
  if (latitude_percent(fails) >= percent) return best_of_width(fails);
  while (fails - fits > 1e-7 * (focus_.back() - focus_.front())) {
    const double middle = (fits + fails) / 2;
    (latitude_percent(middle) >= percent ? fits : fails) = middle;
  }
  return best_of_width(fits);
}

std::optional<WindowRectangle> ProcessWindow::largest_rectangle() const {
  if (empty()) return std::nullopt;
  const double whole = focus_.back() - focus_.front();
  const auto area = [&](double dof) { return dof * latitude_percent(dof); };
  constexpr int steps = 64;
  int best = 1;
  for (int i = 1; i <= steps; ++i)
    if (area(whole * i / steps) > area(whole * best / steps)) best = i;
  const double refined =
      golden_maximum(whole * (best - 1) / steps, whole * std::min(steps, best + 1) / steps, 1e-6 * whole, area);
  const double dof = area(refined) > area(whole * best / steps) ? refined : whole * best / steps;
  if (!(area(dof) > 0)) return std::nullopt;
  return best_of_width(dof);
}

struct ProcessWindow::Half {
  double dose = 0;
  double height = 0;
};

/// The tallest ellipse of given middle and half width in focus: b(d) = min over z of (distance to the nearer limit) /
/// w(z) is concave in d. The limits being straight between their points, they count at those points and, finely,
/// between.
ProcessWindow::Half ProcessWindow::best_height(double focus_nm, double half_width_nm) const {
  constexpr int points = 65;
  std::vector<std::array<double, 3>> limits;  // low, high, 1 / w
  const auto add = [&](double z, double l, double h) {
    const double u = (z - focus_nm) / half_width_nm;
    if (const double w2 = 1 - u * u; w2 > 1e-12) limits.push_back({l, h, 1 / std::sqrt(w2)});
  };
  for (std::size_t i = 0; i < focus_.size(); ++i) add(focus_[i], low_[i], high_[i]);
  double lowest = 0, highest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < points; ++i) {
    const double z = focus_nm + half_width_nm * (2.0 * i / (points - 1) - 1), l = low(z), h = high(z);
    add(z, l, h);
    lowest = std::max(lowest, l);
    highest = std::min(highest, h);
  }
  if (!(lowest < highest)) return {lowest, 0};  // the ends of the axis itself must lie within the limits
  const auto height = [&](double d) {
    double b = std::numeric_limits<double>::infinity();
    for (const auto& [l, h, inverse] : limits) b = std::min(b, std::min(d - l, h - d) * inverse);
    return b;
  };
  const double dose = golden_maximum(lowest, highest, 1e-9 * highest, height);
  return {dose, std::max(0.0, height(dose))};
}

std::optional<WindowEllipse> ProcessWindow::largest_ellipse() const {
  if (empty()) return std::nullopt;
  const double left = focus_.front(), right = focus_.back(), whole = right - left;
  double best_z = (left + right) / 2, best_a = 0, most = 0;
  Half best;
  // u, v = 0 .. 1: the middle within the window, the half width within what the middle leaves.
  const auto attempt = [&](double z, double a) {
    a = std::min({a, z - left, right - z});
    if (!(a > 1e-9 * whole)) return;
    const Half half = best_height(z, a);
    if (const double product = half.dose > 0 ? a * half.height / half.dose : 0; product > most) {
      most = product;
      best = half;
      best_z = z;
      best_a = a;
    }
  };
  constexpr int grid = 40;
  for (int i = 1; i < grid; ++i)
    for (int j = 1; j <= grid; ++j) {
      const double z = left + whole * i / grid;
      attempt(z, std::min(z - left, right - z) * j / grid);
    }
  for (double step = whole / grid; step > 1e-6 * whole; step /= 2) {
    const double z = best_z, a = best_a;
    for (int i = -2; i <= 2; ++i)
      for (int j = -2; j <= 2; ++j) attempt(z + i * step / 2, a + j * step / 2);
  }
  if (!(most > 0)) return std::nullopt;
  return WindowEllipse{best_z, best.dose, 2 * best_a, 200 * best.height / best.dose};
}

std::optional<WindowConflict> conflict(const std::vector<DoseBand>& bands) {
  if (bands.empty()) return std::nullopt;
  std::optional<WindowConflict> least;
  for (std::size_t f = 0; f < bands.front().low.size(); ++f) {
    WindowConflict one{0, 0, 0, std::numeric_limits<double>::infinity(), f};
    bool all = true;
    for (std::size_t b = 0; b < bands.size(); ++b) {
      all = all && is_open(bands[b], f);
      if (bands[b].low[f] > one.dose_needed) {
        one.dose_needed = bands[b].low[f];
        one.needs = b;
      }
      if (bands[b].high[f] < one.dose_allowed) {
        one.dose_allowed = bands[b].high[f];
        one.allows = b;
      }
    }
    if (!all) continue;
    if (one.dose_needed < one.dose_allowed) return std::nullopt;
    if (!least || one.dose_needed / one.dose_allowed < least->dose_needed / least->dose_allowed) least = one;
  }
  for (const DoseBand& band : bands) {  // one that is never open alone is no contradiction
    bool open = false;
    for (std::size_t f = 0; f < band.low.size(); ++f) open = open || is_open(band, f);
    if (!open) return std::nullopt;
  }
  return least;
}

std::optional<double> best_focus(const FocusFunction& curve, const FocusFunction& quality, double low_nm,
                                 double high_nm, double least) {
  constexpr int steps = 64;
  std::array<double, steps + 1> z{}, value{};
  double smallest = std::numeric_limits<double>::infinity(), largest = -smallest;
  for (int i = 0; i <= steps; ++i) {
    const auto k = static_cast<std::size_t>(i);
    z[k] = low_nm + (high_nm - low_nm) * i / steps;
    value[k] = curve(z[k]);
    if (!std::isfinite(value[k])) continue;
    smallest = std::min(smallest, value[k]);
    largest = std::max(largest, value[k]);
  }
  if (!(largest - smallest > least)) return std::nullopt;
  std::optional<double> best;
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < steps; ++i) {
    if (!std::isfinite(value[i - 1] + value[i] + value[i + 1])) continue;
    const double before = value[i] - value[i - 1], after = value[i + 1] - value[i];
    if (!((before >= 0 && after < 0) || (before <= 0 && after > 0))) continue;
    const double sign = after < 0 ? 1 : -1;
    const double at = golden_maximum(z[i - 1], z[i + 1], 1e-4, [&](double f) { return sign * curve(f); });
    if (const double q = quality(at); q > most) {
      most = q;
      best = at;
    }
  }
  return best;
}

std::optional<double> iso_focal_dose(const std::function<double(double, double)>& cd_nm, double dose_low,
                                     double dose_high, double focus_nm, double h_nm) {
  const auto curvature = [&](double dose) {
    return cd_nm(dose, focus_nm + h_nm) - 2 * cd_nm(dose, focus_nm) + cd_nm(dose, focus_nm - h_nm);
  };
  constexpr int steps = 64;
  double before = nothing;
  std::optional<double> found;
  for (int i = 0; i <= steps; ++i) {
    const double dose = dose_low + (dose_high - dose_low) * i / steps, now = curvature(dose);
    if (before * now < 0) {  // false for NaN
      double a = dose_low + (dose_high - dose_low) * (i - 1) / steps, b = dose;
      for (int k = 0; k < 50; ++k) {
        const double middle = (a + b) / 2;
        (curvature(middle) * before > 0 ? a : b) = middle;
      }
      const double root = (a + b) / 2;
      if (!found || std::abs(root - (dose_low + dose_high) / 2) < std::abs(*found - (dose_low + dose_high) / 2))
        found = root;
    }
    before = now;
  }
  return found;
}

std::optional<CdBudget> cd_budget(const CdFunction& cd_nm, double focus_nm, double dose, const ProcessErrors& errors) {
  // Gauss-Hermite for the standard normal: nodes and weights of the seventh probabilists' polynomial.
  static constexpr std::array<double, 7> node{-3.7504397177257425, -2.3667594107345415, -1.1544053947399682, 0,
                                              1.1544053947399682,  2.3667594107345415,  3.7504397177257425};
  static constexpr std::array<double, 7> weight{5.4826885597221764e-4, 0.030757123967586497, 0.24012317860501271,
                                                0.45714285714285714,   0.24012317860501271,  0.030757123967586497,
                                                5.4826885597221764e-4};
  const double sf = errors.focus_nm / 3, sd = errors.dose_percent / 300 * dose, sm = errors.mask_nm / 3;
  bool complete = true;
  const auto cd = [&](double a, double b, double c) {
    const double value = cd_nm(focus_nm + a * sf, dose + b * sd, c * sm);
    complete = complete && std::isfinite(value);
    return value;
  };
  const double nominal = cd(0, 0, 0);
  CdBudget budget;
  const auto spread = [&](bool f, bool d, bool m, double* mean_out) {
    double sum = 0, squares = 0;
    for (std::size_t i = f ? 0 : 3; i < (f ? 7u : 4u); ++i)
      for (std::size_t j = d ? 0 : 3; j < (d ? 7u : 4u); ++j)
        for (std::size_t k = m ? 0 : 3; k < (m ? 7u : 4u); ++k) {
          const double w = (f ? weight[i] : 1) * (d ? weight[j] : 1) * (m ? weight[k] : 1);
          const double x = cd(node[i], node[j], node[k]) - nominal;
          sum += w * x;
          squares += w * x * x;
        }
    if (mean_out) *mean_out = sum;
    return 3 * std::sqrt(std::max(0.0, squares - sum * sum));
  };
  budget.focus_nm = sf > 0 ? spread(true, false, false, nullptr) : 0;
  budget.dose_nm = sd > 0 ? spread(false, true, false, nullptr) : 0;
  budget.mask_nm = sm > 0 ? spread(false, false, true, nullptr) : 0;
  budget.total_nm = spread(sf > 0, sd > 0, sm > 0, &budget.shift_nm);

  // Derivatives per standard deviation, by central differences over half of one.
  constexpr double h = 0.5;
  const std::array<bool, 3> on{sf > 0, sd > 0, sm > 0};
  const auto moved = [&](int a, double x, int b, double y) {
    std::array<double, 3> at{};
    at[static_cast<std::size_t>(a)] += x;
    at[static_cast<std::size_t>(b)] += y;
    return cd(at[0], at[1], at[2]);
  };
  double linear = 0, second = 0;
  for (int a = 0; a < 3; ++a) {
    if (!on[static_cast<std::size_t>(a)]) continue;
    const double plus = moved(a, h, a, 0), minus = moved(a, -h, a, 0);
    const double first = (plus - minus) / (2 * h), curvature = (plus - 2 * nominal + minus) / (h * h);
    linear += first * first;
    second += first * first + curvature * curvature / 2;  // variance of the square of a normal variable is 2
    for (int b = a + 1; b < 3; ++b) {
      if (!on[static_cast<std::size_t>(b)]) continue;
      const double mixed =
          (moved(a, h, b, h) - moved(a, h, b, -h) - moved(a, -h, b, h) + moved(a, -h, b, -h)) / (4 * h * h);
      second += mixed * mixed;
    }
  }
  budget.linear_nm = 3 * std::sqrt(linear);
  budget.second_order_nm = 3 * std::sqrt(second);
  if (!complete) return std::nullopt;
  return budget;
}

}  // namespace anamorph
