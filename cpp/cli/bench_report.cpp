// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/cli/bench_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "cpp/core/version.hpp"
#include "cpp/io/html.hpp"
#include "cpp/io/page.hpp"
#include "cpp/io/svg.hpp"

namespace anamorph::cli {
namespace {

using html::coordinate;
using html::escape;
using namespace svg;

/// Of one end of a logarithmic axis to the other, in whole decades.
struct Decades {
  int low, high;
  double begin, length;  ///< place of the low end; the length may be negative
  [[nodiscard]] double at(double value) const { return begin + length * (std::log10(value) - low) / (high - low); }
};

Decades decades(double least, double most, double begin, double length) {
  const int low = static_cast<int>(std::floor(std::log10(least) + 1e-9)),
            high = static_cast<int>(std::ceil(std::log10(most) - 1e-9));
  return {low, std::max(high, low + 1), begin, length};
}

const StageResult* find_stage(const BatchResult& batch, const std::string& name) {
  const auto found =
      std::find_if(batch.stages.begin(), batch.stages.end(), [&](const StageResult& s) { return s.name == name; });
  return found == batch.stages.end() || !found->timing ? nullptr : &*found;
}

/// The stages that a reader looks for first; the table has them all.
constexpr std::array<const char*, 6> kCurves{"iteration",     "iteration_recorded", "forward_prints",
                                             "mask_spectrum", "print_loss",         "coherent_sum_in_focus"};

std::string time_svg(const CaseResult& one) {
  constexpr double left = 84, top = 12, width = 360, height = 300;
  double least = 1e300, most = 0;
  std::vector<int> batches;
  for (const BatchResult& batch : one.batches)
    for (const char* name : kCurves)
      if (const StageResult* stage = find_stage(batch, name)) {
        least = std::min(least, stage->timing->median_s / batch.batch);
        most = std::max(most, stage->timing->median_s / batch.batch);
        if (batches.empty() || batches.back() != batch.batch) batches.push_back(batch.batch);
      }
  if (batches.size() < 2) return {};
  const Decades y = decades(1e3 * least, 1e3 * most, top + height, -height);
  const double first = std::log2(batches.front()), last = std::log2(batches.back());
  const auto x = [&](int batch) { return left + 16 + (width - 32) * (std::log2(batch) - first) / (last - first); };

  std::string out = open(left + width + 200, top + height + 50, "time per clip over the batch size");
  for (int d = y.low; d <= y.high; ++d) {
    const double at = y.at(std::pow(10.0, d));
    out += line(left, at, left + width, at, "grid") +
           label(left - 9, at + 4.5, d >= -2 && d <= 3 ? html::number(std::pow(10.0, d)) : html::power_of_ten(d), "tick end");
  }
  for (const int batch : batches)
    out += line(x(batch), top + height, x(batch), top + height + 5, "axis") +
           label(x(batch), top + height + 20, std::to_string(batch), "tick mid");
  out += rect(left, top, width, height, "frame");
  struct End {
    double y;
    std::string name, colour;
  };
  std::vector<End> ends;
  for (std::size_t curve = 0; curve < kCurves.size(); ++curve) {
    const std::string colour = std::to_string(curve);
    std::string points;
    double end = 0;
    for (const BatchResult& batch : one.batches)
      if (const StageResult* stage = find_stage(batch, kCurves[curve])) {
        end = y.at(1e3 * stage->timing->median_s / batch.batch);
        points += coordinate(x(batch.batch)) + "," + coordinate(end) + " ";
        out += "<circle class=\"t" + colour + "\"" + attribute("cx", x(batch.batch)) + attribute("cy", end) + " r=\"3.2\"/>";
      }
    if (points.empty()) continue;
    out += "<polyline class=\"curve s" + colour + "\" points=\"" + points + "\"/>";
    ends.push_back({end, kCurves[curve], colour});
  }
  // Names beside the ends of the curves, none on top of another: down from the highest, then up from the lowest.
  std::sort(ends.begin(), ends.end(), [](const End& a, const End& b) { return a.y < b.y; });
  constexpr double kLine = 17;
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i].y = std::max(ends[i].y, ends[i - 1].y + kLine);
  for (std::size_t i = ends.size(); i-- > 0;)
    ends[i].y = std::min(ends[i].y, i + 1 == ends.size() ? top + height : ends[i + 1].y - kLine);
  for (const End& end : ends) out += label(left + width + 10, end.y + 4.5, end.name, "direct t" + end.colour);
  out += label(left + width / 2, top + height + 42, "clips in a batch", "name mid");
  out += upright(18, top + height / 2, "ms per clip", "name mid");
  return out + "</svg>";
}

/// A bar for each stage of the largest batch that was timed.
std::string ratio_svg(const BatchResult& batch) {
  constexpr double left = 246, top = 8, width = 350, row = 24;
  std::vector<const StageResult*> stages;
  double least = 1, most = 10;
  for (const StageResult& stage : batch.stages)
    if (stage.timing && stage.floor_s > 0) {
      stages.push_back(&stage);
      least = std::min(least, stage.timing->median_s / stage.floor_s);
      most = std::max(most, stage.timing->median_s / stage.floor_s);
    }
  if (stages.empty()) return {};
  const double height = row * static_cast<double>(stages.size());
  const Decades x = decades(least, 1.3 * most, left, width);  // room for the last number
  std::string out = open(left + width + 72, top + height + 50, "ratio to the floor");
  for (int d = x.low; d <= x.high; ++d) {
    const double at = x.at(std::pow(10.0, d));
    out += line(at, top, at, top + height, d == 0 ? "limit" : "grid") +
           label(at, top + height + 20, html::number(std::pow(10.0, d)), "tick mid");
  }
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const double y = top + row * static_cast<double>(i), ratio = stages[i]->timing->median_s / stages[i]->floor_s;
    out += label(left - 9, y + row / 2 + 4.5, stages[i]->name, "tick end");
    out += rect(left, y + 4, std::max(1.0, x.at(ratio) - left), row - 8, stages[i]->memory_bound ? "t1" : "t2");
    out += label(x.at(ratio) + 6, y + row / 2 + 4.5, html::number(ratio) + (stages[i]->fits_cache ? " c" : ""), "tick");
  }
  out += rect(left, top, width, height, "frame");
  out += label(left + width / 2, top + height + 42, "time / floor", "name mid");
  return out + "</svg>";
}

std::string cell(const std::string& text, bool is_number = true) {
  return (is_number ? "<td class=\"n\">" : "<td>") + text + "</td>";
}

std::string milliseconds(double seconds) { return html::scientific(1e3 * seconds); }
std::string megabytes(std::size_t bytes) { return bytes == 0 ? "" : html::number(static_cast<double>(bytes) / 1e6, 0); }

std::string state(bool out_of_memory, const std::optional<BenchCheck>& check) {
  if (out_of_memory) return "out of memory";
  if (check && !check->pass()) return "<span class=\"no\">check failed</span>";
  return "";
}

std::string error_text(const std::optional<BenchCheck>& check) {
  return check ? (std::isfinite(check->error) ? html::scientific(check->error) : "not a number") : "";
}

std::string heads(std::initializer_list<const char*> names) {
  std::string out = "<tr>";
  bool first = true;
  for (const char* name : names) {
    out += (first ? "<th>" : "<th class=\"n\">") + escape(name) + "</th>";
    first = false;
  }
  return out + "</tr>\n";
}

std::string stage_table(const BatchResult& batch) {
  std::string rows = heads({"stage", "ms", "ms per clip", "floor ms", "time / floor", "spread", "noise", "error", "allowed", "peak MB"});
  for (const StageResult& s : batch.stages) {
    rows += "<tr><td title=\"" + escape(s.what) + "\">" + escape(s.name) + "</td>";
    if (s.timing) {
      const BenchTiming& t = *s.timing;
      rows += cell(milliseconds(t.median_s)) + cell(milliseconds(t.median_s / batch.batch)) +
              cell(s.floor_s > 0 ? milliseconds(s.floor_s) : "") +
              cell(s.floor_s > 0 ? html::number(t.median_s / s.floor_s) : "") +
              cell(html::number(100 * t.spread(), 0) + " %") +
              cell(t.moments_s.size() == 2 ? html::number(100 * (t.moments_s[1] / t.moments_s[0] - 1), 0) + " %" : "");
    } else {
      rows += "<td colspan=\"6\">" + state(s.out_of_memory, s.check) + "</td>";
    }
    rows += cell(error_text(s.check)) + cell(s.check ? html::scientific(s.check->tolerance) : "") +
            cell(megabytes(s.peak_memory_bytes)) + "</tr>\n";
  }
  return rows;
}

std::string job_table(const std::vector<JobResult>& jobs) {
  std::string rows = heads({"job", "clips", "iterations", "s", "s per clip", "error", "peak MB"});
  for (const JobResult& job : jobs) {
    rows += "<tr><td title=\"" + escape(job.what) + "\">" + escape(job.name) + "</td>" +
            cell(std::to_string(job.clips)) + cell(std::to_string(job.iterations));
    if (job.timing)
      rows += cell(html::number(job.timing->median_s)) + cell(html::number(job.timing->median_s / job.clips));
    else
      rows += "<td colspan=\"2\">" + state(job.out_of_memory, job.check) + "</td>";
    rows += cell(error_text(job.check)) + cell(megabytes(job.peak_memory_bytes)) + "</tr>\n";
  }
  return rows;
}

const BatchResult* largest_timed(const CaseResult& one) {
  for (auto batch = one.batches.rbegin(); batch != one.batches.rend(); ++batch)
    if (std::any_of(batch->stages.begin(), batch->stages.end(), [](const StageResult& s) { return s.timing.has_value(); }))
      return &*batch;
  return nullptr;
}

std::string bound_key() {
  return page::key_area("floor by bytes moved", "var(--s1)") + page::key_area("floor by flops", "var(--s2)");
}

std::string verdict(bool pass) {
  return std::string("<div class=\"card verdict ") + (pass ? "pass" : "fail") + "\"><span>Checks</span><b>" +
         (pass ? "all passed" : "failed") + "</b></div>\n";
}

}  // namespace

std::string bench_report(const BenchResult& result, const BenchRecord& record) {
  std::string out = page::head("Benchmark " + result.backend);
  out += "<header><h1>Benchmark of " + escape(result.backend) + "</h1><p>" + escape(result.device) + ", " +
         escape(record.date) + "</p></header>\n<div class=\"cards\">" + verdict(result.pass());
  if (result.ceilings) {
    out += page::card("Copy, read + written", html::number(result.ceilings->copy_bytes_per_s / 1e9), "GB/s");
    out += page::card("Matrix product", html::number(result.ceilings->gemm_flops_per_s / 1e9), "Gflop/s");
    if (result.ceilings->peak_flops_per_s)
      out += page::card("Multiply-adds", html::number(*result.ceilings->peak_flops_per_s / 1e9), "Gflop/s");
  }
  for (const JobResult& job : result.jobs)
    if (job.timing)
      out += page::card(job.name + ", " + std::to_string(job.clips) + (job.clips == 1 ? " clip" : " clips"),
                        html::number(job.timing->median_s / job.clips), "s per clip");
  out += "</div>\n";
  if (!record.complete) out += page::warnings({"The run was stopped: not everything that was asked for is here."});

  for (const CaseResult& one : result.cases) {
    std::string figures;
    if (const std::string times = time_svg(one); !times.empty())
      figures += page::figure("time-" + one.name, "Time per clip", times, "Medians; both axes are logarithmic.");
    if (const BatchResult* batch = largest_timed(one))
      if (const std::string ratios = ratio_svg(*batch); !ratios.empty())
        figures += page::figure("ratio-" + one.name,
                                "Time over the least time possible here, batch " + std::to_string(batch->batch), ratios,
                                bound_key() + "<span>c: its bytes fit the last cache and may move faster</span>");
    out += page::section(escape(one.name), figures);
    out += "<p>" + escape(one.what) + ", " + std::to_string(one.corners) + " corners; fields of " +
           std::to_string(one.field_nx) + " x " + std::to_string(one.field_ny) + "</p>\n";
    std::string tables;
    for (const BatchResult& batch : one.batches)
      tables += page::panel("Batch of " + std::to_string(batch.batch), stage_table(batch));
    out += page::stack(tables);
  }
  if (!result.jobs.empty()) out += "<h2>Whole optimisations</h2>\n" + page::panel("By the clock on the wall", job_table(result.jobs));

  std::vector<Fact> facts{{"Version", std::string(version) + " (" + commit + ")"}, {"Build", build_flags}};
  for (const auto& [name, value] : result.facts) facts.push_back({name, value});
  for (const ClockReading& reading : record.clocks) {
    std::string text;
    for (const auto& [name, value] : reading.values) text += (text.empty() ? "" : ", ") + name + " " + value;
    facts.push_back({"Clocks " + reading.when, text});
  }
  facts.push_back({"Seed", std::to_string(record.options.seed)});
  return out + page::provenance(facts, "") + page::foot();
}

std::string bench_table_head() {
  char text[160];
  std::snprintf(text, sizeof text, "%-32s %6s %11s %11s %10s %9s %10s", "stage", "batch", "ms", "ms per clip", "to floor",
                "spread %", "error");
  return text;
}

std::string bench_table_row(const StageResult& s, int batch) {
  char text[200];
  const double error = s.check ? s.check->error : 0;
  if (s.timing) {
    std::snprintf(text, sizeof text, "%-32s %6d %11.4g %11.4g %10.3g %9.0f %10.1e", s.name.c_str(), batch,
                  1e3 * s.timing->median_s, 1e3 * s.timing->median_s / batch,
                  s.floor_s > 0 ? s.timing->median_s / s.floor_s : 0, 100 * s.timing->spread(), error);
  } else {
    const char* why = s.out_of_memory ? "out of memory" : "CHECK FAILED";
    std::snprintf(text, sizeof text, "%-32s %6d %s, error %.1e", s.name.c_str(), batch, why, error);
  }
  return text;
}

std::string bench_table_row(const JobResult& job) {
  char text[200];
  if (job.timing) {
    std::snprintf(text, sizeof text, "%-32s %6d %11.4g %11.4g", (job.name + ", " + std::to_string(job.iterations) + " iterations").c_str(),
                  job.clips, 1e3 * job.timing->median_s, 1e3 * job.timing->median_s / job.clips);
  } else {
    std::snprintf(text, sizeof text, "%-32s %6d %s", job.name.c_str(), job.clips,
                  job.out_of_memory ? "out of memory" : "CHECK FAILED");
  }
  return text;
}

}  // namespace anamorph::cli
