// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Anamorph authors
#include "cpp/measure/epe.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "cpp/core/error.hpp"

namespace anamorph {
namespace {

int wrapped(int i, int n) { return ((i % n) + n) % n; }

Bitmap transposed(const Bitmap& from) {
  constexpr int block = 64;  // keeps both sides in cache
  Bitmap to(from.nx(), from.ny());
  for (int y0 = 0; y0 < from.ny(); y0 += block)
    for (int x0 = 0; x0 < from.nx(); x0 += block)
      for (int y = y0; y < std::min(y0 + block, from.ny()); ++y)
        for (int x = x0; x < std::min(x0 + block, from.nx()); ++x) to(x, y) = from(y, x);
  return to;
}

/// Pixels of an edge from `first` to `last` where the error is measured, ascending. Ends of the edge are the middles of
/// its end pixels, which for an edge-inclusive target are the drawn ends.
std::set<int> positions(int first, int last, const EpeRule& rule) {
  const int centre = (first + last) / 2;
  if (last - first <= rule.short_edge_px) return {centre};
  std::set<int> sites;
  for (int p = first + rule.first_px; p <= centre; p += rule.interval_px) sites.insert(p);
  for (int p = last - rule.first_px; p >= centre; p -= rule.interval_px) sites.insert(p);
  return sites;
}

/// Sites along a line of n pixels that is edge from one side of the period to the other and has no ends.
std::set<int> endless_positions(int n, const EpeRule& rule) {
  std::set<int> sites;
  for (int p = rule.interval_px / 2; p < n; p += rule.interval_px) sites.insert(p);
  return sites;
}

/// Calls found(row, position) for the sites on horizontal edges whose outside is row + side.
template <typename Found>
void find_sites(const Bitmap& target, int side, const EpeRule& rule, Found found) {
  const int n = target.nx();
  std::vector<std::uint8_t> edge(static_cast<std::size_t>(2 * n));  // twice, so that an edge across the seam is whole
  const auto next = [&](int from, int value, int end) {
    const void* hit = std::memchr(edge.data() + from, value, static_cast<std::size_t>(end - from));
    return hit ? static_cast<int>(static_cast<const std::uint8_t*>(hit) - edge.data()) : end;
  };
  for (int y = 0; y < target.ny(); ++y) {
    const std::uint8_t* row = target.row(y);
    const std::uint8_t* outside = target.row(wrapped(y + side, target.ny()));
    if (std::memcmp(row, outside, static_cast<std::size_t>(n)) == 0) continue;  // as most rows: no edge
    std::transform(row, row + n, outside, edge.begin(), [](int in, int out) -> std::uint8_t { return in && !out; });
    const int gap = next(0, 0, n);  // edges are looked for from the first pixel that is none
    if (gap == n) {
      for (const int p : endless_positions(n, rule)) found(y, p);
      continue;
    }
    std::copy_n(edge.begin(), n, edge.begin() + n);
    for (int first = next(gap, 1, gap + n); first < gap + n;) {
      const int after = next(first, 0, gap + n);
      for (const int p : positions(first, after - 1, rule)) found(y, p % n);
      first = next(after, 1, gap + n);
    }
  }
}

/// Where in [0, 1] the cubic through four equally spaced values at -1, 0, 1, 2 falls through zero (v0 >= 0 > v1).
double cubic_root(double before, double v0, double v1, double after) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < 50; ++i) {
    const double t = (low + high) / 2;
    const double value = before * t * (t - 1) * (2 - t) / 6 + v0 * (t + 1) * (t - 1) * (t - 2) / 2 +
                         v1 * (t + 1) * t * (2 - t) / 2 + after * (t + 1) * t * (t - 1) / 6;
    (value >= 0 ? low : high) = t;
  }
  return (low + high) / 2;
}

}  // namespace

EpeRule EpeDistances::rule(double pixel_nm) const {
  const auto pixels = [&](double nm) { return std::max(1, static_cast<int>(std::lround(nm / pixel_nm))); };
  return {pixels(interval_nm), pixels(end_nm), pixels(2 * end_nm), pixels(tolerance_nm)};
}

std::vector<EpeSite> epe_sites(const Bitmap& target, const Grid& grid, const EpeRule& rule) {
  if (target.ny() != grid.ny || target.nx() != grid.nx)
    throw Error(ErrorCode::recipe, "MEA-0002", "the target does not have the size of its grid");
  if (rule.interval_px < 1 || rule.first_px < 0 || rule.short_edge_px < 0)
    throw Error(ErrorCode::recipe, "MEA-0003",
                "the interval of the sites must be positive, the other lengths not negative");
  std::vector<EpeSite> sites;
  const auto add = [&](int x, int y, int nx, int ny) {
    const double half = grid.pixel_nm / 2;
    sites.push_back({x, y, nx, ny, {grid.x_centre_nm(x) + nx * half, grid.y_centre_nm(y) + ny * half}});
  };
  const Bitmap columns = transposed(target);
  for (const int side : {-1, 1}) find_sites(columns, side, rule, [&](int x, int y) { add(x, y, side, 0); });
  for (const int side : {-1, 1}) find_sites(target, side, rule, [&](int y, int x) { add(x, y, 0, side); });
  return sites;
}

ContestEpe contest_epe(const Bitmap& print, const std::vector<EpeSite>& sites, int tolerance_px) {
  const auto prints = [&](const EpeSite& site, int distance) {
    return print(wrapped(site.y + distance * site.ny, print.ny()), wrapped(site.x + distance * site.nx, print.nx())) !=
           0;
  };
  ContestEpe count;
  for (const EpeSite& site : sites) {
    count.inner += !prints(site, -tolerance_px);
    count.outer += prints(site, tolerance_px);
  }
  return count;
}

EpeResult signed_epe(const Image<double>& intensity, const Grid& grid, double threshold, bool bright,
                     const std::vector<EpeSite>& sites, double search_nm) {
  if (intensity.ny() != grid.ny || intensity.nx() != grid.nx)
    throw Error(ErrorCode::recipe, "MEA-0002", "the image does not have the size of its grid");
  const int reach = static_cast<int>(std::ceil(search_nm / grid.pixel_nm));

  EpeResult result;
  result.epe_nm.reserve(sites.size());
  double sum = 0;
  for (const EpeSite& site : sites) {
    // The pixel centres on the site's normal: sample i lies (i - 1/2) pixels outside of the site; >= 0 where it prints.
    const auto excess = [&](int i) {
      const double value = intensity(wrapped(site.y + i * site.ny, grid.ny), wrapped(site.x + i * site.nx, grid.nx));
      return bright ? value - threshold : threshold - value;
    };
    double nearest = std::numeric_limits<double>::infinity();
    for (int i = -reach; i <= reach; ++i) {
      if (excess(i) < 0 || excess(i + 1) >= 0) continue;
      const double t = cubic_root(excess(i - 1), excess(i), excess(i + 1), excess(i + 2));
      const double distance = (i - 0.5 + t) * grid.pixel_nm;
      if (std::abs(distance) < std::abs(nearest)) nearest = distance;
    }
    if (std::abs(nearest) > search_nm) {
      result.epe_nm.push_back(std::numeric_limits<double>::quiet_NaN());
      ++result.missing;
      continue;
    }
    result.epe_nm.push_back(nearest);
    result.max_nm = std::max(result.max_nm, std::abs(nearest));
    sum += std::abs(nearest);
  }
  const auto found = static_cast<long>(sites.size()) - result.missing;
  if (found > 0) result.mean_nm = sum / static_cast<double>(found);
  return result;
}

}  // namespace anamorph
