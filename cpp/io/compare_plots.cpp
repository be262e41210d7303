// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/compare_plots.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "cpp/io/html.hpp"
#include "cpp/io/line_plot.hpp"
#include "cpp/io/plot_frame.hpp"
#include "cpp/io/svg.hpp"
#include "cpp/io/tornado_plot.hpp"

namespace anamorph {
namespace {

using html::number;
using namespace svg;

constexpr double small_width = 236, small_height = 170, small_margin = 80;
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

int colour_of(std::size_t scanner) { return 1 + static_cast<int>(scanner % 5); }

PlotMark mark_of(const CaseResult& c) {
  return c.verdict == Verdict::printable ? PlotMark::full : c.resolved() ? PlotMark::hollow : PlotMark::cross;
}

/// A figure of a case; NaN where it has none.
using CaseFigure = std::function<double(const CaseResult&)>;

PlotSeries pitch_series(const StudyResult& study, const StudyFamily& family, std::size_t scanner,
                        const CaseFigure& figure) {
  PlotSeries series{.name = scanner_short(study, scanner), .colour = colour_of(scanner)};
  for (const std::size_t p : family.patterns) {
    const CaseResult& c = study.at(p, scanner);
    series.points.push_back({study.patterns[p].pitch_nm, figure(c), mark_of(c)});
  }
  return series;
}

LinePlot pitch_plot(const StudyResult& study, const StudyFamily& family, const std::string& title,
                    const std::string& unit, const CaseFigure& figure) {
  LinePlot plot{.title = title + " of " + family.name + " over pitch",
                .x = {"pitch (nm)"},
                .y = {unit.empty() ? title : title + " (" + unit + ")"},
                .width = small_width,
                .height = small_height,
                .margin = small_margin};
  for (std::size_t s = 0; s < study.scanners.size(); ++s) plot.series.push_back(pitch_series(study, family, s, figure));
  return plot;
}

/// A scale from 0.
LinePlot from_zero(LinePlot plot) {
  plot.y.low = 0;
  return plot;
}

/// A logarithmic scale where values differ by much.
LinePlot wide(LinePlot plot) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const PlotSeries& s : plot.series)
    for (const PlotPoint& p : s.points)
      if (p.y > 0 && std::isfinite(p.y)) {
        low = std::min(low, p.y);
        high = std::max(high, p.y);
      }
  plot.y.logarithmic = high > 12 * low;
  return plot.y.logarithmic ? plot : from_zero(plot);
}

/// The depths of focus that are wanted, as places on an axis; in the scanners' colours where they differ.
void add_budgets(const StudyResult& study, LinePlot& plot, bool upright) {
  const auto budget = [&](std::size_t s) { return study.scanners[s].focus_budget_nm; };
  bool same = true;
  for (std::size_t s = 1; s < study.scanners.size(); ++s) same = same && budget(s) == budget(0);
  for (std::size_t s = 0; s < (same ? 1 : study.scanners.size()); ++s)
    if (budget(s) > 0)
      plot.levels.push_back(
          {"≥ " + number(budget(s)) + (upright ? "" : " nm"), budget(s), upright, true, same ? -1 : colour_of(s)});
}

double least_mask_dimension(const CaseResult& c) {
  double least = std::numeric_limits<double>::infinity();
  for (const GaugeOutcome& g : c.gauges) least = std::min({least, g.mask_width_nm, g.mask_gap_nm});
  return std::isfinite(least) ? least : nothing;
}

/// Of the scanners, by name, in the study; those that it does not have come after.
std::size_t index_of(const StudyResult& study, const std::string& name) {
  const auto it =
      std::find_if(study.scanners.begin(), study.scanners.end(), [&](const StudyScanner& s) { return s.name == name; });
  return static_cast<std::size_t>(it - study.scanners.begin());
}

std::string label_of(const StudyResult& study, const std::string& name) {
  const std::size_t i = index_of(study, name);
  return i < study.scanners.size() ? scanner_short(study, i) : name;
}

/// Curves over pitch of what layers take; a new number of masks begins a new piece.
LinePlot layer_plot(const StudyResult& study, const ProductivityResult& productivity, const std::string& title,
                    const std::function<double(const PitchResult&)>& figure) {
  LinePlot plot{.title = title + " over pitch", .x = {"pitch of the layer (nm)"}, .y = {title, 0}};
  for (const ScannerProductivity& s : productivity.scanners) {
    PlotSeries series{.name = label_of(study, s.scanner), .colour = colour_of(index_of(study, s.scanner))};
    std::vector<const PitchResult*> pitches;
    for (const PitchResult& p : s.pitches) pitches.push_back(&p);
    std::sort(pitches.begin(), pitches.end(),
              [](const PitchResult* a, const PitchResult* b) { return a->pitch_nm < b->pitch_nm; });
    const PitchResult* last = nullptr;
    for (const PitchResult* p : pitches) {
      if (last != nullptr && (!last->layer || !p->layer || last->layer->masks != p->layer->masks))
        series.points.push_back({(last->pitch_nm + p->pitch_nm) / 2, nothing});
      if (p->layer) series.points.push_back({p->pitch_nm, figure(*p)});
      last = p;
    }
    plot.series.push_back(std::move(series));
  }
  return plot;
}

}  // namespace

std::string limits_svg(const StudyResult& study) {
  constexpr double left = 212, top = 30, width = 400, row = 26, family_gap = 16, bar = 15;
  double high = 0, count = 0, families = 0;
  std::string family;
  for (const LimitResult& l : study.limits) {
    ++count;
    if (l.family != family) ++families;
    family = l.family;
    for (const double v : {l.cutoff_nm, l.resolved_nm.value_or(0), l.printable_nm.value_or(0)})
      high = std::max(high, v);
  }
  if (count == 0 || !(high > 0)) return {};
  high *= 2.2;  // room for the words on the bars
  const double height = count * row + families * family_gap;
  const auto x = [&](double nm) { return left + width * nm / high; };
  std::string out = open(left + width + 16, top + height + 52, "smallest half pitches");
  for (const double v : ticks(0, high, 6))
    out += line(x(v), top, x(v), top + height, "grid") + line(x(v), top + height, x(v), top + height + 5, "axis") +
           label(x(v), top + height + 20, number(v), "tick mid");
  double y = top;
  family.clear();
  for (const LimitResult& l : study.limits) {
    if (l.family != family) {
      if (y > top) out += line(16, y + family_gap / 2, left + width, y + family_gap / 2, "grid");
      y += family_gap;
      out += label(16, y + 12, l.family, "direct");
    }
    family = l.family;
    const std::string colour = std::to_string(colour_of(l.scanner));
    out += label(left - 10, y + 12, scanner_short(study, l.scanner), "tick end");
    if (l.resolved_nm) {
      const double printed = l.printable_nm.value_or(high);
      out += rect(x(*l.resolved_nm), y, x(printed) - x(*l.resolved_nm), bar, "area s" + colour + " t" + colour);
      out += rect(x(printed), y, left + width - x(printed), bar, "fill s" + colour + " t" + colour);
      const std::string resolved = number(*l.resolved_nm, 1),
                        printable = l.printable_nm ? number(*l.printable_nm, 1) : "";
      const std::string text = printable.empty()       ? resolved + " nm, none printable"
                               : printable == resolved ? resolved + " nm"
                                                       : "resolved " + resolved + ", prints " + printable + " nm";
      out += label(l.printable_nm ? x(printed) + 6 : x(*l.resolved_nm) + 6, y + 12, text,
                   l.printable_nm ? "tick onbar" : "tick");
    } else {
      out += label(x(l.cutoff_nm) + 8, y + 12, "none resolved", "tick wanted");
    }
    out += line(x(l.cutoff_nm), y - 3, x(l.cutoff_nm), y + bar + 3, "limit");
    y += row;
  }
  out += rect(left, top, width, height, "frame");
  const double key = top - 22;
  double at = left;
  const auto entry = [&](const std::string& sample, double sample_width, const std::string& text) {
    out += sample + label(at + sample_width + 6, key + 11, text, "tick");
    at += sample_width + 6 + label_width(text, 13) + 18;
  };
  entry(rect(at, key, 22, 12, "fill s0 t0"), 22, "printable");
  entry(rect(at, key, 22, 12, "area s0 t0"), 22, "resolved only");
  entry(line(at + 4, key - 1, at + 4, key + 13, "limit"), 8, "cut-off λ / 4 NA");
  return out + label(left + width / 2, top + height + 43, "half pitch (nm)", "name mid") + "</svg>";
}

std::vector<TitledPlot> pitch_plots(const StudyResult& study, const StudyFamily& family) {
  const StudySettings& set = study.settings;
  const auto of_image = [](const CaseFigure& figure) {
    return [figure](const CaseResult& c) { return c.verdict == Verdict::no_image ? nothing : figure(c); };
  };
  const auto plot = [&](const std::string& title, const std::string& unit, const CaseFigure& figure) {
    return pitch_plot(study, family, title, unit, figure);
  };
  std::vector<TitledPlot> plots;

  LinePlot nils = from_zero(plot("NILS", "", of_image([](const CaseResult& c) { return c.nils; })));
  nils.levels.push_back({"≥ " + number(set.resolved_nils), set.resolved_nils});
  plots.push_back({"NILS", line_plot_svg(nils)});

  LinePlot contrast = plot("contrast", "", [](const CaseResult& c) { return c.contrast; });
  contrast.y.low = 0;
  contrast.y.high = 1.04;
  plots.push_back({"Contrast", line_plot_svg(contrast)});

  LinePlot latitude =
      from_zero(plot("exposure latitude", "%", of_image([](const CaseResult& c) { return c.latitude_percent; })));
  latitude.levels.push_back({number(set.latitude_percent) + " %", set.latitude_percent, false, false});
  plots.push_back({"Exposure latitude at the best focus", line_plot_svg(latitude)});

  LinePlot dof = from_zero(plot("depth of focus", "nm", of_image([](const CaseResult& c) { return c.dof_nm; })));
  for (std::size_t s = 0; s < study.scanners.size(); ++s) {
    std::size_t i = 0;
    for (const std::size_t p : family.patterns) {
      if (study.at(p, s).dof_cut) dof.series[s].points[i].mark = PlotMark::arrow;
      ++i;
    }
  }
  add_budgets(study, dof, false);
  plots.push_back({"Depth of focus at " + number(set.latitude_percent) + " % latitude", line_plot_svg(dof)});

  plots.push_back(
      {"MEEF", line_plot_svg(wide(plot("MEEF", "", of_image([](const CaseResult& c) { return c.meef; }))))});

  LinePlot dose = wide(plot("dose", "mJ/cm²", of_image([](const CaseResult& c) { return c.dose_for_noise_mj_cm2; })));
  plots.push_back({"Dose for " + number(set.cd_variation_percent) + " % CD variation by photons", line_plot_svg(dose)});

  LinePlot mask = from_zero(plot("on the mask", "nm", least_mask_dimension));
  if (set.mask_minimum_nm > 0) mask.levels.push_back({"≥ " + number(set.mask_minimum_nm) + " nm", set.mask_minimum_nm});
  plots.push_back({"Least dimension on the mask", line_plot_svg(mask)});

  LinePlot focus =
      plot("best focus", "nm", of_image([](const CaseResult& c) { return c.best_focus_nm.value_or(nothing); }));
  focus.y.least = 2;  // below that there is only rounding
  plots.push_back({"Best focus (thin mask)", line_plot_svg(focus)});

  std::erase_if(plots, [](const TitledPlot& p) { return p.svg.empty(); });
  return plots;
}

std::string study_window_svg(const StudyResult& study, std::size_t pattern) {
  LinePlot plot{.title = "process windows of " + study.patterns[pattern].name,
                .x = {"focus (nm)"},
                .y = {"dose over the dose to size"}};
  for (std::size_t s = 0; s < study.scanners.size(); ++s)
    if (const CaseResult& c = study.at(pattern, s); !c.window.empty())
      plot.areas.push_back({scanner_label(study, s), c.window, colour_of(s)});
  plot.levels.push_back({"", 1, false, false});
  return plot.areas.empty() ? "" : line_plot_svg(plot);
}

std::string study_latitude_svg(const StudyResult& study, std::size_t pattern, bool small) {
  LinePlot plot{.title = "exposure latitude over depth of focus of " + study.patterns[pattern].name,
                .x = {"depth of focus (nm)", 0},
                .y = {"exposure latitude (%)", 0},
                .width = small ? small_width : 520,
                .height = small ? small_height : 330,
                .margin = small ? small_margin : 16};
  for (std::size_t s = 0; s < study.scanners.size(); ++s) {
    const CaseResult& c = study.at(pattern, s);
    if (c.latitude_curve.size() < 2) continue;
    PlotSeries& series = plot.series.emplace_back(PlotSeries{.name = scanner_short(study, s), .colour = colour_of(s)});
    for (const LatitudePoint& p : c.latitude_curve) series.points.push_back({p.dof_nm, p.latitude_percent});
  }
  if (plot.series.empty()) return {};
  add_budgets(study, plot, true);
  plot.levels.push_back({number(study.settings.latitude_percent) + " %", study.settings.latitude_percent});
  return line_plot_svg(plot);
}

std::string cost_svg(const StudyResult& study, const ProductivityResult& productivity) {
  LinePlot plot = layer_plot(study, productivity, "relative cost of a layer",
                             [](const PitchResult& p) { return p.relative_cost > 0 ? p.relative_cost : nothing; });
  for (const Comparison& c : productivity.comparisons)
    for (const CrossOver& o : c.cross_overs)
      plot.levels.push_back({number(o.pitch_nm, 1) + " nm", o.pitch_nm, true, false});
  return line_plot_svg(plot);
}

std::string layers_per_hour_svg(const StudyResult& study, const ProductivityResult& productivity) {
  return line_plot_svg(layer_plot(study, productivity, "wafers with a whole layer per hour",
                                  [](const PitchResult& p) { return p.layer->layers_per_hour; }));
}

std::string masks_svg(const StudyResult& study, const ProductivityResult& productivity) {
  LinePlot plot = layer_plot(study, productivity, "masks of a layer",
                             [](const PitchResult& p) { return static_cast<double>(p.layer->masks); });
  plot.y.whole = true;
  // Curves lie on top of each other where the numbers are the same.
  for (std::size_t i = 1; i < plot.series.size(); ++i) plot.series[i].dashed = true;
  return line_plot_svg(plot);
}

std::string assumption_label(const Assumption& assumption) {
  // The unit as it ends the name.
  std::string plain;
  const std::pair<std::string, const char*> letters[] = {{"²", "2"},   {"³", "3"}, {"µ", "u"},
                                                         {"€", "EUR"}, {"/", "_"}, {" ", "_"}};
  for (std::size_t i = 0; i < assumption.unit.size();) {
    const auto it = std::find_if(std::begin(letters), std::end(letters), [&](const auto& l) {
      return assumption.unit.compare(i, l.first.size(), l.first) == 0;
    });
    plain += it == std::end(letters) ? std::string(1, assumption.unit[i]) : it->second;
    i += it == std::end(letters) ? 1 : it->first.size();
  }
  std::string name = assumption.name;
  if (!plain.empty() && name.ends_with("_" + plain)) name.resize(name.size() - plain.size() - 1);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

bool has_effect(const TornadoBar& bar) { return !bar.at_low || !bar.at_high || bar.width > 0; }

std::string study_tornado_svg(const Tornado& tornado) {
  if (!tornado.value) return {};
  TornadoPlot plot{
      tornado.output, tornado.output + (tornado.unit.empty() ? "" : " (" + tornado.unit + ")"), *tornado.value, {}};
  for (const TornadoBar& b : tornado.bars) {
    if (!has_effect(b) || plot.rows.size() == most_tornado_rows) continue;
    const Assumption& a = b.assumption;
    plot.rows.push_back({a.owner + ": " + assumption_label(a),
                         number(a.low) + " … " + number(a.high) + (a.unit.empty() ? "" : " " + a.unit), b.at_low,
                         b.at_high});
  }
  return tornado_svg(plot);
}

}  // namespace anamorph
