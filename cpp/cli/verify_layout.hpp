// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cpp/backend/backend.hpp"
#include "cpp/cli/app.hpp"
#include "cpp/imaging/imager.hpp"
#include "cpp/io/metrics_json.hpp"
#include "cpp/io/recipe.hpp"
#include "cpp/io/run_directory.hpp"
#include "cpp/io/verify_report.hpp"
#include "cpp/measure/tile_verify.hpp"

// `verify` of layouts: what a tile and the whole have in common.

namespace anamorph::cli {

/// Whether a recipe asks for it: the mask is a layout, or there is none and the target is GDSII, OASIS or larger than a
/// tile.
[[nodiscard]] bool verifies_layout(const Recipe& recipe);

/// Pixels that are fine enough to measure on: `step_nm` is a whole number of the recipe's pixels and of these.
struct VerifyPixels {
  double step_nm = 1;
  double pixel_nm = 1;
};
[[nodiscard]] VerifyPixels verify_pixels(const Recipe& recipe);

/// `view_nm`: how far tiles see the target beyond their cores; infinite where there is but one.
[[nodiscard]] VerifyRules verify_rules(const Recipe& recipe, double dbu_nm,
                                       double view_nm = std::numeric_limits<double>::infinity());

/// Shapes of a window whose lower-left corner is (0, 0), nm, merged. Those of mask and assist end at the window.
struct VerifyShapes {
  std::vector<Polygon> target;
  std::vector<Polygon> mask, assist;
  std::vector<Polygon> all;  ///< mask and assist together, in the window
};

/// Judges windows of one size, one after the other.
class WindowVerifier {
 public:
  /// `grid` starts at (0, 0) and has the pixels of verify_pixels.
  WindowVerifier(const Recipe& recipe, const ImagingModel& model, const Grid& grid, const VerifyRules& rules,
                 std::shared_ptr<Backend> backend);

  /// The facts of a tile: its findings and a small picture of the target in its core, as JSON. `origin`: of the tile.
  [[nodiscard]] std::string facts(const VerifyShapes& shapes, const Box& core, const Point& origin = {});

 private:
  const Recipe& recipe_;
  const ImagingModel& model_;
  Grid grid_;
  VerifyRules rules_;
  std::shared_ptr<Backend> backend_;
  Imager imager_;
};

/// Puts the facts of tiles together.
class VerdictBuilder {
 public:
  VerdictBuilder(const Recipe& recipe, const Box& area);
  /// `at`: where the tile's (0, 0) lies in the layout; the core likewise in the layout's coordinates.
  void add(const std::string& facts, const Point& at, const Box& core);
  /// Figures and limits included.
  [[nodiscard]] LayoutVerdict finish();

 private:
  const Recipe& recipe_;
  LayoutVerdict verdict_;
  VerifyRules rules_;
};

/// Warnings, and one for each limit that is missed.
void tell_verdict(const LayoutVerdict& verdict, Console& console);

/// findings.csv, markers.lyrdb and, with what is in the verdict, report.html.
void write_verdict(RunDirectory& directory, const LayoutVerdict& verdict);

/// metrics.json: the figures, limits and conditions.
[[nodiscard]] std::string verdict_json(const LayoutVerdict& verdict);

/// The verb, once it is known that it is about a layout.
int run_verify_layout(const Options& options, const Recipe& recipe, Console& console);

}  // namespace anamorph::cli
