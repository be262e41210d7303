// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
// Plots, report and tables of a study of scanners, from results made by hand.
#include "cpp/io/compare_report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "cpp/io/compare_markdown.hpp"
#include "cpp/io/compare_pictures.hpp"
#include "cpp/io/compare_plots.hpp"
#include "cpp/io/compare_summary.hpp"
#include "cpp/io/line_plot.hpp"
#include "cpp/io/pictures.hpp"
#include "cpp/io/plot_frame.hpp"
#include "cpp/io/svg.hpp"
#include "cpp/io/tornado_plot.hpp"

namespace anamorph {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

void expect_in(const std::string& text, std::initializer_list<const char*> parts) {
  for (const char* part : parts) EXPECT_NE(text.find(part), std::string::npos) << "no <" << part << ">";
}

/// The number of an attribute of the first element that begins with `element`.
double attribute_of(const std::string& svg, const std::string& element, const std::string& name) {
  const std::size_t at = svg.find(element);
  EXPECT_NE(at, std::string::npos) << element;
  const std::size_t value = svg.find(" " + name + "=\"", at);
  return value == std::string::npos ? nan : std::stod(svg.substr(value + name.size() + 3));
}

/// Where a text is written.
Point place_of(const std::string& svg, const std::string& text) {
  const std::regex pattern("<text[^>]* x=\"([-0-9.]+)\" y=\"([-0-9.]+)\">" + text + "</text>");
  std::smatch match;
  if (!std::regex_search(svg, match, pattern)) {
    ADD_FAILURE() << "no text " << text;
    return {nan, nan};
  }
  return {std::stod(match[1]), std::stod(match[2])};
}

/// The corners of each polyline of a class.
std::vector<std::vector<Point>> polylines(const std::string& svg, const std::string& style) {
  std::vector<std::vector<Point>> all;
  const std::string begin = "<polyline class=\"" + style + "\" points=\"";
  for (std::size_t at = svg.find(begin); at != std::string::npos; at = svg.find(begin, at + 1)) {
    std::istringstream stream(svg.substr(at + begin.size(), svg.find('"', at + begin.size()) - at - begin.size()));
    std::vector<Point>& points = all.emplace_back();
    Point p;
    for (char comma = 0; stream >> p.x >> comma >> p.y;) points.push_back(p);
  }
  return all;
}

// ---------------------------------------------------------------------------------------------------------------------
// Plots.

TEST(PlotFrame, ScalesAreLinearOrLogarithmic) {
  const PlotFrame linear({"x", 0, 10}, {"y", 0, 100});
  EXPECT_DOUBLE_EQ(linear.x(0), linear.left);
  EXPECT_DOUBLE_EQ(linear.x(5), linear.left + linear.width / 2);
  EXPECT_DOUBLE_EQ(linear.y(0), linear.bottom()) << "small values are at the bottom";
  EXPECT_DOUBLE_EQ(linear.y(100), linear.top);
  const PlotFrame decades({"x", 1, 100, true}, {"y", 1e-4, 1e4, true});
  EXPECT_NEAR(decades.x(10), decades.left + decades.width / 2, 1e-9);
  EXPECT_NEAR(decades.y(1), decades.top + decades.height / 2, 1e-9);
  expect_in(decades.around("t", ""), {">10<", ">10⁻⁴<", ">0.01<"});
}

TEST(PlotFrame, NamesDoNotLieOnEachOther) {
  const PlotFrame frame({"x", 0, 1}, {"y", 0, 1});
  const std::string names =
      frame.names({{100, "a", "tick"}, {101, "b", "tick"}, {102, "c", "tick"}, {frame.bottom() + 50, "d", "tick"}});
  std::vector<double> ys;
  for (const char* name : {"a", "b", "c", "d"}) ys.push_back(place_of(names, name).y);
  for (std::size_t i = 1; i < ys.size(); ++i) EXPECT_GE(ys[i] - ys[i - 1], 15.9);
  EXPECT_LE(ys.back(), frame.bottom() + 6);
}

TEST(LinePlot, DrawsWhatHasAValue) {
  LinePlot plot{.title = "t", .x = {"pitch (nm)"}, .y = {"NILS"}};
  plot.series.push_back({.name = "one", .points = {{10, 1}, {20, 2}, {30, nan}, {40, 4}, {50, 5}}, .colour = 2});
  plot.levels.push_back({"wanted", 3});
  const std::string svg = line_plot_svg(plot);
  const auto curves = polylines(svg, "curve s2");
  ASSERT_EQ(curves.size(), 2u) << "a gap where a value is missing";
  EXPECT_EQ(curves[0].size(), 2u);
  EXPECT_LT(curves[0][0].x, curves[0][1].x);
  EXPECT_GT(curves[0][0].y, curves[0][1].y) << "larger is higher";
  // Equal steps stay equal.
  EXPECT_NEAR(curves[1][1].x - curves[1][0].x, curves[0][1].x - curves[0][0].x, 0.11);
  EXPECT_NEAR(curves[1][1].y - curves[1][0].y, curves[0][1].y - curves[0][0].y, 0.11);
  const double level = attribute_of(svg, "<line class=\"limit\"", "y1");
  EXPECT_NEAR(level, (curves[0][1].y + curves[1][0].y) / 2, 0.11) << "3 lies between 2 and 4";
  expect_in(svg, {"pitch (nm)", ">NILS<", ">wanted<"});
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(LinePlot, NamesCurvesBesideTheirEndsOrAboveTheFrame) {
  LinePlot plot{.title = "t", .x = {"x"}, .y = {"y"}};
  plot.series.push_back({.name = "early", .points = {{0, 1}, {10, 2}}});
  plot.series.push_back({.name = "late", .points = {{0, 2}, {10, 3}}, .colour = 2});
  const std::string beside = line_plot_svg(plot);
  EXPECT_NEAR(place_of(beside, "late").y - 4.5, polylines(beside, "curve s2")[0][1].y, 0.6);
  EXPECT_GT(place_of(beside, "early").x, 590);
  plot.series[0].points.pop_back();
  plot.series[0].points.push_back({5, 2});
  const std::string above = line_plot_svg(plot);
  EXPECT_LT(place_of(above, "early").y, 24) << "it ends in the middle, where a name would lie on data";
  EXPECT_EQ(place_of(above, "early").y, place_of(above, "late").y);
}

TEST(LinePlot, LogarithmicScalesLeaveOutWhatTheyCannotShow) {
  LinePlot plot{.title = "t", .x = {"x"}, .y = {"dose", {}, {}, true}};
  plot.series.push_back({.name = "one", .points = {{0, 0}, {1, 1}, {2, 10}, {3, 100}, {4, -1}}});
  const auto curves = polylines(line_plot_svg(plot), "curve s1");
  ASSERT_EQ(curves.size(), 1u);
  ASSERT_EQ(curves[0].size(), 3u);
  EXPECT_NEAR(curves[0][0].y - curves[0][1].y, curves[0][1].y - curves[0][2].y, 0.11) << "equal factors, equal steps";
}

TEST(LinePlot, NothingToShowIsNoPlot) {
  LinePlot plot{.title = "t"};
  EXPECT_TRUE(line_plot_svg(plot).empty());
  plot.series.push_back({.name = "one", .points = {{1, nan}, {2, nan}}});
  EXPECT_TRUE(line_plot_svg(plot).empty());
  plot.series.push_back({.name = "two", .points = {{1, 5, PlotMark::full}}});
  const std::string svg = line_plot_svg(plot);
  EXPECT_NE(svg.find("pointmark"), std::string::npos);
  EXPECT_EQ(svg.find("one"), std::string::npos) << "a curve without points has no name either";
}

TEST(Tornado, BarsReachFromTheValueToTheOutputs) {
  TornadoPlot plot{"t", "cost", 2, {{"power", "200 … 300 W", 3.0, 1.5}, {"price", "", 1.0, {}}}};
  const std::string svg = tornado_svg(plot);
  const double zero = place_of(svg, "2").x;
  // The first bars after the two of the legend; low values are the upper ones.
  std::vector<std::pair<double, double>> bars;
  std::vector<std::string> styles;
  const std::regex bar("<rect class=\"fill (s[12]) t[12]\" x=\"([-0-9.]+)\" y=\"[-0-9.]+\" width=\"([-0-9.]+)\"");
  for (std::sregex_iterator i(svg.begin(), svg.end(), bar), end; i != end; ++i) {
    styles.push_back((*i)[1]);
    bars.push_back({std::stod((*i)[2]), std::stod((*i)[2]) + std::stod((*i)[3])});
  }
  ASSERT_EQ(bars.size(), 5u);
  EXPECT_EQ(styles[2] + styles[3] + styles[4], "s1s2s1");
  EXPECT_NEAR(bars[2].first, zero, 0.11) << "3 is to the right";
  EXPECT_NEAR(bars[3].second, zero, 0.11) << "1.5 is to the left";
  const double unit = bars[2].second - bars[2].first;
  EXPECT_NEAR(bars[3].second - bars[3].first, unit / 2, 0.2);
  EXPECT_NEAR(bars[4].second - bars[4].first, unit, 0.2);
  expect_in(svg, {">power<", "200 … 300 W", ">none<", ">cost<"});
  EXPECT_TRUE(tornado_svg({"t", "cost", 2, {}}).empty());
}

// ---------------------------------------------------------------------------------------------------------------------
// A study of two scanners.

StudyPattern pattern(const std::string& family, double pitch) {
  PatternSpec spec;
  spec.pitch_nm = pitch;
  return make_pattern(spec, family);
}

CaseResult printed(std::size_t p, std::size_t s, double nils, Verdict verdict) {
  CaseResult c;
  c.pattern = p;
  c.scanner = s;
  c.verdict = verdict;
  c.contrast = nils / 4;
  if (verdict == Verdict::no_image) {
    c.reason = "no contrast: <a&b>";
    return c;
  }
  c.reason = verdict == Verdict::printable ? "" : "NILS too low";
  c.source_name = "dipole x 0.55-0.90, 90 deg";
  c.pupil_fill = 0.2;
  c.source = {{.sx = 0.7, .sy = 0, .weight = 0.5}, {.sx = -0.7, .sy = 0, .weight = 0.5}};
  c.nils = nils;
  c.meef = 4 / nils;
  c.dose = 1.1;
  c.latitude_percent = 9 * nils;
  c.dof_nm = 120 - 40.0 * static_cast<double>(s);
  c.best_focus_nm = 0.25 * static_cast<double>(p);
  c.noise_percent = 30 / nils;
  c.dose_for_noise_mj_cm2 = 100 / (nils * nils);
  GaugeOutcome& g = c.gauges.emplace_back();
  g.name = "width";
  g.critical_nm = g.cd_nm = 14;
  g.nils = nils;
  g.meef = 4 / nils;
  g.mask_width_nm = g.mask_gap_nm = 56;
  c.window = {{-60, 1.05}, {60, 1.05}, {60, 0.95}, {-60, 0.95}};
  c.latitude_curve = {{0, 9 * nils}, {120, 4}};
  c.picture_grid = {0, 0, 8, 8, 4};
  c.picture = Image<double>(8, 8);
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) c.picture(y, x) = (x < 4 ? 0.1 : 0.2) * nils;
  c.picture_shapes = {{{16, 0}, {32, 0}, {32, 32}, {16, 32}}};
  return c;
}

CompareResult small_study() {
  CompareResult result;
  result.name = "study <one>";
  StudyResult& study = result.study;
  for (const double na : {0.33, 0.55}) {
    StudyScanner& s = study.scanners.emplace_back();
    s.name = na < 0.4 ? "low" : "high";
    s.title = na < 0.4 ? "EUV, 0.33 NA" : "EUV, 0.55 NA";
    s.projection.na = na;
    s.projection.vector = true;
    if (na > 0.4) s.projection.pupil.obscuration = 0.2;
  }
  for (const char* family : {"lines vertical", "lines horizontal"})
    for (const double pitch : {36.0, 20.0, 28.0}) study.patterns.push_back(pattern(family, pitch));
  // Not in the order of pitch. 20 nm: low has no image; 28 nm: low is not resolved; 36 nm: both print.
  for (std::size_t p = 0; p < 6; ++p) {
    const std::size_t i = p % 3;
    study.cases.push_back(printed(p, 0, i == 0 ? 2 : 1,
                                  i == 1   ? Verdict::no_image
                                  : i == 2 ? Verdict::not_resolved
                                           : Verdict::printable));
    study.cases.push_back(printed(p, 1, i == 0 ? 3 : 2, Verdict::printable));
    if (p == 3) study.cases.back().nils = 2.93;
  }
  study.limits = {{"lines vertical", 0, 13.0, 14.5, "dipole x", 10.2}, {"lines vertical", 1, 8.0, {}, "dipole x", 6.1}};
  study.families = {{"lines vertical", 0, false, 0.5, 0, 0, {0}}, {"lines vertical", 1, false, {}, 0, 0, {0, 1, 2}}};
  study.findings = {"lines vertical 20 under low: no contrast"};
  result.recipe = "[compare]\n";
  result.provenance = {{"Program", "anamorph"}};
  result.assumptions = {{"low", "source_power_W", "W", 250, 200, 300, true, true, "a \"published\" figure, 2023"}};
  return result;
}

ProductivityResult small_productivity() {
  ProductivityResult productivity;
  for (const char* name : {"low", "high"}) {
    ScannerProductivity& s = productivity.scanners.emplace_back();
    s.scanner = name;
    for (const double pitch : {20.0, 24.0, 28.0, 32.0}) {
      PitchResult p;
      p.pitch_nm = pitch;
      if (s.scanner == "low" && pitch == 20) {
        p.finding = "overlay is too large";
      } else {
        Layer layer;
        layer.exposures = layer.masks = s.scanner == "low" && pitch < 26 ? 2 : 1;
        layer.flow = layer.masks == 1 ? "single" : "LELE";
        layer.layers_per_hour = 100.0 / layer.masks;
        layer.cost.total_EUR = 50 * layer.masks;
        p.layer = layer;
        p.relative_cost = layer.masks * (s.scanner == "low" ? 1 : 1.5);
      }
      s.pitches.push_back(p);
    }
  }
  productivity.comparisons.push_back({"low", "high", {}, {{26, "high", "low", true}}, "Below 26 nm high is cheaper."});
  Tornado tornado{"cost ratio", "", 1.5, {}, ""};
  tornado.bars.push_back({{"low", "source_power_W", "W", 250, 200, 300, true, true, "x"}, 1.8, 1.3, 0.5, ""});
  productivity.tornados.push_back(tornado);
  return productivity;
}

TEST(CompareSummary, TellsScannersApart) {
  StudyResult study = small_study().study;
  EXPECT_EQ(scanner_label(study, 0), "EUV, 0.33 NA");
  EXPECT_EQ(scanner_short(study, 1), "0.55 NA");
  study.scanners[1].title = study.scanners[0].title;
  study.scanners[1].projection.na = 0.33;
  EXPECT_EQ(scanner_label(study, 0), "low");
  EXPECT_EQ(scanner_short(study, 1), "high");
}

TEST(CompareSummary, FamiliesAreInOrderOfPitch) {
  const StudyResult study = small_study().study;
  const auto families = study_families(study);
  ASSERT_EQ(families.size(), 2u);
  EXPECT_EQ(families[0].name, "lines vertical");
  EXPECT_EQ(families[0].patterns, (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(telling_pattern(study, families[0]), 1u) << "the smallest that one of the two prints";
}

TEST(CompareSummary, TheTellingPatternFollowsTheVerdicts) {
  StudyResult study = small_study().study;
  const StudyFamily family = study_families(study)[0];
  study.cases[1 * 2 + 1].verdict = Verdict::not_resolved;
  EXPECT_EQ(telling_pattern(study, family), 2u) << "the next one that one of the two prints";
  study.cases[2 * 2 + 1].verdict = Verdict::shallow;
  EXPECT_EQ(telling_pattern(study, family), 0u) << "that both print";
  study.cases[0 * 2 + 0].verdict = study.cases[0 * 2 + 1].verdict = Verdict::no_window;
  EXPECT_EQ(telling_pattern(study, family), 2u) << "that one of the two resolves";
  for (CaseResult& c : study.cases) c.verdict = Verdict::no_image;
  EXPECT_EQ(telling_pattern(study, family), 0u) << "the largest";
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string out;
  for (const std::string& s : sentences) out += s + "\n";
  return out;
}

TEST(CompareSummary, ConclusionsFollowFromTheNumbers) {
  CompareResult result = small_study();
  result.productivity = small_productivity();
  std::string said = joined(study_conclusions(result));
  expect_in(said,
            {"Lines vertical, smallest half pitch: 0.33 NA resolves 13.0 nm and prints 14.5 nm and 0.55 NA resolves "
             "8.0 nm and "
             "prints none",
             "Of 6 patterns 2 under 0.33 NA and 6 under 0.55 NA are printable; 2 under both and 0 under none.",
             "Only 0.55 NA prints lines vertical 20, lines vertical 28, lines horizontal 20 and lines horizontal 28.",
             "What 0.33 NA does not print (4)", "the NILS is too low (2)", "no usable image (2)",
             "Below 26 nm high is cheaper."});
  EXPECT_EQ(said.find("What 0.55 NA does not print"), std::string::npos) << "it prints all";
  // Both resolve the two patterns of 36 nm: NILS 3 against 2, MEEF 4/3 against 2, dose as 1 / NILS^2, DOF 80 of 120.
  expect_in(said, {"Where both resolve (2 patterns), 0.55 NA has", "1.48 times the NILS", "0.67 times the MEEF",
                   "0.44 times the dose", "0.67 times the depth of focus"});
  result.study.cases[0].dof_cut = true;
  said = joined(study_conclusions(result));
  expect_in(said, {"0.67 times the depth of focus", "1 pattern whose window goes on"});
  result.study.cases[6].dof_cut = true;
  said = joined(study_conclusions(result));
  EXPECT_EQ(said.find("times the depth of focus"), std::string::npos) << "bounds are not compared";
  result.study.cases[1].nils = 4;
  EXPECT_NE(joined(study_conclusions(result)).find("1.73 times the NILS"), std::string::npos)
      << "median of 2 and 1.465";
}

TEST(CompareSummary, CaveatsNameWhatIsLeftOut) {
  StudyResult study = small_study().study;
  EXPECT_EQ(study_caveats(study).size(), 3u);
  expect_in(joined(study_caveats(study)), {"thin and perfect", "varies by 0.5 nm through pitch and by 0.8 nm between",
                                           "without any blur", "without aberrations"});
  EXPECT_EQ(joined(study_caveats(study)).find("scalar"), std::string::npos);
  study.scanners[0].projection.vector = false;
  study.scanners[1].projection.pupil.wavefront_map_nm = Image<double>(3, 3);
  study.settings.resist_blur_nm = 3;
  expect_in(joined(study_caveats(study)), {"scalar", "blurred by 3 nm"});
  EXPECT_EQ(joined(study_caveats(study)).find("without aberrations"), std::string::npos);
}

TEST(ComparePlots, CurvesThroughPitchHaveAMarkForTheVerdict) {
  const StudyResult study = small_study().study;
  const auto plots = pitch_plots(study, study_families(study)[0]);
  ASSERT_EQ(plots.size(), 8u);
  EXPECT_EQ(plots[0].title, "NILS");
  const std::string& nils = plots[0].svg;
  // Scanner 0: a cross at 28 nm and a full disc at 36 nm; scanner 1: three full squares.
  EXPECT_EQ(count(nils, "<path class=\"pointmark s1\""), 1u);
  EXPECT_EQ(count(nils, "<path class=\"pointmark s1 t1\""), 1u);
  EXPECT_EQ(count(nils, "<path class=\"pointmark s2 t2\""), 3u);
  expect_in(nils, {">≥ 1.5<", ">0.33 NA<", ">0.55 NA<", ">pitch (nm)<"});
  const auto high = polylines(nils, "curve s2");
  ASSERT_EQ(high.size(), 1u);
  ASSERT_EQ(high[0].size(), 3u);
  EXPECT_LT(high[0][0].x, high[0][1].x) << "by pitch";
  EXPECT_NEAR(high[0][0].y, high[0][1].y, 0.01) << "2 at 20 and at 28 nm";
  EXPECT_LT(high[0][2].y, high[0][1].y);
  EXPECT_EQ(polylines(plots[1].svg, "curve s1")[0].size(), 3u) << "contrast is known without an image too";
}

TEST(ComparePlots, ABoundOfTheDepthOfFocusIsAnArrow) {
  StudyResult study = small_study().study;
  const auto arrows = [&] {
    for (const TitledPlot& p : pitch_plots(study, study_families(study)[0]))
      if (p.title.starts_with("Depth of focus")) return count(p.svg, "v-9m-4 4.5");
    return std::size_t{99};
  };
  EXPECT_EQ(arrows(), 0u);
  study.cases[1].dof_cut = study.cases[5].dof_cut = true;
  EXPECT_EQ(arrows(), 2u);
}

TEST(ComparePlots, LimitsBeginWhereTheyAreFound) {
  const std::string svg = limits_svg(small_study().study);
  const double cutoff = attribute_of(svg, "<line class=\"limit\"", "x1");  // of the legend
  EXPECT_GT(cutoff, 0);
  const auto bar = [&](const char* style, const char* name) { return attribute_of(svg, style, name); };
  // Scale from two known places: resolved at 13 nm, printable from 14.5 nm.
  const double resolved = bar("<rect class=\"area s1 t1\"", "x"), printable = bar("<rect class=\"fill s1 t1\"", "x");
  const double nm = (printable - resolved) / 1.5;
  EXPECT_GT(nm, 3);
  EXPECT_NEAR(bar("<rect class=\"area s2 t2\"", "x"), resolved - 5 * nm, 0.3);
  expect_in(svg, {"resolved 13.0, prints 14.5 nm", "8.0 nm, none printable"});
}

TEST(ComparePlots, CostsBreakWhereTheMasksChange) {
  const CompareResult result = small_study();
  const std::string svg = cost_svg(result.study, small_productivity());
  ASSERT_EQ(polylines(svg, "curve s1").size(), 1u) << "24 nm stands alone; 28 and 32 nm are joined";
  EXPECT_EQ(polylines(svg, "curve s1")[0].size(), 2u);
  EXPECT_EQ(count(svg, "pointmark s1"), 1u) << "a lone point is seen all the same";
  ASSERT_EQ(polylines(svg, "curve s2").size(), 1u);
  EXPECT_EQ(polylines(svg, "curve s2")[0].size(), 4u);
  expect_in(svg, {">26.0 nm<", ">0.33 NA<", ">0.55 NA<"});
}

TEST(ComparePlots, UnitsLeaveTheNamesOfAssumptions) {
  const auto label = [](const char* name, const char* unit) {
    Assumption a;
    a.name = name;
    a.unit = unit;
    return assumption_label(a);
  };
  EXPECT_EQ(label("source_power_W", "W"), "source power");
  EXPECT_EQ(label("dose_mJ_cm2", "mJ/cm²"), "dose");
  EXPECT_EQ(label("wafer_acceleration_m_s2", "m/s²"), "wafer acceleration");
  EXPECT_EQ(label("field_x_mm", "mm"), "field x");
  EXPECT_EQ(label("edge_share", ""), "edge share");
  EXPECT_EQ(label("price_MEUR", "M€"), "price");
}

TEST(ComparePlots, ATornadoLeavesOutWhatHasNoEffect) {
  Tornado tornado = small_productivity().tornados[0];
  TornadoBar idle = tornado.bars[0];
  idle.assumption.name = "price_MEUR";
  idle.at_low = idle.at_high = 1.5;
  idle.width = 0;
  tornado.bars.push_back(idle);
  EXPECT_EQ(study_tornado_svg(tornado).find("price"), std::string::npos);
  tornado.bars[1].at_high.reset();
  expect_in(study_tornado_svg(tornado), {"low: price", ">none<"});
}

TEST(ComparePictures, ShareOneScaleOfColours) {
  const StudyResult study = small_study().study;
  const std::string svg = pattern_pictures_svg(study, 0);
  // The brightest place of all, 0.2 x 3, has the last colour, also where it is not in the picture.
  for (const std::size_t s : {0u, 1u}) {
    const std::string wanted = svg::image(0, 0, 1, 1, render_intensity(study.at(0, s).picture, 8, 0, 0.6));
    const std::string data = wanted.substr(wanted.find("href="), wanted.rfind('"') - wanted.find("href="));
    EXPECT_NE(svg.find(data), std::string::npos) << "scanner " << s;
  }
  expect_in(svg, {">0.33 NA<", ">0.55 NA<", ">printable<", "nm</text>", "0.55-0.90", "intensity × dose"});
}

TEST(ComparePictures, APatternWithoutImageSaysWhy) {
  const std::string svg = pattern_pictures_svg(small_study().study, 1);
  expect_in(svg, {">no image<", "no contrast:", "&lt;a&amp;b&gt;"});
  EXPECT_EQ(count(svg, ">no image<"), 2u) << "in the picture's place and as the verdict";
}

TEST(ComparePictures, TheSourceShowsTheObscuration) {
  const std::vector<SourcePoint> source = {{.sx = 0.5, .sy = 0, .weight = 1}};
  const std::string open = source_piece(source, 0.2, 0, 10, 20, 100);
  EXPECT_EQ(open.find("rim"), std::string::npos);
  const std::string piece = source_piece(source, 0.2, 0.3, 10, 20, 100);
  EXPECT_NEAR(attribute_of(piece, "<circle class=\"rim\"", "r"), 15, 0.06);
  EXPECT_NEAR(attribute_of(piece, "<circle class=\"rim\"", "cx"), 60, 0.06);
  EXPECT_NEAR(attribute_of(piece, "<circle class=\"frame\"", "r"), 50, 0.06);
}

TEST(CompareReport, IsOneSelfContainedPage) {
  CompareResult result = small_study();
  result.productivity = small_productivity();
  const std::string page = compare_report(result);
  EXPECT_EQ(page, compare_report(result)) << "the same result must give the same bytes";
  expect_in(page,
            {"study &lt;one&gt;", "EUV, 0.33 NA against EUV, 0.55 NA", "What the numbers say",
             "0.33 NA resolves 13.0 nm", "What they cannot say", "thin and perfect", "Smallest half pitch",
             "Process windows of", "Below 26 nm high is cheaper.", "Cost of a layer",
             "a &quot;published&quot; figure, 2023", "source power", "✓\u202f36", "✗\u202f20", "overlay is too large",
             "Horizontal against vertical", "Resolved recipe", "no conclusion is drawn", "up to 0.07 in NILS"});
  for (const char* part :
       {"http:", "https:", "<script", "src=\"/", "file:", "<one>", ">nan", "nan<", "=\"nan", "inf\"", "-nan"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  for (const char* tag :
       {"svg", "figure", "table", "section", "div", "details", "tr", "td", "th", "ul", "li", "span", "p"}) {
    const std::string name = tag;
    EXPECT_EQ(count(page, "<" + name + ">") + count(page, "<" + name + " "), count(page, "</" + name + ">")) << tag;
  }
  EXPECT_EQ(count(page, "<details class=\"fold\">"), 1u) << "horizontal lines, which are there vertically, are folded";
}

TEST(CompareReport, DirectionsAreToldTogetherWhereTheyAreTheSame) {
  CompareResult result = small_study();
  EXPECT_EQ(count(compare_report(result), "<td>lines vertical and horizontal</td>"), 1u);
  EXPECT_EQ(count(compare_report(result), "<td>lines horizontal</td>"), 0u);
  result.study.cases.back().verdict = Verdict::shallow;
  EXPECT_EQ(count(compare_report(result), "<td>lines vertical and horizontal</td>"), 0u);
  EXPECT_EQ(count(compare_report(result), "<td>lines horizontal</td>"), 1u);
}

TEST(CompareReport, LeavesOutWhatTheStudyDoesNotHave) {
  CompareResult result = small_study();
  result.study.limits.clear();
  result.study.families.clear();
  for (StudyPattern& p : result.study.patterns) p.family = "lines";  // no directions
  result.assumptions.clear();
  const std::string page = compare_report(result);
  for (const char* part : {"Productivity", "Assumptions", "found by bisection", "Best focus and direction"})
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  for (CaseResult& c : result.study.cases) c = printed(c.pattern, c.scanner, 0, Verdict::no_image);
  const std::string none = compare_report(result);
  EXPECT_EQ(none.find("Process windows of"), std::string::npos);
  for (const char* part : {">nan", "nan<", "=\"nan", "inf\""}) EXPECT_EQ(none.find(part), std::string::npos) << part;
}

TEST(CompareFigures, AreDrawingsOfTheirOwn) {
  CompareResult result = small_study();
  result.productivity = small_productivity();
  std::vector<std::string> names;
  const std::vector<StudyFigure> figures = compare_figures(result);
  const std::string page = compare_markdown(result, figures);
  for (const auto& [title, file] : figures) {
    names.push_back(file.name);
    EXPECT_EQ(count(file.text, "<svg"), count(file.text, "</svg>")) << file.name;
    EXPECT_EQ(count(file.text, "xmlns=\"http://www.w3.org/2000/svg\""), 1u) << file.name;
    expect_in(file.text, {" width=\"", " height=\"", "<style>", "prefers-color-scheme: dark", "svg .tick"});
    EXPECT_EQ(file.text.find("body {"), std::string::npos) << file.name;
    EXPECT_EQ(count(page, "![" + title + "](" + file.name + ")"), 1u);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"figures/limits.svg", "figures/lines_vertical_images.svg",
                                             "figures/lines_vertical_window.svg", "figures/lines_vertical_nils.svg",
                                             "figures/cost.svg", "figures/wafers.svg", "figures/tornado_1.svg"}));
  const std::string svg = svg::standalone(svg::open(120, 80.5, "t") + "</svg>");
  expect_in(svg, {"viewBox=\"0 0 120 80.5\"", " width=\"120\"", " height=\"80.5\""});
}

// ---------------------------------------------------------------------------------------------------------------------
// Tables.

/// The cells of a line; quotes may hold commas.
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> all(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        all.back() += line[++i];
      } else {
        quoted = !quoted;
      }
    } else if (line[i] == ',' && !quoted) {
      all.emplace_back();
    } else {
      all.back() += line[i];
    }
  }
  return all;
}

TEST(CompareTables, EveryLineHasEveryColumn) {
  CompareResult result = small_study();
  result.productivity = small_productivity();
  const auto files = compare_tables(result);
  ASSERT_EQ(files.size(), 9u);
  for (const TextFile& file : files) {
    std::istringstream stream(file.text);
    std::string line;
    std::getline(stream, line);
    const std::size_t columns = cells(line).size();
    std::size_t lines = 0;
    for (; std::getline(stream, line); ++lines) EXPECT_EQ(cells(line).size(), columns) << file.name << ": " << line;
    EXPECT_GT(lines, 0u) << file.name;
    EXPECT_EQ(file.text.find("nan"), std::string::npos) << file.name;
    EXPECT_EQ(file.text.find("null"), std::string::npos) << file.name;
  }
}

TEST(CompareTables, HoldTheNumbers) {
  CompareResult result = small_study();
  result.productivity = small_productivity();
  const auto of = [&](const std::string& name, const std::string& column, std::size_t row) -> std::string {
    for (const TextFile& file : compare_tables(result)) {
      if (file.name != name) continue;
      std::istringstream stream(file.text);
      std::string line;
      std::getline(stream, line);
      const auto head = cells(line);
      for (std::size_t i = 0; i <= row; ++i) std::getline(stream, line);
      return cells(line).at(static_cast<std::size_t>(std::find(head.begin(), head.end(), column) - head.begin()));
    }
    return "no such file";
  };
  EXPECT_EQ(of("cases.csv", "nils", 0), "2");
  EXPECT_EQ(of("cases.csv", "scanner", 1), "high");
  EXPECT_EQ(of("cases.csv", "nils", 2), "") << "no image, no NILS";
  EXPECT_EQ(of("cases.csv", "contrast", 2), "0.25") << "which is known all the same";
  EXPECT_EQ(of("cases.csv", "verdict", 2), "no image");
  EXPECT_EQ(of("cases.csv", "exposure_latitude_percent", 0), "18");
  EXPECT_EQ(of("limits.csv", "printable_half_pitch_nm", 1), "");
  EXPECT_EQ(of("assumptions.csv", "origin", 0), "a \"published\" figure, 2023");
  EXPECT_EQ(of("layers.csv", "finding", 0), "overlay is too large");
  EXPECT_EQ(of("layers.csv", "masks", 0), "");
  EXPECT_EQ(of("layers.csv", "masks", 1), "2");
  EXPECT_EQ(of("layers.csv", "flow", 1), "LELE");
  EXPECT_EQ(of("tornado.csv", "output_at_low", 0), "1.8");
  EXPECT_EQ(of("cross_overs.csv", "cheaper_below", 0), "high");
}

TEST(CompareTables, JsonSaysTheSame) {
  CompareResult result = small_study();
  result.productivity = small_productivity();
  const auto json = nlohmann::json::parse(compare_json(result));
  EXPECT_EQ(json["conclusions"].size(), study_conclusions(result).size());
  EXPECT_EQ(json["cases"].size(), 12u);
  EXPECT_EQ(json["cases"][0]["nils"], 2);
  EXPECT_TRUE(json["cases"][2]["nils"].is_null());
  EXPECT_EQ(json["cases"][0]["window"][1][0], 60);
  EXPECT_EQ(json["cases"][0]["gauges"][0]["mask_width_nm"], 56);
  EXPECT_EQ(json["limits"][0]["printable_half_pitch_nm"], 14.5);
  EXPECT_EQ(json["layers"][0]["finding"], "overlay is too large");
  EXPECT_EQ(json["cross_overs"][0]["pitch_nm"], 26);
  EXPECT_FALSE(nlohmann::json::parse(compare_json(small_study())).contains("layers"));
}

}  // namespace
}  // namespace anamorph
