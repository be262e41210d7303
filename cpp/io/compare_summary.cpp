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

/// The first few, and how many more.
std::string shortened(const std::vector<std::string>& words, std::size_t most) {
  if (words.size() <= most + 1) return list_of(words);
  std::string out;
  for (std::size_t i = 0; i < most; ++i) out += words[i] + ", ";
  return out + "and " + std::to_string(words.size() - most) + " more";
}

std::string count_of(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string ratio_text(double ratio) { return number(ratio, ratio < 10 ? 2 : 0); }

void limit_sentences(const StudyResult& study, std::vector<std::string>& out) {
  std::vector<std::string> families;
  for (const LimitResult& l : study.limits)
    if (std::find(families.begin(), families.end(), l.family) == families.end()) families.push_back(l.family);
  for (const std::string& family : families) {
    std::vector<std::string> parts;
    for (const LimitResult& l : study.limits) {
      if (l.family != family) continue;
      const std::string who = scanner_short(study, l.scanner);
      if (!l.resolved_nm) {
        parts.push_back(who + " resolves none down from " + number(4 * l.cutoff_nm, 1) + " nm");
        continue;
      }
      const std::string resolved = number(*l.resolved_nm, 1) + " nm";
      if (!l.printable_nm)
        parts.push_back(who + " resolves " + resolved +
                        " and prints none with the depth of focus and the mask asked for");
      else if (number(*l.printable_nm, 1) == number(*l.resolved_nm, 1))
        parts.push_back(who + " resolves and prints " + resolved);
      else
        parts.push_back(who + " resolves " + resolved + " and prints " + number(*l.printable_nm, 1) + " nm");
    }
    std::string name = family;
    name.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(name.front())));
    out.push_back(name + ", smallest half pitch: " + list_of(parts) + ".");
  }
}

/// Which patterns which scanners print.
void pattern_sentences(const StudyResult& study, std::vector<std::string>& out) {
  const std::size_t scanners = study.scanners.size();
  std::vector<std::string> by_all, by_none;
  std::vector<std::vector<std::string>> alone(scanners);
  std::vector<std::size_t> printed(scanners, 0);
  for (std::size_t p = 0; p < study.patterns.size(); ++p) {
    std::vector<std::size_t> who;
    for (std::size_t s = 0; s < scanners; ++s)
      if (study.at(p, s).verdict == Verdict::printable) who.push_back(s), ++printed[s];
    if (who.empty()) by_none.push_back(study.patterns[p].name);
    if (who.size() == scanners) by_all.push_back(study.patterns[p].name);
    if (who.size() == 1 && scanners > 1) alone[who[0]].push_back(study.patterns[p].name);
  }
  std::vector<std::string> counts;
  for (std::size_t s = 0; s < scanners; ++s)
    counts.push_back(std::to_string(printed[s]) + " under " + scanner_short(study, s));
  std::vector<std::string> rest;
  if (scanners > 1) rest.push_back(std::to_string(by_all.size()) + " under " + (scanners == 2 ? "both" : "all"));
  rest.push_back(std::to_string(by_none.size()) + " under none");
  out.push_back("Of " + count_of(study.patterns.size(), "pattern") + " " + list_of(counts) + " are printable; " +
                list_of(rest) + ".");
  for (std::size_t s = 0; s < scanners; ++s)
    if (!alone[s].empty()) out.push_back("Only " + scanner_short(study, s) + " prints " + shortened(alone[s], 6) + ".");
}

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

std::vector<DirectionDifference> direction_differences(const StudyResult& study) {
  const std::string vertical = " vertical", horizontal = " horizontal";
  std::vector<DirectionDifference> all;
  for (std::size_t v = 0; v < study.patterns.size(); ++v) {
    const StudyPattern& one = study.patterns[v];
    if (!one.family.ends_with(vertical)) continue;
    const std::string other = one.family.substr(0, one.family.size() - vertical.size()) + horizontal;
    for (std::size_t h = 0; h < study.patterns.size(); ++h) {
      if (study.patterns[h].family != other || study.patterns[h].pitch_nm != one.pitch_nm) continue;
      for (std::size_t s = 0; s < study.scanners.size(); ++s) {
        const CaseResult &a = study.at(v, s), &b = study.at(h, s);
        if (!a.resolved() || !b.resolved()) continue;
        DirectionDifference d{v, h, s, b.nils - a.nils, 100 * (b.dose / a.dose - 1), {}};
        if (a.best_focus_nm && b.best_focus_nm) d.best_focus_nm = *b.best_focus_nm - *a.best_focus_nm;
        all.push_back(d);
      }
    }
  }
  return all;
}

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::vector<std::string> study_conclusions(const CompareResult& result) {
  std::vector<std::string> out;
  limit_sentences(result.study, out);
  pattern_sentences(result.study, out);
  failure_sentences(result.study, out);
  gain_sentences(result.study, out);
  if (result.productivity)
    for (const Comparison& c : result.productivity->comparisons)
      if (!c.conclusion.empty()) out.push_back(c.conclusion);
  return out;
}

std::vector<std::string> study_caveats(const StudyResult& study) {
  std::vector<std::string> out;
  double range = 0, difference = 0;
  for (const FamilyResult& f : study.families) range = std::max(range, f.focus_range_nm.value_or(0));
  for (const DirectionDifference& d : direction_differences(study))
    difference = std::max(difference, std::abs(d.best_focus_nm.value_or(0)));
  out.push_back(
      "The mask is thin and perfect. Best focus varies by " + number(range, 1) + " nm through pitch and by " +
      number(difference, 1) +
      " nm between horizontal and vertical patterns: that is lens and source alone. On a real mask its height "
      "moves best focus by tens of nm, shifts patterns through focus and takes contrast. No conclusion rests on "
      "these two figures.");
  const bool vector = std::all_of(study.scanners.begin(), study.scanners.end(),
                                  [](const StudyScanner& s) { return s.projection.vector; });
  out.push_back(
      "The resist is a threshold of the image" +
      std::string(study.settings.resist_blur_nm > 0
                      ? ", blurred by " + number(study.settings.resist_blur_nm) + " nm (standard deviation)"
                      : " without any blur") +
      ". Photon noise is a closed form from NILS and photons; noise of the resist's chemistry, defects and line edge "
      "roughness are not in it.");
  if (!vector)
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
