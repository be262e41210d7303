// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/io/findings_tables.hpp"

#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

namespace anamorph {

namespace {

std::string fixed(double value, int digits) {
  if (!std::isfinite(value)) return {};
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value + 0.0);
  return text;
}

std::string condition_name(int condition, const std::vector<std::string>& names) {
  if (condition < 0) return {};
  return static_cast<std::size_t>(condition) < names.size() ? names[static_cast<std::size_t>(condition)]
                                                            : std::to_string(condition);
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

using Pattern = std::pair<FindingKind, std::uint64_t>;
std::map<Pattern, long> pattern_counts(const Findings& findings) {
  std::map<Pattern, long> counts;
  for (const FindingCluster& c : findings.clusters) counts[{c.worst.kind, c.worst.pattern}] = c.count;
  return counts;
}

/// Of the patterns that are kept; the others have no group.
std::string group_name(const std::map<Pattern, long>& counts, const Finding& f) {
  const auto it = counts.find({f.kind, f.pattern});
  return it == counts.end() ? std::string() : pattern_name(f.pattern);
}

}  // namespace

const char* kind_words(FindingKind kind) noexcept {
  switch (kind) {
    case FindingKind::epe:
      return "the nominal edge is too far from the target's";
    case FindingKind::line_end:
      return "the end of a line pulls back too far";
    case FindingKind::pinch:
      return "a feature prints too narrow, or is broken";
    case FindingKind::bridge:
      return "two features print too near, or join";
    case FindingKind::missing:
      return "a feature does not print";
    case FindingKind::extra:
      return "something prints that is no feature";
    case FindingKind::assist:
      return "an assist feature prints";
    case FindingKind::pv_band:
      return "an edge moves too far over the conditions";
    case FindingKind::mask_width:
      return "the mask is too narrow";
    case FindingKind::mask_space:
      return "a gap of the mask is too narrow";
    case FindingKind::mask_area:
      return "a feature of the mask is too small";
  }
  return "";
}

std::string value_words(const Finding& f) {
  if (std::isnan(f.value)) return f.kind == FindingKind::pv_band ? "edge lost" : "no edge";
  if (f.kind == FindingKind::pinch && f.value <= 0) return "broken";
  if (f.kind == FindingKind::bridge && f.value <= 0) return "joined";
  const bool area = kind_unit(f.kind) == std::string("nm2");
  return fixed(f.value, area ? 0 : 2) + (area ? " nm^2" : " nm");
}

std::string pattern_name(std::uint64_t pattern) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(pattern));
  return std::string(text, 8);
}

std::string findings_csv(const Findings& findings, const std::vector<std::string>& conditions) {
  std::string out =
      "rank,kind,x_nm,y_nm,x0_nm,y0_nm,x1_nm,y1_nm,value,limit,unit,severity,condition,pattern,pattern_count\n";
  const std::map<Pattern, long> counts = pattern_counts(findings);
  std::map<FindingKind, int> rank;
  for (const Finding& f : findings.worst) {
    out += std::to_string(++rank[f.kind]) + "," + kind_name(f.kind);
    for (const double v : {f.at_nm.x, f.at_nm.y, f.from_nm.x, f.from_nm.y, f.to_nm.x, f.to_nm.y})
      out += "," + fixed(v, 4);
    const auto count = counts.find({f.kind, f.pattern});
    out += "," + fixed(f.value, 4) + "," + fixed(f.limit, 4) + "," + kind_unit(f.kind) + "," + fixed(f.severity, 4) +
           "," + quoted(condition_name(f.condition, conditions)) + "," + pattern_name(f.pattern) + "," +
           (count == counts.end() ? "" : std::to_string(count->second)) + "\n";
  }
  return out;
}

std::vector<MarkerKind> finding_kinds_of(const Findings& findings) {
  std::vector<MarkerKind> kinds;
  for (std::size_t i = 0; i < finding_kinds; ++i) {
    const auto kind = static_cast<FindingKind>(i);
    MarkerKind one{kind_name(kind),
                   std::string(kind_words(kind)) + "; " + std::to_string(findings.counts[i]) + " found"};
    for (const FindingCluster& c : findings.clusters)
      if (c.worst.kind == kind)
        one.groups.push_back({pattern_name(c.worst.pattern),
                              std::to_string(c.count) + " of this pattern; the worst: " + value_words(c.worst)});
    kinds.push_back(std::move(one));
  }
  return kinds;
}

std::vector<Marker> finding_markers(const Findings& findings, const std::vector<std::string>& conditions) {
  const std::map<Pattern, long> counts = pattern_counts(findings);
  std::vector<Marker> markers;
  std::map<FindingKind, int> rank;
  for (const Finding& f : findings.worst) {
    const std::string condition = condition_name(f.condition, conditions);
    const std::string limit =
        f.limit > 0 ? ", limit " + fixed(f.limit, 2) + (kind_unit(f.kind) == std::string("nm2") ? " nm^2" : " nm") : "";
    Marker m{kind_name(f.kind),
             "#" + std::to_string(++rank[f.kind]) + ": " + value_words(f) + limit +
                 (condition.empty() ? "" : " (" + condition + ")"),
             f.from_nm, f.to_nm, f.value};
    m.box = f.box;
    m.group = group_name(counts, f);
    markers.push_back(std::move(m));
  }
  return markers;
}

}  // namespace anamorph
