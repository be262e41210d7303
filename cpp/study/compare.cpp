// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/study/compare.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <utility>

#include "cpp/core/error.hpp"
#include "cpp/core/parallel.hpp"

namespace anamorph {
namespace {

/// Calls back with the share of the jobs that are done, one thread at a time.
class JobCounter {
 public:
  JobCounter(const StudyWork& work, double from, double to, std::size_t jobs)
      : work_(work), from_(from), to_(to), jobs_(static_cast<double>(jobs)) {}
  void done() {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (work_.progress) work_.progress(from_ + (to_ - from_) * done_ / jobs_);
  }

 private:
  const StudyWork& work_;
  double from_, to_, jobs_, done_ = 0;
  std::mutex mutex_;
};

/// Jobs on threads that each have a backend of their own.
void run_jobs(const StudyWork& work, std::size_t jobs, const std::function<void(std::size_t job, Backend&)>& body) {
  std::atomic<std::size_t> next = 0;
  parallel_for(work.threads, work.threads, [&](int) {
    const std::unique_ptr<Backend> backend = work.backend();
    for (std::size_t job = next++; job < jobs; job = next++) body(job, *backend);
  });
}

// ---------------------------------------------------------------------------------------------------------------------
// Limits.

struct LimitFamily {
  const char* name;
  PatternKind kind;
  bool vertical;
};
constexpr LimitFamily limit_families[] = {{"lines vertical", PatternKind::lines, true},
                                          {"lines horizontal", PatternKind::lines, false},
                                          {"contacts", PatternKind::contacts, true}};

StudyPattern limit_pattern(const LimitFamily& family, double half_pitch_nm) {
  PatternSpec spec;
  spec.kind = family.kind;
  spec.pitch_nm = 2 * half_pitch_nm;
  spec.vertical = family.vertical;
  return make_pattern(spec, family.name);
}

/// The least value of [low, high] for which `good` holds, all above it taken to be good; nothing if `high` is not.
std::optional<double> bisect(double low, double high, double within, const std::function<bool(double)>& good) {
  if (!good(high)) return std::nullopt;
  if (good(low)) return low;
  while (high - low > within) {
    const double middle = (low + high) / 2;
    (good(middle) ? high : low) = middle;
  }
  return high;
}

LimitResult find_limit(const LimitFamily& family, std::size_t index, const StudyScanner& scanner,
                       const StudySettings& settings, Backend& backend, const std::function<void()>& check) {
  LimitResult limit;
  limit.family = family.name;
  limit.scanner = index;
  limit.cutoff_nm = smallest_half_pitch_nm(scanner.projection.wavelength_nm, scanner.projection.na);
  const double high = 4 * limit.cutoff_nm, within = 0.002 * limit.cutoff_nm;
  limit.resolved_nm = bisect(limit.cutoff_nm, high, within, [&](double half_pitch) {
    const SharpImage image = sharpest_image(limit_pattern(family, half_pitch), scanner, settings, backend, check);
    if (image.nils >= settings.resolved_nils) limit.source_name = image.source_name;
    return image.nils >= settings.resolved_nils;
  });
  if (!limit.resolved_nm) return limit;
  limit.printable_nm = bisect(*limit.resolved_nm, high, 5 * within, [&](double half_pitch) {
    return evaluate_case(limit_pattern(family, half_pitch), scanner, settings, backend, check).verdict ==
           Verdict::printable;
  });
  return limit;
}

// ---------------------------------------------------------------------------------------------------------------------
// Families.

/// The patterns of a family under one scanner, which share a source and a dose or not.
struct FamilyJob {
  std::string family;
  std::size_t scanner = 0;
  std::vector<std::size_t> patterns;
};

std::vector<FamilyJob> family_jobs(const StudyResult& study) {
  std::vector<FamilyJob> jobs;
  for (std::size_t s = 0; s < study.scanners.size(); ++s)
    for (std::size_t p = 0; p < study.patterns.size(); ++p) {
      const StudyPattern& pattern = study.patterns[p];
      const auto same = [&](const FamilyJob& j) { return j.family == pattern.family && j.scanner == s; };
      const auto it = std::find_if(jobs.begin(), jobs.end(), same);
      (it == jobs.end() ? jobs.emplace_back(FamilyJob{pattern.family, s, {}}) : *it).patterns.push_back(p);
    }
  return jobs;
}

FamilyResult family_result(const FamilyJob& job, const StudyResult& study) {
  FamilyResult result;
  result.family = job.family;
  result.scanner = job.scanner;
  result.shared_source = study.patterns[job.patterns.front()].shared_source;
  std::vector<double> best;
  std::vector<DoseBand> bands;
  const std::vector<double>* focus = nullptr;
  for (const std::size_t p : job.patterns) {
    const CaseResult& one = study.at(p, job.scanner);
    if (!one.resolved()) continue;
    if (one.best_focus_nm) best.push_back(*one.best_focus_nm);
    result.in_window.push_back(p);
    bands.push_back(one.band);
    focus = &one.focus_nm_fine;
  }
  if (best.size() > 1)
    result.focus_range_nm = *std::max_element(best.begin(), best.end()) - *std::min_element(best.begin(), best.end());
  if (result.shared_source && focus != nullptr) {
    const ProcessWindow window(*focus, overlap(bands));
    result.latitude_percent = window.latitude_percent(0);
    if (const auto r = window.at_latitude(study.settings.latitude_percent)) result.dof_nm = r->dof_nm();
  }
  return result;
}

void find_contradictions(StudyResult& study) {
  for (const CaseResult& c : study.cases)
    if (c.verdict == Verdict::no_image)
      study.findings.push_back(study.patterns[c.pattern].name + " under " + study.scanners[c.scanner].name + ": " +
                               c.reason);
}

}  // namespace

std::vector<LimitResult> find_limits(const std::vector<StudyScanner>& scanners, const StudySettings& settings,
                                     const StudyWork& work) {
  constexpr std::size_t families = std::size(limit_families);
  std::vector<LimitResult> limits(families * scanners.size());
  JobCounter counter(work, 0, 0.4, limits.size());
  run_jobs(work, limits.size(), [&](std::size_t job, Backend& backend) {
    // Contacts, which take longest, first.
    const LimitFamily& family = limit_families[families - 1 - job / scanners.size()];
    const std::size_t s = job % scanners.size();
    limits[(families - 1 - job / scanners.size()) * scanners.size() + s] =
        find_limit(family, s, scanners[s], settings, backend, work.check);
    counter.done();
  });
  return limits;
}

StudyResult run_study(std::vector<StudyScanner> scanners, std::vector<StudyPattern> patterns,
                      const StudySettings& settings, const StudyWork& work) {
  const auto start = std::chrono::steady_clock::now();
  if (scanners.empty()) throw Error(ErrorCode::recipe, "CMP-0003", "a study needs a scanner");
  if (patterns.empty()) throw Error(ErrorCode::recipe, "CMP-0003", "a study needs a pattern");
  StudyResult study;
  study.scanners = std::move(scanners);
  study.patterns = std::move(patterns);
  study.settings = settings;
  if (work.limits) study.limits = find_limits(study.scanners, settings, work);
  study.cases.resize(study.patterns.size() * study.scanners.size());

  // Patterns on their own first, one job each; then those that wait for their family's source and dose.
  const std::vector<FamilyJob> families = family_jobs(study);
  std::vector<FamilyJob> jobs;
  for (const FamilyJob& family : families)
    if (study.patterns[family.patterns.front()].shared_source)
      jobs.push_back(family);
    else
      for (const std::size_t p : family.patterns) jobs.push_back({family.family, family.scanner, {p}});
  JobCounter counter(work, work.limits ? 0.4 : 0, 1, jobs.size());
  run_jobs(work, jobs.size(), [&](std::size_t j, Backend& backend) {
    const FamilyJob& job = jobs[j];
    StudyScanner scanner = study.scanners[job.scanner];
    const bool shared = study.patterns[job.patterns.front()].shared_source;
    if (shared) {
      std::vector<StudyPattern> all;
      for (const std::size_t p : job.patterns) all.push_back(study.patterns[p]);
      scanner = with_shared_source(std::move(scanner), all, settings, work.check);
    }
    std::optional<double> dose;
    for (const std::size_t p : job.patterns) {
      CaseResult one = evaluate_case(study.patterns[p], scanner, settings, backend, work.check, dose);
      // The first pattern that prints sets the dose of the layer.
      if (shared && !dose && one.resolved()) dose = one.dose;
      one.pattern = p;
      one.scanner = job.scanner;
      study.cases[p * study.scanners.size() + job.scanner] = std::move(one);
    }
    counter.done();
  });
  for (const FamilyJob& family : families) study.families.push_back(family_result(family, study));
  find_contradictions(study);
  study.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return study;
}

}  // namespace anamorph
