// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/compare_summary.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "cpp/io/html.hpp"

namespace anamorph {
namespace {

using html::number;

std::string list_of(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return out;
}

std::string count_of(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string ratio_text(double ratio) { return number(ratio, ratio < 10 ? 2 : 0); }

void failure_sentences(const StudyResult& study, std::vector<std::string>& out) {
  for (std::size_t s = 0; s < study.scanners.size(); ++s) {
    std::map<Verdict, std::size_t> failures;
    std::size_t all = 0;
    for (std::size_t p = 0; p < study.patterns.size(); ++p)
      if (const Verdict v = study.at(p, s).verdict; v != Verdict::printable) ++failures[v], ++all;
    if (all == 0) continue;
    std::vector<std::string> parts;
    const std::pair<Verdict, const char*> words[] = {{Verdict::mask_too_fine, "the mask would be too fine"},
                                                     {Verdict::shallow, "the depth of focus is too small"},
                                                     {Verdict::no_window, "no dose and focus holds all gauges"},
                                                     {Verdict::not_resolved, "the NILS is too low"},
                                                     {Verdict::no_image, "there is no usable image"}};
    for (const auto& [verdict, text] : words)
      if (failures.contains(verdict))
        parts.push_back(std::string(text) + " (" + std::to_string(failures[verdict]) + ")");
    out.push_back("What " + scanner_short(study, s) + " does not print (" + std::to_string(all) +
                  "): " + list_of(parts) + ".");
  }
}

/// Each scanner against the first, on the patterns that both resolve.
void gain_sentences(const StudyResult& study, std::vector<std::string>& out) {
  for (std::size_t s = 1; s < study.scanners.size(); ++s) {
    std::vector<double> nils, dof, dose, meef;
    std::size_t common = 0, cut = 0;
    for (std::size_t p = 0; p < study.patterns.size(); ++p) {
      const CaseResult &a = study.at(p, 0), &b = study.at(p, s);
      if (!a.resolved() || !b.resolved()) continue;
      ++common;
      nils.push_back(b.nils / a.nils);
      if (a.dof_cut || b.dof_cut)
        ++cut;
      else if (a.dof_nm > 0)
        dof.push_back(b.dof_nm / a.dof_nm);
      if (std::isfinite(a.dose_for_noise_mj_cm2) && a.dose_for_noise_mj_cm2 > 0)
        dose.push_back(b.dose_for_noise_mj_cm2 / a.dose_for_noise_mj_cm2);
      if (std::isfinite(a.meef) && std::isfinite(b.meef) && a.meef > 0) meef.push_back(b.meef / a.meef);
    }
    if (common == 0) continue;
    std::vector<std::string> parts;
    const auto add = [&](const char* what, const std::vector<double>& ratios) {
      if (const auto m = median(ratios)) parts.push_back(ratio_text(*m) + " times the " + what);
    };
    add("NILS", nils);
    add("MEEF", meef);
    add("dose for the same photon noise", dose);
    add("depth of focus", dof);
    out.push_back(
        "Where both resolve (" + count_of(common, "pattern") + "), " + scanner_short(study, s) +
        " has, by the median, " + list_of(parts) + " of " + scanner_short(study, 0) +
        (cut > 0 ? "; " + count_of(cut, "pattern") +
                       " whose window goes on beyond the focus range of one of them do not count for the depth of focus"
                 : "") +
        ".");
  }
}

}  // namespace

std::string scanner_label(const StudyResult& study, std::size_t scanner) {
  const StudyScanner& one = study.scanners[scanner];
  const auto same = std::count_if(study.scanners.begin(), study.scanners.end(),
                                  [&](const StudyScanner& s) { return s.title == one.title; });
  return one.title.empty() || same > 1 ? one.name : one.title;
}

std::string scanner_short(const StudyResult& study, std::size_t scanner) {
  const double na = study.scanners[scanner].projection.na;
  const auto same = std::count_if(study.scanners.begin(), study.scanners.end(),
                                  [&](const StudyScanner& s) { return s.projection.na == na; });
  return same > 1 ? study.scanners[scanner].name : number(na) + " NA";
}

std::string verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::printable:
      return "printable";
    case Verdict::mask_too_fine:
      return "mask too fine";
    case Verdict::shallow:
      return "too shallow";
    case Verdict::no_window:
      return "no window";
    case Verdict::not_resolved:
      return "not resolved";
    case Verdict::no_image:
      return "no image";
  }
  return "";
}

std::vector<StudyFamily> study_families(const StudyResult& study) {
  std::vector<StudyFamily> families;
  for (std::size_t p = 0; p < study.patterns.size(); ++p) {
    const std::string& name = study.patterns[p].family;
    auto it = std::find_if(families.begin(), families.end(), [&](const StudyFamily& f) { return f.name == name; });
    if (it == families.end()) it = families.insert(families.end(), {name, {}});
    it->patterns.push_back(p);
  }
  for (StudyFamily& f : families)
    std::stable_sort(f.patterns.begin(), f.patterns.end(), [&](std::size_t a, std::size_t b) {
      return study.patterns[a].pitch_nm < study.patterns[b].pitch_nm;
    });
  return families;
}

std::size_t telling_pattern(const StudyResult& study, const StudyFamily& family) {
  const auto count = [&](std::size_t p, const auto& good) {
    std::size_t n = 0;
    for (std::size_t s = 0; s < study.scanners.size(); ++s) n += good(study.at(p, s)) ? 1 : 0;
    return n;
  };
  const auto printable = [](const CaseResult& c) { return c.verdict == Verdict::printable; };
  const auto resolved = [](const CaseResult& c) { return c.resolved(); };
  for (const std::size_t p : family.patterns)
    if (const std::size_t n = count(p, printable); n > 0 && n < study.scanners.size()) return p;
  for (const std::size_t p : family.patterns)
    if (count(p, printable) > 0) return p;
  for (const std::size_t p : family.patterns)
    if (count(p, resolved) > 0) return p;
  return family.patterns.back();
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<std::string> all_conclusions(const CompareResult& result) {
  std::vector<std::string> out = result.study.conclusions;
  failure_sentences(result.study, out);
  gain_sentences(result.study, out);
  if (result.productivity)
    for (const Comparison& c : result.productivity->comparisons)
      if (!c.conclusion.empty()) out.push_back(c.conclusion);
  return out;
}

std::vector<std::string> all_caveats(const StudyResult& study) {
  std::vector<std::string> out = study.not_shown;
  out.push_back(
      "The resist is a threshold of the image" +
      std::string(study.settings.resist_blur_nm > 0
                      ? ", blurred by " + number(study.settings.resist_blur_nm) + " nm (standard deviation)"
                      : " without any blur") +
      ". Photon noise is a closed form from NILS and photons; noise of the resist's chemistry, defects and line edge "
      "roughness are not in it.");
  if (std::any_of(study.scanners.begin(), study.scanners.end(),
                  [](const StudyScanner& s) { return !s.projection.vector; }))
    out.push_back(
        "Light is scalar for at least one scanner: the loss of contrast by polarisation, which grows with the NA, is "
        "left out.");
  const auto aberrated = [](const StudyScanner& s) {
    const Pupil& pupil = s.projection.pupil;
    return !pupil.wavefront_map_nm.empty() || pupil.wavefront(0.7, 0.3) != 0 || pupil.wavefront(-0.2, 0.6) != 0;
  };
  if (std::none_of(study.scanners.begin(), study.scanners.end(), aberrated))
    out.push_back("The lenses are without aberrations.");
  return out;
}

}  // namespace anamorph
