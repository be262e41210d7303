// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/findings.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "cpp/core/error.hpp"

namespace anamorph {

namespace {

constexpr const char* names[finding_kinds] = {"epe",    "line_end", "pinch",      "bridge",     "missing",  "extra",
                                              "assist", "pv_band",  "mask_width", "mask_space", "mask_area"};

/// Leaves at most `most` of each kind of a list that is sorted by kind.
template <typename Item, typename KindOf>
void keep(std::vector<Item>& items, std::size_t most, KindOf kind) {
  std::array<std::size_t, finding_kinds> seen{};
  std::erase_if(items, [&](const Item& item) { return seen[static_cast<std::size_t>(kind(item))]++ >= most; });
}

}  // namespace

const char* kind_name(FindingKind kind) noexcept { return names[static_cast<std::size_t>(kind)]; }

FindingKind kind_of(const std::string& name) {
  for (std::size_t i = 0; i < finding_kinds; ++i)
    if (name == names[i]) return static_cast<FindingKind>(i);
  throw Error(ErrorCode::input, "MEA-0010", "'" + name + "' is no kind of findings");
}

const char* kind_unit(FindingKind kind) noexcept {
  const bool area = kind == FindingKind::missing || kind == FindingKind::extra || kind == FindingKind::assist ||
                    kind == FindingKind::mask_area;
  return area ? "nm2" : "nm";
}

bool wants_large(FindingKind kind) noexcept {
  return kind == FindingKind::pinch || kind == FindingKind::bridge || kind == FindingKind::mask_width ||
         kind == FindingKind::mask_space || kind == FindingKind::mask_area;
}

bool worse(const Finding& a, const Finding& b) noexcept {
  return std::tuple(a.kind, -a.severity, a.at_nm.y, a.at_nm.x, a.condition) <
         std::tuple(b.kind, -b.severity, b.at_nm.y, b.at_nm.x, b.condition);
}

void EpeStatistics::add(double epe_nm, double limit_nm, double tolerance_nm, double reach_nm) {
  if (bins.empty()) bins.assign(2 * static_cast<std::size_t>(std::ceil(reach_nm / bin_nm)) + 1, 0);
  ++sites;
  if (std::isnan(epe_nm)) {
    ++no_edge;
    ++over;
    ++violations;
    return;
  }
  const double size = std::abs(epe_nm);
  over += size > limit_nm;
  violations += size > tolerance_nm;
  max_abs_nm = std::max(max_abs_nm, size);
  sum_abs_nm += size;
  sum_nm += epe_nm;
  sum_square_nm2 += epe_nm * epe_nm;
  const long middle = static_cast<long>(bins.size() / 2);
  ++bins[static_cast<std::size_t>(middle + std::clamp(std::lround(epe_nm / bin_nm), -middle, middle))];
}

void EpeStatistics::add(const EpeStatistics& other) {
  if (bins.size() < other.bins.size()) {  // both have their zero in the middle
    std::vector<long> wider(other.bins.size(), 0);
    std::copy(bins.begin(), bins.end(), wider.begin() + static_cast<std::ptrdiff_t>((wider.size() - bins.size()) / 2));
    bins = std::move(wider);
  }
  const std::size_t shift = (bins.size() - other.bins.size()) / 2;
  for (std::size_t i = 0; i < other.bins.size(); ++i) bins[i + shift] += other.bins[i];
  sites += other.sites;
  no_edge += other.no_edge;
  over += other.over;
  violations += other.violations;
  max_abs_nm = std::max(max_abs_nm, other.max_abs_nm);
  sum_abs_nm += other.sum_abs_nm;
  sum_nm += other.sum_nm;
  sum_square_nm2 += other.sum_square_nm2;
}

double EpeStatistics::mean_abs_nm() const noexcept { return sum_abs_nm / static_cast<double>(sites - no_edge); }
double EpeStatistics::mean_nm() const noexcept { return sum_nm / static_cast<double>(sites - no_edge); }
double EpeStatistics::three_sigma_nm() const noexcept {
  const double mean = mean_nm();
  return 3 * std::sqrt(std::max(0.0, sum_square_nm2 / static_cast<double>(sites - no_edge) - mean * mean));
}

void MaskFigures::add(const MaskFigures& other) noexcept {
  by_rows += other.by_rows;
  by_columns += other.by_columns;
  width_nm = std::min(width_nm, other.width_nm);
  space_nm = std::min(space_nm, other.space_nm);
  area_nm2 = std::min(area_nm2, other.area_nm2);
}

void put_findings(std::vector<Finding> all, Findings& into, const FindingsKept& kept) {
  std::sort(all.begin(), all.end(), worse);
  std::map<std::pair<FindingKind, std::uint64_t>, std::size_t> known;
  for (const Finding& finding : all) {
    ++into.counts[static_cast<std::size_t>(finding.kind)];
    const auto [it, is_new] = known.try_emplace({finding.kind, finding.pattern}, into.clusters.size());
    if (is_new) into.clusters.push_back({0, finding});
    ++into.clusters[it->second].count;
  }
  keep(into.clusters, kept.clusters, [](const FindingCluster& c) { return c.worst.kind; });
  keep(all, kept.worst, [](const Finding& f) { return f.kind; });
  into.worst = std::move(all);
}

void add(const Findings& part, Findings& whole, const FindingsKept& kept) {
  whole.area_nm2 += part.area_nm2;
  whole.target_nm2 += part.target_nm2;
  whole.l2_nm2 += part.l2_nm2;
  whole.pv_band_nm2 += part.pv_band_nm2;
  whole.mask.add(part.mask);
  if (whole.conditions.size() < part.conditions.size()) whole.conditions.resize(part.conditions.size());
  for (std::size_t i = 0; i < part.conditions.size(); ++i) whole.conditions[i].add(part.conditions[i]);
  whole.worst_case.add(part.worst_case);
  for (std::size_t i = 0; i < finding_kinds; ++i) whole.counts[i] += part.counts[i];

  whole.worst.insert(whole.worst.end(), part.worst.begin(), part.worst.end());
  std::sort(whole.worst.begin(), whole.worst.end(), worse);
  keep(whole.worst, kept.worst, [](const Finding& f) { return f.kind; });

  std::map<std::pair<FindingKind, std::uint64_t>, std::size_t> known;
  for (std::size_t i = 0; i < whole.clusters.size(); ++i)
    known[{whole.clusters[i].worst.kind, whole.clusters[i].worst.pattern}] = i;
  for (const FindingCluster& cluster : part.clusters) {
    const auto [it, is_new] = known.try_emplace({cluster.worst.kind, cluster.worst.pattern}, whole.clusters.size());
    if (is_new) {
      whole.clusters.push_back(cluster);
      continue;
    }
    FindingCluster& mine = whole.clusters[it->second];
    mine.count += cluster.count;
    if (worse(cluster.worst, mine.worst)) mine.worst = cluster.worst;
  }
  std::sort(whole.clusters.begin(), whole.clusters.end(),
            [](const FindingCluster& a, const FindingCluster& b) { return worse(a.worst, b.worst); });
  keep(whole.clusters, kept.clusters, [](const FindingCluster& c) { return c.worst.kind; });

  // One picture of each cluster, the worst first.
  whole.pictures.insert(whole.pictures.end(), part.pictures.begin(), part.pictures.end());
  std::stable_sort(whole.pictures.begin(), whole.pictures.end(),
                   [](const FindingPicture& a, const FindingPicture& b) { return worse(a.finding, b.finding); });
  std::map<std::pair<FindingKind, std::uint64_t>, int> shown;
  std::erase_if(whole.pictures, [&](const FindingPicture& p) {
    return shown[{p.finding.kind, p.finding.pattern}]++ > 0;
  });
  keep(whole.pictures, kept.pictures, [](const FindingPicture& p) { return p.finding.kind; });
}

}  // namespace anamorph
