// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Exposures, cost, cross-overs and sensitivities, against sums by hand and each other.
#include "cpp/study/productivity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

std::string error_of(const auto& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.id() + ": " + error.what();
  }
  return {};
}

void expect_in(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
}

void set(std::vector<Quantity>& quantities, const std::string& name, double value) {
  std::erase_if(quantities, [&](const Quantity& q) { return q.name == name; });
  quantities.push_back({name, value, "test", {}, {}});
}

double value(const std::vector<Quantity>& quantities, const std::string& name) {
  return find_quantity(quantities, name)->value;
}

/// A dose that rises where lines get fine and their pitch nears the limit.
DoseForPitch dose_of(double base_mJ_cm2, double smallest_nm) {
  return [=](double pitch_nm, double cd_nm) -> std::optional<double> {
    return base_mJ_cm2 * (smallest_nm / 2 / cd_nm) * (0.5 + 0.5 * smallest_nm / pitch_nm);
  };
}

ScannerCase shipped_case(const std::string& name, double smallest_nm) {
  ScannerCase c;
  c.scanner = find_scanner(name);
  c.smallest_pitch_nm = smallest_nm;
  c.dose_mJ_cm2 = dose_of(c.scanner.value("dose_mJ_cm2", 0), smallest_nm);
  return c;
}

ProductivityPlan plan_of(std::vector<ScannerCase> scanners) {
  ProductivityPlan plan;
  plan.scanners = std::move(scanners);
  for (double p = 12; p <= 80; p += 1) plan.pitches_nm.push_back(p);
  plan.pitch_low_nm = 12;
  plan.pitch_high_nm = 80;
  return plan;
}

ProductivityPlan euv_plan() { return plan_of({shipped_case("euv_na033", 27), shipped_case("euv_na055", 16.6)}); }

Scanner ready(const Scanner& scanner, const std::vector<Quantity>& process = shipped_process()) {
  return calibrated(scanner, calibrate(scanner, wafer_plan(scanner, process)));
}

LayerModel model_of(const std::string& name, const std::vector<Quantity>& process = shipped_process()) {
  WaferMaps maps;
  return LayerModel(ready(find_scanner(name), process), process, maps);
}

const PitchResult& at(const ScannerProductivity& s, double pitch_nm) {
  return *std::find_if(s.pitches.begin(), s.pitches.end(), [&](const auto& p) { return p.pitch_nm == pitch_nm; });
}

const TornadoBar& bar_of(const Tornado& t, const std::string& owner, const std::string& name) {
  return *std::find_if(t.bars.begin(), t.bars.end(),
                       [&](const auto& b) { return b.assumption.owner == owner && b.assumption.name == name; });
}

// One scanner

TEST(LayerModel, ExposuresThatAPitchNeeds) {
  std::vector<Quantity> process = shipped_process();
  set(process, "process_overlay_nm", 0);
  const LayerModel m = model_of("euv_na033", process);
  const auto dose = dose_of(30, 27);
  EXPECT_EQ(m.layer(27, 27, dose).exposures, 1);
  EXPECT_EQ(m.layer(40, 27, dose).exposures, 1);
  EXPECT_EQ(m.layer(26.9999, 27, dose).exposures, 2);
  EXPECT_EQ(m.layer(13.5, 27, dose).exposures, 2);
  EXPECT_EQ(m.layer(26, 60, dose).exposures, 3);
  EXPECT_EQ(m.layer(20, 60, dose).exposures, 3);
  const Layer two = m.layer(20, 27, dose);
  EXPECT_EQ(two.exposed_pitch_nm, 40);
  EXPECT_EQ(two.masks, 2);
  // Each exposure has its own relaxed pitch and the lines of the layer.
  EXPECT_NEAR(two.pass.dose_mJ_cm2, *dose(40, 10), 1e-12);
  expect_in(error_of([&] { return m.layer(10, 60, dose); }), {"PRD-0003", "6 exposures", "60 nm in one", "at most 4"});
  expect_in(error_of([&] { return m.layer(0, 60, dose); }), {"PRD-0003", "pitch of 0"});
  expect_in(error_of([&] { return m.layer(20, 0, dose); }), {"PRD-0003", "no pitch is known"});
  expect_in(error_of([&] { return m.layer(20, std::nan(""), dose); }), {"PRD-0003", "no pitch is known"});
  expect_in(error_of([&] { return m.layer(30, 27, nullptr); }), {"PRD-0003", "no dose"});
  expect_in(error_of([&] { return m.layer(30, 27, [](double, double) { return std::nan(""); }); }), {"no dose"});
  expect_in(error_of([&] { return m.layer(30, 27, [](double, double) { return std::nullopt; }); }), {"no dose"});
}

TEST(LayerModel, OverlayMustFitTheBudget) {
  const std::vector<Quantity>& process = shipped_process();
  const LayerModel m = model_of("euv_na033");
  const double one = std::hypot(value(find_scanner("euv_na033").quantities, "overlay_matched_nm"),
                                value(process, "process_overlay_nm"));
  EXPECT_EQ(m.overlay_nm(1), 0);
  EXPECT_NEAR(m.overlay_nm(2), one, 1e-12);
  EXPECT_NEAR(m.overlay_nm(3), std::sqrt(2) * one, 1e-12);
  EXPECT_NEAR(m.overlay_nm(4), std::sqrt(2) * one, 1e-12);
  // Variances: overlay may take its share of that of the space.
  const double tolerance = value(process, "edge_tolerance_share") * 10;
  EXPECT_NEAR(std::pow(m.overlay_limit_nm(10), 2), value(process, "overlay_budget_share") * tolerance * tolerance,
              1e-12);
  const double least = 2 * one / (0.25 * std::sqrt(0.5));
  const auto dose = dose_of(30, 27);
  EXPECT_EQ(m.layer(least * 1.001, 27, dose).exposures, 2);
  expect_in(error_of([&] { return m.layer(least * 0.999, 27, dose); }),
            {"PRD-0003", "2 exposures", "overlay of 1.345 nm", "budget leaves"});
  EXPECT_EQ(m.layer(least * 1.001, least * 1.001, dose).overlay_nm, 0);  // one exposure has none
  // The same chuck is better.
  std::vector<Quantity> same = process;
  set(same, "same_machine", 1);
  EXPECT_LT(model_of("euv_na033", same).overlay_nm(2), one);
}

TEST(LayerModel, SpacersWhereTheyAreAllowed) {
  std::vector<Quantity> process = shipped_process();
  const auto dose = dose_of(30, 76);
  const auto flow = [&](double pitch) { return model_of("duv_193i_na135", process).layer(pitch, 76, dose).flow; };
  EXPECT_EQ(flow(76), "single");
  EXPECT_EQ(flow(40), "LELE");
  EXPECT_EQ(flow(30), "LE^3");
  expect_in(error_of([&] { return flow(20); }), {"4 exposures", "overlay of 2.209 nm"});
  set(process, "spacer_halvings", 2);
  EXPECT_EQ(flow(76), "single");
  EXPECT_EQ(flow(40), "LELE");  // as many exposures as cores and cut, fewer layers
  set(process, "exposure_etches", 20);
  set(process, "cut_exposures", 0);
  EXPECT_EQ(flow(40), "SADP with 0 cuts");  // the cheaper one
  set(process, "exposure_etches", 1);
  set(process, "cut_exposures", 1);
  EXPECT_EQ(flow(20), "SAQP with 2 cuts");
  const LayerModel m = model_of("duv_193i_na135", process);
  const Layer quad = m.layer(20, 76, dose);
  EXPECT_EQ(quad.exposures, 3);
  EXPECT_EQ(quad.masks, 3);
  EXPECT_EQ(quad.halvings, 2);
  EXPECT_EQ(quad.exposed_pitch_nm, 80);
  EXPECT_NEAR(quad.pass.dose_mJ_cm2, *dose(80, 10), 1e-12);
  EXPECT_NEAR(quad.overlay_nm, m.overlay_nm(2), 1e-12);
  EXPECT_NEAR(quad.overlay_limit_nm, 5 * std::sqrt(value(process, "overlay_budget_share")), 1e-12);
  const double step = value(process, "spacer_depositions") * value(process, "deposition_EUR") +
                      value(process, "spacer_etches") * value(process, "etch_EUR") +
                      value(process, "spacer_cleans") * value(process, "clean_EUR");
  EXPECT_NEAR(quad.cost.process_EUR, m.layer(30, 76, dose).cost.process_EUR + 2 * step,
              1e-9);  // LE^3, three exposures too
  expect_in(error_of([&] { return m.layer(18.9, 76, dose); }),
            {"SADP takes cores at a pitch of 37.8 nm", "SAQP takes cores at a pitch of 75.6 nm", "below the 76 nm"});
  set(process, "process_overlay_nm", 3.4);  // with the scanner's 1.2: 3.6 nm, more than 5 nm sqrt(0.5)
  expect_in(error_of([&] { return flow(20); }), {"SAQP with 2 cuts", "cuts miss their lines", "3.536 nm"});
  set(process, "max_exposures", 2);
  expect_in(error_of([&] { return flow(20); }), {"SAQP with 2 cuts takes 3 exposures", "at most 2"});
}

TEST(LayerModel, CostIsTheSumByHand) {
  const std::vector<Quantity>& p = shipped_process();
  const Scanner s = ready(find_scanner("euv_na055"));
  WaferMaps maps;
  const LayerModel m(s, p, maps);
  const auto dose = dose_of(50, 16.6);
  const Layer one = m.layer(17, 16.6, dose), two = m.layer(16.5, 16.6, dose);
  const auto of = [&](const char* name) { return value(p, name); };
  const double exposure = of("track_EUR") + of("exposure_depositions") * of("deposition_EUR") +
                          of("exposure_etches") * of("etch_EUR") + of("exposure_cleans") * of("clean_EUR") +
                          of("exposure_measurements") * of("measurement_EUR");
  const double layer = of("layer_depositions") * of("deposition_EUR") + of("layer_etches") * of("etch_EUR") +
                       of("layer_cleans") * of("clean_EUR");
  EXPECT_NEAR(one.cost.process_EUR, layer + exposure, 1e-9);
  EXPECT_NEAR(two.cost.process_EUR, layer + 2 * exposure, 1e-9);
  const double mask = 1e3 * value(s.quantities, "mask_cost_kEUR") / of("wafers_per_mask");
  EXPECT_NEAR(one.cost.masks_EUR, mask, 1e-9);
  EXPECT_NEAR(two.cost.masks_EUR, 2 * mask, 1e-9);
  // All wafers of a year pay for the scanner of that year.
  const double year =
      1e6 * value(s.quantities, "price_MEUR") * (1 / of("depreciation_years") + of("running_share_per_year"));
  EXPECT_NEAR(one.cost.scanner_EUR * one.layers_per_day * 365.25, year, 1e-6 * year);
  EXPECT_NEAR(two.cost.scanner_EUR * two.layers_per_day * 365.25, year, 1e-6 * year);
  EXPECT_NEAR(one.layers_per_day,
              24 * one.layers_per_hour * value(s.quantities, "availability_share") * of("utilisation_share"), 1e-9);
  for (const Layer& l : {one, two}) {
    EXPECT_NEAR(l.cost.total_EUR, l.cost.scanner_EUR + l.cost.process_EUR + l.cost.masks_EUR, 1e-9);
    EXPECT_NEAR(l.layer_s, l.exposures * l.pass.wafer_s, 1e-9);
    EXPECT_NEAR(l.layers_per_hour, l.pass.wafers_per_hour / l.exposures, 1e-9);
    EXPECT_EQ(l.pass.exposures, m.wafer().exposures);
  }
}

TEST(LayerModel, StitchedDiesNeedTwiceTheMasksAndPasses) {
  std::vector<Quantity> process = shipped_process();
  set(process, "die_x_mm", 26);
  set(process, "die_y_mm", 32);
  const LayerModel m = model_of("euv_na055", process);
  ASSERT_TRUE(m.wafer().stitched);
  const Layer l = m.single(50);
  EXPECT_EQ(l.exposures, 1);
  EXPECT_EQ(l.masks, 2);
  EXPECT_EQ(l.pass.exposures, m.wafer().exposures / 2.0);
  EXPECT_NEAR(l.layer_s, 2 * l.pass.wafer_s, 1e-12);
  EXPECT_NEAR(
      l.layer_s,
      m.wafer().exposures * l.pass.field_s + 2 * value(find_scanner("euv_na055").quantities, "wafer_overhead_s"), 1e-9);
  EXPECT_NEAR(l.cost.masks_EUR, 2 * 300e3 / 20000, 1e-9);
  EXPECT_NEAR(l.cost.process_EUR, model_of("euv_na055").single(50).cost.process_EUR, 1e-9);  // one resist, one etch
}

TEST(LayerModel, OneExposureOfHighNaAgainstTheLiterature) {
  // IBM at SPIE 2025, as told by Bits&Chips: one high-NA exposure costs about 2.5 times one of 0.33 NA.
  const double ratio =
      model_of("euv_na055").single(50).cost.scanner_EUR / model_of("euv_na033").single(30).cost.scanner_EUR;
  EXPECT_NEAR(ratio, 2.5, 0.25);
}

// The study

/// Everything that a table could show.
std::vector<double> numbers(const ProductivityResult& r) {
  std::vector<double> all;
  const auto layer = [&](const Layer& l) {
    for (const double v : {l.exposed_pitch_nm, l.overlay_nm, l.overlay_limit_nm, l.pass.dose_mJ_cm2, l.pass.exposures,
                           l.pass.scan_speed_mm_s, l.pass.scan_s, l.pass.turn_s, l.pass.field_s, l.pass.wafer_s,
                           l.pass.wafers_per_hour, l.layer_s, l.layers_per_hour, l.layers_per_day, l.cost.scanner_EUR,
                           l.cost.process_EUR, l.cost.masks_EUR, l.cost.total_EUR})
      all.push_back(v);
  };
  for (const ScannerProductivity& s : r.scanners) {
    if (s.calibration)
      for (const double v : {s.calibration->value, s.calibration->published_per_hour, s.calibration->model_per_hour})
        all.push_back(v);
    if (s.wafer) all.insert(all.end(), {s.wafer->die_area_share, s.wafer->offset_x_mm, s.wafer->lost_area_share});
    if (s.quoted) layer(*s.quoted);
    for (const PitchResult& p : s.pitches) {
      all.insert(all.end(), {p.pitch_nm, p.relative_cost});
      if (p.layer) layer(*p.layer);
    }
  }
  for (const Comparison& c : r.comparisons) {
    for (const CrossOver& x : c.cross_overs) all.push_back(x.pitch_nm);
    for (const CheaperRange& x : c.ranges) all.insert(all.end(), {x.low_nm, x.high_nm});
  }
  for (const Tornado& t : r.tornados) {
    if (t.value) all.push_back(*t.value);
    for (const TornadoBar& b : t.bars) {
      all.push_back(b.width);
      for (const auto& v : {b.at_low, b.at_high})
        if (v) all.push_back(*v);
    }
  }
  for (const Assumption& a : r.assumptions) all.insert(all.end(), {a.value, a.low, a.high});
  return all;
}

void expect_told(const ProductivityResult& r) {
  for (const double v : numbers(r)) EXPECT_TRUE(std::isfinite(v));
  for (const ScannerProductivity& s : r.scanners) {
    EXPECT_TRUE(s.wafer || !s.findings.empty()) << s.scanner;
    for (const PitchResult& p : s.pitches)
      EXPECT_NE(p.layer.has_value(), !p.finding.empty()) << s.scanner << " " << p.pitch_nm;
  }
  for (const Comparison& c : r.comparisons) EXPECT_FALSE(c.conclusion.empty());
  for (const Tornado& t : r.tornados) {
    EXPECT_NE(t.value.has_value(), !t.finding.empty()) << t.output;
    for (const TornadoBar& b : t.bars) EXPECT_NE(b.at_low && b.at_high, !b.finding.empty()) << b.assumption.name;
  }
}

TEST(Productivity, PitchesOfTwoScanners) {
  ProductivityPlan plan = euv_plan();
  plan.ratio_pitch_nm = 24;
  const ProductivityResult r = productivity(plan);
  expect_told(r);
  ASSERT_EQ(r.scanners.size(), 2u);
  EXPECT_TRUE(r.findings.empty());
  const ScannerProductivity &low = r.scanners[0], &high = r.scanners[1];
  EXPECT_EQ(at(low, 28).layer->exposures, 1);
  EXPECT_EQ(at(low, 26).layer->exposures, 2);
  EXPECT_EQ(at(high, 26).layer->exposures, 1);
  expect_in(at(low, 12).finding, {"3 exposures", "overlay"});
  // Two exposures cost more than one, on either scanner, at any of these pitches.
  for (const ScannerProductivity& s : r.scanners)
    for (const PitchResult& one : s.pitches)
      for (const PitchResult& two : s.pitches)
        if (one.layer && two.layer && one.layer->exposures == 1 && two.layer->exposures == 2) {
          EXPECT_GT(two.layer->cost.total_EUR, 1.4 * one.layer->cost.total_EUR);
          EXPECT_LT(two.layer->layers_per_hour, one.layer->layers_per_hour);
        }
  // Relative costs: the quoted exposure of the first scanner is 1.
  for (const PitchResult& p : high.pitches)
    if (p.layer) {
      EXPECT_NEAR(p.relative_cost * low.quoted->cost.total_EUR, p.layer->cost.total_EUR, 1e-9);
    }
  EXPECT_EQ(low.quoted->pass.dose_mJ_cm2, 30);
  // What the model is told is what it answers.
  const LayerModel m = model_of("euv_na055");
  EXPECT_NEAR(at(high, 20).layer->cost.total_EUR, m.layer(20, 16.6, plan.scanners[1].dose_mJ_cm2).cost.total_EUR, 1e-9);
}

TEST(Productivity, CrossOversAtNewExposures) {
  const ProductivityResult r = productivity(euv_plan());
  ASSERT_EQ(r.comparisons.size(), 1u);
  const Comparison& c = r.comparisons[0];
  // 0.33 NA needs a second exposure below 27 nm: there the costs jump across each other; 0.55 NA below 16.6 nm.
  ASSERT_EQ(c.cross_overs.size(), 3u);
  EXPECT_NEAR(c.cross_overs[2].pitch_nm, 27, 1e-6);
  EXPECT_TRUE(c.cross_overs[2].jump);
  EXPECT_EQ(c.cross_overs[2].cheaper_below, "euv_na055");
  EXPECT_EQ(c.cross_overs[2].cheaper_above, "euv_na033");
  EXPECT_NEAR(c.cross_overs[1].pitch_nm, 16.6, 1e-6);
  EXPECT_EQ(c.cross_overs[1].cheaper_below, "euv_na033");
  expect_in(c.conclusion, {"27 nm", "euv_na055 is cheaper", "neither prints", "only euv_na055 prints"});
  // The ranges fill what was asked for, and say at each pitch what the costs say.
  EXPECT_EQ(c.ranges.front().low_nm, 12);
  EXPECT_NEAR(c.ranges.back().high_nm, 80, 1e-9);
  for (std::size_t i = 1; i < c.ranges.size(); ++i) EXPECT_EQ(c.ranges[i].low_nm, c.ranges[i - 1].high_nm);
  for (const CheaperRange& range : c.ranges)
    for (const PitchResult& p : r.scanners[0].pitches) {
      if (p.pitch_nm <= range.low_nm * (1 + 1e-6) || p.pitch_nm >= range.high_nm * (1 - 1e-6)) continue;
      const PitchResult& q = at(r.scanners[1], p.pitch_nm);
      std::string cheaper;
      if (p.layer && (!q.layer || p.layer->cost.total_EUR < q.layer->cost.total_EUR)) cheaper = "euv_na033";
      if (q.layer && (!p.layer || q.layer->cost.total_EUR < p.layer->cost.total_EUR)) cheaper = "euv_na055";
      EXPECT_EQ(range.cheaper, cheaper) << p.pitch_nm;
      EXPECT_EQ(range.only, p.layer.has_value() != q.layer.has_value()) << p.pitch_nm;
    }
}

/// Where costs of one exposure each cross smoothly: the one has the lower dose at wide pitches, the other at fine ones.
ProductivityPlan smooth_plan() {
  ScannerCase low = shipped_case("euv_na033", 20), high = shipped_case("euv_na055", 16);
  low.dose_mJ_cm2 = [](double pitch, double) { return std::optional(40 * std::pow(40 / pitch, 3)); };
  high.dose_mJ_cm2 = [](double pitch, double) { return std::optional(30 * std::pow(40 / pitch, 1.2)); };
  ProductivityPlan plan = plan_of({low, high});
  plan.pitch_low_nm = 20.5;
  plan.pitch_high_nm = 60;
  return plan;
}

double smooth_cross_over(const ProductivityPlan& plan) {
  const Comparison c = productivity(plan).comparisons.at(0);
  EXPECT_EQ(c.cross_overs.size(), 1u) << c.conclusion;
  return c.cross_overs.empty() ? 0 : c.cross_overs[0].pitch_nm;
}

TEST(Productivity, ASmoothCrossOverMovesTheRightWay) {
  ProductivityPlan plan = smooth_plan();
  const double nominal = smooth_cross_over(plan);
  const Comparison c = productivity(plan).comparisons.at(0);
  EXPECT_FALSE(c.cross_overs[0].jump);
  EXPECT_EQ(c.cross_overs[0].cheaper_below, "euv_na055");
  // There both cost the same, and above and below what is told is cheaper.
  const LayerModel low = model_of("euv_na033"), high = model_of("euv_na055");
  const auto difference = [&](double pitch) {
    return low.layer(pitch, 20, plan.scanners[0].dose_mJ_cm2).cost.total_EUR -
           high.layer(pitch, 16, plan.scanners[1].dose_mJ_cm2).cost.total_EUR;
  };
  EXPECT_NEAR(difference(nominal), 0, 1e-5);
  EXPECT_GT(difference(nominal * 0.98), 0);
  EXPECT_LT(difference(nominal * 1.02), 0);
  // A dearer high-NA scanner pays off at finer pitches only; more light for it, or a dearer rival, at wider ones.
  const auto with = [&](std::size_t scanner, const char* name, double factor) {
    ProductivityPlan other = plan;
    other.scanners[scanner].scanner = ready(other.scanners[scanner].scanner);
    auto& quantities = other.scanners[scanner].scanner.quantities;
    set(quantities, name, factor * value(quantities, name));
    return smooth_cross_over(other);
  };
  EXPECT_LT(with(1, "price_MEUR", 1.1), nominal * 0.99);
  EXPECT_GT(with(1, "source_power_W", 1.2), nominal * 1.01);
  EXPECT_GT(with(0, "price_MEUR", 1.1), nominal * 1.01);
  EXPECT_LT(with(0, "source_power_W", 1.2), nominal * 0.99);
}

TEST(Productivity, NoCrossOverIsSaidClearly) {
  ProductivityPlan plan = euv_plan();
  plan.pitch_low_nm = 30;
  Comparison c = productivity(plan).comparisons.at(0);
  EXPECT_TRUE(c.cross_overs.empty());
  expect_in(c.conclusion, {"No cross-over between 30 and 80 nm", "euv_na033 is cheaper"});
  plan.pitch_low_nm = 5;
  plan.pitch_high_nm = 7;
  c = productivity(plan).comparisons.at(0);
  EXPECT_TRUE(c.cross_overs.empty());
  expect_in(c.conclusion, {"No cross-over between 5 and 7 nm", "Neither euv_na033 nor euv_na055 prints"});
  ASSERT_EQ(c.ranges.size(), 1u);
  EXPECT_TRUE(c.ranges[0].cheaper.empty());
  ScannerCase twin = shipped_case("euv_na033", 27);
  twin.scanner.name = "twin";
  plan = plan_of({shipped_case("euv_na033", 27), twin});
  c = productivity(plan).comparisons.at(0);
  EXPECT_TRUE(c.cross_overs.empty());
  expect_in(c.conclusion, {"Both cost the same"});
}

TEST(Productivity, ANarrowRangeIsFound) {
  // Two of a kind, one of which needs its second exposure 0.1 nm earlier: less than the steps of the search.
  ScannerCase one = shipped_case("euv_na033", 27), two = shipped_case("euv_na033", 27.1);
  one.dose_mJ_cm2 = two.dose_mJ_cm2 = [](double, double) { return std::optional(30.0); };
  two.scanner.name = "twin";
  const Comparison c = productivity(plan_of({one, two})).comparisons.at(0);
  const auto found =
      std::find_if(c.ranges.begin(), c.ranges.end(), [](const auto& r) { return r.cheaper == "euv_na033"; });
  // Beside it there are the half and the third of it, where overlay refuses both.
  ASSERT_NE(found, c.ranges.end()) << c.conclusion;
  EXPECT_NEAR(found->low_nm, 27, 1e-6);
  EXPECT_NEAR(found->high_nm, 27.1, 1e-6);
}

// Sensitivity

TEST(Tornado, CostRatio) {
  ProductivityPlan plan = euv_plan();
  plan.ratio_pitch_nm = 30;
  plan.scanners[1].dose_mJ_cm2 = dose_of(100, 16.6);
  const ProductivityResult r = productivity(plan);
  expect_told(r);
  const Tornado& t = r.tornados.at(0);
  expect_in(t.output, {"30 nm", "euv_na055 over euv_na033"});
  const Layer& low = *at(r.scanners[0], 30).layer;
  const Layer& high = *at(r.scanners[1], 30).layer;
  EXPECT_NEAR(*t.value, high.cost.total_EUR / low.cost.total_EUR, 1e-12);
  // The price of a scanner is a straight line in its cost.
  const TornadoBar& price = bar_of(t, "euv_na055", "price_MEUR");
  const auto by_hand = [&](double p) {
    return (high.cost.total_EUR + high.cost.scanner_EUR * (p / 350 - 1)) / low.cost.total_EUR;
  };
  EXPECT_EQ(price.assumption.low, 320);
  EXPECT_EQ(price.assumption.high, 380);
  EXPECT_NEAR(*price.at_low, by_hand(320), 1e-9);
  EXPECT_NEAR(*price.at_high, by_hand(380), 1e-9);
  EXPECT_NEAR(price.width, by_hand(380) - by_hand(320), 1e-9);
  // So is that of its masks.
  const TornadoBar& mask = bar_of(t, "euv_na033", "mask_cost_kEUR");
  EXPECT_NEAR(*mask.at_high, high.cost.total_EUR / (low.cost.total_EUR + 200e3 / 20000), 1e-9);
  // What does not enter has no width: a single exposure knows no overlay, dies that fit no strip.
  for (const auto& [owner, name] : {std::pair{"euv_na033", "overlay_matched_nm"},
                                    {"euv_na055", "overlay_dedicated_nm"},
                                    {"process", "stitch_strip_mm"},
                                    {"process", "max_exposures"}})
    EXPECT_EQ(bar_of(t, owner, name).width, 0) << name;
  // The light of one scanner: faster is cheaper.
  const TornadoBar& power = bar_of(t, "euv_na055", "dose_factor");
  EXPECT_LT(*power.at_low, *t.value);
  EXPECT_GT(*power.at_high, *t.value);
  EXPECT_GT(bar_of(t, "process", "die_y_mm").width, 0.05);
  // Sorted, and each varied number is there once; definitions and published figures are not.
  for (std::size_t i = 1; i < t.bars.size(); ++i) {
    const bool lost = !t.bars[i].at_low || !t.bars[i].at_high,
               lost_before = !t.bars[i - 1].at_low || !t.bars[i - 1].at_high;
    EXPECT_TRUE(lost_before || !lost);
    if (lost == lost_before) {
      EXPECT_GE(t.bars[i - 1].width, t.bars[i].width);
    }
  }
  std::size_t varied = 0;
  for (const Assumption& a : r.assumptions) varied += a.varied ? 1 : 0;
  EXPECT_EQ(t.bars.size(), varied);
  for (const TornadoBar& b : t.bars) EXPECT_FALSE(b.assumption.name.starts_with("throughput"));
}

TEST(Tornado, CrossOverPitch) {
  ProductivityPlan plan = smooth_plan();
  const ProductivityResult r = productivity(plan);
  expect_told(r);
  const Tornado& t = r.tornados.at(0);
  EXPECT_EQ(t.unit, "nm");
  EXPECT_NEAR(*t.value, r.comparisons[0].cross_overs[0].pitch_nm, 1e-9);
  // Each end is the cross-over of a study with that number.
  ProductivityPlan dear = plan;
  set(dear.scanners[1].scanner.quantities, "price_MEUR", 380);
  EXPECT_NEAR(*bar_of(t, "euv_na055", "price_MEUR").at_high, smooth_cross_over(dear), 1e-6);
  EXPECT_LT(*bar_of(t, "euv_na055", "price_MEUR").at_high, *t.value);
  EXPECT_GT(*bar_of(t, "euv_na055", "price_MEUR").at_low, *t.value);
  // Calibrated numbers are varied like others, by 20 %.
  const TornadoBar& share = bar_of(t, "euv_na055", "wafer_power_share");
  EXPECT_NEAR(share.assumption.low, 0.8 * share.assumption.value, 1e-12);
  EXPECT_NEAR(share.assumption.high, 1.2 * share.assumption.value, 1e-12);
  EXPECT_FALSE(share.assumption.own_range);
  EXPECT_GT(*share.at_high, *t.value);
  EXPECT_LT(*share.at_low, *t.value);

  // Where a number makes the cross-over vanish, that stands first and says so.
  plan.scanners[1].smallest_pitch_low_nm = 16;
  plan.scanners[1].smallest_pitch_high_nm = 70;
  const Tornado lost = productivity(plan).tornados.at(0);
  const TornadoBar& pitch = bar_of(lost, "euv_na055", "smallest_pitch_nm");
  EXPECT_TRUE(pitch.at_low);
  EXPECT_FALSE(pitch.at_high);
  expect_in(pitch.finding, {"At 70", "No cross-over"});
  EXPECT_FALSE(lost.bars[0].at_low && lost.bars[0].at_high);

  // A cross-over the other way round is another one: with a first scanner that needs two exposures throughout, that at
  // 40 nm vanishes, and the one at 25 nm, where the second scanner gets dear again, is none of its kind.
  ScannerCase low = shipped_case("euv_na033", 20), high = shipped_case("euv_na055", 16);
  low.dose_mJ_cm2 = [](double, double) { return std::optional(150.0); };
  high.dose_mJ_cm2 = [](double p, double) { return std::optional(p < 25 ? 800.0 : p < 40 ? 30.0 : 90.0); };
  low.smallest_pitch_low_nm = 20;
  low.smallest_pitch_high_nm = 60;
  plan = plan_of({low, high});
  plan.pitch_low_nm = 22;
  plan.pitch_high_nm = 50;
  const ProductivityResult two_ways = productivity(plan);
  ASSERT_EQ(two_ways.comparisons[0].cross_overs.size(), 2u);
  EXPECT_EQ(two_ways.comparisons[0].cross_overs[0].cheaper_below, "euv_na033");
  EXPECT_NEAR(*two_ways.tornados[0].value, 40, 1e-6);
  EXPECT_FALSE(bar_of(two_ways.tornados[0], "euv_na033", "smallest_pitch_nm").at_high);
  expect_in(bar_of(two_ways.tornados[0], "euv_na033", "smallest_pitch_nm").finding, {"At 60", "25 nm"});

  // Without a cross-over there is no tornado, but a reason.
  plan = euv_plan();
  plan.pitch_low_nm = 30;
  const Tornado none = productivity(plan).tornados.at(0);
  EXPECT_FALSE(none.value);
  EXPECT_TRUE(none.bars.empty());
  expect_in(none.finding, {"No cross-over"});
}

TEST(Productivity, EveryAssumptionIsListed) {
  ProductivityPlan plan = euv_plan();
  plan.scanners[0].smallest_pitch_origin = "lines, both directions";
  plan.scanners[0].smallest_pitch_low_nm = 26;
  plan.scanners[0].smallest_pitch_high_nm = 29;
  const ProductivityResult r = productivity(plan);
  std::set<std::string> seen;
  for (const Assumption& a : r.assumptions) {
    EXPECT_TRUE(seen.insert(a.owner + "." + a.name).second) << a.name;
    EXPECT_FALSE(a.origin.empty()) << a.name;
    EXPECT_LE(a.low, a.value) << a.name;
    EXPECT_GE(a.high, a.value) << a.name;
    if (!a.own_range && a.varied) {
      EXPECT_NEAR(a.high - a.low, 0.4 * std::abs(a.value), 1e-9) << a.name;
    }
    if (!a.varied) {
      EXPECT_EQ(a.low, a.high) << a.name;
    }
  }
  for (const std::string& name : process_quantities()) EXPECT_TRUE(seen.contains("process." + name)) << name;
  for (const std::string& name : productivity_quantities())
    if (name != "throughput_fields") {
      EXPECT_TRUE(seen.contains("euv_na055." + name)) << name;
    }
  const auto& pitch = *std::find_if(r.assumptions.begin(), r.assumptions.end(),
                                    [](const auto& a) { return a.name == "smallest_pitch_nm"; });
  EXPECT_EQ(pitch.owner, "euv_na033");
  EXPECT_EQ(pitch.unit, "nm");
  EXPECT_EQ(pitch.origin, "lines, both directions");
  EXPECT_EQ(pitch.low, 26);
  EXPECT_EQ(pitch.high, 29);
  EXPECT_TRUE(pitch.own_range);
}

// What cannot be

TEST(Productivity, ImpossibleInputIsAFindingWithAReason) {
  const auto result = [](const char* name, double number) {
    ProductivityPlan plan = euv_plan();
    plan.ratio_pitch_nm = 24;
    set(plan.scanners[1].scanner.quantities, name, number);
    const ProductivityResult r = productivity(plan);
    expect_told(r);
    EXPECT_TRUE(r.scanners[0].wafer);  // the other scanner is told as before
    EXPECT_TRUE(at(r.scanners[0], 28).layer);
    return r;
  };
  ProductivityResult r = result("source_power_W", 0);
  EXPECT_FALSE(r.scanners[1].wafer);
  expect_in(r.findings.at(0), {"euv_na055", "source_power_W of 0"});
  expect_in(at(r.scanners[1], 30).finding, {"source_power_W"});
  expect_in(r.comparisons[0].conclusion, {"only euv_na033 prints"});
  EXPECT_FALSE(r.tornados[0].value);
  r = result("throughput_per_hour", 1000);
  expect_in(r.findings.at(0), {"cannot reach 1000 wafers per hour"});
  r = result("availability_share", 0);
  expect_in(r.findings.at(0), {"availability_share of 0", "above 0 to 1"});
  r = result("price_MEUR", -1);
  expect_in(r.findings.at(0), {"price_MEUR"});
  r = result("overlay_matched_nm", 50);
  expect_in(at(r.scanners[1], 16).finding, {"overlay of 50.01 nm", "budget"});
  EXPECT_TRUE(at(r.scanners[1], 17).layer);

  // A die for one of the scanners only.
  ProductivityPlan plan = euv_plan();
  set(plan.process, "die_y_mm", 32.995);
  r = productivity(plan);
  expect_told(r);
  expect_in(r.findings.at(0), {"euv_na055", "32.995 mm high", "two stitched fields, 32.99 mm"});
  EXPECT_TRUE(at(r.scanners[0], 28).layer);

  // The first scanner is the reference: without it there are no relative costs, but all the rest.
  plan = euv_plan();
  plan.scanners[0].scanner = find_scanner("euv_na033");
  std::erase_if(plan.scanners[0].scanner.quantities, [](const Quantity& q) { return q.name == "mask_speed_mm_s"; });
  r = productivity(plan);
  expect_told(r);
  expect_in(r.findings.at(0), {"euv_na033", "mask_speed_mm_s"});
  expect_in(r.findings.at(1), {"No relative costs"});
  EXPECT_TRUE(at(r.scanners[1], 20).layer);
  EXPECT_EQ(at(r.scanners[1], 20).relative_cost, 0);

  // No pitch known: no layer at any pitch.
  plan = euv_plan();
  plan.scanners[1].smallest_pitch_nm = 0;
  r = productivity(plan);
  expect_told(r);
  expect_in(at(r.scanners[1], 40).finding, {"no pitch is known"});
  EXPECT_TRUE(r.scanners[1].quoted);

  // A dose that exists only for some pitches.
  plan = euv_plan();
  plan.scanners[1].dose_mJ_cm2 = [](double pitch, double) { return pitch > 20 ? std::optional(40.0) : std::nullopt; };
  r = productivity(plan);
  expect_told(r);
  expect_in(at(r.scanners[1], 20).finding, {"no dose"});
  EXPECT_TRUE(at(r.scanners[1], 21).layer);
}

TEST(Productivity, WrongPlans) {
  expect_in(error_of([] { return productivity({}); }), {"PRD-0005", "without a scanner"});
  ProductivityPlan plan = euv_plan();
  plan.scanners[1].scanner.name = "euv_na033";
  expect_in(error_of([&] { return productivity(plan); }), {"PRD-0005", "euv_na033", "taken"});
  plan = euv_plan();
  plan.pitch_high_nm = plan.pitch_low_nm;
  expect_in(error_of([&] { return productivity(plan); }), {"PRD-0005", "ascending"});
  plan = euv_plan();
  plan.pitches_nm = {20, -1};
  expect_in(error_of([&] { return productivity(plan); }), {"PRD-0005", "pitch of -1"});
  plan = euv_plan();
  plan.scanners[0].smallest_pitch_nm = std::numeric_limits<double>::quiet_NaN();
  expect_in(error_of([&] { return productivity(plan); }), {"PRD-0005", "smallest pitch"});
  plan = euv_plan();
  plan.scanners[0].smallest_pitch_low_nm = 20;
  expect_in(error_of([&] { return productivity(plan); }), {"PRD-0005", "both or none"});
  plan = euv_plan();
  std::erase_if(plan.process, [](const Quantity& q) { return q.name == "etch_EUR"; });
  expect_in(error_of([&] { return productivity(plan); }), {"PRD-0005", "etch_EUR"});
  expect_in(error_of([] { return parse_process("quantity,value,origin\nsteps,1,me\n", "own.csv"); }),
            {"PRD-0004", "unknown quantity \"steps\""});
}

}  // namespace
}  // namespace anamorph
