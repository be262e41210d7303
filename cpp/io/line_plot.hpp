// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cpp/core/geometry.hpp"

// Plots of curves as inline SVG, in the classes of the reports' style sheet.

namespace anamorph {

/// What stands at a point: full and hollow marks have the shape of their series; an arrow says "at least".
enum class PlotMark { none, full, hollow, cross, arrow };

struct PlotPoint {
  double x = 0;
  double y = 0;  ///< NaN: a gap in the line
  PlotMark mark = PlotMark::none;
};

/// A curve.
struct PlotSeries {
  std::string name = {};  ///< empty: it is not named
  std::vector<PlotPoint> points = {};
  int colour = 1;    ///< 0..5, of the style sheet; the shape of its marks goes with it
  bool line = true;  ///< joins the points
  bool dashed = false;
};

/// A closed shape, filled lightly.
struct PlotArea {
  std::string name = {};
  std::vector<Point> outline = {};
  int colour = 1;
};

/// A line across the whole plot: a limit that is wanted (dashed; red, or in the colour of the series that it is for),
/// or a plain place on the scale.
struct PlotLevel {
  std::string name = {};
  double at = 0;
  bool upright = false;  ///< at a value of x, with its name above the frame; else of y, with its name beside it
  bool limit = true;
  int colour = -1;  ///< of a limit; negative: red
};

/// A range of x, shaded from low to high, with its name above the frame.
struct PlotRange {
  std::string name = {};
  double low = 0;
  double high = 0;
  bool shaded = true;
};

/// A scale. Ends that are not given come from what is drawn, with some room.
struct PlotScale {
  std::string title = {};  ///< with its unit: "pitch (nm)"
  std::optional<double> low = {}, high = {};
  bool logarithmic = false;  ///< what is not positive is not drawn
  bool whole = false;        ///< numbers of things: only whole ones are marked
  double least = 0;          ///< of a linear scale: it shows at least this range
};

struct LinePlot {
  std::string title = {};  ///< read out where nothing is seen
  PlotScale x = {}, y = {};
  std::vector<PlotRange> ranges = {};
  std::vector<PlotArea> areas = {};
  std::vector<PlotLevel> levels = {};
  std::vector<PlotSeries> series = {};
  double width = 520;  ///< of the frame, in screen pixels or so
  double height = 330;
  double margin = 16;  ///< least room right of it
};

/// The plot; empty when it has neither an area nor a point. Series are named beside their ends, in their colour, as far
/// as all end near the right side and there are not too many; otherwise, and with areas, in lines above the frame.
/// Nothing is written over data.
[[nodiscard]] std::string line_plot_svg(const LinePlot& plot);

}  // namespace anamorph
