// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "masks/rules.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "cpp/core/error.hpp"
#include "cpp/core/bit_plane.hpp"
#include "cpp/core/run_components.hpp"

namespace anamorph {

namespace {

constexpr double corner_allowance_nm2 = 20;
constexpr double corner_allowance_px = 4;  // on coarse pixels: discs of neighbouring diameters differ by so much
constexpr int largest_diameter_px = 64;    // or the rule, if that is more

class Measurement {
 public:
  Measurement(double pixel_nm, MaskRuleReport& report) : pixel_nm_(pixel_nm), report_(report) {}

  /// Smallest component in nm^2; its count goes to `count`.
  double smallest_area(const BitPlane& plane, double rule_nm2, MaskViolation::Kind kind, int& count) {
    const RunComponents found = run_components(plane, Connectivity::four);
    count = static_cast<int>(found.areas.size());
    const std::vector<RunComponents::Run> middle = middle_runs(found);
    long smallest = static_cast<long>(plane.ny()) * plane.nx();
    for (std::size_t k = 0; k < found.areas.size(); ++k) {
      smallest = std::min(smallest, found.areas[k]);
      const double area_nm2 = static_cast<double>(found.areas[k]) * pixel_nm_ * pixel_nm_;
      if (area_nm2 < rule_nm2) report(kind, middle[k], area_nm2);
    }
    return static_cast<double>(smallest) * pixel_nm_ * pixel_nm_;
  }

  /// Least width of the ones of the plane in nm.
  double narrowest(const BitPlane& plane, double rule_nm, MaskViolation::Kind kind) {
    const double rule_px = std::ceil(rule_nm / pixel_nm_ - 1e-9);  // 16 nm of 0.1 nm are 160 px, not 161
    const double allowance_px = std::max(corner_allowance_px, corner_allowance_nm2 / (pixel_nm_ * pixel_nm_)) + 1e-9;
    const int largest = std::max(largest_diameter_px, static_cast<int>(rule_px));
    std::optional<int> least;
    BitPlane reported(plane.ny(), plane.nx());
    for (int d = 2; d <= largest && !(least && d > rule_px); ++d) {
      const RunComponents residue = run_components(plane.minus(plane.opened(d)), Connectivity::eight);
      const auto offends = [&](std::size_t k) { return static_cast<double>(residue.areas[k]) > allowance_px; };
      const std::vector<RunComponents::Run> middle = middle_runs(residue);
      // A residue grows with the disc: what touches an earlier one has been reported, where it is narrowest.
      std::vector<bool> known(residue.areas.size(), false);
      for (const RunComponents::Run& run : residue.runs) {
        if (reported.any_in(run.y, run.x)) known[static_cast<std::size_t>(run.component)] = true;
      }
      for (std::size_t k = 0; k < residue.areas.size(); ++k) {
        if (!offends(k)) continue;
        if (!least) least = d - 1;
        if (d <= rule_px && !known[k]) report(kind, middle[k], (d - 1) * pixel_nm_);
      }
      for (const RunComponents::Run& run : residue.runs) {
        if (offends(static_cast<std::size_t>(run.component))) reported.set(run.y, run.x);
      }
    }
    return least.value_or(largest) * pixel_nm_;
  }

 private:
  void report(MaskViolation::Kind kind, const RunComponents::Run& run, double value) {
    const int x = (run.x.x0 + run.x.x1 - 1) / 2;
    report_.violations.push_back({kind, {(x + 0.5) * pixel_nm_, (run.y + 0.5) * pixel_nm_}, value});
  }

  double pixel_nm_;
  MaskRuleReport& report_;
};

}  // namespace

bool MaskRuleReport::clean(const MaskRules& rules) const noexcept {
  return min_area_nm2 >= rules.min_area_nm2 && min_width_nm >= rules.min_width_nm && min_space_nm >= rules.min_space_nm;
}

MaskRuleReport measure_mask(const Bitmap& mask, double pixel_nm, const MaskRules& rules) {
  if (mask.empty() || !(pixel_nm > 0) || !std::isfinite(pixel_nm)) {
    throw Error(ErrorCode::recipe, "MRC-0003", "mask rules need at least one pixel of positive size");
  }
  using Kind = MaskViolation::Kind;
  MaskRuleReport report;
  Measurement measurement(pixel_nm, report);
  const BitPlane ones(mask);
  const BitPlane zeros = ones.complement();
  const double island = measurement.smallest_area(ones, rules.min_area_nm2, Kind::island_area, report.islands);
  const double hole = measurement.smallest_area(zeros, rules.min_area_nm2, Kind::hole_area, report.holes);
  report.min_area_nm2 = std::min(island, hole);
  report.min_width_nm = measurement.narrowest(ones, rules.min_width_nm, Kind::width);
  report.min_space_nm = measurement.narrowest(zeros, rules.min_space_nm, Kind::space);
  report.min_distance_nm = std::min(report.min_width_nm, report.min_space_nm);
  return report;
}

}  // namespace anamorph
