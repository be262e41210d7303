// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"

// What a focus-exposure matrix says of a process. Doses are relative, exposure latitudes are in per cent of the dose in
// the middle: EL = 100 (high - low) / ((high + low) / 2). In polygons x is the focus (nm), y the dose.

namespace anamorph {

/// The doses at which a pattern is within its tolerance, for each focus of a list; none where low < high does not hold
/// (also NaN).
struct DoseBand {
  std::string name;
  std::vector<double> low;
  std::vector<double> high;
};

/// The doses that all bands share. Throws Error{recipe} when the bands differ in length or there are none.
[[nodiscard]] DoseBand overlap(const std::vector<DoseBand>& bands);

struct WindowRectangle {
  double focus_low_nm = 0;
  double focus_high_nm = 0;
  double dose_low = 0;
  double dose_high = 0;

  [[nodiscard]] double focus_nm() const noexcept { return (focus_low_nm + focus_high_nm) / 2; }
  [[nodiscard]] double dose() const noexcept { return (dose_low + dose_high) / 2; }
  [[nodiscard]] double dof_nm() const noexcept { return focus_high_nm - focus_low_nm; }
  [[nodiscard]] double latitude_percent() const noexcept { return 100 * (dose_high - dose_low) / dose(); }
};

/// With the axes along focus and dose.
struct WindowEllipse {
  double focus_nm = 0;
  double dose = 0;
  double dof_nm = 0;            ///< the whole axis
  double latitude_percent = 0;  ///< the whole axis
};

/// Depth of focus and the largest exposure latitude that it leaves.
struct LatitudePoint {
  double dof_nm = 0;
  double latitude_percent = 0;
};

/// The process window: the largest connected part of a band of doses, its limits straight between the focus positions
/// given. Where a band closes between two of them, the window ends where the straight limits meet.
class ProcessWindow {
 public:
  /// `focus_nm` ascending. Throws Error{recipe} when the list is not ascending or differs in length from the band.
  ProcessWindow(std::vector<double> focus_nm, const DoseBand& band);

  [[nodiscard]] bool empty() const noexcept { return focus_.size() < 2; }
  [[nodiscard]] double focus_low_nm() const noexcept { return empty() ? 0 : focus_.front(); }
  [[nodiscard]] double focus_high_nm() const noexcept { return empty() ? 0 : focus_.back(); }
  /// The window goes on beyond the focus positions given.
  [[nodiscard]] bool cut_low() const noexcept { return cut_low_; }
  [[nodiscard]] bool cut_high() const noexcept { return cut_high_; }

  /// Upper limit from low to high focus, then the lower limit back.
  [[nodiscard]] Polygon polygon() const;

  /// The largest exposure latitude of any rectangle of this depth of focus: 0 when none fits.
  [[nodiscard]] double latitude_percent(double dof_nm) const;
  /// That function at `count` equal steps from 0 to the whole width.
  [[nodiscard]] std::vector<LatitudePoint> latitude_curve(int count) const;

  /// The rectangle of the greatest depth of focus with this exposure latitude; none when even a single focus has less.
  [[nodiscard]] std::optional<WindowRectangle> at_latitude(double percent) const;
  /// The rectangle of the greatest product of depth of focus and exposure latitude. To 1e-6 of the window's size, by
  /// steps over all widths and places, then golden sections.
  [[nodiscard]] std::optional<WindowRectangle> largest_rectangle() const;
  /// The ellipse of the greatest product. For each middle and width in focus the middle and height in dose are a linear
  /// programme, solved by a golden section; middle and width are searched on a grid of 40 x 40, then around the best
  /// on grids that shrink by half until 1e-6 of the window's width.
  [[nodiscard]] std::optional<WindowEllipse> largest_ellipse() const;

 private:
  [[nodiscard]] double low(double focus_nm) const;
  [[nodiscard]] double high(double focus_nm) const;
  [[nodiscard]] WindowRectangle rectangle(double focus_low_nm, double focus_high_nm) const;
  [[nodiscard]] WindowRectangle best_of_width(double dof_nm) const;
  struct Half;
  [[nodiscard]] Half best_height(double focus_nm, double half_width_nm) const;

  std::vector<double> focus_, low_, high_;  ///< of the part
  bool cut_low_ = false;
  bool cut_high_ = false;
};

/// Why a window of many patterns is empty: the two patterns that contradict each other most, at the focus where they do
/// so least. Indices into the bands; `dose_needed` > `dose_allowed`. Nothing where a single band alone is empty at all
/// focus positions, or the window is not empty.
struct WindowConflict {
  std::size_t needs = 0;
  double dose_needed = 0;
  std::size_t allows = 0;
  double dose_allowed = 0;
  std::size_t focus = 0;
};
[[nodiscard]] std::optional<WindowConflict> conflict(const std::vector<DoseBand>& bands);

/// A function of the focus; NaN where there is no value.
using FocusFunction = std::function<double(double focus_nm)>;

/// The focus where a curve through focus has its extremum: of the stationary points inside the range, found between 64
/// steps and narrowed down by golden sections to 1e-4 nm, the one where `quality` (the image log slope, say) is
/// highest. The curve may be a Bossung curve, or the dose to size, whose extremum is the vertex of that Bossung curve
/// which has the wanted CD there. Nothing when it varies by less than `least` or has no extremum inside.
[[nodiscard]] std::optional<double> best_focus(const FocusFunction& curve, const FocusFunction& quality, double low_nm,
                                               double high_nm, double least = 1e-3);

/// Dose in [low, high] at which the curve cd(dose, focus) is flat around `focus_nm`: where the second difference
/// cd(focus + h) - 2 cd(focus) + cd(focus - h) changes sign. Nothing when it does not.
[[nodiscard]] std::optional<double> iso_focal_dose(const std::function<double(double dose, double focus_nm)>& cd_nm,
                                                   double dose_low, double dose_high, double focus_nm, double h_nm);

/// How errors of focus, dose and mask spread a CD. Errors are normal and independent, given as three standard
/// deviations: focus in nm, dose in per cent, mask CD in nm (on the wafer's scale).
struct ProcessErrors {
  double focus_nm = 0;
  double dose_percent = 0;
  double mask_nm = 0;
};

struct CdBudget {
  double focus_nm = 0;  ///< 3 sigma of the CD from one cause alone, by quadrature
  double dose_nm = 0;
  double mask_nm = 0;
  double total_nm = 0;   ///< of all together, by quadrature over focus, dose and mask
  double linear_nm = 0;  ///< root of the summed squares of first derivatives times errors: blind to focus at best focus
  double second_order_nm = 0;  ///< with second derivatives and mixed ones
  double shift_nm = 0;         ///< of the mean CD
};

/// CD as a function of focus, dose and change of the mask's CD; NaN where there is none.
using CdFunction = std::function<double(double focus_nm, double dose, double mask_nm)>;

/// The budget at a condition. Quadrature: Gauss-Hermite with seven nodes an axis, which reach 3.75
/// sigma and are exact for a CD that is a polynomial of up to the sixth degree in each error. Nothing when
/// the CD is missing at one of them.
[[nodiscard]] std::optional<CdBudget> cd_budget(const CdFunction& cd_nm, double focus_nm, double dose,
                                                const ProcessErrors& errors);

}  // namespace anamorph
