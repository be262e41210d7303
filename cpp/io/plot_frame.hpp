// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <string>
#include <vector>

namespace anamorph {

/// A scale of a plot.
struct PlotAxis {
  std::string title;  ///< with its unit: "pitch (nm)"
  double low = 0;
  double high = 1;
  bool logarithmic = false;  ///< needs 0 < low
  bool whole = false;        ///< only whole numbers are marked
};

/// A name in the right margin of a plot; `style` are classes of the style sheet.
struct PlotName {
  double y = 0;  ///< in the drawing
  std::string text;
  std::string style;
};

/// The rectangle of a plot with its scales, in units of the drawing (y down, about a screen pixel each).
class PlotFrame {
 public:
  double left = 70, top = 14, width = 520, height = 330;

  PlotFrame(PlotAxis x_axis, PlotAxis y_axis);

  /// Widens the left margin until the numbers of the scale have room beside its title.
  void fit_left();

  [[nodiscard]] double right() const noexcept { return left + width; }
  [[nodiscard]] double bottom() const noexcept { return top + height; }
  /// Where a value lies in the drawing. What a logarithmic scale does not hold (0, less) lies far outside.
  [[nodiscard]] double x(double value) const;
  [[nodiscard]] double y(double value) const;

  /// Lines through the points that have a value; a gap where they have none. `attributes` of the elements, class
  /// included.
  [[nodiscard]] std::string curve(const std::vector<double>& xs, const std::vector<double>& ys,
                                  const std::string& attributes) const;

  /// The drawing up to, but without, "</svg>": ground, grid and scales, and `inside`, which is cut off at the frame.
  /// `title` is read out where nothing is seen; `margin` is the room right of the frame.
  [[nodiscard]] std::string around(const std::string& title, const std::string& inside, double margin = 16) const;

  /// Names beside the frame, each as near to its place as can be without lying on another.
  [[nodiscard]] std::string names(std::vector<PlotName> names) const;

 private:
  [[nodiscard]] std::vector<double> y_marks() const;
  PlotAxis x_axis_, y_axis_;
};

}  // namespace anamorph
