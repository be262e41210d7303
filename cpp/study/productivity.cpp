// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/productivity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

constexpr const char* process_owner = "process";
constexpr const char* pitch_name = "smallest_pitch_nm";
constexpr const char* dose_name = "dose_factor";

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::recipe, "PRD-0005", message); }

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.4g", value);
  return buffer;
}

/// What a scanner's data file says that the study uses, and whether the tornado varies it.
constexpr std::pair<const char*, bool> used_of_scanner[] = {{"field_x_mm", false},
                                                            {"field_y_mm", false},
                                                            {"magnification_y", false},
                                                            {"slit_azimuth_deg", false},
                                                            {"throughput_per_hour", false},
                                                            {"throughput_fields", false},
                                                            {"dose_mJ_cm2", false},
                                                            {"source_power_W", true},
                                                            {"wafer_power_share", true},
                                                            {"slit_height_mm", true},
                                                            {"wafer_speed_mm_s", true},
                                                            {"mask_speed_mm_s", true},
                                                            {"wafer_acceleration_m_s2", true},
                                                            {"mask_acceleration_m_s2", true},
                                                            {"field_overhead_s", true},
                                                            {"wafer_overhead_s", true},
                                                            {"availability_share", true},
                                                            {"overlay_dedicated_nm", true},
                                                            {"overlay_matched_nm", true},
                                                            {"price_MEUR", true},
                                                            {"mask_cost_kEUR", true}};

Assumption assumption(const std::string& owner, const Quantity& q, bool varied) {
  Assumption a{owner, q.name, unit_of(q.name), q.value, q.value, q.value, q.low.has_value(), varied, q.origin};
  if (q.low) {
    a.low = *q.low;
    a.high = *q.high;
  } else if (varied) {
    a.low = std::min(0.8 * q.value, 1.2 * q.value);
    a.high = std::max(0.8 * q.value, 1.2 * q.value);
    if (q.name.ends_with("_share")) a.high = std::min(a.high, 1.0);
  }
  return a;
}

/// A scanner of the study with everything that one needs to tell the cost of a pitch.
struct Tool {
  ScannerCase given;  ///< with the calibrated parameter
  double dose_factor = 1;
  std::optional<Calibration> calibration;
  std::unique_ptr<LayerModel> model;  ///< none: `why_not`
  std::string why_not;

  void build(const std::vector<Quantity>& process, WaferMaps& maps) {
    model.reset();
    try {
      model = std::make_unique<LayerModel>(given.scanner, process, maps);
    } catch (const Error& error) {
      why_not = error.what();
    }
  }

  [[nodiscard]] Layer layer(double pitch_nm) const {
    if (!model) fail(why_not);
    return model->layer(pitch_nm, given.smallest_pitch_nm, [&](double pitch, double cd) -> std::optional<double> {
      const auto dose = given.dose_mJ_cm2 ? given.dose_mJ_cm2(pitch, cd) : std::nullopt;
      return dose ? std::optional(*dose * dose_factor) : std::nullopt;
    });
  }

  [[nodiscard]] std::optional<double> cost(double pitch_nm) const {
    try {
      return layer(pitch_nm).cost.total_EUR;
    } catch (const Error&) {
      return std::nullopt;
    }
  }
};

/// The scanners with one set of assumptions.
struct Study {
  std::vector<Tool> tools;
  std::vector<Quantity> process;

  void build(WaferMaps& maps) {
    for (Tool& tool : tools)
      if (tool.why_not.empty()) tool.build(process, maps);
  }

  /// Where the number of an assumption is.
  [[nodiscard]] double& of(const Assumption& a) {
    const auto in = [&](std::vector<Quantity>& quantities) -> double& {
      return std::find_if(quantities.begin(), quantities.end(), [&](const auto& q) { return q.name == a.name; })->value;
    };
    if (a.owner == process_owner) return in(process);
    Tool& tool =
        *std::find_if(tools.begin(), tools.end(), [&](const Tool& t) { return t.given.scanner.name == a.owner; });
    if (a.name == pitch_name) return tool.given.smallest_pitch_nm;
    if (a.name == dose_name) return tool.dose_factor;
    return in(tool.given.scanner.quantities);
  }

  /// The same with one of them at another value.
  [[nodiscard]] Study with(const Assumption& a, double value, WaferMaps& maps) const {
    Study copy;
    copy.process = process;
    for (const Tool& t : tools) copy.tools.push_back({t.given, t.dose_factor, {}, nullptr, t.model ? "" : t.why_not});
    copy.of(a) = value;
    copy.build(maps);
    return copy;
  }
};

std::vector<Assumption> assumptions_of(const Study& study) {
  std::vector<Assumption> all;
  for (const Tool& tool : study.tools) {
    const std::string& name = tool.given.scanner.name;
    for (const auto& [quantity, varied] : used_of_scanner)
      if (const Quantity* q = find_quantity(tool.given.scanner.quantities, quantity))
        all.push_back(assumption(name, *q, varied));
    const ScannerCase& c = tool.given;
    all.push_back(assumption(
        name,
        {pitch_name, c.smallest_pitch_nm, c.smallest_pitch_origin, c.smallest_pitch_low_nm, c.smallest_pitch_high_nm},
        true));
    all.push_back(assumption(name, {dose_name, tool.dose_factor, c.dose_origin, {}, {}}, true));
  }
  for (const Quantity& q : study.process) all.push_back(assumption(process_owner, q, true));
  return all;
}

// Which of two scanners is cheaper, over the pitch.

enum class State { neither, equal, first_only, second_only, first, second };

bool first_wins(State s) { return s == State::first || s == State::first_only; }
bool second_wins(State s) { return s == State::second || s == State::second_only; }

class Pair {
 public:
  Pair(const Tool& first, const Tool& second) : first_(first), second_(second) {}

  [[nodiscard]] State at(double pitch_nm) const {
    const auto a = first_.cost(pitch_nm), b = second_.cost(pitch_nm);
    if (!a && !b) return State::neither;
    if (!a || !b) return a ? State::first_only : State::second_only;
    if (std::abs(*a - *b) <= 1e-12 * (*a + *b)) return State::equal;
    return *a < *b ? State::first : State::second;
  }

  [[nodiscard]] Comparison compared(double low_nm, double high_nm) const {
    Comparison c{first_.given.scanner.name, second_.given.scanner.name, {}, {}, {}};
    // Between the pitches where exposures are added costs are smooth: these places, some steps between them, bisection.
    std::set<double> places;
    constexpr int steps = 96;
    for (int i = 0; i <= steps; ++i) places.insert(low_nm * std::pow(high_nm / low_nm, static_cast<double>(i) / steps));
    for (const Tool* tool : {&first_, &second_})
      for (int k = 1; k <= 20; ++k) {
        const double pitch = tool->given.smallest_pitch_nm / k;
        for (const double near : {pitch * (1 - 1e-9), pitch * (1 + 1e-9)})
          if (near > low_nm && near < high_nm) places.insert(near);
      }
    double from = *places.begin(), start = from;
    State state = at(from);
    for (auto it = std::next(places.begin()); it != places.end(); ++it) {
      while (at(*it) != state) {
        double inside = from, outside = *it;  // the state holds at `inside`
        while (outside - inside > 1e-9 * outside) {
          const double middle = (inside + outside) / 2;
          (at(middle) == state ? inside : outside) = middle;
        }
        add_range(c, start, outside, state);
        const State next = at(outside);
        if ((first_wins(state) && second_wins(next)) || (second_wins(state) && first_wins(next)))
          c.cross_overs.push_back({outside, winner(state), winner(next), jumps(inside, outside)});
        from = start = outside;
        state = next;
      }
      from = *it;
    }
    add_range(c, start, from, state);
    c.conclusion = concluded(c, low_nm, high_nm);
    return c;
  }

  [[nodiscard]] const std::string& winner(State s) const {
    static const std::string none;
    return first_wins(s) ? first_.given.scanner.name : second_wins(s) ? second_.given.scanner.name : none;
  }

 private:
  void add_range(Comparison& c, double low, double high, State s) const {
    c.ranges.push_back({low, high, winner(s), s == State::first_only || s == State::second_only});
  }

  [[nodiscard]] bool jumps(double below, double above) const {
    for (const Tool* tool : {&first_, &second_}) {
      const auto a = tool->cost(below), b = tool->cost(above);
      if (!a || !b || std::abs(*a - *b) > 1e-4 * *a) return true;
    }
    return false;
  }

  [[nodiscard]] std::string concluded(const Comparison& c, double low, double high) const {
    std::string out;
    if (c.cross_overs.empty()) {
      const auto known =
          std::find_if(c.ranges.begin(), c.ranges.end(), [](const auto& r) { return !r.cheaper.empty(); });
      out = "No cross-over between " + text(low) + " and " + text(high) + " nm of pitch.";
      if (known == c.ranges.end())
        return out + (std::any_of(c.ranges.begin(), c.ranges.end(),
                                  [&](const auto& r) { return at(r.low_nm) == State::equal; })
                          ? " Both cost the same."
                          : " Neither " + c.first + " nor " + c.second + " prints one of them.");
    } else {
      for (const CrossOver& x : c.cross_overs)
        out += (out.empty() ? "" : " ") + std::string("Below a pitch of ") + text(x.pitch_nm) + " nm " +
               x.cheaper_below + " is cheaper, above it " + x.cheaper_above +
               (x.jump ? ", by a jump of the costs." : ".");
    }
    for (const CheaperRange& r : c.ranges) {
      const std::string where = " From " + text(r.low_nm) + " to " + text(r.high_nm) + " nm ";
      if (r.only)
        out += where + "only " + r.cheaper + " prints.";
      else if (r.cheaper.empty() && at((r.low_nm + r.high_nm) / 2) == State::neither)
        out += where + "neither prints.";
      else if (c.cross_overs.empty() && !r.cheaper.empty())
        out += where + r.cheaper + " is cheaper.";
    }
    return out;
  }

  const Tool& first_;
  const Tool& second_;
};

// Sensitivity.

/// A number of a study, or why there is none.
struct Output {
  std::optional<double> value;
  std::string finding;
};
using OutputOf = std::function<Output(const Study&)>;

OutputOf cost_ratio(std::size_t second, double pitch_nm) {
  return [=](const Study& study) -> Output {
    try {
      const double a = study.tools[0].layer(pitch_nm).cost.total_EUR;
      return {study.tools[second].layer(pitch_nm).cost.total_EUR / a, {}};
    } catch (const Error& error) {
      return {{}, error.what()};
    }
  };
}

/// The cross-over in the direction of `like` that is nearest to it.
OutputOf cross_over(std::size_t second, double low_nm, double high_nm, CrossOver like) {
  return [=](const Study& study) -> Output {
    const Comparison c = Pair(study.tools[0], study.tools[second]).compared(low_nm, high_nm);
    Output out{{}, c.conclusion};
    for (const CrossOver& x : c.cross_overs)
      if (x.cheaper_below == like.cheaper_below &&
          (!out.value || std::abs(x.pitch_nm - like.pitch_nm) < std::abs(*out.value - like.pitch_nm)))
        out = {x.pitch_nm, {}};
    return out;
  };
}

Tornado tornado(const Study& study, const std::vector<Assumption>& assumptions, const std::string& output,
                const std::string& unit, const OutputOf& of, WaferMaps& maps) {
  Tornado t{output, unit, {}, {}, {}};
  const Output nominal = of(study);
  t.value = nominal.value;
  t.finding = nominal.finding;
  if (!t.value) return t;
  for (const Assumption& a : assumptions) {
    if (!a.varied) continue;
    TornadoBar bar{a, {}, {}, 0, {}};
    double least = *t.value, most = *t.value;
    for (const bool high : {false, true}) {
      const double value = high ? a.high : a.low;
      const Output there = value == a.value ? nominal : of(study.with(a, value, maps));
      (high ? bar.at_high : bar.at_low) = there.value;
      if (there.value) {
        least = std::min(least, *there.value);
        most = std::max(most, *there.value);
      } else {
        bar.finding += (bar.finding.empty() ? "" : " ") + std::string("At ") + text(value) + ": " + there.finding;
      }
    }
    bar.width = most - least;
    t.bars.push_back(std::move(bar));
  }
  std::stable_sort(t.bars.begin(), t.bars.end(), [](const TornadoBar& a, const TornadoBar& b) {
    const bool lost_a = !a.at_low || !a.at_high, lost_b = !b.at_low || !b.at_high;
    return lost_a != lost_b ? lost_a : a.width > b.width;
  });
  return t;
}

void check(const ProductivityPlan& plan) {
  if (plan.scanners.empty()) fail("a productivity study without a scanner");
  std::set<std::string> names{process_owner};
  for (const ScannerCase& c : plan.scanners) {
    if (c.scanner.name.empty() || !names.insert(c.scanner.name).second)
      fail("the scanners of a productivity study need names of their own; \"" + c.scanner.name + "\" is taken");
    if (!(c.smallest_pitch_nm >= 0 && std::isfinite(c.smallest_pitch_nm)))
      fail("the smallest pitch of " + c.scanner.name + " is no number from 0 on; expected 0 where none is known");
    if (c.smallest_pitch_low_nm.has_value() != c.smallest_pitch_high_nm.has_value())
      fail("the smallest pitch of " + c.scanner.name + " has one end of its range; expected both or none");
  }
  if (!(plan.pitch_low_nm > 0 && plan.pitch_high_nm > plan.pitch_low_nm && std::isfinite(plan.pitch_high_nm)))
    fail("pitches from " + text(plan.pitch_low_nm) + " to " + text(plan.pitch_high_nm) +
         " nm; expected an ascending range above 0");
  for (const double pitch : plan.pitches_nm)
    if (!(pitch > 0 && std::isfinite(pitch))) fail("a pitch of " + text(pitch) + " nm; expected more than 0");
  for (const std::string& name : process_quantities())
    if (!find_quantity(plan.process, name)) fail("the process does not say " + name);
}

}  // namespace

ProductivityResult productivity(const ProductivityPlan& plan) {
  check(plan);
  ProductivityResult result;
  WaferMaps maps;
  Study study;
  study.process = plan.process;
  for (const ScannerCase& c : plan.scanners) {
    Tool tool{c, 1, {}, nullptr, {}};
    try {
      tool.calibration = calibrate(c.scanner, wafer_plan(c.scanner, plan.process));
      tool.given.scanner = calibrated(c.scanner, tool.calibration);
    } catch (const Error& error) {
      tool.why_not = error.what();
    }
    study.tools.push_back(std::move(tool));
  }
  study.build(maps);
  result.assumptions = assumptions_of(study);

  double reference = 0;
  for (const Tool& tool : study.tools) {
    ScannerProductivity s{tool.given.scanner.name, tool.given.scanner.title, tool.calibration, {}, {}, {}, {}};
    if (tool.model) {
      s.wafer = tool.model->wafer();
      const double dose = tool.given.scanner.value("dose_mJ_cm2", 0);
      if (dose > 0)
        s.quoted = tool.model->single(dose);
      else
        s.findings.push_back("no dose_mJ_cm2 at which throughput is quoted");
    } else {
      s.findings.push_back(tool.why_not);
    }
    if (&tool == &study.tools.front() && s.quoted) reference = s.quoted->cost.total_EUR;
    for (const double pitch : plan.pitches_nm) {
      PitchResult p{pitch, {}, 0, {}};
      try {
        p.layer = tool.layer(pitch);
        if (reference > 0) p.relative_cost = p.layer->cost.total_EUR / reference;
      } catch (const Error& error) {
        p.finding = error.what();
      }
      s.pitches.push_back(std::move(p));
    }
    for (const std::string& finding : s.findings) result.findings.push_back(s.scanner + ": " + finding);
    result.scanners.push_back(std::move(s));
  }
  if (!(reference > 0))
    result.findings.push_back("No relative costs: one exposure on " + study.tools[0].given.scanner.name +
                              " cannot be told.");

  for (std::size_t i = 0; i < study.tools.size(); ++i)
    for (std::size_t j = i + 1; j < study.tools.size(); ++j)
      result.comparisons.push_back(
          Pair(study.tools[i], study.tools[j]).compared(plan.pitch_low_nm, plan.pitch_high_nm));

  for (std::size_t j = 1; j < study.tools.size(); ++j) {
    const Comparison& c = result.comparisons[j - 1];
    const std::string names = c.second + " over " + c.first;
    if (plan.ratio_pitch_nm > 0)
      result.tornados.push_back(tornado(study, result.assumptions,
                                        "cost of a layer of " + text(plan.ratio_pitch_nm) + " nm pitch, " + names, "",
                                        cost_ratio(j, plan.ratio_pitch_nm), maps));
    Tornado t{"cross-over pitch of " + c.first + " and " + c.second, "nm", {}, {}, c.conclusion};
    if (!c.cross_overs.empty())
      t = tornado(study, result.assumptions, t.output, t.unit,
                  cross_over(j, plan.pitch_low_nm, plan.pitch_high_nm, c.cross_overs.back()), maps);
    result.tornados.push_back(std::move(t));
  }
  return result;
}

}  // namespace anamorph
